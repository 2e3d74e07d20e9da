import { access, mkdir, rm } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Server } from '../client';
import { tell } from '../mend';
import { bundleFor, storage, use } from './models';
import { runInTerminal, taskType } from './tasks';

// train teaches the model the code of a workspace folder, in a terminal, and offers to use what comes of it.
export async function train(context: vscode.ExtensionContext, server: Server): Promise<void> {
  const program = server.program;
  const folder = await chooseFolder();
  if (!folder) {
    return;
  }
  if (!program) {
    await server.restart(); // which tells what is missing
    return;
  }
  if (vscode.tasks.taskExecutions.some(({ task }) => task.definition.type === taskType && task.definition['does'] === 'train')) {
    void vscode.window.showInformationMessage('mlm-lsp: a training runs already: its terminal shows how far it is, and Ctrl-C there stops it');
    return;
  }
  const out = bundleFor(context, folder.uri.fsPath);
  const how = await chooseHow(out);
  if (!how) {
    return;
  }
  await mkdir(storage(context), { recursive: true });
  if (how.afresh) {
    await rm(work(out), { recursive: true, force: true });
  }
  const args = ['train', folder.uri.fsPath, '--from', 'default', '--out', out, ...how.flags, ...program.library];
  const code = await runInTerminal(program, 'train', `train on ${folder.name}`, args);
  if (code !== 0) {
    const again = { title: 'Go On...', run: () => vscode.commands.executeCommand('mlmLsp.train') };
    tell(vscode.window.showWarningMessage, 'mlm-lsp: the training has not come to its end: the terminal says why. It can go on from its last checkpoint.', again);
    return;
  }
  const yes = 'Use It';
  const report = 'Show Report';
  const answer = await vscode.window.showInformationMessage(`mlm-lsp: a model of ${folder.name} is ready`, yes, report);
  if (answer === yes) {
    await use(out);
  } else if (answer === report) {
    await vscode.env.openExternal(vscode.Uri.file(path.join(work(out), 'report.html')));
  }
}

// work is the directory of a training's checkpoint and report.
function work(out: string): string {
  return `${out}.training`;
}

async function chooseFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return folders.length > 1 ? vscode.window.showWorkspaceFolderPick({ placeHolder: 'The folder whose code the model learns' }) : folders[0];
}

interface How {
  flags: string[];
  afresh: boolean; // what an earlier training left is of no use
}

async function chooseHow(out: string): Promise<How | undefined> {
  const afresh = (minutes: number): How => ({ flags: ['--minutes', String(minutes)], afresh: true });
  const lengths = [5, 20, 60].map((minutes) => ({ label: `${minutes} minutes`, description: minutes === 20 ? 'enough for most projects' : '', how: () => afresh(minutes) }));
  const other = { label: 'Another time...', how: async () => chooseMinutes().then((minutes) => (minutes === undefined ? undefined : afresh(minutes))) };
  const goOn = { label: 'Go on with the last training', description: 'from its checkpoint', how: (): How => ({ flags: ['--resume'], afresh: false }) };
  const resumable = await access(path.join(work(out), 'checkpoint')).then(() => true, () => false);
  const picked = await vscode.window.showQuickPick([...(resumable ? [goOn] : []), ...lengths, other], {
    title: 'mlm-lsp: train on this workspace', placeHolder: 'How long? All cores are busy meanwhile; nothing leaves this machine.',
  });
  return picked?.how();
}

async function chooseMinutes(): Promise<number | undefined> {
  const fits = (text: string) => /^\d{1,4}$/.test(text) && Number(text) > 0;
  const text = await vscode.window.showInputBox({
    title: 'mlm-lsp: train on this workspace', prompt: 'How many minutes?', validateInput: (text) => (fits(text) ? undefined : 'A whole number of minutes, from 1 to 9999'),
  });
  return text === undefined ? undefined : Number(text);
}
