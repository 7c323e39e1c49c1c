//! Other arguments: `f(a, b)` → `f(b, a)`, `f(a)`, `f(a, b, c)`; also parameters, and elements of lists and tuples.

use super::Template;
use super::lines::STATEMENTS;
use crate::base::text::edit::Edit;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::{is_simple, is_statement};
use crate::repair::syntax::Node;

const SEQUENCES: &[Role] = &[Role::Arguments, Role::List, Role::Tuple];
const LISTS: &[Role] = &[Role::Arguments, Role::List, Role::Tuple, Role::Values];

pub const SWAP: Template = Template { name: "swap-arguments", cost: 1.7, on: LISTS, make: swap };
pub const SPREADS: Template =
    Template { name: "swap-spreads", cost: 2.4, on: &[Role::Map], make: spreads };
pub const ADD_TEXT: Template =
    Template { name: "add-text", cost: 3.9, on: &[Role::List, Role::Tuple], make: add_text };
pub const PARAMETERS: Template =
    Template { name: "swap-parameters", cost: 2.2, on: &[Role::Parameters], make: swap };
pub const DROP: Template =
    Template { name: "drop-argument", cost: 4.0, on: SEQUENCES, make: drop_one };
pub const ADD: Template =
    Template { name: "add-argument", cost: 1.7, on: &[Role::Arguments], make: add };
pub const ADD_NAME: Template =
    Template { name: "add-argument", cost: 3.3, on: SEQUENCES, make: add_name };

pub const KEYS: Template =
    Template { name: "swap-keys", cost: 1.8, on: &[Role::Index], make: keys };
pub const NAMES: Template = Template { name: "swap-names", cost: 3.2, on: STATEMENTS, make: names };

pub const FILL: Template =
    Template { name: "fill-argument", cost: 1.4, on: &[Role::Arguments], make: fill };

const NAMES_MAX: usize = 6;
const PARTS_MAX: usize = 6;
const CALLS_MAX: usize = 4;
/// What stands before what is spread, in JavaScript and Python.
const SPREADS_START: [&str; 2] = ["...", "**"];
const TEXTS_MAX: usize = 12;
/// Longer texts are for people.
const TEXT_BYTES_MAX: usize = 24;

fn swap<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let parts: Vec<_> = site.node.parts().take(8).collect();
    for (i, first) in parts.iter().enumerate() {
        for (j, second) in parts.iter().enumerate().skip(i + 1) {
            drafts.exchange(*first, *second, nth(j - i - 1));
        }
    }
}

/// What is spread in a map and what stands before or after it: the last one counts.
fn spreads<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let parts: Vec<_> = site.node.parts().collect();
    for pair in parts.windows(2) {
        if pair.iter().any(|part| SPREADS_START.iter().any(|start| part.text().starts_with(start)))
        {
            drafts.exchange(pair[0], pair[1], 0.0);
        }
    }
}

/// One more text in a list of texts.
fn add_text<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let known: Vec<&str> = node.parts().map(Node::text).collect();
    if known.len() < 2 || node.parts().any(|part| part.role() != Role::String) {
        return;
    }
    let mark = |text: &str| text.chars().next();
    let pools = [site.near(), site.shared()];
    let mut texts: Vec<&str> = Vec::new();
    for text in pools.iter().flat_map(|pool| pool.strings.iter()) {
        let fits = text.len() <= TEXT_BYTES_MAX && mark(text) == mark(known[0]);
        if fits && !known.contains(&text) && !texts.contains(&text) {
            texts.push(text);
        }
    }
    for (rank, text) in texts.into_iter().take(TEXTS_MAX).enumerate() {
        insert(node, drafts, usize::MAX, text, nth(rank));
    }
}

/// The two keys of an element of an element.
fn keys<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let inner = site.node.first().filter(|inner| inner.role() == Role::Index);
    if let (Some(inner), Some(key)) = (inner.and_then(Node::last), site.node.last()) {
        drafts.exchange(inner, key, 0.0);
    }
}

/// Any two variables of a statement.
fn names<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if !is_statement(site.node) || !is_simple(site.node) {
        return;
    }
    let names: Vec<_> = site
        .node
        .descendants()
        .filter(|node| node.role() == Role::Name && !is_callee(*node))
        .take(NAMES_MAX)
        .collect();
    for (i, first) in names.iter().enumerate() {
        for second in names.iter().skip(i + 1) {
            drafts.exchange(*first, *second, nth(i));
        }
    }
}

fn drop_one<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if is_settled(site) {
        return;
    }
    let parts: Vec<_> = site.node.parts().collect();
    for (i, part) in parts.iter().enumerate() {
        let range = match (parts.get(i + 1), i.checked_sub(1).and_then(|before| parts.get(before)))
        {
            (Some(next), _) => part.range().start..next.range().start,
            (None, Some(previous)) => previous.range().end..part.range().end,
            (None, None) => part.range(),
        };
        drafts.edits(*part, vec![Edit::new(range, "")], None, 0.0);
    }
}

