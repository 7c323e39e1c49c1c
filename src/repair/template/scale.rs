//! A value as a share of another: `discount` → `1 - discount`, `sum(values)` → `sum(values) / len(values)`, `n` → `n % 7`.

use super::Template;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site, tight};
use crate::repair::statement::filled;
use crate::repair::syntax::Node;

const VALUES: &[Role] = &[Role::Name, Role::Attribute, Role::Call, Role::Index];

pub const REST: Template = Template { name: "rest", cost: 2.3, on: VALUES, make: rest };
pub const MEAN: Template =
    Template { name: "mean", cost: 2.2, on: &[Role::Call, Role::Name], make: mean };
pub const SCALE: Template = Template { name: "scale", cost: 3.7, on: VALUES, make: scale };

const NUMBERS_MAX: usize = 3;
const COLLECTIONS_MAX: usize = 2;

/// What a share leaves of the whole, or adds to it, where it is multiplied with something.
fn rest<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let is_factor = node.parent().is_some_and(|parent| {
        let scales = |token: Node<'_>| matches!(token.kind(), "*" | "/" | "*=" | "/=");
        parent.is(&[Role::Arithmetic, Role::AugmentedAssign]) && parent.tokens().any(scales)
    });
    if is_factor && place(node).is_some() && !is_callee(node) {
        for (rank, form) in ["1 - $a", "1 + $a"].into_iter().enumerate() {
            drafts.replace(node, &filled(form, node.text(), ""), nth(rank));
        }
    }
}

/// A sum by how many there are.
fn mean<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (node, form) = (site.node, site.language().share);
    if !matches!(place(node), Some(Place::Returned | Place::Assigned)) || is_callee(node) {
        return;
    }
    let summed = node.descendants().filter(|part| part.role() == Role::Name && !is_callee(*part));
    let summed = summed.map(Node::text).filter(|name| *name != site.own());
    let known = site.near().names.iter().filter(|name| site.near().is_collection(name));
    let mut collections: Vec<&str> = Vec::new();
    for name in summed.take(1).chain(known) {
        if name != node.text() && !collections.contains(&name) {
            collections.push(name);
        }
    }
    for (rank, name) in collections.into_iter().take(COLLECTIONS_MAX).enumerate() {
        drafts.put(node, filled(form, node.text(), name), nth(rank));
    }
}

/// So many times a number of the function or file, or that part of it.
fn scale<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let extra = match place(node) {
        Some(Place::Assigned | Place::Returned) => 0.0,
        Some(Place::Operand | Place::Bound) => 0.3,
        Some(Place::Argument | Place::Key | Place::Element) => 0.8,
        Some(Place::Condition | Place::Iterable) | None => return,
    };
    if is_callee(node) || drafts.is_too_dear(extra) {
        return;
    }
    let numbers = site.near().numbers.iter().chain(site.shared().numbers.iter());
    let mut known: Vec<&str> = Vec::new();
    for number in numbers.filter(|number| !matches!(*number, "0" | "1" | "0.0" | "1.0")) {
        if !known.contains(&number) {
            known.push(number);
        }
    }
    let operators = site.language().divisions.iter().chain(&["*"]);
    for (more, operator) in operators.enumerate() {
        for (rank, number) in known.iter().take(NUMBERS_MAX).enumerate() {
            let text = format!("{} {operator} {number}", tight(node.text()));
            drafts.replace(node, &text, extra + nth(rank) + nth(more));
        }
    }
}
