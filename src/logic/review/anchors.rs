//! Parts beside an edit of the user that still stand where nobody can mistake them.

use std::ops::Range;

use super::HunkState;
use super::cut::Cut;
use super::numbers::Number;

/// Parts that abut each other and cannot be read together: those that stand whole in `there`, once, between the lines
/// they belong between, are told apart; the others are in conflict.
pub fn anchored(
    parts: &[Cut<Number>],
    base: &[Number],
    here: Range<usize>,
    current: &[Number],
    there: Range<usize>,
) -> Vec<HunkState> {
    let conflict = || HunkState::Conflict { lines: there.start as u32..there.end as u32 };
    let mut states = Vec::with_capacity(parts.len());
    let mut done = there.start as u32;
    for (at, part) in parts.iter().enumerate() {
        let chain = Chain { parts, at, base, here: here.clone(), current, there: there.clone() };
        match chain.anchor().map(|(start, applied)| part.state_at(start, applied)) {
            Some(state) if done <= state.lines().start => {
                done = state.lines().end;
                states.push(state);
            }
            // Out of order: lines were moved about.
            Some(_) => return parts.iter().map(|_| conflict()).collect(),
            None => states.push(conflict()),
        }
    }
    states
}

/// One of the parts with what is around it.
struct Chain<'s> {
    parts: &'s [Cut<Number>],
    at: usize,
    base: &'s [Number],
    here: Range<usize>,
    current: &'s [Number],
    there: Range<usize>,
}

impl Chain<'_> {
    /// Where the part stands, and whether it is applied.
    fn anchor(&self) -> Option<(usize, bool)> {
        let part = &self.parts[self.at];
        let there = &self.current[self.there.clone()];
        let sides = [(false, &part.removed), (true, &part.inserted)];
        let mut found = sides.into_iter().flat_map(|(applied, lines)| {
            places(there, lines).map(move |at| (at, at + lines.len(), applied))
        });
        let (start, end, applied) = found.next()?;
        let unmistakable =
            found.next().is_none() && sides.iter().all(|(_, lines)| self.n_known(lines) == 1);
        let above = start.checked_sub(1).map(|line| &there[line]);
        let fits = self.above().contains(&above) && self.below().contains(&there.get(end));
        (unmistakable && fits).then_some((self.there.start + start, applied))
    }

    /// How often the base and all parts have these lines.
    fn n_known(&self, lines: &[Number]) -> usize {
        let inserted = self.parts.iter().map(|part| part.inserted.as_slice());
        inserted
            .chain([&self.base[self.here.clone()]])
            .map(|known| places(known, lines).count())
            .sum()
    }

    /// The lines that can stand right above the part, `None` for the first of all.
    fn above(&self) -> Vec<Option<&Number>> {
        let start = self.parts[self.at].start;
        match self.at.checked_sub(1).map(|at| &self.parts[at]) {
            Some(last) if last.range().end == start => {
                some_of([last.removed.last(), last.inserted.last()])
            }
            _ if start == self.here.start => vec![None],
            _ => vec![self.base.get(start - 1)],
        }
    }

    /// The lines that can stand right below it, `None` for the end.
    fn below(&self) -> Vec<Option<&Number>> {
        let end = self.parts[self.at].range().end;
        match self.parts.get(self.at + 1) {
            Some(next) if next.start == end => {
                some_of([next.removed.first(), next.inserted.first()])
            }
            _ if end == self.here.end => vec![None],
            _ => vec![self.base.get(end)],
        }
    }
}

fn some_of<T>(all: [Option<T>; 2]) -> Vec<Option<T>> {
    all.into_iter().filter(Option::is_some).collect()
}

/// Where these lines stand among others; nowhere when there are none.
fn places<'s>(all: &'s [Number], lines: &'s [Number]) -> impl Iterator<Item = usize> + 's {
    let windows = all.windows(lines.len().max(1)).enumerate();
    windows.filter(move |(_, window)| *window == lines).map(|(at, _)| at)
}
