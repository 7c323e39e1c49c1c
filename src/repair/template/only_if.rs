//! A condition around a statement: `total += x` → `if x: total += x`, `seen[k] = v` → only if `k` is not there.

use std::collections::BTreeSet;

use super::Template;
use super::borrow::{foreign, guarded};
use super::condition::atoms;
use super::lines::STATEMENTS;
use crate::base::text::edit::{Edit, apply};
use crate::repair::donor::{is_callee, renamed};
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site, operand, shown};
use crate::repair::statement::{before, filled, is_simple, is_statement, snippet};
use crate::repair::syntax::Node;
use crate::repair::usage::words;

pub const ONLY_IF: Template =
    Template { name: "only-if", cost: 3.8, on: STATEMENTS, make: only_if };

const ATOMS_MAX: usize = 8;
const PRESENT_MAX: usize = 3;
const DONORS_MAX: usize = 3;
const RENAMED_MAX: usize = 12;
const ASKED_MAX: usize = 4;
const EXCHANGED_MAX: usize = 2;
const ALIKE_MAX: usize = 3;
/// Methods that store something by a key.
const STORES: &[&str] = &["set", "insert", "put", "add"];

fn only_if<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    if !is_statement(node) || !is_simple(node) || drafts.is_too_dear(0.0) {
        return;
    }
    let atoms = atoms(site).into_iter().take(ATOMS_MAX);
    let own = guards_of_alike(site).into_iter().chain(keeps(node)).chain(absent(site));
    let own = own.chain(present(site)).chain(asked(site));
    for (rank, atom) in own.chain(atoms).enumerate() {
        enclose(site, drafts, node, &atom, nth(rank));
    }
}

/// Puts a condition around a statement that has no block of its own.
pub(super) fn enclose<'s>(
    site: &Site<'s>,
    drafts: &mut Drafts<'s>,
    statement: Node<'s>,
    condition: &str,
    extra: f64,
) {
    if drafts.is_too_dear(extra) || !is_statement(statement) || !is_simple(statement) {
        return;
    }
    let Some(text) = snippet(statement) else { return };
    let form = site.language().snippets.guard;
    let Some(edit) = before(site.file, statement, &filled(form, condition, &text)) else { return };
    let put = edit.text.trim_end();
    let what = format!("only if `{}`: `{}`", shown(condition), shown(&text));
    drafts.edits(statement, vec![Edit::new(statement.range(), put)], Some(what), extra);
}

/// Conditions under which an assignment keeps the larger or smaller of two values.
fn keeps(statement: Node<'_>) -> Vec<String> {
    let assign = if statement.role() == Role::ExpressionStatement {
        statement.first()
    } else {
        Some(statement)
    };
    let assign = assign.filter(|assign| assign.role() == Role::Assign);
    let sides = assign.and_then(|assign| assign.part(&["left"]).zip(assign.part(&["right"])));
    sides.map_or_else(Vec::new, |(old, new)| {
        [">", "<"].map(|sign| format!("{} {sign} {}", new.text(), old.text())).to_vec()
    })
}

/// That a collection lacks what the statement puts in.
fn absent(site: &Site<'_>) -> Option<String> {
    let snippets = &site.language().snippets;
    let first = site.node.first()?;
    let (form, collection, key) =
        match (first.role(), site.node.part(&["left"]).or(first.part(&["left"]))) {
            (Role::Call, _) => {
                let callee =
                    first.part(&["function"]).filter(|callee| callee.role() == Role::Attribute)?;
                callee.last().filter(|method| STORES.contains(&method.text()))?;
                (snippets.absent, callee.first()?, first.part(&["arguments"])?.first()?)
            }
            (_, Some(left)) if left.role() == Role::Index => {
                (snippets.unset, left.first()?, left.last()?)
            }
            _ => return None,
        };
    Some(filled(form, collection.text(), &operand(key)))
}

/// What is asked before a statement that is nearly the same, asked of what this one has in its place: `b - x > 0` where
/// `if a - x > 0` is before `g(h(a), x)` and this is `g(b, x)`.
fn guards_of_alike(site: &Site<'_>) -> Vec<String> {
    let line = site.node.line();
    let is_around = |other: Node<'_>| other.holds(&site.node.range());
    let others = site.file.donors.branches().iter().map(|(other, _)| *other);
    let guards = others.filter(|other| !is_around(*other)).filter_map(|other| {
        let (asked, only) = guarded(site, other)?;
        let mut exchanged = Vec::new();
        let is_alike = alike(only, site.node, &mut exchanged) && exchanged.len() <= EXCHANGED_MAX;
        let text = if is_alike { asked_here(site, asked, &exchanged) } else { None };
        Some((exchanged.len(), other.line().abs_diff(line), text?))
    });
    let mut guards: Vec<(usize, u32, String)> = guards.collect();
    guards.sort();
    let mut seen = BTreeSet::new();
    let guards = guards.into_iter().map(|(_, _, text)| text);
    guards.filter(|text| seen.insert(text.clone())).take(ALIKE_MAX).collect()
}

