//! Why something could not be done, for people: what, why, and what to do about it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// The text moved on since.
    Stale,
    /// Policy or state forbids it.
    Refused,
    /// Configuration is wrong.
    Config,
    /// The project cannot be built or has no tests to run.
    Project,
    /// A program, permission, disk or store is not as needed.
    Environment,
    /// Our own fault.
    Bug,
}

/// A refusal with a hint. `message` starts with a lower-case letter and names the thing; `hint` says what to do, in a
/// sentence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Error)]
#[error("{message}")]
pub struct Failure {
    pub kind: FailureKind,
    pub message: String,
    pub hint: String,
}

impl Failure {
    pub fn new(kind: FailureKind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: hint.into() }
    }

    pub fn environment(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(FailureKind::Environment, message, hint)
    }

    /// The message and, where there is one, the hint after it.
    pub fn text(&self) -> String {
        if self.hint.is_empty() {
            return self.message.clone();
        }
        format!("{}. {}", self.message.trim_end_matches('.'), self.hint)
    }
}
