//! When a person has a say before something is done.

use serde::{Deserialize, Serialize};

/// As `greenloop.toml` says it; the defaults where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Approval {
    /// Before a plan is carried out.
    pub plan: When,
    /// Before each step is begun.
    pub steps: When,
    /// What needs no person to be accepted.
    pub accept: AcceptAlone,
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

/// What is accepted without a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AcceptAlone {
    #[default]
    Nothing,
    /// The whole proposal of a run that ended green, where no text has changed since the run began.
    Green,
}
