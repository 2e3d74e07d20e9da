// A real VS Code: its server with the extension host, and a headless Chromium that shows the workbench. One at a time; what it starts is gone
// when close returns.
'use strict';
const { spawn, execFileSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { chromium } = require('playwright-core');

/** Milliseconds after which a thing that is waited for is taken to be missing. It bounds a hanging test and asserts no speed. */
const PATIENCE = Number(process.env.MLM_LSP_E2E_PATIENCE ?? 120) * 1000;

const SETTINGS = {
  'chat.commandCenter.enabled': false,
  'chat.disableAIFeatures': true,
  'editor.inlayHints.enabled': 'on',
  'editor.minimap.enabled': false,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'files.autoSave': 'off', // as on a desktop
  'git.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'terminal.integrated.gpuAcceleration': 'off', // text in the page, not on a canvas
  'workbench.editor.enablePreview': false,
  'workbench.editor.useModal': 'off',
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

/** What VS Code takes from the user's own settings alone. */
const OWN = { 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.banner': 'never' };

/** until waits for something that is neither undefined, null nor false, and returns it. A failure says what was waited for. */
async function until(what, ask, patience = PATIENCE) {
  const end = Date.now() + patience;
  let trouble = '';
  for (;;) {
    try {
      const got = await ask();
      if (got !== undefined && got !== null && got !== false) return got;
    } catch (error) {
      trouble = `: ${error.message}`;
    }
    if (Date.now() > end) throw new Error(`waiting for ${what}: not within ${patience / 1000} s${trouble}`);
    await new Promise(resolve => setTimeout(resolve, 25));
  }
}

/** processes lists what runs below a process, itself first: pid, resident bytes, command line. */
function processes(root) {
  const all = new Map();
  for (const entry of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    try {
      const stat = fs.readFileSync(`/proc/${entry}/stat`, 'utf8');
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const command = fs.readFileSync(`/proc/${entry}/cmdline`, 'utf8').split('\0').join(' ').trim();
      const rss = Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${entry}/status`, 'utf8'))?.[1] ?? 0) * 1024;
      if (state !== 'Z') all.set(Number(entry), { pid: Number(entry), parent: Number(parent), rss, command });
    } catch {
      // It ended while it was looked at.
    }
  }
  const below = [];
  const visit = pid => {
    if (all.has(pid)) below.push(all.get(pid));
    for (const p of all.values()) if (p.parent === pid) visit(p.pid);
  };
  visit(root);
  return below;
}

class Workbench {
  /**
   * Starts a workbench. Options: home (a folder for all that it writes), folder (what it opens), vsix (packages to install), extensions (folders
   * of extensions under development), tests (a module to run in the extension host), heard (is given each line that it logs), settings (the
   * user's), env, trusted (default true), width, height, scale.
   */
  static async start(options) {
    const w = new Workbench();
    w.options = options;
    w.errors = [];
    try {
      await w.#serve(options);
      await w.#show(options);
    } catch (error) {
      await w.close();
      throw error;
    }
    return w;
  }

  async #serve({ home, vsix = [], extensions = [], settings = {}, env = {}, trusted = true }) {
    const data = path.join(home, 'server');
    this.settingsFile = path.join(data, 'data', 'Machine', 'settings.json');
    fs.mkdirSync(path.dirname(this.settingsFile), { recursive: true });
    this.set({ ...SETTINGS, ...settings });
    fs.mkdirSync(path.join(data, 'data', 'User'));
    fs.writeFileSync(path.join(data, 'data', 'User', 'settings.json'), JSON.stringify(OWN));
    const main = [path.join(__dirname, 'serve.mjs'), path.join(process.env.MLM_LSP_E2E_WORKBENCH, 'node_modules/code-server/lib/vscode/out/server-main.js')];
    const common = ['--server-data-dir', data, '--extensions-dir', path.join(home, 'extensions'), '--accept-server-license-terms', '--telemetry-level', 'off'];
    const environment = { ...process.env, HOME: home, XDG_CACHE_HOME: path.join(home, 'cache'), ...env };
    for (const file of vsix) execFileSync(process.execPath, [...main, ...common, '--install-extension', file], { env: environment, stdio: 'pipe' });
    const args = [...main, ...common, '--host', '127.0.0.1', '--port', '0', '--without-connection-token'];
    // Without this, extensions under development are not heeded. With it, notifications do not pop up.
    if (extensions.length > 0) args.push('--enable-smoke-test-driver');
    if (trusted) args.push('--disable-workspace-trust');
    this.server = spawn(process.execPath, args, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
    const log = fs.createWriteStream(path.join(home, 'workbench.log'));
    let said = '';
    for (const stream of [this.server.stdout, this.server.stderr]) {
      stream.on('data', chunk => {
        said += chunk;
        log.write(chunk);
      });
    }
    this.port = await until('the workbench to listen', () => {
      if (this.server.exitCode !== null) throw new Error(`it ended: ${said}`);
      return /Extension host agent listening on (\d+)/.exec(said)?.[1];
    });
  }

  async #show({ folder, extensions = [], tests, heard, width = 1280, height = 800, scale = 1 }) {
    const remote = p => `vscode-remote://127.0.0.1:${this.port}${p}`;
    const payload = extensions.map(p => ['extensionDevelopmentPath', remote(p)]);
    if (tests) payload.push(['extensionTestsPath', remote(tests)]);
    this.browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
    });
    const context = await this.browser.newContext({ viewport: { width, height }, deviceScaleFactor: scale, permissions: ['clipboard-read', 'clipboard-write'] });
    this.page = await context.newPage();
    this.page.setDefaultTimeout(PATIENCE);
    this.page.on('pageerror', error => this.errors.push(String(error)));
    this.ended = new Promise(resolve => (this.end = resolve)); // the exit code of tests in the extension host
    if (tests) {
      await this.page.exposeFunction('codeAutomationLog', (_, args) => heard(args.join(' ')));
      await this.page.exposeFunction('codeAutomationExit', code => this.end(code));
    }
    const query = new URLSearchParams({ folder, payload: JSON.stringify([...payload, ['skipWelcome', 'true']]) });
    await this.page.goto(`http://127.0.0.1:${this.port}/?${query}`, { waitUntil: 'domcontentloaded' });
    await this.page.waitForSelector('.monaco-workbench .part.statusbar');
  }

  /** Runs a command of the palette by its whole title. */
  async command(title) {
    await this.page.keyboard.press('F1');
    const input = this.page.locator('.quick-input-widget:visible input[type=text]');
    await input.fill(`>${title}`);
    const row = this.page.locator('.quick-input-widget .monaco-list-row').filter({ has: this.page.getByText(title, { exact: true }) });
    await row.first().click();
  }

  /** Opens a file of the folder from the explorer, and waits until its text is drawn. */
  async open(name) {
    await this.file(name).click();
    await this.page.locator('.tab.active').filter({ hasText: name }).waitFor();
    await this.page.locator('.editor-instance .monaco-editor .view-line').first().waitFor();
  }

  /** Goes to a file that is open already. */
  async tab(name) {
    await this.page.locator('.tab').filter({ hasText: name }).click();
    await this.page.locator('.tab.active').filter({ hasText: name }).waitFor();
  }

  /** A file in the explorer. */
  file(name) {
    return this.page.locator('.explorer-folders-view .label-name').getByText(name, { exact: true });
  }

  /** Puts the cursor at a line and a column, both from 1. */
  async goto(line, column) {
    await this.page.keyboard.press('Control+G');
    await this.page.locator('.quick-input-widget:visible input[type=text]').fill(`:${line}:${column}`);
    await this.page.keyboard.press('Enter');
    await until(`the cursor in line ${line}`, async () => (await this.statusbar()).includes(`Ln ${line}, Col ${column}`));
  }

  /** The status bar's words. */
  async statusbar() {
    return this.page.locator('.part.statusbar').innerText();
  }

  /** The lines that the editor shows, as it draws them, hints and ghost text included. */
  async lines() {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('.editor-instance .view-line')]
        .map(e => ({ top: e.getBoundingClientRect().top, text: e.textContent.replaceAll('\u00a0', ' ') }))
        .sort((a, b) => a.top - b.top)
        .map(l => l.text));
  }

  /** Saves until what is on the disk is as wanted, and returns it. */
  async saved(name, wanted) {
    const file = path.join(this.options.folder, name);
    let text;
    try {
      return await until(`${name} to be as expected`, async () => {
        await this.page.keyboard.press('Control+S');
        text = fs.readFileSync(file, 'utf8');
        return wanted(text) && text;
      });
    } catch (error) {
      throw new Error(`${error.message}\n${text}`);
    }
  }

  /** What the item of mlm-lsp in the status bar says to who cannot see it: the server's state and its reason. */
  async status() {
    const item = this.page.locator(this.statusItem);
    return (await item.getAttribute('aria-label')) ?? (await item.locator('[aria-label]').first().getAttribute('aria-label')) ?? '';
  }

  get statusItem() {
    return '[id="mlm-lsp.mlm-lsp.status"]';
  }

  async ready() {
    await until('the server to be ready', async () => /: ready/.test(await this.status()));
  }

  /** A notification that contains a text. */
  async notification(text) {
    const toast = this.page.locator('.notification-toast', { hasText: text }).first();
    await toast.waitFor();
    return toast;
  }

  /** Changes the user's settings, those of the start included; undefined takes one out. */
  set(settings) {
    this.settings = { ...this.settings, ...settings };
    fs.writeFileSync(this.settingsFile, JSON.stringify(this.settings, null, 2));
  }

  /** Leaves whatever has the keyboard, and puts it into the editor. */
  async calm() {
    for (const key of ['Escape', 'Escape', 'Control+1', 'Escape']) await this.page.keyboard.press(key);
  }

  /** The words of the hovers that are shown. */
  async hover() {
    return (await this.page.locator('.monaco-hover:visible').allInnerTexts()).join('\n').replaceAll('\u00a0', ' ');
  }

  /** A row of the list of the palette, a menu or a question. */
  choice(text) {
    return this.page.locator('.quick-input-widget:visible .monaco-list-row').filter({ hasText: text }).first();
  }

  /** A row of the list of code actions. */
  action(text) {
    return this.page.locator('.action-widget .monaco-list-row').filter({ hasText: text }).first();
  }

  /** Opens the list of code actions at the cursor, again if need be, until it has a row, and points at it. Each time is a question to the server, which may not be there yet. */
  async offered(text) {
    const row = this.action(text);
    await until(`the action ${text}`, async () => {
      await this.page.keyboard.press('Escape');
      await this.page.keyboard.press('Control+.');
      await row.waitFor({ timeout: 5000 });
      return true;
    });
    // One points at it before one clicks, and until the mouse has moved, older versions take no click.
    const { x, y } = await row.boundingBox();
    for (const by of [2, 4]) await this.page.mouse.move(x + by, y + by);
    await row.hover();
    return row;
  }

  /** The hint that shows a type, in the line that contains a text. */
  hint(line, type) {
    return this.page.locator('.editor-instance .view-line', { hasText: line }).locator('span').filter({ hasText: new RegExp(`^:\\s*${type}$`) }).last();
  }

  /** The squiggles of a severity: error, warning or info. */
  squiggles(severity = 'info') {
    return this.page.locator(`.editor-instance .squiggly-${severity}`);
  }

  /** How many stretches of the editor have a colour of the heat map. */
  async heated() {
    return (await this.page.evaluate(heat)).length;
  }

  /** The greatest level of the heat map, 0 to 6, at the places of a name that is in view. */
  async heatOf(name) {
    const levels = await this.page.evaluate(heat);
    const places = await this.page.evaluate(rectangles, name);
    if (places.length === 0) throw new Error(`${name} is not in view`);
    return Math.max(0, ...places.flatMap(([x, y]) => levels.filter(r => r.left < x && x < r.right && r.top < y && y < r.bottom).map(r => r.level)));
  }

  processes() {
    return this.server ? processes(this.server.pid) : [];
  }

  /** The processes of mlm-lsp that serve. */
  servers() {
    return this.processes().filter(p => /(^|\/)mlm-lsp serve( |$)/.test(p.command));
  }

  /** The one that serves, once there is one. */
  async serverProcess() {
    return until('a server', () => this.servers().length === 1 && this.servers()[0]);
  }

  /** The process in which extensions run. */
  async extensionHost() {
    return until('the extension host', () => this.processes().find(p => p.command.includes('--type=extensionHost')));
  }

  /** Ends all that was started, and waits until it is gone. Returns the processes that did not end by themselves. */
  async close() {
    const running = this.processes();
    await this.browser?.close();
    if (!this.server) return [];
    this.server.kill('SIGTERM');
    const left = () => running.filter(p => commandOf(p.pid) === p.command);
    try {
      await until('the workbench to end', () => left().length === 0);
      return [];
    } catch {
      const survivors = left();
      for (const p of survivors) {
        try {
          process.kill(p.pid, 'SIGKILL');
        } catch {
          // It ended by itself.
        }
      }
      await until('the workbench to be gone', () => left().length === 0);
      return survivors;
    }
  }
}

