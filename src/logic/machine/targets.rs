//! Which red tests a run works on, or why it cannot tell.

use super::unusable::unusable;
use super::{Next, budget, counted, finish};
use crate::logic::report_parse::BUILD;
use crate::logic::report_parse::go::{self, DOWNLOAD};
use crate::logic::verdict;
use crate::model::check::{CheckEnd, CheckRun};
use crate::model::event::Event;
use crate::model::failure::{Failure, FailureKind};
use crate::model::report::{TestCase, TestId};
use crate::model::run::{Goal, GoalKind, Outcome, Run};
use crate::model::worker::WorkerKind;

/// Flaky tests are no targets unless they are named, and yet it is not well; nor is it where not all could be run.
pub(super) fn nothing_to_fix(run: &Run, baseline: &[CheckRun]) -> Next {
    let goal = &run.goal;
    if let Some(failure) = run.left_out.first() {
        return finish(Outcome::Failed { failure: failure.clone() });
    }
    let flaky: Vec<TestId> = baseline.iter().flat_map(|run| run.flaky.clone()).collect();
    if flaky.is_empty() || !goal.tests.is_empty() {
        return finish(Outcome::AlreadyGreen);
    }
    let reason = counted("all that is red passed when it was run again on the same files", &flaky);
    finish(Outcome::Stuck { reason })
}

pub(super) fn no_checks(run: &Run) -> Next {
    let mut message = "no tests were found in this project".to_owned();
    for note in &run.notes {
        message.push_str(&format!("; {note}"));
    }
    let first = if run.notes.is_empty() { "Name" } else { "See to what is missing, or name" };
    let hint = format!(
        "{first} a check in greenloop.toml, for example: [[check]] name = \"tests\", runner = \"command\", \
         command = [\"make\", \"test\"]."
    );
    // A note tells of tests that something missing here keeps from being run.
    let kind = if run.notes.is_empty() { FailureKind::Project } else { FailureKind::Environment };
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
        return finish(Outcome::Checked { n_red });
    }
    match verdict::targets(baseline, goal) {
        // What is red and was not named is not what is asked for.
        Ok(_) if goal.kind == GoalKind::Change && goal.tests.is_empty() => {
            Next::Record(Event::TargetsChosen { targets: Vec::new() })
        }
        Ok(targets) => without_missing_modules(goal, baseline, targets),
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

/// A Python module or Go package that needs another one which is not installed is red for a reason no edit mends. Unless it was asked
/// for, it is left out; when nothing else is red, that is what people must know.
fn without_missing_modules(goal: &Goal, baseline: &[CheckRun], targets: Vec<TestId>) -> Next {
    let cases = || baseline.iter().flat_map(|run| &run.report.cases);
    let missing = |target: &TestId| {
        let case = cases().find(|case| case.id == *target)?;
        match target.name.ends_with(BUILD) {
            true => go::missing_module(&case.message).map(|line| (line, DOWNLOAD)),
            false => {
                let said = case.message.lines().find(|line| line.contains(MISSING_MODULE))?;
                Some((said.trim(), INSTALL))
            }
        }
    };
    let (set_aside, kept): (Vec<TestId>, Vec<TestId>) =
        targets.into_iter().partition(|target| goal.tests.is_empty() && missing(target).is_some());
    let first = set_aside.first().filter(|_| kept.is_empty());
    match first.and_then(|first| Some((first, missing(first)?))) {
        Some((first, (said, hint))) => finish(Outcome::Failed {
            failure: Failure::environment(
                format!("{} cannot be imported: {said}", first.name),
                hint,
            ),
        }),
        None => Next::Record(Event::TargetsChosen { targets: kept }),
    }
}

/// How Python says that a module is not installed.
const MISSING_MODULE: &str = "ModuleNotFoundError: No module named";
const INSTALL: &str = "Install the module for the project's Python. If it is the project's own, as in a `src` folder, name \
                       its folder in greenloop.toml: env = { PYTHONPATH = \"src\" }.";
