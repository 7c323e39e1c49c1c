//! Edits of ours that come back in pieces.

use tower_lsp::lsp_types::{TextDocumentContentChangeEvent, TextEdit};

use super::Document;
use crate::base::text::Encoding;
use crate::base::text::edit::Edit;
use crate::lsp::{from_proto, to_proto};

/// The changes, or the one that they come to if that is an edit of ours: some editors apply of an edit only what differs,
/// in several pieces.
pub(super) fn pieced_together(
    document: &Document,
    changes: Vec<TextDocumentContentChangeEvent>,
    encoding: Encoding,
) -> Vec<TextDocumentContentChangeEvent> {
    if changes.len() < 2 || !document.awaited.is_waiting() {
        return changes;
    }
    let before = &*document.text;
    let mut after = before.clone();
    for change in &changes {
        let Some(range) = change.range else { return changes };
        let range = from_proto::byte_range(&after, range, encoding);
        after.replace(range, &change.text);
    }
    let whole = Edit::new(0..before.string.len(), after.string).narrowed(&before.string);
    let n_given = document.awaited.n_given_as(before, &whole, encoding);
    if n_given.is_none_or(|n_given| changes.len() <= n_given) {
        return changes;
    }
    let TextEdit { range, new_text: text } = to_proto::text_edit(before, whole, encoding);
    vec![TextDocumentContentChangeEvent { range: Some(range), range_length: None, text }]
}
