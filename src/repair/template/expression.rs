//! Another expression: `return total` → `return total / count`, `xs[0]` → `best`.

use super::Template;
use crate::base::text::edit::Edit;
use crate::repair::donor::{is_callee, renamed};
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::rank::nth;
use crate::repair::similarity::ranked;
use crate::repair::site::{Drafts, Site, tight};
use crate::repair::statement::filled;
use crate::repair::syntax::Node;

const VALUES: &[Role] = &[
    Role::Name,
    Role::Attribute,
    Role::Call,
    Role::Index,
    Role::Arithmetic,
    Role::Comprehension,
    Role::List,
    Role::Integer,
    Role::Float,
    Role::String,
    Role::Boolean,
    Role::Null,
    Role::Path,
    Role::Negative,
    Role::Conditional,
    Role::Map,
    Role::Unary,
];

pub const DONOR: Template = Template { name: "expression", cost: 3.7, on: VALUES, make: donor };
pub const NEAR: Template = Template { name: "expression", cost: 3.7, on: VALUES, make: near };
pub const NAME: Template = Template { name: "by-name", cost: 2.8, on: VALUES, make: by_name };
pub const INITIAL: Template = Template { name: "initial", cost: 3.4, on: VALUES, make: initial };
pub const FIRST: Template = Template {
    name: "first-element",
    cost: 3.5,
    on: &[Role::Integer, Role::Float, Role::Null, Role::Path, Role::Call],
    make: first,
};
pub const BOTH: Template = Template { name: "pair-up", cost: 4.7, on: VALUES, make: both };
pub const LIKE: Template = Template {
    name: "like-operand",
    cost: 2.4,
    on: &[Role::Arithmetic, Role::Logical],
    make: like,
};
pub const PAIR: Template = Template {
    name: "like-value",
    cost: 3.6,
    on: &[Role::Call, Role::Index, Role::Attribute, Role::Arithmetic, Role::Comparison],
    make: pair,
};
pub const ADJUST: Template =
    Template { name: "adjust", cost: 3.3, on: &[Role::Name, Role::Attribute], make: adjust };
pub const AROUND: Template =
    Template { name: "around", cost: 2.6, on: &[Role::Arithmetic], make: around };
pub const FIELD_VALUE: Template =
    Template { name: "by-name", cost: 3.6, on: &[Role::Integer], make: by_field };
pub const COMBINE: Template = Template { name: "combine", cost: 3.7, on: VALUES, make: combine };

const EXPRESSIONS_MAX: usize = 10;
const NEAR_MAX: usize = 6;
const NAMES_MAX: usize = 8;
const PARTNERS_MAX: usize = 4;
const TEXTS_MAX: usize = 3;
const CONSTANTS_MAX: usize = 4;
/// What it costs more that a value is what is taken away.
const REST: f64 = 0.6;
const ADJUST_MAX: usize = 5;
const OBJECTS_MAX: usize = 3;
const ADJUST_BYTES_MAX: usize = 24;

/// An expression of the same function.
fn donor<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if place(site.node).is_none() {
        return;
    }
    let range = site.node.range();
    // Not what the place is a part of, or it would grow into itself.
    let donors = site.near().expressions.nodes.iter().filter(|donor| !donor.holds(&range));
    let texts = donors.map(|donor| donor.text()).filter(|text| text.len() < 80);
    for (rank, text) in ranked(site.node.text(), texts, EXPRESSIONS_MAX).into_iter().enumerate() {
        drafts.replace(site.node, text, nth(rank));
    }
}

/// A call, field or element that stands in the lines around.
fn near<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    if is_callee(node) || place(node).is_none() || drafts.is_too_dear(0.0) {
        return;
    }
    let others = site.near().parts_by(node.line()).filter(|other| *other != node.text());
    for (rank, other) in others.take(NEAR_MAX).enumerate() {
        drafts.replace(node, other, nth(rank));
    }
}

/// A variable instead of a larger expression or a literal.
fn by_name<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if site.node.role() == Role::Name || is_callee(site.node) || place(site.node).is_none() {
        return;
    }
    let near = site.names_near().take(NAMES_MAX);
    // What is no value yet may be one of those that all functions share, such as an error.
    let shared = site.shared().names.iter().take(NAMES_MAX);
    let shared = shared.filter(|_| site.node.role() == Role::Null);
    for (rank, name) in near.chain(shared).enumerate() {
        drafts.put(site.node, name, nth(rank));
    }
}

