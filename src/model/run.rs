//! A run: one goal from snapshot to outcome. Only `logic::machine` changes one.

use serde::{Deserialize, Serialize};

use super::budget::{AskedBudget, Budget};
use super::check::{Check, CheckRun};
use super::event::WorkResult;
use super::failure::Failure;
use super::guard::{GuardPolicy, Guarded};
use super::proposal::{Acceptance, FileChange, Proposal};
use super::report::TestId;
use super::snapshot::Snapshot;
use super::subset::{Choice, Subset};
use super::worker::Worker;
use crate::base::ids::{AttemptId, CheckId, RunId, TreeId};
use crate::base::path::RepoPath;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub id: RunId,
    pub goal: Goal,
    /// What whoever started it asked for.
    pub asked: AskedBudget,
    pub budget: Budget,
    /// Milliseconds since 1970.
    pub started_ms: u64,
    pub phase: Phase,
    pub snapshot: Option<Snapshot>,
    pub checks: Vec<Check>,
    /// Who may work on it, from cheap to dear.
    #[serde(default = "Worker::default_ladder")]
    pub workers: Vec<Worker>,
    /// What changes may do to what judges them.
    #[serde(default)]
    pub guard: GuardPolicy,
    /// What the search for checks has to say to people.
    pub notes: Vec<String>,
    /// `None` until the checks ran on the snapshot.
    pub baseline: Option<Vec<CheckRun>>,
    /// The red tests the run works on; `None` until chosen.
    pub targets: Option<Vec<TestId>>,
    pub attempts: Vec<Attempt>,
    pub proposal: Option<Proposal>,
    /// Hunks of the proposal that the user said no to.
    pub rejected: Choice,
    /// What the user took over and can have taken back, the latest last.
    #[serde(default)]
    pub acceptances: Vec<Acceptance>,
    /// Parts of the proposal that were checked, the latest verdict on each.
    #[serde(default)]
    pub subsets: Vec<Subset>,
    /// Set once the run is to end whatever it is doing.
    pub ending: Option<Outcome>,
}

/// What green means for a run: these checks, these red tests.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Goal {
    /// The folder that is meant: its checks count, or those of the nearest folder above it that has any.
    pub focus: RepoPath,
    /// Only these checks; empty means all that were found.
    pub checks: Vec<CheckId>,
    /// Only these tests, each a full test name or an unambiguous end of one; empty means every red test.
    pub tests: Vec<String>,
    pub kind: GoalKind,
    /// Run every check, also where the answer is known.
    #[serde(default)]
    pub fresh: bool,
    /// Changes that were rejected: no proposal contains one.
    #[serde(default)]
    pub avoid: Vec<Avoid>,
    /// Files whose edits may be part of the change although the project's policy asks: its user has said yes.
    #[serde(default)]
    pub allow: Vec<RepoPath>,
}

/// A hunk that somebody said no to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Avoid {
    pub path: RepoPath,
    /// Whole lines with their line breaks, as in a hunk.
    pub removed: Vec<String>,
    pub inserted: Vec<String>,
    /// Why, in the person's words; may be empty.
    pub note: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum GoalKind {
    #[default]
    FixUntilGreen,
    /// Ends after the baseline: it answers "what is red?" and proposes nothing.
    RunChecks,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Snapshotting,
    /// The checks run on the untouched snapshot.
    Baselining,
    /// A worker is at it, or the next attempt is about to be decided.
    Working,
    /// The checks run on what the latest attempt left.
    Verifying,
    Finished(Outcome),
}

/// One worker's turn and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub id: AttemptId,
    pub worker: String,
    /// What the worker left.
    pub left: Option<WorkResult>,
    /// The checks on what it left, and its changes against the snapshot.
    pub verified: Option<Verified>,
    pub result: Option<AttemptResult>,
}

impl Attempt {
    /// One that has just begun.
    pub fn started(id: AttemptId, worker: &str) -> Attempt {
        Attempt { id, worker: worker.to_owned(), left: None, verified: None, result: None }
    }

    /// The tree that the worker left.
    pub fn tree(&self) -> Option<&TreeId> {
        match self.left.as_ref()? {
            WorkResult::Changed { tree, .. } | WorkResult::Refused { tree, .. } => Some(tree),
            WorkResult::Nothing { .. } => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// What was checked; `None` for the tree that the worker left.
    #[serde(default)]
    pub tree: Option<TreeId>,
    pub runs: Vec<CheckRun>,
    pub files: Vec<FileChange>,
    #[serde(default)]
    pub guard: Guarded,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptResult {
    /// The worker left no change.
    Nothing {
        reason: String,
    },
    /// The checks on its tree were not green.
    Red {
        reason: String,
    },
    Green,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum Outcome {
    /// A proposal stands and its evidence is green.
    Green,
    /// Nothing was red.
    AlreadyGreen,
    /// The checks ran and that was all that was asked.
    Checked {
        n_red: usize,
    },
    /// Budget or ideas ran out.
    Stuck {
        reason: String,
    },
    Cancelled,
    Failed {
        failure: Failure,
    },
}

impl Run {
    pub fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Finished(_))
    }

    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.phase {
            Phase::Finished(outcome) => Some(outcome),
            Phase::Snapshotting | Phase::Baselining | Phase::Working | Phase::Verifying => None,
        }
    }
}
