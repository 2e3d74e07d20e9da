// What an editor feels, as the page shows it: from the click that opens a file to the first hint, from a key to the popup; and memory.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { until } = require('../workbench');

const FILES = 8; // opened one after the other
const KEYS = 24;

exports.run = async (suite, { platform }) => {
  const settings = { 'editor.wordBasedSuggestions': 'off' };
  const setUp = folder => {
    for (let i = 0; i < FILES; i++) fs.copyFileSync(path.join(folder, 'clock.py'), path.join(folder, `clock${i}.py`));
    fs.writeFileSync(path.join(folder, 'prices.json'), '{"nail": }');
    return { vsix: [platform], settings };
  };
  for (let i = 0; i < 3; i++) {
    await suite.session(`figures ${i + 1}`, setUp, async w => {
      const { page } = w;
      await suite.test(w, `figures ${i + 1}: from opening a file to the first hint`, async () => {
        // Another extension reports: the extension host is up, and its own start is not counted.
        await w.open('prices.json');
        await w.squiggles('error').first().waitFor();
        suite.figure('memory of the extension host before a file of ours is open', 'MB', (await w.extensionHost()).rss / 1e6);
        suite.figure('from opening the first file to its first hint, the server started for it', 'ms', await openToHint(w, 'clock.py'));
        for (let n = 0; n < FILES; n++) suite.figure('from opening a further file to its first hint', 'ms', await openToHint(w, `clock${n}.py`));
      });
      await suite.test(w, `figures ${i + 1}: from a key to the popup`, async () => {
        await w.open('inventory.py');
        await w.ready();
        await w.goto(45, 1);
        await page.keyboard.press('End');
        await page.keyboard.press('Enter');
        for (let n = 0; n < KEYS; n++) {
          suite.figure('from a key to the popup', 'ms', await keyToPopup(page, 'icpqt'[n % 5]));
          await page.keyboard.press('Escape');
          await page.keyboard.press('Backspace');
          await until('the popup to go', async () => (await page.locator('.suggest-widget.visible').count()) === 0);
        }
        suite.figure('memory of the server', 'MB', (await w.serverProcess()).rss / 1e6);
        suite.figure('memory of the extension host', 'MB', (await w.extensionHost()).rss / 1e6);
      });
    });
  }
};

async function openToHint(w, name) {
  await w.file(name).hover();
  return clocked(w.page, 'mousedown', () => w.file(name).click(), `
    document.querySelector('.tab.active')?.textContent.includes(${JSON.stringify(name)}) &&
    [...document.querySelectorAll('.editor-instance .view-line')].some(l => l.textContent.replaceAll('\\u00a0', ' ').startsWith('def entries(path: Path)'))`);
}

async function keyToPopup(page, key) {
  return clocked(page, 'keydown', () => page.keyboard.press(key), `document.querySelector('.suggest-widget.visible .monaco-list-row')`);
}

/** Does something and returns how many milliseconds after the event of it, by the page's own clock, an expression holds there. It is looked at with each frame. */
async function clocked(page, event, act, holds) {
  await page.evaluate(`window.clocked = new Promise((resolve, reject) => {
    let begun;
    addEventListener('${event}', () => (begun = performance.now()), { capture: true, once: true });
    const look = () => {
      if (begun !== undefined && (${holds})) resolve(performance.now() - begun);
      else if (begun !== undefined && performance.now() - begun > 60000) reject(new Error('not seen within 60 s of ${event}'));
      else requestAnimationFrame(look);
    };
    look();
  }), undefined`);
  await act();
  return page.evaluate('window.clocked');
}
