#!/usr/bin/env bash
# How many edits a second and core the repair engine tries, beside the field's mutation tools on the same projects of the
# corpus, one after the other: mutmut (PyPI), Stryker (npm), cargo-mutants (crates.io). They go to target/test-mutants once;
# what is measured has no network. Arguments name languages: python javascript rust; without one all of them. GREENLOOP names
# another program than the release build.
set -euo pipefail
cd "$(dirname "$0")/../.."
repo=$PWD
cache=$repo/target/test-mutants
export GREENLOOP=${GREENLOOP-$repo/target/release/greenloop}
languages=("$@")
[[ $# -gt 0 ]] || languages=(python javascript rust)

has() { [[ " ${languages[*]} " == *" $1 "* ]]; }

if [[ ${MUTANTS_INSIDE-} != 1 ]]; then
    mkdir -p "$cache/js"
    if has python && [[ ! -x $cache/venv/bin/mutmut ]]; then
        python3 -m venv "$cache/venv"
        "$cache/venv/bin/pip" install --quiet --disable-pip-version-check mutmut==3.8.1 pytest
    fi
    has javascript && [[ ! -x $cache/js/node_modules/.bin/stryker ]] &&
        (cd "$cache/js" && npm install --no-audit --no-fund --silent @stryker-mutator/core@9 @stryker-mutator/tap-runner@9)
    has rust && [[ ! -x $cache/bin/cargo-mutants ]] &&
        cargo install --quiet --locked --root "$cache" cargo-mutants
    [[ $GREENLOOP != "$repo"/* ]] || cargo build --quiet --locked --release
    isolate=(unshare --net)
    [[ $(id -u) = 0 ]] || isolate=(unshare --map-root-user --net)
    MUTANTS_INSIDE=1 exec "${isolate[@]}" "$0" "${languages[@]}"
fi

ip link set lo up
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export XDG_STATE_HOME=$scratch/state XDG_CACHE_HOME=$scratch/cache
cores=$(nproc)

# A fresh copy of a project, committed.
copy() {
    cp -r "fixtures/corpus/$1/project" "$scratch/$2"
    cd "$scratch/$2"
    git init --quiet && git add . && git -c user.name=a -c user.email=a@b commit --quiet --message a
}

# Seconds since the epoch, with fractions.
now() { date +%s.%N; }

# The engine's own edits on a project with a test that nothing can make pass.
ours() {
    "$GREENLOOP" checks >/dev/null || true
    "$GREENLOOP" fix --format json --wall 120 >"$scratch/ours.jsonl" || true
    python3 - "$scratch/ours.jsonl" "$cores" <<'P'
import json, sys
searches = [event.get("result", {}).get("search") for event in map(json.loads, open(sys.argv[1])) if event.get("result")]
tried = sum(search["tried"] for search in searches if search)
seconds = sum(search["duration_ms"] for search in searches if search) / 1000
print(f"{tried} {seconds:.1f} {tried / seconds / int(sys.argv[2]):.2f}")
P
}

# Prints one line for a tool and one for us, from `tried seconds rate` each.
compare() {
    local language=$1 tool=$2 theirs=$3 own=$4
    python3 - "$language" "$tool" "$theirs" "$own" <<'P'
import sys
language, tool, theirs, own = sys.argv[1:]
(n, s, rate), (m, t, other) = theirs.split(), own.split()
print(f"{language}: {tool} {n} mutants in {s} s, {rate} a second and core; greenloop {m} edits in {t} s, {other}: {float(other) / float(rate):.1f} times")
P
}

rate() { python3 -c "import sys; n, a, b = map(float, sys.argv[1:]); print(f'{n:.0f} {b - a:.1f} {n / (b - a) / $cores:.2f}')" "$@"; }

if has python; then
    copy python-tables mutmut
    printf '[mutmut]\npaths_to_mutate=tables/\ntests_dir=tests/\n' >setup.cfg
    start=$(now)
    "$cache/venv/bin/mutmut" run --max-children "$cores" >"$scratch/mutmut.log" 2>&1 || true
    end=$(now)
    "$cache/venv/bin/mutmut" export-cicd-stats >/dev/null 2>&1
    n=$(python3 -c 'import json; print(json.load(open("mutants/mutmut-cicd-stats.json"))["total"])')
    cd "$repo" && copy python-tables python
    cat >tests/test_impossible.py <<'P'
import unittest

from tables.csvio import read, write
from tables.render import draw


class ImpossibleTest(unittest.TestCase):
    def test_impossible(self):
        table = read("name,n\nnut,1\n")
        self.assertEqual(draw(table) + [write(table)], ["impossible"])
P
    compare python mutmut "$(rate "$n" "$start" "$end")" "$(ours)"
    cd "$repo"
fi

if has javascript; then
    copy javascript-desk stryker
    cat >stryker.config.json <<P
{"testRunner": "tap", "tap": {"testFiles": ["test/*.test.js"]}, "plugins": ["@stryker-mutator/tap-runner"], "concurrency": $cores,
 "reporters": ["json"], "coverageAnalysis": "perTest", "mutate": ["src/**/*.js"], "allowConsoleColors": false}
P
    ln -s "$cache/js/node_modules" node_modules
    start=$(now)
    node_modules/.bin/stryker run >"$scratch/stryker.log" 2>&1 || tail -5 "$scratch/stryker.log"
    end=$(now)
    n=$(python3 -c '
import json
files = json.load(open("reports/mutation/mutation.json"))["files"].values()
print(sum(mutant["status"] not in ("Ignored", "NoCoverage") for file in files for mutant in file["mutants"]))')
    cd "$repo" && copy javascript-desk javascript
    cat >test/impossible.test.js <<'P'
import assert from "node:assert/strict";
import { test } from "node:test";
import { parse, stringify } from "../src/csv.js";
import { wrap } from "../src/text.js";

test("impossible", () => {
  assert.deepEqual([stringify(parse("a,b\n1,2\n")), wrap("a b c", 3)], ["impossible"]);
});
P
    compare javascript Stryker "$(rate "$n" "$start" "$end")" "$(ours)"
    cd "$repo"
fi

if has rust; then
    copy rust-desk cargo-mutants
    start=$(now)
    CARGO_NET_OFFLINE=true "$cache/bin/cargo-mutants" mutants --jobs "$cores" --no-shuffle >"$scratch/cargo-mutants.log" 2>&1 || true
    end=$(now)
    n=$(python3 -c 'import json; print(json.load(open("mutants.out/outcomes.json"))["total_mutants"])')
    cd "$repo" && copy rust-desk rust
    cat >>tests/all/main.rs <<'P'

#[test]
fn impossible() {
    let parts = format!("{:?}", desk::ranges::Ranges::parse("1-3, 7").unwrap().parts());
    assert_eq!(parts, "impossible");
}
P
    compare rust cargo-mutants "$(rate "$n" "$start" "$end")" "$(ours)"
fi
