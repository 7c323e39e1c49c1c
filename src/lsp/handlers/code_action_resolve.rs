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

/// An action that is not ours to complete comes back as it is.
pub async fn resolved(session: &Arc<Session>, mut action: CodeAction) -> Result<CodeAction> {
    let ours = action.data.as_ref().and_then(|data| data.get("greenloop"));
    let Some(id) = ours.and_then(|id| serde_json::from_value::<HunkId>(id.clone()).ok()) else {
        return Ok(action);
    };
    if action.edit.is_none() {
        let wanted = Wanted::accept_one(&id);
        let edit = acceptance::edit_for(session, &wanted).await;
        action.edit = Some(edit.map_err(|why| error::content_modified(&why))?);
    }
    if session.capabilities().resolves_command {
        action.command.get_or_insert_with(|| recheck(&id));
    }
    Ok(action)
}

/// A hint to look at the text again; editors run it even when they refused the edit.
pub fn recheck(id: &HunkId) -> Command {
    Command::new("Check the change".into(), commands::HUNK_RECHECK.into(), Some(vec![json!(id)]))
}
