//! Machine-readable output: one JSON object a line; the last one of a run is its outcome.

use serde_json::{Value, json};

use super::say;
use super::watch::Seen;
use crate::engine::{Review, RunView};
use crate::logic::machine;
use crate::model::failure::Failure;
use crate::model::run::Outcome;

/// Prints one line for what was seen.
pub(super) fn print_seen(seen: &Seen) {
    match seen {
        Seen::Event(event) => match serde_json::to_value(event) {
            Ok(value) => print(&value),
            Err(error) => print(&json!({"type": "error", "message": error.to_string()})),
        },
        Seen::Progress(progress) => print(&json!({
            "type": "progress",
            "text": progress.text,
            "tried": progress.tried,
            "total": progress.total,
            "per_second": progress.per_second,
            "best": progress.best,
        })),
    }
}

/// Prints the last line. `applied` names the files that were written.
pub(super) fn print_outcome(view: &RunView, applied: &[String]) {
    let Some(outcome) = view.run.outcome() else { return };
    let (status, reason, hint) = words(outcome);
    let proposal = view.run.proposal.as_ref();
    print(&json!({
        "type": "outcome",
        "run": view.run.id,
        "status": status,
        "reason": reason,
        "hint": hint,
        "diff": view.review.as_deref().map(Review::patch),
        "evidence": proposal.map(|proposal| &proposal.evidence),
        "worker": proposal.map(|proposal| &proposal.worker),
        "llm": proposal.map(|proposal| proposal.llm),
        "steps": proposal.map(|proposal| &proposal.steps),
        "guard": proposal.map(|proposal| &proposal.guard),
        "search": machine::last_search(&view.run),
        "left_out": view.run.left_out,
        "applied": applied,
    }));
}

/// Prints the last line of a run that waits for people.
pub(super) fn print_waits(view: &RunView, line: &str) {
    print(&json!({
        "type": "waits",
        "run": view.run.id,
        "reason": line,
        "questions": view.run.questions,
        "plan": view.run.plan,
    }));
}

/// Prints the last line of a run that could not begin or be followed.
pub(super) fn print_failure(failure: &Failure) {
    let (status, reason, hint) = ("failed", &failure.message, &failure.hint);
    print(
        &json!({"type": "outcome", "status": status, "reason": reason, "hint": hint, "diff": null, "evidence": null}),
    );
}

/// Status, reason and hint of an outcome.
pub(super) fn words(outcome: &Outcome) -> (&'static str, String, Option<&str>) {
    let (reason, hint) = match outcome {
        Outcome::Green => ("every target passes and nothing else broke".to_owned(), None),
        Outcome::AlreadyGreen => ("nothing that was asked for was red".to_owned(), None),
        Outcome::Checked { n_red: 0 } => return ("green", "nothing is red".to_owned(), None),
        Outcome::Checked { n_red } => return ("red", format!("{n_red} red"), None),
        Outcome::Partly { reason } | Outcome::Stuck { reason } | Outcome::Spent { reason } => {
            (reason.clone(), None)
        }
        Outcome::Cancelled => ("stopped before its end".to_owned(), None),
        Outcome::Failed { failure } => (failure.message.clone(), Some(failure.hint.as_str())),
    };
    (outcome.word(), reason, hint)
}

fn print(value: &Value) {
    say(&format!("{value}\n"));
}
