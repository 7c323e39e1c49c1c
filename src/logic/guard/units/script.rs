//! Tests that are calls with a name: `it("…", …)` of Jest, Vitest, Mocha and node:test.

use std::ops::Range;

use super::{Found, Role, below};
use crate::logic::guard::lexer::Kind;

const TESTS: [&str; 10] =
    ["it", "test", "specify", "bench", "xit", "fit", "xtest", "xspecify", "ftest", "it_"];
const GROUPS: [&str; 7] =
    ["describe", "context", "suite", "xdescribe", "fdescribe", "xcontext", "xsuite"];

impl Found<'_> {
    pub(super) fn script(&mut self, range: Range<usize>, prefix: &str) {
        let code = self.code;
        let mut at = range.start;
        while at < range.end {
            if let Some((role, name, open)) = call(self, at) {
                let (inside, name) = (code.inside(open), below(prefix, &name));
                let end = inside.end + 1;
                self.add(role, name.clone(), at, inside.clone(), end);
                self.script(inside, &name);
                at = end.max(at + 1);
            } else if let Some((name, body)) = function(self, at) {
                let end = body.end + 1;
                self.add(Role::Function, below(prefix, &name), at, body, end);
                // Functions may hold tests, as those that are called for many cases.
                at += 2;
            } else {
                at += 1;
            }
        }
    }
}

/// A call that makes a test or a group: what, its name, and its bracket.
fn call(found: &Found<'_>, at: usize) -> Option<(Role, String, usize)> {
    let code = found.code;
    let word = code.tokens.get(at).filter(|token| token.kind == Kind::Word)?;
    let role = if TESTS.contains(&word.text) {
        Role::Test
    } else if GROUPS.contains(&word.text) {
        Role::Group
    } else {
        return None;
    };
    let owner = at.checked_sub(2).map_or("", |owner| code.at(owner));
    let is_method = at > 0 && code.at(at - 1) == ".";
    if is_method && !["t", "test", "it", "Deno", "QUnit", "qunit", "tap"].contains(&owner) {
        return None;
    }
    let mut open = at + 1;
    while code.at(open) == "." {
        open += 2;
    }
    let is_table =
        code.tokens[at + 1..open.min(code.tokens.len())].iter().any(|token| token.text == "each");
    if is_table {
        open = if code.at(open) == "(" { code.closing(open)? + 1 } else { open + 1 };
    }
    // A condition, as of `skipIf(…)`, stands before the call with the name.
    while code.at(open) == "(" && code.closing(open).is_some_and(|end| code.at(end + 1) == "(") {
        open = code.closing(open)? + 1;
    }
    let name = code.tokens.get(open + 1)?;
    let is_named = code.at(open) == "(" && (name.kind == Kind::Text || name.kind == Kind::Word);
    is_named.then(|| (role, name.bare().to_owned(), open))
}

/// `function name(…) {` and `const name = (…) => {`.
fn function(found: &Found<'_>, at: usize) -> Option<(String, Range<usize>)> {
    let code = found.code;
    let name = code.at(at + 1).to_owned();
    let open = match code.at(at) {
        "function" if code.at(at + 2) == "(" => code.closing(at + 2)? + 1,
        "const" | "let" | "var" if code.at(at + 2) == "=" => {
            let head = if code.at(at + 3) == "async" { at + 4 } else { at + 3 };
            let arrow = if code.at(head) == "(" { code.closing(head)? + 1 } else { head + 1 };
            (code.at(arrow) == "=>").then_some(arrow + 1)?
        }
        _ => return None,
    };
    let brace = (open..open + 6).find(|place| code.at(*place) == "{")?;
    Some((name, code.inside(brace))).filter(|(_, body)| body.end > brace)
}
