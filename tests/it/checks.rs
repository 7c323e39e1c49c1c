//! Checks found in real projects and run in real worlds: what is told of projects that are well, red, broken or hostile.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use greenloop::base::cancel::CancelToken;
use greenloop::base::path::RepoPath;
use greenloop::io::checks::{self, Detected, Select};
use greenloop::io::sandbox::Abilities;
use greenloop::logic::verdict::{Verdict, judge, targets};
use greenloop::model::check::{Check, CheckEnd, CheckRun};
use greenloop::model::failure::FailureKind;
use greenloop::model::report::{TestCase, TestOutcome};
use greenloop::model::run::Goal;

use crate::place::{Place, rungs, write};
use crate::support::{Fixture, install, python};

pub fn best() -> Abilities {
    rungs().pop().unwrap().1
}

pub fn place(files: &[(&str, &str)]) -> Place {
    Place::new(&best(), files)
}

pub fn at_copy_of(fixture: &Fixture, abilities: &Abilities) -> Place {
    let place = Place::new(abilities, &[]);
    let copy = fixture.copy();
    if copy.root.join("package-lock.json").exists() {
        install(&fixture.name, &place.root);
    }
    for file in files_of(&copy.root) {
        let to = place.root.join(file.strip_prefix(&copy.root).unwrap());
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(&file, to).unwrap();
    }
    place
}

fn files_of(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files_of(&path) } else { vec![path] }).collect()
}

pub fn detect(place: &Place) -> Detected {
    checks::detect(&place.store, &place.snapshot(), &RepoPath::root()).unwrap()
}

/// Runs all checks of a place as it is on disk.
pub fn run_all(place: &Place, select: Select<'_>) -> Vec<CheckRun> {
    let world = place.world();
    let cancel = CancelToken::new();
    let found = detect(place);
    assert!(!found.checks.is_empty(), "{:?}", found.notes);
    let run = |check: &Check| {
        let mut seen: Vec<TestCase> = Vec::new();
        let run = checks::run(&place.store, &world, check, select, &cancel, &mut |case| {
            seen.push(case.clone());
        });
        let run = run.unwrap();
        assert!(
            run.report.cases.iter().all(|case| seen.contains(case)),
            "every case is told as it comes"
        );
        run
    };
    found.checks.iter().filter(|check| !check.on_request).map(run).collect()
}

pub fn run_one(place: &Place) -> CheckRun {
    let mut runs = run_all(place, Select::All);
    assert_eq!(runs.len(), 1);
    runs.remove(0)
}

/// The end and each test in a line, with the first line of its message.
pub fn told(run: &CheckRun) -> String {
    let line = |case: &TestCase| {
        let at = case.at.as_ref().map(|at| format!(" {}:{}", at.path, at.line)).unwrap_or_default();
        let frames: String =
            case.frames.iter().map(|at| format!(" <{}:{}>", at.path, at.line)).collect();
        let said = case.message.lines().next().unwrap_or_default();
        format!("{:?} {}{at}{frames} {said}", case.outcome, case.id.name).trim_end().to_owned()
            + "\n"
    };
    let mut cases: Vec<String> = run.report.cases.iter().map(line).collect();
    cases.sort();
    let problems = run.problems.iter().map(|problem| {
        let at =
            problem.at.as_ref().map(|at| format!(" {}:{}", at.path, at.line)).unwrap_or_default();
        format!("problem{at} {}\n", problem.message.lines().next().unwrap_or_default())
    });
    let whole = if run.report.complete { "complete" } else { "not complete" };
    format!("{:?}, {whole}\n{}{}", run.end, cases.concat(), problems.collect::<String>())
}

pub fn printed(place: &Place, run: &CheckRun) -> String {
    String::from_utf8_lossy(&place.store.blob(&run.output).unwrap()).into_owned()
}

fn red(runs: &[CheckRun]) -> Vec<String> {
    let mut names: Vec<String> =
        runs.iter().flat_map(|run| run.report.red()).map(|case| case.id.name.clone()).collect();
    names.sort();
    names
}

/// The fixture is found, its red tests are told, and its repair is judged green.
pub fn fixture_goes_green(name: &str, config: &str, abilities: &Abilities) {
    let fixture = Fixture::load(name);
    let place = at_copy_of(&fixture, abilities);
    if !config.is_empty() {
        write(&place.root.join("greenloop.toml"), config);
    }
    let before = run_all(&place, Select::All);
    assert_eq!(before[0].end, CheckEnd::Completed, "{}", printed(&place, &before[0]));
    let passed: usize = before.iter().map(|run| run.report.count(TestOutcome::Passed)).sum();
    assert_eq!(passed, fixture.passing);
    let red = red(&before);
    let mut expected = fixture.red.clone();
    expected.sort_by_key(|name| red.iter().position(|full| full.ends_with(name)));
    assert_eq!(red.len(), expected.len(), "{red:?}");
    assert!(red.iter().zip(&expected).all(|(full, name)| full.ends_with(name)), "{red:?}");
    for case in before.iter().flat_map(|run| run.report.red()) {
        assert!(case.at.is_some() && !case.message.is_empty(), "{case:?}");
    }

    let aims = targets(&before, &Goal::default()).unwrap();
    let names: Vec<String> = aims.iter().map(|aim| aim.name.clone()).collect();
    let only = run_all(&place, Select::Only(&names));
    assert_eq!(red, self::red(&only), "selected tests are the tests");
    assert_eq!(only[0].report.cases.len(), red.len());

    let file = place.root.join(&fixture.fault.file);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace(&fixture.fault.bad, &fixture.fault.good)).unwrap();
    let after = run_all(&place, Select::All);
    let verdict = judge(&before, &after, &aims);
    let n_passed = fixture.passing + red.len();
    let n_skipped = fixture.skipped;
    assert_eq!(
        verdict,
        Verdict::Green { fixed: aims, still_red: vec![], flaky: vec![], n_passed, n_skipped }
    );
}

