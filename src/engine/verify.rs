//! What an attempt left, merged onto what other steps made, and the checks on that.

use super::changes::file_changes;
use super::executor::{Project, Task, Teller, base, snapshot};
use super::gate::Gate;
use super::guard::{self, Judged};
use crate::base::ids::TreeId;
use crate::base::path::RepoPath;
use crate::io::store::Merged;
use crate::io::worker::{Progress, Trial};
use crate::logic::machine;
use crate::model::check::CheckRun;
use crate::model::event::{Event, WorkResult};
use crate::model::failure::{Failure, FailureKind};
use crate::model::guard::Guarded;
use crate::model::proposal::FileChange;
use crate::model::run::{Attempt, AttemptResult, Verified};
use crate::model::worker::WorkerKind;

/// Verifies the tree that an attempt `left`, merged `onto` another tree where that is not what it began with.
pub(super) fn verify(
    project: &Project,
    task: &Task,
    attempt: &Attempt,
    (left, onto): (&TreeId, Option<&TreeId>),
    teller: &Teller<'_>,
) -> Result<Event, Failure> {
    let run = &task.run;
    let base = base(run, attempt)?;
    let refused = |reason| {
        let result = WorkResult::Refused { tree: left.clone(), reason };
        Ok(Event::AttemptFinished { attempt: attempt.id, result })
    };
    let own = changed(project, base, left)?;
    if let Some(path) = machine::outside_scope(run, attempt, &own) {
        return refused(format!("it changes {path}, which its step does not allow"));
    }
    let merged = match onto {
        None => left.clone(),
        Some(onto) => match project.store.merge(base, onto, left)? {
            Merged::Tree(tree) => tree,
            Merged::Conflicts(paths) => {
                return Ok(Event::MergeConflicted { attempt: attempt.id, paths });
            }
        },
    };
    let files = match file_changes(&project.store, snapshot(run)?, &merged) {
        Ok(files) => files,
        // Not good enough to be looked at, which the next attempt may know.
        Err(Failure { kind: FailureKind::Refused, message, .. }) => return refused(message),
        Err(failure) => return Err(failure),
    };
    match examined(project, task, attempt, &merged, files, teller.progress)? {
        Examined::Refused(reason) => refused(reason),
        Examined::Verified { verified: Verified { tree, runs, files, guard, .. }, untold } => {
            teller.checks_ran(Some(attempt.id), untold);
            let tree = tree.or_else(|| (merged != *left).then(|| merged.clone()));
            let (attempt, changed) = (attempt.id, own);
            Ok(Event::VerifyFinished { attempt, tree, runs, files, guard, changed })
        }
    }
}

enum Examined {
    /// Why it is not looked at further.
    Refused(String),
    Verified {
        /// Its tree is `None` where all of the changes were checked.
        verified: Verified,
        /// Runs of checks that its own do not tell of.
        untold: u32,
    },
}

/// Has the checks run on `tree`, whose changes against the snapshot are `files`, without what the guard leaves out.
fn examined(
    project: &Project,
    task: &Task,
    attempt: &Attempt,
    tree: &TreeId,
    files: Vec<FileChange>,
    progress: &(dyn Fn(Progress) + Sync),
) -> Result<Examined, Failure> {
    let run = &task.run;
    keep_texts(project, &files)?;
    let changed: Vec<RepoPath> = files.iter().map(|file| file.path.clone()).collect();
    // Our own search ran the targets already.
    let is_tried = matches!(machine::worker_of(run, attempt.id).kind, WorkerKind::Repair);
    let targets = machine::expected(run, attempt);
    let baseline = run.baseline.as_deref().unwrap_or_default();
    let mut untold = 0;
    let mut run_on = |tree: &TreeId| {
        let mut gate = Gate::new(project, task, tree, (baseline, &targets), progress);
        let runs = if is_tried { gate.all() } else { gate.likeliest_first(&changed) };
        untold += gate.untold();
        runs
    };
    let judged = guard::put_back(&project.store, run, tree, files)?;
    let Judged { tree: kept, files, mut guard, refused: why } = judged;
    if let Some(reason) = why {
        return Ok(Examined::Refused(reason));
    }
    if kept.is_some() {
        keep_texts(project, &files)?;
    }
    let checked = kept.as_ref().unwrap_or(tree);
    // Nothing is left to be judged when all was put back.
    let runs = if files.is_empty() { Vec::new() } else { run_on(checked)? };
    if !guard.left_out.is_empty() && !machine::is_green(run, attempt, &runs) {
        let with_all = run_on(tree)?;
        guard.green_with_all = machine::is_green(run, attempt, &with_all);
        untold += n_run(&with_all);
    }
    let verified = Verified { tree: kept, runs, files, guard, changed: Vec::new() };
    Ok(Examined::Verified { verified, untold })
}

fn n_run(runs: &[CheckRun]) -> u32 {
    runs.iter().filter(|run| run.was_run()).count() as u32
}

/// What the checks and the policy say of a tree that an attempt has not left yet.
pub(super) fn trial(
    project: &Project,
    task: &Task,
    attempt: &Attempt,
    tree: &TreeId,
    teller: &Teller<'_>,
) -> Result<Trial, Failure> {
    let red = |reason: String| Trial {
        verified: Verified {
            tree: None,
            runs: Vec::new(),
            files: Vec::new(),
            guard: Guarded::default(),
            changed: Vec::new(),
        },
        result: AttemptResult::Red { reason },
    };
    let run = &task.run;
    let own = changed(project, base(run, attempt)?, tree)?;
    if let Some(path) = machine::outside_scope(run, attempt, &own) {
        return Ok(red(format!("it changes {path}, which its step does not allow")));
    }
    let files = match file_changes(&project.store, snapshot(run)?, tree) {
        Ok(files) => files,
        Err(Failure { kind: FailureKind::Refused, message, .. }) => return Ok(red(message)),
        Err(failure) => return Err(failure),
    };
    Ok(match examined(project, task, attempt, tree, files, teller.progress)? {
        Examined::Refused(reason) => red(reason),
        Examined::Verified { verified, untold } => {
            teller.checks_ran(Some(attempt.id), n_run(&verified.runs) + untold);
            let result = machine::judge(run, attempt, &verified);
            Trial { verified, result }
        }
    })
}

/// The files that an attempt changed itself.
fn changed(project: &Project, base: &TreeId, left: &TreeId) -> Result<Vec<RepoPath>, Failure> {
    let changes = project.store.changes(base, left)?;
    Ok(changes.into_iter().map(|change| change.path).collect())
}

/// Keeps what a review of the files will show.
fn keep_texts(project: &Project, files: &[FileChange]) -> Result<(), Failure> {
    let texts = files.iter().flat_map(|file| [file.before.clone(), file.after.clone()]);
    project.store.keep(&texts.collect::<Vec<_>>())
}
