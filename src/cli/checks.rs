//! `greenloop checks [DIR]`: what was found, why, and how it stands.

use lexopt::prelude::*;

use super::fix::{Format, REUSED, folder_of};
use super::style::Style;
use super::watch::{Seen, follow};
use super::{Stop, code_of, json, say, say_error};
use crate::base::ids::CheckId;
use crate::engine::{Command, Consent, Dirs, RunView, new_run_id};
use crate::logic::overview::FLAKY;
use crate::model::budget::AskedBudget;
use crate::model::check::{CheckEnd, CheckRun};
use crate::model::event::Event;
use crate::model::report::TestOutcome;
use crate::model::run::{Goal, GoalKind, Outcome};

pub(super) fn main(mut parser: lexopt::Parser) -> Result<i32, Stop> {
    let mut goal = Goal { kind: GoalKind::RunChecks, ..Goal::default() };
    let mut folder = None;
    let mut consent = Consent::default();
    let mut format = Format::Human;
    while let Some(arg) = parser.next()? {
        match arg {
            Long("check") => goal.checks.push(CheckId::new(parser.value()?.string()?)),
            Long("fresh") => goal.fresh = true,
            Long("unsandboxed") => consent.unsandboxed = true,
            Long("trust") => consent.trusted = true,
            Long("format") => format = parser.value()?.parse()?,
            Value(path) if folder.is_none() => folder = Some(path.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    let dirs = Dirs::find(&folder_of(folder))?;
    goal.focus = dirs.focus.clone();
    let id = new_run_id();
    let start = Command::Start { id, goal, budget: AskedBudget::default(), buffers: Vec::new() };
    let view = follow(dirs, consent, id, start, &mut |seen| match format {
        Format::Json => json::print_seen(&seen),
        Format::Human => print_found(&seen),
    })?;
    match format {
        Format::Json => json::print_outcome(&view, &[]),
        Format::Human => print_results(&view),
    }
    Ok(match view.run.outcome() {
        Some(Outcome::Checked { n_red: 0 }) => 0,
        Some(Outcome::Failed { failure }) => code_of(failure),
        Some(_) | None => 1,
    })
}

fn print_found(seen: &Seen) {
    if let Seen::Event(Event::SnapshotTaken { snapshot, checks, notes, left_out, .. }) = seen {
        let n = snapshot.n_files;
        say(&format!("{} check(s) found in {n} files\n", checks.len()));
        for check in checks {
            say(&format!("  {}  in {}  because {}\n", check.id, check.dir, check.why));
        }
        let missing = left_out.iter().map(|failure| &failure.message);
        for note in notes.iter().chain(missing).chain(&snapshot.warnings) {
            say(&format!("  note: {note}\n"));
        }
    }
}

fn print_results(view: &RunView) {
    let style = Style::of_stdout();
    for run in view.run.baseline.iter().flatten() {
        say(&format!("{}\n", summary(style, run)));
        for case in run.report.red() {
            let at = case
                .at
                .as_ref()
                .map_or_else(String::new, |at| format!(" ({}:{})", at.path, at.line));
            let (mark, flaky) = match run.flaky.contains(&case.id) {
                true => (style.faint("~"), format!("  {}", style.faint(FLAKY))),
                false => (style.red("✘"), String::new()),
            };
            say(&format!("  {mark} {}{at}{flaky}\n", case.id.name));
            let first =
                case.message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
            say(&format!("      {}\n", style.faint(first)));
        }
        for problem in &run.problems {
            let at = problem
                .at
                .as_ref()
                .map_or_else(String::new, |at| format!("{}:{}: ", at.path, at.line));
            say(&format!("  {} {at}{}\n", style.red("✘"), problem.message.trim_end()));
        }
    }
    if let Some(Outcome::Failed { failure }) = view.run.outcome() {
        say_error(&format!("error: {}\n", failure.message), &failure.hint);
    }
}

fn summary(style: Style, run: &CheckRun) -> String {
    let report = &run.report;
    let n_red = report.red().filter(|case| !run.flaky.contains(&case.id)).count();
    let seconds = run.duration_ms as f64 / 1000.0;
    let mark = if run.end == CheckEnd::Completed && n_red == 0 {
        style.green("✔")
    } else {
        style.red("✘")
    };
    let skipped = match report.count(TestOutcome::Skipped) {
        0 => String::new(),
        n => format!(", {n} skipped"),
    };
    let flaky = match run.flaky.len() {
        0 => String::new(),
        n => format!(", {n} flaky"),
    };
    let reused = if run.reused { REUSED } else { "" };
    let passed = report.count(TestOutcome::Passed);
    let how = run.enforced.join(", ");
    format!(
        "{mark} {}: {passed} passed, {n_red} red{skipped}{flaky} in {seconds:.2} s{reused}  {}",
        run.check,
        style.faint(&format!("{} [{how}]", run.command)),
    )
}
