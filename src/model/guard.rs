//! What a change does to what judges it: tests, their data, and whatever decides which of them run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::proposal::{FileChange, HunkAt};
use crate::base::path::RepoPath;

/// What a file, or a part of one, is to the verdict on a change.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Is judged.
    #[default]
    Source,
    Test,
    /// Data that tests read.
    Fixture,
    /// Output that tests compare with.
    Snapshot,
    /// Says which tests run and how.
    TestConfig,
    CiConfig,
    /// Code that runs around the tests: `conftest.py`, set-up files, build scripts.
    Hook,
    /// Settings of linters and of coverage.
    LintConfig,
}

impl Class {
    /// Every class but `Source`, with its key in `[guard]` and its name for people.
    pub const GUARDED: [(Class, &'static str, &'static str); 7] = [
        (Class::Test, "tests", "tests"),
        (Class::Fixture, "fixtures", "test data"),
        (Class::Snapshot, "snapshots", "snapshots"),
        (Class::TestConfig, "test_config", "test configuration"),
        (Class::CiConfig, "ci_config", "CI configuration"),
        (Class::Hook, "hooks", "code that runs around the tests"),
        (Class::LintConfig, "lint_config", "lint and coverage settings"),
    ];

    /// For people.
    pub fn name(self) -> &'static str {
        let known = Class::GUARDED.iter().find(|(class, ..)| *class == self);
        known.map_or("sources", |(_, _, name)| name)
    }
}

/// What becomes of edits of a guarded class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// They are left out: the change is judged without them, and they are named.
    #[default]
    Ask,
    /// An attempt that makes one is not looked at further.
    Refuse,
    /// They are part of the change, labelled.
    Allow,
}

/// What a project lets changes do to what judges them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GuardPolicy {
    /// `Rule::Ask` for every class that is not here.
    pub rules: BTreeMap<Class, Rule>,
    /// Patterns of paths that are guarded as tests, whatever they look like.
    pub protect: Vec<String>,
    /// Patterns of paths of which every guarded edit is allowed.
    pub allow: Vec<String>,
    /// Where the patterns' paths start.
    pub folder: RepoPath,
}

/// A way to become green without being right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingKind {
    /// A test that ran is skipped, ignored, expected to fail, or shut out by another that runs only.
    Skip,
    /// A test, or a case of one, is gone.
    Delete,
    /// A test is there but nobody finds it any more.
    Undiscovered,
    /// An assertion is gone or says less.
    Weaken,
    /// What is expected became what the code gives.
    Expected,
    /// More deviation, time or retries are let pass.
    Tolerance,
    /// Stored output was taken anew.
    Snapshot,
    /// A command runs fewer tests.
    Filter,
    /// The runner, or a test, ends before it judged.
    EarlyExit,
    /// A failure is not passed on.
    SwallowedExit,
    /// Settings leave tests out.
    ConfigExclude,
    /// Lint or coverage is told to look away.
    LintExclusion,
    /// A source answers what the tests expect, by their inputs.
    HardCoded,
    /// A source behaves otherwise when tests run.
    TestDetection,
    /// The runner, or what decides on equality, is replaced.
    PatchedRunner,
    /// What is tested is replaced in the test.
    Mocked,
}

/// One place where a change looks like that.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    pub kind: FindingKind,
    pub path: RepoPath,
    /// Counted from 1, in the text after the change; in the one before for what is gone.
    pub line: u32,
    /// For people, for example `test_round is skipped`.
    pub why: String,
}

/// Edits of one file and class that are not part of the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    pub class: Class,
    /// The file with these hunks only.
    pub change: FileChange,
}

/// What the guard made of an attempt.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Guarded {
    /// Edits that the policy lets into the change: which, and of what.
    pub allowed: Vec<(HunkAt, Class)>,
    /// Edits that were put back before the checks ran.
    pub left_out: Vec<LeftOut>,
    /// What is suspicious about allowed edits and those left out.
    pub findings: Vec<Finding>,
    /// Not green, but green with what was left out.
    pub green_with_all: bool,
}

impl Guarded {
    /// The class of a hunk of the change; `None` for one that judges nothing.
    pub fn class_of(&self, at: &HunkAt) -> Option<Class> {
        self.allowed.iter().find(|(known, _)| known == at).map(|(_, class)| *class)
    }
}
