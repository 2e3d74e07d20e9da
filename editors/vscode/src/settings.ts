import * as vscode from 'vscode';

// settingsFor returns what the server is told of its settings: those that are not at their defaults, which it knows. A server that is older than the extension hears nothing of settings
// that it does not have, unless the user has set them.
export function settingsFor(keys: string[], scope: vscode.Uri | undefined): Record<string, unknown> {
  const all = vscode.workspace.getConfiguration(undefined, scope);
  const set = keys.filter((key) => JSON.stringify(all.get(key)) !== JSON.stringify(all.inspect(key)?.defaultValue));
  return Object.fromEntries(set.map((key) => [key.slice('mlm-lsp.'.length), all.get(key)]));
}
