//! Runs as programs see them: the answer to `greenloop.task.status` and `greenloop/snapshot`, and what `greenloop/state`
//! tells editors that listen.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::{JoinError, spawn_blocking};
use tower_lsp::lsp_types::{TextDocumentIdentifier, Url};

use super::board::Board;
use super::error::Refusal;
use super::review::hunks::HunkView;
use super::review::view::{self, Drawn};
use super::review::view_of;
use super::session::{Session, State};
use super::{plans, summary};
use crate::base::ids::RunId;
use crate::engine::RunView;
use crate::logic::machine::{self, StepState};
use crate::logic::overview;
use crate::model::plan::Step;
use crate::model::question::Question;
use crate::model::run::{Attempt, AttemptResult, Outcome};

pub const SNAPSHOT: &str = "greenloop/snapshot";
pub const HUNKS: &str = "greenloop/hunks";
pub const STATE: &str = "greenloop/state";

/// One run or all of them, with their hunks as the texts are now.
pub async fn described(
    session: &Arc<Session>,
    wanted: Option<RunId>,
) -> Result<Vec<Value>, Refusal> {
    let (views, jobs) = {
        let state = session.state();
        let views = views(&state, wanted);
        (views, state.jobs(session.capabilities()))
    };
    let drawn = spawn_blocking(move || entries(&views, &view::draw_all(jobs))).await;
    drawn.map_err(|panic| Refusal::internal(&panic))
}

fn views(state: &State, wanted: Option<RunId>) -> Vec<Arc<RunView>> {
    let all = state.boards.values().flat_map(Board::runs);
    all.filter(|view| wanted.is_none_or(|id| view.run.id == id)).cloned().collect()
}

fn entries(views: &[Arc<RunView>], drawn: &Drawn) -> Vec<Value> {
    let all = drawn.views.iter().flat_map(|view| view.hunks.iter().map(|hunk| (&view.uri, hunk)));
    let hunks: Vec<(&Url, &HunkView)> = all.collect();
    views.iter().map(|view| entry(view, &hunks)).collect()
}

fn entry(view: &RunView, hunks: &[(&Url, &HunkView)]) -> Value {
    let run = &view.run;
    let own = hunks.iter().filter(|(_, hunk)| hunk.id.run == run.id);
    json!({
        "taskId": run.id,
        "title": summary::title(run),
        "startedMs": run.started_ms,
        "goal": run.goal,
        "state": summary::state(view),
        "phase": run.phase,
        "outcome": run.outcome().map(Outcome::word),
        "interrupted": view.interrupted,
        "paused": run.paused_ms.is_some(),
        "checked": run.baseline.is_some(),
        "budget": run.budget,
        "spent": run.spent,
        "steps": steps(view),
        "questions": questions(view),
        "evidence": run.proposal.as_ref().map(|proposal| &proposal.evidence),
        "hunks": own.map(|(uri, hunk)| in_list(view, uri, hunk)).collect::<Vec<_>>(),
        "acceptances": run.acceptances,
        "subsets": run.subsets,
        "checking": view.checking,
    })
}

/// A decision in the list of its run.
fn in_list(view: &RunView, uri: &Url, hunk: &HunkView) -> Value {
    let at = (hunk.id.path.clone(), hunk.id.hunk);
    let step = view.run.proposal.as_ref().and_then(|proposal| proposal.step_of(&at));
    json!({
        "path": hunk.id.path,
        "hunk": hunk.id.hunk,
        "label": hunk.label,
        "state": hunk.state,
        "evidence": hunk.evidence,
        "uri": uri,
        "range": hunk.range,
        "added": hunk.inserted.lines().count(),
        "removed": hunk.n_removed,
        "step": step.map(|step| step.step),
    })
}

/// The steps of a run's plan, each with the attempts at it.
fn steps(view: &RunView) -> Vec<Value> {
    let run = &view.run;
    let Some(plan) = &run.plan else { return Vec::new() };
    let states = machine::states(run, plan);
    let step = |step: &Step| {
        let state = states.get(&step.id);
        let (word, told) = match state {
            Some(StepState::Working { .. } | StepState::Checking { .. }) if view.interrupted => {
                (INTERRUPTED, INTERRUPTED.to_owned())
            }
            _ => (state.map_or("waiting", StepState::word), overview::step_state(state)),
        };
        let attempts = run.attempts.iter().filter(|attempt| attempt.step == step.id);
        json!({
            "step": step.id,
            "title": step.title,
            "state": word,
            "told": told,
            "attempts": attempts.map(|known| attempt(known, view.interrupted)).collect::<Vec<_>>(),
        })
    };
    plan.steps.iter().map(step).collect()
}

const INTERRUPTED: &str = "interrupted";

fn attempt(attempt: &Attempt, interrupted: bool) -> Value {
    let (state, told) = match attempt.result {
        None if interrupted => (INTERRUPTED, INTERRUPTED.to_owned()),
        None => ("working", overview::became(attempt)),
        Some(AttemptResult::Green) => ("green", overview::became(attempt)),
        Some(AttemptResult::Red { .. }) => ("red", overview::became(attempt)),
        Some(AttemptResult::Nothing { .. }) => ("nothing", overview::became(attempt)),
    };
    json!({"attempt": attempt.id, "worker": attempt.worker, "state": state, "told": told})
}

/// What a run asks and nobody has answered.
fn questions(view: &RunView) -> Vec<Value> {
    let open = view.run.open_questions();
    let told = |question: &Question| {
        json!({
            "id": question.id,
            "about": question.about,
            "text": plans::text(view, question),
            "options": question.inquiry.as_ref().map(|inquiry| &inquiry.options),
        })
    };
    open.map(|asked| told(&asked.question)).collect()
}

/// Everything at once, for an editor that begins to listen.
pub async fn snapshot(session: &Arc<Session>) -> Value {
    let tasks = described(session, None).await.unwrap_or_default();
    json!({"tasks": tasks, "question": session.questions.shown()})
}

/// Tells an editor that listens, unless nothing changed since it was told last. Hands back what was drawn.
pub async fn tell(session: &Arc<Session>, drawn: Drawn) -> Result<Drawn, JoinError> {
    if !session.capabilities().greenloop.state {
        return Ok(drawn);
    }
    let session = session.clone();
    // Large, and put together and compared without the lock.
    let telling = spawn_blocking(move || {
        let (views, before) = {
            let mut state = session.state();
            (views(&state, None), std::mem::take(&mut state.told))
        };
        let mut told = json!({"question": session.questions.shown()});
        told["tasks"] = Value::Array(entries(&views, &drawn));
        if told != before {
            session.outbox.notify_raw(STATE, told.clone());
        }
        session.state().told = told;
        drawn
    });
    telling.await
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HunksParams {
    text_document: TextDocumentIdentifier,
}

/// The hunks of one open document, for editors that draw them themselves.
pub async fn hunks(session: &Arc<Session>, params: HunksParams) -> Value {
    let view = view_of(session, &params.text_document.uri).await;
    let hunks: Vec<Value> = view.iter().flat_map(|view| &view.hunks).map(hunk).collect();
    json!({"version": view.as_ref().and_then(|view| view.version), "hunks": hunks})
}

fn hunk(hunk: &HunkView) -> Value {
    json!({
        "id": hunk.id,
        "label": hunk.label,
        "evidence": hunk.evidence,
        "state": hunk.state,
        "range": hunk.range,
        "startLine": hunk.lines.start,
        "endLine": hunk.lines.end,
        "inserted": hunk.inserted,
    })
}
