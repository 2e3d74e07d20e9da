// Asks the TypeScript compiler, as a library.
//
//   node tsc.mjs check ROOT SUGGESTIONS [MOST]   writes each shown suggestion into its file alone and tells of errors that the file did not have; JavaScript is checked, too
//   node tsc.mjs infer ROOT CASES                takes the annotation of each case out and tells what the compiler infers there by itself
//
// TYPESCRIPT is the directory of the npm package. The files are those of ROOT's tsconfig.json; where there is none, all below it, with --strict and, of JavaScript, --checkJs. SUGGESTIONS are of
// `mlm-lsp types --format json`, CASES of `mlm-lsp eval types --cases`; their paths are below the directory that this runs in. Prints an object per line.
import fs from 'node:fs'
import path from 'node:path'
import { createRequire } from 'node:module'
import { applied, draw, fresh, grouped, lines, normal } from './common.mjs'

const [mode, rootArgument, list, most = '400'] = process.argv.slice(2)
const root = path.resolve(rootArgument)
const ts = createRequire(import.meta.url)(path.resolve(process.env.TYPESCRIPT))

const scripts = mode === 'check' && lines(list).every(s => /\.[cm]?jsx?$/.test(s.path))
const config = ts.findConfigFile(root, ts.sys.fileExists)
const inside = config && path.dirname(config) === root
const parsed = ts.parseJsonConfigFileContent(
  inside ? ts.readConfigFile(config, ts.sys.readFile).config
    : { compilerOptions: { strict: !scripts, target: 'es2022', module: 'nodenext', lib: ['es2023', 'dom', 'dom.iterable'], allowImportingTsExtensions: true, skipLibCheck: true, experimentalDecorators: true, jsx: 'preserve' }, exclude: ['**/node_modules'] },
  { ...ts.sys, readDirectory: (dir, extensions, ...rest) => ts.sys.readDirectory(dir, scripts ? ['.js', '.mjs', '.cjs', '.jsx'] : extensions, ...rest) }, root,
  { noEmit: true, ...(scripts ? { allowJs: true, checkJs: true } : {}) })

const texts = new Map() // of files that are changed
const versions = new Map()
const service = ts.createLanguageService({
  getCompilationSettings: () => parsed.options,
  getScriptFileNames: () => parsed.fileNames,
  getScriptVersion: name => String(versions.get(name) ?? 0),
  getScriptSnapshot: name => {
    const text = texts.get(name) ?? ts.sys.readFile(name)
    return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text)
  },
  getCurrentDirectory: () => root,
  getDefaultLibFileName: options => ts.getDefaultLibFilePath(options),
  fileExists: ts.sys.fileExists, readFile: ts.sys.readFile, readDirectory: ts.sys.readDirectory, directoryExists: ts.sys.directoryExists, getDirectories: ts.sys.getDirectories,
})
const write = (name, text) => {
  texts.set(name, text)
  versions.set(name, (versions.get(name) ?? 0) + 1)
}
const diagnosed = name => [...service.getSyntacticDiagnostics(name), ...service.getSemanticDiagnostics(name)]
  .filter(d => d.category === ts.DiagnosticCategory.Error).map(d => `TS${d.code}: ${ts.flattenDiagnosticMessageText(d.messageText, ' ')}`)

function check() {
  const known = new Set(parsed.fileNames)
  const shown = draw(lines(list).filter(s => s.reported && s.edits.length && known.has(path.resolve(s.path))), Number(most))
  for (const [file, sites] of grouped(shown, s => s.path)) {
    const name = path.resolve(file), text = fs.readFileSync(file)
    const before = diagnosed(name)
    for (const s of sites) {
      write(name, applied(text, s.edits).toString())
      const errors = fresh(before, diagnosed(name))
      console.log(JSON.stringify({ path: s.path, line: s.line, kind: s.kind, symbol: s.symbol, type: s.suggestions[0].text, probability: s.suggestions[0].probability, evidence: s.suggestions[0].evidence, errors }))
    }
    write(name, text.toString())
  }
}

function infer() {
  const known = new Set(parsed.fileNames)
  for (const [file, cases] of grouped(lines(list).filter(c => known.has(path.resolve(c.path))), c => c.path)) {
    const name = path.resolve(file), text = fs.readFileSync(file)
    const starts = [0]
    for (let i = 0; i < text.length; i++) if (text[i] === 10) starts.push(i + 1)
    for (const c of cases) {
      const at = starts[c.line - 1] + c.column - 1
      const head = text.subarray(0, at).toString().replace(/\s*:\s*$/, '')
      write(name, head + text.subarray(at + Buffer.byteLength(c.answer)).toString())
      const program = service.getProgram(), checker = program.getTypeChecker()
      // The declaration whose name, or whose parameters, end where the annotation stood.
      let type = ''
      const visit = node => {
        if (node.pos > head.length || node.end < head.length - 1) return
        const end = node.name?.end ?? -1
        if (c.class !== 'return' && (ts.isParameter(node) || ts.isVariableDeclaration(node) || ts.isPropertyDeclaration(node) || ts.isPropertySignature(node)) &&
            [end, (node.questionToken ?? node.exclamationToken)?.end].includes(head.length)) {
          type = checker.typeToString(checker.getTypeAtLocation(node.name), node, ts.TypeFormatFlags.NoTruncation)
        } else if (c.class === 'return' && ts.isFunctionLike(node) && node.parameters && node.parameters.end <= head.length && head.slice(node.parameters.end).trim() === ')') {
          type = checker.typeToString(checker.getSignatureFromDeclaration(node).getReturnType(), node, ts.TypeFormatFlags.NoTruncation)
        }
        ts.forEachChild(node, visit)
      }
      visit(program.getSourceFile(name))
      const some = type !== '' && !/\bany\b/.test(type)
      console.log(JSON.stringify({ path: c.path, line: c.line, class: c.class, slices: c.slices, answer: c.answer, inferred: type, some, right: some && normal('typescript', type) === normal('typescript', c.answer) }))
    }
    write(name, text.toString())
  }
}

mode === 'infer' ? infer() : check()
