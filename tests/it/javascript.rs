//! Checks that Node.js runs, in real worlds with the real runners: what is told of fixtures, of every outcome, and of
//! tests that end the runner, lie about themselves or are selected.

use std::fs;
use std::path::Path;

use greenloop::io::checks::Select;
use greenloop::model::check::{CheckEnd, CheckRun};
use greenloop::model::report::TestOutcome;

use crate::checks::{best, detect, fixture_goes_green, run_all, run_one, told};
use crate::place::{Place, rungs, write};
use crate::support::{Home, Project, install};

/// A runner, the script that starts it, and the fixture whose packages hold it.
const RUNNERS: [(&str, &str, Option<&str>); 4] = [
    ("node-test", "node --test", None),
    ("jest", "jest", Some("javascript-units-jest")),
    ("vitest", "vitest", Some("typescript-agenda-vitest")),
    ("mocha", "mocha test", Some("javascript-slugs-mocha")),
];

/// A project that one of the runners tests. Files begin with what their runner has to have imported.
fn project(runner: &str, files: &[(&str, &str)]) -> Place {
    let (_, script, fixture) = RUNNERS.iter().find(|(name, ..)| *name == runner).unwrap();
    let head = match runner {
        "node-test" => "const { test, describe, it, before, after } = require('node:test');",
        "vitest" => {
            "import { test, describe, it, beforeAll as before, afterAll as after } from 'vitest';"
        }
        "jest" => "const [before, after] = [beforeAll, afterAll];",
        _ => "const test = it;",
    };
    let assert = match runner {
        "vitest" => "import assert from 'node:assert';",
        _ => "const assert = require('node:assert');",
    };
    let place = Place::new(&best(), &[]);
    let manifest = format!("{{ \"name\": \"p\", \"scripts\": {{ \"test\": {script:?} }} }}");
    write(&place.root.join("package.json"), &manifest);
    for (path, text) in files {
        write(&place.root.join(path), &format!("{head} {assert}\n{text}"));
    }
    if let Some(fixture) = fixture {
        install(fixture, &place.root);
    }
    place
}

#[test]
fn fixtures_go_green_on_every_rung() {
    for name in [
        "javascript-basket-node",
        "javascript-units-jest",
        "typescript-agenda-vitest",
        "javascript-slugs-mocha",
    ] {
        for (rung, abilities) in rungs() {
            println!("{name}, {rung}");
            fixture_goes_green(name, "", &abilities);
        }
    }
}

const OUTCOMES: &str = "test('passes', () => {});
describe('a suite', () => {
  it('fails', () => {
    assert.strictEqual(1 + 1, 3);
  });
  it('throws', () => {
    null.x;
  });
  it.skip('is skipped', () => {});
  describe('inside', () => {
    it('is twice there', () => {});
    it('is twice there', () => { assert.ok(false); });
  });
});
";

/// All runners tell the same of the same tests.
#[test]
fn every_outcome_is_told_alike() {
    for (runner, ..) in RUNNERS {
        let place = project(
            runner,
            &[
                ("test/a.test.js", OUTCOMES),
                ("test/broken.test.js", "require('./missing.js');\ntest('a', () => {});\n"),
                ("test/syntax.test.js", "test('a', () => {\n"),
            ],
        );
        let run = run_one(&place);
        let lines: Vec<String> = told(&run).lines().map(str::to_owned).collect();
        let cases = run.report.cases.iter();
        let heads: Vec<String> =
            cases.map(|case| format!("{:?} {}", case.outcome, case.id.name)).collect();
        println!("{runner}\n{}", lines.join("\n"));
        assert_eq!(run.end, CheckEnd::Completed);
        assert!(run.report.complete);
        for head in [
            "Passed test/a.test.js::passes",
            "Failed test/a.test.js::a suite > fails",
            "Errored test/a.test.js::a suite > throws",
            "Skipped test/a.test.js::a suite > is skipped",
            "Passed test/a.test.js::a suite > inside > is twice there",
            "Failed test/a.test.js::a suite > inside > is twice there #2",
        ] {
            assert!(heads.iter().any(|line| line == head), "{runner}: {head} is not in {heads:#?}");
        }
        let at = |name: &str| {
            let case = run.report.cases.iter().find(|case| case.id.name == name);
            let case = case.unwrap_or_else(|| panic!("{runner}: no {name} in {lines:#?}"));
            let at = case.at.as_ref().map(|at| format!("{}:{}", at.path, at.line)).unwrap();
            (at, case.message.clone())
        };
        let (place, message) = at("test/a.test.js::a suite > fails");
        assert_eq!(place, "test/a.test.js:5", "{runner}");
        assert!(message.contains('2') && message.contains('3'), "{runner}: {message}");
        assert_eq!(at("test/a.test.js::a suite > throws").0, "test/a.test.js:8", "{runner}");
        let (place, message) = at("test/broken.test.js (import)");
        assert!(message.contains("missing.js"), "{runner}: {message}");
        assert!(place.starts_with("test/broken.test.js:"), "{runner}: {place}");
        assert!(
            at("test/syntax.test.js (import)").0.starts_with("test/syntax.test.js:"),
            "{runner}"
        );
        assert_eq!(run.report.cases.len(), 8, "{runner}: {lines:#?}");
    }
}

