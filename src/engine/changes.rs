//! What a change does to the project, file by file, as texts for review.

use crate::base::ids::{BlobId, TreeId};
use crate::base::limits;
use crate::base::path::RepoPath;
use crate::io::store::{FileMode, Store, TreeChange, TreeFile};
use crate::logic::diff;
use crate::logic::subset::{self, Edit};
use crate::model::failure::{Failure, FailureKind};
use crate::model::proposal::{ChangeKind, FileChange};
use crate::model::subset::Choice;

/// The changes between two trees as reviewable files, sorted by path. Fails when something cannot be reviewed as text:
/// binary files, links, nested repositories, permissions.
pub(super) fn file_changes(
    store: &Store,
    base: &TreeId,
    tree: &TreeId,
) -> Result<Vec<FileChange>, Failure> {
    let mut changes = store.changes(base, tree)?;
    if changes.len() > limits::PROPOSAL_FILES_MAX {
        return Err(Failure::new(
            FailureKind::Refused,
            format!(
                "the attempt changed {} files, more than {}",
                changes.len(),
                limits::PROPOSAL_FILES_MAX
            ),
            "Nothing was proposed; start again with a smaller goal.",
        ));
    }
    let has_both = |changes: &[TreeChange]| {
        changes.iter().any(|change| change.before.is_none())
            && changes.iter().any(|change| change.after.is_none())
    };
    if has_both(&changes) {
        for (path, from) in store.renames(base, tree)? {
            join_rename(&mut changes, &path, &from);
        }
    }
    let mut files = changes
        .iter()
        .map(|change| file_change(store, change))
        .collect::<Result<Vec<FileChange>, Failure>>()?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// `base` with these hunks of `files` and no others. Each file comes with its text before.
pub(super) fn with_hunks(
    store: &Store,
    base: &TreeId,
    files: &[(&FileChange, &str)],
    hunks: &Choice,
) -> Result<TreeId, Failure> {
    let mut changes = Vec::new();
    for edit in subset::edits(files, hunks)? {
        changes.push(match edit {
            Edit::Remove { path } => (path, None),
            Edit::Put { path, text, like } => {
                let mode = store.mode(base, &like)?.unwrap_or(FileMode::Plain);
                (path, Some((mode, text.into_bytes())))
            }
        });
    }
    store.with_modes(base, &changes)
}

/// Makes one change of the two that a rename is.
fn join_rename(changes: &mut Vec<TreeChange>, path: &RepoPath, from: &RepoPath) {
    let place = |of: &RepoPath, changes: &[TreeChange]| {
        changes.iter().position(|change| change.path == *of)
    };
    let (Some(new), Some(old)) = (place(path, changes), place(from, changes)) else { return };
    changes[new].before = changes[old].before.clone();
    changes.remove(old);
}

fn file_change(store: &Store, change: &TreeChange) -> Result<FileChange, Failure> {
    let path = change.after.as_ref().or(change.before.as_ref()).map(|file| &file.path);
    let path = path.unwrap_or(&change.path);
    let kind = match (&change.before, &change.after) {
        (None, _) => ChangeKind::Create,
        (Some(_), None) => ChangeKind::Delete,
        (Some(before), Some(after)) if before.path == after.path => ChangeKind::Modify,
        (Some(before), Some(_)) => ChangeKind::Rename { from: before.path.clone() },
    };
    reviewable(change.before.as_ref(), change.after.as_ref())
        .map_err(|what| refused(path, what))?;
    let (before, before_text) = text(store, change.before.as_ref(), path)?;
    let (after, after_text) = text(store, change.after.as_ref(), path)?;
    let hunks = diff::hunks(&before_text, &after_text);
    Ok(FileChange { path: path.clone(), kind, before, after, hunks })
}

/// What about a change is more than text.
fn reviewable(before: Option<&TreeFile>, after: Option<&TreeFile>) -> Result<(), &'static str> {
    let modes = [before, after].map(|file| file.map(|file| file.mode));
    if modes.contains(&Some(FileMode::Submodule)) {
        return Err("is a nested repository");
    }
    if modes.contains(&Some(FileMode::Symlink)) {
        return Err("is a symbolic link");
    }
    match modes {
        // An editor that makes a file cannot make it executable.
        [None, Some(FileMode::Executable)] => Err("was made executable"),
        [Some(before), Some(after)] if before != after => Err("has other permissions than it had"),
        [_, _] => Ok(()),
    }
}

