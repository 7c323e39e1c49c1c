//! One entry more: `{ name, price }` → `{ name, price, count }`, `{"a": a}` → `{"a": a, "b": b}`, `[x, left]` → `[x, left, right]`.

use super::Template;
use super::arguments::insert;
use crate::repair::donor::renamed;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::syntax::Node;

pub const ENTRY: Template =
    Template { name: "add-entry", cost: 1.8, on: &[Role::Map, Role::List], make: entry };
pub const LIKE: Template = Template {
    name: "like-element",
    cost: 2.9,
    on: &[Role::List, Role::Tuple, Role::Map],
    make: like,
};

const ENTRIES_MAX: usize = 6;
const UNREAD_MAX: usize = 2;
const FIELDS_MAX: usize = 6;
const LIKE_MAX: usize = 8;

/// A variable by its own name, then one that nothing reads by any.
fn entry<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some(shape) = Shape::of(site.node) else { return };
    let keys: Vec<&str> = site.node.parts().filter_map(key).map(bare).collect();
    let near = site.near();
    let is_fresh = |name: &&str| {
        near.is_bound(name) && *name != site.own() && !keys.iter().any(|key| alike(key, name))
    };
    let names: Vec<&str> = site.names_near().filter(is_fresh).collect();
    let fields = fields(site);
    let known = names.iter().filter_map(|name| {
        let field = fields.iter().find(|field| alike(field, name));
        Some((*field?, *name))
    });
    for (rank, (field, name)) in known.take(ENTRIES_MAX).enumerate() {
        insert(site.node, drafts, usize::MAX, &shape.entry(field, name), nth(rank));
    }
    let unread = near.unread();
    let unread = names.iter().filter(|name| unread.contains(name));
    for (rank, name) in unread.take(UNREAD_MAX).enumerate() {
        insert(site.node, drafts, usize::MAX, &shape.entry(name, name), 0.2 + nth(rank));
        let others = fields.iter().filter(|field| !keys.contains(field));
        for (more, field) in others.take(FIELDS_MAX).enumerate() {
            let extra = 0.4 + nth(rank) + nth(more);
            insert(site.node, drafts, usize::MAX, &shape.entry(field, name), extra);
        }
    }
}

/// The last element once more with other names in it.
fn like<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some(last) = site.node.last().filter(|last| !last.is(&[Role::Pair, Role::Integer])) else {
        return;
    };
    let own = site.node.text();
    let others = renamed(&site.file.donors, last, LIKE_MAX).into_iter();
    for (rank, text) in others.filter(|text| !own.contains(text.as_str())).enumerate() {
        insert(site.node, drafts, usize::MAX, &text, nth(rank));
    }
}

/// How the entries of a literal are written.
enum Shape<'t> {
    /// `"key": value`.
    Quoted(&'t str),
    /// `key: value`, which may be one word if it is the same.
    Plain { is_short: bool },
}

impl<'t> Shape<'t> {
    /// `None` for what lists values without keys.
    fn of(literal: Node<'t>) -> Option<Self> {
        let language = literal.tree.language;
        let is_short = !language.shorthand.is_empty() && !language.is_shorthand_typed;
        let first = literal.parts().find(|part| key(*part).is_some());
        match first.and_then(key) {
            Some(key) if key.role() == Role::String => Some(Shape::Quoted(key.text().get(..1)?)),
            Some(_) => Some(Shape::Plain { is_short }),
            None if is_short && literal.role() == Role::Map => Some(Shape::Plain { is_short }),
            None => None,
        }
    }

    fn entry(&self, key: &str, value: &str) -> String {
        match self {
            Shape::Quoted(quote) => format!("{quote}{key}{quote}: {value}"),
            Shape::Plain { is_short: true } if key == value => key.to_owned(),
            Shape::Plain { .. } => format!("{key}: {value}"),
        }
    }
}

/// The key of an entry.
fn key(part: Node<'_>) -> Option<Node<'_>> {
    match part.role() {
        Role::Pair => {
            let first = part.first()?;
            Some(first.first().filter(|_| first.role() == Role::Element).unwrap_or(first))
        }
        Role::Name if part.parent().is_some_and(|parent| parent.role() == Role::Map) => Some(part),
        _ => None,
    }
}

fn bare(key: Node<'_>) -> &str {
    key.text().trim_matches(['"', '\''])
}

/// Names that things of this file have parts by: of types, those that are declared with one of the literal's, first.
fn fields<'s>(site: &Site<'s>) -> Vec<&'s str> {
    let donors = &site.file.donors;
    let declared = site.node.parts().filter_map(key).take(1);
    let declared = declared.flat_map(|key| donors.members_beside(key));
    let keys = donors.objects().keys().map(|key| key.trim_matches(['"', '\'']));
    let mut fields: Vec<&str> = Vec::new();
    for field in declared.chain(site.shared().fields.iter()).chain(keys) {
        if !fields.contains(&field) {
            fields.push(field);
        }
    }
    fields
}

/// Whether two names are the same but for how they begin.
fn alike(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.eq_ignore_ascii_case(b)
}
