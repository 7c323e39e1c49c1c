//! Another pattern: `/a+/` → `/a+/g`, `/^\d+/` → `/^\d+$/`, `/[a-z]*/` → `/[a-z]+/`.

use std::ops::Range;

use super::Template;
use super::text::content;
use crate::base::text::edit::Edit;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::syntax::Node;

const PATTERNS: &[Role] = &[Role::Regex, Role::String];

pub const FLAGS: Template =
    Template { name: "pattern-flags", cost: 1.7, on: &[Role::Regex], make: flags };
pub const ANCHORS: Template =
    Template { name: "pattern-anchors", cost: 1.4, on: PATTERNS, make: anchors };
pub const PARTS: Template = Template { name: "pattern-part", cost: 2.2, on: PATTERNS, make: parts };

/// Parts of patterns and what each is mistaken for.
const PARTS_MISTAKEN: &[(&str, &[&str])] = &[
    ("+", &["*", "", "?"]),
    ("*", &["+", ""]),
    ("?", &["", "*", "+"]),
    ("\\d", &["\\w", "\\d+", "\\d*", "\\D"]),
    ("\\w", &["\\d", "\\w+", "\\W", "\\S"]),
    ("\\s", &["\\s+", "\\s*", "\\S"]),
    ("\\D", &["\\d"]),
    ("\\W", &["\\w", "\\s"]),
    ("\\S", &["\\s"]),
    ("[^", &["["]),
    ("[", &["[^"]),
    ("]", &["]+", "]*"]),
    (")", &[")?", ")+", ")*"]),
    ("a-z", &["a-zA-Z", "a-z0-9", "A-Z"]),
    ("A-Z", &["A-Za-z", "A-Z0-9", "a-z"]),
    ("0-9", &["1-9", "0-9a-z"]),
    ("1-9", &["0-9"]),
    (".", &["\\.", "[^]"]),
    ("\\.", &[".", "[.,]"]),
    ("\\b", &[""]),
    ("\\n", &["\\r?\\n"]),
];

/// What it costs to put one more character into a class.
const CLASS: f64 = 0.6;
/// What classes of characters lack.
const CLASS_SIGNS: [&str; 8] = ["_", "-", ".", ",", "|", ":", "/", " "];

/// A pattern in the source: the bytes between its delimiters.
fn pattern(node: Node<'_>) -> Option<Range<usize>> {
    let text = node.text();
    let inside = match node.role() {
        Role::Regex => 1..text.rfind('/')?,
        _ if is_pattern(node) => content(text)?,
        _ => return None,
    };
    (inside.start <= inside.end).then(|| {
        let start = node.range().start;
        start + inside.start..start + inside.end
    })
}

/// Whether a text is the first argument of a function that makes something of patterns.
fn is_pattern(text: Node<'_>) -> bool {
    let list = text.parent().filter(|list| list.role() == Role::Arguments);
    let is_first = list.and_then(Node::first).is_some_and(|first| first.id() == text.id());
    let callee =
        list.and_then(Node::parent).and_then(|call| call.part(&["function", "constructor"]));
    let patterns = text.tree.language.patterns;
    is_first && callee.is_some_and(|callee| patterns.contains(&callee.text()))
}

fn flags<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let text = site.node.text();
    let Some(at) = text.rfind('/').map(|at| at + 1) else { return };
    let (flags, range) = (&text[at..], site.node.range());
    for (rank, flag) in ["g", "i", "m", "u", "s", "y"].into_iter().enumerate() {
        let other =
            if flags.contains(flag) { flags.replace(flag, "") } else { format!("{flags}{flag}") };
        let edit = Edit::new(range.start + at..range.end, other);
        drafts.edits(site.node, vec![edit], None, nth(rank));
    }
}

fn anchors<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some(inside) = pattern(site.node) else { return };
    let text = &site.file.tree.text[inside.clone()];
    let (has_start, has_end) = (text.starts_with('^'), text.ends_with('$'));
    let (start, end) = (inside.start, inside.end);
    let first = Edit::new(start..start + usize::from(has_start), if has_start { "" } else { "^" });
    let last = Edit::new(end - usize::from(has_end)..end, if has_end { "" } else { "$" });
    drafts.edits(site.node, vec![last.clone()], None, 0.0);
    drafts.edits(site.node, vec![first.clone()], None, 0.1);
    if text.len() > 1 {
        drafts.edits(site.node, vec![first, last], None, 0.4);
    }
}

fn parts<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some(inside) = pattern(site.node) else { return };
    let pattern = &site.file.tree.text[inside.clone()];
    let start = inside.start;
    for (part, others) in PARTS_MISTAKEN {
        for (at, _) in pattern.match_indices(part) {
            // What is escaped is another part.
            let is_escaped = pattern[..at].bytes().rev().take_while(|byte| *byte == b'\\').count();
            if is_escaped % 2 == 1 {
                continue;
            }
            let range = start + at..start + at + part.len();
            for (rank, other) in others.iter().enumerate() {
                drafts.edits(site.node, vec![Edit::new(range.clone(), *other)], None, nth(rank));
            }
        }
    }
    for (start, class) in classes(pattern).map(|class| (start + class.end, &pattern[class])) {
        let missing = CLASS_SIGNS.iter().filter(|sign| !class.contains(**sign));
        for (rank, sign) in missing.enumerate() {
            let edit = Edit::new(start..start, *sign);
            drafts.edits(site.node, vec![edit], None, CLASS + nth(rank));
        }
    }
}

/// What stands between the brackets of each class of a pattern, in bytes.
fn classes(pattern: &str) -> impl Iterator<Item = Range<usize>> {
    let mut open = None;
    let mut is_escaped = false;
    pattern.char_indices().filter_map(move |(at, ch)| {
        let was_escaped = is_escaped;
        is_escaped = ch == '\\' && !was_escaped;
        match ch {
            '[' if !was_escaped && open.is_none() => open = Some(at + 1),
            ']' if !was_escaped => return open.take().map(|start| start..at),
            _ => {}
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_of_a_pattern_are_found() {
        let check =
            |pattern: &str| classes(pattern).map(|it| pattern[it].to_owned()).collect::<Vec<_>>();
        assert_eq!(check(r"^[a-z][\]x]*\[[^ä]"), ["a-z", r"\]x", "^ä"]);
        assert_eq!(check(r"a]b\[c]"), [""; 0]);
    }
}
