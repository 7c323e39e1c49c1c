//! What a green attempt is made into.

use super::ladder::worker_of;
use crate::logic::verdict::{self, Verdict};
use crate::model::check::CheckRun;
use crate::model::event::WorkResult;
use crate::model::proposal::{CheckFact, Evidence, Proposal};
use crate::model::run::{Attempt, Run};

/// The proposal that a green attempt makes; `None` when it has none to make, or its evidence is of another tree.
pub(super) fn propose(run: &Run, attempt: &Attempt, baseline: &[CheckRun]) -> Option<Proposal> {
    let Some(WorkResult::Changed { tree, title, search }) = &attempt.left else { return None };
    let verified = attempt.verified.as_ref()?;
    let tree = verified.tree.as_ref().unwrap_or(tree);
    let targets = run.targets.as_deref()?;
    let Verdict::Green { fixed, still_red, flaky, n_passed, n_skipped } =
        verdict::judge(baseline, &verified.runs, targets)
    else {
        return None;
    };
    // Evidence counts only for the tree it was taken on.
    if verified.files.is_empty() || verified.runs.iter().any(|run| run.tree != *tree) {
        return None;
    }
    Some(Proposal {
        run: run.id,
        attempt: attempt.id,
        title: title.clone(),
        worker: attempt.worker.clone(),
        llm: worker_of(run, attempt.id).llm,
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
            search: search.clone(),
        },
        guard: verified.guard.clone(),
    })
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
