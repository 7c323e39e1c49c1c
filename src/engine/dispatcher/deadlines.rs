//! Wall time: a run whose time is over ends, and a question that nobody answers in time is answered with no.

use std::time::Duration;

use super::Dispatcher;
use crate::base::ids::RunId;
use crate::io::clock;
use crate::logic::machine::{self, Due};
use crate::model::event::Event;
use crate::model::question::Answer;

impl Dispatcher {
    fn deadlines(&self) -> impl Iterator<Item = (RunId, Due, u64)> {
        let working =
            self.runs.values().filter(|entry| entry.work.is_some() && !entry.run.is_finished());
        working.flat_map(|entry| {
            machine::deadlines(&entry.run)
                .into_iter()
                .map(|(due, at_ms)| (entry.run.id, due, at_ms))
        })
    }

    pub(super) fn until_deadline(&self) -> Duration {
        let next = self.deadlines().map(|(_, _, at_ms)| at_ms).min();
        next.map_or(Duration::from_secs(3600), |at_ms| {
            Duration::from_millis(at_ms.saturating_sub(clock::now_ms()) + 1)
        })
    }

    pub(super) fn end_overdue(&mut self) {
        let at_ms = clock::now_ms();
        let overdue: Vec<(RunId, Due)> = self
            .deadlines()
            .filter(|(_, _, deadline)| *deadline <= at_ms)
            .map(|(id, due, _)| (id, due))
            .collect();
        for (id, due) in overdue {
            let done = match due {
                Due::Wall => self.end(id, Event::WallSpent),
                Due::Answer(question) => {
                    self.steer(id, Event::Answered { question, answer: Answer::Late, at_ms })
                }
            };
            if let Err(failure) = done {
                self.abandon(id, failure);
            }
        }
    }
}
