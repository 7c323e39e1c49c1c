//! What is run, what is not run again, and what chance may not decide.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Home, Project};

/// The lines that a command prints as JSON, and its exit code.
fn lines(project: &Project, home: &Home, args: &[&str]) -> (i32, Vec<Value>) {
    let output = project.greenloop(home).args(args).args(["--format", "json"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output.status.code().unwrap(), lines)
}

/// The check runs of the first event of that kind.
fn runs_of(lines: &[Value], kind: &str) -> Vec<Value> {
    let event = lines.iter().find(|line| line["type"] == kind);
    event.unwrap_or_else(|| panic!("no {kind} in {lines:#?}"))["runs"].as_array().unwrap().clone()
}

/// A project with one file of unittest tests.
fn project(test: &str) -> Project {
    let project = Project::empty("gate");
    project.write("calc.py", "def add(a, b):\n    return a - b\n");
    project.write("tests/__init__.py", "");
    project.write(
        "tests/test_calc.py",
        &format!("import os, unittest\nimport calc\n\nclass T(unittest.TestCase):\n{test}"),
    );
    project
}

const ADDS: &str = "    def test_add(self):\n        self.assertEqual(calc.add(1, 2), 3)\n";

/// Passes at every second run in one world.
const FLICKERS: &str = "    def test_flicker(self):\n        n = int(open('n').read()) if os.path.exists('n') else 0\n        \
open('n', 'w').write(str(n + 1))\n        self.assertEqual(n % 2, 1)\n";

#[test]
fn an_unchanged_tree_is_never_checked_twice() {
    let project = project(ADDS);
    let home = Home::new();
    let reused = |args: &[&str]| {
        let (_, lines) = lines(&project, &home, &[&["checks"], args].concat());
        let runs = runs_of(&lines, "baseline-taken");
        runs.iter().map(|run| run["reused"] == true).collect::<Vec<_>>()
    };
    assert_eq!(reused(&[]), [false]);
    for _ in 0..10 {
        assert_eq!(reused(&[]), [true]);
    }
    assert_eq!(reused(&["--fresh"]), [false], "asked to run anew");
    project.write("calc.py", "def add(a, b):\n    return a * b\n");
    assert_eq!(reused(&[]), [false], "another tree");
    project.write("calc.py", "def add(a, b):\n    return a - b\n");
    assert_eq!(reused(&[]), [true], "the first tree again");
    let toml =
        "[[check]]\nname = \"unittest\"\nrunner = \"unittest\"\nenv = { LEVEL = \"NUMBER\" }\n";
    project.write("greenloop.toml", &toml.replace("NUMBER", "1"));
    assert_eq!(reused(&[]), [false], "another check");
}

#[test]
fn other_tools_make_another_setting() {
    let project = project(ADDS);
    let home = Home::new();
    project.write(
        "greenloop.toml",
        "[[check]]\nname = \"all\"\nrunner = \"command\"\ncommand = [\"python3\", \"-c\", \"\"]\n",
    );
    project.write(".gitignore", "node_modules\n");
    let reused = || {
        let (_, lines) = lines(&project, &home, &["checks"]);
        runs_of(&lines, "baseline-taken")[0]["reused"] == true
    };
    project.write("package.json", "{}");
    project.write("node_modules/.package-lock.json", "{}");
    assert_eq!([reused(), reused()], [false, true]);
    project.write("node_modules/.package-lock.json", "{\"a\": 1}");
    assert_eq!([reused(), reused()], [false, true], "a package was installed");
}

#[test]
fn a_flaky_test_is_named_and_no_target() {
    let (code, told) = lines(&project(FLICKERS), &Home::new(), &["fix"]);
    let last = told.last().unwrap();
    assert_eq!((code, last["status"].as_str()), (1, Some("stuck")), "{last:#}");
    assert_eq!(
        last["reason"],
        "all that is red passed when it was run again on the same files: tests.test_calc.T.test_flicker"
    );
    let flaky = &runs_of(&told, "baseline-taken")[0]["flaky"];
    assert_eq!(flaky[0]["name"], "tests.test_calc.T.test_flicker");

    let both = project(&format!("{ADDS}\n{FLICKERS}"));
    let (code, told) = lines(&both, &Home::new(), &["fix"]);
    let last = told.last().unwrap();
    assert_eq!((code, last["status"].as_str()), (0, Some("green")), "{last:#}");
    assert_eq!(last["evidence"]["flaky"][0]["name"], "tests.test_calc.T.test_flicker", "{last:#}");
}

#[test]
fn a_test_that_fails_by_the_tests_before_it_is_not_flaky() {
    let test = "    def test_a(self):\n        calc.add.used = True\n\n    \
                def test_b(self):\n        self.assertFalse(hasattr(calc.add, 'used'))\n";
    let (_, told) = lines(&project(test), &Home::new(), &["checks"]);
    let run = &runs_of(&told, "baseline-taken")[0];
    assert_eq!(run["flaky"], serde_json::json!([]), "{run:#}");
    assert_eq!(told.last().unwrap()["status"], "red", "{told:#?}");
}

/// A worker that writes this into `calc.py`.
fn with_worker(project: &Project, text: &str) {
    let script = format!("open('calc.py', 'w').write({text:?})\n");
    project.write("tools/worker.py", &script);
    project.write(
        "greenloop.toml",
        "workers = [\"one\"]\n[[worker]]\nname = \"one\"\ncommand = [\"python3\", \"tools/worker.py\"]\n",
    );
}

#[test]
fn a_target_that_passes_by_chance_is_not_green() {
    let project = project(ADDS);
    let chance = "import os\ndef add(a, b):\n    n = os.path.exists('n')\n    open('n', 'w')\n    return a - b if n else a + b\n";
    with_worker(&project, chance);
    let (code, told) = lines(&project, &Home::new(), &["fix", "--attempts", "1"]);
    let last = told.last().unwrap();
    assert_eq!((code, last["status"].as_str()), (1, Some("stuck")), "{last:#}");
    let flaky = &runs_of(&told, "verify-finished")[0]["flaky"];
    assert_eq!(flaky[0]["name"], "tests.test_calc.T.test_add", "{told:#?}");
}

#[test]
fn tests_whose_names_differ_from_run_to_run_have_not_vanished() {
    let named = |by: &str| {
        project(&format!(
            "{ADDS}\nimport time\nsetattr(T, f'test_at_{{{by}}}', lambda self: None)\n"
        ))
    };
    let (code, told) = lines(&named("time.time_ns()"), &Home::new(), &["fix"]);
    let last = told.last().unwrap();
    assert_eq!((code, last["status"].as_str()), (0, Some("green")), "{last:#}");
    let (before, after) = (runs_of(&told, "baseline-taken"), runs_of(&told, "verify-finished"));
    let names = |runs: &[Value]| {
        let cases = runs[0]["report"]["cases"].as_array().unwrap();
        cases.iter().map(|case| case["id"]["name"].to_string()).collect::<BTreeSet<_>>()
    };
    assert_eq!(names(&before), names(&after), "under the names of the baseline");

    // The change itself calls it otherwise.
    let project = named("len(calc.__dict__)");
    with_worker(&project, "N = 1\ndef add(a, b):\n    return a + b\n");
    let (code, told) = lines(&project, &Home::new(), &["fix", "--attempts", "1"]);
    let last = told.last().unwrap();
    assert_eq!((code, last["status"].as_str()), (1, Some("stuck")), "{last:#}");
}

#[test]
fn what_cannot_be_run_here_does_not_keep_the_rest_from_being_mended() {
    let project = project(ADDS);
    project.write("data/go.mod", "module e/data\n\ngo 1.18\n\nrequire e/other v1.0.0\n");
    project.write("data/a_test.go", "package data\n\nimport _ \"e/other\"\n");
    let (code, told) = lines(&project, &Home::new(), &["fix"]);
    let last = told.last().unwrap();
    assert_eq!((code, last["status"].as_str()), (1, Some("partly-green")), "{last:#}");
    assert_eq!(last["evidence"]["fixed"][0]["name"], "tests.test_calc.T.test_add", "{last:#}");
    let left_out = last["left_out"][0]["message"].as_str().unwrap();
    assert!(left_out.starts_with("check `go test:data` needs a module"), "{left_out}");

    // Somebody wrote it down, so without it nothing is green.
    let toml = "[[check]]\nname = \"unittest\"\nrunner = \"unittest\"\n[[check]]\nname = \"data\"\nrunner = \"go\"\n\
                dir = \"data\"\n";
    project.write("greenloop.toml", toml);
    let (code, told) = lines(&project, &Home::new(), &["fix"]);
    let last = told.last().unwrap();
    assert_eq!((code, last["status"].as_str()), (2, Some("failed")), "{last:#}");
}

#[test]
fn the_test_that_ended_the_run_is_named() {
    let check = |body: &str, seconds: u32, outcome: &str| {
        let project = project(&format!("    def test_end(self):\n        {body}\n"));
        let toml = format!(
            "[[check]]\nname = \"u\"\nrunner = \"unittest\"\ntimeout_seconds = {seconds}\n"
        );
        project.write("greenloop.toml", &toml);
        let (code, told) = lines(&project, &Home::new(), &["checks"]);
        assert_eq!(code, 1);
        let case = &runs_of(&told, "baseline-taken")[0]["report"]["cases"][0];
        assert_eq!(case["id"]["name"], "tests.test_calc.T.test_end", "{told:#?}");
        assert_eq!(case["outcome"], outcome, "{told:#?}");
    };
    check("os._exit(0)", 60, "crashed");
    check("while True: pass", 1, "timed-out");
}

/// A project of two packages, each with a check in its folder.
fn two_packages(script: &str, more: &str) -> Project {
    let project = Project::empty("gate");
    let check = |own: &str, other: &str| {
        project.write(&format!("{own}/x"), "");
        let script = script.replace("OWN", own).replace("OTHER", other);
        format!(
            "[[check]]\nname = \"{own}\"\ndir = \"{own}\"\nrunner = \"command\"\ntimeout_seconds = 20\n\
             command = [\"sh\", \"-c\", {script:?}]\n"
        )
    };
    let checks = [check("one", "two"), check("two", "one")].concat();
    project.write("greenloop.toml", &format!("{more}\n{checks}"));
    project
}

#[test]
fn checks_in_folders_apart_from_each_other_run_at_the_same_time() {
    let met = tempfile::tempdir().unwrap();
    let door = format!("[budget]\nchecks_at_once = 2\n[sandbox]\nwritable = [{:?}]\n", met.path());
    // Each waits for the other.
    let script =
        format!("cd '{}' && touch OWN && while ! test -e OTHER; do :; done", met.path().display());
    let (code, told) = lines(&two_packages(&script, &door), &Home::new(), &["checks", "--trust"]);
    assert_eq!(code, 0, "{told:#?}");
    let checks = runs_of(&told, "baseline-taken");
    assert_eq!(checks.iter().map(|run| &run["check"]).collect::<Vec<_>>(), ["one", "two"]);
}

#[test]
fn what_checks_build_at_the_same_time_is_there_the_next_time() {
    let project =
        two_packages("test -e built || { touch built; exit 1; }", "[budget]\nchecks_at_once = 2\n");
    project.write(".gitignore", "built\n");
    let home = Home::new();
    let statuses = |n: usize| {
        let (_, told) = lines(&project, &home, &["checks", "--fresh"]);
        let n_red = |run: &Value| run["report"]["cases"][0]["outcome"] != "passed";
        assert_eq!(runs_of(&told, "baseline-taken").iter().filter(|run| n_red(run)).count(), n);
    };
    statuses(2);
    statuses(0);
}
