#!/usr/bin/env bash
# Everything a change of the extension has to pass, on a fresh clone too. Arguments name journeys of e2e/journeys.mjs.
set -euo pipefail
cd "$(dirname "$0")"

e2e/setup.sh
[[ -x ../../target/debug/greenloop ]] || (cd ../.. && cargo build --locked)
PATH=$PWD/../../target/test-vscode/node/node_modules/node/bin:$PATH
npm run --silent check
npm run --silent package universal
npm run --silent test -- "$@"
