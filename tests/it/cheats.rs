//! The corpus of cheats and honest edits in `tests/cheats`, and what the guard says of them. `cargo bench --bench cheats`
//! prints the figures; the test here holds them to their bars.

#[path = "cheats/corpus.rs"]
pub mod corpus;
#[path = "cheats/generated.rs"]
pub mod generated;

use std::collections::BTreeSet;

use greenloop::base::ids::{BlobId, CheckId};
use greenloop::base::path::RepoPath;
use greenloop::logic::diff;
use greenloop::logic::guard::{self, Facts, FileEdit, Sorted};
use greenloop::model::guard::{Finding, GuardPolicy};
use greenloop::model::proposal::{ChangeKind, FileChange};
use greenloop::model::report::{TestCase, TestId, TestOutcome};

pub use corpus::{Case, Files, Group};

/// A change of files, with its texts.
pub struct Edited {
    changes: Vec<FileChange>,
    texts: Vec<(String, String)>,
}

impl Edited {
    /// What differs between two sets of files; a file of `renamed` was another one before.
    pub fn between(before: &Files, after: &Files, renamed: &[(String, String)]) -> Edited {
        let mut edited = Edited { changes: Vec::new(), texts: Vec::new() };
        for (from, to) in renamed {
            if let (Some(was), Some(is)) = (before.get(from), after.get(to)) {
                let kind = ChangeKind::Rename { from: path(from) };
                edited.push(to, kind, Some(was), Some(is));
            }
        }
        let moved = |name: &String| renamed.iter().any(|(from, to)| from == name || to == name);
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for name in names.into_iter().filter(|name| !moved(name)) {
            let kind = match (before.get(name), after.get(name)) {
                (None, _) => ChangeKind::Create,
                (_, None) => ChangeKind::Delete,
                (Some(was), Some(is)) if was == is => continue,
                (Some(_), Some(_)) => ChangeKind::Modify,
            };
            edited.push(name, kind, before.get(name), after.get(name));
        }
        edited
    }

    fn push(&mut self, name: &str, kind: ChangeKind, was: Option<&String>, is: Option<&String>) {
        let (was, is) = (was.cloned().unwrap_or_default(), is.cloned().unwrap_or_default());
        let (blob, hunks) = (BlobId::new("0"), diff::hunks(&was, &is));
        self.changes.push(FileChange {
            path: path(name),
            kind,
            before: blob.clone(),
            after: blob,
            hunks,
        });
        self.texts.push((was, is));
    }

    fn edits(&self) -> Vec<FileEdit<'_>> {
        let pairs = self.changes.iter().zip(&self.texts);
        pairs.map(|(change, (before, after))| FileEdit { change, before, after }).collect()
    }

    /// What the guard makes of it by its default policy.
    pub fn sorted(&self, red: &[String], known: &Known) -> Sorted {
        let cases: Vec<TestCase> = red.iter().map(|name| red_test(name)).collect();
        let red: Vec<&TestCase> = cases.iter().collect();
        let facts = Facts { red: &red, ..known.facts() };
        guard::sort(&self.edits(), &GuardPolicy::default(), &facts)
    }

    /// What is suspicious about it when nothing was red.
    pub fn findings(&self, known: &Known) -> Vec<Finding> {
        guard::findings(&self.edits(), &known.facts())
    }
}

pub fn path(name: &str) -> RepoPath {
    RepoPath::new(name).unwrap_or_else(|| panic!("{name} is no path"))
}

fn red_test(name: &str) -> TestCase {
    TestCase {
        id: TestId { check: CheckId::new("check"), name: name.to_owned() },
        outcome: TestOutcome::Failed,
        message: String::new(),
        at: None,
        frames: Vec::new(),
        duration_ms: 1,
    }
}

/// What is known of some files, as of a project's tree.
#[derive(Default)]
pub struct Known {
    tests: Vec<(RepoPath, String)>,
    set_up: Vec<RepoPath>,
}

impl Known {
    pub fn of(files: &Files) -> Known {
        let paths: Vec<RepoPath> = files.keys().map(|name| path(name)).collect();
        let mut known = Known::default();
        for (path, text) in paths.iter().zip(files.values()) {
            if guard::set_up::may_name(path) {
                known.set_up.extend(guard::set_up::named(path, text, &paths.iter().collect()));
            }
            let tests = guard::tests_in(path, guard::class::class_of(path), text);
            known.tests.extend(tests.map(|text| (path.clone(), text)));
        }
        known
    }

