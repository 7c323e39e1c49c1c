//! A function's sibling: `min(xs)` → `max(xs)`, `s.lstrip()` → `s.rstrip()`, `raise KeyError` → `raise ValueError`.

use super::Template;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};

pub const SIBLING: Template = Template {
    name: "sibling",
    cost: 1.7,
    on: &[Role::Name, Role::Field, Role::Path],
    make: sibling,
};

fn sibling<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let text = site.node.text();
    let at = text.rfind("::").map_or(0, |at| at + 2);
    let families = site.language().siblings.iter().filter(|family| family.contains(&&text[at..]));
    for other in families
        .flat_map(|family| family.iter().enumerate().filter(|(_, other)| **other != &text[at..]))
    {
        drafts.put(site.node, format!("{}{}", &text[..at], other.1), nth(other.0));
    }
}
