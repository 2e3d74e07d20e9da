import * as vscode from 'vscode';
import type { Server } from '../client';

// silenceInProject has the server write into the project's file that a kind of finding is not reported any more. What stands at the cursor comes first in the list.
export async function silenceInProject(server: Server, editor: vscode.TextEditor, kinds: string[]): Promise<void> {
  const found = vscode.languages.getDiagnostics(editor.document.uri).filter((d) => d.source === 'mlm-lsp');
  const here = found.filter((d) => d.range.contains(editor.selection.active)).map(kindOf);
  const count = (kind: string) => found.filter((d) => kindOf(d) === kind).length;
  const rank = (kind: string) => (here.includes(kind) ? 2 : count(kind) > 0 ? 1 : 0);
  const items = kinds
    .map((kind) => ({ label: kind, description: here.includes(kind) ? 'at the cursor' : count(kind) > 0 ? `${count(kind)} in this file` : '' }))
    .sort((a, b) => rank(b.label) - rank(a.label));
  const picked = await vscode.window.showQuickPick(items, { title: 'mlm-lsp: silence in this project', placeHolder: 'The kind that is not reported any more (.mlm-lsp.toml)' });
  if (!picked) {
    return;
  }
  const changed = await server.execute<string>('mlm-lsp.silence', [server.uriOf(editor.document), picked.label]);
  const file = vscode.Uri.parse(changed);
  await (await vscode.workspace.openTextDocument(file)).save(); // the server follows what is saved
  const open = 'Open .mlm-lsp.toml';
  if ((await vscode.window.showInformationMessage(`mlm-lsp: ${picked.label} is not reported in this project any more`, open)) === open) {
    await vscode.window.showTextDocument(file);
  }
}

function kindOf(diagnostic: vscode.Diagnostic): string {
  const { code } = diagnostic;
  return String(typeof code === 'object' ? code.value : code);
}
