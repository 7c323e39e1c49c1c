//! A wider, narrower or other condition: `if a` → `if a and b`, `if a or b`, `if b`.

use std::collections::BTreeSet;

use super::Template;
use crate::repair::donor::{Pool, is_callee};
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::rank::nth;
use crate::repair::similarity::ranked;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::filled;
use crate::repair::syntax::Node;

pub(super) const CONDITIONS: &[Role] = &[
    Role::Comparison,
    Role::Logical,
    Role::Not,
    Role::Name,
    Role::Attribute,
    Role::Call,
    Role::Index,
    Role::Group,
    Role::Boolean,
    Role::Arithmetic,
];

pub const COMBINE: Template =
    Template { name: "condition", cost: 3.6, on: CONDITIONS, make: combine };
pub const REPLACE: Template =
    Template { name: "other-condition", cost: 4.2, on: CONDITIONS, make: replace };
pub const LIKE: Template =
    Template { name: "condition", cost: 3.4, on: &[Role::Comparison, Role::Call], make: like };

const DONORS_MAX: usize = 10;
const VALUES_MAX: usize = 7;
const FIELDS_MAX: usize = 4;
const OBJECTS_MAX: usize = 2;
const LIKE_MAX: usize = 8;
const PREDICATES_MAX: usize = 3;
const FLAGS_MAX: usize = 2;
const DECIDING_MAX: usize = 8;
const KEPT_MAX: usize = 2;
const PREDICATE_VALUES_MAX: usize = 2;
const PART_ATOMS_MAX: usize = 32;
/// What it costs that only a part of a condition is changed, and that it is a value that may decide something later.
const PART: f64 = 0.6;
const KEPT: f64 = 0.5;

fn combine<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let is_outermost = node.parent().is_none_or(|parent| !parent.is(&[Role::Logical, Role::Not]));
    let extra = match place(node) {
        Some(Place::Condition) if is_outermost => 0.0,
        Some(Place::Condition) => return within(site, drafts),
        Some(Place::Assigned) if node.is(&[Role::Comparison, Role::Logical, Role::Not]) => KEPT,
        Some(Place::Returned) if node.is(&[Role::Comparison, Role::Logical, Role::Not]) => 0.2,
        Some(Place::Returned) if node.role() == Role::Call && answers(node) => 0.2,
        Some(Place::Returned) if node.role() == Role::Call => 1.2,
        Some(_) | None => return,
    };
    if drafts.is_too_dear(extra) {
        return;
    }
    for (rank, atom) in atoms(site).into_iter().enumerate() {
        for (more, operator) in site.language().logicals.iter().enumerate() {
            let extra = extra + nth(rank) + nth(more);
            drafts.put(node, format!("{} {operator} {atom}", guarded(node, operator)), extra);
            drafts.put(node, format!("{atom} {operator} {}", guarded(node, operator)), extra + 0.3);
        }
    }
}

/// One part of a condition is asked for together with something else: `a || b` → `a || (b && c)`, `a && b` → `a && (b || c)`.
fn within<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (node, language) = (site.node, site.language());
    let &[and, or, ..] = language.logicals else { return };
    let joins = |outer: &Node<'s>| outer.is(&[Role::Logical, Role::Not, Role::Group]);
    let whole = node.ancestors().take_while(joins).last();
    let parent = node.parent().filter(|parent| parent.role() == Role::Logical);
    let (Some(parent), Some(whole)) = (parent, whole) else { return };
    // What is given where a value is not there is none.
    let is_asked = match place(whole) {
        Some(Place::Condition) => true,
        Some(Place::Assigned | Place::Returned) => node.is(&[Role::Comparison, Role::Not]),
        _ => false,
    };
    let other = if parent.tokens().any(|token| token.kind() == or) { and } else { or };
    let is_mixed = node.role() == Role::Group || node.tokens().any(|token| token.kind() == other);
    if !is_asked || is_mixed || drafts.is_too_dear(PART) {
        return;
    }
    for (rank, atom) in atoms(site).into_iter().take(PART_ATOMS_MAX).enumerate() {
        let text = format!("({} {other} {atom})", guarded(node, other));
        drafts.put(node, text, PART + nth(rank));
    }
}

