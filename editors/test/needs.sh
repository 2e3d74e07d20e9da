# Sourced by the tests of the editors: what a bare Debian lacks is installed, as root.

# needs installs a Debian package for a program that is not there; needs_file for a file.
needs() { command -v "$1" >/dev/null || install_package "$2"; }
needs_file() { [ -e "$1" ] || install_package "$2"; }
install_package() {
  [ "$(id -u)" = 0 ] || { printf '%s is not there: apt-get install %s\n' "$1" "$1" >&2; exit 1; }
  DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$1" >/dev/null 2>&1 ||
    { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "$1" >/dev/null; }
}

# server puts mlm-lsp where it is wanted, MLM_LSP_E2E_BINARY or else built from this tree, and installs its runtime library where there is none.
server() { # REPOSITORY PROGRAM
  if [ -n "${MLM_LSP_E2E_BINARY:-}" ]; then
    cp "$MLM_LSP_E2E_BINARY" "$2"
  else
    needs gcc gcc
    needs_file /usr/include/stdio.h libc6-dev
    (cd "$1" && go build -o "$2" ./cmd/mlm-lsp)
  fi
  "$2" runtime info >/dev/null 2>&1 || { needs npm npm && "$2" runtime install >&2; }
}
