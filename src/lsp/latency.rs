//! How long messages take from arrival to answer, and how long their handlers keep the session's thread, per method.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::base::limits;
use crate::io::clock;

/// Counts per power of two of microseconds; the last bucket holds everything from 2^23 µs (8 s) on.
const BUCKETS: usize = 24;

/// Names come from the editor; no more than these are kept.
const METHODS_MAX: usize = 256;

/// Stands for methods whose names are too long or too many.
const OTHERS: &str = "(others)";

#[derive(Default)]
pub struct Latency(Mutex<BTreeMap<String, Times>>);

#[derive(Default)]
struct Times {
    answers: Histogram,
    turns: Histogram,
    longest_turn: Duration,
    /// The most that a processor worked in one turn. What a turn takes longer is a wait for a processor.
    most_work: Duration,
}

/// A stretch of time in which the session's thread does nothing else.
pub struct Turn {
    since: Instant,
    worked: Option<Duration>,
}

impl Turn {
    pub fn begin() -> Self {
        Self { since: Instant::now(), worked: clock::thread_time() }
    }

    /// How long it has taken, and how long a processor worked in it.
    fn so_far(&self) -> (Duration, Duration) {
        let work = clock::thread_time().zip(self.worked).map(|(now, before)| now - before);
        let took = self.since.elapsed();
        (took, work.unwrap_or(took))
    }
}

#[derive(Default)]
struct Histogram([u32; BUCKETS]);

impl Latency {
    /// A message was dealt with so long after it came.
    pub fn answered(&self, method: &str, took: Duration) {
        self.with(method, |times| times.answers.count(took));
    }

    /// The session's thread did nothing else for so long.
    pub fn turn(&self, method: &str, turn: &Turn) {
        let (took, work) = turn.so_far();
        self.count_turn(method, took, work);
    }

    fn count_turn(&self, method: &str, took: Duration, work: Duration) {
        self.with(method, |times| {
            times.turns.count(took);
            times.longest_turn = times.longest_turn.max(took);
            times.most_work = times.most_work.max(work);
        });
    }

    fn with(&self, method: &str, change: impl FnOnce(&mut Times)) {
        let mut table = self.table();
        if let Some(times) = table.get_mut(method) {
            return change(times);
        }
        let is_kept = method.len() <= limits::METHOD_BYTES_MAX && table.len() < METHODS_MAX;
        let name = if is_kept { method } else { OTHERS };
        change(table.entry(name.to_owned()).or_default());
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<String, Times>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does some work and counts each of its turns, which is what it does between two waits.
pub async fn counted<F: Future>(latency: &Latency, method: &str, work: F) -> F::Output {
    let mut work = pin!(work);
    poll_fn(|cx| {
        let turn = Turn::begin();
        let polled = work.as_mut().poll(cx);
        latency.turn(method, &turn);
        polled
    })
    .await
}

impl Histogram {
    fn count(&mut self, took: Duration) {
        let micros = took.as_micros().max(1);
        self.0[(micros.ilog2() as usize).min(BUCKETS - 1)] += 1;
    }

    fn total(&self) -> u64 {
        self.0.iter().map(|count| u64::from(*count)).sum()
    }

    /// The time, as a power of two of microseconds, below which `share` percent stayed.
    fn percentile(&self, share: u64) -> u64 {
        let total = self.total();
        let mut seen = 0;
        let within = |count: &u32| {
            seen += u64::from(*count);
            seen * 100 >= total * share
        };
        1 << (self.0.iter().position(within).unwrap_or(BUCKETS - 1) + 1)
    }
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (method, Times { answers, turns, longest_turn, most_work }) in self.table().iter() {
            let n = answers.total();
            write!(f, "\n  {method}: {n} messages")?;
            if n > 0 {
                let (half, most) = (answers.percentile(50), answers.percentile(99));
                write!(f, ", half within {half} µs, 99 % within {most} µs")?;
            }
            let (n, most) = (turns.total(), turns.percentile(99));
            let (longest, work) = (longest_turn.as_micros(), most_work.as_micros());
            write!(f, "; {n} turns, 99 % within {most} µs, longest {longest} µs, work {work} µs")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_upper_bounds() {
        let latency = Latency::default();
        for _ in 0..98 {
            latency.answered("x", Duration::from_micros(100));
        }
        latency.answered("x", Duration::from_millis(3));
        latency.answered("x", Duration::from_secs(100));
        latency.count_turn("x", Duration::from_micros(70), Duration::from_micros(60));
        latency.count_turn("x", Duration::from_micros(300), Duration::from_micros(40));
        assert_eq!(
            latency.to_string(),
            "\n  x: 100 messages, half within 128 µs, 99 % within 4096 µs; \
             2 turns, 99 % within 512 µs, longest 300 µs, work 60 µs"
        );
    }

    #[test]
    fn names_that_are_long_or_many_are_counted_together() {
        let latency = Latency::default();
        let name = |n: usize| format!("method {n}");
        (0..METHODS_MAX + 10).for_each(|n| latency.answered(&name(n), Duration::ZERO));
        latency.answered(&"x".repeat(limits::METHOD_BYTES_MAX + 1), Duration::ZERO);
        let table = latency.table();
        assert_eq!(table.len(), METHODS_MAX + 1);
        assert_eq!(table[OTHERS].answers.total(), 11);
    }
}
