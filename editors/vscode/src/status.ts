import * as vscode from 'vscode';

// Kind is what the server can do: its own word for it (the notification mlm-lsp/status), or, while it does not run, ours.
export type Kind = 'loading' | 'ready' | 'noModel' | 'paused' | 'error' | 'starting' | 'crashed' | 'stopped' | 'missing';

// Action is what mends it, as the server names it; the last is ours.
export type Action = 'install-runtime' | 'open-settings' | 'restart' | 'resume' | 'show-log' | 'manage-trust';

export interface Status {
  kind: Kind;
  message?: string;
  action?: Action;
}

const looks: Record<Kind, { icon: string; words: string; colour?: string }> = {
  starting: { icon: '$(sync~spin)', words: 'starting' },
  loading: { icon: '$(sync~spin)', words: 'loading the model' },
  ready: { icon: '$(check)', words: 'ready' },
  paused: { icon: '$(debug-pause)', words: 'paused' },
  noModel: { icon: '$(error)', words: 'no model', colour: 'statusBarItem.errorBackground' },
  error: { icon: '$(warning)', words: 'the model fails', colour: 'statusBarItem.warningBackground' },
  crashed: { icon: '$(warning)', words: 'ended unexpectedly, starting again', colour: 'statusBarItem.warningBackground' },
  stopped: { icon: '$(error)', words: 'stopped', colour: 'statusBarItem.errorBackground' },
  missing: { icon: '$(error)', words: 'no server', colour: 'statusBarItem.errorBackground' },
};

// look is how a kind is shown; one of a later server's by its name.
function look(kind: Kind): { icon: string; words: string; colour?: string } {
  return looks[kind] ?? { icon: '$(info)', words: kind };
}

// inWords says a status in one line of plain text.
export function inWords(status: Status): string {
  const { words } = look(status.kind);
  return status.message ? `${words}: ${status.message}` : words;
}

// statusBarItem shows the status at the right of the status bar; a click opens the menu. notes are further lines of its tooltip.
export function statusBarItem(): vscode.Disposable & { show(status: Status, notes: string[]): void } {
  const item = vscode.window.createStatusBarItem('status', vscode.StatusBarAlignment.Right, 90);
  item.name = 'mlm-lsp';
  item.command = 'mlmLsp.menu';
  return {
    show(status, notes) {
      const { icon, colour } = look(status.kind);
      item.text = `${icon} mlm-lsp`;
      item.backgroundColor = colour ? new vscode.ThemeColor(colour) : undefined;
      const lines = [`mlm-lsp: ${inWords(status)}`, ...notes];
      item.accessibilityInformation = { label: lines.join('. '), role: 'button' };
      item.tooltip = new vscode.MarkdownString().appendText(lines.join('\n'));
      item.show();
    },
    dispose: () => item.dispose(),
  };
}
