//! Which red tests a run works on, or why it cannot tell.

use super::unusable::{self, unusable};
use super::{Next, budget, counted, finish};
use crate::logic::verdict;
use crate::model::check::{CheckEnd, CheckRun};
use crate::model::event::Event;
use crate::model::failure::{Failure, FailureKind};
use crate::model::report::{TestCase, TestId};
use crate::model::run::{GoalKind, Outcome, Run};
use crate::model::worker::WorkerKind;

/// Flaky tests are no targets unless they are named, and yet it is not well; nor is it where not all could be run.
pub(super) fn nothing_to_fix(run: &Run, baseline: &[CheckRun]) -> Next {
    let goal = &run.goal;
    let flaky: Vec<TestId> = baseline.iter().flat_map(|run| run.flaky.clone()).collect();
    let is_flaky = !flaky.is_empty() && goal.tests.is_empty();
    let passed =
        || counted("all that is red passed when it was run again on the same files", &flaky);
    match run.left_out.first().filter(|_| goal.tests.is_empty()).cloned() {
        Some(mut failure) => {
            failure.message.extend(is_flaky.then(|| format!("; {}", passed())));
            finish(Outcome::Failed { failure })
        }
        None if is_flaky => finish(Outcome::Stuck { reason: passed() }),
        None => finish(Outcome::AlreadyGreen),
    }
}

pub(super) fn no_checks(run: &Run) -> Next {
    let missing = run.left_out.iter().map(|failure| &failure.message);
    let notes: Vec<&String> = run.notes.iter().chain(missing).collect();
    let mut message = "no tests were found in this project".to_owned();
    for note in &notes {
        message.push_str(&format!("; {note}"));
    }
    let first = if notes.is_empty() { "Name" } else { "See to what is missing, or name" };
    let hint = format!(
        "{first} a check in greenloop.toml, for example: [[check]] name = \"tests\", runner = \"command\", \
         command = [\"make\", \"test\"]."
    );
    // A note tells of tests that something missing here keeps from being run.
    let kind = if notes.is_empty() { FailureKind::Project } else { FailureKind::Environment };
    finish(Outcome::Failed { failure: Failure::new(kind, message, hint) })
}

pub(super) fn choose_targets(run: &Run, baseline: &[CheckRun]) -> Next {
    let goal = &run.goal;
    if baseline.iter().any(|run| run.end == CheckEnd::OverBudget) {
        return finish(Outcome::Spent { reason: budget::no_checks_left(run) });
    }
    if let Some(failure) = baseline.iter().find_map(unusable) {
        return finish(Outcome::Failed { failure });
    }
    if goal.kind == GoalKind::RunChecks {
        let n_red = baseline.iter().map(n_red).sum();
        return match run.left_out.first().filter(|_| n_red == 0).cloned() {
            Some(failure) => finish(Outcome::Failed { failure }),
            None => finish(Outcome::Checked { n_red }),
        };
    }
    match verdict::targets(baseline, goal) {
        // What is red and was not named is not what is asked for.
        Ok(_) if goal.kind == GoalKind::Change && goal.tests.is_empty() => {
            Next::Record(Event::TargetsChosen { targets: Vec::new() })
        }
        Ok(targets) => {
            let kept = targets
                .into_iter()
                .filter(|target| !unusable::is_set_aside(goal, baseline, target));
            Next::Record(Event::TargetsChosen { targets: kept.collect() })
        }
        Err(failure) => finish(Outcome::Failed { failure }),
    }
}

/// A goal in words needs somebody who can read; `None` when there is one, or none is needed.
pub(super) fn nobody_reads(run: &Run) -> Option<Failure> {
    let reads = run.workers.iter().any(|worker| worker.kind != WorkerKind::Repair);
    let is_wanted = run.goal.kind == GoalKind::Change && !reads;
    is_wanted.then(|| Failure::new(
        FailureKind::Config,
        "there is nobody here who can carry out a goal in words: our own search goes by red tests",
        "Name a model, a `[[model]]` in greenloop/config.toml in your configuration folder, or a program, a `[[worker]]` in \
         greenloop.toml; or write a test that is red until the change is made.",
    ))
}

/// What is wrong by a check's run, flaky tests left out.
fn n_red(run: &CheckRun) -> usize {
    let is_flaky = |case: &&TestCase| run.flaky.contains(&case.id);
    run.report.red().filter(|case| !is_flaky(case)).count() + run.problems.len()
}
