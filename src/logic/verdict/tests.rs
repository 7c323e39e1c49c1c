//! Tests of verdicts and targets. A run is written as one line: `check end: test=outcome …`.

use proptest::prelude::*;

use super::samples::{id, names, run, runs};
use super::*;
use crate::model::failure::Failure;
use crate::model::run::Goal;

fn told(verdict: Verdict) -> String {
    match verdict {
        Verdict::Green { fixed, still_red, flaky, n_passed, n_skipped } => {
            let flaky = match &flaky[..] {
                [] => String::new(),
                some => format!(" | flaky {}", names(some)),
            };
            let (fixed, still_red) = (names(&fixed), names(&still_red));
            format!("green {fixed} | {still_red} | {n_passed} {n_skipped}{flaky}")
        }
        Verdict::Red { still_failing, newly_failing, vanished } => format!(
            "red {} | {} | {}",
            names(&still_failing),
            names(&newly_failing),
            names(&vanished)
        ),
        Verdict::Inconclusive(reason) => reason,
    }
}

#[test]
fn verdicts() {
    let check = |before: &str, now: &str, targets: &str, wanted: &str| {
        let targets: Vec<TestId> =
            targets.split_whitespace().map(|text| id(&text.replace('_', " "))).collect();
        assert_eq!(told(judge(&runs(before), &runs(now), &targets)), wanted, "{before} -> {now}");
    };
    let red = "a: x=passed y=failed";
    check(red, "a: x=passed y=passed", "a/y", "green a/y |  | 2 0");
    check(red, "a: x=passed y=failed", "a/y", "red a/y |  | ");
    check(red, "a: x=passed y=skipped", "a/y", "red a/y |  | ");
    check(red, "a: x=passed", "a/y", "red  |  | a/y");
    check(red, "a: x=failed y=passed", "a/y", "red  | a/x | ");
    check(red, "a: x=skipped y=passed", "a/y", "red  | a/x | ");
    check(red, "a: y=passed", "a/y", "red  |  | a/x");
    check(red, "a: x=passed y=passed z=errored", "a/y", "red  | a/z | ");
    check(red, "a: x=passed y=passed z=passed", "a/y", "green a/y |  | 3 0");
    check(red, "a: x=passed y=passed z=skipped", "a/y", "green a/y |  | 2 1");
    // Red tests that are no target may stay red, may become well, may not vanish.
    check("a: y=failed z=failed", "a: y=passed z=failed", "a/y", "green a/y | a/z | 1 0");
    check("a: y=failed z=failed", "a: y=passed z=errored", "a/y", "green a/y | a/z | 1 0");
    check("a: y=failed z=failed", "a: y=passed z=passed", "a/y", "green a/y a/z |  | 2 0");
    check("a: y=failed z=failed", "a: y=passed", "a/y", "red  |  | a/z");
    check("a: y=failed z=skipped", "a: y=passed z=failed", "a/y", "red  | a/z | ");
    check("a: y=failed z=skipped", "a: y=passed", "a/y", "red  |  | a/z");
    check("a: y=failed z=skipped", "a: y=passed z=passed", "a/y", "green a/y |  | 2 0");
    // Flaky tests are set aside, by whichever side they were found; a flaky target is not green.
    check("a: y=failed z=failed~", "a: y=passed z=passed", "a/y", "green a/y |  | 1 0 | flaky a/z");
    check("a: y=failed z=passed", "a: y=passed z=failed~", "a/y", "green a/y |  | 1 0 | flaky a/z");
    check("a: y=failed z=failed~", "a: y=passed", "a/y", "red  |  | a/z");
    check("a: y=failed", "a: y=passed~", "a/y", "red a/y |  | ");
    // Some of the tests can say red, and nothing else.
    check("a: y=failed z=passed", "a partial: y=failed", "a/y", "red a/y |  | ");
    check("a: y=failed z=passed", "a partial: z=failed", "a/y", "red  | a/z | ");
    check("a: y=failed z=passed", "a partial: y=passed", "a/y", "only some of the tests were run");
    check(
        "a: y=failed z=passed",
        "a partial: y=passed z=passed",
        "a/y",
        "only some of the tests were run",
    );
    check("a: y=failed; b: z=passed", "a partial: y=failed", "a/y", "red a/y |  | ");
    // Several checks: names of one say nothing about the other.
    check("a: y=failed; b: y=passed", "b: y=passed; a: y=passed", "a/y", "green a/y |  | 2 0");
    check("a: y=failed; b: y=passed", "a: y=passed; b: y=failed", "a/y", "red  | b/y | ");
    check(
        "a: y=failed; b: y=passed",
        "a: y=passed",
        "a/y",
        "check `b` did not run both before and after",
    );
    check(
        "a: y=failed",
        "a: y=passed; b: y=passed",
        "a/y",
        "check `b` did not run both before and after",
    );
    check("a: y=failed", "a: y=passed; a: y=passed", "a/y", "a check ran twice");
    check(red, "a: x=passed y=passed", "", "no test was to be fixed");
}

