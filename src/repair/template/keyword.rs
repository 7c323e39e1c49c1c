//! Another parameter of the function that is called by name: `f(size=1)` → `f(count=1)`.

use std::collections::BTreeSet;

use super::arguments::callee_name;
use super::insert::parameters;
use super::{Template, UNKNOWN};
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::similarity::ranked;
use crate::repair::site::{Drafts, Site};
use crate::repair::syntax::Node;

pub const KEYWORD: Template =
    Template { name: "keyword", cost: 2.6, on: &[Role::KeywordArgument], make: keyword };

const NAMES_MAX: usize = 8;

fn keyword<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (Some(name), Some(list)) = (site.node.part(&["name"]), site.node.parent()) else { return };
    let given: BTreeSet<&str> = labels(list).collect();
    let callee = callee_name(list).and_then(|name| site.file.donors.given().function(name));
    let taken = callee.map(parameters).unwrap_or_default();
    let is_unknown = site.hints.is_unknown(name.text());
    // What is called may be declared elsewhere: then what calls in this file give by name is known.
    let elsewhere = is_unknown.then(|| site.file.tree.nodes().flat_map(labels));
    let others = taken.into_iter().chain(elsewhere.into_iter().flatten());
    let others = others.filter(|other| !given.contains(other));
    let bonus = if is_unknown { -UNKNOWN } else { 0.0 };
    for (rank, other) in ranked(name.text(), others, NAMES_MAX).into_iter().enumerate() {
        drafts.put(name, other, bonus + nth(rank));
    }
}

/// The names that a list of arguments gives.
fn labels<'t>(list: Node<'t>) -> impl Iterator<Item = &'t str> {
    let all = (list.role() == Role::Arguments).then(|| list.parts()).into_iter().flatten();
    let labelled = all.filter(|part| part.role() == Role::KeywordArgument);
    labelled.filter_map(|part| part.part(&["name"])).map(Node::text)
}
