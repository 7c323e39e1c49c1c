//! What a loop forgets each time round: `found = f(x)` → `found = found or f(x)`, `end = x.end` → `end = max(end, x.end)`.

use super::Template;
use super::condition::guarded;
use super::remember::in_loop;
use crate::repair::donor::{Assignment, assignment};
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::filled;
use crate::repair::syntax::Node;

pub const ACCUMULATE: Template =
    Template { name: "accumulate", cost: 2.4, on: &[Role::Assign], make: accumulate };

fn accumulate<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some(found) = assignment(site.node).filter(|found| !reads(found.value, found.name)) else {
        return;
    };
    let Some(outer) = in_loop(site.node) else { return };
    let start = outer.range().start;
    let earlier = site.near().assignments.iter().take_while(|it| it.at.range().start < start);
    let Some(begun) = earlier.filter(|it| it.name == found.name).last() else { return };
    for (rank, form) in forms(site, begun).into_iter().enumerate() {
        let operator = form.split(' ').nth(1).unwrap_or_default();
        let value = guarded(found.value, operator);
        drafts.replace(found.value, &filled(form, found.name, &value), nth(rank));
    }
}

/// How what is there and what comes are taken together; sums are another operator.
fn forms<'s>(site: &Site<'s>, begun: &Assignment<'_>) -> Vec<&'s str> {
    let language = site.language();
    let joins = |form: &&str| language.logicals.iter().any(|word| form.contains(word));
    let picks = |form: &&str| form.contains('(');
    let all = language.pairings.iter().copied();
    match begun.value.role() {
        // What is true is true until something is not, and the other way round.
        Role::Boolean if begun.value.text() == language.booleans.0 => all.filter(joins).collect(),
        Role::Boolean => all.rev().filter(joins).collect(),
        Role::String | Role::List | Role::Map | Role::Null => Vec::new(),
        _ => all.filter(picks).collect(),
    }
}

fn reads(value: Node<'_>, name: &str) -> bool {
    value.descendants().chain([value]).any(|part| part.role() == Role::Name && part.text() == name)
}
