//! `greenloop.hunk.*`, `greenloop.file.*`, `greenloop.proposal.*`: what the user says to proposed changes.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use tokio::task::spawn_blocking;

use super::selection::{self, Level, Selected, from_text, selected};
use super::{Arguments, Outcome, Reply, start};
use crate::base::ids::{AcceptanceId, RunId};
use crate::base::path::RepoPath;
use crate::engine::{Busy, Command, RunView};
use crate::logic::review::edits::Way;
use crate::logic::{avoid, swap};
use crate::lsp::acceptance::{self, Wanted, unknown};
use crate::lsp::board::Board;
use crate::lsp::error::{Reason, Refusal};
use crate::lsp::review::evidence;
use crate::lsp::review::hunks::{HunkId, settled};
use crate::lsp::review::job::ReviewJob;
use crate::lsp::session::Session;
use crate::model::proposal::Acceptance;
use crate::model::subset::Choice;

/// Has the editor apply changes. What the user said no to is left out unless it is named.
pub async fn accept(session: Arc<Session>, arguments: Arguments, level: Level) -> Outcome {
    acceptance::needs_editor(&session)?;
    let Selected { run, hunks, parts, .. } = {
        let state = session.state();
        let mut selected = selected(&state, arguments, level)?;
        if level != Level::Hunk
            && let Some((_, view)) = state.run(selected.run)
        {
            selected.hunks.retain(|hunk| !view.run.rejected.contains(hunk));
        }
        if selected.hunks.is_empty() {
            let message = "all of this was rejected; restore a change to accept it";
            return Err(Refusal::new(Reason::NotFound, message));
        }
        selected
    };
    let hunks = if level == Level::Hunk { hunks } else { unsettled(&session, run, hunks).await? };
    let wanted = Wanted { parts, ..Wanted::accept(run, hunks) };
    let acceptance = acceptance::begin(&session, wanted).await?;
    Ok(Reply::accepted(run, acceptance))
}

/// Those of some decisions of which something can still be made.
async fn unsettled(session: &Session, run: RunId, mut items: Choice) -> Result<Choice, Refusal> {
    let paths: BTreeSet<&RepoPath> = items.iter().map(|(path, _)| path).collect();
    let jobs: Option<Vec<(RepoPath, ReviewJob)>> = {
        let state = session.state();
        let job = |path: &RepoPath| Some((path.clone(), state.review_job(run, path, None)?));
        paths.into_iter().map(job).collect()
    };
    let jobs = jobs.ok_or_else(unknown)?;
    let settled = spawn_blocking(move || {
        let of = |(path, job): &(RepoPath, ReviewJob)| {
            settled(job).into_iter().map(|item| (path.clone(), item)).collect::<Vec<_>>()
        };
        jobs.iter().flat_map(of).collect::<Choice>()
    });
    let settled = settled.await.map_err(|panic| Refusal::internal(&panic))?;
    items.retain(|item| !settled.contains(item));
    Ok(items)
}

/// Says no to changes, or takes that back.
pub fn decide(session: &Session, arguments: Arguments, level: Level, rejected: bool) -> Outcome {
    let mut state = session.state();
    let Selected { run: id, hunks, feedback: note, .. } = selected(&state, arguments, level)?;
    state.send(id, Command::Decide { id, hunks, rejected, note })?;
    Ok(Reply { task_id: Some(id), ..Reply::default() })
}

