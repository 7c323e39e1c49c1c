//! Runs that end before their time.

use super::{is_search, where_it_stood};
use crate::model::event::Event;
use crate::model::run::{Attempt, Outcome, Phase, Run};

/// Takes in why a run is to end. The first reason to end at once wins; a run that is to stop goes on until what is under
/// way has ended.
pub(super) fn apply(run: &mut Run, event: &Event) {
    let outcome = match event {
        Event::EffectFailed { failure } => Outcome::Failed { failure: failure.clone() },
        Event::CancelRequested => Outcome::Cancelled,
        Event::WallSpent => time_spent(run),
        Event::StopRequested => return run.is_stopping = true,
        _ => return,
    };
    run.ending.get_or_insert(outcome);
}

fn time_spent(run: &Run) -> Outcome {
    let seconds = run.budget.wall_ms_max.div_ceil(1000);
    Outcome::Spent { reason: format!("the time of {seconds} s is spent{}", where_it_stood(run)) }
}

/// Whether something may come of waiting a little: our own search is at work, or what a worker left is being checked.
/// Whoever wants a run to end a second time does not want to wait.
pub fn may_stop(run: &Run) -> bool {
    let mut open = run.attempts.iter().filter(|made| made.is_at_work());
    !run.is_stopping
        && run.phase == Phase::Working
        && open.any(|made| made.left.is_some() || is_search(run, &made.worker))
}

/// Whether a run that was to stop has nothing under way any more.
pub(super) fn is_still(run: &Run) -> bool {
    run.is_stopping && !run.attempts.iter().any(Attempt::is_at_work)
}
