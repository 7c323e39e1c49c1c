//! The whole policy of a run, as two pure functions: `apply` folds an event into a run, `decide` says what a run in
//! this state wants next. Resume after a crash is `decide` on the folded journal: nothing else is remembered.

mod ladder;
mod proposal;
mod review;
mod unusable;

use self::ladder::{go_on, start_attempt};
use self::proposal::propose;
use self::unusable::unusable;
use crate::base::ids::{AttemptId, TreeId};
use crate::logic::avoid::avoided;
use crate::logic::guard;
use crate::logic::verdict::{self, Verdict};
use crate::model::budget::Budget;
use crate::model::check::CheckRun;
use crate::model::event::{Event, WorkResult};
use crate::model::failure::{Failure, FailureKind};
use crate::model::guard::Guarded;
use crate::model::proposal::{FileChange, SearchFact};
use crate::model::report::{TestCase, TestId};
use crate::model::run::{Attempt, AttemptResult, Goal, GoalKind, Outcome, Phase, Run, Verified};
use crate::model::subset::Choice;
use crate::model::worker::Worker;

pub use self::ladder::worker_of;
pub use self::proposal::check_fact;

/// What a run wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Something to be done in the world; it comes back as one event.
    Do(Effect),
    /// A decision, which becomes a fact by being recorded.
    Record(Event),
    /// The run is finished.
    Rest,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    TakeSnapshot,
    RunBaseline,
    Work {
        attempt: AttemptId,
    },
    Verify {
        attempt: AttemptId,
        tree: TreeId,
    },
    /// Never decided here: a reviewer asks for it.
    CheckSubset {
        tree: TreeId,
        hunks: Choice,
    },
}

/// The run that `RunRequested` begins; `None` for any other event.
pub fn begin(event: &Event) -> Option<Run> {
    let Event::RunRequested { id, goal, budget, at_ms } = event else { return None };
    Some(Run {
        id: *id,
        goal: goal.clone(),
        asked: *budget,
        budget: budget.over(Budget::default()),
        started_ms: *at_ms,
        phase: Phase::Snapshotting,
        snapshot: None,
        checks: Vec::new(),
        workers: Worker::default_ladder(),
        guard: Default::default(),
        notes: Vec::new(),
        baseline: None,
        targets: None,
        attempts: Vec::new(),
        proposal: None,
        rejected: Default::default(),
        acceptances: Vec::new(),
        subsets: Vec::new(),
        ending: None,
    })
}

/// Folds one event into a run. Total: an event that does not fit the state changes nothing.
pub fn apply(run: &mut Run, event: &Event) {
    if review::apply(run, event) || run.is_finished() {
        return;
    }
    match event {
        Event::RunRequested { .. } => {}
        Event::SnapshotTaken { snapshot, checks, budget, notes, workers, guard } => {
            run.snapshot = Some(snapshot.clone());
            run.checks = checks.clone();
            run.notes = notes.clone();
            run.workers = workers.clone();
            run.guard = (**guard).clone();
            run.budget = *budget;
            run.phase = Phase::Baselining;
        }
        Event::BaselineTaken { runs } => {
            run.baseline = Some(runs.clone());
            run.phase = Phase::Working;
        }
        Event::TargetsChosen { targets } => run.targets = Some(targets.clone()),
        Event::AttemptStarted { attempt, worker } => {
            run.phase = Phase::Working;
            run.attempts.push(Attempt::started(*attempt, worker));
        }
        Event::AttemptFinished { attempt, result } => {
            if let Some(found) = open_attempt(run, *attempt) {
                found.left = Some(result.clone());
                run.phase = match result {
                    WorkResult::Changed { .. } => Phase::Verifying,
                    WorkResult::Nothing { .. } | WorkResult::Refused { .. } => Phase::Working,
                };
            }
        }
        Event::VerifyFinished { attempt, tree, runs, files, guard } => {
            if let Some(found) = open_attempt(run, *attempt) {
                let (tree, guard) = (tree.clone(), guard.clone());
                let (runs, files) = (runs.clone(), files.clone());
                found.verified = Some(Verified { tree, runs, files, guard });
            }
        }
        Event::AttemptJudged { attempt, result } => {
            if let Some(found) = open_attempt(run, *attempt) {
                found.result = Some(result.clone());
                run.phase = Phase::Working;
            }
        }
        Event::ProposalMade { proposal } => run.proposal = Some((**proposal).clone()),
        Event::EffectFailed { failure } => end(run, Outcome::Failed { failure: failure.clone() }),
        Event::CancelRequested => end(run, Outcome::Cancelled),
        Event::WallSpent => {
            let seconds = run.budget.wall_ms_max.div_ceil(1000);
            let reason = format!("the time of {seconds} s is spent{}", where_it_stood(run));
            end(run, Outcome::Stuck { reason });
        }
        Event::Resumed { at_ms } => resume(run, *at_ms),
        Event::Finished { outcome } => run.phase = Phase::Finished(outcome.clone()),
        Event::HunksDecided { .. }
        | Event::Accepted { .. }
        | Event::TakenBack { .. }
        | Event::SubsetChecked { .. } => {}
    }
}

