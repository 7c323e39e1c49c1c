//! Many edits in one Rust source: every edit becomes an arm of a `match` on a number read from the environment, so
//! that one build holds them all. Pure text generation from syntax ranges.

mod coverage;
mod returns;
mod units;

pub use coverage::{Instrumented, instrument};
use units::{Form, Unit};

use std::ops::Range;

use tree_sitter::{Parser, Tree};

use crate::base::text::edit::{self, Edit};

/// Names the arms that are switched on: `unit=arm,unit=arm`; unset or empty means the original.
pub const ARMS_VARIABLE: &str = "GREENLOOP_ARMS";
/// Names the file that a program built from [`instrument`]ed sources adds its lines to.
pub const COVERAGE_VARIABLE: &str = "GREENLOOP_COVERAGE";

/// Edits that are switched on together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Piece {
    /// Sorted, disjoint, against the source's text.
    pub edits: Vec<Edit>,
    /// How much of the function around the edits is repeated for them.
    pub span: Span,
}

/// How much code an arm repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Span {
    /// The smallest expression, statement or block that can stand in an arm: cheap to compile.
    Smallest,
    /// The smallest statement or block, for edits whose type is not that of the original.
    Statement,
    /// The whole body of the function, for edits that reach further.
    Function,
}

/// Where a piece is: write `unit=arm` into [`ARMS_VARIABLE`] to switch it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arm {
    pub unit: u32,
    pub arm: u32,
    /// Whether it is an expression whose type depends on the other arms.
    pub is_tied: bool,
}

/// What became of a piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Arm(Arm),
    /// The function is no Rust after the edits.
    Malformed,
    /// The edits are where no choice can be made: signatures, constants, macros, outside functions.
    OutOfReach,
}

impl Place {
    pub fn arm(self) -> Option<Arm> {
        match self {
            Place::Arm(arm) => Some(arm),
            Place::Malformed | Place::OutOfReach => None,
        }
    }
}

/// A source that holds many edits.
#[derive(Clone, Debug)]
pub struct Schema {
    pub text: String,
    /// One per piece.
    pub places: Vec<Place>,
    /// Unit numbers used, for the next file's first.
    pub next_unit: u32,
    regions: Vec<Region>,
}

/// Lines of a schema's text, counted from 1.
#[derive(Clone, Debug)]
struct Region {
    lines: Range<u32>,
    /// The pieces to blame for an error in these lines.
    pieces: Vec<usize>,
    is_arm: bool,
}

/// Whose fault an error in a schema is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The error is in the arm of this piece.
    Arm(usize),
    /// The error is in original code that these pieces were put around.
    Around(Vec<usize>),
    /// The line has nothing to do with any piece.
    Nobody,
}

impl Schema {
    /// Whose fault an error at `line` (counted from 1) is.
    pub fn blame(&self, line: u32) -> Blame {
        let holds = |region: &&Region| region.lines.contains(&line);
        match self.regions.iter().filter(holds).min_by_key(|region| region.lines.len()) {
            Some(region) if region.is_arm => Blame::Arm(region.pieces[0]),
            Some(region) => Blame::Around(region.pieces.clone()),
            None => Blame::Nobody,
        }
    }
}

/// Puts every piece that can be held into one text, units numbered from `first_unit`.
pub fn build(text: &str, pieces: &[Piece], first_unit: u32) -> Schema {
    let mut places = vec![Place::OutOfReach; pieces.len()];
    let units = parse(text)
        .map_or_else(Vec::new, |tree| units::find(text, &tree, pieces, first_unit, &mut places));
    let mut writer =
        Writer { text, pieces, units: &units, out: String::new(), line: 1, regions: Vec::new() };
    writer.source(&units::functions(&units));
    let next_unit = first_unit + units.len() as u32;
    Schema { text: writer.out, places, next_unit, regions: writer.regions }
}

fn parse(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_rust::LANGUAGE.into()).ok()?;
    parser.parse(text, None)
}

/// A function that holds units.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Function {
    /// Where attributes may be put in front of the function.
    start: usize,
    /// First byte of the body behind its inner attributes.
    body: usize,
    end: usize,
}

/// Writes the text and notes which lines belong to whom.
struct Writer<'a> {
    text: &'a str,
    pieces: &'a [Piece],
    units: &'a [Unit],
    out: String,
    line: u32,
    regions: Vec<Region>,
}

