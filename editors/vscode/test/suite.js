// Tests in order, each told in a line, and the sessions that they run in.
'use strict';
const fs = require('node:fs');
const path = require('node:path');
const { Workbench } = require('./workbench');

// What is edited: a small project, with two of the examples and their planted mistakes.
const SHOP = [path.join(__dirname, 'shop/clock.py'), path.join(__dirname, 'shop/report.py'), ...['inventory.py', 'cart.ts'].map(name => path.join(__dirname, '../../../examples', name))];

class Suite {
  /** scratch is for what sessions write, artefacts for a picture of the end of each test. */
  constructor({ scratch, artefacts }) {
    Object.assign(this, { scratch, artefacts, failed: [], passed: 0, figures: new Map() });
    fs.mkdirSync(artefacts, { recursive: true });
  }

  /** Runs a test from an editor that has the keyboard, and takes a picture of how it ended. A failure is told, and the tests that follow are run all the same. */
  async test(w, name, body) {
    const start = Date.now();
    let trouble;
    try {
      await w?.calm();
      await body();
    } catch (error) {
      trouble = String(error.stack);
    }
    this.tell(name, Date.now() - start, trouble);
    await w?.page.screenshot({ path: this.picture(`${trouble ? 'FAIL ' : ''}${name}`) }).catch(error => console.log(`       no picture: ${error.message}`));
  }

  /** Tells how a test ended, and after how many milliseconds; trouble is why it failed. */
  tell(name, took, trouble) {
    if (trouble) this.failed.push(name);
    else this.passed++;
    console.log(`${trouble ? 'FAIL' : 'ok  '} ${name} (${took} ms)`);
    if (trouble) console.log(trouble.replace(/^/gm, '       '));
  }

  /** Where a picture goes. */
  picture(name) {
    return path.join(this.artefacts, `${name.replace(/[^a-z0-9]+/gi, '-')}.png`);
  }

  /** Opens a copy of the shop in a workbench of its own, with the options of Workbench.start, and closes it after body. */
  async session(name, options, body) {
    const home = fs.mkdtempSync(path.join(this.scratch, `${name}-`));
    const folder = path.join(home, 'shop');
    fs.mkdirSync(folder);
    for (const file of SHOP) fs.copyFileSync(file, path.join(folder, path.basename(file)));
    let w;
    await this.test(undefined, `${name}: the workbench starts`, async () => {
      w = this.open = await Workbench.start({ home, folder, ...(typeof options === 'function' ? options(folder) : options) });
    });
    if (!w) return;
    try {
      await body(w);
    } catch (error) {
      await this.test(w, `${name}: what its tests begin with`, () => { throw error; });
    }
    await this.test(undefined, `${name}: the page had no error, and nothing is left behind`, async () => {
      const survivors = await w.close();
      if (survivors.length) throw new Error(`had to be killed: ${survivors.map(p => p.command).join('; ')}`);
      if (w.errors.length) throw new Error(w.errors.join('; '));
    });
    this.open = undefined;
    if (this.failed.length) return; // what is in home may say why
    fs.rmSync(home, { recursive: true, force: true });
  }

  /** Notes a figure; the script ends with the median of those of one name. */
  figure(name, unit, value) {
    if (!this.figures.has(name)) this.figures.set(name, { unit, values: [] });
    this.figures.get(name).values.push(value);
  }

  report() {
    for (const [name, { unit, values }] of this.figures) {
      const sorted = [...values].sort((a, b) => a - b);
      const at = share => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
      console.log(`     ${name}: median ${at(0.5).toFixed(0)} ${unit}, from ${sorted[0].toFixed(0)} to ${sorted.at(-1).toFixed(0)}, of ${sorted.length}`);
    }
    console.log(`${this.passed} passed, ${this.failed.length} failed`);
    for (const name of this.failed) console.log(`FAIL ${name}`);
    return this.failed.length === 0;
  }
}

module.exports = { Suite };
