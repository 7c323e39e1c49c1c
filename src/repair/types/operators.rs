//! Which values operators are between: what no compiler takes, and what nobody means where anything may be mixed.

use super::sense::fits;
use super::{At, Kind, Types};
use crate::repair::language::Role;
use crate::repair::syntax::Node;

impl Types<'_> {
    pub(super) fn allows_arithmetic(&self, node: Node<'_>, at: At<'_>) -> bool {
        let Some((first, last)) = node.first().zip(node.last()) else { return true };
        let operator = node.tokens().find(|token| token.text().len() < 4).map_or("", Node::text);
        let operator = operator.strip_suffix('=').unwrap_or(operator);
        if self.words.loose.is_some() && node.tree.language.logicals.contains(&operator) {
            return true;
        }
        // `..*end` looks like one to some grammars.
        if first.id() == last.id() || first.role() == Role::Range {
            return true;
        }
        let (a, b) = (self.kind_of(first, at), self.kind_of(last, at));
        let has_it = |kind: Option<Kind>| {
            let known = self.words.operators.iter().find(|(known, _)| Some(*known) == kind);
            known.is_none_or(|(_, operators)| operators.contains(&operator))
        };
        let is_shift = matches!(operator, "<<" | ">>");
        // A comparison may be subtracted from another, but nothing from what holds one.
        let is_kept = node.role() == Role::AugmentedAssign && a == Some(Kind::Boolean);
        if is_kept && operator == "-" {
            return false;
        }
        // A text that a number is added to is a text.
        let is_text =
            self.words.loose.is_some() && operator == "+" && [a, b].contains(&Some(Kind::Text));
        is_text || has_it(a) && has_it(b) && (is_shift || fits(a, b))
    }

    pub(super) fn allows_comparison(&self, node: Node<'_>, at: At<'_>) -> bool {
        let is_containment = |token: Node<'_>| {
            node.tree.language.containments.contains(&token.text()) || token.text() == "instanceof"
        };
        // What is asked for in a value, or of what class it is, is of another kind.
        node.tokens().any(is_containment) && self.words.loose.is_some()
            || self.fit(node.first(), node.last(), at)
    }

    pub(super) fn allows_logical(&self, node: Node<'_>, at: At<'_>) -> bool {
        let Some(loose) = self.words.loose else {
            return node.parts().all(|part| self.may_be(part, at, self.words.truths));
        };
        let Some(first) = node.first() else { return true };
        let is_or_else = node.tokens().any(|token| token.text() == loose.or_else);
        let inner = if first.role() == Role::Group { first.first() } else { Some(first) };
        let is_there = inner.is_some_and(|inner| inner.is(ALWAYS_THERE));
        if is_or_else { !is_there } else { self.may_be(first, at, self.words.truths) }
    }

    pub(super) fn allows_negative(&self, node: Node<'_>, at: At<'_>) -> bool {
        let of = node.first().and_then(|value| self.type_of(value, at));
        let is_unsigned = |of: &str| {
            !self.words.unsigned.is_empty()
                && of.starts_with(self.words.unsigned)
                && self.kind(of) == Some(Kind::Integer)
        };
        !of.is_some_and(is_unsigned)
            && self.may_be_first(node, at, &[Kind::Integer, Kind::Float, Kind::Number])
    }
}

/// What is never nothing.
const ALWAYS_THERE: &[Role] = &[
    Role::Comparison,
    Role::Arithmetic,
    Role::Not,
    Role::Negative,
    Role::Boolean,
    Role::Integer,
    Role::String,
    Role::List,
    Role::Map,
];
