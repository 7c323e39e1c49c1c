//! How far people have decided about what was proposed.

use std::fmt;

use crate::model::proposal::FileChange;
use crate::model::run::Run;
use crate::model::subset::Choice;

/// Numbers of decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    pub n_open: usize,
    pub n_accepted: usize,
    pub n_rejected: usize,
}

impl Decided {
    /// What was accepted in parts only is open.
    pub fn of<'a>(run: &Run, files: impl IntoIterator<Item = &'a FileChange>) -> Decided {
        let stands = run.acceptances.iter().filter(|known| !known.undone && known.parts.is_empty());
        let accepted: Choice = stands.flat_map(|known| known.hunks.iter().cloned()).collect();
        let mut decided = Decided::default();
        for at in files.into_iter().flat_map(FileChange::items) {
            let place = match (accepted.contains(&at), run.rejected.contains(&at)) {
                (true, _) => &mut decided.n_accepted,
                (false, true) => &mut decided.n_rejected,
                (false, false) => &mut decided.n_open,
            };
            *place += 1;
        }
        decided
    }

    /// About all that a run proposes; `None` where it proposes nothing.
    pub fn of_run(run: &Run) -> Option<Decided> {
        run.proposal.as_ref().map(|proposal| Decided::of(run, &proposal.files))
    }
}

impl fmt::Display for Decided {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { n_open, n_accepted, n_rejected } = *self;
        let all =
            [(n_open, "to decide"), (n_accepted, "accepted"), (n_rejected, "rejected")].into_iter();
        let told = all.filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}"));
        f.write_str(&told.collect::<Vec<_>>().join(", "))
    }
}
