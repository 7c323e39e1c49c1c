//! Who works next: the ladder from cheap to dear.

use super::{Next, finish};
use crate::base::ids::AttemptId;
use crate::model::event::Event;
use crate::model::run::{Attempt, AttemptResult, Outcome, Run};
use crate::model::worker::Worker;

/// The worker of an attempt. One that the ladder does not know, as in a journal of an older version, is our own search.
pub fn worker_of(run: &Run, attempt: AttemptId) -> Worker {
    let name = run.attempts.iter().find(|known| known.id == attempt).map(|known| &known.worker);
    let known = run.workers.iter().find(|worker| Some(&worker.name) == name);
    known.cloned().unwrap_or_else(Worker::repair)
}

pub(super) fn start_attempt(run: &Run, worker: Option<&Worker>) -> Next {
    let attempt = AttemptId(run.attempts.len() as u32 + 1);
    let name = worker.map_or(Worker::REPAIR, |worker| &worker.name);
    Next::Record(Event::AttemptStarted { attempt, worker: name.to_owned() })
}

/// What follows an attempt that was not green. A worker without ideas hands over to the next one; one whose change was
/// red tries again while it has attempts left.
pub(super) fn go_on(run: &Run, attempt: &Attempt) -> Next {
    let place = run.workers.iter().position(|worker| worker.name == attempt.worker).unwrap_or(0);
    let n_made = run.attempts.iter().filter(|made| made.worker == attempt.worker).count();
    let is_red = matches!(attempt.result, Some(AttemptResult::Red { .. }));
    let next = if is_red && n_made < run.budget.attempts_max as usize { place } else { place + 1 };
    match run.workers.get(next) {
        Some(worker) => start_attempt(run, Some(worker)),
        None => finish(Outcome::Stuck { reason: stuck(run) }),
    }
}

/// How far each worker came, in the order of the ladder.
fn stuck(run: &Run) -> String {
    let told = |worker: &Worker| {
        let mut made = run.attempts.iter().filter(|attempt| attempt.worker == worker.name);
        let (n_before, last) = (made.clone().count().saturating_sub(1), made.next_back()?);
        Some(match last.result.as_ref()? {
            AttemptResult::Nothing { reason } if n_before == 0 => reason.clone(),
            AttemptResult::Nothing { reason } => format!("{reason} (attempt {})", last.id),
            AttemptResult::Red { reason } => {
                format!("{} attempts were made, the last one was not green: {reason}", n_before + 1)
            }
            AttemptResult::Green => return None,
        })
    };
    run.workers.iter().filter_map(told).collect::<Vec<_>>().join("; ")
}
