//! An early return where a parameter, or what was just computed, is nothing: `return a / b` → `if b == 0: return 0` before it.

use super::Template;
use super::condition::predicates;
use super::insert::{first_statement, insert, parameters};
use crate::repair::hints::Sign;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::{after, before, filled, is_statement};
use crate::repair::syntax::Node;
use crate::repair::way_out::{results, ways_out};

pub const GUARD: Template =
    Template { name: "guard", cost: 3.5, on: &[Role::Function], make: guard };
pub const GUARD_VALUE: Template =
    Template { name: "guard", cost: 3.9, on: &[Role::Assign], make: guard_value };

const NAMES_MAX: usize = 6;
const RESULTS_MAX: usize = 3;
/// What it costs more to ask what only a function knows.
const ASKED: f64 = 0.4;

/// An early return when a parameter is nothing.
fn guard<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let snippets = &site.language().snippets;
    let Some(first) = first_statement(site.node) else { return };
    let results = results(site, snippets.blanks);
    refuse_asked(site, drafts, first, &results);
    for (i, name) in by_danger(site, parameters(site.node)).into_iter().take(NAMES_MAX).enumerate()
    {
        for (j, nothing) in snippets.nothings.iter().enumerate() {
            let zero =
                if site.hints.has(Sign::Zero) && nothing.ends_with("== 0") { -1.0 } else { 0.0 };
            for (k, result) in results.iter().copied().chain([name]).enumerate() {
                let text = filled(
                    snippets.guard,
                    &filled(nothing, name, ""),
                    &filled(snippets.result, result, ""),
                );
                let extra = zero + nth(i) + nth(j) + nth(k);
                if !drafts.is_too_dear(extra) {
                    insert(site, drafts, before(site.file, first, &text), &text, extra);
                }
            }
        }
    }
}

/// An early return when the file's own questions, asked of a parameter, say so.
fn refuse_asked<'s>(
    site: &Site<'s>,
    drafts: &mut Drafts<'s>,
    first: Node<'s>,
    results: &[&'s str],
) {
    let snippets = &site.language().snippets;
    if drafts.is_too_dear(ASKED) {
        return;
    }
    let asked = predicates(&Site { node: first, ..*site }, &parameters(site.node));
    for (i, atom) in asked.into_iter().enumerate() {
        for (j, result) in results.iter().take(RESULTS_MAX).enumerate() {
            let extra = ASKED + nth(i) + nth(j);
            if !drafts.is_too_dear(extra) {
                let text = filled(snippets.guard, &atom, &filled(snippets.result, result, ""));
                insert(site, drafts, before(site.file, first, &text), &text, extra);
            }
        }
    }
}

/// An early end when what was just computed is nothing.
fn guard_value<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let snippets = &site.language().snippets;
    let statement = site.node.statement().filter(|statement| is_statement(*statement));
    let (Some(statement), Some(function)) = (statement, site.node.function()) else { return };
    let bound = site.node.part(&["left", "pattern", "name"]);
    let bound = bound.into_iter().flat_map(|left| left.descendants().chain([left]));
    let bound = bound.filter(|node| node.is(&[Role::Binding, Role::Name])).map(Node::text);
    let ends = ways_out(&Site { node: statement, ..*site }, function);
    for (i, name) in bound.filter(|name| *name != "_").take(2).enumerate() {
        for (j, nothing) in snippets.nothings.iter().enumerate() {
            for (k, end) in ends.iter().enumerate() {
                let text = filled(snippets.guard, &filled(nothing, name, ""), end);
                let extra = nth(i) + nth(j) + nth(k);
                if !drafts.is_too_dear(extra) {
                    insert(site, drafts, after(site.file, statement, &text), &text, extra);
                }
            }
        }
    }
}

/// What is divided by comes first.
fn by_danger<'s>(site: &Site<'s>, mut names: Vec<&'s str>) -> Vec<&'s str> {
    let divisors = divisors(site);
    names.sort_by_key(|name| !divisors.contains(name));
    names
}

/// What the node divides by, as it is written.
pub(super) fn divisors<'s>(site: &Site<'s>) -> Vec<&'s str> {
    let divisions = site.language().divisions;
    let divides = |node: &Node<'_>| {
        let signs = node.tokens().map(|token| token.kind().trim_end_matches('='));
        node.is(&[Role::Arithmetic, Role::AugmentedAssign])
            && signs.into_iter().any(|sign| divisions.contains(&sign))
    };
    let all = site.node.descendants().chain([site.node]).filter(divides);
    all.filter_map(Node::last).map(Node::text).collect()
}
