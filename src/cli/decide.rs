//! `greenloop accept`, `reject` and `undo`: what people say to a proposal, without an editor. Changes go into the files as
//! they are now, all that are meant or none.

use std::collections::BTreeSet;

use lexopt::prelude::*;

use super::apply::{Change, carry_out, rehearse};
use super::named::{self, Named};
use super::{Stop, positive, say};
use crate::base::ids::{AcceptanceId, RunId, StepId};
use crate::base::path::RepoPath;
use crate::base::text::counted;
use crate::engine::{Command, Dirs, Review, new_acceptance_id};
use crate::logic::review::edits::Way;
use crate::model::event::Event;
use crate::model::failure::{Failure, FailureKind};
use crate::model::run::Run;
use crate::model::subset::Choice;

/// What is said to changes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Accept,
    Reject,
    Undo,
}

/// Which changes of which run.
#[derive(Default)]
struct Selection {
    run: Option<String>,
    /// Files, with a number behind a colon for one change of a file, counted from 1.
    changes: Vec<String>,
    steps: BTreeSet<u32>,
    acceptance: Option<String>,
    note: String,
    folder: Option<std::path::PathBuf>,
}

/// An option that means nothing for this word is refused.
fn parse(mut parser: lexopt::Parser, word: Word) -> Result<Selection, Stop> {
    let takes_changes = word != Word::Undo;
    let mut selection = Selection::default();
    while let Some(arg) = parser.next()? {
        match arg {
            Long("step") if takes_changes => {
                selection.steps.extend([positive("--step", parser.value()?)?]);
            }
            Long("note") if word == Word::Reject => selection.note = parser.value()?.string()?,
            Long("acceptance") if word == Word::Undo => {
                selection.acceptance = Some(parser.value()?.string()?);
            }
            Long("dir") => selection.folder = Some(parser.value()?.into()),
            Value(name) if selection.run.is_none() => selection.run = Some(name.string()?),
            Value(change) if takes_changes => selection.changes.push(change.string()?),
            Value(_) | Long("step") => {
                let usage =
                    "undo takes back a whole acceptance: the last one, or that of --acceptance ID";
                return Err(Stop::Usage(usage.to_owned()));
            }
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(selection)
}

pub(super) fn accept(parser: lexopt::Parser) -> Result<i32, Stop> {
    let selection = parse(parser, Word::Accept)?;
    let (Named { dirs, view }, review) = reviewed(&selection)?;
    let mut hunks = chosen(&selection, &review)?;
    if selection.changes.is_empty() {
        hunks.retain(|hunk| !view.run.rejected.contains(hunk));
    }
    let id = view.run.id;
    if hunks.is_empty() {
        return Err(refused("all of this was rejected", "Name the changes to accept them.").into());
    }
    let changes = changes(&review, &hunks);
    // What is there already may be the user's own; of a run that died it is in an acceptance.
    let fresh = not_accepted(&view.run, rehearse(&dirs.root, &changes, Way::In)?);
    let done = kept(&dirs, id, fresh, || carry_out(&dirs.root, &changes, Way::In))?;
    say(&match done.is_empty() {
        false => format!("Written: {}\n`greenloop undo {id}` takes it back.\n", files(&done)),
        true => "Nothing was written: all of it is there already.\n".to_owned(),
    });
    Ok(0)
}

/// Those of these changes that no acceptance holds as a whole. A run that died may have written some of them and not told.
fn not_accepted(run: &Run, hunks: Choice) -> Choice {
    let known = run.acceptances.iter().filter(|known| !known.undone && known.parts.is_empty());
    let known: Choice = known.flat_map(|known| known.hunks.iter().cloned()).collect();
    &hunks - &known
}

/// Writes changes once it is kept that they are in the files, so that whatever comes between they can be taken back
/// together, or be accepted once more. What could not be written is kept no longer.
pub(super) fn kept<T>(
    dirs: &Dirs,
    id: RunId,
    hunks: Choice,
    write: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    if hunks.is_empty() {
        return write();
    }
    let acceptance = new_acceptance_id();
    let command = Command::Accepted { id, acceptance, hunks, parts: Vec::new() };
    named::record(dirs.clone(), id, command, |event| matches!(event, Event::Accepted { .. }))?;
    write().or_else(|failure| {
        let command = Command::TakenBack { id, acceptance };
        named::record(dirs.clone(), id, command, |event| matches!(event, Event::TakenBack { .. }))?;
        Err(failure)
    })
}

fn files(hunks: &Choice) -> String {
    let files: BTreeSet<&str> = hunks.iter().map(|(path, _)| path.as_str()).collect();
    files.into_iter().collect::<Vec<_>>().join(", ")
}

pub(super) fn reject(parser: lexopt::Parser) -> Result<i32, Stop> {
    let selection = parse(parser, Word::Reject)?;
    let (Named { dirs, view }, review) = reviewed(&selection)?;
    let hunks = chosen(&selection, &review)?;
    let (id, n) = (view.run.id, hunks.len());
    let command = Command::Decide { id, hunks, rejected: true, note: selection.note };
    named::record(dirs, id, command, |event| matches!(event, Event::HunksDecided { .. }))?;
    say(&format!("Rejected: {} of run {id}\n", counted(n, "change")));
    Ok(0)
}

/// Takes back what was accepted, the latest if none is named.
pub(super) fn undo(parser: lexopt::Parser) -> Result<i32, Stop> {
    let selection = parse(parser, Word::Undo)?;
    let (Named { dirs, view }, review) = reviewed(&selection)?;
    let id = view.run.id;
    let wanted = selection.acceptance.as_deref().map(named::id).transpose()?.map(AcceptanceId);
    let mut known = view.run.acceptances.iter().rev();
    let acceptance =
        known.find(|known| !known.undone && wanted.is_none_or(|id| known.id == id)).ok_or_else(
            || refused("nothing accepted is there to be taken back", "See `greenloop show`."),
        )?;
    if !acceptance.parts.is_empty() {
        let hint = "Take it back where it was accepted.";
        return Err(refused("only parts of a change were accepted, in an editor", hint).into());
    }
    let done = carry_out(&dirs.root, &changes(&review, &acceptance.hunks), Way::Out)?;
    let command = Command::TakenBack { id, acceptance: acceptance.id };
    named::record(dirs, id, command, |event| matches!(event, Event::TakenBack { .. }))?;
    match done.is_empty() {
        true => say("Nothing of it was there any more.\n"),
        false => say(&format!("Taken back: {}\n", files(&done))),
    }
    Ok(0)
}

fn reviewed(selection: &Selection) -> Result<(Named, Review), Stop> {
    let named = named::find(selection.run.as_deref(), selection.folder.clone())?;
    let Some(review) = named.view.review.as_deref().cloned() else {
        let message = format!("run {} has no proposal", named.view.run.id);
        return Err(refused(message, "See `greenloop show` for what became of it.").into());
    };
    Ok((named, review))
}

/// The decisions that are meant; all where nothing is said.
fn chosen(selection: &Selection, review: &Review) -> Result<Choice, Failure> {
    let all: Choice = review.proposal.items().collect();
    let mut hunks = Choice::new();
    for text in &selection.changes {
        let named = |path: &str| RepoPath::new(path);
        let (path, item) = match text.rsplit_once(':').map(|(path, n)| (path, n.parse::<usize>())) {
            Some((path, Ok(n))) if n > 0 => (named(path), Some(n - 1)),
            _ => (named(text), None),
        };
        let found = all.iter().filter(|at| Some(&at.0) == path.as_ref());
        let found: Choice =
            found.filter(|at| item.is_none_or(|item| at.1 == item)).cloned().collect();
        if found.is_empty() {
            let message = format!("the proposal has no change {text}");
            return Err(refused(message, "See `greenloop show` for its files."));
        }
        hunks.extend(found);
    }
    for number in &selection.steps {
        let mut steps = review.proposal.steps.iter();
        let Some(step) = steps.find(|step| step.step == StepId(*number)) else {
            let message = format!("step {number} brought nothing into the proposal");
            return Err(refused(message, "See `greenloop show` for its steps."));
        };
        hunks.extend(step.hunks.iter().cloned());
    }
    let is_all = selection.changes.is_empty() && selection.steps.is_empty();
    Ok(if is_all { all } else { hunks })
}

fn changes<'a>(review: &'a Review, hunks: &Choice) -> Vec<Change<'a>> {
    let files = review.proposal.files.iter().zip(&review.files);
    let of = |path: &RepoPath| -> BTreeSet<usize> {
        hunks.iter().filter(|at| at.0 == *path).map(|at| at.1).collect()
    };
    files
        .map(|(change, file)| Change { change, file, items: of(&change.path) })
        .filter(|change| !change.items.is_empty())
        .collect()
}

fn refused(message: impl Into<String>, hint: &str) -> Failure {
    Failure::new(FailureKind::Refused, message, hint)
}
