//! How a function's variables are used: a fault often leaves one behind that nothing reads, and its repair takes it up again.

use super::donor::Pool;
use super::syntax::Node;
use crate::base::text::edit::Edit;

/// What it is worth to an edit that it reads a variable which nothing read.
const TAKEN_UP: f64 = 1.2;
/// The most that the use of variables takes off a cost.
pub const WORTH_MAX: f64 = TAKEN_UP + TOLD_APART;
/// What it costs to take the only place away where a variable is read.
const LET_GO: f64 = 0.5;

/// What it is worth to an edit that two variables no longer get the same value, as when a line was copied and not changed.
const TOLD_APART: f64 = 0.8;

/// What edits inside a function cost more or less for the variables that they take up or let go.
pub fn cost(at: Node<'_>, near: &Pool<'_>, edits: &[Edit]) -> f64 {
    let tree = at.tree;
    let old = |edit: &Edit| tree.text.get(edit.range()).unwrap_or("");
    let reads = |text: &str, name: &str| words(text).any(|word| word == name);
    let now = |name: &str| edits.iter().any(|edit| reads(&edit.text, name));
    let before = |name: &str| edits.iter().any(|edit| reads(old(edit), name));
    let takes_up = near.unread().any(|name| now(name) && !before(name));
    let n_let_go = near.read_once().filter(|name| before(name) && !now(name)).count();
    let is_inside = |value: Node<'_>| {
        let range = value.range();
        edits.iter().all(|edit| range.start <= edit.start && edit.end <= range.end)
    };
    let is_told_apart = near.repeated(at).is_some_and(is_inside);
    let told_apart = f64::from(u8::from(is_told_apart)) * TOLD_APART;
    let taken_up = f64::from(u8::from(takes_up)) * TAKEN_UP;
    n_let_go as f64 * LET_GO - taken_up - told_apart
}

/// Names and the like.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|ch: char| !ch.is_alphanumeric() && ch != '_').filter(|word| !word.is_empty())
}
