//! A call of the function by itself: `out.extend(item)` → `out.extend(flatten(item))`, `t.has(key)` → `t.left.has(key)`.

use super::Template;
use super::insert::parameters;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::syntax::Node;

pub const CALL: Template = Template {
    name: "recursion",
    cost: 2.3,
    on: &[Role::Name, Role::Attribute, Role::Index, Role::Call, Role::Slice],
    make: call,
};
pub const BOTH: Template =
    Template { name: "recursion", cost: 2.5, on: &[Role::Comparison], make: both };
pub const PART: Template =
    Template { name: "recursion", cost: 2.1, on: &[Role::Name, Role::Attribute], make: part };

/// What it costs that nothing says the function calls itself.
const FIRST: f64 = 0.8;
const PARTS_MAX: usize = 4;

/// The function around a node that has a name.
struct Around<'t> {
    function: Node<'t>,
    name: &'t str,
}

fn around<'s>(site: &Site<'s>) -> Option<Around<'s>> {
    let named = site.node.ancestors().filter(|node| node.role() == Role::Function);
    let mut named = named.filter_map(|function| {
        let name = function.part(&["name"])?.text();
        Some(Around { function, name })
    });
    named.next()
}

impl Around<'_> {
    /// Whether the function calls itself somewhere, once more than it is declared.
    fn doubt(&self) -> f64 {
        let calls = self.function.text().matches(&format!("{}(", self.name)).count();
        if calls > 1 { 0.0 } else { FIRST }
    }

    /// How the function is called with these for the first of its parameters.
    fn called(&self, first: &[&str]) -> Option<String> {
        let class = self.function.parent().and_then(Node::parent);
        let is_method = self.function.part(&["receiver"]).is_some()
            || class.is_some_and(|class| class.role() == Role::Class);
        let given = parameters(self.function);
        if is_method || given.len() < first.len() {
            return None;
        }
        let rest = given.iter().skip(first.len());
        let all: Vec<&str> = first.iter().chain(rest).copied().collect();
        Some(format!("{}({})", self.name, all.join(", ")))
    }
}

/// A value as what the function is called with.
fn call<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let fits = matches!(
        place(node),
        Some(
            Place::Argument
                | Place::Element
                | Place::Operand
                | Place::Returned
                | Place::Assigned
                | Place::Iterable
        )
    );
    if !fits || is_callee(node) || drafts.is_too_dear(0.0) {
        return;
    }
    let Some(around) = around(site).filter(|around| !node.text().contains(around.name)) else {
        return;
    };
    if let Some(text) = around.called(&[node.text()]) {
        drafts.replace(node, &text, around.doubt());
    }
}

/// Two values that are compared as what the function is called with.
fn both<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let is_same = site.node.tokens().any(|token| token.kind().starts_with("=="));
    let (Some(a), Some(b)) = (site.node.first(), site.node.last()) else { return };
    let Some(around) = around(site).filter(|_| is_same && !drafts.is_too_dear(0.0)) else { return };
    let text = around.called(&[a.text(), b.text()]);
    if let Some(text) = text.filter(|_| parameters(around.function).len() == 2) {
        drafts.replace(site.node, &text, around.doubt());
    }
}

/// A part of a thing where the function asks the whole thing what it was asked itself.
fn part<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let callee = node.parent().filter(|parent| is_callee(*parent) && node.id() != parent.id());
    let method = callee.filter(|callee| callee.first().is_some_and(|it| it.id() == node.id()));
    let Some(method) = method.and_then(Node::last) else { return };
    if around(site).is_none_or(|around| around.name != method.text()) {
        return;
    }
    for (rank, part) in site.file.donors.objects().of(node.text()).take(PARTS_MAX).enumerate() {
        drafts.put(node, format!("{}{part}", node.text()), nth(rank));
    }
}
