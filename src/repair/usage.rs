//! Variables that nothing reads: a fault often leaves one behind, and its repair takes it up again.

use super::donor::Pool;
use super::syntax::Tree;
use crate::base::text::edit::Edit;

/// What it is worth to an edit that it reads a variable which nothing read.
pub const TAKEN_UP: f64 = 1.2;
/// What it costs to take the only place away where a variable is read.
const LET_GO: f64 = 0.5;

/// What edits inside a function cost more or less for the variables that they take up or let go.
pub fn cost(tree: &Tree<'_>, near: &Pool<'_>, edits: &[Edit]) -> f64 {
    let old = |edit: &Edit| tree.text.get(edit.range()).unwrap_or("");
    let reads = |text: &str, name: &str| words(text).any(|word| word == name);
    let now = |name: &str| edits.iter().any(|edit| reads(&edit.text, name));
    let before = |name: &str| edits.iter().any(|edit| reads(old(edit), name));
    let takes_up = near.unread().any(|name| now(name) && !before(name));
    let lets_go = near.read_once().any(|name| before(name) && !now(name));
    f64::from(u8::from(lets_go)) * LET_GO - f64::from(u8::from(takes_up)) * TAKEN_UP
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|ch: char| !ch.is_alphanumeric() && ch != '_').filter(|word| !word.is_empty())
}
