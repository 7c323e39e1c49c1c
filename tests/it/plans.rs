//! Runs with several steps.

use greenloop::base::ids::CheckId;
use greenloop::engine::Command;
use greenloop::model::run::{Goal, Outcome};
use serde_json::Value;

use crate::engine::Watched;
use crate::place::rungs;
use crate::schedules::{Ends, schedule};
use crate::support::{Fixture, Home, Project};

/// Seeds; `cargo bench --bench schedules` plays a hundred thousand.
const SEEDS: u64 = 3_000;

#[test]
fn whatever_happens_a_run_stays_sound_and_ends() {
    let mut ends = Ends::new();
    for seed in 0..SEEDS {
        match schedule(seed) {
            Ok(end) => *ends.entry(end).or_default() += 1,
            Err(fault) => panic!("{fault}"),
        }
    }
    let rare = ends.values().min().copied().unwrap_or_default();
    assert!(ends.len() >= 6 && rare >= 3, "some ends are hardly ever reached: {ends:?}");
}

/// What was printed, a line of JSON each, and the exit code.
fn run(home: &Home, project: &Project, args: &[&str]) -> (i32, Vec<Value>) {
    let output = project.greenloop(home).args(args).args(["--format", "json"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output.status.code().unwrap_or(-1), lines)
}

fn of_type<'a>(lines: &'a [Value], kind: &str) -> Vec<&'a Value> {
    lines.iter().filter(|line| line["type"] == kind).collect()
}

/// What a command without JSON says.
fn said(home: &Home, project: &Project, args: &[&str]) -> (i32, String) {
    let output = project.greenloop(home).args(args).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap_or(-1), text)
}

#[test]
fn independent_failures_are_steps_that_are_searched_for_one_after_the_other() {
    let fixture = Fixture::load("python-warehouse");
    let (home, project) = (Home::new(), fixture.copy());
    let (code, lines) = run(&home, &project, &["fix", "--apply"]);
    let outcome = lines.last().unwrap();
    assert_eq!((code, outcome["status"].as_str()), (0, Some("green")), "{outcome:#}");
    let plan = of_type(&lines, "plan-made")[0];
    let steps = plan["plan"]["steps"].as_array().unwrap();
    assert_eq!(steps.len(), 6, "{plan:#}");
    assert!(steps.iter().all(|step| step["after"].as_array().unwrap().is_empty()), "{plan:#}");
    let order = lines.iter().filter_map(|line| line["type"].as_str());
    let begun: Vec<&str> = order.filter(|kind| kind.starts_with("attempt-")).take(2).collect();
    assert_eq!(begun, ["attempt-started", "attempt-finished"]);
    assert_eq!(outcome["steps"].as_array().unwrap().len(), 6, "{outcome:#}");
    let (code, lines) = run(&home, &project, &["checks"]);
    assert_eq!(code, 0, "{:#}", lines.last().unwrap());
}

#[test]
fn a_plan_waits_for_a_yes_and_a_no_ends_it() {
    let fixture = Fixture::load("python-billing");
    let (home, project) = (Home::new(), fixture.copy());
    let (code, lines) = run(&home, &project, &["plan"]);
    let waits = lines.last().unwrap();
    assert_eq!((code, waits["type"].as_str()), (3, Some("waits")), "{waits:#}");
    assert!(of_type(&lines, "attempt-started").is_empty(), "{lines:#?}");
    let id = waits["run"].as_str().unwrap();
    let (_, text) = said(&home, &project, &["runs"]);
    assert!(text.contains(&format!("{id}  waits")), "{text}");
    let (_, text) = said(&home, &project, &["show", id]);
    assert!(text.contains("is the plan to be carried out?"), "{text}");
    let (code, text) = said(&home, &project, &["answer", id, "in one step"]);
    assert!(code == 2 && text.contains("no model plans this anew"), "{code} {text}");
    // A failure is told as everything is.
    let (code, lines) = run(&home, &project, &["answer", id, "yes", "--question", "9"]);
    assert_eq!((code, lines.last().unwrap()["status"].as_str()), (2, Some("failed")), "{lines:#?}");
    let (code, lines) = run(&home, &project, &["answer", id, "yes"]);
    let outcome = lines.last().unwrap();
    assert_eq!((code, outcome["status"].as_str()), (0, Some("green")), "{outcome:#}");

    let (_, lines) = run(&home, &project, &["plan"]);
    let id = lines.last().unwrap()["run"].as_str().unwrap().to_owned();
    let (code, lines) = run(&home, &project, &["answer", &id, "no", "--note", "not today"]);
    let outcome = lines.last().unwrap();
    assert_eq!((code, outcome["status"].as_str()), (1, Some("stuck")), "{outcome:#}");
    assert!(outcome["reason"].as_str().unwrap().contains("not today"), "{outcome:#}");
}

