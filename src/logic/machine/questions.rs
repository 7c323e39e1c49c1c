//! When a run asks people, and what their answers mean. Only a yes is a yes.

use std::collections::BTreeMap;

use super::steps::StepState;
use crate::base::ids::{QuestionId, StepId};
use crate::model::approval::When;
use crate::model::event::Event;
use crate::model::question::{About, Answer, Asked, Question};
use crate::model::run::{Attempt, Run};

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
        Event::Asked { question, at_ms } => {
            run.questions.push(Asked { question: question.clone(), at_ms: *at_ms, answer: None });
        }
        Event::Answered { question, answer, at_ms } => {
            stand_still(run, *at_ms);
            let mut open = run.questions.iter_mut().filter(|asked| asked.answer.is_none());
            if let Some(asked) = open.find(|asked| asked.question.id == *question) {
                asked.answer = Some(answer.clone());
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
    let steps = states.iter().filter(|(_, state)| **state == StepState::Asked);
    let mut wanted = steps.map(|(step, _)| About::Step { step: *step });
    let about = match keeps_waiting(run, About::Plan) {
        true => Some(About::Plan),
        false => wanted.find(|about| asked(run, *about).is_none()),
    }?;
    let id = QuestionId(run.questions.len() as u32 + 1);
    let is_new = asked(run, about).is_none();
    is_new.then_some(Question { id, about, wait_ms: run.approval.wait_ms })
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
        Answer::Yes => None,
        Answer::No { note } if note.is_empty() => Some("it was not approved".to_owned()),
        Answer::No { note } => Some(format!("it was not approved: {note}")),
        Answer::Late => Some("nobody approved it in time".to_owned()),
    }
}

/// Whether nothing goes on before a person has said something.
pub fn waits_for_people(run: &Run) -> bool {
    let is_at_work = |attempt: &Attempt| attempt.result.is_none();
    let is_open = run.open_questions().next().is_some();
    (run.paused_ms.is_some() || is_open) && !run.attempts.iter().any(is_at_work)
}

/// Since when, in milliseconds since 1970: the latest that was asked.
pub(super) fn waiting_since(run: &Run) -> Option<u64> {
    let open = run.open_questions();
    let latest = open.map(|asked| asked.at_ms).chain(run.paused_ms).max();
    latest.filter(|_| waits_for_people(run))
}

fn needs_a_person(run: &Run, about: About) -> bool {
    match about {
        About::Plan => run.goal.plan_first || run.approval.plan == When::Always,
        About::Step { .. } => run.approval.steps == When::Always,
    }
}

fn answer(run: &Run, about: About) -> Option<&Answer> {
    asked(run, about)?.answer.as_ref()
}

fn asked(run: &Run, about: About) -> Option<&Asked> {
    run.questions.iter().rev().find(|asked| asked.question.about == about)
}
