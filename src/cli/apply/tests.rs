//! All of a change or nothing of it, on real files.

use std::fs;

use super::*;
use crate::base::ids::{AttemptId, RunId, TreeId};
use crate::model::proposal::{Evidence, Proposal};

/// A review of files, each with its text before and after.
fn review(files: &[(&str, &str, &str)]) -> Review {
    let tree = TreeId::new("t");
    let evidence = Evidence {
        tree: tree.clone(),
        fixed: vec![],
        still_red: vec![],
        flaky: Vec::new(),
        n_passed: 1,
        n_skipped: 0,
        checks: vec![],
        search: None,
    };
    let proposal = Proposal {
        run: RunId(1),
        attempt: AttemptId(1),
        title: String::new(),
        worker: String::new(),
        llm: false,
        base: tree.clone(),
        result: tree,
        files: vec![],
        evidence,
        guard: Default::default(),
        steps: vec![],
    };
    let file = |(path, before, after): &(&str, &str, &str)| ReviewFile {
        path: RepoPath::new(path).unwrap(),
        kind: ChangeKind::Modify,
        before: (*before).into(),
        after: (*after).into(),
        rejected: vec![false],
    };
    Review { proposal, files: files.iter().map(file).collect() }
}

/// What is in the folder afterwards: file names and texts, empty folders with a slash.
fn left(folder: &Path) -> Vec<(String, String)> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_path_buf()]);
    while let Some(at) = folders.pop() {
        let name = |path: &Path| path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
        let inside: Vec<_> =
            fs::read_dir(&at).unwrap().map(|entry| entry.unwrap().path()).collect();
        if inside.is_empty() && at != folder {
            files.push((name(&at) + "/", String::new()));
        }
        for path in inside {
            if path.is_dir() {
                folders.push(path);
            } else {
                files.push((name(&path), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files.sort();
    files
}

/// A review of changes of any kind.
fn changes(files: &[(ChangeKind, &str, &str, &str)]) -> Review {
    let texts: Vec<_> = files.iter().map(|(_, path, old, new)| (*path, *old, *new)).collect();
    let mut review = review(&texts);
    for (file, (kind, ..)) in review.files.iter_mut().zip(files) {
        file.kind = kind.clone();
    }
    review
}

fn rename(from: &str) -> ChangeKind {
    ChangeKind::Rename { from: RepoPath::new(from).unwrap() }
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn pairs(files: &[(&str, &str)]) -> Vec<(String, String)> {
    files.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect()
}

#[test]
fn every_file_is_written() {
    let at = folder(&[("a", "1"), ("b", "2")]);
    let done = apply(at.path(), &review(&[("a", "1", "one"), ("b", "2", "two")])).unwrap();
    assert_eq!(done, ["a", "b"]);
    assert_eq!(left(at.path()), pairs(&[("a", "one"), ("b", "two")]));
}

#[test]
fn nothing_is_written_over_a_text_that_moved_on() {
    let at = folder(&[("a", "1"), ("b", "changed")]);
    let failure = apply(at.path(), &review(&[("a", "1", "one"), ("b", "2", "two")])).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Stale);
    assert_eq!(left(at.path()), pairs(&[("a", "1"), ("b", "changed")]));
}

#[test]
fn a_rejected_part_stops_it_all() {
    let at = folder(&[("a", "1")]);
    let mut review = review(&[("a", "1", "one")]);
    review.files[0].rejected = vec![true];
    assert_eq!(apply(at.path(), &review).unwrap_err().kind, FailureKind::Refused);
    assert_eq!(left(at.path()), pairs(&[("a", "1")]));
}

#[test]
fn what_was_written_is_taken_back_when_a_later_file_cannot_be() {
    let at = folder(&[("a", "1"), ("b", "2")]);
    // Something stands where the new text of the second file would be prepared.
    fs::create_dir(at.path().join(format!("b.greenloop-{}", std::process::id()))).unwrap();
    let failure = apply(at.path(), &review(&[("a", "1", "one"), ("b", "2", "two")])).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Environment);
    let barrier = format!("b.greenloop-{}/", std::process::id());
    assert_eq!(left(at.path()), pairs(&[("a", "1"), ("b", "2"), (&barrier, "")]));
}

#[test]
fn files_come_go_and_move() {
    use ChangeKind::{Create, Delete, Modify};

    let before = [("a", "1"), ("gone/deep/x", "2"), ("old", "3"), ("place", "4")];
    let at = folder(&before);
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o750);
    fs::set_permissions(at.path().join("old"), mode).unwrap();
    let all = [
        (Modify, "a", "1", "one"),
        (Create, "new/deep/y", "", "y"),
        (Delete, "gone/deep/x", "2", ""),
        (rename("old"), "moved/old", "3", "three"),
        (Delete, "place", "4", ""),
        (Create, "place/for/z", "", "z"),
    ];
    let named: Vec<&str> = all.iter().map(|(_, path, ..)| *path).collect();
    assert_eq!(apply(at.path(), &changes(&all)).unwrap(), named);
    let after = [("a", "one"), ("moved/old", "three"), ("new/deep/y", "y"), ("place/for/z", "z")];
    assert_eq!(left(at.path()), pairs(&after));
    let mode = fs::metadata(at.path().join("moved/old")).unwrap().permissions();
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o750);

    // A last step that fails takes all of it back.
    let at = folder(&before);
    fs::create_dir(at.path().join(format!("zz.greenloop-{}", std::process::id()))).unwrap();
    fs::write(at.path().join("zz"), "z").unwrap();
    let there = left(at.path());
    let failing = [&all[..], &[(Modify, "zz", "z", "Z")]].concat();
    let failure = apply(at.path(), &changes(&failing)).unwrap_err();
    assert_eq!(failure.kind, FailureKind::Environment, "{failure}");
    assert_eq!(left(at.path()), there);
}

#[test]
fn a_file_that_is_there_is_never_written_over() {
    use ChangeKind::{Create, Delete};

    let check = |change: (ChangeKind, &str, &str, &str), there: &[(&str, &str)]| {
        let at = folder(there);
        let failure = apply(at.path(), &changes(std::slice::from_ref(&change))).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Stale, "{change:?}: {failure}");
        assert_eq!(left(at.path()), pairs(there), "{change:?}");
    };
    check((Create, "a", "", "new"), &[("a", "mine")]);
    check((Create, "a", "", "new"), &[("a/b", "mine")]);
    check((rename("old"), "a", "1", "1"), &[("a", "mine"), ("old", "1")]);
    check((rename("old"), "a", "1", "1"), &[("old", "changed")]);
    check((Delete, "a", "1", ""), &[("a", "changed")]);
}

#[test]
fn no_file_is_made_outside_the_project() {
    let (at, outside) = (folder(&[]), folder(&[]));
    std::os::unix::fs::symlink(outside.path(), at.path().join("link")).unwrap();
    let all = changes(&[(ChangeKind::Create, "link/x", "", "x")]);
    assert_eq!(apply(at.path(), &all).unwrap_err().kind, FailureKind::Environment);
    assert_eq!(left(outside.path()), []);
}

#[test]
fn a_link_stays_a_link() {
    let at = folder(&[("a", "1")]);
    std::os::unix::fs::symlink("a", at.path().join("link")).unwrap();
    apply(at.path(), &review(&[("link", "1", "one")])).unwrap();
    assert!(fs::symlink_metadata(at.path().join("link")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(at.path().join("a")).unwrap(), "one");
}