#[test]
fn runs_that_do_not_tell_are_inconclusive() {
    for (end, reason) in [
        ("incomplete", "did not report every test"),
        ("no-tests", "found no test"),
        ("crashed", "crashed: signal 11"),
        ("timed-out", "was stopped after 1.5 s"),
        ("flooded", "was stopped after 9 bytes of output"),
        ("missing", "needs `cargo`, which is not there"),
        ("cancelled", "was cancelled"),
    ] {
        let (good, bad) = (runs("a: y=failed"), runs(&format!("a {end}: y=passed")));
        assert_eq!(told(judge(&good, &bad, &[id("a/y")])), format!("check `a` {reason}"));
        let good = runs("a: y=passed");
        assert_eq!(
            told(judge(&bad, &good, &[id("a/y")])),
            format!("check `a` {reason} before the change")
        );
    }
    let told = told(judge(&runs("a: y=failed"), &runs("a:"), &[id("a/y")]));
    assert_eq!(told, "check `a` found no test");
}

#[test]
fn builds_and_imports_become_green_by_tests_that_pass() {
    let check = |before: &str, now: &str, target: &str, wanted: &str| {
        assert_eq!(
            told(judge(&runs(before), &runs(now), &[id(target)])),
            wanted,
            "{before} -> {now}"
        );
    };
    check("a build-failed:", "a: x=passed", "a/(build)", "green a/(build) |  | 1 0");
    check("a build-failed:", "a: x=skipped", "a/(build)", "red  |  | a/(build)");
    check("a build-failed:", "a: x=passed y=failed", "a/(build)", "red  | a/y | ");
    check("a build-failed:", "a build-failed:", "a/(build)", "red a/(build) |  | ");
    check("a build-failed:", "a:", "a/(build)", "check `a` found no test");
    check("a: x=failed z=passed", "a build-failed:", "a/x", "red a/(build) |  | ");
    check(
        "b: y=failed; a build-failed:",
        "b: y=passed; a build-failed:",
        "b/y",
        "red a/(build) |  | ",
    );
    let (import, whole) = ("a: m.x=passed n_(import)=errored", "a/n (import)");
    check(import, "a: m.x=passed n.y=passed", whole, "green a/n (import) |  | 2 0");
    check(import, "a: m.x=passed n.y=skipped", whole, "red  |  | a/n (import)");
    check(import, "a: m.x=passed", whole, "red  |  | a/n (import)");
    check(import, "a: m.x=passed nn.y=passed", whole, "red  |  | a/n (import)");
    check(import, "a: m.x=passed n_(import)=errored n.y=passed", whole, "red a/n (import) |  | ");
}

fn wanted(baseline: &str, goal: Goal) -> String {
    match targets(&runs(baseline), &goal) {
        Ok(ids) => names(&ids),
        Err(Failure { message, hint, .. }) => format!("{message} — {hint}"),
    }
}

fn tests(names: &[&str]) -> Goal {
    Goal { tests: names.iter().map(|name| (*name).to_owned()).collect(), ..Goal::default() }
}

