//! `codeAction/resolve`: the edit of a chosen action, made for the text as it is at that moment. Changes nothing.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{CodeAction, Command, Url};

use crate::lsp::acceptance::{self, Wanted};
use crate::lsp::commands;
use crate::lsp::error;
use crate::lsp::review::hunks::HunkId;
use crate::lsp::session::Session;

/// What an accept action carries between being listed and being chosen.
pub fn data(id: &HunkId, uri: &Url) -> Value {
    json!({"greenloop": id, "uri": uri})
}

/// An action that was chosen, with the edit that the editor will now apply. One that is not ours to complete comes back
/// as it is.
pub async fn resolved(session: &Arc<Session>, mut action: CodeAction) -> Result<CodeAction> {
    let Some((id, mut wanted)) = wanted(&action) else { return Ok(action) };
    if action.edit.is_none() {
        let made = acceptance::edit_to_give(session, &mut wanted).await;
        action.edit = Some(made.map_err(|why| error::content_modified(&why))?.0);
    }
    if session.capabilities().resolves_command {
        action.command.get_or_insert_with(|| recheck(&id));
    }
    Ok(action)
}

/// An action with its edit, which may be chosen or not; `None` when the edit cannot be made.
pub async fn with_edit(session: &Arc<Session>, action: CodeAction) -> Option<CodeAction> {
    let Some((_, wanted)) = wanted(&action) else { return Some(action) };
    let edit = acceptance::edit_for(session, &wanted).await.ok()?;
    Some(CodeAction { edit: Some(edit), ..action })
}

fn wanted(action: &CodeAction) -> Option<(HunkId, Wanted)> {
    let data = action.data.as_ref()?;
    let id: HunkId = serde_json::from_value(data.get("greenloop")?.clone()).ok()?;
    let named = data.get("uri").and_then(|uri| Url::parse(uri.as_str()?).ok());
    let wanted = Wanted { named, ..Wanted::accept_one(&id) };
    Some((id, wanted))
}

/// A hint to look at the text again; editors run it even when they refused the edit.
pub fn recheck(id: &HunkId) -> Command {
    Command::new("Check the change".into(), commands::HUNK_RECHECK.into(), Some(vec![json!(id)]))
}