/// Whether the function around a node is declared to give a boolean.
fn answers(node: Node<'_>) -> bool {
    let mut around = node.ancestors();
    let function = around.find(|outer| outer.is(&[Role::Function, Role::Lambda]));
    let given = function.and_then(|function| function.part(&["return_type", "result"]));
    given.is_some_and(|given| {
        matches!(given.text().trim_start_matches([':', ' ']), "bool" | "boolean")
    })
}

/// The condition or one like it: `a == "x"` → `a == "x" || a == "y"`, `is_digit(a)` → `is_digit(a) || is_letter(a)`.
fn like<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let is_part = node.parent().is_some_and(|parent| parent.role() == Role::Logical);
    if !is_part && !matches!(place(node), Some(Place::Condition | Place::Returned)) {
        return;
    }
    let &[and, or, ..] = site.language().logicals else { return };
    let has = |sign: &str| node.tokens().any(|token| token.kind().starts_with(sign));
    let operator = if has("!=") { and } else { or };
    let exchanged = match node.role() {
        Role::Call => {
            let literal = node.part(&["arguments"]).and_then(Node::last);
            let name = node.part(&["function"]);
            [name.and_then(|name| name.last().or(Some(name))), literal]
        }
        _ => [node.last().filter(|_| has("==") || has("!=")), None],
    };
    for part in exchanged.into_iter().flatten() {
        let (start, range) = (node.range().start, part.range());
        let (before, after) =
            (&node.text()[..range.start - start], &node.text()[range.end - start..]);
        for (rank, other) in alternatives(site, part).into_iter().take(LIKE_MAX).enumerate() {
            let text = format!("{} {operator} {before}{other}{after}", node.text());
            drafts.put(node, text, nth(rank));
        }
    }
}

/// What else can stand where a literal, a function's name, a constant or a variant stands.
fn alternatives<'s>(site: &Site<'s>, part: Node<'s>) -> Vec<String> {
    let pool = |pool: &'s Pool<'s>| pool.strings.iter().chain(pool.numbers.iter());
    let siblings = |name: &str| {
        let families = site.language().siblings.iter().filter(|family| family.contains(&name));
        families.flat_map(|family| family.iter().copied()).collect::<Vec<_>>()
    };
    let (texts, head): (Vec<&str>, &str) = match part.role() {
        Role::String | Role::Integer => {
            let mark = |text: &str| text.chars().next().filter(|first| !first.is_ascii_digit());
            let all = pool(site.near()).chain(pool(site.shared()));
            let mut texts: Vec<&str> = all.filter(|it| mark(it) == mark(part.text())).collect();
            // One mark is asked for beside another.
            texts.sort_by_key(|text| text.len() != part.text().len());
            let mirrored = mirrored(part.text()).into_iter();
            let texts = mirrored.chain(texts.into_iter().map(str::to_owned));
            return texts.filter(|text| text != part.text()).collect();
        }
        Role::Name | Role::Field => (siblings(part.text()), ""),
        Role::Attribute | Role::Path => {
            let Some(name) = part.last() else { return Vec::new() };
            let head = &part.text()[..name.range().start - part.range().start];
            let seen = site.file.donors.members_beside(part);
            (siblings(name.text()).into_iter().chain(seen).collect(), head)
        }
        _ => return Vec::new(),
    };
    let texts = texts.into_iter().map(|text| format!("{head}{text}"));
    texts.filter(|text| text != part.text()).collect()
}

/// What closes what a text opens, or the other way round.
fn mirrored(text: &str) -> Option<String> {
    // Two brackets in quotes.
    const MIRRORED_BYTES_MAX: usize = 4;
    const BRACKETS: [(char, char); 4] = [('(', ')'), ('[', ']'), ('{', '}'), ('<', '>')];
    let other = |ch: char| {
        let pair = BRACKETS.iter().find(|(open, close)| [*open, *close].contains(&ch));
        pair.map_or(ch, |(open, close)| if ch == *open { *close } else { *open })
    };
    let mirrored: String = text.chars().map(other).collect();
    (mirrored != text && text.len() <= MIRRORED_BYTES_MAX).then_some(mirrored)
}

