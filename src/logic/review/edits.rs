//! The edits that put parts of hunks into a text or take them out again.

use std::ops::Range;

use super::cut::{BYTE_ORDER_MARK, Cut, Line, joined};
use super::{HunkState, Reading};
use crate::base::text::edit::Edit;
use crate::base::text::{LineIndex, line_ending};
use crate::model::proposal::Hunk;

/// Which way an edit goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Pending parts become applied.
    In,
    /// Applied parts become pending.
    Out,
}

/// Parts of one hunk, by index, as they stand in a text.
#[derive(Clone, Debug)]
pub struct Pick<'a> {
    pub hunk: &'a Hunk,
    pub reading: &'a Reading,
    pub parts: Vec<usize>,
}

impl<'a> Pick<'a> {
    /// All parts.
    pub fn whole(hunk: &'a Hunk, reading: &'a Reading) -> Self {
        Self { hunk, reading, parts: (0..reading.parts.len()).collect() }
    }

    /// The parts that touch these lines of the current text.
    pub fn at(hunk: &'a Hunk, reading: &'a Reading, lines: &Range<u32>) -> Self {
        let parts = reading.parts.iter().enumerate().filter(|(_, part)| part.touches(lines));
        Self { hunk, reading, parts: parts.map(|(part, _)| part).collect() }
    }
}

/// The edits of `current` that bring all these parts, in the order of the text, to the same side: sorted and disjoint,
/// of whole lines, in the line endings of `current`. Parts that are there already need none. `None` where one is in
/// conflict, or where a line would run into the one beside it.
pub fn edits(picks: &[Pick<'_>], way: Way, current: &str) -> Option<Vec<Edit>> {
    let page = Page::new(current);
    let mut edits = Vec::new();
    for pick in picks {
        edits.extend(page.part_edits(pick, way)?.into_iter().map(|(_, edit)| edit));
    }
    page.in_one(edits)
}

/// A text to edit.
pub struct Page<'a> {
    text: &'a str,
    lines: LineIndex,
    /// Where its first line begins, after a byte order mark.
    start: usize,
    ending: &'static str,
}

impl<'a> Page<'a> {
    pub fn new(text: &'a str) -> Self {
        let marked = text.starts_with(BYTE_ORDER_MARK);
        Self {
            text,
            lines: LineIndex::new(text),
            start: if marked { BYTE_ORDER_MARK.len_utf8() } else { 0 },
            ending: line_ending(text),
        }
    }

    fn bytes(&self, lines: &Range<u32>) -> Range<usize> {
        let start_of = |line| self.lines.start_of(line).max(self.start);
        start_of(lines.start)..start_of(lines.end)
    }

    /// The edit of each part that needs one, by index; `None` where one is in conflict.
    pub fn part_edits(&self, pick: &Pick<'_>, way: Way) -> Option<Vec<(usize, Edit)>> {
        let parts = Cut::new(pick.hunk).parts();
        let mut edits = Vec::new();
        for at in &pick.parts {
            let edit = self.edit_of(parts.get(*at)?, pick.reading.parts.get(*at)?, way)?;
            edits.extend(edit.map(|edit| (*at, edit)));
        }
        Some(edits)
    }

    /// Edits in the order of the text, those side by side made one; `None` where a line would run into the next.
    pub fn in_one(&self, edits: Vec<Edit>) -> Option<Vec<Edit>> {
        let mut all: Vec<Edit> = Vec::with_capacity(edits.len());
        for edit in edits {
            match all.last_mut() {
                Some(last) if last.end == edit.start => {
                    last.end = edit.end;
                    last.text += &edit.text;
                }
                Some(_) | None => all.push(edit),
            }
        }
        self.keeps_lines(&all).then_some(all)
    }

    /// The edit of one part, `Some(None)` when it needs none.
    fn edit_of(&self, part: &Cut<Line<'_>>, state: &HunkState, way: Way) -> Option<Option<Edit>> {
        if matches!(state, HunkState::Conflict { .. }) {
            return None;
        }
        if !state.can_go(way) || part.changes_nothing() {
            return Some(None);
        }
        let (old, new) = sides(part, way);
        let range = self.bytes(state.lines());
        // The very bytes that were tested, where the text has the very bytes they were made for.
        let text = if self.text[range.clone()] == joined(old) {
            joined(new)
        } else {
            let ended = |line: &Line<'_>| if line.ending.is_empty() { "" } else { self.ending };
            new.iter().flat_map(|line| [line.text, ended(line)]).collect()
        };
        Some(Some(Edit::new(range, text)))
    }

    /// Whether edits are in order and lines stay lines: none runs into the next one.
    fn keeps_lines(&self, edits: &[Edit]) -> bool {
        let mut done = self.start;
        let mut pieces = Vec::with_capacity(2 * edits.len() + 1);
        for edit in edits {
            let Some(kept) = self.text.get(done..edit.start) else { return false };
            pieces.push(kept);
            pieces.push(&edit.text);
            done = edit.end;
        }
        pieces.push(&self.text[done..]);
        pieces.retain(|piece| !piece.is_empty());
        pieces.windows(2).all(|pair| seam(pair[0], pair[1]))
    }
}

/// What a part takes away and what it puts there.
fn sides<'c, 'a>(cut: &'c Cut<Line<'a>>, way: Way) -> (&'c [Line<'a>], &'c [Line<'a>]) {
    match way {
        Way::In => (&cut.removed, &cut.inserted),
        Way::Out => (&cut.inserted, &cut.removed),
    }
}

/// Whether the last line of `left` and the first of `right` stay two lines when joined.
fn seam(left: &str, right: &str) -> bool {
    left.ends_with('\n') || (left.ends_with('\r') && !right.starts_with('\n'))
}
