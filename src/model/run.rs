//! A run: one goal from snapshot to outcome. Only `logic::machine` changes one.

use serde::{Deserialize, Serialize};

use super::approval::Approval;
use super::budget::{AskedBudget, Budget, Spent};
use super::check::{Check, CheckRun};
use super::event::WorkResult;
use super::failure::Failure;
use super::guard::{GuardPolicy, Guarded};
use super::lesson::Lesson;
use super::plan::{Plan, Step};
use super::proposal::{Acceptance, FileChange, Proposal};
use super::provider::Model;
use super::question::{Asked, Inquiry};
use super::report::TestId;
use super::snapshot::Snapshot;
use super::subset::{Choice, Subset};
use super::worker::Worker;
use crate::base::ids::{AttemptId, CheckId, RunId, StepId, TreeId};
use crate::base::path::RepoPath;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub id: RunId,
    pub goal: Goal,
    /// What whoever started it asked for.
    pub asked: AskedBudget,
    pub budget: Budget,
    pub spent: Spent,
    /// Milliseconds since 1970.
    pub started_ms: u64,
    pub phase: Phase,
    pub snapshot: Option<Snapshot>,
    pub checks: Vec<Check>,
    /// Who may work on it, from cheap to dear.
    #[serde(default = "Worker::default_ladder")]
    pub workers: Vec<Worker>,
    /// Models that may plan a goal in words, the first of them that can be reached.
    #[serde(default)]
    pub planners: Vec<Model>,
    /// What changes may do to what judges them.
    #[serde(default)]
    pub guard: GuardPolicy,
    /// When people have a say.
    pub approval: Approval,
    /// What the search for checks has to say to people.
    pub notes: Vec<String>,
    /// Why checks and tests that were found cannot be run on this machine: nobody knows what they would say.
    #[serde(default)]
    pub left_out: Vec<Failure>,
    /// `None` until the checks ran on the snapshot.
    pub baseline: Option<Vec<CheckRun>>,
    /// The red tests the run works on; `None` until chosen.
    pub targets: Option<Vec<TestId>>,
    /// What who plans has to know first, until it is answered.
    pub inquiry: Option<Inquiry>,
    /// The steps that lead to green; `None` until planned.
    pub plan: Option<Plan>,
    /// Steps that nobody could do and that were planned anew, the latest last.
    pub replanned: Vec<Replanned>,
    /// What is known of failures like these, the best first.
    pub lessons: Vec<Lesson>,
    /// Attempts that wait for their turn at the checks, the first of them first: one at a time is merged onto what the
    /// steps before it made, and checked there.
    pub queue: Vec<AttemptId>,
    /// Green attempts, in the order in which they were merged. The checks were green on what the last of them made.
    pub merged: Vec<AttemptId>,
    pub attempts: Vec<Attempt>,
    /// What people were asked, the latest last.
    pub questions: Vec<Asked>,
    /// Until when waiting for people was taken off the time it has spent, in milliseconds since 1970.
    pub waited_until_ms: u64,
    /// When it was paused, in milliseconds since 1970: nothing new is begun until it goes on.
    pub paused_ms: Option<u64>,
    pub proposal: Option<Proposal>,
    /// Hunks of the proposal that the user said no to.
    pub rejected: Choice,
    /// Why, where the user said so, the latest last.
    #[serde(default)]
    pub objections: Vec<Objection>,
    /// What the user took over and can have taken back, the latest last.
    #[serde(default)]
    pub acceptances: Vec<Acceptance>,
    /// Parts of the proposal that were checked, the latest verdict on each.
    #[serde(default)]
    pub subsets: Vec<Subset>,
    /// Nothing more is begun, and the run ends when what is under way has ended.
    #[serde(default)]
    pub is_stopping: bool,
    /// Set once the run is to end whatever it is doing.
    pub ending: Option<Outcome>,
}

/// What a person has against hunks of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Objection {
    pub hunks: Choice,
    pub note: String,
}

/// A step that was planned anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replanned {
    pub step: Step,
    /// What took its place; empty where it stays.
    pub into: Vec<StepId>,
    /// The user's name for the model; empty where none made anything.
    pub by: String,
    /// For people; may be empty.
    pub why: String,
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
    /// What is wanted, in the person's words; empty where the red tests say it.
    #[serde(default)]
    pub text: String,
    /// Run every check, also where the answer is known.
    #[serde(default)]
    pub fresh: bool,
    /// The plan waits for a person, however small it is.
    #[serde(default)]
    pub plan_first: bool,
    /// A plan of more than one step waits for a person.
    #[serde(default)]
    pub large_plan_first: bool,
    /// Changes that were rejected: no proposal contains one.
    #[serde(default)]
    pub avoid: Vec<Avoid>,
    /// Files whose edits may be part of the change although the project's policy asks: its user has said yes.
    #[serde(default)]
    pub allow: Vec<RepoPath>,
    /// The change that a person would rather have than any that is looked for.
    #[serde(default)]
    pub wish: Option<Wish>,
}

