import * as vscode from 'vscode';
import type { Action } from './status';

// What mends an error, as the button of a message and the entry of a menu.

const buttons: Record<Action, { title: string; command: string; arguments?: string[] }> = {
  'install-runtime': { title: 'Install ONNX Runtime', command: 'mlmLsp.installRuntime' },
  'open-settings': { title: 'Open Settings', command: 'workbench.action.openSettings', arguments: ['@ext:mlm-lsp.mlm-lsp'] },
  restart: { title: 'Restart Server', command: 'mlmLsp.restart' },
  resume: { title: 'Resume', command: 'mlmLsp.resume' },
  'show-log': { title: 'Show Log', command: 'mlmLsp.showOutput' },
};

// titleOf is what the button of an action says.
export function titleOf(action: Action): string {
  return buttons[action].title;
}

// mend does what an action says.
export async function mend(action: Action): Promise<void> {
  const { command, arguments: args = [] } = buttons[action];
  await vscode.commands.executeCommand(command, ...args);
}

type Show = (message: string, ...items: string[]) => Thenable<string | undefined>;

// tell shows a message with a button for each action, and does what the user takes. It returns at once: a message may stay for minutes.
export function tell(show: Show, message: string, ...actions: Action[]): void {
  const wanted = [...new Set(actions)];
  show(message, ...wanted.map(titleOf)).then((title) => {
    const action = wanted.find((a) => titleOf(a) === title);
    return action && mend(action);
  }, undefined);
}

// reason words an error.
export function reason(err: unknown): string {
  return err instanceof Error ? err.message : String(err);
}
