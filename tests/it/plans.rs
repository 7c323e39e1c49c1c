//! Runs with several steps.

use crate::schedules::{Ends, schedule};

/// Seeds; `cargo bench --bench schedules` plays a hundred thousand.
const SEEDS: u64 = 3_000;

#[test]
fn whatever_happens_a_run_stays_sound_and_ends() {
    let mut ends = Ends::new();
    for seed in 0..SEEDS {
        match schedule(seed) {
            Ok(end) => *ends.entry(end).or_default() += 1,
            Err(fault) => panic!("{fault}"),
        }
    }
    let rare = ends.values().min().copied().unwrap_or_default();
    assert!(ends.len() >= 6 && rare >= 3, "some ends are hardly ever reached: {ends:?}");
}