#[test]
fn selected_tests_are_run_and_no_others_told() {
    for (runner, ..) in RUNNERS {
        let place = project(
            runner,
            &[
                ("test/a.test.js", OUTCOMES),
                ("test/b.test.js", "test('passes', () => {});\ntest('other', () => {});\n"),
                ("test/broken.test.js", "require('./missing.js');\ntest('a', () => {});\n"),
            ],
        );
        let only = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let run = run_all(&place, Select::Only(&names)).remove(0);
            let cases = run.report.cases.iter();
            let mut told: Vec<String> =
                cases.map(|case| format!("{:?} {}", case.outcome, case.id.name)).collect();
            told.sort();
            assert!(run.report.complete, "{runner}: {told:?} {:?}", run.end);
            told
        };
        assert_eq!(
            only(&["test/a.test.js::a suite > throws", "test/b.test.js::passes"]),
            ["Errored test/a.test.js::a suite > throws", "Passed test/b.test.js::passes"],
            "{runner}"
        );
        assert_eq!(
            only(&["test/a.test.js::a suite > inside > is twice there #2"]),
            ["Failed test/a.test.js::a suite > inside > is twice there #2"],
            "{runner}"
        );
        assert_eq!(
            only(&["test/broken.test.js (import)"]),
            ["Errored test/broken.test.js (import)"],
            "{runner}"
        );
        assert_eq!(
            only(&["test/broken.test.js::a"]),
            ["Errored test/broken.test.js (import)"],
            "{runner}"
        );
        let gone = ["test/b.test.js::gone".to_owned()];
        let run = run_all(&place, Select::Only(&gone)).remove(0);
        assert_eq!((&run.end, run.report.complete), (&CheckEnd::NoTests, false), "{runner}");
    }
}

/// Whether everything that was told may be called green.
fn is_green(run: &CheckRun) -> bool {
    run.report.complete && run.report.red().next().is_none()
}

#[test]
fn tests_that_end_the_runner_or_fail_beside_it_are_never_green() {
    for (runner, ..) in RUNNERS {
        let check = |name: &str, text: &str| {
            let others = "test('other', () => {});\n";
            let place = project(runner, &[("test/a.test.js", text), ("test/b.test.js", others)]);
            let run = run_one(&place);
            assert!(!is_green(&run), "{runner}, {name}: {}", told(&run));
        };
        check("exit in a test", "test('a', () => { process.exit(0); });\ntest('b', () => {});\n");
        check("exit while loading", "test('a', () => {});\nprocess.exit(0);\n");
        let late = "test('a', () => { setTimeout(() => Promise.reject(new Error('late')), 5); });\n\
                    test('b', () => new Promise((resolve) => setTimeout(resolve, 100)));\n";
        if runner != "jest" {
            check("a rejection nobody waits for", late);
        }
        check("kill", "test('a', () => { process.kill(process.pid, 'SIGKILL'); });\n");
        check(
            "a hook",
            "describe('s', () => { before(() => { throw new Error('hook'); }); it('a', () => {}); });\n",
        );
        check(
            "a late hook",
            "describe('s', () => { after(() => { throw new Error('hook'); }); it('a', () => {}); });\n",
        );
    }
}

#[test]
fn no_tests_are_no_green() {
    for (runner, ..) in RUNNERS {
        let place = project(runner, &[("src/a.js", "")]);
        let config = format!("[[check]]\nrunner = {runner:?}\n");
        write(&place.root.join("greenloop.toml"), &config);
        let run = run_one(&place);
        assert_eq!((&run.end, run.report.complete), (&CheckEnd::NoTests, false), "{runner}");
    }
}

/// A test that writes lines of a report wherever it can find one.
const LIAR: &str = r#"test('lies', () => {
  const fs = require('node:fs');
  const line = JSON.stringify({ event: 'case', name: 'test/a.test.js::is red', outcome: 'passed' });
  const end = JSON.stringify({ event: 'announced', count: 1 }) + '\n' + JSON.stringify({ event: 'end', count: 1 });
  console.log(line + '\n' + end);
  const words = Object.entries(process.env).filter(([name]) => /greenloop/i.test(name));
  assert.deepStrictEqual(words, []);
  for (const fd of fs.readdirSync('/proc/self/fd')) {
    try {
      if (!fs.readlinkSync('/proc/self/fd/' + fd).includes('report.jsonl')) continue;
      fs.writeSync(Number(fd), line + '\n' + end + '\n');
    } catch {}
  }
  process.exit(0);
});
test('is red', () => { assert.ok(false); });
"#;

