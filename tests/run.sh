#!/usr/bin/env bash
# Everything a change has to pass, on a fresh clone too. Arguments go to `cargo test`; with some, VS Code is left out.
set -euo pipefail
cd "$(dirname "$0")/.."

step() {
    printf '\n==> %s\n' "$*"
    "$@"
}

step tests/setup.sh
step cargo fmt --check
step cargo clippy --locked --all-targets -- --deny warnings
step cargo test --locked "$@"
[[ $# -gt 0 ]] || step editors/vscode/test.sh
