//! When a run asks people, and what their answers mean. Only a yes is a yes. What language models want to know is asked
//! in the same way, and answered in words.

use std::collections::BTreeMap;

use super::ladder::Turn;
use super::steps::StepState;
use super::{Next, finish, replan};
use crate::base::ids::{AttemptId, QuestionId, StepId};
use crate::base::limits::{QUESTIONS_OF_GOAL_MAX, QUESTIONS_OF_STEP_MAX};
use crate::model::approval::When;
use crate::model::event::{Event, WorkResult};
use crate::model::question::{About, Answer, Asked, Inquiry, Question};
use crate::model::run::{Attempt, Outcome, Run};

/// Folds what people are asked and say into a run. Time in which only people are waited for is not spent.
pub(super) fn apply(run: &mut Run, event: &Event) {
    match event {
        Event::Paused { at_ms } => {
            run.paused_ms.get_or_insert(*at_ms);
        }
        Event::Unpaused { at_ms } => {
            stand_still(run, *at_ms);
            run.paused_ms = None;
        }
        Event::PlanAsks { inquiry } if run.plan.is_none() => run.inquiry = Some(inquiry.clone()),
        Event::Asked { question, at_ms } => {
            run.questions.push(Asked { question: question.clone(), at_ms: *at_ms, answer: None });
        }
        Event::Answered { question, answer, at_ms } => {
            stand_still(run, *at_ms);
            let mut open = run.questions.iter_mut().filter(|asked| asked.answer.is_none());
            let asked = open.find(|asked| asked.question.id == *question);
            if let Some(asked) = asked.filter(|asked| fits(&asked.question, answer)) {
                asked.answer = Some(answer.clone());
                // Who planned it hears of it, and plans anew.
                let is_feedback = matches!(answer, Answer::Said { .. });
                if is_feedback && asked.question.about == About::Plan && run.attempts.is_empty() {
                    run.plan = None;
                }
                run.inquiry.take_if(|_| asked.question.about == About::Goal);
            }
        }
        _ => {}
    }
}

/// Takes the time off in which only people were waited for, once. A run that was resumed began to count then.
fn stand_still(run: &mut Run, at_ms: u64) {
    if let Some(since) = waiting_since(run) {
        let since = since.max(run.waited_until_ms).max(run.started_ms);
        run.started_ms += at_ms.saturating_sub(since);
        run.waited_until_ms = at_ms;
    }
}

/// What has to be asked next; `None` when nothing has.
pub(super) fn to_ask(run: &Run, states: &BTreeMap<StepId, StepState>) -> Option<Question> {
    if keeps_waiting(run, About::Plan) {
        let is_put = asked(run, About::Plan)
            .is_some_and(|asked| !matches!(asked.answer, Some(Answer::Said { .. })));
        return (!is_put).then(|| question(run, About::Plan, None));
    }
    // People see one at a time, and the time to say yes begins when it can be seen.
    let is_open = run.open_questions().any(|asked| asked.question.inquiry.is_none());
    states.iter().find_map(|(step, state)| match state {
        StepState::Asked => {
            let about = About::Step { step: *step };
            (!is_open && asked(run, about).is_none()).then(|| question(run, about, None))
        }
        StepState::Asking { attempt } => {
            let attempt = run.attempts.iter().find(|made| made.id == *attempt)?;
            let Some(WorkResult::Asks { inquiry, .. }) = &attempt.left else { return None };
            let about = About::Attempt { attempt: attempt.id };
            is_unasked(run, attempt).then(|| question(run, about, Some(inquiry)))
        }
        _ => None,
    })
}

/// What is wanted before a goal can be planned; `None` when who plans wants to know nothing.
pub(super) fn of_goal(run: &Run) -> Option<Next> {
    let inquiry = run.inquiry.as_ref()?;
    let is_open = run.open_questions().any(|asked| asked.question.about == About::Goal);
    if is_open || run.paused_ms.is_some() {
        return Some(Next::Do(Vec::new()));
    }
    if !may_ask(run, None) {
        let reason = format!("{} asks more than may be asked about a goal", inquiry.by);
        return Some(finish(Outcome::Stuck { reason }));
    }
    Some(Next::Ask(question(run, About::Goal, Some(inquiry))))
}

fn question(run: &Run, about: About, inquiry: Option<&Inquiry>) -> Question {
    let id = QuestionId(run.questions.len() as u32 + 1);
    Question { id, about, wait_ms: run.approval.wait_ms, inquiry: inquiry.cloned() }
}

/// Whether an answer is one to this question: words where words are asked for, else yes or no. To a plan words are what has
/// to be different about it.
pub fn fits(question: &Question, answer: &Answer) -> bool {
    match answer {
        Answer::Said { .. } => question.inquiry.is_some() || question.about == About::Plan,
        Answer::Yes | Answer::No { .. } => question.inquiry.is_none(),
        Answer::Late => true,
    }
}

