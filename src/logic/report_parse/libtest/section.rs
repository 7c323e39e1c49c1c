//! The part of the output that one test program prints.

use std::collections::{HashMap, VecDeque};

use super::super::FindPath;
use super::{DOC, HARNESS, failure};
use crate::base::limits::TEST_MESSAGE_BYTES_MAX;
use crate::model::report::{Place, TestOutcome};

/// Last lines kept to tell what a program said before it died.
const LAST_LINES_MAX: usize = 12;

#[derive(Debug)]
pub(super) struct Section {
    pub(super) binary: String,
    /// Cargo said that the program failed.
    pub(super) says_failed: bool,
    /// How the program ended, when not as libtest does.
    pub(super) death: Option<String>,
    n_announced: Option<usize>,
    n_passed: usize,
    n_ignored: usize,
    n_failed: usize,
    /// Of the passed, failed and ignored, those with the name of a file: programs inside a test, such as trybuild's,
    /// tell them in the same words, and harnesses of other kinds call tests so.
    n_files: [usize; 3],
    /// `passed; failed; ignored; measured` of the summary line.
    summary: Option<[usize; 4]>,
    part: Part,
    /// A test whose result comes on a later line.
    pending: Option<String>,
    /// Results that are not ready: failed tests wait for what they printed, documentation tests for their numbers.
    held: Vec<Raw>,
    failed_by_name: HashMap<String, usize>,
    last_lines: VecDeque<String>,
}

/// Where in libtest's text we are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Results,
    /// What failed tests printed; the number is the test's among the failed.
    Details(Option<usize>),
    /// The names of failed tests, just before the summary.
    Names(Option<usize>),
    Over,
}

/// A test's result with the text that goes with it.
#[derive(Debug)]
pub(super) struct Raw {
    name: String,
    outcome: TestOutcome,
    text: String,
    /// Set for documentation tests.
    example: Option<Example>,
}

/// A test's result, ready but for its id.
#[derive(Debug)]
pub(super) struct Found {
    pub name: String,
    pub outcome: TestOutcome,
    pub message: String,
    pub at: Option<Place>,
    pub frames: Vec<Place>,
}

impl Section {
    pub(super) fn new(binary: String) -> Self {
        Self {
            binary,
            says_failed: false,
            death: None,
            n_announced: None,
            n_passed: 0,
            n_ignored: 0,
            n_failed: 0,
            n_files: [0; 3],
            summary: None,
            part: Part::Results,
            pending: None,
            held: Vec::new(),
            failed_by_name: HashMap::new(),
            last_lines: VecDeque::new(),
        }
    }

    /// Takes a line and gives the results it completes.
    pub(super) fn line(&mut self, line: &str) -> Vec<Raw> {
        if self.last_lines.len() == LAST_LINES_MAX {
            self.last_lines.pop_front();
        }
        self.last_lines.push_back(line.to_owned());
        match self.part {
            Part::Results => self.result_line(line),
            Part::Details(of) => {
                self.detail_line(line, of);
                Vec::new()
            }
            Part::Names(of) => self.name_line(line, of),
            Part::Over => Vec::new(),
        }
    }

    fn result_line(&mut self, line: &str) -> Vec<Raw> {
        if self.n_announced.is_none() {
            self.n_announced = announced(line);
        } else if line == "failures:" {
            self.part = Part::Details(None);
        } else if let Some(summary) = summary(line) {
            return self.end(summary);
        } else if let Some((name, result)) = self.result(line) {
            return self.count(name, result);
        }
        Vec::new()
    }

    /// `test NAME ... ok`, also behind something a test printed, also with the result on a later line.
    fn result(&mut self, line: &str) -> Option<(String, Result)> {
        if let (Some(result), Some(name)) = (Result::read(line), &self.pending) {
            let name = name.clone();
            self.pending = None;
            return Some((name, result));
        }
        let starts = line.match_indices("test ").map(|(at, start)| &line[at + start.len()..]);
        for rest in starts {
            let Some((name, result)) = rest.rsplit_once(" ... ") else { continue };
            match Result::read(result) {
                Some(result) => return Some((name.to_owned(), result)),
                None => self.pending = Some(name.to_owned()),
            }
        }
        // The first ` ... ` may belong to a reason: `test x ... ignored, not yet ... done`.
        let (name, result) = line.strip_prefix("test ")?.split_once(" ... ")?;
        Result::read(result).map(|result| (name.to_owned(), result))
    }

