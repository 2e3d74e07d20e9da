import * as os from 'node:os';
import * as vscode from 'vscode';
import type { Program } from '../binary';

// taskType is that of all our tasks.
export const taskType = 'mlm-lsp';

// runInTerminal runs the server's program as a task, in a terminal where its progress is seen and Ctrl-C stops it, and returns its exit code; undefined when there is none, because it
// was ended from outside or could not be started. No shell reads the arguments. It runs in the user's home, the one directory that is allowed where no folder is open.
export async function runInTerminal(program: Program, does: string, title: string, args: string[]): Promise<number | undefined> {
  const run = new vscode.ProcessExecution(program.command, args, { cwd: os.homedir() });
  const task = new vscode.Task({ type: taskType, does }, vscode.TaskScope.Workspace, title, 'mlm-lsp', run);
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, panel: vscode.TaskPanelKind.Dedicated, clear: true };
  const execution = await vscode.tasks.executeTask(task);
  const listening: vscode.Disposable[] = [];
  const code = await new Promise<number | undefined>((resolve) => {
    // The end of the process, if there was one, is told before the end of the task.
    vscode.tasks.onDidEndTaskProcess((e) => e.execution === execution && resolve(e.exitCode), undefined, listening);
    vscode.tasks.onDidEndTask((e) => e.execution === execution && resolve(undefined), undefined, listening);
  });
  vscode.Disposable.from(...listening).dispose();
  return code;
}