/// Says no to changes and has the work done again, without them and with what the person says is wrong with them.
pub fn revise(session: &Arc<Session>, arguments: Arguments, level: Level) -> Outcome {
    let (run, goal) = {
        let mut state = session.state();
        let Selected { run, hunks, feedback, .. } = selected(&state, arguments, level)?;
        let (_, view) = state.run(run).ok_or_else(unknown)?;
        let mut goal = view.run.goal.clone();
        let proposal = view.run.proposal.as_ref().ok_or_else(unknown)?;
        goal.avoid.extend(avoid::of(proposal, &hunks, |_| feedback.clone()));
        // That is what it was.
        goal.wish = None;
        state.send(run, Command::Decide { id: run, hunks, rejected: true, note: feedback })?;
        (run, goal)
    };
    start::again(session, run, goal)
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Swap {
    /// Counted from 1, in the order in which they are told.
    other: usize,
    /// Without it the newest proposal.
    task_id: Option<RunId>,
}

/// Says no to a change and has one checked in its place that was told beside it.
pub fn swap(session: &Arc<Session>, arguments: Arguments) -> Outcome {
    let Swap { other, task_id } = arguments.read(from_text)?;
    let run = selection::newest(&session.state(), task_id).ok_or_else(unknown)?;
    swap_in(session, run, other)
}

/// The same for a run that is known.
pub fn swap_in(session: &Arc<Session>, run: RunId, number: usize) -> Outcome {
    let goal = {
        let mut state = session.state();
        let (_, view) = state.run(run).ok_or_else(unknown)?;
        let (goal, hunks) = swap::goal(&view.run, number).ok_or_else(|| {
            Refusal::new(Reason::NotFound, format!("no other change {number} was told of"))
        })?;
        let note = String::new();
        state.send(run, Command::Decide { id: run, hunks, rejected: true, note })?;
        goal
    };
    start::again(session, run, goal)
}

/// Has the work done again on what is on the screen now.
pub fn rebase(session: &Arc<Session>, arguments: Arguments) -> Outcome {
    let (run, goal) = {
        let state = session.state();
        let Selected { run, .. } = selected(&state, arguments, Level::Proposal)?;
        let (_, view) = state.run(run).ok_or_else(unknown)?;
        (run, view.run.goal.clone())
    };
    start::again(session, run, goal)
}

/// Has the work done again, and lets edits of those files be part of it that were left out.
pub fn include(session: &Arc<Session>, arguments: Arguments) -> Outcome {
    let (run, goal) = {
        let state = session.state();
        let Selected { run, .. } = selected(&state, arguments, Level::Proposal)?;
        let (_, view) = state.run(run).ok_or_else(unknown)?;
        let proposal = view.run.proposal.as_ref().ok_or_else(unknown)?;
        let left_out = proposal.guard.left_out.iter().map(|left| left.change.path.clone());
        let mut goal = view.run.goal.clone();
        let n_before = goal.allow.len();
        goal.allow.extend(left_out);
        if goal.allow.len() == n_before {
            return Err(Refusal::new(Reason::NotFound, "nothing was left out of the proposal"));
        }
        (run, goal)
    };
    start::again(session, run, goal)
}

/// Has the checks run on a part of a proposal: a hunk on top of what is in the texts, or all that was not rejected.
pub fn check(session: &Session, arguments: Arguments, level: Level) -> Outcome {
    let mut state = session.state();
    let Selected { run: id, hunks, .. } = selected(&state, arguments, level)?;
    let (root, view) = state.run(id).ok_or_else(unknown)?;
    let proposal = view.run.proposal.as_ref().ok_or_else(unknown)?;
    let items = match level {
        Level::Hunk | Level::File | Level::Step => {
            let board = state.boards.get(root);
            let texts = board.and_then(|board| board.applied().get(&id));
            texts.map_or_else(|| hunks.clone(), |texts| &texts.applied | &hunks)
        }
        Level::Proposal => evidence::kept(view, proposal),
    };
    let hunks = evidence::as_hunks(proposal, &items).into_owned();
    state.send(id, Command::CheckSubset { id, hunks })?;
    Ok(Reply { task_id: Some(id), ..Reply::default() })
}

/// Looks whether an accepted hunk has arrived in the text.
pub fn recheck(session: Arc<Session>, arguments: Arguments) -> Outcome {
    let id: HunkId = arguments.read(from_text)?;
    let run = id.run;
    session.review_changed();
    let place = session.places.clone().try_acquire_owned().map_err(|_full| Refusal::from(Busy))?;
    tokio::spawn(async move {
        acceptance::look_again(session, id).await;
        drop(place);
    });
    Ok(Reply { task_id: Some(run), ..Reply::default() })
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
    for (run, Acceptance { id: acceptance, hunks, parts, .. }) in candidates {
        let wanted = Wanted { parts, way, acceptance, ..Wanted::accept(run, hunks) };
        match acceptance::begin(&session, wanted).await {
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
