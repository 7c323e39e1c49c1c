//! How a function's variables are used: a fault often leaves one behind that nothing reads, and its repair takes it up again.

use super::donor::{Idle, Pool};
use super::syntax::Node;
use crate::base::text::edit::Edit;

/// What it is worth to an edit that it reads a variable which nothing read.
const TAKEN_UP: f64 = 1.2;
/// What it costs to take the only place away where a variable is read.
const LET_GO: f64 = 0.5;

/// What it is worth to an edit that two variables no longer get the same value, as when a line was copied and not changed.
const TOLD_APART: f64 = 0.8;

/// What it is worth to an edit that it changes a variable which is to be kept up and was not, and what it costs to begin
/// such a variable otherwise and leave it so.
const KEPT_UP: f64 = 1.2;

/// What edits inside a function cost more or less for the variables that they take up, keep up or let go.
pub fn cost(at: Node<'_>, near: &Pool<'_>, edits: &[Edit]) -> f64 {
    let tree = at.tree;
    let old = |edit: &Edit| tree.text.get(edit.range()).unwrap_or("");
    let reads = |text: &str, name: &str| words(text).any(|word| word == name);
    let now = |name: &str| edits.iter().any(|edit| reads(&edit.text, name));
    let before = |name: &str| edits.iter().any(|edit| reads(old(edit), name));
    let takes_up = near.unread().iter().any(|name| now(name) && !before(name))
        || near
            .unread_fields
            .iter()
            .any(|field| edits.iter().any(|edit| reads_field(&edit.text, field)) && !before(field));
    let n_let_go = near.read_once().iter().filter(|name| before(name) && !now(name)).count();
    let is_inside = |value: Node<'_>| {
        let range = value.range();
        edits.iter().all(|edit| range.start <= edit.start && edit.end <= range.end)
    };
    let is_told_apart = near.repeated(at).is_some_and(is_inside);
    let told_apart = f64::from(u8::from(is_told_apart)) * TOLD_APART;
    let taken_up = f64::from(u8::from(takes_up)) * TAKEN_UP;
    n_let_go as f64 * LET_GO - taken_up - told_apart - kept_up(near, edits)
}

/// The most that [`cost`] takes off for any edit in a function.
pub fn worth_max(near: &Pool<'_>) -> f64 {
    let worths = [
        (!near.unread().is_empty() || !near.unread_fields.is_empty(), TAKEN_UP),
        (near.has_repeated(), TOLD_APART),
        (!near.idle().is_empty(), KEPT_UP),
    ];
    worths.into_iter().filter(|(is_so, _)| *is_so).map(|(_, worth)| worth).sum()
}

fn kept_up(near: &Pool<'_>, edits: &[Edit]) -> f64 {
    let mut worth = 0.0;
    if near.idle().iter().any(|it| edits.iter().any(|edit| keeps_up(it, &edit.text))) {
        worth += KEPT_UP;
    }
    if near.idle().iter().any(|it| edits.iter().any(|edit| begins(it, edit))) {
        worth -= KEPT_UP;
    }
    worth
}

/// Whether a text changes a variable, and does not only begin it elsewhere.
fn keeps_up(idle: &Idle<'_>, text: &str) -> bool {
    changes(text, idle.name) && !text.contains(idle.beginning)
}

/// Whether an edit lets a variable begin with something else.
fn begins(idle: &Idle<'_>, edit: &Edit) -> bool {
    let value = &idle.value;
    if value.is_empty() {
        return edit.range() == *value && edit.text.trim_start().starts_with('=');
    }
    value.start <= edit.start && edit.start < value.end && edit.end <= value.end
}

/// Whether a text reads a field of an object.
fn reads_field(text: &str, field: &str) -> bool {
    let is_part = |ch: char| ch.is_alphanumeric() || ch == '_';
    text.match_indices(field).any(|(at, _)| {
        let after = &text[at + field.len()..];
        text[..at].ends_with('.') && !after.starts_with(is_part) && !is_changed(after)
    })
}

/// Operators that change what is on their left.
const CHANGING: &[&str] = &[
    "=", "+=", "-=", "*=", "/=", "%=", "|=", "&=", "^=", "<<=", ">>=", "**=", "//=", "??=", "||=",
    "&&=", ":=", "++", "--",
];

