//! One test case: its name, how it ended, why, and where.

use quick_xml::escape::unescape;
use quick_xml::events::BytesStart;

use super::super::stack::frames;
use super::super::{FindPath, SUITE};
use super::suite::Suite;
use crate::base::path::RepoPath;
use crate::base::text::clipped;
use crate::model::report::{Place, TestCase, TestId, TestOutcome};

/// Text kept of one case while it is read, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;
/// A name is cut after this, in bytes.
const NAME_BYTES_MAX: usize = 1_000;

/// The attributes of an element.
pub(super) struct Attributes(Vec<(String, String)>);

impl Attributes {
    pub(super) fn of(tag: &BytesStart<'_>) -> Self {
        let mut attributes = tag.attributes();
        let all = attributes.with_checks(false).flatten().map(|attribute| {
            let name = String::from_utf8_lossy(attribute.key.local_name().as_ref()).into_owned();
            (name, unescaped(&String::from_utf8_lossy(&attribute.value)))
        });
        Self(all.collect())
    }

    /// The value of an attribute that says something.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        let value = self.0.iter().find(|(known, _)| known == name)?.1.as_str();
        (!value.trim().is_empty()).then_some(value)
    }
}

/// With XML's own entities in plain text; as it is when others are in it.
pub(super) fn unescaped(raw: &str) -> String {
    unescape(raw).map_or_else(|_| raw.to_owned(), std::borrow::Cow::into_owned)
}

/// What an element inside a case says of it.
#[derive(Debug)]
pub(super) struct Part {
    says: Says,
    /// Whether suites count it among failures and errors.
    is_bad: bool,
    message: String,
    /// What is told when there is nothing else.
    kind: String,
    text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Failed,
    Errored,
    Skipped,
    /// Skipped, whatever else is said.
    Excused,
    /// One attempt of several failed.
    Attempt,
    /// Nothing that counts.
    Remarked,
}

impl Part {
    pub(super) fn read(name: &str, tag: &BytesStart<'_>) -> Option<Part> {
        let says = match name {
            "failure" => Says::Failed,
            "error" => Says::Errored,
            "skipped" | "disabled" => Says::Skipped,
            "warning" => Says::Remarked,
            "rerunFailure" | "rerunError" | "flakyFailure" | "flakyError" => Says::Attempt,
            _ => return None,
        };
        let attributes = Attributes::of(tag);
        let kind = attributes.get("type").unwrap_or_default();
        let message = attributes.get("message").unwrap_or_default().trim().to_owned();
        let is_bad = matches!(says, Says::Failed | Says::Errored | Says::Attempt);
        let says = match says {
            // PHPUnit's word for a test that ran and asserted nothing.
            Says::Errored if kind.ends_with("RiskyTestError") => Says::Skipped,
            // CTest's for a program that was not built.
            Says::Skipped if message.starts_with("Unable to find") => Says::Errored,
            // Node's for a test that may fail.
            Says::Skipped if kind == "todo" => Says::Excused,
            says => says,
        };
        Some(Part { says, is_bad, message, kind: kind.to_owned(), text: String::new() })
    }

    pub(super) fn is_red(&self) -> bool {
        matches!(self.says, Says::Failed | Says::Errored)
    }

    /// The message with what the text adds.
    fn told(&self) -> String {
        let text = self.text.trim();
        match (self.message.as_str(), text) {
            ("", "") => self.kind.clone(),
            (message, "") => message.to_owned(),
            ("", text) => text.to_owned(),
            (message, text) if text.contains(message) => text.to_owned(),
            (message, text) => format!("{message}\n{text}"),
        }
    }
}

/// A case whose end was not read yet.
#[derive(Debug)]
pub(super) struct Open {
    name: String,
    class: String,
    /// The file and line where the test stands, as far as told.
    file: Option<String>,
    line: Option<u32>,
    duration_ms: u64,
    is_disabled: bool,
    /// Set when a suite itself went wrong: how deep its element lies.
    pub(super) suite_depth: Option<usize>,
    /// The part we are in, with the depth of its element.
    pub(super) part: Option<(usize, Part)>,
    parts: Vec<Part>,
    output: String,
    pub(super) n_bad: usize,
    /// What a suite may count as one more test.
    pub(super) n_extra: usize,
}

impl Open {
    pub(super) fn new(attributes: &Attributes, suites: &[Suite]) -> Self {
        let class = attributes.get("classname").or_else(|| attributes.get("class"));
        let line = attributes.get("line").or_else(|| attributes.get("lineno"));
        let file = attributes.get("file").or_else(|| attributes.get("filepath"));
        let of_suites = || suites.iter().rev().find_map(|suite| suite.file.as_deref());
        let is = |name, values: &[&str]| {
            attributes.get(name).is_some_and(|value| values.contains(&value))
        };
        let name =
            name(attributes.get("name").unwrap_or_default(), class.unwrap_or_default(), suites);
        Self {
            name,
            class: class.unwrap_or_default().to_owned(),
            file: file.or_else(of_suites).map(str::to_owned),
            line: line.and_then(|line| line.parse().ok()),
            duration_ms: attributes.get("time").map_or(0, milliseconds),
            is_disabled: is("status", &["notrun", "disabled", "skipped"])
                || is("result", &["suppressed", "skipped"]),
            suite_depth: None,
            part: None,
            parts: Vec::new(),
            output: String::new(),
            n_bad: 0,
            n_extra: 0,
        }
    }

