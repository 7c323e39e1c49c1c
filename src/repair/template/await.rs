//! A value that is to come is waited for: `load(a)` → `await load(a)`, `load(a).n` → `(await load(a)).n`.

use super::Template;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::place::place;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::filled;
use crate::repair::syntax::Node;
use crate::repair::usage::words;

pub const AWAIT: Template = Template {
    name: "await",
    cost: 2.8,
    on: &[Role::Call, Role::Name, Role::Attribute],
    make: wait,
};

/// What it costs to wait for what is no call.
const STORED: f64 = 0.8;
/// What it costs where the function is declared otherwise: it may give what is to come as it is.
const PLAIN: f64 = 0.8;
/// What it is worth that the file declares a function which is to be waited for.
const DECLARED: f64 = 0.6;

fn wait<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (node, form) = (site.node, site.language().awaits);
    let is_call = node.role() == Role::Call;
    let is_value = is_call || place(node).is_some();
    // What is said not to be missing is no simple value.
    let is_waited_for = node.parent().is_some_and(|parent| {
        parent.kind().starts_with("await") || parent.kind() == "non_null_expression"
    });
    if form.is_empty() || !is_value || is_waited_for || is_callee(node) || !may_wait(node) {
        return;
    }
    let declared = node.part(&["function"]).and_then(|callee| {
        site.file.donors.given().function(callee.last().unwrap_or(callee).text())
    });
    let extra = match declared.map(is_async) {
        _ if !is_call => STORED,
        Some(true) => -DECLARED,
        Some(false) => PLAIN,
        None => 0.0,
    };
    let text = filled(form, node.text(), "");
    let parent = node.parent().filter(|_| node.is_first());
    let is_taken_apart = parent.is_some_and(|parent| parent.is(&[Role::Attribute, Role::Index]));
    let needs_group = is_taken_apart && form.starts_with("await");
    drafts.put(node, if needs_group { format!("({text})") } else { text }, extra);
}

/// Whether the innermost function around a node may wait for something.
fn may_wait(node: Node<'_>) -> bool {
    let mut around = node.ancestors();
    around.find(|outer| outer.is(&[Role::Function, Role::Lambda])).is_some_and(is_async)
}

fn is_async(function: Node<'_>) -> bool {
    let start = function.range().start;
    let behind = function.part(&["name", "parameters", "parameter", "body"]);
    let end = behind.map_or(function.range().end, |behind| behind.range().start);
    words(&function.text()[..end - start]).any(|word| word == "async")
}
