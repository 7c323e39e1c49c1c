//! The program by itself: small projects, patches, and the verdicts it gives, with whatever Python this machine has.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use super::{PROGRAM, START};

/// A project with one failing and some passing tests, and patches `(path, old, new)` with the expected verdict.
struct Project<'a> {
    files: &'a [(&'a str, &'a str)],
    failing: &'a [&'a str],
    passing: &'a [&'a str],
}

type Change<'a> = (&'a str, &'a str, &'a str);

impl Project<'_> {
    /// Runs the program on the project and returns what it reported.
    fn run(&self, mode: &str, changes: &[Change<'_>]) -> Vec<Value> {
        let folder = tempfile::tempdir().unwrap();
        self.run_in(folder.path(), mode, changes)
    }

    fn run_in(&self, folder: &Path, mode: &str, changes: &[Change<'_>]) -> Vec<Value> {
        let (root, scratch) = (folder.join("project"), folder.join("scratch"));
        for (path, text) in self.files {
            write(&root.join(path), text);
        }
        for (path, text) in PROGRAM {
            write(&scratch.join(path), text);
        }
        let patches: Vec<Value> = changes.iter().map(|change| self.patch(change)).collect();
        let spec = json!({
            "mode": mode, "root": root, "scratch": scratch, "framework": "unittest", "args": [],
            "failing": self.failing, "passing": self.passing, "others": [],
            "sources": self.files.iter().map(|(path, _)| path).filter(|path| !path.contains("test")).collect::<Vec<_>>(),
            "patches": patches, "targets": self.failing.len(), "workers": 2, "seconds": 60.0, "memory": 1 << 30,
        });
        let specs = scratch.join("specs");
        write(&specs.join("1.json"), &spec.to_string());
        write(&specs.join("end"), "");
        let output = Command::new("python3")
            .args(["-c", START])
            .args([&scratch, &specs])
            .current_dir(&root)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let values: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(
            values.last().map(|value| &value["t"]),
            Some(&json!("end")),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        values
    }

    fn patch(&self, (path, old, new): &Change<'_>) -> Value {
        let (_, text) = self.files.iter().find(|(known, _)| known == path).unwrap();
        let start = text.find(old).unwrap();
        json!([[path, [[start, start + old.len(), new]]]])
    }

    /// The verdicts on `changes`, in their order.
    fn verdicts(&self, changes: &[Change<'_>]) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        self.run_in(folder.path(), "observe", &[]);
        self.searched(folder.path(), changes)
    }

    /// The same with what was observed in the folder before, if anything was.
    fn searched(&self, folder: &Path, changes: &[Change<'_>]) -> Vec<String> {
        let mut verdicts = vec!["none".to_owned(); changes.len()];
        for value in self.run_in(folder, "search", changes) {
            for verdict in value["verdicts"].as_array().into_iter().flatten() {
                let index = verdict[0].as_u64().unwrap() as usize;
                verdicts[index] = verdict[1]["is"].as_str().unwrap().to_owned();
            }
        }
        verdicts
    }

    fn expect(&self, table: &[(Change<'_>, &str)]) {
        let changes: Vec<Change<'_>> = table.iter().map(|(change, _)| *change).collect();
        let verdicts = self.verdicts(&changes);
        let wanted: Vec<&str> = table.iter().map(|(_, verdict)| *verdict).collect();
        assert_eq!(verdicts, wanted, "{changes:#?}");
    }
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A test file whose class has these methods.
fn suite(imports: &str, methods: &str) -> String {
    let methods = methods.trim_end().replace('\n', "\n    ");
    format!("import unittest\n{imports}\n\nclass T(unittest.TestCase):\n    {methods}\n")
}

const FAILING: &[&str] = &["test_it.T.test_red"];
const PASSING: &[&str] = &["test_it.T.test_green"];

/// One module `m`, one test file.
fn expect(module: &str, test: &str, table: &[(Change<'_>, &str)]) {
    let files = [("m.py", module), ("test_it.py", test)];
    Project { files: &files, failing: FAILING, passing: PASSING }.expect(table);
}

#[test]
fn verdicts_of_every_kind() {
    let test = suite(
        "from m import add",
        "def test_red(self):\n    self.assertEqual(add(2, 2), 4)\n\
         def test_green(self):\n    self.assertEqual(add(3, 0), 3)",
    );
    expect(
        "def add(a, b):\n    return a - b\n",
        &test,
        &[
            (("m.py", "a - b", "a - b)"), "invalid"),
            (("m.py", "a - b", "b - a"), "still-red"),
            (("m.py", "a - b", "b  -  a"), "still-red"),
            (("m.py", "a - b", "a * b"), "breaks"),
            (("m.py", "a - b", "a + b"), "plausible"),
            (("m.py", "a - b", "a +  b"), "plausible"),
            (("m.py", "return a - b", "import unittest; raise unittest.SkipTest()"), "still-red"),
        ],
    );
}

#[test]
fn tests_that_wait_are_tried_by_more_processes_than_there_are_cores() {
    let most_at_once = |wait: &str| {
        let test = suite(
            "import time\nfrom m import one\n\ndef note(sign):\n    with open('at', 'a') as notes:\n        notes.write(sign)",
            &format!(
                "def test_red(self):\n    note('+')\n    {wait}\n    note('-')\n    self.assertEqual(one(), 1)\n\
                 def test_green(self):\n    pass"
            ),
        );
        let files = [("m.py", "def one():\n    return 0\n"), ("test_it.py", test.as_str())];
        let numbers: Vec<String> = (2..26).map(|n| n.to_string()).collect();
        let changes: Vec<Change<'_>> = numbers.iter().map(|n| ("m.py", "0", n.as_str())).collect();
        let folder = tempfile::tempdir().unwrap();
        let project = Project { files: &files, failing: FAILING, passing: PASSING };
        assert_eq!(project.searched(folder.path(), &changes), vec!["still-red"; 24]);
        let notes = fs::read_to_string(folder.path().join("project/at")).unwrap();
        let depths = notes.chars().scan(0_i32, |depth, sign| {
            *depth += if sign == '+' { 1 } else { -1 };
            Some(*depth)
        });
        depths.max().unwrap()
    };
    assert_eq!(most_at_once("time.sleep(0.06)"), 6);
    assert!(most_at_once("sum(range(300000))") <= 2);
}

/// A suite may be too large to be observed, and some tests pass only where their runner runs them.
#[test]
fn tests_that_are_red_when_they_are_run_here_break_nothing() {
    let test = suite(
        "import os\nfrom m import add",
        "def test_red(self):\n    self.assertEqual(add(2, 2), 4)\n\
         def test_a(self):\n    os._exit(1)\n\
         def test_b(self):\n    self.fail()\n\
         def test_c(self):\n    self.fail()\n\
         def test_d(self):\n    while True: pass\n\
         def test_e(self):\n    self.fail()\n\
         def test_green(self):\n    self.assertEqual(add(3, 0), 3)",
    );
    let files = [("m.py", "def add(a, b):\n    return a - b\n"), ("test_it.py", &test)];
    let names = ["a", "b", "c", "d", "e", "green"].map(|name| format!("test_it.T.test_{name}"));
    let passing = names.each_ref().map(String::as_str);
    let project = Project { files: &files, failing: FAILING, passing: &passing };
    let folder = tempfile::tempdir().unwrap();
    let changes = [("m.py", "a - b", "a * b"), ("m.py", "a - b", "a + b")];
    assert_eq!(project.searched(folder.path(), &changes), ["breaks", "plausible"]);
}

/// Of a test that was not observed it is not known how long it takes.
#[test]
fn tests_that_take_long_break_nothing_by_taking_longer() {
    let test = |idle: &str| {
        suite(
            "import time\nfrom m import add",
            &format!(
                "def test_red(self):\n    self.assertEqual(add(2, 2), 4)\n\
                 def test_green(self):\n    until = time.process_time() + (9 if add(2, 2) else {idle})\n    \
                 while time.process_time() < until: pass"
            ),
        )
    };
    let verdict = |idle: &str| {
        let files = [("m.py", "def add(a, b):\n    return a - b\n"), ("test_it.py", &test(idle))];
        let project = Project { files: &files, failing: FAILING, passing: PASSING };
        let folder = tempfile::tempdir().unwrap();
        project.searched(folder.path(), &[("m.py", "a - b", "a + b")]).concat()
    };
    assert_eq!([verdict("0.2"), verdict("0")], ["plausible", "breaks"]);
}

/// A function of every shape, each with a number to be changed.
const SHAPES: &str = r#"
import asyncio, contextlib, functools


def traced(function):
    @functools.wraps(function)
    def wrapper(*args):
        return function(*args) * 1
    return wrapper


@traced
def decorated(a):
    return a - 1


def default(a, by=2, *, also=5):
    return a + by + also


def generator(n):
    for i in range(n):
        yield i


@contextlib.contextmanager
def managed():
    yield 6


async def waited():
    await asyncio.sleep(0)
    return 7


class Base:
    def name(self):
        return 1


class Derived(Base):
    __slots__ = ("__x",)

    def __init__(self):
        self.__x = 8

    def name(self):
        return super().name() + self.__x

    @property
    def prop(self):
        return 9

    @staticmethod
    def static():
        return 10

    @classmethod
    def klass(cls):
        def inner():
            return 11
        return inner()


double = lambda a: a + 12
"#;

#[test]
fn every_shape_of_function_is_exchanged() {
    let cases = [
        ("decorated(1)", 3, "a - 1", "a + 2"),
        ("decorated(1)", 2, "(*args) * 1", "(*args) + 2"),
        ("default(1)", 9, "by=2", "by=3"),
        ("default(1)", 9, "also=5", "also=6"),
        ("list(generator(2))[-1]", 2, "yield i", "yield i + 1"),
        ("managed().__enter__()", 3, "yield 6", "yield 3"),
        ("asyncio.run(waited())", 3, "return 7", "return 3"),
        ("Derived().name()", 4, "__x = 8", "__x = 3"),
        ("Derived().name()", 4, "() + self.__x", "() + 3 + 0 * self.__x"),
        ("Derived().prop", 3, "return 9", "return 3"),
        ("Derived.static()", 3, "return 10", "return 3"),
        ("Derived.klass()", 3, "return 11", "return 3"),
        ("double(1)", 3, "a + 12", "a + 2"),
    ];
    for (call, value, old, new) in cases {
        let test = suite(
            "import asyncio\nfrom m import *",
            &format!(
                "def test_red(self):\n    self.assertEqual({call}, {value})\n\
                 def test_green(self):\n    pass"
            ),
        );
        expect(SHAPES, &test, &[(("m.py", old, new), "plausible")]);
    }
}

#[test]
fn values_outside_functions_are_exchanged_too() {
    let module = r"
from dataclasses import dataclass
from enum import Enum

RATE = 2
BASE = 2
DERIVED = BASE * 10


class Plain:
    limit = 3


@dataclass
class Data:
    size: int = 4


class Kind(Enum):
    ONE = 5


def all():
    return RATE, Plain.limit, Data().size, Kind.ONE.value
";
    let table = [
        ("all()[0]", "RATE = 2", "RATE = 20"),
        ("copied()", "RATE = 2", "RATE = 20"),
        ("DERIVED // 10", "BASE = 2", "BASE = 20"),
        ("all()[1]", "limit = 3", "limit = 20"),
        ("all()[2]", "int = 4", "int = 20"),
        ("all()[3]", "ONE = 5", "ONE = 20"),
    ];
    for (call, old, new) in table {
        let test = suite(
            "from m import *\n\ndef copied():\n    return RATE",
            &format!(
                "def test_red(self):\n    self.assertEqual({call}, 20)\n\
                 def test_green(self):\n    pass"
            ),
        );
        let other = format!("{new}0");
        expect(
            module,
            &test,
            &[(("m.py", old, new), "plausible"), (("m.py", old, &other), "still-red")],
        );
    }
}

/// Functions that remember, each in another place; every other candidate would be judged by what the first left.
const MEMORIES: &str = r"
import functools, os

SEEN = {}


class Counter:
    n = 0


def memo(function):
    known = {}
    def wrapper(a):
        if a not in known:
            known[a] = function(a)
        return known[a]
    return wrapper


@memo
def in_closure(a):
    return a - 1


@functools.lru_cache(maxsize=None)
def cached(a):
    return a - 2


def in_module(a):
    if a not in SEEN:
        SEEN[a] = a - 3
    return SEEN[a]


def in_class(a):
    Counter.n += 1
    return a - 4 if Counter.n < 2 else 0


def in_environ(a):
    seen = os.environ.get('SEEN')
    os.environ['SEEN'] = '1'
    return 0 if seen else a - 5
";

#[test]
fn what_a_candidate_leaves_behind_does_not_reach_the_next() {
    let places =
        [("in_closure", 1), ("cached", 2), ("in_module", 3), ("in_class", 4), ("in_environ", 5)];
    for (call, by) in places {
        let test = suite(
            &format!("from m import {call}"),
            &format!(
                "def test_red(self):\n    self.assertTrue({call}(5) == 6)\n\
                 def test_green(self):\n    self.assertIsNotNone({call}(1))"
            ),
        );
        let old = format!("a - {by}");
        expect(
            MEMORIES,
            &test,
            &[
                (("m.py", &old, "a * 9"), "still-red"),
                (("m.py", &old, "a - 9"), "still-red"),
                (("m.py", &old, "a + 1"), "plausible"),
                (("m.py", &old, "a % 9"), "still-red"),
                (("m.py", &old, "1 + a"), "plausible"),
            ],
        );
    }
}

#[test]
fn what_cannot_be_put_back_is_noticed() {
    let module = r"
import itertools

IDS = itertools.count()


def new_id():
    return next(IDS)


def f(a):
    return a - 6 + next(IDS)
";
    let test = suite(
        "from m import f, new_id",
        "def test_red(self):\n    self.assertEqual(f(5), 6)\n\
         def test_green(self):\n    self.assertEqual((new_id(), f(1) is None), (0, False))",
    );
    expect(
        module,
        &test,
        &[
            (("m.py", "a - 6", "a - 7"), "still-red"),
            (("m.py", "a - 6", "a + 0"), "still-red"),
            (("m.py", "a - 6", "a + 1"), "plausible"),
            (
                (
                    "m.py",
                    "    return next(IDS)\n\n\ndef f(a):\n    return a - 6",
                    "    return next(IDS) + 1\n\n\ndef f(a):\n    return a + 1",
                ),
                "breaks",
            ),
        ],
    );
}

#[test]
fn candidates_that_hang_die_or_eat_memory_stop_nobody() {
    let test = suite(
        "from m import f",
        "def test_red(self):\n    self.assertEqual(f(2), 4)\n\
         def test_green(self):\n    self.assertEqual(f(3), 6)",
    );
    let deaf = "while True:\n        try:\n            a += 1\n        except BaseException:\n            pass";
    expect(
        "import os, sys, threading, time\n\n\ndef f(a):\n    return a - 1\n",
        &test,
        &[
            (("m.py", "return a - 1", "while True: a += 1"), "still-red"),
            (("m.py", "return a - 1", deaf), "still-red"),
            (("m.py", "a - 1", "sum(range(10 ** 13))"), "still-red"),
            (("m.py", "a - 1", "time.sleep(1000)"), "still-red"),
            (("m.py", "a - 1", "os._exit(0)"), "still-red"),
            (("m.py", "a - 1", "sys.exit(0)"), "still-red"),
            (("m.py", "a - 1", "[0] * 10 ** 11"), "still-red"),
            (("m.py", "a - 1", "f(a)"), "still-red"),
            (
                ("m.py", "a - 1", "threading.Thread(target=time.sleep, args=(9,)).start()"),
                "still-red",
            ),
            (("m.py", "a - 1", "a * 2"), "plausible"),
        ],
    );
}

#[test]
fn a_failing_test_may_hang() {
    let test = suite(
        "from m import count",
        "def test_red(self):\n    self.assertEqual(count(3), 3)\n\
         def test_green(self):\n    self.assertEqual(count(0), 0)",
    );
    expect(
        "def count(n):\n    i = 0\n    while i < n:\n        i += 0\n    return i\n",
        &test,
        &[
            (("m.py", "+= 0", "-= 1"), "still-red"),
            (("m.py", "i < n", "i > n"), "still-red"),
            (("m.py", "+= 0", "+= 1"), "plausible"),
        ],
    );
    let test = suite(
        "from m import ones",
        "def test_red(self):\n    self.assertEqual(list(ones(3)), [1, 1, 1])\n\
         def test_green(self):\n    self.assertEqual(next(ones(1)), 1)",
    );
    expect(
        "def ones(n):\n    while n:\n        yield 1\n        n -= 0\n",
        &test,
        &[
            (("m.py", "while n:", "while n > 0:"), "still-red"),
            (("m.py", "-= 0", "-= 1"), "plausible"),
        ],
    );
}

/// Those are tests that cannot be made anew by their name.
#[test]
fn examples_in_documentation_and_cases_with_arguments_are_run_again_and_again() {
    let module = "def double(a):\n    \"\"\"Twice as much.\n\n    >>> double(2)\n    4\n    \
                  >>> double(3)\n    6\n    \"\"\"\n    return a + 1\n";
    let test = "import doctest\nimport unittest\nimport m\n\n\nclass Of(unittest.TestCase):\n    \
                def __init__(self, n, n_double):\n        super().__init__('check')\n        \
                self.n, self.n_double = n, n_double\n\n    def check(self):\n        \
                self.assertEqual(m.double(self.n), self.n_double)\n\n\n\
                def load_tests(loader, tests, ignore):\n    \
                return unittest.TestSuite([Of(2, 4), doctest.DocTestSuite(m)])\n";
    let project = Project {
        files: &[("m.py", module), ("test_it.py", test)],
        failing: &["test_it.Of.check", "m.double"],
        passing: &[],
    };
    project.expect(&[
        (("m.py", "a + 1", "a + 3"), "still-red"),
        (("m.py", "a + 1", "a + 2"), "partial"),
        (("m.py", "a + 1", "a + a"), "plausible"),
        (("m.py", "a + 1", "a * 2"), "plausible"),
    ]);
    let state = "import asyncio\nimport contextvars\nimport unittest\nfrom m import double\n\n\n\
                 KEPT = contextvars.ContextVar('kept', default=0)\n\n\n\
                 class Kept(unittest.TestCase):\n    def __init__(self, *args):\n        \
                 super().__init__(*args)\n        self.kept = []\n\n    \
                 def test_it(self):\n        self.kept.append(double(2))\n        \
                 self.assertEqual(self.kept, [4])\n\n\n\
                 class Later(unittest.IsolatedAsyncioTestCase):\n    async def test_it(self):\n        \
                 KEPT.set(KEPT.get() + double(2))\n        self.assertEqual(KEPT.get(), 4)\n";
    for failing in [&["test_it.Kept.test_it"], &["test_it.Later.test_it"]] {
        let files = [("m.py", module), ("test_it.py", state)];
        Project { files: &files, failing, passing: &[] }.expect(&[
            (("m.py", "a + 1", "a + 3"), "still-red"),
            (("m.py", "a + 1", "a + 2"), "plausible"),
            (("m.py", "a + 1", "a * 2"), "plausible"),
        ]);
    }
    let project = Project { failing: &["m.double"], ..project };
    project.expect(&[
        (("m.py", "a + 1", "a + 2"), "still-red"),
        (("m.py", "a + 1", "a + a"), "plausible"),
    ]);
}

#[test]
fn what_mends_all_that_was_loaded_is_tried_where_the_rest_loads() {
    let project = Project {
        files: &[
            ("m.py", "def first(xs):\n    return xs[1]\n"),
            (
                "test_it.py",
                &suite(
                    "from m import first",
                    "def test_red(self):\n    assert first([1, 2]) == 1\n",
                ),
            ),
            (
                "test_other.py",
                &suite(
                    "from m import first\nx = first([3])",
                    "def test_it(self):\n    assert x == 3\n",
                ),
            ),
        ],
        failing: &["test_it.T.test_red", "test_other (import)"],
        passing: &[],
    };
    project.expect(&[
        (("m.py", "xs[1]", "xs[0]"), "plausible"),
        (("m.py", "xs[1]", "xs[-1] - 1"), "partial"),
        (("m.py", "xs[1]", "xs[2]"), "still-red"),
    ]);
}

#[test]
fn a_module_that_cannot_be_imported_is_a_failing_test() {
    let test = suite("from m import f", "def test_it(self):\n    self.assertEqual(f(), 1)");
    let function = "\n\n\ndef f():\n    return 1\n";
    for (module, old, bad, verdict, good) in [
        (format!("X = undefined{function}"), "undefined", "missing", "still-red", "1"),
        (format!("X = (1{function}"), "(1", "((1", "invalid", "1"),
    ] {
        let project = Project {
            files: &[("m.py", &module), ("test_it.py", &test), ("test_no.py", "import unittest\n")],
            failing: &["test_it (import)"],
            passing: &[],
        };
        project.expect(&[(("m.py", old, bad), verdict), (("m.py", old, good), "plausible")]);
    }
}

#[test]
fn several_failing_tests_give_partial_verdicts() {
    let test = suite(
        "from m import f, g",
        "def test_one(self):\n    self.assertEqual(f(), 1)\n\
         def test_two(self):\n    self.assertEqual(g(), 1)\n\
         def test_both(self):\n    self.assertEqual(f() + g(), 2)",
    );
    let module = "def f():\n    return 0\n\n\ndef g():\n    return 0  # g\n";
    let project = Project {
        files: &[("m.py", module), ("test_it.py", &test)],
        failing: &["test_it.T.test_one", "test_it.T.test_both", "test_it.T.test_two"],
        passing: &[],
    };
    let both = "return 1\n\n\ndef g():\n    return 1";
    project.expect(&[
        (("m.py", "return 0", "return 1"), "partial"),
        (("m.py", "return 0  # g", "return 1"), "still-red"),
        (("m.py", "return 0\n\n\ndef g():\n    return 0", both), "plausible"),
    ]);
}

#[test]
fn observing_tells_lines_also_of_what_ran_at_load_time() {
    let module = "LIMIT = 2\nOTHER = 3\n\n\ndef f(a, by=1):\n    if a > LIMIT:\n        return a\n    return by\n";
    let test = suite(
        "from m import f",
        "def test_red(self):\n    self.assertEqual(f(1), 3)\n\
         def test_green(self):\n    self.assertEqual(f(5), 5)",
    );
    let files = [("m.py", module), ("test_it.py", test.as_str())];
    let project = Project { files: &files, failing: FAILING, passing: PASSING };
    let mut seen: Vec<String> = project
        .run("observe", &[])
        .iter()
        .filter(|value| value["t"] == "test")
        .map(|value| format!("{} {} {}", value["id"], value["outcome"], value["lines"]["m.py"]))
        .collect();
    seen.sort();
    assert_eq!(
        seen,
        [r#""test_it.T.test_green" "passed" [1,5,6,7]"#, r#""test_it.T.test_red" "red" [1,5,6,8]"#]
    );
}

/// The calls that tell two changes of one module apart, of those that its tests make, or nearly make, and what each
/// change makes of them.
fn apart(module: &str, test: &str, changes: &[Change<'_>; 2]) -> Vec<String> {
    let files = [("m.py", module), ("test_it.py", test)];
    let project = Project { files: &files, failing: FAILING, passing: PASSING };
    let told = project.run("behave", changes);
    let told = told.iter().filter(|value| value["t"] == "response").filter_map(|value| {
        let gives = [0, 1].map(|place| value["gives"][place].as_str().unwrap());
        let call = value["call"].as_str().unwrap();
        (gives[0] != gives[1]).then(|| format!("{call} {}", gives.join(", or ")))
    });
    told.collect()
}

#[test]
fn changes_that_pass_are_told_apart_by_calls_that_no_test_makes() {
    let test = suite(
        "from m import clip",
        "def test_red(self):\n    self.assertEqual(clip([3, 1], most=2), [2, 1])\n\
         def test_green(self):\n    self.assertEqual(clip([], most=2), [])",
    );
    let module =
        "def clip(parts, *, most):\n    return [part if part < most else 0 for part in parts]\n";
    let changes = [("m.py", "else 0", "else most"), ("m.py", "else 0", "else 2")];
    assert_eq!(
        apart(module, &test, &changes),
        [
            "clip([3, 1], most=3) gives [3, 1], or gives [2, 1]",
            "clip([3, 1], most=1) gives [1, 1], or gives [2, 2]",
            "clip([3, 1], most=0) gives [0, 0], or gives [2, 2]",
            "clip([3, 1], most=-2) gives [-2, -2], or gives [2, 2]",
        ]
    );
    let alike =
        [("m.py", "part < most", "part <= most - 1"), ("m.py", "part < most", "most > part")];
    assert_eq!(apart(module, &test, &alike), Vec::<String>::new());
}

#[test]
fn texts_are_tried_with_each_others_words_and_with_other_numbers() {
    let test = suite(
        "from m import span",
        "def test_red(self):\n    self.assertEqual(span('sat 09'), ['sat', 'sat'])\n\
         def test_green(self):\n    self.assertEqual(span('sun-tue'), ['sun', 'tue'])",
    );
    let module = "def span(text):\n    first, _, last = text.partition(' ')[0].partition('-')\n    return [first, last or 0]\n";
    let changes = [("m.py", "or 0", "or 'sat'"), ("m.py", "or 0", "or first")];
    let told = apart(module, &test, &changes);
    assert_eq!(told[0], "span('sun 09') gives ['sun', 'sat'], or gives ['sun', 'sun']");
    let dated = module.replace("text.partition(' ')[0]", "text");
    let changes = [("m.py", "or 0", "or 'sat 09'"), ("m.py", "or 0", "or first")];
    let told = apart(&dated, &test, &changes);
    assert!(told.iter().any(|call| call.starts_with("span('sat 10')")), "{told:?}");
}

#[test]
fn calls_on_objects_that_change_hang_or_raise_are_told_in_words() {
    let module = "\
class Cart:
    def __init__(self, **items):
        self.items = items

    def take(self, name, n):
        if n > 2:
            raise ValueError(n)
        self.items[name] -= n + 1


LIMIT = 9


def low(n):
    return n < LIMIT
";
    let test = suite(
        "from m import Cart, low",
        "def test_red(self):\n    cart = Cart(pen=2)\n    cart.take('pen', 2)\n    \
             self.assertEqual(cart.items, {'pen': 0})\n\
         def test_green(self):\n    self.assertTrue(low(3))",
    );
    let changes =
        [("m.py", "-= n + 1", "-= n"), ("m.py", "-= n + 1", "= 0\n        while n == 0: pass")];
    insta::assert_snapshot!(apart(module, &test, &changes).join("\n"), @r"
    Cart(items={}).take('pen', 2) raises KeyError, or gives None and leaves Cart(items={'pen': 0})
    Cart(items={'pen': 3}).take('pen', 2) gives None and leaves Cart(items={'pen': 1}), or gives None and leaves Cart(items={'pen': 0})
    Cart(items={'pen': 1}).take('pen', 2) gives None and leaves Cart(items={'pen': -1}), or gives None and leaves Cart(items={'pen': 0})
    Cart(items={'pen': 0}).take('pen', 2) gives None and leaves Cart(items={'pen': -2}), or gives None
    Cart(items={'pen': -2}).take('pen', 2) gives None and leaves Cart(items={'pen': -4}), or gives None and leaves Cart(items={'pen': 0})
    Cart(items={'pen': 4}).take('pen', 2) gives None and leaves Cart(items={'pen': 2}), or gives None and leaves Cart(items={'pen': 0})
    Cart(items={'pen': 2}).take('pe', 2) raises KeyError, or gives None and leaves Cart(items={'pen': 2, 'pe': 0})
    Cart(items={'pen': 2}).take('penn', 2) raises KeyError, or gives None and leaves Cart(items={'pen': 2, 'penn': 0})
    Cart(items={'pen': 2}).take('en', 2) raises KeyError, or gives None and leaves Cart(items={'pen': 2, 'en': 0})
    Cart(items={'pen': 2}).take('PEN', 2) raises KeyError, or gives None and leaves Cart(items={'pen': 2, 'PEN': 0})
    Cart(items={'pen': 2}).take('', 2) raises KeyError, or gives None and leaves Cart(items={'pen': 2, '': 0})
    Cart(items={'pen': 2}).take('pen', 1) gives None and leaves Cart(items={'pen': 1}), or gives None and leaves Cart(items={'pen': 0})
    Cart(items={'pen': 2}).take('pen', 0) gives None, or does not end
    Cart(items={'pen': 2}).take('pen', -2) gives None and leaves Cart(items={'pen': 4}), or gives None and leaves Cart(items={'pen': 0})
    ");
    let limits = [("m.py", "LIMIT = 9", "LIMIT = 8"), ("m.py", "LIMIT = 9", "LIMIT = 4")];
    assert_eq!(
        apart(module, &test, &limits),
        ["low(4) gives True, or gives False", "low(6) gives True, or gives False"]
    );
}

#[test]
fn what_comes_out_otherwise_each_time_tells_nothing() {
    let module = "import random\n\n\ndef f(n):\n    return random.random() * n\n";
    let test = suite(
        "from m import f",
        "def test_red(self):\n    self.assertGreater(f(2), -1)\n\
         def test_green(self):\n    pass",
    );
    let changes = [("m.py", "* n", "+ n"), ("m.py", "* n", "- n")];
    assert_eq!(apart(module, &test, &changes), Vec::<String>::new());
}
