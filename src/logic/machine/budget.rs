//! When what a run may spend is spent.

use std::collections::BTreeMap;

use super::steps::StepState;
use super::where_it_stood;
use crate::base::ids::StepId;
use crate::base::text;
use crate::model::run::{Attempt, AttemptResult, Run};
use crate::model::worker::WorkerKind;

/// What is spent, where nothing more can be begun for it; `None` while the run can go on. `is_over`: no step can.
pub(super) fn spent(
    run: &Run,
    states: &BTreeMap<StepId, StepState>,
    is_over: bool,
) -> Option<String> {
    // Nothing more can become green but what is under way: its checks may be known already.
    let is_working = run.attempts.iter().any(Attempt::is_at_work);
    if !is_over && !is_working && run.budget.checks_max.is_some_and(|max| run.spent.checks >= max) {
        return Some(no_checks_left(run));
    }
    let what = models(run, states, is_over)?;
    Some(format!("the {what} spent{}", where_it_stood(run)))
}

/// For people, where no more checks may be run.
pub(super) fn no_checks_left(run: &Run) -> String {
    let runs = text::counted(run.budget.checks_max.unwrap_or_default() as usize, "check run");
    format!("the {runs} that `budget.checks` allows are spent{}", where_it_stood(run))
}

/// What models may cost, when one is to work next, or had to stop for it.
fn models(run: &Run, states: &BTreeMap<StepId, StepState>, is_over: bool) -> Option<String> {
    let key = run.budget.forbids_calls(&run.spent)?;
    let is_model = |name: &str| is_model(run, name);
    let next = states.values().filter_map(|state| match state {
        StepState::Ready { turn } => Some(&turn.worker),
        _ => None,
    });
    let next: Vec<&String> = next.collect();
    let is_working = run.attempts.iter().any(Attempt::is_at_work);
    let waits = !is_working && !next.is_empty() && next.iter().all(|name| is_model(name));
    let stopped = |step: &StepId| {
        let mut made = run.attempts.iter().filter(|attempt| attempt.step == *step);
        let last = made.next_back();
        last.is_some_and(|last| {
            is_model(&last.worker) && matches!(last.result, Some(AttemptResult::Nothing { .. }))
        })
    };
    let had_to_stop = || {
        let mut stuck = states.iter().filter(|(_, state)| matches!(state, StepState::Stuck { .. }));
        is_over && stuck.any(|(step, _)| stopped(step))
    };
    (waits || had_to_stop())
        .then(|| format!("tokens or money that `budget.{key}` allows for models are"))
}

/// Whether a worker may begin: nobody without checks, and a model only while it may be called.
pub(super) fn allows(run: &Run, worker: &str) -> bool {
    if run.budget.checks_max.is_some_and(|max| run.spent.checks >= max) {
        return false;
    }
    run.budget.forbids_calls(&run.spent).is_none() || !is_model(run, worker)
}

fn is_model(run: &Run, name: &str) -> bool {
    let mut known = run.workers.iter().filter(|worker| worker.name == name);
    known.any(|worker| matches!(worker.kind, WorkerKind::Model { .. }))
}
