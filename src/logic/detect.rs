//! Which checks a project has, from the names and texts of its files. Used when `greenloop.toml` names none.

mod go;
mod javascript;
mod lint;
mod python;
mod reports;
mod rust;

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use crate::base::ids::CheckId;
use crate::base::limits::{CHECK_WALL_DEFAULT, DETECT_FILES_MAX};
use crate::base::path::RepoPath;
use crate::model::check::{Check, Runner};
use crate::model::policy::Policy;

/// An interpreter that can run a project's tests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Python {
    /// As in `Check::argv`: a name, an absolute path, or a path relative to the folder the check runs in.
    pub program: String,
    pub has_pytest: bool,
}

/// A project as far as detection looks at it.
pub struct Project<'a> {
    /// All files, sorted.
    pub files: &'a [RepoPath],
    /// The text of a file; `None` when it is none.
    pub read: &'a dyn Fn(&RepoPath) -> Option<String>,
    /// The interpreter for a folder; `None` when there is none at all.
    pub python: &'a dyn Fn(&RepoPath) -> Option<Python>,
    /// The program of an installed JavaScript package, as seen from a folder; `None` when it is not installed there.
    pub program: &'a dyn Fn(&RepoPath, &str) -> Option<String>,
    /// Whether a program of this name can be started.
    pub has_program: &'a dyn Fn(&str) -> bool,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub checks: Vec<Check>,
    /// What people should know of how it was looked for.
    pub notes: Vec<String>,
    /// Tests that something missing keeps from being run, and what to do about it.
    pub blocked: Vec<String>,
}

/// Finds the checks of a project, one for each project it holds.
pub fn detect(project: &Project<'_>) -> Found {
    let files = Files::of(project);
    let mut found = Found::default();
    rust::detect(&files, project.has_program, &mut found);
    python::detect(&files, project.python, &mut found);
    javascript::detect(&files, project.program, &mut found);
    go::detect(&files, project.has_program, &mut found);
    reports::detect(&files, project.has_program, &mut found);
    lint::detect(&files, &mut found);
    if files.n_read.get() >= DETECT_FILES_MAX {
        found.notes.push(format!(
            "only {DETECT_FILES_MAX} files were looked at to find the checks; name them with `[[check]]` entries in \
             greenloop.toml"
        ));
    }
    found
}

/// Whether a folder is a project of its own, so that its checks can be looked for in it alone: it holds a manifest, or
/// a folder of Python tests right below it.
pub fn is_project(files: &[RepoPath], folder: &RepoPath) -> bool {
    files.iter().filter_map(|file| file.relative_to(folder)).any(|file| {
        let below = file.as_str().split_once('/');
        let is_test = below.is_some_and(|(name, _)| python::is_test_folder(name))
            && python::is_test_file(&file);
        is_test || below.is_none() && MANIFESTS.contains(&file.as_str())
    })
}

/// Folders of other people's code and of build outputs.
const FOREIGN: [&str; 10] = [
    "node_modules",
    "site-packages",
    "vendor",
    "vendored",
    "third_party",
    "target",
    "build",
    "dist",
    "__pycache__",
    "venv",
];

/// Folders of data for tests; a project inside belongs to the tests of the project around it.
const FIXTURES: [&str; 6] =
    ["fixtures", "fixture", "__fixtures__", "testdata", "test_data", "test-data"];

/// Files that make the folder they are in a project.
const MANIFESTS: [&str; 14] = [
    "Cargo.toml",
    "pyproject.toml",
    "setup.py",
    "setup.cfg",
    "pytest.ini",
    "tox.ini",
    "Pipfile",
    "requirements.txt",
    "package.json",
    "go.mod",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "CMakeLists.txt",
];

/// The files that can matter, and how many were read.
struct Files<'a> {
    list: Vec<&'a RepoPath>,
    by_folder: BTreeMap<RepoPath, BTreeSet<&'a str>>,
    read: &'a dyn Fn(&RepoPath) -> Option<String>,
    n_read: Cell<usize>,
}

impl<'a> Files<'a> {
    fn of(project: &Project<'a>) -> Self {
        let mut by_folder: BTreeMap<RepoPath, BTreeSet<&str>> = BTreeMap::new();
        for path in project.files {
            by_folder.entry(path.parent()).or_default().insert(path.file_name());
        }
        let mut files =
            Self { list: Vec::new(), by_folder, read: project.read, n_read: Cell::new(0) };
        files.list = project.files.iter().filter(|path| files.is_ours(&path.parent())).collect();
        files
    }

    fn has(&self, folder: &RepoPath, name: &str) -> bool {
        self.by_folder.get(folder).is_some_and(|names| names.contains(name))
    }

    /// The text of a file, as long as not too many were read.
    fn text(&self, path: &RepoPath) -> Option<String> {
        if self.n_read.get() >= DETECT_FILES_MAX {
            return None;
        }
        self.n_read.set(self.n_read.get() + 1);
        (self.read)(path)
    }

    fn is_ours(&self, folder: &RepoPath) -> bool {
        let mut above = RepoPath::root();
        let mut has_project = false;
        for part in folder.as_str().split('/').filter(|part| !part.is_empty()) {
            has_project |= MANIFESTS.iter().any(|manifest| self.has(&above, manifest));
            let is_data = has_project && FIXTURES.contains(&part);
            if part.starts_with('.') || FOREIGN.contains(&part) || is_data {
                return false;
            }
            let Some(next) = above.join(part) else { return false };
            above = next;
        }
        true
    }
}

/// A check as detection makes it, called `NAME` or `NAME:FOLDER`.
fn check(name: &str, runner: Runner, dir: &RepoPath, argv: Vec<String>, why: String) -> Check {
    let id = if dir.is_root() { name.to_owned() } else { format!("{name}:{dir}") };
    Check {
        id: CheckId::new(id),
        runner,
        dir: dir.clone(),
        argv,
        env: BTreeMap::new(),
        report: Vec::new(),
        timeout_ms: CHECK_WALL_DEFAULT.as_millis() as u64,
        policy: Policy::default(),
        why,
        on_request: false,
        configured: false,
    }
}

#[cfg(test)]
mod tests;
