//! What a run may spend and what it has spent.

use serde::{Deserialize, Serialize};

use super::transcript::Usage;
use crate::base::limits;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Budget {
    /// Attempts of each worker at each step, at least 1.
    pub attempts_max: u32,
    /// From the start of the run, in milliseconds.
    pub wall_ms_max: u64,
    /// Steps that are worked on at once, at least 1.
    #[serde(default = "Budget::steps_at_once_default")]
    pub steps_at_once: u32,
    /// Checks of one tree that run at once where their folders lie apart, at least 1. `None` leaves it to what is known of
    /// them: see `engine::gate`.
    #[serde(default)]
    pub checks_at_once: Option<u32>,
    /// Runs of checks, those of tests in doubt included; `None` for any number. What is known is not run and costs nothing.
    #[serde(default)]
    pub checks_max: Option<u32>,
    /// Lines that a change may change; `None` for any number.
    #[serde(default)]
    pub lines_max: Option<u32>,
    /// Changes that a model makes to choose from, once its first was not good enough; at least 1.
    #[serde(default = "Budget::candidates_default")]
    pub candidates: u32,
    /// Tokens that models read and write; `None` for any number.
    #[serde(default)]
    pub tokens_max: Option<u64>,
    /// What models cost, in millionths of a millionth of a US dollar; `None` for any amount.
    #[serde(default)]
    pub cost_max: Option<u64>,
}

/// What a run has spent. Runs of checks never exceed their budget; a call of a model counts once it was answered, so it may
/// be exceeded by one call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Spent {
    pub checks: u32,
    pub calls: u32,
    pub tokens: u64,
    /// In millionths of a millionth of a US dollar.
    pub cost: u64,
}

/// What is taken off a budget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Expense {
    /// A model answered, or failed to.
    Call {
        /// As the user calls it.
        model: String,
        usage: Usage,
        /// In millionths of a millionth of a US dollar.
        cost: u64,
    },
    /// Runs of checks whose answers were not known.
    Checks { n: u32 },
}

impl Spent {
    pub fn add(&mut self, expense: &Expense) {
        match expense {
            Expense::Call { usage, cost, .. } => {
                self.calls += 1;
                let tokens = usage.input.saturating_add(usage.output);
                self.tokens = self.tokens.saturating_add(tokens);
                self.cost = self.cost.saturating_add(*cost);
            }
            Expense::Checks { n } => self.checks = self.checks.saturating_add(*n),
        }
    }
}

impl Budget {
    /// Which key of `[budget]` keeps models from being called; `None` when they may be.
    pub fn forbids_calls(&self, spent: &Spent) -> Option<&'static str> {
        let is_over = |max: Option<u64>, spent| max.is_some_and(|max| spent >= max);
        if is_over(self.tokens_max, spent.tokens) {
            return Some("tokens");
        }
        is_over(self.cost_max, spent.cost).then_some("cents")
    }
}

/// What somebody asks for; `None` leaves it to the next layer: arguments, then `greenloop.toml`, then the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedBudget {
    pub attempts_max: Option<u32>,
    pub wall_ms_max: Option<u64>,
}

impl Budget {
    fn candidates_default() -> u32 {
        1
    }

    fn steps_at_once_default() -> u32 {
        limits::STEPS_AT_ONCE_DEFAULT
    }
}

impl AskedBudget {
    /// What is asked, with `lower` in place of what is not.
    pub fn over(self, lower: Budget) -> Budget {
        Budget {
            attempts_max: self.attempts_max.unwrap_or(lower.attempts_max),
            wall_ms_max: self.wall_ms_max.unwrap_or(lower.wall_ms_max),
            ..lower
        }
    }
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            attempts_max: limits::ATTEMPTS_DEFAULT,
            wall_ms_max: limits::RUN_WALL_DEFAULT.as_millis() as u64,
            steps_at_once: Budget::steps_at_once_default(),
            checks_at_once: None,
            checks_max: None,
            lines_max: None,
            candidates: Budget::candidates_default(),
            tokens_max: None,
            cost_max: None,
        }
    }
}
