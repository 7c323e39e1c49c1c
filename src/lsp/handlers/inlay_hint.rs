//! `textDocument/inlayHint`: how large each proposed change is, behind its last line.

use std::sync::Arc;

use tower_lsp::lsp_types::{InlayHint, InlayHintLabel, InlayHintParams, InlayHintTooltip};

use crate::lsp::review::hunks::HunkView;
use crate::lsp::review::view_of;
use crate::lsp::session::Session;

pub async fn inlay_hint(session: Arc<Session>, params: InlayHintParams) -> Vec<InlayHint> {
    if session.capabilities().greenloop.review_ui {
        return Vec::new();
    }
    let Some(view) = view_of(&session, &params.text_document.uri).await else { return Vec::new() };
    let (first, last) = (params.range.start.line, params.range.end.line);
    let pending = view.hunks.iter().filter(|hunk| hunk.can_go_in());
    pending.filter(|hunk| hunk.touches(first, last)).map(hint).collect()
}

fn hint(hunk: &HunkView) -> InlayHint {
    InlayHint {
        position: hunk.range.end,
        label: InlayHintLabel::String(format!(
            "+{} -{}",
            hunk.inserted.lines().count(),
            hunk.n_removed
        )),
        kind: None,
        text_edits: None,
        tooltip: Some(InlayHintTooltip::String(format!("{} ({})", hunk.label, hunk.evidence))),
        padding_left: Some(true),
        padding_right: None,
        data: None,
    }
}
