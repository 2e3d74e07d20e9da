import { createHash } from 'node:crypto';
import { access, readdir } from 'node:fs/promises';
import * as path from 'node:path';
import * as vscode from 'vscode';
import { tell } from '../mend';

// Models that were trained here lie in the extension's own storage, a directory each.

const metaFile = 'mlm-lsp.json'; // what makes a directory a bundle
const suffix = '.bundle';

export function storage(context: vscode.ExtensionContext): string {
  return path.join(context.globalStorageUri.fsPath, 'models');
}

// bundleFor is where the model of a folder goes: under its name, and what tells it from others of that name.
export function bundleFor(context: vscode.ExtensionContext, folder: string): string {
  const mark = createHash('sha256').update(folder).digest('hex').slice(0, 8);
  return path.join(storage(context), `${path.basename(folder)}-${mark}${suffix}`);
}

export async function isBundle(directory: string): Promise<boolean> {
  return access(path.join(directory, metaFile)).then(() => true, () => false);
}

// trained lists the models that were trained here.
export async function trained(context: vscode.ExtensionContext): Promise<string[]> {
  let names: string[];
  try {
    names = await readdir(storage(context));
  } catch {
    return []; // none was ever trained
  }
  const directories = names.filter((name) => name.endsWith(suffix)).map((name) => path.join(storage(context), name));
  const are = await Promise.all(directories.map(isBundle));
  return directories.filter((_, i) => are[i]);
}

// use sets the model; "" is the one inside the program. The server is started again by the change of the setting; where it is set already, the bundle may be another by now.
export async function use(bundle: string): Promise<void> {
  const settings = vscode.workspace.getConfiguration('mlm-lsp.server');
  if (settings.get('model', '') === bundle) {
    await vscode.commands.executeCommand('mlmLsp.restart');
  } else {
    await settings.update('model', bundle === '' ? undefined : bundle, vscode.ConfigurationTarget.Global);
  }
}

// pickModel has the user choose a model.
export async function pickModel(context: vscode.ExtensionContext): Promise<void> {
  const current = vscode.workspace.getConfiguration('mlm-lsp.server').get('model', '');
  const bundles = await trained(context);
  if (current !== '' && !bundles.includes(current)) {
    bundles.push(current);
  }
  const describe = (bundle: string) => (bundle === current ? 'in use' : '');
  const inside = { label: 'The model inside mlm-lsp', description: describe(''), bundle: '' };
  const others = bundles.map((bundle) => ({ label: path.basename(bundle, suffix), description: describe(bundle), detail: bundle, bundle }));
  const browse = { label: '$(folder-opened) Browse...', description: 'the directory of a bundle', bundle: undefined };
  const picked = await vscode.window.showQuickPick([inside, ...others, browse], { title: 'mlm-lsp: model' });
  if (!picked) {
    return;
  }
  const bundle = picked.bundle ?? (await chooseDirectory());
  if (bundle !== undefined) {
    await use(bundle);
  }
}

async function chooseDirectory(): Promise<string | undefined> {
  const [chosen] = (await vscode.window.showOpenDialog({ canSelectFolders: true, canSelectFiles: false, openLabel: 'Use This Model', title: 'The directory of a bundle' })) ?? [];
  if (!chosen) {
    return undefined;
  }
  if (!(await isBundle(chosen.fsPath))) {
    const again = { title: 'Pick Model...', run: () => vscode.commands.executeCommand('mlmLsp.pickModel') };
    tell(vscode.window.showErrorMessage, `mlm-lsp: ${chosen.fsPath} is no bundle: it has no ${metaFile}`, again);
    return undefined;
  }
  return chosen.fsPath;
}
