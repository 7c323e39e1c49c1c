//! What people say about a proposal, which goes on after the run's work is over.

use crate::model::event::Event;
use crate::model::proposal::Acceptance;
use crate::model::run::{Objection, Run};
use crate::model::subset::Subset;

/// Folds such an event into a run; `false` for any other, which changes nothing here.
pub(super) fn apply(run: &mut Run, event: &Event) -> bool {
    match event {
        Event::HunksDecided { hunks, rejected: true, note } => {
            run.rejected.extend(hunks.iter().cloned());
            if !note.is_empty() {
                run.objections.push(Objection { hunks: hunks.clone(), note: note.clone() });
            }
        }
        Event::HunksDecided { hunks, rejected: false, .. } => {
            run.rejected.retain(|hunk| !hunks.contains(hunk));
        }
        Event::Accepted { acceptance: id, hunks, parts } => {
            run.acceptances.retain(|known| known.id != *id);
            let (hunks, parts) = (hunks.clone(), parts.clone());
            run.acceptances.push(Acceptance { id: *id, hunks, parts, undone: false });
        }
        Event::TakenBack { acceptance } => {
            let known = run.acceptances.iter_mut().filter(|known| known.id == *acceptance);
            known.for_each(|known| known.undone = true);
        }
        Event::SubsetChecked { tree, hunks, verdict, checks } => {
            let (tree, hunks) = (tree.clone(), hunks.clone());
            run.subsets.retain(|known| known.hunks != hunks);
            let (verdict, checks) = (verdict.clone(), checks.clone());
            run.subsets.push(Subset { tree, hunks, verdict, checks });
        }
        _ => return false,
    }
    true
}
