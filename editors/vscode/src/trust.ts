import { realpath } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';

// Chosen is what the user's settings name that is loaded or run. They have the scope "machine", so that no workspace can set them; in a workspace that is not trusted they are not
// heeded either, whoever set them.
export interface Chosen {
  path: string;
  model: string;
  library: string;
  device: string;
  withheld: string[]; // settings that are not heeded here
}

export function chosen(): Chosen {
  const settings = vscode.workspace.getConfiguration('mlm-lsp.server');
  const values = { path: settings.get('path', ''), model: settings.get('model', ''), library: settings.get('library', ''), device: settings.get('device', 'auto') };
  if (vscode.workspace.isTrusted) {
    return { ...values, withheld: [] };
  }
  const standard = { path: '', model: '', library: '', device: 'auto' };
  const withheld = (Object.keys(standard) as (keyof typeof standard)[]).filter((key) => values[key] !== standard[key]);
  return { ...standard, withheld: withheld.map((key) => `mlm-lsp.server.${key}`) };
}

// mayRunFrom reports whether a program in a directory may be run: in a workspace that is not trusted, none of its own, by whichever name it goes.
export async function mayRunFrom(directory: string): Promise<boolean> {
  if (vscode.workspace.isTrusted) {
    return true;
  }
  const folders = (vscode.workspace.workspaceFolders ?? []).map((folder) => folder.uri.fsPath);
  const real = await Promise.all([directory, ...folders].map((name) => realpath(name).catch(() => name)));
  return ![directory, real[0] ?? directory].some((name) => [...folders, ...real.slice(1)].some((folder) => isBelow(name, folder)));
}

function isBelow(name: string, directory: string): boolean {
  const relative = path.relative(directory, name);
  return relative !== '..' && !relative.startsWith(`..${path.sep}`) && !path.isAbsolute(relative);
}
