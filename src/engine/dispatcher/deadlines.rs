//! Wall time: a run whose time is over ends.

use std::time::Duration;

use super::Dispatcher;
use crate::base::ids::RunId;
use crate::io::clock;
use crate::model::event::Event;

impl Dispatcher {
    fn deadlines(&self) -> impl Iterator<Item = (RunId, u64)> {
        let working =
            self.runs.values().filter(|entry| entry.work.is_some() && !entry.run.is_finished());
        working.map(|entry| {
            (entry.run.id, entry.run.started_ms.saturating_add(entry.run.budget.wall_ms_max))
        })
    }

    pub(super) fn until_deadline(&self) -> Duration {
        let next = self.deadlines().map(|(_, at_ms)| at_ms).min();
        next.map_or(Duration::from_secs(3600), |at_ms| {
            Duration::from_millis(at_ms.saturating_sub(clock::now_ms()) + 1)
        })
    }

    pub(super) fn end_overdue(&mut self) {
        let now = clock::now_ms();
        let overdue: Vec<RunId> =
            self.deadlines().filter(|(_, at_ms)| *at_ms <= now).map(|(id, _)| id).collect();
        for id in overdue {
            if let Err(failure) = self.end(id, Event::WallSpent) {
                self.abandon(id, failure);
            }
        }
    }
}
