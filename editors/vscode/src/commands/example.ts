import { readFile } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';

// openExample opens a small file in which something is wrong, as a document of its own that nothing is saved of.
export async function openExample(extensionPath: string): Promise<void> {
  const content = await readFile(path.join(extensionPath, 'media', 'example.py'), 'utf8');
  await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'python', content }));
}
