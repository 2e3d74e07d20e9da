// Writes the sources that a package's source maps carry into a folder: what packages that ship none beside their build were built from.
//
//   node sources.mjs PACKAGE FOLDER
import fs from 'node:fs'
import path from 'node:path'

const [from, to] = process.argv.slice(2)
const seen = new Set()
for (const entry of fs.readdirSync(from, { recursive: true })) {
  if (!entry.endsWith('.map')) continue
  const map = JSON.parse(fs.readFileSync(path.join(from, entry), 'utf8'))
  map.sources.forEach((source, i) => {
    const text = map.sourcesContent?.[i]
    // Paths begin outside of the package: what is above it is cut off.
    const name = path.posix.normalize('/' + source.replace(/^[a-z]+:\/+/, '').replace(/^(\.\.?\/)+/, '')).slice(1)
    if (!text || seen.has(name) || !/\.tsx?$/.test(name) || name.includes('node_modules/')) return
    seen.add(name)
    fs.mkdirSync(path.dirname(path.join(to, name)), { recursive: true })
    fs.writeFileSync(path.join(to, name), text)
  })
}
if (seen.size === 0) throw new Error(`${from} has no source maps with sources`)
