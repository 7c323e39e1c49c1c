//! The other truth value: `True` → `False`.

use super::Template;
use crate::repair::language::Role;
use crate::repair::site::{Drafts, Site};

pub const FLIP: Template =
    Template { name: "boolean", cost: 0.5, on: &[Role::Boolean], make: flip };

fn flip<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let (yes, no) = site.language().booleans;
    drafts.put(site.node, if site.node.text() == yes { no } else { yes }, 0.0);
}
