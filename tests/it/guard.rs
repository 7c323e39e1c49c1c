//! A change cannot become green by touching what judges it: `fix` with workers that try.

use serde_json::Value;

use crate::support::{Home, Project};

/// `calc.add` gives nothing where a list is wanted; the worker runs `script`.
fn project(policy: &str, script: &str) -> Project {
    let project = Project::empty("calc");
    project.write(
        "greenloop.toml",
        &format!(
            "workers = [\"codemod\"]\n[[worker]]\nname = \"codemod\"\ncommand = [\"python3\", \"tools/codemod.py\"]\n{policy}"
        ),
    );
    project.write("tools/codemod.py", &format!("{PRELUDE}{script}"));
    project.write("calc/__init__.py", "");
    project.write("calc/add.py", "def add(a, b):\n    return None\n");
    project.write("tests/__init__.py", "");
    project.write("tests/test_add.py", TEST);
    project
}

const PRELUDE: &str = "import os\n\
def put(path, text):\n    with open(path, 'w') as file:\n        file.write(text)\n\
def replace(path, old, new):\n    text = open(path).read()\n    assert old in text\n    put(path, text.replace(old, new))\n\
GOOD = 'def add(a, b):\\n    return [a, b]\\n'\n";

const TEST: &str = "import unittest\n\nfrom calc.add import add\n\n\nclass AddTest(unittest.TestCase):\n    \
def test_add(self):\n        self.assertEqual(add(1, 2), [1, 2])\n\n    def test_other(self):\n        pass\n";

const FIX: &str = "put('calc/add.py', GOOD)\n";
const SKIP: &str = "replace('tests/test_add.py', '    def test_add', '    @unittest.skip(\"later\")\\n    def test_add')\n";

/// The last line of `fix --format json`.
fn fix(policy: &str, script: &str, args: &[&str]) -> (Project, Value) {
    let (home, project) = (Home::new(), project(policy, script));
    let output = project
        .greenloop(&home)
        .args(["fix", "--format", "json", "--attempts", "1"])
        .args(args)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().next_back().unwrap_or_else(|| panic!("nothing was said: {error}"));
    (project, serde_json::from_str(last).unwrap())
}

/// The reason for which nothing was proposed.
fn check_stuck(policy: &str, script: &str, reason: &str) {
    let (_, outcome) = fix(policy, script, &[]);
    assert_eq!(outcome["status"], "stuck", "{script}: {outcome:#}");
    assert!(outcome["reason"].as_str().unwrap().contains(reason), "{script}: {outcome:#}");
}

#[test]
fn edits_of_tests_are_left_out_of_a_change_that_is_right_without_them() {
    let (project, outcome) = fix("", &format!("{FIX}{SKIP}"), &["--apply"]);
    assert_eq!(outcome["status"], "green", "{outcome:#}");
    assert_eq!(outcome["applied"], serde_json::json!(["calc/add.py"]));
    assert!(!outcome["diff"].as_str().unwrap().contains("test_add"), "{outcome:#}");
    let left_out = &outcome["guard"]["left_out"][0];
    assert_eq!(
        (&left_out["class"], &left_out["change"]["path"]),
        (&"test".into(), &"tests/test_add.py".into())
    );
    assert!(
        left_out["change"]["hunks"][0]["inserted"][0].as_str().unwrap().contains("unittest.skip"),
        "{outcome:#}"
    );
    assert_eq!(outcome["guard"]["findings"][0]["kind"], "skip", "{outcome:#}");
    assert_eq!(project.read("tests/test_add.py"), TEST);
}

#[test]
fn a_change_that_needs_its_edits_of_tests_is_not_green() {
    check_stuck(
        "",
        SKIP,
        "it made nothing but an edit of tests/test_add.py (tests): test_add is skipped",
    );
    let weak = "replace('tests/test_add.py', 'assertEqual(add(1, 2), [1, 2])', 'assertIsNone(add(1, 2))')\n";
    check_stuck("", weak, "it is green only with an edit of tests/test_add.py (tests)");
    check_stuck("", "os.remove('tests/test_add.py')", "the deletion of tests/test_add.py");
    let hook =
        "put('conftest.py', 'collect_ignore = [\"tests\"]\\n')\nput('calc/add.py', 'add = 1\\n')\n";
    check_stuck("", hook, "still red");
}

#[test]
fn the_policy_refuses_and_allows() {
    let both = format!("{FIX}{SKIP}");
    check_stuck(
        "[guard]\ntests = \"refuse\"\n",
        &both,
        "must not be changed: tests/test_add.py (tests)",
    );
    check_stuck("[guard]\nprotect = [\"calc/add.py\"]\n", FIX, "an edit of calc/add.py (tests)");

    let more = "replace('tests/test_add.py', '        pass', '        self.assertEqual(add(3, 4), [3, 4])')\n";
    let (_, outcome) = fix("[guard]\nallow = [\"tests/*.py\"]\n", &format!("{FIX}{more}"), &[]);
    assert_eq!(outcome["status"], "green", "{outcome:#}");
    assert!(outcome["diff"].as_str().unwrap().contains("add(3, 4)"), "{outcome:#}");
    assert_eq!(
        outcome["guard"]["allowed"],
        serde_json::json!([[["tests/test_add.py", 0], "test"]])
    );
    assert_eq!(outcome["guard"]["left_out"], serde_json::json!([]));
}

#[test]
fn a_source_that_knows_the_tests_is_refused_with_the_reason() {
    let asks = "put('calc/add.py', 'import sys\\ndef add(a, b):\\n    if \"unittest\" in sys.modules:\\n        \
                return [a, b]\\n    return None\\n')\n";
    check_stuck("", asks, "calc/add.py:3: it asks whether tests run");
}
