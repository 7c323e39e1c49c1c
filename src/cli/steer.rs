//! `greenloop resume`, `answer` and `cancel`: people and a run that waits or was interrupted.

use lexopt::prelude::*;

use super::fix;
use super::named::{self, Named};
use super::{Stop, positive, say};
use crate::base::ids::QuestionId;
use crate::engine::Command;
use crate::model::event::Event;
use crate::model::failure::{Failure, FailureKind};
use crate::model::question::{About, Answer};
use crate::model::run::{Outcome, Run};

/// What these commands have in common.
#[derive(Default)]
struct Options {
    run: Option<String>,
    /// What is answered.
    word: Option<String>,
    folder: Option<std::path::PathBuf>,
    question: Option<u32>,
    note: String,
    how: fix::How,
}

/// `goes_on`: the command goes on with a run, and takes how.
fn parse(mut parser: lexopt::Parser, has_word: bool, goes_on: bool) -> Result<Options, Stop> {
    let mut options = Options::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("unsandboxed") if goes_on => options.how.consent.unsandboxed = true,
            Long("trust") if goes_on => options.how.consent.trusted = true,
            Long("apply") if goes_on => options.how.apply = true,
            Long("format") if goes_on => options.how.format = parser.value()?.parse()?,
            Long("note") if has_word => options.note = parser.value()?.string()?,
            Long("question") if has_word => {
                options.question = Some(positive("--question", parser.value()?)?);
            }
            Value(name) if options.run.is_none() => options.run = Some(name.string()?),
            Value(word) if has_word && options.word.is_none() => {
                options.word = Some(word.string()?);
            }
            Value(path) if options.folder.is_none() => options.folder = Some(path.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

pub(super) fn resume(parser: lexopt::Parser) -> Result<i32, Stop> {
    let options = parse(parser, false, true)?;
    fix::told(options.how.format, gone_on(&options))
}

fn gone_on(options: &Options) -> Result<i32, Stop> {
    let Named { dirs, view } = named::find(options.run.as_deref(), options.folder.clone())?;
    let id = view.run.id;
    if view.run.paused_ms.is_some() && !view.interrupted {
        let is_it = |event: &Event| matches!(event, Event::Unpaused { .. });
        named::record(dirs, id, Command::Unpause { id }, is_it)?;
        say(&format!("The process that works on run {id} goes on with it.\n"));
        return Ok(0);
    }
    fix::carry_out(dirs, &options.how, id, Command::Resume { id, buffers: Vec::new() })
}

/// Answers the open question, and goes on with the run.
pub(super) fn answer(parser: lexopt::Parser) -> Result<i32, Stop> {
    let options = parse(parser, true, true)?;
    fix::told(options.how.format, answered(options))
}

fn answered(options: Options) -> Result<i32, Stop> {
    let Some(word) = options.word else {
        return Err(Stop::Usage("say what the answer is".to_owned()));
    };
    let Named { dirs, view } = named::find(options.run.as_deref(), options.folder)?;
    let wanted = options.question.map(QuestionId);
    let mut open = view.run.open_questions().map(|asked| &asked.question);
    let Some(question) = open.find(|open| wanted.is_none_or(|wanted| open.id == wanted)) else {
        return Err(asks_nothing(&view.run).into());
    };
    let answer = match word.as_str() {
        _ if question.inquiry.is_some() => Answer::Said { text: word },
        "yes" => Answer::Yes,
        "no" => Answer::No { note: options.note },
        // Several words say what has to be different; a single one is a slip.
        _ if question.about == About::Plan && word.trim().contains(' ') => {
            Answer::Said { text: word }
        }
        _ => return Err(Stop::Usage("answer with yes or no".to_owned())),
    };
    let (id, question) = (view.run.id, question.id);
    if !view.interrupted {
        let command = Command::Answer { id, question, answer };
        named::record(dirs, id, command, |event| matches!(event, Event::Answered { .. }))?;
        say(&format!("Answered. The process that works on run {id} goes on with it.\n"));
        return Ok(0);
    }
    fix::carry_out(dirs, &options.how, id, Command::Answer { id, question, answer })
}

fn asks_nothing(run: &Run) -> Failure {
    let hint = format!("`greenloop show {}` says how it stands.", run.id);
    Failure::new(FailureKind::Refused, format!("run {} asks nothing", run.id), hint)
}

/// Has the process that works on a run begin nothing new.
pub(super) fn pause(parser: lexopt::Parser) -> Result<i32, Stop> {
    let options = parse(parser, false, false)?;
    let Named { dirs, view } = named::find(options.run.as_deref(), options.folder)?;
    let id = view.run.id;
    if view.run.is_finished() || view.interrupted {
        let hint = format!("`greenloop show {id}` says how it stands.");
        let message = format!("nobody works on run {id}");
        return Err(Failure::new(FailureKind::Refused, message, hint).into());
    }
    let is_it = |event: &Event| matches!(event, Event::Paused { .. });
    named::record(dirs, id, Command::Pause { id }, is_it)?;
    say(&format!("Run {id} begins nothing new. `greenloop resume {id}` goes on with it.\n"));
    Ok(0)
}

pub(super) fn cancel(parser: lexopt::Parser) -> Result<i32, Stop> {
    let options = parse(parser, false, false)?;
    let Named { dirs, view } = named::find(options.run.as_deref(), options.folder.clone())?;
    let id = view.run.id;
    if view.run.is_finished() {
        say(&format!("Run {id} has ended already.\n"));
        return Ok(0);
    }
    let is_end = |event: &Event| matches!(event, Event::Finished { .. });
    named::record(dirs, id, Command::Cancel { id }, is_end)?;
    let Named { view, .. } = named::find(options.run.as_deref(), options.folder)?;
    match view.run.outcome() {
        _ if view.run.is_stopping && view.run.proposal.is_some() => {
            say(&format!("Run {id} ended with what it had found: `greenloop show {id}`.\n"));
        }
        Some(Outcome::Cancelled) => say(&format!("Run {id} is cancelled.\n")),
        // It came to its end before it heard of it.
        _ => say(&format!("Run {id} has ended already.\n")),
    }
    Ok(0)
}
