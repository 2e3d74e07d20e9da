#!/usr/bin/env bash
# Packages the extension: `./package.sh universal` makes one that finds mlm-lsp on the PATH or in a setting,
# `./package.sh platform` one for this kind of machine that carries the server and ONNX Runtime, `./package.sh all`
# both. Needs Node 20 with npm; for the second kind also what the server is built with (Go, a C compiler) and ONNX
# Runtime, as `mlm-lsp runtime install` gets it. Prints the files and their sizes.
set -euo pipefail
cd "$(dirname "$0")"
root=$(cd ../.. && pwd)

# The machine, in VS Code's words and with the names of its files.
machine() {
  case $(go env GOOS)/$(go env GOARCH) in
    linux/amd64) echo linux-x64 mlm-lsp libonnxruntime.so ;;
    linux/arm64) echo linux-arm64 mlm-lsp libonnxruntime.so ;;
    darwin/amd64) echo darwin-x64 mlm-lsp libonnxruntime.dylib ;;
    darwin/arm64) echo darwin-arm64 mlm-lsp libonnxruntime.dylib ;;
    windows/amd64) echo win32-x64 mlm-lsp.exe onnxruntime.dll ;;
    *) echo "no extension is made for $(go env GOOS)/$(go env GOARCH): make the universal one" >&2; return 1 ;;
  esac
}

pack() { # KIND, further arguments of vsce
  local kind=$1
  shift
  local file="mlm-lsp-$kind-$(node -p 'require("./package.json").version').vsix"
  npx --no-install vsce package --no-dependencies --allow-missing-repository --no-rewrite-relative-links --out "$file" "$@" >/dev/null
  printf '%s %s bytes\n' "$file" "$(wc -c <"$file")"
}

universal() {
  rm -rf server
  node notices.mjs >NOTICES.txt
  pack universal
}

platform() {
  local target program library from
  read -r target program library < <(machine)
  rm -rf server
  mkdir server
  (cd "$root" && go build -trimpath -ldflags='-s -w' -o "$OLDPWD/server/$program" ./cmd/mlm-lsp)
  from=$("server/$program" runtime install | sed -n 's/^ONNX Runtime [^:]*: //p')
  cp -L "$from" "server/$library"
  node notices.mjs --server "$root" >NOTICES.txt
  pack "$target" --target "$target"
}

kind=${1:-all}
[ node_modules/.package-lock.json -nt package-lock.json ] || npm ci --ignore-scripts
npm run --silent check
npm run --silent build
cp "$root/LICENSE" LICENSE
case $kind in
  universal) universal ;;
  platform) platform ;;
  all) universal && platform ;;
  *) echo 'usage: package.sh [universal|platform|all]' >&2; exit 2 ;;
esac
