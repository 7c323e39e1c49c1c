//! Which hunks and which changes of the user lie too close together to be told apart without reading the text.

use std::ops::Range;

use super::cut::Cut;
use super::numbers::Number;
use crate::logic::diff::Change;

/// A stretch of the base with hunks, where nothing outside touches or abuts what is inside.
pub struct Region {
    /// Which hunks.
    pub cuts: Range<usize>,
    pub here: Range<usize>,
    /// The same stretch of the current text.
    pub there: Range<usize>,
    /// Whether the two differ.
    pub changed: bool,
}

/// How many lines up and down a block that was inserted or removed could as well have been: among equal lines nobody
/// can tell which one is new.
fn play(above: &[Number], block: &[Number], below: &[Number]) -> (usize, usize) {
    let down = block.iter().chain(below).zip(below).take_while(|(a, b)| a == b).count();
    let up = block
        .iter()
        .rev()
        .chain(above.iter().rev())
        .zip(above.iter().rev())
        .take_while(|(a, b)| a == b)
        .count();
    (up, down)
}

/// The lines of the base that putting `new` in place of `old` touches, in any of its equivalent places between its
/// neighbours.
fn reach(
    base: &[Number],
    old: &Range<usize>,
    new: &[Number],
    neighbours: Range<usize>,
) -> Range<usize> {
    let (above, below) = (&base[neighbours.start..old.start], &base[old.end..neighbours.end]);
    let (up, down) = match (old.is_empty(), new.is_empty()) {
        (true, false) => play(above, new, below),
        (false, true) => play(above, &base[old.clone()], below),
        (true, true) | (false, false) => (0, 0),
    };
    old.start - up..old.end + down
}

/// The reach of each of these replacements, which are in order.
fn reaches(base: &[Number], all: &[(Range<usize>, &[Number])]) -> Vec<Range<usize>> {
    let neighbours = |at: usize| {
        let above = if at == 0 { 0 } else { all[at - 1].0.end };
        above..all.get(at + 1).map_or(base.len(), |(next, _)| next.start)
    };
    all.iter().enumerate().map(|(at, (old, new))| reach(base, old, new, neighbours(at))).collect()
}

/// The lines of the base that each of these parts touches.
pub fn cut_reaches<'c>(
    parts: impl Iterator<Item = &'c Cut<Number>>,
    base: &[Number],
) -> Vec<Range<usize>> {
    reaches(base, &parts.map(|part| (part.range(), part.inserted.as_slice())).collect::<Vec<_>>())
}

/// Cuts the base into regions around hunks, of which `ours` are the lines they touch. `changes` is what makes `current`
/// of the base.
pub fn regions(
    ours: &[Range<usize>],
    base: &[Number],
    current: &[Number],
    changes: &[Change],
) -> Vec<Region> {
    let by_user: Vec<_> = changes
        .iter()
        .map(|change| (change.before.clone(), &current[change.after.clone()]))
        .collect();
    let by_user = reaches(base, &by_user);

    let mut regions = Vec::new();
    let (mut n_cuts, mut n_changes, mut shift) = (0, 0, 0);
    while let Some(first) = ours.get(n_cuts) {
        let mut here = by_user
            .get(n_changes)
            .filter(|reach| reach.start < first.start)
            .unwrap_or(first)
            .clone();
        let (first_cut, first_change, first_shift) = (n_cuts, n_changes, shift);
        loop {
            let (cut, change) = (ours.get(n_cuts), by_user.get(n_changes));
            if let Some(reach) = cut.filter(|reach| reach.start <= here.end) {
                here.end = here.end.max(reach.end);
                n_cuts += 1;
            } else if let Some(reach) = change.filter(|reach| reach.start <= here.end) {
                here.end = here.end.max(reach.end);
                shift += changes[n_changes].after.len() as isize
                    - changes[n_changes].before.len() as isize;
                n_changes += 1;
            } else {
                break;
            }
        }
        if n_cuts > first_cut {
            let there = here.start.saturating_add_signed(first_shift)
                ..here.end.saturating_add_signed(shift);
            regions.push(Region {
                cuts: first_cut..n_cuts,
                here,
                there,
                changed: n_changes > first_change,
            });
        }
    }
    regions
}
