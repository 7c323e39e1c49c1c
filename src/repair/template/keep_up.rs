//! What an object is to keep: `self.lines.append(line)`, `this.tax = tax;`, the other way round of what is kept:
//! `names[i] = n` → `numbers[n] = i` beside it, and a result that is given back at once.

use super::Template;
use super::insert::{add_beside, ends};
use super::lines::STATEMENTS;
use crate::repair::donor::{is_callee, only};
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::similarity::{ranked, similarity};
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::{filled, is_statement};
use crate::repair::syntax::Node;
use crate::repair::way_out::results;

pub const FIELD: Template = Template { name: "keep-field", cost: 2.3, on: STATEMENTS, make: field };
pub const START: Template =
    Template { name: "start-field", cost: 3.4, on: STATEMENTS, make: start };
pub const ADD: Template = Template { name: "keep-in", cost: 3.6, on: STATEMENTS, make: add };
pub const ADD_TO: Template =
    Template { name: "add-to", cost: 3.4, on: &[Role::Assign], make: add_to };
pub const RESULT: Template =
    Template { name: "early-result", cost: 3.2, on: STATEMENTS, make: result };
pub const MIRROR: Template = Template { name: "mirror", cost: 3.2, on: STATEMENTS, make: mirror };

const NAMES_MAX: usize = 2;
const MIRRORS_MAX: usize = 3;
const FIELDS_MAX: usize = 4;
const RESULTS_MAX: usize = 4;
const VALUES_MAX: usize = 8;
/// How alike a field is to the variable that it keeps.
const ALIKE: f64 = 0.6;

/// A variable that nothing reads goes into the field of its name.
fn field<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let own = site.own();
    if !is_statement(site.node) || own.is_empty() || drafts.is_too_dear(0.0) {
        return;
    }
    let fields: Vec<&str> = site.shared().fields.iter().collect();
    for (rank, name) in site.near().unread().iter().take(NAMES_MAX).enumerate() {
        let best = fields.iter().max_by(|a, b| similarity(a, name).total_cmp(&similarity(b, name)));
        let Some(field) = best.filter(|field| similarity(field, name) >= ALIKE) else { continue };
        let text = filled(site.language().snippets.assign, &format!("{own}.{field}"), name);
        add_beside(site, drafts, &text, nth(rank) + 1.0 - similarity(field, name));
    }
}

/// Where an object's fields start, one that is read and that nothing gives a value.
fn start<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (own, donors) = (site.own(), &site.file.donors);
    let target =
        |node: Node<'s>| node.part(&["left"]).filter(|left| left.role() == Role::Attribute);
    let assign = site.node.first().filter(|_| site.node.role() == Role::ExpressionStatement);
    let left = target(assign.unwrap_or(site.node)).and_then(Node::first);
    if !is_statement(site.node) || left.is_none_or(|object| object.text() != own) {
        return;
    }
    let fields = donors.objects().fields(own).map(Node::text);
    let missing = fields.filter(|field| !donors.given().is_field(field));
    for (rank, field) in missing.take(NAMES_MAX).enumerate() {
        for (more, value) in site.language().initials.iter().take(VALUES_MAX).enumerate() {
            let text = filled(site.language().snippets.assign, &format!("{own}.{field}"), value);
            add_beside(site, drafts, &text, nth(rank) + nth(more));
        }
    }
}

/// What a function makes goes into a collection of its object.
fn add<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (near, shared, adds) = (site.near(), site.shared(), site.language().snippets.adds);
    if !is_statement(site.node) || drafts.is_too_dear(0.0) {
        return;
    }
    let made = near.assignments.iter().filter(|known| known.at.line() <= site.node.line());
    let mut names: Vec<&str> = made.rev().map(|known| known.name).collect();
    names.dedup();
    let is_known = |form: &&&str| {
        let mut methods = near.methods.iter().chain(shared.methods.iter());
        methods.any(|method| form.contains(&format!(".{method}("))) || form.contains("append($a")
    };
    let forms: Vec<&&str> =
        adds.iter().filter(|form| form.contains("$b")).filter(is_known).collect();
    for (rank, field) in site.own_fields().iter().take(FIELDS_MAX).enumerate() {
        for (place, name) in names.iter().take(NAMES_MAX).enumerate() {
            for (more, form) in forms.iter().enumerate() {
                let extra = nth(rank) + nth(place) + nth(more);
                add_beside(site, drafts, &filled(form, field, name), extra);
            }
        }
    }
}

