//! The state of each hunk of a proposal in a text that moves on, down to the parts that can be accepted alone.
//! States are read off the texts alone, so undo, redo and hand-typing need no bookkeeping, and a part is applied
//! exactly or not at all.

mod anchors;
pub(in crate::logic) mod cut;
pub mod edits;
pub mod file;
pub mod overlap;
mod regions;
mod window;

use std::collections::BTreeMap;
use std::ops::Range;

use crate::logic::review::anchors::anchored;
use crate::logic::review::cut::{BYTE_ORDER_MARK, Cut, Line, split};
use crate::logic::review::edits::Way;
use crate::logic::review::regions::{Region, regions};
use crate::logic::review::window::Window;
use crate::model::proposal::Hunk;

/// Ways to read one stretch of text that are followed at once; more can only come of endless equal lines.
const READINGS_MAX: usize = 64;

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
    fn of_parts(cut: &Cut<'_>, cut_parts: &[Cut<'_>], parts: Vec<HunkState>) -> Self {
        let all = |way| parts.iter().all(|part: &HunkState| part.can_go(way));
        let start = parts.iter().map(|part| part.lines().start).min().unwrap_or(0);
        let end = parts.iter().map(|part| part.lines().end).max().unwrap_or(start);
        let lead = cut_parts.first().map_or(0, |part| part.start - cut.start);
        let trail = cut_parts.last().map_or(0, |part| cut.range().end - part.range().end);
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

    fn moved_down(mut self, n_lines: usize) -> Self {
        self.state.move_down(n_lines);
        self.parts.iter_mut().for_each(|part| part.move_down(n_lines));
        self
    }
}

/// How each of `hunks`, which were made from `base`, stands in `current`. Line endings and a byte order mark do not
/// count as changes. Where equal lines leave it open which of two parts was applied, whole hunks are preferred, and then
/// the earlier one stays pending.
pub fn readings(base: &str, hunks: &[Hunk], current: &str) -> Vec<Reading> {
    read_all(base, &hunks.iter().map(Cut::new).collect::<Vec<_>>(), current)
}

/// As `readings`, but where equal lines leave it open which part was applied, one of those that `likely` names by hunk
/// and part.
pub fn readings_where(
    base: &str,
    hunks: &[Hunk],
    current: &str,
    likely: impl Fn(usize, usize) -> bool,
) -> Vec<Reading> {
    let mut cuts: Vec<Cut<'_>> = hunks.iter().map(Cut::new).collect();
    for (at, cut) in cuts.iter_mut().enumerate() {
        cut.likely = (0..cut.parts().len()).map(|part| likely(at, part)).collect();
    }
    read_all(base, &cuts, current)
}

