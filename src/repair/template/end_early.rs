//! An early end that is missing: `if i >= len(items): return None` before what needs more than there is.

use super::Template;
use super::condition::atoms;
use super::insert::{in_loop, insert, results};
use super::lines::STATEMENTS;
use crate::repair::hints::Sign;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::{before, filled, is_statement, statements};
use crate::repair::syntax::Node;

pub const BEFORE: Template =
    Template { name: "end-early", cost: 4.2, on: STATEMENTS, make: end_early };

const NEEDS_MAX: usize = 3;
const CONDITIONS_MAX: usize = 40;
const RESULTS_MAX: usize = 4;
/// What it takes off the cost that a failing test speaks of such a need.
const TOLD: f64 = 1.2;

fn end_early<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some(function) = node.function().filter(|_| is_statement(node)) else { return };
    if begins_loop(node) {
        return;
    }
    let is_told = [Sign::Bounds, Sign::Missing].iter().any(|sign| site.hints.has(*sign));
    let told = if is_told { -TOLD } else { 0.0 };
    if drafts.is_too_dear(told) {
        return;
    }
    let needs = needs(site).into_iter().enumerate().map(|(rank, need)| (told + nth(rank), need));
    let others = if drafts.is_too_dear(0.2) { Vec::new() } else { atoms(site) };
    let others = others.into_iter().take(CONDITIONS_MAX);
    let others = others.enumerate().map(|(rank, atom)| (0.2 + nth(rank), atom));
    let ends = ends(site, function);
    for (extra, condition) in needs.chain(others) {
        for (rank, end) in ends.iter().enumerate() {
            let extra = extra + nth(rank);
            if drafts.is_too_dear(extra) {
                break;
            }
            let text = filled(site.language().snippets.guard, &condition, end);
            insert(site, drafts, before(site.file, node, &text), &text, extra);
        }
    }
}

/// Whether it is what `skip` puts something before.
fn begins_loop(node: Node<'_>) -> bool {
    let Some(block) = node.parent() else { return false };
    let is_first = statements(block).next().is_some_and(|first| first.id() == node.id());
    is_first && block.parent().is_some_and(|outer| outer.is(&[Role::Loop, Role::While]))
}

/// That something which the statement asks a collection for is not there.
fn needs(site: &Site<'_>) -> Vec<String> {
    let language = site.language();
    let inner = [Role::Block, Role::Lambda, Role::Function];
    let is_within = |part: &Node<'_>| {
        let own = part.ancestors().take_while(|outer| outer.id() != site.node.id());
        !own.into_iter().any(|outer| outer.is(&inner))
    };
    let asked = site.node.descendants().filter(|part| part.role() == Role::Index);
    let mut needs: Vec<String> = Vec::new();
    for part in asked.filter(is_within).take(NEEDS_MAX) {
        let (Some(all), Some(key)) = (part.first(), part.last()) else { continue };
        if all.id() == key.id() {
            continue;
        }
        let past = format!("{} >= {}", key.text(), filled(language.length, all.text(), ""));
        let absent = filled(language.snippets.absent, all.text(), key.text());
        for need in [past, absent] {
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
    }
    needs
}

/// How a loop goes on or ends, and what the function gives back: first what it gives elsewhere.
fn ends<'s>(site: &Site<'s>, function: Node<'s>) -> Vec<String> {
    let snippets = &site.language().snippets;
    let jumps = snippets.jumps.iter().map(|jump| (*jump).to_owned());
    let results = results(&Site { node: function, ..*site }, snippets.blanks);
    let results = results.into_iter().map(|result| filled(snippets.result, result, ""));
    jumps.filter(|_| in_loop(site.node)).chain(results.take(RESULTS_MAX)).collect()
}
