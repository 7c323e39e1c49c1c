//! What green attempts are made into.

use super::attempt::verdict_on;
use super::ladder::worker_of;
use super::steps::{self, tip};
use crate::logic::verdict::Verdict;
use crate::model::check::CheckRun;
use crate::model::event::WorkResult;
use crate::model::proposal::{
    ChangeKind, CheckFact, Evidence, FileChange, HunkAt, Proposal, StepChange,
};
use crate::model::run::{Attempt, Run};
use crate::model::subset::Choice;

/// The proposal that the merged attempts make; `None` when they have none to make, or its evidence is of another tree.
pub(super) fn propose(run: &Run) -> Option<Proposal> {
    let (tree, last) = tip(run)?;
    let verified = last.verified.as_ref()?;
    let Verdict::Green { fixed, still_red, flaky, n_passed, n_skipped } =
        verdict_on(run, &verified.runs, &steps::goal_tests(run), None)
    else {
        return None;
    };
    // Evidence counts only for the tree it was taken on.
    if verified.files.is_empty() || verified.runs.iter().any(|run| run.tree != *tree) {
        return None;
    }
    let steps = step_changes(run, &verified.files);
    Some(Proposal {
        run: run.id,
        attempt: last.id,
        title: title(run, &steps),
        worker: workers(&steps),
        llm: steps.iter().any(|step| step.llm),
        base: run.snapshot.as_ref()?.tree.clone(),
        result: tree.clone(),
        files: verified.files.clone(),
        evidence: Evidence {
            tree: tree.clone(),
            fixed,
            still_red,
            flaky,
            n_passed,
            n_skipped,
            checks: verified.runs.iter().map(check_fact).collect(),
            search: steps.iter().find_map(|step| step.search.clone()),
        },
        guard: verified.guard.clone(),
        steps,
    })
}

fn title(run: &Run, steps: &[StepChange]) -> String {
    match (steps, &run.plan) {
        ([only], _) => only.title.clone(),
        (_, Some(plan)) => plan.title.clone(),
        (_, None) => steps.iter().map(|step| step.title.as_str()).collect::<Vec<_>>().join("; "),
    }
}

/// Each worker once.
fn workers(steps: &[StepChange]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for step in steps {
        if !names.contains(&step.worker.as_str()) {
            names.push(&step.worker);
        }
    }
    names.join(", ")
}

/// What each merged attempt brought into `files`. A change belongs to the first after which it was as it is now.
fn step_changes(run: &Run, files: &[FileChange]) -> Vec<StepChange> {
    let merged: Vec<&Attempt> = run
        .merged
        .iter()
        .filter_map(|id| run.attempts.iter().find(|attempt| attempt.id == *id))
        .collect();
    let mut left: Choice = files.iter().flat_map(FileChange::items).collect();
    let mut steps = Vec::new();
    for attempt in merged {
        let Some(WorkResult::Changed { title, search, .. }) = &attempt.left else { continue };
        let then = attempt.verified.as_ref().map_or(&[][..], |verified| &verified.files);
        let hunks = left.extract_if(.., |at| is_in(then, files, at)).collect();
        steps.push(StepChange {
            step: attempt.step,
            attempt: attempt.id,
            title: title.clone(),
            worker: attempt.worker.clone(),
            llm: worker_of(run, attempt.id).llm,
            hunks,
            search: search.clone(),
        });
    }
    steps
}

/// Whether a change of `now` was among those of `then` already.
fn is_in(then: &[FileChange], now: &[FileChange], (path, item): &HunkAt) -> bool {
    let of = |files: &'_ [FileChange]| files.iter().position(|file| file.path == *path);
    let (Some(then), Some(now)) = (of(then).map(|at| &then[at]), of(now).map(|at| &now[at])) else {
        return false;
    };
    then.kind == now.kind
        && match now.kind {
            ChangeKind::Modify => {
                now.hunks.get(*item).is_some_and(|hunk| then.hunks.contains(hunk))
            }
            ChangeKind::Create | ChangeKind::Delete | ChangeKind::Rename { .. } => {
                then.hunks == now.hunks
            }
        }
}

/// What people see of a check's run.
pub fn check_fact(run: &CheckRun) -> CheckFact {
    CheckFact {
        check: run.check.clone(),
        command: run.command.clone(),
        n_tests: run.report.cases.len(),
        reused: run.reused,
        duration_ms: run.duration_ms,
        enforced: run.enforced.clone(),
    }
}
