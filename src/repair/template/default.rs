//! A fresh default for each call: `def f(xs=[])` → `def f(xs=None)` with `if xs is None: xs = []`.

use super::Template;
use crate::base::text::edit::Edit;
use crate::repair::language::Role;
use crate::repair::site::{Drafts, Site, shown};
use crate::repair::statement::{before, body, filled, statements};

pub const FRESH: Template =
    Template { name: "fresh-default", cost: 0.4, on: &[Role::Parameter], make: fresh };

fn fresh<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (Some(name), Some(value)) = (site.node.part(&["name"]), site.node.part(&["value"])) else {
        return;
    };
    let calls = value.role() == Role::Call && value.text().ends_with("()");
    if !calls && !site.language().shared_defaults.contains(&value.kind()) {
        return;
    }
    let (guard, none) = site.language().snippets.fresh_default;
    let function = site.node.ancestors().find(|outer| outer.role() == Role::Function);
    let first = function.and_then(body).and_then(|block| statements(block).next());
    let Some(guard) =
        first.and_then(|first| before(site.file, first, &filled(guard, name.text(), value.text())))
    else {
        return;
    };
    let what = format!("fresh `{}` for each call", shown(value.text()));
    drafts.edits(site.node, vec![Edit::new(value.range(), none), guard], Some(what), 0.0);
}
