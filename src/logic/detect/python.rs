//! Python projects: the folders whose test files they are, and whether pytest or unittest runs them.

use std::collections::{BTreeMap, BTreeSet};

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
    for path in &files.list {
        if is_test_file(path) || asks_for_examples(files, path) {
            projects.entry(project_of(files, path)).or_default().push(path);
        }
    }
    let projects: BTreeMap<RepoPath, Vec<&RepoPath>> =
        projects.into_iter().flat_map(|(dir, tests)| apart(files, dir, tests)).collect();
    let dirs: Vec<RepoPath> = projects.keys().cloned().collect();
    for (dir, tests) in &projects {
        let evidence = evidence(files, dir, tests);
        if evidence.pytest.is_none() && evidence.unittest.is_none() {
            continue;
        }
        let Some(python) = python(dir) else {
            found.blocked.push(format!(
                "`{}` is of Python tests, but there is no Python: install python3, or make a virtual environment `.venv`",
                tests[0]
            ));
            continue;
        };
        let below = dirs.iter().filter(|other| *other != dir && other.is_within(dir));
        let is_whole = |path: &RepoPath| {
            files.text(path).is_some_and(|text| uses_unittest(&text) && !needs_pytest(&text))
        };
        let needs_pytest = || !tests.iter().all(|test| is_whole(test));
        choose(dir, evidence, &python, below, needs_pytest, found);
    }
}

/// pytest where the project speaks of it and it can be imported, else unittest where the tests use it.
fn choose<'a>(
    dir: &RepoPath,
    evidence: Evidence,
    python: &Python,
    below: impl Iterator<Item = &'a RepoPath>,
    needs_pytest: impl Fn() -> bool,
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
                let note = format!(
                    "{why}, but `{}` cannot import pytest: install it with `{} -m pip install pytest`",
                    python.program, python.program
                );
                // unittest runs tests of its own kind as well.
                let is_whole = unittest.is_some() && !needs_pytest();
                let told = if is_whole { &mut found.notes } else { &mut found.blocked };
                told.push(note);
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

/// Whether a file has pytest run the examples in docstrings of any module.
fn asks_for_examples(files: &Files<'_>, path: &RepoPath) -> bool {
    PYTEST_SECTIONS.iter().any(|(name, _)| *name == path.file_name())
        && files.text(path).is_some_and(|text| text.contains("--doctest-modules"))
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

/// The tests of a project, by the folders that have to be projects of their own: where nobody says that they are one, and
/// two bring a package or module of one name, no process can load both.
fn apart<'a>(
    files: &Files<'_>,
    dir: RepoPath,
    tests: Vec<&'a RepoPath>,
) -> BTreeMap<RepoPath, Vec<&'a RepoPath>> {
    let mut homes: BTreeMap<RepoPath, Vec<&RepoPath>> = BTreeMap::new();
    let mut named: BTreeMap<String, BTreeSet<RepoPath>> = BTreeMap::new();
    for test in &tests {
        let (home, name) = loaded_from(files, &dir, test);
        named.entry(name).or_default().insert(home.clone());
        homes.entry(home).or_default().push(test);
    }
    let clash = named.values().any(|homes| homes.len() > 1) && !homes.contains_key(&dir);
    let is_said = MANIFESTS.iter().any(|manifest| files.has(&dir, manifest));
    if clash && !is_said && configured(files, &dir).is_none() {
        return homes;
    }
    [(dir, tests)].into()
}

/// The folder of a project that a test's package is loaded from, test folders aside, and the outermost name it is loaded by.
fn loaded_from(files: &Files<'_>, dir: &RepoPath, test: &RepoPath) -> (RepoPath, String) {
    let (mut folder, mut name) = (test.parent(), test.file_name().to_owned());
    while folder != *dir && files.has(&folder, "__init__.py") {
        name = folder.file_name().to_owned();
        folder = folder.parent();
    }
    let is_below = |folder: &RepoPath| folder != dir && folder.is_within(dir);
    let test_folders =
        test.parent().ancestors().filter(|at| is_below(at) && is_test_folder(at.file_name()));
    let home = test_folders.last().map_or(folder, |outermost| outermost.parent());
    (home, name)
}

pub(super) fn is_test_folder(name: &str) -> bool {
    matches!(name, "test" | "tests" | "testing")
        || name.ends_with("_tests")
        || name.ends_with("-tests")
}

fn evidence(files: &Files<'_>, dir: &RepoPath, tests: &[&RepoPath]) -> Evidence {
    let mut evidence = Evidence { pytest: configured(files, dir), unittest: None };
    for path in tests.iter().filter(|path| path.extension() == "py") {
        if evidence.pytest.is_some() && evidence.unittest.is_some() {
            break;
        }
        let Some(text) = files.text(path) else { continue };
        if evidence.pytest.is_none() {
            evidence.pytest = speaks_of_pytest(&text).map(|what| format!("`{path}` {what}"));
        }
        if evidence.unittest.is_none() && uses_unittest(&text) {
            evidence.unittest = Some(format!("`{path}` uses unittest"));
        }
    }
    evidence
}

/// Mocks are used by tests of any kind, and by what is no test.
fn uses_unittest(text: &str) -> bool {
    let bare = text.replace("from unittest import mock", "").replace("unittest.mock", "");
    ["unittest", "TestCase", "def load_tests("].iter().any(|sign| bare.contains(sign))
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

/// Whether a text has tests that unittest does not see.
fn needs_pytest(text: &str) -> bool {
    let is_plain = |line: &str| line.starts_with("class Test") && !line.contains('(');
    speaks_of_pytest(text).is_some() || text.lines().any(is_plain)
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
