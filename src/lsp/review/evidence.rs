//! What is known of the part of a proposal that would be in the texts after a decision.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::base::ids::RunId;
use crate::base::path::RepoPath;
use crate::base::text::counted;
use crate::engine::RunView;
use crate::lsp::summary;
use crate::model::proposal::{FileChange, HunkAt, Proposal};
use crate::model::subset::{Choice, SubsetVerdict};

/// What the texts hold of a proposal, and what they hold beside it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InTexts {
    /// The decisions that are in them.
    pub applied: Choice,
    /// Decisions of which a part is.
    pub partly: Choice,
    /// Decisions in whose place is something that the user made.
    pub stuck: Choice,
    /// Files that differ from what the run saw anywhere else.
    pub edited: BTreeSet<RepoPath>,
}

/// What is in the texts, by run.
pub type Applied = HashMap<RunId, InTexts>;

impl InTexts {
    /// This of one file as just read, with that of others as drawn last.
    pub fn with_others(mut self, known: Option<&InTexts>, here: &RepoPath) -> Self {
        let Some(known) = known else { return self };
        let elsewhere = |(path, _): &&HunkAt| path != here;
        self.applied.extend(known.applied.iter().filter(elsewhere).cloned());
        self.partly.extend(known.partly.iter().filter(elsewhere).cloned());
        self.stuck.extend(known.stuck.iter().filter(elsewhere).cloned());
        self.edited.extend(known.edited.iter().filter(|path| *path != here).cloned());
        self
    }

    /// Adds what another text shows.
    pub fn join(&mut self, other: &InTexts) {
        self.applied.extend(other.applied.iter().cloned());
        self.partly.extend(other.partly.iter().cloned());
        self.stuck.extend(other.stuck.iter().cloned());
        self.edited.extend(other.edited.iter().cloned());
    }
}

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

/// What the checks say of the texts once these decisions and no others are in them, in words.
pub fn of(view: &RunView, proposal: &Proposal, items: &Choice, texts: &InTexts) -> String {
    // No tree that was tested has a part of a change, or what the user made of one.
    if !texts.stuck.is_empty() || !texts.partly.is_subset(items) {
        return "not checked with your text".into();
    }
    let past = if texts.edited.is_empty() { "" } else { ", before your latest edits" };
    if is_all(proposal, items) {
        return summary::evidence(&proposal.evidence) + past;
    }
    let hunks = as_hunks(proposal, items);
    if view.checking.contains(&*hunks) {
        return "being checked without the rest".into();
    }
    match view.run.subsets.iter().find(|subset| subset.hunks == *hunks).map(|known| &known.verdict)
    {
        Some(SubsetVerdict::Green { n_passed }) => {
            format!("{} pass without the rest{past}", counted(*n_passed, "test"))
        }
        Some(SubsetVerdict::Red { still_red, broken }) => {
            let n = still_red.len() + broken.len();
            format!("red without the rest: {}{past}", counted(n, "test"))
        }
        Some(SubsetVerdict::Unknown { reason }) => format!("not known without the rest: {reason}"),
        None => "not checked without the rest".into(),
    }
}

/// Decisions that can be made at once, and what is known of the texts with them.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// With what is in the texts.
    pub items: Arc<Choice>,
    pub said: String,
}

impl Offer {
    pub fn new(view: &RunView, proposal: &Proposal, wanted: &Choice, texts: &InTexts) -> Self {
        let items = wanted | &texts.applied;
        Self { said: of(view, proposal, &items, texts), items: Arc::new(items) }
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
