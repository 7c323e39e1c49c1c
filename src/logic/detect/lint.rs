//! Compilers, type checkers and linters that a project is set up for. They are run on request only: what they find is
//! seldom what a goal is about, and often there from before.

use super::{Files, Found, check};
use crate::base::path::RepoPath;
use crate::model::check::{Check, Linter, Runner};

/// Files that are there for one tool only.
const OWN_FILES: [(&str, Linter); 13] = [
    ("Cargo.toml", Linter::CargoCheck),
    ("Cargo.toml", Linter::Clippy),
    ("go.mod", Linter::GoVet),
    ("tsconfig.json", Linter::Tsc),
    ("eslint.config.js", Linter::Eslint),
    ("eslint.config.mjs", Linter::Eslint),
    ("eslint.config.cjs", Linter::Eslint),
    ("eslint.config.ts", Linter::Eslint),
    (".eslintrc.json", Linter::Eslint),
    (".eslintrc.js", Linter::Eslint),
    ("ruff.toml", Linter::Ruff),
    (".ruff.toml", Linter::Ruff),
    ("mypy.ini", Linter::Mypy),
];

/// Tables in shared files.
const TABLES: [(&str, &str, Linter); 3] = [
    ("pyproject.toml", "[tool.ruff", Linter::Ruff),
    ("pyproject.toml", "[tool.mypy", Linter::Mypy),
    ("setup.cfg", "[mypy", Linter::Mypy),
];

/// Adds one check for each tool, at the outermost folders that are set up for it.
pub(super) fn detect(files: &Files<'_>, found: &mut Found) {
    for linter in Linter::ALL {
        let told = files
            .list
            .iter()
            .filter_map(|path| Some((path.parent(), evidence(files, path, linter)?)));
        let mut told: Vec<(RepoPath, String)> = told.collect();
        told.sort_by_key(|(dir, _)| dir.as_str().len());
        let mut dirs: Vec<RepoPath> = Vec::new();
        for (dir, why) in told {
            if !dirs.iter().any(|outer| dir.is_within(outer)) {
                found.checks.push(lint(files, linter, &dir, why));
                dirs.push(dir);
            }
        }
    }
}

fn lint(files: &Files<'_>, linter: Linter, dir: &RepoPath, why: String) -> Check {
    let argv = linter.argv().iter().map(|word| (*word).to_owned()).collect();
    let is_workspace = matches!(linter, Linter::CargoCheck | Linter::Clippy)
        && dir
            .join("Cargo.toml")
            .and_then(|path| files.text(&path))
            .is_some_and(|text| text.contains("[workspace"));
    let mut lint = check(linter.word(), Runner::Lint(linter), dir, argv, why);
    lint.argv.extend(is_workspace.then(|| "--workspace".to_owned()));
    Check { on_request: true, ..lint }
}

fn evidence(files: &Files<'_>, path: &RepoPath, linter: Linter) -> Option<String> {
    let name = path.file_name();
    if OWN_FILES.iter().any(|(file, of)| *file == name && *of == linter) {
        return Some(format!("`{path}`"));
    }
    let table = TABLES.iter().find(|(file, _, of)| *file == name && *of == linter)?.1;
    let text = files.text(path)?;
    let holds = text.lines().any(|line| line.trim_start().starts_with(table));
    holds.then(|| format!("`{path}` has {table}…]"))
}