fn pytest_config() -> String {
    format!("[[check]]\nrunner = \"pytest\"\ncommand = [{:?}, \"-m\", \"pytest\"]\n", python())
}

#[test]
fn a_unittest_project_goes_green_on_every_rung() {
    for (rung, abilities) in rungs() {
        println!("{rung}");
        fixture_goes_green("python-billing", "", &abilities);
    }
}

#[test]
fn a_pytest_project_goes_green_on_every_rung() {
    for (rung, abilities) in rungs() {
        println!("{rung}");
        fixture_goes_green("python-ledger-pytest", &pytest_config(), &abilities);
    }
}

#[test]
fn a_cargo_project_goes_green() {
    fixture_goes_green("rust-interval", "", &best());
}

#[test]
fn a_virtual_environment_of_the_project_is_used_and_not_searched_for_faults() {
    for (rung, abilities) in rungs() {
        println!("{rung}");
        let test = "import unittest, only_here\nclass T(unittest.TestCase):\n    def test_a(self):\n        only_here.boom()\n";
        let place = Place::new(
            &abilities,
            &[(".gitignore", ".venv\n"), ("back/setup.py", ""), ("back/test_a.py", test)],
        );
        let venv = Command::new("python3")
            .args(["-m", "venv", "--without-pip", ".venv"])
            .current_dir(&place.root)
            .status();
        assert!(venv.unwrap().success());
        let packages = fs::read_dir(place.root.join(".venv/lib")).unwrap().next().unwrap().unwrap();
        let module = packages.path().join("site-packages/only_here.py");
        write(&module, "def boom():\n    raise ValueError('boom')\n");
        let run = run_one(&place);
        assert_eq!(run.command, "cd back && ../.venv/bin/python -m unittest");
        assert_eq!(
            told(&run),
            "Completed, complete\nErrored test_a.T.test_a back/test_a.py:4 <back/test_a.py:4> ValueError: boom\n"
        );
    }
}

const OUTCOMES: &str = r#"import os, sys, unittest
import money

class Outcomes(unittest.TestCase):
    def test_error(self):
        money.half(1)
    def test_expected(self):
        self.assertEqual(
            money.half(4),
            1,
        )
    def test_exits(self):
        sys.exit(0)
    @unittest.skip("later")
    def test_later(self):
        pass
    @unittest.expectedFailure
    def test_known_bug(self):
        self.assertEqual(1, 2)
    @unittest.expectedFailure
    def test_known_bug_is_gone(self):
        pass
    def test_parts(self):
        for n in range(4):
            with self.subTest(n=n):
                self.assertLess(n, 2)
    def test_passes(self):
        pass

