//! The candidates of a search in waves, each twice as large as the one before: most searches need no more than the first.

use std::cell::{OnceCell, RefCell};

use crate::repair::Candidate;

/// Candidates by what they cost, chosen as late as may be.
pub(super) struct Waves<'c> {
    n_first: usize,
    chosen: [OnceCell<Vec<Candidate>>; Waves::N],
    source: RefCell<Box<dyn Iterator<Item = Candidate> + 'c>>,
}

impl<'c> Waves<'c> {
    /// How many there are; the last has all that is left.
    pub const N: usize = 4;

    /// With so many in the first.
    pub fn new(n_first: usize, source: impl Iterator<Item = Candidate> + 'c) -> Self {
        let source: Box<dyn Iterator<Item = Candidate> + 'c> = Box::new(source);
        Self { n_first, chosen: Default::default(), source: RefCell::new(source) }
    }

    /// How many waves hold so many candidates, if there are as many.
    pub fn n_to_hold(&self, n: usize) -> usize {
        let held = |waves: usize| self.n_first.saturating_mul((1 << waves) - 1);
        (1..Waves::N).find(|waves| held(*waves) >= n).unwrap_or(Waves::N)
    }

    /// The candidates of a wave, which is asked for after those before it; none where there are no more.
    pub fn nth(&self, wave: usize) -> &[Candidate] {
        let Some(chosen) = self.chosen.get(wave) else { return &[] };
        chosen.get_or_init(|| {
            let n = if wave + 1 < Waves::N {
                self.n_first.saturating_mul(1 << wave)
            } else {
                usize::MAX
            };
            self.source.borrow_mut().by_ref().take(n).collect()
        })
    }

    /// What the candidates of a wave cost at least; `None` where there are none.
    pub fn cost(&self, wave: usize) -> Option<f64> {
        if let Some(known) = self.chosen.get(wave).and_then(OnceCell::get) {
            return known.first().map(|first| first.cost);
        }
        let last = self.chosen().last().and_then(|wave| wave.last());
        (self.n_left() > 0).then(|| last.map_or(f64::NEG_INFINITY, |last| last.cost))
    }

    /// The candidate at a place among all that were chosen.
    pub fn at(&self, place: usize) -> Option<&Candidate> {
        let mut place = place;
        for wave in self.chosen() {
            match place.checked_sub(wave.len()) {
                None => return wave.get(place),
                Some(rest) => place = rest,
            }
        }
        None
    }

    /// How many candidates were chosen.
    pub fn n_chosen(&self) -> usize {
        self.chosen().map(Vec::len).sum()
    }

    /// Those that were chosen, in their order.
    pub fn known(&self) -> impl Iterator<Item = &Candidate> {
        self.chosen().flatten()
    }

    /// How many more there are at most.
    pub fn n_left(&self) -> usize {
        self.source.borrow().size_hint().1.unwrap_or_default()
    }

    fn chosen(&self) -> impl Iterator<Item = &Vec<Candidate>> {
        self.chosen.iter().map_while(OnceCell::get)
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

    /// How many are chosen, how many more there may be, and what each wave costs at least, before and after they are
    /// looked at.
    fn check(n_first: usize, n: usize) -> String {
        let n_made = Cell::new(0);
        let source = (0..n).map(candidate).inspect(|_| n_made.set(n_made.get() + 1));
        let waves = Waves::new(n_first, source);
        let seen = || {
            assert_eq!(waves.n_chosen(), n_made.get());
            let costs: Vec<_> = (0..Waves::N).map(|wave| waves.cost(wave)).collect();
            let told = costs.iter().map(|cost| cost.map_or("-".to_owned(), |it| it.to_string()));
            let told: Vec<String> = told.collect();
            format!("{} + {}: {}\n", waves.n_chosen(), waves.n_left(), told.join(" "))
        };
        let mut told = seen();
        let mut all = Vec::new();
        for wave in 0..Waves::N {
            all.extend(waves.nth(wave));
            told += &seen();
        }
        assert_eq!(all.len(), n);
        assert!(all.iter().enumerate().all(|(n, made)| made.cost == n as f64));
        told
    }

    #[test]
    fn a_wave_is_chosen_when_it_is_asked_for() {
        insta::assert_snapshot!(check(2, 20), @r"
        0 + 20: -inf -inf -inf -inf
        2 + 18: 0 1 1 1
        6 + 14: 0 2 5 5
        14 + 6: 0 2 6 13
        20 + 0: 0 2 6 14
        ");
        insta::assert_snapshot!(check(3, 2), @r"
        0 + 2: -inf -inf -inf -inf
        2 + 0: 0 - - -
        2 + 0: 0 - - -
        2 + 0: 0 - - -
        2 + 0: 0 - - -
        ");
        insta::assert_snapshot!(check(usize::MAX, 4), @r"
        0 + 4: -inf -inf -inf -inf
        4 + 0: 0 - - -
        4 + 0: 0 - - -
        4 + 0: 0 - - -
        4 + 0: 0 - - -
        ");
        insta::assert_snapshot!(check(2, 0), @r"
        0 + 0: - - - -
        0 + 0: - - - -
        0 + 0: - - - -
        0 + 0: - - - -
        0 + 0: - - - -
        ");
    }
}