/// Tools may have changed since it stopped, and runs in different settings say nothing of each other: what the checks said
/// is asked for once more, which costs nothing where all is as it was.
fn resume(run: &mut Run, at_ms: u64) {
    run.started_ms = at_ms;
    if run.baseline.take().is_some() {
        run.phase = Phase::Baselining;
    }
    if let Some(open) = run.attempts.iter_mut().find(|attempt| attempt.result.is_none()) {
        open.verified = None;
    }
}

fn open_attempt(run: &mut Run, id: AttemptId) -> Option<&mut Attempt> {
    run.attempts.iter_mut().find(|attempt| attempt.id == id && attempt.result.is_none())
}

/// What people need to know of a run that ended before its time: what it waited for, or what was still red and why.
fn where_it_stood(run: &Run) -> String {
    let Some(targets) = &run.targets else { return "; the checks had not ended".to_owned() };
    let cases = run.baseline.iter().flatten().flat_map(|run| &run.report.cases);
    let first = cases.into_iter().find(|case| targets.contains(&case.id));
    first.map_or_else(String::new, |case| {
        let said = case.message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        format!("; still red: {}: {said}", case.id.name)
    })
}

/// The first reason to end wins.
fn end(run: &mut Run, outcome: Outcome) {
    run.ending.get_or_insert(outcome);
}

/// What a run in this state wants next.
pub fn decide(run: &Run) -> Next {
    if let (Some(outcome), false) = (&run.ending, run.is_finished()) {
        return finish(outcome.clone());
    }
    match &run.phase {
        Phase::Snapshotting => Next::Do(Effect::TakeSnapshot),
        Phase::Baselining if run.checks.is_empty() => no_checks(run),
        Phase::Baselining => Next::Do(Effect::RunBaseline),
        Phase::Working => match (&run.baseline, &run.targets) {
            (Some(baseline), None) => choose_targets(&run.goal, baseline),
            (Some(baseline), Some(targets)) if !targets.is_empty() => work(run, baseline),
            (Some(baseline), Some(_)) => nothing_to_fix(&run.goal, baseline),
            (None, _) => finish(Outcome::AlreadyGreen),
        },
        Phase::Verifying => verify(run),
        Phase::Finished(_) => Next::Rest,
    }
}

fn finish(outcome: Outcome) -> Next {
    Next::Record(Event::Finished { outcome })
}

/// Flaky tests are no targets unless they are named, and yet it is not well.
fn nothing_to_fix(goal: &Goal, baseline: &[CheckRun]) -> Next {
    let flaky: Vec<TestId> = baseline.iter().flat_map(|run| run.flaky.clone()).collect();
    if flaky.is_empty() || !goal.tests.is_empty() {
        return finish(Outcome::AlreadyGreen);
    }
    let reason = counted("all that is red passed when it was run again on the same files", &flaky);
    finish(Outcome::Stuck { reason })
}