impl Writer<'_> {
    fn push(&mut self, text: &str) {
        self.line += text.bytes().filter(|byte| *byte == b'\n').count() as u32;
        self.out.push_str(text);
    }

    fn source(&mut self, functions: &[Function]) {
        let mut done = 0;
        for function in functions {
            self.push(&self.text[done..function.start]);
            self.function(function);
            done = function.end;
        }
        self.push(&self.text[done..]);
    }

    fn function(&mut self, function: &Function) {
        self.push("#[allow(warnings)]\n");
        let first = self.line;
        self.push(&self.text[function.start..function.body]);
        self.push(&selector());
        self.original(function.body..function.end);
        let range = function.start..function.end;
        let inside = self.units.iter().filter(|unit| units::holds(&range, &unit.range));
        let pieces = inside.flat_map(Unit::pieces).collect();
        self.regions.push(Region { lines: first..self.line + 1, pieces, is_arm: false });
    }

    /// Writes a range of the source with the outermost units in it replaced.
    fn original(&mut self, range: Range<usize>) {
        let mut done = range.start;
        for (at, unit) in self.units.iter().enumerate() {
            if unit.range.start >= done && units::holds(&range, &unit.range) {
                self.push(&self.text[done..unit.range.start]);
                self.unit(at);
                done = unit.range.end;
            }
        }
        self.push(&self.text[done..range.end]);
    }

    /// The original is the first arm: the compiler takes the type that the others must have from it.
    fn unit(&mut self, at: usize) {
        let unit = &self.units[at];
        let (before, open, close, end) = match &unit.form {
            Form::Choice => (String::new(), "{\n", "\n}", "_ => loop {} }"),
            Form::Value(written) => {
                let written = written.as_ref().map(|written| format!(": {written}"));
                let before = format!("{{ let greenloop_value{}; ", written.unwrap_or_default());
                (before, "greenloop_value = {\n", "\n};", "_ => loop {} } greenloop_value }")
            }
        };
        let first = self.line;
        self.push(&format!("{before}match greenloop_arm({}) {{ 0 => {{ {open}", unit.number));
        self.inside(at);
        self.push(&format!("{close} }}\n"));
        for (arm, member) in (1..).zip(&unit.members) {
            self.push(&format!("{arm} => {{ {open}"));
            let first = self.line;
            let edits = &self.pieces[member.piece].edits;
            let edits = returns::typed(edits, member.returned.as_deref());
            self.push(&after(self.text, &unit.range, &edits).unwrap_or_default());
            let lines = first..self.line + 1;
            self.regions.push(Region { lines, pieces: vec![member.piece], is_arm: true });
            self.push(&format!("{close} }}\n"));
        }
        self.push(end);
        let lines = first..self.line + 1;
        self.regions.push(Region { lines, pieces: unit.pieces(), is_arm: false });
    }

    /// The original text of a unit, with the units inside it.
    fn inside(&mut self, at: usize) {
        let range = self.units[at].range.clone();
        let mut done = range.start;
        for (other, unit) in self.units.iter().enumerate().skip(at + 1) {
            if unit.range.start >= done && units::holds(&range, &unit.range) {
                self.push(&self.text[done..unit.range.start]);
                self.unit(other);
                done = unit.range.end;
            }
        }
        self.push(&self.text[done..range.end]);
    }
}

/// The text of `range` after edits; `None` when they are not sorted, disjoint and inside it.
fn after(text: &str, range: &Range<usize>, edits: &[Edit]) -> Option<String> {
    let moved = |edit: &Edit| {
        let start = edit.start.checked_sub(range.start)?;
        Some(Edit::new(start..edit.end.checked_sub(range.start)?, edit.text.clone()))
    };
    edit::apply(text.get(range.clone())?, &edits.iter().map(moved).collect::<Option<Vec<Edit>>>()?)
}

/// A function that says which arm of a unit is on. It stands inside each function, because no path reaches a common
/// one from every module and edition.
fn selector() -> String {
    format!(
        "\nfn greenloop_arm(unit: u32) -> u32 {{ \
         extern crate std as greenloop_std; \
         static ARMS: greenloop_std::sync::OnceLock<greenloop_std::vec::Vec<(u32, u32)>> = \
         greenloop_std::sync::OnceLock::new(); \
         let arms = ARMS.get_or_init(|| greenloop_std::env::var(\"{ARMS_VARIABLE}\").unwrap_or_default()\
         .split(',').filter_map(|pair| {{ let (unit, arm) = pair.split_once('=')?; \
         ::core::option::Option::Some((unit.parse().ok()?, arm.parse().ok()?)) }}).collect()); \
         for (at, arm) in arms {{ if *at == unit {{ return *arm; }} }} 0 }}\n"
    )
}

#[cfg(test)]
mod tests;
