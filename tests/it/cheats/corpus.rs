//! The corpus as data. A file of `tests/cheats` holds one project, cheats in it, and honest edits.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use greenloop::model::guard::FindingKind;
use serde::Deserialize;

/// Texts by path.
pub type Files = BTreeMap<String, String>;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Group {
    pub runner: String,
    /// The tests that are red, as the runner calls them.
    #[serde(default)]
    pub red: Vec<String>,
    pub base: Files,
    #[serde(default, rename = "cheat")]
    pub cheats: Vec<Case>,
    #[serde(default)]
    pub honest: Vec<Case>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub name: String,
    /// What the guard has to call it: one of these.
    #[serde(default)]
    pub kinds: Vec<FindingKind>,
    /// Written after the detectors, to see what they do with what nobody had in mind.
    #[serde(default)]
    pub held_out: bool,
    /// `[path, old, new]` replaces a text that is there once, `[path, text]` writes a file, `[path]` deletes it, and
    /// `["from -> to"]` renames it.
    pub edits: Vec<Vec<String>>,
}

impl Case {
    /// The files after the edits, and which of them had another name.
    pub fn after(&self, base: &Files) -> (Files, Vec<(String, String)>) {
        let (mut files, mut renamed) = (base.clone(), Vec::new());
        for edit in &self.edits {
            match &edit[..] {
                [path, old, new] => {
                    let text =
                        files.get_mut(path).unwrap_or_else(|| panic!("{}: no {path}", self.name));
                    assert_eq!(
                        text.matches(old.as_str()).count(),
                        1,
                        "{}: `{old}` in {path}",
                        self.name
                    );
                    *text = text.replace(old.as_str(), new);
                }
                [path, text] => drop(files.insert(path.clone(), text.clone())),
                [path] => match path.split_once(" -> ") {
                    Some((from, to)) => {
                        let text = files
                            .remove(from)
                            .unwrap_or_else(|| panic!("{}: no {from}", self.name));
                        files.insert(to.to_owned(), text);
                        renamed.push((from.to_owned(), to.to_owned()));
                    }
                    None => assert!(files.remove(path).is_some(), "{}: no {path}", self.name),
                },
                _ => panic!("{}: an edit has one to three parts", self.name),
            }
        }
        (files, renamed)
    }
}

/// All groups of the corpus, by the names of their files.
pub fn load() -> Vec<Group> {
    load_from(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cheats"))
}

/// All groups of a folder of such files.
pub fn load_from(folder: &Path) -> Vec<Group> {
    let mut paths: Vec<_> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    let read = |path: &std::path::PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        toml::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    };
    paths.iter().map(read).collect()
}
