// What goes wrong: a server that is killed, settings that cannot be, a program that is not there.
'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { until } = require('../workbench');

exports.run = async (suite, { platform, universal, binary }) => {
  // The workspace has settings already: of a folder that is new itself, VS Code's watcher now and then misses what is put into it at once.
  const settingsIn = folder => path.join(folder, '.vscode/settings.json');
  const withSettings = folder => {
    fs.mkdirSync(path.dirname(settingsIn(folder)));
    fs.writeFileSync(settingsIn(folder), '{}');
    return { vsix: [platform] };
  };
  await suite.session('trouble', withSettings, async w => {
    const { page, options: { folder } } = w;
    await w.open('inventory.py');
    await w.ready();
    const squiggle = w.squiggles();

    await suite.test(w, 'trouble: a server that is killed comes back, and knows the open file', async () => {
      await w.goto(69, 44);
      await squiggle.first().waitFor();
      const { pid } = await w.serverProcess();
      process.kill(pid, 'SIGKILL');
      await until('another server', async () => (await w.serverProcess()).pid !== pid);
      await w.ready();
      await squiggle.first().waitFor();
      await w.offered(/Replace with .?quantity/);
    });

    await suite.test(w, 'trouble: one that is killed again and again is let be, until one asks for it', async () => {
      const stopped = page.locator('.notification-toast', { hasText: 'is not started again' });
      for (let last = 0; (await stopped.count()) === 0;) {
        const [running] = w.servers();
        if (running && running.pid !== last) {
          await until('the server to answer, or to be given up', async () => /ready/.test(await w.status()) || (await stopped.count()) > 0);
          last = running.pid;
          try {
            process.kill(last, 'SIGKILL');
          } catch {
            // It ended by itself: it was given up.
          }
        }
        await until('the server to end', () => w.servers().every(p => p.pid !== last));
        await until('another one, or the message', async () => w.servers().length > 0 || (await stopped.count()) > 0);
      }
      assert.match(await w.status(), /stopped/);
      await page.screenshot({ path: suite.picture('stopped') });
      await stopped.getByText('Restart Server').click();
      await w.ready();
      await squiggle.first().waitFor();
    });

    await suite.test(w, 'trouble: a setting that cannot be is told with a button, and survived', async () => {
      fs.writeFileSync(settingsIn(folder), JSON.stringify({ 'mlm-lsp.diagnostics.severity': 'loud', 'mlm-lsp.diagnostics.disabledKinds': [] }));
      const toast = await w.notification('diagnostics.severity');
      await page.screenshot({ path: suite.picture('broken setting') });
      await toast.getByText('Open Settings').click();
      await page.locator('.settings-editor').waitFor();
      await until('the extension\'s settings', async () => /Completion: Enable|Max Items/.test(await page.locator('.settings-editor').innerText()));
      await w.open('inventory.py');
      await w.goto(69, 44);
      await squiggle.first().waitFor();
      fs.writeFileSync(settingsIn(folder), '{}');
      await w.ready();
    });

    await suite.test(w, 'trouble: so is one of the project', async () => {
      fs.writeFileSync(path.join(folder, '.mlm-lsp.toml'), '[diagnostics]\nseverity = "loud"\n');
      await w.notification(/\.mlm-lsp\.toml:2.*severity/s);
      await w.goto(69, 44);
      await squiggle.first().waitFor();
      // Put right, it is heeded.
      fs.writeFileSync(path.join(folder, '.mlm-lsp.toml'), '[diagnostics]\nseverity = "warning"\n');
      await w.squiggles('warning').first().waitFor();
    });
  });

  await suite.session('elsewhere', { vsix: [universal], env: { PATH: withoutServer() } }, async w => {
    const { page } = w;
    await suite.test(w, 'elsewhere: without a server on the PATH that is told, with a button', async () => {
      await w.open('inventory.py');
      const toast = await w.notification('no mlm-lsp is on the PATH');
      assert.match(await w.status(), /no server/);
      await page.screenshot({ path: suite.picture('no server') });
      await toast.getByText('Open Settings').click();
      await until('the setting', async () => /Server: Path/.test(await page.locator('.settings-editor').innerText()));
    });

    await suite.test(w, 'elsewhere: named by a setting it runs; the library that it lacks is installed by a button', async () => {
      w.set({ 'mlm-lsp.server.path': binary });
      const toast = await w.notification('no ONNX Runtime library found');
      assert.match(await w.status(), /no model/);
      await page.screenshot({ path: suite.picture('no library') });
      await toast.getByText('Install ONNX Runtime').click();
      await w.open('inventory.py');
      await w.ready();
    });

    await suite.test(w, 'elsewhere: a program that is no server is told, and the setting can be put right', async () => {
      w.set({ 'mlm-lsp.server.path': '/bin/true' });
      await w.notification('could not be started');
      w.set({ 'mlm-lsp.server.path': binary });
      await w.ready();
    });

    await suite.test(w, 'elsewhere: a library that is none is told, with a button', async () => {
      w.set({ 'mlm-lsp.server.library': path.join(w.options.folder, 'cart.ts') });
      const toast = await w.notification('invalid ELF header');
      await toast.getByText('Open Settings').click();
      await until('the setting', async () => /Server: Library/.test(await page.locator('.settings-editor').innerText()));
      w.set({ 'mlm-lsp.server.library': undefined });
      await w.ready();
    });
  });
};

/** The PATH without folders that have a server in them. */
function withoutServer() {
  return process.env.PATH.split(':').filter(folder => !fs.existsSync(path.join(folder, 'mlm-lsp'))).join(':');
}