/// A change that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// In words.
    pub title: String,
    /// The tree that it was made on.
    pub base: TreeId,
    /// The tree that holds it.
    pub tree: TreeId,
    /// The tests that it is to make pass.
    pub tests: Vec<TestId>,
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
    /// What the goal's text says is done; what passed before still passes. Red tests count only when they are named.
    Change,
    /// Ends after the baseline: it answers "what is red?" and proposes nothing.
    RunChecks,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    Snapshotting,
    /// The checks run on the untouched snapshot.
    Baselining,
    /// Steps are being worked on, or something about them is about to be decided.
    Working,
    Finished(Outcome),
}

/// One worker's turn and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    pub id: AttemptId,
    pub step: StepId,
    pub worker: String,
    /// What the worker began with; `None` for the snapshot.
    pub base: Option<TreeId>,
    /// How often its worker asked something.
    pub n_asked: u32,
    /// What it had made when it asked last.
    pub draft: Option<TreeId>,
    /// What the worker left.
    pub left: Option<WorkResult>,
    /// The checks on what it left, and its changes against the snapshot.
    pub verified: Option<Verified>,
    /// Files that it changes otherwise than a step that was merged before it, at the same place.
    pub conflicts: Vec<RepoPath>,
    pub result: Option<AttemptResult>,
}

impl Attempt {
    /// One that has just begun.
    pub fn started(id: AttemptId, step: StepId, worker: &str, base: Option<TreeId>) -> Attempt {
        Attempt {
            id,
            step,
            worker: worker.to_owned(),
            base,
            n_asked: 0,
            draft: None,
            left: None,
            verified: None,
            conflicts: Vec::new(),
            result: None,
        }
    }

    /// Whether its worker waits for an answer, or for its turn after it.
    pub fn asks(&self) -> bool {
        self.result.is_none() && matches!(self.left, Some(WorkResult::Asks { .. }))
    }

    /// Whether something is under way for it.
    pub fn is_at_work(&self) -> bool {
        self.result.is_none() && !self.asks()
    }

    /// The tree that the worker left.
    pub fn tree(&self) -> Option<&TreeId> {
        match self.left.as_ref()? {
            WorkResult::Changed { tree, .. } | WorkResult::Refused { tree, .. } => Some(tree),
            WorkResult::Nothing { .. } | WorkResult::Asks { .. } => None,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// What was checked; `None` for the tree that the worker left.
    #[serde(default)]
    pub tree: Option<TreeId>,
    pub runs: Vec<CheckRun>,
    /// What it changes of the snapshot, with all that was merged before.
    pub files: Vec<FileChange>,
    #[serde(default)]
    pub guard: Guarded,
    /// The files that the attempt itself changed.
    #[serde(default)]
    pub changed: Vec<RepoPath>,
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
    /// A proposal stands with green evidence, and yet some steps are not done, or not all could be run.
    Partly {
        reason: String,
    },
    /// Ideas ran out.
    Stuck {
        reason: String,
    },
    /// Something that the run may spend is spent. What was green by then stands as a proposal.
    Spent {
        reason: String,
    },
    Cancelled,
    Failed {
        failure: Failure,
    },
}

impl Outcome {
    /// In a word, the same wherever programs read it.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome::Green => "green",
            Outcome::AlreadyGreen => "already-green",
            Outcome::Checked { .. } => "checked",
            Outcome::Partly { .. } => "partly-green",
            Outcome::Stuck { .. } => "stuck",
            Outcome::Spent { .. } => "out-of-budget",
            Outcome::Cancelled => "cancelled",
            Outcome::Failed { .. } => "failed",
        }
    }
}

impl Run {
    /// One of which nothing is known yet but what was asked.
    pub fn requested(id: RunId, goal: Goal, asked: AskedBudget, at_ms: u64) -> Run {
        Run {
            id,
            goal,
            asked,
            budget: asked.over(Budget::default()),
            spent: Spent::default(),
            started_ms: at_ms,
            phase: Phase::Snapshotting,
            snapshot: None,
            checks: Vec::new(),
            workers: Worker::default_ladder(),
            planners: Vec::new(),
            guard: GuardPolicy::default(),
            approval: Approval::default(),
            notes: Vec::new(),
            left_out: Vec::new(),
            baseline: None,
            targets: None,
            inquiry: None,
            plan: None,
            replanned: Vec::new(),
            lessons: Vec::new(),
            queue: Vec::new(),
            merged: Vec::new(),
            attempts: Vec::new(),
            questions: Vec::new(),
            waited_until_ms: 0,
            paused_ms: None,
            proposal: None,
            rejected: Choice::new(),
            objections: Vec::new(),
            acceptances: Vec::new(),
            subsets: Vec::new(),
            is_stopping: false,
            ending: None,
        }
    }

    /// A step of the plan; `None` too as long as there is no plan.
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.plan.as_ref().and_then(|plan| plan.step(id))
    }

    /// What people were asked and have not answered, the first of it first.
    pub fn open_questions(&self) -> impl Iterator<Item = &Asked> {
        self.questions.iter().filter(|asked| asked.answer.is_none())
    }

    pub fn is_finished(&self) -> bool {
        matches!(self.phase, Phase::Finished(_))
    }

    pub fn outcome(&self) -> Option<&Outcome> {
        match &self.phase {
            Phase::Finished(outcome) => Some(outcome),
            Phase::Snapshotting | Phase::Baselining | Phase::Working => None,
        }
    }
}
