//! Parts of a proposal: what is shown green is green, and nothing is checked twice.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command as Program;
use std::sync::Arc;

use greenloop::base::ids::RunId;
use greenloop::base::path::RepoPath;
use greenloop::engine::{Command, Notice, RunView};
use greenloop::model::event::Event;
use greenloop::model::failure::FailureKind;
use greenloop::model::proposal::ChangeKind;
use greenloop::model::run::{Goal, Outcome};
use greenloop::model::subset::{Choice, Subset, SubsetVerdict};
use proptest::prelude::*;

use crate::engine::Watched;
use crate::place::rungs;
use crate::support::Project;

/// Values in two files, then a file that is made, one that moves, and one that goes.
const N_VALUES: usize = 6;
const MADE: usize = N_VALUES;
const MOVED: usize = N_VALUES + 1;
const GONE: usize = N_VALUES + 2;
const N_PARTS: usize = N_VALUES + 3;

/// What is asked of a project by its tests: parts that must be there, and parts that need another one.
#[derive(Clone, Debug)]
struct Rules {
    wanted: BTreeSet<usize>,
    /// The first must not be there without the second. Parts that are not there break none of these, all of them neither.
    needs: BTreeSet<(usize, usize)>,
    /// With the first and without the second the tests hang.
    hangs: Option<(usize, usize)>,
}

fn rules() -> impl Strategy<Value = Rules> {
    let wanted = prop::collection::btree_set(0..N_PARTS, 1..4);
    let needs = prop::collection::btree_set((0..N_PARTS, 0..N_PARTS), 0..4);
    (wanted, needs).prop_map(|(wanted, needs)| Rules { wanted, needs, hangs: None })
}

fn values(of: [usize; 3], value: usize) -> String {
    of.map(|n| format!("V{n} = {value}\n# a\n# b\n# c\n")).concat()
}

fn long(value: usize) -> String {
    (0..20).map(|n| format!("X{n} = {n}\n")).collect::<String>() + &format!("V = {value}\n")
}

/// Its only worker changes every part.
fn project(rules: &Rules) -> Project {
    let project = Project::empty("parts");
    project.write(
        "greenloop.toml",
        "workers = [\"all\"]\n[[worker]]\nname = \"all\"\ncommand = [\"sh\", \"all.sh\"]\n",
    );
    let script = "sed -i 's/^\\(V[0-9]\\) = 0/\\1 = 1/' one.py two.py\necho V = 1 >made.py\n\
                  sed 's/^V = 0/V = 1/' old.py >new.py\nrm old.py gone.py\n";
    project.write("all.sh", script);
    project.write("one.py", &values([0, 1, 2], 0));
    project.write("two.py", &values([3, 4, 5], 0));
    project.write("old.py", &long(0));
    project.write("gone.py", "V = 0\n");
    let mut tests = format!(
        "import os, unittest\n\n\ndef parts():\n    scope = {{}}\n    for name in ('one.py', 'two.py'):\n        \
         exec(open(name).read(), scope)\n    found = [scope[f'V{{n}}'] for n in range({N_VALUES})]\n    \
         there = os.path.exists\n    return found + [there('made.py'), there('new.py'), not there('gone.py')]\n\n\n\
         class PartsTest(unittest.TestCase):\n    def test_nothing(self):\n        pass\n"
    );
    for n in &rules.wanted {
        tests += &format!("\n    def test_{n}(self):\n        self.assertTrue(parts()[{n}])\n");
    }
    for (part, other) in &rules.needs {
        tests += &format!(
            "\n    def test_{part}_needs_{other}(self):\n        found = parts()\n        \
             self.assertTrue(found[{other}] or not found[{part}])\n"
        );
    }
    if let Some((part, other)) = rules.hangs {
        tests += &format!(
            "\n    def test_hang(self):\n        found = parts()\n        \
             while found[{part}] and not found[{other}]:\n            pass\n"
        );
    }
    project.write("tests/__init__.py", "");
    project.write("tests/test_parts.py", &tests);
    project
}

/// The hunk of a part.
fn hunk(part: usize) -> (RepoPath, usize) {
    let path = |name| RepoPath::new(name).unwrap();
    match part {
        0..=2 => (path("one.py"), part),
        3..=5 => (path("two.py"), part - 3),
        MADE => (path("made.py"), 0),
        MOVED => (path("new.py"), 0),
        GONE => (path("gone.py"), 0),
        _ => unreachable!(),
    }
}

