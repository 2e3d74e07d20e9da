// Prints the licences of what the extension carries: the npm packages in the bundle and, with --server ROOT, the Go modules in the server and ONNX Runtime.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { buildSync } from 'esbuild';

const [flag, root] = process.argv.slice(2);

function licencesIn(directory) {
  const names = readdirSync(directory).filter((name) => /^(licen[cs]e|copying|notice)/i.test(name) && !/\.go$/.test(name)).sort();
  return names.map((name) => readFileSync(path.join(directory, name), 'utf8').trim());
}

function print(name, directory) {
  const texts = licencesIn(directory);
  if (texts.length === 0) {
    throw new Error(`${name} has no licence in ${directory}: it cannot be given away`);
  }
  process.stdout.write(`${'='.repeat(80)}\n${name}\n\n${texts.join('\n\n')}\n\n`);
}

const { metafile } = buildSync({ entryPoints: ['src/extension.ts'], bundle: true, platform: 'node', external: ['vscode'], write: false, metafile: true, outdir: 'out' });
const packages = new Set(Object.keys(metafile.inputs).map((name) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[0]).filter(Boolean));
for (const directory of [...packages].sort()) {
  print(directory.replace(/.*node_modules\//, ''), directory);
}

if (flag === '--server') {
  const list = execFileSync('go', ['list', '-deps', '-f', '{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}\t{{.Dir}}{{end}}{{end}}', './cmd/mlm-lsp'], { cwd: root, encoding: 'utf8' });
  for (const line of [...new Set(list.split('\n').filter(Boolean))].sort()) {
    const [name, directory] = line.split('\t');
    print(name, directory);
  }
  print('The Go standard library and runtime', execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim());
  print('ONNX Runtime', path.join(import.meta.dirname, 'licences', 'onnxruntime'));
}
