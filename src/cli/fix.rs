//! `greenloop fix [DIR]`: from red to a verified change, with one command and no editor.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use lexopt::prelude::*;

use super::runs::waits;
use super::screen::Screen;
use super::style::Style;
use super::watch::follow;
use super::{Stop, apply, code_of, decide, json, positive, say, say_error};
use crate::base::ids::{CheckId, RunId};
use crate::engine::{Command, Consent, Dirs, Review, RunView, new_run_id};
use crate::logic::overview::{FLAKY, UNASKED};
use crate::logic::{confidence, guard, machine, plan_text, swap};
use crate::model::approval::AcceptAlone;
use crate::model::budget::AskedBudget;
use crate::model::failure::Failure;
use crate::model::guard::Guarded;
use crate::model::proposal::{Evidence, SearchFact};
use crate::model::run::{Goal, GoalKind, Outcome};

#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Human,
    Json,
}

impl FromStr for Format {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "human" => Ok(Format::Human),
            "json" => Ok(Format::Json),
            _ => Err("it must be human or json"),
        }
    }
}

struct Options {
    folder: PathBuf,
    goal: Goal,
    budget: AskedBudget,
    resume: Option<RunId>,
    /// A plan is carried out without a yes.
    runs: bool,
    how: How,
}

/// How a run is carried out and shown.
#[derive(Default)]
pub(super) struct How {
    pub consent: Consent,
    pub format: Format,
    /// Write the change to the project once it is green.
    pub apply: bool,
}

pub(super) fn main(parser: lexopt::Parser) -> Result<i32, Stop> {
    begin(&parse(parser, false)?)
}

fn begin(options: &Options) -> Result<i32, Stop> {
    let dirs = Dirs::find(&options.folder);
    let carried = dirs.map_err(Stop::from).and_then(|dirs| {
        let (id, command) = command(options, &dirs);
        carry_out(dirs, &options.how, id, command)
    });
    told(options.how.format, carried)
}

/// What a command comes to; a failure is told in its format.
pub(super) fn told(format: Format, carried: Result<i32, Stop>) -> Result<i32, Stop> {
    match carried {
        Err(Stop::Failure(failure)) if format == Format::Json => {
            json::print_failure(&failure);
            Ok(code_of(&failure))
        }
        done => done,
    }
}

/// The same, after a yes to its plan; a goal may be said in words.
pub(super) fn plan(parser: lexopt::Parser) -> Result<i32, Stop> {
    let mut options = parse(parser, true)?;
    if options.goal.text.is_empty() && !options.folder.exists() {
        let folder = options.folder.display();
        let usage = format!("{folder} is no folder; a goal in words is several words in quotes");
        return Err(Stop::Usage(usage));
    }
    options.goal.plan_first = !options.runs;
    begin(&options)
}

/// Sends a command about a run, follows the run until it ends or waits for people, and shows what came of it.
pub(super) fn carry_out(dirs: Dirs, how: &How, id: RunId, command: Command) -> Result<i32, Stop> {
    let root = dirs.root.clone();
    let mut screen = Screen::new();
    let view = follow(dirs.clone(), how.consent, id, command, &mut |seen| match how.format {
        Format::Json => json::print_seen(&seen),
        Format::Human => screen.show(&seen),
    })?;
    screen.clear();
    if let Some(line) = waits(&view) {
        match how.format {
            Format::Json => json::print_waits(&view, &line),
            Format::Human => print_waits(&view, &line),
        }
        return Ok(3);
    }
    // Whoever ended a run wants to see first what it found by then.
    let apply =
        !view.run.is_stopping && (how.apply || view.run.approval.accept == AcceptAlone::Green);
    let applied = match (&view.review, apply, view.run.outcome()) {
        (Some(review), true, Some(Outcome::Green)) => {
            let all = review.proposal.items().collect();
            apply::ready(&root, review)
                .and_then(|()| decide::kept(&dirs, id, all, || apply::apply(&root, review)))
        }
        _ => Ok(Vec::new()),
    };
    match how.format {
        Format::Json if applied.is_ok() => {
            json::print_outcome(&view, applied.as_deref().unwrap_or_default());
        }
        Format::Json => {}
        Format::Human => print_end(&view),
    }
    let applied = applied?;
    if how.format == Format::Human && view.review.is_some() {
        say(&written(&view, apply, &applied));
        say(&swappable(&view));
    }
    Ok(match view.run.outcome() {
        Some(Outcome::Green | Outcome::AlreadyGreen) => 0,
        Some(Outcome::Failed { failure }) => code_of(failure),
        Some(
            Outcome::Checked { .. }
            | Outcome::Partly { .. }
            | Outcome::Stuck { .. }
            | Outcome::Spent { .. }
            | Outcome::Cancelled,
        )
        | None => 1,
    })
}

