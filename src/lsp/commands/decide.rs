//! `greenloop.hunk.*`, `greenloop.file.*`, `greenloop.proposal.*`: what the user says to proposed changes.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tower_lsp::lsp_types::Url;

use super::{Arguments, Outcome, Reply};
use crate::base::ids::{AcceptanceId, RunId};
use crate::base::path::RepoPath;
use crate::engine::{Command, Review, RunView};
use crate::logic::review::edits::Way;
use crate::lsp::acceptance::{self, Wanted, unknown};
use crate::lsp::board::Board;
use crate::lsp::error::{Reason, Refusal};
use crate::lsp::from_proto;
use crate::lsp::review::hunks::HunkId;
use crate::lsp::session::{Session, State};
use crate::model::proposal::{Acceptance, FileChange, HunkAt};
use crate::model::subset::Choice;

/// How much of a proposal is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Hunk,
    File,
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
    /// Only these parts of the hunk; empty for all.
    parts: Vec<usize>,
}

/// Decisions of one proposal.
struct Chosen {
    run: RunId,
    hunks: Choice,
    parts: Vec<usize>,
}

/// Has the editor apply changes. What the user said no to is left out unless it is named.
pub async fn accept(session: Arc<Session>, arguments: Arguments, level: Level) -> Outcome {
    acceptance::needs_editor(&session)?;
    let chosen = {
        let state = session.state();
        let mut chosen = chosen(&state, arguments, level)?;
        if level != Level::Hunk
            && let Some((_, view)) = state.run(chosen.run)
        {
            chosen.hunks.retain(|hunk| !view.run.rejected.contains(hunk));
        }
        chosen
    };
    let Chosen { run, hunks, parts } = chosen;
    let wanted = Wanted { parts, ..Wanted::accept(run, hunks) };
    let acceptance = acceptance::begin(&session, wanted).await?;
    Ok(Reply::accepted(run, acceptance))
}

/// Says no to changes, or takes that back.
pub fn decide(session: &Session, arguments: Arguments, level: Level, rejected: bool) -> Outcome {
    let mut state = session.state();
    let Chosen { run: id, hunks, .. } = chosen(&state, arguments, level)?;
    state.send(id, Command::Decide { id, hunks, rejected })?;
    Ok(Reply { task_id: Some(id), ..Reply::default() })
}

/// Looks whether an accepted hunk has arrived in the text.
pub fn recheck(session: Arc<Session>, arguments: Arguments) -> Outcome {
    let id: HunkId = arguments.read(from_text)?;
    let run = id.run;
    session.review_changed();
    tokio::spawn(acceptance::look_again(session, id));
    Ok(Reply { task_id: Some(run), ..Reply::default() })
}

/// An object that came as text.
fn from_text(text: String) -> Value {
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

fn chosen(state: &State, arguments: Arguments, level: Level) -> Result<Chosen, Refusal> {
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
    let named = selection.uri.as_ref().and_then(from_proto::path);
    for (root, review) in reviews(state, selection.task_id) {
        let path = match &named {
            Some(file) => RepoPath::below(root, file),
            None => selection.path.clone(),
        };
        let is_meant = |change: &&FileChange| {
            level == Level::Proposal || path.as_ref().is_some_and(|path| *path == change.path)
        };
        let files = review.proposal.files.iter().filter(is_meant);
        let items =
            files.flat_map(|change| (0..change.n_items()).map(|hunk| (change.path.clone(), hunk)));
        let is_meant =
            |at: &HunkAt| level != Level::Hunk || selection.hunk.is_some_and(|hunk| hunk == at.1);
        let hunks: Choice = items.filter(is_meant).collect();
        if !hunks.is_empty() {
            return Ok(Chosen { run: review.proposal.run, hunks, parts: selection.parts });
        }
    }
    Err(unknown())
}

impl Selection {
    fn file_is_missing(&self) -> bool {
        self.path.is_none() && self.uri.is_none()
    }
}

/// The proposals that may be meant, newest first, with their project's folder.
fn reviews(state: &State, run: Option<RunId>) -> Vec<(&std::path::Path, Arc<Review>)> {
    let mut all: Vec<_> = state
        .boards
        .iter()
        .flat_map(|(root, board)| {
            board.reviews().into_iter().map(|review| (root.as_path(), review))
        })
        .filter(|(_, review)| run.is_none_or(|run| review.proposal.run == run))
        .collect();
    all.sort_by_key(|(_, review)| std::cmp::Reverse(review.proposal.run));
    all
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Undo {
    /// Without it the latest acceptance that is in the texts.
    acceptance_id: Option<AcceptanceId>,
    task_id: Option<RunId>,
}

/// Takes an earlier acceptance back, or makes one again that was taken back.
pub async fn undo(session: Arc<Session>, arguments: Arguments, way: Way) -> Outcome {
    let asked: Undo = arguments.read(|id| json!({ "acceptanceId": id }))?;
    let candidates: Vec<(RunId, Acceptance)> = {
        let state = session.state();
        let views = state.boards.values().flat_map(Board::runs);
        let views = views.filter(|view| asked.task_id.is_none_or(|id| view.run.id == id));
        let undone = way == Way::In;
        let fits = |known: &&Acceptance| match asked.acceptance_id {
            Some(id) => known.id == id,
            None => known.undone == undone,
        };
        let of = |view: &Arc<RunView>| {
            let known = view.run.acceptances.iter().filter(fits);
            known.map(|known| (view.run.id, known.clone())).collect::<Vec<_>>()
        };
        views.flat_map(of).collect()
    };
    let mut candidates = candidates;
    candidates.sort_by_key(|(_, acceptance)| std::cmp::Reverse(acceptance.id));
    let mut refusal = Refusal::new(
        Reason::NotFound,
        match way {
            Way::Out => "nothing that was accepted is there to be taken back",
            Way::In => "nothing was taken back that could be made again",
        },
    );
    for (run, Acceptance { id: acceptance, hunks, .. }) in candidates {
        match acceptance::begin(&session, Wanted { run, hunks, parts: Vec::new(), way, acceptance })
            .await
        {
            Ok(acceptance) => return Ok(Reply::accepted(run, acceptance)),
            // The editor's own undo was there before.
            Err(stale) if stale.reason == Reason::Stale && asked.acceptance_id.is_none() => {
                refusal = stale;
            }
            Err(other) => return Err(other),
        }
    }
    Err(refusal)
}
