//! A statement that the file has elsewhere: `self.at += 1`, `this.close();`, `if !m.ok { return nil }`.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Template;
use super::insert::{ends, insert};
use super::lines::STATEMENTS;
use crate::repair::donor::{Stand, is_branch, is_callee, is_donor};
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::similarity::ranked;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::{
    after, before, body, branch, filled, is_statement, shallow, statements,
};
use crate::repair::syntax::Node;
use crate::repair::way_out::{in_loop, ways_out};

pub const BORROW: Template =
    Template { name: "borrow-statement", cost: 4.0, on: STATEMENTS, make: borrow };

pub const BRANCH: Template =
    Template { name: "borrow-statement", cost: 4.0, on: STATEMENTS, make: borrow_branch };

pub const BESIDE: Template =
    Template { name: "borrow-statement", cost: 2.6, on: STATEMENTS, make: beside };

const BORROWED_MAX: usize = 10;
const NAMES_MAX: usize = 3;
const BESIDE_MAX: usize = 4;

fn borrow<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let texts = elsewhere(site, site.file.donors.statements(), |other| known_here(site, other));
    for (rank, text) in texts.into_iter().enumerate() {
        let extra = nth(rank);
        if !drafts.is_too_dear(extra) {
            insert(site, drafts, after(site.file, node, &text), &text, extra);
            insert(site, drafts, before(site.file, node, &text), &text, extra + 0.2);
        }
    }
}

/// What stands after or before the same statement elsewhere, and not here.
fn beside<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    if !is_statement(node) || drafts.is_too_dear(0.0) {
        return;
    }
    let stands = site.file.donors.stands(node.text());
    let Some(own) = stands.iter().find(|stand| stand.at.id() == node.id()) else { return };
    let sides: [fn(&Stand<'s>) -> Option<Node<'s>>; 2] =
        [|stand| stand.before, |stand| stand.after];
    for (is_after, side) in [false, true].into_iter().zip(sides) {
        let there = side(own).map(Node::text);
        let others = stands.iter().filter_map(side);
        let mut counts: BTreeMap<&str, (usize, Node<'s>)> = BTreeMap::new();
        for other in others.filter(|other| Some(other.text()) != there) {
            counts.entry(other.text()).or_insert((0, other)).0 += 1;
        }
        let mut known: Vec<(usize, Node<'s>)> = counts.into_values().collect();
        known.sort_by_key(|(n, _)| Reverse(*n));
        for (n, other) in known.into_iter().take(BESIDE_MAX) {
            let share = n as f64 / (stands.len() - 1) as f64;
            let place = if is_after && !ends(node) { after } else { before };
            if let Some(text) = as_here(site, other) {
                insert(site, drafts, place(site.file, node, &text), &text, -share.ln());
            }
        }
    }
}

/// A short statement as it can stand here.
fn as_here<'s>(site: &Site<'s>, other: Node<'s>) -> Option<String> {
    if !is_branch(other) && !is_donor(other) {
        return None;
    }
    shallow(&known_here(site, other).into_iter().next()?, other.indent()?)
}

/// An `if`: as it is, and where all it does is to go out, as this function does.
fn borrow_branch<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let branches = site.file.donors.branches();
    // What a function gives back is looked for in all of it.
    let is_of_use = is_statement(node) && !branches.is_empty() && !drafts.is_too_dear(0.0);
    let Some(function) = node.function().filter(|_| is_of_use) else { return };
    let ends = ends_of_each_kind(site, function);
    let in_loop = in_loop(node);
    let guard = site.language().snippets.guard;
    // Else one of them with many names would leave no room for others.
    let first = |piece| known_here(site, piece).into_iter().next();
    let texts = elsewhere(site, branches, |other| {
        let jumps = other.descendants().any(|part| part.is(&[Role::Break, Role::Continue]));
        let known = first(other).filter(|_| in_loop || !jumps);
        let as_it_is = known.and_then(|text| shallow(&text, other.indent()?));
        let condition = guarding(site, other).and_then(first);
        let guards = condition
            .into_iter()
            .flat_map(|asked| ends.iter().map(move |end| filled(guard, &asked, end)));
        as_it_is.into_iter().chain(guards).collect()
    });
    for (rank, text) in texts.into_iter().enumerate() {
        let extra = nth(rank);
        if !drafts.is_too_dear(extra) {
            insert(site, drafts, before(site.file, node, &text), &text, extra);
        }
    }
}

