//! The value in a call like one of the file: `part` → `pattern.exec(part)`, `day` → `day.startOf("month")`; a call of what is
//! seldom meant as a value, or is one that nothing is done with: `self` → `self.text()`, `items` → `items.sort()`; what a
//! function of nearly the variable's name gives for others: `yearDays` → `daysIn(year)`.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::Template;
use crate::repair::donor::{Called, Pool, is_callee, renamed};
use crate::repair::language::Role;
use crate::repair::place::place;
use crate::repair::rank::nth;
use crate::repair::similarity::words;
use crate::repair::site::{Drafts, Site, tight};
use crate::repair::syntax::Node;

const VALUES: &[Role] = &[
    Role::Name,
    Role::Attribute,
    Role::Call,
    Role::Index,
    Role::Arithmetic,
    Role::String,
    Role::Path,
];

pub const ASK: Template = Template { name: "ask", cost: 2.2, on: &[Role::Name], make: ask };
pub const LIKE: Template = Template { name: "like-call", cost: 4.3, on: VALUES, make: like };

pub const NAMED: Template =
    Template { name: "named-call", cost: 3.0, on: &[Role::Name], make: named };

/// How alike a variable and a function are, of which words are the same in another order, and how many of each are tried.
const NAMED_ALIKE: f64 = 0.4;
const NAMED_MAX: usize = 3;
const RENAMED_MAX: usize = 6;
const NEAR_MAX: usize = 12;
const FAR_MAX: usize = 12;
const VALUE_BYTES_MAX: usize = 60;

/// Calls of one name that are tried.
const ASKED_MAX: usize = 10;

fn ask<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (node, name) = (site.node, site.node.text());
    let is_own = name == site.own();
    let is_idle = node.parent().is_some_and(|outer| outer.role() == Role::ExpressionStatement);
    let is_value = is_own && place(node).is_some();
    if is_callee(node) || !(is_value || is_idle) || drafts.is_too_dear(0.0) {
        return;
    }
    let head = format!("{name}.");
    let all = site.file.donors.called().iter();
    let seen = all.map(|one| &node.tree.text[one.range.clone()]);
    let mut calls: Vec<String> = Vec::new();
    let own = node.function().filter(|_| is_own).into_iter();
    let own = own.flat_map(|function| site.file.methods.beside(function));
    let own = own.map(|call| format!("{name}{}", call.trim_end_matches('?')));
    for call in own.chain(seen.filter(|text| text.starts_with(&head)).map(str::to_owned)) {
        if !calls.contains(&call) {
            calls.push(call);
        }
    }
    for (rank, call) in calls.into_iter().take(ASKED_MAX).enumerate() {
        drafts.put(node, call, nth(rank));
    }
}

fn like<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (node, range) = (site.node, site.node.range());
    if place(node).is_none() || range.len() > VALUE_BYTES_MAX || drafts.is_too_dear(0.0) {
        return;
    }
    let is_apart = |one: &&Called<'_>| one.range.end <= range.start || range.end <= one.range.start;
    let is_near = |one: &&Called<'_>| one.function == node.function().map(Node::id);
    let (mut near, mut far): (Vec<_>, Vec<_>) =
        site.file.donors.called().iter().filter(is_apart).partition(is_near);
    near.sort_by_key(|one| one.range.start.abs_diff(range.start));
    far.sort_by_key(|one| Reverse(one.n));
    let mut seen = BTreeSet::new();
    for (calls, n_max, extra) in [(near, NEAR_MAX, 0.0), (far, FAR_MAX, 0.5)] {
        let fresh = calls.into_iter().filter(|one| seen.insert((one.before, one.after)));
        let known = fresh.filter(|one| one.names.iter().all(|name| is_known(site, name)));
        for (rank, one) in known.take(n_max).enumerate() {
            let is_receiver = one.before.is_empty();
            let value = if is_receiver { tight(node.text()) } else { node.text().to_owned() };
            let text = format!("{}{value}{}", one.before, one.after);
            drafts.replace(node, &text, extra + nth(rank));
        }
    }
}

fn named<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    if is_callee(node) || place(node).is_none() || drafts.is_too_dear(0.0) {
        return;
    }
    let own = words(node.text());
    let callees = site.near().callees.iter().chain(site.shared().callees.iter());
    let alike = callees.map(|name| (share(&own, &words(name)), name));
    let mut alike: Vec<(f64, &str)> = alike.filter(|(share, _)| *share >= NAMED_ALIKE).collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    let calls = alike.iter().filter_map(|(_, name)| call_of(site, name));
    for (rank, call) in calls.take(NAMED_MAX).enumerate() {
        let others = renamed(&site.file.donors, call, RENAMED_MAX).into_iter();
        for (more, text) in std::iter::once(call.text().to_owned()).chain(others).enumerate() {
            drafts.replace(node, &text, nth(rank) + nth(more));
        }
    }
}

/// A short call of a function in the function around the node, or outside of all.
fn call_of<'s>(site: &Site<'s>, name: &str) -> Option<Node<'s>> {
    let is_of = |call: &&Node<'s>| {
        let callee = call.part(&["function"]).filter(|_| call.role() == Role::Call);
        callee.is_some_and(|callee| callee.text() == name) && call.range().len() <= VALUE_BYTES_MAX
    };
    let mut calls = site.near().expressions.nodes.iter().chain(&site.shared().expressions.nodes);
    calls.find(is_of).copied()
}

/// How many of the words of two names are in both, of those of the longer.
fn share(a: &BTreeSet<String>, b: &BTreeSet<String>) -> f64 {
    a.intersection(b).count() as f64 / a.len().max(b.len()).max(1) as f64
}

/// Whether a name of another function means something where the site is.
pub(super) fn is_known(site: &Site<'_>, name: &str) -> bool {
    let has = |pool: &Pool<'_>| pool.names.contains(name) || pool.callees.contains(name);
    site.file.imported.contains(name)
        || has(site.near())
        || has(site.shared())
        || name == site.own()
        || name.starts_with(char::is_uppercase)
        || site.language().reserved.contains(&name)
}
