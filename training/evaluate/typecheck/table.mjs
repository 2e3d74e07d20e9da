// Makes the tables of docs/types.md of what the checks printed. Each command prints Markdown.
//
//   node table.mjs checks FOLDER NAME...         what pyright.mjs or tsc.mjs said of written suggestions (NAME.checked.jsonl), and of the authors' own annotations written back (NAME.own.jsonl),
//                                                as far as there is such a file; after the table, errors
//   node table.mjs together TOOL BEFORE AFTER WRITTEN  what a checker's command line said before and after all of them were written: pyright's JSON, or mypy's lines
//   node table.mjs inferred CASES INFERRED...    what checkers infer by themselves, beside what `mlm-lsp types` says of the same cases
//   node table.mjs typeevalpy FILE               what typeevalpy.mjs printed, beside the published table
import fs from 'node:fs'
import { fresh, grouped, lines } from './common.mjs'

const [command, ...args] = process.argv.slice(2)
const cell = text => String(text).replace(/\|/g, '\\|').replace(/\s+/g, ' ')
const table = (header, rows) => console.log([header, header.map(() => '---'), ...rows].map(r => `| ${r.map(cell).join(' | ')} |`).join('\n'))
const percent = (n, of) => of ? (100 * n / of).toFixed(1) : '-'
// wilson is the 95% interval of a share.
const wilson = (n, of) => {
  if (!of) return ''
  const z = 1.96, p = n / of, d = 1 + z * z / of, c = p + z * z / (2 * of), w = z * Math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
  return ` (${(100 * Math.max(0, (c - w) / d)).toFixed(0)}-${(100 * Math.min(1, (c + w) / d)).toFixed(0)})`
}

function checks() {
  const [folder, ...names] = args, ways = ['checked', 'own'], wrong = []
  const read = (name, way) => fs.existsSync(`${folder}/${name}.${way}.jsonl`) ? lines(`${folder}/${name}.${way}.jsonl`) : []
  const share = list => {
    const good = list.filter(s => s.errors.length === 0).length
    return list.length ? `${percent(good, list.length)}${wilson(good, list.length)} of ${list.length}` : '-'
  }
  for (const name of names) wrong.push(...read(name, 'checked').filter(s => s.errors.length > 0).map(s => [`${name}: ${s.path}:${s.line}`, `${s.kind} ${s.symbol}: ${s.type} (${(100 * s.probability).toFixed(0)}%)`, s.errors[0].slice(0, 160)]))
  table(['without a new error, %', 'suggestions', "the authors' own"],
    [...names.map(name => [name, ...ways.map(way => share(read(name, way)))]), ['all', ...ways.map(way => share(names.flatMap(name => read(name, way))))]])
  if (wrong.length) {
    console.log('')
    table(['where', 'written', 'first new error'], wrong.slice(0, 25))
  }
}

function together() {
  const [tool, ...files] = args
  const read = {
    pyright: text => JSON.parse(text).generalDiagnostics.filter(d => d.severity === 'error'),
    mypy: text => [...text.matchAll(/^(.*?):\d+: error: (.*)$/gm)].map(m => ({ file: m[1], rule: 'mypy', message: m[2] })),
  }[tool]
  const errors = file => grouped(read(fs.readFileSync(file, 'utf8')), d => d.file)
  const before = errors(files[0]), after = errors(files[1]), texts = list => (list ?? []).map(d => `${d.rule}: ${d.message}`)
  let had = 0, added = 0, gone = 0
  for (const file of new Set([...before.keys(), ...after.keys()])) {
    had += texts(before.get(file)).length
    added += fresh(texts(before.get(file)), texts(after.get(file))).length
    gone += fresh(texts(after.get(file)), texts(before.get(file))).length
  }
  console.log(`\nAll ${lines(files[2]).length} that are shown for the Python files written at once: of ${had} errors that ${tool} told before, ${gone} are gone, and ${added} are new.`)
}

function inferred() {
  const cases = new Map(lines(args[0]).map(c => [`${c.path}:${c.line}:${c.class}:${c.answer}`, c]))
  const list = args.slice(1).flatMap(file => lines(file).map(i => ({ ...i, by: file.includes('pyright') ? 'pyright' : 'tsc', of: cases.get(`${i.path}:${i.line}:${i.class}:${i.answer}`) }))).filter(i => i.of)
  const rows = []
  for (const [by, all] of grouped(list, i => i.by)) {
    for (const [kind, of] of [...grouped(all, i => i.class), ['all', all]]) {
      const said = of.filter(i => i.some), right = said.filter(i => i.right)
      const types = of.filter(i => i.of.systems.types?.place === 1), both = said.filter(i => i.of.systems.types?.place === 1)
      rows.push([by, kind, of.length, percent(said.length, of.length), percent(right.length, said.length), percent(both.length, said.length), percent(right.length, of.length), percent(types.length, of.length)])
    }
  }
  table(['checker', 'kind', 'cases', 'it infers something', 'of that right', 'types, of the same', 'right of all', 'types, of all'], rows)
}

// published is table 1 of arXiv:2312.16882: exact matches of results, parameters, variables.
const published = { HeaderGen: [185, 56, 291], Jedi: [122, 0, 293], Pyright: [100, 8, 297], 'HiTyper (DL)': [163, 27, 179], HiTyper: [141, 7, 102], Scalpel: [155, 36, 6], Type4Py: [39, 19, 99] }

function typeevalpy() {
  const [m] = lines(args[0])
  const rows = Object.entries(published).map(([name, n]) => [name, ...n, n.reduce((a, b) => a + b)])
  rows.push(['mlm-lsp types', m.returns.right, m.parameters.right, m.variables.right, m.all.right])
  rows.push(['mlm-lsp types, among five', m.returns.five, m.parameters.five, m.variables.five, m.all.five])
  rows.push(['of which asked', m.returns.sites, m.parameters.sites, m.variables.sites, m.all.sites])
  rows.push(['facts here', m.returns.facts, m.parameters.facts, m.variables.facts, m.all.facts])
  table(['', 'results', 'parameters', 'variables', 'all'], rows)
}

({ checks, together, inferred, typeevalpy })[command]()