    /// The case that stands for a suite which went wrong outside its tests.
    pub(super) fn of_suite(suite: &Suite, depth: usize) -> Self {
        let case = Self::new(&Attributes(Vec::new()), &[]);
        let name = format!("{} {SUITE}", shown(&suite.name)).trim().to_owned();
        Self { name, file: suite.file.clone(), suite_depth: Some(depth), ..case }
    }

    pub(super) fn text(&mut self, text: &str, in_output: bool) {
        let into = match &mut self.part {
            Some((_, part)) => &mut part.text,
            None if in_output => &mut self.output,
            None => return,
        };
        let room = TEXT_BYTES_MAX.saturating_sub(into.len());
        into.push_str(&text[..text.floor_char_boundary(room)]);
    }

    /// Called when the element at `depth` ended.
    pub(super) fn end_part(&mut self, depth: usize) {
        if let Some((_, part)) = self.part.take_if(|(at, _)| *at == depth) {
            self.n_bad += usize::from(part.is_bad);
            self.n_extra += usize::from(matches!(part.says, Says::Errored | Says::Attempt));
            self.parts.push(part);
        }
    }

    pub(super) fn is_red(&self) -> bool {
        self.outcome().is_red()
    }

    fn outcome(&self) -> TestOutcome {
        let says = |what| self.parts.iter().any(|part| part.says == what);
        if says(Says::Excused) {
            TestOutcome::Skipped
        } else if says(Says::Errored) {
            TestOutcome::Errored
        } else if says(Says::Failed) {
            TestOutcome::Failed
        } else if says(Says::Skipped) || self.is_disabled {
            TestOutcome::Skipped
        } else {
            TestOutcome::Passed
        }
    }

    pub(super) fn finish(self, id: TestId, find: FindPath<'_>) -> TestCase {
        let outcome = self.outcome();
        let wanted = |part: &&Part| match outcome {
            TestOutcome::Failed
            | TestOutcome::Errored
            | TestOutcome::Crashed
            | TestOutcome::TimedOut => part.is_red(),
            TestOutcome::Skipped => matches!(part.says, Says::Skipped | Says::Excused),
            TestOutcome::Passed => false,
        };
        let told: Vec<String> = self.parts.iter().filter(wanted).map(Part::told).collect();
        let n_attempts = self.parts.iter().filter(|part| part.says == Says::Attempt).count();
        let mut message = told.join("\n").trim().to_owned();
        if outcome == TestOutcome::Passed && n_attempts > 0 {
            message = format!("passed after attempts that failed: {n_attempts}");
        }
        // Some dialects say in the output alone why a test failed.
        let output = self.output.trim();
        if outcome.is_red() && self.parts.iter().all(|part| part.text.trim().is_empty()) {
            message = format!("{message}\n{output}").trim().to_owned();
        }
        let frames = if outcome.is_red() { frames(&message, find) } else { Vec::new() };
        let at = if outcome == TestOutcome::Skipped { None } else { self.place(&frames, find) };
        let id = TestId { name: self.name, ..id };
        TestCase { id, outcome, message, at, frames, duration_ms: self.duration_ms }
    }

    /// The innermost line of the test's own file, else the innermost of all, else where the test stands.
    fn place(&self, frames: &[Place], find: FindPath<'_>) -> Option<Place> {
        let file = self.file.as_deref().and_then(find);
        let class = self.class.rsplit(['.', '\\']).next().unwrap_or_default();
        let class = class.split('$').next().unwrap_or_default();
        let stem = |path: &RepoPath| path.file_name().split('.').next().map(str::to_owned);
        let is_own = |place: &&Place| match &file {
            Some(file) => place.path == *file,
            None => stem(&place.path).is_some_and(|stem| stem == class),
        };
        let own = frames.iter().rfind(is_own).or(frames.last()).cloned();
        own.or_else(|| Some(Place { path: file?, line: self.line.unwrap_or(1).max(1) }))
    }
}

/// What a test is called, on one line.
fn name(name: &str, class: &str, suites: &[Suite]) -> String {
    let (name, class) = (shown(name), shown(class));
    // Node says `test` for everything, and has its suites' names only outside.
    let is_telling = !class.is_empty() && class != "test";
    let suites: Vec<String> = suites.iter().map(|suite| shown(&suite.name)).collect();
    let outside = suites.iter().filter(|name| !name.is_empty()).cloned().collect::<Vec<_>>();
    let scope = if is_telling { class } else { outside.join(" > ") };
    // A class that cannot be set up is told as a test with the name of the class and of the suite.
    let is_suite = name == scope && suites.last() == Some(&name);
    let full = match (scope.as_str(), name.as_str()) {
        ("", "") => "(unnamed)".to_owned(),
        (scope, _) if is_suite => format!("{scope} {SUITE}"),
        (scope, "") => format!("{scope} {SUITE}"),
        (scope, name) if name == scope || scope.is_empty() => name.to_owned(),
        // Some repeat the class in the name.
        (scope, name) if name.starts_with(&format!("{scope} ")) => name.to_owned(),
        (scope, name) => format!("{scope} {name}"),
    };
    clipped(&full, NAME_BYTES_MAX).replace('\n', " ")
}

/// White space and what cannot be shown become single blanks.
fn shown(text: &str) -> String {
    let is_blank = |ch: char| ch.is_whitespace() || ch.is_control();
    text.split(is_blank).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Of `1.25` and `1,250.5` seconds.
fn milliseconds(text: &str) -> u64 {
    let seconds = text.replace(',', "").parse::<f64>().unwrap_or_default();
    (seconds.max(0.0) * 1_000.0).round() as u64
}
