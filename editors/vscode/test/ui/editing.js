// What one sees and types in an editor.
'use strict';
const { until } = require('../workbench');

exports.run = async (suite, { platform }) => {
  await suite.session('editing', { vsix: [platform] }, async w => {
    const { page } = w;
    await w.open('inventory.py');

    await suite.test(w, 'editing: the status bar says that the server is ready', () => w.ready());

    await suite.test(w, 'editing: a planted mistake is underlined, listed and explained by a hover', async () => {
      await w.goto(69, 44);
      await w.squiggles().first().waitFor();
      await w.command('View: Focus Problems');
      await page.locator('.markers-panel').getByText('`quanity` looks misspelt').first().waitFor();
      await w.command('View: Toggle Problems');
      await w.goto(69, 44);
      await w.command('Show or Focus Hover');
      await until('the hover', async () => /quanity.*looks misspelt.*bits of surprise/s.test(await w.hover()));
    });

    await suite.test(w, 'editing: its quick fix repairs it', async () => {
      await w.goto(69, 44);
      await (await w.offered(/Replace with .?quantity/)).click();
      await w.saved('inventory.py', text => text.includes('item.quantity, item.reorder_level') && !text.includes('quanity'));
      await until('the squiggle to go', async () => (await w.squiggles().count()) === 0);
    });

    await suite.test(w, 'editing: a completion is accepted', async () => {
      await w.goto(45, 1);
      await page.keyboard.press('End');
      await page.keyboard.type(' + clip_q', { delay: 30 });
      const row = page.locator('.suggest-widget.visible .monaco-list-row').filter({ hasText: 'clip_quantity' }).filter({ hasText: 'mlm-lsp' });
      await row.first().waitFor();
      await page.screenshot({ path: suite.picture('completion') });
      await page.keyboard.press('Tab');
      await w.saved('inventory.py', text => /return total \+ clip_quantity\b/.test(text));
    });

    await suite.test(w, 'editing: a type hint is shown, and inserted with its import', async () => {
      await w.open('clock.py');
      const hint = w.hint('def entries', 'Path');
      await hint.hover();
      await until('what speaks for the type', async () => /Likely types of path.*imported from pathlib.*Double-click to insert/s.test(await w.hover()));
      await page.screenshot({ path: suite.picture('hint') });
      await hint.dblclick();
      await w.saved('clock.py', text => text.includes('def entries(path: Path)') && /^from pathlib import Path$/m.test(text));
    });

    await suite.test(w, 'editing: ghost text is shown on a key, and accepted', async () => {
      await w.open('inventory.py');
      await w.goto(50, 1);
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await page.keyboard.type('for item in ', { delay: 30 });
      await page.keyboard.press('Escape');
      await w.command('Trigger Inline Suggestion');
      await until('ghost text', async () => /items/.test((await page.locator('[class*=ghost-text]').allInnerTexts()).join()));
      await page.screenshot({ path: suite.picture('ghost text') });
      await page.keyboard.press('Tab');
      await w.saved('inventory.py', text => /sku == sku:\n +for item in items\b/.test(text));
    });
  });
};
