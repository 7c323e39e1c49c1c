//! Statements that are missing: a condition at the start of a loop, an update, a copy of another statement, a
//! condition around a statement.

use std::collections::BTreeSet;

use super::Template;
use super::condition::atoms;
use super::lines::STATEMENTS;
use crate::base::text::edit::Edit;
use crate::repair::donor::renamed;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site, shown};
use crate::repair::statement::{
    after, before, body, filled, is_simple, is_statement, snippet, statements,
};
use crate::repair::syntax::Node;
use crate::repair::way_out::in_loop;

pub const RESULT: Template =
    Template { name: "missing-result", cost: 1.9, on: &[Role::Function], make: result };
pub const SKIP: Template =
    Template { name: "skip", cost: 4.7, on: &[Role::Loop, Role::While], make: skip };
pub const COPY: Template =
    Template { name: "copy-statement", cost: 3.8, on: STATEMENTS, make: copy };
pub const OWN: Template = Template { name: "own-call", cost: 4.2, on: STATEMENTS, make: own_call };
pub const UPDATE: Template = Template { name: "update", cost: 3.7, on: STATEMENTS, make: update };
pub const NEAR_COPY: Template =
    Template { name: "near-copy", cost: 4.3, on: STATEMENTS, make: near_copy };
pub const FLUSH: Template =
    Template { name: "flush", cost: 4.6, on: &[Role::Loop, Role::While], make: flush };

/// Statements that may be needed more than once, the likeliest first. In some languages what assigns is one by itself.
const COPIED: &[Role] =
    &[Role::AugmentedAssign, Role::ExpressionStatement, Role::Return, Role::Raise, Role::Assign];
const STATEMENTS_MAX: usize = 10;
const NAMES_MAX: usize = 6;
const VARIANTS_MAX: usize = 8;
const ATOMS_MAX: usize = 8;
const FLUSH_ATOMS_MAX: usize = 6;
/// What it costs to begin a block with a statement.
const BEFORE: f64 = 0.3;

/// A function that computes something and gives nothing back.
fn result<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some(last) = body(site.node).and_then(|block| statements(block).last()) else { return };
    if last.is(&[Role::Return, Role::Raise]) {
        return;
    }
    let near = site.file.donors.near(site.node);
    let assigned =
        near.names.iter().filter(|name| near.is_assigned(name) || near.is_collection(name));
    let own = Some(site.own()).filter(|own| chains(site, own));
    for (rank, name) in own.into_iter().chain(assigned).take(NAMES_MAX).enumerate() {
        let text = filled(site.language().snippets.result, name, "");
        insert(site, drafts, after(site.file, last, &text), &text, nth(rank));
    }
}

/// Whether other methods give their own object back, so that calls can be chained.
fn chains(site: &Site<'_>, own: &str) -> bool {
    let mut results = site.file.tree.nodes().filter(|node| node.role() == Role::Return);
    !own.is_empty() && results.any(|node| node.first().is_some_and(|result| result.text() == own))
}

/// A loop that passes over some values, or ends at them.
fn skip<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let snippets = &site.language().snippets;
    let Some(block) = body(site.node) else { return };
    let Some(first) = statements(block).next() else { return };
    for (rank, atom) in
        atoms(&Site { node: first, ..*site }).into_iter().take(2 * ATOMS_MAX).enumerate()
    {
        for (more, jump) in snippets.jumps.iter().enumerate() {
            let text = filled(snippets.guard, &atom, jump);
            insert(site, drafts, before(site.file, first, &text), &text, nth(rank) + nth(more));
        }
    }
}

/// A statement of the same function once more, after this one or before it.
fn copy<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some(function) = node.function().filter(|_| is_statement(node)) else { return };
    let simple = function
        .descendants()
        .filter(|other| other.is(COPIED) && is_statement(*other) && is_simple(*other));
    let mut simple: Vec<Node<'_>> = simple.filter(|other| other.id() != node.id()).collect();
    simple.sort_by_key(|other| COPIED.iter().position(|role| *role == other.role()));
    let mut texts: Vec<String> = Vec::new();
    for other in simple {
        if texts.len() == STATEMENTS_MAX {
            break;
        }
        texts.extend(snippet(other).filter(|text| !texts.contains(text)));
    }
    let texts = texts.into_iter();
    let jumps = site.language().snippets.jumps.iter().map(|jump| (*jump).to_owned());
    for (rank, text) in texts.chain(jumps.filter(|_| in_loop(node))).enumerate() {
        let extra = nth(rank);
        insert(site, drafts, after(site.file, node, &text), &text, extra);
        insert(site, drafts, before(site.file, node, &text), &text, extra + 0.2);
    }
}

