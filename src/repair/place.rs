//! What a value is used for where it stands, which says what can be done to it.

use super::language::Role;
use super::syntax::Node;

/// Use of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It decides something.
    Condition,
    /// A loop goes over it.
    Iterable,
    /// It picks an element.
    Key,
    /// It ends or starts a range or slice.
    Bound,
    /// It is computed or compared with.
    Operand,
    Argument,
    /// A part of a list, tuple, map or text.
    Element,
    Assigned,
    Returned,
}

/// The use of the expression at `node`; `None` when it is none, or is assigned to, called or taken a part of.
pub fn place(node: Node<'_>) -> Option<Place> {
    let parent = node.parent()?;
    let field = node.field();
    match parent.role() {
        Role::While if field.is_none() => Some(Place::Condition),
        Role::If | Role::While if field == Some("condition") => Some(Place::Condition),
        Role::Filter | Role::Logical | Role::Not => Some(Place::Condition),
        Role::Conditional if is_decisive(node, parent) => Some(Place::Condition),
        Role::Values if parent.parent().is_some_and(|case| case.role() == Role::Case) => {
            let is_condition = node.is(&[Role::Comparison, Role::Logical, Role::Not]);
            Some(if is_condition { Place::Condition } else { Place::Element })
        }
        Role::Conditional | Role::Group | Role::Values => place(parent),
        Role::Loop if matches!(field, Some("right" | "value")) => Some(Place::Iterable),
        Role::Index if !node.is_first() => Some(Place::Key),
        Role::Slice if field == Some("operand") => None,
        Role::Slice | Role::Range => Some(Place::Bound),
        Role::Comparison
        | Role::Arithmetic
        | Role::Negative
        | Role::Cast
        | Role::Unary
        | Role::Try => Some(Place::Operand),
        Role::Arguments if counts(parent) => Some(Place::Bound),
        Role::Arguments => Some(Place::Argument),
        Role::KeywordArgument if field == Some("value") => Some(Place::Argument),
        Role::Parameter if matches!(field, Some("right" | "value")) => Some(Place::Assigned),
        Role::Tokens if node.is(&[Role::Name, Role::Integer]) => Some(Place::Operand),
        Role::List | Role::Tuple | Role::Pair | Role::Element => Some(Place::Element),
        Role::Map if node.role() == Role::Name => Some(Place::Element),
        Role::Comprehension if field == Some("body") => Some(Place::Element),
        Role::Assign | Role::AugmentedAssign if matches!(field, Some("right" | "value")) => {
            Some(Place::Assigned)
        }
        Role::Return | Role::Break => Some(Place::Returned),
        Role::Arm if field == Some("value") => Some(Place::Returned),
        Role::Lambda | Role::Function if field == Some("body") => Some(Place::Returned),
        Role::Block if parent.last().is_some_and(|last| last.id() == node.id()) => {
            Some(Place::Returned)
        }
        _ => None,
    }
}

/// Whether `node` is the condition of a conditional: by its field, else the middle part.
fn is_decisive(node: Node<'_>, conditional: Node<'_>) -> bool {
    let condition = conditional.part(&["condition"]).or_else(|| conditional.parts().nth(1));
    condition.is_some_and(|condition| condition.id() == node.id())
}

/// Whether these are the arguments of a call that makes a range of numbers.
fn counts(arguments: Node<'_>) -> bool {
    let callee = arguments.parent().and_then(|call| call.part(&["function"]));
    let name = callee.and_then(|callee| {
        if callee.role() == Role::Attribute { callee.last() } else { Some(callee) }
    });
    name.is_some_and(|name| arguments.tree.language.range_calls.contains(&name.text()))
}
