//! Variables that nothing reads and imported functions that nothing calls, where they may have been forgotten:
//! `max(widths)` → `min(max(widths), limit)`, `f(a)` → `f(a, b)`, `cell` → `shorten(cell, width)`.

use super::Template;
use super::arguments::insert;
use super::condition::guarded;
use super::insert::add_after;
use super::lines::STATEMENTS;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site, tight};
use crate::repair::statement::{filled, is_statement};
use crate::repair::syntax::Node;

const VALUES: &[Role] = &[
    Role::Name,
    Role::Attribute,
    Role::Call,
    Role::Index,
    Role::Arithmetic,
    Role::Comparison,
    Role::Logical,
    Role::Not,
    Role::Comprehension,
    Role::List,
];

pub const VALUE: Template = Template { name: "take-up", cost: 3.3, on: VALUES, make: in_value };
pub const CALL: Template = Template { name: "take-up", cost: 2.5, on: VALUES, make: in_call };
pub const ARGUMENT: Template = Template {
    name: "take-up",
    cost: 3.1,
    on: &[Role::Arguments, Role::List, Role::Tuple],
    make: as_argument,
};
pub const VARIABLE: Template =
    Template { name: "take-up", cost: 4.1, on: STATEMENTS, make: into_variable };

const FORGOTTEN_MAX: usize = 3;
const NAMES_MAX: usize = 6;

/// Variables that are introduced before `end` and fields that nothing reads.
fn forgotten(site: &Site<'_>, end: usize) -> Vec<String> {
    let near = site.near();
    let unread = near.unread();
    let before = near.names.nodes.iter().filter(|name| name.range().start < end);
    let forgotten = before.map(|name| name.text()).filter(|name| unread.contains(name));
    let forgotten = forgotten.filter(|name| *name != site.own()).map(str::to_owned);
    let is_method = near.names.contains(site.own());
    let fields = near.unread_fields.iter().filter(|_| is_method);
    let fields = fields.map(|field| format!("{}.{field}", site.own()));
    forgotten.chain(fields).take(FORGOTTEN_MAX).collect()
}

/// A value and a variable: `a` → `a + b`, `if a` → `if a and not b`.
fn in_value<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (node, language) = (site.node, site.language());
    let Some(place) = place(node).filter(|_| !is_callee(node)) else { return };
    for (rank, name) in forgotten(site, node.range().start).into_iter().enumerate() {
        if place == Place::Condition {
            let others = [name.clone(), format!("{}{name}", language.not)];
            let pairs = language
                .logicals
                .iter()
                .take(2)
                .flat_map(|op| others.iter().map(move |other| (op, other)));
            for (more, (operator, other)) in pairs.enumerate() {
                let text = format!("{} {operator} {other}", guarded(node, operator));
                drafts.put(node, text, nth(rank) + nth(more));
            }
            continue;
        }
        if node.is(&[Role::Comparison, Role::Logical, Role::Not]) {
            continue;
        }
        let forms = language.pairings.iter().chain(language.combinations);
        for (more, form) in forms.enumerate() {
            let is_sum = form.starts_with("$a +") || form.starts_with("$a -");
            let is_loose = form.contains('(') || node.role() == Role::Arithmetic && is_sum;
            let text = if is_loose { node.text().to_owned() } else { tight(node.text()) };
            drafts.replace(node, &filled(form, &text, &name), nth(rank) + nth(more));
        }
    }
}

/// A value as an argument of an imported function, alone or with a variable.
fn in_call<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let is_stored = node.is(&[Role::Name, Role::Attribute, Role::Index]);
    let place = place(node).filter(|place| *place != Place::Condition || is_stored);
    if site.file.uncalled.is_empty() || is_callee(node) || drafts.is_too_dear(0.0) {
        return;
    }
    let Some(place) = place else { return };
    let (text, own) = (node.text(), site.own());
    let is_whole =
        matches!(place, Place::Returned | Place::Assigned | Place::Argument | Place::Element);
    let names: Vec<&str> = nearby(site)
        .into_iter()
        .filter(|name| is_whole && *name != text && *name != own)
        .take(NAMES_MAX)
        .collect();
    for (rank, function) in site.uncalled().take(FORGOTTEN_MAX).enumerate() {
        let extra = nth(rank);
        drafts.replace(node, &format!("{function}({text})"), extra);
        for (more, name) in names.iter().enumerate() {
            drafts.replace(node, &format!("{function}({text}, {name})"), extra + 0.2 + nth(more));
            drafts.replace(node, &format!("{function}({name}, {text})"), extra + 0.6 + nth(more));
        }
    }
}

/// Variables of the function, those of the same statement first.
fn nearby<'s>(site: &Site<'s>) -> Vec<&'s str> {
    let statement = site.node.statement().into_iter().flat_map(Node::descendants);
    let beside =
        statement.filter(|node| node.is(&[Role::Name, Role::Binding]) && !is_callee(*node));
    let all = beside.map(Node::text).chain(site.near().names.iter());
    let mut names: Vec<&str> = Vec::new();
    for name in all {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// One more argument or element, at any place, by its own name, or by one that the function is known to take.
fn as_argument<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let callee = super::arguments::callee_name(node);
    let known = site.language().arguments.iter().filter(|(name, _)| Some(*name) == callee);
    let keys: Vec<&str> = known
        .flat_map(|(_, more)| *more)
        .filter_map(|argument| Some(argument.split_once('=')?.0))
        .collect();
    let takes_by_name =
        node.role() == Role::Arguments && site.language().has(Role::KeywordArgument);
    for (rank, name) in forgotten(site, node.range().start).into_iter().enumerate() {
        let n_parts = node.parts().count();
        for index in 0..=n_parts {
            insert(node, drafts, index, &name, nth(rank) + nth(n_parts - index));
        }
        if takes_by_name && !name.contains('.') {
            insert(node, drafts, usize::MAX, &format!("{name}={name}"), nth(rank) + 0.2);
        }
        for (more, key) in keys.iter().enumerate() {
            insert(node, drafts, usize::MAX, &format!("{key}={name}"), nth(rank) + nth(more));
        }
    }
}

/// What was computed becomes the value of a variable that was there before.
fn into_variable<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    if !is_statement(node) {
        return;
    }
    let near = site.near();
    let known = near.names.nodes.iter().filter(|name| name.range().start < node.range().start);
    let known: Vec<&str> = known.map(|name| name.text()).collect();
    for (rank, name) in forgotten(site, node.range().end).into_iter().enumerate() {
        let others = known.iter().filter(|other| **other != name && near.is_assigned(other));
        for (more, other) in others.take(NAMES_MAX).enumerate() {
            let text = filled(site.language().snippets.assign, other, &name);
            add_after(site, drafts, &text, nth(rank) + nth(more));
        }
    }
}
