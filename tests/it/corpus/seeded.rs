//! The corpus of seeded faults in `fixtures/corpus`.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::support::repository;

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    Python,
    Javascript,
    Typescript,
    Go,
    Rust,
}

impl Language {
    pub const ALL: [Language; 5] = [
        Language::Python,
        Language::Javascript,
        Language::Typescript,
        Language::Go,
        Language::Rust,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Language::Python => "python",
            Language::Javascript => "javascript",
            Language::Typescript => "typescript",
            Language::Go => "go",
            Language::Rust => "rust",
        }
    }
}

/// A healthy project and what can be broken in it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seeded {
    #[serde(skip)]
    pub name: String,
    #[serde(skip)]
    folder: PathBuf,
    pub language: Language,
    /// The command that runs all its tests, for one that has them run by another than its language's usual runner.
    pub tests: Option<Vec<String>>,
    /// Nobody looks at its faults while the engine is made better.
    pub unseen: bool,
    #[serde(rename = "fault")]
    pub faults: Vec<Fault>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    pub name: String,
    /// What kind of slip it is: the file of templates that is there for such, or one of `MORE_FAMILIES` of its tests.
    pub family: String,
    pub file: String,
    pub from: String,
    pub to: String,
    /// The second edit of a fault in two places.
    pub also: Option<Replacement>,
}

/// A text that is there exactly once in the healthy file, and what the fault makes of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replacement {
    pub file: String,
    pub from: String,
    pub to: String,
}

impl Seeded {
    /// What the engine sees: sources and a normal suite of tests.
    pub fn project(&self) -> PathBuf {
        self.folder.join("project")
    }

    /// More tests, to be laid over the project where the engine does not look.
    pub fn hidden(&self) -> PathBuf {
        self.folder.join("hidden")
    }
}

impl Fault {
    pub fn edits(&self) -> Vec<Replacement> {
        let Fault { file, from, to, .. } = self;
        let first = Replacement { file: file.clone(), from: from.clone(), to: to.clone() };
        [first].into_iter().chain(self.also.clone()).collect()
    }
}

/// All projects of `fixtures/corpus`, by language and name.
pub fn load() -> Vec<Seeded> {
    load_from(&repository().join("fixtures/corpus"))
}

/// Those of another folder that looks like it.
pub fn load_from(corpus: &Path) -> Vec<Seeded> {
    let folders = fs::read_dir(corpus).unwrap().map(|child| child.unwrap());
    let folders = folders.filter(|folder| folder.path().join("faults.toml").exists());
    let mut all: Vec<Seeded> = folders
        .map(|folder| {
            let name = folder.file_name().into_string().unwrap();
            let text = fs::read_to_string(folder.path().join("faults.toml")).unwrap();
            let seeded = toml::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
            Seeded { name, folder: folder.path(), ..seeded }
        })
        .collect();
    all.sort_by(|a, b| (a.language, &a.name).cmp(&(b.language, &b.name)));
    all
}
