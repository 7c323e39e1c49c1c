#!/usr/bin/env bash
# Plays the conformance scenarios with real Neovim and Emacs, and holds the table of editors/README.md to what came of it.
# GREENLOOP_UPDATE=1 writes the table; GREENLOOP_SCENARIO and GREENLOOP_EDITOR choose.
set -euo pipefail
cd "$(dirname "$0")/../.."

tests/setup.sh
GREENLOOP_REAL_EDITORS=1 cargo test --locked --test it -- real_editors_see_the_scenarios_through
