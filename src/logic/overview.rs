//! A run as a page of Markdown: what was asked, what was found, what is proposed and why it can be believed.

use std::fmt::Write;

use crate::logic::decided::Decided;
use crate::logic::machine::{self, StepState};
use crate::logic::{confidence, guard, inquiry};
use crate::model::guard::Guarded;
use crate::model::proposal::{ChangeKind, Evidence, Other, Proposal};
use crate::model::question::Answer;
use crate::model::report::TestOutcome;
use crate::model::run::{Attempt, AttemptResult, Outcome, Phase, Replanned, Run};

/// What is said of a flaky test.
pub const FLAKY: &str = "flaky: it passed and failed on the same files";

/// The page.
pub fn markdown(run: &Run) -> String {
    let mut page = format!("# Greenloop run {}\n\n{}\n", run.id, state(run));
    section(&mut page, "Goal", goal(run));
    section(&mut page, "Before", baseline(run));
    let n_steps = run.plan.as_ref().map_or(0, |plan| plan.steps.len());
    if n_steps > 1 {
        section(&mut page, "Steps", steps(run));
    }
    section(
        &mut page,
        "Attempts",
        run.attempts.iter().map(|attempt| {
            let at = if n_steps > 1 { format!(" at step {}", attempt.step) } else { String::new() };
            format!("{}, by {}{at}: {}", attempt.id, attempt.worker, became(attempt))
        }),
    );
    section(&mut page, "Planned anew", run.replanned.iter().map(replanned));
    section(&mut page, "Questions", questions(run));
    if let Some(proposal) = &run.proposal {
        section(&mut page, "Proposal", changes(run, proposal));
        section(&mut page, "Evidence", evidence(proposal));
        section(&mut page, "Left out", left_out(&proposal.guard));
    }
    section(
        &mut page,
        "Accepted",
        run.acceptances.iter().map(|acceptance| {
            let n = acceptance.hunks.len();
            let since = if acceptance.undone { ", taken back since" } else { "" };
            format!("`{}`: {n} {}{since}", acceptance.id, if n == 1 { "change" } else { "changes" })
        }),
    );
    page
}

fn state(run: &Run) -> String {
    let text = match &run.phase {
        Phase::Finished(Outcome::Green) => "Green: every target passes and nothing else broke.",
        Phase::Finished(Outcome::AlreadyGreen) => "Nothing was red.",
        Phase::Finished(Outcome::Checked { .. }) => "The checks ran.",
        Phase::Finished(Outcome::Cancelled) => "It was cancelled.",
        Phase::Finished(Outcome::Partly { reason }) => return format!("Partly green: {reason}."),
        Phase::Finished(Outcome::Stuck { reason }) => return format!("Stuck: {reason}."),
        Phase::Finished(Outcome::Spent { reason }) => return format!("Out of budget: {reason}."),
        Phase::Finished(Outcome::Failed { failure }) => {
            return format!("Failed: {}", failure.text());
        }
        Phase::Snapshotting | Phase::Baselining | Phase::Working => "At work.",
    };
    text.to_owned()
}

fn goal(run: &Run) -> impl Iterator<Item = String> {
    let checks = run.checks.iter().map(|check| format!("check {}: {}", check.id, check.why));
    let left_out = run.left_out.iter().map(|it| format!("not run: {}", it.text()));
    let tests = run.targets.iter().flatten().map(|test| format!("make `{}` pass", test.name));
    checks.chain(left_out).chain(tests)
}

/// What became of an attempt.
pub fn became(attempt: &Attempt) -> String {
    match &attempt.result {
        None if attempt.asks() => "has asked something".to_owned(),
        None => "at work".to_owned(),
        Some(AttemptResult::Green) => "green".to_owned(),
        Some(AttemptResult::Red { reason }) => format!("not green: {reason}"),
        Some(AttemptResult::Nothing { reason }) => format!("no change: {reason}"),
    }
}

/// What became of a step that nobody could do.
pub fn replanned(made: &Replanned) -> String {
    let Replanned { step, into, by, why } = made;
    let names: Vec<String> = into.iter().map(ToString::to_string).collect();
    let became = match names.as_slice() {
        [] => "stays as it is".to_owned(),
        some => format!("is done in other steps by {by}: {}", some.join(", ")),
    };
    let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
    format!("step {} ({}) {became}{why}", step.id, step.title)
}

/// What models wanted to know, and what people said.
fn questions(run: &Run) -> impl Iterator<Item = String> {
    run.questions.iter().filter_map(|asked| {
        let answer = match &asked.answer {
            Some(Answer::Said { text }) => format!("you said: {text}"),
            Some(_) => "nobody answered".to_owned(),
            None => "not answered yet".to_owned(),
        };
        Some(format!("{}\n  {answer}", inquiry::told(run, &asked.question)?))
    })
}

