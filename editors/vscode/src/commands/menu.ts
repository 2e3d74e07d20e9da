import * as vscode from 'vscode';
import type { Server } from '../client';
import { languages, typedLanguages } from '../languages';
import { allSettings, buttonFor } from '../mend';
import { inWords } from '../status';
import { walkthrough } from '../welcome';

interface Entry extends vscode.QuickPickItem {
  run?: () => Thenable<unknown>;
}

// menu lists what can be done now: first what mends the state that the server is in, then what concerns the file, then the server.
export async function menu(server: Server, editor: vscode.TextEditor | undefined): Promise<void> {
  const { status } = server;
  const language = editor?.document.languageId ?? '';
  const entry = (icon: string, label: string, command: string): Entry => ({ label: `$(${icon}) ${label}`, run: () => vscode.commands.executeCommand(command) });
  const { action } = status;
  const entries: Entry[] = [];
  if (action) {
    const { title, run } = buttonFor(action);
    entries.push({ label: `$(tools) ${title}`, description: status.message ?? '', run });
  }
  if (server.answers && languages.includes(language)) {
    entries.push(divider('This file'), entry('flame', 'Toggle heat map', 'mlmLsp.heat'), entry('question', 'Explain the token at the cursor', 'mlmLsp.explain'));
    if (typedLanguages.includes(language)) {
      entries.push(entry('symbol-interface', 'Write the types that are sure', 'mlmLsp.annotateFile'));
    }
    if (vscode.workspace.workspaceFolders) {
      entries.push(entry('bell-slash', 'Silence a kind of finding in this project...', 'mlmLsp.silenceInProject'));
    }
  }
  entries.push(divider('Model'), entry('symbol-misc', 'Pick model...', 'mlmLsp.pickModel'));
  if (vscode.workspace.workspaceFolders && vscode.workspace.isTrusted) {
    entries.push(entry('mortar-board', 'Train a model on this workspace...', 'mlmLsp.train'));
  }
  entries.push(divider('Server'));
  if (server.answers && status.kind === 'ready') {
    entries.push(entry('debug-pause', 'Pause', 'mlmLsp.pause'));
  }
  entries.push(
    entry('debug-restart', 'Restart', 'mlmLsp.restart'),
    entry('pulse', 'Doctor', 'mlmLsp.doctor'),
    entry('output', 'Show output', 'mlmLsp.showOutput'),
    { label: '$(gear) Settings', run: allSettings.run },
    { label: '$(book) Get started', run: walkthrough.run },
  );
  const picked = await vscode.window.showQuickPick(entries, { title: `mlm-lsp: ${inWords(status)}`, placeHolder: 'What to do' });
  await picked?.run?.();
}

function divider(label: string): Entry {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}