    fn count(&mut self, told: String, result: Result) -> Vec<Raw> {
        let (outcome, text) = match result {
            Result::Passed => (TestOutcome::Passed, String::new()),
            Result::Ignored(reason) => (TestOutcome::Skipped, reason),
            Result::Failed => (TestOutcome::Failed, String::new()),
        };
        if told.contains('/') && !self.is_doc() {
            let place = match outcome {
                TestOutcome::Passed => 0,
                TestOutcome::Skipped => 2,
                _ => 1,
            };
            self.n_files[place] += 1;
        }
        match outcome {
            TestOutcome::Passed => self.n_passed += 1,
            TestOutcome::Skipped => self.n_ignored += 1,
            TestOutcome::Failed
            | TestOutcome::Errored
            | TestOutcome::Crashed
            | TestOutcome::TimedOut => {
                self.n_failed += 1;
                self.failed_by_name.insert(block_name(&told).to_owned(), self.held.len());
            }
        }
        let example = if self.is_doc() { Example::read(&told) } else { None };
        let name =
            example.as_ref().map_or_else(|| block_name(&told).to_owned(), |one| one.item.clone());
        let raw = Raw { name, outcome, text, example };
        if outcome == TestOutcome::Failed || self.is_doc() {
            self.held.push(raw);
            return Vec::new();
        }
        vec![raw]
    }

    fn is_doc(&self) -> bool {
        self.binary.ends_with(&format!("::{DOC}"))
    }

    /// What was held, ready. Examples of one item are numbered by their lines, since they are told in any order.
    fn release(&mut self) -> Vec<Raw> {
        let mut held = std::mem::take(&mut self.held);
        if self.is_doc() {
            held.sort_by_cached_key(|raw| {
                (raw.name.clone(), raw.example.as_ref().map_or(0, |example| example.line))
            });
            let mut n_seen: HashMap<String, usize> = HashMap::new();
            for raw in &mut held {
                let n = n_seen.entry(raw.name.clone()).or_default();
                *n += 1;
                if *n > 1 {
                    raw.name = format!("{} #{n}", raw.name);
                }
            }
        }
        held
    }

    fn detail_line(&mut self, line: &str, of: Option<usize>) {
        if line == "failures:" {
            self.part = Part::Names(of);
        } else if let Some(at) = self.block_start(line) {
            self.part = Part::Details(Some(at));
        } else if let Some(Raw { text, .. }) = of.and_then(|of| self.held.get_mut(of))
            && text.len() + line.len() < TEST_MESSAGE_BYTES_MAX
        {
            text.push_str(line);
            text.push('\n');
        }
    }

    fn block_start(&self, line: &str) -> Option<usize> {
        let name = line.strip_prefix("---- ")?.strip_suffix(" ----")?;
        let name = name.strip_suffix(" stdout").or_else(|| name.strip_suffix(" stderr"))?;
        self.failed_by_name.get(block_name(name)).copied()
    }

    /// The list of names; anything else means that a test printed `failures:` itself.
    fn name_line(&mut self, line: &str, of: Option<usize>) -> Vec<Raw> {
        if let Some(summary) = summary(line) {
            return self.end(summary);
        }
        let is_name = line.is_empty()
            || line
                .strip_prefix("    ")
                .is_some_and(|name| self.failed_by_name.contains_key(block_name(name)));
        if !is_name {
            self.part = Part::Details(of);
            self.detail_line(line, of);
        }
        Vec::new()
    }

    fn end(&mut self, summary: [usize; 4]) -> Vec<Raw> {
        self.summary = Some(summary);
        self.part = Part::Over;
        self.release()
    }

    /// Results that were told when the program ended; a program without libtest is one test.
    pub(super) fn rest(&mut self) -> Vec<Raw> {
        if self.n_announced.is_some() {
            return self.release();
        }
        let outcome = if self.says_failed { TestOutcome::Failed } else { TestOutcome::Passed };
        let text = if self.says_failed { self.said() } else { String::new() };
        vec![Raw { name: HARNESS.to_owned(), outcome, text, example: None }]
    }

    fn said(&self) -> String {
        let lines: Vec<&str> = self.last_lines.iter().map(String::as_str).collect();
        let death = self.death.iter().map(String::as_str);
        lines.into_iter().chain(death).collect::<Vec<_>>().join("\n").trim().to_owned()
    }

    /// Whether the results are as many as were announced and summed up, with those that have the names of files or
    /// without.
    pub(super) fn adds_up(&self) -> bool {
        match (self.n_announced, self.summary) {
            (Some(n), Some([passed, failed, ignored, measured])) => {
                let told = [self.n_passed, self.n_failed, self.n_ignored];
                let summed = [passed + measured, failed, ignored];
                let others = |place: usize| told[place] - self.n_files[place];
                n == passed + failed + ignored + measured
                    && self.says_failed == (failed > 0)
                    && (told == summed || [0, 1, 2].map(others) == summed)
            }
            (Some(_), None) => false,
            (None, _) => true,
        }
    }

    /// How a program that runs libtest died, with its last words, and how many tests it had announced.
    pub(super) fn crash(&self) -> Option<(String, usize)> {
        let n_announced = self.n_announced?;
        (self.summary.is_none() || self.death.is_some())
            .then(|| (format!("`{}` {}", self.binary, self.end_told()), n_announced))
    }

