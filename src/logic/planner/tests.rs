//! Plans of baselines that are written as text.

use super::*;
use crate::base::ids::{BlobId, CheckId, TreeId};
use crate::logic::affected::imported;
use crate::logic::plan_check::{Known, flaws};
use crate::logic::plan_text::print;
use crate::logic::review::tests::laws;
use crate::model::check::{CheckEnd, Problem};
use crate::model::report::{Place, TestCase, TestOutcome, TestReport};
use proptest::prelude::*;

fn place(text: &str) -> Place {
    let (path, line) = text.split_once(':').unwrap();
    Place { path: RepoPath::new(path).unwrap(), line: line.parse().unwrap() }
}

fn run(check: &str) -> CheckRun {
    CheckRun {
        check: CheckId::new(check),
        tree: TreeId::new("tree"),
        end: CheckEnd::Completed,
        report: TestReport { cases: vec![], complete: true },
        problems: vec![],
        command: String::new(),
        output: BlobId::new(""),
        duration_ms: 1,
        enforced: vec![],
        flaky: vec![],
        partial: false,
        setting: String::new(),
        reused: false,
    }
}

/// One case or problem a line: `check | name | errored | message | frame frame`. A case stands at its first frame. A
/// problem has the name `(build)` and no outcome. In messages `⏎` is a line break.
fn runs(text: &str) -> Vec<CheckRun> {
    let mut runs: Vec<CheckRun> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let parts: Vec<&str> = line.split('|').map(str::trim).collect();
        let [check, name, outcome, message, frames] = parts[..] else { panic!("{line}") };
        if !runs.iter().any(|run| run.check.as_str() == check) {
            runs.push(run(check));
        }
        let run = runs.iter_mut().find(|run| run.check.as_str() == check).unwrap();
        let frames: Vec<Place> = frames.split_whitespace().map(place).collect();
        let message = message.replace('⏎', "\n");
        if outcome.is_empty() {
            run.end = CheckEnd::BuildFailed;
            run.problems.push(Problem { at: frames.first().cloned(), message });
            continue;
        }
        run.report.cases.push(TestCase {
            id: TestId { check: CheckId::new(check), name: name.to_owned() },
            outcome: if outcome == "errored" { TestOutcome::Errored } else { TestOutcome::Failed },
            message,
            at: frames.first().cloned(),
            frames,
            duration_ms: 1,
        });
    }
    runs
}

fn targets(runs: &[CheckRun]) -> Vec<TestId> {
    let builds = runs.iter().filter(|run| run.end == CheckEnd::BuildFailed);
    let builds = builds.map(|run| crate::logic::report_parse::build_of(&run.check));
    let cases = runs.iter().flat_map(|run| &run.report.cases).map(|case| case.id.clone());
    let ids: BTreeSet<TestId> = builds.chain(cases).collect();
    ids.into_iter().collect()
}

/// The plan, which has nothing wrong with it.
fn planned(runs: &[CheckRun], imports: &Imports) -> Plan {
    let targets = targets(runs);
    let plan = plan(runs, &targets, imports);
    let checks: Vec<CheckId> = runs.iter().map(|run| run.check.clone()).collect();
    let known = Known { targets: &targets, checks: &checks, workers: &[] };
    assert_eq!(flaws(&plan, &known), [], "{}", print(&plan));
    plan
}

/// The steps, one a line: number, title, number of tests, what it waits for.
fn check(text: &str, files: &[(&str, &str)]) -> String {
    let files: Vec<(RepoPath, String)> = files
        .iter()
        .map(|(path, text)| (RepoPath::new(path).unwrap(), (*text).to_owned()))
        .collect();
    let line = |step: &Step| {
        let after: Vec<String> = step.after.iter().map(ToString::to_string).collect();
        let after =
            if after.is_empty() { String::new() } else { format!(", after {}", after.join(" ")) };
        format!("{} {} [{}{after}]\n", step.id, step.title, step.tests.len())
    };
    planned(&runs(text), &imported(&files)).steps.iter().map(line).collect()
}

const MODULES: [&str; 6] = ["cart", "dates", "money", "rates", "stock", "users"];

