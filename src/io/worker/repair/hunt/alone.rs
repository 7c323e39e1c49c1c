//! Candidates tried each for itself: in waves, those that are late in turns with the others and after them, those that need
//! a fresh process last.

use std::time::{Duration, Instant};

use super::super::fast_path::{FastPath, Patch, Verdict};
use super::super::waves::Waves;
use super::{Hunt, Partial};
use crate::base::limits::{NEXT_WAVE_MIN, PARTIAL_BEAM};
use crate::model::failure::Failure;

/// So many of those that are late are waited for before the search goes on, and after a find.
const LATE_MAX: usize = 32;
/// So long others are tried where some are late, then those for as long as this.
const TURN: Duration = Duration::from_secs(3);
const LATE_TURN: Duration = Duration::from_secs(1);
/// Verdicts come so near to the order of candidates.
const NEAR: usize = 256;

/// What trying candidates alone came to, as places of candidates but for those that make some tests pass.
#[derive(Default)]
struct Front<'a> {
    partial: Vec<Partial<'a>>,
    /// Those without a verdict: they need a fresh process, or there was no time.
    left: Vec<usize>,
    late: Vec<usize>,
}

impl<'a> Hunt<'a, '_> {
    /// Tries each candidate for itself; those that make some of the tests pass, the best first.
    pub(super) fn alone(
        &mut self,
        path: &mut dyn FastPath,
        failing: &[String],
    ) -> Result<Vec<Partial<'a>>, Failure> {
        let mut front = Front::default();
        let mut start = 0;
        for wave in 0..Waves::N {
            let has_time = self.clock.has_time(NEXT_WAVE_MIN) && !self.is_over();
            if !self.wants(wave) || wave > 0 && !has_time {
                break;
            }
            let end = start + self.waves.nth(wave).len();
            self.n_alone = self.n_alone.max(end);
            let places = (start..end).filter(|place| !self.useless.contains(place)).collect();
            self.in_turns(path, failing, places, &mut front)?;
            if self.is_wanting() {
                self.late(path, failing, &mut front)?;
            }
            start = end;
        }
        let left = self.worth_waiting_for(&mut front);
        self.again(path, failing, left, &mut front)?;
        let mut partial = front.partial;
        partial.sort_by(|a, b| {
            let by_fixed = b.fixed.len().cmp(&a.fixed.len());
            by_fixed.then(a.candidate.cost.total_cmp(&b.candidate.cost))
        });
        partial.truncate(PARTIAL_BEAM);
        Ok(partial)
    }

    /// Tries the candidates at these places. Where it costs little to begin anew, those that are late get their share of the
    /// time as long as nothing is found: what mends a test that is red at once may take long, and there may be no end.
    fn in_turns(
        &mut self,
        path: &mut dyn FastPath,
        failing: &[String],
        mut places: Vec<usize>,
        front: &mut Front<'a>,
    ) -> Result<(), Failure> {
        loop {
            self.turn = path.is_quick().then(|| Instant::now() + TURN);
            self.n_late = front.late.len();
            let ahead = self.some(path, failing, places, false, front)?;
            let is_turn_over = self.is_turn_over();
            self.turn = None;
            if ahead.is_empty() || !is_turn_over || !self.is_wanting() {
                front.left.extend(ahead);
                return Ok(());
            }
            self.turn = Some(Instant::now() + LATE_TURN);
            self.late(path, failing, front)?;
            self.n_given -= ahead.len();
            places = ahead;
        }
    }

    /// Waits for the first of those that are late.
    fn late(
        &mut self,
        path: &mut dyn FastPath,
        failing: &[String],
        front: &mut Front<'a>,
    ) -> Result<(), Failure> {
        let late: Vec<usize> = front.late.drain(..front.late.len().min(LATE_MAX)).collect();
        let ahead = self.again(path, failing, late, front)?;
        front.late.splice(0..0, ahead);
        self.turn = None;
        Ok(())
    }

    pub(super) fn is_turn_over(&self) -> bool {
        self.turn.is_some_and(|turn| Instant::now() >= turn)
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

    /// Tries candidates once more, with patience; those it did not get to.
    fn again(
        &mut self,
        path: &mut dyn FastPath,
        failing: &[String],
        places: Vec<usize>,
        front: &mut Front<'a>,
    ) -> Result<Vec<usize>, Failure> {
        if places.is_empty() || !self.clock.has_time(NEXT_WAVE_MIN) || self.is_over() {
            return Ok(places);
        }
        self.n_given -= places.len();
        self.some(path, failing, places, true, front)
    }

    /// Tries the candidates at these places once; those it did not get to.
    fn some(
        &mut self,
        path: &mut dyn FastPath,
        failing: &[String],
        places: Vec<usize>,
        patient: bool,
        front: &mut Front<'a>,
    ) -> Result<Vec<usize>, Failure> {
        let patches: Vec<Patch<'a>> =
            places.iter().filter_map(|place| Some(vec![self.waves.at(*place)?])).collect();
        let judged = self.try_all(path, &patches, failing, patient, &mut |index, fixed| {
            let candidate = patches[index][0];
            front.partial.push(Partial { candidate, fixed });
        })?;
        self.judged.resize(self.waves.n_chosen(), false);
        let n_told = judged.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
        let mut ahead = Vec::new();
        for (at, (place, verdict)) in places.into_iter().zip(judged).enumerate() {
            match verdict {
                None if at + NEAR < n_told => front.left.push(place),
                None => ahead.push(place),
                Some(Verdict::Late) => front.late.push(place),
                Some(verdict) => {
                    self.judged[place] = true;
                    if matches!(verdict, Verdict::Invalid | Verdict::Breaks { .. }) {
                        self.useless.insert(place);
                    }
                }
            }
        }
        Ok(ahead)
    }
}
