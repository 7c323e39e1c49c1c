//! The state of each hunk of a proposal in a text that moves on, and the edit that accepts it or takes it back.
//! States are read off the texts alone, so undo, redo and hand-typing need no bookkeeping, and a hunk is applied
//! exactly or not at all.

pub mod file;
mod regions;
mod window;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::base::text::edit::Edit;
use crate::base::text::{LineIndex, line_ending, lines};
use crate::logic::review::regions::{Region, regions};
use crate::logic::review::window::{Window, has_lone_return};
use crate::model::proposal::Hunk;

/// Ways to read one stretch of text that are followed at once; more can only come of endless equal lines.
const READINGS_MAX: usize = 64;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Where a hunk stands. `lines` are lines of the current text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HunkState {
    /// The lines to remove are there, untouched.
    Pending { lines: Range<u32> },
    /// The inserted lines are there.
    Applied { lines: Range<u32> },
    /// Neither: the text was changed at or right beside the hunk.
    Conflict { lines: Range<u32> },
}

impl HunkState {
    fn moved_down(self, n_lines: usize) -> Self {
        let moved = |lines: Range<u32>| lines.start + n_lines as u32..lines.end + n_lines as u32;
        match self {
            Self::Pending { lines } => Self::Pending { lines: moved(lines) },
            Self::Applied { lines } => Self::Applied { lines: moved(lines) },
            Self::Conflict { lines } => Self::Conflict { lines: moved(lines) },
        }
    }
}

/// A line without its break. Styles of line breaks do not matter, only whether there is one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Line<'a> {
    text: &'a str,
    ended: bool,
}

impl<'a> Line<'a> {
    fn new(line: &'a str) -> Self {
        let text = line.strip_suffix('\n').unwrap_or(line);
        let text = text.strip_suffix('\r').unwrap_or(text);
        Self { text, ended: text.len() < line.len() }
    }
}

/// A hunk on lines.
#[derive(Clone)]
struct Cut<'a> {
    start: usize,
    removed: Vec<Line<'a>>,
    inserted: Vec<Line<'a>>,
}

impl<'a> Cut<'a> {
    fn new(hunk: &'a Hunk) -> Self {
        let mut cut = Self {
            start: hunk.start as usize,
            removed: as_lines(&hunk.removed),
            inserted: as_lines(&hunk.inserted),
        };
        if cut.start == 0 {
            for first in [cut.removed.first_mut(), cut.inserted.first_mut()].into_iter().flatten() {
                first.text = first.text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(first.text);
            }
        }
        cut
    }

    fn range(&self) -> Range<usize> {
        self.start..self.start + self.removed.len()
    }

    /// Line endings only.
    fn changes_nothing(&self) -> bool {
        self.removed == self.inserted
    }

