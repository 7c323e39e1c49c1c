//! Runs that other processes work on, followed through the journal.

use std::time::Instant;

use super::{Dispatcher, Entry};
use crate::base::ids::RunId;
use crate::base::limits;
use crate::engine::recover::{self, Known};

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

    /// Reads a run anew that has other events in the journal than here, unless we work on it ourselves.
    fn follow(&mut self, id: RunId, n_events: usize) {
        let entry = self.runs.get_mut(&id);
        let is_known = entry.as_ref().is_some_and(|entry| entry.n_events == n_events);
        if is_known || entry.as_ref().is_some_and(|entry| entry.work.is_some()) {
            return;
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
