//! What happens in a run, on standard error.

use std::io::IsTerminal;

use super::say_aside;
use super::watch::Seen;
use crate::base::path::RepoPath;
use crate::io::sandbox;
use crate::io::worker::Progress;
use crate::model::event::Event;
use crate::model::plan::Step;
use crate::model::question::{Answer, Question};
use crate::model::run::AttemptResult;

/// The moving part of the output, on standard error: one line that is written over on a terminal, a line per stage
/// elsewhere.
pub(super) struct Screen {
    terminal: bool,
    /// Steps of the plan.
    n_steps: usize,
}

impl Screen {
    pub(super) fn new() -> Screen {
        Screen { terminal: std::io::stderr().is_terminal(), n_steps: 1 }
    }

    pub(super) fn show(&mut self, seen: &Seen) {
        match seen {
            Seen::Progress(progress) if self.terminal => {
                say_aside(&format!("\r\x1b[2K{}", one_line(progress)));
            }
            Seen::Progress(_) => {}
            Seen::Event(event) => {
                if let Event::PlanMade { plan, .. } = event {
                    self.n_steps = plan.steps.len();
                }
                if let Some(line) = stage(event, self.n_steps) {
                    self.clear();
                    say_aside(&format!("{line}\n"));
                }
            }
        }
    }

    pub(super) fn clear(&self) {
        if self.terminal {
            say_aside("\r\x1b[2K");
        }
    }
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

fn one_line(progress: &Progress) -> String {
    let mut line = format!("  {}", progress.text);
    if progress.total > 0 {
        line.push_str(&format!("  {}/{}", progress.tried, progress.total));
    }
    if progress.per_second > 0.0 {
        line.push_str(&format!("  {:.0}/s", progress.per_second));
    }
    if !progress.best.is_empty() {
        line.push_str(&format!("  best: {}", progress.best));
    }
    line.chars().take(110).collect()
}

/// The line that an event leaves on the screen.
fn stage(event: &Event, n_steps: usize) -> Option<String> {
    match event {
        Event::SnapshotTaken { snapshot, checks, notes, left_out, .. } => {
            let names: Vec<&str> = checks.iter().map(|check| check.id.as_str()).collect();
            let mut text =
                format!("snapshot  {} files, checks: {}", snapshot.n_files, listed(&names));
            let missing = left_out.iter().map(|failure| &failure.message);
            for note in notes.iter().chain(missing).chain(&snapshot.warnings) {
                text.push_str(&format!("\nnote      {note}"));
            }
            for check in checks.iter().filter(|check| !check.policy.doors.are_closed()) {
                let doors = sandbox::open(&check.policy.doors, true).join(", ");
                text.push_str(&format!("\nsandbox   {}: {doors}", check.id));
            }
            Some(text)
        }
        Event::BaselineTaken { runs } => {
            let n: usize = runs.iter().map(|run| run.report.cases.len()).sum();
            let n_red: usize = runs.iter().map(|run| run.report.red().count()).sum();
            Some(format!("baseline  {n} tests, {n_red} red"))
        }
        Event::TargetsChosen { targets } => Some(
            targets
                .iter()
                .map(|test| format!("target    {}\n", test.name))
                .collect::<String>()
                .trim_end()
                .to_owned(),
        )
        .filter(|text| !text.is_empty()),
        Event::PlanMade { .. } | Event::Replanned { .. } => planned(event),
        Event::AttemptStarted { attempt, step, worker, .. } => {
            let at = if n_steps > 1 { format!(" at step {step}") } else { String::new() };
            Some(format!("attempt   {attempt}, by {worker}{at}"))
        }
        Event::AttemptJudged { attempt, result: AttemptResult::Red { reason } } => {
            Some(format!("attempt   {attempt} was not green: {reason}"))
        }
        Event::MergeConflicted { attempt, paths } => {
            let paths: Vec<&str> = paths.iter().map(RepoPath::as_str).collect();
            Some(format!("attempt   {attempt} conflicts with another step in {}", paths.join(", ")))
        }
        Event::Asked { .. }
        | Event::Answered { .. }
        | Event::Paused { .. }
        | Event::Resumed { .. }
        | Event::StopRequested
        | Event::Unpaused { .. } => by_people(event),
        Event::RunRequested { id, .. } => Some(format!("run       {id}")),
        Event::PlanAsks { .. }
        | Event::AttemptContinued { .. }
        | Event::AttemptFinished { .. }
        | Event::Spent { .. }
        | Event::VerifyFinished { .. }
        | Event::AttemptJudged { .. }
        | Event::ProposalMade { .. }
        | Event::EffectFailed { .. }
        | Event::CancelRequested
        | Event::WallSpent
        | Event::Finished { .. }
        | Event::SubsetChecked { .. }
        | Event::HunksDecided { .. }
        | Event::Accepted { .. }
        | Event::TakenBack { .. } => None,
    }
}

/// What people are asked and do.
fn by_people(event: &Event) -> Option<String> {
    Some(match event {
        Event::Asked { question: Question { inquiry: Some(inquiry), .. }, .. } => {
            format!("question  {}: {}", inquiry.by, inquiry.text)
        }
        Event::Answered { answer: Answer::Said { text }, .. } => format!("answer    {text}"),
        Event::Paused { .. } => "paused".to_owned(),
        Event::StopRequested => {
            "stopping; what may have been found by now is checked, Ctrl-C again ends that too"
                .to_owned()
        }
        Event::Resumed { .. } | Event::Unpaused { .. } => "resumed".to_owned(),
        _ => return None,
    })
}

/// The steps of a plan, or what became of one of them.
fn planned(event: &Event) -> Option<String> {
    let line = |step: &Step| format!("step      {}: {}", step.id, step.title);
    match event {
        Event::PlanMade { plan, .. } if plan.steps.len() > 1 => {
            Some(plan.steps.iter().map(line).collect::<Vec<_>>().join("\n"))
        }
        Event::Replanned { step, steps, why, .. } if steps.is_empty() => {
            Some(format!("step      {step} stays as it is: {why}"))
        }
        Event::Replanned { step, steps, by, .. } => {
            let titles: Vec<&str> = steps.iter().map(|step| step.title.as_str()).collect();
            Some(format!("step      {step} is planned anew by {by}: {}", titles.join("; ")))
        }
        _ => None,
    }
}
