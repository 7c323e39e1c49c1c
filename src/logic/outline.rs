//! What one source file defines, and which names it uses.

mod language;
mod pack;
mod walk;

use std::fmt::Write;

use crate::base::limits::{OUTLINE_FILE_BYTES_MAX, OUTLINE_LINE_BYTES_MEAN_MAX};
use crate::base::path::RepoPath;

pub use language::language_of;
pub use pack::PackedOutline;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// In reading order.
    pub definitions: Vec<Definition>,
    /// Sorted by name, each name once. A name where it is defined is no reference.
    pub references: Vec<Reference>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    pub name: Box<str>,
    pub kind: Kind,
    /// Lines are counted from 1.
    pub first_line: u32,
    /// The last line that belongs to it.
    pub last_line: u32,
    /// The source up to the body, with single spaces, cut at a length.
    pub signature: Box<str>,
    /// The definition around it, by its place in [`Outline::definitions`]; always an earlier one.
    pub parent: Option<u32>,
}

/// What a definition is, whatever the language calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Methods as well: their parent is a type.
    Function,
    /// A class, struct, enum, trait, interface or alias.
    Type,
    /// What is added to a type defined elsewhere; it holds definitions and defines no name.
    Implementation,
    Module,
    /// A constant, variable or field outside of functions.
    Constant,
    Macro,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    pub name: Box<str>,
    /// Each line once, ascending, counted from 1.
    pub lines: Vec<u32>,
}

/// The outline of a file; `None` when its language is not known, or when it is too large or too dense to have been
/// written by people.
pub fn outline(path: &RepoPath, text: &str) -> Option<Outline> {
    let language = language_of(path)?;
    let n_lines = text.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let is_readable =
        text.len() <= OUTLINE_FILE_BYTES_MAX && text.len() / n_lines <= OUTLINE_LINE_BYTES_MEAN_MAX;
    if is_readable { walk::walk(language, text) } else { None }
}

/// The definitions of a file for a model: one line each, lines and signature, below what they lie in.
pub fn render(outline: &Outline) -> String {
    let mut text = String::new();
    for definition in &outline.definitions {
        write_row(&mut text, definition, depth(&outline.definitions, definition));
    }
    text
}

/// One line for a definition that lies in `depth` others.
pub fn write_row(text: &mut String, definition: &Definition, depth: usize) {
    let Definition { first_line, last_line, signature, .. } = definition;
    text.extend(std::iter::repeat_n("  ", depth));
    // Writing to a string cannot fail.
    if first_line == last_line {
        writeln!(text, "{first_line} {signature}").ok();
    } else {
        writeln!(text, "{first_line}-{last_line} {signature}").ok();
    }
}

/// How many definitions lie around one.
pub fn depth(all: &[Definition], definition: &Definition) -> usize {
    std::iter::successors(definition.parent, |at| all[*at as usize].parent).count()
}

#[cfg(test)]
mod tests;
