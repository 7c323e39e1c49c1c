//! The whole policy of a run, as two pure functions: `apply` folds an event into a run, `decide` says what a run in
//! this state wants next. Resume after a crash is `decide` on the folded journal: nothing else is remembered.

mod attempt;
mod budget;
mod deadlines;
mod ladder;
mod proposal;
mod questions;
mod replan;
mod review;
mod steps;
mod stop;
mod targets;
mod unusable;

use std::collections::BTreeMap;

use self::ladder::Turn;
use self::proposal::propose;
use crate::base::ids::{AttemptId, StepId, TreeId};
use crate::model::budget::Expense;
use crate::model::check::CheckRun;
use crate::model::event::{Event, WorkResult};
use crate::model::failure::{Failure, FailureKind};
use crate::model::plan::{Plan, Step};
use crate::model::proposal::SearchFact;
use crate::model::question::{About, Question};
use crate::model::report::TestId;
use crate::model::run::{Attempt, AttemptResult, GoalKind, Outcome, Phase, Run};
use crate::model::subset::Choice;
use crate::model::worker::WorkerKind;

pub use self::attempt::{expected, is_green, judge, outside_scope, verdict_on};
pub use self::deadlines::{Due, deadlines};
pub use self::ladder::worker_of;
pub use self::proposal::check_fact;
pub use self::questions::{asked_of, fits, may_ask, waits_for_people};
pub use self::replan::{asks_models, first_free};
pub use self::steps::{StepState, base_runs, goal_tests, narrowed, states, tests, tip};
pub use self::stop::may_stop;

/// What a run wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// All that is to be done in the world now; each comes back as one event. None when people are waited for.
    Do(Vec<Effect>),
    /// A person has to be asked.
    Ask(Question),
    /// A decision, which becomes a fact by being recorded.
    Record(Event),
    /// The run is finished.
    Rest,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    TakeSnapshot,
    RunBaseline,
    Plan,
    /// Has a step planned anew that nobody could do.
    Replan {
        step: StepId,
    },
    Work {
        attempt: AttemptId,
    },
    /// Has the checks run on what an attempt left.
    Verify {
        attempt: AttemptId,
        tree: TreeId,
        /// What it has to be merged onto first; `None` when it began with that.
        onto: Option<TreeId>,
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
    Some(Run::requested(*id, (**goal).clone(), *budget, *at_ms))
}

/// Folds one event into a run. Total: an event that does not fit the state changes nothing.
pub fn apply(run: &mut Run, event: &Event) {
    if review::apply(run, event) || run.is_finished() {
        return;
    }
    match event {
        Event::SnapshotTaken {
            snapshot,
            checks,
            budget,
            notes,
            left_out,
            workers,
            planners,
            guard,
            approval,
        } => {
            run.planners = planners.clone();
            run.snapshot = Some(snapshot.clone());
            run.checks = checks.clone();
            run.notes = notes.clone();
            run.left_out = left_out.clone();
            run.workers = workers.clone();
            run.guard = (**guard).clone();
            run.approval = (**approval).clone();
            run.budget = **budget;
            run.phase = Phase::Baselining;
        }
        Event::BaselineTaken { runs } => take_baseline(run, runs),
        Event::TargetsChosen { targets } => run.targets = Some(targets.clone()),
        Event::Spent { on, .. } => run.spent.add(on),
        Event::PlanMade { plan, lessons, .. } => {
            run.plan = Some((**plan).clone());
            run.inquiry = None;
            run.lessons.extend(lessons.iter().cloned());
        }
        Event::Replanned { .. } => replan::apply(run, event),
        Event::ProposalMade { proposal } => run.proposal = Some((**proposal).clone()),
        Event::EffectFailed { .. }
        | Event::CancelRequested
        | Event::StopRequested
        | Event::WallSpent => stop::apply(run, event),
        Event::Resumed { at_ms } => resume(run, *at_ms),
        Event::Finished { outcome } => run.phase = Phase::Finished(outcome.clone()),
        Event::Paused { .. }
        | Event::Unpaused { .. }
        | Event::PlanAsks { .. }
        | Event::Asked { .. }
        | Event::Answered { .. } => {
            questions::apply(run, event);
        }
        Event::AttemptStarted { .. }
        | Event::AttemptContinued { .. }
        | Event::AttemptFinished { .. }
        | Event::VerifyFinished { .. }
        | Event::MergeConflicted { .. }
        | Event::AttemptJudged { .. } => attempt::apply(run, event),
        Event::RunRequested { .. }
        | Event::HunksDecided { .. }
        | Event::Accepted { .. }
        | Event::TakenBack { .. }
        | Event::SubsetChecked { .. } => {}
    }
}

fn take_baseline(run: &mut Run, runs: &[CheckRun]) {
    spend(run, runs);
    if run.baseline.is_some() {
        attempt::recheck(run);
        unusable::set_aside_anew(run, runs);
        run.baseline = Some(runs.to_vec());
    } else {
        run.baseline = Some(unusable::leave_out(run, runs));
    }
    run.phase = Phase::Working;
}

