//! Methods that need nothing but their object, which is what a type may do to keep itself in order, or one value.

use std::collections::BTreeMap;

use super::language::Role;
use super::similarity;
use super::syntax::{Node, Tree};

/// What follows the own object in a call of a method, by the name of its type, in the order of the file.
pub struct Methods<'t> {
    by_type: BTreeMap<&'t str, Vec<String>>,
    copies: Vec<String>,
    /// Names of methods that take one value, by the name of their type.
    taking_one: BTreeMap<&'t str, Vec<&'t str>>,
}

/// Words in the names of methods that give another object of the same value.
const COPIES: &[&str] = &["clone", "copy", "dup", "duplicate"];
/// Words in the names of those that answer yes or no.
const ASKS: &[&str] = &["is", "has"];

impl<'t> Methods<'t> {
    pub fn of(tree: &'t Tree<'t>) -> Self {
        let mut by_type: BTreeMap<&'t str, Vec<String>> = BTreeMap::new();
        let mut taking_one: BTreeMap<&'t str, Vec<&'t str>> = BTreeMap::new();
        for function in tree.nodes().filter(|node| node.role() == Role::Function) {
            let Some(of) = type_of(function) else { continue };
            match own_method(function) {
                Some((name, 0)) => by_type.entry(of).or_default().push(call(function, name)),
                Some((name, 1)) => taking_one.entry(of).or_default().push(name),
                Some(_) | None => {}
            }
        }
        let copies = by_type.values().flatten().filter(|call| copies(call)).cloned().collect();
        Self { by_type, copies, taking_one }
    }

    /// Names of the others of the type that `function` belongs to which take one value.
    pub fn taking_one(&self, function: Node<'_>) -> impl Iterator<Item = &'t str> {
        let own = function.part(&["name"]).map_or("", Node::text).to_owned();
        let known = type_of(function).and_then(|name| self.taking_one.get(name));
        known.into_iter().flatten().copied().filter(move |name| *name != own)
    }

    /// Calls of those that give a copy.
    pub fn copies(&self) -> &[String] {
        &self.copies
    }

    /// Calls of all of them; some names may come twice.
    pub fn calls(&self) -> impl Iterator<Item = &str> {
        self.by_type.values().flatten().map(String::as_str)
    }

    /// Calls of the others of the type that `function` belongs to, such as `.trim()`.
    pub fn beside(&self, function: Node<'_>) -> impl Iterator<Item = &str> {
        let own = function.part(&["name"]).map_or("", Node::text).to_owned();
        let known = type_of(function).and_then(|name| self.by_type.get(name));
        let others = known.into_iter().flatten().map(String::as_str);
        others.filter(move |call| call[1..].split('(').next() != Some(own.as_str()))
    }
}

/// Whether a method gives a copy, by its name.
fn copies(call: &str) -> bool {
    let words = similarity::words(call.trim_matches(|ch: char| !ch.is_alphanumeric()));
    let has = |known: &[&str]| known.iter().any(|word| words.contains(*word));
    has(COPIES) && !has(ASKS)
}

/// The name of the object that the function around a node is a method of, as the language or the function has it.
pub fn own_object(node: Node<'_>) -> &str {
    let receiver = node.function().and_then(|function| function.part(&["receiver"]));
    let name = receiver
        .and_then(|receiver| receiver.descendants().find(|node| node.role() == Role::Binding));
    name.map_or(node.tree.language.own, Node::text)
}

/// The type that a method belongs to.
pub fn type_of(function: Node<'_>) -> Option<&str> {
    if let Some(receiver) = function.part(&["receiver"]) {
        let inside = receiver.text().trim_matches(['(', ')']);
        let inside = inside.split('[').next()?;
        return inside.rsplit([' ', '*']).next();
    }
    let class = function.ancestors().find(|outer| outer.is(&[Role::Class, Role::Function]))?;
    let name = class.part(&["type", "name"]).filter(|_| class.role() == Role::Class)?;
    Some(name.text())
}

/// The name of a method and how many values it takes; `None` for those that belong to the type alone or are no methods to
/// those who use them.
pub fn own_method(function: Node<'_>) -> Option<(&str, usize)> {
    let name = function.part(&["name"])?.text();
    let list = function.part(&["parameters"])?;
    let language = function.tree.language;
    let is_own =
        |text: &str| text.split(|ch: char| !ch.is_alphanumeric()).any(|word| word == "self");
    let needs_self = language.own == "self";
    let is_bound = !needs_self || is_own(list.text());
    let taken = list.descendants().filter(|node| node.role() == Role::Binding);
    let n_taken = taken.filter(|node| !language.reserved.contains(&node.text())).count();
    let is_plain = function.tokens().all(|token| !matches!(token.kind(), "get" | "set" | "static"))
        && function.parent().is_none_or(|parent| parent.kind() != "decorated_definition");
    let is_special = name == "constructor" || name.starts_with("__");
    (is_bound && is_plain && !is_special).then_some((name, n_taken))
}

/// The call of a method that takes nothing.
fn call(function: Node<'_>, name: &str) -> String {
    let result = function.part(&["return_type"]).map_or("", Node::text);
    let is_rust = function.tree.language.own == "self" && result.contains("Result<");
    format!(".{name}(){}", if is_rust { "?" } else { "" })
}