#[test]
fn goals_resolve_to_red_tests() {
    let base = "a: m.T.x=failed m.T.y=passed n.T.x=errored s.T.w=skipped k_(import)=errored";
    assert_eq!(wanted(base, Goal::default()), "a/k (import) a/m.T.x a/n.T.x");
    assert_eq!(wanted(base, tests(&["m.T.x"])), "a/m.T.x");
    assert_eq!(wanted(base, tests(&["n.T.x", "n.T.x"])), "a/n.T.x");
    assert_eq!(wanted(base, tests(&["y"])), "", "it passes already");
    assert_eq!(wanted(base, tests(&["k.T.anything"])), "a/k (import)");
    insta::assert_snapshot!(wanted(base, tests(&["T.x"])), @"`T.x` can mean 2 tests — Say which: `m.T.x`, `n.T.x`.");
    insta::assert_snapshot!(wanted(base, tests(&["m.T.xx"])), @"no test is called `m.T.xx` — Similar names: `m.T.x`, `m.T.y`, `n.T.x`.");
    insta::assert_snapshot!(wanted(base, tests(&["w"])), @"test `s.T.w` is skipped: why — A skipped test cannot be fixed: enable it first.");
    insta::assert_snapshot!(wanted(base, tests(&[""])), @"no test is called `` — Run the checks to see the names of all tests.");
    let only = |check: &str| Goal { checks: vec![CheckId::new(check)], ..Goal::default() };
    assert_eq!(wanted("a: x=failed; b: x=failed", only("b")), "b/x");
    assert_eq!(wanted("a: x=failed; b crashed:", only("a")), "a/x");
    insta::assert_snapshot!(wanted("a: x=failed", only("c")), @"check `c` is not one of this project — Choose among `a`, or leave the check out to run all.");
    assert_eq!(wanted("a build-failed:; b: x=failed", Goal::default()), "a/(build) b/x");
    assert_eq!(wanted("a build-failed:; b: x=failed", tests(&["m.T.x"])), "a/(build)");
    insta::assert_snapshot!(wanted("a timed-out:", Goal::default()), @"check `a` was stopped after 1.5 s: `run a` — Raise `timeout_seconds` of the check in greenloop.toml, or see which test hangs.");
    insta::assert_snapshot!(wanted("a missing:", Goal::default()), @"check `a` needs `cargo`, which is not there: `run a` — Install it.");
    insta::assert_snapshot!(wanted("a no-tests:", Goal::default()), @"check `a` found no test: `run a` — Add a test, or leave this check out with `[[check]]` entries in greenloop.toml.");
}

const OUTCOMES: [&str; 5] = ["passed", "failed", "errored", "skipped", "absent"];
const ENDS: [&str; 4] = ["completed", "incomplete", "build-failed", "crashed"];

fn any_runs() -> impl Strategy<Value = Vec<CheckRun>> {
    let one = (
        proptest::collection::vec(prop_oneof![4 => Just(0), 1 => 0..5usize], 3),
        prop_oneof![9 => Just(0), 1 => 0..4usize],
    );
    proptest::collection::vec(one, 1..3).prop_map(|checks| {
        let line = |(at, (outcomes, end)): (usize, &(Vec<usize>, usize))| {
            let cases = outcomes.iter().enumerate().filter(|(_, kind)| **kind < 4);
            let cases: String =
                cases.map(|(n, kind)| format!(" t{n}={}", OUTCOMES[*kind])).collect();
            run(&format!("c{at} {}:{cases}", ENDS[*end]))
        };
        checks.iter().enumerate().map(line).collect()
    })
}

proptest! {
    #[test]
    fn green_loses_nothing_and_fixes_every_target(before in any_runs(), now in any_runs(), one_only in any::<bool>()) {
        let mut aims = targets(&before, &Goal::default()).unwrap_or_default();
        if one_only { aims.truncate(1); }
        if let Verdict::Green { fixed, .. } = judge(&before, &now, &aims) {
            let after: BTreeMap<&TestId, TestOutcome> =
                now.iter().flat_map(|run| &run.report.cases).map(|case| (&case.id, case.outcome)).collect();
            for case in before.iter().flat_map(|run| &run.report.cases) {
                if case.outcome == TestOutcome::Passed {
                    prop_assert_eq!(after.get(&case.id), Some(&TestOutcome::Passed));
                }
                prop_assert!(after.contains_key(&case.id));
            }
            prop_assert!(aims.iter().all(|aim| fixed.contains(aim)));
            prop_assert!(!fixed.is_empty());
            prop_assert!(now.iter().all(|run| run.end == CheckEnd::Completed && run.report.complete));
        }
    }

    #[test]
    fn the_same_runs_twice_are_never_green(before in any_runs()) {
        let aims = targets(&before, &Goal::default()).unwrap_or_default();
        let is_green = matches!(judge(&before, &before, &aims), Verdict::Green { .. });
        prop_assert!(!is_green);
    }
}
