//! Takes back what an editor wrote over newer typing.

use std::sync::Arc;

use serde_json::json;
use tower_lsp::lsp_types::Url;
use tower_lsp::lsp_types::request::{ApplyWorkspaceEdit, Request};

use super::documents::Late;
use super::review::edits::FileEdit;
use super::review::side::{Side, Source};
use super::session::Session;
use super::to_proto;
use crate::logic::acceptance::Swaps;

/// Undoes an edit that an editor applied to a text which had moved on, before anything else is typed. An editor that
/// looks at versions refuses this one when it comes too late itself; then the user has been told.
pub fn put_back(session: &Arc<Session>, uri: Url, late: Late) {
    let name = uri.path().rsplit('/').next().unwrap_or_default().to_owned();
    let Late { version, text, back: Some(back) } = late else {
        return session.warn(&format!(
            "a change reached {name} after you had typed there; if some of your text is gone, undo once"
        ));
    };
    session.warn(&format!(
        "a change reached {name} after you had typed there, so your text is put back; if it is not, undo once"
    ));
    let side = Side { uri, version: Some(version), source: Source::Open(text.clone()) };
    let (edits, swaps) = (vec![back], Swaps::new());
    let file = FileEdit { side, seen: text, edits, operation: None, swaps };
    // Without a version it could land on what is typed next.
    let can = session.capabilities();
    if let Ok(edit) = to_proto::workspace_edit(vec![file.clone()], can)
        && can.apply_edit
        && can.document_changes
    {
        session.state().documents.give_back(&file, can.encoding);
        let params = json!({"label": "Put back what was typed", "edit": edit});
        session.ask_in_background(ApplyWorkspaceEdit::METHOD, params);
    }
}
