// Pyright beside mlm-lsp: neither loses anything.
'use strict';
const assert = require('node:assert/strict');
const path = require('node:path');
const { until } = require('../workbench');

exports.run = async (suite, { platform, neighbour }) => {
  await suite.session('neighbour', { vsix: [platform], extensions: [neighbour] }, async w => {
    const { page } = w;

    await suite.test(w, 'neighbour: one mistake, reported by both', async () => {
      await w.open('inventory.py');
      await w.ready();
      await w.command('View: Focus Problems');
      const panel = page.locator('.markers-panel');
      await until('both reports', async () => {
        const text = await panel.innerText();
        return text.includes('`quanity` looks misspelt') && /attribute "quanity"/.test(text);
      });
      await w.command('View: Toggle Problems');
      await w.goto(69, 44);
      await w.squiggles().first().waitFor();
      await w.squiggles('error').first().waitFor();
    });

    await suite.test(w, 'neighbour: completions of both are listed', async () => {
      await w.goto(45, 1);
      await page.keyboard.press('End');
      await page.keyboard.type(' + clip', { delay: 30 });
      await page.locator('.suggest-widget.visible .monaco-list-row').first().waitFor();
      // Where both know a name each lists it; ours says where it is from.
      const rows = await until('both', async () => {
        const all = await page.locator('.suggest-widget.visible .monaco-list-row').allInnerTexts();
        const named = all.filter(row => row.includes('clip_quantity'));
        return named.some(row => row.includes('mlm-lsp')) && named.some(row => !row.includes('mlm-lsp')) && named;
      });
      assert.equal(rows.length, 2, rows.join(' | '));
    });

    await suite.test(w, 'neighbour: hovers of both, and the quick fix, are there', async () => {
      await w.goto(69, 44);
      await w.command('Show or Focus Hover');
      await until('both hovers', async () => {
        const text = await w.hover();
        return /looks misspelt/.test(text) && /Pyright/.test(text);
      });
      await page.keyboard.press('Escape');
      await (await w.offered(/Replace with .?quantity/)).click();
      await w.saved('inventory.py', text => !text.includes('quanity'));
      await until('both reports to go', async () => (await w.squiggles().count()) === 0 && !(await page.locator('.view-line', { hasText: 'item.reorder_level, item.price' }).locator('xpath=//*[contains(@class, "squiggly-error")]').count()));
    });

    await suite.test(w, 'neighbour: hints of types are there', async () => {
      await w.open('clock.py');
      await until('a hint', async () => (await w.lines()).some(line => line.startsWith('def entries(path: Path)')));
    });
  });
};