/// Whether the compiler has seen to it that there are as many as there must be.
fn is_settled(site: &Site<'_>) -> bool {
    let types = site.language().types;
    site.node.role() == Role::Arguments && types.is_some_and(|types| types.is_arity_fixed)
}

/// Arguments that calls of this name are known to lack.
fn add<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some(callee) = callee_name(site.node) else { return };
    let known = site
        .language()
        .arguments
        .iter()
        .filter(|(name, _)| *name == callee)
        .flat_map(|(_, more)| *more);
    for (rank, argument) in known.enumerate() {
        let extra = nth(rank) + site.hints.favour(argument);
        match argument.strip_prefix('^') {
            Some(first) => insert(site.node, drafts, 0, first, extra),
            None => insert(site.node, drafts, usize::MAX, argument, extra),
        }
    }
}

fn add_name<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if is_settled(site) {
        return;
    }
    let present: Vec<&str> = site.node.parts().map(Node::text).collect();
    let fresh = site.names_near().filter(|name| !present.contains(name));
    let fresh = fresh.take(NAMES_MAX);
    for (rank, name) in fresh.enumerate() {
        insert(site.node, drafts, usize::MAX, name, nth(rank));
        insert(site.node, drafts, 0, name, 0.3 + nth(rank));
    }
    let parts = site.near().parts_by(site.node.line());
    // What calls give is put into a variable first.
    let parts = parts.filter(|part| !part.ends_with(')') && !present.contains(part));
    for (rank, part) in parts.take(PARTS_MAX).enumerate() {
        insert(site.node, drafts, usize::MAX, part, 0.3 + nth(rank));
    }
    // A list of constants of one kind may lack another of them.
    let last = site.node.last().filter(|last| last.is(&[Role::Attribute, Role::Path]));
    let Some((last, name)) = last.and_then(|last| Some((last, last.last()?))) else { return };
    let head = &last.text()[..name.range().start - last.range().start];
    for (rank, other) in
        site.file.donors.members_beside(last).into_iter().take(NAMES_MAX).enumerate()
    {
        insert(site.node, drafts, usize::MAX, &format!("{head}{other}"), nth(rank));
    }
}

/// What a function that is declared here takes by the name of a variable, then what other calls of it have one more of.
fn fill<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some(name) = callee_name(node).filter(|_| !is_settled(site)) else { return };
    let own: Vec<&str> = node.parts().map(Node::text).collect();
    let n = own.len();
    let known = site.file.donors.given();
    let given = known.function(name).map(super::insert::parameters).unwrap_or_default();
    if given.len() == n + 1 {
        let is_there = |name: &&str| site.near().names.contains(name) && !own.contains(name);
        let missing = given.iter().enumerate().filter(|(_, name)| is_there(name));
        for (rank, (at, name)) in missing.enumerate() {
            insert(node, drafts, at, name, nth(rank));
        }
    }
    let others = known.arguments(name).iter().filter(|other| other.parts().count() == n + 1);
    let mut others: Vec<Node<'s>> = others.copied().collect();
    others.sort_by_key(|other| other.line().abs_diff(node.line()));
    for (rank, other) in others.into_iter().take(CALLS_MAX).enumerate() {
        let theirs: Vec<&str> = other.parts().map(Node::text).collect();
        for (at, text) in theirs.iter().enumerate().filter(|(_, text)| !own.contains(text)) {
            let rest = theirs.iter().enumerate().filter(|(place, _)| *place != at);
            let n_other = rest.zip(&own).filter(|((_, theirs), own)| theirs != own).count();
            let extra = 0.2 + nth(rank) + 0.4 * n_other as f64;
            insert(node, drafts, at, text, extra);
        }
    }
}

/// Puts an argument before the one at `index`, or after the last.
pub(super) fn insert<'s>(
    node: Node<'s>,
    drafts: &mut Drafts<'s>,
    index: usize,
    text: &str,
    extra: f64,
) {
    let parts: Vec<_> = node.parts().collect();
    let edit = match (parts.get(index), parts.last()) {
        (Some(next), _) => Edit::new(next.range().start..next.range().start, format!("{text}, ")),
        (None, Some(last)) => Edit::new(last.range().end..last.range().end, format!(", {text}")),
        (None, None) => {
            let inside = node.range().start + 1;
            Edit::new(inside..inside, text)
        }
    };
    drafts.edits(node, vec![edit], None, extra);
}

/// The last part of the name a call calls.
pub fn callee_name(arguments: Node<'_>) -> Option<&str> {
    let callee = arguments.parent()?.part(&["function"]).filter(|callee| is_callee(*callee))?;
    let name = if callee.role() == Role::Attribute { callee.last()? } else { callee };
    Some(name.text())
}
