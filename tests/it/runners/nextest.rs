//! Cargo's tests run by cargo-nextest.

use greenloop::io::checks::Select;
use greenloop::model::check::CheckEnd;

use crate::checks::{best, detect, fixture_goes_green, place, run_all, told};

const MANIFEST: (&str, &str) =
    ("Cargo.toml", "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
const CONFIG: (&str, &str) = (".config/nextest.toml", "[profile.default]\nretries = 0\n");

#[test]
fn a_project_goes_green_with_the_names_of_the_cargo_runner() {
    fixture_goes_green(
        "rust-interval",
        "[[check]]\nrunner = \"nextest\"\n\n[[check]]\nname = \"doc\"\nrunner = \"cargo\"\nargs = [\"--doc\"]\n",
        &best(),
    );
}

#[test]
fn its_configuration_speaks_for_it_and_documentation_is_a_check_of_its_own() {
    let lib = "/// ```\n/// assert_eq!(m::half(4), 2);\n/// ```\npub fn half(n: u32) -> u32 {\n    n / 2\n}\n\n#[test]\nfn red() {\n    assert_eq!(half(5), 3);\n}\n";
    let place = place(&[
        MANIFEST,
        CONFIG,
        ("src/lib.rs", lib),
        ("tests/it.rs", "#[test]\nfn green() {}\n"),
    ]);
    let runs = run_all(&place, Select::All);
    let told: String = runs.iter().map(told).collect();
    insta::assert_snapshot!(told, @"
    Completed, complete
    Failed m red src/lib.rs:10 <src/lib.rs:10> assertion `left == right` failed
    Passed m::it green
    Completed, complete
    Passed m::doc src/lib.rs - half
    ");
    assert_eq!(runs[0].command, "cargo nextest run");
    assert_eq!(detect(&place).checks[1].argv, ["cargo", "test", "--doc"]);
}

#[test]
fn builds_that_fail_have_a_place() {
    let place = place(&[MANIFEST, CONFIG, ("src/lib.rs", "#[test]\nfn a() {\n    b();\n}\n")]);
    let run = run_all(&place, Select::All).remove(0);
    assert_eq!(run.end, CheckEnd::BuildFailed);
    let line = run.problems[0].at.as_ref().map(|at| at.line);
    assert_eq!(line, Some(3), "{:?}", run.problems);
}

#[test]
fn a_project_without_tests_has_none() {
    let place = place(&[
        MANIFEST,
        ("greenloop.toml", "[[check]]\nrunner = \"nextest\"\n"),
        ("src/lib.rs", ""),
    ]);
    assert_eq!(run_all(&place, Select::All)[0].end, CheckEnd::NoTests);
}
