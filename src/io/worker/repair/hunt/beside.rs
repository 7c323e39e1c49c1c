//! Candidates tried in pairs: one that brought a red test nearer to green, and any other.

use std::collections::BTreeSet;
use std::ops::Range;

use super::super::fast_path::{FastPath, Patch, Verdict};
use super::super::patch;
use super::together::{Fronts, Partial};
use super::{Hunt, screen_first};
use crate::model::failure::Failure;
use crate::repair::Candidate;

/// A candidate that brought a test nearer to green.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seed {
    /// Its place among all that were chosen.
    pub place: usize,
    /// By how much, in percent.
    pub by: u8,
}

/// So many of them are tried with others.
const SEEDS_MAX: usize = 16;
/// Pairs that are tried in one go.
const PAIRS_MAX: usize = 20_000;
/// What it is worth to be green all but for the rest, as a difference of costs.
const WORTH: f64 = 2.0;
/// From here on, places are those of candidates where the tests have not come yet.
const BEYOND: usize = usize::MAX / 2;

impl<'a> Hunt<'a, '_> {
    /// Tries the best seeds, each with every other candidate, the likeliest `n_max` pairs that were not tried before.
    pub(super) fn beside(
        &mut self,
        path: &mut dyn FastPath,
        failing: &[String],
        seeds: &[Seed],
        n_max: usize,
    ) -> Result<(), Failure> {
        if seeds.is_empty() || !self.is_wanting() {
            return Ok(());
        }
        let all = self.job.failing;
        let screen = all.iter().position(|name| Some(name) == failing.first()).unwrap_or(0);
        let pairs = self.pairs(seeds, screen, n_max.min(PAIRS_MAX));
        let at = |place| self.either(place);
        let both = |&(a, b): &(usize, usize)| Some(vec![at(a)?, at(b)?]);
        let patches: Vec<Patch<'a>> = pairs.iter().filter_map(both).collect();
        let judged = self.try_all(path, &patches, failing, false, &mut |_, _| {})?;
        for ((a, b), verdict) in pairs.into_iter().zip(judged) {
            match verdict {
                // It is as if they had not been given.
                None | Some(Verdict::Late) => self.n_given -= 1,
                Some(_) => drop(self.paired.insert((screen, a, b))),
            }
        }
        Ok(())
    }

    /// The candidate at a place.
    fn either(&self, place: usize) -> Option<&'a Candidate> {
        match place.checked_sub(BEYOND) {
            Some(place) => self.beyond.at(place),
            None => self.waves.at(place),
        }
    }

    /// Places of candidates where a test comes with a seed that did not before.
    fn further(&self, seeds: &[Seed]) -> Range<usize> {
        let n = if seeds.iter().any(|seed| seed.by == 100) { self.beyond.nth(0).len() } else { 0 };
        BEYOND..BEYOND + n
    }

    /// Tries those that make some tests pass with everything else, for the first test that the best of them leaves red.
    pub(super) fn beside_partial(
        &mut self,
        path: &mut dyn FastPath,
        fronts: &Fronts<'a>,
    ) -> Result<(), Failure> {
        let all = || fronts.values().flatten();
        let Some(best) = all().next() else { return Ok(()) };
        let is_left = |place: &usize| !best.fixed.contains(place);
        let Some(screen) = (0..self.job.failing.len()).find(is_left) else { return Ok(()) };
        let by = |partial: &Partial<'a>| 100 * partial.fixed.len() / self.job.failing.len();
        let seeds: Vec<Seed> = all()
            .filter(|partial| !partial.fixed.contains(&screen))
            .map(|partial| Seed { place: partial.place, by: by(partial) as u8 })
            .collect();
        self.beside(path, &screen_first(self.job.failing, screen), &seeds, self.n_singles)
    }

    /// Places of two candidates, the lower one first, by what both cost.
    fn pairs(&self, seeds: &[Seed], screen: usize, n_max: usize) -> Vec<(usize, usize)> {
        let candidate = |place: usize| self.either(place);
        let worth = |seed: &Seed| {
            let cost = candidate(seed.place).map_or(f64::INFINITY, |seed| seed.cost);
            cost - WORTH * f64::from(seed.by) / 100.0
        };
        let mut seeds = seeds.to_vec();
        seeds.sort_by(|a, b| worth(a).total_cmp(&worth(b)));
        seeds.truncate(SEEDS_MAX);
        let known = (0..self.waves.n_chosen()).filter(|place| !self.useless.contains(place));
        let others: Vec<usize> = known.chain(self.further(&seeds)).collect();
        let mut known: BTreeSet<(usize, usize)> = BTreeSet::new();
        let mut pairs = Vec::new();
        for seed in seeds.iter().map(|seed| seed.place) {
            for other in others.iter().copied() {
                let pair = (seed.min(other), seed.max(other));
                let both = candidate(pair.0).zip(candidate(pair.1));
                let is_judged = self.paired.contains(&(screen, pair.0, pair.1));
                let is_new = !is_judged && known.insert(pair);
                if let Some((a, b)) = both.filter(|(a, b)| is_new && patch::fit(a, b)) {
                    pairs.push((a.cost + b.cost, pair));
                }
            }
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        pairs.into_iter().take(n_max).map(|(_, pair)| pair).collect()
    }
}
