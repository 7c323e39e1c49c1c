//! Work done again after a rejection: what was rejected does not come back.

use greenloop::base::path::RepoPath;
use greenloop::model::proposal::Hunk;
use greenloop::model::run::{Avoid, Goal, Outcome, Run};

use serde_json::Value;

use crate::engine::Watched;
use crate::place::rungs;
use crate::support::{Home, Project};

/// Adults are 18: `>=` and `> 17` both pass, and so do other edits.
fn project(config: &str) -> Project {
    let project = Project::empty("adults");
    project.write("greenloop.toml", config);
    project.write("people.py", "def is_adult(age):\n    return age > 18\n");
    project.write(
        "test_people.py",
        "import unittest\n\nfrom people import is_adult\n\n\nclass AdultTest(unittest.TestCase):\n    \
         def test_adult(self):\n        ages = [3, 16, 17, 18, 19, 40]\n        \
         self.assertEqual([is_adult(age) for age in ages], [False] * 3 + [True] * 3)\n",
    );
    project
}

fn hunks(run: &Run) -> Vec<(RepoPath, Hunk)> {
    let files = run.proposal.iter().flat_map(|proposal| &proposal.files);
    files.flat_map(|file| file.hunks.iter().map(|hunk| (file.path.clone(), hunk.clone()))).collect()
}

fn rejected((path, hunk): (RepoPath, Hunk), note: &str) -> Avoid {
    Avoid { path, removed: hunk.removed, inserted: hunk.inserted, note: note.to_owned() }
}

fn goal(avoid: &[Avoid]) -> Goal {
    Goal { avoid: avoid.to_vec(), ..Goal::default() }
}

#[test]
fn each_rejection_brings_another_change_until_there_is_none() {
    let project = project("");
    let watched = Watched::start(&project, &rungs().pop().unwrap().1);
    let mut avoid: Vec<Avoid> = Vec::new();
    for _ in 0..3 {
        let view = watched.finish(goal(&avoid));
        assert_eq!(view.run.outcome(), Some(&Outcome::Green), "{avoid:#?}");
        let found = hunks(&view.run);
        assert!(!found.is_empty());
        for (path, hunk) in &found {
            let same = |known: &Avoid| {
                known.path == *path
                    && known.removed == hunk.removed
                    && known.inserted == hunk.inserted
            };
            assert!(!avoid.iter().any(same), "{hunk:?} was rejected");
        }
        avoid.extend(found.into_iter().map(|found| rejected(found, "")));
    }
}

/// The text that `codemod` writes: `>= 18` unless told not to, and what it does when it was.
fn codemod(otherwise: &str) -> Project {
    let project = project(
        "workers = [\"codemod\"]\n[[worker]]\nname = \"codemod\"\ncommand = [\"python3\", \"codemod.py\"]\n",
    );
    project.write(
        "codemod.py",
        &format!(
            "import json, os\nbrief = json.load(open(os.environ['GREENLOOP_BRIEF']))\n\
             text = 'def is_adult(age):\\n    return age >= 18\\n'\n\
             for avoid in brief['goal']['avoid']:\n    \
             assert avoid['inserted'][0] in text and avoid['path'] == 'people.py', avoid\n    {otherwise}\n\
             open('people.py', 'w').write(text)\n"
        ),
    );
    project
}

#[test]
fn a_program_reads_what_was_rejected_and_why() {
    let project = codemod("text = text.replace('>= 18', avoid['note'])");
    let watched = Watched::start(&project, &rungs().pop().unwrap().1);
    let first = watched.finish(goal(&[]));
    assert_eq!(first.run.outcome(), Some(&Outcome::Green));
    let avoid: Vec<Avoid> =
        hunks(&first.run).into_iter().map(|found| rejected(found, "> 17")).collect();
    let second = watched.finish(goal(&avoid));
    assert_eq!(second.run.outcome(), Some(&Outcome::Green));
    assert_eq!(hunks(&second.run)[0].1.inserted, ["    return age > 17\n"]);
}

#[test]
fn a_program_that_does_it_again_is_red() {
    let project = codemod("pass");
    let watched = Watched::start(&project, &rungs().pop().unwrap().1);
    let first = watched.finish(goal(&[]));
    let avoid: Vec<Avoid> =
        hunks(&first.run).into_iter().map(|found| rejected(found, "say > 17")).collect();
    let second = watched.finish(goal(&avoid));
    let Some(Outcome::Stuck { reason }) = second.run.outcome() else {
        panic!("{:?}", second.run.outcome())
    };
    assert!(reason.contains("a change in people.py that was rejected: say > 17"), "{reason}");
    assert!(second.run.proposal.is_none());
}

#[test]
fn what_was_rejected_with_a_note_is_a_fact_for_the_next_run() {
    let (project, home) = (codemod("text = text.replace('>= 18', avoid['note'])"), Home::new());
    let run = |args: &[&str]| {
        let output = project.greenloop(&home).args(args).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let fix = || {
        let (code, said) = run(&["fix", "--format", "json"]);
        assert_eq!(code, Some(0), "{said}");
        let last: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
        (last["run"].as_str().unwrap().to_owned(), last["diff"].as_str().unwrap().to_owned())
    };
    let (id, diff) = fix();
    assert!(diff.contains(">= 18"), "{diff}");
    let (code, said) = run(&["reject", &id, "--note", "> 17"]);
    assert_eq!(code, Some(0), "{said}");
    let (_, said) = run(&["lessons"]);
    assert!(
        said.contains("codemod: 0 accepted, 1 not") && said.contains("rejected once: > 17"),
        "{said}"
    );
    let (second, diff) = fix();
    assert!(diff.contains("> 17"), "{diff}");
    // What was accepted for all that is no rejection any more.
    assert_eq!(run(&["accept", &id, "people.py"]).0, Some(0));
    assert_eq!(run(&["undo", &id]).0, Some(0));
    assert_eq!(run(&["reject", &second]).0, Some(0));
    let (_, said) = run(&["lessons"]);
    assert!(said.contains("rejected once: > 17"), "a note is kept: {said}");
}
