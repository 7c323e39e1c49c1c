#!/usr/bin/env bash
# Sets up what the journeys in the real workbench need and a fresh clone lacks: Chromium, a Node.js and code-server in
# target/test-vscode, and the extension's own packages. Does nothing where everything is there.
set -euo pipefail
cd "$(dirname "$0")/../../.."

target=target/test-vscode
fail() {
    printf 'setup: %s\n' "$1" >&2
    printf '       %s\n' "${@:2}" >&2
    exit 1
}

# Some modules of code-server are compiled: Kerberos, SQLite and the like.
system_packages() {
    local missing=()
    command -v "${CHROMIUM:-chromium}" >/dev/null || missing+=(chromium fonts-dejavu-core)
    command -v g++ >/dev/null && command -v make >/dev/null || missing+=(build-essential)
    [[ -e /usr/include/gssapi/gssapi.h ]] || missing+=(libkrb5-dev)
    [[ ${#missing[@]} = 0 ]] && return
    [[ $(id -u) = 0 ]] && command -v apt-get >/dev/null || fail "${missing[*]} missing" "install them with your package manager"
    printf 'setup: installing %s\n' "${missing[*]}"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# The headers of the Node.js that runs what is compiled are in its package, and need not be fetched.
node_headers() {
    local header
    for header in "$PWD/$target"/node/node_modules/node/node_modules/node-*/include/node/node.h; do
        [[ ! -e $header ]] || export npm_config_nodedir=${header%/include/node/node.h}
    done
}

# The packages of a lock file, in a folder of their own.
install_packages() {
    local from=$1 to=$2
    cmp -s "$from/package-lock.json" "$to/installed" && return
    printf 'setup: installing the packages of %s\n' "$from"
    mkdir -p "$to"
    cp "$from/package.json" "$from/package-lock.json" "$to"
    (cd "$to" && npm ci --no-audit --no-fund --silent "${@:3}") ||
        fail "the packages of $from could not be installed" "check that npm reaches its package registry, then run tests/run.sh again"
    cp "$from/package-lock.json" "$to/installed"
}

system_packages
install_packages editors/vscode/e2e/install/node "$target/node"
export PATH=$PWD/$target/node/node_modules/node/bin:$PATH
node_headers
install_packages editors/vscode/e2e/install/workbench "$target/workbench"

lock=editors/vscode/package-lock.json
if ! cmp -s "$lock" editors/vscode/node_modules/installed; then
    printf 'setup: installing the packages of the VS Code extension\n'
    (cd editors/vscode && npm ci --ignore-scripts --no-audit --no-fund --silent)
    cp "$lock" editors/vscode/node_modules/installed
fi
