//! Candidates tried each for itself: in waves, those that are late or need a fresh process after the others.

use std::ops::Range;

use super::super::fast_path::{FastPath, Patch, Verdict};
use super::super::waves::Waves;
use super::Hunt;
use super::beside::Seed;
use super::together::Partial;
use crate::base::limits::NEXT_WAVE_MIN;
use crate::model::failure::Failure;

/// So many of those that are late are waited for before the search goes on, and after a find.
const LATE_MAX: usize = 32;
/// So many of those that need a fresh process each are tried before the search goes on, where they are among the first.
const FRESH_MAX: usize = 16;
const FRESH_PLACE_MAX: usize = 256;
/// Pairs that are tried where there is nothing else left, at most, or as many as there were single ones.
const PAIRS_MIN: usize = 10_000;

/// What trying candidates alone came to, as places of candidates but for those that make some tests pass.
#[derive(Default)]
struct Front<'a> {
    partial: Vec<Partial<'a>>,
    /// Those without a verdict: they need a fresh process, or there was no time.
    left: Vec<usize>,
    late: Vec<usize>,
    /// Those that bring the first of the tests nearer to green.
    seeds: Vec<Seed>,
}

impl<'a> Hunt<'a, '_> {
    /// Tries each candidate of some waves for itself, and of those after them what may stand near a find; those that make
    /// some of the tests pass.
    pub(super) fn alone(
        &mut self,
        path: &mut dyn FastPath,
        failing: &[String],
        waves: &Range<usize>,
    ) -> Result<Vec<Partial<'a>>, Failure> {
        let mut front = Front::default();
        let mut start = (0..waves.start).map(|wave| self.waves.nth(wave).len()).sum();
        for wave in waves.start..Waves::N {
            let has_time = self.clock.has_time(NEXT_WAVE_MIN) && !self.is_over();
            let is_asked = waves.contains(&wave) || !self.plausible.is_empty();
            if !self.wants(wave) || !is_asked || wave > 0 && !has_time {
                break;
            }
            let end = start + self.waves.nth(wave).len();
            self.n_alone = self.n_alone.max(end);
            let places = (start..end).filter(|place| !self.useless.contains(place)).collect();
            self.some(path, failing, places, false, &mut front)?;
            if self.is_wanting() {
                let late = front.late.drain(..front.late.len().min(LATE_MAX));
                let is_early = |place: &mut usize| *place < FRESH_PLACE_MAX;
                let fresh = front.left.extract_if(.., is_early).take(FRESH_MAX);
                let mut again: Vec<usize> = late.chain(fresh).collect();
                again.sort_unstable();
                self.again(path, failing, again, &mut front)?;
            }
            // Most faults are mended by one edit, and by one of the first.
            let n_pairs = match wave {
                _ if self.waves.cost(wave + 1).is_none() => self.n_singles.max(PAIRS_MIN),
                0 => self.n_singles / 4,
                _ => self.n_singles,
            };
            if front.partial.is_empty() {
                self.beside(path, failing, &front.seeds, n_pairs)?;
            }
            start = end;
        }
        let left = self.worth_waiting_for(&mut front);
        self.again(path, failing, left, &mut front)?;
        Ok(front.partial)
    }

    /// What is tried with patience after all else: what got no verdict and may stand near the best find, and what was late;
    /// after a find only some of that, and only what would stand before it.
    fn worth_waiting_for(&self, front: &mut Front<'a>) -> Vec<usize> {
        let within = |place: &usize, bound: f64| {
            self.waves.at(*place).is_some_and(|candidate| candidate.cost <= bound)
        };
        front.left.retain(|place| within(place, self.best_key + self.margin));
        if !self.plausible.is_empty() {
            front.late.retain(|place| within(place, self.best_key));
            front.late.truncate(LATE_MAX);
        }
        let mut worth: Vec<usize> = front.late.drain(..).chain(front.left.drain(..)).collect();
        // The likeliest first, as everywhere.
        worth.sort_unstable();
        worth
    }

    /// Tries candidates once more, with patience.
    fn again(
        &mut self,
        path: &mut dyn FastPath,
        failing: &[String],
        places: Vec<usize>,
        front: &mut Front<'a>,
    ) -> Result<(), Failure> {
        if places.is_empty() || !self.clock.has_time(NEXT_WAVE_MIN) || self.is_over() {
            return Ok(());
        }
        self.n_given -= places.len();
        self.some(path, failing, places, true, front)
    }

    /// Tries the candidates at these places.
    fn some(
        &mut self,
        path: &mut dyn FastPath,
        failing: &[String],
        places: Vec<usize>,
        patient: bool,
        front: &mut Front<'a>,
    ) -> Result<(), Failure> {
        let patches: Vec<Patch<'a>> =
            places.iter().filter_map(|place| Some(vec![self.waves.at(*place)?])).collect();
        let judged = self.try_all(path, &patches, failing, patient, &mut |index, fixed| {
            let (place, candidate) = (places[index], patches[index][0]);
            front.partial.push(Partial { place, candidate, fixed });
        })?;
        self.n_singles += places.len();
        self.judged.resize(self.waves.n_chosen(), false);
        for (place, verdict) in places.into_iter().zip(judged) {
            match verdict {
                None => front.left.push(place),
                Some(Verdict::Late) => front.late.push(place),
                Some(verdict) => {
                    if let Verdict::Nearer { by } = verdict {
                        front.seeds.push(Seed { place, by });
                    }
                    self.judged[place] = true;
                    if matches!(verdict, Verdict::Invalid | Verdict::Breaks { .. }) {
                        self.useless.insert(place);
                    }
                }
            }
        }
        Ok(())
    }
}
