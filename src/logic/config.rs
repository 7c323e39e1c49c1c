//! `greenloop.toml`: one table of keys, read key by key so that a bad one never disables the good ones.

mod approval;
mod budget;
mod guard;
pub mod models;
mod policy;
pub mod presets;
mod reader;
mod takes;
mod workers;

use std::collections::BTreeMap;
use std::fmt;

use toml::de::DeTable;

use crate::base::limits::CONFIG_BYTES_MAX;
use crate::base::path::RepoPath;
use crate::base::text::LineIndex;
use crate::model::approval::Approval;
use crate::model::budget::Budget;
use crate::model::check::Runner;
use crate::model::guard::GuardPolicy;
use crate::model::policy::Policy;
use crate::model::worker::{Worker, WorkerKind};
use models::Models;
use reader::Reader;
pub use takes::Takes;
pub use workers::Staff;

/// The file's name, in the project's folder.
pub const FILE_NAME: &str = "greenloop.toml";

/// A key of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// `check`, `worker`, `budget`, `approval`, `guard`, `model`, `models` or `sandbox`; empty at the top of the file.
    pub table: &'static str,
    pub name: &'static str,
    pub takes: Takes,
    /// What it says, for people, in a sentence.
    pub doc: &'static str,
}

/// Every key there is, beside those in [`policy::KEYS`], [`approval::KEYS`], [`budget::KEYS`] and [`models::KEYS`]. Reading, "did
/// you mean" and the manual go by these tables.
pub const KEYS: &[Key] = &[
    Key {
        table: "check",
        name: "name",
        takes: Takes::Text,
        doc: "What the check is called; the runner's name when left out.",
    },
    Key {
        table: "check",
        name: "runner",
        takes: Takes::Word(&[
            "unittest",
            "pytest",
            "cargo",
            "nextest",
            "go",
            "junit",
            "tap",
            "node-test",
            "jest",
            "vitest",
            "mocha",
            "command",
            "cargo-check",
            "clippy",
            "tsc",
            "eslint",
            "ruff",
            "mypy",
            "go-vet",
        ]),
        doc: "Who runs the tests. With `command` the exit code is the only test.",
    },
    Key {
        table: "check",
        name: "dir",
        takes: Takes::Folder,
        doc: "The folder it runs in; the project's own when left out.",
    },
    Key {
        table: "check",
        name: "command",
        takes: Takes::Texts,
        doc: "Program and first arguments. Needed for `command`, `junit` and `tap`; replaces the program for the others.",
    },
    Key {
        table: "check",
        name: "report",
        takes: Takes::Patterns,
        doc: "Files in which the tests leave their report, seen from `dir`; `*` and `**` are any names. Needed for \
              `junit`; with `tap` for tests that do not print it. Files of earlier runs do not count.",
    },
    Key {
        table: "check",
        name: "args",
        takes: Takes::Texts,
        doc: "Arguments added to the command.",
    },
    Key {
        table: "check",
        name: "timeout_seconds",
        takes: Takes::Count(86_400),
        doc: "How long it may run before it is stopped; 600 when left out.",
    },
    Key {
        table: "check",
        name: "on_request",
        takes: Takes::Flag,
        doc: "Whether it is run only when it is named; false when left out.",
    },
    Key { table: "check", name: "env", takes: Takes::TextTable, doc: "Variables set for it." },
    Key {
        table: "",
        name: "workers",
        takes: Takes::Texts,
        doc: "Who works, from cheap to dear; `repair`, then the `[[worker]]` entries in order, when left out.",
    },
    Key { table: "worker", name: "name", takes: Takes::Text, doc: "What the worker is called." },
    Key {
        table: "worker",
        name: "command",
        takes: Takes::Texts,
        doc: "Program and arguments. It runs in the folder of this file and reads its task from the file that the \
              variable GREENLOOP_BRIEF names.",
    },
    Key {
        table: "worker",
        name: "timeout_seconds",
        takes: Takes::Count(86_400),
        doc: "How long it may work before it is stopped; 600 when left out.",
    },
    Key {
        table: "worker",
        name: "llm",
        takes: Takes::Flag,
        doc: "Whether a language model makes its changes, which are labelled so; false when left out.",
    },
    Key {
        table: "guard",
        name: "tests",
        takes: RULES,
        doc: "What becomes of edits of tests. Left out and named with `ask`, the default; `refuse` drops the attempt; `allow` lets them in, labelled.",
    },
    Key {
        table: "guard",
        name: "fixtures",
        takes: RULES,
        doc: "What becomes of edits of data that tests read. As `tests`.",
    },
    Key {
        table: "guard",
        name: "snapshots",
        takes: RULES,
        doc: "What becomes of edits of stored output that tests compare with. As `tests`.",
    },
    Key {
        table: "guard",
        name: "test_config",
        takes: RULES,
        doc: "What becomes of edits of what says which tests run and how. As `tests`.",
    },
    Key {
        table: "guard",
        name: "ci_config",
        takes: RULES,
        doc: "What becomes of edits of CI configuration. As `tests`.",
    },
    Key {
        table: "guard",
        name: "hooks",
        takes: RULES,
        doc: "What becomes of edits of code that runs around the tests, such as `conftest.py` or `build.rs`. As `tests`.",
    },
    Key {
        table: "guard",
        name: "lint_config",
        takes: RULES,
        doc: "What becomes of edits of settings of linters and coverage. As `tests`.",
    },
    Key {
        table: "guard",
        name: "protect",
        takes: Takes::Texts,
        doc: "Patterns of further paths that are guarded as tests are, for example \"golden/**\".",
    },
    Key {
        table: "guard",
        name: "allow",
        takes: Takes::Texts,
        doc: "Patterns of paths of which every edit is let in, labelled.",
    },
];

