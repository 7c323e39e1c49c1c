//! A variable that nothing gives a value: `total += n` → `total = 0` above it.

use super::Template;
use super::insert::insert;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::{before, body, filled, statements};
use crate::repair::syntax::Node;

pub const DECLARE: Template =
    Template { name: "declare", cost: 1.2, on: &[Role::Name], make: declare };

const ALIKE_MAX: usize = 6;

fn declare<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if !site.is_unknown() {
        return;
    }
    let name = site.node.text();
    let Some(block) = site.node.function().and_then(body) else { return };
    let mut same =
        block.descendants().filter(|node| node.role() == Role::Name && node.text() == name);
    if same.next().is_none_or(|first| first.id() != site.node.id()) {
        return;
    }
    let holds = |statement: &Node<'_>| {
        let (outer, inner) = (statement.range(), site.node.range());
        outer.start <= inner.start && inner.end <= outer.end
    };
    let outer = statements(block).find(holds);
    let inner = site.node.statement();
    let places = outer.into_iter().chain(
        inner.filter(|inner| outer.is_none_or(|outer| outer.range().start != inner.range().start)),
    );
    for (place, statement) in places.enumerate() {
        for (rank, text) in values(site, name).iter().enumerate() {
            let edit = before(site.file, statement, text);
            insert(site, drafts, edit, text, nth(place) + nth(rank));
        }
    }
}

/// How the variable may get a value: as a variable of that name does elsewhere, then as others do.
fn values<'s>(site: &Site<'s>, name: &str) -> Vec<String> {
    let gives = |statement: &Node<'s>| {
        let target = std::iter::once(*statement).chain(statement.parts());
        let target = target.filter(|node| node.role() == Role::Assign);
        target
            .filter_map(|node| node.part(&["left", "name", "pattern"]))
            .any(|it| it.text() == name)
    };
    let statements = site.file.donors.statements().iter().map(|(node, _)| *node).filter(gives);
    let form = filled(site.language().snippets.declare, name, "$b");
    let initials = site.language().initials.iter().map(|value| form.replace("$b", value));
    statements.take(ALIKE_MAX).map(|node| node.text().to_owned()).chain(initials).collect()
}
