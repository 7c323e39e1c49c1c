//! A check of the project: what is run, how its output is read, and how one run of it ended.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::policy::{Policy, Resource};
use super::report::{Place, TestId, TestReport};
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
    #[serde(default)]
    pub policy: Policy,
    /// Why this check was chosen, for people.
    pub why: String,
    /// Run only when it is named.
    #[serde(default)]
    pub on_request: bool,
    /// It is written in `greenloop.toml`: where it cannot be run nothing is green.
    #[serde(default)]
    pub configured: bool,
}

/// Who runs the tests, hence how tests are selected and reports are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Runner {
    Unittest,
    Pytest,
    Cargo,
    /// `node --test`.
    #[serde(rename = "node-test")]
    NodeTest,
    Jest,
    Vitest,
    Mocha,
    /// Any program that leaves JUnit XML.
    Junit,
    /// Any program that prints or leaves TAP.
    Tap,
    Go,
    Nextest,
    /// Any program; its exit code is its only test.
    Command,
    /// No tests, but findings.
    Lint(Linter),
}

/// A compiler, type checker or linter whose errors are read one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Linter {
    CargoCheck,
    Clippy,
    Tsc,
    Eslint,
    Ruff,
    Mypy,
    GoVet,
}

impl Linter {
    pub const ALL: [Linter; 7] = [
        Linter::CargoCheck,
        Linter::Clippy,
        Linter::Tsc,
        Linter::Eslint,
        Linter::Ruff,
        Linter::Mypy,
        Linter::GoVet,
    ];

    /// Its name in `greenloop.toml` and in titles.
    pub fn word(self) -> &'static str {
        match self {
            Linter::CargoCheck => "cargo-check",
            Linter::Clippy => "clippy",
            Linter::Tsc => "tsc",
            Linter::Eslint => "eslint",
            Linter::Ruff => "ruff",
            Linter::Mypy => "mypy",
            Linter::GoVet => "go-vet",
        }
    }

    /// How it is called where nothing else is said.
    pub fn argv(self) -> &'static [&'static str] {
        match self {
            Linter::CargoCheck => &["cargo", "check", "--all-targets"],
            Linter::Clippy => &["cargo", "clippy", "--all-targets"],
            Linter::Tsc => &["node", "node_modules/typescript/bin/tsc", "--noEmit"],
            Linter::Eslint => &["node", "node_modules/eslint/bin/eslint.js", "."],
            Linter::Ruff => &["ruff", "check", "."],
            Linter::Mypy => &["mypy", "."],
            Linter::GoVet => &["go", "vet", "./..."],
        }
    }
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
    /// What the sandbox enforced and which of its doors were open, in words; empty means unsandboxed.
    pub enforced: Vec<String>,
    /// Tests that came out differently when they were run again on the same files.
    #[serde(default)]
    pub flaky: Vec<TestId>,
    /// Only some of the tests were run: enough to know red, never enough for green.
    #[serde(default)]
    pub partial: bool,
    /// A digest of all but the files that can change the outcome: command, environment, tools, dependencies, sandbox.
    /// Empty in journals of older versions.
    #[serde(default)]
    pub setting: String,
    /// The answer of an earlier run on the same files in the same setting.
    #[serde(default)]
    pub reused: bool,
}

impl CheckRun {
    /// Whether it was run for this answer, and counts.
    pub fn was_run(&self) -> bool {
        !self.reused && self.end != CheckEnd::OverBudget
    }

    /// Whether the runner said how every test stands.
    pub fn is_whole(&self) -> bool {
        self.end == CheckEnd::Completed && self.report.complete && !self.partial
    }
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
    /// It used more than the sandbox allows: megabytes of memory or disk, or a number of processes.
    OverLimit {
        what: Resource,
        limit: u64,
    },
    /// A program it needs is not there.
    Missing {
        program: String,
        hint: String,
    },
    Cancelled,
    /// The run's budget had none left for it, so it was not begun.
    OverBudget,
}

/// An error with a place that is not a test's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub at: Option<Place>,
    pub message: String,
}
