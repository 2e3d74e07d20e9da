// Runs in the extension host, against the installed extension, through the API that other extensions have.
'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const vscode = require('vscode');

const PATIENCE = 120_000;

async function until(what, ask) {
  const end = Date.now() + PATIENCE;
  for (;;) {
    const got = await ask();
    if (got) return got;
    if (Date.now() > end) throw new Error(`waiting for ${what}: not within ${PATIENCE / 1000} s`);
    await new Promise(resolve => setTimeout(resolve, 25));
  }
}

const folder = () => vscode.workspace.workspaceFolders[0].uri;
const uriOf = name => vscode.Uri.joinPath(folder(), name);
const extension = () => vscode.extensions.getExtension('mlm-lsp.mlm-lsp');
const ours = uri => vscode.languages.getDiagnostics(uri).filter(d => d.source === 'mlm-lsp');
const ready = () => until('the server to be ready', () => extension().exports.status().kind === 'ready');

async function open(name) {
  const document = await vscode.workspace.openTextDocument(uriOf(name));
  return vscode.window.showTextDocument(document);
}

/** The position of a text's first place in a document, and so many characters on. */
function at(document, text, on = 0) {
  const offset = document.getText().indexOf(text);
  assert(offset >= 0, `${text} is not in ${document.uri.path}`);
  return document.positionAt(offset + on);
}

const labels = list => list.items.filter(i => i.detail?.includes('mlm-lsp') || i.label.description?.includes('mlm-lsp')).map(i => i.label.label ?? i.label);

function parentOf(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1];
  } catch {
    return undefined; // it is gone
  }
}

