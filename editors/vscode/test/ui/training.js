// A training to its end: a minute, and what comes before and after it.
'use strict';
const assert = require('node:assert/strict');
const path = require('node:path');
const { until } = require('../workbench');

exports.run = async (suite, { platform }) => {
  await suite.session('training', { vsix: [platform] }, async w => {
    const { page } = w;
    await w.open('inventory.py');
    await w.ready();
    const model = async () => /--model (\S+)/.exec((await w.serverProcess()).command)?.[1];

    await suite.test(w, 'training: a minute of it makes a model, which is taken', async () => {
      await w.command('mlm-lsp: Train a Model on This Workspace...');
      await w.choice('Another time...').click();
      await page.getByText('How many minutes?').waitFor();
      const input = page.locator('.quick-input-widget:visible input[type=text]');
      await input.fill('soon');
      await page.getByText('A whole number of minutes').waitFor();
      await input.fill('1');
      await page.keyboard.press('Enter');
      const toast = page.locator('.notification-toast', { hasText: 'a model of shop is ready' });
      await toast.waitFor({ timeout: 600_000 });
      await page.screenshot({ path: suite.picture('trained') });
      await toast.getByText('Use It').click();
      await until('a server with that model', async () => path.basename((await model()) ?? '').startsWith('shop-'));
      await w.ready();
      await w.command('View: Hide Panel');
    });

    await suite.test(w, 'training: the new model answers', async () => {
      await w.goto(69, 44);
      await w.command('mlm-lsp: Explain This Token');
      await until('the explanation', async () => /bits of surprise/.test(await w.hover()));
    });

    await suite.test(w, 'training: it is in the list of models, from which the former one is taken again', async () => {
      await w.command('mlm-lsp: Pick Model...');
      assert.match(await w.choice(/^shop-/).innerText(), /in use/);
      await w.choice('The model inside mlm-lsp').click();
      await until('a server with the model inside', async () => (await model()) === undefined);
      await w.ready();
    });
  });
};
