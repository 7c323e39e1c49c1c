//! The state of each hunk of a proposal in a text that moves on, down to the parts that can be accepted alone.
//! States are read off the texts alone, so undo, redo and hand-typing need no bookkeeping, and a part is applied
//! exactly or not at all.

mod anchors;
mod compare;
pub(in crate::logic) mod cut;
pub mod edits;
pub mod file;
mod numbers;
pub mod outside;
pub mod overlap;
mod reader;
mod regions;

use std::ops::Range;

pub use self::reader::Reader;

use self::cut::{BYTE_ORDER_MARK, Parted};
use self::edits::Way;
use crate::model::proposal::Hunk;

/// Where a hunk or a part of one stands. `lines` are lines of the current text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HunkState {
    /// The lines to remove are there, untouched.
    Pending { lines: Range<u32> },
    /// The inserted lines are there.
    Applied { lines: Range<u32> },
    /// Some parts are applied and the others pending.
    Partly { lines: Range<u32> },
    /// Something else is there: the text was changed at or right beside it.
    Conflict { lines: Range<u32> },
}

impl HunkState {
    pub fn lines(&self) -> &Range<u32> {
        let (Self::Pending { lines }
        | Self::Applied { lines }
        | Self::Partly { lines }
        | Self::Conflict { lines }) = self;
        lines
    }

    /// The same at other lines.
    pub fn at(self, lines: Range<u32>) -> Self {
        match self {
            Self::Pending { .. } => Self::Pending { lines },
            Self::Applied { .. } => Self::Applied { lines },
            Self::Partly { .. } => Self::Partly { lines },
            Self::Conflict { .. } => Self::Conflict { lines },
        }
    }

    /// Whether one of its lines is among these; an insertion touches the lines on both sides.
    pub fn touches(&self, lines: &Range<u32>) -> bool {
        let own = match self.lines() {
            own if own.is_empty() => own.start.saturating_sub(1)..own.start + 1,
            own => own.clone(),
        };
        own.start < lines.end && lines.start < own.end
    }

    /// Whether an edit this way changes something.
    fn can_go(&self, way: Way) -> bool {
        match way {
            Way::In => matches!(self, Self::Pending { .. }),
            Way::Out => matches!(self, Self::Applied { .. }),
        }
    }

    fn move_down(&mut self, n_lines: usize) {
        let (Self::Pending { lines }
        | Self::Applied { lines }
        | Self::Partly { lines }
        | Self::Conflict { lines }) = self;
        *lines = lines.start + n_lines as u32..lines.end + n_lines as u32;
    }
}

/// What a text shows of a hunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// All parts taken together; a conflict when one of them is.
    pub state: HunkState,
    /// The smallest pieces that can be accepted alone, in order: blocks of changed lines, and in a block of as many
    /// lines as before each line.
    pub parts: Vec<HunkState>,
}

impl Reading {
    fn of_parts(hunk: &Parted, parts: Vec<HunkState>) -> Self {
        let all = |way| parts.iter().all(|part: &HunkState| part.can_go(way));
        let start = parts.iter().map(|part| part.lines().start).min().unwrap_or(0);
        let end = parts.iter().map(|part| part.lines().end).max().unwrap_or(start);
        let whole = hunk.whole.range();
        let lead = hunk.parts.first().map_or(0, |part| part.start - whole.start);
        let trail = hunk.parts.last().map_or(0, |part| whole.end - part.range().end);
        let lines = start.saturating_sub(lead as u32)..end + trail as u32;
        let state = if parts.iter().any(|part| matches!(part, HunkState::Conflict { .. })) {
            HunkState::Conflict { lines: start..end }
        } else if all(Way::In) {
            HunkState::Pending { lines }
        } else if all(Way::Out) {
            HunkState::Applied { lines }
        } else {
            HunkState::Partly { lines }
        };
        Self { state, parts }
    }
}

/// How each of `hunks`, which were made from `base`, stands in `current`; see [`Reader::readings`].
pub fn readings(base: &str, hunks: &[Hunk], current: &str) -> Vec<Reading> {
    Reader::new(base, hunks).readings(current)
}

fn unmarked(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

#[cfg(test)]
pub(in crate::logic) mod tests;
