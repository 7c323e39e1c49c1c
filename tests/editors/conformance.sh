#!/usr/bin/env bash
# Plays the conformance scenarios with real Neovim, Emacs, Helix and VS Code, and holds the table of editors/README.md to
# what came of it. GREENLOOP_UPDATE=1 writes the table; GREENLOOP_SCENARIO and GREENLOOP_EDITOR choose.
set -euo pipefail
cd "$(dirname "$0")/../.."

tests/setup.sh
cargo test --locked --test it --no-run

if [[ vscode == *"${GREENLOOP_EDITOR:-}"* ]]; then
    editors/vscode/e2e/setup.sh
    folder=$(mktemp -d)
    trap 'exec {workbench[1]}>&-; wait; rm -r "$folder"' EXIT
    export GREENLOOP_WORKBENCH=$folder/workbench
    coproc workbench { exec node tests/editors/vscode/workbench.mjs "$GREENLOOP_WORKBENCH"; }
    read -r _up <&"${workbench[0]}"
fi
GREENLOOP_REAL_EDITORS=1 cargo test --locked --test it -- real_editors_see_the_scenarios_through
