//! Another operator: `a + b` → `a - b`, `a and b` → `a or b`, `n += 1` → `n -= 1`, `0..n` → `0..=n`.

use super::Template;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};

pub const ARITHMETIC: Template =
    Template { name: "arithmetic", cost: 1.4, on: &[Role::Arithmetic], make: swap };
pub const TOKENS: Template =
    Template { name: "macro-operator", cost: 2.0, on: &[Role::Tokens], make: swap };
pub const LOGICAL: Template =
    Template { name: "logical", cost: 1.0, on: &[Role::Logical], make: swap };
pub const ASSIGNMENT: Template = Template {
    name: "assignment",
    cost: 1.8,
    on: &[Role::AugmentedAssign, Role::Assign],
    make: swap,
};
pub const LOOP: Template = Template { name: "loop", cost: 1.8, on: &[Role::Loop], make: swap };
pub const RANGE: Template = Template { name: "range", cost: 0.8, on: &[Role::Range], make: swap };

/// Each operator between the node's operands becomes each operator it is confused with.
pub fn swap<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    for token in site.node.tokens() {
        let operators = site.language().operators;
        let Some((_, others)) = operators.iter().find(|(operator, _)| *operator == token.kind())
        else {
            continue;
        };
        for (rank, other) in others.iter().enumerate() {
            drafts.put(token, *other, nth(rank));
        }
    }
}
