//! The edit that makes decisions true in the texts as they are now, or takes them back: exact, or refused.

use std::collections::BTreeSet;
use std::sync::Arc;

use tower_lsp::lsp_types::{
    CreateFile, CreateFileOptions, DeleteFile, Position, Range, RenameFile, RenameFileOptions,
    ResourceOp, TextEdit,
};

use super::hunks;
use super::job::{Places, ReviewJob};
use super::side::Side;
use crate::base::text::Encoding;
use crate::logic::acceptance::{File, Swaps};
use crate::logic::review::Reading;
use crate::logic::review::edits::Way;
use crate::logic::review::file::FileState;
use crate::lsp::documents::Text;
use crate::lsp::error::{Reason, Refusal};
use crate::lsp::to_proto;
use crate::model::proposal::ChangeKind;

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

    fn parts_of(&self, at: usize, reading: &Reading) -> Vec<usize> {
        match self {
            Chosen::Parts(hunk, parts) if *hunk == at => parts.clone(),
            Chosen::All | Chosen::Hunks(_) if self.has(at) => (0..reading.parts.len()).collect(),
            Chosen::All | Chosen::Hunks(_) | Chosen::Parts(..) => Vec::new(),
        }
    }
}

/// What making edits takes beside the texts.
#[derive(Clone, Copy)]
pub struct Basis<'a> {
    pub encoding: Encoding,
    /// As in the editor's capabilities.
    pub shows_a_line: bool,
    /// The bytes of what was accepted before.
    pub known: &'a Swaps,
}

/// What becomes of one file.
#[derive(Clone)]
pub struct FileEdit {
    /// The file whose text is edited.
    pub side: Side,
    /// The text that the edits were made for; empty where there is no file.
    pub seen: Arc<Text>,
    /// Sorted and disjoint.
    pub edits: Vec<TextEdit>,
    pub operation: Option<ResourceOp>,
    /// The bytes that the edits change.
    pub swaps: Swaps,
}

/// The edit for some decisions of one file; those that are as wanted already are left alone.
pub fn file_edit(
    job: &ReviewJob,
    wanted: &Chosen,
    way: Way,
    basis: &Basis<'_>,
) -> Result<Option<FileEdit>, Refusal> {
    let change = &job.review.proposal.files[job.file];
    let here = &job.places.here;
    if change.kind == ChangeKind::Modify {
        let edit = text_edits(job, here, wanted, way, basis)?;
        return Ok(Some(edit).filter(|edit| !edit.edits.is_empty()));
    }
    match (hunks::whole_state(job), way) {
        (FileState::Conflict, _) => Err(conflicting_in(job, &[0])),
        (FileState::Applied, Way::In) | (FileState::Pending, Way::Out) => Ok(None),
        (FileState::Pending, Way::In) | (FileState::Applied, Way::Out) => {
            whole_edit(job, way, basis).map(Some)
        }
    }
}

/// The edit for a file that is made, deleted or renamed.
fn whole_edit(job: &ReviewJob, way: Way, basis: &Basis<'_>) -> Result<FileEdit, Refusal> {
    let (change, file) = (&job.review.proposal.files[job.file], &job.review.files[job.file]);
    let Places { here, from, .. } = &job.places;
    Ok(match (&change.kind, way, from) {
        (ChangeKind::Create, Way::In, _) => made(here, &file.after, basis),
        (ChangeKind::Delete, Way::Out, _) => made(here, &file.before, basis),
        (ChangeKind::Create, Way::Out, _) | (ChangeKind::Delete, Way::In, _) => {
            let operation = DeleteFile { uri: here.uri.clone(), options: None };
            let operation = Some(ResourceOp::Delete(operation));
            let (side, seen) = (here.clone(), Arc::default());
            FileEdit { side, seen, edits: Vec::new(), operation, swaps: Swaps::new() }
        }
        (ChangeKind::Rename { .. }, Way::In, Some(from)) => renamed(job, (from, here), way, basis)?,
        (ChangeKind::Rename { .. }, Way::Out, Some(from)) => {
            renamed(job, (here, from), way, basis)?
        }
        (ChangeKind::Rename { .. } | ChangeKind::Modify, _, _) => return Err(conflicting()),
    })
}

