//! When a person has a say before something is done. What is proposed is never accepted without one.

use serde::{Deserialize, Serialize};

/// As `greenloop.toml` says it; the defaults where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Approval {
    /// Before a plan is carried out.
    pub plan: When,
    /// Before each step is begun.
    pub steps: When,
    /// How long an answer is waited for, in milliseconds; `None` for as long as it takes. After that it is a no.
    pub wait_ms: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum When {
    #[default]
    Never,
    Always,
}
