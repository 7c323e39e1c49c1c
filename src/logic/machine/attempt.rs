//! An attempt from its worker's turn to its verdict. One at a time is merged onto what the steps before it made and
//! checked there, so what the checks call green is what people are offered.

use super::steps::{self, goal_tests, tip};
use super::{Effect, Next, counted, questions};
use crate::base::glob::Globs;
use crate::base::ids::{AttemptId, StepId, TreeId};
use crate::base::path::RepoPath;
use crate::logic::avoid::avoided;
use crate::logic::guard;
use crate::logic::verdict::{self, Verdict};
use crate::model::check::CheckRun;
use crate::model::event::{Event, WorkResult};
use crate::model::guard::Guarded;
use crate::model::proposal::FileChange;
use crate::model::report::TestId;
use crate::model::run::{Attempt, AttemptResult, Run, Verified};

/// Folds what becomes of an attempt into its run. Only an open attempt changes.
pub(super) fn apply(run: &mut Run, event: &Event) {
    match event {
        Event::AttemptStarted { attempt, step, worker, base, .. } => {
            run.attempts.push(Attempt::started(*attempt, *step, worker, base.clone()));
        }
        Event::AttemptContinued { attempt } => {
            let Some(open) = open(run, *attempt) else { return };
            if let Some(WorkResult::Asks { tree, .. }) = &open.left {
                open.draft = Some(tree.clone());
                open.left = None;
            }
        }
        Event::AttemptFinished { attempt, result } => {
            let Some(open) = open(run, *attempt) else { return };
            open.n_asked += u32::from(matches!(result, WorkResult::Asks { .. }));
            open.left = Some(result.clone());
            open.verified = None;
            open.conflicts.clear();
            run.queue.retain(|queued| queued != attempt);
            if matches!(result, WorkResult::Changed { .. }) {
                run.queue.push(*attempt);
            }
        }
        Event::VerifyFinished { attempt, tree, runs, files, guard, changed } => {
            super::spend(run, runs);
            let Some(open) = open(run, *attempt) else { return };
            let (tree, guard) = (tree.clone(), guard.clone());
            let (runs, files) = (runs.clone(), files.clone());
            let changed = changed.clone();
            open.verified = Some(Verified { tree, runs, files, guard, changed });
        }
        Event::MergeConflicted { attempt, paths } => {
            let Some(open) = open(run, *attempt) else { return };
            open.conflicts = paths.clone();
        }
        Event::AttemptJudged { attempt, result } => {
            let Some(open) = open(run, *attempt) else { return };
            open.result = Some(result.clone());
            questions::forget(run, *attempt);
            run.queue.retain(|queued| queued != attempt);
            if *result == AttemptResult::Green {
                run.merged.push(*attempt);
            }
        }
        _ => {}
    }
}

/// Has asked for again what the checks said of open attempts and of what is merged.
pub(super) fn recheck(run: &mut Run) {
    let merged = std::mem::take(&mut run.merged);
    for attempt in run.attempts.iter_mut().filter(|attempt| merged.contains(&attempt.id)) {
        attempt.result = None;
    }
    run.queue.splice(0..0, merged);
    for open in run.attempts.iter_mut().filter(|attempt| attempt.result.is_none()) {
        open.verified = None;
        open.conflicts.clear();
    }
}

fn open(run: &mut Run, id: AttemptId) -> Option<&mut Attempt> {
    run.attempts.iter_mut().find(|attempt| attempt.id == id && attempt.result.is_none())
}

/// What an open attempt wants; `None` while it waits for its turn at the checks.
pub(super) fn next(run: &Run, attempt: &Attempt) -> Option<Next> {
    let judged = |result| Some(Next::Record(Event::AttemptJudged { attempt: attempt.id, result }));
    let tree = match &attempt.left {
        None => return Some(Next::Do(vec![Effect::Work { attempt: attempt.id }])),
        Some(WorkResult::Nothing { reason, .. }) => {
            return judged(AttemptResult::Nothing { reason: reason.clone() });
        }
        Some(WorkResult::Refused { reason, .. }) => {
            return judged(AttemptResult::Red { reason: reason.clone() });
        }
        Some(WorkResult::Asks { .. }) => {
            let reason = passed_by_others(run, attempt).or(questions::too_many(run, attempt))?;
            return judged(AttemptResult::Nothing { reason });
        }
        Some(WorkResult::Changed { tree, .. }) => tree,
    };
    if let Some(verified) = &attempt.verified {
        return judged(judge(run, attempt, verified));
    }
    if !attempt.conflicts.is_empty() {
        return judged(AttemptResult::Red { reason: conflict(&attempt.conflicts) });
    }
    if let Some(reason) = passed_by_others(run, attempt) {
        return judged(AttemptResult::Nothing { reason });
    }
    let is_first = run.queue.first() == Some(&attempt.id);
    let verify =
        Effect::Verify { attempt: attempt.id, tree: tree.clone(), onto: onto(run, attempt) };
    is_first.then(|| Next::Do(vec![verify]))
}

/// Why what an attempt makes is not needed any more; `None` as long as it is.
fn passed_by_others(run: &Run, attempt: &Attempt) -> Option<String> {
    let passes = steps::passes_already(run, attempt.step);
    passes.then(|| "its tests pass with what other steps changed".to_owned())
}

