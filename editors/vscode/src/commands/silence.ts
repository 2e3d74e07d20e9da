import * as path from 'node:path';
import * as vscode from 'vscode';
import type { Server } from '../client';
import { type Button, tell } from '../mend';

const projectFile = '.mlm-lsp.toml'; // the settings of a project, in its root

// silenceInProject has the server write into the project's file that a kind of finding is not reported any more. What stands at the cursor comes first in the list.
export async function silenceInProject(server: Server, editor: vscode.TextEditor, kinds: string[]): Promise<void> {
  const found = vscode.languages.getDiagnostics(editor.document.uri).filter((d) => d.source === 'mlm-lsp');
  const here = found.filter((d) => d.range.contains(editor.selection.active)).map(kindOf);
  const count = (kind: string) => found.filter((d) => kindOf(d) === kind).length;
  const rank = (kind: string) => (here.includes(kind) ? 2 : count(kind) > 0 ? 1 : 0);
  const items = kinds
    .map((kind) => ({ label: kind, description: here.includes(kind) ? 'at the cursor' : count(kind) > 0 ? `${count(kind)} in this file` : '' }))
    .sort((a, b) => rank(b.label) - rank(a.label));
  const picked = await vscode.window.showQuickPick(items, { title: 'mlm-lsp: silence in this project', placeHolder: `The kind that is not reported any more (${projectFile})` });
  if (!picked) {
    return;
  }
  const before = unsaved();
  const file = vscode.Uri.parse(await server.execute<string>('mlm-lsp.silence', [server.uriOf(editor.document), picked.label]));
  await keep({ file, kind: picked.label, mixed: before.includes(file.toString()) });
}

// Silenced is an edit of a project's file.
interface Silenced {
  file: vscode.Uri;
  kind: string;
  mixed: boolean; // the file has changes that are not ours, and that nobody has saved
}

// keep saves what has silenced a kind, since the server follows what is saved. Other changes are the user's to save.
export async function keep({ file, kind, mixed }: Silenced): Promise<void> {
  const document = await vscode.workspace.openTextDocument(file);
  const open: Button = { title: `Open ${projectFile}`, run: () => vscode.window.showTextDocument(document) };
  if (mixed && document.isDirty) {
    const save: Button = { title: 'Save', run: () => document.save() };
    tell(vscode.window.showWarningMessage, `mlm-lsp: ${kind} is not reported in this project any more once ${projectFile} is saved, which has other changes of yours as well`, save, open);
    return;
  }
  if (document.isDirty && !(await document.save())) {
    throw new Error(`${file.fsPath} could not be saved: ${kind} is not reported any more once it is`);
  }
  tell(vscode.window.showInformationMessage, `mlm-lsp: ${kind} is not reported in this project any more`, open);
}

// keeping is a code action that, where it silences a kind in the project, ends with keep.
export function keeping(action: vscode.CodeAction | vscode.Command): vscode.CodeAction | vscode.Command {
  const [edited, ...others] = 'edit' in action && action.edit ? action.edit.entries() : [];
  const [diagnostic] = 'diagnostics' in action && action.diagnostics ? action.diagnostics : [];
  if (!edited || others.length > 0 || !diagnostic || path.basename(edited[0].fsPath) !== projectFile) {
    return action;
  }
  const [file] = edited;
  const silenced: Silenced = { file, kind: kindOf(diagnostic), mixed: unsaved().includes(file.toString()) };
  return Object.assign(action, { command: { title: action.title, command: 'mlmLsp.keep', arguments: [silenced] } });
}

function unsaved(): string[] {
  return vscode.workspace.textDocuments.filter((document) => document.isDirty).map((document) => document.uri.toString());
}

function kindOf(diagnostic: vscode.Diagnostic): string {
  const { code } = diagnostic;
  return String(typeof code === 'object' ? code.value : code);
}
