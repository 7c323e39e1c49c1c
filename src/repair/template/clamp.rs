//! A value held to a bound: `start + size` → `min(start + size, len(rows))`, `count` → `Math.min(count, line.count)`.

use super::Template;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::rank::nth;
use crate::repair::similarity::ranked;
use crate::repair::site::{Drafts, Site, tight};
use crate::repair::statement::filled;
use crate::repair::syntax::Node;
use crate::repair::usage::words;

pub const CLAMP: Template = Template {
    name: "clamp",
    cost: 3.5,
    on: &[Role::Name, Role::Attribute, Role::Call, Role::Index, Role::Arithmetic],
    make: clamp,
};

const NAMES_MAX: usize = 4;
const LENGTHS_MAX: usize = 2;
const FIELDS_MAX: usize = 2;
const FIELD_BYTES_MAX: usize = 24;

fn clamp<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let extra = match place(node) {
        Some(Place::Assigned | Place::Bound) => 0.0,
        Some(Place::Returned) => 0.2,
        Some(Place::Argument | Place::Operand) => 0.8,
        Some(Place::Condition | Place::Iterable | Place::Key | Place::Element) | None => return,
    };
    let &[most, least, ..] = site.language().pairings else { return };
    if is_callee(node) || drafts.is_too_dear(extra) {
        return;
    }
    // Nothing is held to what it is made of.
    let own: Vec<&str> = words(node.text()).collect();
    let bounds = bounds(site).into_iter();
    let bounds = bounds.filter(|bound| words(bound).any(|word| !own.contains(&word)));
    for (rank, bound) in bounds.enumerate() {
        for (more, form) in [least, most].into_iter().enumerate() {
            let value =
                if form.starts_with("$a.") { tight(node.text()) } else { node.text().to_owned() };
            drafts.replace(node, &filled(form, &value, &bound), extra + nth(rank) + nth(more));
        }
    }
}

/// What a value may not pass: fields of like names, variables, and how long things are.
fn bounds(site: &Site<'_>) -> Vec<String> {
    let near = site.near();
    let is_field = |node: &&Node<'_>| {
        node.role() == Role::Attribute && node.text().len() < FIELD_BYTES_MAX && !is_callee(**node)
    };
    let fields = near.expressions.nodes.iter().filter(is_field).map(|node| node.text());
    let fields = ranked(site.node.text(), fields, FIELDS_MAX).into_iter().map(str::to_owned);
    let (long, plain): (Vec<&str>, Vec<&str>) = site
        .names_near()
        .filter(|name| *name != site.own() && near.is_bound(name))
        .partition(|name| near.is_collection(name));
    let lengths = long.into_iter().take(LENGTHS_MAX);
    let lengths = lengths.map(|name| filled(site.language().length, name, ""));
    fields.chain(plain.into_iter().take(NAMES_MAX).map(str::to_owned)).chain(lengths).collect()
}