/// Tools may have changed since it stopped, and runs in different settings say nothing of each other: what the checks said
/// is asked for once more, which costs nothing where all is as it was. Until then what is known stands.
fn resume(run: &mut Run, at_ms: u64) {
    run.started_ms = at_ms;
    run.is_stopping = false;
    if run.baseline.is_some() {
        run.phase = Phase::Baselining;
    }
}

/// What people need to know of a run that ended before its time: what it waited for, or what was still red and why.
fn where_it_stood(run: &Run) -> String {
    let Some(targets) = &run.targets else { return "; the checks had not ended".to_owned() };
    let (cases, done) = (run.baseline.iter().flatten(), goal_tests(run));
    let mut cases = cases.flat_map(|run| &run.report.cases);
    let first = cases.find(|case| targets.contains(&case.id) && !done.contains(&case.id));
    first.map_or_else(String::new, |case| {
        let said = case.message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        format!("; still red: {}: {said}", case.id.name)
    })
}

fn spend(run: &mut Run, runs: &[CheckRun]) {
    let n = runs.iter().filter(|run| run.was_run()).count() as u32;
    run.spent.add(&Expense::Checks { n });
}

/// Something is wanted in words, and what is red counts only where it is named.
fn is_change(run: &Run) -> bool {
    run.goal.kind == GoalKind::Change
}

/// What a run in this state wants next.
pub fn decide(run: &Run) -> Next {
    if let (Some(outcome), false) = (&run.ending, run.is_finished()) {
        return end_with(run, outcome.clone());
    }
    if let (Phase::Baselining, Some(failure)) = (&run.phase, targets::nobody_reads(run)) {
        return finish(Outcome::Failed { failure });
    }
    match &run.phase {
        Phase::Snapshotting => Next::Do(vec![Effect::TakeSnapshot]),
        Phase::Baselining if run.checks.is_empty() => targets::no_checks(run),
        Phase::Baselining => Next::Do(vec![Effect::RunBaseline]),
        Phase::Working => match (&run.baseline, &run.targets) {
            (Some(baseline), None) => targets::choose_targets(run, baseline),
            (Some(_), Some(targets)) if !targets.is_empty() || is_change(run) => match &run.plan {
                None => questions::of_goal(run).unwrap_or(Next::Do(vec![Effect::Plan])),
                Some(plan) => work(run, plan),
            },
            (Some(baseline), Some(_)) => targets::nothing_to_fix(run, baseline),
            (None, _) => finish(Outcome::AlreadyGreen),
        },
        Phase::Finished(_) => Next::Rest,
    }
}

/// What the steps want that can go on: open attempts first, then as many new ones as may work at once.
fn work(run: &Run, plan: &Plan) -> Next {
    let states = states(run, plan);
    if let Some(reason) = questions::refusal(run, About::Plan) {
        return end_with(
            run,
            Outcome::Stuck { reason: format!("the plan was not carried out: {reason}") },
        );
    }
    let mut wanted = Vec::new();
    for attempt in run.attempts.iter().filter(|attempt| attempt.result.is_none()) {
        if !matters(states.get(&attempt.step)) {
            let result = AttemptResult::Nothing { reason: "its step is left out".to_owned() };
            return Next::Record(Event::AttemptJudged { attempt: attempt.id, result });
        }
        match attempt::next(run, attempt) {
            Some(Next::Do(effects)) => wanted.extend(effects),
            Some(decision) => return decision,
            None => {}
        }
    }
    let is_settled = |state| matches!(state, &StepState::Done { .. } | &StepState::Skipped);
    if stop::is_still(run) && !states.values().all(is_settled) {
        return end_with(run, Outcome::Cancelled);
    }
    let is_over = states.values().all(StepState::is_settled);
    if let Some(reason) = budget::spent(run, &states, is_over) {
        return end_with(run, Outcome::Spent { reason });
    }
    if is_over {
        return conclude(run, plan, &states);
    }
    if run.is_stopping || run.paused_ms.is_some() {
        return Next::Do(wanted);
    }
    if let Some(question) = questions::to_ask(run, &states) {
        return Next::Ask(question);
    }
    if questions::keeps_waiting(run, About::Plan) {
        return Next::Do(wanted);
    }
    wanted.extend(replan::wanted(&states));
    let is_working = |made: &&Attempt| made.result.is_none() && made.left.is_none();
    let can_begin = |turn: &Turn| budget::allows(run, &turn.worker) && !waits_for_search(run, turn);
    if run.attempts.iter().filter(is_working).count() < run.budget.steps_at_once as usize
        && let Some((step, turn)) = states.iter().find_map(|(step, state)| match state {
            StepState::Ready { turn } if can_begin(turn) => Some((*step, turn)),
            _ => None,
        })
    {
        return Next::Record(begun(run, step, turn));
    }
    Next::Do(wanted)
}

