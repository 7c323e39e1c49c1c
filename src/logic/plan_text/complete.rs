//! What may stand at a place of a plan's text.

use std::collections::BTreeSet;
use std::ops::Range;

use super::values::{quoted, whole};
use super::{Parsed, lines, parse};
use crate::base::ids::CheckId;
use crate::base::text::LineIndex;
use crate::logic::plan_check::{Field, Known, free_number, waits_for};
use crate::model::plan::Step;
use crate::model::report::TestId;

/// One thing that may stand at a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What it takes the place of, in bytes of the text; on one line.
    pub range: Range<usize>,
    /// As it is written.
    pub text: String,
    /// As it is called.
    pub label: String,
    /// What it is, for people; may be empty.
    pub detail: String,
}

/// What may stand at an offset: fields, and what is known for their values.
pub fn completions(text: &str, offset: usize, known: &Known<'_>) -> Vec<Completion> {
    let index = LineIndex::new(text);
    let offset = text.floor_char_boundary(offset.min(text.len()));
    let start = index.start_of(index.line_of(offset));
    let line = text[index.range_of(index.line_of(offset))].trim_end_matches(['\n', '\r']);
    let parsed = parse(text);
    let step = parsed
        .steps
        .iter()
        .position(|section| (section.heading.end + 1..=section.whole.end).contains(&start));
    let at = At {
        text,
        parsed: &parsed,
        known,
        step,
        start,
        line,
        column: (offset - start).min(line.len()),
    };
    if line[..at.column].starts_with('#') || step.is_none() { at.headings() } else { at.in_step() }
}

struct At<'a> {
    text: &'a str,
    parsed: &'a Parsed,
    known: &'a Known<'a>,
    /// The place in `Plan::steps`.
    step: Option<usize>,
    /// Where the line starts.
    start: usize,
    line: &'a str,
    column: usize,
}

impl<'a> At<'a> {
    /// A step that is not there yet.
    fn headings(&self) -> Vec<Completion> {
        let is_begun = "## ".starts_with(self.line.trim_end()) || self.line == "## ";
        let number = free_number(&self.parsed.plan);
        let heading = self.item(
            0..self.line.len(),
            format!("## {number}. "),
            format!("step {number}"),
            "A new step.",
        );
        is_begun.then_some(heading).into_iter().collect()
    }

    fn in_step(&self) -> Vec<Completion> {
        if let Some(from) = lines::nested(self.line).filter(|from| *from <= self.column) {
            let Some((field, check)) = self.owner() else { return Vec::new() };
            return self.values(field, check.as_deref(), from..self.line.len());
        }
        let of = self.line[..self.column].find(" of ").map(|at| at + " of ".len());
        let Some(entry) = lines::entry(self.line) else { return self.fields() };
        match (entry.field(), entry.value) {
            (Some(field), Some(value)) if value <= self.column => {
                let check = entry.check.and_then(|range| whole(&self.line[range], 0).ok());
                self.values(field, check.map(|item| item.text).as_deref(), self.around(value))
            }
            (Some(Field::Tests), value) if of.is_some() => {
                let of = of.unwrap_or_default();
                let colon =
                    value.map(|value| value - 1).or_else(|| Some(of + self.line[of..].find(':')?));
                self.checks(
                    of..colon.unwrap_or(self.line.len()),
                    if colon.is_some() { "" } else { ":" },
                    &[],
                )
            }
            _ => self.fields(),
        }
    }

    /// The field that a nested item belongs to, with the check of tests.
    fn owner(&self) -> Option<(Field, Option<String>)> {
        let section = &self.parsed.steps[self.step?];
        let place = section.entries.iter().rev().find(|place| place.range.start < self.start)?;
        let line = self.text[place.range.start..].lines().next()?;
        let check = lines::entry(line)?.check.and_then(|range| whole(&line[range], 0).ok());
        Some((place.field, check.map(|item| item.text)))
    }

    /// The value around the cursor, between commas.
    fn around(&self, value: usize) -> Range<usize> {
        let before = &self.line[value..self.column];
        let from = value + before.rfind(',').map_or(0, |comma| comma + 1);
        let from = from + self.line[from..].len() - self.line[from..].trim_start().len();
        let to = self.line[self.column..].find(',').map_or(self.line.len(), |n| self.column + n);
        from.min(self.column)..to
    }

    fn fields(&self) -> Vec<Completion> {
        let typed = self.line.trim_start_matches([' ', '-', '*', '+']);
        if !typed.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Vec::new();
        }
        let Some(at) = self.step else { return Vec::new() };
        let is_said =
            |field: Field| self.parsed.steps[at].entries.iter().any(|place| place.field == field);
        let range = || 0..self.line.len();
        let mut found = Vec::new();
        for check in self.known.checks {
            if self.open_tests().any(|test| test.check == *check) {
                let text = format!("- tests of {}:", quoted(check.as_str()));
                found.push(self.item(
                    range(),
                    text,
                    format!("tests of {check}"),
                    Field::Tests.doc(),
                ));
            }
        }
        let others =
            Field::LISTED.into_iter().filter(|field| *field != Field::Tests && !is_said(*field));
        found.extend(others.map(|field| {
            let text = format!("- {}: ", field.word());
            self.item(range(), text, field.word().to_owned(), field.doc())
        }));
        found
    }

    fn values(&self, field: Field, check: Option<&str>, range: Range<usize>) -> Vec<Completion> {
        let item = |text: String, label: &str, detail: &str| {
            self.item(range.clone(), text, label.to_owned(), detail)
        };
        let plan = &self.parsed.plan;
        let Some(own) = self.step.map(|at| &plan.steps[at]) else { return Vec::new() };
        match field {
            Field::Tests => self
                .open_tests()
                .filter(|test| Some(test.check.as_str()) == check)
                .map(|test| item(quoted(&test.name), &test.name, ""))
                .collect(),
            Field::Worker => {
                self.known.workers.iter().map(|name| item(quoted(name), name, "")).collect()
            }
            Field::Checks => self.checks(range.clone(), "", &own.checks),
            Field::After => {
                // Nothing that waits for this step itself.
                let may = |step: &&Step| {
                    !own.after.contains(&step.id) && !waits_for(plan, step.id, own.id)
                };
                let steps = plan.steps.iter().filter(may);
                steps
                    .map(|step| item(step.id.to_string(), &step.id.to_string(), &step.title))
                    .collect()
            }
            Field::Skip => ["yes", "no"].map(|word| item(word.to_owned(), word, "")).into(),
            Field::Scope | Field::Title => Vec::new(),
        }
    }

    fn checks(&self, range: Range<usize>, end: &str, but: &[CheckId]) -> Vec<Completion> {
        let others = self.known.checks.iter().filter(|check| !but.contains(check));
        let text = |check: &CheckId| format!("{}{end}", quoted(check.as_str()));
        others.map(|check| self.item(range.clone(), text(check), check.to_string(), "")).collect()
    }

    /// Red tests that no step has.
    fn open_tests(&self) -> impl Iterator<Item = &'a TestId> {
        let planned: BTreeSet<&TestId> =
            self.parsed.plan.steps.iter().flat_map(|step| &step.tests).collect();
        self.known.targets.iter().filter(move |test| !planned.contains(test))
    }

    fn item(&self, range: Range<usize>, text: String, label: String, detail: &str) -> Completion {
        let range = self.start + range.start..self.start + range.end;
        Completion { range, text, label, detail: detail.to_owned() }
    }
}