/// A call of another method of the same object that needs nothing: what keeps the object in order is forgotten easily.
fn own_call<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (node, own) = (site.node, site.own());
    let Some(function) = node.function().filter(|_| is_statement(node) && !own.is_empty()) else {
        return;
    };
    let calls = site.file.methods.beside(function).map(|call| format!("{own}{call}"));
    let missing = calls.filter(|call| !function.text().contains(call.as_str()));
    for (rank, call) in missing.take(NAMES_MAX).enumerate() {
        let text = format!("{call}{}", site.language().snippets.statement_end);
        insert(site, drafts, before(site.file, node, &text), &text, nth(rank));
        if !ends(node) {
            add_after(site, drafts, &text, nth(rank));
        }
    }
}

/// Whether nothing after the statement is reached.
pub(super) fn ends(statement: Node<'_>) -> bool {
    statement.is(&[Role::Return, Role::Raise, Role::Break, Role::Continue])
}

/// A count, collection or variable that is not kept up.
fn update<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if !is_statement(site.node) {
        return;
    }
    let flags = site.near().assignments.iter().filter(|known| known.value.role() == Role::Boolean);
    let flags: BTreeSet<&str> = flags.map(|known| known.name).collect();
    for (rank, flag) in flags.into_iter().take(NAMES_MAX).enumerate() {
        let (yes, no) = site.language().booleans;
        for (more, value) in [no, yes].into_iter().enumerate() {
            let text = filled(site.language().snippets.assign, flag, value);
            add_beside(site, drafts, &text, 0.2 + nth(rank) + nth(more));
        }
    }
    let (snippets, near) = (&site.language().snippets, site.near());
    let names: Vec<&str> =
        near.names.iter().filter(|name| *name != site.own()).take(NAMES_MAX).collect();
    for (rank, name) in names.iter().enumerate() {
        let others = || names.iter().filter(|other| *other != name).enumerate();
        for (more, form) in snippets.updates.iter().enumerate().filter(|_| near.is_assigned(name)) {
            add_beside(site, drafts, &filled(form, name, ""), nth(rank) + nth(more));
        }
        for (more, other) in others().filter(|_| near.is_assigned(name)) {
            add_beside(
                site,
                drafts,
                &filled(snippets.assign, name, other),
                0.4 + nth(rank) + nth(more),
            );
        }
        for (more, other) in others().filter(|_| near.is_collection(name)) {
            for form in snippets.adds.iter().filter(|form| form.contains("$b")) {
                let unknown =
                    if near.methods.iter().any(|method| form.contains(method)) { 0.0 } else { 0.4 };
                add_beside(
                    site,
                    drafts,
                    &filled(form, name, other),
                    unknown + nth(rank) + nth(more),
                );
            }
        }
    }
    // Every name is compared with every other one.
    if !drafts.is_too_dear(0.0) {
        for (more, text) in kept(site).into_iter().take(NAMES_MAX).enumerate() {
            add_beside(site, drafts, &text, nth(more));
        }
    }
    for (more, text) in write_backs(site).into_iter().enumerate() {
        add_beside(site, drafts, &text, nth(more));
    }
    let alone = || snippets.adds.iter().filter(|form| !form.contains("$b"));
    for (rank, name) in names.iter().enumerate() {
        let is_kept = near.is_assigned(name) || near.is_collection(name);
        for (more, form) in alone().enumerate().filter(|_| is_kept) {
            add_beside(site, drafts, &filled(form, name, ""), 0.4 + nth(rank) + nth(more));
        }
    }
    for (rank, field) in site.own_fields().iter().take(NAMES_MAX).enumerate() {
        for (more, form) in snippets.updates.iter().enumerate() {
            add_beside(site, drafts, &filled(form, field, ""), 0.6 + nth(rank) + nth(more));
        }
    }
}

/// What is left over at the end of a loop, done as the loop does it: alone, or only if there is anything.
fn flush<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (node, snippets) = (site.node, &site.language().snippets);
    let Some(block) = body(node).filter(|_| is_statement(node)) else { return };
    let done = block.descendants().filter(|other| {
        other.is(&[Role::ExpressionStatement, Role::Assign, Role::AugmentedAssign])
            && is_statement(*other)
            && is_simple(*other)
    });
    for (rank, statement) in done.take(STATEMENTS_MAX).enumerate() {
        let Some(text) = snippet(statement) else { continue };
        let names = statement.descendants().filter(|name| name.role() == Role::Name);
        let names = names.map(Node::text).filter(|name| site.near().is_assigned(name));
        add_after(site, drafts, &text, nth(rank));
        for (more, name) in names.take(NAMES_MAX).enumerate() {
            for (form, atom) in site.language().atoms.iter().take(FLUSH_ATOMS_MAX).enumerate() {
                let text = filled(snippets.guard, &filled(atom, name, ""), &text);
                add_after(site, drafts, &text, 0.2 + nth(rank) + nth(more) + nth(form));
            }
        }
    }
}