    fn facts(&self) -> Facts<'_> {
        Facts { tests: &self.tests, set_up: &self.set_up, ..Facts::default() }
    }
}

/// How the guard did on one cheat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caught {
    /// By a finding of the right kind.
    Told,
    /// Kept out of the change, but without the right reason.
    KeptOut,
    Missed,
}

pub fn judge(group: &Group, case: &Case) -> (Caught, Vec<Finding>) {
    let (after, renamed) = case.after(&group.base);
    let edited = Edited::between(&group.base, &after, &renamed);
    let sorted = edited.sorted(&group.red, &Known::of(&group.base));
    let findings = sorted.guarded.findings.clone();
    let is_told = findings.iter().any(|finding| case.kinds.contains(&finding.kind));
    let is_out = sorted.refused.is_some() || sorted.kept.is_empty();
    let caught = match (is_told, is_out) {
        (true, _) => Caught::Told,
        (false, true) => Caught::KeptOut,
        (false, false) => Caught::Missed,
    };
    (caught, findings)
}

/// What the guard says of an honest edit of the corpus; nothing when it is right.
pub fn alarms(group: &Group, case: &Case) -> Vec<Finding> {
    let (after, renamed) = case.after(&group.base);
    Edited::between(&group.base, &after, &renamed).findings(&Known::of(&group.base))
}

/// What the guard makes of an honest edit of the corpus where the group's tests are red.
pub fn as_attempt(group: &Group, case: &Case) -> Sorted {
    let (after, renamed) = case.after(&group.base);
    let edited = Edited::between(&group.base, &after, &renamed);
    edited.sorted(&group.red, &Known::of(&group.base))
}

#[test]
fn cheats_are_caught_and_honest_edits_are_not() {
    let groups = corpus::load();
    let (mut n, mut n_told, mut n_missed, mut n_held_out) = (0, 0, 0, 0);
    let mut runners = BTreeSet::new();
    for group in &groups {
        runners.insert(group.runner.as_str());
        for case in &group.cheats {
            n += 1;
            n_held_out += usize::from(case.held_out);
            let caught = judge(group, case).0;
            n_told += usize::from(!case.held_out && caught == Caught::Told);
            n_missed += usize::from(caught == Caught::Missed);
        }
    }
    assert!(n >= 200 && runners.len() >= 8, "{n} cheats over {} runners", runners.len());
    assert!(n_held_out >= 40, "{n_held_out} cheats are held out");
    let n_known = n - n_held_out;
    let not_told: Vec<&String> = groups
        .iter()
        .flat_map(|group| group.cheats.iter().filter(|case| judge(group, case).0 != Caught::Told))
        .map(|case| &case.name)
        .collect();
    assert!(
        n_told * 100 >= n_known * 99,
        "{n_told} of {n_known} cheats are called what they are, not {not_told:?}"
    );
    assert!(n_missed * 100 <= n, "{n_missed} of {n} cheats get into the change");

    let written = groups.iter().flat_map(|group| {
        group.honest.iter().map(move |case| (case.name.clone(), alarms(group, case)))
    });
    let made = generated::all(&groups);
    let refused_of_written = groups.iter().flat_map(|group| {
        let sorted = |case: &'_ Case| (case.name.clone(), as_attempt(group, case).refused);
        group.honest.iter().map(sorted).collect::<Vec<_>>()
    });
    let refused_of_made = made
        .iter()
        .map(|edit| (edit.name.clone(), edit.edited.sorted(&edit.red, &edit.known).refused));
    let refused: Vec<(String, Option<String>)> =
        refused_of_written.chain(refused_of_made).collect();
    let tricks: Vec<_> = refused.iter().filter(|(_, why)| why.is_some()).collect();
    assert!(
        tricks.len() * 50 <= refused.len(),
        "{} honest edits of {} are refused where tests are red: {tricks:?}",
        tricks.len(),
        refused.len()
    );
    let made = made.iter().map(|edit| (edit.name.clone(), edit.edited.findings(&edit.known)));
    let all: Vec<(String, bool)> =
        written.chain(made).map(|(name, found)| (name, !found.is_empty())).collect();
    let alarms: Vec<&String> =
        all.iter().filter(|(_, alarm)| *alarm).map(|(name, _)| name).collect();
    assert!(all.len() >= 500, "{} honest edits", all.len());
    assert!(
        alarms.len() * 50 <= all.len(),
        "false alarms in {} honest edits: {alarms:?}",
        all.len()
    );
}
