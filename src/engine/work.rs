//! A worker's turn at a step, with all that it may use.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::executor::{Project, Task, Teller, base, found};
use super::purse::Metered;
use super::verify;
use crate::base::ids::{AttemptId, StepId, TreeId};
use crate::base::limits::{JUDGE_WALL_MIN, WORK_WALL_MAX};
use crate::io::clock;
use crate::io::model::{Caller, Provider};
use crate::io::worker::{self, Assignment, Desk, Judge, Reach, Trial};
use crate::logic::{lessons, machine};
use crate::model::event::{Event, WorkResult};
use crate::model::failure::{Failure, FailureKind};
use crate::model::guard::Guarded;
use crate::model::plan::Step;
use crate::model::provider::Model;
use crate::model::run::{Attempt, AttemptResult, Run, Verified};

/// Has the worker of an attempt work.
pub(super) fn work(
    project: &Project,
    task: &Task,
    attempt: AttemptId,
    teller: &Teller<'_>,
) -> Result<Event, Failure> {
    let run = &task.run;
    let open = found(run, attempt)?;
    let earlier = run.attempts.iter().filter(|made| made.step == open.step);
    let attempts: Vec<&Attempt> = earlier.collect();
    let refused: Vec<TreeId> = attempts.iter().filter_map(|made| made.tree()).cloned().collect();
    let bare = Step::new(open.step, "");
    let step = run.step(open.step).unwrap_or(&bare);
    let lessons = lessons::of_step(run, step, &run.lessons);
    let on_the_way = task.on(machine::narrowed(run, step));
    let assignment = Assignment {
        tree: base(run, open)?,
        checks: &on_the_way.run.checks,
        baseline: machine::base_runs(run, open),
        targets: machine::tests(run, open.step),
        goal: &run.goal,
        step,
        draft: open.draft.as_ref(),
        asked: &machine::asked_of(run, Some(open.step)),
        may_ask: machine::may_ask(run, Some(open.step)),
        attempts: &attempts,
        refused: &refused,
        lessons: &lessons,
        until: until(run, open),
    };
    let progress = teller.progress;
    let desk =
        Desk { store: &project.store, worlds: &project.worlds, cancel: &task.cancel, progress };
    let reach = Reach {
        callers: &|model| caller(project, task, Some(attempt), teller, model),
        map: &|| project.repo_maps.of(&project.store, assignment.tree, &task.cancel),
        prompts: &project.prompts,
    };
    let judge = Judge {
        trial: &|tree| trial(project, &on_the_way, open, teller, tree),
        candidates: run.budget.candidates,
    };
    let worker = machine::worker_of(run, attempt);
    let result = match worker::work(&worker, &assignment, &desk, &reach, &judge) {
        // Who was told to end has not failed.
        Err(_) if task.cancel.is_cancelled() => {
            WorkResult::Nothing { reason: "it was cancelled".to_owned(), search: None }
        }
        result => result?,
    };
    Ok(Event::AttemptFinished { attempt, result })
}

/// When the worker of an attempt has to be done: what it leaves is compared and verified within the run's time, for which
/// twice what the checks took is kept, no more than a third; and some of the time is for other steps where some are open.
fn until(run: &Run, attempt: &Attempt) -> Instant {
    let left = left(run).min(WORK_WALL_MAX);
    let baseline = machine::base_runs(run, attempt).iter();
    let checks = Duration::from_millis(baseline.map(|run| run.duration_ms).sum());
    let own = left - (2 * checks + JUDGE_WALL_MIN).min(left / 3);
    Instant::now() + own.mul_f64(share(run, attempt.step))
}

/// The share of the time left that a step gets: that of its tests among those of all open steps, at least half, and some is
/// left for the others.
fn share(run: &Run, own: StepId) -> f64 {
    let Some(plan) = &run.plan else { return 1.0 };
    let states = machine::states(run, plan);
    let is_open =
        |step: &&Step| step.id == own || states.get(&step.id).is_some_and(|it| !it.is_settled());
    let n_tests = |step: &Step| step.tests.len().max(1) as f64;
    let open: f64 = plan.steps.iter().filter(is_open).map(n_tests).sum();
    let step = plan.steps.iter().find(|step| step.id == own);
    step.map_or(1.0, |step| {
        (n_tests(step) / open).clamp(0.5, if open > n_tests(step) { 0.85 } else { 1.0 })
    })
}

/// What is left of the run's time.
pub(super) fn left(run: &Run) -> Duration {
    let end_ms = run.started_ms.saturating_add(run.budget.wall_ms_max);
    Duration::from_millis(end_ms.saturating_sub(clock::now_ms()))
}

/// A model within the run's budget.
pub(super) fn caller<'a>(
    project: &Project,
    task: &'a Task,
    attempt: Option<AttemptId>,
    teller: &'a Teller<'a>,
    model: &Model,
) -> Result<Box<dyn Caller + 'a>, Failure> {
    if model.of_project && !project.is_trusted() {
        return Err(Failure::new(
            FailureKind::Refused,
            format!("greenloop.toml names the model at {}", model.url),
            "Models of a project that is not trusted are not called: start greenloop with --trust, or trust the workspace in \
             your editor.",
        ));
    }
    Ok(Box::new(Metered {
        inner: Box::new(Provider::open(model)?),
        model: model.clone(),
        purse: Arc::clone(&task.purse),
        budget: task.run.budget,
        attempt,
        record: teller.record,
    }))
}

/// What the checks say of a tree that the worker has not left yet, within the run's budget.
fn trial(
    project: &Project,
    task: &Task,
    attempt: &Attempt,
    teller: &Teller<'_>,
    tree: &TreeId,
) -> Result<Trial, Failure> {
    if !task.cancel.is_cancelled() {
        return verify::trial(project, task, attempt, tree, teller);
    }
    let (runs, files, guard) = (Vec::new(), Vec::new(), Guarded::default());
    let verified = Verified { tree: None, runs, files, guard, changed: Vec::new() };
    let reason = "it was cancelled".to_owned();
    Ok(Trial { verified, result: AttemptResult::Red { reason } })
}
