//! Reads a text as a base with some hunks in it, where that can be done, and tells hunks apart where it cannot.

use std::collections::BTreeMap;
use std::ops::Range;

use super::anchors::anchored;
use super::compare::changes;
use super::cut::{Cut, Parted};
use super::numbers::{Number, Numbers};
use super::regions::{Region, cut_reaches, regions};
use super::{HunkState, Reading, unmarked};
use crate::logic::diff;
use crate::model::proposal::Hunk;

/// Ways to read one stretch of text that are followed at once; more can only come of endless equal lines.
const READINGS_MAX: usize = 64;

/// A base and hunks that were made from it, to be read in one text after the other.
#[derive(Debug)]
pub struct Reader {
    numbers: Numbers,
    hunks: Vec<Parted>,
    /// The lines of the base that each hunk touches.
    reaches: Vec<Range<usize>>,
    /// Whether every hunk removes what is in the base, in order.
    fits: bool,
}

impl Reader {
    pub fn new(base: &str, hunks: &[Hunk]) -> Self {
        let mut numbers = Numbers::of_base(unmarked(base));
        let hunks: Vec<Parted> = hunks.iter().map(|hunk| Parted::new(hunk, &mut numbers)).collect();
        let wholes: Vec<&Cut<Number>> = hunks.iter().map(|hunk| &hunk.whole).collect();
        let fits = fit(&wholes, numbers.base());
        let reaches = if fits { hunk_reaches(&hunks, numbers.base()) } else { Vec::new() };
        Self { numbers, hunks, reaches, fits }
    }

    /// How each hunk stands in `current`. Line endings and a byte order mark do not count as changes. Where equal lines
    /// leave it open which of two parts was applied, whole hunks are preferred, and then the earlier one stays pending.
    pub fn readings(&self, current: &str) -> Vec<Reading> {
        self.read(&self.hunks, current)
    }

    /// As `readings`, but where equal lines leave it open which part was applied, one of those that `likely` names by
    /// hunk and part.
    pub fn readings_where(
        &self,
        current: &str,
        likely: impl Fn(usize, usize) -> bool,
    ) -> Vec<Reading> {
        let thought = |(at, hunk): (usize, &Parted)| hunk.thought(|part| likely(at, part));
        self.read(&self.hunks.iter().enumerate().map(thought).collect::<Vec<_>>(), current)
    }

    fn read(&self, hunks: &[Parted], current: &str) -> Vec<Reading> {
        if !self.fits {
            return hunks.iter().map(stranger).collect();
        }
        let (base, current) = (self.numbers.base(), self.numbers.of(unmarked(current)));
        if *base == *current {
            return hunks.iter().map(|hunk| hunk.untouched_at(hunk.whole.start)).collect();
        }
        let page = Page { base, current: &current };
        page.read_hunks(hunks, 0..base.len(), 0..current.len()).unwrap_or_else(|| {
            let regions = regions(&self.reaches, base, &current, &changes(base, &current));
            regions.iter().flat_map(|region| page.by_region(region, hunks)).collect()
        })
    }
}

/// A hunk that was not made from this base.
fn stranger(hunk: &Parted) -> Reading {
    let conflict = |part: &Cut<Number>| {
        let lines = part.range();
        HunkState::Conflict { lines: lines.start as u32..lines.end as u32 }
    };
    Reading::of_parts(hunk, hunk.parts.iter().map(conflict).collect())
}

fn fit(cuts: &[&Cut<Number>], base: &[Number]) -> bool {
    cuts.is_sorted_by(|a, b| a.range().end <= b.start)
        && cuts.iter().all(|cut| base.get(cut.range()) == Some(&cut.removed))
}

/// A hunk may hold several changes, with unchanged lines between.
fn hunk_reaches(hunks: &[Parted], base: &[Number]) -> Vec<Range<usize>> {
    let mut reaches = cut_reaches(hunks.iter().flat_map(|hunk| &hunk.parts), base).into_iter();
    let joined = |hunk: &Parted| {
        let all =
            |all: Range<usize>, one: Range<usize>| all.start.min(one.start)..all.end.max(one.end);
        reaches.by_ref().take(hunk.parts.len()).fold(hunk.whole.range(), all)
    };
    hunks.iter().map(joined).collect()
}

