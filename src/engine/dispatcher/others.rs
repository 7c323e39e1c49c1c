//! Runs that other processes work on, followed through the journal.

use std::time::Instant;

use super::{Dispatcher, Entry};
use crate::base::ids::RunId;
use crate::base::limits;
use crate::engine::recover::{self, Known};
use crate::io::run_lock::RunLock;
use crate::model::failure::Failure;

impl From<Known> for Entry {
    fn from(known: Known) -> Self {
        let Known { run, review, interrupted, n_events } = known;
        let review = review.map(Into::into);
        Self { run, review, work: None, interrupted, checking: Vec::new(), n_events }
    }
}

impl Dispatcher {
    /// Takes in what other processes wrote, now and then. A journal that cannot be read now is read the next time.
    pub(super) fn look_at_others(&mut self) {
        if self.looked.elapsed() < limits::OTHERS_WATCH_EVERY {
            return;
        }
        self.looked = Instant::now();
        if let Ok(true) = self.project.journal.has_changed()
            && let Ok(lengths) = self.project.journal.lengths(limits::RUNS_SHOWN_MAX)
        {
            for (id, n_events) in lengths.into_iter().rev() {
                self.follow(id, n_events);
            }
        }
        self.find_interrupted();
    }

    /// Takes in what another process added to a run that we work on, and goes on with it.
    fn heed(&mut self, id: RunId, n_events: usize) {
        match self.catch_up(id, n_events) {
            Ok(()) => self.advance(id),
            Err(failure) => self.abandon(id, failure),
        }
    }

    /// Takes in the events of a run up to the `n_events`-th that other processes added to the journal.
    pub(super) fn catch_up(&mut self, id: RunId, n_events: usize) -> Result<(), Failure> {
        let n_known = self.known(id)?.n_events;
        if n_known >= n_events {
            return Ok(());
        }
        let events = self.project.journal.events(id)?;
        let new = events.into_iter().take(n_events).skip(n_known);
        new.into_iter().try_for_each(|event| self.fold(id, event))
    }

    /// Whether a process works on a run, this one included.
    pub(super) fn is_worked_on(&self, id: RunId) -> Result<bool, Failure> {
        Ok(RunLock::take(&self.project.dirs.state, id)?.is_none())
    }

    /// Reads a run anew that has other events in the journal than here; what people want of one that we work on is heeded.
    fn follow(&mut self, id: RunId, n_events: usize) {
        let entry = self.runs.get_mut(&id);
        if entry.as_ref().is_some_and(|entry| entry.n_events == n_events) {
            return;
        }
        if entry.as_ref().is_some_and(|entry| entry.work.is_some()) {
            return self.heed(id, n_events);
        }
        let Some(fresh) = recover::known_run(&self.project.records(), id) else { return };
        let fresh = Entry::from(fresh);
        if let Some(entry) = entry {
            // What we check of it goes on.
            let checking = std::mem::take(&mut entry.checking);
            *entry = Entry { checking, ..fresh };
        } else {
            self.runs.insert(id, fresh);
        }
        self.publish(id);
    }

    /// Runs whose process died leave no trace in the journal.
    fn find_interrupted(&mut self) {
        let records = self.project.records();
        let mut found = Vec::new();
        for entry in self.runs.values_mut().filter(|entry| entry.work.is_none()) {
            if !entry.interrupted && recover::is_interrupted(&records, &entry.run, entry.n_events) {
                entry.interrupted = true;
                found.push(entry.run.id);
            }
        }
        found.into_iter().for_each(|id| self.publish(id));
    }
}
