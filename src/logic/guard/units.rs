//! The tests of a file, and what holds them, whatever the language calls them.

mod braces;
mod python;
mod ruby;
mod script;

use std::ops::Range;

use super::code::Code;
use super::lexer::Language;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The runner finds and runs it.
    Test,
    /// A class, module or group of tests.
    Group,
    /// A function that is no test.
    Function,
}

/// A test, a group or a function. Ranges are of tokens.
#[derive(Clone, Debug)]
pub struct Unit {
    pub role: Role,
    /// With the names of the groups around it, for example `MoneyTest.test_round`.
    pub name: String,
    /// Marks such as decorators and attributes, head and body.
    pub range: Range<usize>,
    pub body: Range<usize>,
    /// Everything in it is for tests only.
    pub is_test_only: bool,
}

/// All units of a file in order, a group before what is in it.
pub fn units(code: &Code<'_>) -> Vec<Unit> {
    let mut found = Found { code, units: Vec::new() };
    let all = code.all();
    match code.language {
        Language::Python => found.python(all, "", true),
        Language::Rust => found.rust(all, ""),
        Language::Script => found.script(all, ""),
        Language::Go => found.go(all),
        Language::Braces => found.braces(all, ""),
        Language::Ruby => found.ruby(all, ""),
        Language::Other => {}
    }
    found.units.sort_by_key(|unit| (unit.range.start, usize::MAX - unit.range.end));
    found.units
}

/// The units found so far.
struct Found<'a> {
    code: &'a Code<'a>,
    units: Vec<Unit>,
}

impl Found<'_> {
    fn add(&mut self, role: Role, name: String, start: usize, body: Range<usize>, end: usize) {
        let is_test_only = role == Role::Test;
        self.units.push(Unit { role, name, range: start..end, body, is_test_only });
    }
}

fn below(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

/// The tokens of a unit that are in no test or group inside it.
pub fn own(units: &[Unit], unit: &Range<usize>) -> Vec<Range<usize>> {
    let mut left = Vec::new();
    let mut at = unit.start;
    for inner in units.iter().filter(|inner| inner.role != Role::Function) {
        let is_inside =
            inner.range.start >= at && inner.range.end <= unit.end && inner.range != *unit;
        if is_inside {
            left.push(at..inner.range.start);
            at = inner.range.end;
        }
    }
    left.push(at..unit.end);
    left.retain(|range| !range.is_empty());
    left
}