/// A side's blob and text, both empty when there is no file.
fn text(
    store: &Store,
    file: Option<&TreeFile>,
    path: &RepoPath,
) -> Result<(BlobId, String), Failure> {
    let Some(file) = file else { return Ok((store.put_blob(b"")?, String::new())) };
    let text = String::from_utf8(store.blob(&file.blob)?);
    let text = text.ok().filter(|text| !text.contains('\0'));
    Ok((file.blob.clone(), text.ok_or_else(|| refused(path, "is no UTF-8 text"))?))
}

fn refused(path: &RepoPath, what: &str) -> Failure {
    Failure::new(
        FailureKind::Refused,
        format!("the attempt changed {path}, which {what} and cannot be reviewed as text"),
        "Nothing was proposed.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    type Files<'a> = &'a [(&'a str, FileMode, &'a str)];

    /// The changes between two projects in words, or why there are none.
    fn check(before: Files<'_>, after: Files<'_>) -> String {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("project");
        std::fs::create_dir(&root).unwrap();
        let store = Store::open(&root, &root.with_file_name("state")).unwrap();
        let empty = store.snapshot(&[]).unwrap().tree;
        let tree = |files: Files<'_>| {
            let put = |(path, mode, text): &(&str, FileMode, &str)| {
                (RepoPath::new(path).unwrap(), Some((*mode, text.as_bytes().to_vec())))
            };
            store.with_modes(&empty, &files.iter().map(put).collect::<Vec<_>>()).unwrap()
        };
        match file_changes(&store, &tree(before), &tree(after)) {
            Ok(files) => files
                .iter()
                .map(|file| {
                    let text = |blob| String::from_utf8(store.blob(blob).unwrap()).unwrap();
                    let made = diff::apply(&text(&file.before), &file.hunks);
                    assert_eq!(made, Some(text(&file.after)));
                    format!("{} {:?} {} hunks\n", file.path, file.kind, file.hunks.len())
                })
                .collect(),
            Err(failure) => failure.message,
        }
    }

    const TEN: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";
    const NEARLY_TEN: &str = "1\n2\nthree\n4\n5\n6\n7\n8\n9\n10\n";

    #[test]
    fn files_that_come_go_and_move_are_told_apart() {
        use FileMode::{Executable, Plain};

        let before: Files<'_> = &[
            ("a", Plain, "x\n"),
            ("gone", Plain, "y\n"),
            ("old", Executable, TEN),
            ("same", Plain, ""),
        ];
        let after: Files<'_> = &[
            ("a", Plain, "X\n"),
            ("new/b", Plain, "z\n"),
            ("new/empty", Plain, ""),
            ("moved", Executable, NEARLY_TEN),
            ("same", Plain, ""),
        ];
        insta::assert_snapshot!(check(before, after), @r#"
        a Modify 1 hunks
        gone Delete 1 hunks
        moved Rename { from: RepoPath("old") } 1 hunks
        new/b Create 1 hunks
        new/empty Create 0 hunks
        "#);
        let (folder, file): (Files<'_>, Files<'_>) =
            (&[("a/b", Plain, TEN), ("a/c", Plain, "c\n")], &[("a", Plain, TEN)]);
        insta::assert_snapshot!(check(folder, file) + "--\n" + &check(file, folder), @r#"
        a Rename { from: RepoPath("a/b") } 0 hunks
        a/c Delete 1 hunks
        --
        a/b Rename { from: RepoPath("a") } 0 hunks
        a/c Create 1 hunks
        "#);
    }

    #[test]
    fn what_is_no_text_is_refused_with_its_reason() {
        use FileMode::{Executable, Plain, Symlink};

        let all: String = [
            check(&[], &[("a", Plain, "x\0y")]),
            check(&[], &[("link", Symlink, "a")]),
            check(&[("link", Symlink, "a")], &[("link", Symlink, "b")]),
            check(&[("a", Plain, "x")], &[("a", Symlink, "x")]),
            check(&[], &[("tool", Executable, "x")]),
            check(&[("a", Plain, "x")], &[("a", Executable, "x")]),
            check(&[("old", Plain, TEN)], &[("tool", Executable, TEN)]),
        ]
        .map(|told| told + "\n")
        .concat();
        insta::assert_snapshot!(all, @"
        the attempt changed a, which is no UTF-8 text and cannot be reviewed as text
        the attempt changed link, which is a symbolic link and cannot be reviewed as text
        the attempt changed link, which is a symbolic link and cannot be reviewed as text
        the attempt changed a, which is a symbolic link and cannot be reviewed as text
        the attempt changed tool, which was made executable and cannot be reviewed as text
        the attempt changed a, which has other permissions than it had and cannot be reviewed as text
        the attempt changed tool, which has other permissions than it had and cannot be reviewed as text
        ");
    }
}
