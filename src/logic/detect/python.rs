//! Python projects: the folders whose test files they are, and whether pytest or unittest runs them.

use std::collections::BTreeMap;

use super::{Files, Found, Python, check};
use crate::base::path::RepoPath;
use crate::model::check::Runner;

/// Files that make a folder a Python project.
const MANIFESTS: [&str; 7] = [
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "pytest.ini",
    "tox.ini",
    "Pipfile",
    "requirements.txt",
];

/// Where pytest is configured: a file and how the section begins.
const PYTEST_SECTIONS: [(&str, &str); 4] = [
    ("pytest.ini", ""),
    ("pyproject.toml", "[tool.pytest"),
    ("tox.ini", "[pytest]"),
    ("setup.cfg", "[tool:pytest]"),
];

/// What speaks for each runner, for people.
#[derive(Debug, Default)]
struct Evidence {
    pytest: Option<String>,
    unittest: Option<String>,
}

pub(super) fn detect(
    files: &Files<'_>,
    python: &dyn Fn(&RepoPath) -> Option<Python>,
    found: &mut Found,
) {
    let mut projects: BTreeMap<RepoPath, Vec<&RepoPath>> = BTreeMap::new();
    for path in files.list.iter().filter(|path| is_test_file(path)) {
        projects.entry(project_of(files, path)).or_default().push(path);
    }
    let dirs: Vec<RepoPath> = projects.keys().cloned().collect();
    for (dir, tests) in &projects {
        let evidence = evidence(files, dir, tests);
        if evidence.pytest.is_none() && evidence.unittest.is_none() {
            continue;
        }
        let Some(python) = python(dir) else {
            found.blocked(format!(
                "`{}` is a Python test, but there is no Python: install python3, or make a virtual environment `.venv`",
                tests[0]
            ));
            continue;
        };
        let below = dirs.iter().filter(|other| *other != dir && other.is_within(dir));
        choose(dir, evidence, &python, below, found);
    }
}

/// pytest where the project speaks of it and it can be imported, else unittest where the tests use it.
fn choose<'a>(
    dir: &RepoPath,
    evidence: Evidence,
    python: &Python,
    below: impl Iterator<Item = &'a RepoPath>,
    found: &mut Found,
) {
    let argv = |module: &str| [python.program.as_str(), "-m", module].map(str::to_owned).to_vec();
    match (evidence.pytest, evidence.unittest) {
        (Some(why), _) if python.has_pytest => {
            let mut argv = argv("pytest");
            // Projects below are checks of their own.
            argv.extend(
                below
                    .filter_map(|other| relative(other, dir))
                    .map(|path| format!("--ignore={path}")),
            );
            found.checks.push(check("pytest", Runner::Pytest, dir, argv, why));
        }
        (wanted, unittest) => {
            if let Some(why) = &wanted {
                found.blocked(format!(
                    "{why}, but `{}` cannot import pytest: install it with `{} -m pip install pytest`",
                    python.program, python.program
                ));
            }
            if let Some(why) = unittest {
                found.checks.push(check("unittest", Runner::Unittest, dir, argv("unittest"), why));
            }
        }
    }
}

pub(super) fn is_test_file(path: &RepoPath) -> bool {
    let name = path.file_name();
    path.extension() == "py" && (name.starts_with("test") || name.ends_with("_test.py"))
}

/// The innermost folder above a test that is a Python project; a test folder is never one, the top is one if none is.
fn project_of(files: &Files<'_>, test: &RepoPath) -> RepoPath {
    test.parent()
        .ancestors()
        .find(|folder| {
            !folder.as_str().split('/').any(is_test_folder)
                && MANIFESTS.iter().any(|manifest| files.has(folder, manifest))
        })
        .unwrap_or_else(RepoPath::root)
}

pub(super) fn is_test_folder(name: &str) -> bool {
    matches!(name, "test" | "tests" | "testing")
        || name.ends_with("_tests")
        || name.ends_with("-tests")
}

fn evidence(files: &Files<'_>, dir: &RepoPath, tests: &[&RepoPath]) -> Evidence {
    let mut evidence = Evidence { pytest: configured(files, dir), unittest: None };
    for path in tests {
        if evidence.pytest.is_some() && evidence.unittest.is_some() {
            break;
        }
        let Some(text) = files.text(path) else { continue };
        if evidence.pytest.is_none() {
            evidence.pytest = speaks_of_pytest(&text).map(|what| format!("`{path}` {what}"));
        }
        if evidence.unittest.is_none() && (text.contains("unittest") || text.contains("TestCase")) {
            evidence.unittest = Some(format!("`{path}` uses unittest"));
        }
    }
    evidence
}

fn configured(files: &Files<'_>, dir: &RepoPath) -> Option<String> {
    for (name, section) in PYTEST_SECTIONS {
        if !files.has(dir, name) {
            continue;
        }
        let path = dir.join(name)?;
        let text =
            if section.is_empty() { String::new() } else { files.text(&path).unwrap_or_default() };
        if section.is_empty() || text.lines().any(|line| line.trim_start().starts_with(section)) {
            return Some(format!("`{path}` configures pytest"));
        }
    }
    let is_conftest = |path: &&&RepoPath| {
        path.file_name() == "conftest.py" && path.is_within(dir) && project_of(files, path) == *dir
    };
    files.list.iter().find(is_conftest).map(|path| format!("`{path}` is for pytest"))
}

fn speaks_of_pytest(text: &str) -> Option<&'static str> {
    let has_line = |starts: &[&str]| {
        text.lines().any(|line| starts.iter().any(|start| line.starts_with(start)))
    };
    if has_line(&["import pytest", "from pytest"]) {
        Some("imports pytest")
    } else if has_line(&["def test", "async def test", "class Test:", "class Test()"]) {
        Some("has test functions outside classes")
    } else {
        None
    }
}

/// `path` as seen from `folder`.
fn relative<'a>(path: &'a RepoPath, folder: &RepoPath) -> Option<&'a str> {
    path.as_str().strip_prefix(folder.as_str()).map(|rest| rest.trim_start_matches('/'))
}
