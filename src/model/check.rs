//! A check of the project: what is run, how its output is read, and how one run of it ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::report::{Place, TestReport};
use crate::base::ids::{BlobId, CheckId, TreeId};
use crate::base::path::RepoPath;

/// A way to ask a project whether it is well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    pub id: CheckId,
    pub runner: Runner,
    /// The folder it runs in.
    pub dir: RepoPath,
    /// The program and its arguments before anything that selects tests.
    pub argv: Vec<String>,
    /// Variables set on top of the sandbox's own.
    pub env: BTreeMap<String, String>,
    /// Patterns of the files in which the runner leaves its report, relative to `dir`; empty when it leaves none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub report: Vec<String>,
    pub timeout_ms: u64,
    /// Why this check was chosen, for people.
    pub why: String,
}

/// Who runs the tests, hence how tests are selected and reports are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runner {
    Unittest,
    Pytest,
    Cargo,
    /// Any program that leaves JUnit XML.
    Junit,
    /// Any program that prints or leaves TAP.
    Tap,
    Go,
    Nextest,
    /// Any program; its exit code is its only test.
    Command,
}

/// One run of a check on one tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRun {
    pub check: CheckId,
    /// The sources that were tested.
    pub tree: TreeId,
    pub end: CheckEnd,
    pub report: TestReport,
    /// Errors with a place, from compilers and loaders.
    pub problems: Vec<Problem>,
    /// The command as a person would type it.
    pub command: String,
    /// What the program printed, cut in the middle.
    pub output: BlobId,
    pub duration_ms: u64,
    /// What the sandbox enforced, for example `overlay`, `no-network`; empty means unsandboxed.
    pub enforced: Vec<String>,
}

/// How a check ended. Only `Completed` can be green.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckEnd {
    /// The runner said what it had to say; the report tells the rest.
    Completed,
    /// The program could not be built, so no test ran.
    BuildFailed,
    /// The runner found no test to run.
    NoTests,
    /// The runner died or contradicted its own report.
    Crashed {
        detail: String,
    },
    TimedOut {
        after_ms: u64,
    },
    /// It printed more than allowed.
    Flooded {
        bytes: u64,
    },
    /// A program it needs is not there.
    Missing {
        program: String,
        hint: String,
    },
    Cancelled,
}

/// An error with a place that is not a test's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub at: Option<Place>,
    pub message: String,
}
