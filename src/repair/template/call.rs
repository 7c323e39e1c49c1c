//! The value in a call like one of the file: `part` → `pattern.exec(part)`, `day` → `day.startOf("month")`; a call of what is
//! seldom meant as a value, or is one that nothing is done with: `self` → `self.text()`, `items` → `items.sort()`.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::Template;
use crate::repair::donor::{Called, Pool, is_callee};
use crate::repair::language::Role;
use crate::repair::place::place;
use crate::repair::rank::nth;
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
