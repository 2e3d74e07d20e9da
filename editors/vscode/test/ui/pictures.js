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
    'editor.fontSize': 14,
    'editor.overviewRulerBorder': false,
    'editor.stickyScroll.enabled': false,
    'mlm-lsp.completion.maxItems': 8,
    'breadcrumbs.enabled': false,
    'window.commandCenter': false,
    'workbench.layoutControl.enabled': false,
  };
  await suite.session('pictures', { vsix: [platform], settings, width: 900, height: 460, scale: 1.5 }, async w => {
    const { page } = w;
    const picture = async name => {
      const file = path.join(folder, name);
      await page.screenshot({ path: file, animations: 'disabled', caret: 'initial' });
      const { size } = fs.statSync(file);
      if (size > 150_000) throw new Error(`${name} has ${size} bytes, more than 150,000`);
    };
    await w.open('inventory.py');
    await w.ready();
    await w.notification('mlm-lsp runs');
    await w.command('Notifications: Clear All Notifications');
    await w.open('report.py');
    await w.open('inventory.py');
    await w.command('View: Toggle Primary Side Bar Visibility');

    await suite.test(w, 'pictures: heat', async () => {
      await w.goto(66, 1);
      await w.command('mlm-lsp: Toggle Surprise Heat Map');
      await until('the colours', async () => (await w.heated()) > 10 && (await w.heatOf('quanity')) > 0);
      // What is seen is coloured first. The rest is when the file's beginning is, and then nothing is shown as being done.
      await w.goto(1, 1);
      await until('the rest of the file to be coloured', async () => (await w.heated()) > 10);
      await until('no progress', async () => !(await w.statusbar()).includes('heat map'));
      await w.goto(66, 1);
      await until('the colours', async () => (await w.heatOf('quanity')) > 0);
      await picture('heat.png');
      await w.command('mlm-lsp: Toggle Surprise Heat Map');
      await until('the colours to go', async () => (await w.heated()) === 0);
    });

    await suite.test(w, 'pictures: menu', async () => {
      await page.locator(w.statusItem).click();
      await w.choice('Toggle heat map').waitFor();
      await picture('menu.png');
    });

    await suite.test(w, 'pictures: findings', async () => {
      await w.goto(69, 44);
      await w.squiggles().first().waitFor();
      const fix = await w.offered(/Replace with .?quantity/);
      await picture('findings.png');
      await fix.click();
      await page.mouse.move(0, 0); // no row of later pictures is pointed at
      await w.saved('inventory.py', text => !text.includes('quanity'));
    });

    await suite.test(w, 'pictures: completion', async () => {
      await w.goto(44, 1);
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await page.keyboard.type('print(item.', { delay: 30 });
      const rows = page.locator('.suggest-widget.visible .monaco-list-row');
      await until('the names of an item', async () => {
        const texts = await rows.allInnerTexts();
        return ['name', 'quantity', 'price'].every(name => texts.some(text => text.startsWith(name)));
      });
      await picture('completion.png');
    });

    await suite.test(w, 'pictures: types', async () => {
      await w.tab('report.py');
      await w.goto(27, 1);
      await until('the hints', async () => {
        const lines = await w.lines();
        return ['verbose: bool', 'title: str', '-> None:'].every(hint => lines.some(line => line.includes(hint)));
      });
      await picture('types.png');
    });
  });
};
