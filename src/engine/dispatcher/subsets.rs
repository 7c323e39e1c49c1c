//! Checks of parts of a proposal. Reviewers ask for them, mostly after the run ended.

use super::{Dispatcher, refused};
use crate::base::cancel::CancelToken;
use crate::base::ids::{RunId, TreeId};
use crate::base::limits;
use crate::engine::changes::with_hunks;
use crate::engine::executor::Project;
use crate::engine::{Notice, Review};
use crate::logic::machine::Effect;
use crate::logic::subset;
use crate::model::event::Event;
use crate::model::failure::Failure;
use crate::model::subset::Choice;

/// A choice that is being checked, or waits for it.
pub(super) struct Checking {
    pub tree: TreeId,
    pub hunks: Choice,
    pub cancel: CancelToken,
}

impl Dispatcher {
    /// Has the choice checked, unless that is done or under way.
    pub(super) fn check_subset(&mut self, id: RunId, hunks: Choice) -> Result<(), Failure> {
        let project = self.project.clone();
        let entry = self.known(id)?;
        let Some(review) = entry.review.clone() else {
            return Err(refused(format!("run {id} has no proposal"), "Wait until it has one."));
        };
        let is_asked = entry.checking.iter().any(|asked| asked.hunks == hunks);
        let mut subsets = entry.run.subsets.iter();
        if is_asked || subsets.any(|known| known.hunks == hunks && known.verdict.is_known()) {
            self.publish(id);
            return Ok(());
        }
        if entry.checking.len() >= limits::SUBSETS_WAITING_MAX {
            return Err(refused(
                format!("{} parts of run {id} wait to be checked", limits::SUBSETS_WAITING_MAX),
                "Wait for some of them, or cancel.",
            ));
        }
        let tree = tree(&project, &review, &hunks)?;
        if let Some((verdict, checks)) = subset::known(&entry.run, &tree) {
            return self.record(id, Event::SubsetChecked { tree, hunks, verdict, checks });
        }
        let same = entry.checking.iter().find(|asked| asked.tree == tree);
        let cancel = same.map_or_else(CancelToken::new, |same| same.cancel.clone());
        if same.is_none() {
            let effect = Effect::CheckSubset { tree: tree.clone(), hunks: hunks.clone() };
            self.waiting.push_back((id, effect));
        }
        self.known(id)?.checking.push(Checking { tree, hunks, cancel });
        self.publish(id);
        self.start_waiting();
        Ok(())
    }

    /// A check came back: its verdict is that of every choice that makes the same tree.
    pub(super) fn subset_checked(&mut self, id: RunId, event: Event) {
        let Event::SubsetChecked { tree, verdict, checks, .. } = event else { return };
        let Some(entry) = self.runs.get_mut(&id) else { return };
        let done: Vec<Checking> =
            entry.checking.extract_if(.., |asked| asked.tree == tree).collect();
        for Checking { tree, hunks, .. } in done {
            let (verdict, checks) = (verdict.clone(), checks.clone());
            if let Err(failure) =
                self.record(id, Event::SubsetChecked { tree, hunks, verdict, checks })
            {
                (self.listener)(&Notice::Refused { id, failure });
                self.publish(id);
            }
        }
    }

    /// Ends the checks of a run's parts; each comes back saying so.
    pub(super) fn cancel_subsets(&mut self, id: RunId) {
        let checking = self.runs.get(&id).map(|entry| entry.checking.as_slice());
        checking.unwrap_or_default().iter().for_each(|asked| asked.cancel.cancel());
    }
}

/// The proposal's base with these hunks and no others.
fn tree(project: &Project, review: &Review, hunks: &Choice) -> Result<TreeId, Failure> {
    let proposal = &review.proposal;
    let texts = review.files.iter().map(|file| &*file.before);
    let files: Vec<_> = proposal.files.iter().zip(texts).collect();
    with_hunks(&project.store, &proposal.base, &files, hunks)
}
