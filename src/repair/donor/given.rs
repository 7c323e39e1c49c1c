//! What functions are declared with and called with, and which fields get a value.

use std::collections::{BTreeMap, BTreeSet};

use crate::repair::language::Role;
use crate::repair::methods::type_of;
use crate::repair::syntax::Node;

/// Declarations and calls of a file by name.
#[derive(Default)]
pub struct Given<'t> {
    functions: BTreeMap<&'t str, Node<'t>>,
    arguments: BTreeMap<&'t str, Vec<Node<'t>>>,
    fields: BTreeSet<&'t str>,
    keys: BTreeSet<&'t str>,
}

impl<'t> Given<'t> {
    pub(super) fn note(&mut self, node: Node<'t>) {
        match node.role() {
            Role::Function => {
                if let Some(name) = node.part(&["name"]).map(Node::text) {
                    self.functions.entry(name).or_insert(node);
                    self.fields.insert(name);
                }
            }
            Role::Arguments => {
                if let Some(name) = receiver_of(node) {
                    self.arguments.entry(name).or_default().push(node);
                }
            }
            Role::Pair => self.keys.extend(node.part(&["key"]).map(Node::text)),
            Role::Assign => {
                let left = node.part(&["left", "name", "property"]);
                let field = left.and_then(|left| left.last().or(Some(left)));
                self.fields.extend(field.map(Node::text));
            }
            _ => {}
        }
    }

    /// The names of methods that are declared.
    pub fn methods(&self) -> impl Iterator<Item = &'t str> {
        let methods = self.functions.iter().filter(|(_, node)| type_of(**node).is_some());
        methods.map(|(name, _)| *name)
    }

    /// The first function of this name.
    pub fn function(&self, name: &str) -> Option<Node<'t>> {
        self.functions.get(name).copied()
    }

    /// What is given to functions of this name, in order.
    pub fn arguments(&self, name: &str) -> &[Node<'t>] {
        self.arguments.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether an object that is written as a literal has a part of this name.
    pub fn is_key(&self, name: &str) -> bool {
        self.keys.contains(name)
    }

    /// Whether something gives a field of this name a value, or is one itself.
    pub fn is_field(&self, name: &str) -> bool {
        self.fields.contains(name)
    }
}

/// The name of the function that a list of arguments is given to.
fn receiver_of(list: Node<'_>) -> Option<&str> {
    let callee = list.parent()?.part(&["function", "constructor"])?;
    Some(callee.last().filter(|_| callee.role() == Role::Attribute).unwrap_or(callee).text())
}
