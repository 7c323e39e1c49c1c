//! What gives one variable a value.

use crate::repair::language::Role;
use crate::repair::syntax::Node;

/// One variable that gets a value.
pub struct Assignment<'t> {
    pub at: Node<'t>,
    pub name: &'t str,
    pub value: Node<'t>,
}

impl Assignment<'_> {
    /// Whether the value is a literal or an empty collection, as what is kept up further on begins with.
    pub fn is_beginning(&self) -> bool {
        let literal = [Role::Integer, Role::Float, Role::String, Role::Boolean, Role::Null];
        self.value.is(&literal) || self.is_empty_collection()
    }

    fn is_empty_collection(&self) -> bool {
        self.value.is(&[Role::List, Role::Map]) && self.value.parts().next().is_none()
    }

    /// Whether the variable may get another value, as far as the language has words for that.
    pub fn may_change(&self) -> bool {
        !self.begins_with(self.at.tree.language.constants) || self.says_it_changes()
    }

    /// Whether the variable is one to keep up: it says that it changes, or begins with nothing.
    pub fn is_to_keep_up(&self) -> bool {
        let text = self.value.text();
        let is_nothing = match self.value.role() {
            Role::Integer | Role::Float => text.bytes().all(|byte| matches!(byte, b'0' | b'.')),
            Role::String => text.len() == 2,
            Role::Boolean => text == self.at.tree.language.booleans.1,
            _ => true,
        };
        let may_change = self.says_it_changes() || is_nothing && self.may_change();
        self.is_empty_collection() || self.is_beginning() && may_change
    }

    fn says_it_changes(&self) -> bool {
        self.begins_with(self.at.tree.language.variables)
    }

    fn begins_with(&self, words: &[&str]) -> bool {
        let text = self.at.statement().map_or("", Node::text);
        words.iter().any(|word| text.starts_with(word))
    }
}

/// The variable that a node gives a value, if it is one alone.
pub fn assignment(node: Node<'_>) -> Option<Assignment<'_>> {
    let assign = Some(node).filter(|node| node.role() == Role::Assign)?;
    let name = only(assign.part(&["left", "pattern", "name"])?)?;
    let value = only(assign.part(&["right", "value"])?)?;
    let is_plain = name.is(&[Role::Name, Role::Binding]);
    is_plain.then_some(Assignment { at: node, name: name.text(), value })
}

/// The one part of a list of values, or the node itself; some grammars have a list even around one.
pub fn only(node: Node<'_>) -> Option<Node<'_>> {
    match node.role() {
        Role::Values => node.first().filter(|_| node.parts().count() == 1),
        _ => Some(node),
    }
}
