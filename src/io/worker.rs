//! Workers change a project inside a world. What they leave is read from the world's tree, never from their words.

pub mod command;
pub mod model;
pub mod repair;
mod test_files;
mod wish;

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::base::cancel::CancelToken;
use crate::base::ids::TreeId;
use crate::io::model::Caller;
use crate::io::store::Store;
use crate::io::worlds::Worlds;
use crate::logic::prompts::Prompts;
use crate::logic::repo_map::RepoMap;
use crate::model::check::{Check, CheckRun};
use crate::model::event::WorkResult;
use crate::model::failure::Failure;
use crate::model::lesson::Lesson;
use crate::model::plan::Step;
use crate::model::provider::Model;
use crate::model::question::Asked;
use crate::model::report::TestId;
use crate::model::run::{Attempt, AttemptResult, Goal, Verified};
use crate::model::worker::{Worker, WorkerKind};

/// What a worker is to achieve, and what is known.
pub struct Assignment<'a> {
    /// Start from this tree.
    pub tree: &'a TreeId,
    pub checks: &'a [Check],
    /// The checks on `tree`, as just run.
    pub baseline: &'a [CheckRun],
    /// Make these pass; keep what passes.
    pub targets: &'a [TestId],
    pub goal: &'a Goal,
    /// What of the goal is to be done now.
    pub step: &'a Step,
    /// What this attempt had made when it asked something; `None` at its beginning.
    pub draft: Option<&'a TreeId>,
    /// What models asked people about the goal and this step, and the answers.
    pub asked: &'a [&'a Asked],
    /// Whether one may ask once more.
    pub may_ask: bool,
    /// What was tried before.
    pub attempts: &'a [&'a Attempt],
    /// Trees that were left by earlier attempts and were not green; not to be proposed again.
    pub refused: &'a [TreeId],
    /// What is known of such failures, the best first.
    pub lessons: &'a [&'a Lesson],
    /// What is left later is not verified any more before the run's time is over.
    pub until: Instant,
}

/// What a worker works with.
pub struct Desk<'a> {
    pub store: &'a Store,
    pub worlds: &'a Worlds,
    pub cancel: &'a CancelToken,
    /// Called often; must be cheap.
    pub progress: &'a (dyn Fn(Progress) + Sync),
}

/// How models are reached.
pub type Callers<'a> = dyn Fn(&Model) -> Result<Box<dyn Caller + 'a>, Failure> + Sync + 'a;

/// What language models need besides.
pub struct Reach<'a> {
    /// Reaches a model, within what the run may spend.
    pub callers: &'a Callers<'a>,
    /// Who refers to what in the tree that is worked on.
    pub map: &'a (dyn Fn() -> Result<Arc<RepoMap>, Failure> + Sync),
    /// What language models are told.
    pub prompts: &'a Prompts,
}

/// How a change is judged before it is left.
pub struct Judge<'a> {
    /// Has the checks run on a tree as they will be at the end; what is known is not run again.
    pub trial: &'a (dyn Fn(&TreeId) -> Result<Trial, Failure> + Sync),
    /// How many changes a model makes to choose from, once its first was not good enough; at least 1.
    pub candidates: u32,
}

/// What the checks said of a tree that a worker is not done with.
pub struct Trial {
    pub verified: Verified,
    pub result: AttemptResult,
}

/// A line for people who watch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    /// What is going on, for example `trying src/money.py:41 (comparison)`.
    pub text: String,
    pub tried: usize,
    pub total: usize,
    pub per_second: f64,
    /// The best so far, for example `2 of 3 failing tests pass`.
    pub best: String,
}

/// Lets a worker try once.
pub fn work(
    worker: &Worker,
    assignment: &Assignment<'_>,
    desk: &Desk<'_>,
    reach: &Reach<'_>,
    judge: &Judge<'_>,
) -> Result<WorkResult, Failure> {
    if let Some(granted) = wish::granted(assignment, desk)? {
        return Ok(granted);
    }
    match &worker.kind {
        WorkerKind::Repair => repair::work(assignment, desk),
        WorkerKind::Model { models } => model::work(models, assignment, desk, reach, judge),
        WorkerKind::Command { argv, dir, timeout_ms } => {
            let timeout = Duration::from_millis(*timeout_ms);
            command::work(
                &command::Program { name: &worker.name, argv, dir, timeout },
                assignment,
                desk,
            )
        }
    }
}
