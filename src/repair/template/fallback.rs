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
    let known = known.map(|known| known.text()).filter(|known| *known != node.text());
    for (rank, other) in ranked(node.text(), known, FALLBACKS_MAX).into_iter().enumerate() {
        for (more, form) in forms.iter().enumerate() {
            drafts.replace(node, &filled(form, node.text(), other), nth(rank) + nth(more));
        }
    }
}

/// Whether the names of a value of another function are known here.
fn means_something<'s>(site: &Site<'s>, value: Node<'s>) -> bool {
    let mut parts = value.descendants().chain([value]);
    parts.all(|part| part.role() != Role::Name || is_known(site, part.text()))
}
