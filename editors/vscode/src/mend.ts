import * as vscode from 'vscode';
import type { Action } from './status';

// What mends an error, as the button of a message and the entry of a menu.

export interface Button {
  title: string;
  run: () => Thenable<unknown>;
}

const buttons: Record<Action, Button> = {
  'install-runtime': { title: 'Install ONNX Runtime', run: () => vscode.commands.executeCommand('mlmLsp.installRuntime') },
  'open-settings': { title: 'Open Settings', run: openServerSettings },
  restart: { title: 'Restart Server', run: () => vscode.commands.executeCommand('mlmLsp.restart') },
  resume: { title: 'Resume', run: () => vscode.commands.executeCommand('mlmLsp.resume') },
  'manage-trust': { title: 'Manage Workspace Trust', run: () => vscode.commands.executeCommand('workbench.trust.manage') },
  'show-log': { title: 'Show Log', run: () => vscode.commands.executeCommand('mlmLsp.showOutput') },
};

// buttonFor is the button of what the server says can be done. One of a later server's that is not known here shows the log.
export function buttonFor(action: Action): Button {
  return buttons[action] ?? buttons['show-log'];
}

// allSettings is the button that opens the settings about what is shown.
export const allSettings: Button = { title: 'Open Settings', run: () => vscode.commands.executeCommand('workbench.action.openSettings', '@ext:mlm-lsp.mlm-lsp') };

// openServerSettings opens those that say what is run and loaded. They are of the machine, so that a remote window shows them among the remote machine's.
function openServerSettings(): Thenable<unknown> {
  const query = `@id:${['path', 'model', 'library', 'device'].map((name) => `mlm-lsp.server.${name}`).join(',')}`; // VS Code 1.93 finds none by mlm-lsp.server.*
  return vscode.env.remoteName === undefined
    ? vscode.commands.executeCommand('workbench.action.openSettings', query)
    : vscode.commands.executeCommand('workbench.action.openRemoteSettings', { query });
}

// openAt is the button that opens a file at a line, counted from 1.
export function openAt(file: string, line: number): Button {
  const selection = new vscode.Range(line - 1, 0, line - 1, 0);
  return { title: 'Open File', run: () => vscode.window.showTextDocument(vscode.Uri.file(file), { selection }) };
}

type Show = (message: string, ...items: string[]) => Thenable<string | undefined>;

// tell shows a message with buttons, and does what the user takes. It returns at once: a message may stay for minutes.
export function tell(show: Show, message: string, ...offered: (Action | Button)[]): void {
  const all = offered.map((button) => (typeof button === 'string' ? buttonFor(button) : button));
  const titles = [...new Set(all.map((button) => button.title))];
  show(message, ...titles)
    .then((title) => all.find((button) => button.title === title)?.run())
    .then(undefined, (err: unknown) => tell(vscode.window.showErrorMessage, `mlm-lsp: ${reason(err)}`));
}

// reason words an error.
export function reason(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