function commandOf(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

const tests = {
  'it is not active before a file of a language of its own is open': async () => {
    assert(extension(), 'the extension is not installed');
    await vscode.window.showTextDocument(await vscode.workspace.openTextDocument({ language: 'markdown', content: '# Shop\n' }));
    assert.equal(extension().isActive, false);
    await open('inventory.py');
    await until('the extension to be active', () => extension().isActive);
    await ready();
  },

  'all commands that it announces are there': async () => {
    const there = new Set(await vscode.commands.getCommands(true));
    const announced = extension().packageJSON.contributes.commands.map(c => c.command);
    assert.deepEqual(announced.filter(c => !there.has(c)), []);
    for (const verb of ['restart', 'showOutput', 'doctor', 'explain', 'heat', 'annotateFile', 'silenceInProject', 'train', 'pickModel', 'menu']) {
      assert(announced.includes(`mlmLsp.${verb}`), `mlmLsp.${verb} is not announced`);
    }
  },

  'a mistake is reported where it is, and nothing else': async () => {
    const { document } = await open('inventory.py');
    const found = await until('a report', () => ours(document.uri).length > 0 && ours(document.uri));
    assert.equal(found.length, 1, found.map(d => d.message).join('; '));
    const [d] = found;
    assert.equal(document.getText(d.range), 'quanity');
    assert.equal(d.severity, vscode.DiagnosticSeverity.Information);
    assert.equal(typeof d.code === 'object' ? d.code.value : d.code, 'misspelt-name');
  },

  'a mistake in TypeScript is reported': async () => {
    const { document } = await open('cart.ts');
    await until('a report of totla', () => ours(document.uri).some(d => document.getText(d.range) === 'totla'));
  },

  'its quick fix mends it': async () => {
    const { document } = await open('inventory.py');
    const [d] = await until('a report', () => ours(document.uri).length > 0 && ours(document.uri));
    const actions = await vscode.commands.executeCommand('vscode.executeCodeActionProvider', document.uri, d.range, vscode.CodeActionKind.QuickFix.value, 20);
    const fix = actions.find(a => /Replace with .?quantity/.test(a.title));
    assert(fix, `there is ${actions.map(a => a.title).join('; ')}`);
    assert(fix.isPreferred, 'it is not the preferred one');
    await vscode.workspace.applyEdit(fix.edit);
    assert(!document.getText().includes('quanity'));
    await until('the report to go', () => ours(document.uri).length === 0);
    await vscode.commands.executeCommand('undo');
    await until('it to come back', () => ours(document.uri).length === 1);
  },

  'the example that the walkthrough opens has one mistake, and its quick fix mends it': async () => {
    await vscode.commands.executeCommand('mlmLsp.openExample');
    const { document } = vscode.window.activeTextEditor;
    assert(document.isUntitled, `it is ${document.uri}`);
    const found = await until('a report', () => ours(document.uri).length > 0 && ours(document.uri));
    assert.deepEqual(found.map(d => document.getText(d.range)), ['prcie']);
    const actions = await vscode.commands.executeCommand('vscode.executeCodeActionProvider', document.uri, found[0].range, vscode.CodeActionKind.QuickFix.value, 20);
    await vscode.workspace.applyEdit(actions.find(a => a.isPreferred).edit);
    assert(document.getText().includes('item.quantity * item.price\n'), document.getText());
    await until('the report to go', () => ours(document.uri).length === 0);
  },

  'completions say where they are from, and follow their setting': async () => {
    const editor = await open('inventory.py');
    const { document } = editor;
    const position = at(document, 'return total\n', 'return tot'.length);
    const ask = () => vscode.commands.executeCommand('vscode.executeCompletionItemProvider', document.uri, position, undefined, 30);
    const list = await ask();
    assert(labels(list).includes('total'), labels(list).join());
    const settings = vscode.workspace.getConfiguration('mlm-lsp');
    await settings.update('completion.enable', false, vscode.ConfigurationTarget.Workspace);
    await until('no completions', async () => labels(await ask()).length === 0);
    await settings.update('completion.enable', undefined, vscode.ConfigurationTarget.Workspace);
    await until('completions', async () => labels(await ask()).includes('total'));
  },

  'a type is shown where none is written': async () => {
    const { document } = await open('clock.py');
    const all = new vscode.Range(0, 0, document.lineCount, 0);
    const hint = await until('the hint', async () => {
      const hints = await vscode.commands.executeCommand('vscode.executeInlayHintProvider', document.uri, all);
      return hints.find(h => document.lineAt(h.position).text.startsWith('def entries(path'));
    });
    const label = typeof hint.label === 'string' ? hint.label : hint.label.map(part => part.value).join('');
    assert.match(label, /Path/);
  },

  'hints that change while VS Code waits for another extension are asked for again': async () => {
    await open('report.py');
    // VS Code asks all who have hints at once and waits for the slowest. Newer versions do not hear meanwhile that some have changed; older ones ask again at once.
    let asked = 0, answer;
    const slow = new Promise(resolve => (answer = resolve));
    const another = vscode.languages.registerInlayHintsProvider('python', { provideInlayHints: () => (asked++, slow) });
    const settings = vscode.workspace.getConfiguration('mlm-lsp');
    try {
      await until('VS Code to ask', () => asked > 0);
      const before = asked;
      await settings.update('types.variables', false, vscode.ConfigurationTarget.Workspace);
      await new Promise(resolve => setTimeout(resolve, 1500)); // the server has VS Code ask again
      answer([]);
      await until('VS Code to ask again', () => asked > before);
    } finally {
      another.dispose();
      await settings.update('types.variables', undefined, vscode.ConfigurationTarget.Workspace);
    }
  },

  'hovers tell the likely types of a name': async () => {
    const { document } = await open('clock.py');
    const hovers = await vscode.commands.executeCommand('vscode.executeHoverProvider', document.uri, at(document, 'path)'));
    const text = hovers.flatMap(h => h.contents).map(c => c.value ?? c).join('\n');
    assert.match(text, /Likely types of .?path.?: .?Path.? \d+%/);
  },

  'a heat map has the mistake among what surprises most': async () => {
    const { document } = await open('inventory.py');
    await vscode.commands.executeCommand('mlmLsp.heat');
    const tokens = await until('the map', () => extension().exports.heat(document.uri)?.length > 20 && extension().exports.heat(document.uri));
    const range = r => new vscode.Range(r.start.line, r.start.character, r.end.line, r.end.character);
    const levels = word => tokens.filter(t => document.getText(range(t.range ?? t.span)) === word).map(t => t.level);
    assert(Math.max(...levels('quanity')) >= 4, `quanity has ${levels('quanity')}`);
    await vscode.commands.executeCommand('mlmLsp.heat');
    assert.equal(extension().exports.heat(document.uri), undefined);
  },

  'an edit draws the heat map anew': async () => {
    const editor = await open('inventory.py');
    const { document } = editor;
    await vscode.commands.executeCommand('mlmLsp.heat');
    const heat = () => extension().exports.heat(document.uri) ?? [];
    await until('the map', () => heat().length > 20);
    await editor.edit(e => e.insert(new vscode.Position(0, 0), '# Ünïcödé 🙂 wiggly\nwiggly_zebra = 1\n'));
    const lineOf = t => (t.range ?? t.span).start.line;
    await until('the new line in the map', () => heat().some(t => lineOf(t) === 1));
    const range = r => new vscode.Range(r.start.line, r.start.character, r.end.line, r.end.character);
    for (const t of heat()) assert.match(document.getText(range(t.range ?? t.span)), /^\S(.*\S)?$/s); // whole tokens, where they stand
    await vscode.commands.executeCommand('undo');
    await vscode.commands.executeCommand('mlmLsp.heat');
  },

  'a file that nobody saved yet is looked at, too': async () => {
    const content = fs.readFileSync(uriOf('inventory.py').fsPath, 'utf8');
    const document = await vscode.workspace.openTextDocument({ language: 'python', content });
    await vscode.window.showTextDocument(document);
    await until('a report', () => ours(document.uri).some(d => document.getText(d.range) === 'quanity'));
  },

  'silenced by a code action in the project, a kind is not reported; what else is not saved there stays so': async () => {
    const { document } = await open('inventory.py');
    const file = uriOf('.mlm-lsp.toml');
    const onDisk = () => (fs.existsSync(file.fsPath) ? fs.readFileSync(file.fsPath, 'utf8') : '');
    const silence = async () => {
      const d = await until('a report of this text', () => ours(document.uri).find(d => document.getText(d.range) === 'quanity'));
      const actions = await vscode.commands.executeCommand('vscode.executeCodeActionProvider', document.uri, d.range, vscode.CodeActionKind.QuickFix.value, 20);
      const action = actions.find(a => a.title.includes('in this project'));
      assert(action, `there is ${actions.map(a => a.title).join('; ')}`);
      const { edit, command } = action;
      await vscode.workspace.applyEdit(edit);
      await vscode.commands.executeCommand(command.command, ...command.arguments);
    };
    const silences = text => /disabledKinds.*misspelt-name/s.test(text);
    await silence();
    assert(silences(onDisk()), onDisk());
    await until('the report to go', () => ours(document.uri).length === 0);

    fs.writeFileSync(file.fsPath, '# Ours.\n');
    const settings = await vscode.workspace.openTextDocument(file);
    await until('the file to be read again', () => settings.getText() === '# Ours.\n');
    const edit = new vscode.WorkspaceEdit();
    edit.insert(file, new vscode.Position(0, 0), '# Half a thought\n');
    await vscode.workspace.applyEdit(edit);
    await silence();
    assert(settings.isDirty && silences(settings.getText()) && settings.getText().startsWith('# Half a thought\n# Ours.\n'), settings.getText());
    assert.equal(onDisk(), '# Ours.\n');
    await settings.save();
    await until('the report to go', () => ours(document.uri).length === 0);
    fs.rmSync(file.fsPath);
    await until('the report to come back', () => ours(document.uri).length === 1);
  },

  'restarted, it is another process and reports the same': async () => {
    const { document } = await open('inventory.py');
    await until('a report', () => ours(document.uri).length === 1);
    const before = extension().exports.serverPid();
    await vscode.commands.executeCommand('mlmLsp.restart');
    await until('another process', () => extension().exports.serverPid() && extension().exports.serverPid() !== before);
    await ready();
    await until('the former one to be gone', () => !fs.existsSync(`/proc/${before}`));
    await until('a report', () => ours(document.uri).length === 1);
  },

  'restarted again and again in one moment, it ends up with one server that answers': async () => {
    const { document } = await open('inventory.py');
    const before = extension().exports.serverPid();
    await Promise.all([1, 2, 3].map(() => vscode.commands.executeCommand('mlmLsp.restart')));
    await until('another process', () => extension().exports.serverPid() && extension().exports.serverPid() !== before);
    await ready();
    await until('a report', () => ours(document.uri).length === 1);
    const serving = () => fs.readdirSync('/proc').filter(pid => /^\d+$/.test(pid) && parentOf(pid) === String(process.pid) && commandOf(pid).includes('mlm-lsp serve'));
    await until('the others to be gone', () => serving().length === 1);
  },

  'a file that is renamed, and changes on the disk, is followed': async () => {
    const from = uriOf('inventory.py'), to = uriOf('stock.py');
    await open('inventory.py');
    await until('a report', () => ours(from).length === 1);
    const rename = new vscode.WorkspaceEdit();
    rename.renameFile(from, to);
    await vscode.workspace.applyEdit(rename);
    await until('it under the new name only', () => ours(from).length === 0 && ours(to).length === 1);
    fs.writeFileSync(to.fsPath, fs.readFileSync(to.fsPath, 'utf8').replace('quanity', 'quantity'));
    await until('it to go', () => ours(to).length === 0);
  },
};

exports.run = async () => {
  let failed = 0;
  for (const [name, body] of Object.entries(tests)) {
    const start = Date.now();
    let trouble = '';
    try {
      await body();
    } catch (error) {
      failed++;
      trouble = `: ${error.stack}`;
    }
    console.log(`api: ${name} (${Date.now() - start} ms)${trouble}`);
  }
  if (failed) throw new Error(`${failed} failed`);
};
