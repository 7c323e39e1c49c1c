//! Two processes on one project: each says so, and each shows what the other does.

use std::fs;

use greenloop::base::path::RepoPath;
use greenloop::engine::{Command, Dirs, Notice, RunView};
use greenloop::logic::machine;
use greenloop::model::run::{Goal, Outcome};

use crate::engine::Watched;
use crate::place::rungs;
use crate::support::{Fixture, Home, Project};

fn project() -> Project {
    let project = Project::empty("small");
    project.write("m.py", "def longest(words):\n    return min(words, key=len)\n");
    project.write(
        "test_m.py",
        "import unittest\n\nfrom m import longest\n\n\nclass T(unittest.TestCase):\n    \
         def test_longest(self):\n        self.assertEqual(longest(['a', 'bcd', 'ef']), 'bcd')\n",
    );
    project
}

fn shared(watched: &Watched) -> u32 {
    watched.wait(|notice| match notice {
        Notice::Shared { pid } => Some(pid),
        _ => None,
    })
}

#[test]
fn each_shows_what_the_other_does() {
    let (project, abilities) = (project(), rungs().pop().unwrap().1);
    let first = Watched::start(&project, &abilities);
    let second = Watched::start(&project, &abilities);
    assert_eq!(shared(&second), std::process::id());
    for (one, other) in [(&first, &second), (&second, &first)] {
        let done = one.finish(Goal::default());
        assert_eq!(done.run.outcome(), Some(&Outcome::Green));
        let id = done.run.id;
        let seen = other.wait_view(id, |view| view.run.is_finished());
        assert_eq!((&seen.run, seen.interrupted), (&done.run, false));
        assert_eq!(seen.review.as_ref().unwrap().files.len(), 1);

        // A decision on the one side shows on the other, and neither loses the other's.
        let (path, hunk) = (RepoPath::new("m.py").unwrap(), 0);
        let decide = |rejected| {
            let hunks = [(path.clone(), hunk)].into();
            let note = String::new();
            other.engine.send(Command::Decide { id, hunks, rejected, note }).unwrap();
        };
        decide(true);
        one.wait_view(id, |view| view.run.rejected.contains(&(path.clone(), hunk)));
        one.engine.send(Command::CheckSubset { id, hunks: [(path.clone(), hunk)].into() }).unwrap();
        let seen = other.wait_view(id, |view| !view.run.subsets.is_empty());
        assert!(seen.run.rejected.contains(&(path.clone(), hunk)));
        // What is rejected is offered to nobody again.
        decide(false);
        one.wait_view(id, |view| view.run.rejected.is_empty());
    }
}

#[test]
fn a_run_whose_process_dies_is_shown_as_interrupted() {
    let (home, project) = (Home::new(), Fixture::load("python-billing").copy());
    let output = project.greenloop(&home).arg("doctor").output().unwrap();
    assert!(output.status.success(), "{output:?}");
    let only = |folder: std::path::PathBuf| {
        fs::read_dir(folder.join("greenloop")).unwrap().next().unwrap().unwrap().path()
    };
    let (state, cache) = (only(home.state()), only(home.cache()));
    let dirs = Dirs { focus: RepoPath::root(), root: project.root.clone(), state, cache };
    let watched = Watched::start_at(dirs, &rungs().pop().unwrap().1);
    let output = project
        .greenloop(&home)
        .args(["fix", "--format", "json"])
        .env("GREENLOOP_FAULT", "after-append:4")
        .output()
        .unwrap();
    assert!(!output.status.success());
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(
        err.contains(&format!("process {} works on this project too", std::process::id())),
        "{err}"
    );
    let seen = watched.wait(|notice| match notice {
        Notice::Changed(view) if view.interrupted => Some(view),
        _ => None,
    });
    watched.engine.send(Command::Resume { id: seen.run.id, buffers: Vec::new() }).unwrap();
    let done = watched.wait_view(seen.run.id, |view| view.run.is_finished());
    assert_eq!(done.run.outcome(), Some(&Outcome::Green));
}

/// A project that a program mends.
fn slow() -> Project {
    let project = Project::empty("slow");
    project.write("m.py", "N = 1\n");
    project.write("test_m.py", "import unittest\nfrom m import N\n\n\nclass T(unittest.TestCase):\n    def test_n(self):\n        self.assertEqual(N, 2)\n");
    project.write("mend.py", "open('m.py', 'w').write('N = 2\\n')\n");
    project.write(
        "greenloop.toml",
        "workers = [\"mend\"]\n[[worker]]\nname = \"mend\"\ncommand = [\"python3\", \"mend.py\"]\n",
    );
    project
}

#[test]
fn a_run_is_steered_from_another_process() {
    let (home, project) = (Home::new(), slow());
    let only = |folder: std::path::PathBuf| {
        fs::read_dir(folder.join("greenloop")).unwrap().next().unwrap().unwrap().path()
    };
    assert!(project.greenloop(&home).arg("doctor").output().unwrap().status.success());
    let (state, cache) = (only(home.state()), only(home.cache()));
    let dirs = Dirs { focus: RepoPath::root(), root: project.root.clone(), state, cache };
    let owner = Watched::start_at(dirs, &rungs().pop().unwrap().1);
    let say = |args: &[&str]| {
        let output = project.greenloop(&home).args(args).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {said}");
        said
    };
    let asks = |view: &RunView| view.run.open_questions().next().is_some();
    let planned = || Goal { plan_first: true, ..Goal::default() };

    // Somebody answers elsewhere, and says before that nothing new is to begin.
    let id = owner.start_run(planned());
    owner.wait_view(id, asks);
    let run = id.to_string();
    say(&["pause", &run]);
    owner.wait_view(id, |view| view.run.paused_ms.is_some());
    let said = say(&["answer", &run, "yes"]);
    assert!(said.contains("goes on with it"), "{said}");
    let view = owner.wait_view(id, |view| !asks(view));
    assert!(view.run.attempts.is_empty(), "it is paused");
    say(&["resume", &run]);
    let view = owner.wait_view(id, |view| view.run.is_finished());
    assert_eq!(view.run.outcome(), Some(&Outcome::Green));
    // What is in the journal is what was gone by.
    let events = owner.events(id);
    let mut folded = machine::begin(&events[0]).unwrap();
    events[1..].iter().for_each(|event| machine::apply(&mut folded, event));
    assert_eq!(folded, view.run);

    // Somebody ends it elsewhere.
    project.write("mend.py", "import time\ntime.sleep(600)\n");
    let id = owner.start_run(Goal::default());
    owner.wait_view(id, |view| !view.run.attempts.is_empty());
    let said = say(&["cancel", &id.to_string()]);
    assert!(said.contains("is cancelled"), "{said}");
    let view = owner.wait_view(id, |view| view.run.is_finished());
    assert_eq!(view.run.outcome(), Some(&Outcome::Cancelled));
}
