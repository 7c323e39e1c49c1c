//! What a notification brings of edits that were given to the editor, and whether it came too late.

use std::collections::BTreeSet;
use std::sync::Arc;

use tower_lsp::lsp_types::TextEdit;

use super::{Document, Text};
use crate::base::text::Encoding;
use crate::base::text::edit::Edit;
use crate::lsp::awaited::Arrival;
use crate::lsp::to_proto;

/// An edit that stands in a text where it was not meant.
#[derive(Clone, Debug)]
pub struct Late {
    pub version: i32,
    pub text: Arc<Text>,
    /// What takes it back; `None` where the editor told of more at once.
    pub back: Option<TextEdit>,
}

/// What one notification brings of edits that were given, from the first one on: some editors tell of the parts of an
/// edit one by one. `None` for something else.
#[derive(Default)]
pub(super) struct Landed(Vec<Option<Arrival>>);

impl Landed {
    pub(super) fn see(&mut self, arrival: Option<Arrival>) {
        if arrival.is_some() || !self.0.is_empty() {
            self.0.push(arrival);
        }
    }

    pub(super) fn late(self, document: &Document, encoding: Encoding) -> Option<Late> {
        let (text, version) = (&document.text, document.version);
        let complete = self.0.iter().flatten().filter(|arrival| arrival.completes);
        let whole: BTreeSet<u64> = complete.map(|arrival| arrival.batch).collect();
        let is_whole = |arrival: &Arrival| whole.contains(&arrival.batch);
        let changes = self.0.into_iter().map(|arrival| arrival.filter(is_whole));
        let changes: Vec<_> = changes.skip_while(Option::is_none).collect();
        if !changes.iter().flatten().any(|arrival| !arrival.is_as_meant) {
            return None;
        }
        // Something else came with it or behind it, which cannot be taken apart from it.
        let backs = changes.into_iter().map(|arrival| arrival?.back);
        let Some(backs) = backs.collect::<Option<Vec<Edit>>>() else {
            return Some(Late { version, text: text.clone(), back: None });
        };
        let mut string = text.string.clone();
        for back in backs.iter().rev() {
            string.replace_range(back.range(), &back.text);
        }
        let back = Edit::new(0..text.string.len(), string).narrowed(&text.string);
        let back = Some(to_proto::text_edit(text, back, encoding));
        Some(Late { version, text: text.clone(), back })
    }
}
