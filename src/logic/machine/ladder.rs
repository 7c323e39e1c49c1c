//! Who works next on a step: the ladder from cheap to dear.

use crate::base::ids::{AttemptId, StepId};
use crate::base::text;
use crate::logic::lessons;
use crate::logic::stall::{self, Kind, Round};
use crate::model::plan::Step;
use crate::model::report::{TestCase, TestOutcome};
use crate::model::run::{Attempt, AttemptResult, Run};
use crate::model::worker::{Worker, WorkerKind};

/// Whose turn it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    pub worker: String,
    /// Why, for people; empty for the first on a ladder.
    pub why: String,
}

/// The worker of an attempt. One that the ladder does not know, as in a journal of an older version, is our own search.
pub fn worker_of(run: &Run, attempt: AttemptId) -> Worker {
    let name = run.attempts.iter().find(|known| known.id == attempt).map(|known| &known.worker);
    let known = run.workers.iter().find(|worker| Some(&worker.name) == name);
    known.cloned().unwrap_or_else(Worker::repair)
}

/// Whose turn it is at a step that nobody works on, or how far each worker came when it is nobody's. A worker without
/// ideas hands over to the first on the ladder that was not at the step yet; one whose change was red tries again while it
/// has attempts left. What conflicted was no attempt of its worker.
pub(super) fn turn(run: &Run, step: &Step) -> Result<Turn, String> {
    let Some(last) = attempts(run, step.id).next_back() else { return first(run, step) };
    let (is_red, reason) = match &last.result {
        Some(AttemptResult::Red { reason }) => (true, reason.as_str()),
        Some(AttemptResult::Nothing { reason }) => (false, reason.as_str()),
        Some(AttemptResult::Green) | None => (false, ""),
    };
    let counted = |made: &&Attempt| made.worker == last.worker && made.conflicts.is_empty();
    let rounds: Vec<Round> =
        attempts(run, step.id).filter(counted).map(|made| round(step, made)).collect();
    let stalled = stall::stall(&rounds);
    if is_red && stalled.is_none() && rounds.len() < run.budget.attempts_max as usize {
        let why = format!("attempt {} was not green: {reason}", last.id);
        return Ok(Turn { worker: last.worker.clone(), why });
    }
    let Some(worker) = next(run, step) else { return Err(stuck(run, step.id)) };
    let why = match stalled {
        Some(stalled) => format!("{} {}: {reason}", last.worker, stalled.told()),
        None => format!("{} has come to its end: {reason}", last.worker),
    };
    Ok(Turn { worker: worker.name.clone(), why })
}

/// The first on the ladder who can work on a step and has not yet; those before the worker that the plan wants do not.
fn next<'a>(run: &'a Run, step: &Step) -> Option<&'a Worker> {
    let begins = step.worker.as_deref().and_then(|name| place(run, name)).unwrap_or(0);
    let is_fresh = |worker: &Worker| attempts(run, step.id).all(|made| made.worker != worker.name);
    run.workers[begins..].iter().find(|worker| can_work(worker, step) && is_fresh(worker))
}

/// An attempt as a round of work: the tree it left, and what was said of it.
fn round(step: &Step, attempt: &Attempt) -> Round {
    let saw = match &attempt.result {
        Some(AttemptResult::Red { reason } | AttemptResult::Nothing { reason }) => reason.clone(),
        Some(AttemptResult::Green) => "green".to_owned(),
        None => String::new(),
    };
    let is_left =
        |case: &&TestCase| step.tests.contains(&case.id) && case.outcome != TestOutcome::Passed;
    let left = attempt.verified.as_ref().map(|verified| {
        let cases = verified.runs.iter().flat_map(|run| &run.report.cases);
        cases.filter(is_left).count()
    });
    let (kind, did) = match attempt.tree() {
        Some(tree) => (Kind::Act, tree.to_string()),
        None => (Kind::Fail, String::new()),
    };
    Round { kind, did, saw, left }
}

fn first(run: &Run, step: &Step) -> Result<Turn, String> {
    if let Some(name) = &step.worker {
        return match place(run, name) {
            None => Err(format!("there is no worker `{name}`")),
            Some(_) => Ok(Turn { worker: name.clone(), why: "the plan says so".to_owned() }),
        };
    }
    if let Some(lesson) = lessons::beginner(run, step) {
        let why = format!("it mended such a failure before, in run {}", lesson.source);
        return Ok(Turn { worker: lesson.worker.clone(), why });
    }
    let Some(worker) = next(run, step) else {
        return Err("no worker here can do it without a red test".to_owned());
    };
    Ok(Turn { worker: worker.name.clone(), why: String::new() })
}

/// Our own search goes by red tests; the others can read.
fn can_work(worker: &Worker, step: &Step) -> bool {
    worker.kind != WorkerKind::Repair || !step.tests.is_empty()
}

fn place(run: &Run, worker: &str) -> Option<usize> {
    run.workers.iter().position(|known| known.name == worker)
}

fn attempts(run: &Run, step: StepId) -> impl DoubleEndedIterator<Item = &Attempt> {
    run.attempts.iter().filter(move |attempt| attempt.step == step)
}

/// How far each worker came, in the order of the ladder.
fn stuck(run: &Run, step: StepId) -> String {
    let told = |worker: &Worker| {
        let mut made = attempts(run, step).filter(|attempt| attempt.worker == worker.name);
        let last = made.next_back()?;
        let n_before = made.count();
        Some(match last.result.as_ref()? {
            AttemptResult::Nothing { reason } if n_before == 0 => reason.clone(),
            AttemptResult::Nothing { reason } => format!("{reason} (attempt {})", last.id),
            AttemptResult::Red { reason } => {
                format!(
                    "{}, the last one not green: {reason}",
                    text::counted(n_before + 1, "attempt")
                )
            }
            AttemptResult::Green => return None,
        })
    };
    run.workers.iter().filter_map(told).collect::<Vec<_>>().join("; ")
}
