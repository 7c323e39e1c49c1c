//! Refusals and failures as the editor and its user see them.

use std::fmt::Display;

use serde::Serialize;
use tower_lsp::jsonrpc::Error;

use crate::base::limits;
use crate::base::text::clipped;
use crate::engine::Busy;
use crate::model::failure::{Failure, FailureKind};

/// Why a command was not carried out, for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The text moved on.
    Stale,
    /// The lines were edited since the change was made.
    Conflict,
    Busy,
    NotFound,
    NotAllowed,
    /// The editor lacks what this needs.
    NeedsClient,
    BadArguments,
    Failed,
}

/// A command that was not carried out: an answer, not an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub reason: Reason,
    pub message: String,
}

impl Refusal {
    pub fn new(reason: Reason, message: impl AsRef<str>) -> Self {
        Self { reason, message: clipped(message.as_ref(), limits::ERROR_BYTES_MAX) }
    }

    /// Our own fault.
    pub fn internal(cause: &dyn Display) -> Self {
        Self::new(Reason::Failed, format!("internal error: {cause}"))
    }
}

impl From<Busy> for Refusal {
    fn from(_: Busy) -> Self {
        Self::new(Reason::Busy, "too much is waiting already; try again in a moment")
    }
}

impl From<&Failure> for Refusal {
    fn from(failure: &Failure) -> Self {
        let reason = match failure.kind {
            FailureKind::Stale => Reason::Stale,
            FailureKind::Refused => Reason::NotAllowed,
            FailureKind::Config
            | FailureKind::Project
            | FailureKind::Environment
            | FailureKind::Bug => Reason::Failed,
        };
        Self::new(reason, failure.text())
    }
}

/// The answer to a request whose premise is no longer true.
pub fn content_modified(why: &Refusal) -> Error {
    Error { message: why.message.clone().into(), ..Error::content_modified() }
}
