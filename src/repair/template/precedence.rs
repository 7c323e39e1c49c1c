//! Another grouping: `a + b * c` → `(a + b) * c`, `(a + b) * c` → `a + b * c`.

use super::Template;
use crate::base::text::edit::Edit;
use crate::repair::language::Role;
use crate::repair::site::{Drafts, Site, shown, tight};
use crate::repair::statement::filled;
use crate::repair::syntax::Node;

const OPERATIONS: &[Role] =
    &[Role::Arithmetic, Role::Logical, Role::Comparison, Role::Not, Role::Negative];

pub const GROUP: Template = Template { name: "group", cost: 1.7, on: OPERATIONS, make: group };
pub const UNGROUP: Template =
    Template { name: "ungroup", cost: 1.7, on: &[Role::Group], make: ungroup };
pub const REORDER: Template =
    Template { name: "reorder", cost: 2.8, on: &[Role::Arithmetic], make: reorder };
pub const SPREAD: Template =
    Template { name: "spread-cast", cost: 1.1, on: &[Role::Cast, Role::Call], make: spread };

/// Around an operand of the node and the nearer operand of the operation beside it.
fn group<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let (Some(left), Some(right)) = (node.first(), node.last()) else { return };
    let mut enclose = |start: usize, end: usize| {
        let edits = vec![Edit::new(start..start, "("), Edit::new(end..end, ")")];
        let what = format!("group `{}`", shown(&node.tree.text[start..end]));
        drafts.edits(node, edits, Some(what), 0.0);
    };
    if left.id() == right.id() {
        return;
    }
    for inner in spine(right, Node::first) {
        enclose(left.range().start, inner.range().end);
    }
    for inner in spine(left, Node::last) {
        enclose(inner.range().start, right.range().end);
    }
    // `not a or b`: the operator before the first operand takes in the second.
    if let Some(inner) = left.first().filter(|_| left.is(&[Role::Not, Role::Negative])) {
        enclose(inner.range().start, right.range().end);
    }
}

/// The operands on one side of an operation, of the operation that operand is, and so on.
fn spine<'t>(
    node: Node<'t>,
    side: fn(Node<'t>) -> Option<Node<'t>>,
) -> impl Iterator<Item = Node<'t>> {
    let next = move |node: &Node<'t>| side(*node).filter(|_| node.is(OPERATIONS));
    std::iter::successors(next(&node), next)
}

fn ungroup<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if let Some(inner) = site.node.first().filter(|inner| inner.is(OPERATIONS)) {
        drafts.put(site.node, inner.text(), 0.0);
    }
}

/// `a / b * c` → `a * c / b`, which differ where division leaves a rest.
fn reorder<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let is_product =
        |node: &Node<'s>| node.tokens().any(|token| ["*", "/", "//"].contains(&token.kind()));
    let Some(inner) = site.node.first().filter(|inner| inner.role() == Role::Arithmetic) else {
        return;
    };
    let (Some(first), Some(second), Some(third)) = (inner.first(), inner.last(), site.node.last())
    else {
        return;
    };
    if is_product(&inner) && is_product(&site.node) {
        let operator = |node: Node<'s>| node.tokens().next().map_or("", Node::text);
        let text = format!(
            "{} {} {} {} {}",
            first.text(),
            operator(site.node),
            third.text(),
            operator(inner),
            second.text()
        );
        drafts.put(site.node, text, 0.0);
    }
}

/// `(a / b) as f64` → `a as f64 / b as f64`, `float64(a / b)` → `float64(a) / float64(b)`.
fn spread<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some((inner, kind)) = conversion(site.node) else { return };
    let inner = if inner.role() == Role::Group { inner.first().unwrap_or(inner) } else { inner };
    let (Some(left), Some(right)) = (inner.first(), inner.last()) else { return };
    if inner.role() != Role::Arithmetic {
        return;
    }
    let sum = inner;
    let operator = sum.tokens().next().map_or("", Node::kind);
    let bare = |operand: Node<'s>| {
        if operand.role() == Role::Cast { operand.first().unwrap_or(operand) } else { operand }
    };
    let cast = |operand: Node<'s>| filled(site.language().cast, &tight(bare(operand).text()), kind);
    drafts.replace(site.node, &format!("{} {operator} {}", cast(left), cast(right)), 0.0);
    drafts.replace(site.node, &format!("{} {operator} {}", cast(left), right.text()), 0.5);
}

/// What is converted and to which type, where that is one known for conversions.
fn conversion<'s>(node: Node<'s>) -> Option<(Node<'s>, &'s str)> {
    if node.role() == Role::Cast {
        return Some((node.first()?, node.last()?.text()));
    }
    let kind = node.part(&["function"]).filter(|callee| callee.role() == Role::Name)?.text();
    let known = node.tree.language.cast_types.contains(&kind);
    let argument = node.part(&["arguments"])?.first()?;
    known.then_some((argument, kind))
}
