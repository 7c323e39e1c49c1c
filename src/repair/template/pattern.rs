//! Another pattern: `/a+/` → `/a+/g`, `/^\d+/` → `/^\d+$/`, `/[a-z]*/` → `/[a-z]+/`.

use super::Template;
use crate::base::text::edit::Edit;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};

pub const FLAGS: Template =
    Template { name: "pattern-flags", cost: 1.8, on: &[Role::Regex], make: flags };
pub const ANCHORS: Template =
    Template { name: "pattern-anchors", cost: 2.2, on: &[Role::Regex], make: anchors };
pub const PARTS: Template =
    Template { name: "pattern-part", cost: 2.4, on: &[Role::Regex], make: parts };

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
    ("\\.", &["."]),
    ("\\b", &[""]),
];

/// The pattern and its flags, and where the flags start.
fn split(text: &str) -> Option<(&str, &str, usize)> {
    let end = text.rfind('/')?;
    Some((text.get(1..end)?, &text[end + 1..], end + 1))
}

fn flags<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some((_, flags, at)) = split(site.node.text()) else { return };
    let range = site.node.range();
    for (rank, flag) in ["g", "i", "m", "u", "s", "y"].into_iter().enumerate() {
        let other =
            if flags.contains(flag) { flags.replace(flag, "") } else { format!("{flags}{flag}") };
        let edit = Edit::new(range.start + at..range.end, other);
        drafts.edits(site.node, vec![edit], None, nth(rank));
    }
}

fn anchors<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some((pattern, _, after)) = split(site.node.text()) else { return };
    let start = site.node.range().start + 1;
    let end = site.node.range().start + after - 1;
    let (has_start, has_end) = (pattern.starts_with('^'), pattern.ends_with('$'));
    let first = Edit::new(start..start + usize::from(has_start), if has_start { "" } else { "^" });
    let last = Edit::new(end - usize::from(has_end)..end, if has_end { "" } else { "$" });
    drafts.edits(site.node, vec![last.clone()], None, 0.0);
    drafts.edits(site.node, vec![first.clone()], None, 0.1);
    if pattern.len() > 1 {
        drafts.edits(site.node, vec![first, last], None, 0.4);
    }
}

fn parts<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some((pattern, ..)) = split(site.node.text()) else { return };
    let start = site.node.range().start + 1;
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
}