/// Whether the turn is our own search's while another of these is not judged yet. Each takes all cores, so two take as long
/// beside each other as one after the other, and what the first finds often turns the other's tests green.
fn waits_for_search(run: &Run, turn: &Turn) -> bool {
    let mut open = run.attempts.iter().filter(|made| made.is_at_work());
    is_search(run, &turn.worker) && open.any(|made| is_search(run, &made.worker))
}

/// Whether this is the name of our own search.
fn is_search(run: &Run, worker: &str) -> bool {
    run.workers.iter().any(|known| known.name == worker && known.kind == WorkerKind::Repair)
}

/// A worker's turn at a step: an attempt that waited for an answer goes on, else a new one begins.
fn begun(run: &Run, step: StepId, turn: &Turn) -> Event {
    let mut made = run.attempts.iter().filter(|attempt| attempt.step == step);
    if let Some(open) = made.find(|attempt| attempt.result.is_none()) {
        return Event::AttemptContinued { attempt: open.id };
    }
    let base = tip(run).map(|(tree, _)| tree.clone());
    let (attempt, why) = (AttemptId(run.attempts.len() as u32 + 1), turn.why.clone());
    Event::AttemptStarted { attempt, step, worker: turn.worker.clone(), base, why }
}

/// Whether an attempt at a step in this state is still of use; `None` for a step that is not in the plan any more.
fn matters(state: Option<&StepState>) -> bool {
    match state {
        None | Some(StepState::Skipped | StepState::Blocked { .. }) => false,
        Some(_) => true,
    }
}

fn finish(outcome: Outcome) -> Next {
    Next::Record(Event::Finished { outcome })
}

/// Ends a run; what is merged by then becomes a proposal first.
fn end_with(run: &Run, outcome: Outcome) -> Next {
    match tip(run).and(propose(run)) {
        Some(proposal) if run.proposal.as_ref() != Some(&proposal) => {
            Next::Record(Event::ProposalMade { proposal: Box::new(proposal) })
        }
        _ => finish(outcome),
    }
}

/// Nothing more will become of any step.
fn conclude(run: &Run, plan: &Plan, states: &BTreeMap<StepId, StepState>) -> Next {
    let is_done = |state: &&StepState| matches!(state, StepState::Done { .. });
    let n_done = states.values().filter(is_done).count();
    if run.merged.is_empty() {
        return finish(Outcome::Stuck { reason: left_open(run, plan, states) });
    }
    if propose(run).is_none() {
        return finish(Outcome::Failed {
            failure: Failure::new(
                FailureKind::Bug,
                "a green attempt has no change to propose",
                "Please report this with the journal of the run.",
            ),
        });
    }
    let done = goal_tests(run);
    let mut targets = run.targets.iter().flatten();
    let forgotten = targets.find(|target| !done.contains(target));
    let all_done = n_done == plan.steps.len();
    let open = match forgotten {
        None if all_done => {
            let reason = unusable::not_run(run);
            let green = reason.map_or(Outcome::Green, |reason| Outcome::Partly { reason });
            return end_with(run, green);
        }
        Some(test) if all_done => format!("no step turned {} green", test.name),
        Some(_) | None => left_open(run, plan, states),
    };
    let n_steps = plan.steps.len();
    end_with(
        run,
        Outcome::Partly { reason: format!("{n_done} of {n_steps} steps are done; {open}") },
    )
}

/// Which steps are not done, and why. The only step of a plan goes without its name.
fn left_open(run: &Run, plan: &Plan, states: &BTreeMap<StepId, StepState>) -> String {
    let told = |step: &Step| {
        let why = match states.get(&step.id)? {
            StepState::Stuck { reason } => reason.clone(),
            StepState::Skipped => questions::refusal(run, About::Step { step: step.id })
                .unwrap_or_else(|| "it was to be left out".to_owned()),
            StepState::Blocked { by } => format!("it starts from step {by}, which is not done"),
            _ => return None,
        };
        let is_alone = plan.steps.len() == 1;
        Some(if is_alone { why } else { format!("step {} ({}): {why}", step.id, step.title) })
    };
    match plan.steps.iter().filter_map(told).collect::<Vec<_>>() {
        none if none.is_empty() => "the plan has no steps".to_owned(),
        some => some.join("; "),
    }
}

/// How many tests, and the first of them by name.
fn counted(what: &str, tests: &[TestId]) -> String {
    let first = tests.first().map_or("", |test| &test.name);
    match tests.len() {
        1 => format!("{what}: {first}"),
        n => format!("{what}: {first} and {} more", n - 1),
    }
}

/// How the search of a run went, the latest first that has anything to say.
pub fn last_search(run: &Run) -> Option<&SearchFact> {
    run.attempts.iter().rev().find_map(|attempt| match attempt.left.as_ref()? {
        WorkResult::Nothing { search, .. } | WorkResult::Changed { search, .. } => search.as_ref(),
        WorkResult::Refused { .. } | WorkResult::Asks { .. } => None,
    })
}

#[cfg(test)]
mod tests;
