//! The edit that makes decisions true in the texts as they are now, or takes them back: exact, or refused.

use std::collections::BTreeSet;

use tower_lsp::lsp_types::{
    CreateFile, DeleteFile, Position, Range, RenameFile, ResourceOp, TextEdit,
};

use super::hunks;
use super::job::{Places, ReviewJob, Side};
use crate::base::text::Encoding;
use crate::logic::review::edits::{Pick, Way, edits};
use crate::logic::review::file::FileState;
use crate::logic::review::{self, Reading};
use crate::lsp::error::{Reason, Refusal};
use crate::lsp::to_proto;
use crate::model::proposal::{ChangeKind, Hunk};

/// Which decisions about one file.
#[derive(Clone, Debug)]
pub enum Chosen {
    All,
    Hunks(BTreeSet<usize>),
    /// Some parts of one hunk, by index.
    Parts(usize, Vec<usize>),
}

impl Chosen {
    pub fn has(&self, at: usize) -> bool {
        match self {
            Chosen::All => true,
            Chosen::Hunks(hunks) => hunks.contains(&at),
            Chosen::Parts(hunk, _) => *hunk == at,
        }
    }

    fn pick<'a>(&self, at: usize, hunk: &'a Hunk, reading: &'a Reading) -> Option<Pick<'a>> {
        let whole = Pick::whole(hunk, reading);
        self.has(at).then_some(match self {
            Chosen::All | Chosen::Hunks(_) => whole,
            Chosen::Parts(_, parts) => Pick { parts: parts.clone(), ..whole },
        })
    }
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
    wanted: &Chosen,
    way: Way,
    encoding: Encoding,
) -> Result<Option<FileEdit>, Refusal> {
    let change = &job.review.proposal.files[job.file];
    let here = &job.places.here;
    if change.kind == ChangeKind::Modify {
        let edits = text_edits(job, here, wanted, way, encoding)?;
        let edit = FileEdit { side: here.clone(), edits, operation: None };
        return Ok(Some(edit).filter(|edit| !edit.edits.is_empty()));
    }
    match (hunks::whole_state(job), way) {
        (FileState::Conflict, _) => Err(conflicting()),
        (FileState::Applied, Way::In) | (FileState::Pending, Way::Out) => Ok(None),
        (FileState::Pending, Way::In) | (FileState::Applied, Way::Out) => {
            whole_edit(job, way, encoding).map(Some)
        }
    }
}

/// The edit for a file that is made, deleted or renamed.
fn whole_edit(job: &ReviewJob, way: Way, encoding: Encoding) -> Result<FileEdit, Refusal> {
    let (change, file) = (&job.review.proposal.files[job.file], &job.review.files[job.file]);
    let Places { here, from } = &job.places;
    Ok(match (&change.kind, way, from) {
        (ChangeKind::Create, Way::In, _) => made(here, &file.after),
        (ChangeKind::Delete, Way::Out, _) => made(here, &file.before),
        (ChangeKind::Create, Way::Out, _) | (ChangeKind::Delete, Way::In, _) => {
            let operation = DeleteFile { uri: here.uri.clone(), options: None };
            let operation = Some(ResourceOp::Delete(operation));
            FileEdit { side: here.clone(), edits: Vec::new(), operation }
        }
        (ChangeKind::Rename { .. }, Way::In, Some(from)) => {
            renamed(job, (from, here), way, encoding)?
        }
        (ChangeKind::Rename { .. }, Way::Out, Some(from)) => {
            renamed(job, (here, from), way, encoding)?
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
    way: Way,
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
        edits: text_edits(job, old, &Chosen::All, way, encoding)?,
        operation: Some(ResourceOp::Rename(operation)),
    })
}

/// The edits for some hunks of the text at `side`.
fn text_edits(
    job: &ReviewJob,
    side: &Side,
    wanted: &Chosen,
    way: Way,
    encoding: Encoding,
) -> Result<Vec<TextEdit>, Refusal> {
    let (change, file) = (&job.review.proposal.files[job.file], &job.review.files[job.file]);
    let text = side.text().ok_or_else(unreadable)?;
    let readings = review::readings(&file.before, &change.hunks, &text.string);
    let picks: Vec<Pick<'_>> = change
        .hunks
        .iter()
        .zip(&readings)
        .enumerate()
        .filter_map(|(at, (hunk, reading))| wanted.pick(at, hunk, reading))
        .collect();
    let edits = edits(&picks, way, &text.string).ok_or_else(conflicting)?;
    Ok(edits.into_iter().map(|edit| to_proto::text_edit(&text, edit, encoding)).collect())
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
