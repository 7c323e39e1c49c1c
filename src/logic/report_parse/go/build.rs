//! What go prints besides events: the compiler's errors, and which packages they keep from running.

use std::collections::BTreeMap;

use super::super::stack::places_in;
use super::super::{FindPath, add_problem};
use crate::model::check::Problem;
use crate::model::report::Place;

/// Text kept, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;

#[derive(Debug, Default)]
pub(super) struct Build {
    /// What was said of each package, in the compiler's words.
    said: BTreeMap<String, String>,
    /// The package the next lines are about.
    about: Option<String>,
    failed: Vec<String>,
    text: String,
}

impl Build {
    pub(super) fn line(&mut self, line: &str) {
        if self.text.len() + line.len() < TEXT_BYTES_MAX {
            self.text.push_str(line);
            self.text.push('\n');
        }
        if let Some(about) = line.strip_prefix("# ") {
            self.about = Some(package_name(about).to_owned());
        } else if let Some(package) = failed_package(line) {
            self.fail(package);
        } else if let Some(about) = &self.about {
            let said = self.said.entry(about.clone()).or_default();
            if said.len() + line.len() < TEXT_BYTES_MAX {
                said.push_str(line);
                said.push('\n');
            }
        }
    }

    pub(super) fn fail(&mut self, package: &str) {
        if !self.failed.iter().any(|known| known == package) {
            self.failed.push(package.to_owned());
        }
    }

    /// The packages whose tests could not be built, with why.
    pub(super) fn failed(&self) -> Vec<(String, String)> {
        let why = |package: &String| {
            let own = self.said.get(package);
            // Another package it needs may be the broken one.
            own.cloned().unwrap_or_else(|| self.text.clone())
        };
        self.failed.iter().map(|package| (package.clone(), why(package))).collect()
    }

    /// Errors with a place, and everything that was said.
    pub(super) fn finish(self, find: FindPath<'_>) -> (Vec<Problem>, String) {
        let mut problems = Vec::new();
        for line in self.text.lines() {
            let Some((path, at)) = places_in(line).into_iter().next() else { continue };
            let Some(path) = find(&path) else { continue };
            let message = message(line).to_owned();
            add_problem(&mut problems, Problem { at: Some(Place { path, line: at }), message });
        }
        (problems, self.text.trim().to_owned())
    }
}

/// `example.com/a [example.com/a.test]` is the package with its tests.
fn package_name(about: &str) -> &str {
    let name = about.split_once(" [").map_or(about, |(name, _)| name);
    name.strip_suffix("_test").unwrap_or(name)
}

/// `FAIL`, a tab, `example.com/a [build failed]`.
fn failed_package(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("FAIL\t")?;
    rest.strip_suffix(" [build failed]").or_else(|| rest.strip_suffix(" [setup failed]"))
}

/// What follows `a.go:6:14: `.
fn message(line: &str) -> &str {
    line.split_once(": ").map_or(line, |(_, message)| message)
}
