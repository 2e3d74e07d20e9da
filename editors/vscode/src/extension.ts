import * as vscode from 'vscode';
import { Server } from './client';
import { annotateFile } from './commands/annotate';
import { doctor } from './commands/doctor';
import { openExample } from './commands/example';
import { explain, explainIn } from './commands/explain';
import { menu } from './commands/menu';
import { pickModel } from './commands/models';
import { installRuntime } from './commands/runtime';
import { keep, silenceInProject } from './commands/silence';
import { train } from './commands/train';
import { Heat } from './heat';
import { languages, typedLanguages } from './languages';
import { reason, tell } from './mend';
import { statusBarItem } from './status';
import { welcome } from './welcome';

let server: Server | undefined;

// activate starts the server and wires up what the user sees of it. What it returns is for tests.
export async function activate(context: vscode.ExtensionContext) {
  // The server's settings are the first group; the other is ours.
  const settings: Record<string, { items?: { enum?: string[] } }> = context.extension.packageJSON.contributes.configuration[0].properties;
  const running = (server = new Server(context.extensionPath, Object.keys(settings)));
  const heat = new Heat(running);
  const bar = statusBarItem();
  const showStatus = () => {
    const { status, program, version } = running;
    const notes = program ? [`${program.command} (${program.origin})`] : [];
    if (version) {
      notes.push(version);
    }
    if (program?.withheld.length) {
      notes.push(`This workspace is not trusted: ${program.withheld.join(', ')} not heeded`);
    }
    bar.show(status, notes);
    void vscode.commands.executeCommand('setContext', 'mlmLsp.running', running.answers);
    void vscode.commands.executeCommand('setContext', 'mlmLsp.paused', status.kind === 'paused');
  };
  running.explain = explainIn;
  context.subscriptions.push(running, heat, bar, running.onDidChangeStatus(showStatus), welcome(context, running), ...registerCommands(context, running, heat, settings[kindsSetting]?.items?.enum ?? []));

  // What is loaded or run changes with these; the server itself asks for all other settings.
  let soon: NodeJS.Timeout | undefined;
  const restartSoon = () => {
    clearTimeout(soon); // trust that is granted changes settings, too
    soon = setTimeout(() => void running.restart(), 200);
  };
  context.subscriptions.push(
    vscode.workspace.onDidChangeConfiguration((e) => e.affectsConfiguration('mlm-lsp.server') && restartSoon()),
    vscode.workspace.onDidGrantWorkspaceTrust(restartSoon),
    new vscode.Disposable(() => clearTimeout(soon)),
  );

  await vscode.commands.executeCommand('setContext', 'mlmLsp.languages', languages);
  await vscode.commands.executeCommand('setContext', 'mlmLsp.typedLanguages', typedLanguages);
  await vscode.commands.executeCommand('setContext', 'mlmLsp.active', true);
  showStatus();
  void running.start(); // commands must not wait for it

  return {
    status: () => running.status,
    onDidChangeStatus: running.onDidChangeStatus,
    serverPid: () => running.pid,
    heat: (uri: vscode.Uri) => heat.drawn(uri),
  };
}

// deactivate stops the server; VS Code waits for it.
export async function deactivate(): Promise<void> {
  await server?.stop();
}

// kindsSetting lists the kinds of findings.
const kindsSetting = 'mlm-lsp.diagnostics.disabledKinds';

function registerCommands(context: vscode.ExtensionContext, server: Server, heat: Heat, kinds: string[]): vscode.Disposable[] {
  return [
    command('menu', () => menu(server, editedNow())),
    command('restart', () => server.restart()),
    command('showOutput', () => server.output.show()),
    command('doctor', () => doctor(context.extensionPath, server)),
    command('installRuntime', () => installRuntime(server)),
    command('pause', () => server.execute('mlm-lsp.pause', [])),
    command('resume', () => server.execute('mlm-lsp.resume', [])),
    command('pickModel', () => pickModel(context)),
    command('train', () => train(context, server)),
    command('openExample', () => openExample(context.extensionPath)),
    inEditor('explain', (editor) => explain(editor, editor.selection.active)),
    inEditor('heat', (editor) => heat.toggle(editor.document)),
    inEditor('annotateFile', (editor) => annotateFile(server, editor.document)),
    inEditor('silenceInProject', (editor) => silenceInProject(server, editor, kinds)),
    command('keep', keep), // the end of a code action, not for users
  ];
}

// command registers one of ours; what goes wrong is told.
function command<Arguments extends unknown[]>(verb: string, run: (...args: Arguments) => unknown): vscode.Disposable {
  return vscode.commands.registerCommand(`mlmLsp.${verb}`, async (...args: Arguments) => {
    try {
      await run(...args);
    } catch (err) {
      tell(vscode.window.showErrorMessage, `mlm-lsp: ${reason(err)}`, 'show-log');
    }
  });
}

// inEditor registers a command about the file that is being edited.
function inEditor(verb: string, run: (editor: vscode.TextEditor) => unknown): vscode.Disposable {
  return command(verb, () => {
    const editor = editedNow();
    if (editor) {
      return run(editor);
    }
    tell(vscode.window.showInformationMessage, 'mlm-lsp: open a file first', example);
    return undefined;
  });
}

const example = { title: 'Open an Example', run: () => vscode.commands.executeCommand('mlmLsp.openExample') };

// editedNow is the editor of the tab in front. The one with the focus may be the output's.
function editedNow(): vscode.TextEditor | undefined {
  const input = vscode.window.tabGroups.activeTabGroup.activeTab?.input;
  const shown = input instanceof vscode.TabInputText ? vscode.window.visibleTextEditors.find((editor) => editor.document.uri.toString() === input.uri.toString()) : undefined;
  return shown ?? vscode.window.activeTextEditor;
}
