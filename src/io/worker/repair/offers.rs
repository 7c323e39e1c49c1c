//! Patches that pass and that nobody refused: those of a search, and what an earlier one left of them.

use super::super::Assignment;
use super::fast_path::{Job, Patch};
use super::patch;
use crate::base::ids::TreeId;
use crate::base::limits::JUDGED_MAX;
use crate::model::event::WorkResult;
use crate::model::failure::Failure;
use crate::model::proposal::{Confidence, Other, SearchFact};
use crate::model::run::Attempt;
use crate::repair::{Candidate, Source};

/// A patch that passes and that nobody refused.
pub(super) struct Offer {
    pub patch: Vec<Candidate>,
    /// The files it changes, as they become.
    pub files: Vec<Source>,
    /// The tree that holds it.
    pub tree: TreeId,
}

/// The best patches that nobody refused, best first.
pub(super) fn offers(job: &Job<'_>, ranked: Vec<Vec<Candidate>>) -> Result<Vec<Offer>, Failure> {
    let mut offers = Vec::new();
    for patch in ranked {
        if offers.len() == JUDGED_MAX {
            break;
        }
        let parts: Patch<'_> = patch.iter().collect();
        let Some(files) = patch::files(job.sources, &parts) else { continue };
        let tree = patch::tree(job, &files)?;
        offers.push(Offer { patch, files, tree });
    }
    Ok(offers)
}

/// Has what was found on top of other edits tell of those too.
pub(super) fn stand_on(other: &mut Other, titles: &[String]) {
    other.title = format!("{}; {}", titles.join("; "), other.title);
    // It would not fit the tree that the person has.
    other.diff.clear();
}

/// The best of what an earlier search from the same tree found beside what was refused since.
pub(super) fn known_other(assignment: &Assignment<'_>) -> Option<WorkResult> {
    let (open, earlier) = assignment.attempts.split_last()?;
    let is_like = |made: &&&Attempt| made.worker == open.worker && made.base == open.base;
    let last = earlier.iter().rev().find(is_like)?;
    let Some(WorkResult::Changed { search: Some(search), .. }) = &last.left else { return None };
    let mut others = search.others.iter();
    let other = others
        .find(|other| other.tree.as_ref().is_some_and(|tree| !assignment.refused.contains(tree)))?;
    let fact = SearchFact {
        reason: other.title.clone(),
        template: other.template.clone(),
        confidence: Some(Confidence::Unjudged),
        strength: None,
        others: others.as_slice().to_vec(),
        ..search.clone()
    };
    let (tree, title) = (other.tree.clone()?, other.title.clone());
    Some(WorkResult::Changed { tree, title, search: Some(fact) })
}
