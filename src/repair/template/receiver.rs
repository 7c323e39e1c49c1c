//! Whose it is: `count` → `self.count`, `self.count` → `count`, `node` → `node.value`, `node.parent.parent` → `node.parent`.

use super::Template;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::similarity::similarity;
use crate::repair::site::{Drafts, Site};

pub const OWN: Template = Template { name: "own-field", cost: 3.2, on: &[Role::Name], make: own };
pub const FIELD: Template = Template {
    name: "add-field",
    cost: 4.2,
    on: &[Role::Name, Role::Index, Role::Call],
    make: add_field,
};
pub const LOCAL: Template =
    Template { name: "local", cost: 2.8, on: &[Role::Attribute], make: local };
pub const SHORTEN: Template =
    Template { name: "shorten", cost: 3.6, on: &[Role::Attribute], make: shorten };

const FIELDS_MAX: usize = 6;
/// What it takes off that the field was read of what was nothing.
const TOO_FAR: f64 = 1.2;
/// What it takes off that it is the same field once more.
const TWICE: f64 = 0.8;

fn own<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (own, text) = (site.own(), site.node.text());
    if text == own || !site.near().names.contains(own) {
        return;
    }
    let known = if is_callee(site.node) { &site.shared().methods } else { &site.shared().fields };
    for field in known.iter().filter(|field| similarity(field, text) > 0.6) {
        drafts.put(site.node, format!("{}.{field}", own), 1.0 - similarity(field, text));
    }
}

fn add_field<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let is_part = site.node.parent().is_some_and(|parent| parent.role() == Role::Attribute);
    if is_callee(site.node) || is_part {
        return;
    }
    let fields = site.near().fields.iter().chain(site.shared().fields.iter());
    for (rank, field) in fields.take(FIELDS_MAX).enumerate() {
        drafts.put(site.node, format!("{}.{field}", site.node.text()), nth(rank));
    }
}

fn local<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some(field) = site.node.last().filter(|_| !is_callee(site.node)) else { return };
    if site.near().names.contains(field.text()) {
        drafts.put(site.node, field.text(), 0.0);
    }
}

/// Not as far along a chain of fields.
fn shorten<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let is_inner = site.node.parent().is_some_and(|parent| parent.role() == Role::Attribute);
    let (Some(object), Some(field)) = (site.node.first(), site.node.last()) else { return };
    if is_callee(site.node) || is_inner || object.role() != Role::Attribute {
        return;
    }
    let is_same = object.last().is_some_and(|last| last.text() == field.text());
    let is_too_far = site.hints.reads_of_nothing(field.text());
    let signs = [(is_same, TWICE), (is_too_far, TOO_FAR)];
    let off: f64 = signs.iter().filter(|(is, _)| *is).map(|(_, off)| off).sum();
    drafts.put(site.node, object.text(), -off);
}
