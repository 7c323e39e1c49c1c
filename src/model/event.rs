//! Everything that can happen to a run: what the world answered and what was decided. A run is a fold of its events
//! (`logic::machine`), so these are what the journal stores and what resume, replay and tests share.

use serde::{Deserialize, Serialize};

use super::approval::Approval;
use super::budget::{AskedBudget, Budget, Expense};
use super::check::{Check, CheckRun};
use super::failure::Failure;
use super::guard::{GuardPolicy, Guarded};
use super::lesson::Lesson;
use super::plan::{Plan, Step};
use super::proposal::{CheckFact, FileChange, Proposal, SearchFact};
use super::provider::Model;
use super::question::{Answer, Inquiry, Question};
use super::report::TestId;
use super::run::{AttemptResult, Goal, Outcome};
use super::snapshot::Snapshot;
use super::subset::{Choice, SubsetVerdict};
use super::worker::Worker;
use crate::base::ids::{AcceptanceId, AttemptId, QuestionId, RunId, StepId, TreeId};
use crate::base::path::RepoPath;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum Event {
    /// The first event of every run. `at_ms` counts from 1970.
    RunRequested {
        id: RunId,
        goal: Box<Goal>,
        budget: AskedBudget,
        at_ms: u64,
    },
    /// What was on the screen, the checks found in it, the budget with the project's own wishes, and what the search
    /// for checks has to say to people.
    SnapshotTaken {
        snapshot: Snapshot,
        checks: Vec<Check>,
        budget: Box<Budget>,
        notes: Vec<String>,
        /// Tests that cannot be run on this machine, where nobody asked for others by name.
        #[serde(default)]
        left_out: Vec<Failure>,
        /// Who may work on it, from cheap to dear.
        #[serde(default = "Worker::default_ladder")]
        workers: Vec<Worker>,
        /// Who may plan a goal in words, the first that can be reached.
        #[serde(default)]
        planners: Vec<Model>,
        /// What changes may do to what judges them.
        #[serde(default)]
        guard: Box<GuardPolicy>,
        /// When people have a say.
        #[serde(default)]
        approval: Box<Approval>,
    },
    /// The checks ran on the untouched snapshot.
    BaselineTaken {
        runs: Vec<CheckRun>,
    },
    /// The red tests that are to turn green.
    TargetsChosen {
        targets: Vec<TestId>,
    },
    /// The steps that lead to green, as planned or as somebody wants them instead.
    PlanMade {
        plan: Box<Plan>,
        by: Planner,
        /// What is known of failures like these, the best first.
        #[serde(default)]
        lessons: Vec<Lesson>,
    },
    /// Who plans has to know something first.
    PlanAsks {
        inquiry: Inquiry,
    },
    /// A model planned a step anew that nobody could do.
    Replanned {
        step: StepId,
        /// What takes its place, numbered from 1; none where no model knew better.
        steps: Vec<Step>,
        /// The user's name for the model; empty where none made anything.
        by: String,
        /// For people; may be empty.
        why: String,
    },
    AttemptStarted {
        attempt: AttemptId,
        #[serde(default = "StepId::first")]
        step: StepId,
        worker: String,
        /// What the worker begins with; `None` for the snapshot.
        #[serde(default)]
        base: Option<TreeId>,
        /// Why this worker, for people; empty when it is the only one.
        #[serde(default)]
        why: String,
    },
    /// Its worker goes on with what it had made when it asked.
    AttemptContinued {
        attempt: AttemptId,
    },
    AttemptFinished {
        attempt: AttemptId,
        result: WorkResult,
    },
    /// Something that a budget counts was used on the way.
    Spent {
        /// What for; `None` for the plan.
        attempt: Option<AttemptId>,
        on: Expense,
    },
    /// What an attempt left was merged onto what the steps before it made, and the checks ran on that, without the edits
    /// that the guard left out. That is `tree`, and `files` are its changes against the snapshot.
    VerifyFinished {
        attempt: AttemptId,
        /// `None` for the tree that the worker left.
        #[serde(default)]
        tree: Option<TreeId>,
        runs: Vec<CheckRun>,
        files: Vec<FileChange>,
        #[serde(default)]
        guard: Guarded,
        /// The files that the attempt itself changed; empty in journals of older versions.
        #[serde(default)]
        changed: Vec<RepoPath>,
    },
    /// What an attempt left cannot be merged: it changes these files at places that steps before it changed otherwise.
    MergeConflicted {
        attempt: AttemptId,
        paths: Vec<RepoPath>,
    },
    /// A green attempt is merged by this.
    AttemptJudged {
        attempt: AttemptId,
        result: AttemptResult,
    },
    ProposalMade {
        proposal: Box<Proposal>,
    },
    /// An effect could not be carried out.
    EffectFailed {
        failure: Failure,
    },
    CancelRequested,
    /// To end with the best so far: what a search has found by then is still checked.
    StopRequested,
    /// Nothing new is begun; what is under way ends.
    Paused {
        at_ms: u64,
    },
    /// It goes on after a pause.
    Unpaused {
        at_ms: u64,
    },
    /// A person is asked, in milliseconds since 1970.
    Asked {
        question: Question,
        at_ms: u64,
    },
    /// A person answered, or the time for it passed.
    Answered {
        question: QuestionId,
        answer: Answer,
        at_ms: u64,
    },
    /// The run's wall time is over.
    WallSpent,
    /// A new process took the run over after the one that worked on it died; its wall time starts again.
    Resumed {
        at_ms: u64,
    },
    /// The run's work is over. Only review decisions may follow.
    Finished {
        outcome: Outcome,
    },
    /// The checks ran on the proposal's base with these hunks and no others. `tree` is that.
    SubsetChecked {
        tree: TreeId,
        hunks: Choice,
        verdict: SubsetVerdict,
        checks: Vec<CheckFact>,
    },
    /// The user said no to hunks of the proposal, or took that back.
    HunksDecided {
        hunks: Choice,
        rejected: bool,
        /// Why, in the person's words; may be empty.
        #[serde(default)]
        note: String,
    },
    /// These hunks were seen in the texts after they were accepted together, anew when the acceptance is known. Kept for
    /// taking them back only: whether a hunk is applied is read from the text on the screen.
    Accepted {
        acceptance: AcceptanceId,
        hunks: Choice,
        /// Only these parts of the one hunk there is; empty for all.
        #[serde(default)]
        parts: Vec<usize>,
    },
    /// An acceptance was taken back as a whole.
    TakenBack {
        acceptance: AcceptanceId,
    },
}

/// Who wrote a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Planner {
    /// Our own, without a model.
    BuiltIn,
    Person,
    /// A language model, by the user's name for it.
    Model(String),
}

/// What a worker left, read from its world and never from its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum WorkResult {
    Nothing {
        reason: String,
        search: Option<SearchFact>,
    },
    Changed {
        tree: TreeId,
        title: String,
        search: Option<SearchFact>,
    },
    /// It has to know something before it goes on with what it has made so far.
    Asks {
        inquiry: Inquiry,
        tree: TreeId,
    },
    /// It changed what it must not; its tree is never verified.
    Refused {
        tree: TreeId,
        reason: String,
    },
}
