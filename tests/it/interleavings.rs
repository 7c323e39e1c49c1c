//! Random schedules over every kind of editor: no byte of a user is lost or misplaced.

use crate::sim::personality::simulated;
use crate::sim::{interleaving, tally::Tally};

/// Seeds per editor.
const SEEDS: u64 = 500;

#[test]
fn no_interleaving_loses_a_byte() {
    let mut all = Tally::default();
    std::thread::scope(|scope| {
        let runs: Vec<_> = simulated()
            .into_iter()
            .map(|personality| {
                scope.spawn(move || {
                    let mut tally = Tally::default();
                    for seed in 0..SEEDS {
                        match interleaving(personality, seed) {
                            Ok(one) => tally.add(&one),
                            Err(fault) => panic!("{fault}"),
                        }
                    }
                    println!("{}\n{tally}", personality.name);
                    tally
                })
            })
            .collect();
        for run in runs {
            match run.join() {
                Ok(tally) => all.add(&tally),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    assert!(all.untouched_share() >= 99.0 && all.together_share() >= 99.0, "{all}");
}

/// A seed that showed it, for want of a deterministic way to have all of it in between two looks.
#[test]
fn a_part_that_was_accepted_again_meanwhile_is_not_rolled_back_with_the_first() {
    for personality in simulated().into_iter().filter(|known| known.name != "least") {
        interleaving(personality, 50_707).unwrap();
    }
}
