//! What a test found to be nothing is asked for before a part of it is read: `!a.x` → `a && !a.x`, `a.x()` →
//! `if (a) a.x()`. So is whether an element is there: `a[n - 1]` → `n >= 1 and a[n - 1]`. And whether a value is there, which
//! zero and empty texts are, is told from whether it is true: `not a` → `a is None`.

use super::Template;
use super::condition::{CONDITIONS, guarded};
use super::insert::insert;
use super::only_if::enclose;
use crate::repair::hints::Sign;
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::{before, filled, is_statement};
use crate::repair::syntax::Node;
use crate::repair::way_out::ways_out;

pub const PRESENCE: Template =
    Template { name: "presence", cost: 1.6, on: &[Role::Attribute], make: presence };

pub const WITHIN: Template =
    Template { name: "within", cost: 2.4, on: &[Role::Index], make: within };

pub const EXACTLY: Template = Template {
    name: "exactly",
    cost: 2.6,
    on: &[Role::Name, Role::Attribute, Role::Call, Role::Index, Role::Not, Role::Comparison],
    make: exactly,
};

/// Longer objects are not named twice.
const OBJECT_BYTES_MAX: usize = 48;
const ENDS_MAX: usize = 3;
/// What forms cost that change more than a condition.
const DENIED: f64 = 0.3;
const ENCLOSED: f64 = 0.6;
const ENDED: f64 = 0.8;

fn presence<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let (Some(object), Some(field)) = (node.first(), node.last()) else { return };
    let name = object.text();
    let is_whole = name == site.own() || site.file.imported.contains(name);
    let is_short =
        name.len() <= OBJECT_BYTES_MAX && object.is(&[Role::Name, Role::Attribute, Role::Index]);
    if is_whole || !is_short || !site.hints.reads_of_nothing(field.text()) {
        return;
    }
    for (rank, (there, absent)) in site.language().presences.iter().enumerate() {
        let (there, absent) = (filled(there, name, ""), filled(absent, name, ""));
        ask(site, drafts, &there, &absent, nth(rank));
        step_aside(site, drafts, &there, &absent, nth(rank));
    }
}

/// Whether there is such an element is asked before it is read.
fn within<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (Some(object), Some(key)) = (site.node.first(), site.node.last()) else { return };
    let is_computed = key.role() == Role::Arithmetic;
    let is_name = key.role() == Role::Name && site.hints.has(Sign::Bounds);
    let is_short = site.node.text().len() <= OBJECT_BYTES_MAX;
    if !is_short || !(is_computed || is_name) || drafts.is_too_dear(0.0) {
        return;
    }
    let is_less = key.tokens().any(|token| token.kind() == "-");
    let least = key.first().zip(key.last()).filter(|_| is_computed && is_less);
    let (low, least) = least.map_or((key.text(), "0"), |(a, b)| (a.text(), b.text()));
    let length = filled(site.language().length, object.text(), "");
    let below = (format!("{low} >= {least}"), format!("{low} < {least}"));
    let above = (format!("{} < {length}", key.text()), format!("{} >= {length}", key.text()));
    let pairs = if is_less { [below, above] } else { [above, below] };
    for (rank, (there, absent)) in pairs.iter().enumerate() {
        ask(site, drafts, there, absent, nth(rank));
    }
}

/// Another form of asking whether a value is there.
fn exactly<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let is_denied = node.parent().is_some_and(|parent| parent.role() == Role::Not);
    let is_asked = match place(node) {
        Some(Place::Condition) => !is_denied,
        Some(Place::Returned) => node.is(&[Role::Not, Role::Comparison]),
        Some(_) | None => false,
    };
    let object = match node.role() {
        Role::Not => node.last(),
        Role::Comparison => node.first(),
        _ => Some(node),
    };
    let Some(object) = object.filter(|_| is_asked && !drafts.is_too_dear(0.0)) else { return };
    let made = |form: &'static str| filled(form, object.text(), "");
    let forms = site.language().presences.iter().map(|(there, absent)| (made(there), made(absent)));
    let (there, absent): (Vec<String>, Vec<String>) = forms.unzip();
    for made in [there, absent].into_iter().filter(|made| made.iter().any(|it| it == node.text())) {
        let others = made.into_iter().filter(|form| form != node.text());
        for (rank, other) in others.enumerate() {
            drafts.put(node, other, nth(rank));
        }
    }
}

/// Asks in the conditions around the node.
fn ask<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>, there: &str, absent: &str, extra: f64) {
    let &[and, or, ..] = site.language().logicals else { return };
    let around = std::iter::once(site.node).chain(site.node.ancestors());
    let decides = |node: &Node<'s>| {
        let is_denied = node.parent().is_some_and(|parent| parent.role() == Role::Not);
        let is_place = matches!(place(*node), Some(Place::Condition | Place::Returned));
        node.is(CONDITIONS) && is_place && !is_denied
    };
    // Outside of those the object may be another one or none.
    let scopes = [Role::Function, Role::Lambda, Role::Comprehension];
    let is_inside = |node: &Node<'s>| !is_statement(*node) && !node.is(&scopes);
    let conditions = around.take_while(is_inside).filter(decides);
    for (rank, node) in conditions.enumerate() {
        let extra = extra + nth(rank);
        drafts.put(node, format!("{there} {and} {}", guarded(node, and)), extra);
        if node.parent().is_none_or(|parent| parent.role() != Role::Logical) {
            drafts.put(node, format!("{absent} {or} {}", guarded(node, or)), extra + DENIED);
        }
    }
}

/// Leaves out the statement, or all from it on.
fn step_aside<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>, there: &str, absent: &str, extra: f64) {
    let statement = site.node.statement().filter(|statement| is_statement(*statement));
    let (Some(statement), Some(function)) = (statement, site.node.function()) else { return };
    enclose(site, drafts, statement, there, extra + ENCLOSED);
    if drafts.is_too_dear(extra + ENDED) {
        return;
    }
    let site = Site { node: statement, ..*site };
    for (rank, end) in ways_out(&site, function).into_iter().take(ENDS_MAX).enumerate() {
        let text = filled(site.language().snippets.guard, absent, &end);
        let edit = before(site.file, statement, &text);
        insert(&site, drafts, edit, &text, extra + ENDED + nth(rank));
    }
}
