//! How many candidates a second the repair worker tries: `cargo bench --bench repair`. Runs `greenloop fix` on every
//! fixture as it stands and prints what the search said of itself. Figures are printed, nothing is asserted.

#![allow(
    dead_code,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "shares the tests' support, which can do more; figures are for reading"
)]

#[path = "../tests/it/support.rs"]
mod support;

use std::time::Instant;

use serde_json::Value;

use support::{Fixture, Home};

/// The second round finds build outputs and bases of the first.
const ROUNDS: usize = 2;

fn main() {
    println!(
        "{:26} {:>5} {:>8} {:>9} {:>8} {:>8}",
        "project", "round", "tried", "search s", "per s", "all s"
    );
    for name in ["python-billing", "python-ledger-pytest", "rust-interval"] {
        let (home, project) = (Home::new(), Fixture::load(name).copy());
        for round in 1..=ROUNDS {
            let before = Instant::now();
            let output =
                project.greenloop(&home).args(["fix", "--format", "json"]).output().unwrap();
            let all = before.elapsed().as_secs_f64();
            let text = String::from_utf8(output.stdout).unwrap();
            let outcome: Value = serde_json::from_str(text.lines().next_back().unwrap()).unwrap();
            let tried = outcome["search"]["tried"].as_f64().unwrap_or(0.0);
            let seconds = outcome["search"]["duration_ms"].as_f64().unwrap_or(0.0) / 1000.0;
            let rate = tried / seconds.max(1e-3);
            println!("{name:26} {round:>5} {tried:>8.0} {seconds:>9.2} {rate:>8.0} {all:>8.2}");
        }
    }
}
