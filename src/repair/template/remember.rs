//! What a function looks at but does not keep up: a collection that is asked and never filled, a count that stays as it
//! began, a variable that is used up in a loop and not begun anew.

use super::Template;
use super::insert::{add_after, insert};
use super::lines::STATEMENTS;
use crate::repair::donor::{Assignment, Lookup};
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::{before, filled, filled_with, is_statement};
use crate::repair::syntax::Node;

pub const FILL: Template = Template { name: "remember", cost: 2.4, on: STATEMENTS, make: fill };
pub const COUNT: Template = Template { name: "count", cost: 1.7, on: STATEMENTS, make: count };
pub const ANEW: Template = Template { name: "begin-anew", cost: 2.4, on: STATEMENTS, make: anew };

const LOOKUPS_MAX: usize = 4;
const VALUES_MAX: usize = 4;
const COUNTS_MAX: usize = 4;
/// What it costs that an element begins anew, of which nothing says what it began with.
const ELEMENT: f64 = 0.9;
/// Whether something is kept up is looked for in the text of a function, again for each of its statements.
const FUNCTION_BYTES_MAX: usize = 20_000;

fn fill<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some(function) = node.function().filter(|_| is_statement(node)) else { return };
    let is_short = function.range().len() <= FUNCTION_BYTES_MAX;
    if !is_short || drafts.is_too_dear(0.0) {
        return;
    }
    let end = node.range().end;
    let earlier = site.near().lookups.iter().take_while(|lookup| lookup.at.range().start < end);
    for (rank, lookup) in earlier.take(LOOKUPS_MAX).enumerate() {
        let key = lookup.key.trim_start_matches('&');
        let forms = site.language().snippets.fills.iter();
        let missing = forms.filter(|form| !has_word(function.text(), &opening(form, lookup)));
        for (more, form) in missing.enumerate() {
            for (other, value) in values(site, form, key).into_iter().enumerate() {
                let text = filled_with(form, lookup.collection, key, value);
                let extra = nth(rank) + nth(more) + nth(other);
                add_after(site, drafts, &text, extra);
                if !drafts.is_too_dear(extra) {
                    insert(site, drafts, before(site.file, node, &text), &text, extra + 0.2);
                }
            }
        }
    }
}

/// A form up to what varies: `seen.add(`; of an element up to its value, because asking for it looks the same.
fn opening(form: &str, lookup: &Lookup<'_>) -> String {
    let end = if form.starts_with("$a[") { "$c" } else { "$b" };
    filled(form.split(end).next().unwrap_or_default(), lookup.collection, lookup.key)
}

/// Whether `text` holds `part` where no longer name ends in it.
fn has_word(text: &str, part: &str) -> bool {
    let is_inner = |ch: char| ch.is_alphanumeric() || matches!(ch, '_' | '.' | '#');
    text.match_indices(part).any(|(at, _)| !text[..at].ends_with(is_inner))
}

/// What a form stores: variables, where it stores something.
fn values<'s>(site: &Site<'s>, form: &str, key: &str) -> Vec<&'s str> {
    if !form.contains("$c") {
        return vec![""];
    }
    let end = site.node.range().end;
    let earlier = site.near().assignments.iter().take_while(|known| known.at.range().start < end);
    let mut names: Vec<&str> = Vec::new();
    // What was computed last is what is kept.
    for known in earlier.filter(|known| known.name != key).collect::<Vec<_>>().into_iter().rev() {
        if names.len() < VALUES_MAX && !names.contains(&known.name) {
            names.push(known.name);
        }
    }
    names
}

/// Variables that begin with a literal or an empty collection, before `node`.
fn beginnings<'s>(site: &Site<'s>, node: Node<'s>) -> impl Iterator<Item = &'s Assignment<'s>> {
    let start = node.range().start;
    let earlier = site.near().assignments.iter().take_while(move |it| it.at.range().start < start);
    earlier.filter(|known| known.is_beginning())
}

pub(super) fn in_loop(node: Node<'_>) -> Option<Node<'_>> {
    node.ancestors().find(|outer| outer.is(&[Role::Loop, Role::While]))
}

/// A count that stays as it began, in a loop.
fn count<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (node, language) = (site.node, site.language());
    if !is_statement(node) || drafts.is_too_dear(0.0) || in_loop(node).is_none() {
        return;
    }
    let counts = beginnings(site, node)
        .filter(|known| known.value.is(&[Role::Integer, Role::Boolean]))
        .filter(|known| site.near().is_constant(known.name))
        .filter(|known| known.may_change());
    let (snippets, (yes, no)) = (&language.snippets, language.booleans);
    for (rank, known) in counts.take(COUNTS_MAX).enumerate() {
        let forms: Vec<String> = if known.value.role() == Role::Boolean {
            let other = if known.value.text() == yes { no } else { yes };
            vec![filled(snippets.assign, known.name, other)]
        } else {
            snippets.updates.iter().take(2).map(|form| filled(form, known.name, "")).collect()
        };
        for (more, text) in forms.iter().enumerate() {
            add_after(site, drafts, text, nth(rank) + nth(more));
        }
    }
}

/// A variable that a statement of a loop has used up gets the value it began with.
fn anew<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some(outer) = in_loop(node).filter(|_| is_statement(node)) else { return };
    if drafts.is_too_dear(0.0) {
        return;
    }
    let used: Vec<&str> =
        node.descendants().filter(|other| other.role() == Role::Name).map(Node::text).collect();
    let begun = beginnings(site, outer).filter(|known| used.contains(&known.name));
    for (rank, known) in begun.take(COUNTS_MAX).enumerate() {
        let text = filled(site.language().snippets.assign, known.name, known.value.text());
        add_after(site, drafts, &text, nth(rank));
    }
    for (rank, element) in used_up(node).into_iter().take(COUNTS_MAX).enumerate() {
        let text = filled(site.language().snippets.assign, element, "0");
        add_after(site, drafts, &text, ELEMENT + nth(rank));
    }
}

/// Elements that a simple statement adds to something else.
fn used_up(statement: Node<'_>) -> Vec<&str> {
    let assign = statement.first().filter(|_| statement.role() == Role::ExpressionStatement);
    let assign = assign.unwrap_or(statement);
    let added = assign.part(&["right"]).filter(|_| assign.role() == Role::AugmentedAssign);
    let elements = added.into_iter().flat_map(|value| value.descendants().chain([value]));
    let mut texts: Vec<&str> = Vec::new();
    for element in elements.filter(|part| part.role() == Role::Index) {
        let has_name = element.last().is_some_and(|key| key.role() == Role::Name);
        if has_name && !texts.contains(&element.text()) {
            texts.push(element.text());
        }
    }
    texts
}
