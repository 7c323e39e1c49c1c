//! The opposite condition: `if ready` → `if not ready`, `if not ready` → `if ready`.

use super::Template;
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::site::{Drafts, Site, tight};
use crate::repair::syntax::Node;

pub const NEGATE: Template = Template {
    name: "negate",
    cost: 1.3,
    on: &[
        Role::Name,
        Role::Attribute,
        Role::Call,
        Role::Index,
        Role::Logical,
        Role::Not,
        Role::Comparison,
        Role::Group,
    ],
    make: negate,
};

fn negate<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (node, language) = (site.node, site.language());
    if node.role() == Role::Not {
        if let Some(operand) = node.last() {
            drafts.replace(node, operand.text(), 0.0);
        }
        return;
    }
    let extra = match place(node) {
        Some(Place::Condition) => 0.0,
        Some(Place::Returned) => 1.2,
        Some(
            Place::Iterable
            | Place::Key
            | Place::Bound
            | Place::Operand
            | Place::Argument
            | Place::Element
            | Place::Assigned,
        )
        | None => return,
    };
    // Most comparisons have an opposite, which another template tries.
    let spelt_out = |word: &str| {
        language.comparisons.iter().any(|other| other.contains("not") && other.contains(word))
    };
    let has_opposite = |word: &str| !word.starts_with(char::is_alphabetic) || spelt_out(word);
    let operators: Vec<&str> = node.tokens().map(Node::text).collect();
    let is_opposed = matches!(operators[..], [only] if has_opposite(only));
    if node.role() == Role::Comparison && is_opposed {
        return;
    }
    let operand = if node.is(&[Role::Logical, Role::Comparison]) {
        format!("({})", node.text())
    } else {
        tight(node.text())
    };
    drafts.replace(node, &format!("{}{operand}", language.not), extra);
}
