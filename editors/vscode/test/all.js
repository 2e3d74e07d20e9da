// Runs the tests, all or those of the sessions named by the arguments. Started by ./run, which says in the environment where things are.
'use strict';
const path = require('node:path');
const { Suite } = require('./suite');

const need = name => process.env[name] || (console.error(`${name} is not set: start editors/vscode/test/run`), process.exit(2));

const suite = new Suite({ scratch: need('MLM_LSP_E2E_SCRATCH'), artefacts: need('MLM_LSP_E2E_ARTEFACTS') });
const built = {
  platform: need('MLM_LSP_E2E_PLATFORM'),
  universal: need('MLM_LSP_E2E_UNIVERSAL'),
  binary: need('MLM_LSP_E2E_BINARY'),
  neighbour: path.join(need('MLM_LSP_E2E_SCRATCH'), 'neighbour'),
};

const parts = {
  api: require('./api'),
  editing: require('./ui/editing'),
  commands: require('./ui/commands'),
  trouble: require('./ui/trouble'),
  trust: require('./ui/trust'),
  training: require('./ui/training'),
  neighbour: require('./ui/neighbour'),
  figures: require('./ui/figures'),
  pictures: require('./ui/pictures'),
};

// Stopped from outside, it leaves nothing behind either.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, async () => {
    await suite.open?.close();
    process.exit(130);
  });
}

(async () => {
  const wanted = process.argv.slice(2);
  for (const name of wanted) {
    if (!parts[name]) throw new Error(`there is no part ${name}: they are ${Object.keys(parts).join(', ')}`);
  }
  for (const [name, { run }] of Object.entries(parts)) {
    if (name === 'pictures' && !process.env.MLM_LSP_E2E_PICTURES) continue;
    if (wanted.length === 0 || wanted.includes(name)) await run(suite, built);
  }
  process.exitCode = suite.report() ? 0 : 1;
})().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
