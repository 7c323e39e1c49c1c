//! Changes as an editor tells of them, one by one.

use std::sync::Arc;

use tower_lsp::lsp_types::TextDocumentContentChangeEvent;

use super::last_break::{self, Told};
use super::late::Landed;
use super::{Document, Text};
use crate::base::text::Encoding;
use crate::base::text::edit::Edit;
use crate::lsp::from_proto;

impl Document {
    /// What a change does to the text; all of the new text where nothing is known of the old one.
    pub(super) fn edit_of(
        &mut self,
        change: TextDocumentContentChangeEvent,
        encoding: Encoding,
    ) -> Result<Edit, String> {
        let text = &*self.text;
        let Some(range) = change.range else {
            if !self.in_sync || !Text::fits(&change.text) {
                return Err(change.text);
            }
            let all = Edit::new(0..text.string.len(), change.text);
            return Ok(all.narrowed(&text.string));
        };
        let (range, cuts) = from_proto::found(text, range, encoding);
        // The editor took a character apart that cannot be taken apart here.
        self.in_sync &= !cuts;
        Ok(Edit::new(range, change.text))
    }

    /// Makes one change of the newest version, and sees whether it is an edit of ours.
    pub(super) fn take(&mut self, change: Edit, encoding: Encoding, landed: &mut Landed) {
        // Copies the text only while a review still reads the old one.
        let text = Arc::make_mut(&mut self.text);
        let range = change.range();
        // Some editors tell of a part that finds nothing to change, also after all of the edit has come.
        let is_nothing = range.is_empty() && change.text.is_empty();
        let now = (self.version, encoding);
        let told = last_break::told(&self.awaited, self.owes_break, text, &change, now);
        let is_rest = matches!(told, Told::Rest);
        self.owes_break &= !is_rest;
        let arrival = match &told {
            Told::AsItIs => self.awaited.follow(text, &change, self.version, encoding),
            Told::TooMuch(edit) => {
                self.owes_break = true;
                self.awaited.follow(text, edit, self.version, encoding)
            }
            Told::Rest => None,
        };
        let touched = text.lines.line_of(range.start)..text.lines.line_of(range.end);
        let n_before = text.lines.n_lines();
        text.replace(range, &change.text);
        let n_down = i64::from(text.lines.n_lines()) - i64::from(n_before);
        self.moves.push(self.revision, touched, n_down);
        if arrival.is_some() || !is_nothing && !is_rest {
            landed.see(arrival);
        }
    }
}
