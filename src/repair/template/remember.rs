//! What a function looks at but does not keep up: a collection that is asked and never filled, a count that stays as it
//! began, a variable that is used up in a loop and not begun anew.

use super::Template;
use super::insert::{add_after, insert};
use super::lines::STATEMENTS;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::{before, filled, is_statement};
use crate::repair::syntax::Node;

pub const FILL: Template = Template { name: "remember", cost: 2.8, on: STATEMENTS, make: fill };
pub const COUNT: Template = Template { name: "count", cost: 1.8, on: STATEMENTS, make: count };
pub const ANEW: Template = Template { name: "begin-anew", cost: 3.4, on: STATEMENTS, make: anew };

/// Methods that ask a collection for something.
const LOOKUPS: &[&str] = &["has", "get", "includes", "contains", "contains_key"];
const LOOKUPS_MAX: usize = 4;
const VALUES_MAX: usize = 4;
const COUNTS_MAX: usize = 4;
const TEXT_MAX: usize = 40;

/// A collection and what it is asked for.
struct Lookup<'s> {
    at: Node<'s>,
    collection: &'s str,
    key: &'s str,
}

fn fill<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some(function) = node.function().filter(|_| is_statement(node)) else { return };
    let lookups = function.descendants().filter_map(lookup);
    let earlier = lookups.filter(|lookup| lookup.at.range().start < node.range().end);
    for (rank, lookup) in earlier.take(LOOKUPS_MAX).enumerate() {
        let key = lookup.key.trim_start_matches('&');
        let forms = site.language().snippets.fills.iter();
        for (more, form) in forms.enumerate() {
            if function.text().contains(&begun(form, &lookup)) {
                continue;
            }
            for (other, value) in values(site, form, key).into_iter().enumerate() {
                let text = filled(&form.replace("$c", value), lookup.collection, key);
                let extra = nth(rank) + nth(more) + nth(other);
                add_after(site, drafts, &text, extra);
                if !drafts.is_too_dear(extra) {
                    insert(site, drafts, before(site.file, node, &text), &text, extra + 0.2);
                }
            }
        }
    }
}

/// A form up to what varies: `seen.add(`; of an element up to its value, because asking for it looks the same.
fn begun(form: &str, lookup: &Lookup<'_>) -> String {
    let end = if form.starts_with("$a[") { "$c" } else { "$b" };
    filled(form.split(end).next().unwrap_or_default(), lookup.collection, lookup.key)
}

/// What a form stores: variables, where it stores something.
fn values<'s>(site: &Site<'s>, form: &str, key: &str) -> Vec<&'s str> {
    if !form.contains("$c") {
        return vec![""];
    }
    let near = site.near();
    let names = near.names.nodes.iter().filter(|name| name.range().start < site.node.range().end);
    let names = names.map(|name| name.text()).filter(|name| *name != key && near.is_assigned(name));
    let mut names: Vec<&str> = names.collect();
    // What was computed last is what is kept.
    names.reverse();
    names.truncate(VALUES_MAX);
    names
}

fn lookup(node: Node<'_>) -> Option<Lookup<'_>> {
    let (collection, key) = match node.role() {
        Role::Comparison => {
            let containments = node.tree.language.containments;
            node.tokens().find(|token| containments.contains(&token.text()))?;
            (node.last()?, node.first()?)
        }
        Role::Call => {
            let callee = node.part(&["function"]).filter(|callee| is_callee(*callee))?;
            callee.last().filter(|method| LOOKUPS.contains(&method.text()))?;
            (callee.first()?, node.part(&["arguments"])?.first()?)
        }
        // Where there is neither, an element is asked for.
        Role::Index if node.tree.language.containments.is_empty() => (node.first()?, node.last()?),
        _ => return None,
    };
    let is_place = collection.is(&[Role::Name, Role::Attribute, Role::Path]);
    let is_short = collection.text().len() + key.text().len() < TEXT_MAX;
    let fits = is_place && is_short && !key.is(&[Role::Integer, Role::String, Role::Range]);
    fits.then_some(Lookup { at: node, collection: collection.text(), key: key.text() })
}

/// A variable's first value.
struct Beginning<'s> {
    at: Node<'s>,
    name: &'s str,
    value: Node<'s>,
}

/// Variables of the function that begin with a literal or an empty collection, before `node`.
fn beginnings<'s>(function: Node<'s>, node: Node<'s>) -> impl Iterator<Item = Beginning<'s>> {
    let start = node.range().start;
    let earlier = function.descendants().take_while(move |other| other.range().start < start);
    earlier.filter(|other| other.role() == Role::Assign).filter_map(|at| {
        let name = at.part(&["left", "pattern", "name"])?;
        let value = at.part(&["right", "value"])?;
        let only =
            |list: Node<'s>| if list.role() == Role::Values { list.first() } else { Some(list) };
        let (name, value) = (only(name)?, only(value)?);
        let is_plain = name.is(&[Role::Name, Role::Binding]);
        let is_literal =
            value.is(&[Role::Integer, Role::Float, Role::String, Role::Boolean, Role::Null])
                || value.is(&[Role::List, Role::Map]) && value.parts().next().is_none();
        (is_plain && is_literal).then_some(Beginning { at, name: name.text(), value })
    })
}

/// A count that stays as it began.
fn count<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (node, snippets) = (site.node, &site.language().snippets);
    let Some(function) = node.function().filter(|_| is_statement(node)) else { return };
    let changes = |name: &str| {
        let is_write = |other: &Node<'_>| {
            let writes = other.is(&[Role::Assign, Role::AugmentedAssign]);
            let left = other.part(&["left", "pattern", "name"]).or(other.first());
            writes && left.is_some_and(|left| left.text() == name)
        };
        let stepped =
            ["++", "--"].iter().any(|step| function.text().contains(&format!("{name}{step}")));
        stepped || function.descendants().filter(is_write).count() > 1
    };
    let counts = beginnings(function, node)
        .filter(|begun| begun.value.is(&[Role::Integer, Role::Boolean]) && !changes(begun.name));
    for (rank, begun) in counts.take(COUNTS_MAX).enumerate() {
        let (yes, no) = site.language().booleans;
        let forms: Vec<String> = if begun.value.role() == Role::Boolean {
            let other = if begun.value.text() == yes { no } else { yes };
            vec![filled(snippets.assign, begun.name, other)]
        } else {
            snippets.updates.iter().take(2).map(|form| filled(form, begun.name, "")).collect()
        };
        for (more, text) in forms.iter().enumerate() {
            add_after(site, drafts, text, nth(rank) + nth(more));
        }
    }
}

/// A variable that a statement of a loop has used up gets the value it began with.
fn anew<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some(function) = node.function().filter(|_| is_statement(node)) else { return };
    let Some(outer) = node.ancestors().find(|outer| outer.is(&[Role::Loop, Role::While])) else {
        return;
    };
    let uses = |name: &str| {
        node.descendants().any(|other| other.role() == Role::Name && other.text() == name)
    };
    let begun =
        beginnings(function, outer).filter(|begun| begun.at.id() != node.id() && uses(begun.name));
    for (rank, begun) in begun.take(COUNTS_MAX).enumerate() {
        let text = filled(site.language().snippets.assign, begun.name, begun.value.text());
        add_after(site, drafts, &text, nth(rank));
    }
}