/// What an attempt has to be merged onto; `None` when it began with it.
fn onto(run: &Run, attempt: &Attempt) -> Option<TreeId> {
    let tip = tip(run).map(|(tree, _)| tree);
    if tip == attempt.base.as_ref() { None } else { tip.or_else(|| snapshot(run)).cloned() }
}

fn snapshot(run: &Run) -> Option<&TreeId> {
    run.snapshot.as_ref().map(|snapshot| &snapshot.tree)
}

fn conflict(paths: &[RepoPath]) -> String {
    let (first, more) = (&paths[0], paths.len() - 1);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("another step changed the same lines of {first}{more}")
}

/// What the checks say of what an attempt left, with what people and the policy say of its changes.
pub fn judge(run: &Run, attempt: &Attempt, verified: &Verified) -> AttemptResult {
    let files = &verified.files;
    // The plan may have been changed since it began.
    if let Some(path) = outside_scope(run, attempt, &verified.changed) {
        let reason = format!("it changes {path}, which its step does not allow");
        return AttemptResult::Red { reason };
    }
    if files.is_empty() && verified.guard.left_out.is_empty() {
        return AttemptResult::Red { reason: "it changes nothing".to_owned() };
    }
    let avoided = |file: &FileChange| avoided(&run.goal.avoid, &file.path, &file.hunks);
    if let Some(avoid) = files.iter().find_map(avoided) {
        let reason = match avoid.note.as_str() {
            "" => format!("it makes a change in {} that was rejected", avoid.path),
            note => format!("it makes a change in {} that was rejected: {note}", avoid.path),
        };
        return AttemptResult::Red { reason };
    }
    if verified.guard.green_with_all || files.is_empty() && !verified.guard.left_out.is_empty() {
        return AttemptResult::Red { reason: tampered(&verified.guard) };
    }
    let n_lines = lines(files);
    if let Some(max) = run.budget.lines_max.filter(|max| n_lines > *max as usize) {
        return AttemptResult::Red {
            reason: format!("it changes {n_lines} lines, more than the {max} of `budget.lines`"),
        };
    }
    match verdict(run, attempt, &verified.runs) {
        Verdict::Green { .. } => AttemptResult::Green,
        Verdict::Red { still_failing, newly_failing, vanished } => {
            let parts =
                [("still red", still_failing), ("newly red", newly_failing), ("gone", vanished)];
            let texts = parts
                .iter()
                .filter(|(_, tests)| !tests.is_empty())
                .map(|(what, tests)| counted(what, tests));
            AttemptResult::Red { reason: texts.collect::<Vec<_>>().join(", ") }
        }
        Verdict::Inconclusive(reason) => AttemptResult::Red { reason },
    }
}

/// The first of the files that an attempt changed that its step does not let it.
pub fn outside_scope<'a>(
    run: &Run,
    attempt: &Attempt,
    changed: &'a [RepoPath],
) -> Option<&'a RepoPath> {
    let step = run.step(attempt.step).filter(|step| !step.scope.is_empty())?;
    let patterns = step.scope.iter().map(String::as_str);
    let scope = Globs::new(&RepoPath::root(), patterns)?;
    changed.iter().find(|path| !scope.fit(path))
}

/// Lines that are changed: a line in place of another counts once.
fn lines(files: &[FileChange]) -> usize {
    let hunks = files.iter().flat_map(|file| &file.hunks);
    hunks.map(|hunk| hunk.removed.len().max(hunk.inserted.len())).sum()
}

/// Why an attempt that needs its edits of what judges it is not green.
fn tampered(guard: &Guarded) -> String {
    let when = if guard.green_with_all { "it is green only with" } else { "it made nothing but" };
    format!("{when} {}; these edits judge the change and were left out", guard::summary(guard))
}

/// The tests that have to pass for an attempt to be green: those of its step and of the steps merged before it.
pub fn expected(run: &Run, attempt: &Attempt) -> Vec<TestId> {
    let mut tests = goal_tests(run);
    tests.extend(steps::tests(run, attempt.step).iter().cloned());
    tests.sort();
    tests.dedup();
    tests
}

/// Whether check runs on what an attempt made turn its tests green and break nothing.
pub fn is_green(run: &Run, attempt: &Attempt, runs: &[CheckRun]) -> bool {
    matches!(verdict(run, attempt, runs), Verdict::Green { .. })
}

fn verdict(run: &Run, attempt: &Attempt, runs: &[CheckRun]) -> Verdict {
    verdict_on(run, runs, &expected(run, attempt), Some(attempt.step))
}

/// What check runs say of what the merged steps made, and an attempt at `step` on top of them: it has to turn these tests
/// green. There are none only where all of these steps were to do what no red test asks for.
pub fn verdict_on(run: &Run, runs: &[CheckRun], tests: &[TestId], step: Option<StepId>) -> Verdict {
    let baseline = run.baseline.as_deref().unwrap_or_default();
    if tests.is_empty() && steps::ask_nothing(run, step) {
        return verdict::judge_kept(baseline, runs);
    }
    verdict::judge(baseline, runs, tests)
}
