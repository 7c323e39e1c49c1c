//! What asks a collection for something: `x in seen`, `cache.get(key)`.

use super::is_callee;
use crate::repair::language::Role;
use crate::repair::syntax::Node;

/// A collection and what it is asked for.
pub struct Lookup<'t> {
    pub at: Node<'t>,
    pub collection: &'t str,
    pub key: &'t str,
}

/// Methods that ask a collection for something.
const LOOKUPS: &[&str] = &["has", "get", "includes", "contains", "contains_key"];
const LOOKUP_BYTES_MAX: usize = 40;

pub(super) fn lookup(node: Node<'_>) -> Option<Lookup<'_>> {
    let containments = node.tree.language.containments;
    let (collection, key) = match node.role() {
        Role::Comparison => {
            node.tokens().find(|token| containments.contains(&token.text()))?;
            (node.last()?, node.first()?)
        }
        Role::Call => {
            let callee = node.part(&["function"]).filter(|callee| is_callee(*callee))?;
            callee.last().filter(|method| LOOKUPS.contains(&method.text()))?;
            (callee.first()?, node.part(&["arguments"])?.first()?)
        }
        // Where there is neither, an element is asked for.
        Role::Index if containments.is_empty() => (node.first()?, node.last()?),
        _ => return None,
    };
    let is_place = collection.is(&[Role::Name, Role::Attribute, Role::Path]);
    let is_short = collection.text().len() + key.text().len() < LOOKUP_BYTES_MAX;
    let fits = is_place && is_short && !key.is(&[Role::Integer, Role::String, Role::Range]);
    fits.then_some(Lookup { at: node, collection: collection.text(), key: key.text() })
}