fn read_all(base: &str, cuts: &[Cut<'_>], current: &str) -> Vec<Reading> {
    let (base, current) = (unmarked(base), unmarked(current));
    if base == current {
        return cuts.iter().map(|cut| cut.untouched_at(cut.start)).collect();
    }
    Window::of(base, current, cuts)
        .and_then(|window| by_window(cuts, &window))
        .unwrap_or_else(|| by_lines(cuts, &split(base), &split(current)))
}

/// Hunks outside the window only move. `None` when the window is too small to tell.
fn by_window(cuts: &[Cut<'_>], window: &Window<'_>) -> Option<Vec<Reading>> {
    let (base, current) = (split(window.base), split(window.current));
    let end = window.n_before + base.len();
    let first = cuts.partition_point(|cut| !window.at_start && cut.range().end <= window.n_before);
    let last = cuts.partition_point(|cut| window.at_end || cut.start < end).max(first);
    let inside: Vec<Cut<'_>> =
        cuts[first..last].iter().map(|cut| cut.moved_up(window.n_before)).collect::<Option<_>>()?;
    if !fit(&inside, &base) {
        return None;
    }
    let readings = match read_hunks(&inside, &base, 0..base.len(), &current, 0..current.len()) {
        Some(readings) => readings,
        None => {
            let (regions, touched) = regions(&inside, &base, &current);
            let changed = regions.iter().filter(|region| region.changed).map(|region| &region.here);
            if !changed.chain([&touched]).all(|lines| window.has_room_around(lines, base.len())) {
                return None;
            }
            by_regions(&regions, &inside, &base, &current)
        }
    };
    let before = cuts[..first].iter().map(|cut| cut.untouched_at(cut.start));
    let after =
        cuts[last..].iter().map(|cut| cut.untouched_at(cut.start + current.len() - base.len()));
    Some(
        before
            .chain(readings.into_iter().map(|reading| reading.moved_down(window.n_before)))
            .chain(after)
            .collect(),
    )
}

fn by_lines(cuts: &[Cut<'_>], base: &[Line<'_>], current: &[Line<'_>]) -> Vec<Reading> {
    if !fit(cuts, base) {
        // Not made from this base.
        let conflict = |cut: &Cut<'_>| {
            let parts = cut.parts();
            let states = parts.iter().map(|part| conflict(part.range())).collect();
            Reading::of_parts(cut, &parts, states)
        };
        return cuts.iter().map(conflict).collect();
    }
    read_hunks(cuts, base, 0..base.len(), current, 0..current.len()).unwrap_or_else(|| {
        let (regions, _) = regions(cuts, base, current);
        by_regions(&regions, cuts, base, current)
    })
}

fn unmarked(text: &str) -> &str {
    text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text)
}

fn conflict(lines: Range<usize>) -> HunkState {
    HunkState::Conflict { lines: lines.start as u32..lines.end as u32 }
}

/// Whether every hunk removes what is in `base`, in order.
fn fit(cuts: &[Cut<'_>], base: &[Line<'_>]) -> bool {
    cuts.is_sorted_by(|a, b| a.range().end <= b.start)
        && cuts.iter().all(|cut| base.get(cut.range()) == Some(&cut.removed))
}

/// How a hunk can be read.
struct Step {
    applied: bool,
    start: usize,
    /// Of everything up to here.
    surprise: usize,
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
    // For each hunk, by the line of the current text where it can end, the least surprising way to get there.
    let mut steps: Vec<BTreeMap<usize, Step>> = Vec::new();
    let mut ends = vec![(there.start, 0)];
    let mut done = here.start;
    for cut in cuts {
        let gap = &base[done..cut.start];
        let mut step: BTreeMap<usize, Step> = BTreeMap::new();
        for (end, surprise) in ends.into_iter().filter(|(end, _)| current_has(*end, gap)) {
            let start = end + gap.len();
            for (applied, lines) in cut.readings().filter(|(_, lines)| current_has(start, lines)) {
                let new = Step { applied, start, surprise: surprise + cut.surprise(applied) };
                let end = start + lines.len();
                let better = step.get(&end).map(|known| new.surprise < known.surprise);
                if better.unwrap_or(step.len() < READINGS_MAX) {
                    step.insert(end, new);
                }
            }
        }
        ends = step.iter().map(|(end, step)| (*end, step.surprise)).collect();
        steps.push(step);
        done = cut.range().end;
    }
    let rest = &base[done..here.end];
    let mut end = there.end.checked_sub(rest.len())?;
    if !ends.iter().any(|(at, _)| *at == end) || !current_has(end, rest) {
        return None;
    }
    let mut states = Vec::with_capacity(cuts.len());
    for (at, cut) in cuts.iter().enumerate().rev() {
        let Step { applied, start, .. } = steps[at][&end];
        states.push(cut.state_at(start, applied));
        let gap_start = if at == 0 { here.start } else { cuts[at - 1].range().end };
        end = start - (cut.start - gap_start);
    }
    states.reverse();
    Some(states)
}

/// As `read`, by hunks or else by their parts.
fn read_hunks(
    cuts: &[Cut<'_>],
    base: &[Line<'_>],
    here: Range<usize>,
    current: &[Line<'_>],
    there: Range<usize>,
) -> Option<Vec<Reading>> {
    if let Some(states) = read(cuts, base, here.clone(), current, there.clone()) {
        let whole = |(cut, state): (&Cut<'_>, HunkState)| {
            let applied = matches!(state, HunkState::Applied { .. });
            cut.whole_at(state.lines().start as usize, applied)
        };
        return Some(cuts.iter().zip(states).map(whole).collect());
    }
    let parts: Vec<Vec<Cut<'_>>> = cuts.iter().map(Cut::parts).collect();
    let states = read(&parts.concat(), base, here, current, there)?;
    Some(of_parts(cuts, &parts, states))
}

/// Puts the states of all parts of these hunks together.
fn of_parts(cuts: &[Cut<'_>], parts: &[Vec<Cut<'_>>], states: Vec<HunkState>) -> Vec<Reading> {
    let mut states = states.into_iter();
    let mut reading = |(cut, parts): (&Cut<'_>, &Vec<Cut<'_>>)| {
        Reading::of_parts(cut, parts, states.by_ref().take(parts.len()).collect())
    };
    cuts.iter().zip(parts).map(&mut reading).collect()
}

fn by_regions(
    regions: &[Region],
    cuts: &[Cut<'_>],
    base: &[Line<'_>],
    current: &[Line<'_>],
) -> Vec<Reading> {
    regions.iter().flat_map(|region| by_region(region, cuts, base, current)).collect()
}

fn by_region(
    region: &Region,
    cuts: &[Cut<'_>],
    base: &[Line<'_>],
    current: &[Line<'_>],
) -> Vec<Reading> {
    let cuts = &cuts[region.cuts.clone()];
    let Region { here, there, .. } = region;
    if !region.changed {
        let moved = |cut: &Cut<'_>| cut.start - here.start + there.start;
        return cuts.iter().map(|cut| cut.untouched_at(moved(cut))).collect();
    }
    read_hunks(cuts, base, here.clone(), current, there.clone()).unwrap_or_else(|| {
        let parts: Vec<Vec<Cut<'_>>> = cuts.iter().map(Cut::parts).collect();
        let states =
            told_apart(&parts.concat(), &base[here.clone()], here.start, &current[there.clone()]);
        let moved = |mut state: HunkState| {
            state.move_down(there.start);
            state
        };
        of_parts(cuts, &parts, states.into_iter().map(moved).collect())
    })
}

/// The states of parts of which one at least is in conflict. `base` are the lines from `n_before` on.
fn told_apart(
    parts: &[Cut<'_>],
    base: &[Line<'_>],
    n_before: usize,
    current: &[Line<'_>],
) -> Vec<HunkState> {
    let parts: Vec<Cut<'_>> = parts.iter().filter_map(|part| part.moved_up(n_before)).collect();
    let (regions, _) = regions(&parts, base, current);
    let states = |region: &Region| {
        let parts = &parts[region.cuts.clone()];
        read(parts, base, region.here.clone(), current, region.there.clone()).unwrap_or_else(|| {
            anchored(parts, base, region.here.clone(), current, region.there.clone())
        })
    };
    regions.iter().flat_map(states).collect()
}

#[cfg(test)]
pub(in crate::logic) mod tests;