/// A file that holds `text`; the file itself may be there already, empty.
fn made(side: &Side, text: &str, basis: &Basis<'_>) -> FileEdit {
    let is_there = side.text().is_some();
    let text = match text.strip_suffix('\n') {
        Some(rest) if basis.shows_a_line => rest.strip_suffix('\r').unwrap_or(rest),
        _ => text,
    };
    // Some editors empty a file that has come into being meanwhile, unless they are told to leave it.
    let options = CreateFileOptions { overwrite: None, ignore_if_exists: Some(true) };
    let operation =
        CreateFile { uri: side.uri.clone(), options: Some(options), annotation_id: None };
    let start = Position::new(0, 0);
    let edit = TextEdit::new(Range::new(start, start), text.to_owned());
    FileEdit {
        side: side.clone(),
        seen: Arc::default(),
        edits: if text.is_empty() { Vec::new() } else { vec![edit] },
        operation: (!is_there).then_some(ResourceOp::Create(operation)),
        swaps: Swaps::new(),
    }
}

fn renamed(
    job: &ReviewJob,
    (old, new): (&Side, &Side),
    way: Way,
    basis: &Basis<'_>,
) -> Result<FileEdit, Refusal> {
    let options = RenameFileOptions { overwrite: None, ignore_if_exists: Some(true) };
    let operation = RenameFile {
        old_uri: old.uri.clone(),
        new_uri: new.uri.clone(),
        options: Some(options),
        annotation_id: None,
    };
    let edit = text_edits(job, old, &Chosen::All, way, basis)?;
    Ok(FileEdit { operation: Some(ResourceOp::Rename(operation)), ..edit })
}

/// The edits for some hunks of the text at `side`.
fn text_edits(
    job: &ReviewJob,
    side: &Side,
    wanted: &Chosen,
    way: Way,
    basis: &Basis<'_>,
) -> Result<FileEdit, Refusal> {
    let change = &job.review.proposal.files[job.file];
    let seen = side.text().ok_or_else(unreadable)?;
    let (path, hunks) = (&change.path, &change.hunks);
    let file = File { path, hunks, reader: job.reader(), current: &seen.string };
    let moved = file.moved(|hunk, reading| wanted.parts_of(hunk, reading), way, basis.known);
    let (swaps, edits) = moved.map_err(|hunks| conflicting_in(job, &hunks))?;
    let edits = edits.into_iter().map(|edit| to_proto::text_edit(&seen, edit, basis.encoding));
    let edits = edits.collect();
    Ok(FileEdit { side: side.clone(), seen, edits, operation: None, swaps })
}

/// Why a decision that the text contradicts cannot be made true.
pub fn conflicting() -> Refusal {
    conflict("undo that")
}

/// The same of some decisions about one file, which are named.
fn conflicting_in(job: &ReviewJob, hunks: &[usize]) -> Refusal {
    let path = &job.review.proposal.files[job.file].path;
    let number = |hunk: &usize| format!("change {}/{}", job.n_before + hunk + 1, job.n_total);
    let named: Vec<String> = hunks.iter().take(NAMED_MAX).map(number).collect();
    let more = if hunks.len() > NAMED_MAX { " and more" } else { "" };
    conflict(&format!("undo that in {path} ({}{more})", named.join(", ")))
}

/// Decisions in conflict that are named at once.
const NAMED_MAX: usize = 3;

fn conflict(undo: &str) -> Refusal {
    let message = format!(
        "these lines were edited since the change was made; {undo}, or run greenloop.fix again"
    );
    Refusal::new(Reason::Conflict, message)
}

fn unreadable() -> Refusal {
    Refusal::new(Reason::Conflict, "the file cannot be read as UTF-8 text; open it and try again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lsp::review::side::Source;
    use tower_lsp::lsp_types::Url;

    #[test]
    fn a_file_that_has_come_into_being_meanwhile_is_left_alone() {
        let uri = Url::parse("file:///a.py").unwrap();
        let side = Side { uri, version: None, source: Source::Unknown };
        let known = Swaps::new();
        let basis = Basis { encoding: Encoding::Utf16, shows_a_line: true, known: &known };
        assert_eq!(made(&side, "new\n", &basis).edits[0].new_text, "new");
        let Some(ResourceOp::Create(create)) = made(&side, "new\n", &basis).operation else {
            panic!("nothing is made");
        };
        let options = create.options.unwrap();
        assert_eq!((options.overwrite, options.ignore_if_exists), (None, Some(true)));
    }
}
