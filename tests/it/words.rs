//! Goals in words: what is asked for is done by who can read, and what passed still passes.

use crate::support::{Home, Project};

/// A green project whose worker runs `script`.
fn project(script: &str) -> Project {
    let project = Project::empty("calc");
    project.write(
        "greenloop.toml",
        "[[worker]]\nname = \"codemod\"\ncommand = [\"python3\", \"tools/codemod.py\"]\n",
    );
    let prelude = "import json, os\nbrief = json.load(open(os.environ['GREENLOOP_BRIEF']))\n";
    project.write("tools/codemod.py", &format!("{prelude}{script}"));
    project.write("calc.py", "def add(a, b):\n    return a + b\n");
    project.write("test_calc.py", TEST);
    project
}

const TEST: &str = "import unittest\n\nfrom calc import add\n\n\nclass AddTest(unittest.TestCase):\n    \
def test_add(self):\n        self.assertEqual(add(1, 2), 3)\n\n    \
def test_known_fault(self):\n        self.assertEqual(add(1, 1), 3)\n";

const GOOD: &str = "with open('calc.py', 'a') as file:\n    file.write('\\n\\ndef double(a):\\n    return add(a, a)\\n')\n";

/// What the command line prints for a goal in words, and its exit code.
fn check(project: &Project, args: &[&str]) -> (i32, String) {
    let output = project.greenloop(&Home::new()).arg("plan").args(args).output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    (output.status.code().unwrap(), text.concat())
}

#[test]
fn what_is_said_is_done_and_breaks_nothing() {
    let script = format!(
        "assert brief['step']['title'] == 'add a function double', brief\nassert not brief['red']\n{GOOD}"
    );
    let (code, text) = check(&project(&script), &["add a function double", "--run"]);
    assert_eq!(code, 0, "{text}");
    for said in [
        "+def double(a):",
        "no red test asked for this; what passed before passes",
        "all in all   1 passed",
    ] {
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn a_plan_of_words_waits_for_a_yes() {
    let (code, text) = check(&project(GOOD), &["add a function double"]);
    assert_eq!(code, 3, "{text}");
    assert!(text.contains("## 1. add a function double"), "{text}");
}

#[test]
fn what_breaks_something_or_does_nothing_is_not_green() {
    let cases = [
        (
            "open('calc.py', 'w').write('def add(a, b):\\n    return a - b\\n')\n",
            "newly red: test_calc.AddTest.test_add",
        ),
        ("print('done')\n", "it changed nothing"),
        ("os.remove('test_calc.py')\n", "it made nothing but"),
    ];
    for (script, reason) in cases {
        let (code, text) = check(&project(script), &["make it faster", "--run", "--attempts", "1"]);
        assert_eq!(code, 1, "{script}: {text}");
        assert!(text.contains(reason), "{script}: {text}");
    }
}

#[test]
fn a_named_red_test_is_part_of_what_is_said() {
    let script =
        "open('calc.py', 'w').write('def add(a, b):\\n    return a + b if a != b else 3\\n')\n";
    let args = ["add like nobody else", "--run", "--test", "test_known_fault"];
    let (code, text) = check(&project(script), &args);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("test_calc.AddTest.test_known_fault"), "{text}");
}

#[test]
fn without_somebody_who_reads_words_are_refused() {
    let project = project(GOOD);
    project.write("greenloop.toml", "");
    let (code, text) = check(&project, &["add a function double", "--run"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("nobody here who can carry out a goal in words"), "{text}");
    assert!(text.contains("[[model]]"), "{text}");
}

#[test]
fn a_single_word_is_taken_for_a_folder_and_that_is_said() {
    let (code, text) = check(&project(GOOD), &["faster"]);
    assert_eq!(code, 2, "{text}");
    assert!(
        text.contains("faster is no folder; a goal in words is several words in quotes"),
        "{text}"
    );
}
