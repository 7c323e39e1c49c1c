//! All of a change or nothing of it, on real files.

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
        n_passed: 1,
        n_skipped: 0,
        checks: vec![],
        search: None,
    };
    let proposal = Proposal {
        run: RunId(1),
        attempt: AttemptId(1),
        title: String::new(),
        base: tree.clone(),
        result: tree,
        files: vec![],
        evidence,
    };
    let file = |(path, before, after): &(&str, &str, &str)| ReviewFile {
        path: RepoPath::new(path).unwrap(),
        before: (*before).into(),
        after: (*after).into(),
        rejected: vec![false],
    };
    Review { proposal, files: files.iter().map(file).collect() }
}

/// What is in the folder afterwards: file names and texts.
fn left(folder: &Path) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
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
    assert_eq!(left(at.path()), pairs(&[("a", "1"), ("b", "2")]));
}

#[test]
fn a_link_stays_a_link() {
    let at = folder(&[("a", "1")]);
    std::os::unix::fs::symlink("a", at.path().join("link")).unwrap();
    apply(at.path(), &review(&[("link", "1", "one")])).unwrap();
    assert!(fs::symlink_metadata(at.path().join("link")).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(at.path().join("a")).unwrap(), "one");
}
