//! The verdict on a change: from check runs before and after to green, red or inconclusive. When in doubt, not green.

mod target;

use std::collections::{BTreeMap, BTreeSet};

use crate::base::ids::CheckId;
use crate::logic::ledger::{Ledger, Standing};
use crate::logic::report_parse::{BUILD, FINDING, phase_scope};
use crate::model::check::{CheckEnd, CheckRun};
use crate::model::policy::Resource;
use crate::model::report::{TestId, TestOutcome};

pub use target::{OVER_BUDGET_HINT, are_known, targets};

/// What check runs say about a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every target passes, all that passed still passes, and nothing went missing.
    Green {
        /// Red on the baseline, passed now.
        fixed: Vec<TestId>,
        /// Red on both and no target.
        still_red: Vec<TestId>,
        /// Set aside: they passed and failed on the same files.
        flaky: Vec<TestId>,
        n_passed: usize,
        n_skipped: usize,
    },
    Red {
        /// Targets that do not pass, and builds that fail.
        still_failing: Vec<TestId>,
        /// Not red before and not passed now.
        newly_failing: Vec<TestId>,
        /// Reported before and not now.
        vanished: Vec<TestId>,
    },
    /// The runs do not tell; the text says why.
    Inconclusive(String),
}

/// Judges the runs of `now` by those of `baseline`. Green only if all of this holds:
/// the same checks ran in the same setting, each to its end with a complete report of at least one test, on one tree;
/// every target passed; every test that passed before passed; no test vanished; no test is red that was not red
/// before; and at least one test was to be fixed. Flaky tests count for nothing, and are named.
/// A run of some tests only can be red, but never green.
pub fn judge(baseline: &[CheckRun], now: &[CheckRun], targets: &[TestId]) -> Verdict {
    if targets.is_empty() {
        return Verdict::Inconclusive("no test was to be fixed".to_owned());
    }
    compare(baseline, now, targets)
}

/// The same for a change that has no test to fix: it is green when it breaks nothing.
pub fn judge_kept(baseline: &[CheckRun], now: &[CheckRun]) -> Verdict {
    compare(baseline, now, &[])
}

fn compare(baseline: &[CheckRun], now: &[CheckRun], targets: &[TestId]) -> Verdict {
    if let Some(reason) = unclear(baseline, now) {
        return Verdict::Inconclusive(reason);
    }
    let ledger = Ledger::of(baseline, now);
    let targets: BTreeSet<&TestId> = targets.iter().collect();
    let (mut still_failing, mut newly_failing, mut vanished) = (Vec::new(), Vec::new(), Vec::new());
    let all: BTreeSet<&TestId> = ledger.entries.keys().chain(targets.iter().copied()).collect();
    for id in all {
        let was = ledger.entries.get(id).and_then(|entry| entry.before);
        // A build that fails hides its tests, whether it is a target or not.
        let is_target = targets.contains(id) || id.name == BUILD;
        match ledger.after(id) {
            Standing::Is(TestOutcome::Passed) | Standing::NotRun => {}
            Standing::Gone => vanished.push(id.clone()),
            Standing::Is(_) | Standing::Flaky if is_target => still_failing.push(id.clone()),
            Standing::Flaky => {}
            Standing::Is(outcome) => {
                let was_red = was.is_some_and(TestOutcome::is_red);
                if was == Some(TestOutcome::Passed) || (outcome.is_red() && !was_red) {
                    newly_failing.push(id.clone());
                }
            }
        }
    }
    if !still_failing.is_empty() || !newly_failing.is_empty() || !vanished.is_empty() {
        Verdict::Red { still_failing, newly_failing, vanished }
    } else if now.iter().any(|run| run.partial) {
        Verdict::Inconclusive("only some of the tests were run".to_owned())
    } else {
        green(&ledger)
    }
}

fn green(ledger: &Ledger) -> Verdict {
    let was_red = ledger
        .entries
        .iter()
        .filter(|(_, entry)| entry.before.is_some_and(TestOutcome::is_red))
        .filter(|(_, entry)| entry.after != Standing::Flaky);
    let (fixed, still_red) = was_red
        .map(|(id, _)| id.clone())
        .partition(|id| ledger.after(id) == Standing::Is(TestOutcome::Passed));
    // What is red by being there leaves no test behind when it is well.
    let is_test = |id: &&TestId| phase_scope(&id.name).is_none() && !id.name.ends_with(FINDING);
    let count = |outcome| ledger.standing(Standing::Is(outcome)).filter(is_test).count();
    Verdict::Green {
        fixed,
        still_red,
        flaky: ledger.standing(Standing::Flaky).cloned().collect(),
        n_passed: count(TestOutcome::Passed),
        n_skipped: count(TestOutcome::Skipped),
    }
}

