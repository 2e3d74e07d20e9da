// Asks mypy, through its daemon.
//
//   node mypy.mjs check ROOT SUGGESTIONS [MOST]   writes each shown suggestion into its file alone and tells of errors that the file did not have
//
// MYPY is the directory of its programs; what its Python can import, it knows. The paths of SUGGESTIONS are below the directory that this runs in. Files are changed for the time of a
// check, and put back. Prints an object per line.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { spawnSync } from 'node:child_process'
import { applied, draw, fresh, grouped, lines } from './common.mjs'

const [, root, list, most = '400'] = process.argv.slice(2)
const status = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'mypy-')), 'status.json')
const env = { ...process.env, MYPYPATH: path.resolve(root) }
const ask = (...args) => spawnSync(path.join(process.env.MYPY, 'dmypy'), ['--status-file', status, ...args], { cwd: root, env, encoding: 'utf8', maxBuffer: 1 << 28 })
const name = file => path.relative(root, file)

// write breaks links: the file may be one of a package that others have, too.
const write = (file, text) => {
  fs.rmSync(file)
  fs.writeFileSync(file, text)
}

// diagnosed is what mypy says of one file as it is on disk now.
function diagnosed(file) {
  const run = ask('check', name(file))
  if (run.status > 1 || run.error) throw new Error(`mypy failed: ${run.stderr || run.stdout || run.error}`)
  return run.stdout.split('\n').filter(line => line.startsWith(name(file) + ':') && line.includes(' error: ')).map(line => line.slice(line.indexOf(' error: ') + 8))
}

const shown = draw(lines(list).filter(s => s.reported && s.edits.length), Number(most))
ask('start', '--', '--ignore-missing-imports', '--check-untyped-defs', '--no-error-summary', '--namespace-packages', '--explicit-package-bases', '--cache-dir', path.join(path.dirname(status), 'cache'))
try {
  for (const [file, sites] of grouped(shown, s => s.path)) {
    const text = fs.readFileSync(file)
    const before = diagnosed(file)
    try {
      for (const s of sites) {
        write(file, applied(text, s.edits))
        console.log(JSON.stringify({ path: s.path, line: s.line, kind: s.kind, symbol: s.symbol, type: s.suggestions[0].text, probability: s.suggestions[0].probability, evidence: s.suggestions[0].evidence, errors: fresh(before, diagnosed(file)) }))
      }
    } finally {
      write(file, text)
    }
  }
} finally {
  ask('stop')
  fs.rmSync(path.dirname(status), { recursive: true })
}
