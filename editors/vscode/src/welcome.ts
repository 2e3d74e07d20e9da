import * as vscode from 'vscode';
import type { Server } from './client';
import { tell } from './mend';

const welcomed = 'welcomed';

// welcome offers the walkthrough once, when the server is ready for the first time on this machine.
export function welcome(context: vscode.ExtensionContext, server: Server): vscode.Disposable {
  if (context.globalState.get(welcomed)) {
    return new vscode.Disposable(() => undefined);
  }
  const watching = server.onDidChangeStatus(({ kind }) => {
    if (kind !== 'ready') {
      return;
    }
    watching.dispose();
    void context.globalState.update(welcomed, true);
    tell(vscode.window.showInformationMessage, 'mlm-lsp runs: completions, types and hints at mistakes come from a model on this machine', walkthrough);
  });
  return watching;
}

// walkthrough is the button that opens it.
export const walkthrough = { title: 'Get Started', run: () => vscode.commands.executeCommand('workbench.action.openWalkthrough', 'mlm-lsp.mlm-lsp#start') };
