//! Projects and surroundings that are not as they should be: a clear message, a hint, and nothing lost.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;

use crate::support::{Fingerprint, Fixture, Home, Project};

/// Runs `fix` on a project; returns its exit code and outcome. Nothing of the project may have changed.
fn fix(project: &Project, args: &[&str]) -> (i32, Value) {
    let home = Home::new();
    let before = Fingerprint::of(&project.root);
    let output =
        project.greenloop(&home).arg("fix").args(args).args(["--format", "json"]).output().unwrap();
    before.assert_unchanged(&project.root);
    let text = String::from_utf8(output.stdout).unwrap();
    let last = text.lines().next_back().unwrap_or("null");
    (output.status.code().unwrap(), serde_json::from_str(last).unwrap())
}

/// A project of a few files without version control.
fn project(files: &[(&str, &str)]) -> Project {
    let project = Fixture::load("python-billing").copy();
    for entry in fs::read_dir(&project.root).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            fs::remove_dir_all(path).unwrap();
        } else {
            fs::remove_file(path).unwrap();
        }
    }
    for (file, text) in files {
        project.write(file, text);
    }
    project
}

const SOURCE: &str = "def double(x):\n    return x + x + 1\n";
const TEST: &str = "import unittest\n\nfrom source import double\n\n\nclass Double(unittest.TestCase):\n    def \
                    test_double(self):\n        self.assertEqual(double(4), 8)\n        \
                    self.assertEqual(double(0), 0)\n";

/// The run fails with this exit code, says this, and hints at this.
fn check_refused(files: &[(&str, &str)], exit: i32, said: &str, hinted: &str) {
    let (code, outcome) = fix(&project(files), &["--wall", "60"]);
    assert_eq!((code, outcome["status"].as_str()), (exit, Some("failed")), "{outcome:#}");
    let (reason, hint) = (outcome["reason"].as_str().unwrap(), outcome["hint"].as_str().unwrap());
    assert!(reason.contains(said), "{said:?} is not in {reason:?}");
    assert!(hint.contains(hinted), "{hinted:?} is not in {hint:?}");
}

/// The run turns the project green, by a change that holds this line.
fn check_fixed(project: &Project, line: &str) {
    let (code, outcome) = fix(project, &[]);
    assert_eq!((code, outcome["status"].as_str()), (0, Some("green")), "{outcome:#}");
    let diff = outcome["diff"].as_str().unwrap();
    assert!(diff.contains(line), "{line:?} is not in:\n{diff}");
}

#[test]
fn a_project_without_tests() {
    check_refused(&[("source.py", SOURCE)], 1, "no tests were found", "greenloop.toml");
    let empty = "import unittest\n\nclass Empty(unittest.TestCase):\n    pass\n";
    check_refused(&[("test_empty.py", empty)], 1, "no test", "");
}

/// Tests around the folder that was named, which can be run, stand in for none inside it that cannot.
#[test]
fn tests_that_were_meant_and_cannot_be_run() {
    let project = project(&[
        ("source.py", SOURCE),
        ("test_source.py", TEST),
        ("inner/pyproject.toml", "[tool.pytest.ini_options]\n"),
        ("inner/test_inner.py", "import pytest\n\ndef test_inner():\n    assert False\n"),
        ("inner/.venv/pyvenv.cfg", ""),
        ("inner/.venv/bin/python", ""),
        (".gitignore", ".venv\n"),
    ]);
    let inner = project.root.join("inner");
    let output = project.greenloop(&Home::new()).arg("fix").arg(inner).output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains("cannot import pytest: install it"), "{told}");
}

#[test]
fn a_program_that_is_not_there() {
    let config = "[[check]]\nname = \"t\"\nrunner = \"command\"\ncommand = [\"no-such-program\"]\n";
    check_refused(&[("greenloop.toml", config)], 2, "no-such-program", "nstall");
}

#[test]
fn tests_that_hang_while_they_are_loaded() {
    let config = "[[check]]\nname = \"t\"\nrunner = \"unittest\"\ntimeout_seconds = 3\n";
    let hang = "import unittest\n\nwhile True:\n    pass\n";
    check_refused(
        &[("greenloop.toml", config), ("test_hang.py", hang)],
        1,
        "3 s",
        "timeout_seconds",
    );
}

