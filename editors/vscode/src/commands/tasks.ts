import * as vscode from 'vscode';
import type { Program } from '../binary';

// runInTerminal runs the server's program as a task, in a terminal where its progress is seen and Ctrl-C stops it, and returns its exit code; undefined when it was ended from outside.
// No shell reads the arguments.
export async function runInTerminal(program: Program, does: string, title: string, args: string[], cwd: string): Promise<number | undefined> {
  const task = new vscode.Task({ type: 'mlm-lsp', does }, vscode.TaskScope.Workspace, title, 'mlm-lsp', new vscode.ProcessExecution(program.command, args, { cwd }));
  task.presentationOptions = { reveal: vscode.TaskRevealKind.Always, panel: vscode.TaskPanelKind.Dedicated, clear: true };
  const execution = await vscode.tasks.executeTask(task);
  return new Promise((resolve) => {
    const ended = vscode.tasks.onDidEndTaskProcess((e) => {
      if (e.execution === execution) {
        ended.dispose();
        resolve(e.exitCode);
      }
    });
  });
}
