//! `codeAction/resolve`: the edit of a chosen action, made for the text as it is at that moment. Changes nothing.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{CodeAction, Command};

use crate::lsp::acceptance::{self, Wanted};
use crate::lsp::commands;
use crate::lsp::error;
use crate::lsp::review::hunks::HunkId;
use crate::lsp::session::Session;

/// What an accept action carries between being listed and being chosen.
pub fn data(id: &HunkId) -> Value {
    json!({ "greenloop": id })
}

/// An action that was chosen, with the edit that the editor will now apply. One that is not ours to complete comes back
/// as it is.
pub async fn resolved(session: &Arc<Session>, mut action: CodeAction) -> Result<CodeAction> {
    let Some(id) = hunk_of(&action) else { return Ok(action) };
    if action.edit.is_none() {
        let made = acceptance::edit_to_give(session, &Wanted::accept_one(&id)).await;
        action.edit = Some(made.map_err(|why| error::content_modified(&why))?.0);
    }
    if session.capabilities().resolves_command {
        action.command.get_or_insert_with(|| recheck(&id));
    }
    Ok(action)
}

/// An action with its edit, which may be chosen or not; `None` when the edit cannot be made.
pub async fn with_edit(session: &Arc<Session>, action: CodeAction) -> Option<CodeAction> {
    let Some(id) = hunk_of(&action) else { return Some(action) };
    let edit = acceptance::edit_for(session, &Wanted::accept_one(&id)).await.ok()?;
    Some(CodeAction { edit: Some(edit), ..action })
}

fn hunk_of(action: &CodeAction) -> Option<HunkId> {
    let ours = action.data.as_ref()?.get("greenloop")?;
    serde_json::from_value(ours.clone()).ok()
}

/// A hint to look at the text again; editors run it even when they refused the edit.
pub fn recheck(id: &HunkId) -> Command {
    Command::new("Check the change".into(), commands::HUNK_RECHECK.into(), Some(vec![json!(id)]))
}
