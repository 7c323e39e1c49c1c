//! The tests of one package as they come and go.

use std::collections::{BTreeMap, BTreeSet};

use super::super::FindPath;
use super::super::stack::{frames, places_in};
use super::OUTSIDE;
use crate::base::limits::TEST_MESSAGE_BYTES_MAX;
use crate::base::path::RepoPath;
use crate::model::report::{Place, TestCase, TestId, TestOutcome};

/// Output kept of one test while it runs, in bytes; of more the older half is dropped.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// What is needed of a line that has not ended yet, in bytes.
const LINE_BYTES_MAX: usize = 1024;

#[derive(Debug, Default)]
pub(super) struct Package {
    /// What tests that have not ended printed; whether they wait for their turn.
    open: BTreeMap<String, Open>,
    closed: BTreeSet<String>,
    n_red: usize,
    /// Whether the test program said that all its tests passed.
    says_pass: bool,
    /// What was printed outside of tests.
    text: String,
    /// A line that goes on in the next event.
    line: String,
    pub(super) ended: bool,
    pub(super) trouble: Option<String>,
}

#[derive(Debug, Default)]
struct Open {
    text: String,
    is_paused: bool,
}

/// A test's result, ready but for its id.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) test: String,
    pub(super) outcome: TestOutcome,
    pub(super) text: String,
    pub(super) seconds: f64,
}

impl Package {
    pub(super) fn start(&mut self, test: &str) -> Vec<Found> {
        let is_top = |name: &str| !name.contains('/');
        let busy = self.open.iter().find(|(name, open)| is_top(name) && !open.is_paused);
        if let Some((other, _)) = busy.filter(|_| is_top(test)) {
            let trouble = format!("`{test}` began while `{other}` was running");
            self.trouble.get_or_insert(trouble);
        }
        self.closed.remove(test);
        self.open.entry(test.to_owned()).or_default().is_paused = false;
        Vec::new()
    }

    pub(super) fn pause(&mut self, test: &str) -> Vec<Found> {
        if let Some(open) = self.open.get_mut(test) {
            open.is_paused = true;
        }
        Vec::new()
    }

    /// Takes what was printed. A result behind something without a line break is no event, so it is looked for.
    pub(super) fn output(&mut self, test: Option<&str>, text: &str) -> Vec<Found> {
        let into = match test.and_then(|test| self.open.get_mut(test)) {
            Some(open) => &mut open.text,
            None => &mut self.text,
        };
        into.push_str(text);
        if into.len() > TEXT_BYTES_MAX {
            into.drain(..into.floor_char_boundary(TEXT_BYTES_MAX / 2));
        }
        self.line.push_str(text);
        if self.line.len() > LINE_BYTES_MAX {
            self.line.drain(..self.line.ceil_char_boundary(self.line.len() - LINE_BYTES_MAX));
        }
        if !text.ends_with('\n') {
            return Vec::new();
        }
        let line = std::mem::take(&mut self.line);
        let line = line.trim_end();
        self.says_pass |= line.ends_with("PASS");
        // At the start of a line it comes as an event as well.
        let hidden = result(line).filter(|(at, _, _)| !line[..*at].trim().is_empty());
        let Some((_, test, outcome)) = hidden else { return Vec::new() };
        if !self.open.contains_key(test) {
            return Vec::new();
        }
        self.end(test, outcome, Some(0.0))
    }

    pub(super) fn end(
        &mut self,
        test: &str,
        outcome: TestOutcome,
        seconds: Option<f64>,
    ) -> Vec<Found> {
        let Some(open) = self.open.remove(test) else {
            if self.closed.contains(test) {
                self.trouble.get_or_insert(format!("`{test}` ended twice"));
            }
            // What never started was printed by a test. The worse of two results counts.
            let is_known = self.closed.contains(test) && outcome == TestOutcome::Failed;
            let text = String::new();
            let again = Found { test: test.to_owned(), outcome, text, seconds: 0.0 };
            return if is_known { vec![again] } else { Vec::new() };
        };
        self.closed.insert(test.to_owned());
        let panicked = open.text.lines().any(|line| line.trim_start().starts_with("panic: "));
        let outcome = match outcome {
            TestOutcome::Failed if panicked => TestOutcome::Errored,
            outcome => outcome,
        };
        if outcome.is_red() {
            self.n_red += 1;
            self.tell_outer(test, &open.text);
        }
        let text = if outcome == TestOutcome::Passed { String::new() } else { open.text };
        vec![Found { test: test.to_owned(), outcome, text, seconds: seconds.unwrap_or_default() }]
    }

    /// A test fails with what failed inside.
    fn tell_outer(&mut self, test: &str, text: &str) {
        let outer = test.rsplit_once('/').and_then(|(outer, _)| self.open.get_mut(outer));
        if let Some(outer) = outer.filter(|outer| outer.text.len() + text.len() < TEXT_BYTES_MAX) {
            outer.text.push_str(text);
        }
    }

