//! The edit that makes decisions true in the texts as they are now, or takes them back: exact, or refused.

use std::collections::BTreeSet;

use tower_lsp::lsp_types::{
    CreateFile, DeleteFile, Position, Range, RenameFile, ResourceOp, TextEdit,
};

use super::hunks;
use super::job::{Places, ReviewJob, Side};
use crate::base::text::Encoding;
use crate::logic::review::file::FileState;
use crate::logic::review::{self, HunkState as Found};
use crate::lsp::error::{Reason, Refusal};
use crate::lsp::to_proto;
use crate::model::proposal::ChangeKind;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What is pending goes in.
    Apply,
    /// What is applied goes out.
    Revert,
}

/// What becomes of one file.
pub struct FileEdit {
    /// The file whose text is edited.
    pub side: Side,
    /// Sorted and disjoint.
    pub edits: Vec<TextEdit>,
    pub operation: Option<ResourceOp>,
}

/// The edit for some decisions of one file; those that are as wanted already are left alone.
pub fn file_edit(
    job: &ReviewJob,
    wanted: &BTreeSet<usize>,
    direction: Direction,
    encoding: Encoding,
) -> Result<Option<FileEdit>, Refusal> {
    let change = &job.review.proposal.files[job.file];
    let here = &job.places.here;
    if change.kind == ChangeKind::Modify {
        let edits = text_edits(job, here, |hunk| wanted.contains(&hunk), direction, encoding)?;
        let edit = FileEdit { side: here.clone(), edits, operation: None };
        return Ok(Some(edit).filter(|edit| !edit.edits.is_empty()));
    }
    match (hunks::whole_state(job), direction) {
        (FileState::Conflict, _) => Err(conflicting()),
        (FileState::Applied, Direction::Apply) | (FileState::Pending, Direction::Revert) => {
            Ok(None)
        }
        (FileState::Pending, Direction::Apply) | (FileState::Applied, Direction::Revert) => {
            whole_edit(job, direction, encoding).map(Some)
        }
    }
}

/// The edit for a file that is made, deleted or renamed.
fn whole_edit(
    job: &ReviewJob,
    direction: Direction,
    encoding: Encoding,
) -> Result<FileEdit, Refusal> {
    let (change, file) = (&job.review.proposal.files[job.file], &job.review.files[job.file]);
    let Places { here, from } = &job.places;
    Ok(match (&change.kind, direction, from) {
        (ChangeKind::Create, Direction::Apply, _) => made(here, &file.after),
        (ChangeKind::Delete, Direction::Revert, _) => made(here, &file.before),
        (ChangeKind::Create, Direction::Revert, _) | (ChangeKind::Delete, Direction::Apply, _) => {
            let operation = DeleteFile { uri: here.uri.clone(), options: None };
            let operation = Some(ResourceOp::Delete(operation));
            FileEdit { side: here.clone(), edits: Vec::new(), operation }
        }
        (ChangeKind::Rename { .. }, Direction::Apply, Some(from)) => {
            renamed(job, (from, here), direction, encoding)?
        }
        (ChangeKind::Rename { .. }, Direction::Revert, Some(from)) => {
            renamed(job, (here, from), direction, encoding)?
        }
        (ChangeKind::Rename { .. } | ChangeKind::Modify, _, _) => return Err(conflicting()),
    })
}

/// A file that holds `text`; the file itself may be there already, empty.
fn made(side: &Side, text: &str) -> FileEdit {
    let is_there = side.text().is_some();
    let operation = CreateFile { uri: side.uri.clone(), options: None, annotation_id: None };
    let start = Position::new(0, 0);
    let edit = TextEdit::new(Range::new(start, start), text.to_owned());
    FileEdit {
        side: side.clone(),
        edits: if text.is_empty() { Vec::new() } else { vec![edit] },
        operation: (!is_there).then_some(ResourceOp::Create(operation)),
    }
}

fn renamed(
    job: &ReviewJob,
    (old, new): (&Side, &Side),
    direction: Direction,
    encoding: Encoding,
) -> Result<FileEdit, Refusal> {
    let operation = RenameFile {
        old_uri: old.uri.clone(),
        new_uri: new.uri.clone(),
        options: None,
        annotation_id: None,
    };
    Ok(FileEdit {
        side: old.clone(),
        edits: text_edits(job, old, |_| true, direction, encoding)?,
        operation: Some(ResourceOp::Rename(operation)),
    })
}

/// The edits for some hunks of the text at `side`.
fn text_edits(
    job: &ReviewJob,
    side: &Side,
    wanted: impl Fn(usize) -> bool,
    direction: Direction,
    encoding: Encoding,
) -> Result<Vec<TextEdit>, Refusal> {
    let (change, file) = (&job.review.proposal.files[job.file], &job.review.files[job.file]);
    let text = side.text().ok_or_else(unreadable)?;
    let states = review::states(&file.before, &change.hunks, &text.string);
    let chosen = states.iter().zip(&change.hunks).enumerate().filter(|(hunk, _)| wanted(*hunk));
    let mut edits = Vec::new();
    for (_, (state, hunk)) in chosen {
        match (state, direction) {
            (Found::Conflict { .. }, _) => return Err(conflicting()),
            (Found::Pending { .. }, Direction::Revert)
            | (Found::Applied { .. }, Direction::Apply) => {}
            (Found::Pending { .. }, Direction::Apply)
            | (Found::Applied { .. }, Direction::Revert) => {
                let edit = review::edit_for(state, hunk, &text.string).ok_or_else(conflicting)?;
                edits.push(to_proto::text_edit(&text, edit, encoding));
            }
        }
    }
    Ok(edits)
}

/// Why a decision that the text contradicts cannot be made true.
pub fn conflicting() -> Refusal {
    let message =
        "these lines were edited since the change was made; undo that, or run greenloop.fix again";
    Refusal::new(Reason::Conflict, message)
}

fn unreadable() -> Refusal {
    Refusal::new(Reason::Conflict, "the file cannot be read as UTF-8 text; open it and try again")
}
