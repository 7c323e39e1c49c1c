//! Writes a verified change to the project, only when asked: all of it, or nothing.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::base::path::RepoPath;
use crate::engine::{Review, ReviewFile};
use crate::model::failure::{Failure, FailureKind};

/// Writes every file of the proposal below `root`; names them. Nothing is written when a file differs from what the
/// change was made for, or when the user said no to a part of it; what was written before a later file could not be is
/// taken back.
pub(super) fn apply(root: &Path, review: &Review) -> Result<Vec<String>, Failure> {
    if review.files.iter().any(|file| file.rejected.contains(&true)) {
        return Err(Failure::new(
            FailureKind::Refused,
            "a part of this change was rejected, and the rest was not tested without it; nothing was written",
            "Start a new run, or accept the parts you want in the editor.",
        ));
    }
    for file in &review.files {
        let path = file.path.under(root);
        let on_disk = fs::read(&path).map_err(|error| unwritable(&file.path, &error))?;
        if on_disk != file.before.as_bytes() {
            return Err(moved_on(&file.path));
        }
    }
    for (n, file) in review.files.iter().enumerate() {
        if let Err(failure) = replace(root, file, &file.before, &file.after) {
            let undone =
                review.files[..n].iter().map(|done| replace(root, done, &done.after, &done.before));
            let undone: Result<(), Failure> = undone.collect();
            return Err(undone.err().unwrap_or(failure));
        }
    }
    Ok(review.files.iter().map(|file| file.path.to_string()).collect())
}

/// Puts `new` in place of `old`, which must be what the file holds.
fn replace(root: &Path, file: &ReviewFile, old: &str, new: &str) -> Result<(), Failure> {
    let fail = |error: io::Error| unwritable(&file.path, &error);
    // A symbolic link stays one: its target is replaced.
    let path = file.path.under(root).canonicalize().map_err(fail)?;
    let beside = write_beside(&path, new.as_bytes()).map_err(fail)?;
    let is_as_expected = fs::read(&path).is_ok_and(|bytes| bytes == old.as_bytes());
    let done = if is_as_expected {
        fs::rename(&beside, &path).map_err(fail)
    } else {
        Err(moved_on(&file.path))
    };
    if done.is_err() {
        // The first error is the one to tell; a left-over file is harmless beside it.
        drop(fs::remove_file(&beside));
    }
    done
}

/// A file beside `path` with its permissions, so that a crash leaves the old or the new text and never half of one.
fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".greenloop-{}", std::process::id()));
    let beside = path.with_file_name(name);
    let mut file = fs::File::create_new(&beside)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.set_permissions(fs::metadata(path)?.permissions()))
        .and_then(|()| file.sync_all());
    written.inspect_err(|_| drop(fs::remove_file(&beside)))?;
    Ok(beside)
}

fn moved_on(path: &RepoPath) -> Failure {
    Failure::new(
        FailureKind::Stale,
        format!("{path} has changed since the run began; nothing was written"),
        "Run it again on the new text.",
    )
}

fn unwritable(path: &RepoPath, error: &io::Error) -> Failure {
    Failure::environment(
        format!("{path} cannot be written: {error}"),
        "Make the file and its folder writable, or apply the diff shown by hand.",
    )
}

#[cfg(test)]
mod tests;
