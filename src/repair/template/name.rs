//! Another name: `left` → `right`, `obj.width` → `obj.height`, `find(x)` → `count(x)`, `Kind::A` → `Kind::B`.

use super::Template;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::similarity::{ranked, ranked_by, similarity};
use crate::repair::site::{Drafts, Site};

pub const VARIABLE: Template =
    Template { name: "variable", cost: 2.8, on: &[Role::Name], make: variable };
pub const FUNCTION: Template =
    Template { name: "function", cost: 3.0, on: &[Role::Name], make: function };
pub const FIELD: Template = Template { name: "field", cost: 3.0, on: &[Role::Field], make: field };
pub const VARIANT: Template =
    Template { name: "variant", cost: 1.5, on: &[Role::Path], make: variant };

/// Names offered for one place.
const NAMES_MAX: usize = 14;

fn variable<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let reserved = site.language().reserved;
    let is_package = reserved.contains(&site.node.text())
        && site.node.text() != site.language().own
        && site.node.parent().is_some_and(|parent| parent.role() == Role::Attribute);
    if is_callee(site.node) || is_package {
        return;
    }
    let names = site
        .near()
        .names
        .iter()
        .chain(site.shared().names.iter())
        .filter(|name| !reserved.contains(name));
    let near = site.near();
    let text = site.node.text();
    let score = |name: &str| similarity(text, name) + 0.6 * near.kinship(text, name);
    for (rank, name) in ranked_by(text, names, NAMES_MAX, score).into_iter().enumerate() {
        drafts.put(site.node, name, nth(rank));
    }
}

fn function<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if is_callee(site.node) {
        offer(site, drafts, site.near().callees.iter().chain(site.shared().callees.iter()));
    }
}

fn field<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if site.node.parent().is_none_or(|parent| parent.role() != Role::Attribute) {
        return;
    }
    let is_method = site.node.parent().is_some_and(is_callee);
    match is_method {
        true => offer(site, drafts, site.near().methods.iter().chain(site.shared().methods.iter())),
        false => {
            let declared = site.file.donors.members_beside(site.node);
            let seen = site.near().fields.iter().chain(site.shared().fields.iter());
            offer(site, drafts, seen.chain(declared));
        }
    }
}

/// Another variant of the same type: `Error::Day` → `Error::Month`.
fn variant<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (text, others) = (site.node.text(), site.file.donors.members_beside(site.node));
    let Some(name) = site.node.last() else { return };
    let head = &text[..name.range().start - site.node.range().start];
    for (rank, other) in ranked(name.text(), others.into_iter(), NAMES_MAX).into_iter().enumerate()
    {
        drafts.put(site.node, format!("{head}{other}"), nth(rank));
    }
}

fn offer<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>, names: impl Iterator<Item = &'s str>) {
    for (rank, name) in ranked(site.node.text(), names, NAMES_MAX).into_iter().enumerate() {
        drafts.put(site.node, name, nth(rank));
    }
}
