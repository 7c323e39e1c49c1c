//! The fixture projects are what their `fixture.toml` says, and each fault of `fixtures/faults.toml` turns tests red.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use serde::Deserialize;

use crate::support::{Fault, Fixture, Project, install, python, replaced, repository};

/// What a run of a project's own tests said.
#[derive(Debug, Default, PartialEq, Eq)]
struct Tally {
    n_passed: usize,
    red: BTreeSet<String>,
}

/// The test that a line of a runner's output names, and whether it passed.
type Reader = fn(&str) -> Option<(String, bool)>;

/// Runs all tests of a project with its own runner.
fn tally(project: &Project, check: &str) -> Tally {
    let python = python().display().to_string();
    let (argv, read): (Vec<&str>, Reader) = match check {
        "unittest" => (vec![&python, "-B", "-m", "unittest", "--verbose"], read_unittest),
        "pytest" => (
            vec![&python, "-B", "-m", "pytest", "-rA", "--tb=no", "-p", "no:cacheprovider"],
            read_pytest,
        ),
        "cargo test" => (vec!["cargo", "test", "--offline", "--no-fail-fast"], read_cargo),
        "node-test" => (vec!["node", "--test", "--test-reporter=junit"], read_junit),
        "jest" => (vec!["node", "node_modules/jest/bin/jest.js", "--verbose"], read_marks),
        "vitest" => {
            (vec!["node", "node_modules/vitest/vitest.mjs", "run", "--reporter=tap-flat"], read_tap)
        }
        "mocha" => (
            vec![
                "node",
                "node_modules/mocha/bin/mocha.js",
                "test/**/*.js",
                "--no-bail",
                "--reporter=tap",
            ],
            read_tap,
        ),
        "python3 check.py" => (vec![&python, "check.py"], read_ok),
        "sh test.sh" => (vec!["sh", "test.sh"], read_ok),
        "go test" => (vec!["go", "test", "-v", "./..."], read_go),
        "ctest" => (vec!["sh", "-c", CTEST], read_ctest),
        "rspec" => (vec!["bundle", "exec", "rspec", "--format=RspecJunitFormatter"], read_rspec),
        other => panic!("no runner for {other}"),
    };
    let mut command = Command::new(argv[0]);
    command
        .args(&argv[1..])
        .current_dir(&project.root)
        .env_remove("CARGO_TARGET_DIR")
        // What the fixture's own script sets.
        .env("SLUGS_LOCALE", "de")
        .env("COLUMNS", "500");
    let output = command.output().unwrap();
    let text = String::from_utf8([output.stdout, b"\n".to_vec(), output.stderr].concat()).unwrap();
    let (passed, red): (Vec<_>, Vec<_>) =
        text.lines().filter_map(read).partition(|(_, passed)| *passed);
    assert!(!passed.is_empty(), "no test passed:\n{text}");
    Tally { n_passed: passed.len(), red: red.into_iter().map(|(name, _)| name).collect() }
}

/// `name (module.Class) ... ok`, from Python 3.11 on `name (module.Class.name) ... ok`.
fn read_unittest(line: &str) -> Option<(String, bool)> {
    let (head, outcome) = line.split_once(" ... ")?;
    let (name, place) = head.strip_suffix(')')?.split_once(" (")?;
    let full = if place.ends_with(&format!(".{name}")) {
        place.to_owned()
    } else {
        format!("{place}.{name}")
    };
    Some((full, outcome == "ok"))
}

/// `PASSED id`, `FAILED id - message`.
fn read_pytest(line: &str) -> Option<(String, bool)> {
    let (outcome, rest) = line.split_once(' ')?;
    let id = rest.split(" - ").next()?.to_owned();
    match outcome {
        "PASSED" => Some((id, true)),
        "FAILED" | "ERROR" => Some((id, false)),
        _ => None,
    }
}

