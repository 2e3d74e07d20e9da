# Sourced by the tests of the editors. It leaves:
#
#   repository  the folder of the project
#   cache       where downloads stay from run to run: MLM_LSP_E2E_CACHE, else mlm-lsp-e2e in the user's cache directory
#   binary      mlm-lsp, built from this tree or MLM_LSP_E2E_BINARY, its runtime library installed
#   scratch     a folder of its own, gone with the test; HOME and TMPDIR are in it
#   user_home   what HOME was
#   project     one in it with the examples, in which a mistake is planted, and history.py, which has no types yet; the working directory
#   finding_*   what check says of the mistake in inventory.py: line, column, found, better
#   readme      a function that prints the blocks of a language of the README in the folder above here, which the test sets
#   needs       a function that installs a Debian package
#   nothing_left  a function that tells that no mlm-lsp of this test runs any more
#   typed       a function that tells that read_sales in history.py on the disk has a type, and its import
#   ok, fail    functions that say what was seen, and how long after the last of them, or after started; after a fail, the test exits with 1
#
# Whatever the test started is ended with it: it adds commands to the list at_exit.
set -euo pipefail
repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
cache=${MLM_LSP_E2E_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/mlm-lsp-e2e}
. "$repository/editors/test/needs.sh"
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
scratch=$(mktemp -d)
project=$scratch/work
at_exit=()
# clean_up ends what the test started, and then whatever still works in its folder: after a failure an editor's helper may.
clean_up() {
  local command process
  for command in "${at_exit[@]}"; do eval "$command" || true; done
  cd /
  for process in /proc/[0-9]*; do
    case $(readlink "$process/cwd" 2>/dev/null) in "$scratch"/*) kill "${process#/proc/}" 2>/dev/null || true ;; esac
  done
  rm -rf "$scratch"
}
trap clean_up EXIT

failed=0
started() { last=$(date +%s%3N); }
ok() { printf 'ok    %5d ms  %s\n' $(($(date +%s%3N) - last)) "$1"; started; }
fail() { printf 'FAIL  %s\n' "$1"; failed=1; started; }
passed() { [ "$failed" = 0 ]; }

# eventually runs a command until it succeeds, a minute at most: it bounds a hanging test, and asserts no speed. So the command itself must end.
eventually() {
  local end=$(($(date +%s) + 60))
  until "$@"; do
    [ "$(date +%s)" -lt "$end" ] || return 1
    sleep 0.05
  done
}
see() { local what=$1; shift; if eventually "$@"; then ok "$what"; else fail "$what"; return 1; fi; }

readme() { awk -v begin="\`\`\`$1" '$0 == begin { inside = 1; next } /^```/ { inside = 0 } inside' "$here/../README.md"; }

binary=$scratch/bin/mlm-lsp # of its own, so that its processes can be told from others
mkdir "$scratch/bin" "$project"
server "$repository" "$binary"
MLM_LSP_ORT_LIBRARY=$("$binary" runtime info | sed -n 's/^path *//p')
# The editors have a home of their own, with nobody's settings in it.
user_home=$HOME
mkdir "$scratch/home" "$scratch/tmp"
export MLM_LSP_ORT_LIBRARY HOME=$scratch/home XDG_CONFIG_HOME=$scratch/home/.config XDG_CACHE_HOME=$scratch/home/.cache TMPDIR=$scratch/tmp PATH=$scratch/bin:$PATH
typed() { grep -qxF "def read_sales(path: Path):" "$project/history.py" && grep -qxF "from pathlib import Path" "$project/history.py"; }
nothing_left() { [ -z "$(find /proc/[0-9]*/exe -maxdepth 0 -lname "$binary*" 2>/dev/null)" ]; } # find fails for processes that it may not look at

cp -r "$repository"/examples/. "$repository/editors/nvim/test/work/history.py" "$project"
mkdir "$project/.git" # where editors take the root to be
cd "$project"
status=0
found=$("$binary" check inventory.py) || status=$?
if [ "$status" != 1 ] || ! [[ $found =~ ^inventory.py:([0-9]+):([0-9]+):\ \`([a-z]+)\`\ .*was\ \`([a-z]+)\`\ meant ]]; then
  printf 'mlm-lsp check does not find the mistake in examples/inventory.py: %s\n' "$found" >&2
  exit 1
fi
finding_line=${BASH_REMATCH[1]} finding_column=${BASH_REMATCH[2]} finding_found=${BASH_REMATCH[3]} finding_better=${BASH_REMATCH[4]}
started
