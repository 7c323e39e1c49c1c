//! The verdict on a change: from check runs before and after to green, red or inconclusive. When in doubt, not green.

mod target;

use std::collections::{BTreeMap, BTreeSet};

use crate::base::ids::CheckId;
use crate::logic::report_parse::{BUILD, build_of, is_in_scope, phase_scope};
use crate::model::check::{CheckEnd, CheckRun};
use crate::model::policy::Resource;
use crate::model::report::{TestId, TestOutcome};

pub use target::targets;

/// What check runs say about a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Every target passes, all that passed still passes, and nothing went missing.
    Green {
        /// Red on the baseline, passed now.
        fixed: Vec<TestId>,
        /// Red on both and no target.
        still_red: Vec<TestId>,
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
/// the same checks ran, each to its end with a complete report of at least one test, on one tree;
/// every target passed; every test that passed before passed; no test vanished; no test is red that was not red
/// before; and at least one test was to be fixed.
pub fn judge(baseline: &[CheckRun], now: &[CheckRun], targets: &[TestId]) -> Verdict {
    if let Some(reason) = unclear(baseline, now, targets) {
        return Verdict::Inconclusive(reason);
    }
    let (before, after) = (Outcomes::of(baseline), Outcomes::of(now));
    let targets: BTreeSet<&TestId> = targets.iter().collect();
    let (mut still_failing, mut newly_failing, mut vanished) = (Vec::new(), Vec::new(), Vec::new());
    let all: BTreeSet<&TestId> =
        before.0.keys().chain(after.0.keys()).chain(targets.iter().copied()).collect();
    for id in all {
        let was = before.0.get(id);
        match after.standing(id) {
            Standing::Is(TestOutcome::Passed) => {}
            Standing::Gone => vanished.push(id.clone()),
            // A build that fails hides its tests, whether it is a target or not.
            Standing::Is(_) if targets.contains(id) || id.name == BUILD => {
                still_failing.push(id.clone());
            }
            Standing::Is(outcome) => {
                let was_red = was.is_some_and(|was| was.is_red());
                if was == Some(&TestOutcome::Passed) || (outcome.is_red() && !was_red) {
                    newly_failing.push(id.clone());
                }
            }
        }
    }
    if still_failing.is_empty() && newly_failing.is_empty() && vanished.is_empty() {
        green(&before, &after)
    } else {
        Verdict::Red { still_failing, newly_failing, vanished }
    }
}

fn green(before: &Outcomes, after: &Outcomes) -> Verdict {
    let was_red = before.0.iter().filter(|(_, outcome)| outcome.is_red());
    let (fixed, still_red) = was_red
        .map(|(id, _)| id.clone())
        .partition(|id| after.standing(id) == Standing::Is(TestOutcome::Passed));
    let count = |wanted| after.0.values().filter(|outcome| **outcome == wanted).count();
    let (n_passed, n_skipped) = (count(TestOutcome::Passed), count(TestOutcome::Skipped));
    Verdict::Green { fixed, still_red, n_passed, n_skipped }
}

/// Why the runs cannot be judged; `None` when they can.
fn unclear(baseline: &[CheckRun], now: &[CheckRun], targets: &[TestId]) -> Option<String> {
    if targets.is_empty() {
        return Some("no test was to be fixed".to_owned());
    }
    let (before, after) = (by_check(baseline), by_check(now));
    if before.len() != baseline.len() || after.len() != now.len() {
        return Some("a check ran twice".to_owned());
    }
    let only_one = before.keys().find(|id| !after.contains_key(*id));
    if let Some(id) = only_one.or_else(|| after.keys().find(|id| !before.contains_key(*id))) {
        return Some(format!("check `{id}` did not run both before and after"));
    }
    if let Some(other) = now.iter().find(|run| run.tree != now[0].tree) {
        return Some(format!("check `{}` ran on another tree than the others", other.check));
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

/// Outcomes by test. A build that failed is a red case of its own.
struct Outcomes(BTreeMap<TestId, TestOutcome>);

/// How a test stands after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Is(TestOutcome),
    Gone,
}

impl Outcomes {
    fn of(runs: &[CheckRun]) -> Self {
        let cases = runs.iter().flat_map(|run| &run.report.cases);
        let builds = runs
            .iter()
            .filter(|run| run.end == CheckEnd::BuildFailed)
            .map(|run| (build_of(&run.check), TestOutcome::Errored));
        Self(cases.map(|case| (case.id.clone(), case.outcome)).chain(builds).collect())
    }

    /// A phase that is no longer reported passed when tests of its scope did.
    fn standing(&self, id: &TestId) -> Standing {
        if let Some(outcome) = self.0.get(id) {
            return Standing::Is(*outcome);
        }
        let is_well = phase_scope(&id.name).is_some_and(|scope| {
            self.0.iter().any(|(other, outcome)| {
                *outcome == TestOutcome::Passed
                    && other.check == id.check
                    && is_in_scope(&other.name, scope)
            })
        });
        if is_well { Standing::Is(TestOutcome::Passed) } else { Standing::Gone }
    }
}

#[cfg(test)]
mod tests;
