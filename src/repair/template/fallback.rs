//! What is taken where a value is not there, as the file has it elsewhere: `a` → `a || DEFAULTS.a`.

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
const SAME_NAME_MAX: usize = 2;

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
    for (rank, other) in of_the_same_name(node, &known).into_iter().chain(others).enumerate() {
        for (more, form) in forms.iter().enumerate() {
            drafts.replace(node, &filled(form, node.text(), &other), nth(rank) + nth(more));
        }
    }
}

/// What fallbacks are parts of, and its part by the node's own name: `DEFAULTS.tries` for `options.tries` where `DEFAULTS.every`
/// is one.
fn of_the_same_name(node: Node<'_>, known: &[Node<'_>]) -> Vec<String> {
    let name = node.last().filter(|_| node.role() == Role::Attribute).unwrap_or(node);
    if !name.is(&[Role::Name, Role::Field]) {
        return Vec::new();
    }
    let mut others: Vec<String> = Vec::new();
    let parts = known.iter().filter(|known| known.role() == Role::Attribute);
    for (object, part) in parts.filter_map(|known| known.first().zip(known.last())) {
        let end = part.range().start - object.range().start;
        let whole = &object.tree.text[object.range().start..][..end];
        let other = format!("{whole}{}", name.text());
        if other != node.text() && others.len() < SAME_NAME_MAX && !others.contains(&other) {
            others.push(other);
        }
    }
    others
}

/// Whether the names of a value of another function are known here.
fn means_something<'s>(site: &Site<'s>, value: Node<'s>) -> bool {
    let mut parts = value.descendants().chain([value]);
    parts.all(|part| part.role() != Role::Name || is_known(site, part.text()))
}