#[test]
fn a_test_that_floods() {
    let config = "[[check]]\nname = \"t\"\nrunner = \"command\"\ncommand = [\"yes\"]\n";
    check_refused(&[("greenloop.toml", config)], 1, "printed more", "");
}

#[test]
fn a_configuration_that_cannot_be_read() {
    check_refused(
        &[("greenloop.toml", "[[check"), ("test_source.py", TEST)],
        2,
        "greenloop.toml",
        "Correct",
    );
    let project = project(&[("source.py", SOURCE), ("test_source.py", TEST)]);
    fs::write(project.root.join("greenloop.toml"), b"name = \"\xff\"").unwrap();
    let (code, outcome) = fix(&project, &[]);
    assert_eq!(code, 2, "{outcome:#}");
    assert!(outcome["reason"].as_str().unwrap().contains("UTF-8"), "{outcome:#}");
}

#[test]
fn a_check_that_is_not_there() {
    let project = project(&[("source.py", SOURCE), ("test_source.py", TEST)]);
    let (code, outcome) = fix(&project, &["--check", "nose"]);
    assert_eq!(code, 2, "{outcome:#}");
    assert!(outcome["hint"].as_str().unwrap().contains("unittest"), "{outcome:#}");
}

#[test]
fn a_syntax_error_is_red_and_never_loses_the_run() {
    let project =
        project(&[("source.py", "def double(x:\n    return 2 * x\n"), ("test_source.py", TEST)]);
    let (code, outcome) = fix(&project, &["--wall", "20"]);
    let status = outcome["status"].as_str().unwrap();
    assert!((code == 0 && status == "green") || (code == 1 && status == "stuck"), "{outcome:#}");
}

#[test]
fn a_folder_that_may_not_be_written() {
    let project = project(&[("source.py", SOURCE), ("test_source.py", TEST)]);
    for name in ["source.py", "test_source.py", ""] {
        let mode = if name.is_empty() { 0o555 } else { 0o444 };
        fs::set_permissions(project.root.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    check_fixed(&project, "-    return x + x + 1");
    fs::set_permissions(&project.root, fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_source_that_is_not_utf_8() {
    let project = project(&[("source.py", SOURCE), ("test_source.py", TEST)]);
    let latin = b"# -*- coding: latin-1 -*-\nname = '\xe9t\xe9'\n";
    fs::write(project.root.join("names.py"), latin).unwrap();
    check_fixed(&project, "-    return x + x + 1");
}

#[test]
fn a_source_with_windows_line_ends() {
    let project =
        project(&[("source.py", &SOURCE.replace('\n', "\r\n")), ("test_source.py", TEST)]);
    check_fixed(&project, "-    return x + x + 1\r\n");
}

#[test]
fn a_source_of_five_megabytes() {
    let line = "VALUES = '0123456789012345678901234567890123456789012345678901234567890'\n";
    let large = line.repeat(5 * 1024 * 1024 / line.len());
    let project = project(&[("source.py", SOURCE), ("test_source.py", TEST), ("data.py", &large)]);
    check_fixed(&project, "-    return x + x + 1");
    let own = project.read("data.py") + SOURCE;
    project.write("source.py", &own);
    let (code, outcome) = fix(&project, &["--wall", "60"]);
    assert_eq!((code, outcome["status"].as_str()), (1, Some("stuck")), "{outcome:#}");
}

#[test]
fn a_state_folder_that_cannot_be_made() {
    let project = project(&[("source.py", SOURCE), ("test_source.py", TEST)]);
    let home = Home::new();
    fs::write(home.state(), "a file where a folder should be").unwrap();
    let output = project.greenloop(&home).arg("fix").output().unwrap();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("cannot be made") && err.contains("XDG_STATE_HOME"), "{err}");
}

#[test]
fn a_journal_that_is_damaged() {
    let project = project(&[("source.py", SOURCE), ("test_source.py", TEST)]);
    let home = Home::new();
    let run = || project.greenloop(&home).arg("fix").output().unwrap();
    assert_eq!(run().status.code(), Some(0));
    let own = fs::read_dir(home.state().join("greenloop")).unwrap().next().unwrap().unwrap().path();
    for file in fs::read_dir(&own).unwrap().flatten() {
        if file.file_name().to_string_lossy().starts_with("journal") {
            fs::write(
                file.path(),
                "rubbish that is longer than any header of a database file would be".repeat(99),
            )
            .unwrap();
        }
    }
    let output = run();
    let err = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("journal") && err.contains("hint: "), "{err}");
}