/// Another value to start with.
fn initial<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let extra = match place(site.node) {
        Some(Place::Assigned) => 0.0,
        Some(Place::Returned) => 0.4,
        Some(Place::Argument) => 1.2,
        Some(
            Place::Condition
            | Place::Iterable
            | Place::Key
            | Place::Bound
            | Place::Operand
            | Place::Element,
        )
        | None => return,
    };
    for (rank, value) in site.language().initials.iter().enumerate() {
        drafts.put(site.node, *value, extra + nth(rank));
    }
}

/// A variable starts with the first element of another.
fn first<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if place(site.node) != Some(Place::Assigned) {
        return;
    }
    for (rank, name) in site.near().names.iter().take(4).enumerate() {
        drafts.put(site.node, format!("{name}[0]"), nth(rank));
    }
}

/// The value in a tuple with a variable.
fn both<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let form = site.language().tuple;
    let fits = matches!(
        place(site.node),
        Some(Place::Assigned | Place::Returned | Place::Key | Place::Argument)
    );
    if !fits || form.is_empty() {
        return;
    }
    let own = site.node.descendants().filter(|node| node.role() == Role::Name).map(Node::text);
    let names = own.chain(site.names_near()).filter(|name| *name != site.node.text());
    for (rank, name) in names.take(NAMES_MAX).enumerate() {
        drafts.put(site.node, filled(form, site.node.text(), name), nth(rank));
        drafts.put(site.node, filled(form, name, site.node.text()), 0.4 + nth(rank));
    }
}

/// One more operand like the last, with other names in it: `left[i:]` → `left[i:] + right[j:]`.
fn like<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some((last, operator)) = site.node.last().zip(site.node.tokens().next()) else { return };
    let end = site.node.range().end;
    for (rank, text) in renamed(&site.file.donors, last, 24).into_iter().enumerate() {
        let text = format!(" {} {text}", operator.text());
        drafts.edits(site.node, vec![Edit::new(end..end, text)], None, nth(rank));
    }
}

/// The value together with one like it, with other names in it: `depth(left)` → `max(depth(left), depth(right))`.
fn pair<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if place(site.node).is_none() {
        return;
    }
    let joins = |form: &&&str| site.language().logicals.iter().any(|word| form.contains(word));
    // Conditions are joined, other values seldom.
    let is_condition = site.node.role() == Role::Comparison;
    let forms = site.language().pairings.iter();
    let forms: Vec<&&str> = forms.filter(|form| !is_condition || joins(form)).collect();
    for (rank, text) in renamed(&site.file.donors, site.node, 12).into_iter().enumerate() {
        for (more, form) in forms.iter().enumerate() {
            drafts.replace(
                site.node,
                &filled(form, site.node.text(), &text),
                nth(rank) + nth(more),
            );
        }
    }
}

/// Less or more by what the function computes elsewhere: `text[:n]` → `text[:n - len(mark)]`.
fn adjust<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let extra = match place(site.node) {
        Some(Place::Bound) => 0.0,
        Some(Place::Key) => 0.3,
        Some(Place::Operand) => 0.6,
        Some(Place::Argument | Place::Assigned | Place::Returned) => 1.0,
        Some(Place::Condition | Place::Iterable | Place::Element) | None => return,
    };
    let (node, donors) = (site.node, &site.near().expressions.nodes);
    let is_short = |donor: &&Node<'s>| {
        donor.is(&[Role::Call, Role::Attribute, Role::Index])
            && donor.text().len() < ADJUST_BYTES_MAX
    };
    let others = donors.iter().filter(is_short).map(|donor| donor.text());
    let others = others.filter(|text| *text != node.text());
    let others = ranked(node.text(), others, ADJUST_MAX).into_iter().map(str::to_owned);
    let others = others.chain(lengths(site));
    for (rank, other) in others.enumerate() {
        for (more, operator) in ["-", "+", "*"].into_iter().enumerate() {
            let text = format!("{} {operator} {other}", node.text());
            drafts.replace(node, &text, extra + nth(rank) + nth(more));
        }
        let rest = format!("{other} - {}", node.text());
        drafts.replace(node, &rest, extra + nth(rank) + REST);
    }
}

/// One further in a ring: `at + 1` → `(at + 1) % len(items)`.
fn around<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let is_step = node.last().is_some_and(|last| last.role() == Role::Integer);
    if !is_step || !matches!(place(node), Some(Place::Assigned | Place::Key | Place::Returned)) {
        return;
    }
    let near = site.near();
    let names = near.names.iter().filter(|name| near.is_collection(name)).map(str::to_owned);
    for (rank, name) in names.chain(site.own_fields()).take(PARTNERS_MAX).enumerate() {
        let length = filled(site.language().length, &name, "");
        drafts.put(node, format!("({}) % {length}", node.text()), nth(rank));
    }
}