fn choice(parts: &BTreeSet<usize>) -> Choice {
    parts.iter().map(|part| hunk(*part)).collect()
}

fn of(parts: &[usize]) -> BTreeSet<usize> {
    parts.iter().copied().collect()
}

/// The run to green.
fn proposed(watched: &Watched) -> Arc<RunView> {
    let view = watched.finish(Goal::default());
    assert_eq!(view.run.outcome(), Some(&Outcome::Green), "{:?}", view.run.outcome());
    let n_hunks: usize = view
        .run
        .proposal
        .iter()
        .flat_map(|proposal| &proposal.files)
        .map(|file| file.hunks.len())
        .sum();
    assert_eq!(n_hunks, N_PARTS);
    view
}

fn ask(watched: &Watched, id: RunId, hunks: &Choice) {
    watched.engine.send(Command::CheckSubset { id, hunks: hunks.clone() }).unwrap();
}

/// Asks and waits for the answer.
fn check(watched: &Watched, id: RunId, hunks: &Choice) -> Subset {
    ask(watched, id, hunks);
    answer(watched, id, hunks)
}

fn answer(watched: &Watched, id: RunId, hunks: &Choice) -> Subset {
    let is_known = |view: &RunView| view.run.subsets.iter().any(|subset| subset.hunks == *hunks);
    let view = watched.wait_view(id, |view| !view.checking.contains(hunks) && is_known(view));
    view.run.subsets.iter().find(|subset| subset.hunks == *hunks).unwrap().clone()
}

/// Whether the tests pass by hand on the project with these parts, made of the proposal's texts alone.
fn is_green_by_hand(project: &Project, view: &RunView, hunks: &Choice) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for name in
        ["one.py", "two.py", "old.py", "gone.py", "tests/__init__.py", "tests/test_parts.py"]
    {
        files.insert(name.to_owned(), project.read(name));
    }
    let review = view.review.as_ref().unwrap();
    for (file, texts) in review.proposal.files.iter().zip(&review.files) {
        let path = file.path.to_string();
        let chosen: Vec<_> =
            (0..file.hunks.len()).filter(|n| hunks.contains(&(file.path.clone(), *n))).collect();
        if chosen.is_empty() {
            continue;
        }
        let mut lines: Vec<String> =
            texts.before.split_inclusive('\n').map(str::to_owned).collect();
        for n in chosen.into_iter().rev() {
            let hunk = &file.hunks[n];
            let start = hunk.start as usize;
            lines.splice(start..start + hunk.removed.len(), hunk.inserted.iter().cloned());
        }
        match &file.kind {
            ChangeKind::Delete => drop(files.remove(&path)),
            ChangeKind::Rename { from } => {
                files.remove(from.as_str());
                files.insert(path, lines.concat());
            }
            ChangeKind::Modify | ChangeKind::Create => drop(files.insert(path, lines.concat())),
        }
    }
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    passes(folder.path())
}

fn passes(folder: &Path) -> bool {
    let mut tests = Program::new("python3");
    let output = tests.args(["-m", "unittest"]).current_dir(folder).output().unwrap();
    output.status.success()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_shown_green_is_green_and_nothing_is_checked_twice(
        rules in rules(),
        picks in prop::collection::vec(prop::collection::btree_set(0..N_PARTS, 0..=N_PARTS), 6),
    ) {
        let project = project(&rules);
        let watched = Watched::start(&project, &rungs().pop().unwrap().1);
        let view = proposed(&watched);
        let id = view.run.id;
        let all: BTreeSet<usize> = (0..N_PARTS).collect();
        // What the run had checked anyway costs nothing.
        for parts in [&all, &BTreeSet::new()] {
            ask(&watched, id, &choice(parts));
            let view = watched.wait_view(id, |view| {
                assert_eq!(view.checking, Vec::<Choice>::new());
                view.run.subsets.iter().any(|subset| subset.hunks == choice(parts))
            });
            let subset = view.run.subsets.last().unwrap();
            prop_assert_eq!(matches!(subset.verdict, SubsetVerdict::Green { .. }), !parts.is_empty());
        }
        for parts in &picks {
            let subset = check(&watched, id, &choice(parts));
            let is_green = match &subset.verdict {
                SubsetVerdict::Green { .. } => true,
                SubsetVerdict::Red { still_red, broken } => {
                    prop_assert!(!still_red.is_empty() || !broken.is_empty());
                    false
                }
                SubsetVerdict::Unknown { reason } => panic!("{reason}"),
            };
            prop_assert_eq!(is_green, is_green_by_hand(&project, &view, &choice(parts)), "{:?}", parts);
        }
        let events = watched.events(id);
        for parts in &picks {
            ask(&watched, id, &choice(parts));
            watched.wait_view(id, |view| {
                assert_eq!(view.checking, Vec::<Choice>::new());
                true
            });
        }
        prop_assert_eq!(watched.events(id).len(), events.len());

        // A later engine knows it all.
        let Watched { engine, .. } = watched;
        drop(engine);
        let watched = Watched::start(&project, &rungs().pop().unwrap().1);
        let view = watched.wait_view(id, |_| true);
        prop_assert_eq!(view.run.subsets.len(), picks.iter().chain([&all, &BTreeSet::new()]).collect::<BTreeSet<_>>().len());
    }
}

