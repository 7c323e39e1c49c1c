//! What is known of the part of a proposal that would be in the texts after a decision.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use crate::base::ids::RunId;
use crate::base::path::RepoPath;
use crate::base::text::counted;
use crate::engine::RunView;
use crate::lsp::summary;
use crate::model::proposal::{FileChange, HunkAt, Proposal};
use crate::model::subset::{Choice, SubsetVerdict};

/// The decisions that are in the texts, by run.
pub type Applied = HashMap<RunId, Choice>;

/// Every decision that a proposal asks for.
pub fn all(proposal: &Proposal) -> Choice {
    proposal.files.iter().flat_map(items).collect()
}

fn items(change: &FileChange) -> impl Iterator<Item = HunkAt> {
    change.items()
}

/// What the user has not said no to.
pub fn kept(view: &RunView, proposal: &Proposal) -> Choice {
    &all(proposal) - &view.run.rejected
}

/// Whether these decisions are every one that the proposal asks for.
pub fn is_all(proposal: &Proposal, items: &Choice) -> bool {
    let n_items: usize = proposal.files.iter().map(FileChange::n_items).sum();
    items.len() == n_items && *items == all(proposal)
}

/// Decisions as the engine takes them, hunk by hunk: a file that is made, deleted or renamed brings all of its own.
pub fn as_hunks<'a>(proposal: &Proposal, items: &'a Choice) -> Cow<'a, Choice> {
    if proposal.files.iter().all(|change| change.n_items() == change.hunks.len()) {
        return Cow::Borrowed(items);
    }
    let hunks_of = |(path, item): &HunkAt| -> Vec<HunkAt> {
        let change = proposal.files.iter().find(|change| change.path == *path);
        let whole = change.filter(|change| change.n_items() == 1);
        whole.map_or_else(
            || vec![(path.clone(), *item)],
            |change| (0..change.hunks.len().max(1)).map(|hunk| (path.clone(), hunk)).collect(),
        )
    };
    Cow::Owned(items.iter().flat_map(hunks_of).collect())
}

/// What the checks say of some decisions of a proposal without the others, in words.
pub fn of(view: &Arc<RunView>, proposal: &Proposal, items: &Choice) -> String {
    if is_all(proposal, items) {
        return summary::evidence(&proposal.evidence);
    }
    let hunks = as_hunks(proposal, items);
    if view.checking.contains(&*hunks) {
        return "being checked without the rest".into();
    }
    match view.run.subsets.iter().find(|subset| subset.hunks == *hunks).map(|known| &known.verdict)
    {
        Some(SubsetVerdict::Green { n_passed }) => {
            format!("{} pass without the rest", counted(*n_passed, "test"))
        }
        Some(SubsetVerdict::Red { still_red, broken }) => {
            let n = still_red.len() + broken.len();
            format!("red without the rest: {}", counted(n, "test"))
        }
        Some(SubsetVerdict::Unknown { reason }) => format!("not known without the rest: {reason}"),
        None => "not checked without the rest".into(),
    }
}

/// Whether a verdict on these decisions is known or on its way.
pub fn is_asked(view: &RunView, proposal: &Proposal, items: &Choice) -> bool {
    let hunks = as_hunks(proposal, items);
    items.is_empty()
        || is_all(proposal, items)
        || view.checking.contains(&*hunks)
        || view.run.subsets.iter().any(|subset| subset.hunks == *hunks)
}

/// The decisions of a run that are in the texts: those of one file as just read, those of others as drawn last.
pub fn in_texts(
    applied: &Applied,
    run: RunId,
    path: &RepoPath,
    here: impl Iterator<Item = usize>,
) -> Choice {
    let elsewhere = applied.get(&run).into_iter().flatten().filter(|(file, _)| file != path);
    elsewhere.cloned().chain(here.map(|item| (path.clone(), item))).collect()
}
