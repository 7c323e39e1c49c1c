//! What the journal knows when an engine starts.

use std::path::Path;

use super::{Review, ReviewFile};
use crate::base::ids::RunId;
use crate::base::limits;
use crate::io::journal::Journal;
use crate::io::run_lock::RunLock;
use crate::io::store::Store;
use crate::logic::machine;
use crate::model::event::Event;
use crate::model::failure::{Failure, FailureKind};
use crate::model::run::Run;

/// What is written down about a project's runs.
#[derive(Clone, Copy)]
pub(super) struct Records<'a> {
    pub journal: &'a Journal,
    pub store: &'a Store,
    /// The folder of the runs' locks.
    pub state: &'a Path,
}

/// A run as the journal has it.
pub(super) struct Known {
    pub run: Run,
    pub review: Option<Review>,
    /// Nobody works on it and it has not finished.
    pub interrupted: bool,
    pub n_events: usize,
}

/// The runs still of interest, oldest first. A run whose rows cannot be read is left out rather than hiding the rest.
pub(super) fn known_runs(records: &Records<'_>) -> Result<Vec<Known>, Failure> {
    let mut ids = records.journal.latest(limits::RUNS_SHOWN_MAX)?;
    ids.reverse();
    Ok(ids.into_iter().filter_map(|id| known_run(records, id)).collect())
}

/// A run; `None` when its rows cannot be read.
pub(super) fn known_run(records: &Records<'_>, id: RunId) -> Option<Known> {
    let events = records.journal.events(id).ok()?;
    let run = fold(&events)?;
    let interrupted = is_interrupted(records, &run, events.len());
    let review = review(records, &run).ok().flatten();
    Some(Known { run, review, interrupted, n_events: events.len() })
}

/// Whether no process works on a run that has not finished, of which `n_events` were read.
pub(super) fn is_interrupted(records: &Records<'_>, run: &Run, n_events: usize) -> bool {
    if run.is_finished() {
        return false;
    }
    let Ok(Some(_alone)) = RunLock::take(records.state, run.id) else { return false };
    // Whoever worked on it may have finished it after we read it; with the lock in our hands nobody does.
    records.journal.events(run.id).is_ok_and(|events| events.len() == n_events)
}

/// The run that a list of events makes.
pub(super) fn fold(events: &[Event]) -> Option<Run> {
    let (first, later) = events.split_first()?;
    let mut run = machine::begin(first)?;
    later.iter().for_each(|event| machine::apply(&mut run, event));
    Some(run)
}

/// A run's proposal with its texts from the store; `None` when it has none.
pub(super) fn review(records: &Records<'_>, run: &Run) -> Result<Option<Review>, Failure> {
    let Some(proposal) = &run.proposal else { return Ok(None) };
    let text = |blob| {
        let bytes = records.store.blob(blob)?;
        String::from_utf8(bytes).map_err(|error| {
            Failure::new(
                FailureKind::Bug,
                format!("a proposal holds a file that is no text: {error}"),
                "Please report this.",
            )
        })
    };
    let files = proposal
        .files
        .iter()
        .map(|file| {
            Ok(ReviewFile {
                path: file.path.clone(),
                kind: file.kind.clone(),
                before: text(&file.before)?.into(),
                after: text(&file.after)?.into(),
                rejected: (0..file.n_items())
                    .map(|hunk| run.rejected.contains(&(file.path.clone(), hunk)))
                    .collect(),
            })
        })
        .collect::<Result<_, Failure>>()?;
    Ok(Some(Review { proposal: proposal.clone(), files }))
}
