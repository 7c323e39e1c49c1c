//! What is taken where a value is not there, as the file has it elsewhere: `a` → `a || DEFAULTS.a`.

use std::collections::BTreeSet;

use super::Template;
use super::call::is_known;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::rank::nth;
use crate::repair::similarity::ranked;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::filled;
use crate::repair::syntax::Node;

pub const FALLBACK: Template = Template {
    name: "fallback",
    cost: 3.2,
    on: &[Role::Name, Role::Attribute, Role::Index, Role::Call],
    make: fallback,
};

const FALLBACKS_MAX: usize = 6;

fn fallback<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (node, language) = (site.node, site.language());
    let is_value = matches!(
        place(node),
        Some(Place::Assigned | Place::Returned | Place::Argument | Place::Element | Place::Operand)
    );
    if !is_value || is_callee(node) || drafts.is_too_dear(0.0) {
        return;
    }
    let joins = |form: &&&str| language.logicals.iter().any(|word| form.contains(word));
    let forms: Vec<&&str> = language.combinations.iter().filter(joins).collect();
    if forms.is_empty() {
        return;
    }
    let known = site.shared().fallbacks.nodes.iter().filter(|known| means_something(site, **known));
    let known: Vec<Node<'s>> = known.copied().filter(|known| known.text() != node.text()).collect();
    let texts = known.iter().map(|known| known.text());
    let others = ranked(node.text(), texts, FALLBACKS_MAX).into_iter().map(str::to_owned);
    let mut all = of_the_same_name(site, &known);
    all.extend(others);
    let mut seen = BTreeSet::new();
    all.retain(|other| seen.insert(other.clone()));
    for (rank, other) in all.iter().enumerate() {
        for (more, form) in forms.iter().enumerate() {
            drafts.replace(node, &filled(form, node.text(), other), nth(rank) + nth(more));
        }
    }
}

/// What a fallback is a part of, and its part by the node's own name: `DEFAULTS.tries` for `options.tries` where
/// `DEFAULTS.every` is one.
fn of_the_same_name<'s>(site: &Site<'s>, known: &[Node<'s>]) -> Vec<String> {
    let name = site.node.last().filter(|_| site.node.role() == Role::Attribute);
    let Some(name) = name.map(Node::text) else { return Vec::new() };
    let parts = known.iter().filter(|known| known.role() == Role::Attribute);
    let parts = parts.filter_map(|known| known.first().zip(known.last()));
    let has = |object: &Node<'_>| {
        site.file.imported.contains(object.text()) || site.file.donors.given().is_key(name)
    };
    let others = parts.filter(|(object, _)| has(object)).map(|(object, part)| {
        let start = object.range().start;
        format!("{}{name}", &object.tree.text[start..part.range().start])
    });
    others.filter(|other| other != site.node.text()).take(1).collect()
}

/// Whether the names of a value of another function are known here.
fn means_something<'s>(site: &Site<'s>, value: Node<'s>) -> bool {
    let mut parts = value.descendants().chain([value]);
    parts.all(|part| part.role() != Role::Name || is_known(site, part.text()))
}
