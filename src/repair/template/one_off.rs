//! One more or one less: `xs[i]` → `xs[i - 1]`, `range(n)` → `range(n + 1)`, `return depth` → `return depth + 1`.

use super::Template;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::rank::nth;
use crate::repair::similarity::words;
use crate::repair::site::{Drafts, Site, wants_tight};
use crate::repair::syntax::Node;

pub const ONE_OFF: Template = Template {
    name: "one-off",
    cost: 1.6,
    on: &[Role::Name, Role::Attribute, Role::Call, Role::Index, Role::Arithmetic],
    make: one_off,
};

/// What names have that stand for places and counts.
const COUNTS: &[&str] = &[
    "count", "depth", "end", "idx", "index", "len", "length", "level", "offset", "pos", "position",
    "size", "start", "stop",
];
/// What it costs at most to move one of these.
const COUNTED: f64 = 0.4;

fn one_off<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let extra = match place(node) {
        Some(Place::Bound | Place::Key) => 0.0,
        Some(Place::Operand) => 0.9,
        Some(Place::Returned) => 0.8,
        Some(Place::Argument | Place::Assigned) => 1.0,
        Some(Place::Element) if node.parent().is_some_and(|pair| pair.role() == Role::Pair) => 1.0,
        Some(Place::Condition | Place::Iterable | Place::Element) | None => return,
    };
    // Inside a sum the whole sum is moved, which is the same.
    let in_sum = node.parent().is_some_and(|parent| parent.role() == Role::Arithmetic);
    if is_callee(node) || (in_sum && node.role() == Role::Arithmetic) {
        return;
    }
    let parent = node.parent().map(Node::role);
    let bare =
        matches!(parent, Some(Role::Comparison | Role::Range | Role::Tokens)) || !wants_tight(node);
    let extra = if counts(node) { f64::min(extra, COUNTED) } else { extra };
    for (rank, step) in ["- 1", "+ 1"].into_iter().enumerate() {
        let text = format!("{} {step}", node.text());
        let extra = extra + nth(rank);
        if bare { drafts.put(node, text, extra) } else { drafts.replace(node, &text, extra) }
    }
}

/// Whether a value is called as what counts or says where something is: `kw_idx`, `this.pos`, `lineCount`.
fn counts(node: Node<'_>) -> bool {
    let name = node.last().unwrap_or(node);
    node.is(&[Role::Name, Role::Attribute])
        && words(name.text()).iter().any(|word| COUNTS.contains(&word.as_str()))
}