/// Whether a text assigns to a variable or a part of it, counts it, or calls a method of it.
fn changes(text: &str, name: &str) -> bool {
    let is_part = |ch: char| ch.is_alphanumeric() || ch == '_';
    text.match_indices(name).any(|(at, _)| {
        let (before, after) = (text[..at].trim_end(), &text[at + name.len()..]);
        let is_inner = text[..at].ends_with(|ch| is_part(ch) || ch == '.');
        // `f(n=1)` gives an argument a name.
        let is_argument = before.ends_with(['(', ',']);
        !is_inner
            && !after.starts_with(is_part)
            && (is_called(after) || !is_argument && is_changed(after))
    })
}

/// Whether what follows a variable calls a method of it.
fn is_called(after: &str) -> bool {
    let method = after.strip_prefix('.').and_then(|rest| rest.split_once('('));
    method.is_some_and(|(name, _)| words(name).eq([name]))
}

/// Whether what follows a variable, or an element of it, changes it.
fn is_changed(after: &str) -> bool {
    let element = after.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let after = element.map_or(after, |(_, rest)| rest).trim_start();
    let end = after.find(|ch: char| !"=+-*/%|&^<>?:!".contains(ch)).unwrap_or(after.len());
    CHANGING.contains(&&after[..end])
}

/// Names and the like.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|ch: char| !ch.is_alphanumeric() && ch != '_').filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repair::testing::outcomes_of;

    #[test]
    fn what_changes_a_variable_is_seen() {
        let check = |text: &str| changes(text, "n");
        assert!(check("n += 1;") && check("x; n = 2") && check("n++") && check("n.push(a)"));
        assert!(check("n--") && check("n <<= 1") && check("n ??= a"));
        assert!(!check("n.length > 0") && !check("x = n[0]") && !check("f(n=1)"));
        assert!(!check("n <= 1") && !check("n != 1") && !check("n[0] == a") && !check("n..m"));
        assert!(check("n[key] = 1") && !check("m.n = 1") && !check("n == 1") && !check("an = 1"));
        assert!(!check("f(n)") && !check("n + 1") && !check("(n) => n"));
    }

    #[test]
    fn a_field_that_nothing_reads_is_taken_up() {
        let check = |text: &str| reads_field(text, "n");
        assert!(check("self.n") && check("a + this.n * 2") && check("self.n == 1"));
        assert!(!check("self.n += 1") && !check("self.nn") && !check("n"));
        let text = "class A:\n    def add(self):\n        self.hits += 1\n\n    def miss(self):\n        self.misses += 1\n\n    def rate(self):\n        total = self.hits\n        return self.hits * 100 // total\n";
        let all = outcomes_of("a.py", text);
        let wanted = text.replace("total = self.hits", "total = self.hits + self.misses");
        let place = |wanted: &str| all.iter().position(|(_, text)| *text == wanted).unwrap();
        let doubled = text.replace("total = self.hits", "total = self.hits + self.hits");
        assert!(
            place(&wanted)
                < all.iter().position(|(_, text)| *text == doubled).unwrap_or(usize::MAX)
        );
        assert!(place(&wanted) < 60, "{}", place(&wanted));
    }

    #[test]
    fn what_is_to_be_kept_up_is_kept_up_before_it_begins_otherwise() {
        let check = |path: &str, text: &str, whats: [&str; 2]| {
            let all = outcomes_of(path, text);
            let place = |what: &str| all.iter().position(|(made, _)| made.what.contains(what));
            let places = whats.map(|what| place(what).unwrap_or_else(|| panic!("no {what}")));
            assert!(places[0] < places[1], "{places:?}");
        };
        let forgotten = "function f(xs) {\n  let n = 0;\n  for (const x of xs) {\n    g(x);\n  }\n  return n;\n}\n";
        check("a.js", forgotten, ["n += 1", "`0` → `1`"]);
        let forgotten = "def f(xs):\n    n = 0\n    for x in xs:\n        g(x)\n    return n\n";
        check("a.py", forgotten, ["n += 1", "`0` → `1`"]);
        check("a.py", forgotten, ["n += 1", "`n = 0` ↔"]);
        let kept_up = forgotten.replace("g(x)", "n += x");
        check("a.py", &kept_up, ["`0` → `1`", "n += 1"]);
    }
}
