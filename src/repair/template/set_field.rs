//! A field that starts as something and that nothing changes any more: `self.closed = True`, `parcel.weight += item.weight`.

use super::Template;
use super::insert::add_beside;
use super::lines::STATEMENTS;
use crate::repair::donor::{Begun, Start, is_maker};
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::{filled, is_statement};

pub const SET: Template = Template { name: "set-field", cost: 2.8, on: STATEMENTS, make: set };

const FIELDS_MAX: usize = 6;
const OBJECTS_MAX: usize = 2;
const NAMES_MAX: usize = 4;
/// Names beside a statement that are looked at.
const NEAR_MAX: usize = 24;

fn set<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let is_maker = site.node.function().is_none_or(is_maker);
    if is_maker || !is_statement(site.node) || drafts.is_too_dear(0.0) {
        return;
    }
    for (rank, field) in site.file.donors.states().idle().iter().take(FIELDS_MAX).enumerate() {
        for object in objects(site, field).take(OBJECTS_MAX) {
            for (more, text) in changes(site, object, field).into_iter().enumerate() {
                add_beside(site, drafts, &text, nth(rank) + nth(more));
            }
        }
    }
}

/// Names of what may have the field.
fn objects<'s>(site: &Site<'s>, field: &Begun<'s>) -> impl Iterator<Item = &'s str> {
    let (own, near, donors) = (site.own(), site.near(), &site.file.donors);
    let is_own = !own.is_empty() && near.names.contains(own);
    let (field, function) = (*field, site.node.function());
    let has =
        move |name: &str, function| donors.states().has(donors.objects(), name, function, &field);
    let others = site.names_near().take(NEAR_MAX).filter(move |name| *name != own);
    let others = others.filter(move |name| has(name, None));
    let own = Some(own).filter(|own| is_own && has(own, function));
    own.into_iter().chain(others)
}

/// Statements that change a field of an object, the likeliest first.
fn changes<'s>(site: &Site<'s>, object: &'s str, field: &Begun<'s>) -> Vec<String> {
    let snippets = &site.language().snippets;
    let target = format!("{object}.{}", field.name);
    let assigned = |value: &str| filled(snippets.assign, &target, value);
    let names = || site.names_near().filter(|name| *name != object && *name != site.own());
    match field.start {
        Start::Flag(start) => {
            let (yes, no) = site.language().booleans;
            vec![assigned(if start == Some(yes) { no } else { yes })]
        }
        Start::Number => {
            let by_one = snippets.updates.iter().take(2).map(|form| filled(form, &target, ""));
            let objects = &site.file.donors.objects();
            let has = |name: &&str| objects.fields(name).any(|seen| seen.text() == field.name);
            let same = names().take(NEAR_MAX).filter(has).take(NAMES_MAX);
            let same = same.map(|name| format!("{name}.{}", field.name));
            let others = names().take(NAMES_MAX).map(str::to_owned);
            let sums = same.chain(others);
            let sums = sums.map(|value| format!("{target} += {value}{}", snippets.statement_end));
            by_one.chain(sums).collect()
        }
        Start::Nothing => names().take(NAMES_MAX).map(assigned).collect(),
        Start::Made(value) => {
            let (near, shared) = (site.near(), site.shared());
            let is_called =
                |name: &str| near.callees.contains(name) || shared.callees.contains(name);
            let is_known = |name: &str| near.names.contains(name) || is_called(name);
            let mut names = value.descendants().filter(|node| node.role() == Role::Name);
            let is_made = names.all(|name| is_known(name.text()));
            let more = format!("{target} += {}{}", value.text(), snippets.statement_end);
            if is_made { vec![assigned(value.text()), more] } else { Vec::new() }
        }
    }
}
