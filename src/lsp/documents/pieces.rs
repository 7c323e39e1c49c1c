//! Edits of ours that come back in pieces.

use tower_lsp::lsp_types::{TextDocumentContentChangeEvent, TextEdit};

use super::Document;
use crate::base::limits;
use crate::base::text::Encoding;
use crate::base::text::edit::Edit;
use crate::lsp::{from_proto, to_proto};

/// The changes, or the one that they come to if that is an edit of ours and not each of them is a part of it: some editors
/// apply of an edit only what differs, in several pieces.
pub(super) fn pieced_together(
    document: &Document,
    changes: Vec<TextDocumentContentChangeEvent>,
    version: i32,
    encoding: Encoding,
) -> Vec<TextDocumentContentChangeEvent> {
    if changes.len() < 2 || !document.awaited.is_waiting() {
        return changes;
    }
    let before = &*document.text;
    let (mut after, mut awaited, mut is_each) = (before.clone(), document.awaited.clone(), true);
    let mut cost = 0;
    for change in &changes {
        let Some(range) = change.range else { return changes };
        cost += after.cost_of(range);
        if cost > limits::CHANGES_COST_MAX {
            return changes;
        }
        let change = Edit::new(from_proto::byte_range(&after, range, encoding), &*change.text);
        is_each &= awaited
            .follow(&after, &change, version, encoding)
            .is_some_and(|arrival| arrival.is_alone());
        after.replace(change.range(), &change.text);
    }
    let whole = Edit::new(0..before.string.len(), after.string).narrowed(&before.string);
    if is_each || !document.awaited.has_given(before, &whole, encoding) {
        return changes;
    }
    let TextEdit { range, new_text: text } = to_proto::text_edit(before, whole, encoding);
    vec![TextDocumentContentChangeEvent { range: Some(range), range_length: None, text }]
}