#[test]
fn six_faults_in_six_modules_are_six_steps() {
    let lines = |with: &dyn Fn(&str) -> String| MODULES.map(with).concat();
    // All that is told is that values differ, and the files of tests import what they try.
    let differ = lines(&|name| {
        format!(
            "u | tests.test_{name}.T.test_a | failed | AssertionError: 1 != 2 | tests/test_{name}.py:7\n"
        ) + &format!(
            "u | tests.test_{name}.T.test_b | failed | AssertionError: 3 != 4 | tests/test_{name}.py:9\n"
        )
    });
    let files: Vec<(String, String)> = MODULES
        .iter()
        .flat_map(|name| {
            let text = format!("from shop.{name} import x\nfrom shop import money\n");
            [(format!("tests/test_{name}.py"), text), (format!("shop/{name}.py"), String::new())]
        })
        .chain([("shop/__init__.py".to_owned(), String::new())])
        .collect();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    insta::assert_snapshot!(check(&differ, &files), @r#"
    1 shop/cart.py: 2 red tests [2]
    2 shop/dates.py: 2 red tests [2]
    3 shop/money.py: 2 red tests [2]
    4 shop/rates.py: 2 red tests [2]
    5 shop/stock.py: 2 red tests [2]
    6 shop/users.py: 2 red tests [2]
    "#);
    insta::assert_snapshot!(check(&differ, &[]), @r#"
    1 tests/test_cart.py: 2 red tests [2]
    2 tests/test_dates.py: 2 red tests [2]
    3 tests/test_money.py: 2 red tests [2]
    4 tests/test_rates.py: 2 red tests [2]
    5 tests/test_stock.py: 2 red tests [2]
    6 tests/test_users.py: 2 red tests [2]
    "#);
    // The same exception in six functions.
    let raised = lines(&|name| {
        format!(
            "p | tests/test_{name}.py::test_a | errored | KeyError: 'id'⏎⏎  tests/test_{name}.py:7 in test_a⏎  shop/{name}.py:3 in of | tests/test_{name}.py:7 shop/{name}.py:3\n"
        )
    });
    insta::assert_snapshot!(check(&raised, &files), @r#"
    1 `of` in shop/cart.py: KeyError [1]
    2 `of` in shop/dates.py: KeyError [1]
    3 `of` in shop/money.py: KeyError [1]
    4 `of` in shop/rates.py: KeyError [1]
    5 `of` in shop/stock.py: KeyError [1]
    6 `of` in shop/users.py: KeyError [1]
    "#);
}

#[test]
fn many_tests_with_one_cause_are_one_step() {
    let forty = |with: &dyn Fn(usize) -> String| (0..40).map(with).collect::<String>();
    let stopped = forty(&|n| {
        format!("p | tests/test_{}.py::test_{n} | errored | ValueError: bad {n}⏎⏎  app/db.py:9 in connect | tests/test_{}.py:{n} app/models.py:{n} app/db.py:9\n", n % 7, n % 7)
            .replace(":0", ":1")
    });
    insta::assert_snapshot!(check(&stopped, &[]), @"1 `connect` in app/db.py: ValueError in 40 tests [40]");
    let said = forty(&|n| {
        format!(
            "p | tests/test_{n}.py (import) | errored | ImportError: cannot import name 'Money' from 'app.money' | tests/test_{n}.py:1\n"
        )
    });
    insta::assert_snapshot!(check(&said, &[]), @"1 ImportError: cannot import name 'Money' from 'app.money': 40 red tests [40]");
}

#[test]
fn builds_come_first_and_findings_last() {
    let text = "
        cargo test | (build) | | mismatched types | src/a.rs:3
        cargo test | (build) | | cannot find `x` | src/b.rs:4
        cargo check | src/a.rs: E0308: mismatched types (finding) | failed | E0308: mismatched types | src/a.rs:3
        jest | t/m.test.js::adds | failed | expected 1 | t/m.test.js:3 js/m.js:4
        jest | t/n.test.js::adds | failed | expected 1 | t/n.test.js:3
        eslint | js/m.js: no-undef: 'x' (finding) | failed | no-undef: 'x' is not defined | js/m.js:4
        eslint | js/o.js: no-undef: 'y' (finding) | failed | no-undef: 'y' is not defined | js/o.js:1
        eslint | js/o.js: no-undef: 'z' (finding) | failed | no-undef: 'z' is not defined | js/o.js:2
    ";
    insta::assert_snapshot!(check(text, &[]), @r#"
    1 Build of `cargo test`: src/a.rs [2]
    2 js/m.js: 1 red test [1, after 1]
    3 t/n.test.js: `adds` [1, after 1]
    4 js/o.js: 2 findings of `eslint` [2, after 1]
    5 js/m.js: 1 finding of `eslint` [1, after 1 2]
    "#);
}

#[test]
fn what_is_known_of_a_test_groups_it() {
    // Tests that try a file go with those that stopped in its only function.
    let files = [("t/test_m.py", "import m"), ("m.py", "")];
    let stopped = "
        p | t/test_m.py::a | failed | AssertionError: 1 != 2 | t/test_m.py:3
        p | t/test_m.py::b | errored | TypeError: no⏎  m.py:4 in half | t/test_m.py:9 m.py:4
    ";
    insta::assert_snapshot!(check(stopped, &files), @"1 `half` in m.py: 2 red tests [2]");
    let two = format!(
        "{stopped}\n p | t/test_m.py::c | errored | OSError: no⏎  m.py:8 in twice | t/test_m.py:5 m.py:8"
    );
    insta::assert_snapshot!(check(&two, &files), @r#"
    1 `half` in m.py: TypeError [1]
    2 `twice` in m.py: OSError [1]
    3 m.py: 1 red test [1]
    "#);
    // Nothing but names.
    let unknown = "
        p | t/test_q.py::a | failed | |
        p | t/test_q.py::b | failed | |
        tap | it works | failed | |
        tap | it works too | failed | |
        one | t/test_z.py::alone | failed | |
    ";
    insta::assert_snapshot!(check(unknown, &[]), @r#"
    1 t/test_q.py: 2 red tests [2]
    2 `tap`: 2 red tests [2]
    3 t/test_z.py: `alone` [1]
    "#);
}

#[test]
fn too_many_causes_are_put_together() {
    let text = |n: usize| -> String {
        (0..n).map(|n| format!("p | t/test_{n}.py::a | failed | no | t/test_{n}.py:1\n")).collect()
    };
    let fits = planned(&runs(&text(PLAN_STEPS_MAX)), &Imports::new());
    assert_eq!(fits.steps.len(), PLAN_STEPS_MAX);
    let many = planned(&runs(&text(PLAN_STEPS_MAX + 9)), &Imports::new());
    assert_eq!(many.steps.len(), PLAN_STEPS_MAX);
    let last = &many.steps[PLAN_STEPS_MAX - 1];
    assert_eq!((last.title.as_str(), last.tests.len()), ("The rest: 10 red tests", 10));
}

#[test]
fn a_plan_reads_well() {
    let text = "
        unittest | tests.test_m.T.test_a | errored | ZeroDivisionError: division by zero⏎⏎  app/m.py:3 in mean | tests/test_m.py:3 app/m.py:3
        unittest | tests.test_m.T.test_b | errored | ZeroDivisionError: division by zero⏎⏎  app/m.py:3 in mean | tests/test_m.py:8 app/m.py:3
        unittest | tests.test_n.T.test_c | failed | AssertionError: 3 != 4 | tests/test_n.py:8
    ";
    insta::assert_snapshot!(print(&planned(&runs(text), &Imports::new())), @r#"
    # Take 3 red tests to green

    ## 1. `mean` in app/m.py: ZeroDivisionError in 2 tests

    - tests of `unittest`:
      - `tests.test_m.T.test_a`
      - `tests.test_m.T.test_b`

    All of them stopped there.

    - ZeroDivisionError: division by zero (2 times)

    ## 2. tests/test_n.py: `T.test_c`

    - tests of `unittest`:
      - `tests.test_n.T.test_c`

    - AssertionError: 3 != 4
    "#);
}

proptest! {
    #![proptest_config(laws(500))]

    #[test]
    fn any_baseline_is_planned_and_every_target_has_its_step(
        lines in proptest::collection::btree_map(
            (prop_oneof!["p", "q"], prop_oneof!["\\(build\\)", "[ab]{1,3}", "t/[ab]\\.py::[ab]", "[ab]{1,2} \\(finding\\)"]),
            (prop_oneof!["errored", "failed"], "[a-z ':]{0,9}", proptest::collection::vec("(t/test_[ab]|[ab])\\.py:[1-3]", 0..3)),
            0..80,
        ),
    ) {
        let line = |((check, name), (outcome, message, frames)): (&(String, String), &(String, String, Vec<String>))| {
            let outcome = if name == "(build)" { "" } else { outcome.as_str() };
            format!("{check} | {name} | {outcome} | {message} | {}\n", frames.join(" "))
        };
        let runs = runs(&lines.iter().map(line).collect::<String>());
        if !runs.is_empty() {
            let plan = planned(&runs, &Imports::new());
            prop_assert!(plan.steps.len() <= PLAN_STEPS_MAX);
            prop_assert_eq!(plan, planned(&runs, &Imports::new()));
        }
    }
}
