//! Expressions once more with other names in them: `depth(left)` → `depth(right)`, `a.x == b.x` → `a.y == b.y`.

use std::ops::Range;

use super::{Donors, is_callee};
use crate::base::text::edit::{Edit, apply};
use crate::repair::language::Role;
use crate::repair::similarity::{ranked_by, similarity};
use crate::repair::syntax::Node;

const OTHERS_MAX: usize = 4;
const SIBLINGS_MAX: usize = 3;
const EXCHANGED_MAX: usize = 3;

/// A name in an expression: a variable, a field, a method, or a key that is written as a text.
struct Word<'t> {
    node: Node<'t>,
    range: Range<usize>,
    text: &'t str,
}

/// What stands for what.
type Map<'t> = Vec<(&'t str, &'t str)>;

/// The text of a node with two of its variables exchanged, one of its names, or each of two, given up for others.
pub fn renamed<'t>(donors: &Donors<'t>, node: Node<'t>, n_max: usize) -> Vec<String> {
    let all: Vec<Word<'t>> = node.descendants().chain([node]).filter_map(word).collect();
    let (methods, words): (Vec<Word<'t>>, Vec<Word<'t>>) =
        all.into_iter().partition(|word| is_called(word.node));
    let mut names: Vec<&str> = words.iter().map(|word| word.text).collect();
    names.sort();
    names.dedup();
    let others = |name: &'t str| others(donors, &words, name);
    let mut maps: Vec<Map<'t>> = exchanged(&words);
    for name in &names {
        maps.extend(others(name).into_iter().map(|other| vec![(*name, other)]));
    }
    maps.extend(siblings(node, &methods));
    if let [a, b] = names[..] {
        let pairs = others(a).into_iter().flat_map(|x| others(b).into_iter().map(move |y| (x, y)));
        maps.extend(pairs.filter(|(x, y)| x != y).map(|(x, y)| vec![(a, x), (b, y)]));
    }
    let words: Vec<Word<'t>> = words.into_iter().chain(methods).collect();
    maps.iter().take(n_max).filter_map(|map| rename(node, &words, map)).collect()
}

fn word(node: Node<'_>) -> Option<Word<'_>> {
    let (range, text) = (node.range(), node.text());
    match node.role() {
        Role::Name if !is_callee(node) => Some(Word { node, range, text }),
        Role::Field => Some(Word { node, range, text }),
        Role::String if node.parent().is_some_and(|parent| parent.role() == Role::Index) => {
            let inside = text.get(1..text.len().checked_sub(1)?)?;
            let is_word = inside.chars().all(|ch| ch.is_alphanumeric() || ch == '_');
            let range = range.start + 1..range.end - 1;
            (is_word && !inside.is_empty()).then_some(Word { node, range, text: inside })
        }
        _ => None,
    }
}

fn is_called(node: Node<'_>) -> bool {
    node.role() == Role::Field && node.parent().is_some_and(is_callee)
}

/// Fields that come in pairs.
const PAIRS: &[(&str, &str)] = &[
    ("left", "right"),
    ("start", "end"),
    ("first", "last"),
    ("min", "max"),
    ("low", "high"),
    ("next", "previous"),
    ("width", "height"),
    ("x", "y"),
    ("row", "column"),
    ("key", "value"),
    ("from", "to"),
    ("Left", "Right"),
    ("Start", "End"),
    ("Min", "Max"),
];

/// The other field of its pair.
fn counterpart(name: &str) -> Option<&'static str> {
    PAIRS.iter().find_map(|(a, b)| match name {
        _ if name == *a => Some(*b),
        _ if name == *b => Some(*a),
        _ => None,
    })
}

/// What can stand where a name stands: for a part of something other parts of it, then those of the function.
fn others<'t>(donors: &Donors<'t>, words: &[Word<'t>], name: &'t str) -> Vec<&'t str> {
    let same: Vec<Node<'t>> =
        words.iter().filter(|word| word.text == name).map(|word| word.node).collect();
    let Some(first) = same.first() else { return Vec::new() };
    let pool = donors.near(*first);
    let part = same.iter().find(|node| node.role() != Role::Name);
    let score = |other: &str| similarity(name, other) + 0.6 * pool.kinship(name, other);
    let Some(whole) = part.and_then(|part| part.parent()) else {
        return ranked_by(name, pool.names.iter(), OTHERS_MAX, score);
    };
    let beside = donors.objects().beside(whole);
    let beside =
        beside.map(|part| part.trim_matches(|ch: char| !ch.is_alphanumeric() && ch != '_'));
    let is_field = part.is_some_and(|part| part.role() == Role::Field);
    let mut others: Vec<&str> = counterpart(name).filter(|_| is_field).into_iter().collect();
    let beside = ranked_by(name, beside, OTHERS_MAX, score);
    others.extend(beside.into_iter().filter(|other| counterpart(name) != Some(*other)));
    others.truncate(OTHERS_MAX);
    let seen = pool.fields.iter().filter(|other| is_field && !others.contains(other));
    let seen = ranked_by(name, seen, OTHERS_MAX - others.len(), score);
    others.extend(seen);
    others
}

/// Two variables of an expression for each other.
fn exchanged<'t>(words: &[Word<'t>]) -> Vec<Map<'t>> {
    let mut names: Vec<&str> = Vec::new();
    for word in words.iter().filter(|word| word.node.role() == Role::Name) {
        if !names.contains(&word.text) {
            names.push(word.text);
        }
    }
    let pairs = names
        .iter()
        .enumerate()
        .flat_map(|(at, a)| names[at + 1..].iter().map(move |b| vec![(*a, *b), (*b, *a)]));
    pairs.take(EXCHANGED_MAX).collect()
}

/// Methods for others that are mistaken for them.
fn siblings<'t>(node: Node<'t>, methods: &[Word<'t>]) -> Vec<Map<'t>> {
    let families = node.tree.language.siblings;
    let Some(method) = methods.first() else { return Vec::new() };
    let known = families.iter().filter(|family| family.contains(&method.text));
    let others = known.flat_map(|family| family.iter()).filter(|other| **other != method.text);
    others.take(SIBLINGS_MAX).map(|other| vec![(method.text, *other)]).collect()
}

fn rename(node: Node<'_>, words: &[Word<'_>], map: &[(&str, &str)]) -> Option<String> {
    let start = node.range().start;
    let edits = words.iter().filter_map(|word| {
        let (_, other) = map.iter().find(|(old, _)| *old == word.text)?;
        Some(Edit::new(word.range.start - start..word.range.end - start, *other))
    });
    let mut edits: Vec<Edit> = edits.collect();
    edits.sort();
    apply(node.text(), &edits)
}
