//! What holds whatever happens.

use std::collections::{BTreeMap, BTreeSet};

use greenloop::base::ids::{AttemptId, StepId};
use greenloop::base::limits::{QUESTIONS_OF_GOAL_MAX, QUESTIONS_OF_STEP_MAX};
use greenloop::logic::machine::{self, Effect};
use greenloop::model::approval::When;
use greenloop::model::event::{Event, WorkResult};
use greenloop::model::proposal::FileChange;
use greenloop::model::question::{About, Answer};
use greenloop::model::run::{AttemptResult, Outcome, Run};
use greenloop::model::worker::WorkerKind;

use super::play::Play;
use super::world;

fn must(holds: bool, rule: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(rule.to_owned()) }
}

/// After every event.
pub fn happened(play: &Play, before: &Run) -> Result<(), String> {
    let run = &play.run;
    let mut made: BTreeMap<_, u32> = BTreeMap::new();
    // What conflicted with another step is no attempt of its worker.
    for attempt in run.attempts.iter().filter(|made| made.conflicts.is_empty()) {
        *made.entry((attempt.step, &attempt.worker)).or_default() += 1;
    }
    let most = made.values().max().copied().unwrap_or_default();
    must(most <= run.budget.attempts_max, "a worker has more attempts at a step than the budget")?;
    if let Some(max) = run.budget.tokens_max {
        must(run.spent.tokens <= max + 500, "more tokens were used than the budget and one call")?;
    }
    if let Some(max) = run.budget.checks_max {
        must(run.spent.checks <= max, "more checks ran than the budget")?;
    }
    asked(run)?;
    replanned(run)?;
    if let Some(Event::AttemptContinued { attempt }) = play.events.last() {
        continued(play, before, *attempt)?;
    }
    if run.attempts.len() > before.attempts.len() {
        begun(play, before)?;
    }
    if run.merged.len() > before.merged.len() {
        merged(run)?;
    }
    if let (Some(outcome), Some(now)) = (before.outcome(), run.outcome()) {
        must(outcome == now, "a run that ended ended otherwise")?;
    }
    Ok(())
}

/// Whether a language model makes an attempt.
pub fn is_by_model(run: &Run, attempt: AttemptId) -> bool {
    matches!(machine::worker_of(run, attempt).kind, WorkerKind::Model { .. })
}

/// What was asked in words.
fn asked(run: &Run) -> Result<(), String> {
    let mut of_steps: BTreeMap<StepId, usize> = BTreeMap::new();
    let mut n_goal = 0;
    for asked in &run.questions {
        must(
            asked.answer.as_ref().is_none_or(|answer| machine::fits(&asked.question, answer)),
            "a question has an answer that does not fit",
        )?;
        match asked.question.about {
            About::Goal => n_goal += 1,
            About::Attempt { attempt } => {
                let made = run.attempts.iter().find(|made| made.id == attempt);
                let made = made.ok_or("a question is about no attempt")?;
                must(
                    made.result.is_none() || asked.answer.is_some(),
                    "an attempt that is over still asks",
                )?;
                *of_steps.entry(made.step).or_default() += 1;
            }
            About::Plan | About::Step { .. } => {}
        }
    }
    let most = of_steps.values().max().copied().unwrap_or_default();
    must(most <= QUESTIONS_OF_STEP_MAX, "a step asks more than it may")?;
    must(n_goal <= QUESTIONS_OF_GOAL_MAX, "a goal asks more than it may")
}

/// Steps that were planned anew.
fn replanned(run: &Run) -> Result<(), String> {
    let old: BTreeSet<StepId> = run.replanned.iter().map(|known| known.step.id).collect();
    let new: BTreeSet<StepId> =
        run.replanned.iter().flat_map(|known| &known.into).copied().collect();
    must(old.len() == run.replanned.len(), "a step is planned anew twice")?;
    must(old.is_disjoint(&new), "what took a step's place is planned anew")?;
    let plan = run.plan.iter().flat_map(|plan| &plan.steps);
    let numbers: BTreeSet<StepId> = plan.clone().map(|step| step.id).collect();
    must(numbers.len() == plan.count(), "two steps have one number")
}

