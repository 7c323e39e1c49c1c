//! Another jump: `break` → `continue`, `break` → `return`, and a jump that is not there at all.

use super::Template;
use crate::base::text::edit::Edit;
use crate::repair::language::Role;
use crate::repair::site::{Drafts, Site};

pub const JUMP: Template =
    Template { name: "jump", cost: 0.6, on: &[Role::Break, Role::Continue], make: jump };

fn jump<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let jumps = site.language().snippets.jumps.iter().map(|jump| jump.trim_end_matches(';'));
    let own = site.node.text();
    // Some grammars count the statement's end to the jump.
    let end = if own.ends_with(';') { ";" } else { "" };
    for other in jumps.filter(|jump| *jump != own.trim_end_matches(';')) {
        drafts.put(site.node, format!("{other}{end}"), 0.0);
    }
    drafts.put(site.node, format!("return{end}"), 0.6);
    let nothing = site.language().snippets.nothing;
    drafts.edits(site.node, vec![Edit::new(site.node.range(), nothing)], None, 1.0);
}
