//! Another jump: `break` → `continue`, `break` → `return`, and a jump that is not there at all; what goes on instead of
//! giving something back at once.

use super::Template;
use crate::base::text::edit::Edit;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};

pub const JUMP: Template =
    Template { name: "jump", cost: 0.6, on: &[Role::Break, Role::Continue], make: jump };

pub const GO_ON: Template = Template { name: "go-on", cost: 3.0, on: &[Role::Return], make: go_on };

/// In a loop, the next round or what comes after it in the place of an early end.
fn go_on<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let jumps = site.language().snippets.jumps.iter().map(|jump| jump.trim_end_matches(';'));
    let end = if site.node.text().ends_with(';') { ";" } else { "" };
    let own = site.node.ancestors().take_while(|outer| !outer.is(&[Role::Function, Role::Lambda]));
    let mut around = own.filter(|outer| outer.is(&[Role::Loop, Role::While, Role::Switch]));
    // Of a switch, `break` would not end the loop around it.
    let is_in_loop = around.next().is_some_and(|outer| outer.role() != Role::Switch);
    for (rank, jump) in jumps.filter(|_| is_in_loop).enumerate() {
        drafts.put(site.node, format!("{jump}{end}"), nth(rank));
    }
}

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