/// The words for `model::guard::Rule`.
const RULES: Takes = Takes::Word(&["ask", "refuse", "allow"]);

/// What the file says, with the defaults where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    pub checks: Vec<CheckConfig>,
    pub workers: Vec<WorkerConfig>,
    /// The names in `workers`, each of a worker there is.
    pub ladder: Option<Vec<String>>,
    /// `[[check]]` and `[[worker]]` entries that cannot be run as written, and names of no worker. What the checks would
    /// have found is unknown, so nothing may be called green without them; and nobody else works than was asked.
    pub n_unusable: usize,
    pub budget: Budget,
    /// For checks that say nothing else.
    pub policy: Policy,
    /// Its patterns start at the folder of the file.
    pub guard: GuardPolicy,
    pub approval: Approval,
    /// The project's own; they count only where it is trusted.
    pub models: Models,
}

/// One `[[check]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckConfig {
    pub name: String,
    pub runner: Runner,
    pub dir: RepoPath,
    pub command: Option<Vec<String>>,
    pub args: Vec<String>,
    pub report: Vec<String>,
    pub timeout_ms: u64,
    pub env: BTreeMap<String, String>,
    pub on_request: bool,
    pub policy: Policy,
}

/// One `[[worker]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerConfig {
    pub name: String,
    pub command: Vec<String>,
    pub timeout_ms: u64,
    pub llm: bool,
}

impl Config {
    /// Who is there to work on a run, when the file lies in `folder`.
    pub fn staff(&self, folder: &RepoPath) -> Staff {
        let commands = self.workers.iter().map(|worker| Worker {
            name: worker.name.clone(),
            llm: worker.llm,
            kind: WorkerKind::Command {
                argv: worker.command.clone(),
                dir: folder.clone(),
                timeout_ms: worker.timeout_ms,
            },
        });
        let known = [Worker::repair()].into_iter().chain(commands).collect();
        Staff { known, names: self.ladder.clone() }
    }
}

/// Something in the file that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The key, for example `check.runner`; empty for the file as a whole.
    pub key: String,
    /// Counted from 1.
    pub line: u32,
    pub message: String,
}

impl ConfigError {
    /// For people, with the file it is in.
    pub fn told(&self, file: &str) -> String {
        let key = if self.key.is_empty() { String::new() } else { format!("`{}` ", self.key) };
        format!("{file}:{}: {key}{}", self.line, self.message)
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(FILE_NAME))
    }
}

/// Reads the project's file. `Err` when it is no TOML at all: then nothing in it can be trusted.
pub fn read(bytes: &[u8]) -> Result<(Config, Vec<ConfigError>), ConfigError> {
    read_with(bytes, |index, table| Reader::new(index).config(table))
}

/// Reads the user's own file, which names models.
pub fn read_user(bytes: &[u8]) -> Result<(Models, Vec<ConfigError>), ConfigError> {
    read_with(bytes, |index, table| Reader::new(index).user_config(table))
}

fn read_with<T>(
    bytes: &[u8],
    read: impl FnOnce(&LineIndex, &DeTable<'_>) -> T,
) -> Result<T, ConfigError> {
    let whole = |line, message: String| ConfigError { key: String::new(), line, message };
    if bytes.len() > CONFIG_BYTES_MAX {
        return Err(whole(1, format!("is larger than {CONFIG_BYTES_MAX} bytes")));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        whole(line as u32 + 1, "is not UTF-8 text".to_owned())
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let index = LineIndex::new(text);
    let table = DeTable::parse(text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        whole(index.line_of(offset) + 1, format!("cannot be read: {}", error.message()))
    })?;
    Ok(read(&index, table.get_ref()))
}

/// The keys that may stand in one table.
pub fn keys_of(table: &str) -> impl Iterator<Item = &'static Key> {
    let of_sandbox = if ["check", "sandbox"].contains(&table) { policy::KEYS } else { &[] };
    let of_all = KEYS.iter().chain(approval::KEYS).chain(budget::KEYS).chain(models::KEYS);
    of_all.filter(move |key| key.table == table).chain(of_sandbox)
}

#[cfg(test)]
mod tests;
