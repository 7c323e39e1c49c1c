//! `greenloop.task.*`: a look at runs, their end, their resumption.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::{Arguments, Outcome, Reply, start};
use crate::base::ids::{RunId, StepId};
use crate::engine::{Command, RunView};
use crate::lsp::board::Board;
use crate::lsp::error::{Reason, Refusal};
use crate::lsp::plans;
use crate::lsp::progress::Progress;
use crate::lsp::session::{Session, State};
use crate::lsp::tasks;

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
    let buffers = start::buffers(&root, &state.on_screen());
    state.send(id, Command::Resume { id, buffers })?;
    Ok(Reply { task_id: Some(id), ..Reply::default() })
}

pub fn pause(session: &Session, arguments: Arguments) -> Outcome {
    let wanted = task(arguments)?;
    let running = |view: &RunView| !view.run.is_finished() && view.run.paused_ms.is_none();
    steer(session, wanted, running, |id| Command::Pause { id })
}

pub fn unpause(session: &Session, arguments: Arguments) -> Outcome {
    let wanted = task(arguments)?;
    steer(session, wanted, |view| view.run.paused_ms.is_some(), |id| Command::Unpause { id })
}

fn steer(
    session: &Session,
    wanted: Option<RunId>,
    fits: impl Fn(&RunView) -> bool,
    command: impl Fn(RunId) -> Command,
) -> Outcome {
    let mut state = session.state();
    let id = wanted.or_else(|| newest(&state, fits)).ok_or_else(|| none("is there for that"))?;
    state.send(id, command(id))?;
    Ok(Reply { task_id: Some(id), ..Reply::default() })
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Refused {
    task_id: Option<RunId>,
    feedback: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
struct Approved {
    task_id: Option<RunId>,
    /// The step that the plan leaves to be done, with what it waits for; without it whatever the plan says.
    only: Option<StepId>,
    /// Only this step of the plan, where it is asked about.
    step: Option<StepId>,
}

pub async fn approve(session: Arc<Session>, arguments: Arguments) -> Outcome {
    let Approved { task_id, only, step } = arguments.read(|id| json!({ "taskId": id }))?;
    let id = planned(&session, task_id)?;
    match step {
        Some(step) => plans::approve_step(&session, id, step)?,
        None => plans::approve(&session, id, only).await?,
    }
    Ok(Reply { task_id: Some(id), ..Reply::default() })
}

pub fn refuse(session: &Session, arguments: Arguments) -> Outcome {
    let Refused { task_id, feedback } = arguments.read(|id| json!({ "taskId": id }))?;
    let id = planned(session, task_id)?;
    plans::refuse(session, id, &feedback)?;
    Ok(Reply { task_id: Some(id), ..Reply::default() })
}

/// The run that is meant, else the newest that has a plan and has not ended.
fn planned(session: &Session, wanted: Option<RunId>) -> Result<RunId, Refusal> {
    let has_plan = |view: &RunView| !view.run.is_finished() && view.run.plan.is_some();
    wanted.or_else(|| newest(&session.state(), has_plan)).ok_or_else(|| none("has a plan"))
}

/// The states of one task or of all, with their hunks as the texts are now.
pub async fn status(session: Arc<Session>, arguments: Arguments) -> Outcome {
    let wanted = task(arguments)?;
    let tasks = tasks::described(&session, wanted).await?;
    let question = session.questions.shown();
    match wanted {
        Some(id) if tasks.is_empty() && session.state().started.contains_key(&id) => {
            let waiting = json!({"taskId": id, "phase": "waiting"});
            Ok(Reply { task_id: Some(id), tasks: vec![waiting], ..Reply::default() })
        }
        Some(id) if tasks.is_empty() => Err(unknown(id)),
        Some(_) | None => Ok(Reply { task_id: wanted, tasks, question, ..Reply::default() }),
    }
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