#[test]
fn steps_are_accepted_taken_back_and_rejected_without_an_editor() {
    let fixture = Fixture::load("python-warehouse");
    let (home, project) = (Home::new(), fixture.copy());
    let two =
        ["fix", "--test", "test_breaks_are_not_paid", "--test", "test_a_way_there_leads_back"];
    let (code, lines) = run(&home, &project, &two);
    let outcome = lines.last().unwrap();
    assert_eq!((code, outcome["status"].as_str()), (0, Some("green")), "{outcome:#}");
    let id = outcome["run"].as_str().unwrap();
    let (shifts, routes) =
        (project.read("warehouse/shifts.py"), project.read("warehouse/routes.py"));
    let step = |file: &str| {
        let steps = outcome["steps"].as_array().unwrap().iter();
        let mut of_file = steps.filter(|step| step["hunks"][0][0] == file);
        of_file.next().unwrap()["step"].to_string()
    };
    // Somebody went on in the file meanwhile.
    project.write("warehouse/shifts.py", &format!("# Shifts.\n{shifts}"));
    let (code, text) =
        said(&home, &project, &["accept", id, "--step", &step("warehouse/shifts.py")]);
    assert_eq!(code, 0, "{text}");
    let accepted = project.read("warehouse/shifts.py");
    assert!(
        accepted.starts_with("# Shifts.\n") && accepted.contains("minutes - breaks"),
        "{accepted}"
    );
    assert_eq!(project.read("warehouse/routes.py"), routes);
    // What would mean nothing is not left out silently.
    let senseless: [&[&str]; 6] = [
        &["undo", id, "warehouse/shifts.py"],
        &["undo", id, "--step", "1"],
        &["undo", id, "--note", "no"],
        &["accept", id, "--acceptance", id],
        &["reject", id, "--acceptance", id],
        &["cancel", id, "--apply"],
    ];
    for args in senseless {
        let (code, text) = said(&home, &project, args);
        assert!(code == 2 && text.starts_with("error: "), "{args:?}: {code} {text}");
        assert_eq!(project.read("warehouse/shifts.py"), accepted);
    }
    let (code, text) = said(&home, &project, &["undo", id]);
    assert_eq!(code, 0, "{text}");
    assert_eq!(project.read("warehouse/shifts.py"), format!("# Shifts.\n{shifts}"));
    let (code, text) = said(&home, &project, &["undo", id]);
    assert_ne!(code, 0, "nothing is left to be taken back: {text}");

    let (code, text) = said(&home, &project, &["reject", id, "warehouse/shifts.py"]);
    assert_eq!(code, 0, "{text}");
    let (code, text) = said(&home, &project, &["accept", id]);
    assert_eq!(code, 0, "{text}");
    assert_ne!(project.read("warehouse/routes.py"), routes);
    assert_eq!(project.read("warehouse/shifts.py"), format!("# Shifts.\n{shifts}"));
    // What stands there now is not what the change was made for.
    project.write("warehouse/shifts.py", "nothing of it is left\n");
    let (code, text) = said(&home, &project, &["accept", id, "warehouse/shifts.py"]);
    assert!(code != 0 && text.contains("nothing was written"), "{text}");
    assert_eq!(project.read("warehouse/shifts.py"), "nothing of it is left\n");
}

/// A project that only the second worker mends; how many attempts it took, and why the last one was made by whom.
fn attempts(home: &Home, name: &str) -> (Project, usize, Value, String) {
    let project = Project::empty(name);
    let script =
        "import os\nwith open('area.py', 'w') as file:\n    file.write('UNIT = {1: 4}\\n')\n";
    project.write("tools/mend.py", script);
    let config = "[[worker]]\nname = \"mend\"\ncommand = [\"python3\", \"tools/mend.py\"]\n";
    project.write("greenloop.toml", config);
    project.write("area.py", "UNIT = {}\n");
    project.write(
        "test_area.py",
        "import unittest\n\nfrom area import UNIT\n\n\nclass AreaTest(unittest.TestCase):\n    \
         def test_unit(self):\n        self.assertEqual(UNIT[1], 4)\n",
    );
    let (code, lines) = run(home, &project, &["fix"]);
    let outcome = lines.last().unwrap();
    assert_eq!((code, outcome["status"].as_str()), (0, Some("green")), "{outcome:#}");
    let begun = of_type(&lines, "attempt-started");
    let (n, last) = (begun.len(), (*begun.last().unwrap()).clone());
    (project, n, last, outcome["run"].as_str().unwrap().to_owned())
}