/// Instead of a list of one in the place of what was there, one more is added to that: `a[b] = [c]` → `a[b].append(c)`.
fn add_to<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let part = |names: &[&str]| site.node.part(names);
    let (Some(kept), Some(list)) = (part(&["left"]), part(&["right"])) else { return };
    let is_place = kept.is(&[Role::Index, Role::Attribute]);
    let (Some(value), true) = (list.first(), is_place && list.role() == Role::List) else { return };
    if list.parts().count() == 1 {
        let forms = site.language().snippets.adds.iter().filter(|form| form.contains("$b"));
        for (rank, form) in forms.enumerate() {
            let text = filled(form, kept.text(), value.text());
            drafts.put(site.node, text.trim_end_matches(';'), nth(rank));
        }
    }
}

/// Beside what is put into one collection, the same or its inverse is put into another that the function uses.
fn mirror<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let assign = site.node.first().filter(|_| site.node.role() == Role::ExpressionStatement);
    let assign = assign.unwrap_or(site.node);
    let kept = assign.part(&["left"]).and_then(only).filter(|left| left.role() == Role::Index);
    let (Some(kept), Some(value)) = (kept, assign.part(&["right"]).and_then(only)) else { return };
    let (Some(collection), Some(key)) = (kept.first(), kept.last()) else { return };
    let is_kept = assign.role() == Role::Assign && is_statement(site.node);
    // What is no name is seldom a key.
    if !is_kept || !value.is(&[Role::Name, Role::Attribute]) || drafts.is_too_dear(0.0) {
        return;
    }
    let (near, reserved) = (site.near(), site.language().reserved);
    let names = near.names.iter().filter(|name| near.is_collection(name));
    let names = names.filter(|name| !reserved.contains(name) && *name != site.own());
    let names = names.map(str::to_owned).chain(site.own_fields());
    let same = [collection.text(), value.text(), key.text()];
    let names: Vec<String> = names.filter(|name| !same.contains(&name.as_str())).collect();
    let others = ranked(collection.text(), names.iter().map(String::as_str), MIRRORS_MAX);
    for (rank, other) in others.into_iter().enumerate() {
        for (more, (key, value)) in [(value, key), (key, value)].into_iter().enumerate() {
            let element = format!("{other}[{}]", key.text());
            let text = filled(site.language().snippets.assign, &element, value.text());
            add_beside(site, drafts, &text, nth(rank) + nth(more));
        }
    }
}

/// What was found or changed is given back where a branch ends.
fn result<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some(block) = node.parent().filter(|_| is_statement(node) && !ends(node)) else { return };
    let is_last = block.last().is_some_and(|last| last.id() == node.id());
    let around = block.ancestors().take(2).find(|outer| outer.role() == Role::If);
    let Some(branch) = around.filter(|_| is_last && !drafts.is_too_dear(0.0)) else { return };
    let is_variable = |part: &Node<'s>| {
        part.role() == Role::Name && !is_callee(*part) && part.range().end <= node.range().end
    };
    let mut names: Vec<&str> = Vec::new();
    for part in branch.descendants().filter(is_variable) {
        if site.near().is_bound(part.text()) && !names.contains(&part.text()) {
            names.push(part.text());
        }
    }
    let form = site.language().snippets.result;
    for (rank, name) in names.into_iter().take(NAMES_MAX + 1).enumerate() {
        add_beside(site, drafts, &filled(form, name, ""), nth(rank));
    }
    let blanks = site.language().snippets.blanks;
    let given = node.function().map(|function| results(&Site { node: function, ..*site }, blanks));
    for (rank, result) in given.into_iter().flatten().take(RESULTS_MAX).enumerate() {
        add_beside(site, drafts, &filled(form, result, ""), 0.6 + nth(rank));
    }
}
