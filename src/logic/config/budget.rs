//! `[budget]`: what a run may spend.

use toml::de::DeTable;

use super::reader::{Reader, count};
use super::{Config, Key, Takes};

/// A hundredth of a US dollar, in millionths of a millionth of one.
const CENT: u64 = 10_000_000_000;

pub(super) const KEYS: &[Key] = &[
    Key {
        table: "budget",
        name: "attempts",
        takes: Takes::Count(1_000),
        doc: "How many attempts of each worker at each step are verified at most; 3 when left out.",
    },
    Key {
        table: "budget",
        name: "wall_seconds",
        takes: Takes::Count(604_800),
        doc: "How long a run may take; 900 when left out.",
    },
    Key {
        table: "budget",
        name: "steps_at_once",
        takes: Takes::Count(64),
        doc: "How many steps of a plan are worked on at the same time; 2 when left out.",
    },
    Key {
        table: "budget",
        name: "checks_at_once",
        takes: Takes::Count(64),
        doc: "How many checks run at the same time where their folders lie apart; when left out 2 of those that were found by \
              their files, and 1 of those that are written here.",
    },
    Key {
        table: "budget",
        name: "checks",
        takes: Takes::Count(1_000_000),
        doc: "How many runs of checks a run may make; as many as it needs when left out.",
    },
    Key {
        table: "budget",
        name: "lines",
        takes: Takes::Count(1_000_000),
        doc: "How many lines a change may change; any number when left out.",
    },
    Key {
        table: "budget",
        name: "candidates",
        takes: Takes::Count(16),
        doc: "How many changes a model makes to choose from by their checks, once its first was not good enough; 1 when left out.",
    },
    Key {
        table: "budget",
        name: "tokens",
        takes: Takes::Count(1_000_000_000_000),
        doc: "How many tokens models may read and write for a run; any number when left out.",
    },
    Key {
        table: "budget",
        name: "cents",
        takes: Takes::Count(100_000_000),
        doc: "How many US cents models may cost for a run, by the prices given for them; any amount when left out.",
    },
];

impl Reader<'_> {
    pub(super) fn budget(&mut self, table: &DeTable<'_>, config: &mut Config) {
        // What was to be limited is not done without a limit.
        let n_errors = self.errors.len();
        let mut taken = self.table("budget", table);
        config.n_unusable += self.errors.len() - n_errors;
        if let Some(attempts) = count(taken.remove("attempts")) {
            config.budget.attempts_max = u32::try_from(attempts).unwrap_or(u32::MAX);
        }
        if let Some(seconds) = count(taken.remove("wall_seconds")) {
            config.budget.wall_ms_max = seconds * 1_000;
        }
        let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
        if let Some(n) = count(taken.remove("steps_at_once")) {
            config.budget.steps_at_once = small(n);
        }
        config.budget.checks_at_once = count(taken.remove("checks_at_once")).map(small);
        config.budget.checks_max = count(taken.remove("checks")).map(small);
        config.budget.lines_max = count(taken.remove("lines")).map(small);
        if let Some(n) = count(taken.remove("candidates")) {
            config.budget.candidates = small(n);
        }
        config.budget.tokens_max = count(taken.remove("tokens"));
        config.budget.cost_max = count(taken.remove("cents")).map(|cents| cents * CENT);
    }
}
