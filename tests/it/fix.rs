//! `greenloop fix` on real projects: red to green offline, with the diff and its evidence.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use crate::support::{Fingerprint, Fixture, Home, Project};

/// Runs `fix --format json` and returns its exit code and last line.
fn fix(home: &Home, project: &Project, args: &[&str]) -> (i32, Value) {
    let output =
        project.greenloop(home).arg("fix").args(args).args(["--format", "json"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let last = text.lines().next_back().unwrap_or_else(|| {
        panic!(
            "nothing on standard output; standard error:\n{}",
            String::from_utf8_lossy(&output.stderr)
        )
    });
    (output.status.code().unwrap(), serde_json::from_str(last).unwrap())
}

/// The whole promise, for one fixture: green, the fault's file changed and nothing else, nothing of the user's
/// touched, and with `--apply` a project whose own tests pass.
fn check_fix(name: &str) {
    let (home, fixture) = (Home::new(), Fixture::load(name));
    let project = fixture.copy();
    project.commit_all();
    let before = Fingerprint::of(&project.root);
    let (code, outcome) = fix(&home, &project, &[]);
    assert_eq!((code, outcome["status"].as_str()), (0, Some("green")), "{outcome:#}");
    before.assert_unchanged(&project.root);

    let evidence = &outcome["evidence"];
    assert_eq!(evidence["fixed"].as_array().unwrap().len(), fixture.red.len(), "{evidence:#}");
    assert_eq!(
        evidence["n_passed"].as_u64().unwrap() as usize,
        fixture.passing + fixture.red.len()
    );
    assert_eq!(evidence["checks"][0]["check"], *fixture.check);
    let diff = outcome["diff"].as_str().unwrap();
    assert!(diff.contains(&format!("+++ b/{}", fixture.fault.file)), "{diff}");
    assert_eq!(diff.matches("+++ ").count(), 1, "{diff}");

    let (code, outcome) = fix(&home, &project, &["--apply"]);
    assert_eq!(
        (code, &outcome["applied"][0]),
        (0, &Value::from(fixture.fault.file.clone())),
        "{outcome:#}"
    );
    let (code, outcome) = fix(&home, &project, &[]);
    assert_eq!((code, outcome["status"].as_str()), (0, Some("already-green")), "{outcome:#}");
    let status = String::from_utf8(project.git(&["status", "--porcelain"]).stdout).unwrap();
    assert_eq!(status.trim(), format!("M {}", fixture.fault.file));
}

/// Runs `fix --apply` and interrupts it at each line for which this holds, which is told how often it was by then; returns
/// all lines. The project stays as it was.
fn interrupted(is_it: impl Fn(usize, &Value) -> bool) -> Vec<Value> {
    let (home, project) = (Home::new(), Fixture::load("python-billing").copy());
    project.commit_all();
    let before = Fingerprint::of(&project.root);
    let mut command = project.greenloop(&home);
    command.args(["fix", "--apply", "--format", "json"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let id = child.id().to_string();
    let (mut lines, mut n_sent) = (Vec::new(), 0);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = serde_json::from_str(&line.unwrap()).unwrap();
        if is_it(n_sent, &line) {
            assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
            n_sent += 1;
        }
        lines.push(line);
    }
    child.wait().unwrap();
    before.assert_unchanged(&project.root);
    lines
}

fn is_found(line: &Value) -> bool {
    line["best"].as_str().unwrap_or_default().contains("all failing tests pass")
}

#[test]
fn an_interrupted_search_leaves_what_it_has_found() {
    let has = |lines: &[Value], kind: &str| lines.iter().any(|line| line["type"] == kind);
    let lines = interrupted(|n, line| n == 0 && is_found(line));
    assert!(has(&lines, "stop-requested") && has(&lines, "verify-finished"), "{lines:#?}");
    assert_eq!(lines.last().unwrap()["status"], "green", "{lines:#?}");

    let lines = interrupted(|n, line| n == 0 && line["text"] == "looking where it fails");
    assert!(has(&lines, "stop-requested") && !has(&lines, "verify-finished"), "{lines:#?}");
    assert_eq!(lines.last().unwrap()["status"], "cancelled", "{lines:#?}");
}

#[test]
fn interrupted_twice_it_ends_and_says_so() {
    let lines = interrupted(|n, line| match n {
        0 => is_found(line),
        1 => line["type"] == "stop-requested",
        _ => false,
    });
    // What it had found may be checked by then.
    let last = lines.last().unwrap();
    assert_eq!(last["type"], "outcome", "{lines:#?}");
    assert!(last["status"] == "cancelled" || last["status"] == "green", "{last:#}");
}

/// Two tests of one file and one subject make one step; nothing makes both pass.
#[test]
fn tests_that_no_change_mends_together_are_tried_one_by_one() {
    let project = Project::empty("parts");
    project.write("util.py", "def name(key):\n    return key.upper()\n\n\ndef clamp(n, low, high):\n    return max(low, max(n, high))\n");
    project.write("test_util.py", "import unittest\nimport util\n\n\nclass T(unittest.TestCase):\n    def test_name(self):\n        self.assertEqual(util.name('x'), 'Xenophon of Athens')\n\n    def test_clamp(self):\n        self.assertEqual(util.clamp(5, 1, 3), 3)\n        self.assertEqual(util.clamp(0, 1, 3), 1)\n        self.assertEqual(util.clamp(2, 1, 3), 2)\n");
    let home = Home::new();
    let (code, outcome) = fix(&home, &project, &[]);
    assert_eq!((code, outcome["status"].as_str()), (1, Some("partly-green")), "{outcome:#}");
    let fixed = outcome["evidence"]["fixed"].as_array().unwrap();
    assert_eq!(fixed.len(), 1, "{outcome:#}");
    assert_eq!(fixed[0]["name"], "test_util.T.test_clamp");
    assert!(outcome["diff"].as_str().unwrap().contains("+    return max(low, min(n, high))"));

    let said = |args: &[&str]| {
        let output = project.greenloop(&home).args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let run = said(&["runs"]).split(' ').next().unwrap().to_owned();
    let stands = |decision: &str, wanted: &str| {
        if !decision.is_empty() {
            said(&[decision, &run]);
        }
        let (runs, page) = (said(&["runs"]), said(&["show", &run]));
        assert!(runs.contains(&format!("; {wanted}\n")), "{runs}");
        assert!(page.contains(&format!("`util.py`: edit, {wanted}\n")), "{page}");
    };
    stands("", "1 to decide");
    stands("accept", "1 accepted");
    stands("undo", "1 to decide");
    stands("reject", "1 rejected");
}

#[test]
fn unittest_goes_green() {
    check_fix("python-billing");
}

#[test]
fn pytest_goes_green() {
    check_fix("python-ledger-pytest");
}

#[test]
fn cargo_goes_green() {
    check_fix("rust-interval");
}

#[test]
fn people_see_the_diff_and_the_evidence() {
    let (home, fixture) = (Home::new(), Fixture::load("python-billing"));
    let project = fixture.copy();
    let output = project.greenloop(&home).arg("fix").output().unwrap();
    let (out, err) = texts(&output);
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    for part in [
        "+++ b/billing/periods.py",
        "Evidence",
        "red → green",
        "unittest: 81 tests",
        "Nothing was written",
    ] {
        assert!(out.contains(part), "{part:?} is missing in:\n{out}");
    }
    assert!(err.contains("baseline  81 tests, 3 red"), "{err}");
}

#[test]
fn one_named_test_is_the_goal() {
    let (home, fixture) = (Home::new(), Fixture::load("python-billing"));
    let project = fixture.copy();
    let (code, outcome) =
        fix(&home, &project, &["--test", "test_a_plan_change_is_taxed_as_a_whole"]);
    assert_eq!((code, outcome["status"].as_str()), (0, Some("green")), "{outcome:#}");
    let (code, outcome) = fix(&home, &project, &["--test", "test_nowhere"]);
    assert_eq!((code, outcome["status"].as_str()), (2, Some("failed")), "{outcome:#}");
    assert!(outcome["reason"].as_str().unwrap().contains("test_nowhere"));
}

#[test]
fn a_subfolder_stands_for_its_repository() {
    let (home, fixture) = (Home::new(), Fixture::load("python-billing"));
    let project = fixture.copy();
    project.commit_all();
    let mut command = home.greenloop();
    let output = command
        .current_dir(project.root.join("tests"))
        .args(["fix", "--format", "json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", texts(&output).0);
}

#[test]
fn a_project_inside_a_folder_of_fixtures_is_worked_on() {
    let (home, fixture) = (Home::new(), Fixture::load("python-billing"));
    let inner = fixture.copy();
    let top = inner.root.join("..").canonicalize().unwrap();
    let project = top.join("tests/fixtures/billing");
    fs::create_dir_all(project.parent().unwrap()).unwrap();
    fs::rename(&inner.root, &project).unwrap();
    Command::new("git").args(["init", "--quiet"]).current_dir(&top).status().unwrap();
    let output = home
        .greenloop()
        .current_dir(&top)
        .args(["fix", "--format", "json", "tests/fixtures/billing"])
        .output()
        .unwrap();
    let (out, err) = texts(&output);
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    assert!(out.contains("+++ b/tests/fixtures/billing/billing/periods.py"), "{out}");
}

#[test]
fn time_and_attempts_are_obeyed_and_said() {
    let (home, fixture) = (Home::new(), Fixture::load("python-billing"));
    let project = fixture.copy();
    let (code, outcome) = fix(&home, &project, &["--wall", "0.001"]);
    assert_eq!((code, outcome["status"].as_str()), (1, Some("out-of-budget")), "{outcome:#}");
    assert!(outcome["reason"].as_str().unwrap().contains("time"), "{outcome:#}");
}

#[test]
fn an_honest_stop_says_what_was_tried() {
    let (home, project) = (Home::new(), Fixture::load("python-billing").copy_healthy());
    project.write(
        "tests/test_impossible.py",
        "import unittest\n\nfrom billing import money\n\n\nclass Impossible(unittest.TestCase):\n    \
         def test_the_impossible(self):\n        self.assertEqual(len(money.__name__), 99)\n",
    );
    let before = Fingerprint::of(&project.root);
    let (code, outcome) = fix(&home, &project, &["--wall", "600"]);
    assert_eq!((code, outcome["status"].as_str()), (1, Some("stuck")), "{outcome:#}");
    assert!(outcome["diff"].is_null());
    before.assert_unchanged(&project.root);
}

#[test]
fn apply_refuses_a_file_that_moved_on() {
    let (home, fixture) = (Home::new(), Fixture::load("python-billing"));
    let project = fixture.copy();
    // The project's own tests change nothing on disk, so the file is changed by whoever runs beside us: here, a link
    // to a file that cannot be replaced.
    let file = project.root.join(&fixture.fault.file);
    let mode = fs::metadata(&file).unwrap().permissions();
    let (code, outcome) = fix(&home, &project, &["--apply"]);
    assert_eq!(code, 0, "{outcome:#}");
    assert_eq!(fs::metadata(&file).unwrap().permissions(), mode);
}

#[test]
fn what_is_green_is_written_where_the_project_says_so() {
    let (home, fixture) = (Home::new(), Fixture::load("python-billing"));
    let project = fixture.copy();
    project.write("greenloop.toml", "[approval]\naccept = \"green\"\n");
    let (code, outcome) = fix(&home, &project, &[]);
    assert_eq!(
        (code, &outcome["applied"][0]),
        (0, &Value::from(fixture.fault.file.clone())),
        "{outcome:#}"
    );
}

#[test]
fn usage_errors_exit_with_two_and_a_hint() {
    let home = Home::new();
    let check = |args: &[&str], said: &str| {
        let output = home.greenloop().args(args).output().unwrap();
        let (_, err) = texts(&output);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {err}");
        assert!(err.contains(said) && err.contains("hint: "), "{args:?}: {err}");
    };
    check(&["fly"], "no command fly");
    check(&["fix", "--wall", "soon"], "--wall takes a number of seconds");
    check(&["fix", "--wall", "-3"], "seconds");
    check(&["fix", "--attempts", "0"], "--attempts takes a whole number above 0");
    check(&["reject", "0000000001", "--step", "x"], "--step takes a whole number above 0");
    check(
        &["answer", "0000000001", "--question", "who"],
        "--question takes a whole number above 0",
    );
    check(&["fix", "--format", "xml"], "human or json");
    check(&["fix", "--resume", "me"], "no run id");
    check(&["fix", "--colour"], "--colour");
    check(&["fix", "/nowhere/at/all"], "/nowhere/at/all");
    check(&["fix", "--resume", "0000000001", "."], "no run 0000000001");
}

fn texts(output: &Output) -> (String, String) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

#[test]
fn doctor_and_checks_speak() {
    let (home, project) = (Home::new(), Fixture::load("python-billing").copy());
    let run = |command: &mut Command| texts(&command.output().unwrap()).0;
    let doctor = run(project.greenloop(&home).arg("doctor"));
    assert!(doctor.contains("isolation: ") && doctor.contains("state folder"), "{doctor}");
    let checks = run(project.greenloop(&home).arg("checks"));
    for part in
        ["unittest", "because", "78 passed, 3 red", "test_a_plan_change_is_taxed_as_a_whole"]
    {
        assert!(checks.contains(part), "{part:?} is missing in:\n{checks}");
    }
}