    /// Takes the end of the package: `pass`, `fail` or `skip`.
    pub(super) fn close(&mut self, action: &str) -> Vec<Found> {
        self.ended = true;
        if action == "fail" {
            return self.fail();
        }
        let running =
            self.open.keys().next().map(|test| format!("it passed, but `{test}` never ended"));
        let red = (self.n_red > 0).then(|| "it passed, but tests in it failed".to_owned());
        let early = (action == "pass" && !self.says_pass)
            .then(|| "it ended before its tests were over".to_owned());
        if let Some(trouble) = running.or(red).or(early) {
            self.trouble.get_or_insert(trouble);
        }
        self.rest()
    }

    fn fail(&mut self) -> Vec<Found> {
        let mut found = self.rest();
        if self.n_red == 0 && found.is_empty() {
            let (test, text) = (OUTSIDE.to_owned(), std::mem::take(&mut self.text));
            found.push(Found { test, outcome: TestOutcome::Errored, text, seconds: 0.0 });
        }
        found
    }

    /// Tests that began and did not end, the innermost with what the program said at last.
    pub(super) fn rest(&mut self) -> Vec<Found> {
        if self.open.is_empty() {
            return Vec::new();
        }
        let outside = std::mem::take(&mut self.text);
        let open = std::mem::take(&mut self.open);
        let mut found: Vec<Found> = open
            .into_iter()
            .map(|(test, open)| Found {
                test,
                outcome: TestOutcome::Errored,
                text: open.text,
                seconds: 0.0,
            })
            .collect();
        if let Some(last) = found.last_mut() {
            last.text.push_str(&outside);
        }
        if found.iter().any(|found| found.text.contains(TIME_IS_OVER)) {
            found.iter_mut().for_each(|found| found.outcome = TestOutcome::TimedOut);
        }
        found.iter_mut().for_each(|found| found.text.push_str("it did not end\n"));
        found
    }
}

/// What a test program says of a test when its `-timeout` has passed.
const TIME_IS_OVER: &str = "panic: test timed out after ";

/// `--- PASS: TestHalf (0.00s)` at the end of a line: where it begins, the test and how it ended.
fn result(line: &str) -> Option<(usize, &str, TestOutcome)> {
    let at = line.rfind("--- ")?;
    let (word, rest) = line[at + 4..].split_once(": ")?;
    let outcome = match word {
        "PASS" => TestOutcome::Passed,
        "FAIL" => TestOutcome::Failed,
        "SKIP" => TestOutcome::Skipped,
        _ => return None,
    };
    let (test, seconds) = rest.split_once(" (")?;
    seconds.strip_suffix("s)")?.parse::<f64>().ok()?;
    Some((at, test, outcome))
}

impl Found {
    pub(super) fn placed(self, id: TestId, package: &str, find: FindPath<'_>) -> TestCase {
        let lines = self.text.lines().filter(|line| !is_frame_line(line));
        let text = lines.map(|line| format!("{}\n", line.strip_prefix("    ").unwrap_or(line)));
        let text: String = text.collect();
        let start = text.ceil_char_boundary(text.len().saturating_sub(TEST_MESSAGE_BYTES_MAX));
        let mut message = text[start..].trim().to_owned();
        if message.is_empty() && self.outcome.is_red() {
            message = "it failed without a word".to_owned();
        }
        let find = |path: &str| find_in(package, path, find);
        let places = if self.outcome.is_red() { frames(&message, &find) } else { Vec::new() };
        let at = at(&message, &places, &find);
        TestCase {
            id,
            outcome: self.outcome,
            message,
            at,
            frames: places,
            duration_ms: (self.seconds.max(0.0) * 1_000.0).round() as u64,
        }
    }
}

/// Lines by which the test program tells what it does.
fn is_frame_line(line: &str) -> bool {
    let line = line.trim_start();
    ["=== RUN ", "=== PAUSE ", "=== CONT ", "=== NAME ", "--- PASS: ", "--- FAIL: ", "--- SKIP: "]
        .iter()
        .any(|start| line.starts_with(start))
}

/// A panic's innermost line of a test, else the last line that a test told something from.
fn at(message: &str, frames: &[Place], find: FindPath<'_>) -> Option<Place> {
    let is_test = |place: &&Place| place.path.as_str().ends_with("_test.go");
    if message.lines().any(|line| line.trim_start().starts_with("panic: ")) {
        return frames.iter().rfind(is_test).or(frames.last()).cloned();
    }
    let told = message.lines().rev().filter_map(|line| places_in(line).into_iter().next());
    let mut told = told.filter_map(|(path, line)| find(&path).map(|path| Place { path, line }));
    told.next()
}

/// Tests name files of their package without its folder, and import paths begin with folders that are not there.
fn find_in(package: &str, path: &str, find: FindPath<'_>) -> Option<RepoPath> {
    if path.contains('/') {
        return find(path);
    }
    if !path.ends_with(".go") {
        return None;
    }
    let mut folder = Some(package);
    while let Some(at) = folder {
        if let Some(found) = find(&format!("{at}/{path}")) {
            return Some(found);
        }
        folder = at.split_once('/').map(|(_, rest)| rest);
    }
    find(path)
}
