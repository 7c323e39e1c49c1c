//! Another type to convert to: `n as u8` → `n as u32`; the type that a message says a value has not: `n` → `int32(n)`.

use super::Template;
use crate::base::text::edit::Edit;
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site, shown};
use crate::repair::statement::filled;
use crate::repair::syntax::Node;

pub const TYPE: Template =
    Template { name: "cast", cost: 1.8, on: &[Role::Cast], make: other_type };
pub const WANTED: Template = Template {
    name: "convert",
    cost: 1.4,
    on: &[
        Role::Name,
        Role::Attribute,
        Role::Call,
        Role::Index,
        Role::Arithmetic,
        Role::Cast,
        Role::Integer,
        Role::Float,
    ],
    make: wanted,
};
pub const WIDEN: Template =
    Template { name: "widen", cost: 3.4, on: &[Role::Arithmetic], make: widen };

/// `a * b / c` → `(a as u64 * b as u64 / c as u64) as u32`, so that it does not overflow on the way.
fn widen<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let is_outermost = node
        .ancestors()
        .find(|outer| outer.role() != Role::Group)
        .is_none_or(|outer| outer.role() != Role::Arithmetic);
    let back = node.function().and_then(|function| function.part(&["return_type"])).map(Node::text);
    let Some(back) = back.filter(|back| is_outermost && site.language().cast_types.contains(back))
    else {
        return;
    };
    let (operands, cast) = (operands(node), site.language().cast);
    for (rank, wide) in site.language().wide_types.iter().filter(|wide| **wide != back).enumerate()
    {
        let widened = |operand: &Node<'s>| {
            let loose = if operand.role() == Role::Negative { ("(", ")") } else { ("", "") };
            Edit::new(
                operand.range(),
                filled(cast, &format!("{}{}{}", loose.0, operand.text(), loose.1), wide),
            )
        };
        let mut edits: Vec<Edit> = operands.iter().map(widened).collect();
        let (Some(first), Some(last)) = (edits.first_mut(), operands.last()) else { return };
        let (start, end) = (node.range().start, node.range().end);
        let lead = &site.file.tree.text[start..first.start];
        *first = Edit::new(start..first.end, format!("({lead}{}", first.text));
        edits.push(Edit::new(
            last.range().end..end,
            filled(cast, &format!("{})", &site.file.tree.text[last.range().end..end]), back),
        ));
        let what = format!("compute `{}` as `{wide}`", shown(node.text()));
        drafts.edits(node, edits, Some(what), nth(rank));
    }
}

/// What a sum or product is made of, but for literals.
fn operands<'s>(node: Node<'s>) -> Vec<Node<'s>> {
    match node.role() {
        Role::Arithmetic | Role::Group => node.parts().flat_map(operands).collect(),
        Role::Integer | Role::Float | Role::Cast => Vec::new(),
        _ => vec![node],
    }
}

fn wanted<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if site.hints.types.is_empty() {
        return;
    }
    let is_value = matches!(
        place(site.node),
        Some(Place::Assigned | Place::Returned | Place::Argument | Place::Element | Place::Operand)
    );
    let language = site.language();
    let types = language.cast_types.iter().filter(|known| site.hints.types.contains(**known));
    for wanted in types.filter(|_| is_value) {
        let is_loose = site.node.role() == Role::Arithmetic && !language.cast.contains("($a)");
        let (open, close) = if is_loose { ("(", ")") } else { ("", "") };
        let value = format!("{open}{}{close}", site.node.text());
        drafts.put(site.node, filled(language.cast, &value, wanted), 0.0);
    }
}

fn other_type<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some(target) = site.node.part(&["type"]) else { return };
    for (rank, other) in site.language().cast_types.iter().enumerate() {
        drafts.put(target, *other, nth(rank));
    }
}
