//! Some hunks of a proposal: the files they make, and what is known of them.

use crate::base::ids::TreeId;
use crate::base::path::RepoPath;
use crate::logic::diff;
use crate::logic::machine::{check_fact, goal_tests, verdict_on};
use crate::logic::verdict::Verdict;
use crate::model::check::CheckRun;
use crate::model::failure::{Failure, FailureKind};
use crate::model::proposal::{ChangeKind, CheckFact, FileChange, Hunk};
use crate::model::run::Run;
use crate::model::subset::{Choice, SubsetVerdict};

/// What becomes of one path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edit {
    /// The file has this text, and the mode that `like` has in the base.
    Put {
        path: RepoPath,
        text: String,
        like: RepoPath,
    },
    Remove {
        path: RepoPath,
    },
}

/// What `chosen` hunks of `files`, and no others, make of the base. A file with its text before each. A file comes, goes
/// or moves when any of its hunks is chosen, or hunk 0 where it has none. Fails when there is no such hunk, or when
/// files would get into each other's way.
pub fn edits(files: &[(&FileChange, &str)], chosen: &Choice) -> Result<Vec<Edit>, Failure> {
    let is_known = |(path, hunk): &&(RepoPath, usize)| {
        files.iter().any(|(file, _)| file.path == *path && *hunk < file.hunks.len().max(1))
    };
    if let Some((path, hunk)) = chosen.iter().find(|choice| !is_known(choice)) {
        return Err(refused(format!("the proposal has no hunk {hunk} in {path}")));
    }
    let mut edits = Vec::new();
    for (file, before) in files {
        if chosen.iter().any(|(path, _)| *path == file.path) {
            file_edits(file, before, chosen, &mut edits)?;
        }
    }
    match rivals(files, &edits) {
        Some((made, held)) => Err(refused(format!("{made} cannot be made while {held} stays"))),
        None => Ok(edits),
    }
}

fn file_edits(
    file: &FileChange,
    before: &str,
    chosen: &Choice,
    edits: &mut Vec<Edit>,
) -> Result<(), Failure> {
    let path = file.path.clone();
    let hunks = file.hunks.iter().enumerate();
    let picked: Vec<Hunk> = hunks
        .filter(|(place, _)| chosen.contains(&(path.clone(), *place)))
        .map(|(_, hunk)| hunk.clone())
        .collect();
    let text = diff::apply(before, &picked).ok_or_else(|| {
        Failure::new(
            FailureKind::Bug,
            format!("hunks of {path} do not fit its text"),
            "Please report this with the journal of the run.",
        )
    })?;
    match &file.kind {
        ChangeKind::Modify | ChangeKind::Create => {
            edits.push(Edit::Put { like: path.clone(), path, text });
        }
        ChangeKind::Delete => edits.push(Edit::Remove { path }),
        ChangeKind::Rename { from } => {
            edits.push(Edit::Remove { path: from.clone() });
            edits.push(Edit::Put { path, text, like: from.clone() });
        }
    }
    Ok(())
}

/// A file that is made where one that stays is a folder, or the other way round.
fn rivals<'a>(
    files: &'a [(&FileChange, &str)],
    edits: &'a [Edit],
) -> Option<(&'a RepoPath, &'a RepoPath)> {
    let goes = |path: &RepoPath| {
        edits.iter().any(|edit| matches!(edit, Edit::Remove { path: gone } if gone == path))
    };
    let held = files.iter().filter_map(|(file, _)| match &file.kind {
        ChangeKind::Delete => Some(&file.path),
        ChangeKind::Rename { from } => Some(from),
        ChangeKind::Modify | ChangeKind::Create => None,
    });
    let held: Vec<&RepoPath> = held.filter(|path| !goes(path)).collect();
    edits.iter().find_map(|edit| {
        let Edit::Put { path, .. } = edit else { return None };
        let rival = held.iter().find(|held| path.is_within(held) || held.is_within(path))?;
        Some((path, *rival))
    })
}

/// What check runs on a subset's tree say of it.
pub fn verdict(run: &Run, runs: &[CheckRun]) -> SubsetVerdict {
    match verdict_on(run, runs, &goal_tests(run), None) {
        Verdict::Green { n_passed, .. } => SubsetVerdict::Green { n_passed },
        Verdict::Red { still_failing, mut newly_failing, vanished } => {
            newly_failing.extend(vanished);
            SubsetVerdict::Red { still_red: still_failing, broken: newly_failing }
        }
        Verdict::Inconclusive(reason) => SubsetVerdict::Unknown { reason },
    }
}

