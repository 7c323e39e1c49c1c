//! `greenloop.toml`: one table of keys, read key by key so that a bad one never disables the good ones.

mod reader;

use std::collections::BTreeMap;
use std::fmt;

use toml::de::DeTable;

use crate::base::limits::{CHECK_WALL_DEFAULT, CONFIG_BYTES_MAX};
use crate::base::path::RepoPath;
use crate::base::text::LineIndex;
use crate::model::budget::Budget;
use crate::model::check::Runner;
use reader::Reader;

/// The file's name, in the project's folder.
pub const FILE_NAME: &str = "greenloop.toml";

/// What a key takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    Text,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A folder inside the project.
    Folder,
    Texts,
    /// Names with texts.
    TextTable,
    /// A whole number from 1 to this one.
    Count(u64),
}

/// A key of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key {
    /// `check` or `budget`.
    pub table: &'static str,
    pub name: &'static str,
    pub takes: Takes,
    /// What it says, for people, in a sentence.
    pub doc: &'static str,
}

/// Every key there is. Reading, "did you mean" and the manual go by this table.
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
        takes: Takes::Word(&["unittest", "pytest", "cargo", "command"]),
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
        doc: "Program and first arguments. Needed for `command`; replaces the program for the others.",
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
    Key { table: "check", name: "env", takes: Takes::TextTable, doc: "Variables set for it." },
    Key {
        table: "budget",
        name: "attempts",
        takes: Takes::Count(1_000),
        doc: "How many attempts a run may make; 3 when left out.",
    },
    Key {
        table: "budget",
        name: "wall_seconds",
        takes: Takes::Count(604_800),
        doc: "How long a run may take; 900 when left out.",
    },
];

/// What the file says, with the defaults where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Config {
    pub checks: Vec<CheckConfig>,
    /// `[[check]]` entries that cannot be run as written. What they would have found is unknown, so nothing may be
    /// called green without them.
    pub n_unusable: usize,
    pub budget: Budget,
}

/// One `[[check]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckConfig {
    pub name: String,
    pub runner: Runner,
    pub dir: RepoPath,
    pub command: Option<Vec<String>>,
    pub args: Vec<String>,
    pub timeout_ms: u64,
    pub env: BTreeMap<String, String>,
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

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{FILE_NAME}:{}: ", self.line)?;
        if !self.key.is_empty() {
            write!(f, "`{}` ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// Reads the file. `Err` when it is no TOML at all: then nothing in it can be trusted.
pub fn read(bytes: &[u8]) -> Result<(Config, Vec<ConfigError>), ConfigError> {
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
    Ok(Reader::new(&index).config(table.get_ref()))
}

/// The keys of one table.
pub fn keys_of(table: &str) -> impl Iterator<Item = &'static Key> {
    KEYS.iter().filter(move |key| key.table == table)
}

fn timeout_default_ms() -> u64 {
    CHECK_WALL_DEFAULT.as_millis() as u64
}

#[cfg(test)]
mod tests;
