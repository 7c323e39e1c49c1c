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

    /// Names of fields that are taken of things whose names end in the same word: of `option` for `bestOption`.
    pub fn fields_of_kin(&self, object: &str) -> BTreeSet<&'t str> {
        let kind = last_word(object);
        let is_kin = |known: &str| !kind.is_empty() && last_word(known).eq_ignore_ascii_case(kind);
        let kin = self.parts.iter().filter(|(known, _)| is_kin(known));
        let parts = kin.flat_map(|(_, texts)| texts.nodes.iter());
        parts.filter(|part| part.role() == Role::Field).map(|part| part.text()).collect()
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

/// The last word of a name: `option` of `this.best_option2`, `Option` of `bestOption`; nothing of what is no name.
fn last_word(name: &str) -> &str {
    let name = name.trim_end_matches(|ch: char| ch.is_ascii_digit() || ch == '_');
    let word = &name[name.trim_end_matches(char::is_alphanumeric).len()..];
    let start = word.trim_end_matches(char::is_lowercase).len();
    let capital = word[..start].chars().next_back().filter(|ch| ch.is_uppercase());
    match capital {
        // A name all in capitals is one word.
        _ if start == word.len() => word,
        Some(first) => &word[start - first.len_utf8()..],
        None => &word[start..],
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_last_word() {
        let check = |name| last_word(name).to_lowercase();
        assert_eq!(["bestOption", "this.best_option2", "option"].map(check), ["option"; 3]);
        assert_eq!(["MAX_WIDTH", "a.width_", "width"].map(check), ["width"; 3]);
        assert_eq!(["items[0]", "f(x)", "", "_1"].map(check), [""; 4]);
        assert_eq!(check("größeÄnderung"), "änderung");
    }
}
