//! A statement that another function of the file has: `self.at += 1`, `this.close();`.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::Template;
use super::insert::insert;
use super::lines::STATEMENTS;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::similarity::ranked;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::{after, before, is_statement};
use crate::repair::syntax::Node;

pub const BORROW: Template =
    Template { name: "borrow-statement", cost: 4.0, on: STATEMENTS, make: borrow };

const BORROWED_MAX: usize = 10;
const NAMES_MAX: usize = 3;

fn borrow<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some(function) = node.function().filter(|_| is_statement(node)) else { return };
    let elsewhere = site.file.donors.statements().iter();
    let is_elsewhere =
        |other: Node<'_>| other.function().is_some_and(|it| it.id() != function.id());
    let elsewhere = elsewhere.filter(|(other, _)| is_elsewhere(*other));
    let mut texts: Vec<(Reverse<usize>, String)> = elsewhere
        .flat_map(|(other, n)| known_here(site, *other).into_iter().map(|text| (Reverse(*n), text)))
        .collect();
    // What stands in many places is what is forgotten in one.
    texts.sort_by_key(|(n, _)| *n);
    let mut seen = BTreeSet::new();
    texts.retain(|(_, text)| seen.insert(text.clone()));
    for (rank, (_, text)) in texts.into_iter().take(BORROWED_MAX).enumerate() {
        let extra = nth(rank);
        if !drafts.is_too_dear(extra) {
            insert(site, drafts, after(site.file, node, &text), &text, extra);
            insert(site, drafts, before(site.file, node, &text), &text, extra + 0.2);
        }
    }
}

/// A statement as it can stand here: as it is, or with one name that is not known here exchanged for one that is.
fn known_here(site: &Site<'_>, statement: Node<'_>) -> Vec<String> {
    let near = site.near();
    let is_foreign = |node: &Node<'_>| {
        let name = node.text();
        let is_known = near.names.contains(name)
            || name != site.own() && site.language().reserved.contains(&name);
        node.is(&[Role::Name, Role::Binding]) && !is_callee(*node) && !is_known
    };
    let foreign: Vec<Node<'_>> = statement.descendants().filter(is_foreign).collect();
    let names: BTreeSet<&str> = foreign.iter().map(|node| node.text()).collect();
    let mut names = names.into_iter();
    match (names.next(), names.next()) {
        (None, _) => vec![statement.text().to_owned()],
        (Some(name), None) => {
            let own = site.own();
            let others = near.names.iter().filter(|other| *other != own);
            let others = ranked(name, others, NAMES_MAX);
            others.into_iter().map(|other| renamed(statement, &foreign, other)).collect()
        }
        (Some(_), Some(_)) => Vec::new(),
    }
}

/// The text of a statement with another name at some nodes.
fn renamed(statement: Node<'_>, nodes: &[Node<'_>], name: &str) -> String {
    let mut text = statement.text().to_owned();
    for node in nodes.iter().rev() {
        let (start, range) = (statement.range().start, node.range());
        text.replace_range(range.start - start..range.end - start, name);
    }
    text
}
