//! Another text: `"Name"` → `"name"`, `"colour"` → a text of the same file, `", "` → `","`.

use std::cmp::Ordering;
use std::ops::Range;

use super::Template;
use crate::base::text::edit::Edit;
use crate::repair::donor::is_callee;
use crate::repair::hints::Sign;
use crate::repair::language::Role;
use crate::repair::naturalness::parts;
use crate::repair::place::{Place, place};
use crate::repair::rank::nth;
use crate::repair::similarity::ranked;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::filled;
use crate::repair::syntax::Node;

pub const DONOR: Template =
    Template { name: "other-text", cost: 2.4, on: &[Role::String], make: donor };
pub const CHANGE: Template =
    Template { name: "text", cost: 2.5, on: &[Role::String, Role::Fragment], make: change };

pub const REWORD: Template =
    Template { name: "reword", cost: 1.2, on: &[Role::String, Role::Fragment], make: reword };

pub const SEPARATOR: Template =
    Template { name: "separator", cost: 3.5, on: &[Role::String], make: separator };

/// What texts are joined or cut with.
const SEPARATORS: &[&str] = &[",", " ", ";", ":", "-", ".", "/", "_", "|", "=", "\\n", "\\t"];

pub const BALANCE: Template =
    Template { name: "balance", cost: 2.0, on: &[Role::String, Role::Fragment], make: balance };

pub const LACKING: Template =
    Template { name: "lacking-text", cost: 1.6, on: &[Role::Arithmetic], make: lacking };
pub const AROUND: Template = Template {
    name: "lacking-text",
    cost: 2.0,
    on: &[Role::Name, Role::Attribute, Role::Index, Role::Call],
    make: around,
};

const BRACKETS: [(&str, &str); 4] = [("(", ")"), ("[", "]"), ("{", "}"), ("<", ">")];
/// Brackets of longer statements are not counted.
const BALANCED_BYTES_MAX: usize = 4096;
const TEXTS_MAX: usize = 8;
const MISSPELT_MAX: usize = 8;
const PLACES_MAX: usize = 2;
/// What it costs that only one character beside what is reworded is the same; of more it is a part.
const BY_CHANCE: f64 = 1.5;

fn donor<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let is_key = matches!(
        site.node.parent().map(Node::role),
        Some(Role::Index | Role::Pair | Role::Arguments | Role::Comparison)
    );
    let bonus = if is_key && site.hints.has(Sign::Missing) { -1.5 } else { 0.0 };
    let texts = site.near().strings.iter().chain(site.shared().strings.iter());
    for (rank, text) in ranked(site.node.text(), texts, TEXTS_MAX).into_iter().enumerate() {
        drafts.put(site.node, text, bonus + nth(rank));
    }
    let Some(inside) = content(site.node.text()) else { return };
    let told = site.hints.texts.iter().map(String::as_str);
    let like = ranked(&site.node.text()[inside], told, 3);
    for (rank, text) in like.into_iter().filter_map(|text| quoted(site.node, text)).enumerate() {
        drafts.put(site.node, text, 0.8 + nth(rank));
    }
    misspelt(site, drafts, bonus);
}

/// What words of a text should be that stand nowhere else in the project, while their like does.
fn misspelt<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>, bonus: f64) {
    let Some((range, text)) = inner(site.node) else { return };
    if drafts.is_too_dear(bonus) {
        return;
    }
    // What follows a backslash is not read as it stands.
    let rare = parts(text).filter(|part| {
        !text[..part.start].ends_with('\\') && site.vocabulary.is_rare(&text[part.clone()])
    });
    for (place, part) in rare.take(MISSPELT_MAX).enumerate() {
        let like = site.vocabulary.like(&text[part.clone()]).into_iter().take(TEXTS_MAX);
        for (rank, other) in like.enumerate() {
            let edit = Edit::new(range.start + part.start..range.start + part.end, other);
            drafts.edits(site.node, vec![edit], None, bonus + nth(place) + nth(rank));
        }
    }
}

