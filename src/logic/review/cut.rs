//! Hunks on lines, and the parts of a hunk that can be accepted alone.

use std::hash::{Hash, Hasher};
use std::ops::Range;

use super::numbers::{Number, Numbers};
use super::{HunkState, Reading};
use crate::base::text::lines;
use crate::logic::diff::{Change, changes};
use crate::model::proposal::Hunk;

pub const BYTE_ORDER_MARK: char = '\u{feff}';

/// A line and its break. Styles of line breaks do not count when lines are compared, only whether there is one.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    pub text: &'a str,
    pub ending: &'a str,
}

impl<'a> Line<'a> {
    fn new(line: &'a str) -> Self {
        let text = line.strip_suffix('\n').unwrap_or(line);
        let text = text.strip_suffix('\r').unwrap_or(text);
        Self { text, ending: &line[text.len()..] }
    }
}

impl PartialEq for Line<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text && self.ending.is_empty() == other.ending.is_empty()
    }
}

impl Eq for Line<'_> {}

impl Hash for Line<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.text, self.ending.is_empty()).hash(state);
    }
}

/// Whether a text has line breaks of the oldest kind.
fn has_lone_return(text: &str) -> bool {
    text.contains('\r') && text.split('\r').skip(1).any(|rest| !rest.starts_with('\n'))
}

/// The lines of a text.
pub fn split(text: &str) -> Vec<Line<'_>> {
    if has_lone_return(text) {
        lines(text).into_iter().map(Line::new).collect()
    } else {
        text.split_inclusive('\n').map(Line::new).collect()
    }
}

/// Lines in the breaks they came with.
pub fn joined(lines: &[Line<'_>]) -> String {
    lines.iter().flat_map(|line| [line.text, line.ending]).collect()
}

/// What differs between lines, line endings included: blocks, or pairs of lines in blocks of as many lines as before.
fn pieces(removed: &[Line<'_>], inserted: &[Line<'_>]) -> Vec<Change> {
    let mut pieces = Vec::new();
    for Change { before, after } in changes(&exact(removed), &exact(inserted)) {
        if before.len() == after.len() {
            let pair = |(old, new)| Change { before: old..old + 1, after: new..new + 1 };
            pieces.extend(before.zip(after).map(pair));
        } else {
            pieces.push(Change { before, after });
        }
    }
    pieces
}

/// Lines that are equal only when their breaks are.
fn exact<'a>(lines: &[Line<'a>]) -> Vec<(&'a str, &'a str)> {
    lines.iter().map(|line| (line.text, line.ending)).collect()
}

/// Takes the byte order mark off the first line of a text; a text of nothing else has no line.
fn unmark(lines: &mut Vec<Line<'_>>) {
    let Some(first) = lines.first_mut() else { return };
    first.text = first.text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(first.text);
    if first.text.is_empty() && first.ending.is_empty() {
        lines.remove(0);
    }
}

/// A hunk, or a part of one, on lines as texts or as numbers. `start` is a line of the base.
#[derive(Clone, Debug)]
pub struct Cut<L> {
    pub start: usize,
    pub removed: Vec<L>,
    pub inserted: Vec<L>,
    /// By part, whether it is thought to be applied; empty when nobody knows.
    pub likely: Vec<bool>,
}

impl<'a> Cut<Line<'a>> {
    pub fn new(hunk: &'a Hunk) -> Self {
        let as_lines = |lines: &'a [String]| lines.iter().map(|line| Line::new(line)).collect();
        let mut cut = Self {
            start: hunk.start as usize,
            removed: as_lines(&hunk.removed),
            inserted: as_lines(&hunk.inserted),
            likely: Vec::new(),
        };
        if cut.start == 0 {
            unmark(&mut cut.removed);
            unmark(&mut cut.inserted);
        }
        cut
    }

