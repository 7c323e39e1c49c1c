//! What a loop forgets each time round: `found = f(x)` → `found = found or f(x)`, `end = x.end` → `end = max(end, x.end)`.

use super::Template;
use super::condition::guarded;
use super::remember::in_loop;
use crate::repair::donor::{Assignment, assignment};
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::statement::filled;
use crate::repair::syntax::Node;

pub const ACCUMULATE: Template =
    Template { name: "accumulate", cost: 2.4, on: &[Role::Assign], make: accumulate };

/// What takes all that stands beside it.
const OPEN: &[Role] = &[Role::Conditional, Role::Assign, Role::Function];
/// What a method can be called of as it stands.
const CLOSED: &[Role] = &[Role::Name, Role::Attribute, Role::Call, Role::Index];

fn accumulate<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    // A variable that is declared there is begun anew.
    let is_declared = !site.node.kind().starts_with("assignment");
    let Some(outer) = in_loop(site.node).filter(|_| !is_declared) else { return };
    let Some(found) = assignment(site.node).filter(|found| !reads(found.value, found.name)) else {
        return;
    };
    let start = outer.range().start;
    let earlier = site.near().assignments.iter().take_while(|it| it.at.range().start < start);
    let Some(begun) = earlier.filter(|it| it.name == found.name).last() else { return };
    for (rank, form) in forms(site, begun).into_iter().enumerate() {
        let operator = form.split(' ').nth(1).unwrap_or_default();
        let value = if found.value.is(OPEN) && !form.contains('(') {
            format!("({})", found.value.text())
        } else {
            guarded(found.value, operator)
        };
        // What began as a plain number has no methods in Rust.
        let text = match form.starts_with("$a.") {
            true if found.value.is(CLOSED) => filled(form, &value, found.name),
            true => filled(form, &format!("({value})"), found.name),
            false => filled(form, found.name, &value),
        };
        drafts.replace(found.value, &text, nth(rank));
    }
}

/// How what is there and what comes are taken together; sums are another operator.
fn forms<'s>(site: &Site<'s>, begun: &Assignment<'_>) -> Vec<&'s str> {
    let language = site.language();
    let joins = |form: &&str| language.logicals.iter().any(|word| form.contains(word));
    let picks = |form: &&str| form.contains('(');
    let all = language.pairings.iter().copied();
    match begun.value.role() {
        // What is true is true until something is not, and the other way round.
        Role::Boolean if begun.value.text() == language.booleans.0 => all.filter(joins).collect(),
        Role::Boolean => all.rev().filter(joins).collect(),
        Role::String | Role::List | Role::Map | Role::Null => Vec::new(),
        _ => all.filter(picks).collect(),
    }
}

fn reads(value: Node<'_>, name: &str) -> bool {
    value.descendants().chain([value]).any(|part| part.role() == Role::Name && part.text() == name)
}

#[cfg(test)]
mod tests {
    use crate::repair::testing::outcomes_of;

    #[test]
    fn what_begins_in_the_loop_or_is_read_there_is_not_forgotten() {
        let is_made = |path: &str, text: &str| {
            outcomes_of(path, text).iter().any(|(made, _)| made.template == "accumulate")
        };
        let js = |first: &str, inner: &str| {
            let text = format!(
                "function f(a) {{\n  {first}\n  for (const b of a) {{\n    {inner}\n  }}\n  return n;\n}}\n"
            );
            is_made("a.js", &text)
        };
        assert!(js("let n = 0;", "n = b.x;"));
        assert!(!js("let n = 0;", "let n = b.x;") && !js("let n = 0;", "n = b.x + n;"));
        assert!(!js("let n = '';", "n = b.x;") && !js("", "n = b.x;"));
        let go = |sign: &str| {
            let text = format!(
                "package p\n\nfunc f(a []int) int {{\n\tn := 0\n\tfor _, b := range a {{\n\t\tn {sign} g(b)\n\t}}\n\treturn n\n}}\n"
            );
            is_made("a.go", &text)
        };
        assert!(go("=") && !go(":="));
        let rust = |word: &str| {
            let text = format!(
                "fn f(a: &[u8]) -> u8 {{\n    let mut n = 0;\n    for b in a {{\n        {word}n = g(b);\n    }}\n    n\n}}\n"
            );
            is_made("a.rs", &text)
        };
        assert!(rust("") && !rust("let "));
    }

    #[test]
    fn what_comes_is_taken_as_a_whole() {
        let first = |path: &str, text: &str, line: usize| {
            let all = outcomes_of(path, text);
            let (_, text) = all.iter().find(|(made, _)| made.template == "accumulate").unwrap();
            text.lines().nth(line).unwrap().trim().to_owned()
        };
        let python = |value: &str| {
            first(
                "a.py",
                &format!(
                    "def f(a):\n    n = False\n    for b in a:\n        n = {value}\n    return n\n"
                ),
                3,
            )
        };
        assert_eq!(python("b.x if b.y else b.z"), "n = n or (b.x if b.y else b.z)");
        assert_eq!(python("b.x and b.y"), "n = n or (b.x and b.y)");
        assert_eq!(python("b.x == 1"), "n = n or b.x == 1");
        let js = |value: &str| {
            first(
                "a.js",
                &format!(
                    "function f(a) {{\n  let n = false;\n  for (const b of a) {{\n    n = {value};\n  }}\n  return n;\n}}\n"
                ),
                3,
            )
        };
        assert_eq!(js("b.x ? b.y : b.z"), "n = n || (b.x ? b.y : b.z);");
        let rust = |value: &str| {
            first(
                "a.rs",
                &format!(
                    "fn f(a: &[u8]) -> u8 {{\n    let mut n = 0;\n    for b in a {{\n        n = {value};\n    }}\n    n\n}}\n"
                ),
                3,
            )
        };
        assert_eq!(rust("g(b)"), "n = g(b).max(n);");
        assert_eq!(rust("*b + 1"), "n = (*b + 1).max(n);");
    }
}
