//! Points and the levels they stand on.

use std::collections::BTreeSet;

use super::super::stack::frames;
use super::super::{FindPath, SUITE};
use super::yaml::Yaml;
use crate::model::report::{Place, TestCase, TestId, TestOutcome};

/// Text kept of one point, in bytes.
const TEXT_BYTES_MAX: usize = 64 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Directive {
    Skip,
    Todo,
}

#[derive(Debug, Default)]
pub(super) struct Point {
    pub(super) is_ok: bool,
    pub(super) number: Option<usize>,
    pub(super) name: String,
    pub(super) directive: Option<Directive>,
    /// Why it was skipped, or what its comments say.
    pub(super) text: String,
    pub(super) yaml: String,
    pub(super) duration_ms: u64,
    /// The points of its subtest.
    pub(super) inside: Vec<Point>,
}

impl Point {
    fn is_red(&self) -> bool {
        !self.is_ok && self.directive != Some(Directive::Todo)
    }

    fn outcome(&self) -> TestOutcome {
        match self.directive {
            Some(Directive::Todo) if !self.is_ok => TestOutcome::Skipped,
            Some(Directive::Skip) if self.is_ok => TestOutcome::Skipped,
            _ if self.is_ok => TestOutcome::Passed,
            _ => TestOutcome::Failed,
        }
    }

    /// A subtest that says it is well although something in it is red.
    pub(super) fn contradiction(&self) -> Option<String> {
        let own = self.is_ok && self.directive.is_none() && self.inside.iter().any(Point::is_red);
        let own = own.then(|| format!("subtest `{}` is ok, but tests in it are not", self.name));
        own.or_else(|| self.inside.iter().find_map(Point::contradiction))
    }

    /// Hands over the tests at and in this point with their full names.
    pub(super) fn tell(self, outer: &str, each: &mut dyn FnMut(String, Point)) {
        let full =
            if outer.is_empty() { self.name.clone() } else { format!("{outer} > {}", self.name) };
        if self.inside.is_empty() {
            return each(full, self);
        }
        let mut this = self;
        let inside = std::mem::take(&mut this.inside);
        // Something outside its tests went wrong.
        let is_alone = this.is_red() && !inside.iter().any(Point::is_red);
        for point in inside {
            point.tell(&full, each);
        }
        if is_alone {
            each(format!("{full} {SUITE}"), this);
        }
    }

    pub(super) fn case(self, id: TestId, find: FindPath<'_>) -> TestCase {
        let outcome = self.outcome();
        let yaml = Yaml::read(&self.yaml);
        let mut message = self.text.trim().to_owned();
        if outcome.is_red() {
            message = [yaml.message.as_str(), &message, self.yaml.trim_end()].join("\n");
            message = message.trim().to_owned();
        }
        let is_stack = |line: &&str| !line.trim_start().starts_with("location:");
        let lines = self.text.lines().chain(self.yaml.lines()).filter(is_stack);
        let stack = lines.collect::<Vec<_>>().join("\n");
        let frames = if outcome.is_red() { frames(&stack, find) } else { Vec::new() };
        let stands = yaml.place.and_then(|(path, line)| Some(Place { path: find(&path)?, line }));
        let is_own = |frame: &&Place| stands.as_ref().is_none_or(|at| at.path == frame.path);
        let at = frames.iter().rfind(is_own).cloned().or(stands);
        let duration_ms = yaml.duration_ms.unwrap_or(self.duration_ms);
        TestCase { id, outcome, message, at, frames, duration_ms }
    }
}

/// The points of a document or of a subtest.
#[derive(Debug, Default)]
pub(super) struct Level {
    n_planned: Option<usize>,
    n_points: usize,
    numbers: BTreeSet<usize>,
    /// Those that may still have something to say.
    pub(super) points: Vec<Point>,
    /// Whether the plan came after points, so that nothing follows.
    is_over: bool,
}

impl Level {
    pub(super) fn is_empty(&self) -> bool {
        self.n_planned.is_none() && self.n_points == 0
    }

    pub(super) fn has_point(&self) -> bool {
        !self.points.is_empty()
    }

    /// Takes the plan; the text says why it cannot be.
    pub(super) fn plan(&mut self, n: usize) -> Option<String> {
        let known = self.n_planned.replace(n);
        self.is_over = self.n_points > 0;
        known.map(|known| format!("it has two plans, of {known} and of {n} tests"))
    }

    /// Counts a point and gives it a name; the text says why it cannot be.
    pub(super) fn count(&mut self, point: &mut Point) -> Option<String> {
        self.n_points += 1;
        let number = point.number.unwrap_or(self.n_points);
        if point.name.is_empty() {
            point.name = format!("test {number}");
        }
        let is_new = self.numbers.insert(number);
        (!is_new).then(|| format!("test {number} is told twice"))
    }

    /// Points of a subtest without a point of its own.
    pub(super) fn adopt(&mut self, points: Vec<Point>) {
        self.points.extend(points);
    }

    pub(super) fn contradiction(&self) -> Option<String> {
        match self.n_planned {
            None => Some("it has no plan".to_owned()),
            Some(n) if n != self.n_points => {
                Some(format!("{n} tests were planned and {} told", self.n_points))
            }
            Some(n) => {
                let last = self.numbers.last().copied().unwrap_or(0);
                (last > n).then(|| format!("{n} tests were planned and number {last} told"))
            }
        }
    }

    pub(super) fn yaml(&mut self, line: &str) {
        if let Some(point) = self.points.last_mut() {
            add(&mut point.yaml, line);
        }
    }

    pub(super) fn comment(&mut self, text: &str) {
        let point = self.points.last_mut().filter(|_| !self.is_over);
        if let Some(point) = point.filter(|point| point.is_red()) {
            add(&mut point.text, text.strip_prefix(' ').unwrap_or(text));
        }
    }
}

fn add(text: &mut String, line: &str) {
    if text.len() + line.len() < TEXT_BYTES_MAX {
        text.push_str(line);
        text.push('\n');
    }
}
