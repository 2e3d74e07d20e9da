import * as vscode from 'vscode';

// explain shows what is known of a token: the hover has it, next to the text.
export async function explain(editor: vscode.TextEditor, at: vscode.Position): Promise<void> {
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>('vscode.executeHoverProvider', editor.document.uri, at);
  if (hovers.length === 0) {
    void vscode.window.showInformationMessage('mlm-lsp: there is nothing to explain here: put the cursor on a name, an operator or a word');
    return;
  }
  editor.selection = new vscode.Selection(at, at);
  editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
  await vscode.commands.executeCommand('editor.action.showHover', { focus: 'noAutoFocus' });
}

// explainIn is explain for a document that is named, in an editor of its own if need be.
export async function explainIn(uri: string, position: { line: number; character: number }): Promise<void> {
  const editor = await vscode.window.showTextDocument(vscode.Uri.parse(uri));
  await explain(editor, new vscode.Position(position.line, position.character));
}