fn change<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some((range, text)) = inner(site.node) else { return };
    for (old, new) in &site.hints.exchanged {
        let other = text.replace(*old, &new.to_string());
        if other != text {
            drafts.edits(site.node, vec![Edit::new(range.clone(), other)], None, -1.5);
        }
    }
    for told in &site.hints.inserted {
        let others = [format!("{text}{told}"), format!("{told}{text}"), text.replacen(told, "", 1)];
        for (rank, other) in others.into_iter().enumerate().filter(|(_, other)| other != text) {
            drafts.edits(site.node, vec![Edit::new(range.clone(), other)], None, nth(rank) - 1.2);
        }
    }
    let spaced = [
        format!("{text} "),
        format!(" {text}"),
        text.trim().to_owned(),
        String::new(),
        text.trim_end().to_owned(),
    ];
    let cased = [text.to_lowercase(), text.to_uppercase(), capitalized(text)];
    let mark: String = text.chars().take_while(|ch| !ch.is_alphanumeric()).take(1).collect();
    let edged = [
        format!("{text}\\n"),
        without_last(text),
        without_first(text),
        text.repeat(2),
        format!("{mark}{text}"),
    ];
    for (rank, other) in
        spaced.into_iter().chain(cased).chain(edged).enumerate().filter(|(_, other)| other != text)
    {
        drafts.edits(site.node, vec![Edit::new(range.clone(), other)], None, nth(rank));
    }
}

/// What the messages show that a text says otherwise.
fn reword<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some((range, text)) = inner(site.node).filter(|_| !drafts.is_too_dear(0.0)) else { return };
    for known in &site.hints.rewordings {
        for (at, n_same) in known.places(text).into_iter().take(PLACES_MAX) {
            let start = range.start + at;
            let edit = Edit::new(start..start + known.old.len(), known.new.as_str());
            drafts.edits(site.node, vec![edit], None, BY_CHANCE / n_same as f64);
        }
    }
}

/// What the messages show that a text lacks, between the operands of a sum or at its ends.
fn lacking<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let is_sum = node.tokens().any(|token| token.kind() == "+");
    let (Some(left), Some(right)) = (node.first().filter(|_| is_sum), node.last()) else { return };
    let whole = sum(node).unwrap_or(node);
    let plain = whole.descendants().find(|part| part.role() == Role::String);
    for told in &site.hints.inserted {
        let text = plain.and_then(|plain| quoted(plain, told));
        let text = text.unwrap_or_else(|| format!("\"{told}\""));
        drafts.put(node, format!("{} + {text} + {}", left.text(), right.text()), 0.0);
        if whole.id() == node.id() {
            drafts.put(node, format!("{} + {text}", node.text()), 0.1);
            drafts.put(node, format!("{text} + {}", node.text()), 0.2);
        }
    }
}

/// The same before or after a value that is no sum yet.
fn around<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (node, join) = (site.node, site.language().join);
    let extra = match place(node) {
        Some(Place::Assigned | Place::Returned) => 0.0,
        Some(Place::Argument) => 0.8,
        _ => return,
    };
    if join.is_empty() || is_callee(node) || drafts.is_too_dear(extra) {
        return;
    }
    let like = site.near().strings.nodes.first();
    for (rank, told) in site.hints.inserted.iter().enumerate() {
        let told = like.and_then(|like| quoted(*like, told)).unwrap_or(format!("\"{told}\""));
        drafts.put(node, filled(join, &told, node.text()), extra + nth(rank));
        drafts.put(node, filled(join, node.text(), &told), extra + nth(rank));
    }
}

/// Another of the marks that texts are joined or cut with.
fn separator<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some(inside) = content(site.node.text()) else { return };
    let text = &site.node.text()[inside.clone()];
    let mark = text.trim();
    let is_mark = SEPARATORS.contains(&text) || SEPARATORS.contains(&mark) && text.len() == 2;
    let start = site.node.range().start;
    for (rank, other) in SEPARATORS.iter().filter(|_| is_mark).enumerate() {
        let other = if mark.is_empty() { (*other).to_owned() } else { text.replace(mark, other) };
        let range = start + inside.start..start + inside.end;
        drafts.edits(site.node, vec![Edit::new(range, other)], None, nth(rank));
    }
}

