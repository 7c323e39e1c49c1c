//! A plan as Markdown that people read and edit, both ways without loss. Every step is a section:
//!
//! ```markdown
//! # Take 3 red tests to green
//!
//! ## 1. Division by zero in `mean`
//!
//! - tests of `unittest`:
//!   - `tests.test_stats.MeanTest.test_empty`
//! - scope: `src/stats/**`
//! - worker: `repair`
//! - after: 2
//!
//! Why and how, in Markdown.
//! ```
//!
//! What is wrong in a text is told with its place, all of it at once, and takes nothing else away.

mod complete;
mod lines;
mod print;
mod reader;
mod values;

use std::ops::Range;

use crate::logic::plan_check::{Field, Flaw, Spot};
use crate::model::plan::Plan;
pub use complete::{Completion, completions};
pub use print::{canonical, print};

/// What was read from a text, with where it stands. Ranges are bytes of the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// As much of the plan as could be read.
    pub plan: Plan,
    /// What could not be read, by place.
    pub marks: Vec<Mark>,
    /// The first line with text; empty where there is none.
    pub title: Range<usize>,
    /// One for each step of the plan.
    pub steps: Vec<Section>,
}

/// Where a step stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// All of it, from its heading to the next one's.
    pub whole: Range<usize>,
    /// The line of the heading, without its break.
    pub heading: Range<usize>,
    /// In the order of the text; tests of several checks are several.
    pub entries: Vec<FieldPlace>,
}

/// Where a field stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldPlace {
    pub field: Field,
    /// From the first line to the last, without its break.
    pub range: Range<usize>,
    pub items: Vec<Range<usize>>,
}

/// Something in a text that people should look at. `message` starts with a lower-case letter; `hint` says what to do, in a
/// sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    pub range: Range<usize>,
    /// Whether the plan cannot be carried out as long as it is there.
    pub is_error: bool,
    pub message: String,
    pub hint: String,
}

/// Reads a text. What cannot be read is among the marks and does not keep the rest from being read.
pub fn parse(text: &str) -> Parsed {
    reader::read(text)
}

impl Parsed {
    /// Everything that is wrong: what could not be read, and what the policy says of the rest. Sorted by place.
    pub fn marks_with(&self, flaws: &[Flaw]) -> Vec<Mark> {
        let of_plan = flaws.iter().map(|flaw| Mark {
            range: self.place(&flaw.spot),
            is_error: flaw.is_error,
            message: flaw.message.clone(),
            hint: flaw.hint.clone(),
        });
        let mut marks: Vec<Mark> = self.marks.iter().cloned().chain(of_plan).collect();
        marks.sort_by_key(|mark| (mark.range.start, mark.range.end));
        marks
    }

    /// Where something stands; the nearest thing above it when it is not in the text.
    pub fn place(&self, spot: &Spot) -> Range<usize> {
        let Some(section) = spot.step.and_then(|at| self.steps.get(at)) else {
            return self.title.clone();
        };
        let of_field = || section.entries.iter().filter(|place| place.field == spot.field);
        let mut items = of_field().flat_map(|place| &place.items);
        let item = spot.item.and_then(|item| items.nth(item));
        let whole = || of_field().next().map(|place| &place.range);
        item.or_else(whole).unwrap_or(&section.heading).clone()
    }
}

#[cfg(test)]
mod tests;
