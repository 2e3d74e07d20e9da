// Asks pyright, through its language server.
//
//   node pyright.mjs check ROOT SUGGESTIONS [MOST]   writes each shown suggestion into its file alone and tells of errors that the file did not have
//   node pyright.mjs infer ROOT CASES                takes the annotation of each case out and tells what pyright infers there by itself
//
// PYRIGHT is the directory of the npm package, EXTRA a directory with what the project imports. SUGGESTIONS are of `mlm-lsp types --format json`, CASES of `mlm-lsp eval types
// --cases`; their paths are below the directory that this runs in. Prints an object per line.
import fs from 'node:fs'
import path from 'node:path'
import { spawn } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { applied, draw, fresh, grouped, lines, normal } from './common.mjs'

const [mode, rootArgument, list, most = '400'] = process.argv.slice(2)
const root = path.resolve(rootArgument)
const server = spawn(process.execPath, [path.join(process.env.PYRIGHT, 'langserver.index.js'), '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] })
const replies = new Map()
let published = () => {}
let next = 0

const send = message => {
  const body = Buffer.from(JSON.stringify({ jsonrpc: '2.0', ...message }))
  server.stdin.write(`Content-Length: ${body.length}\r\n\r\n`)
  server.stdin.write(body)
}
const notify = (method, params) => send({ method, params })
const ask = (method, params) => new Promise((resolve, reject) => {
  replies.set(++next, { resolve, reject })
  send({ id: next, method, params })
})

const settings = section => section === 'python.analysis'
  ? { typeCheckingMode: 'standard', diagnosticMode: 'openFilesOnly', autoSearchPaths: false, extraPaths: [process.env.EXTRA].filter(Boolean).map(p => path.resolve(p)), useLibraryCodeForTypes: true }
  : section === 'python' ? {} : null

let buffer = Buffer.alloc(0)
server.stdout.on('data', chunk => {
  buffer = Buffer.concat([buffer, chunk])
  for (;;) {
    const end = buffer.indexOf('\r\n\r\n')
    if (end < 0) return
    const length = Number(/Content-Length: (\d+)/.exec(buffer.toString('latin1', 0, end))[1])
    if (buffer.length < end + 4 + length) return
    const message = JSON.parse(buffer.toString('utf8', end + 4, end + 4 + length))
    buffer = buffer.subarray(end + 4 + length)
    if (message.method && message.id !== undefined) {
      send({ id: message.id, result: message.method === 'workspace/configuration' ? message.params.items.map(i => settings(i.section)) : null })
    } else if (message.method === 'textDocument/publishDiagnostics') {
      published(message.params)
    } else if (message.id !== undefined && replies.has(message.id)) {
      const reply = replies.get(message.id)
      replies.delete(message.id)
      message.error ? reply.reject(new Error(message.error.message)) : reply.resolve(message.result)
    }
  }
})
server.on('exit', code => { if (code) throw new Error(`pyright ended with ${code}`) })

let version = 0
const uriOf = file => pathToFileURL(path.resolve(file)).href

// diagnosed writes a text into a document and waits for what pyright says of that version.
const diagnosed = (file, text, open) => new Promise(resolve => {
  const uri = uriOf(file), mine = ++version
  published = p => {
    if (p.uri === uri && p.version === mine) resolve(p.diagnostics.filter(d => d.severity === 1).map(d => `${d.code ?? ''}: ${d.message}`))
  }
  if (open) notify('textDocument/didOpen', { textDocument: { uri, languageId: 'python', version: mine, text } })
  else notify('textDocument/didChange', { textDocument: { uri, version: mine }, contentChanges: [{ text }] })
})

async function check() {
  const shown = draw(lines(list).filter(s => s.reported && s.edits.length), Number(most))
  for (const [file, sites] of grouped(shown, s => s.path)) {
    const text = fs.readFileSync(file)
    const before = await diagnosed(file, text.toString(), true)
    for (const s of sites) {
      const errors = fresh(before, await diagnosed(file, applied(text, s.edits).toString(), false))
      console.log(JSON.stringify({ path: s.path, line: s.line, kind: s.kind, symbol: s.symbol, type: s.suggestions[0].text, probability: s.suggestions[0].probability, evidence: s.suggestions[0].evidence, errors }))
    }
    notify('textDocument/didClose', { textDocument: { uri: uriOf(file) } })
  }
}

// inferred is the type that a hover names: behind "->" of a function, behind ":" of all else.
function inferred(hover, kind) {
  const text = (hover?.contents?.value ?? '').replace(/^```python\n/, '').replace(/\n?```[^]*$/, '')
  if (kind === 'return') return /->\s*([^]*)$/.exec(text)?.[1] ?? ''
  return /^\([a-z ]+\) [\w.]+: ([^]*)$/.exec(text)?.[1] ?? ''
}

async function infer() {
  for (const [file, cases] of grouped(lines(list).filter(c => c.language === 'python'), c => c.path)) {
    const text = fs.readFileSync(file)
    const starts = [0]
    for (let i = 0; i < text.length; i++) if (text[i] === 10) starts.push(i + 1)
    await diagnosed(file, text.toString(), true)
    for (const c of cases) {
      const at = starts[c.line - 1] + c.column - 1
      const head = text.subarray(0, at).toString().replace(c.class === 'return' ? /\s*->\s*$/ : /\s*:\s*$/, '')
      const without = head + text.subarray(at + Buffer.byteLength(c.answer)).toString()
      let place = head.length - 1
      if (c.class === 'return') place = head.lastIndexOf('def ', head.length) + 4
      const lineStart = head.lastIndexOf('\n', place) + 1
      await diagnosed(file, without, false)
      const hover = await ask('textDocument/hover', { textDocument: { uri: uriOf(file) }, position: { line: head.slice(0, place).split('\n').length - 1, character: place - lineStart } })
      const type = inferred(hover, c.class)
      // That a parameter or a field begins as None says nothing of what else it is.
      const some = type !== '' && !/\b(Unknown|Unbound)\b/.test(type) && type !== 'Any' && (type !== 'None' || c.class === 'return')
      console.log(JSON.stringify({ path: c.path, line: c.line, class: c.class, slices: c.slices, answer: c.answer, inferred: type, some, right: some && normal('python', type) === normal('python', c.answer) }))
    }
    notify('textDocument/didClose', { textDocument: { uri: uriOf(file) } })
  }
}

await ask('initialize', {
  processId: process.pid, rootUri: pathToFileURL(root).href, workspaceFolders: [{ uri: pathToFileURL(root).href, name: 'project' }],
  capabilities: { workspace: { configuration: true }, textDocument: { hover: { contentFormat: ['markdown'] }, publishDiagnostics: { versionSupport: true } } },
})
notify('initialized', {})
await (mode === 'infer' ? infer() : check())
await ask('shutdown', null)
notify('exit', null)
