import * as vscode from 'vscode';
import type { Server } from '../client';
import { tell } from '../mend';
import { runInTerminal } from './tasks';

// installRuntime has the program fetch ONNX Runtime, which it verifies, and starts the server again. It is the one thing here that uses the network, and only when the user asks for it.
export async function installRuntime(server: Server): Promise<void> {
  const program = server.program;
  if (!program) {
    await server.restart(); // which tells what is missing
    return;
  }
  const code = await runInTerminal(program, 'install', 'install ONNX Runtime', ['runtime', 'install']);
  if (code === 0) {
    await server.restart();
  } else {
    tell(vscode.window.showErrorMessage, 'mlm-lsp: ONNX Runtime was not installed: the terminal says why', 'open-settings');
  }
}