    fn end_told(&self) -> String {
        let how = self.death.as_deref().unwrap_or("it stopped before its summary");
        let overflowed = |line: &&String| line.contains("overflowed its stack");
        let last = self.last_lines.iter().rev().find(overflowed);
        let last = last.map(|line| format!("; {}", without_number(line.trim())));
        format!("ended early: {how}{}", last.unwrap_or_default())
    }

    /// The test in which a program died that had told of its beginning.
    pub(super) fn running(&self) -> Option<Raw> {
        let told = self.pending.as_deref()?;
        let name = block_name(told).to_owned();
        let begins = |line: &String| line.contains(&format!("test {told} ... "));
        let own = self.last_lines.iter().rposition(begins).map_or(0, |at| at + 1);
        let said = self.last_lines.iter().skip(own).map(|line| without_number(line));
        let said = said.collect::<Vec<_>>().join("\n");
        let mut text = format!("the test program {}\n\n{}", self.end_told(), said.trim());
        let most = text.floor_char_boundary(TEST_MESSAGE_BYTES_MAX);
        text.truncate(most);
        Some(Raw { name, outcome: TestOutcome::Crashed, text, example: None })
    }
}

impl Raw {
    /// With the binary's name, and places of the project.
    pub(super) fn placed(self, binary: &str, find: FindPath<'_>) -> Found {
        let full = format!("{binary} {}", self.name);
        if self.outcome != TestOutcome::Failed || self.name == HARNESS {
            let (outcome, message) = (self.outcome, self.text);
            return Found { name: full, outcome, message, at: None, frames: Vec::new() };
        }
        let told = failure::told(&self.name, &self.text, find);
        // In documentation, panics name lines of a program made from the example.
        let (at, frames) = match self.example {
            Some(example) => (example.place(find), Vec::new()),
            None => (told.at, told.frames),
        };
        Found { name: full, outcome: told.outcome, message: told.message, at, frames }
    }
}

/// How libtest spells a result.
#[derive(Debug, PartialEq, Eq)]
enum Result {
    Passed,
    Failed,
    Ignored(String),
}

impl Result {
    fn read(text: &str) -> Option<Result> {
        // With `--report-time` the time follows: `ok <0.001s>`.
        let word = text.split_once(" <").map_or(text, |(word, _)| word);
        match word {
            "ok" => Some(Result::Passed),
            "FAILED" | "FAILED (time limit exceeded)" => Some(Result::Failed),
            "ignored" => Some(Result::Ignored(String::new())),
            _ if text.starts_with("bench: ") => Some(Result::Passed),
            _ => text.strip_prefix("ignored, ").map(|reason| Result::Ignored(reason.to_owned())),
        }
    }
}

/// `thread 'x' (12) panicked` without the number, which is another in each run; versions before Rust 1.91 tell none.
fn without_number(line: &str) -> String {
    let number = line.split_once("' (").and_then(|(_, rest)| rest.split_once(") "));
    match number.filter(|(number, _)| number.bytes().all(|byte| byte.is_ascii_digit())) {
        Some((number, _)) => line.replacen(&format!(" ({number})"), "", 1),
        None => line.to_owned(),
    }
}

/// The name libtest uses in the blocks below the results.
fn block_name(told: &str) -> &str {
    told.strip_suffix(" - should panic").unwrap_or(told)
}

/// A documentation test: `src/lib.rs - add (line 6)`, perhaps followed by ` - compile fail`.
#[derive(Debug)]
struct Example {
    /// `src/lib.rs - add`, or `src/lib.rs` for the file's own documentation.
    item: String,
    line: u32,
}

impl Example {
    fn read(told: &str) -> Option<Example> {
        let (item, rest) = told.rsplit_once(" (line ")?;
        let line = rest.split_once(')')?.0.parse().ok()?;
        Some(Example { item: item.trim_end_matches(" -").to_owned(), line })
    }

    fn place(&self, find: FindPath<'_>) -> Option<Place> {
        let path = self.item.split_once(" - ").map_or(self.item.as_str(), |(path, _)| path);
        find(path).map(|path| Place { path, line: self.line.max(1) })
    }
}

/// `running 3 tests`.
fn announced(line: &str) -> Option<usize> {
    let rest = line.strip_prefix("running ")?;
    rest.strip_suffix(" tests").or_else(|| rest.strip_suffix(" test"))?.parse().ok()
}

/// The figures of `test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out`.
fn summary(line: &str) -> Option<[usize; 4]> {
    let rest = line.strip_prefix("test result: ")?.split_once(". ")?.1;
    let mut parts = rest.split("; ");
    let mut figure = |word: &str| parts.next()?.strip_suffix(word)?.trim().parse::<usize>().ok();
    Some([figure("passed")?, figure("failed")?, figure("ignored")?, figure("measured")?])
}