/// How the loop goes on or ends, and what the function gives back: the likeliest of each.
fn ends_of_each_kind<'s>(site: &Site<'s>, function: Node<'s>) -> Vec<String> {
    let jumps = site.language().snippets.jumps;
    let is_jump = |end: &String| jumps.contains(&end.as_str());
    let (jumps, results): (Vec<String>, Vec<String>) =
        ways_out(site, function).into_iter().partition(is_jump);
    jumps.into_iter().take(1).chain(results.into_iter().take(1)).collect()
}

/// What an `if` asks whose only statement goes out of the loop or function.
fn guarding<'s>(site: &Site<'s>, statement: Node<'s>) -> Option<Node<'s>> {
    let (asked, only) = guarded(site, statement)?;
    Some(asked).filter(|_| ends(only) || only.first().is_some_and(ends))
}

/// What an `if` asks, and its only statement.
pub(super) fn guarded<'s>(site: &Site<'s>, statement: Node<'s>) -> Option<(Node<'s>, Node<'s>)> {
    let own = branch(statement)?;
    let mut done: Vec<Node<'_>> = body(own).into_iter().flat_map(statements).collect();
    if done.is_empty() {
        // In some languages a statement needs no block.
        done.extend(own.part(&["consequence"]));
    }
    let [only] = done[..] else { return None };
    let condition = own.part(&["condition"])?;
    let has_own =
        condition.role() == Role::Group && site.language().snippets.guard.contains("($a)");
    Some((if has_own { condition.first()? } else { condition }, only))
}

/// Some of what other functions have, as it can stand here: first what stands in many places, as that is what is forgotten
/// in one, then what is near.
fn elsewhere<'s>(
    site: &Site<'s>,
    known: &[(Node<'s>, usize)],
    texts: impl Fn(Node<'s>) -> Vec<String>,
) -> Vec<String> {
    let Some(function) = site.node.function().filter(|_| is_statement(site.node)) else {
        return Vec::new();
    };
    let is_elsewhere =
        |other: Node<'_>| other.function().is_some_and(|it| it.id() != function.id());
    let mut others: Vec<_> = known.iter().filter(|(other, _)| is_elsewhere(*other)).collect();
    others.sort_by_key(|(other, n)| (Reverse(*n), other.line().abs_diff(site.node.line())));
    let mut seen = BTreeSet::new();
    let texts = others.into_iter().flat_map(|(other, _)| texts(*other));
    texts.filter(|text| seen.insert(text.clone())).take(BORROWED_MAX).collect()
}

/// A piece of another function as it can stand here: as it is, or with one name that is not known here exchanged for one that is.
fn known_here<'s>(site: &Site<'s>, piece: Node<'s>) -> Vec<String> {
    let foreign = foreign(site, piece);
    let names: BTreeSet<&str> = foreign.iter().map(|node| node.text()).collect();
    let mut names = names.into_iter();
    match (names.next(), names.next()) {
        (None, _) => vec![piece.text().to_owned()],
        (Some(name), None) => {
            let own = site.own();
            let others = site.near().names.iter().filter(|other| *other != own);
            let others = ranked(name, others, NAMES_MAX);
            others.into_iter().map(|other| renamed(piece, &foreign, other)).collect()
        }
        (Some(_), Some(_)) => Vec::new(),
    }
}

/// Names in a piece of another function that are not known here.
pub(super) fn foreign<'s>(site: &Site<'s>, piece: Node<'s>) -> Vec<Node<'s>> {
    let near = site.near();
    // What an `if` binds, it brings with it; what a statement assigns is of no use where nothing reads it.
    let asked = Some(piece).filter(|piece| !is_statement(*piece));
    let brought = branch(piece).or(asked).into_iter().flat_map(Node::descendants);
    let brought = brought.filter(|node| node.role() == Role::Binding).map(Node::text);
    let brought: BTreeSet<&str> = brought.collect();
    let is_foreign = |node: &Node<'_>| {
        let name = node.text();
        let is_known = near.names.contains(name)
            || brought.contains(name)
            || name.starts_with(char::is_uppercase)
            || site.file.imported.contains(name)
            || [near, site.shared()].iter().any(|pool| pool.callees.contains(name))
            || name != site.own() && site.language().reserved.contains(&name);
        node.is(&[Role::Name, Role::Binding]) && !is_callee(*node) && !is_known
    };
    std::iter::once(piece).chain(piece.descendants()).filter(is_foreign).collect()
}

/// The text of a piece with another name at some nodes, in their order.
pub(super) fn renamed(piece: Node<'_>, nodes: &[Node<'_>], name: &str) -> String {
    let mut text = piece.text().to_owned();
    for node in nodes.iter().rev() {
        let (start, range) = (piece.range().start, node.range());
        text.replace_range(range.start - start..range.end - start, name);
    }
    text
}
