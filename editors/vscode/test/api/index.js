// The tests in probe/tests.js, run inside the extension host by the workbench's own means.
'use strict';
const path = require('node:path');

exports.run = async (suite, { platform }) => {
  const told = [];
  const probe = path.join(__dirname, 'probe');
  const options = { vsix: [platform], extensions: [probe], tests: path.join(probe, 'tests.js'), heard: line => told.push(line) };
  await suite.session('api', options, async w => {
    let timer;
    const late = new Promise(resolve => (timer = setTimeout(resolve, 900_000, 'none in a quarter of an hour')));
    const code = await Promise.race([w.ended, late]);
    clearTimeout(timer);
    for (const line of told) {
      const [, name, took, trouble] = /^(api: .*?) \((\d+) ms\)(?:: (.*))?$/s.exec(line) ?? [];
      if (name) suite.tell(name, Number(took), trouble);
    }
    if (code !== 0) await suite.test(w, 'api: the tests come to their end', () => { throw new Error(`exit code ${code}`); });
  });
};
