//! Calls of a file with a gap where one value stands, to put another value there.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::repair::language::Role;
use crate::repair::syntax::Node;

/// A call without its receiver or one of its arguments.
pub struct Called<'t> {
    /// The function or method.
    pub name: &'t str,
    pub before: &'t str,
    pub after: &'t str,
    /// Variables and functions in what is left.
    pub names: Vec<&'t str>,
    pub function: Option<u32>,
    pub range: Range<usize>,
    /// How often the file has it.
    pub n: usize,
}

const BYTES_MAX: usize = 48;
const ARGUMENTS_MAX: usize = 3;

pub(super) fn called<'t>(call: Node<'t>) -> Vec<Called<'t>> {
    let range = call.range();
    let is_call = call.role() == Role::Call && range.len() <= BYTES_MAX;
    let callee = call.part(&["function", "constructor"]).filter(|_| is_call);
    let Some((callee, arguments)) = callee.zip(call.part(&["arguments"])) else {
        return Vec::new();
    };
    let name = callee.last().filter(|_| callee.role() == Role::Attribute).unwrap_or(callee).text();
    let receiver = callee.first().filter(|_| callee.role() == Role::Attribute);
    let gaps = receiver.into_iter().chain(arguments.parts().take(ARGUMENTS_MAX));
    let text = call.tree.text;
    let with_gap = |gap: Node<'t>| {
        let inside = gap.range();
        let is_left = |node: &Node<'t>| {
            node.is(&[Role::Name, Role::Binding])
                && !(inside.start <= node.range().start && node.range().end <= inside.end)
        };
        Called {
            name,
            before: &text[range.start..inside.start],
            after: &text[inside.end..range.end],
            names: call.descendants().filter(is_left).map(Node::text).collect(),
            function: call.function().map(Node::id),
            range: range.clone(),
            n: 1,
        }
    };
    gaps.map(with_gap).collect()
}

/// Notes in each how often there is one like it.
pub(super) fn count(all: &mut [Called<'_>]) {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for one in all.iter() {
        *counts.entry((one.before, one.after)).or_default() += 1;
    }
    for one in all {
        one.n = counts[&(one.before, one.after)];
    }
}