fn command(options: &Options, dirs: &Dirs) -> (RunId, Command) {
    if let Some(id) = options.resume {
        return (id, Command::Resume { id, buffers: Vec::new() });
    }
    let id = new_run_id();
    let goal = Goal { focus: dirs.focus.clone(), ..options.goal.clone() };
    (id, Command::Start { id, goal, budget: options.budget, buffers: Vec::new() })
}

/// `takes_words`: a goal may be said in words.
fn parse(mut parser: lexopt::Parser, takes_words: bool) -> Result<Options, Stop> {
    let mut folder = None;
    let mut options = Options {
        folder: PathBuf::new(),
        goal: Goal::default(),
        budget: AskedBudget::default(),
        resume: None,
        runs: false,
        how: How::default(),
    };
    while let Some(arg) = parser.next()? {
        match arg {
            Long("check") => options.goal.checks.push(CheckId::new(parser.value()?.string()?)),
            Long("test") => options.goal.tests.push(parser.value()?.string()?),
            Long("wall") => options.budget.wall_ms_max = Some(seconds(parser.value()?)?),
            Long("attempts") => {
                options.budget.attempts_max = Some(positive("--attempts", parser.value()?)?);
            }
            Long("fresh") => options.goal.fresh = true,
            Long("unsandboxed") => options.how.consent.unsandboxed = true,
            Long("trust") => options.how.consent.trusted = true,
            Long("run") => options.runs = true,
            Long("apply") => options.how.apply = true,
            Long("resume") => {
                let text = parser.value()?.string()?;
                options.resume =
                    Some(RunId::parse(&text).ok_or(Stop::Usage(format!("{text} is no run id")))?);
            }
            Long("format") => options.how.format = parser.value()?.parse()?,
            Value(text) if takes_words && options.goal.text.is_empty() && says_something(&text) => {
                options.goal.text = text.string()?;
                options.goal.kind = GoalKind::Change;
            }
            Value(path) if folder.is_none() => folder = Some(path.into()),
            other => return Err(other.unexpected().into()),
        }
    }
    options.folder = folder_of(folder);
    Ok(options)
}

/// Whether an argument is a goal in words and no folder.
fn says_something(text: &OsString) -> bool {
    let has_words = text.to_str().is_some_and(|text| text.trim().contains(char::is_whitespace));
    has_words && !Path::new(text).exists()
}

/// A plan that waits for a yes, and how that is said.
fn print_waits(view: &RunView, line: &str) {
    if let Some(plan) = &view.run.plan {
        say(&format!("{}\n", plan_text::print(plan)));
    }
    say(&format!("{}: {line}\n", Style::of_stdout().bold("waits")));
}

/// The folder that was named, else the one we stand in.
pub(super) fn folder_of(named: Option<PathBuf>) -> PathBuf {
    named.unwrap_or_else(|| PathBuf::from("."))
}

fn seconds(value: OsString) -> Result<u64, Stop> {
    match value.parse::<f64>() {
        Ok(seconds) if (0.001..=1e9).contains(&seconds) => Ok((seconds * 1000.0) as u64),
        _ => Err(Stop::Usage("--wall takes a number of seconds above 0".to_owned())),
    }
}

fn print_end(view: &RunView) {
    let style = Style::of_stdout();
    if let Some(review) = &view.review {
        print_proposal(style, review);
    }
    let Some(outcome) = view.run.outcome() else { return };
    let (status, reason, _) = json::words(outcome);
    for Failure { message, hint, .. } in &view.run.left_out {
        if !reason.contains(message) {
            say(&format!("{}     {message}\n", style.bold("not run")));
            say(&format!("             {hint}\n").repeat(usize::from(!hint.is_empty())));
        }
    }
    if let Outcome::Failed { failure } = outcome {
        return say_error(&format!("error: {}\n", failure.message), &failure.hint);
    }
    let paint = |text: &str| match outcome {
        Outcome::Green | Outcome::AlreadyGreen | Outcome::Checked { .. } => style.green(text),
        Outcome::Partly { .. }
        | Outcome::Stuck { .. }
        | Outcome::Spent { .. }
        | Outcome::Cancelled
        | Outcome::Failed { .. } => style.red(text),
    };
    say(&format!("{}: {reason}\n", paint(&style.bold(status))));
    if view.review.is_none()
        && let Some(search) = machine::last_search(&view.run)
    {
        say(&format!("{}\n", searched(search)));
    }
}