fn no_checks(run: &Run) -> Next {
    let mut message = "no tests were found in this project".to_owned();
    for note in &run.notes {
        message.push_str(&format!("; {note}"));
    }
    let first = if run.notes.is_empty() { "Name" } else { "See to what is missing, or name" };
    let hint = format!(
        "{first} a check in greenloop.toml, for example: [[check]] name = \"tests\", runner = \"command\", \
         command = [\"make\", \"test\"]."
    );
    // A note tells of tests that something missing here keeps from being run.
    let kind = if run.notes.is_empty() { FailureKind::Project } else { FailureKind::Environment };
    finish(Outcome::Failed { failure: Failure::new(kind, message, hint) })
}

fn choose_targets(goal: &Goal, baseline: &[CheckRun]) -> Next {
    if let Some(failure) = baseline.iter().find_map(unusable) {
        return finish(Outcome::Failed { failure });
    }
    if goal.kind == GoalKind::RunChecks {
        let n_red = baseline.iter().map(n_red).sum();
        return finish(Outcome::Checked { n_red });
    }
    match verdict::targets(baseline, goal) {
        Ok(targets) => without_missing_modules(goal, baseline, targets),
        Err(failure) => finish(Outcome::Failed { failure }),
    }
}

/// What is wrong by a check's run, flaky tests left out.
fn n_red(run: &CheckRun) -> usize {
    let is_flaky = |case: &&TestCase| run.flaky.contains(&case.id);
    run.report.red().filter(|case| !is_flaky(case)).count() + run.problems.len()
}

/// A test whose module needs another one that is not installed is red for a reason no edit mends. Unless it was asked
/// for, it is left out; when nothing else is red, that is what people must know.
fn without_missing_modules(goal: &Goal, baseline: &[CheckRun], targets: Vec<TestId>) -> Next {
    let cases = || baseline.iter().flat_map(|run| &run.report.cases);
    let missing = |target: &TestId| {
        let case = cases().find(|case| case.id == *target)?;
        case.message.lines().find(|line| line.contains(MISSING_MODULE)).map(str::trim)
    };
    let (set_aside, kept): (Vec<TestId>, Vec<TestId>) =
        targets.into_iter().partition(|target| goal.tests.is_empty() && missing(target).is_some());
    match (kept.is_empty(), set_aside.first()) {
        (true, Some(first)) => finish(Outcome::Failed {
            failure: Failure::environment(
                format!(
                    "{} cannot be imported: {}",
                    first.name,
                    missing(first).unwrap_or_default()
                ),
                "Install the module for the project's Python. If it is the project's own, as in a `src` folder, name \
                 its folder in greenloop.toml: env = { PYTHONPATH = \"src\" }.",
            ),
        }),
        (false, _) | (true, None) => Next::Record(Event::TargetsChosen { targets: kept }),
    }
}

/// How Python says that a module is not installed.
const MISSING_MODULE: &str = "ModuleNotFoundError: No module named";

fn work(run: &Run, baseline: &[CheckRun]) -> Next {
    match run.attempts.last() {
        None => start_attempt(run, run.workers.first()),
        Some(attempt) => match (&attempt.result, &attempt.left) {
            (None, None) => Next::Do(Effect::Work { attempt: attempt.id }),
            (None, Some(WorkResult::Nothing { reason, .. })) => {
                Next::Record(Event::AttemptJudged {
                    attempt: attempt.id,
                    result: AttemptResult::Nothing { reason: reason.clone() },
                })
            }
            (None, Some(WorkResult::Refused { reason, .. })) => {
                Next::Record(Event::AttemptJudged {
                    attempt: attempt.id,
                    result: AttemptResult::Red { reason: reason.clone() },
                })
            }
            (None, Some(WorkResult::Changed { .. })) => verify(run),
            (Some(AttemptResult::Green), _) => conclude(run, attempt, baseline),
            (Some(AttemptResult::Nothing { .. } | AttemptResult::Red { .. }), _) => {
                go_on(run, attempt)
            }
        },
    }
}