#[test]
fn a_worker_is_told_of_the_checks_that_its_step_names() {
    let project = Project::empty("area");
    project.write(
        "greenloop.toml",
        "workers = [\"mend\"]\n[[worker]]\nname = \"mend\"\ncommand = [\"python3\", \"mend.py\"]\n\
         [[check]]\nname = \"unit\"\nrunner = \"unittest\"\n\
         [[check]]\nname = \"style\"\nrunner = \"command\"\ncommand = [\"python3\", \"-c\", \"pass\"]\n",
    );
    project.write("mend.py", "import json, os\nbrief = json.load(open(os.environ['GREENLOOP_BRIEF']))\nassert [line['check'] for line in brief['checks']] == ['unit'], brief['checks']\nopen('area.py', 'w').write('UNIT = 4\\n')\n");
    project.write("area.py", "UNIT = 3\n");
    project.write("test_area.py", "import unittest\n\nfrom area import UNIT\n\n\nclass T(unittest.TestCase):\n    def test_unit(self):\n        self.assertEqual(UNIT, 4)\n");
    let watched = Watched::start(&project, &rungs().pop().unwrap().1);
    let id = watched.start_run(Goal { plan_first: true, ..Goal::default() });
    let view = watched.wait_view(id, |view| view.run.open_questions().next().is_some());
    let mut plan = view.run.plan.clone().unwrap();
    plan.steps[0].checks = vec![CheckId::new("unit")];
    watched.engine.send(Command::Approve { id, plan: Some(plan) }).unwrap();
    let view = watched.wait_view(id, |view| view.run.is_finished());
    assert_eq!(view.run.outcome(), Some(&Outcome::Green));
    let verified = view.run.attempts[0].verified.as_ref().unwrap();
    assert_eq!(verified.runs.len(), 2, "the last word has a run of all");
}

/// A failure that looks like that of [`attempts`], which our own search mends and this `mend` does not.
fn alike(name: &str) -> Project {
    let project = Project::empty(name);
    project.write("tools/mend.py", "");
    let config = "[[worker]]\nname = \"mend\"\ncommand = [\"python3\", \"tools/mend.py\"]\n";
    project.write("greenloop.toml", config);
    project.write("area.py", "def unit(n):\n    return {1: 4, 2: 8}[n + 1]\n");
    project.write(
        "test_area.py",
        "import unittest\n\nfrom area import unit\n\n\nclass AreaTest(unittest.TestCase):\n    \
         def test_unit(self):\n        self.assertEqual([unit(2), unit(1)], [8, 4])\n",
    );
    project
}

#[test]
fn a_lesson_that_does_not_hold_here_costs_an_attempt_and_nothing_else() {
    let home = Home::new();
    let (first, _, _, id) = attempts(&home, "first");
    assert_eq!(said(&home, &first, &["accept", &id]).0, 0);
    let (code, lines) = run(&home, &alike("second"), &["fix"]);
    let outcome = lines.last().unwrap();
    assert_eq!((code, outcome["status"].as_str()), (0, Some("green")), "{outcome:#}");
    let begun = of_type(&lines, "attempt-started");
    let workers: Vec<&str> = begun.iter().filter_map(|line| line["worker"].as_str()).collect();
    assert_eq!(workers, ["mend", "repair"], "what was learned only goes first");
}

#[test]
fn what_was_accepted_saves_attempts_in_the_next_project_until_it_is_forgotten() {
    let home = Home::new();
    let (first, n, _, id) = attempts(&home, "first");
    assert_eq!(n, 2, "our own search goes first");
    let (_, text) = said(&home, &first, &["lessons"]);
    assert!(text.contains("Nothing was learned"), "a proposal alone teaches nothing: {text}");
    let (code, text) = said(&home, &first, &["accept", &id]);
    assert_eq!(code, 0, "{text}");
    let (_, text) = said(&home, &first, &["lessons"]);
    assert!(text.contains("mend: 1 accepted, 0 not"), "{text}");

    let (second, n, last, _) = attempts(&home, "second");
    assert_eq!(n, 1, "{last:#}");
    assert!(last["why"].as_str().unwrap().contains(&id), "{last:#}");
    let (code, text) = said(&home, &second, &["lessons", "--delete", "all"]);
    assert_eq!((code, text.trim()), (0, "1 forgotten"));
    let (_, n, ..) = attempts(&home, "third");
    assert_eq!(n, 2);
}