#[test]
fn a_forged_report_is_not_believed() {
    for (runner, ..) in RUNNERS {
        let text = LIAR.replace(
            "require('node:fs')",
            "process.getBuiltinModule ? process.getBuiltinModule('fs') : require('node:fs')",
        );
        let run = run_one(&project(runner, &[("test/a.test.js", &text)]));
        let cases = run.report.cases.iter();
        let mut passed = cases.filter(|case| case.outcome == TestOutcome::Passed);
        assert!(passed.all(|case| case.id.name != "test/a.test.js::is red"), "{}", told(&run));
        assert!(!is_green(&run), "{runner}: {}", told(&run));
    }
}

#[test]
fn tests_that_only_leave_out_are_not_told_as_passed() {
    let text = "test.only('a', () => {});\ntest('b', () => { assert.ok(false); });\n";
    for (runner, outcome) in [("jest", "Skipped"), ("vitest", "Skipped"), ("mocha", "")] {
        let run = run_one(&project(runner, &[("test/a.test.js", text)]));
        let b = run.report.cases.iter().find(|case| case.id.name == "test/a.test.js::b");
        assert_eq!(
            b.map(|case| format!("{:?}", case.outcome)).unwrap_or_default(),
            outcome,
            "{runner}"
        );
        assert!(is_green(&run), "{runner}");
    }
    // Without `--test-only` all tests run.
    let run = run_one(&project("node-test", &[("test/a.test.js", text)]));
    assert_eq!(run.report.red().count(), 1);
}

#[test]
fn a_file_whose_process_ends_early_is_red_and_the_others_are_told() {
    let text = "const turn = () => new Promise(setImmediate);\ndescribe('more', () => {\n  \
                test('a', turn);\n  test('b', async () => { await turn(); process.exit(3); });\n  \
                test('c', () => {});\n});\n";
    let other = "test('d', () => {});\n";
    let red = text.replace("'a', turn", "'a', async () => { await turn(); assert.equal(1, 2); }");
    let files = [("test/a.test.js", text), ("test/b.test.js", other), ("test/c.test.js", &red)];
    let place = project("node-test", &files);
    insta::assert_snapshot!(told(&run_one(&place)), @"
    Completed, complete
    Errored test/a.test.js (unhandled) test/a.test.js:1 Error: exit code 3
    Errored test/c.test.js (unhandled) test/c.test.js:1 Error: exit code 3
    Failed test/c.test.js::more > a test/c.test.js:4 <test/c.test.js:4> AssertionError: 1 == 2
    Passed test/a.test.js::more > a test/a.test.js:4
    Passed test/b.test.js::d test/b.test.js:2
    ");
}

#[test]
fn a_mocha_test_that_skips_itself_is_over() {
    let text = "it('a', function () { this.skip(); });\nit('b');\n\
                it('c', function () { this.retries(2); this.n = (this.n || 0) + 1; });\n";
    insta::assert_snapshot!(told(&run_one(&project("mocha", &[("test/a.test.js", text)]))), @"
    Completed, complete
    Passed test/a.test.js::c test/a.test.js:1
    Skipped test/a.test.js::a test/a.test.js:1
    Skipped test/a.test.js::b test/a.test.js:1
    ");
}

#[test]
fn a_runner_that_is_not_installed_is_told_with_what_to_do() {
    let place = project("node-test", &[]);
    let manifest = "{ \"scripts\": { \"test\": \"npm run lint && jest --coverage\" } }";
    write(&place.root.join("package.json"), manifest);
    let found = detect(&place);
    assert_eq!(found.checks, []);
    insta::assert_snapshot!(found.blocked.join("\n"), @"`package.json` runs `npm run lint && jest --coverage`, but jest is not installed: run `npm install`");
    write(&place.root.join("greenloop.toml"), "[[check]]\nrunner = \"jest\"\n");
    let CheckEnd::Missing { program, hint } = run_one(&place).end else { panic!() };
    insta::assert_snapshot!(format!("{program}: {hint}"), @"jest: Run `npm install` (or what this project uses) once: dependencies are never installed by us.");
}

/// Runs a command of ours and gives its exit code and what it printed.
fn greenloop(project: &Project, args: &[&str]) -> (i32, String) {
    let output = project.greenloop(&Home::new()).args(args).output().unwrap();
    let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.code().unwrap(), text)
}

#[test]
fn checks_lists_them_and_a_worker_turns_them_green() {
    let project = crate::support::Fixture::load("javascript-basket-node").copy();
    let (code, text) = greenloop(&project, &["checks"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("node-test  in .  because `package.json` runs `node --test`"), "{text}");
    assert!(text.contains("13 passed, 2 red, 1 skipped"), "{text}");
    assert!(text.contains("(test/basket.test.js:41)"), "{text}");
    let config = "workers = [\"sed\"]\n[[worker]]\nname = \"sed\"\n\
                  command = [\"sed\", \"-i\", \"s|count / 2|count / 3|\", \"lib/discounts.js\"]\n";
    project.write("greenloop.toml", config);
    let (code, text) = greenloop(&project, &["fix"]);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("15 passed") && text.contains("red → green"), "{text}");
    assert!(!Path::new(&project.root).join("node_modules").exists());
    fs::remove_file(project.root.join("greenloop.toml")).unwrap();
}