/// Said of a check whose answer was known.
pub(super) const REUSED: &str = " (known: nothing changed since)";

/// How to have what was told beside the change; nothing where nothing was.
fn swappable(view: &RunView) -> String {
    let n = view.run.proposal.iter().flat_map(swap::others).count();
    let which = match n {
        0 => return String::new(),
        1 => "1".to_owned(),
        n => format!("1 to {n}"),
    };
    format!("`greenloop swap {} {which}` takes another one instead.\n", view.run.id)
}

/// `wanted`: what is green was to be written.
fn written(view: &RunView, wanted: bool, files: &[String]) -> String {
    let id = view.run.id;
    match (view.run.outcome() == Some(&Outcome::Green), wanted) {
        (true, true) => {
            format!("Written: {}\n`greenloop undo {id}` takes it back.\n", files.join(", "))
        }
        (true, false) => format!(
            "Nothing was written. `greenloop accept {id}` writes the change to the project.\n"
        ),
        (false, true) => format!(
            "Nothing was written, as not everything is green. `greenloop accept {id}` writes what is.\n"
        ),
        (false, false) => format!("`greenloop accept {id}` writes what is green.\n"),
    }
}

fn print_proposal(style: Style, review: &Review) {
    let Evidence { fixed, still_red, flaky, n_passed, n_skipped, checks, .. } =
        &review.proposal.evidence;
    say(&format!("{}\n{}\n", style.bold(&review.proposal.title), style.diff(&review.patch())));
    if review.proposal.llm {
        say(&format!("Made by {}, a language model.\n", review.proposal.worker));
    }
    say(&format!("{}\n", style.bold("Evidence")));
    if fixed.is_empty() {
        say(&format!("  {UNASKED}\n"));
    }
    for test in fixed {
        say(&format!("  {} → {}  {}\n", style.red("red"), style.green("green"), test.name));
    }
    for test in still_red {
        say(&format!("  {} → {}    {}\n", style.red("red"), style.red("red"), test.name));
    }
    for test in flaky {
        say(&format!("  {}  {}\n", style.faint(FLAKY), test.name));
    }
    print_guard(&review.proposal.guard);
    let skipped = if *n_skipped > 0 { format!(", {n_skipped} skipped") } else { String::new() };
    say(&format!("  all in all   {n_passed} passed{skipped}\n"));
    for check in checks {
        let seconds = check.duration_ms as f64 / 1000.0;
        let how = check.enforced.join(", ");
        say(&format!(
            "  check        {}: {} tests in {seconds:.2} s{}\n",
            check.check,
            check.n_tests,
            if check.reused { REUSED } else { "" }
        ));
        say(&format!("               {}\n", style.faint(&format!("{} [{how}]", check.command))));
    }
    let mut n_others = 0;
    for (step, search) in review.proposal.searches() {
        if let Some(title) = step {
            say(&format!("  step         {title}\n"));
        }
        print_search(search, &mut n_others);
    }
}

/// `n_others` counts what can be had instead, as [`swap`](crate::logic::swap) does.
fn print_search(search: &SearchFact, n_others: &mut usize) {
    say(&format!("  search       {}\n", searched(search)));
    let confidence = confidence::told(search);
    if !confidence.is_empty() {
        say(&format!("               {confidence}\n"));
    }
    for other in &search.others {
        *n_others += usize::from(other.tree.is_some());
        let number = other.tree.as_ref().map_or(String::new(), |_| format!(" {n_others}:"));
        say(&format!("               or{number} {}\n", other.title));
    }
    if !search.reason.is_empty() {
        say(&format!("               {}\n", search.reason));
    }
}

/// What of the change judges it, and what was left out of it.
fn print_guard(guard: &Guarded) {
    for ((path, _), class) in &guard.allowed {
        say(&format!(
            "  judges       {path}: an edit of {}, which greenloop.toml allows\n",
            class.name()
        ));
    }
    for left_out in &guard.left_out {
        say(&format!("  left out     {}\n", guard::told(left_out)));
    }
    for finding in &guard.findings {
        say(&format!("  suspicious   {}:{}: {}\n", finding.path, finding.line, finding.why));
    }
}

fn searched(search: &SearchFact) -> String {
    let SearchFact { tried, total, plausible, duration_ms, .. } = search;
    let seconds = *duration_ms as f64 / 1000.0;
    format!(
        "{tried} of {total} candidates tried in {seconds:.1} s, {plausible} passed every test they were run on"
    )
}
