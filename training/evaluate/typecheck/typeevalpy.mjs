// Counts exact matches with TypeEvalPy's micro-benchmark (Venkatesh et al. 2024, arXiv:2312.16882), as its own analyser does: by names without arguments, in lower case.
//
//   node typeevalpy.mjs BENCHMARK SUGGESTIONS   SUGGESTIONS are of `mlm-lsp types --all --format json BENCHMARK`, run where the paths of both are below the same directory
//
// Prints the matches of functions' results, parameters and variables, and what was asked for.
import fs from 'node:fs'
import path from 'node:path'
import { lines } from './common.mjs'

const [benchmark, suggestions] = process.argv.slice(2)
const places = new Map()
for (const s of lines(suggestions)) places.set(`${path.resolve(s.path)}:${s.line}:${s.column}`, s)

// members are the parts of a union, as the benchmark writes them.
const members = text => [...new Set(text.replace(/\[[^]*\]/, '').split('|').map(m => m.trim()).map(m => m === 'None' ? 'nonetype' : m.slice(m.lastIndexOf('.') + 1).toLowerCase()))].sort().join()

const kinds = ['returns', 'parameters', 'variables']
const count = Object.fromEntries([...kinds, 'all'].map(k => [k, { facts: 0, sites: 0, right: 0, five: 0 }]))
const walk = dir => fs.readdirSync(dir, { withFileTypes: true }).flatMap(e => e.isDirectory() ? walk(path.join(dir, e.name)) : [path.join(dir, e.name)])
let snippets = 0
for (const file of walk(benchmark).filter(f => f.endsWith('_gt.json')).sort()) {
  snippets++
  for (const fact of JSON.parse(fs.readFileSync(file, 'utf8'))) {
    // An attribute is annotated at its own name; an element of a list or dictionary has no place for a type.
    const name = fact.parameter ?? fact.variable ?? '', column = fact.col_offset + (fact.parameter ? 0 : name.lastIndexOf('.') + 1)
    const s = name.includes('[') ? undefined : places.get(`${path.resolve(path.dirname(file), fact.file)}:${fact.line_number}:${column}`)
    const want = [...new Set(fact.type.map(t => t.slice(t.lastIndexOf('.') + 1).toLowerCase()))].sort().join()
    const made = (s?.suggestions ?? []).map(c => members(c.text))
    for (const k of [count.all, count[fact.parameter ? 'parameters' : fact.variable ? 'variables' : 'returns']]) {
      k.facts++
      if (s) k.sites++
      if (made[0] === want) k.right++
      if (made.includes(want)) k.five++
    }
    if (process.env.WRONG && made[0] !== want) console.error(`${file}:${fact.line_number}:${fact.col_offset} ${fact.parameter ?? fact.variable ?? fact.function}: ${want}, not ${s ? made.join(' / ') || 'nothing' : 'asked'}`)
  }
}
console.log(JSON.stringify({ snippets, ...count }))
