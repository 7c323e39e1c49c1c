//! `kill -9` at every journal append of a run: nothing of the user's is touched, nothing of ours is left running, and
//! the run goes on, or its proposal is still there.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::{Fingerprint, Fixture, Home, Project};
use crate::{asking, replanning};

/// Runs `fix` with arguments and a fault; returns standard output's lines and whether it was killed.
fn run(home: &Home, project: &Project, args: &[&str], fault: &str) -> (Vec<Value>, bool) {
    say(home, project, "fix", args, fault)
}

/// The same for any command.
fn say(
    home: &Home,
    project: &Project,
    command: &str,
    args: &[&str],
    fault: &str,
) -> (Vec<Value>, bool) {
    let output = project
        .greenloop(home)
        .args([command, "--format", "json"])
        .args(args)
        .env("GREENLOOP_FAULT", fault)
        .output()
        .unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let lines = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (lines, output.status.signal() == Some(9))
}

/// Processes that run in or for this home: their command line or folder names it.
fn leftover_processes(home: &Home) -> Vec<String> {
    let state = home.state();
    let marker = state.parent().unwrap().to_str().unwrap();
    let mut found = Vec::new();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let read = |file| fs::read(process.path().join(file)).unwrap_or_default();
        let text = String::from_utf8_lossy(&read("cmdline")).replace('\0', " ");
        if text.contains(marker) {
            found.push(text);
        }
    }
    found
}

/// Waits until the system has ended what the killed process started: it is told at once, but it takes its time.
fn assert_no_processes(home: &Home) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(10);
    loop {
        let left = leftover_processes(home);
        if left.is_empty() {
            return;
        }
        assert!(std::time::Instant::now() < deadline, "still running: {left:#?}");
        std::thread::yield_now();
    }
}

#[test]
fn a_run_survives_a_kill_at_every_append() {
    let fixture = Fixture::load("python-billing");
    let mut n_killed = 0;
    for point in ["before-append", "after-append"] {
        for n in 1.. {
            let (home, project) = (Home::new(), fixture.copy());
            project.commit_all();
            let before = Fingerprint::of(&project.root);
            let (lines, killed) = run(&home, &project, &[], &format!("{point}:{n}"));
            assert_no_processes(&home);
            if !killed {
                let outcome = lines.last().unwrap();
                assert_eq!(outcome["status"], "green", "the golden run: {outcome:#}");
                break;
            }
            n_killed += 1;
            check_goes_on(&home, &project, &lines, &format!("{point}:{n}"));
            before.assert_unchanged(&project.root);
        }
    }
    assert!(n_killed >= 16, "a run has at least eight events, {n_killed} kills were made");
}

/// Resumes the run that the lines tell of, or starts anew when it died before it was known.
fn check_goes_on(home: &Home, project: &Project, lines: &[Value], point: &str) {
    let id = lines.iter().find_map(|line| line["id"].as_str());
    let finished = lines.iter().any(|line| line["type"] == "finished");
    let (again, killed) = match id {
        Some(id) if !finished => run(home, project, &["--resume", id], ""),
        Some(_) | None => run(home, project, &[], ""),
    };
    let outcome =
        again.last().unwrap_or_else(|| panic!("{point}: nothing was said after the restart"));
    assert!(!killed && outcome["status"] == "green", "{point}: {outcome:#}");
    assert_no_processes(home);
}

/// Two steps that are worked on at once.
const TWO: [&str; 4] =
    ["--test", "test_breaks_are_not_paid", "--test", "test_a_way_there_leads_back"];

#[test]
fn parallel_steps_survive_a_kill_after_every_append() {
    let fixture = Fixture::load("python-warehouse");
    for n in 1.. {
        let (home, project) = (Home::new(), fixture.copy());
        let before = Fingerprint::of(&project.root);
        let point = format!("after-append:{n}");
        let (lines, killed) = say(&home, &project, "fix", &TWO, &point);
        assert_no_processes(&home);
        if !killed {
            assert_eq!(lines.last().unwrap()["status"], "green");
            assert!(n > 14, "a run with two steps has more events than {n}");
            return;
        }
        let id = lines.iter().find_map(|line| line["id"].as_str());
        let finished = lines.iter().any(|line| line["type"] == "finished");
        let (again, _) = match id {
            Some(id) if !finished => say(&home, &project, "resume", &[id], ""),
            Some(_) | None => say(&home, &project, "fix", &TWO, ""),
        };
        let outcome = again.last().unwrap();
        assert_eq!(outcome["status"], "green", "{point}: {outcome:#}");
        assert_eq!(outcome["steps"].as_array().unwrap().len(), 2, "{point}: {outcome:#}");
        before.assert_unchanged(&project.root);
    }
}

