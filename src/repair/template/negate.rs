//! The opposite condition: `if ready` → `if not ready`, `if not ready` → `if ready`.

use super::Template;
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::site::{Drafts, Site, tight};

pub const NEGATE: Template = Template {
    name: "negate",
    cost: 1.4,
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
    if node.role() == Role::Comparison && node.tokens().count() == 1 {
        return;
    }
    let operand = if node.role() == Role::Logical {
        format!("({})", node.text())
    } else {
        tight(node.text())
    };
    drafts.replace(node, &format!("{}{operand}", language.not), extra);
}