    /// What can be at its place and whether the hunk is applied then, the likelier first.
    fn readings(&self) -> impl Iterator<Item = (bool, &[Line<'a>])> {
        let pending = (!self.changes_nothing()).then_some((false, self.removed.as_slice()));
        pending.into_iter().chain([(true, self.inserted.as_slice())])
    }

    /// The same where `n_lines` above are left out; `None` when it begins among them.
    fn moved_up(&self, n_lines: usize) -> Option<Self> {
        Some(Self { start: self.start.checked_sub(n_lines)?, ..self.clone() })
    }

    fn untouched_at(&self, start: usize) -> HunkState {
        self.state_at(start, self.changes_nothing())
    }

    fn state_at(&self, start: usize, applied: bool) -> HunkState {
        let n_lines = if applied { self.inserted.len() } else { self.removed.len() };
        let lines = start as u32..(start + n_lines) as u32;
        if applied { HunkState::Applied { lines } } else { HunkState::Pending { lines } }
    }
}

/// The state of each of `hunks`, which were made from `base`, in `current`. Line endings and a byte order mark do not
/// count as changes. Where equal lines leave it open which of two hunks was applied, the earlier one stays pending.
pub fn states(base: &str, hunks: &[Hunk], current: &str) -> Vec<HunkState> {
    let cuts: Vec<Cut<'_>> = hunks.iter().map(Cut::new).collect();
    let (base, current) = (unmarked(base), unmarked(current));
    if base == current {
        return cuts.iter().map(|cut| cut.untouched_at(cut.start)).collect();
    }
    Window::of(base, current)
        .and_then(|window| states_by_window(&cuts, &window))
        .unwrap_or_else(|| states_by_lines(&cuts, &split(base), &split(current)))
}

/// Hunks outside the window only move. `None` when the window is too small to tell.
fn states_by_window(cuts: &[Cut<'_>], window: &Window<'_>) -> Option<Vec<HunkState>> {
    let (base, current) = (split(window.base), split(window.current));
    let end = window.n_before + base.len();
    let first = cuts.partition_point(|cut| !window.at_start && cut.range().end <= window.n_before);
    let last = cuts.partition_point(|cut| window.at_end || cut.start < end).max(first);
    let inside: Vec<Cut<'_>> =
        cuts[first..last].iter().map(|cut| cut.moved_up(window.n_before)).collect::<Option<_>>()?;
    if !fit(&inside, &base) {
        return None;
    }
    let states = match read(&inside, &base, 0..base.len(), &current, 0..current.len()) {
        Some(states) => states,
        None => {
            let (regions, touched) = regions(&inside, &base, &current);
            let changed = regions.iter().filter(|region| region.changed).map(|region| &region.here);
            if !changed.chain([&touched]).all(|lines| window.has_room_around(lines, base.len())) {
                return None;
            }
            regions
                .iter()
                .flat_map(|region| region_states(region, &inside, &base, &current))
                .collect()
        }
    };
    let before = cuts[..first].iter().map(|cut| cut.untouched_at(cut.start));
    let after =
        cuts[last..].iter().map(|cut| cut.untouched_at(cut.start + current.len() - base.len()));
    Some(
        before
            .chain(states.into_iter().map(|state| state.moved_down(window.n_before)))
            .chain(after)
            .collect(),
    )
}

fn states_by_lines(cuts: &[Cut<'_>], base: &[Line<'_>], current: &[Line<'_>]) -> Vec<HunkState> {
    if !fit(cuts, base) {
        // Not made from this base.
        return cuts.iter().map(|cut| conflict(cut.range())).collect();
    }
    read(cuts, base, 0..base.len(), current, 0..current.len()).unwrap_or_else(|| {
        let (regions, _) = regions(cuts, base, current);
        regions.iter().flat_map(|region| region_states(region, cuts, base, current)).collect()
    })
}

/// The edit that turns a pending hunk into an applied one, or an applied one back; `None` for a conflict, or where
/// the edit would run into the text beside it. Replaces whole lines, in the line endings of `current`.
pub fn edit_for(state: &HunkState, hunk: &Hunk, current: &str) -> Option<Edit> {
    let cut = Cut::new(hunk);
    let (lines, new, raw_old, raw_new) = match state {
        HunkState::Pending { lines } => (lines, cut.inserted, &hunk.removed, &hunk.inserted),
        HunkState::Applied { lines } => (lines, cut.removed, &hunk.inserted, &hunk.removed),
        HunkState::Conflict { .. } => return None,
    };
    let mark = if current.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len_utf8() } else { 0 };
    let index = LineIndex::new(current);
    let range = index.start_of(lines.start).max(mark)..index.start_of(lines.end).max(mark);
    // The very bytes that were tested, where the text has the very bytes they were made for.
    let text = if current[range.clone()] == raw_old.concat() {
        raw_new.concat()
    } else {
        in_endings_of(&new, line_ending(current))
    };
    let (before, after) = (current.get(mark..range.start)?, &current[range.end..]);
    let holds = if text.is_empty() {
        seam(before, after)
    } else {
        seam(before, &text) && seam(&text, after)
    };
    holds.then(|| Edit::new(range, text))
}

fn in_endings_of(lines: &[Line<'_>], ending: &str) -> String {
    lines.iter().flat_map(|line| [line.text, if line.ended { ending } else { "" }]).collect()
}

/// Whether the last line of `left` and the first of `right` stay two lines when joined.
fn seam(left: &str, right: &str) -> bool {
    let stays = left.ends_with('\n') || (left.ends_with('\r') && !right.starts_with('\n'));
    left.is_empty() || right.is_empty() || stays
}

fn unmarked(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

fn split(text: &str) -> Vec<Line<'_>> {
    if has_lone_return(text) {
        lines(text).into_iter().map(Line::new).collect()
    } else {
        text.split_inclusive('\n').map(Line::new).collect()
    }
}

fn as_lines(lines: &[String]) -> Vec<Line<'_>> {
    lines.iter().map(|line| Line::new(line)).collect()
}

fn conflict(lines: Range<usize>) -> HunkState {
    HunkState::Conflict { lines: lines.start as u32..lines.end as u32 }
}

/// Whether every hunk removes what is in `base`, in order.
fn fit(cuts: &[Cut<'_>], base: &[Line<'_>]) -> bool {
    cuts.is_sorted_by(|a, b| a.range().end <= b.start)
        && cuts.iter().all(|cut| base.get(cut.range()) == Some(&cut.removed))
}

/// Reads `there`, lines of the current text, as `here`, lines of the base, with some of the hunks applied; `None` when
/// it cannot be read so.
fn read(
    cuts: &[Cut<'_>],
    base: &[Line<'_>],
    here: Range<usize>,
    current: &[Line<'_>],
    there: Range<usize>,
) -> Option<Vec<HunkState>> {
    let current_has = |at: usize, lines: &[Line<'_>]| {
        at + lines.len() <= there.end && current[at..at + lines.len()] == *lines
    };
    // For each hunk, by the line of the current text where it can end: whether it is applied and where it starts.
    let mut steps: Vec<BTreeMap<usize, (bool, usize)>> = Vec::new();
    let mut ends = vec![there.start];
    let mut done = here.start;
    for cut in cuts {
        let gap = &base[done..cut.start];
        let mut step = BTreeMap::new();
        for start in
            ends.into_iter().filter(|end| current_has(*end, gap)).map(|end| end + gap.len())
        {
            for (applied, lines) in cut.readings() {
                if step.len() < READINGS_MAX && current_has(start, lines) {
                    step.entry(start + lines.len()).or_insert((applied, start));
                }
            }
        }
        ends = step.keys().copied().collect();
        steps.push(step);
        done = cut.range().end;
    }
    let rest = &base[done..here.end];
    let mut end =
        ends.into_iter().find(|end| end + rest.len() == there.end && current_has(*end, rest))?;
    let mut states = Vec::with_capacity(cuts.len());
    for (at, cut) in cuts.iter().enumerate().rev() {
        let (applied, start) = steps[at][&end];
        states.push(cut.state_at(start, applied));
        let gap_start = if at == 0 { here.start } else { cuts[at - 1].range().end };
        end = start - (cut.start - gap_start);
    }
    states.reverse();
    Some(states)
}

fn region_states(
    region: &Region,
    cuts: &[Cut<'_>],
    base: &[Line<'_>],
    current: &[Line<'_>],
) -> Vec<HunkState> {
    let cuts = &cuts[region.cuts.clone()];
    if !region.changed {
        let moved = |cut: &Cut<'_>| cut.start - region.here.start + region.there.start;
        return cuts.iter().map(|cut| cut.untouched_at(moved(cut))).collect();
    }
    read(cuts, base, region.here.clone(), current, region.there.clone())
        .unwrap_or_else(|| cuts.iter().map(|_| conflict(region.there.clone())).collect())
}

#[cfg(test)]
mod tests;
