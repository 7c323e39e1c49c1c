//! A language model as a worker, and as a planner: a bounded conversation with few tools on a draft of the project. The
//! model can reach nothing but the draft, and what counts is the tree that the draft makes and the checks that ran on it.

mod context;
mod draft;
pub mod plan;
mod talk;
mod tools;
mod work;

use self::draft::Draft;
use self::talk::{Answer, Ended, Talk};
use self::work::{Left, Work};
use super::{Assignment, Desk, Judge, Progress, Reach};
use crate::base::path::RepoPath;
use crate::base::text::in_a_line;
use crate::logic::candidate::merit;
use crate::logic::inquiry::inquiry;
use crate::model::event::WorkResult;
use crate::model::failure::Failure;
use crate::model::provider::Model;
use crate::model::question::Inquiry;
use crate::model::transcript::{CallFailure, Fault};

/// A title made of a model's words, in bytes.
const TITLE_BYTES_MAX: usize = 100;
/// Said to who asks more than it may.
const ASKED_ENOUGH: &str =
    "no more questions are put to people here: decide by what you know, and take the safe way";

/// Has a model work, and where an earlier attempt of it was not good enough, as many times as are allowed: the best of what
/// it makes counts, by what the checks say of each.
pub fn work(
    models: &[Model],
    assignment: &Assignment<'_>,
    desk: &Desk<'_>,
    reach: &Reach<'_>,
    judge: &Judge<'_>,
) -> Result<WorkResult, Failure> {
    let name = models.first().map(|model| &model.name);
    let is_again =
        assignment.attempts.iter().any(|made| Some(&made.worker) == name && made.result.is_some());
    let n_wanted = if is_again { judge.candidates } else { 1 };
    let (mut order, mut best) = (models.to_vec(), None);
    let mut last = one(&order, assignment, desk, reach, judge)?;
    for n_made in 1.. {
        if matches!(last, WorkResult::Asks { .. }) {
            return Ok(last);
        }
        if let WorkResult::Changed { tree, .. } = &last {
            if n_wanted == 1 {
                return Ok(last);
            }
            let trial = (judge.trial)(tree)?;
            let (baseline, targets) = (assignment.baseline, assignment.targets);
            let merit = merit(&trial.verified, &trial.result, baseline, targets);
            if best.as_ref().is_none_or(|(known, _)| merit > *known) {
                best = Some((merit, last.clone()));
            }
        }
        let is_green = best.as_ref().is_some_and(|(merit, _)| merit.is_green);
        if is_green || n_made >= n_wanted || desk.cancel.is_cancelled() {
            break;
        }
        // Another one first, where there are several.
        order.rotate_left(1);
        last = one(&order, assignment, desk, reach, judge)?;
    }
    Ok(best.map_or(last, |(_, result)| result))
}

/// Has the first of the models work that can be reached; the others take over where it cannot any more, on what it had
/// changed by then. What was changed by a model that came to no end may still be good.
fn one(
    models: &[Model],
    assignment: &Assignment<'_>,
    desk: &Desk<'_>,
    reach: &Reach<'_>,
    judge: &Judge<'_>,
) -> Result<WorkResult, Failure> {
    let mut draft = match assignment.draft {
        Some(made) => Draft::resumed(desk.store, assignment.tree, made)?,
        None => Draft::new(desk.store, assignment.tree),
    };
    let mut why = Vec::new();
    for model in models {
        let ended = match turn(model, assignment, desk, reach, judge, &mut draft)? {
            Ok(ended) => ended,
            Err(failure) => {
                why.push(told(model, &failure.message, &failure.hint));
                continue;
            }
        };
        match ended {
            Ended::Done(Left::Made { summary }) => {
                return changed(assignment, &draft, (models, model), &summary);
            }
            Ended::Done(Left::Asks(inquiry)) => {
                return Ok(WorkResult::Asks { inquiry, tree: draft.tree()? });
            }
            Ended::Stopped { reason } => why.push(told(model, &reason, "")),
            Ended::Failed(failure) => {
                why.push(told(model, &failure.message, &failure.hint));
                if may_another_try(&failure) {
                    let text = format!("{} cannot go on: {}", model.name, failure.message);
                    (desk.progress)(Progress { text, ..Progress::default() });
                    continue;
                }
            }
        }
        break;
    }
    match models.last() {
        Some(last) if !draft.is_unchanged() && !desk.cancel.is_cancelled() => {
            changed(assignment, &draft, (models, last), "")
        }
        _ => Ok(WorkResult::Nothing { reason: why.join("; "), search: None }),
    }
}

/// One model's conversation; `Err` inside when it cannot be set up.
fn turn(
    model: &Model,
    assignment: &Assignment<'_>,
    desk: &Desk<'_>,
    reach: &Reach<'_>,
    judge: &Judge<'_>,
    draft: &mut Draft<'_>,
) -> Result<Result<Ended<Left>, Failure>, Failure> {
    let caller = match (reach.callers)(model) {
        Ok(caller) => caller,
        Err(failure) => return Ok(Err(failure)),
    };
    let request = work::request(assignment, reach, draft, model)?;
    let mut work = Work { assignment, model: &model.name, desk, reach, judge, draft, n_red: 0 };
    Talk::new(desk, model, request).hold(caller.as_ref(), &mut work).map(Ok)
}

/// Ends a conversation with a question to people, where one may be asked.
fn asked<T>(
    may_ask: bool,
    model: &str,
    text: &str,
    options: &[String],
    done: impl FnOnce(Inquiry) -> T,
) -> Answer<T> {
    if !may_ask {
        return Answer::error(ASKED_ENOUGH.to_owned());
    }
    match inquiry(model, text, options) {
        Some(inquiry) => {
            Answer { done: Some(done(inquiry)), ..Answer::said("A person is asked.".to_owned()) }
        }
        None => Answer::error("a question needs words".to_owned()),
    }
}

fn told(model: &Model, message: &str, hint: &str) -> String {
    format!("{}: {message}{}{hint}", model.name, if hint.is_empty() { "" } else { ". " })
}

/// Whether somebody else may be better off with what one could not do.
fn may_another_try(failure: &CallFailure) -> bool {
    match failure.fault {
        Fault::Cancelled | Fault::Spent => false,
        Fault::Overflow
        | Fault::RateLimited
        | Fault::Unavailable
        | Fault::Truncated
        | Fault::Idle
        | Fault::Unreachable
        | Fault::Unauthorized
        | Fault::Quota
        | Fault::Invalid => true,
    }
}

fn changed(
    assignment: &Assignment<'_>,
    draft: &Draft<'_>,
    (models, model): (&[Model], &Model),
    summary: &str,
) -> Result<WorkResult, Failure> {
    let tree = draft.tree()?;
    if tree == *assignment.tree || assignment.refused.contains(&tree) {
        let reason = told(model, "it came to what there was before", "");
        return Ok(WorkResult::Nothing { reason, search: None });
    }
    let said = summary.lines().map(str::trim).find(|line| !line.is_empty());
    let paths: Vec<&str> = draft.changed().map(RepoPath::as_str).collect();
    let title = match said {
        // A stand-in is not the one that the attempt is called by.
        Some(line) if models.first() != Some(model) => {
            format!("{} (by {})", in_a_line(line, TITLE_BYTES_MAX), model.name)
        }
        Some(line) => in_a_line(line, TITLE_BYTES_MAX),
        None => format!("{}, changed by {}", paths.join(", "), model.name),
    };
    Ok(WorkResult::Changed { tree, title, search: None })
}
