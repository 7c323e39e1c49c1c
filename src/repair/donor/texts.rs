//! Texts of nodes, each once.

use std::collections::BTreeSet;

use crate::repair::syntax::Node;

/// Distinct texts with the first node that has each.
#[derive(Default)]
pub struct Texts<'t> {
    pub nodes: Vec<Node<'t>>,
    seen: BTreeSet<&'t str>,
}

impl<'t> Texts<'t> {
    pub(super) fn add(&mut self, node: Node<'t>) {
        if self.seen.insert(node.text()) {
            self.nodes.push(node);
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &'t str> {
        self.nodes.iter().map(|node| node.text())
    }

    pub fn contains(&self, text: &str) -> bool {
        self.seen.contains(text)
    }
}
