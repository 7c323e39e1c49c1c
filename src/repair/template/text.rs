//! Another text: `"Name"` → `"name"`, `"colour"` → a text of the same file, `", "` → `","`.

use std::ops::Range;

use super::Template;
use crate::base::text::edit::Edit;
use crate::repair::hints::Sign;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::similarity::{distance, ranked};
use crate::repair::site::{Drafts, Site};

pub const DONOR: Template =
    Template { name: "other-text", cost: 2.4, on: &[Role::String], make: donor };
pub const CHANGE: Template =
    Template { name: "text", cost: 2.5, on: &[Role::String, Role::Fragment], make: change };

pub const SEPARATOR: Template =
    Template { name: "separator", cost: 3.5, on: &[Role::String], make: separator };

/// What texts are joined or cut with.
const SEPARATORS: &[&str] = &[",", " ", ";", ":", "-", ".", "/", "_", "|", "=", "\\n", "\\t"];

const TEXTS_MAX: usize = 8;
/// Longer texts are no words that somebody mistypes.
const WORD_LETTERS_MAX: usize = 64;

fn donor<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let is_key = matches!(
        site.node.parent().map(super::super::syntax::Node::role),
        Some(Role::Index | Role::Pair | Role::Arguments | Role::Comparison)
    );
    let bonus = if is_key && site.hints.has(Sign::Missing) { -1.5 } else { 0.0 };
    let texts = site.near().strings.iter().chain(site.shared().strings.iter());
    for (rank, text) in ranked(site.node.text(), texts, TEXTS_MAX).into_iter().enumerate() {
        drafts.put(site.node, text, bonus + nth(rank));
    }
    let Some(inside) = content(site.node.text()) else { return };
    let quoted = |literal: &str| {
        let text = site.node.text();
        format!("{}{literal}{}", &text[..inside.start], &text[inside.end..])
    };
    for (rank, literal) in
        ranked(&site.node.text()[inside.clone()], site.hints.texts.iter().map(String::as_str), 3)
            .into_iter()
            .enumerate()
    {
        drafts.put(site.node, quoted(literal), 0.8 + nth(rank));
    }
    let own = &site.node.text()[inside.clone()];
    let is_word = own.chars().all(|ch| ch.is_alphanumeric() || ch == '_');
    let is_short = (2..=WORD_LETTERS_MAX).contains(&own.chars().count());
    if !is_short || !is_word || drafts.is_too_dear(0.4 + bonus) {
        return;
    }
    let words = site.file.words.iter().filter(|word| is_misspelt(own, word)).take(TEXTS_MAX);
    for (rank, word) in words.enumerate() {
        drafts.put(site.node, quoted(word), 0.4 + bonus + nth(rank));
    }
}

/// Whether one word is the other but for one letter.
fn is_misspelt(word: &str, other: &str) -> bool {
    word.chars().count().abs_diff(other.chars().count()) <= 1 && distance(word, other) == 1
}

fn change<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let whole = (site.node.role() == Role::Fragment).then_some(0..site.node.text().len());
    let Some(inside) = whole.or_else(|| content(site.node.text())) else { return };
    let start = site.node.range().start;
    let text = &site.node.text()[inside.clone()];
    let range = start + inside.start..start + inside.end;
    for (old, new) in &site.hints.exchanged {
        let other = text.replace(*old, &new.to_string());
        if other != text {
            drafts.edits(site.node, vec![Edit::new(range.clone(), other)], None, -1.5);
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
    let edged = [format!("{text}\\n"), without_last(text), without_first(text), text.repeat(2)];
    for (rank, other) in
        spaced.into_iter().chain(cased).chain(edged).enumerate().filter(|(_, other)| other != text)
    {
        drafts.edits(site.node, vec![Edit::new(range.clone(), other)], None, nth(rank));
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
