//! The tests that a run of a JavaScript check is for, and what selects at least these.
//!
//! A test is called `FILE::SUITE > TEST`, in a project of several `FILE::[PROJECT] SUITE > TEST`; the second of one name
//! ends in ` #2`. `FILE` alone is a file that is a test of its own.

use std::collections::BTreeSet;

use super::super::Select;
use crate::base::limits::SELECT_BYTES_MAX;
use crate::logic::report_parse::{is_in_scope, phase_scope};
use crate::model::report::TestReport;

/// The tests asked for.
pub(super) struct Wanted<'a> {
    /// `None` for all.
    names: Option<BTreeSet<&'a str>>,
}

impl<'a> Wanted<'a> {
    pub fn of(select: Select<'a>) -> Self {
        let names = match select {
            Select::All => None,
            Select::Only(names) => Some(names.iter().map(String::as_str).collect()),
        };
        Self { names }
    }

    /// Whether a case is asked for: by its name, as a test that a wanted phase hides, or as a phase that hides a wanted
    /// test.
    pub fn has(&self, name: &str) -> bool {
        let Some(names) = &self.names else { return true };
        let hides = |phase: &str, test: &str| {
            phase_scope(phase).is_some_and(|scope| is_in_scope(test, scope))
        };
        names.contains(name) || names.iter().any(|one| hides(one, name) || hides(name, one))
    }

    /// Whether every wanted test was reported, or something that hides it.
    pub fn are_all_in(&self, report: &TestReport) -> bool {
        let Some(names) = &self.names else { return true };
        let is_in = |name: &str| {
            let one = Wanted { names: Some([name].into()) };
            phase_scope(name).is_some() || report.cases.iter().any(|case| one.has(&case.id.name))
        };
        names.iter().all(|name| is_in(name))
    }

    /// The files that hold the wanted tests; `None` when all files have to be run.
    pub fn files(&self) -> Option<BTreeSet<&'a str>> {
        let files: BTreeSet<&str> = self.names.as_ref()?.iter().map(|name| file_of(name)).collect();
        let n_bytes: usize = files.iter().map(|file| file.len() + 1).sum();
        let is_known = n_bytes <= SELECT_BYTES_MAX && !files.iter().any(|file| file.is_empty());
        is_known.then_some(files)
    }

    /// A regular expression for the full names of the wanted tests, titles joined by spaces; `None` when every test of
    /// the files has to be run.
    pub fn pattern(&self) -> Option<String> {
        self.pattern_of(&|titles| vec![titles.to_owned()])
    }

    /// The same where each title of a test is looked at by itself, as older versions of Node.js do.
    pub fn pattern_by_title(&self) -> Option<String> {
        self.pattern_of(&|titles| {
            let each = titles.split(BETWEEN).map(str::to_owned);
            each.chain([titles.to_owned()]).collect()
        })
    }

    fn pattern_of(&self, split: &dyn Fn(&str) -> Vec<String>) -> Option<String> {
        let mut parts: BTreeSet<String> = BTreeSet::new();
        for name in self.names.as_ref()? {
            let (_, titles) = name.split_once("::").filter(|_| phase_scope(name).is_none())?;
            parts.extend(split(titles).iter().map(|titles| expression(titles)));
        }
        let pattern = format!("^(?:{})$", Vec::from_iter(parts).join("|"));
        (pattern.len() <= SELECT_BYTES_MAX).then_some(pattern)
    }
}

/// Between the titles of suites and the test's own.
const BETWEEN: &str = " > ";

fn file_of(name: &str) -> &str {
    let scope = phase_scope(name).unwrap_or(name);
    scope.split_once("::").map_or(scope, |(file, _)| file)
}

/// What a name can stand for: a number and a project may be ours or the titles' own.
fn expression(titles: &str) -> String {
    let (project, rest) = match titles.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((project, rest)) => (format!("(?:{} )?", escaped(&format!("[{project}]"))), rest),
        None => (String::new(), titles),
    };
    let number = rest.rfind(" #").filter(|at| {
        let digits = &rest[at + 2..];
        !digits.is_empty() && digits.chars().all(|ch| ch.is_ascii_digit())
    });
    let (rest, number) = match number {
        Some(at) => (&rest[..at], format!("(?:{})?", escaped(&rest[at..]))),
        None => (rest, String::new()),
    };
    let titles: Vec<String> = rest.split(BETWEEN).map(escaped).collect();
    format!("\\s*{project}{}{number}\\s*", titles.join("(?:\\s+>)?\\s+"))
}

/// Words as a regular expression; our names have one space where titles may have more.
fn escaped(text: &str) -> String {
    let mut pattern = String::new();
    for ch in text.chars() {
        if ch == ' ' {
            pattern.push_str("\\s+");
            continue;
        }
        if "\\^$.|?*+()[]{}/".contains(ch) {
            pattern.push('\\');
        }
        pattern.push(ch);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with<T>(names: &[&str], ask: impl Fn(&Wanted<'_>) -> T) -> T {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        ask(&Wanted::of(Select::Only(&names)))
    }

    #[test]
    fn names_become_files_and_patterns() {
        let check = |names: &[&str], files: &str, pattern: &str| {
            let told = with(names, |wanted| {
                let files: Vec<&str> = wanted.files().into_iter().flatten().collect();
                (files.join(" "), wanted.pattern().unwrap_or_default())
            });
            assert_eq!(told, (files.to_owned(), pattern.to_owned()));
        };
        check(&["a.test.js::adds"], "a.test.js", r"^(?:\s*adds\s*)$");
        check(
            &["a.js::s > (1 + 2)? #3", "b/c.js::[jsdom] t"],
            "a.js b/c.js",
            r"^(?:\s*(?:\[jsdom\] )?t\s*|\s*s(?:\s+>)?\s+\(1\s+\+\s+2\)\?(?:\s+#3)?\s*)$",
        );
        check(&["a.js::t", "a.js (import)"], "a.js", "");
        check(&["a.js::s (hooks)", "b.js"], "a.js b.js", "");
        check(&["a.js::t", " (unhandled)"], "", "");
        let names = ["a.js::s > t".to_owned()];
        let by_title = Wanted::of(Select::Only(&names)).pattern_by_title().unwrap();
        assert_eq!(by_title, r"^(?:\s*s(?:\s+>)?\s+t\s*|\s*s\s*|\s*t\s*)$");
        let long = format!("a.js::{}", "x".repeat(SELECT_BYTES_MAX));
        check(&[&long], "a.js", "");
    }

    #[test]
    fn phases_stand_for_the_tests_they_hide() {
        let has = |wanted: &str, name: &str| with(&[wanted], |wanted| wanted.has(name));
        assert!(has("a.js::s > t", "a.js (import)"));
        assert!(has("a.js::s > t", "a.js::s (hooks)"));
        assert!(has("a.js (import)", "a.js::s > t"));
        assert!(!has("a.js::s > t", "a.js::s > u"));
        assert!(!has("a.js::s > t", "b.js (import)"));
    }
}
