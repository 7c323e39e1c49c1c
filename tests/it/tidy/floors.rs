//! Who may import whom. A crate has no fence inside, so this is it.

use super::source::Source;

/// Modules and what they may import, lowest floor first. A name stands for itself and everything below it; a module
/// may import what its own row, the rows of the modules above it, and itself allow.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    ("lib", &[]),
    ("base", &[]),
    ("model", &["base"]),
    ("logic", &["base", "model"]),
    ("repair", &["base", "model"]),
    ("io", &["base", "model", "logic", "repair", "io::clock"]),
    ("io::sandbox", &["io::linked", "io::process"]),
    ("io::worlds", &["io::linked", "io::process", "io::sandbox", "io::store"]),
    ("io::checks", &["io::linked", "io::store", "io::worlds", "io::process", "io::sandbox"]),
    ("io::journal", &["io::fault", "io::store"]),
    ("io::dirs", &["io::drafts", "io::store"]),
    ("io::model", &["io::dirs", "io::process"]),
    (
        "io::worker",
        &["io::checks", "io::model", "io::worlds", "io::store", "io::process", "io::sandbox"],
    ),
    ("io::repo_maps", &["io::store"]),
    ("engine", &["base", "model", "logic", "io"]),
    ("lsp", &["base", "model", "logic", "io::worker::Progress", "io::clock"]),
    (
        "lsp",
        &[
            "engine::EngineHandle",
            "engine::Command",
            "engine::Notice",
            "engine::Listener",
            "engine::Busy",
            "engine::Engines",
        ],
    ),
    (
        "lsp",
        &[
            "engine::RunView",
            "engine::Review",
            "engine::DraftFile",
            "engine::EditedDraft",
            "engine::ReviewFile",
            "engine::new_run_id",
            "engine::new_acceptance_id",
        ],
    ),
    ("cli", &["base", "model", "logic", "repair", "io", "engine", "lsp"]),
    ("main", &["base", "model", "logic", "repair", "io", "engine", "lsp", "cli"]),
];

/// Packages and parts of std that only some modules may touch.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("tower_lsp", &["lsp"]),
    ("lsp_types", &["lsp"]),
    ("tower", &["lsp"]),
    ("tokio", &["lsp", "io::model", "cli", "main"]),
    ("reqwest", &["io::model"]),
    ("rustls", &["io::model"]),
    ("git2", &["io::store"]),
    ("rusqlite", &["io::journal", "io::lessons"]),
    ("landlock", &["io::sandbox"]),
    ("nix", &["io::sandbox", "io::process", "io::store", "io::worlds", "io::fault"]),
    ("lexopt", &["cli", "main"]),
    ("std::fs", &["io", "cli", "main"]),
    ("std::process", &["io", "cli", "main"]),
    ("std::thread", &["repair", "io", "engine", "lsp", "cli", "main"]),
    ("std::time::Instant", &["io", "engine", "lsp", "cli", "main"]),
    ("std::time::SystemTime", &["io", "engine", "cli", "main"]),
];

/// One line per import that goes up or sideways.
pub fn broken_floors(sources: &[Source]) -> Vec<String> {
    broken(sources, |module, path| {
        let path = path.strip_prefix("crate::")?;
        let rows = MAY_IMPORT.iter().filter(|(importer, _)| is_within(module, importer));
        let allowed: Vec<&str> = rows.flat_map(|(_, allowed)| *allowed).copied().collect();
        let own = module.split("::").take(if module.starts_with("io::") { 2 } else { 1 });
        let own = own.collect::<Vec<_>>().join("::");
        let fits = is_within(path, &own) || allowed.iter().any(|name| is_within(path, name));
        (!fits).then(|| {
            format!(
                "{module} may not import {path}; move what is shared down, or change the floors"
            )
        })
    })
}

/// One line per use of a package or part of std outside its place.
pub fn misplaced_packages(sources: &[Source]) -> Vec<String> {
    broken(sources, |module, path| {
        let (package, places) = ONLY_IN.iter().find(|(package, _)| is_within(path, package))?;
        let fits = places.iter().any(|place| is_within(module, place));
        (!fits)
            .then(|| format!("{package} is for {} only; pass plain data across", places.join(", ")))
    })
}

fn broken(sources: &[Source], fault: impl Fn(&str, &str) -> Option<String>) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources.iter().filter(|source| !source.is_test()) {
        let module = source.module()[1..].join("::");
        for import in &source.imports {
            let text = fault(&module, &import.path);
            faults.extend(text.map(|text| format!("{}:{}: {text}", source.path, import.line)));
        }
    }
    faults.dedup();
    faults
}

/// Whether a path is `top` or lies below it, by whole names.
fn is_within(path: &str, top: &str) -> bool {
    path.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[test]
fn imports_go_down_only() {
    let faults = |path: &str, text: &str| broken_floors(&[Source::parse(path, text)]).len();
    let cases = [
        ("src/base/ids.rs", "use crate::model::run::Run;", 1),
        ("src/model/run.rs", "use super::budget::Budget; use crate::base::ids::RunId;", 0),
        ("src/logic/diff.rs", "use crate::repair::Candidate;", 1),
        ("src/repair/rank.rs", "fn f() { crate::logic::diff::hunks() }", 1),
        ("src/io/worlds.rs", "use crate::io::{process, store::Store};", 0),
        ("src/io/worlds.rs", "use crate::io::{process, checks};", 1),
        ("src/io/store/walk.rs", "use super::objects::Objects; use crate::io::clock;", 0),
        ("src/io/process.rs", "use super::store::Store;", 1),
        ("src/io/journal.rs", "#[cfg(test)] mod tests { use crate::io::store::Store; }", 0),
        ("src/engine/tests.rs", "use crate::cli::run;", 0),
        ("src/engine.rs", "use crate::lsp::session;", 1),
        ("src/lsp/session.rs", "use crate::engine::{Command, EngineHandle};", 0),
        ("src/lsp/session.rs", "use crate::engine::dispatcher::Dispatcher;", 1),
        ("src/lsp/session.rs", "use crate::engine::*;", 1),
        ("src/lsp/progress.rs", "fn f(p: crate::io::worker::Progress) {}", 0),
        ("src/cli/fix.rs", "use crate::lsp::serve;", 0),
        ("src/main.rs", "use greenloop::cli;", 0),
    ];
    for (path, text, n) in cases {
        assert_eq!(faults(path, text), n, "{path}: {text}");
    }
}

#[test]
fn packages_have_their_place() {
    let faults = |path: &str, text: &str| misplaced_packages(&[Source::parse(path, text)]).len();
    let cases = [
        ("src/lsp/server.rs", "use tower_lsp::LanguageServer;", 0),
        ("src/engine.rs", "use tower_lsp::lsp_types::Url;", 1),
        ("src/io/store.rs", "#[tokio::test] fn f() {}", 1),
        ("src/logic/machine.rs", "fn f() { format!(\"{:?}\", std::time::Instant::now()); }", 1),
        ("src/logic/machine.rs", "use std::time::Duration;", 0),
        ("src/engine.rs", "fn f() { std::fs::read(\"a\"); }", 1),
        ("src/main.rs", "use std::process::ExitCode;", 0),
        ("src/io/checks.rs", "use nix::unistd::Pid;", 1),
    ];
    for (path, text, n) in cases {
        assert_eq!(faults(path, text), n, "{path}: {text}");
    }
}