fn replace<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if place(site.node) != Some(Place::Condition) {
        return;
    }
    for (rank, atom) in atoms(site).into_iter().enumerate() {
        drafts.replace(site.node, &atom, nth(rank));
    }
    let (yes, no) = site.language().booleans;
    drafts.put(site.node, yes, 1.5);
    drafts.put(site.node, no, 1.5);
}

/// A condition that goes beside an operator: in parentheses when it has another.
pub(super) fn guarded(node: Node<'_>, operator: &str) -> String {
    let other = node.role() == Role::Logical && node.tokens().any(|token| token.kind() != operator);
    if other { format!("({})", node.text()) } else { node.text().to_owned() }
}

/// Conditions of the same function, then such as can be made of its names.
pub fn atoms(site: &Site<'_>) -> Vec<String> {
    let text = site.node.text();
    let donors = site
        .near()
        .conditions
        .iter()
        .filter(|donor| !text.contains(donor) && !donor.contains(text));
    let mut atoms: Vec<String> = guarded_parts(site).into_iter().map(str::to_owned).collect();
    atoms.extend(ranked(text, donors, DONORS_MAX).into_iter().map(str::to_owned));
    let names = values(site);
    atoms.extend(predicates(site, &names));
    atoms.extend(flags(site, &names));
    for form in site.language().atoms {
        atoms.extend(names.iter().map(|name| filled(form, name, "")));
    }
    let fields = site.own_fields();
    for form in site.language().atoms {
        atoms.extend(fields.iter().take(FIELDS_MAX).map(|field| filled(form, field, "")));
    }
    atoms.extend(
        deciding(site).skip(FIELDS_MAX).flat_map(|it| [format!("{}{it}", site.language().not), it]),
    );
    for form in site.language().pair_atoms {
        let pairs =
            names.iter().flat_map(|a| names.iter().map(move |b| (a, b))).filter(|(a, b)| a != b);
        atoms.extend(pairs.map(|(a, b)| filled(form, a, b)));
    }
    atoms
}

/// What the file asks of other values: `isOpen(a)` for `a`, and that it is not so.
pub(super) fn predicates(site: &Site<'_>, values: &[&str]) -> Vec<String> {
    let is_asking = |name: &str| {
        let rest = ["is", "has", "can"].iter().find_map(|word| name.strip_prefix(word));
        rest.is_some_and(|rest| rest.starts_with(|ch: char| ch.is_uppercase() || ch == '_'))
    };
    let place = site.node.range().start;
    let calls = site.file.donors.called().iter();
    let mut calls: Vec<_> =
        calls.filter(|one| is_asking(one.name) && one.names.len() <= 1).collect();
    calls.sort_by_key(|one| one.range.start.abs_diff(place));
    let mut seen = BTreeSet::new();
    calls.retain(|one| seen.insert((one.before, one.after)));
    let mut atoms = Vec::new();
    for one in calls.into_iter().take(PREDICATES_MAX) {
        for value in values.iter().take(PREDICATE_VALUES_MAX) {
            let asked = format!("{}{value}{}", one.before, one.after);
            let denied = format!("{}{asked}", site.language().not);
            let text = site.node.text();
            atoms.extend([denied, asked].into_iter().filter(|atom| !text.contains(atom.as_str())));
        }
    }
    atoms
}

/// Booleans that the own object and other values hold, and that they are not so.
fn flags(site: &Site<'_>, values: &[&str]) -> Vec<String> {
    let (own, donors) = (site.own(), &site.file.donors);
    let objects = Some(own).filter(|own| !own.is_empty() && site.near().names.contains(own));
    let others = values.iter().copied().filter(|value| *value != own);
    let objects = objects.into_iter().chain(others.take(PREDICATE_VALUES_MAX));
    let flags = objects.flat_map(|object| {
        let function = site.node.function().filter(|_| object == own);
        let flags = donors.states().flags().iter();
        let flags =
            flags.filter(move |flag| donors.states().has(donors.objects(), object, function, flag));
        flags.take(FLAGS_MAX).map(move |flag| format!("{object}.{}", flag.name))
    });
    let kept = kept(site).into_iter().map(str::to_owned);
    let flags = kept.chain(flags).chain(deciding(site).take(FIELDS_MAX));
    let is_new =
        |flag: &String| site.node.descendants().chain([site.node]).all(|part| part.text() != flag);
    flags.filter(is_new).flat_map(|flag| [format!("{}{flag}", site.language().not), flag]).collect()
}

