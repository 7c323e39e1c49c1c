//! What is not to be proposed: trees that were not good enough, and changes that somebody said no to.

use std::collections::BTreeMap;

use super::super::Assignment;
use super::fast_path::{Job, Patch};
use super::patch;
use crate::base::ids::TreeId;
use crate::base::path::RepoPath;
use crate::io::store::Store;
use crate::logic::{avoid, diff};
use crate::model::failure::Failure;
use crate::model::run::Avoid;
use crate::repair::Source;

pub(super) struct Refusals<'a> {
    pub trees: &'a [TreeId],
    avoid: &'a [Avoid],
    /// The texts that changes start from, of files in which some are avoided.
    before: BTreeMap<&'a RepoPath, String>,
}

impl<'a> Refusals<'a> {
    pub fn of(store: &Store, assignment: &Assignment<'a>) -> Result<Self, Failure> {
        let avoid = &assignment.goal.avoid;
        let mut before = BTreeMap::new();
        for path in avoid.iter().map(|avoid| &avoid.path) {
            let text =
                store.read(assignment.tree, path)?.and_then(|text| String::from_utf8(text).ok());
            before.extend(text.map(|text| (path, text)));
        }
        Ok(Self { trees: assignment.refused, avoid, before })
    }

    /// Whether the patch makes what was refused, or a change that somebody said no to.
    pub fn hold(&self, job: &Job<'_>, patch: &Patch<'_>) -> bool {
        let tree = || patch::tree(job, &patch::files(job.sources, patch)?).ok();
        let is_refused =
            !self.trees.is_empty() && tree().is_some_and(|it| self.trees.contains(&it));
        is_refused || self.avoid(job.sources, patch)
    }

    /// Whether the patch makes a change that somebody said no to.
    pub fn avoid(&self, sources: &[Source], patch: &Patch<'_>) -> bool {
        if !patch.iter().any(|candidate| self.before.contains_key(&candidate.path)) {
            return false;
        }
        patch::files(sources, patch).into_iter().flatten().any(|file| {
            self.before.get(&file.path).is_some_and(|before| {
                let hunks = diff::hunks(before, &file.text);
                avoid::avoided(self.avoid, &file.path, &hunks).is_some()
            })
        })
    }
}
