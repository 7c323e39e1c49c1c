//! A result that is lost: `name.strip()` → `name = name.strip()`, `f(x)` → `return f(x)`.

use super::Template;
use crate::base::text::edit::Edit;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::{filled, is_statement};

pub const KEEP: Template =
    Template { name: "keep-result", cost: 2.0, on: &[Role::ExpressionStatement], make: keep };

fn keep<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some(call) =
        site.node.first().filter(|call| is_statement(site.node) && call.role() == Role::Call)
    else {
        return;
    };
    let receiver = call
        .part(&["function"])
        .filter(|callee| callee.role() == Role::Attribute)
        .and_then(super::super::syntax::Node::first);
    let argument = call.part(&["arguments"]).and_then(super::super::syntax::Node::first);
    for (rank, kept) in receiver.into_iter().chain(argument).enumerate() {
        if kept.is(&[Role::Name, Role::Attribute, Role::Index]) {
            drafts.put(call, format!("{} = {}", kept.text(), call.text()), nth(rank));
        }
    }
    let result = filled(site.language().snippets.result, call.text(), "");
    drafts.edits(call, vec![Edit::new(site.node.range(), result)], None, 0.2);
}
