//! Runs in a line of words.

use tower_lsp::lsp_types::MessageType;

use crate::base::path::RepoPath;
use crate::base::text::counted;
use crate::engine::RunView;
use crate::model::failure::Failure;
use crate::model::proposal::{ChangeKind, Evidence, FileChange, Proposal};
use crate::model::report::TestOutcome;
use crate::model::run::{GoalKind, Outcome, Phase, Run};

/// What a worker is at: `counts` are tried, total and per second.
pub fn progress(text: &str, counts: (usize, usize, f64), best: &str) -> String {
    let (tried, total, per_second) = counts;
    let mut parts = vec![text.to_owned()];
    if total > 0 {
        parts.push(format!("{tried}/{total}"));
    }
    if per_second > 0.0 {
        parts.push(format!("{per_second:.0}/s"));
    }
    if !best.is_empty() {
        parts.push(best.to_owned());
    }
    parts.retain(|part| !part.is_empty());
    parts.join(" · ")
}

/// What a run is for.
pub fn title(run: &Run) -> String {
    let planned = || run.plan.as_ref().map(|plan| plan.title.clone());
    let proposed = || run.proposal.as_ref().map(|proposal| proposal.title.clone());
    match run.goal.kind {
        GoalKind::RunChecks => "run the checks".into(),
        GoalKind::Change => planned().or_else(proposed).unwrap_or_else(|| run.goal.text.clone()),
        GoalKind::FixUntilGreen => {
            planned().or_else(proposed).unwrap_or_else(|| "fix until green".into())
        }
    }
}

/// Where a run stands.
pub fn state(view: &RunView) -> String {
    if view.interrupted {
        return "interrupted; the command greenloop.task.resume goes on with it".into();
    }
    match &view.run.phase {
        Phase::Finished(outcome) => ended(&view.run, outcome),
        _ if view.run.ending.is_some() => "ending".into(),
        _ if view.run.is_stopping => {
            "ending; what was found is checked, to cancel again ends that too".into()
        }
        Phase::Snapshotting => "capturing what is on the screen".into(),
        Phase::Baselining => "running the checks".into(),
        Phase::Working if view.run.open_questions().next().is_some() => {
            "waits for your answer".into()
        }
        Phase::Working if view.run.targets.is_none() => "choosing what to fix".into(),
        Phase::Working if is_checking(&view.run) => "running the checks on a change".into(),
        Phase::Working if view.run.targets.iter().flatten().count() == 0 => {
            "making the change".into()
        }
        Phase::Working => {
            let n_targets = view.run.targets.iter().flatten().count();
            format!("{} to fix, looking for a change", counted(n_targets, "red test"))
        }
    }
}

/// Workers wait for what the checks say.
fn is_checking(run: &Run) -> bool {
    let mut open = run.attempts.iter().filter(|attempt| attempt.result.is_none()).peekable();
    open.peek().is_some() && open.all(|attempt| attempt.left.is_some())
}

/// How a run ended, and what was not run in it where that does not say so.
fn ended(run: &Run, outcome: &Outcome) -> String {
    let mut told = ended_as(run, outcome);
    let untold: Vec<&Failure> =
        run.left_out.iter().filter(|failure| !told.contains(&failure.message)).collect();
    told.extend(untold.iter().map(|failure| format!("; not run: {}", failure.text())));
    told
}

fn ended_as(run: &Run, outcome: &Outcome) -> String {
    match outcome {
        Outcome::Green => run.proposal.as_ref().map_or_else(|| "green".into(), proposed),
        Outcome::AlreadyGreen => format!("nothing to fix, {} pass", counted(n_passed(run), "test")),
        Outcome::Checked { n_red: 0 } => format!("{} pass", counted(n_passed(run), "test")),
        Outcome::Checked { n_red } => format!("{} failing", counted(*n_red, "test")),
        Outcome::Partly { reason } => {
            let proposed = run.proposal.as_ref().map_or_else(|| "green".into(), proposed);
            format!("{proposed}; {reason}")
        }
        Outcome::Stuck { reason } => format!("no fix found: {reason}"),
        Outcome::Spent { reason } => format!("out of budget: {reason}"),
        Outcome::Cancelled => "cancelled".into(),
        Outcome::Failed { failure } => failure.text(),
    }
}

fn proposed(proposal: &Proposal) -> String {
    let n_hunks: usize = proposal.files.iter().map(FileChange::n_items).sum();
    let n_fixed = proposal.evidence.fixed.len();
    let fixed = match n_fixed {
        0 => "breaking nothing".to_owned(),
        n => format!("turning {} green", counted(n, "red test")),
    };
    format!("{} to review, {fixed} ({})", counted(n_hunks, "change"), evidence(&proposal.evidence))
}

/// What one change does: the proposal's title, and what becomes of the file where that is more than an edit.
pub fn change(change: &FileChange, title: &str) -> String {
    match &change.kind {
        ChangeKind::Modify => title.to_owned(),
        ChangeKind::Create => format!("new file {} ({title})", change.path),
        ChangeKind::Delete => format!("delete {} ({title})", change.path),
        ChangeKind::Rename { from } => format!("rename {from} to {} ({title})", change.path),
    }
}

/// `, of tests` for a change of what judges the proposal; nothing for any other.
pub fn judges(proposal: &Proposal, path: &RepoPath, hunk: usize) -> String {
    let class = proposal.guard.class_of(&(path.clone(), hunk));
    class.map_or_else(String::new, |class| format!(", of {}", class.name()))
}

/// `41/41 tests pass`.
pub fn evidence(evidence: &Evidence) -> String {
    let total = evidence.n_passed + evidence.still_red.len();
    let flaky = match evidence.flaky.len() {
        0 => String::new(),
        n => format!(", {n} flaky set aside"),
    };
    format!("{}/{} pass{flaky}", evidence.n_passed, counted(total, "test"))
}

/// How loud a run's end is, and whether it is what was hoped for.
pub fn weight(view: &RunView) -> (MessageType, bool) {
    match view.run.outcome() {
        Some(
            Outcome::Green | Outcome::AlreadyGreen | Outcome::Checked { .. } | Outcome::Cancelled,
        ) => (MessageType::INFO, true),
        Some(Outcome::Partly { .. } | Outcome::Stuck { .. } | Outcome::Spent { .. }) | None => {
            (MessageType::WARNING, false)
        }
        Some(Outcome::Failed { .. }) => (MessageType::ERROR, false),
    }
}

fn n_passed(run: &Run) -> usize {
    run.baseline.iter().flatten().map(|check| check.report.count(TestOutcome::Passed)).sum()
}
