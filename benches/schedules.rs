//! A hundred thousand random schedules of a run with several steps, on all cores:
//! `cargo bench --bench schedules -- [--seed N] [--count N]`. Prints how they ended, and every broken rule with the seed
//! that shows it again; fails when there is one.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "shares the tests' simulator; figures are for reading"
)]

#[path = "../tests/it/sim/rng.rs"]
mod rng;
#[path = "../tests/it/schedules.rs"]
mod schedules;

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use schedules::{Ends, schedule};

const COUNT_DEFAULT: u64 = 100_000;
const FAULTS_SHOWN_MAX: usize = 5;

fn main() -> ExitCode {
    let (seed, count) = (argument("--seed", 1), argument("--count", COUNT_DEFAULT));
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("seeds {seed} to {}, on {n_threads} cores", seed + count - 1);
    let (next, before) = (AtomicU64::new(seed), Instant::now());
    let found: Vec<(Ends, Vec<String>)> = std::thread::scope(|scope| {
        let play = || play(&next, seed + count);
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(play)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let took = before.elapsed().as_secs_f64();
    let mut all = Ends::new();
    for (end, n) in found.iter().flat_map(|(ends, _)| ends) {
        *all.entry(end).or_default() += n;
    }
    for (end, n) in &all {
        println!("{n:>8} {end}");
    }
    let faults: Vec<&String> = found.iter().flat_map(|(_, faults)| faults).collect();
    println!("{} faults; {took:.0} s, {:.0} schedules/s", faults.len(), count as f64 / took);
    for fault in faults.iter().take(FAULTS_SHOWN_MAX) {
        println!("\n{fault}");
    }
    if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn play(next: &AtomicU64, end: u64) -> (Ends, Vec<String>) {
    let (mut ends, mut faults) = (Ends::new(), Vec::new());
    loop {
        let seed = next.fetch_add(1, Ordering::Relaxed);
        if seed >= end {
            return (ends, faults);
        }
        match schedule(seed) {
            Ok(end) => *ends.entry(end).or_default() += 1,
            Err(fault) => faults.push(fault),
        }
    }
}

fn argument(name: &str, default: u64) -> u64 {
    let mut args = std::env::args().skip_while(|arg| arg != name);
    args.nth(1).and_then(|value| value.parse().ok()).unwrap_or(default)
}
