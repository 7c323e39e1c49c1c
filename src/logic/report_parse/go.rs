//! What `go test -json` prints: an event a line from the tests, plain lines from the build. Read line by line while it
//! comes.
//!
//! A test is called `PACKAGE TEST`, for example `example.com/ledger/money TestHalf/odd`. A package that cannot be built
//! is `PACKAGE (build)`; one that went wrong outside its tests is `PACKAGE (suite)`.
//!
//! The events are made from what test programs print, so a test can print what looks like the result of another. What
//! cannot be is therefore not believed: a result of a test that did not start counts for nothing; one that ends twice,
//! starts while another one runs, or never ends in a package that passed makes the report incomplete.

mod build;
mod package;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{BUILD, Cases, FindPath, SUITE};
use crate::base::ids::CheckId;
use crate::model::check::Problem;
use crate::model::report::{TestCase, TestOutcome, TestReport};
use build::Build;
use package::{Found, Package};

/// Whether go says that a module is not in its cache: in the other ways where nothing can be put there from within a world, as
/// it makes the module's folder and then locks it.
pub fn is_missing_module(line: &str) -> bool {
    let is_in_cache = line.contains("/cache/download/");
    line.contains("module lookup disabled by GOPROXY=off")
        || (is_in_cache && line.contains(".lock: "))
        || ((is_in_cache || line.contains("/pkg/mod/cache: ")) && line.contains("mkdir /"))
}

/// The first line that says so of what was built, where nothing else is wrong with that.
pub fn missing_module(message: &str) -> Option<&str> {
    let mut errors = message.lines().map(str::trim).filter(|line| line.contains(".go:"));
    let first = errors.next().filter(|line| is_missing_module(line))?;
    errors.all(is_missing_module).then_some(first)
}

/// What to do about it.
pub const DOWNLOAD: &str =
    "Run `go mod download` once: checks have no network and take modules from Go's cache.";

/// Reads the output of one `go test -json`.
#[derive(Debug)]
pub struct Reader {
    cases: Cases,
    build: Build,
    packages: BTreeMap<String, Package>,
    stopped: BTreeSet<String>,
    /// The first thing that makes the report less than whole.
    trouble: Option<String>,
}

/// What the output said.
#[derive(Debug, PartialEq, Eq)]
pub struct Reported {
    pub report: TestReport,
    pub problems: Vec<Problem>,
    /// Packages that ended with a test of theirs: those after it were not run.
    pub stopped: BTreeSet<String>,
    /// Whether any package got as far as running.
    pub ran: bool,
    /// Why the report is not complete, when something was reported.
    pub trouble: Option<String>,
    /// What go said besides, cut at a limit.
    pub said: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    action: String,
    #[serde(default)]
    package: String,
    test: Option<String>,
    elapsed: Option<f64>,
    #[serde(default)]
    output: String,
    /// Since Go 1.24: of what package a failed build was.
    failed_build: Option<String>,
}

impl Reader {
    pub fn new(check: &CheckId) -> Self {
        Self {
            cases: Cases::new(check),
            build: Build::default(),
            packages: BTreeMap::new(),
            stopped: BTreeSet::new(),
            trouble: None,
        }
    }

    /// Takes the next line, with or without its line break.
    pub fn line(&mut self, line: &[u8], find: FindPath<'_>, on_case: &mut dyn FnMut(&TestCase)) {
        if self.cases.is_cut {
            return;
        }
        if !line.starts_with(b"{\"") {
            let text = String::from_utf8_lossy(line);
            return self.build.line(text.trim_end_matches(['\n', '\r']));
        }
        match serde_json::from_slice::<Event>(line) {
            Ok(event) => self.event(event, find, on_case),
            Err(_) => self.distrust("a line of it is no event".to_owned()),
        }
    }

    /// The report as far as it came.
    pub fn finish(mut self, find: FindPath<'_>, on_case: &mut dyn FnMut(&TestCase)) -> Reported {
        for (name, mut package) in std::mem::take(&mut self.packages) {
            if package.ended {
                continue;
            }
            self.distrust(format!("package `{name}` did not end"));
            for found in package.rest() {
                self.add(&name, found, find, on_case);
            }
        }
        let failed = self.build.failed();
        for (package, message) in &failed {
            let found = Found {
                test: BUILD.to_owned(),
                outcome: TestOutcome::Errored,
                text: message.clone(),
                seconds: 0.0,
            };
            self.add(package, found, find, on_case);
        }
        if self.cases.is_cut {
            self.distrust("there are too many tests".to_owned());
        }
        let n_built = self.cases.list.len().saturating_sub(failed.len());
        let complete = self.trouble.is_none() && !self.cases.list.is_empty();
        let (problems, said) = self.build.finish(find);
        Reported {
            report: TestReport { cases: self.cases.list, complete },
            problems,
            stopped: self.stopped,
            ran: n_built > 0,
            trouble: self.trouble,
            said,
        }
    }

    fn event(&mut self, event: Event, find: FindPath<'_>, on_case: &mut dyn FnMut(&TestCase)) {
        match event.action.as_str() {
            "build-output" => return self.build.line(event.output.trim_end_matches('\n')),
            "build-fail" => return,
            _ if event.package.is_empty() => return,
            _ => {}
        }
        let mut package = self.packages.remove(&event.package).unwrap_or_default();
        let seconds = event.elapsed;
        let found = match (event.action.as_str(), event.test.as_deref()) {
            ("output", test) => package.output(test, &event.output),
            ("run", Some(test)) => package.start(test),
            ("pause", Some(test)) => package.pause(test),
            ("pass", Some(test)) => package.end(test, TestOutcome::Passed, seconds),
            ("skip", Some(test)) => package.end(test, TestOutcome::Skipped, seconds),
            ("fail", Some(test)) => package.end(test, TestOutcome::Failed, seconds),
            ("fail", None) if event.failed_build.is_some() => {
                self.build.fail(&event.package);
                package.ended = true;
                Vec::new()
            }
            ("pass" | "fail" | "skip", None) => package.close(&event.action),
            _ => Vec::new(),
        };
        if let Some(trouble) = package.trouble.take() {
            self.distrust(format!("package `{}`: {trouble}", event.package));
        }
        for found in found {
            let is_end = matches!(found.outcome, TestOutcome::Errored | TestOutcome::TimedOut);
            if is_end && found.test != OUTSIDE {
                self.stopped.insert(event.package.clone());
            }
            self.add(&event.package, found, find, on_case);
        }
        self.packages.insert(event.package, package);
    }

    fn add(
        &mut self,
        package: &str,
        found: Found,
        find: FindPath<'_>,
        on_case: &mut dyn FnMut(&TestCase),
    ) {
        let id = self.cases.id(&format!("{package} {}", found.test));
        if let Some(case) = self.cases.add(found.placed(id, package, find)) {
            on_case(case);
        }
    }

    fn distrust(&mut self, trouble: String) {
        self.trouble.get_or_insert(trouble);
    }
}

/// The name of the case for a package that went wrong outside its tests.
const OUTSIDE: &str = SUITE;

#[cfg(test)]
mod tests;