#[test]
fn an_open_question_survives_a_kill_before_every_append() {
    let fixture = Fixture::load("python-warehouse");
    for n in 1.. {
        let (home, project) = (Home::new(), fixture.copy());
        let (lines, _) = say(&home, &project, "plan", &TWO, "");
        let id = lines.last().unwrap()["run"].as_str().unwrap().to_owned();
        let point = format!("before-append:{n}");
        let (lines, killed) = say(&home, &project, "answer", &[&id, "yes"], &point);
        assert_no_processes(&home);
        if !killed {
            assert_eq!(lines.last().unwrap()["status"], "green");
            assert!(n > 10, "an answered plan has more events than {n}");
            return;
        }
        let (mut lines, _) = say(&home, &project, "resume", &[&id], "");
        if lines.last().unwrap()["type"] == "waits" {
            // The yes had not been written down: nothing was begun without it.
            assert!(lines.iter().all(|line| line["type"] != "attempt-started"), "{lines:#?}");
            lines = say(&home, &project, "answer", &[&id, "yes"], "").0;
        }
        let outcome = lines.last().unwrap();
        assert_eq!(outcome["status"], "green", "{point}: {outcome:#}");
    }
}

/// Answers whatever is asked until the run has ended; its last line.
fn answer_all(home: &Home, project: &Project, id: &str, mut last: Value) -> Value {
    for _ in 0..4 {
        if last["type"] != "waits" {
            break;
        }
        let asked = last["reason"].as_str().unwrap();
        let (_, answer) = asking::ANSWERS.iter().find(|(part, _)| asked.contains(part)).unwrap();
        let (lines, _) = say(home, project, "answer", &[id, answer], "");
        last = lines.last().unwrap().clone();
    }
    last
}

#[test]
fn questions_of_models_survive_a_kill_before_every_append() {
    let mut n_killed = 0;
    for answered in 0..=asking::ANSWERS.len() {
        for n in 1.. {
            let server = asking::server();
            let (home, project) = (asking::home(&server, asking::PLANNER), asking::project());
            let point = format!("before-append:{n}");
            let (mut id, mut was_killed, mut lines) = (String::new(), false, Vec::new());
            for command in 0..=answered {
                let fault = if command == answered { point.as_str() } else { "" };
                (lines, was_killed) = match command {
                    0 => say(&home, &project, "plan", &[asking::GOAL, "--run"], fault),
                    _ => say(
                        &home,
                        &project,
                        "answer",
                        &[&id, asking::ANSWERS[command - 1].1],
                        fault,
                    ),
                };
                if command == 0
                    && let Some(known) = lines.iter().find_map(|line| line["id"].as_str())
                {
                    id = known.to_owned();
                }
            }
            assert_no_processes(&home);
            if !was_killed {
                break;
            }
            n_killed += 1;
            if id.is_empty() {
                continue;
            }
            if !lines.iter().any(|line| line["type"] == "finished") {
                (lines, _) = say(&home, &project, "resume", &[&id], "");
            }
            let last = answer_all(&home, &project, &id, lines.last().unwrap().clone());
            assert_eq!(last["status"], "green", "{answered} {point}: {last:#}");
        }
    }
    assert!(n_killed > 20, "{n_killed} kills");
}

#[test]
fn a_step_that_is_planned_anew_survives_a_kill_before_every_append() {
    for n in 1.. {
        let server = replanning::server(true);
        let (home, project) = (asking::home(&server, asking::PLANNER), replanning::project());
        let point = format!("before-append:{n}");
        let (lines, killed) = say(&home, &project, "fix", &replanning::ONCE, &point);
        assert_no_processes(&home);
        if !killed {
            assert_eq!(lines.last().unwrap()["status"], "green");
            assert!(n > 20, "a run with a step that is planned anew has more events than {n}");
            return;
        }
        let Some(id) = lines.iter().find_map(|line| line["id"].as_str()) else { continue };
        let (again, _) = say(&home, &project, "resume", &[id], "");
        let outcome = again.last().unwrap();
        assert_eq!(outcome["status"], "green", "{point}: {outcome:#}");
    }
}

