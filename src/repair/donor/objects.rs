//! What a file takes of the things that it has names for: `line.price` and `line.count`, `row["price"]`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Texts, is_callee};
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::syntax::Node;

/// What is taken of things.
#[derive(Default)]
pub struct Objects<'t> {
    /// Fields and fixed keys by the text of what they are taken of.
    parts: BTreeMap<&'t str, Texts<'t>>,
    /// Names of fields that decide something by themselves.
    deciding: BTreeSet<&'t str>,
}

impl<'t> Objects<'t> {
    pub fn note(&mut self, node: Node<'t>) {
        if let Some((object, part)) = split(node).filter(|_| !is_callee(node)) {
            self.parts.entry(object.text()).or_default().add(part);
            if node.role() == Role::Attribute && place(node) == Some(Place::Condition) {
                self.deciding.insert(part.text());
            }
        }
    }

    /// Fixed keys of all things.
    pub fn keys(&self) -> impl Iterator<Item = &'t str> {
        let parts = self.parts.values().flat_map(|texts| texts.nodes.iter());
        parts.filter(|part| part.role() == Role::String).map(|part| part.text())
    }

    /// Parts that are taken of things of this name, as they are written after it.
    pub fn of(&self, object: &str) -> impl Iterator<Item = &'t str> {
        let texts = self.parts.get(object).into_iter();
        texts.flat_map(|texts| texts.nodes.iter()).filter_map(|part| after_object(*part))
    }

    /// Fields that are taken of things of this name.
    pub fn fields(&self, object: &str) -> impl Iterator<Item = Node<'t>> {
        let texts =
            self.parts.get(object).into_iter().flat_map(|texts| texts.nodes.iter().copied());
        texts.filter(|part| part.role() == Role::Field)
    }

    /// Those of them that decide something by themselves somewhere.
    pub fn deciding(&self, object: &str) -> impl Iterator<Item = &'t str> {
        let names = self.fields(object).map(Node::text);
        names.filter(|name| self.deciding.contains(name))
    }

    /// The other parts of what `node` is a part of, each from the end of the thing to its own end.
    pub fn beside(&self, node: Node<'_>) -> impl Iterator<Item = &'t str> {
        let (object, own) =
            split(node).map_or(("", ""), |(object, part)| (object.text(), part.text()));
        let texts = self.parts.get(object).into_iter();
        let parts = texts.flat_map(|texts| texts.nodes.iter());
        parts.filter(move |part| part.text() != own).filter_map(|part| after_object(*part))
    }
}

fn after_object(part: Node<'_>) -> Option<&str> {
    let whole = part.parent()?;
    let start = whole.first()?.range().end - whole.range().start;
    whole.text().get(start..)
}

/// A thing and the field or fixed key that is taken of it.
fn split(node: Node<'_>) -> Option<(Node<'_>, Node<'_>)> {
    let (object, part) = (node.first()?, node.last()?);
    let is_fixed = match node.role() {
        Role::Attribute => part.role() == Role::Field,
        Role::Index => part.role() == Role::String,
        _ => false,
    };
    (is_fixed && object.is(&[Role::Name, Role::Attribute, Role::Path])).then_some((object, part))
}