/// Variables of the function that keep what was asked before, the nearest first.
fn kept<'s>(site: &Site<'s>) -> Vec<&'s str> {
    let answers = [Role::Comparison, Role::Logical, Role::Not, Role::Boolean];
    let start = site.node.range().start;
    let begun = site.near().assignments.iter().take_while(|it| it.at.range().start < start);
    // What is around the site is not over yet.
    let over = begun.filter(|it| it.at.range().end <= start && it.value.is(&answers));
    let mut names: Vec<&str> = Vec::new();
    for known in over.collect::<Vec<_>>().into_iter().rev() {
        if names.len() < KEPT_MAX && !names.contains(&known.name) {
            names.push(known.name);
        }
    }
    names
}

/// Fields of what the condition is about that decide something elsewhere in the file.
fn deciding<'s>(site: &Site<'s>) -> impl Iterator<Item = String> {
    let parts = site.node.descendants().chain([site.node]);
    let objects = parts.filter(|part| part.role() == Role::Attribute && !is_callee(*part));
    let objects: BTreeSet<&str> = objects.filter_map(Node::first).map(Node::text).collect();
    objects.into_iter().take(OBJECTS_MAX).flat_map(|object| {
        let fields = site.file.donors.objects().deciding(object).take(DECIDING_MAX);
        fields.map(move |field| format!("{object}.{field}"))
    })
}

/// Parts of what the condition asks about that are used where it holds: `a` decides on `a.b(c)`, which needs `a.b`.
fn guarded_parts<'s>(site: &Site<'s>) -> Vec<&'s str> {
    let decides = [Role::If, Role::Conditional, Role::While, Role::Logical];
    let guard = site.node.ancestors().take(3).find(|outer| outer.is(&decides));
    let end = site.node.range().end;
    let asked: Vec<&str> = site
        .node
        .descendants()
        .chain([site.node])
        .filter(|part| part.role() == Role::Name)
        .map(Node::text)
        .collect();
    let behind = guard.into_iter().flat_map(Node::descendants);
    let parts = behind.filter(|part| part.role() == Role::Attribute && part.range().start >= end);
    let mut found: Vec<&str> = Vec::new();
    for part in parts.filter(|part| part.text().len() < 32) {
        let is_of = part.first().is_some_and(|object| asked.contains(&object.text()));
        if is_of && !site.node.text().contains(part.text()) && !found.contains(&part.text()) {
            found.push(part.text());
        }
    }
    found.truncate(FIELDS_MAX);
    found
}

/// Values a condition can be made of: variables, those in the condition itself first, then fields and elements.
pub(super) fn values<'s>(site: &Site<'s>) -> Vec<&'s str> {
    let simple = |node: &Node<'s>| {
        node.is(&[Role::Name, Role::Attribute, Role::Index])
            && !is_callee(*node)
            && node.text().len() < 24
    };
    let own = site.node.descendants().chain([site.node]).filter(simple).map(Node::text);
    // What the function introduces itself varies, so it is asked about before what is the same for all.
    let is_own = |name: &&str| *name == site.own();
    let (bound, shared): (Vec<&str>, Vec<&str>) =
        site.names_near().filter(|name| !is_own(name)).partition(|name| site.near().is_bound(name));
    let near = bound.into_iter().chain(shared).take(VALUES_MAX - 1);
    let parts =
        site.near().expressions.nodes.iter().filter(|node| simple(node)).map(|node| node.text());
    let mut values: Vec<&str> = Vec::new();
    for value in own.chain(near).chain(parts) {
        if !values.contains(&value) && !site.language().reserved.contains(&value) {
            values.push(value);
        }
    }
    values.truncate(VALUES_MAX);
    values
}