/// The verdict on a tree that the run has had checked already: as a subset, as an attempt, or as its base.
pub fn known(run: &Run, tree: &TreeId) -> Option<(SubsetVerdict, Vec<CheckFact>)> {
    let mut subsets = run.subsets.iter().filter(|subset| subset.tree == *tree);
    if let Some(subset) = subsets.find(|subset| subset.verdict.is_known()) {
        return Some((subset.verdict.clone(), subset.checks.clone()));
    }
    let attempts = run.attempts.iter().filter_map(|attempt| attempt.verified.as_ref());
    let verified = attempts.map(|verified| verified.runs.as_slice()).chain(run.baseline.as_deref());
    verified
        .filter(|runs| !runs.is_empty() && runs.iter().all(|run| run.tree == *tree))
        .map(|runs| (verdict(run, runs), runs.iter().map(check_fact).collect()))
        .find(|(verdict, _): &(SubsetVerdict, _)| verdict.is_known())
}

fn refused(message: String) -> Failure {
    Failure::new(FailureKind::Refused, message, "Choose among the proposal's hunks.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::BlobId;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    fn file(name: &str, kind: ChangeKind, before: &str, after: &str) -> FileChange {
        let (path, blob) = (path(name), BlobId::new("0"));
        let hunks = diff::hunks(before, after);
        FileChange { path, kind, before: blob.clone(), after: blob, hunks }
    }

    fn rename(from: &str) -> ChangeKind {
        ChangeKind::Rename { from: path(from) }
    }

    const SIX: &str = "1\n2\n3\n4\n5\n6\n";
    const TWO_CHANGED: &str = "one\n2\n3\n4\n5\nsix\n";

    /// What the chosen hunks, such as `a:1 b:0`, make of all these files.
    fn check(files: &[(FileChange, &str)], chosen: &str) -> String {
        let choice = |word: &str| {
            let (name, hunk) = word.split_once(':').unwrap();
            (path(name), hunk.parse().unwrap())
        };
        let files: Vec<_> = files.iter().map(|(file, before)| (file, *before)).collect();
        match edits(&files, &chosen.split_whitespace().map(choice).collect()) {
            Ok(edits) => edits.iter().map(|edit| format!("{edit:?}\n")).collect(),
            Err(failure) => failure.message + "\n",
        }
    }

    #[test]
    fn chosen_hunks_and_no_others_are_in_the_files() {
        let files = [
            (file("mod", ChangeKind::Modify, SIX, TWO_CHANGED), SIX),
            (file("new", ChangeKind::Create, "", "n\n"), ""),
            (file("empty", ChangeKind::Create, "", ""), ""),
            (file("gone", ChangeKind::Delete, "g\n", ""), "g\n"),
            (file("to", rename("from"), SIX, TWO_CHANGED), SIX),
            (file("plain/to", rename("as/is"), "x", "x"), "x"),
        ];
        let choices =
            ["", "mod:0", "mod:1", "mod:0 mod:1", "new:0 empty:0 gone:0", "to:1", "plain/to:0"];
        let all: String =
            choices.iter().map(|chosen| format!("[{chosen}]\n{}", check(&files, chosen))).collect();
        insta::assert_snapshot!(all, @r#"
        []
        [mod:0]
        Put { path: RepoPath("mod"), text: "one\n2\n3\n4\n5\n6\n", like: RepoPath("mod") }
        [mod:1]
        Put { path: RepoPath("mod"), text: "1\n2\n3\n4\n5\nsix\n", like: RepoPath("mod") }
        [mod:0 mod:1]
        Put { path: RepoPath("mod"), text: "one\n2\n3\n4\n5\nsix\n", like: RepoPath("mod") }
        [new:0 empty:0 gone:0]
        Put { path: RepoPath("new"), text: "n\n", like: RepoPath("new") }
        Put { path: RepoPath("empty"), text: "", like: RepoPath("empty") }
        Remove { path: RepoPath("gone") }
        [to:1]
        Remove { path: RepoPath("from") }
        Put { path: RepoPath("to"), text: "1\n2\n3\n4\n5\nsix\n", like: RepoPath("from") }
        [plain/to:0]
        Remove { path: RepoPath("as/is") }
        Put { path: RepoPath("plain/to"), text: "x", like: RepoPath("as/is") }
        "#);
    }

    #[test]
    fn what_is_no_hunk_or_cannot_be_is_refused() {
        let files = [
            (file("mod", ChangeKind::Modify, SIX, TWO_CHANGED), SIX),
            (file("a", ChangeKind::Delete, "a\n", ""), "a\n"),
            (file("a/b", ChangeKind::Create, "", "b\n"), ""),
        ];
        let all: String =
            ["mod:2", "other:0", "a/b:0", "a:0 a/b:0"].map(|chosen| check(&files, chosen)).concat();
        insta::assert_snapshot!(all, @r#"
        the proposal has no hunk 2 in mod
        the proposal has no hunk 0 in other
        a/b cannot be made while a stays
        Remove { path: RepoPath("a") }
        Put { path: RepoPath("a/b"), text: "b\n", like: RepoPath("a/b") }
        "#);
    }
}