/// A project whose worker changes two files and makes one, and the texts of all three after that.
fn of_three_files() -> (Project, [(&'static str, &'static str); 3]) {
    let project = Project::empty("three");
    let after = [("a.py", "A = 2\n"), ("b.py", "B = 2\n"), ("lib/c.py", "C = 2\n")];
    project.write("a.py", "A = 1\n");
    project.write("b.py", "B = 1\n");
    project.write("test_all.py", "import unittest\n\nfrom a import A\nfrom b import B\n\n\nclass T(unittest.TestCase):\n    def test_sum(self):\n        self.assertEqual(A + B, 4)\n");
    project.write("mend.py", &format!("import os\nos.makedirs('lib', exist_ok=True)\nfor name, text in {}:\n    open(name, 'w').write(text)\n", "[('a.py', 'A = 2\\n'), ('b.py', 'B = 2\\n'), ('lib/c.py', 'C = 2\\n')]"));
    project.write(
        "greenloop.toml",
        "workers = [\"mend\"]\n[[worker]]\nname = \"mend\"\ncommand = [\"python3\", \"mend.py\"]\n",
    );
    (project, after)
}

type Texts = BTreeMap<PathBuf, Vec<u8>>;

/// Every file below a folder.
fn texts(folder: &Path) -> Texts {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries
        .flat_map(|path| match path.is_dir() {
            true => texts(&path),
            false => [(path.clone(), fs::read(&path).unwrap())].into(),
        })
        .collect()
}

/// Whatever a kill left of an acceptance: it can be accepted as a whole, and taken back as a whole.
fn check_accepted_and_taken_back(
    home: &Home,
    project: &Project,
    id: &str,
    after: &[(&str, &str)],
    before: &Texts,
    point: &str,
) {
    let say = |args: &[&str]| {
        let output = project.greenloop(home).args(args).output().unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(0), "{point}: {args:?}: {said}");
    };
    say(&["accept", id]);
    for (file, text) in after {
        assert_eq!(project.read(file), *text, "{point}");
    }
    say(&["undo", id]);
    assert_eq!(texts(&project.root), *before, "{point}");
    let output = project.greenloop(home).args(["undo", id]).output().unwrap();
    assert_ne!(output.status.code(), Some(0), "{point}: one acceptance is taken back once");
}

/// Where a process can die that writes what was accepted.
const POINTS: [&str; 4] = ["before-append", "after-append", "before-write", "after-write"];

#[test]
fn an_acceptance_survives_a_kill_at_every_step() {
    let (project, after) = of_three_files();
    let (home, mut n_killed) = (Home::new(), 0);
    let (lines, _) = run(&home, &project, &[], "");
    let id = lines.last().unwrap()["run"].as_str().unwrap().to_owned();
    let before = texts(&project.root);
    for name in POINTS {
        for n in 1.. {
            let point = format!("{name}:{n}");
            let mut accept = project.greenloop(&home);
            let output = accept.args(["accept", &id]).env("GREENLOOP_FAULT", &point).output();
            let is_killed = output.unwrap().status.signal() == Some(9);
            n_killed += usize::from(is_killed);
            check_accepted_and_taken_back(&home, &project, &id, &after, &before, &point);
            if !is_killed {
                break;
            }
        }
    }
    assert!(n_killed >= 8, "a file each, two sides, and an append: {n_killed}");
}

#[test]
fn a_change_that_is_applied_at_once_survives_a_kill_at_every_write() {
    for name in ["before-write", "after-write"] {
        for n in 1.. {
            let ((project, after), home) = (of_three_files(), Home::new());
            let before = texts(&project.root);
            let point = format!("{name}:{n}");
            let (lines, is_killed) = run(&home, &project, &["--apply"], &point);
            let id = lines.iter().find_map(|line| line["id"].as_str()).unwrap();
            check_accepted_and_taken_back(&home, &project, id, &after, &before, &point);
            if !is_killed {
                assert!(n > 3, "{n}");
                break;
            }
        }
    }
}
