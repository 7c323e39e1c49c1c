//! `greenloop.hunk.*`: what the user says to a proposed hunk.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::lsp_types::MessageType;
use tower_lsp::lsp_types::request::{ApplyWorkspaceEdit, Request};

use super::{Arguments, Outcome, Reply};
use crate::base::limits;
use crate::engine::Command;
use crate::lsp::error::{Reason, Refusal};
use crate::lsp::handlers::code_action_resolve;
use crate::lsp::review::view::{HunkId, HunkState};
use crate::lsp::review::view_of;
use crate::lsp::session::Session;

fn hunk(arguments: Arguments) -> Result<HunkId, Refusal> {
    arguments.read(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

/// Says no to a hunk, or takes that back.
pub fn decide(session: &Session, arguments: Arguments, rejected: bool) -> Outcome {
    let HunkId { run, path, hunk } = hunk(arguments)?;
    let mut state = session.state();
    let (_, view) = state.run(run).ok_or_else(unknown)?;
    let files = view.review.iter().flat_map(|review| &review.files);
    let known = files.filter(|file| file.path == path).any(|file| hunk < file.rejected.len());
    if !known {
        return Err(unknown());
    }
    state.send(run, Command::Decide { id: run, path, hunk, rejected })?;
    Ok(Reply { task_id: Some(run), ..Reply::default() })
}

/// Has the editor apply a hunk. Whether it did is read from the text, never from its answer.
pub async fn accept(session: Arc<Session>, arguments: Arguments) -> Outcome {
    let id = hunk(arguments)?;
    if !session.capabilities().apply_edit {
        let message =
            "this editor applies no edits for servers; use the accept action at the change";
        return Err(Refusal::new(Reason::NeedsClient, message));
    }
    let edit = code_action_resolve::edit_of(&session, &id).await?;
    let run = id.run;
    tokio::spawn(async move {
        let params = json!({"label": "Accept change", "edit": edit});
        let answer = session
            .client
            .ask(ApplyWorkspaceEdit::METHOD, params, limits::EDITOR_APPLY_WALL_MAX)
            .await;
        session.log.debug(&format!("the editor answered the edit of {}: {answer:?}", id.path));
        look_again(session, id).await;
    });
    Ok(Reply { task_id: Some(run), ..Reply::default() })
}

/// Looks whether an accepted hunk has arrived in the text.
pub fn recheck(session: Arc<Session>, arguments: Arguments) -> Outcome {
    let id = hunk(arguments)?;
    let run = id.run;
    session.review_changed();
    tokio::spawn(look_again(session, id));
    Ok(Reply { task_id: Some(run), ..Reply::default() })
}

/// Tells the user when an open document does not get what was accepted.
async fn look_again(session: Arc<Session>, id: HunkId) {
    tokio::time::sleep(limits::ACCEPT_SHOWS_WALL_MAX).await;
    let uri = {
        let state = session.state();
        let root = state.run(id.run).map(|(root, _)| root);
        root.and_then(|root| state.uri_of(root, &id.path))
    };
    let Some(uri) = uri else { return };
    let Some(view) = view_of(&session, &uri).await else { return };
    let pending = view.hunks.iter().find(|hunk| hunk.id == id && hunk.state == HunkState::Pending);
    if let Some(hunk) = pending {
        let message = format!(
            "Greenloop: {} was not applied: the text changed meanwhile. Try again.",
            hunk.label
        );
        session.show_message(MessageType::WARNING, message);
    }
}

fn unknown() -> Refusal {
    Refusal::new(Reason::NotFound, "this change is not known any more")
}