/// A condition with names that a statement does not have exchanged for what it has in their place; `None` where others are
/// not known.
fn asked_here<'s>(
    site: &Site<'s>,
    asked: Node<'s>,
    exchanged: &[(Node<'s>, Node<'s>)],
) -> Option<String> {
    let has = |node: Node<'_>, name: &str| {
        let mut all = node.descendants().chain([node]);
        all.any(|part| part.role() == Role::Name && part.text() == name)
    };
    let here = |name: Node<'_>| {
        let is_gone = |(there, _): &&(Node<'_>, Node<'_>)| {
            !has(site.node, name.text()) && has(*there, name.text())
        };
        exchanged.iter().find(is_gone).map(|(_, here)| *here)
    };
    let names = asked.descendants().chain([asked]);
    let names = names.filter(|part| part.role() == Role::Name && !is_callee(*part));
    let edits = names.filter_map(|name| {
        let start = name.range().start - asked.range().start;
        Some(Edit::new(start..start + name.text().len(), operand(here(name)?)))
    });
    let is_known = foreign(site, asked).into_iter().all(|name| here(name).is_some());
    is_known.then(|| apply(asked.text(), &edits.collect::<Vec<_>>())).flatten()
}

/// Whether two nodes have parts in common; those that differ are noted.
fn alike<'t>(there: Node<'t>, here: Node<'t>, exchanged: &mut Vec<(Node<'t>, Node<'t>)>) -> bool {
    if there.text() == here.text() {
        return true;
    }
    let pairs: Vec<_> = there.children().zip(here.children()).collect();
    let n_parts = |node: Node<'_>| node.children().count();
    let is_same = there.kind() == here.kind() && n_parts(there) == n_parts(here);
    let is_token = |(there, _): &&(Node<'_>, Node<'_>)| !there.is_named();
    let has_same_tokens =
        pairs.iter().filter(is_token).all(|(there, here)| there.text() == here.text());
    let n_before = exchanged.len();
    let mut n_common = 0;
    if is_same && has_same_tokens {
        let named = pairs.iter().filter(|(there, _)| there.is_named());
        n_common = named.filter(|(there, here)| alike(*there, *here, exchanged)).count();
    }
    if n_common == 0 {
        exchanged.truncate(n_before);
        exchanged.push((there, here));
    }
    n_common > 0
}

/// What the function asks of other values, asked of one that the statement uses: `if a - x >= least` for `b - x`.
fn asked(site: &Site<'_>) -> Vec<String> {
    let line = site.node.line();
    let mut known: Vec<Node<'_>> = site.near().conditions.nodes.clone();
    known.retain(|condition| condition.role() == Role::Comparison && condition.line() != line);
    known.sort_by_key(|condition| condition.line().abs_diff(line));
    let names = site.node.descendants().filter(|part| part.role() == Role::Name).map(Node::text);
    let names: BTreeSet<&str> = names.collect();
    let mut asked = Vec::new();
    for condition in known.into_iter().take(DONORS_MAX) {
        let before: BTreeSet<&str> = words(condition.text()).collect();
        let is_used = |word: &str| names.contains(word) && !before.contains(word);
        let others = renamed(&site.file.donors, condition, RENAMED_MAX).into_iter();
        asked.extend(others.filter(|text| words(text).any(is_used)));
    }
    asked.truncate(ASKED_MAX);
    asked
}

/// That an element or field which the statement uses is there.
fn present(site: &Site<'_>) -> Vec<String> {
    let is_asked = |node: &Node<'_>| {
        let parent = node.parent().map(Node::role);
        node.is(&[Role::Index, Role::Attribute]) && parent == Some(Role::Arguments)
    };
    let Some((form, _)) = site.language().presences.last() else { return Vec::new() };
    let parts = site.node.descendants().filter(is_asked).take(PRESENT_MAX);
    parts.map(|part| filled(form, part.text(), "")).collect()
}
