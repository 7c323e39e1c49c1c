//! Writes a verified change to the project, only when asked: all of it, or nothing.

mod disk;

use std::collections::BTreeSet;
use std::path::Path;

use self::disk::Disk;
use crate::base::path::RepoPath;
use crate::base::text;
use crate::engine::{Review, ReviewFile};
use crate::logic::acceptance::{File, Swaps};
use crate::logic::review::edits::Way;
use crate::logic::review::{Reader, Reading};
use crate::model::failure::{Failure, FailureKind};
use crate::model::proposal::{ChangeKind, FileChange};
use crate::model::subset::Choice;

/// Makes every change of the proposal below `root`; names the files. Nothing is written unless it is [`ready`]; what was
/// done before a later step failed is taken back.
pub(super) fn apply(root: &Path, review: &Review) -> Result<Vec<String>, Failure> {
    ready(root, review)?;
    let mut disk = Disk::new(root);
    match steps(&mut disk, &review.files) {
        Ok(()) => disk.settle(),
        Err(failure) => return Err(disk.undo().err().unwrap_or(failure)),
    }
    Ok(review.files.iter().map(|file| file.path.to_string()).collect())
}

/// Fails when a file differs from what the change was made for, when one to be made is there already, or when the user said
/// no to a part of it.
pub(super) fn ready(root: &Path, review: &Review) -> Result<(), Failure> {
    if review.files.iter().any(|file| file.rejected.contains(&true)) {
        return Err(Failure::new(
            FailureKind::Refused,
            "a part of this change was rejected, and the rest was not tested without it; nothing was written",
            "Start a new run, or accept the parts you want in the editor.",
        ));
    }
    let disk = Disk::rehearsal(root);
    for file in &review.files {
        before(file).map_or(Ok(()), |path| disk.expect(path, &file.before))?;
        made(file).map_or(Ok(()), |path| disk.expect_nothing(path))?;
    }
    Ok(())
}

/// Decisions about one file of a proposal.
pub(super) struct Change<'a> {
    pub change: &'a FileChange,
    pub file: &'a ReviewFile,
    /// Which, never empty.
    pub items: BTreeSet<usize>,
}

/// Puts changes into the files as they are now, or takes them out again; names those that were not there yet. All of it is
/// done or nothing: a change whose lines are no longer there is in conflict.
pub(super) fn carry_out(root: &Path, changes: &[Change<'_>], way: Way) -> Result<Choice, Failure> {
    on(Disk::new(root), changes, way)
}

/// What [`carry_out`] would do now; nothing is written.
pub(super) fn rehearse(root: &Path, changes: &[Change<'_>], way: Way) -> Result<Choice, Failure> {
    on(Disk::rehearsal(root), changes, way)
}

fn on(mut disk: Disk<'_>, changes: &[Change<'_>], way: Way) -> Result<Choice, Failure> {
    let mut done = Choice::new();
    for change in changes {
        let n_before = disk.n_changed();
        let made = match change.change.kind {
            ChangeKind::Modify => edit(&mut disk, change, way),
            ChangeKind::Create | ChangeKind::Delete | ChangeKind::Rename { .. } => {
                steps(&mut disk, &[turned(change.file, way)]).map(|()| match disk.n_changed() {
                    n if n == n_before => BTreeSet::new(),
                    _ => change.items.clone(),
                })
            }
        };
        match made {
            Ok(items) => {
                done.extend(items.into_iter().map(|item| (change.file.path.clone(), item)));
            }
            Err(failure) => return Err(disk.undo().err().unwrap_or(failure)),
        }
    }
    disk.settle();
    Ok(done)
}

/// The decisions that changed something.
fn edit(
    disk: &mut Disk<'_>,
    Change { change, file, items }: &Change<'_>,
    way: Way,
) -> Result<BTreeSet<usize>, Failure> {
    let current = disk.text(&file.path)?;
    let reader = Reader::new(&file.before, &change.hunks);
    let here = File { path: &file.path, hunks: &change.hunks, reader: &reader, current: &current };
    let all = |hunk: usize, reading: &Reading| match items.contains(&hunk) {
        true => (0..reading.parts.len()).collect(),
        false => Vec::new(),
    };
    let moved = here.moved(all, way, &Swaps::new()).ok().and_then(|(swaps, edits)| {
        let items: BTreeSet<usize> = swaps.keys().map(|part| part.hunk).collect();
        Some((items, text::edit::apply(&current, &edits)?))
    });
    let (items, new) = moved.ok_or_else(|| {
        Failure::new(
            FailureKind::Stale,
            format!(
                "{} has other lines now where this change belongs; nothing was written",
                file.path
            ),
            "Name the other changes to leave this one alone, or run again on the new text.",
        )
    })?;
    if new != current {
        disk.replace(&file.path, &current, &new)?;
    }
    Ok(items)
}

/// What a file that is made, deleted or renamed is for one way.
fn turned(file: &ReviewFile, way: Way) -> ReviewFile {
    let back = |path: RepoPath, kind| ReviewFile {
        path,
        kind,
        before: file.after.clone(),
        after: file.before.clone(),
        rejected: file.rejected.clone(),
    };
    match (way, &file.kind) {
        (Way::In, _) | (Way::Out, ChangeKind::Modify) => file.clone(),
        (Way::Out, ChangeKind::Create) => back(file.path.clone(), ChangeKind::Delete),
        (Way::Out, ChangeKind::Delete) => back(file.path.clone(), ChangeKind::Create),
        (Way::Out, ChangeKind::Rename { from }) => {
            back(from.clone(), ChangeKind::Rename { from: file.path.clone() })
        }
    }
}

/// What goes makes room first: a file may come where a folder was, and a folder where a file was.
fn steps(disk: &mut Disk<'_>, files: &[ReviewFile]) -> Result<(), Failure> {
    for file in files {
        match &file.kind {
            ChangeKind::Delete => disk.take_away(&file.path, &file.before)?,
            ChangeKind::Rename { from } => disk.take_away(from, &file.before)?,
            ChangeKind::Modify | ChangeKind::Create => {}
        }
    }
    for file in files {
        match &file.kind {
            ChangeKind::Modify => disk.replace(&file.path, &file.before, &file.after)?,
            ChangeKind::Create => disk.make(&file.path, &file.after, None)?,
            ChangeKind::Rename { from } => disk.make(&file.path, &file.after, Some(from))?,
            ChangeKind::Delete => {}
        }
    }
    Ok(())
}

/// Where the text before must be.
fn before(file: &ReviewFile) -> Option<&RepoPath> {
    match &file.kind {
        ChangeKind::Modify | ChangeKind::Delete => Some(&file.path),
        ChangeKind::Rename { from } => Some(from),
        ChangeKind::Create => None,
    }
}

/// Where a file is made.
fn made(file: &ReviewFile) -> Option<&RepoPath> {
    match &file.kind {
        ChangeKind::Create | ChangeKind::Rename { .. } => Some(&file.path),
        ChangeKind::Modify | ChangeKind::Delete => None,
    }
}

#[cfg(test)]
mod tests;
