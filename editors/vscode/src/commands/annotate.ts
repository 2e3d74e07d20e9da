import * as vscode from 'vscode';
import type { Server } from '../client';

// annotateFile has the server write all types of a file that are sure enough. It tells the user itself when there are none.
export async function annotateFile(server: Server, document: vscode.TextDocument): Promise<void> {
  await server.execute('mlm-lsp.annotate', [server.uriOf(document)]);
}