/// The bracket that the texts of a statement lack: `"" + a + ")"` → `"(" + a + ")"`.
fn balance<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let statement = node.statement().filter(|it| it.text().len() <= BALANCED_BYTES_MAX);
    let (Some((range, _)), Some(statement), false) =
        (inner(node), statement, drafts.is_too_dear(0.0))
    else {
        return;
    };
    let around = node.parent().filter(|_| node.role() == Role::Fragment).and_then(inner);
    let whole = around.map_or(range.clone(), |(whole, _)| whole);
    let plain: Vec<Node<'_>> = statement.descendants().filter(|part| is_plain(*part)).collect();
    let n = |sign: &str, fits: &dyn Fn(Range<usize>) -> bool| {
        let parts = plain.iter().filter(|part| fits(part.range()));
        parts.map(|part| part.text().matches(sign).count()).sum::<usize>()
    };
    for (open, close) in BRACKETS {
        let lacking = match n(open, &|_| true).cmp(&n(close, &|_| true)) {
            Ordering::Less if n(close, &|part| part.end > range.start) > 0 => open,
            Ordering::Greater if n(open, &|part| part.start < range.end) > 0 => close,
            Ordering::Less | Ordering::Equal | Ordering::Greater => continue,
        };
        for at in [range.end, range.start, whole.end, whole.start] {
            drafts.edits(node, vec![Edit::new(at..at, lacking)], None, 0.0);
        }
        if let Some((sum, quoted)) = sum(node).zip(quoted(node, lacking)) {
            let (at, text) = if lacking == open {
                (sum.range().start, format!("{quoted} + "))
            } else {
                (sum.range().end, format!(" + {quoted}"))
            };
            drafts.edits(node, vec![Edit::new(at..at, text)], None, 0.2);
        }
    }
}

/// The sum that a text is part of.
fn sum<'s>(node: Node<'s>) -> Option<Node<'s>> {
    let is_sum = |outer: &Node<'s>| {
        outer.role() == Role::Arithmetic && outer.tokens().any(|token| token.kind() == "+")
    };
    node.ancestors().take_while(is_sum).last()
}

/// A text in the quotes of another.
fn quoted(node: Node<'_>, text: &str) -> Option<String> {
    let inside = content(node.text())?;
    Some(format!("{}{text}{}", &node.text()[..inside.start], &node.text()[inside.end..]))
}

/// Whether a text, or a part of one, has no other values in it.
fn is_plain(node: Node<'_>) -> bool {
    let has_parts = || node.descendants().any(|part| part.role() == Role::Fragment);
    node.role() == Role::Fragment || node.role() == Role::String && !has_parts()
}

/// Where what is said stands, without quotes, and what it is.
fn inner<'s>(node: Node<'s>) -> Option<(Range<usize>, &'s str)> {
    let (start, text) = (node.range().start, node.text());
    let whole = (node.role() == Role::Fragment).then_some(0..text.len());
    let inside = whole.or_else(|| content(text))?;
    Some((start + inside.start..start + inside.end, &text[inside]))
}

/// The bytes between the quotes of a literal.
pub(super) fn content(literal: &str) -> Option<Range<usize>> {
    let open = literal.find(['"', '\'', '`'])?;
    let quote = literal[open..].chars().next()?;
    let n_quotes = if literal[open..].starts_with(&quote.to_string().repeat(3)) { 3 } else { 1 };
    let end = literal.len().checked_sub(n_quotes)?;
    (open + n_quotes <= end && literal[end..].starts_with(quote)).then_some(open + n_quotes..end)
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

fn without_last(text: &str) -> String {
    let mut chars = text.chars();
    chars.next_back();
    chars.as_str().to_owned()
}

fn without_first(text: &str) -> String {
    let mut chars = text.chars();
    chars.next();
    chars.as_str().to_owned()
}
