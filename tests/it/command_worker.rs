//! Programs as workers: what they are told, what they may do, and who works when they have nothing.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::support::{Home, Project};

/// A project with one red test and a worker `tools/codemod.py` with this text after the prelude.
fn project(workers: &str, script: &str) -> Project {
    // One that hangs is waited for.
    let seconds = if script.contains("while True") { 3 } else { 300 };
    let project = Project::empty("calc");
    project.write(
        "greenloop.toml",
        &format!(
            "{workers}\n[[worker]]\nname = \"codemod\"\ncommand = [\"python3\", \"tools/codemod.py\"]\n\
             timeout_seconds = {seconds}\nllm = true\n"
        ),
    );
    project.write("tools/codemod.py", &format!("{PRELUDE}{script}"));
    project.write("calc/__init__.py", "");
    project.write("calc/add.py", "def add(a, b):\n    return None\n");
    project.write("calc/old name.py", &numbered(20));
    project.write("calc/unused.py", "UNUSED = 1\n");
    project.write("tests/__init__.py", "");
    project.write("tests/test_add.py", TEST);
    project
}

const PRELUDE: &str = "import json, os, sys\nbrief = json.load(open(os.environ['GREENLOOP_BRIEF']))\n\
def put(path, text):\n    with open(path, 'w') as file:\n        file.write(text)\n\
GOOD = 'def add(a, b):\\n    return [a, b, {}]\\n'\n";

const TEST: &str = "import unittest\n\nfrom calc.add import add\n\n\nclass AddTest(unittest.TestCase):\n    \
def test_add(self):\n        self.assertEqual(add(1, 2), [1, 2, {}])\n\n    def test_other(self):\n        pass\n";

const ONLY: &str = "workers = [\"codemod\"]";

fn numbered(n: usize) -> String {
    (0..n).map(|n| format!("X{n} = {n}\n")).collect()
}

/// Exit code and the last line of `fix --format json`.
fn fix(project: &Project, args: &[&str]) -> (i32, Value) {
    let home = Home::new();
    let output =
        project.greenloop(&home).args(["fix", "--format", "json"]).args(args).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    let last = text.lines().next_back().unwrap_or_else(|| panic!("nothing was said: {error}"));
    (output.status.code().unwrap(), serde_json::from_str(last).unwrap())
}

/// The reason for which nothing was proposed.
fn check_stuck(workers: &str, script: &str, reason: &str) {
    let (code, outcome) = fix(&project(workers, script), &["--attempts", "2"]);
    assert_eq!((code, outcome["status"].as_str()), (1, Some("stuck")), "{script}: {outcome:#}");
    assert!(outcome["reason"].as_str().unwrap().contains(reason), "{script}: {outcome:#}");
}

#[test]
fn a_program_that_fails_has_nothing_to_offer() {
    check_stuck(ONLY, "put('calc/add.py', GOOD)\nsys.exit('boom')", "codemod: exit code 1: boom");
    check_stuck(ONLY, "put('calc/add.py', GOOD)\nwhile True: pass", "did not end within 3 s");
    check_stuck(ONLY, "print('all done')", "codemod: it changed nothing");
    check_stuck(ONLY, "os.kill(os.getpid(), 9)", "codemod: ended by signal 9");
    check_stuck(
        ONLY,
        "put('calc/add.py', 'def add(a, b):\\n    return 1\\n')",
        "still red: tests.test_add",
    );
}

#[test]
fn a_program_reads_what_it_is_to_do_and_why_it_was_refused() {
    let script = "red, = brief['red']\n\
assert brief['version'] == 1 and brief['root'] == os.getcwd(), brief\n\
assert red['name'] == 'tests.test_add.AddTest.test_add' and 'None != [1, 2, {}]' in red['message'], red\n\
assert red['at'] == {'path': 'tests/test_add.py', 'line': 8} and red['frames'], red\n\
assert brief['checks'][0]['command'].endswith('-m unittest'), brief\n\
rejected = brief['rejected']\n\
if len(rejected) == 0:\n    os.remove('tests/test_add.py')\n\
elif len(rejected) == 1:\n    assert 'left out' in rejected[0]['reason'], rejected\n    put('calc/add.py', 'add = 1\\n')\n\
else:\n    assert 'still red' in rejected[1]['reason'], rejected\n    \
assert rejected[1]['changes'][0]['inserted'] == ['add = 1\\n'], rejected\n    put('calc/add.py', GOOD)\n";
    let (code, outcome) = fix(&project(ONLY, script), &[]);
    assert_eq!((code, outcome["status"].as_str()), (0, Some("green")), "{outcome:#}");
}

