//! What a run may spend and what it has spent.

use serde::{Deserialize, Serialize};

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
    /// Runs of checks; `None` for any number. What is known is not run and costs nothing.
    #[serde(default)]
    pub checks_max: Option<u32>,
    /// Lines that a change may change; `None` for any number.
    #[serde(default)]
    pub lines_max: Option<u32>,
}

/// What a run has spent. A run of a check counts once it has ended, so it may be exceeded by those of one attempt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    pub checks: u32,
}

/// What somebody asks for; `None` leaves it to the next layer: arguments, then `greenloop.toml`, then the default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskedBudget {
    pub attempts_max: Option<u32>,
    pub wall_ms_max: Option<u64>,
}

impl Budget {
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
            checks_max: None,
            lines_max: None,
        }
    }
}
