//! Compilers, type checkers and linters as checks: what they find is told one by one, and compared before and after.

use greenloop::base::cancel::CancelToken;
use greenloop::base::path::RepoPath;
use greenloop::io::checks::{self, Select};
use greenloop::logic::verdict::{Verdict, judge};
use greenloop::model::check::{CheckRun, Linter, Runner};

use crate::place::{Place, rungs, write};
use crate::support::{install, python};

fn run(place: &Place, linter: Linter) -> CheckRun {
    let tree = place.snapshot();
    let found = checks::detect(&place.store, &tree, &RepoPath::root()).unwrap();
    let check = found.checks.iter().find(|check| check.runner == Runner::Lint(linter));
    let check = check.unwrap_or_else(|| panic!("{linter:?} was not found: {:?}", found.checks));
    let world = place.worlds.enter(&tree).unwrap();
    let cancel = CancelToken::new();
    checks::run(&place.store, &world, check, Select::All, &cancel, &mut |_| {}).unwrap()
}

/// The end and the findings, each with its line.
fn told(run: &CheckRun) -> String {
    let red = run
        .report
        .red()
        .map(|case| format!("{}: {}\n", case.at.as_ref().map_or(0, |at| at.line), case.id.name));
    let mut lines: Vec<String> = red.collect();
    lines.sort();
    format!("{:?}\n{}", run.end, lines.concat())
}

fn place(files: &[(&str, &str)]) -> Place {
    let (_, abilities) = rungs().pop().unwrap();
    Place::new(&abilities, files)
}

/// A check of `greenloop.toml` whose program lies beside the Python of the tests.
pub fn configured(linter: Linter) -> String {
    let program = python().with_file_name(linter.word());
    let more = match linter {
        Linter::Ruff => ", \"check\"",
        _ => "",
    };
    format!("[[check]]\nrunner = \"{}\"\ncommand = [{program:?}{more}, \".\"]\n", linter.word())
}

pub const MANIFEST: &str = "[package]\nname = \"demo\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

#[test]
fn cargo_tells_its_errors() {
    let source = "pub fn a(x: u8) -> u8 {\n    let unused = 1;\n    \"text\"\n}\n\npub fn b() {\n    missing();\n}\n";
    let broken = place(&[("Cargo.toml", MANIFEST), ("src/lib.rs", source)]);
    insta::assert_snapshot!(told(&run(&broken, Linter::CargoCheck)), @r"
    Completed
    3: src/lib.rs: E0308: mismatched types (finding)
    7: src/lib.rs: E0425: cannot find function `missing` in this scope (finding)
    ");
    let lint = "pub fn a(x: u8) -> bool {\n    x == x\n}\n";
    let linted = place(&[("Cargo.toml", MANIFEST), ("src/lib.rs", lint)]);
    insta::assert_snapshot!(told(&run(&linted, Linter::CargoCheck)), @"Completed");
    insta::assert_snapshot!(told(&run(&linted, Linter::Clippy)), @r"
    Completed
    2: src/lib.rs: clippy::eq_op: equal expressions as operands to `==` (finding)
    ");
}

#[test]
fn python_tools_tell_their_errors() {
    let source = "import os\n\n\ndef f(x: int) -> str:\n    return x\n";
    let check = |linter: Linter| {
        let config = configured(linter);
        told(&run(&place(&[("greenloop.toml", &config), ("a.py", source)]), linter))
    };
    insta::assert_snapshot!(check(Linter::Ruff), @r"
    Completed
    1: a.py: F401: `os` imported but unused (finding)
    ");
    insta::assert_snapshot!(check(Linter::Mypy), @r#"
    Completed
    5: a.py: return-value: Incompatible return value type (got "int", expected "str") (finding)
    "#);
}

#[test]
fn javascript_tools_tell_their_errors() {
    let check = |linter: Linter, files: &[(&str, &str)]| {
        let place = place(files);
        install("linters", &place.root);
        told(&run(&place, linter))
    };
    let manifest = ("package.json", "{\"private\": true}\n");
    let source = "export function half(n: number): string {\n  return n / 2;\n}\n";
    let options = "{\"compilerOptions\": {\"strict\": true}, \"include\": [\"src\"]}\n";
    insta::assert_snapshot!(check(Linter::Tsc, &[manifest, ("tsconfig.json", options), ("src/half.ts", source)]), @r"
    Completed
    2: src/half.ts: TS2322: Type 'number' is not assignable to type 'string'. (finding)
    ");
    let rules = "module.exports = [{rules: {'no-undef': 'error', eqeqeq: 'error'}}];\n";
    let source = "module.exports = (n) =>\n  n == 2 ? half : n;\n";
    insta::assert_snapshot!(check(Linter::Eslint, &[manifest, ("eslint.config.js", rules), ("half.js", source)]), @r"
    Completed
    1: eslint.config.js: no-undef: 'module' is not defined. (finding)
    1: half.js: no-undef: 'module' is not defined. (finding)
    2: half.js: eqeqeq: Expected '===' and instead saw '=='. (finding)
    2: half.js: no-undef: 'half' is not defined. (finding)
    ");
}

#[test]
fn go_vet_tells_its_errors() {
    let source =
        "package half\n\nimport \"fmt\"\n\nfunc Half(n int) {\n\tfmt.Printf(\"%s\\n\", n/2)\n}\n";
    let config = "[[check]]\nrunner = \"go-vet\"\n";
    let files = [("greenloop.toml", config), ("go.mod", "module half\n"), ("half.go", source)];
    insta::assert_snapshot!(told(&run(&place(&files), Linter::GoVet)), @r"
    Completed
    6: half.go: fmt.Printf format %s has arg n / 2 of wrong type int (finding)
    ");
}

#[test]
fn findings_are_judged_like_tests_and_may_go() {
    let config = configured(Linter::Ruff);
    let place = place(&[("greenloop.toml", &config), ("a.py", "import os\nimport sys\n")]);
    let before = [run(&place, Linter::Ruff)];
    let targets = [before[0].report.cases[0].id.clone()];
    let check = |text: &str| {
        write(&place.root.join("a.py"), text);
        let now = run(&place, Linter::Ruff);
        let now = CheckRun { setting: before[0].setting.clone(), ..now };
        match judge(&before, &[now], &targets) {
            Verdict::Green { fixed, still_red, .. } => {
                format!("green {} {}", fixed.len(), still_red.len())
            }
            Verdict::Red { still_failing, newly_failing, vanished } => {
                format!("red {} {} {}", still_failing.len(), newly_failing.len(), vanished.len())
            }
            Verdict::Inconclusive(reason) => reason,
        }
    };
    assert_eq!(check("\n\nimport os\n"), "red 1 0 0", "lines that move are the same finding");
    assert_eq!(check("import sys\n"), "green 1 1");
    assert_eq!(check("x = 1\n"), "green 2 0");
    assert_eq!(check("import json\nimport sys\n"), "red 0 1 0");
    assert!(check("x = (\n").starts_with("red 0 "), "a file that cannot be read");
}

#[test]
fn a_tool_that_breaks_off_says_nothing_of_the_project() {
    let config = configured(Linter::Ruff);
    let broken = place(&[("greenloop.toml", &config), ("ruff.toml", "select = 3\n"), ("a.py", "")]);
    let run = run(&broken, Linter::Ruff);
    assert!(told(&run).starts_with("Crashed"), "{}", told(&run));
    assert!(!run.report.complete && run.report.cases.is_empty());
}
