//! `greenloop runs [DIR]` and `greenloop show RUN [DIR]`: what was done here, and how it stands.

use lexopt::prelude::*;
use serde_json::json;

use super::fix::{Format, folder_of};
use super::named::{self, Named};
use super::style::Style;
use super::{Stop, json, say};
use crate::engine::{self, Dirs, RunView};
use crate::logic::decided::Decided;
use crate::logic::machine;
use crate::logic::{inquiry, overview, plan_text};
use crate::model::question::About;
use crate::model::run::{GoalKind, Run};

pub(super) fn list(mut parser: lexopt::Parser) -> Result<i32, Stop> {
    let (mut folder, mut format) = (None, Format::Human);
    while let Some(arg) = parser.next()? {
        match arg {
            Long("format") => format = parser.value()?.parse()?,
            Value(path) if folder.is_none() => folder = Some(path.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let runs = engine::runs(&Dirs::find(&folder_of(folder))?)?;
    if runs.is_empty() && format == Format::Human {
        say("No run was made here yet; `greenloop fix` makes one.\n");
    }
    for view in runs.iter().rev() {
        let (status, reason) = stands(view);
        match format {
            Format::Json => say(&format!(
                "{}\n",
                json!({
                    "run": view.run.id,
                    "started_ms": view.run.started_ms,
                    "status": status,
                    "reason": reason,
                    "goal": goal(&view.run),
                    "to_decide": Decided::of_run(&view.run).map(|decided| decided.n_open),
                    "accepted": view.run.acceptances.iter().filter(|known| !known.undone).count(),
                })
            )),
            Format::Human => {
                let decided = Decided::of_run(&view.run);
                let decided = decided.map_or_else(String::new, |decided| format!("; {decided}"));
                let goal = goal(&view.run);
                say(&format!("{}  {status:<14} {goal}: {reason}{decided}\n", view.run.id));
            }
        }
    }
    Ok(0)
}

pub(super) fn show(mut parser: lexopt::Parser) -> Result<i32, Stop> {
    let (mut run, mut folder) = (None, None);
    while let Some(arg) = parser.next()? {
        match arg {
            Value(name) if run.is_none() => run = Some(name.string()?),
            Value(path) if folder.is_none() => folder = Some(path.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let Named { view, .. } = named::find(run.as_deref(), folder)?;
    say(&overview::markdown(&view.run));
    if let Some(review) = &view.review {
        say(&format!("\n{}", Style::of_stdout().diff(&review.patch())));
    }
    if let (None, Some(plan)) = (&view.review, &view.run.plan) {
        say(&format!("\n{}", plan_text::print(plan)));
    }
    if let Some(line) = waits(&view) {
        say(&format!("\n{line}\n"));
    }
    Ok(0)
}

/// Where a run stands in a word, and why.
fn stands(view: &RunView) -> (&'static str, String) {
    let run = &view.run;
    if let Some(outcome) = run.outcome() {
        let (status, reason, _) = json::words(outcome);
        return (status, reason);
    }
    match waits(view) {
        Some(line) => ("waits", line),
        None if view.interrupted => {
            ("interrupted", format!("`greenloop resume {}` goes on with it", run.id))
        }
        None => ("at work", String::new()),
    }
}

/// What a run waits for people to say, and how they say it.
pub(super) fn waits(view: &RunView) -> Option<String> {
    let run = &view.run;
    let is_asked = run.open_questions().next().is_some();
    let rests = machine::waits_for_people(run) || view.interrupted && is_asked;
    if run.is_finished() || !rests {
        return None;
    }
    let Some(open) = run.open_questions().next() else {
        return Some("it is paused".to_owned());
    };
    if let Some(told) = inquiry::told(run, &open.question) {
        let options = open.question.inquiry.iter().flat_map(|inquiry| &inquiry.options);
        let options: Vec<String> = options.map(|option| format!("\n  - {option}")).collect();
        let how = format!("`greenloop answer {} 'WORDS'` answers it", run.id);
        return Some(format!("{told}{}\n{how}", options.concat()));
    }
    let what = match open.question.about {
        About::Step { step } => format!("is step {step} to be carried out?"),
        About::Plan | About::Goal | About::Attempt { .. } => {
            "is the plan to be carried out?".to_owned()
        }
    };
    let terms = inquiry::terms(run, &open.question);
    Some(format!("{what}{terms} `greenloop answer {} yes` or `no` says so", run.id))
}

fn goal(run: &Run) -> String {
    match (&run.goal.kind, run.goal.tests.as_slice()) {
        _ if !run.goal.text.is_empty() => run.goal.text.clone(),
        (GoalKind::RunChecks, _) => "run the checks".to_owned(),
        (GoalKind::Change, _) => "change".to_owned(),
        (GoalKind::FixUntilGreen, []) => "fix until green".to_owned(),
        (GoalKind::FixUntilGreen, [only]) => format!("fix {only}"),
        (GoalKind::FixUntilGreen, [first, more @ ..]) => {
            format!("fix {first} and {} more", more.len())
        }
    }
}