/// An attempt goes on after its question.
fn continued(play: &Play, before: &Run, id: AttemptId) -> Result<(), String> {
    let then = before.attempts.iter().find(|made| made.id == id).ok_or("no attempt goes on")?;
    let now = play.run.attempts.iter().find(|made| made.id == id).ok_or("an attempt is gone")?;
    let Some(WorkResult::Asks { tree, .. }) = &then.left else {
        return Err("an attempt goes on that asked nothing".to_owned());
    };
    must(now.draft.as_ref() == Some(tree), "an attempt lost what it had made")?;
    let about = About::Attempt { attempt: id };
    let mut asked = play.run.questions.iter().filter(|asked| asked.question.about == about);
    let is_answered = asked.next_back().is_some_and(|asked| asked.answer.is_some());
    must(is_answered, "an attempt goes on without an answer")?;
    may_begin(play, before, id)
}

/// An attempt has begun.
fn begun(play: &Play, before: &Run) -> Result<(), String> {
    let run = &play.run;
    let Some(attempt) = run.attempts.last() else { return Ok(()) };
    let said_yes = |about: About| {
        let mut asked = run.questions.iter().filter(|asked| asked.question.about == about);
        asked.next_back().is_some_and(|asked| asked.answer == Some(Answer::Yes))
    };
    let asks_plan = run.goal.plan_first || run.approval.plan == When::Always;
    must(!asks_plan || said_yes(About::Plan), "work began before anybody said yes to the plan")?;
    let about = About::Step { step: attempt.step };
    let is_new = run.replanned.iter().any(|known| known.into.contains(&attempt.step));
    must(
        run.approval.steps != When::Always && !(asks_plan && is_new) || said_yes(about),
        "work began before anybody said yes to the step",
    )?;
    may_begin(play, before, attempt.id)?;
    let plan = run.plan.as_ref().ok_or("work without a plan")?;
    let step = plan.step(attempt.step).ok_or("work at no step")?;
    must(!step.skip, "work at a step that is to be left out")?;
    let states = machine::states(run, plan);
    let is_done = |step| matches!(states.get(step), Some(machine::StepState::Done { .. }));
    must(step.after.iter().all(is_done), "a step began before what it starts from was done")?;
    must(attempt.base == tip(run), "a step began with something else than what is merged")
}

/// Whether work may begin at all.
fn may_begin(play: &Play, before: &Run, attempt: AttemptId) -> Result<(), String> {
    let run = &play.run;
    must(
        !is_by_model(run, attempt) || run.budget.forbids_calls(&before.spent).is_none(),
        "a model began although what it may cost is spent",
    )?;
    must(before.paused_ms.is_none(), "work began in a pause")?;
    must(before.ending.is_none(), "work began although the run was to end")?;
    let wall = run.started_ms + run.budget.wall_ms_max;
    must(play.now <= wall, "work began after the wall time")
}

fn tip(run: &Run) -> Option<greenloop::base::ids::TreeId> {
    let last = run.attempts.iter().find(|attempt| Some(&attempt.id) == run.merged.last())?;
    let verified = last.verified.as_ref()?;
    verified.tree.clone().or_else(|| last.tree().cloned())
}

/// A step was accepted into what is merged: the checks must have been green on exactly that.
fn merged(run: &Run) -> Result<(), String> {
    let tree = tip(run).ok_or("something is merged that was not checked")?;
    let last = run.attempts.iter().find(|attempt| Some(&attempt.id) == run.merged.last());
    let runs = last.and_then(|last| last.verified.as_ref()).map(|verified| &verified.runs);
    let runs = runs.ok_or("something is merged that was not checked")?;
    must(
        !runs.is_empty() && runs.iter().all(|run| run.tree == tree),
        "what is merged was checked on another tree",
    )?;
    let outside =
        last.and_then(|last| machine::outside_scope(run, last, &last.verified.as_ref()?.changed));
    must(outside.is_none(), "what is merged changes files that its step does not allow")?;
    let edits = world::edits(&tree);
    must(world::breaks_nothing(&edits), "what is merged breaks a test")?;
    for id in &run.merged {
        let attempt = run.attempts.iter().find(|attempt| attempt.id == *id);
        let number = attempt.map_or(0, |attempt| world::number(run, attempt.step));
        must(
            number == 0 || world::passes(&edits, number),
            "a step is merged and its test does not pass",
        )?;
    }
    Ok(())
}

