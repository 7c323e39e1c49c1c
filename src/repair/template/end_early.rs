//! An early end that is missing: `if i >= len(items): return None` before what needs more than there is.

use super::Template;
use super::condition::atoms;
use super::insert::insert;
use super::lines::STATEMENTS;
use crate::repair::hints::Sign;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site, operand};
use crate::repair::statement::{before, body, filled, is_statement, statements};
use crate::repair::syntax::Node;
use crate::repair::way_out::ways_out;

pub const BEFORE: Template =
    Template { name: "end-early", cost: 4.2, on: STATEMENTS, make: end_early };

const NEEDS_MAX: usize = 3;
const CONDITIONS_MAX: usize = 40;
/// What a function may give back is looked for in all of it, again for each of its statements.
const FUNCTION_BYTES_MAX: usize = 20_000;
/// What it takes off the cost that a failing test speaks of such a need.
const TOLD: f64 = 1.2;

fn end_early<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some(function) = node.function().filter(|_| is_statement(node)) else { return };
    let is_told = [Sign::Bounds, Sign::Missing].iter().any(|sign| site.hints.has(*sign));
    let told = if is_told { -TOLD } else { 0.0 };
    if drafts.is_too_dear(told) || function.range().len() > FUNCTION_BYTES_MAX {
        return;
    }
    let needs = needs(site).into_iter().enumerate().map(|(rank, need)| (told + nth(rank), need));
    // What `skip` asks at the start of a loop is not asked twice.
    let has_others = !begins_loop(node) && !drafts.is_too_dear(0.2);
    let others = if has_others { atoms(site) } else { Vec::new() };
    let others = others.into_iter().take(CONDITIONS_MAX);
    let others = others.enumerate().map(|(rank, atom)| (0.2 + nth(rank), atom));
    let ends = ways_out(site, function);
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
    let mut around = node.ancestors().take(3);
    let outer = around.find(|outer| outer.is(&[Role::Loop, Role::While]));
    let first = outer.and_then(body).and_then(|block| statements(block).next());
    first.is_some_and(|first| first.id() == node.id())
}

/// That something which the statement asks a collection for is not there.
fn needs(site: &Site<'_>) -> Vec<String> {
    let language = site.language();
    let inner = [Role::Block, Role::Lambda, Role::Function, Role::Comprehension];
    let is_within = |part: &Node<'_>| {
        let own = part.ancestors().take_while(|outer| outer.id() != site.node.id());
        !own.into_iter().any(|outer| outer.is(&inner))
    };
    let asked = site.node.descendants().filter(|part| part.role() == Role::Index);
    let mut needs: Vec<String> = Vec::new();
    for part in asked.filter(is_within).take(NEEDS_MAX) {
        let (Some(all), Some(key)) = (part.first(), part.last()) else { continue };
        if all.id() == key.id() || part.parts().count() > 2 || key.is(&[Role::Slice, Role::Range]) {
            continue;
        }
        let length = filled(language.length, all.text(), "");
        // What is counted from the end has to have as many.
        let from_end = Some(key).filter(|key| key.role() == Role::Negative).and_then(Node::last);
        let key = operand(key);
        let past = match from_end {
            Some(n) if n.text() == "1" => filled(language.empty, all.text(), ""),
            Some(n) => format!("{length} < {}", operand(n)),
            None => format!("{key} >= {length}"),
        };
        let unset = filled(language.snippets.unset, all.text(), &key);
        for need in [past, unset] {
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
    }
    needs
}
