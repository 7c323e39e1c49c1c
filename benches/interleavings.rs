//! A million random schedules of typing and accepting over every kind of editor, on all cores:
//! `cargo bench --bench interleavings -- [--seed N] [--count N]`. Prints what they came to, and every fault with the
//! seed that shows it again; fails when there is one.

#![allow(
    dead_code,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "shares the tests' simulator; figures are for reading"
)]

#[path = "../tests/it/sim.rs"]
mod sim;
/// The part of the wire tests that the simulator shares.
#[path = "../tests/it/wire"]
mod wire {
    mod advertised;
    pub mod model;
}

use std::panic::catch_unwind;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use sim::interleaving;
use sim::personality::simulated;
use sim::tally::Tally;

const COUNT_DEFAULT: u64 = 1_000_000;
const FAULTS_SHOWN_MAX: usize = 20;
/// Interleavings a thread takes at once.
const BATCH: u64 = 50;

/// What one thread found.
#[derive(Default)]
struct Found {
    tallies: Vec<Tally>,
    faults: Vec<String>,
    n_faults: u64,
}

fn main() -> ExitCode {
    let seed = argument("--seed").unwrap_or(1);
    let count = argument("--count").unwrap_or(COUNT_DEFAULT);
    let n_threads = std::thread::available_parallelism().map_or(1, usize::from);
    println!("seed {seed}, {count} interleavings on {n_threads} cores");
    let (next, before) = (AtomicU64::new(0), Instant::now());
    let found: Vec<Found> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..n_threads).map(|_| scope.spawn(|| work(&next, seed, count))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let took = before.elapsed().as_secs_f64();
    let mut all = Tally::default();
    for (at, personality) in simulated().into_iter().enumerate() {
        let mut tally = Tally::default();
        found.iter().for_each(|found| tally.add(&found.tallies[at]));
        println!("{}\n{tally}", personality.name);
        all.add(&tally);
    }
    println!("all\n{all}");
    let n_faults: u64 = found.iter().map(|found| found.n_faults).sum();
    println!("{n_faults} faults; {took:.0} s, {:.0} interleavings/s", count as f64 / took);
    for fault in found.iter().flat_map(|found| &found.faults).take(FAULTS_SHOWN_MAX) {
        println!("\n{fault}");
    }
    if n_faults == 0 && all.untouched_share() >= 99.0 && all.together_share() >= 99.0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Takes batches until all are taken. The editors take turns, each seed goes once to each.
fn work(next: &AtomicU64, seed: u64, count: u64) -> Found {
    let all = simulated();
    let mut found = Found { tallies: vec![Tally::default(); all.len()], ..Found::default() };
    loop {
        let first = next.fetch_add(BATCH, Ordering::Relaxed);
        if first >= count {
            return found;
        }
        for n in first..(first + BATCH).min(count) {
            let at = (n % all.len() as u64) as usize;
            let seed = seed + n / all.len() as u64;
            let told = catch_unwind(|| interleaving(all[at], seed));
            let panicked = |_| Err(format!("{} seed {seed}: a panic, see above", all[at].name));
            match told.unwrap_or_else(panicked) {
                Ok(tally) => found.tallies[at].add(&tally),
                Err(fault) => {
                    found.n_faults += 1;
                    if found.faults.len() < FAULTS_SHOWN_MAX {
                        found.faults.push(fault);
                    }
                }
            }
        }
    }
}

fn argument(name: &str) -> Option<u64> {
    let mut all = std::env::args().skip_while(|argument| argument != name);
    all.nth(1)?.parse().ok()
}