#[test]
fn our_own_search_goes_first_and_hands_over() {
    let project = project("", "put('calc/add.py', GOOD)");
    let output = project.greenloop(&Home::new()).arg("fix").output().unwrap();
    let (out, err) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(0), "{out}{err}");
    let order = ["attempt   1, by repair", "attempt   2, by codemod"].map(|line| err.find(line));
    assert!(order[0].is_some() && order[0] < order[1], "{err}");
    assert!(out.contains("Made by codemod, a language model."), "{out}");
}

#[test]
fn an_unknown_worker_is_an_error_with_a_hint() {
    let (code, outcome) = fix(&project("workers = [\"codmod\"]", ""), &[]);
    assert_eq!((code, outcome["status"].as_str()), (2, Some("failed")), "{outcome:#}");
    assert!(outcome["reason"].as_str().unwrap().contains("did you mean `codemod`?"), "{outcome:#}");
}

#[test]
fn files_that_come_go_and_move_are_proposed_and_git_takes_the_diff() {
    let script = "os.remove('calc/unused.py')\n\
os.makedirs('calc/deep')\n\
put('calc/deep/made.py', GOOD)\n\
put('calc/deep/__init__.py', '')\n\
put('calc/add.py', 'from calc.deep.made import add\\n')\n\
text = open('calc/old name.py').read()\n\
os.remove('calc/old name.py')\n\
put('calc/new.py', text.replace('X3 = 3', 'X3 = 33'))\n";
    let (by_git, by_us) = (project(ONLY, script), project(ONLY, script));
    let (code, outcome) = fix(&by_git, &[]);
    assert_eq!((code, outcome["status"].as_str()), (0, Some("green")), "{outcome:#}");
    assert_eq!(
        (outcome["worker"].as_str(), outcome["llm"].as_bool()),
        (Some("codemod"), Some(true))
    );
    let diff = outcome["diff"].as_str().unwrap();
    for part in
        ["rename from calc/old name.py", "new file mode", "deleted file mode", "+++ /dev/null"]
    {
        assert!(diff.contains(part), "{part} is missing in:\n{diff}");
    }
    by_git.commit_all();
    by_git.write("../the.patch", diff);
    by_git.git(&["apply", "../the.patch"]);

    by_us.commit_all();
    let (code, outcome) = fix(&by_us, &["--apply"]);
    assert_eq!(code, 0, "{outcome:#}");
    let tree = |project: &Project| {
        project.git(&["add", "--all"]);
        String::from_utf8(project.git(&["write-tree"]).stdout).unwrap()
    };
    assert_eq!(tree(&by_us), tree(&by_git));
    assert!(!by_us.root.join("calc/old name.py").exists());
    let tests = Command::new("python3").args(["-m", "unittest"]).current_dir(&by_us.root).output();
    assert!(tests.unwrap().status.success());
    let left = fs::read_dir(by_us.root.join("calc")).unwrap();
    let strangers = left.filter(|entry| {
        entry.as_ref().unwrap().file_name().to_string_lossy().contains("greenloop")
    });
    assert_eq!(strangers.count(), 0);
}

#[test]
fn what_cannot_be_reviewed_is_refused_in_words() {
    for (script, reason) in [
        (
            "put('calc/add.py', GOOD)\nopen('data.bin', 'wb').write(b'\\0\\xff')",
            "data.bin, which is no UTF-8 text",
        ),
        (
            "put('calc/add.py', GOOD)\nos.symlink('add.py', 'calc/link.py')",
            "calc/link.py, which is a symbolic link",
        ),
        (
            "put('calc/add.py', GOOD)\nput('run', '')\nos.chmod('run', 0o755)",
            "run, which was made executable",
        ),
    ] {
        check_stuck(ONLY, script, reason);
    }
}