fn steps(run: &Run) -> impl Iterator<Item = String> {
    let states = run.plan.as_ref().map(|plan| machine::states(run, plan)).unwrap_or_default();
    let steps = run.plan.iter().flat_map(|plan| &plan.steps);
    steps.map(move |step| {
        format!("{} {}: {}", step.id, step.title, step_state(states.get(&step.id)))
    })
}

/// Where a step stands; `None` where nothing is known of it yet.
pub fn step_state(state: Option<&StepState>) -> String {
    match state {
        None | Some(StepState::Waiting) => "waits for others".to_owned(),
        Some(StepState::Asked) => "waits for your yes".to_owned(),
        Some(StepState::Asking { .. }) => "waits for your answer".to_owned(),
        Some(StepState::Ready { .. }) => "not begun".to_owned(),
        Some(StepState::Working { .. }) => "at work".to_owned(),
        Some(StepState::Replanning { reason }) => format!("planned anew: {reason}"),
        Some(StepState::Checking { .. }) => "being checked".to_owned(),
        Some(StepState::Done { attempt: Some(_) }) => "done".to_owned(),
        Some(StepState::Done { attempt: None }) => "done with another step".to_owned(),
        Some(StepState::Stuck { reason }) => format!("stuck: {reason}"),
        Some(StepState::Skipped) => "left out".to_owned(),
        Some(StepState::Blocked { by }) => format!("needs step {by}, which is not done"),
    }
}

fn baseline(run: &Run) -> impl Iterator<Item = String> {
    run.baseline.iter().flatten().map(|check| {
        let count = |outcome| check.report.count(outcome);
        let n_red = check.report.red().count();
        format!(
            "{}: {} passed, {n_red} red, {} skipped in {:.2} s (`{}`)",
            check.check,
            count(TestOutcome::Passed),
            count(TestOutcome::Skipped),
            check.duration_ms as f64 / 1000.0,
            check.command
        )
    })
}

fn changes(run: &Run, proposal: &Proposal) -> impl Iterator<Item = String> {
    let title = std::iter::once(proposal.title.clone());
    title.chain(proposal.files.iter().map(move |file| {
        let what = match &file.kind {
            ChangeKind::Modify => "edit".to_owned(),
            ChangeKind::Create => "new file".to_owned(),
            ChangeKind::Delete => "delete".to_owned(),
            ChangeKind::Rename { from } => format!("rename from `{from}`"),
        };
        format!("`{}`: {what}, {}", file.path, Decided::of(run, [file]))
    }))
}

/// Edits that would have judged the change, and what is suspicious about them.
fn left_out(guard: &Guarded) -> impl Iterator<Item = String> {
    let suspicious = guard
        .findings
        .iter()
        .map(|finding| format!("`{}:{}`: {}", finding.path, finding.line, finding.why));
    guard.left_out.iter().map(guard::told).chain(suspicious)
}

/// Said of a change that turned nothing green.
pub const UNASKED: &str = "no red test asked for this; what passed before passes";

fn evidence(proposal: &Proposal) -> impl Iterator<Item = String> {
    let Evidence { fixed, still_red, flaky, n_passed, n_skipped, checks, .. } = &proposal.evidence;
    let unasked = fixed.is_empty().then(|| UNASKED.to_owned()).into_iter();
    let fixed = fixed.iter().map(|test| format!("`{}`: red before, green after", test.name));
    let red = still_red.iter().map(|test| format!("`{}`: red before and after", test.name));
    let flaky = flaky.iter().map(|test| format!("`{}`: {FLAKY}", test.name));
    let all = std::iter::once(format!("all in all {n_passed} passed, {n_skipped} skipped"));
    let checks = checks.iter().map(|check| {
        let enforced = match check.enforced.is_empty() {
            true => "unsandboxed".to_owned(),
            false => check.enforced.join(", "),
        };
        format!("{}: {} tests, `{}` [{enforced}]", check.check, check.n_tests, check.command)
    });
    let mut n_others = 0;
    let told = proposal.searches().into_iter().flat_map(move |(step, search)| {
        let of_step = |told: String| match step {
            Some(title) => format!("{title}: {told}"),
            None => told,
        };
        let number = |other: &Other| {
            n_others += usize::from(other.tree.is_some());
            match other.tree {
                Some(_) => format!("or {n_others}: {}", other.title),
                None => format!("or {}", other.title),
            }
        };
        let others: Vec<String> = search.others.iter().map(number).collect();
        let told = Some(confidence::told(search)).filter(|told| !told.is_empty());
        told.map(of_step).into_iter().chain(others)
    });
    unasked.chain(fixed).chain(red).chain(flaky).chain(all).chain(checks).chain(told)
}

/// A heading with its points; nothing when there are none.
fn section(page: &mut String, heading: &str, points: impl Iterator<Item = String>) {
    let points: Vec<String> = points.collect();
    if !points.is_empty() {
        // Writing to a string cannot fail.
        writeln!(page, "\n## {heading}\n\n- {}", points.join("\n- ")).ok();
    }
}