/// `test path::name ... ok`.
fn read_cargo(line: &str) -> Option<(String, bool)> {
    let (name, outcome) = line.strip_prefix("test ")?.split_once(" ... ")?;
    Some((name.to_owned(), outcome == "ok"))
}

/// `<testcase name="title" … />`, with `failure="…"` for red ones and a text inside for skipped ones.
fn read_junit(line: &str) -> Option<(String, bool)> {
    let (name, rest) = line.trim().strip_prefix("<testcase name=\"")?.split_once('"')?;
    let passed = !rest.contains(" failure=\"");
    (!passed || rest.ends_with("/>")).then(|| (name.to_owned(), passed))
}

const CTEST: &str = "cmake -S . -B build && cmake --build build && ctest --test-dir build";

/// `1/4 Test #1: name .....   Passed    0.00 sec`, or `***Failed`.
fn read_ctest(line: &str) -> Option<(String, bool)> {
    let (_, rest) = line.split_once(" Test #")?;
    let name = rest.split_whitespace().nth(1)?;
    Some((name.to_owned(), rest.contains(" Passed ")))
}

/// `<testcase classname="spec" name="Group name" …></testcase>`, with a failure in it when it is red.
fn read_rspec(line: &str) -> Option<(String, bool)> {
    let (_, rest) = line.strip_prefix("<testcase ")?.split_once(" name=\"")?;
    let (name, rest) = rest.split_once('"')?;
    let name = name.split_once(' ')?.1;
    Some((name.to_owned(), !rest.contains("<failure")))
}

/// `✓ title (3 ms)`, without a time when it is short.
fn read_marks(line: &str) -> Option<(String, bool)> {
    let (mark, rest) = line.trim().split_once(' ')?;
    let is_time = |text: &str| text.ends_with("ms)");
    let title = match rest.rsplit_once(" (") {
        Some((title, time)) if is_time(time) => title,
        _ => rest,
    };
    match mark {
        "✓" => Some((title.to_owned(), true)),
        "✕" => Some((title.to_owned(), false)),
        _ => None,
    }
}

/// `ok 1 - name # time=1ms` of Vitest, `not ok 2 name` of Mocha.
fn read_tap(line: &str) -> Option<(String, bool)> {
    let (passed, rest) = match line.strip_prefix("not ok ") {
        Some(rest) => (false, rest),
        None => (true, line.strip_prefix("ok ")?),
    };
    let name = rest.split_once(' ')?.1.trim_start_matches("- ");
    let (name, mark) = name.split_once(" # ").unwrap_or((name, ""));
    let is_run = mark.is_empty() || mark.starts_with("time=");
    is_run.then(|| (name.to_owned(), passed))
}

/// A test as its runner prints it.
fn printed(check: &str, name: &str) -> String {
    let titles = || name.split_once("::").map_or(name, |(_, titles)| titles);
    match check {
        "node-test" | "jest" => name.rsplit(" > ").next().unwrap_or(name).to_owned(),
        "vitest" => name.replacen("::", " > ", 1),
        "mocha" => titles().replace(" > ", " "),
        _ => name.to_owned(),
    }
}

/// `ok cases a`, `not ok 3 - a`.
fn read_ok(line: &str) -> Option<(String, bool)> {
    let rest = line.strip_prefix("not ").unwrap_or(line).strip_prefix("ok ")?;
    let name = rest.split_once(" - ").map_or(rest, |(_, name)| name);
    Some((name.to_owned(), line.starts_with("ok")))
}

/// `    --- PASS: TestA/x (0.00s)`.
fn read_go(line: &str) -> Option<(String, bool)> {
    let (outcome, rest) = line.trim_start().strip_prefix("--- ")?.split_once(": ")?;
    let (name, _) = rest.split_once(" (")?;
    Some((name.to_owned(), outcome == "PASS"))
}

