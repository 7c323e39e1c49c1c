//! A function's sibling: `min(xs)` → `max(xs)`, `s.lstrip()` → `s.rstrip()`, `raise KeyError` → `raise ValueError`; a value
//! made as those beside it are: `dx * dx + dy` → `dx * dx + dy * dy`.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::Template;
use super::borrow::renamed;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::syntax::Node;

pub const SIBLING: Template = Template {
    name: "sibling",
    cost: 1.7,
    on: &[Role::Name, Role::Field, Role::Path],
    make: sibling,
};

pub const AS_BESIDE: Template =
    Template { name: "as-beside", cost: 2.4, on: &[Role::Name, Role::Attribute], make: as_beside };

const MADE_MAX: usize = 6;
/// So many neighbours are looked at, the nearest first.
const BESIDE_MAX: usize = 8;
const BESIDE_BYTES_MAX: usize = 80;

fn sibling<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let text = site.node.text();
    let at = text.rfind("::").map_or(0, |at| at + 2);
    let families = site.language().siblings.iter().filter(|family| family.contains(&&text[at..]));
    for other in families
        .flat_map(|family| family.iter().enumerate().filter(|(_, other)| **other != &text[at..]))
    {
        drafts.put(site.node, format!("{}{}", &text[..at], other.1), nth(other.0));
    }
}

/// What stands beside a value, with a word of it exchanged for one of the value's.
fn as_beside<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    if is_callee(node) || drafts.is_too_dear(0.0) {
        return;
    }
    let own = outermost(node);
    let others = beside(own).into_iter().take(BESIDE_MAX).filter(|other| {
        let n_bytes = other.text().len();
        let is_bare = other.is(&[Role::Name, Role::KeywordArgument]);
        !is_bare && n_bytes > node.text().len() && n_bytes <= BESIDE_BYTES_MAX
    });
    let mut seen = BTreeSet::new();
    let made = others.flat_map(|other| with_words_of(node, other));
    let made = made.filter(|text| seen.insert(text.clone())).take(MADE_MAX);
    for (rank, text) in made.enumerate() {
        drafts.put(own, text, nth(rank));
    }
}

/// The node with what does no more than enclose it.
fn outermost(node: Node<'_>) -> Node<'_> {
    let groups = node.ancestors().take_while(|outer| outer.role() == Role::Group);
    groups.last().unwrap_or(node)
}

/// The operands of the same operation, the elements of the same list, or what like entries have, the nearest first.
fn beside(node: Node<'_>) -> Vec<Node<'_>> {
    let Some(parent) = node.parent() else { return Vec::new() };
    let is_key = || parent.last().is_none_or(|value| value.id() != node.id());
    let mut all = match parent.role() {
        Role::Logical | Role::Arithmetic => operands(parent),
        Role::List | Role::Tuple | Role::Values | Role::Arguments => parent.parts().collect(),
        Role::Pair if is_key() => Vec::new(),
        Role::Pair => {
            let pairs = parent.parent().into_iter().flat_map(Node::parts);
            pairs.filter(|pair| pair.role() == Role::Pair).filter_map(Node::last).collect()
        }
        _ => Vec::new(),
    };
    all.retain(|other| other.id() != node.id());
    all.sort_by_key(|other| other.id().abs_diff(node.id()));
    all
}

/// The operands of an operation, with those of the same operations around and in it.
fn operands(node: Node<'_>) -> Vec<Node<'_>> {
    let sign = node.tokens().next().map(Node::kind);
    let is_same = |other: &Node<'_>| {
        other.role() == node.role() && other.tokens().next().map(Node::kind) == sign
    };
    let mut waiting = vec![node.ancestors().take_while(is_same).last().unwrap_or(node)];
    let mut operands = Vec::new();
    while let Some(next) = waiting.pop() {
        if is_same(&next) {
            waiting.extend(next.parts());
        } else {
            operands.push(next);
        }
    }
    operands
}

/// The text of another value once for each of its words that can be exchanged for one of the node's so that it has the node.
fn with_words_of(node: Node<'_>, other: Node<'_>) -> Vec<String> {
    let is_word = |part: &Node<'_>| part.is(&[Role::Name, Role::Field]) && !is_callee(*part);
    let own: Vec<Node<'_>> = node.descendants().chain([node]).filter(is_word).collect();
    let theirs: Vec<Node<'_>> = other.descendants().chain([other]).filter(is_word).collect();
    let words: BTreeSet<&str> = theirs.iter().map(|part| part.text()).collect();
    let mut made = Vec::new();
    for word in words {
        let places: Vec<Node<'_>> =
            theirs.iter().copied().filter(|part| part.text() == word).collect();
        for new in own.iter().map(|part| part.text()).filter(|new| *new != word) {
            let text = renamed(other, &places, new);
            if text != node.text() && text.contains(node.text()) {
                made.push((places.len(), text));
            }
        }
    }
    made.sort_by_key(|(n, _)| Reverse(*n));
    made.into_iter().map(|(_, text)| text).collect()
}
