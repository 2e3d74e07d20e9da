// The extension's own commands, its item in the status bar and its walkthrough.
'use strict';
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { until } = require('../workbench');

exports.run = async (suite, { platform }) => {
  await suite.session('commands', { vsix: [platform] }, async w => {
    const { page, options: { folder } } = w;
    await w.open('inventory.py');

    await suite.test(w, 'commands: at the first start it says so, and offers the walkthrough', async () => {
      const toast = await w.notification('mlm-lsp runs');
      await toast.getByText('Get Started').click();
      await until('the walkthrough', async () => /Get Started with mlm-lsp/.test(await page.locator('.gettingStartedContainer').innerText()));
    });

    await w.open('inventory.py');
    await suite.test(w, 'commands: the status bar has a menu', async () => {
      await page.locator(w.statusItem).click();
      await until('the menu', async () => {
        const rows = await page.locator('.quick-input-widget .monaco-list-row').allInnerTexts();
        return ['heat map', 'Restart', 'Show output', 'Doctor', 'Pause', 'Settings'].every(word => rows.some(row => row.includes(word)));
      });
    });

    await suite.test(w, 'commands: paused, it shows nothing; resumed, it shows it again', async () => {
      await w.goto(69, 44);
      const squiggle = w.squiggles();
      await squiggle.first().waitFor();
      await w.command('mlm-lsp: Pause');
      await until('the status to say so', async () => /paused/.test(await w.status()));
      await until('the squiggle to go', async () => (await squiggle.count()) === 0);
      await w.command('mlm-lsp: Resume');
      await w.ready();
      await squiggle.first().waitFor();
    });

    await suite.test(w, 'commands: the heat map draws with its legend, and goes away', async () => {
      await w.command('mlm-lsp: Toggle Surprise Heat Map');
      const legend = page.locator('[id^="mlm-lsp.mlm-lsp.heat."]:visible');
      await until('the legend', async () => /surprise in bits.*over 11/s.test((await legend.allInnerTexts()).join()));
      const heated = await until('the colours', async () => {
        const n = await w.heated();
        return n > 10 && n;
      });
      // The misspelt name is hotter than what stands around it.
      const [mistake, neighbour] = await Promise.all(['quanity', 'sku'].map(name => w.heatOf(name)));
      assert(mistake > neighbour, `quanity is drawn with ${mistake}, sku with ${neighbour}`);
      assert(heated < 400, `${heated} tokens are coloured`);
      await page.screenshot({ path: suite.picture('heat map') });
      await page.locator('.editor-actions .codicon-flame').waitFor();
      await legend.first().click();
      await until('the colours to go', async () => (await w.heated()) === 0);
      await until('the legend and the button to go', async () => (await legend.count()) + (await page.locator('.editor-actions .codicon-flame').count()) === 0);
    });

    await suite.test(w, 'commands: explain shows what is known of a token', async () => {
      await w.goto(69, 44);
      await w.command('mlm-lsp: Explain This Token');
      await until('the explanation', async () => /bits of surprise/.test(await w.hover()));
    });

    await suite.test(w, 'commands: the types of a file are written, and taken back by one key', async () => {
      await w.open('report.py');
      await w.command('mlm-lsp: Write the Types of This File That Are Sure');
      await w.saved('report.py', text => ['title: str = "Sales"', 'verbose: bool = False', '-> None:'].every(t => text.includes(t)));
      await page.screenshot({ path: suite.picture('annotated') });
      await page.keyboard.press('Control+Z');
      await w.saved('report.py', text => !/title: str|verbose: bool/.test(text));
    });

    await suite.test(w, 'commands: the same action is previewed on Ctrl+Enter, and writes what is ticked', async () => {
      await w.open('report.py');
      await w.goto(20, 18);
      await w.offered('Annotate this file');
      await page.locator('.action-widget .monaco-list-row.focused').filter({ hasText: 'Annotate this file' }).waitFor();
      await page.keyboard.press('Control+Enter');
      const apply = page.getByRole('button', { name: 'Apply', exact: true });
      await apply.waitFor();
      await until('the edits', async () => (await page.locator('.part.panel .monaco-list-row').allInnerTexts()).some(row => row.includes('verbose')));
      await page.screenshot({ path: suite.picture('annotate preview') });
      assert(!fs.readFileSync(path.join(folder, 'report.py'), 'utf8').includes('title: str'));
      await apply.click();
      await w.open('report.py');
      await w.saved('report.py', text => ['title: str = "Sales"', 'verbose: bool = False'].every(t => text.includes(t)));
    });

    await suite.test(w, 'commands: doctor says that all is well', async () => {
      await w.command('mlm-lsp: Doctor: Look at What Predictions Depend On');
      await w.notification('all is well');
    });

    await suite.test(w, 'commands: a model is picked from a list', async () => {
      await w.command('mlm-lsp: Pick Model...');
      await until('the models', async () => (await page.locator('.quick-input-widget .monaco-list-row').count()) > 0);
    });

    await suite.test(w, 'commands: training starts as a task, shows its progress and can be stopped', async () => {
      await w.command('mlm-lsp: Train a Model on This Workspace...');
      await w.choice('5 minutes').click();
      const training = () => w.processes().filter(p => /mlm-lsp\S* train /.test(p.command));
      await until('the training process', () => training().length > 0);
      const terminal = page.locator('.terminal-wrapper.active .xterm-rows').first();
      await until('progress in the terminal', async () => /step \d+ +loss/.test(await terminal.innerText()));
      await page.screenshot({ path: suite.picture('training') });
      await w.command('Terminal: Focus Terminal');
      await page.keyboard.press('Control+C');
      await until('the training to end', () => training().length === 0);
      await w.notification('It can go on from its last checkpoint');
      await w.command('View: Hide Panel');
    });

    await suite.test(w, 'commands: a kind of finding is silenced in the project', async () => {
      await w.open('inventory.py');
      await w.goto(69, 44);
      const squiggle = w.squiggles();
      await squiggle.first().waitFor();
      await w.command('mlm-lsp: Silence a Kind of Finding in This Project...');
      await w.choice('misspelt-name').click();
      await until('the project\'s file', () => /disabledKinds.*misspelt-name/s.test(fs.readFileSync(path.join(folder, '.mlm-lsp.toml'), 'utf8')));
      await until('the squiggle to go', async () => (await squiggle.count()) === 0);
    });

    await suite.test(w, 'commands: the walkthrough opens', async () => {
      await w.command('Welcome: Open Walkthrough...');
      await w.choice('Get Started with mlm-lsp').click();
      const pageOf = page.locator('.gettingStartedContainer');
      await until('its steps', async () => {
        const text = await pageOf.innerText();
        return ['It works as soon as a file is open', 'See what looks wrong', 'Types where none are written', 'Teach it your code'].every(t => text.includes(t));
      });
    });
  });
};