fn plain(wanted: &[usize], hangs: Option<(usize, usize)>) -> Rules {
    Rules { wanted: of(wanted), needs: BTreeSet::new(), hangs }
}

#[test]
fn one_that_is_being_checked_is_not_checked_again_and_a_cancel_ends_it() {
    let project = project(&plain(&[0], Some((0, 1))));
    let watched = Watched::start(&project, &rungs().pop().unwrap().1);
    let id = proposed(&watched).run.id;
    let hangs = choice(&of(&[0]));
    ask(&watched, id, &hangs);
    ask(&watched, id, &hangs);
    let view = watched.wait_view(id, |view| !view.checking.is_empty());
    assert_eq!(view.checking, std::slice::from_ref(&hangs));
    // Others are checked meanwhile.
    let fine = check(&watched, id, &choice(&of(&[0, 1])));
    assert!(matches!(fine.verdict, SubsetVerdict::Green { .. }), "{fine:?}");
    watched.engine.send(Command::Cancel { id }).unwrap();
    let ended = answer(&watched, id, &hangs);
    let SubsetVerdict::Unknown { reason } = &ended.verdict else { panic!("{ended:?}") };
    assert!(reason.contains("cancelled"), "{reason}");
    let events = watched.events(id);
    let asked = events
        .iter()
        .filter(|event| matches!(event, Event::SubsetChecked { hunks, .. } if *hunks == hangs));
    assert_eq!(asked.count(), 1);
}

#[test]
fn a_check_that_cannot_be_made_is_unknown_and_made_when_it_can() {
    let project = project(&plain(&[0], None));
    let watched = Watched::start(&project, &rungs().pop().unwrap().1);
    let id = proposed(&watched).run.id;
    let hunks = choice(&of(&[0]));
    let worlds = watched.dirs.cache.join("worlds");
    fs::rename(&worlds, worlds.with_file_name("away")).unwrap();
    fs::write(&worlds, "").unwrap();
    let failed = check(&watched, id, &hunks);
    assert!(matches!(failed.verdict, SubsetVerdict::Unknown { .. }), "{failed:?}");
    fs::remove_file(&worlds).unwrap();
    fs::rename(worlds.with_file_name("away"), &worlds).unwrap();
    ask(&watched, id, &hunks);
    watched.wait_view(id, |view| view.checking.contains(&hunks));
    let done = answer(&watched, id, &hunks);
    assert!(matches!(done.verdict, SubsetVerdict::Green { n_passed: 2 }), "{done:?}");
    assert_eq!(done.checks.len(), 1);
}

#[test]
fn what_is_no_hunk_is_refused() {
    let project = project(&plain(&[0], None));
    let watched = Watched::start(&project, &rungs().pop().unwrap().1);
    let id = proposed(&watched).run.id;
    ask(&watched, id, &[(RepoPath::new("one.py").unwrap(), 7)].into());
    let failure = watched.wait(|notice| match notice {
        Notice::Refused { failure, .. } => Some(failure),
        _ => None,
    });
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(failure.message.contains("no hunk 7 in one.py"), "{failure}");
}
