// The README's pictures.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { until } = require('../workbench');

exports.run = async (suite, { platform }) => {
  const folder = process.env.MLM_LSP_E2E_PICTURES;
  fs.mkdirSync(folder, { recursive: true });
  const settings = {
    'workbench.colorTheme': 'Default Dark Modern',
    'workbench.activityBar.location': 'hidden',
    'workbench.sideBar.location': 'left',
    'workbench.editor.showTabs': 'single',
    'editor.fontSize': 14,
    'editor.scrollBeyondLastLine': false,
    'editor.overviewRulerBorder': false,
    'breadcrumbs.enabled': false,
    'window.commandCenter': false,
    'workbench.layoutControl.enabled': false,
  };
  await suite.session('pictures', { vsix: [platform], settings, width: 900, height: 460, scale: 1.5 }, async w => {
    const { page } = w;
    const picture = async (name, clip) => {
      const file = path.join(folder, name);
      await w.screenshot(file, { clip, animations: 'disabled', caret: 'initial' });
      const { size } = fs.statSync(file);
      if (size > 150_000) throw new Error(`${name} has ${size} bytes, more than 150,000`);
    };
    await w.open('inventory.py');
    await w.ready();
    await w.command('View: Toggle Primary Side Bar Visibility');

    await suite.test(w, 'pictures: findings', async () => {
      await w.goto(69, 44);
      await w.squiggles().first().waitFor();
      await page.keyboard.press('Control+.');
      await w.action(/Replace with .?quantity/).waitFor();
      await picture('findings.png');
    });

    await suite.test(w, 'pictures: heat', async () => {
      await w.goto(56, 1);
      await w.command('mlm-lsp: Toggle Surprise Heat Map');
      await until('the colours', async () => (await w.heated()) > 10);
      await picture('heat.png');
      await w.command('mlm-lsp: Toggle Surprise Heat Map');
      await until('the colours to go', async () => (await w.heated()) === 0);
    });

    await suite.test(w, 'pictures: types', async () => {
      await w.open('clock.py');
      const hint = w.hint('def entries', 'Path');
      await hint.hover();
      await until('the hover', async () => /Double-click/.test(await w.hover()));
      await picture('types.png');
      await page.mouse.move(5, 5);
    });

    await suite.test(w, 'pictures: completion', async () => {
      await w.open('inventory.py');
      await w.goto(51, 1);
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await page.keyboard.type('clip_quantity(item.', { delay: 30 });
      await page.locator('.suggest-widget.visible .monaco-list-row').first().waitFor();
      await until('the server\'s names', async () => (await page.locator('.suggest-widget.visible .monaco-list-row').allInnerTexts()).some(row => /quantity/.test(row)));
      await picture('completion.png');
    });

    await suite.test(w, 'pictures: menu', async () => {
      await page.keyboard.press('Escape');
      await page.locator(w.statusItem).click();
      await page.locator('.quick-input-widget .monaco-list-row').first().waitFor();
      await picture('menu.png');
    });
  });
};