/// The project is red as described; with its fault undone all of it is green, and typing the fault in again gives the
/// text it came with.
fn check_fixture(name: &str) {
    let fixture = Fixture::load(name);
    let (project, healthy) = (fixture.copy(), fixture.copy_healthy());
    if project.root.join("package-lock.json").exists() {
        install(name, &project.root);
        install(name, &healthy.root);
    }
    let red = fixture.red.iter().map(|name| printed(&fixture.check, name)).collect();
    assert_eq!(tally(&project, &fixture.check), Tally { n_passed: fixture.passing, red });

    let n_all = fixture.passing + fixture.red.len();
    assert_eq!(tally(&healthy, &fixture.check), Tally { n_passed: n_all, red: BTreeSet::new() });

    for Fault { file, good, bad } in fixture.faults() {
        assert_eq!(replaced(&healthy.read(file), good, bad), project.read(file));
    }
}

/// Every further fault of a project turns at least one test red and leaves at least one green.
fn check_faults(name: &str) {
    let text = std::fs::read_to_string(repository().join("fixtures/faults.toml")).unwrap();
    let mut faults: BTreeMap<String, Vec<SeededFault>> = toml::from_str(&text).unwrap();
    let faults = faults.remove(name).unwrap();
    assert!(faults.len() >= 12, "{} faults for {name}", faults.len());

    let fixture = Fixture::load(name);
    let project = fixture.copy_healthy();
    for SeededFault { kind, fault } in faults {
        let healthy = project.read(&fault.file);
        project.replace(&fault.file, &fault.good, &fault.bad);
        let tally = tally(&project, &fixture.check);
        assert!(!tally.red.is_empty(), "{kind} in {}: {:?} breaks no test", fault.file, fault.bad);
        project.write(&fault.file, &healthy);
    }
}

/// One entry of `fixtures/faults.toml`, against the healthy text.
#[derive(Deserialize)]
struct SeededFault {
    /// What kind of slip it is, for people.
    kind: String,
    #[serde(flatten)]
    fault: Fault,
}

#[test]
fn python_billing_is_as_described() {
    check_fixture("python-billing");
}

#[test]
fn python_warehouse_is_as_described() {
    check_fixture("python-warehouse");
}

#[test]
fn python_ledger_pytest_is_as_described() {
    check_fixture("python-ledger-pytest");
}

#[test]
fn rust_interval_is_as_described() {
    check_fixture("rust-interval");
}

#[test]
fn javascript_basket_node_is_as_described() {
    check_fixture("javascript-basket-node");
}

#[test]
fn javascript_units_jest_is_as_described() {
    check_fixture("javascript-units-jest");
}

#[test]
fn javascript_cart_react_is_as_described() {
    check_fixture("javascript-cart-react");
}

#[test]
fn typescript_agenda_vitest_is_as_described() {
    check_fixture("typescript-agenda-vitest");
}

#[test]
fn javascript_slugs_mocha_is_as_described() {
    check_fixture("javascript-slugs-mocha");
}

#[test]
fn python_roman_junit_is_as_described() {
    check_fixture("python-roman-junit");
}

#[test]
fn sh_slug_tap_is_as_described() {
    check_fixture("sh-slug-tap");
}

#[test]
fn c_tally_ctest_is_as_described() {
    check_fixture("c-tally-ctest");
}

#[test]
fn ruby_basket_rspec_is_as_described() {
    check_fixture("ruby-basket-rspec");
}

#[test]
fn go_ledger_is_as_described() {
    check_fixture("go-ledger");
}

#[test]
fn faults_of_python_billing_are_seen() {
    check_faults("python-billing");
}

#[test]
fn faults_of_python_ledger_pytest_are_seen() {
    check_faults("python-ledger-pytest");
}

#[test]
fn faults_of_rust_interval_are_seen() {
    check_faults("rust-interval");
}

#[test]
fn faults_of_go_ledger_are_seen() {
    check_faults("go-ledger");
}
