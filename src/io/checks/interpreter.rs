//! Which Python runs a folder's tests, and whether it can import pytest. Programs inside the project are looked at and
//! not started: they are the project's, and nothing of the project runs outside a sandbox.

use std::collections::HashMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use crate::base::cancel::CancelToken;
use crate::base::limits::PROBE_WALL;
use crate::base::path::RepoPath;
use crate::io::process::{self, End, Spec};
use crate::logic::detect::Python;

/// Folders of virtual environments, as their makers call them.
const ENVIRONMENTS: [&str; 2] = [".venv", "venv"];

/// Isolated mode keeps the working folder off `sys.path`, so nothing of the project is imported.
const QUESTION: &str = "import sys, importlib.util as u; \
    print(sys.executable); print(u.find_spec('pytest') is not None)";

/// Answers that cannot change for the worse unnoticed: a Python with pytest, by program and folder.
static ANSWERS: Mutex<Option<HashMap<(PathBuf, PathBuf), Python>>> = Mutex::new(None);

/// A virtual environment in the folder or the project's, else the active one, else Python on the PATH.
pub(super) fn find(root: &Path, dir: &RepoPath) -> Option<Python> {
    in_project(root, dir).or_else(active).or_else(|| on_path(root, &dir.under(root)))
}

fn in_project(root: &Path, dir: &RepoPath) -> Option<Python> {
    let depth = dir.as_str().split('/').filter(|part| !part.is_empty()).count();
    let folders = [(dir.under(root), String::new()), (root.to_path_buf(), "../".repeat(depth))];
    folders.iter().find_map(|(folder, way)| {
        ENVIRONMENTS.iter().find_map(|name| {
            let program = interpreter_of(&folder.join(name))?;
            let inside = program.strip_prefix(folder).ok()?.to_str()?;
            let has_pytest = installed(&folder.join(name));
            Some(Python { program: format!("{way}{inside}"), has_pytest })
        })
    })
}

fn active() -> Option<Python> {
    let environment = PathBuf::from(env::var_os("VIRTUAL_ENV")?);
    let program = interpreter_of(&environment)?.to_str()?.to_owned();
    Some(Python { program, has_pytest: installed(&environment) })
}

fn interpreter_of(environment: &Path) -> Option<PathBuf> {
    let places = if cfg!(windows) { ["Scripts/python.exe"] } else { ["bin/python"] };
    places.iter().map(|place| environment.join(place)).find(|program| program.is_file())
}

/// Whether pytest lies in the packages of a virtual environment.
fn installed(environment: &Path) -> bool {
    let has_pytest = |packages: PathBuf| packages.join("pytest/__init__.py").is_file();
    let versions = fs::read_dir(environment.join("lib")).into_iter().flatten().flatten();
    has_pytest(environment.join("Lib/site-packages"))
        || versions.map(|version| version.path().join("site-packages")).any(has_pytest)
}

fn on_path(root: &Path, folder: &Path) -> Option<Python> {
    let path = env::var_os("PATH")?;
    // A relative entry, or one inside the project, would start programs of the project.
    let is_foreign = |entry: &PathBuf| {
        entry.is_absolute() && !entry.canonicalize().is_ok_and(|entry| entry.starts_with(root))
    };
    let folders: Vec<PathBuf> = env::split_paths(&path).filter(is_foreign).collect();
    ["python3", "python"]
        .iter()
        .flat_map(|name| folders.iter().map(move |entry| entry.join(name)))
        .filter(|program| program.is_file())
        .find_map(|program| ask_once(&program, folder))
}

fn ask_once(program: &Path, folder: &Path) -> Option<Python> {
    let key = (program.to_path_buf(), folder.to_path_buf());
    let mut answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
    let answers = answers.get_or_insert_default();
    if let Some(known) = answers.get(&key) {
        return Some(known.clone());
    }
    let answer = ask(program, folder)?;
    if answer.has_pytest {
        answers.insert(key, answer.clone());
    }
    Some(answer)
}

/// Asked in the folder itself, since version managers choose the interpreter by it.
fn ask(program: &Path, folder: &Path) -> Option<Python> {
    let spec = Spec {
        argv: [program.to_str()?, "-I", "-c", QUESTION].map(str::to_owned).to_vec(),
        cwd: if folder.is_dir() { folder.to_path_buf() } else { env::temp_dir() },
        env: environment(),
        deadline: PROBE_WALL,
    };
    let output = process::run(&spec, &CancelToken::new(), &mut |_| {});
    if output.end != End::Exited(0) {
        return None;
    }
    let text = String::from_utf8(output.text).ok()?;
    let mut lines = text.lines().rev();
    let has_pytest = lines.next()? == "True";
    // A version manager's stand-in costs more than Python's own start.
    let program = lines.next().filter(|own| Path::new(own).is_absolute())?.to_owned();
    Some(Python { program, has_pytest })
}

/// What version managers go by.
fn environment() -> Vec<(String, String)> {
    let names = ["PATH", "HOME", "PYENV_ROOT"].into_iter();
    names.filter_map(|name| Some((name.to_owned(), env::var(name).ok()?))).collect()
}
