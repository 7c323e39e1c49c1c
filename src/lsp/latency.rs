//! How long messages take from arrival to answer, per method.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// Counts per power of two of microseconds; the last bucket holds everything from 2^23 µs (8 s) on.
const BUCKETS: usize = 24;

/// Names come from the editor; no more than these are kept.
const METHODS_MAX: usize = 256;

#[derive(Default)]
pub struct Latency(BTreeMap<String, [u32; BUCKETS]>);

impl Latency {
    pub fn record(&mut self, method: &str, took: Duration) {
        let micros = took.as_micros().max(1);
        let bucket = (micros.ilog2() as usize).min(BUCKETS - 1);
        if let Some(counts) = self.0.get_mut(method) {
            counts[bucket] += 1;
        } else if self.0.len() < METHODS_MAX {
            self.0.entry(method.to_owned()).or_default()[bucket] += 1;
        }
    }
}

/// The time, as a power of two of microseconds, below which `share` percent of the messages stayed.
fn percentile(counts: &[u32; BUCKETS], share: u64) -> u64 {
    let total: u64 = counts.iter().map(|count| u64::from(*count)).sum();
    let mut seen = 0;
    let within = |count: &u32| {
        seen += u64::from(*count);
        seen * 100 >= total * share
    };
    1 << (counts.iter().position(within).unwrap_or(BUCKETS - 1) + 1)
}

impl fmt::Display for Latency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (method, counts) in &self.0 {
            let total: u32 = counts.iter().sum();
            let (half, most) = (percentile(counts, 50), percentile(counts, 99));
            write!(
                f,
                "\n  {method}: {total} messages, half within {half} µs, 99 % within {most} µs"
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_upper_bounds() {
        let mut latency = Latency::default();
        for _ in 0..98 {
            latency.record("x", Duration::from_micros(100));
        }
        latency.record("x", Duration::from_millis(3));
        latency.record("x", Duration::from_secs(100));
        assert_eq!(
            latency.to_string(),
            "\n  x: 100 messages, half within 128 µs, 99 % within 4096 µs"
        );
    }
}
