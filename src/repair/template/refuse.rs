//! A refusal that is missing: `if a < 0: raise ValueError(…)` where a function begins, or before a statement in it.

use super::Template;
use super::condition::values;
use super::guard::divisors;
use super::insert::{first_statement, insert, parameters};
use super::lines::STATEMENTS;
use crate::repair::hints::Sign;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::{before, filled, is_statement};
use crate::repair::syntax::Node;

pub const FIRST: Template =
    Template { name: "refuse", cost: 3.5, on: &[Role::Function], make: first };
pub const BETWEEN: Template = Template { name: "refuse", cost: 4.2, on: STATEMENTS, make: between };

const NAMES_MAX: usize = 6;
const OTHERS_MAX: usize = 6;
const REFUSALS_MAX: usize = 4;

/// Where a function begins, for what it is given.
fn first<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some(first) = first_statement(site.node).filter(|_| site.hints.has(Sign::Raises)) else {
        return;
    };
    let (nothings, known) = (site.language().snippets.nothings, refusals(site));
    let given = parameters(site.node);
    for (i, name) in given.iter().take(NAMES_MAX).enumerate() {
        let refusals = with_own(site, &known, name);
        for (j, nothing) in nothings.iter().enumerate() {
            refuse(site, drafts, first, &filled(nothing, name, ""), &refusals, nth(i) + nth(j));
        }
    }
    for (rank, pair) in pairs(&Site { node: first, ..*site }, &given).iter().enumerate() {
        refuse(site, drafts, first, pair, &known, 0.3 + nth(rank));
    }
}

/// Before a statement, for what it needs: first for what it divides by.
fn between<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if !site.hints.has(Sign::Raises) || !is_statement(site.node) || drafts.is_too_dear(-0.7) {
        return;
    }
    let (nothings, known) = (site.language().snippets.nothings, refusals(site));
    for name in divisors(site) {
        for (rank, zero) in nothings.iter().filter(|form| form.contains("== 0")).enumerate() {
            refuse(site, drafts, site.node, &filled(zero, name, ""), &known, -0.7 + nth(rank));
        }
    }
    let used: Vec<&str> = values(site).into_iter().take(NAMES_MAX).collect();
    let alone = nothings.iter().enumerate().flat_map(|(rank, nothing)| {
        used.iter().map(move |name| (nth(rank), filled(nothing, name, "")))
    });
    let pairs = pairs(site, &used).into_iter().enumerate();
    let all = alone.chain(pairs.map(|(rank, pair)| (0.2 + nth(rank), pair)));
    for (extra, condition) in all {
        refuse(site, drafts, site.node, &condition, &known, extra);
    }
}

/// How one of these values may stand to another one or to a field of the own object.
fn pairs<'s>(site: &Site<'s>, values: &[&'s str]) -> Vec<String> {
    let fields = site.own_fields();
    let near =
        site.near().names.iter().filter(|name| !values.contains(name) && *name != site.own());
    let others = values.iter().copied().chain(fields.iter().map(String::as_str)).chain(near);
    let others: Vec<&str> = others.take(OTHERS_MAX).collect();
    let mut pairs = Vec::new();
    for value in values.iter().take(NAMES_MAX) {
        for other in others.iter().filter(|other| *other != value) {
            let forms = site.language().pair_atoms.iter();
            pairs.extend(forms.map(|form| filled(form, value, other)));
        }
    }
    pairs
}

fn refuse<'s>(
    site: &Site<'s>,
    drafts: &mut Drafts<'s>,
    at: Node<'s>,
    condition: &str,
    refusals: &[String],
    extra: f64,
) {
    for (rank, refusal) in refusals.iter().enumerate() {
        if drafts.is_too_dear(extra + nth(rank)) {
            return;
        }
        let text = filled(site.language().snippets.guard, condition, refusal);
        insert(site, drafts, before(site.file, at, &text), &text, extra + nth(rank));
    }
}

/// How this function, then the file refuses things; first what the message of a failing test names, whether anything
/// refuses so yet or not.
fn refusals(site: &Site<'_>) -> Vec<String> {
    let function = site.node.function().unwrap_or(site.node).range();
    let mut raises: Vec<Node<'_>> = raises(site).collect();
    raises.sort_by_key(|raise| !function.contains(&raise.range().start));
    let known = raises.iter().map(|raise| raise.text().to_owned());
    let mut texts: Vec<String> = Vec::new();
    for text in known.chain(raises.iter().flat_map(|raise| other_variants(site, *raise))) {
        let text = stated(site, text);
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.sort_by_key(|text| !site.hints.names(text));
    texts.truncate(REFUSALS_MAX);
    texts
}

/// What refuses something in the file: where it raises, or what it gives back as an error.
fn raises<'s>(site: &Site<'s>) -> impl Iterator<Item = Node<'s>> {
    let errors = site.language().errors;
    let refuses = move |node: &Node<'_>| match node.role() {
        Role::Raise => true,
        Role::Return => errors.iter().any(|error| node.text().contains(error)),
        Role::Call => errors.iter().any(|error| node.text().starts_with(error)),
        _ => false,
    };
    let one_line = |node: &Node<'_>| node.line() == node.last_line() && !node.is_frozen();
    site.file.tree.nodes().filter(refuses).filter(one_line)
}

/// A refusal as a statement.
fn stated(site: &Site<'_>, text: String) -> String {
    let snippets = &site.language().snippets;
    let is_value = site.language().errors.iter().any(|error| text.starts_with(error));
    match is_value {
        true => filled(snippets.result, &text, ""),
        false if text.ends_with(snippets.statement_end) => text,
        false => text + snippets.statement_end,
    }
}

/// The same with another variant of the error that the message of a failing test names: `Err(E::A(x))` → `Err(E::B)`.
fn other_variants<'s>(site: &Site<'s>, raise: Node<'s>) -> Vec<String> {
    let path = raise.descendants().find(|node| node.role() == Role::Path);
    let Some((path, name)) = path.and_then(|path| Some((path, path.last()?))) else {
        return Vec::new();
    };
    let start = &raise.text()[..name.range().start - raise.range().start];
    let ends = ")".repeat(start.matches('(').count());
    let others = site.file.donors.members_beside(path).into_iter();
    let told = others.filter(|other| site.hints.names(other));
    told.map(|other| format!("{start}{other}{ends}")).collect()
}

/// The same with what the language has for a value that is not taken.
fn with_own(site: &Site<'_>, known: &[String], name: &str) -> Vec<String> {
    let own = site.language().snippets.refusals.iter().map(|refusal| filled(refusal, name, ""));
    known.iter().cloned().chain(own).collect()
}