/// What was asked about the goal in words, and about a step.
pub fn asked_of(run: &Run, step: Option<StepId>) -> Vec<&Asked> {
    let at_step = |attempt: &AttemptId| {
        run.attempts.iter().any(|made| made.id == *attempt && Some(made.step) == step)
    };
    let is_theirs = |asked: &&Asked| match &asked.question.about {
        About::Goal => true,
        About::Attempt { attempt } => at_step(attempt),
        // Only who plans has to know it.
        About::Plan => step.is_none() && matches!(asked.answer, Some(Answer::Said { .. })),
        About::Step { .. } => false,
    };
    run.questions.iter().filter(is_theirs).collect()
}

/// Whether people may be asked once more about a step, or without one about the goal.
pub fn may_ask(run: &Run, step: Option<StepId>) -> bool {
    match step {
        Some(step) => n_asked(run, step) < QUESTIONS_OF_STEP_MAX,
        None => about(run, About::Goal).count() + n_feedback(run) < QUESTIONS_OF_GOAL_MAX,
    }
}

/// How often somebody said what has to be different about the plan.
fn n_feedback(run: &Run) -> usize {
    let said = |asked: &&Asked| matches!(asked.answer, Some(Answer::Said { .. }));
    about(run, About::Plan).filter(said).count()
}

/// How often the workers of a step asked something.
fn n_asked(run: &Run, step: StepId) -> usize {
    let of_step = run.attempts.iter().filter(|made| made.step == step);
    of_step.map(|made| made.n_asked as usize).sum()
}

/// Whether what the worker of an attempt asked last was not put to anybody yet.
fn is_unasked(run: &Run, attempt: &Attempt) -> bool {
    let n_put = about(run, About::Attempt { attempt: attempt.id }).count();
    n_put < attempt.n_asked as usize
}

/// The turn of an attempt that has its answer, or of which nobody answered in time.
pub(super) fn turn(run: &Run, attempt: &Attempt) -> Option<Turn> {
    let is_answered =
        !is_unasked(run, attempt) && answer(run, About::Attempt { attempt: attempt.id }).is_some();
    let why = "its question is answered".to_owned();
    is_answered.then(|| Turn { worker: attempt.worker.clone(), why })
}

/// Why what an attempt asked is asked of nobody; `None` while its step may ask.
pub(super) fn too_many(run: &Run, attempt: &Attempt) -> Option<String> {
    let is_over = n_asked(run, attempt.step) > QUESTIONS_OF_STEP_MAX && is_unasked(run, attempt);
    is_over.then(|| format!("{} asks more than may be asked about a step", attempt.worker))
}

/// What an attempt that is over asked needs no answer any more.
pub(super) fn forget(run: &mut Run, attempt: AttemptId) {
    let mut open = run.questions.iter_mut().filter(|asked| asked.answer.is_none());
    if let Some(asked) = open.find(|asked| asked.question.about == About::Attempt { attempt }) {
        asked.answer = Some(Answer::Late);
    }
}

/// Whether this needs a yes that it does not have.
pub(super) fn keeps_waiting(run: &Run, about: About) -> bool {
    needs_a_person(run, about) && answer(run, about) != Some(&Answer::Yes)
}

/// Whether somebody said no to it, or nobody said yes in time.
pub(super) fn is_refused(run: &Run, about: About) -> bool {
    matches!(answer(run, about), Some(Answer::No { .. } | Answer::Late))
}

/// Why something was refused, for people.
pub(super) fn refusal(run: &Run, about: About) -> Option<String> {
    match answer(run, about)? {
        Answer::Yes | Answer::Said { .. } => None,
        Answer::No { note } if note.is_empty() => Some("it was not approved".to_owned()),
        Answer::No { note } => Some(format!("it was not approved: {note}")),
        Answer::Late => Some("nobody approved it in time".to_owned()),
    }
}

/// Whether nothing goes on before a person has said something.
pub fn waits_for_people(run: &Run) -> bool {
    let is_open = run.open_questions().next().is_some();
    (run.paused_ms.is_some() || is_open) && !run.attempts.iter().any(Attempt::is_at_work)
}

/// Since when, in milliseconds since 1970: the latest that was asked.
pub(super) fn waiting_since(run: &Run) -> Option<u64> {
    let open = run.open_questions();
    let latest = open.map(|asked| asked.at_ms).chain(run.paused_ms).max();
    latest.filter(|_| waits_for_people(run))
}

fn needs_a_person(run: &Run, about: About) -> bool {
    match about {
        About::Plan => {
            let n_steps = run.plan.as_ref().map_or(0, |plan| plan.steps.len());
            run.goal.plan_first
                || run.goal.large_plan_first && n_steps > 1
                || run.approval.plan == When::Always
        }
        // What takes the place of a step was not in the plan that somebody said yes to.
        About::Step { step } => {
            run.approval.steps == When::Always
                || replan::is_by_replanning(run, step) && needs_a_person(run, About::Plan)
        }
        About::Goal | About::Attempt { .. } => false,
    }
}

fn answer(run: &Run, about: About) -> Option<&Answer> {
    asked(run, about)?.answer.as_ref()
}

fn asked(run: &Run, what: About) -> Option<&Asked> {
    about(run, what).next_back()
}

fn about(run: &Run, what: About) -> impl DoubleEndedIterator<Item = &Asked> {
    run.questions.iter().filter(move |asked| asked.question.about == what)
}
