//! What gives one variable a value.

use crate::repair::language::Role;
use crate::repair::syntax::Node;

/// One variable that gets a value.
pub struct Assignment<'t> {
    pub at: Node<'t>,
    pub name: &'t str,
    pub value: Node<'t>,
}

pub(super) fn assignment(node: Node<'_>) -> Option<Assignment<'_>> {
    let assign = Some(node).filter(|node| node.role() == Role::Assign)?;
    let name = only(assign.part(&["left", "pattern", "name"])?)?;
    let value = only(assign.part(&["right", "value"])?)?;
    let is_plain = name.is(&[Role::Name, Role::Binding]);
    is_plain.then_some(Assignment { at: node, name: name.text(), value })
}

/// The one part of a list of values, or the node itself.
fn only(node: Node<'_>) -> Option<Node<'_>> {
    match node.role() {
        Role::Values => node.first().filter(|_| node.parts().count() == 1),
        _ => Some(node),
    }
}
