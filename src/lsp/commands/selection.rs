//! Which changes of which proposal a command is about.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::lsp_types::Url;

use super::Arguments;
use crate::base::ids::{RunId, StepId};
use crate::base::path::RepoPath;
use crate::engine::Review;
use crate::lsp::acceptance::unknown;
use crate::lsp::error::{Reason, Refusal};
use crate::lsp::from_proto;
use crate::lsp::session::State;
use crate::model::proposal::{FileChange, HunkAt};
use crate::model::subset::Choice;

/// How much of a proposal is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Hunk,
    File,
    /// All that one step of the plan brought.
    Step,
    Proposal,
}

/// What is meant, as an editor or a person says it.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Selection {
    /// Without it the newest proposal that fits.
    task_id: Option<RunId>,
    path: Option<RepoPath>,
    /// The file, in place of `path`.
    uri: Option<Url>,
    hunk: Option<usize>,
    /// A step of the plan.
    step: Option<StepId>,
    /// Only these parts of the hunk; empty for all.
    parts: BTreeSet<usize>,
    /// What is wrong with it, in the person's words.
    feedback: String,
}

/// Decisions of one proposal.
pub struct Selected {
    pub run: RunId,
    pub hunks: Choice,
    pub parts: Vec<usize>,
    pub feedback: String,
}

/// An object that came as text.
pub fn from_text(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

pub fn selected(state: &State, arguments: Arguments, level: Level) -> Result<Selected, Refusal> {
    let selection: Selection = arguments.read(|text| match from_text(text) {
        Value::String(id) => json!({ "taskId": id }),
        object => object,
    })?;
    if level == Level::Hunk && (selection.hunk.is_none() || selection.file_is_missing()) {
        let message = "name the change by `path` and `hunk`, as `greenloop.task.status` lists it";
        return Err(Refusal::new(Reason::BadArguments, message));
    }
    if level == Level::File && selection.file_is_missing() {
        return Err(Refusal::new(Reason::BadArguments, "name the file by `path` or `uri`"));
    }
    if level == Level::Step && selection.step.is_none() {
        return Err(Refusal::new(Reason::BadArguments, "name the step by its number as `step`"));
    }
    if level != Level::Hunk && !selection.parts.is_empty() {
        return Err(Refusal::new(Reason::BadArguments, "only a hunk has `parts`"));
    }
    let named = selection.uri.as_ref().and_then(from_proto::path);
    for (root, review) in reviews(state, selection.task_id) {
        let path = match &named {
            Some(file) => RepoPath::below(root, file),
            None => selection.path.clone(),
        };
        let is_meant = |change: &&FileChange| {
            matches!(level, Level::Step | Level::Proposal)
                || path.as_ref().is_some_and(|path| *path == change.path)
        };
        let files = review.proposal.files.iter().filter(is_meant);
        let items = files.flat_map(FileChange::items);
        let is_meant = |at: &HunkAt| match level {
            Level::Hunk => selection.hunk == Some(at.1),
            Level::Step => review.proposal.step_of(at).map(|step| step.step) == selection.step,
            Level::File | Level::Proposal => true,
        };
        let hunks: Choice = items.filter(is_meant).collect();
        if !hunks.is_empty() {
            let Selection { parts, feedback, .. } = selection;
            let parts = parts.into_iter().collect();
            return Ok(Selected { run: review.proposal.run, hunks, parts, feedback });
        }
    }
    Err(unknown())
}

impl Selection {
    fn file_is_missing(&self) -> bool {
        self.path.is_none() && self.uri.is_none()
    }
}

/// The run whose proposal is meant: the newest where none is named.
pub fn newest(state: &State, named: Option<RunId>) -> Option<RunId> {
    reviews(state, named).first().map(|(_, review)| review.proposal.run)
}

/// The proposals that may be meant, newest first, with their project's folder.
fn reviews(state: &State, run: Option<RunId>) -> Vec<(&Path, Arc<Review>)> {
    let mut all: Vec<_> = state
        .boards
        .iter()
        .flat_map(|(root, board)| {
            board.reviews().into_iter().map(|review| (root.as_path(), review))
        })
        .filter(|(_, review)| run.is_none_or(|run| review.proposal.run == run))
        .collect();
    all.sort_by_key(|(_, review)| Reverse(review.proposal.run));
    all
}