    /// The smallest pieces that can be accepted alone: each block of changed lines, and in a block of as many lines as
    /// before each pair of lines. Changed line endings are nothing to accept alone and go with the piece before them.
    pub fn parts(&self) -> Vec<Self> {
        let mut parts: Vec<Change> = Vec::new();
        for piece in pieces(&self.removed, &self.inserted) {
            match parts.last_mut() {
                Some(last)
                    if self.part(last).changes_nothing() || self.part(&piece).changes_nothing() =>
                {
                    last.before.end = piece.before.end;
                    last.after.end = piece.after.end;
                }
                Some(_) | None => parts.push(piece),
            }
        }
        let parts: Vec<Self> = parts.iter().map(|part| self.part(part)).collect();
        if parts.is_empty() { vec![self.clone()] } else { parts }
    }

    fn part(&self, change: &Change) -> Self {
        Self {
            start: self.start + change.before.start,
            removed: self.removed[change.before.clone()].to_vec(),
            inserted: self.inserted[change.after.clone()].to_vec(),
            likely: Vec::new(),
        }
    }

    fn numbered(&self, numbers: &mut Numbers) -> Cut<Number> {
        Cut {
            start: self.start,
            removed: numbers.learn(&self.removed),
            inserted: numbers.learn(&self.inserted),
            likely: Vec::new(),
        }
    }
}

impl<L: Clone + Eq> Cut<L> {
    pub fn range(&self) -> Range<usize> {
        self.start..self.start + self.removed.len()
    }

    /// Line endings only.
    pub fn changes_nothing(&self) -> bool {
        self.removed == self.inserted
    }

    /// What can be at its place and whether it is applied then, the likelier first.
    pub fn readings(&self) -> impl Iterator<Item = (bool, &[L])> {
        let pending = (!self.changes_nothing()).then_some((false, self.removed.as_slice()));
        pending.into_iter().chain([(true, self.inserted.as_slice())])
    }

    /// In how many parts a reading would differ from what is thought.
    pub fn surprise(&self, applied: bool) -> usize {
        match self.likely.as_slice() {
            [] => usize::from(applied),
            likely => likely.iter().filter(|likely| **likely != applied).count(),
        }
    }

    /// The same where `n_lines` above are left out; `None` when it begins among them.
    pub fn moved_up(&self, n_lines: usize) -> Option<Self> {
        Some(Self { start: self.start.checked_sub(n_lines)?, ..self.clone() })
    }

    pub fn state_at(&self, start: usize, applied: bool) -> HunkState {
        let n_lines = if applied { self.inserted.len() } else { self.removed.len() };
        let lines = start as u32..(start + n_lines) as u32;
        if applied { HunkState::Applied { lines } } else { HunkState::Pending { lines } }
    }
}

/// A hunk with its parts.
#[derive(Clone, Debug)]
pub struct Parted {
    pub whole: Cut<Number>,
    pub parts: Vec<Cut<Number>>,
}

impl Parted {
    pub fn new(hunk: &Hunk, numbers: &mut Numbers) -> Self {
        let cut = Cut::new(hunk);
        let whole = cut.numbered(numbers);
        Self { whole, parts: cut.parts().iter().map(|part| part.numbered(numbers)).collect() }
    }

    /// The same where parts are thought to be applied or not.
    pub fn thought(&self, likely: impl Fn(usize) -> bool) -> Self {
        let likely: Vec<bool> = (0..self.parts.len()).map(likely).collect();
        let known =
            |(part, likely): (&Cut<Number>, &bool)| Cut { likely: vec![*likely], ..part.clone() };
        let parts = self.parts.iter().zip(&likely).map(known).collect();
        Self { whole: Cut { likely, ..self.whole.clone() }, parts }
    }

    /// The reading where it starts at this line of the current text with all parts applied, or all pending.
    pub fn whole_at(&self, start: usize, applied: bool) -> Reading {
        let mut at = start;
        let mut done = self.whole.start;
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            at += part.start - done;
            parts.push(part.state_at(at, applied));
            at += if applied { part.inserted.len() } else { part.removed.len() };
            done = part.range().end;
        }
        Reading { state: self.whole.state_at(start, applied), parts }
    }

    pub fn untouched_at(&self, start: usize) -> Reading {
        self.whole_at(start, self.whole.changes_nothing())
    }
}