/// Why the runs cannot be judged; `None` when they can.
fn unclear(baseline: &[CheckRun], now: &[CheckRun]) -> Option<String> {
    let (before, after) = (by_check(baseline), by_check(now));
    if before.len() != baseline.len() || after.len() != now.len() {
        return Some("a check ran twice".to_owned());
    }
    // Some tests of some checks are enough to know red.
    let is_partial = now.iter().any(|run| run.partial);
    let only_before = before.keys().find(|id| !is_partial && !after.contains_key(*id));
    if let Some(id) = only_before.or_else(|| after.keys().find(|id| !before.contains_key(*id))) {
        return Some(format!("check `{id}` did not run both before and after"));
    }
    if let Some(other) = now.iter().find(|run| run.tree != now[0].tree) {
        return Some(format!("check `{}` ran on another tree than the others", other.check));
    }
    let is_elsewhere = |run: &&CheckRun| before[&run.check].setting != run.setting;
    if let Some(run) = now.iter().find(is_elsewhere) {
        return Some(format!(
            "check `{}` ran with other tools, dependencies or settings than before the change",
            run.check
        ));
    }
    let blind = |run: &&CheckRun| {
        let is_build = run.end == CheckEnd::BuildFailed;
        !is_build && (run.end != CheckEnd::Completed || !run.report.complete)
    };
    if let Some(run) = baseline.iter().find(blind) {
        return Some(format!("check `{}` {} before the change", run.check, how(run)));
    }
    now.iter()
        .find(|run| blind(run) || no_verdict_without_tests(run))
        .map(|run| format!("check `{}` {}", run.check, how(run)))
}

/// A run that ended well but tested nothing. A build that fails is red, not unclear.
fn no_verdict_without_tests(run: &CheckRun) -> bool {
    run.end == CheckEnd::Completed && run.report.cases.is_empty()
}

/// How a run ended, to follow a check's name.
fn how(run: &CheckRun) -> String {
    match &run.end {
        CheckEnd::Completed if run.report.cases.is_empty() => "found no test".to_owned(),
        CheckEnd::Completed if run.report.complete => "completed".to_owned(),
        CheckEnd::Completed => "did not report every test".to_owned(),
        CheckEnd::BuildFailed => "could not be built".to_owned(),
        CheckEnd::NoTests => "found no test".to_owned(),
        CheckEnd::Crashed { detail } => format!("crashed: {detail}"),
        CheckEnd::TimedOut { after_ms } => {
            format!("was stopped after {:.1} s", *after_ms as f64 / 1_000.0)
        }
        CheckEnd::Flooded { bytes } => format!("was stopped after {bytes} bytes of output"),
        CheckEnd::OverLimit { what, limit } => over_limit(*what, *limit),
        CheckEnd::Missing { program, .. } => format!("needs `{program}`, which is not there"),
        CheckEnd::Cancelled => "was cancelled".to_owned(),
        CheckEnd::OverBudget => {
            "was not run: the check runs that `budget.checks` allows are spent".to_owned()
        }
    }
}

/// Which limit ended a run, to follow the name of what ran.
pub fn over_limit(what: Resource, limit: u64) -> String {
    match what {
        Resource::Memory => format!("was stopped for using more than {limit} MB of memory"),
        Resource::Processes => format!("was stopped for running more than {limit} processes"),
        Resource::Disk => format!("was stopped for writing more than {limit} MB to disk"),
    }
}

/// What to do about a limit that ended a run.
pub fn over_limit_hint(what: Resource) -> String {
    format!("See which test takes that much; raise `{}` in greenloop.toml if it must.", what.key())
}

fn by_check(runs: &[CheckRun]) -> BTreeMap<&CheckId, &CheckRun> {
    runs.iter().map(|run| (&run.check, run)).collect()
}

#[cfg(test)]
pub(crate) mod samples;
#[cfg(test)]
mod tests;
