// A workspace that nobody trusts: what is in it is not run, whatever it names.
'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { until } = require('../workbench');

/** Puts a program into a folder that leaves a trace beside itself when it is run, and then is the server. */
function trap(folder, binary) {
  fs.mkdirSync(folder, { recursive: true });
  const script = path.join(folder, 'mlm-lsp');
  fs.writeFileSync(script, `#!/bin/sh\ntouch '${script}.trace'\nexec '${binary}' "$@"\n`, { mode: 0o755 });
  return { script, sprung: () => fs.existsSync(`${script}.trace`) };
}

exports.run = async (suite, { platform, universal, binary }) => {
  let named, onPath;
  const untrusted = folder => {
    named = trap(path.join(folder, 'tools'), binary);
    onPath = trap(path.join(folder, 'bin'), binary);
    fs.mkdirSync(path.join(folder, '.vscode'));
    fs.writeFileSync(path.join(folder, '.vscode/settings.json'),
      JSON.stringify({ 'mlm-lsp.server.path': named.script, 'mlm-lsp.server.library': named.script, 'mlm-lsp.server.model': folder }));
    const library = path.join(path.dirname(binary), 'libonnxruntime.so');
    return { trusted: false, env: { PATH: `${path.dirname(onPath.script)}:${process.env.PATH}`, MLM_LSP_ORT_LIBRARY: library } };
  };

  await suite.session('trust', folder => ({ vsix: [platform], ...untrusted(folder) }), async w => {
    const { page } = w;
    await suite.test(w, 'trust: in an untrusted folder the extension works with its own server', async () => {
      await w.open('inventory.py');
      await page.getByText('Restricted Mode').first().waitFor();
      await w.ready();
      await w.goto(69, 44);
      await w.squiggles().first().waitFor();
      assert(!named.sprung() && !onPath.sprung(), 'a program of the workspace was run');
      const { command } = await w.serverProcess();
      assert(!command.includes(w.options.folder), command);
    });

    await suite.test(w, 'trust: there it offers no training', async () => {
      await page.keyboard.press('F1');
      await page.locator('.quick-input-widget:visible input[type=text]').fill('>mlm-lsp: ');
      const rows = page.locator('.quick-input-widget .monaco-list-row');
      await until('the commands', async () => (await rows.allInnerTexts()).some(row => row.includes('Restart Server')));
      assert(!(await rows.allInnerTexts()).some(row => row.includes('Train a Model')));
    });

    await suite.test(w, 'trust: what the user names is not heeded there either, and said', async () => {
      w.set({ 'mlm-lsp.server.path': named.script });
      await w.command('mlm-lsp: Restart Server');
      await until('the status to say so', async () => /mlm-lsp\.server\.path/.test(await w.status()));
      await w.ready();
      assert(!named.sprung(), 'the named program was run');
    });

    await suite.test(w, 'trust: once the folder is trusted it is', async () => {
      await w.command('Workspaces: Manage Workspace Trust');
      await page.locator('.workspace-trust-editor').getByRole('button', { name: 'Trust', exact: true }).first().click();
      await until('the named program to be run', () => named.sprung());
      await w.open('inventory.py');
      await w.ready();
      assert(!onPath.sprung(), 'the one on the PATH was run');
    });
  });

  await suite.session('trust-path', folder => ({ vsix: [universal], ...untrusted(folder) }), async w => {
    await suite.test(w, 'trust: a program of an untrusted folder is not run though it is on the PATH', async () => {
      await w.open('inventory.py');
      await until('the status to be settled', async () => /no server|ready/.test(await w.status()));
      assert(!named.sprung() && !onPath.sprung(), 'a program of the workspace was run');
    });
  });
};
