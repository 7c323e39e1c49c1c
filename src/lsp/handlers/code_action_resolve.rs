//! `codeAction/resolve`: the edit of a chosen action, made for the text as it is at that moment. Changes nothing.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::spawn_blocking;
use tower_lsp::jsonrpc::Result;
use tower_lsp::lsp_types::{CodeAction, Command, WorkspaceEdit};

use crate::lsp::commands;
use crate::lsp::error::{self, Reason, Refusal};
use crate::lsp::review::view::HunkId;
use crate::lsp::session::Session;
use crate::lsp::to_proto;

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
        action.edit =
            Some(edit_of(session, &id).await.map_err(|why| error::content_modified(&why))?);
    }
    action.command.get_or_insert_with(|| recheck(&id));
    Ok(action)
}

/// A hint to look at the text again; editors run it even when they refused the edit.
pub fn recheck(id: &HunkId) -> Command {
    Command::new("Check the change".into(), commands::HUNK_RECHECK.into(), Some(vec![json!(id)]))
}

/// The edit that applies a hunk to what is on the screen, else on disk.
pub async fn edit_of(
    session: &Arc<Session>,
    id: &HunkId,
) -> std::result::Result<WorkspaceEdit, Refusal> {
    let capabilities = session.capabilities();
    let job = {
        let state = session.state();
        let (root, _) = state.run(id.run).ok_or_else(unknown)?;
        state.job_at(root, &id.path, capabilities).ok_or_else(unknown)?
    };
    let (uri, version, id) = (job.uri.clone(), job.version, id.clone());
    let edit = spawn_blocking(move || job.edit(&id))
        .await
        .map_err(|panic| Refusal::internal(&panic))??;
    Ok(to_proto::workspace_edit(uri, version, edit, capabilities.document_changes))
}

fn unknown() -> Refusal {
    Refusal::new(Reason::NotFound, "this change is not known any more")
}
