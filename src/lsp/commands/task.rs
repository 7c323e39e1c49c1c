//! `greenloop.task.*`: a look at runs, their end, their resumption.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use super::{Arguments, Outcome, Reply, start};
use crate::base::ids::RunId;
use crate::engine::{Command, RunView};
use crate::lsp::board::Board;
use crate::lsp::error::{Reason, Refusal};
use crate::lsp::progress::Progress;
use crate::lsp::review::view::{self, HunkView};
use crate::lsp::session::{Session, State};
use crate::lsp::summary;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Task {
    /// Without it the newest task that the command makes sense for.
    task_id: Option<RunId>,
}

fn task(arguments: Arguments) -> Result<Option<RunId>, Refusal> {
    arguments.read::<Task>(|id| json!({ "taskId": id })).map(|task| task.task_id)
}

pub fn cancel(session: &Session, arguments: Arguments) -> Outcome {
    let wanted = task(arguments)?;
    let mut state = session.state();
    let running = |view: &RunView| !view.run.is_finished() && !view.interrupted;
    let id = match wanted {
        Some(id) => id,
        None => {
            newest(&state, running).or_else(|| state.waiting()).ok_or_else(|| none("is running"))?
        }
    };
    // Its new state follows as progress.
    state.send(id, Command::Cancel { id })?;
    Ok(Reply { task_id: Some(id), ..Reply::default() })
}

pub fn resume(session: &Arc<Session>, arguments: Arguments) -> Outcome {
    let wanted = task(arguments)?;
    let (id, root) = {
        let state = session.state();
        let id = wanted
            .or_else(|| newest(&state, |view| view.interrupted))
            .ok_or_else(|| none("was interrupted"))?;
        let (root, _) = state.run(id).ok_or_else(|| unknown(id))?;
        (id, root.to_owned())
    };
    let progress = Progress::start(session, id, "Greenloop: resumed");
    let mut state = session.state();
    let folder = state
        .projects
        .folder_of(&root)
        .map(|folder| folder.path.clone())
        .ok_or_else(|| unknown(id))?;
    state.start(id, folder, progress);
    let buffers = start::buffers(&root, &state.started[&id].texts);
    state.send(id, Command::Resume { id, buffers })?;
    Ok(Reply { task_id: Some(id), ..Reply::default() })
}

/// The states of one task or of all, with their hunks as the texts are now.
pub async fn status(session: Arc<Session>, arguments: Arguments) -> Outcome {
    let wanted = task(arguments)?;
    let (views, jobs) = {
        let state = session.state();
        let all = state.boards.values().flat_map(Board::runs);
        let views: Vec<Arc<RunView>> =
            all.filter(|view| wanted.is_none_or(|id| view.run.id == id)).cloned().collect();
        (views, state.jobs(session.capabilities()))
    };
    match wanted {
        Some(id) if views.is_empty() && session.state().started.contains_key(&id) => {
            let waiting = json!({"taskId": id, "phase": "waiting"});
            return Ok(Reply { task_id: Some(id), tasks: vec![waiting], ..Reply::default() });
        }
        Some(id) if views.is_empty() => return Err(unknown(id)),
        Some(_) | None => {}
    }
    let drawn = spawn_blocking(move || view::draw_all(jobs)).await;
    let drawn = drawn.map_err(|panic| Refusal::internal(&panic))?;
    let hunks: Vec<&HunkView> = drawn.views.iter().flat_map(|view| &view.hunks).collect();
    let tasks = views.iter().map(|view| described(view, &hunks)).collect();
    Ok(Reply { task_id: wanted, tasks, ..Reply::default() })
}

fn described(view: &RunView, hunks: &[&HunkView]) -> Value {
    let run = &view.run;
    let own = hunks.iter().filter(|hunk| hunk.id.run == run.id);
    let hunks = own.map(|hunk| {
        json!({"path": hunk.id.path, "hunk": hunk.id.hunk, "label": hunk.label, "state": hunk.state})
    });
    json!({
        "taskId": run.id,
        "goal": run.goal,
        "state": summary::state(view),
        "phase": run.phase,
        "interrupted": view.interrupted,
        "evidence": run.proposal.as_ref().map(|proposal| &proposal.evidence),
        "hunks": hunks.collect::<Vec<_>>(),
    })
}

fn newest(state: &State, fits: impl Fn(&RunView) -> bool) -> Option<RunId> {
    let all = state.boards.values().flat_map(Board::runs);
    all.filter(|view| fits(view)).map(|view| view.run.id).max()
}

fn none(what: &str) -> Refusal {
    Refusal::new(Reason::NotFound, format!("no task {what}"))
}

fn unknown(id: RunId) -> Refusal {
    Refusal::new(Reason::NotFound, format!("task {id} is not known"))
}
