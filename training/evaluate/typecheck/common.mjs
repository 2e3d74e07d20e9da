// What the checks share: reading lines of JSON, applying edits, comparing messages and types.
import fs from 'node:fs'

// lines reads an object a line.
export const lines = path => fs.readFileSync(path, 'utf8').split('\n').filter(Boolean).map(line => JSON.parse(line))

// applied is a text (a Buffer) with edits of `mlm-lsp types --format json`: sorted, disjoint, in bytes.
export function applied(text, edits) {
  const parts = []
  let last = 0
  for (const e of edits) {
    parts.push(text.subarray(last, e.start), Buffer.from(e.text))
    last = e.end
  }
  parts.push(text.subarray(last))
  return Buffer.concat(parts)
}

// fresh lists the messages of after that before lacks, each as often as it is there more often. What names a line moves with it, so numbers in messages count for nothing.
export function fresh(before, after) {
  const count = new Map()
  const key = m => m.replace(/\d+/g, '#')
  for (const m of before) count.set(key(m), (count.get(key(m)) ?? 0) + 1)
  return after.filter(m => {
    const left = count.get(key(m)) ?? 0
    count.set(key(m), left - 1)
    return left <= 0
  })
}

// draw takes n of a list, evenly.
export const draw = (list, n) => list.length <= n ? list : Array.from({ length: n }, (_, i) => list[Math.floor(i * list.length / n)])

// grouped maps keys to the members of a list that have them.
export function grouped(list, key) {
  const m = new Map()
  for (const x of list) m.set(key(x), [...(m.get(key(x)) ?? []), x])
  return m
}

const pythonSame = { List: 'list', Dict: 'dict', Set: 'set', FrozenSet: 'frozenset', Tuple: 'tuple', Type: 'type', Text: 'str', NoneType: 'None' }

// split cuts a text at a separator outside of brackets.
function split(text, separator) {
  const parts = []
  let depth = 0, start = 0
  for (let i = 0; i < text.length; i++) {
    if ('([{<'.includes(text[i])) depth++
    else if (')]}'.includes(text[i]) || text[i] === '>' && text[i - 1] !== '=' && text[i - 1] !== '-') depth--
    else if (depth === 0 && text.startsWith(separator, i)) {
      parts.push(text.slice(start, i).trim())
      start = i + separator.length
    }
  }
  return [...parts, text.slice(start).trim()]
}

// normal is a type in the form in which types are compared: as typeinfer.Normalise, and without the paths of names, which checkers leave out.
export function normal(language, text) {
  text = text.trim().replace(/\s+/g, ' ')
  if (language === 'python') text = text.replace(/^(["'])(.*)\1$/, '$2').replace(/Literal\[(['"]).*?\1\]/g, 'str').replace(/Literal\[-?\d+\]/g, 'int').replace(/Literal\[(True|False)\]/g, 'bool').replace(/Literal\[b['"].*?\]/g, 'bytes').replace(/@\w+/g, '')
  while (text.startsWith('(') && split(text.slice(1), ')').length && text.endsWith(')') && !text.includes('=>')) text = text.slice(1, -1).trim()
  if (!text.includes('=>')) {
    const members = split(text, '|').filter(Boolean)
    if (members.length > 1) return [...new Set(members.flatMap(m => normal(language, m).split(' | ')))].sort().join(' | ')
  }
  const open = text.search(/[[<]/)
  if (open > 0 && /[\]>]$/.test(text) && !text.endsWith('[]')) {
    const head = normal(language, text.slice(0, open))
    const args = split(text.slice(open + 1, -1), ',').filter(Boolean).map(a => normal(language, a))
    if (head === 'Optional') return [...args, 'None'].sort().join(' | ')
    if (head === 'Union') return [...new Set(args)].sort().join(' | ')
    if (head === 'Array') return args[0] + '[]'
    return `${head}[${args.join(', ')}]`
  }
  if (/^[\w.]+$/.test(text)) {
    text = text.slice(text.lastIndexOf('.') + 1)
    if (language === 'python') text = pythonSame[text] ?? text
  }
  return text
}
