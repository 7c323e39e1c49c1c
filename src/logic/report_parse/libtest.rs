//! What `cargo test --message-format=json` prints, both streams in one: cargo's own lines, the compiler's JSON, and
//! libtest's text. Read line by line while it comes; counts are compared with the summary lines.
//!
//! A test is called `BINARY TEST`, as by nextest: `pkg tests::adds` for a library, `pkg::it adds` for an integration
//! test, `pkg::bin/tool adds`, `pkg::example/x adds`, `pkg::bench/x adds`, and `pkg::doc src/lib.rs - add` for
//! documentation, where the second example of an item is `… #2`, since line numbers move with every edit. A binary
//! without libtest is one test, `pkg::plain (harness)`.

mod build;
mod failure;
mod section;

use crate::base::ids::CheckId;
use crate::model::check::Problem;
use crate::model::report::{TestCase, TestReport};

use super::{Cases, FindPath};
use build::Build;
pub use build::binary_name;
use section::Section;

/// The test part of the name of a binary that does not report tests.
pub const HARNESS: &str = "(harness)";

/// The part of a binary's name that stands for documentation tests.
pub const DOC: &str = "doc";

/// Reads the output of one `cargo test`.
#[derive(Debug)]
pub struct Reader {
    cases: Cases,
    build: Build,
    section: Option<Section>,
    n_sections: usize,
    /// Sections whose figures do not add up or that ended before their summary.
    is_incomplete: bool,
    crashes: Vec<Crash>,
    n_failed_targets: usize,
}

/// What the output said.
#[derive(Debug, PartialEq, Eq)]
pub struct Reported {
    pub report: TestReport,
    pub problems: Vec<Problem>,
    /// `None` when cargo did not get as far as building.
    pub built: Option<bool>,
    /// Test programs that died; without them the report is complete if `adds_up`.
    pub crashes: Vec<Crash>,
    pub adds_up: bool,
    /// Whether cargo said that a test program failed.
    pub says_failed: bool,
    /// Cargo's own first `error:` with what follows, empty when there is none.
    pub cargo_error: String,
}

/// A test program that ended before its summary, or not as libtest does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crash {
    pub binary: String,
    /// How, for people.
    pub detail: String,
    pub n_announced: usize,
    /// The test that was told as begun when it died; only a program that runs one after the other tells.
    pub running: Option<TestCase>,
}

impl Reader {
    pub fn new(check: &CheckId) -> Self {
        Self {
            cases: Cases::new(check),
            build: Build::default(),
            section: None,
            n_sections: 0,
            is_incomplete: false,
            crashes: Vec::new(),
            n_failed_targets: 0,
        }
    }

    /// Takes the next line, with or without its line break.
    pub fn line(&mut self, line: &[u8], find: FindPath<'_>, on_case: &mut dyn FnMut(&TestCase)) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\n', '\r']);
        if let Some(binary) = self.build.section_start(text) {
            self.close(find, on_case);
            self.n_sections += 1;
            self.section = Some(Section::new(binary));
            return;
        }
        if self.build.message(text, find) {
            return;
        }
        let is_failure = is_target_failure(text);
        self.n_failed_targets += usize::from(is_failure);
        let Some(section) = &mut self.section else {
            return self.build.text(text);
        };
        if is_failure {
            section.says_failed = true;
        } else if let Some(how) = death(text) {
            section.death = Some(how.to_owned());
        } else {
            for case in section.line(text) {
                add(&mut self.cases, case.placed(&section.binary, find), on_case);
            }
        }
    }

    /// Takes the next line of a command of which only the build is cargo's.
    pub fn build_line(&mut self, line: &[u8], find: FindPath<'_>) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\n', '\r']);
        if !self.build.message(text, find) {
            self.build.text(text);
        }
    }

    /// The report as far as it came.
    pub fn finish(mut self, find: FindPath<'_>, on_case: &mut dyn FnMut(&TestCase)) -> Reported {
        self.close(find, on_case);
        let adds_up = self.n_sections > 0
            && self.build.succeeded == Some(true)
            && !self.is_incomplete
            && !self.cases.is_cut;
        let complete = adds_up && self.crashes.is_empty();
        let (problems, cargo_error) = self.build.finish(find);
        Reported {
            report: TestReport { cases: self.cases.list, complete },
            problems,
            built: self.build.succeeded,
            crashes: self.crashes,
            adds_up,
            says_failed: self.n_failed_targets > 0,
            cargo_error,
        }
    }

    fn close(&mut self, find: FindPath<'_>, on_case: &mut dyn FnMut(&TestCase)) {
        let Some(mut section) = self.section.take() else { return };
        for case in section.rest() {
            add(&mut self.cases, case.placed(&section.binary, find), on_case);
        }
        let Some((detail, n_announced)) = section.crash() else {
            self.is_incomplete |= !section.adds_up();
            return;
        };
        let running = section.running().map(|raw| raw.placed(&section.binary, find));
        let running = running.map(|found| case_of(&self.cases, found));
        self.crashes.push(Crash { binary: section.binary, detail, n_announced, running });
    }
}

/// Tells a red case, whose message is what the test printed, in the words used for all of Rust's tests.
pub fn explain(case: &mut TestCase, find: FindPath<'_>) {
    if !case.outcome.is_red() {
        return;
    }
    let test = case.id.name.split_once(' ').map_or(case.id.name.as_str(), |(_, test)| test);
    let told = failure::told(test, &case.message, find);
    if told.at.is_some() {
        (case.outcome, case.message) = (told.outcome, told.message);
        (case.at, case.frames) = (told.at, told.frames);
    }
}

fn add(cases: &mut Cases, found: section::Found, on_case: &mut dyn FnMut(&TestCase)) {
    let case = case_of(cases, found);
    if let Some(case) = cases.add(case) {
        on_case(case);
    }
}

fn case_of(cases: &Cases, found: section::Found) -> TestCase {
    let section::Found { name, outcome, message, at, frames } = found;
    TestCase { id: cases.id(&name), outcome, message, at, frames, duration_ms: 0 }
}

/// Cargo's line after a test program that failed.
fn is_target_failure(line: &str) -> bool {
    ["error: test failed, to rerun", "error: doctest failed, to rerun", "error: bench failed"]
        .iter()
        .any(|start| line.starts_with(start))
}

/// How a test program ended, from cargo's line about one that did not exit with libtest's own code.
fn death(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("  process didn't exit successfully: ")?;
    let how = rest.rsplit_once("` (")?.1.trim_end_matches(')');
    (!how.starts_with("exit status: 101")).then_some(how)
}

#[cfg(test)]
mod tests;
