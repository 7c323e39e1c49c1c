//! One change of a part of a text.

use std::sync::Arc;

use tower_lsp::lsp_types::Range;

use super::Document;
use super::last_break::{self, Told};
use super::late::Landed;
use crate::base::text::Encoding;
use crate::base::text::edit::Edit;
use crate::lsp::from_proto;

impl Document {
    /// Applies a change that came with a version, and sees what of our edits arrives with it.
    pub(super) fn follow(
        &mut self,
        range: Range,
        new: String,
        (version, encoding): (i32, Encoding),
        landed: &mut Landed,
    ) {
        // Copies the text only while a review still reads the old one.
        let text = Arc::make_mut(&mut self.text);
        let (range, cuts) = from_proto::found(text, range, encoding);
        // The editor took a character apart that cannot be taken apart here.
        self.in_sync &= !cuts;
        // Some editors tell of a part that finds nothing to change, also after all of the edit has come.
        let is_nothing = range.is_empty() && new.is_empty();
        let change = Edit::new(range.clone(), new);
        let now = (version, encoding);
        let told = last_break::told(&self.awaited, self.owes_break, text, &change, now);
        let is_rest = matches!(told, Told::Rest);
        self.owes_break &= !is_rest;
        let arrival = match &told {
            Told::AsItIs => self.awaited.follow(text, &change, version, encoding),
            Told::TooMuch(edit) => {
                self.owes_break = true;
                self.awaited.follow(text, edit, version, encoding)
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
