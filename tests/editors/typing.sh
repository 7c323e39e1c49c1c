#!/usr/bin/env bash
# How long a key takes in Neovim with 200 buffers of a project open, without and with the server, three times each.
# Builds the program for release first; another one can be named: tests/editors/typing.sh PROGRAM
set -euo pipefail
cd "$(dirname "$0")/../.."
here=$PWD
program=${1:-}
if [[ -z $program ]]; then
    cargo build --release --locked --quiet
    program=target/release/greenloop
fi
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
mkdir "$folder/project" "$folder/bin"
ln -s "$(realpath "$program")" "$folder/bin/greenloop"
cp tests/editors/marks/*.py "$folder/project"
sed -i 's/>= 50/> 50/' "$folder/project/marks.py"
touch "$folder/project/greenloop.toml"
for at in $(seq -f %03g 200); do
    for function in $(seq 50); do printf 'def function_%s(value):\n    return value + %s\n\n\n' "$function" "$function"; done \
        >"$folder/project/module_$at.py"
done
export PATH=$folder/bin:$PATH PROJECT=$folder/project GREENLOOP_PLUGIN=$here/editors/nvim
for round in 1 2 3; do
    for with in 0 1; do
        home=$folder/home-$round-$with
        (cd "$folder/project" && HOME=$home XDG_CONFIG_HOME=$home/c XDG_DATA_HOME=$home/d XDG_STATE_HOME=$home/s XDG_CACHE_HOME=$home/k \
            WITH_SERVER=$with "$here/target/test-editors/nvim/bin/nvim" --headless --clean -i NONE -S "$here/tests/editors/nvim/typing.lua")
    done
done
