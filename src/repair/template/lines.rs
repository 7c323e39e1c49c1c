//! Statements at another place or none: deleted, exchanged with the next, moved out of a loop or branch or into it.

use super::Template;
use crate::base::text::edit::Edit;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site, shown};
use crate::repair::statement::{
    after, at_end, before, body, is_simple, is_statement, removed, snippet, statements,
};
use crate::repair::syntax::Node;

pub const STATEMENTS: &[Role] = &[
    Role::ExpressionStatement,
    Role::Assign,
    Role::AugmentedAssign,
    Role::Return,
    Role::Raise,
    Role::Break,
    Role::Continue,
    Role::If,
    Role::Loop,
    Role::While,
];

pub const DELETE: Template =
    Template { name: "delete-statement", cost: 4.0, on: STATEMENTS, make: delete };
pub const SWAP: Template =
    Template { name: "swap-statements", cost: 2.8, on: STATEMENTS, make: swap };
pub const OUT: Template = Template { name: "move-out", cost: 3.0, on: STATEMENTS, make: out };
pub const IN: Template = Template { name: "move-in", cost: 3.3, on: STATEMENTS, make: into };

fn delete<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if !is_statement(site.node) {
        return;
    }
    if let Some(edit) = removed(site.node) {
        let what = format!("remove `{}`", shown(site.node.text()));
        drafts.edits(
            site.node,
            vec![edit],
            Some(what),
            if is_simple(site.node) { 0.0 } else { 1.0 },
        );
    }
}

fn swap<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if let Some(next) = next(site.node) {
        drafts.exchange(site.node, next, 0.0);
    }
}

/// The statement right after this one in the same block.
fn next(node: Node<'_>) -> Option<Node<'_>> {
    let block = node.parent().filter(|_| is_statement(node))?;
    statements(block).find(|other| other.id() > node.id() && is_statement(*other))
}

/// The last statement of a block goes after the loop or branch, the first before it; up to two levels.
fn out<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some(text) = snippet(node).filter(|_| is_statement(node)) else { return };
    let Some(block) = node.parent() else { return };
    let (first, last) = (statements(block).next(), statements(block).last());
    let is = |other: Option<Node<'_>>| other.is_some_and(|other| other.id() == node.id());
    let around =
        block.ancestors().filter(|outer| is_statement(*outer) && !outer.is(&[Role::Function]));
    for (level, outer) in around.take(2).enumerate() {
        let extra = nth(level);
        if is(last) {
            relocate(site, drafts, after(site.file, outer, &text), extra);
        }
        if is(first) {
            relocate(site, drafts, before(site.file, outer, &text), extra + 0.2);
        }
    }
}

/// A statement beside a loop or branch goes into it.
fn into<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some(text) = snippet(node).filter(|_| is_statement(node) && is_simple(node)) else {
        return;
    };
    let Some(block) = node.parent() else { return };
    let previous = statements(block).take_while(|other| other.id() < node.id()).last();
    if let Some(inside) = previous.and_then(body) {
        relocate(site, drafts, at_end(site.file, inside, &text), 0.0);
    }
    if let Some(first) = next(node).and_then(body).and_then(|inside| statements(inside).next()) {
        relocate(site, drafts, before(site.file, first, &text), 0.2);
    }
}

fn relocate<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>, put: Option<Edit>, extra: f64) {
    let (Some(put), Some(taken)) = (put, taken(site.node)) else { return };
    let what = format!("move `{}`", shown(site.node.text()));
    let edits = if put.start < taken.end { vec![put, taken] } else { vec![taken, put] };
    drafts.edits(site.node, edits, Some(what), extra);
}

/// Takes a statement out, with the `else` that holds nothing else.
fn taken(statement: Node<'_>) -> Option<Edit> {
    let block = statement.parent()?;
    let clause = block
        .parent()
        .filter(|clause| clause.role() == Role::Else && statements(block).count() == 1);
    let Some(clause) = clause else { return removed(statement) };
    let before = clause.parent()?.parts().take_while(|part| part.id() < clause.id()).last()?;
    Some(Edit::new(before.range().end..clause.range().end, ""))
}