class Broken(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        money.half(3)
    def test_a(self):
        pass
    def test_b(self):
        pass
"#;

#[test]
fn every_outcome_of_unittest_has_its_place() {
    let place = place(&[
        (
            "money.py",
            "def half(n):\n    if n % 2:\n        raise ValueError('odd')\n    return n // 2\n",
        ),
        ("tests/test_outcomes.py", OUTCOMES),
        ("tests/unit/test_syntax.py", "import unittest\ndef broken(:\n"),
        (
            "tests/test_crlf.py",
            "import unittest\r\nclass T(unittest.TestCase):\r\n    def test_a(self):\r\n        self.fail('crlf')\r\n",
        ),
        ("tests/test_latin.py", ""),
    ]);
    fs::write(place.root.join("tests/test_latin.py"), b"import unittest\nNAME = '\xe9'\n").unwrap();
    let run = run_one(&place);
    assert_eq!(run.command.rsplit('/').next().unwrap().split_once(' ').unwrap().1, "-m unittest");
    insta::assert_snapshot!(told(&run), @r#"
    Completed, complete
    Errored tests.test_latin (import) tests/test_latin.py:2 <tests/test_latin.py:2> SyntaxError: (unicode error) 'utf-8' codec can't decode byte 0xe9 in position 0: unexpected end of data
    Errored tests.test_outcomes.Broken.test_a tests/test_outcomes.py:33 <tests/test_outcomes.py:33> <money.py:3> ValueError: odd
    Errored tests.test_outcomes.Broken.test_b tests/test_outcomes.py:33 <tests/test_outcomes.py:33> <money.py:3> ValueError: odd
    Errored tests.test_outcomes.Outcomes.test_error tests/test_outcomes.py:6 <tests/test_outcomes.py:6> <money.py:3> ValueError: odd
    Errored tests.test_outcomes.Outcomes.test_exits tests/test_outcomes.py:13 <tests/test_outcomes.py:13> SystemExit: 0
    Errored tests.unit.test_syntax (import) tests/unit/test_syntax.py:2 <tests/unit/test_syntax.py:2> SyntaxError: invalid syntax
    Failed tests.test_crlf.T.test_a tests/test_crlf.py:4 <tests/test_crlf.py:4> AssertionError: crlf
    Failed tests.test_outcomes.Outcomes.test_expected tests/test_outcomes.py:8 <tests/test_outcomes.py:8> AssertionError: 2 != 1
    Failed tests.test_outcomes.Outcomes.test_known_bug_is_gone tests/test_outcomes.py:20 unexpected success: it is marked as an expected failure but passes
    Failed tests.test_outcomes.Outcomes.test_parts tests/test_outcomes.py:26 <tests/test_outcomes.py:26> (n=2): AssertionError: 2 not less than 2
    Passed tests.test_outcomes.Outcomes.test_passes tests/test_outcomes.py:27
    Skipped tests.test_outcomes.Outcomes.test_known_bug tests/test_outcomes.py:17 expected failure: AssertionError: 1 != 2
    Skipped tests.test_outcomes.Outcomes.test_later tests/test_outcomes.py:14 later
    "#);
    let names = [
        "tests.test_outcomes.Broken.test_a".to_owned(),
        "tests.unit.test_syntax (import)".to_owned(),
    ];
    insta::assert_snapshot!(told(&run_all(&place, Select::Only(&names))[0]), @r#"
    Completed, complete
    Errored tests.test_outcomes.Broken.test_a tests/test_outcomes.py:33 <tests/test_outcomes.py:33> <money.py:3> ValueError: odd
    Errored tests.unit.test_syntax (import) tests/unit/test_syntax.py:2 <tests/unit/test_syntax.py:2> SyntaxError: invalid syntax
    "#);
}

#[test]
fn tests_that_end_or_kill_the_runner_are_crashes() {
    let test = |body: &str| {
        format!(
            "import os, signal, unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        pass\n    def test_b(self):\n        {body}\n    def test_c(self):\n        pass\n"
        )
    };
    let end = |body: &str| run_one(&place(&[("test_end.py", &test(body))]));
    insta::assert_snapshot!(told(&end("os._exit(0)")), @r#"
    Crashed { detail: "exit code 0 before the end of its report, while running `test_end.T.test_b`" }, not complete
    Crashed test_end.T.test_b exit code 0 before the end of its report, while running `test_end.T.test_b`
    Passed test_end.T.test_a test_end.py:3
    "#);
    insta::assert_snapshot!(told(&end("os.kill(os.getpid(), signal.SIGKILL)")), @r#"
    Crashed { detail: "ended by signal 9, while running `test_end.T.test_b`" }, not complete
    Crashed test_end.T.test_b ended by signal 9, while running `test_end.T.test_b`
    Passed test_end.T.test_a test_end.py:3
    "#);
    insta::assert_snapshot!(told(&end("import atexit; atexit.register(os._exit, 3)")), @r#"
    Crashed { detail: "exit code 3 although no test is red" }, not complete
    Passed test_end.T.test_a test_end.py:3
    Passed test_end.T.test_b test_end.py:5
    Passed test_end.T.test_c test_end.py:7
    "#);
    insta::assert_snapshot!(told(&end("raise KeyboardInterrupt")).lines().next().unwrap(), @r#"Crashed { detail: "ended by signal 2, while running `test_end.T.test_b`" }, not complete"#);
}

#[test]
fn hanging_and_flooding_tests_are_stopped() {
    let config = "[[check]]\nrunner = \"unittest\"\ntimeout_seconds = 1\n";
    let blocks = "import signal, time, unittest\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGALRM])\n";
    let hang = "class T(unittest.TestCase):\n    def test_a(self):\n        pass\n    def test_b(self):\n        time.sleep(600)\n";
    let hang = format!("{blocks}{hang}");
    let run = run_one(&place(&[("greenloop.toml", config), ("test_hang.py", &hang)]));
    insta::assert_snapshot!(told(&run), @r#"
    TimedOut { after_ms: 1000 }, not complete
    Passed test_hang.T.test_a test_hang.py:4
    TimedOut test_hang.T.test_b was running when the 1 s of the check were spent
    "#);
    let flood = "import os, unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        while True:\n            os.write(1, b'x' * 65535 + b'\\n')\n";
    let run = run_one(&place(&[("test_flood.py", flood)]));
    assert!(matches!(run.end, CheckEnd::Flooded { .. }), "{:?}", run.end);
    assert!(!run.report.complete);
}

/// Python ends the test, `node --test` the file.
#[test]
fn a_test_without_end_keeps_no_other_from_being_run() {
    let check = |config: &str, file: (&str, &str)| {
        let config = format!("{config}timeout_seconds = 10\n");
        told(&run_one(&place(&[("greenloop.toml", &config), file])))
    };
    let class = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        while True:\n            try: pass\n            except Exception: pass\n    def test_b(self):\n        pass\n    def test_c(self):\n        while True: pass\n";
    let unittest = "[[check]]\nrunner = \"unittest\"\n";
    insta::assert_snapshot!(check(unittest, ("test_end.py", class)), @r#"
    Completed, complete
    Passed test_end.T.test_b test_end.py:7
    TimedOut test_end.T.test_a test_end.py:4 <test_end.py:4> did not end within 1 s
    TimedOut test_end.T.test_c test_end.py:10 <test_end.py:10> did not end within 0.5 s
    "#);
    let functions = "import time, pytest\n@pytest.fixture\ndef slow():\n    yield\n    time.sleep(600)\ndef test_a(slow):\n    pass\ndef test_b():\n    pass\n";
    insta::assert_snapshot!(check(&pytest_config(), ("test_end.py", functions)), @r#"
    Completed, complete
    Passed test_end.py::test_b test_end.py:8
    TimedOut test_end.py::test_a test_end.py:5 <test_end.py:5> did not end within 1 s
    "#);
    let node = "[[check]]\nrunner = \"node-test\"\n";
    let file = "require('node:test')('a', () => { for (;;); });\n";
    insta::assert_snapshot!(check(node, ("test/end.test.js", file)), @r#"
    Completed, complete
    TimedOut test/end.test.js (import) test/end.test.js:1 test timed out after 2500ms
    "#);
}

/// Whatever its errors look like.
#[test]
fn a_test_that_catches_its_end_or_raises_oddly_is_told() {
    let check = |config: &str, text: &str| {
        let config = format!("{config}timeout_seconds = 10\n");
        told(&run_one(&place(&[("greenloop.toml", &config), ("test_odd.py", text)])))
    };
    let class = "import unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        with self.assertRaises(BaseException):\n            while True: pass\n    def test_b(self):\n        pass\n";
    insta::assert_snapshot!(check("[[check]]\nrunner = \"unittest\"\n", class), @r#"
    Completed, complete
    Passed test_odd.T.test_b test_odd.py:6
    TimedOut test_odd.T.test_a test_odd.py:3 did not end within 1 s
    "#);
    let functions = "import pytest\nclass Batch(Exception):\n    failures = 3\n    example = test = None\ndef test_a():\n    with pytest.raises(BaseException):\n        while True: pass\ndef test_b():\n    raise Batch('of three')\ndef test_c():\n    pass\n";
    insta::assert_snapshot!(check(&pytest_config(), functions), @r#"
    Completed, complete
    Errored test_odd.py::test_b test_odd.py:9 <test_odd.py:9> test_odd.Batch: of three
    Passed test_odd.py::test_c test_odd.py:10
    TimedOut test_odd.py::test_a test_odd.py:5 did not end within 1 s
    "#);
    let only = functions.split("def test_b").next().unwrap();
    insta::assert_snapshot!(check(&pytest_config(), only), @r#"
    Completed, complete
    TimedOut test_odd.py::test_a test_odd.py:5 did not end within 1 s
    "#);
}

/// What runs examples of documentation goes on after anything that one of them raises.
#[test]
fn an_example_without_end_is_told_as_one() {
    let check = |config: &str, files: &[(&str, &str)]| {
        let config = format!("{config}timeout_seconds = 10\n");
        told(&run_one(&place(&[&[("greenloop.toml", &*config)], files].concat())))
    };
    let documented = (
        "m.py",
        "def a():\n    \"\"\"\n    >>> a()\n    1\n    \"\"\"\n    while True: pass\ndef b():\n    \"\"\"\n    >>> b()\n    1\n    >>> b() / 0\n    2\n    \"\"\"\n    return 2\ndef c():\n    \"\"\"\n    >>> c()\n    \"\"\"\n    return 3\ndef d(x):\n    \"\"\"\n    >>> if True:\n    ...\n    ...     d(0)\n    0\n    \"\"\"\n    try:\n        1 / x\n    except ArithmeticError as error:\n        raise ValueError('bad\\ninput') from error\n",
    );
    let loads = "import doctest, m\ndef load_tests(loader, tests, ignore):\n    tests.addTests(doctest.DocTestSuite(m))\n    return tests\n";
    let unittest = "[[check]]\nrunner = \"unittest\"\n";
    insta::assert_snapshot!(check(unittest, &[documented, ("test_m.py", loads)]), @r#"
    Completed, complete
    Failed m.b m.py:8 ZeroDivisionError: division by zero
    Failed m.c m.py:16 AssertionError: 3 != nothing
    Failed m.d m.py:30 <m.py:30> ValueError: bad
    TimedOut m.a m.py:6 <m.py:6> did not end within 1 s
    "#);
    insta::assert_snapshot!(check(&pytest_config(), &[documented, ("pytest.ini", "[pytest]\naddopts = --doctest-modules\n")]), @r#"
    Completed, complete
    Errored m.py::m.d m.py:22 <m.py:30> ValueError: bad
    Failed m.py::m.b m.py:9 AssertionError: 2 != 1
    Failed m.py::m.c m.py:17 AssertionError: 3 != nothing
    TimedOut m.py::m.a m.py:3 <m.py:6> did not end within 1 s
    "#);
}

/// Ends of time are told as such, however wrapped, and neither clocks that are left nor children feel them.
#[cfg(unix)]
#[test]
fn the_limit_of_a_test_is_felt_by_nobody_else() {
    let tests = r#"
import os, signal, time, unittest
from unittest import mock

class T(unittest.TestCase):
    def test_a_mocked_alarm(self):
        with mock.patch("signal.alarm"):
            signal.signal(signal.SIGALRM, lambda *_: None)
            signal.alarm(3)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)

    def test_b_slow(self):
        time.sleep(0.4)

    def test_c_slow(self):
        time.sleep(0.4)

    def test_c_slow_too(self):
        time.sleep(0.4)

    def test_d_child_with_an_alarm(self):
        child = os.fork()
        if child == 0:
            signal.setitimer(signal.ITIMER_REAL, 0.05)
            time.sleep(60)
        self.assertTrue(os.WIFSIGNALED(os.waitpid(child, 0)[1]))

    def test_e_wrapped(self):
        try:
            time.sleep(60)
        except BaseException as error:
            raise OSError("it broke") from error
"#;
    let config = "[[check]]\nrunner = \"unittest\"\ntimeout_seconds = 10\n";
    let run = run_one(&place(&[("greenloop.toml", config), ("test_limit.py", tests)]));
    insta::assert_snapshot!(told(&run), @r#"
    Completed, complete
    Passed test_limit.T.test_a_mocked_alarm test_limit.py:6
    Passed test_limit.T.test_b_slow test_limit.py:12
    Passed test_limit.T.test_c_slow test_limit.py:15
    Passed test_limit.T.test_c_slow_too test_limit.py:18
    Passed test_limit.T.test_d_child_with_an_alarm test_limit.py:21
    TimedOut test_limit.T.test_e_wrapped test_limit.py:32 <test_limit.py:32> OSError: it broke
    "#);
}

#[test]
fn a_check_that_finds_no_test_is_not_complete() {
    for runner in ["unittest", "cargo"] {
        let files = [
            ("greenloop.toml", format!("[[check]]\nrunner = \"{runner}\"\n")),
            ("Cargo.toml", "[package]\nname = \"empty\"\nedition = \"2021\"\n".to_owned()),
            ("src/lib.rs", String::new()),
            ("test_nothing.py", "import unittest\n".to_owned()),
        ];
        let files: Vec<(&str, &str)> =
            files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        let run = run_one(&place(&files));
        assert_eq!(told(&run).trim_end(), "NoTests, not complete", "{runner}");
    }
    let run = run_one(&place(&[("greenloop.toml", &pytest_config()), ("test_nothing.py", "")]));
    assert_eq!(told(&run).trim_end(), "NoTests, not complete");
}

#[test]
fn loose_files_that_hold_test_cases_are_found_and_programs_beside_them_are_not_loaded() {
    let test = "import unittest\nimport near\nfrom app.calc import half\n\n\nclass T(unittest.TestCase):\n    def test_half(self):\n        self.assertEqual(half(near.FOUR), 2)\n";
    let run = run_one(&place(&[
        ("tools/test_t.py", test),
        ("tools/near.py", "FOUR = 4\n"),
        ("tools/test_server.py", "import unittest\nraise SystemExit(3)\n"),
        ("app/calc.py", "def half(n):\n    return n // 2\n"),
    ]));
    insta::assert_snapshot!(told(&run), @r#"
    Completed, complete
    Passed test_t.T.test_half tools/test_t.py:7
    "#);
}

#[test]
fn programs_that_are_missing_are_named_with_a_hint() {
    let missing = |config: &str| {
        let place = place(&[("greenloop.toml", config), ("test_a.py", "")]);
        match run_one(&place).end {
            CheckEnd::Missing { program, hint } => {
                format!("{program}: {hint}").replace(place.root.to_str().unwrap(), "ROOT")
            }
            end => panic!("{end:?}"),
        }
    };
    insta::assert_snapshot!(missing("[[check]]\nrunner = \"unittest\"\ncommand = [\"python9.9\", \"-m\", \"unittest\"]\n"), @"python9.9: Install it, or name another program as `command` of this check in greenloop.toml. It could not be started: program `python9.9` not found.");
    insta::assert_snapshot!(missing("[[check]]\nrunner = \"pytest\"\ncommand = [\"python3\", \"-I\", \"-S\", \"-m\", \"pytest\"]\n"), @"pytest: Install it: `python3 -m pip install pytest`.");
    insta::assert_snapshot!(missing("[[check]]\nrunner = \"command\"\ncommand = [\"./check.sh\"]\n"), @"./check.sh: Install it, or name another program as `command` of this check in greenloop.toml. It could not be started: program `ROOT/check.sh` not found.");
    insta::assert_snapshot!(missing("[[check]]\nrunner = \"command\"\ncommand = [\"sh\", \"-c\", \"no-such-linter .\"]\n"), @"no-such-linter: Install it, or correct the command of this check. It said: sh: 1: no-such-linter: not found");
    insta::assert_snapshot!(missing("[[check]]\nrunner = \"unittest\"\ndir = \"tests\"\n"), @"tests/: It is not in the copy that checks run in, which holds what git does not ignore: correct `dir` of this check in greenloop.toml.");
}

#[test]
fn any_program_is_a_check_by_its_exit_code() {
    let config = "[[check]]\nname = \"lint\"\nrunner = \"command\"\ncommand = [\"sh\", \"-c\"]\nargs = [\"cat $FILE; test ! -e bad\"]\nenv = { FILE = \"said\" }\ndir = \"a\"\n";
    let place = place(&[("greenloop.toml", config), ("a/said", "two\nlines"), ("a/bad", "")]);
    let run = run_one(&place);
    assert_eq!(run.command, "cd a && FILE=said sh -c 'cat $FILE; test ! -e bad'");
    assert_eq!(run.report.cases[0].message, "exit code 1\ntwo\nlines");
    insta::assert_snapshot!(told(&run), @r#"
    Completed, complete
    Failed lint exit code 1
    "#);
    fs::remove_file(place.root.join("a/bad")).unwrap();
    insta::assert_snapshot!(told(&run_one(&place)), @r#"
    Completed, complete
    Passed lint
    "#);
}

#[test]
fn a_configuration_that_cannot_be_read_stops_everything() {
    for (config, line) in
        [(&b"[[check]\n"[..], "greenloop.toml:1: "), (b"a = 1\n# \xff\n", "greenloop.toml:2: ")]
    {
        let place = place(&[("test_a.py", "import unittest\n")]);
        fs::write(place.root.join("greenloop.toml"), config).unwrap();
        let failure =
            checks::detect(&place.store, &place.snapshot(), &RepoPath::root()).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Config);
        assert!(failure.message.starts_with(line), "{failure}");
    }
    let place = place(&[(
        "greenloop.toml",
        "[[check]]\nrunner = \"cargo\"\n[[check]]\nrunner = \"cargoo\"\n",
    )]);
    let failure = checks::detect(&place.store, &place.snapshot(), &RepoPath::root()).unwrap_err();
    insta::assert_snapshot!(failure.message, @"an entry cannot be run as written: greenloop.toml:4: `check.runner` takes one of unittest, pytest, cargo, nextest, go, junit, tap, node-test, jest, vitest, mocha, command, cargo-check, clippy, tsc, eslint, ruff, mypy, go-vet");
    let place = self::place(&[(
        "greenloop.toml",
        "colour = 1\n[[check]]\nrunner = \"cargo\"\ntimeout_secs = 1\n",
    )]);
    insta::assert_snapshot!(detect(&place).notes.join("\n"), @r#"
    greenloop.toml:1: `colour` is not a key; there are check, worker, workers, budget, approval, guard, sandbox, model, models
    greenloop.toml:4: `check.timeout_secs` is not a key; did you mean `timeout_seconds`?
    "#);
}

const PYTEST: &str = r#"import pytest

@pytest.fixture
def broken():
    raise ValueError("fixture")

@pytest.fixture
def leaky():
    yield
    raise ValueError("teardown")

def half(n):
    return n // 2

def test_error(broken): pass
def test_leak(leaky): pass
@pytest.mark.parametrize("n", [2, 3, pytest.param(4, id="a four")])
def test_half(n):
    assert half(n) == n - 1
@pytest.mark.xfail(reason="known")
def test_known(): assert 0
@pytest.mark.xfail(strict=True)
def test_gone(): pass
@pytest.mark.skip(reason="later")
def test_later(): pass
def test_raises():
    raise KeyError("k")
"#;

#[test]
fn every_outcome_of_pytest_has_its_place() {
    let place = place(&[
        ("greenloop.toml", &pytest_config()),
        ("pytest.ini", "[pytest]\naddopts = -x -q\n"),
        ("tests/test_outcomes.py", PYTEST),
        ("tests/test_import.py", "import no_such_module\n"),
        ("tests/test_syntax.py", "x = (\n"),
    ]);
    insta::assert_snapshot!(told(&run_one(&place)), @r#"
    Completed, complete
    Errored tests/test_import.py (import) tests/test_import.py:1 <tests/test_import.py:1> ModuleNotFoundError: No module named 'no_such_module'
    Errored tests/test_outcomes.py::test_error tests/test_outcomes.py:5 <tests/test_outcomes.py:5> ValueError: fixture
    Errored tests/test_outcomes.py::test_leak tests/test_outcomes.py:10 <tests/test_outcomes.py:10> ValueError: teardown
    Errored tests/test_outcomes.py::test_raises tests/test_outcomes.py:27 <tests/test_outcomes.py:27> KeyError: 'k'
    Errored tests/test_syntax.py (import) tests/test_syntax.py:1 <tests/test_syntax.py:1> SyntaxError: '(' was never closed
    Failed tests/test_outcomes.py::test_gone tests/test_outcomes.py:22 [XPASS(strict)]
    Failed tests/test_outcomes.py::test_half[3] tests/test_outcomes.py:19 <tests/test_outcomes.py:19> AssertionError: assert 1 == (3 - 1)
    Failed tests/test_outcomes.py::test_half[a four] tests/test_outcomes.py:19 <tests/test_outcomes.py:19> AssertionError: assert 2 == (4 - 1)
    Passed tests/test_outcomes.py::test_half[2] tests/test_outcomes.py:17
    Skipped tests/test_outcomes.py::test_known tests/test_outcomes.py:20 expected failure: known
    Skipped tests/test_outcomes.py::test_later tests/test_outcomes.py:24 later
    "#);
    let names = [
        "tests/test_outcomes.py::test_half[a four]".to_owned(),
        "tests/test_syntax.py (import)".to_owned(),
    ];
    insta::assert_snapshot!(told(&run_all(&place, Select::Only(&names))[0]), @r#"
    Completed, complete
    Errored tests/test_syntax.py (import) tests/test_syntax.py:1 <tests/test_syntax.py:1> SyntaxError: '(' was never closed
    Failed tests/test_outcomes.py::test_half[a four] tests/test_outcomes.py:19 <tests/test_outcomes.py:19> AssertionError: assert 2 == (4 - 1)
    "#);
    write(&place.root.join("conftest.py"), "import os\n\nraise RuntimeError('no database')\n");
    insta::assert_snapshot!(told(&run_one(&place)), @r#"
    BuildFailed, not complete
    problem conftest.py:3 RuntimeError: no database
    "#);
    write(
        &place.root.join("conftest.py"),
        "def pytest_runtest_call(item):\n    import os; os._exit(0)\n",
    );
    insta::assert_snapshot!(told(&run_one(&place)).lines().next().unwrap(), @r#"Crashed { detail: "exit code 0 before the end of its report, while running `tests/test_outcomes.py::test_leak`" }, not complete"#);
}

const RUST: &str =
    "/// ```\n/// assert_eq!(demo::half(4), 3);\n/// ```\npub fn half(n: u32) -> u32 { n / 2 }\n
/// ```\n/// assert_eq!(demo::same(4), 4);\n/// ```\npub fn same(n: u32) -> u32 { n }\n
#[cfg(test)]
mod tests {
    #[test] fn whole() { assert_eq!(super::half(4), 2); }
    #[test] fn fails() { assert_eq!(super::half(5), 3); }
    #[test] fn unwraps() { None::<u8>.unwrap(); }
}\n";
const MANIFEST: &str = "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

#[test]
fn cargo_tells_tests_of_every_binary_and_builds_that_fail() {
    let place = place(&[
        ("Cargo.toml", &format!("{MANIFEST}[[test]]\nname = \"plain\"\nharness = false\n")),
        ("src/lib.rs", RUST),
        ("tests/it.rs", "#[test]\nfn aborts() { std::process::abort() }\n"),
        ("tests/plain.rs", "fn main() { println!(\"plain words\"); std::process::exit(2) }\n"),
    ]);
    let crashed = run_one(&place);
    insta::assert_snapshot!(told(&crashed), @r#"
    Completed, complete
    Crashed demo::it aborts the test program ended early: signal: 6, SIGABRT: process abort signal
    Errored demo tests::unwraps src/lib.rs:15 <src/lib.rs:15> called `Option::unwrap()` on a `None` value
    Failed demo tests::fails src/lib.rs:14 <src/lib.rs:14> assertion `left == right` failed
    Failed demo::doc src/lib.rs - half src/lib.rs:1 assertion `left == right` failed
    Failed demo::plain (harness) plain words
    Passed demo tests::whole
    Passed demo::doc src/lib.rs - same
    "#);
    assert!(!printed(&place, &crashed).contains("{\"reason\""));
    write(
        &place.root.join("tests/it.rs"),
        "#[test]\nfn whole() { assert_eq!(demo::half(2), 1) }\n",
    );
    let before = run_one(&place);
    assert_eq!(before.end, CheckEnd::Completed);
    let names = ["demo::it whole".to_owned(), "demo tests::fails".to_owned()];
    insta::assert_snapshot!(told(&run_all(&place, Select::Only(&names))[0]), @r#"
    Completed, complete
    Failed demo tests::fails src/lib.rs:14 <src/lib.rs:14> assertion `left == right` failed
    Passed demo::it whole
    "#);
    let names = ["demo::doc src/lib.rs - half".to_owned()];
    let one = run_all(&place, Select::Only(&names)).remove(0);
    insta::assert_snapshot!(told(&one), @r#"
    Completed, complete
    Failed demo::doc src/lib.rs - half src/lib.rs:1 assertion `left == right` failed
    "#);
    // The other example is not even compiled, nor are the other test programs.
    let printed = printed(&place, &one);
    assert!(printed.contains("1 filtered out") && !printed.contains("Running"), "{printed}");
    write(&place.root.join("src/lib.rs"), "pub fn half(n: u32) -> u32 { \"n\" }\n");
    insta::assert_snapshot!(told(&run_one(&place)), @r#"
    BuildFailed, not complete
    problem src/lib.rs:1 E0308: mismatched types; expected `u32`, found `&str`
    "#);
    write(&place.root.join("Cargo.toml"), "[package\n");
    insta::assert_snapshot!(told(&run_one(&place)), @r#"
    BuildFailed, not complete
    problem Cargo.toml:1 error: unclosed table, expected `]`
    "#);
    write(
        &place.root.join("Cargo.toml"),
        &format!("{MANIFEST}[dependencies]\nno-such-crate-of-ours = \"7\"\n"),
    );
    assert!(matches!(run_one(&place).end, CheckEnd::Missing { .. }));
}

/// A test that looks for the report and its words wherever it can, and writes lines of its own; then it ends the runner.
const LIAR: &str = r#"import json, os, subprocess, sys, unittest

def lie(names):
    lines = [{"event": "announced", "count": len(names)}]
    lines += [{"event": "case", "name": name, "outcome": "passed"} for name in names]
    data = "".join(json.dumps(line) + "\n" for line in lines + [{"event": "end", "count": len(names)}])
    assert not [name for name in os.environ if "GREENLOOP" in name.upper()]
    assert "greenloop" not in os.environ.get("PYTEST_ADDOPTS", "") + os.environ.get("PYTHONPATH", "")
    folders = {os.path.dirname(os.path.abspath(getattr(sys.modules[name], "__file__", None) or "/x"))
               for name in list(sys.modules) if "greenloop" in name}
    assert not [name for folder in folders for name in os.listdir(folder) if "json" in name]
    for fd in os.listdir("/proc/self/fd"):
        try:
            if "report" in os.readlink("/proc/self/fd/" + fd):
                os.write(int(fd), data.encode())
        except OSError:
            pass
    os._exit(0)

class A(unittest.TestCase):
    def test_a_lies(self):
        lie(["test_a.A.test_a_lies", "test_a.A.test_b", "test_a.py::A::test_a_lies", "test_a.py::A::test_b"])

    def test_b(self):
        self.fail()
"#;

#[test]
fn a_forged_report_of_python_is_not_believed() {
    for config in ["", &pytest_config()] {
        let run = run_one(&place(&[("greenloop.toml", config), ("test_a.py", LIAR)]));
        let ended = matches!(run.end, CheckEnd::Crashed { .. });
        assert!(ended && !run.report.complete, "{:?}: {}", run.end, told(&run));
        assert!(!run.report.cases.iter().any(|case| case.outcome == TestOutcome::Passed));
    }
}

#[test]
fn of_many_failures_pytest_shows_the_first_in_full() {
    let text = "import pytest\n\n@pytest.mark.parametrize('n', range(40))\ndef test_a(n):\n    assert n == -1\n";
    let place = place(&[("greenloop.toml", &pytest_config()), ("test_a.py", text)]);
    let run = run_one(&place);
    let said = printed(&place, &run);
    assert_eq!(run.report.cases.iter().filter(|case| case.message.contains("== -1")).count(), 40);
    assert_eq!(said.matches(">       assert n == -1").count(), 16, "{said}");
    assert_eq!(said.matches("Traceback (most recent call last)").count(), 24, "{said}");
}

#[test]
fn what_a_test_starts_reports_for_itself() {
    let inner = "import subprocess, sys\n\ndef test_inner(tmp_path):\n    \
                 (tmp_path / 'test_x.py').write_text('def test_x(): assert False')\n    \
                 run = subprocess.run([sys.executable, '-m', 'pytest', str(tmp_path)], capture_output=True)\n    \
                 assert run.returncode == 1, run.stderr\n";
    let place = place(&[("greenloop.toml", &pytest_config()), ("test_a.py", inner)]);
    insta::assert_snapshot!(told(&run_one(&place)), @"
    Completed, complete
    Passed test_a.py::test_inner test_a.py:3
    ");
}

#[test]
fn a_cancelled_check_says_so() {
    let place = place(&[(
        "test_a.py",
        "import time, unittest\nclass T(unittest.TestCase):\n    def test_a(self):\n        pass\n    def test_b(self):\n        time.sleep(600)\n",
    )]);
    let (world, cancel) = (place.world(), CancelToken::new());
    let check = &detect(&place).checks[0];
    let mut cancel_after_the_first = |_: &TestCase| cancel.cancel();
    let run =
        checks::run(&place.store, &world, check, Select::All, &cancel, &mut cancel_after_the_first);
    insta::assert_snapshot!(told(&run.unwrap()), @r#"
    Cancelled, not complete
    Passed test_a.T.test_a test_a.py:3
    "#);
}