/// A base and a text to be read.
#[derive(Clone, Copy)]
struct Page<'a> {
    base: &'a [Number],
    current: &'a [Number],
}

impl Page<'_> {
    /// Reads the lines `there` of the text as the lines `here` of the base, by hunks or else by their parts.
    fn read_hunks(
        &self,
        hunks: &[Parted],
        here: Range<usize>,
        there: Range<usize>,
    ) -> Option<Vec<Reading>> {
        let wholes: Vec<&Cut<Number>> = hunks.iter().map(|hunk| &hunk.whole).collect();
        if let Some(states) = self.read(&wholes, here.clone(), there.clone()) {
            let whole = |(hunk, state): (&Parted, HunkState)| {
                let applied = matches!(state, HunkState::Applied { .. });
                hunk.whole_at(state.lines().start as usize, applied)
            };
            return Some(hunks.iter().zip(states).map(whole).collect());
        }
        let parts: Vec<&Cut<Number>> = hunks.iter().flat_map(|hunk| &hunk.parts).collect();
        Some(of_parts(hunks, self.read(&parts, here, there)?))
    }

    fn by_region(&self, region: &Region, hunks: &[Parted]) -> Vec<Reading> {
        let hunks = &hunks[region.cuts.clone()];
        let Region { here, there, .. } = region;
        if !region.changed {
            let moved = |hunk: &Parted| hunk.whole.start - here.start + there.start;
            return hunks.iter().map(|hunk| hunk.untouched_at(moved(hunk))).collect();
        }
        self.read_hunks(hunks, here.clone(), there.clone()).unwrap_or_else(|| {
            let parts = hunks.iter().flat_map(|hunk| &hunk.parts);
            let part =
                Page { base: &self.base[here.clone()], current: &self.current[there.clone()] };
            let states =
                part.told_apart(parts.filter_map(|part| part.moved_up(here.start)).collect());
            let moved = |mut state: HunkState| {
                state.move_down(there.start);
                state
            };
            of_parts(hunks, states.into_iter().map(moved).collect())
        })
    }

    /// The states of parts of which one at least is in conflict.
    fn told_apart(&self, parts: Vec<Cut<Number>>) -> Vec<HunkState> {
        let changes = diff::changes(self.base, self.current);
        let reaches = cut_reaches(parts.iter(), self.base);
        let states = |region: &Region| {
            let parts = &parts[region.cuts.clone()];
            let (here, there) = (region.here.clone(), region.there.clone());
            let read = self.read(&parts.iter().collect::<Vec<_>>(), here.clone(), there.clone());
            read.unwrap_or_else(|| anchored(parts, self.base, here, self.current, there))
        };
        regions(&reaches, self.base, self.current, &changes).iter().flat_map(states).collect()
    }

    /// Reads `there`, lines of the current text, as `here`, lines of the base, with some of the hunks applied; `None` when
    /// it cannot be read so.
    fn read(
        &self,
        cuts: &[&Cut<Number>],
        here: Range<usize>,
        there: Range<usize>,
    ) -> Option<Vec<HunkState>> {
        let Self { base, current } = self;
        let current_has = |at: usize, lines: &[Number]| {
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
                for (applied, lines) in
                    cut.readings().filter(|(_, lines)| current_has(start, lines))
                {
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
}

/// Puts the states of all parts of these hunks together.
fn of_parts(hunks: &[Parted], states: Vec<HunkState>) -> Vec<Reading> {
    let mut states = states.into_iter();
    let mut reading =
        |hunk: &Parted| Reading::of_parts(hunk, states.by_ref().take(hunk.parts.len()).collect());
    hunks.iter().map(&mut reading).collect()
}

/// How a hunk can be read.
struct Step {
    applied: bool,
    start: usize,
    /// Of everything up to here.
    surprise: usize,
}