function commandOf(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
  } catch {
    return undefined; // it is gone
  }
}

/** In the page: where the heat map has coloured the editor, and with which level. */
function heat() {
  const root = document.querySelector('.monaco-workbench');
  const probe = root.appendChild(document.createElement('i'));
  const level = new Map();
  for (let i = 1; i <= 6; i++) {
    probe.style.background = `var(--vscode-mlmLsp-heat${i})`;
    level.set(getComputedStyle(probe).backgroundColor, i);
  }
  probe.remove();
  return [...document.querySelectorAll('.editor-instance .view-overlays .cdr')].flatMap(e => {
    const found = level.get(getComputedStyle(e).backgroundColor);
    const { left, right, top, bottom } = e.getBoundingClientRect();
    return found ? [{ level: found, left, right, top, bottom }] : [];
  });
}

/** In the page: the centres of a text's places in the lines that are drawn. */
function rectangles(text) {
  const places = [];
  for (const line of document.querySelectorAll('.editor-instance .view-line')) {
    const walk = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
    for (let node; (node = walk.nextNode()); ) {
      for (let at = node.data.indexOf(text); at >= 0; at = node.data.indexOf(text, at + 1)) {
        const range = document.createRange();
        range.setStart(node, at);
        range.setEnd(node, at + text.length);
        const r = range.getBoundingClientRect();
        places.push([(r.left + r.right) / 2, (r.top + r.bottom) / 2]);
      }
    }
  }
  return places;
}

module.exports = { Workbench, until, processes };
