// Puts the sizes of the packages that package.sh has made into README.md.
import { readFileSync, statSync, writeFileSync } from 'node:fs';

const text = readFileSync('README.md', 'utf8');
const [start, end] = ['<!-- sizes: npm run sizes -->\n', '<!-- end of sizes -->'].map((mark) => text.indexOf(mark) + (mark.endsWith('\n') ? mark.length : 0));
const rows = text.slice(start, end).trimEnd().split('\n').map((row) => {
  const [, file] = /^\| `([^`]+)` \|/.exec(row);
  return row.replace(/^(\| `[^`]+` \|)[^|]*\|/, `$1 ${(statSync(file).size / 1e6).toFixed(1)} MB |`);
});
writeFileSync('README.md', `${text.slice(0, start)}${rows.join('\n')}\n${text.slice(end)}`);
