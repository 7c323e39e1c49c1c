//! One operand less, or a filter more: `a and b` → `a`, `n + 1` → `n`, `-x` → `x`, `first..last` → `first..`.

use super::Template;
use super::condition::atoms;
use crate::base::text::edit::Edit;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site, wants_tight};
use crate::repair::statement::filled;
use crate::repair::syntax::Node;

pub const DROP: Template = Template {
    name: "drop-operand",
    cost: 1.9,
    on: &[
        Role::Logical,
        Role::Arithmetic,
        Role::Negative,
        Role::Unary,
        Role::Cast,
        Role::Conditional,
    ],
    make: drop_operand,
};
pub const BOUND: Template =
    Template { name: "bound", cost: 2.0, on: &[Role::Slice, Role::Range], make: bound };
pub const FILTER: Template =
    Template { name: "filter", cost: 2.8, on: &[Role::Filter], make: filter };

pub const ADD_FILTER: Template =
    Template { name: "add-filter", cost: 3.5, on: &[Role::Comprehension], make: add_filter };

const FILTERS_MAX: usize = 10;

fn drop_operand<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let parts = site.node.parts().filter(|part| part.field() != Some("type"));
    for (rank, part) in parts.enumerate() {
        drafts.replace(site.node, part.text(), nth(rank));
    }
}

fn bound<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    for part in site.node.parts().filter(|part| part.field() != Some("operand")) {
        drafts.edits(part, vec![Edit::new(part.range(), "")], None, 0.0);
        if !wants_tight(site.node) && site.node.role() == Role::Slice {
            drafts.put(site.node, part.text(), 0.6);
        }
    }
    if site.node.role() == Role::Slice {
        other_bound(site.node, drafts);
        drafts.put(site.node, "::-1", 0.8);
        drafts.put(site.node, ":", 1.0);
    }
}

/// The only bound on the other side: `n:` → `:n`.
fn other_bound<'s>(slice: Node<'s>, drafts: &mut Drafts<'s>) {
    let mut bounds = slice.parts().filter(|part| part.field() != Some("operand"));
    let (Some(bound), None) = (bounds.next(), bounds.next()) else { return };
    let (range, text) = (bound.range(), &slice.tree.text);
    let behind = text[range.end..slice.range().end].find(':').map(|at| range.end + at + 1);
    let ahead = || text[slice.range().start..range.start].rfind(':');
    if let Some(at) = behind.or_else(|| ahead().map(|at| slice.range().start + at)) {
        let mut edits = vec![Edit::new(range, ""), Edit::new(at..at, bound.text())];
        edits.sort();
        drafts.edits(slice, edits, None, 0.2);
    }
}

fn filter<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    drafts.put(site.node, "", 0.0);
}

/// Passes over elements: `[f(x) for x in xs]` → `[f(x) for x in xs if x]`.
fn add_filter<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (form, is_filtered) =
        (site.language().filter, site.node.parts().any(|part| part.role() == Role::Filter));
    let (Some(last), Some(body)) = (site.node.last(), site.node.first()) else { return };
    if form.is_empty() || is_filtered {
        return;
    }
    let end = last.range().end;
    for (rank, atom) in atoms(&Site { node: body, ..*site }).iter().take(FILTERS_MAX).enumerate() {
        drafts.edits(site.node, vec![Edit::new(end..end, filled(form, atom, ""))], None, nth(rank));
    }
}
