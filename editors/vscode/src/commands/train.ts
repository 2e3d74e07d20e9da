import { access, mkdir, rm } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Server } from '../client';
import { bundleFor, storage, use } from './models';
import { runInTerminal } from './tasks';

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
    void vscode.window.showWarningMessage('mlm-lsp: the training has not come to its end: the terminal says why. Train on this workspace again to go on from its last checkpoint.');
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
  const lengths = [5, 20, 60].map((minutes) => ({ label: `${minutes} minutes`, description: minutes === 20 ? 'enough for most projects' : '', how: { flags: ['--minutes', String(minutes)], afresh: true } }));
  const goOn = { label: 'Go on with the last training', description: 'from its checkpoint', how: { flags: ['--resume'], afresh: false } };
  const resumable = await access(path.join(work(out), 'checkpoint')).then(() => true, () => false);
  const picked = await vscode.window.showQuickPick(resumable ? [goOn, ...lengths] : lengths, {
    title: 'mlm-lsp: train on this workspace', placeHolder: 'How long? All cores are busy meanwhile; nothing leaves this machine.',
  });
  return picked?.how;
}