fn verify(run: &Run) -> Next {
    let Some(attempt) = run.attempts.last() else {
        return start_attempt(run, run.workers.first());
    };
    match (&attempt.left, &attempt.verified) {
        (Some(WorkResult::Changed { tree, .. }), None) => {
            Next::Do(Effect::Verify { attempt: attempt.id, tree: tree.clone() })
        }
        (_, Some(verified)) => judge(run, attempt, verified),
        (_, None) => Next::Do(Effect::Work { attempt: attempt.id }),
    }
}

fn judge(run: &Run, attempt: &Attempt, verified: &Verified) -> Next {
    let baseline = run.baseline.as_deref().unwrap_or_default();
    let targets = run.targets.as_deref().unwrap_or_default();
    let files = &verified.files;
    let avoided = |file: &FileChange| avoided(&run.goal.avoid, &file.path, &file.hunks);
    if let Some(avoid) = files.iter().find_map(avoided) {
        let reason = match avoid.note.as_str() {
            "" => format!("it makes a change in {} that was rejected", avoid.path),
            note => format!("it makes a change in {} that was rejected: {note}", avoid.path),
        };
        let result = AttemptResult::Red { reason };
        return Next::Record(Event::AttemptJudged { attempt: attempt.id, result });
    }
    if verified.guard.green_with_all || files.is_empty() && !verified.guard.left_out.is_empty() {
        let result = AttemptResult::Red { reason: tampered(&verified.guard) };
        return Next::Record(Event::AttemptJudged { attempt: attempt.id, result });
    }
    let result = match verdict::judge(baseline, &verified.runs, targets) {
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
    };
    Next::Record(Event::AttemptJudged { attempt: attempt.id, result })
}

/// Why an attempt that needs its edits of what judges it is not green.
fn tampered(guard: &Guarded) -> String {
    let when = if guard.green_with_all { "it is green only with" } else { "it made nothing but" };
    format!("{when} {}; these edits judge the change and were left out", guard::summary(guard))
}

/// Whether check runs on a tree make the run's targets green and break nothing.
pub fn is_green(run: &Run, runs: &[CheckRun]) -> bool {
    let baseline = run.baseline.as_deref().unwrap_or_default();
    let targets = run.targets.as_deref().unwrap_or_default();
    matches!(verdict::judge(baseline, runs, targets), Verdict::Green { .. })
}

/// How many tests, and the first of them by name.
fn counted(what: &str, tests: &[TestId]) -> String {
    let first = tests.first().map_or("", |test| &test.name);
    match tests.len() {
        1 => format!("{what}: {first}"),
        n => format!("{what}: {first} and {} more", n - 1),
    }
}

/// A green attempt becomes a proposal, and with it the run is done.
fn conclude(run: &Run, attempt: &Attempt, baseline: &[CheckRun]) -> Next {
    if run.proposal.is_some() {
        return finish(Outcome::Green);
    }
    match propose(run, attempt, baseline) {
        Some(proposal) => Next::Record(Event::ProposalMade { proposal: Box::new(proposal) }),
        None => finish(Outcome::Failed {
            failure: Failure::new(
                FailureKind::Bug,
                "a green attempt has no change to propose",
                "Please report this with the journal of the run.",
            ),
        }),
    }
}

/// How the search of a run went, the latest first that has anything to say.
pub fn last_search(run: &Run) -> Option<&SearchFact> {
    run.attempts.iter().rev().find_map(|attempt| match attempt.left.as_ref()? {
        WorkResult::Nothing { search, .. } | WorkResult::Changed { search, .. } => search.as_ref(),
        WorkResult::Refused { .. } => None,
    })
}

#[cfg(test)]
mod tests;