/// A model stopped for what it may cost.
fn ran_out(run: &Run, attempt: AttemptId) -> bool {
    let made = run.attempts.iter().find(|made| made.id == attempt);
    made.is_some_and(|made| matches!(made.result, Some(AttemptResult::Nothing { .. })))
        && run.questions.is_empty()
}

/// Whenever it waits for effects.
pub fn at_work<'a>(play: &Play, working: impl Iterator<Item = &'a Effect>) -> Result<(), String> {
    // What is checked although its step was left out meanwhile counts for nothing.
    let is_open = |id: &AttemptId| {
        play.run.attempts.iter().any(|made| made.id == *id && made.result.is_none())
    };
    let (mut n_work, mut n_verify) = (0, 0);
    for effect in working {
        n_work += usize::from(matches!(effect, Effect::Work { attempt } if is_open(attempt)));
        n_verify +=
            usize::from(matches!(effect, Effect::Verify { attempt, .. } if is_open(attempt)));
    }
    must(
        n_work <= play.run.budget.steps_at_once as usize,
        "more steps are worked on at once than may be",
    )?;
    must(n_verify <= 1, "two things are merged at once")?;
    must(play.run.outcome().is_none(), "an ended run has work to do")
}

/// At the end.
pub fn ended(play: &Play, outcome: &Outcome) -> Result<(), String> {
    let run = &play.run;
    let (Outcome::Partly { reason } | Outcome::Stuck { reason } | Outcome::Spent { reason }) =
        outcome
    else {
        return proposed(play, outcome);
    };
    must(!reason.trim().is_empty(), "it ended without a reason")?;
    if let (Outcome::Stuck { .. }, Some(_)) = (outcome, run.budget.forbids_calls(&run.spent)) {
        let mut made = run.attempts.iter().rev();
        let last = made.find(|made| made.result.is_some()).map(|made| made.id);
        must(
            last.is_none_or(|last| !is_by_model(run, last) || !ran_out(run, last)),
            "it is stuck where what models may cost is spent",
        )?;
    }
    if let Outcome::Stuck { .. } = outcome {
        must(
            run.merged.is_empty() || run.questions.iter().any(|asked| asked.answer.is_some()),
            "it is stuck with something merged",
        )?;
    }
    proposed(play, outcome)
}

fn proposed(play: &Play, outcome: &Outcome) -> Result<(), String> {
    let run = &play.run;
    let is_red = |number: &u32| {
        !run.proposal
            .as_ref()
            .is_some_and(|proposal| world::passes(&world::edits(&proposal.result), *number))
    };
    let red: Vec<u32> = (1..=play.n_red).filter(is_red).collect();
    if *outcome == Outcome::Green {
        must(run.proposal.is_some(), "green without a proposal")?;
        must(red.is_empty(), "green, and a target does not pass")?;
    }
    let Some(proposal) = &run.proposal else {
        return must(run.merged.is_empty(), "what is merged was not proposed");
    };
    let edits = world::edits(&proposal.result);
    must(world::breaks_nothing(&edits), "the proposal breaks a test")?;
    must(proposal.evidence.tree == proposal.result, "the evidence is of another tree")?;
    must(Some(&proposal.result) == tip(run).as_ref(), "the proposal is not what is merged")?;
    for fixed in &proposal.evidence.fixed {
        let number = fixed.name.parse().unwrap_or_default();
        must(world::passes(&edits, number), "the evidence names a test that does not pass")?;
    }
    let n_hunks: usize = proposal.files.iter().map(FileChange::n_items).sum();
    let n_told: usize = proposal.steps.iter().map(|step| step.hunks.len()).sum();
    must(n_hunks == n_told, "a change of the proposal belongs to no step")
}
