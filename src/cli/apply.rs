//! Writes a verified change to the project, only when asked: all of it, or nothing.

mod disk;

use std::path::Path;

use self::disk::Disk;
use crate::base::path::RepoPath;
use crate::engine::{Review, ReviewFile};
use crate::model::failure::{Failure, FailureKind};
use crate::model::proposal::ChangeKind;

/// Makes every change of the proposal below `root`; names the files. Nothing is written when a file differs from what
/// the change was made for, when one to be made is there already, or when the user said no to a part of it; what was
/// done before a later step failed is taken back.
pub(super) fn apply(root: &Path, review: &Review) -> Result<Vec<String>, Failure> {
    if review.files.iter().any(|file| file.rejected.contains(&true)) {
        return Err(Failure::new(
            FailureKind::Refused,
            "a part of this change was rejected, and the rest was not tested without it; nothing was written",
            "Start a new run, or accept the parts you want in the editor.",
        ));
    }
    let mut disk = Disk::new(root);
    for file in &review.files {
        before(file).map_or(Ok(()), |path| disk.expect(path, &file.before))?;
        made(file).map_or(Ok(()), |path| disk.expect_nothing(path))?;
    }
    match carry_out(&mut disk, &review.files) {
        Ok(()) => disk.settle(),
        Err(failure) => return Err(disk.undo().err().unwrap_or(failure)),
    }
    Ok(review.files.iter().map(|file| file.path.to_string()).collect())
}

/// What goes makes room first: a file may come where a folder was, and a folder where a file was.
fn carry_out(disk: &mut Disk<'_>, files: &[ReviewFile]) -> Result<(), Failure> {
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