/// Statements that keep a value in the variable that is called after it: `best_distance = distance`.
fn kept(site: &Site<'_>) -> Vec<String> {
    let (near, form) = (site.near(), site.language().snippets.assign);
    let is_called_after = |kept: &str, value: &str| {
        let start = kept.len().saturating_sub(value.len());
        let (first, last) = (kept.get(..start).unwrap_or_default(), kept.get(start..));
        let is_word = first.ends_with('_') && last == Some(value);
        let capital = last.filter(|last| last.starts_with(char::is_uppercase));
        !first.is_empty()
            && (is_word || capital.is_some_and(|last| last.eq_ignore_ascii_case(value)))
    };
    let assigned = near.names.iter().filter(|name| near.is_assigned(name));
    let pairs = assigned.flat_map(|kept| {
        let values = near.names.iter().filter(|value| is_called_after(kept, value));
        values.map(|value| filled(form, kept, value))
    });
    pairs.collect()
}

/// Statements that put variables back where they were taken from: `lots = this.lots[at]` → `this.lots[at] = lots`.
fn write_backs(site: &Site<'_>) -> Vec<String> {
    let function = site.node.function().into_iter().flat_map(Node::descendants);
    let taken = function.filter(|node| node.role() == Role::Assign).filter_map(|assign| {
        let (left, right) =
            (assign.part(&["left", "pattern", "name"])?, assign.part(&["right", "value"])?);
        let fits =
            is_place(right) && left.text().chars().all(|ch| ch.is_alphanumeric() || ch == '_');
        fits.then(|| filled(site.language().snippets.assign, right.text(), left.text()))
    });
    taken.take(NAMES_MAX).collect()
}

/// Whether a value is an element or a field, alone.
fn is_place(node: Node<'_>) -> bool {
    match node.role() {
        Role::Values => node.first().is_some_and(is_place) && node.parts().count() == 1,
        role => matches!(role, Role::Index | Role::Attribute),
    }
}

/// A statement of the same function once more with other names in it.
fn near_copy<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some(function) = node.function().filter(|_| is_statement(node)) else { return };
    let simple = function.descendants().filter(|other| {
        other.is(&[Role::ExpressionStatement, Role::Assign, Role::AugmentedAssign])
            && is_statement(*other)
            && is_simple(*other)
            && other.line() == other.last_line()
    });
    for (rank, other) in simple.take(STATEMENTS_MAX).enumerate() {
        for (more, text) in renamed(&site.file.donors, other, VARIANTS_MAX).into_iter().enumerate()
        {
            add_beside(site, drafts, &text, nth(rank) + nth(more));
        }
    }
}

pub(super) fn add_after<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>, text: &str, extra: f64) {
    if drafts.is_too_dear(extra) {
        return;
    }
    // Nothing after such a statement is reached.
    let place = if ends(site.node) { before } else { after };
    insert(site, drafts, place(site.file, site.node, text), text, extra);
}

/// After a statement, or before the first of a block.
pub(super) fn add_beside<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>, text: &str, extra: f64) {
    add_after(site, drafts, text, extra);
    let block = site.node.parent().filter(|_| !ends(site.node));
    let first = block.and_then(|block| statements(block).next());
    if first.is_some_and(|first| first.id() == site.node.id()) && !drafts.is_too_dear(extra) {
        insert(site, drafts, before(site.file, site.node, text), text, extra + BEFORE);
    }
}

pub(super) fn first_statement(function: Node<'_>) -> Option<Node<'_>> {
    statements(body(function)?).next()
}

/// The names of a function's parameters but for its own object.
pub(super) fn parameters(function: Node<'_>) -> Vec<&str> {
    let list = function.part(&["parameters"]);
    let names = list
        .into_iter()
        .flat_map(Node::descendants)
        .filter(|node| node.role() == Role::Binding)
        .map(Node::text);
    names.filter(|name| !function.tree.language.reserved.contains(name)).collect()
}

pub(super) fn insert<'s>(
    site: &Site<'s>,
    drafts: &mut Drafts<'s>,
    edit: Option<Edit>,
    text: &str,
    extra: f64,
) {
    let Some(edit) = edit else { return };
    drafts.edits(site.node, vec![edit], Some(format!("add `{}`", shown(text))), extra);
}
