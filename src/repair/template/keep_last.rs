//! What a condition compares with and nothing keeps up: `if x != last: …` → and `last = x`, as for the largest so far.

use super::Template;
use super::insert::add_after;
use super::lines::STATEMENTS;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::{filled, is_statement};
use crate::repair::syntax::Node;

pub const LAST: Template = Template { name: "keep-last", cost: 2.4, on: STATEMENTS, make: last };

const COMPARISONS_MAX: usize = 4;
/// For a statement that is not where the condition holds.
const BESIDE: f64 = 0.4;

fn last<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let near = site.near();
    if !is_statement(site.node) || near.idle().is_empty() || drafts.is_too_dear(0.0) {
        return;
    }
    let comparisons = near.conditions.nodes.iter().filter(|it| it.role() == Role::Comparison);
    let kept = comparisons.filter_map(|it| Some((*it, compared(site, *it)?)));
    for (rank, (comparison, (name, value))) in kept.take(COMPARISONS_MAX).enumerate() {
        let Some(extra) = distance(site.node, comparison) else { continue };
        let text = filled(site.language().snippets.assign, name, value);
        add_after(site, drafts, &text, extra + nth(rank));
    }
}

/// The side of a comparison that nothing keeps up, and what it is compared with.
fn compared<'s>(site: &Site<'s>, comparison: Node<'s>) -> Option<(&'s str, &'s str)> {
    let sides = comparison.first().zip(comparison.last())?;
    let is_idle = |side: Node<'s>| {
        side.role() == Role::Name && site.near().idle().iter().any(|it| it.name == side.text())
    };
    // What is called may do something, and do it twice.
    let varies = |side: Node<'s>| {
        let literal = [Role::Integer, Role::Float, Role::String, Role::Null, Role::Boolean];
        let mut parts = side.descendants().chain([side]);
        !side.is(&literal) && !parts.any(|part| part.role() == Role::Call)
    };
    let containments = site.language().containments;
    if comparison.tokens().any(|token| containments.contains(&token.kind())) {
        return None;
    }
    let (one, other) = if is_idle(sides.0) { sides } else { (sides.1, sides.0) };
    (is_idle(one) && varies(other)).then(|| (one.text(), other.text()))
}

/// How much less likely a statement is the place: it stands where the condition holds, or in the same loop.
fn distance(statement: Node<'_>, comparison: Node<'_>) -> Option<f64> {
    let at = comparison.range();
    let decides = |outer: Node<'_>| {
        let parts = outer.part(&["condition"]).zip(outer.part(&["consequence", "body"]));
        outer.role() == Role::If
            && parts.is_some_and(|(condition, then)| {
                condition.holds(&at) && then.holds(&statement.range())
            })
    };
    if statement.ancestors().any(decides) {
        return Some(0.0);
    }
    let mut around = statement.ancestors();
    around.any(|outer| outer.is(&[Role::Loop, Role::While]) && outer.holds(&at)).then_some(BESIDE)
}
