//! Another comparison: `a < b` → `a <= b`, `a - b` → `b - a`.

use super::Template;
use super::operator;
use crate::repair::language::Role;
use crate::repair::site::{Drafts, Site};

pub const OPERATOR: Template =
    Template { name: "comparison", cost: 1.2, on: &[Role::Comparison], make: operator::swap };
pub const OPERANDS: Template = Template {
    name: "operands",
    cost: 2.0,
    on: &[Role::Comparison, Role::Arithmetic],
    make: operands,
};

fn operands<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let parts: Vec<_> = site.node.parts().collect();
    for pair in parts.windows(2) {
        drafts.exchange(pair[0], pair[1], 0.0);
    }
}
