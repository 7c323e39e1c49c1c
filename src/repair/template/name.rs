//! Another name: `left` → `right`, `obj.width` → `obj.height`, `find(x)` → `count(x)`, `Kind::A` → `Kind::B`.

use super::Template;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::similarity::{ranked, ranked_by, similarity};
use crate::repair::site::{Drafts, Site};
use crate::repair::syntax::Node;

pub const VARIABLE: Template =
    Template { name: "variable", cost: 2.8, on: &[Role::Name], make: variable };
pub const FUNCTION: Template =
    Template { name: "function", cost: 3.0, on: &[Role::Name], make: function };
pub const FIELD: Template = Template { name: "field", cost: 3.0, on: &[Role::Field], make: field };
pub const VARIANT: Template =
    Template { name: "variant", cost: 1.5, on: &[Role::Path], make: variant };

/// What it is worth to a field that things of such a name have it.
const KIN: f64 = 0.3;
/// Names offered for one place.
const NAMES_MAX: usize = 14;
/// The same where the name is known to be wrong.
const UNKNOWN_NAMES_MAX: usize = 48;
/// Functions that are there and that nothing calls, for one call.
const UNCALLED_MAX: usize = 4;
/// What names that other files declare cost more where something uses them.
const ELSEWHERE: f64 = 0.8;
/// At least as many of them are of its own function, if that has so many: a long file has names that are alike by chance.
const NEAR_MIN: usize = 10;

fn variable<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let reserved = site.language().reserved;
    let is_package = reserved.contains(&site.node.text())
        && site.node.text() != site.language().own
        && site.node.parent().is_some_and(|parent| parent.role() == Role::Attribute);
    if is_callee(site.node) || is_package {
        return;
    }
    let is_free = |name: &&str| !reserved.contains(name);
    let near = site.near().names.iter().filter(is_free);
    let shared = site.shared().names.iter().filter(is_free);
    offer(site, drafts, near, shared, &|text, name| 0.6 * site.near().kinship(text, name));
}

fn function<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if is_callee(site.node) {
        let (near, shared) = (site.near().callees.iter(), site.shared().callees.iter());
        offer(site, drafts, near, shared, &|_, _| 0.0);
        let uncalled = ranked(site.node.text(), site.uncalled(), UNCALLED_MAX);
        for (rank, name) in uncalled.into_iter().enumerate() {
            drafts.put(site.node, name, nth(rank));
        }
        if site.language().shares_folder && !drafts.is_too_dear(0.0) {
            let all = site.declared.functions_like(site.node.text(), site.vocabulary);
            elsewhere(site, drafts, &all);
        }
    }
}

fn field<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let is_part = site.node.parent().is_some_and(|parent| parent.role() == Role::Attribute);
    if !is_part || drafts.is_too_dear(0.0) {
        return;
    }
    let is_method = site.node.parent().is_some_and(is_callee);
    match is_method {
        true => {
            let (near, shared) = (site.near().methods.iter(), site.shared().methods.iter());
            offer(site, drafts, near, shared.chain(declared(site)), &|_, _| 0.0);
            let all = site.declared.methods_like(site.node.text(), site.vocabulary);
            elsewhere(site, drafts, &all);
        }
        false => {
            let declared = site.file.donors.members_beside(site.node);
            let shared = site.shared().fields.iter().chain(declared);
            let object = site.node.parent().and_then(Node::first).map_or("", Node::text);
            let kin = site.file.donors.objects().fields_of_kin(object);
            let is_kin = |_: &str, name: &str| if kin.contains(name) { KIN } else { 0.0 };
            offer(site, drafts, site.near().fields.iter(), shared, &is_kin);
        }
    }
}

/// Names that are declared, whether anything near uses them or not.
fn elsewhere<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>, names: &[&str]) {
    for (rank, name) in names.iter().enumerate() {
        let unused = if site.vocabulary.is_rare(name) { 0.0 } else { ELSEWHERE };
        drafts.put(site.node, *name, unused + nth(rank));
    }
}

/// Where a name is known to be wrong, methods that are declared, whether anything calls them yet or not.
fn declared<'s>(site: &Site<'s>) -> impl Iterator<Item = &'s str> {
    let all = site.is_unknown().then(|| site.file.donors.given().methods());
    all.into_iter().flatten()
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

/// Names like the one at a site, by what is alike in them and in their use.
fn offer<'s>(
    site: &Site<'s>,
    drafts: &mut Drafts<'s>,
    near: impl Iterator<Item = &'s str>,
    shared: impl Iterator<Item = &'s str>,
    use_alike: &dyn Fn(&str, &str) -> f64,
) {
    let text = site.node.text();
    let n_max = if site.is_unknown() { UNKNOWN_NAMES_MAX } else { NAMES_MAX };
    let score = |name: &str| similarity(text, name) + use_alike(text, name);
    let near = ranked_by(text, near, n_max, score);
    let (first, rest) = near.split_at(near.len().min(NEAR_MIN));
    let others = shared.chain(rest.iter().copied()).filter(|name| !first.contains(name));
    let others = ranked_by(text, others, n_max - first.len(), score);
    let names = first.iter().chain(&others).copied();
    for (rank, name) in ranked_by(text, names, n_max, score).into_iter().enumerate() {
        drafts.put(site.node, name, nth(rank));
    }
}
