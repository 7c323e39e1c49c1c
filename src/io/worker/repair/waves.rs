//! The candidates of a search in two waves: most searches need no more than the first.

use std::cell::{OnceCell, RefCell};

use crate::repair::Candidate;

/// Candidates by what they cost, chosen as late as may be.
pub(super) struct Waves<'c> {
    first: Vec<Candidate>,
    rest: OnceCell<Vec<Candidate>>,
    source: RefCell<Box<dyn Iterator<Item = Candidate> + 'c>>,
}

impl<'c> Waves<'c> {
    /// How many there are.
    pub const N: usize = 2;

    /// With so many in the first.
    pub fn new(n_first: usize, mut source: impl Iterator<Item = Candidate> + 'c) -> Self {
        let first: Vec<Candidate> = source.by_ref().take(n_first).collect();
        let is_all = first.len() < n_first;
        let rest = if is_all { OnceCell::from(Vec::new()) } else { OnceCell::new() };
        Self { first, rest, source: RefCell::new(Box::new(source)) }
    }

    /// The candidates of a wave.
    pub fn nth(&self, wave: usize) -> &[Candidate] {
        match wave {
            0 => &self.first,
            _ => self.rest.get_or_init(|| self.source.borrow_mut().by_ref().collect()),
        }
    }

    /// How many candidates there are; as long as they are not all chosen, at most.
    pub fn len(&self) -> usize {
        let left = || self.source.borrow().size_hint().1.unwrap_or_default();
        self.first.len() + self.rest.get().map_or_else(left, Vec::len)
    }

    /// What a candidate costs at least that is in a wave after the first; `None` where there is none.
    pub fn later_cost(&self) -> Option<f64> {
        let is_all = self.rest.get().is_some_and(Vec::is_empty);
        self.first.last().filter(|_| !is_all).map(|last| last.cost)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;
    use crate::base::path::RepoPath;

    fn candidate(n: usize) -> Candidate {
        Candidate {
            path: RepoPath::new("a.py").unwrap(),
            edits: Vec::new(),
            template: "update",
            what: n.to_string(),
            line: 1,
            function: None,
            cost: n as f64,
        }
    }

    /// How many there are, were chosen and are said to be, before and after the second wave is looked at.
    fn check(n_first: usize, n: usize) -> [(usize, usize, Option<f64>); 2] {
        let n_chosen = Cell::new(0);
        let source = (0..n).map(candidate).inspect(|_| n_chosen.set(n_chosen.get() + 1));
        let waves = Waves::new(n_first, source);
        let seen = || (waves.len(), n_chosen.get(), waves.later_cost());
        let before = seen();
        let all: Vec<&Candidate> = (0..Waves::N).flat_map(|wave| waves.nth(wave)).collect();
        assert!(all.iter().enumerate().all(|(n, made)| made.cost == n as f64));
        assert_eq!(all.len(), n);
        [before, seen()]
    }

    #[test]
    fn the_second_wave_is_chosen_when_it_is_asked_for() {
        assert_eq!(check(2, 5), [(5, 2, Some(1.0)), (5, 5, Some(1.0))]);
        assert_eq!(check(3, 2), [(2, 2, None), (2, 2, None)]);
        assert_eq!(check(2, 2), [(2, 2, Some(1.0)), (2, 2, None)]);
        assert_eq!(check(usize::MAX, 4), [(4, 4, None), (4, 4, None)]);
        assert_eq!(check(2, 0), [(0, 0, None), (0, 0, None)]);
    }
}