/// A field of an object at hand in the place of a number: `held += 1` → `held += order.amount`.
fn by_field<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if !matches!(place(site.node), Some(Place::Assigned | Place::Operand | Place::Argument)) {
        return;
    }
    let near = site.near();
    let seen = near.expressions.nodes.iter().filter(|node| node.role() == Role::Attribute);
    let pairs = seen.filter_map(|seen| Some((seen.first()?, *seen)));
    let pairs = pairs.filter(|(object, _)| object.role() == Role::Name);
    let mut objects: Vec<(&str, Node<'s>)> = Vec::new();
    for (object, seen) in pairs {
        if objects.iter().all(|(known, _)| *known != object.text()) {
            objects.push((object.text(), seen));
        }
    }
    for (rank, (object, seen)) in objects.into_iter().take(OBJECTS_MAX).enumerate() {
        let declared = site.file.donors.members_beside(seen).into_iter();
        let fields = declared.chain(near.fields.iter()).chain(site.shared().fields.iter());
        for (more, field) in fields.take(NAMES_MAX).enumerate() {
            drafts.put(site.node, format!("{object}.{field}"), nth(rank) + nth(more));
        }
    }
}

/// How long the function's variables are, where something is cut.
fn lengths(site: &Site<'_>) -> Vec<String> {
    let is_cut = matches!(
        place(site.node),
        Some(Place::Bound | Place::Key | Place::Argument | Place::Assigned)
    );
    let fits = |name: &&str| *name != site.node.text() && *name != site.own();
    let names = site.near().names.iter().filter(|name| is_cut && fits(name));
    names.take(ADJUST_MAX).map(|name| filled(site.language().length, name, "")).collect()
}

/// The value and a variable: `a` → `a + b`.
fn combine<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let is_value = matches!(
        place(site.node),
        Some(
            Place::Assigned
                | Place::Returned
                | Place::Argument
                | Place::Key
                | Place::Bound
                | Place::Operand
                | Place::Element
        )
    );
    if !is_value
        || !site.node.is(&[Role::Name, Role::Call, Role::Index, Role::Attribute, Role::Arithmetic])
    {
        return;
    }
    let text = site.node.text();
    let is_element = place(site.node) == Some(Place::Element);
    let others = values(site).into_iter().chain(texts(site)).filter(|_| !is_element);
    let others = partners(site).into_iter().chain(others);
    let others = others.filter(|other| other != text);
    for (rank, other) in others.enumerate() {
        for (more, form) in site.language().combinations.iter().enumerate() {
            let left = if form.starts_with("$a *") { tight(text) } else { text.to_owned() };
            drafts.replace(site.node, &filled(form, &left, &other), nth(rank) + nth(more));
        }
    }
}

/// Other parts of what the node is a part of: those seen at things of its name, then other fields.
fn partners(site: &Site<'_>) -> Vec<String> {
    let Some(object) = site.node.first() else { return Vec::new() };
    let donors = &site.file.donors;
    let seen = donors.objects().beside(site.node).map(|part| format!("{}{part}", object.text()));
    let mut partners: Vec<String> = seen.take(PARTNERS_MAX).collect();
    if site.node.role() == Role::Attribute {
        let fields = site.near().fields.iter().chain(site.shared().fields.iter());
        let declared = donors.members_beside(site.node).into_iter();
        let fields = declared.chain(fields).map(|field| format!("{}.{field}", object.text()));
        let fresh: Vec<String> = fields.filter(|field| !partners.contains(field)).collect();
        partners.extend(fresh);
    }
    partners.truncate(PARTNERS_MAX);
    partners
}

/// Texts of the function, for what it gives back.
fn texts(site: &Site<'_>) -> Vec<String> {
    let is_result = matches!(place(site.node), Some(Place::Returned | Place::Assigned));
    let strings =
        site.near().strings.iter().filter(|_| is_result && site.node.role() == Role::Call);
    strings.filter(|text| text.len() > 2).take(TEXTS_MAX).map(str::to_owned).collect()
}

/// Constants that all functions of the file share.
fn constants<'s>(site: &Site<'s>) -> impl Iterator<Item = &'s str> {
    let is_constant = |name: &&str| name.chars().all(|ch| !ch.is_lowercase());
    site.shared().names.iter().filter(is_constant).take(CONSTANTS_MAX)
}

/// Variables of the function and fields of its own object.
fn values(site: &Site<'_>) -> Vec<String> {
    let reserved = site.language().reserved;
    let names = site.names_near().filter(|name| !reserved.contains(name));
    names
        .take(NAMES_MAX)
        .chain(constants(site))
        .map(str::to_owned)
        .chain(site.own_fields().into_iter().take(NAMES_MAX))
        .collect()
}
