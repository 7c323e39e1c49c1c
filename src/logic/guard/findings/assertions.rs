//! The assertions of a test, whatever the framework calls them.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::{Kind, Language};

/// One assertion: what is called, and on what.
pub struct Assertion<'a> {
    pub code: &'a Code<'a>,
    /// All of it.
    pub range: Range<usize>,
    /// The names that say how it compares, in lower case, for example `expect.not.tobe`.
    pub verb: String,
    /// What it compares.
    pub args: Vec<Range<usize>>,
}

impl Assertion<'_> {
    pub fn text(&self) -> String {
        self.code.joined(self.range.clone())
    }

    pub fn line(&self) -> u32 {
        self.code.line(self.range.start)
    }

    /// Words and literals of what it compares.
    pub fn words(&self) -> BTreeSet<&str> {
        let tokens = self.args.iter().flat_map(|arg| &self.code.tokens[arg.clone()]);
        tokens.filter(|token| token.kind != Kind::Mark).map(|token| token.text).collect()
    }
}

/// Names of functions that assert, by how they begin.
const STARTS: [&str; 9] =
    ["assert", "expect", "verify", "ensure", "check", "should", "must", "refute", "require"];
/// Methods of a test's own object that assert.
const METHODS: [&str; 38] = [
    "Error",
    "Errorf",
    "Fatal",
    "Fatalf",
    "Fail",
    "FailNow",
    "is",
    "not",
    "deepEqual",
    "equal",
    "same",
    "ok",
    "notOk",
    "strictEqual",
    "throws",
    "throwsAsync",
    "notThrows",
    "notThrowsAsync",
    "rejects",
    "regex",
    "notRegex",
    "assert",
    "like",
    "match",
    "true",
    "truthy",
    "false",
    "falsy",
    "pass",
    "fail",
    "notEqual",
    "snapshot",
    "Equal",
    "NoError",
    "True",
    "Nil",
    "notDeepEqual",
    "type",
];

/// The assertions in some ranges, in order.
pub fn assertions<'a>(code: &'a Code<'a>, ranges: &[Range<usize>]) -> Vec<Assertion<'a>> {
    let mut found = Vec::new();
    for range in ranges {
        let mut at = range.start;
        while at < range.end {
            match assertion(code, at, range) {
                Some(one) => {
                    at = one.range.end.max(at + 1);
                    found.push(one);
                }
                None => at += 1,
            }
        }
    }
    found
}

fn assertion<'a>(code: &'a Code<'a>, at: usize, within: &Range<usize>) -> Option<Assertion<'a>> {
    let token = code.tokens.get(at).filter(|token| token.kind == Kind::Word)?;
    let before = at.checked_sub(1).map_or("", |before| code.at(before));
    if ["def", "fn", "func", "function", "import", "class", "use", "from", "new", "::"]
        .contains(&before)
        && before != "::"
    {
        return None;
    }
    if token.text == "assert"
        && matches!(code.language, Language::Python | Language::Braces | Language::Ruby)
        && code.at(at + 1) != "."
    {
        return Some(statement(code, at, within));
    }
    let lower = token.text.to_lowercase();
    let owner = at.checked_sub(2).map_or("", |owner| code.at(owner));
    let is_go_failure = code.language == Language::Go
        && before == "."
        && METHODS[..6].contains(&token.text)
        && ["t", "b", "f", "tb", "tt", "T", ")"].contains(&owner);
    if is_go_failure {
        return Some(go_failure(code, at, within));
    }
    let starts = STARTS.iter().any(|start| lower.trim_start_matches('_').starts_with(start));
    let is_method = before == "."
        && METHODS.contains(&token.text)
        && at >= 2
        && ["t", "tap", "test", "a"].contains(&code.at(at - 2));
    let is_raises = matches!(token.text, "raises" | "warns" | "deprecated_call") && before == "."
        || lower == "assertraises";
    let is_should = matches!(before, "." | "?.")
        && (lower.starts_with("should")
            || code.language == Language::Ruby
                && ["must_", "wont_"].iter().any(|start| lower.starts_with(start)));
    if is_should {
        let start =
            (within.start..at).rev().find(|place| code.tokens[*place].is_first).unwrap_or(at);
        return Some(chain(code, start, at, within));
    }
    if !(starts || is_method || is_raises) {
        return None;
    }
    // `.expect("…")` of Rust unwraps, `checked` is an adjective, `require("x")` loads a module.
    let is_other = code.language == Language::Rust
        && (before == "." || !matches!(code.at(at + 1), "!" | "("))
        || lower.starts_with("checked")
        || lower.starts_with("expected")
        || lower.starts_with("checkbox")
        || lower == "require" && code.at(at + 1) == "("
        || lower == "required"
        || lower == "expectation";
    let is_called = matches!(code.at(at + 1), "(" | "!" | ".") || code.language == Language::Ruby;
    (!is_other && is_called)
        .then(|| chain(code, at, at, within))
        .filter(|one| !one.args.is_empty() || one.verb.contains('.'))
}

/// `assert x == y, "message"`.
fn statement<'a>(code: &'a Code<'a>, at: usize, within: &Range<usize>) -> Assertion<'a> {
    let mut end = code.line_end(at).min(within.end);
    if let Some(stop) = (at..end).find(|place| code.at(*place) == ";") {
        end = stop;
    }
    let args = code.parts(at + 1..end).into_iter().take(1).collect();
    Assertion { code, range: at..end, verb: "assert".to_owned(), args }
}

/// `if got != want { t.Errorf(…) }`: the condition says what is compared.
fn go_failure<'a>(code: &'a Code<'a>, at: usize, within: &Range<usize>) -> Assertion<'a> {
    let end = code.closing(at + 1).map_or(at + 1, |end| end + 1).min(within.end);
    let opens = (within.start..at).rev().filter(|place| code.at(*place) == "{");
    let around = opens.into_iter().find(|open| code.closing(*open).is_some_and(|close| close > at));
    let condition = around.and_then(|open| {
        let start = (within.start..open).rev().find(|place| code.tokens[*place].is_first)?;
        let word = (start..open).find(|place| code.at(*place) == "if")?;
        // Only what follows the assignment of `if x := f(); x != y`.
        let from = (word..open).rev().find(|place| code.at(*place) == ";").unwrap_or(word);
        Some((word + 1..open, from + 1..open))
    });
    let (range, args) = match condition {
        Some((all, compared)) => (all.start..end, vec![compared]),
        None => (at..end, std::iter::once(at..end).collect()),
    };
    Assertion { code, range, verb: "goif".to_owned(), args }
}

/// Brackets that hold what is compared: of a call, of a macro, or of Ruby's block right behind the verb.
fn opens_arguments(code: &Code<'_>, at: usize, verb_at: usize) -> bool {
    let is_block = code.language == Language::Ruby && code.at(at) == "{" && at == verb_at + 1;
    code.at(at) == "(" || code.at(at - 1) == "!" || is_block
}

/// A name that goes on with what was said: behind a dot, or in Ruby behind `to`.
fn is_chained(code: &Code<'_>, at: usize) -> bool {
    let before = code.at(at - 1);
    let is_said = code.language == Language::Ruby
        && ["to", "not_to", "to_not"].contains(&before)
        && code.tokens[at].kind == Kind::Word;
    is_said || matches!(before, "." | "?." | "::")
}

/// A call with what is chained to it, `expect(a).not.toBe(b)`, or the rest of the line where there are no brackets.
fn chain<'a>(
    code: &'a Code<'a>,
    start: usize,
    verb_at: usize,
    within: &Range<usize>,
) -> Assertion<'a> {
    let mut verb = String::new();
    let mut args = Vec::new();
    if start < verb_at {
        args.push(start..verb_at - 1);
    }
    let mut at = verb_at;
    while at < within.end {
        match code.at(at) {
            "(" | "{" | "[" if at > verb_at && opens_arguments(code, at, verb_at) => {
                args.extend(code.parts(code.inside(at)));
                at = code.closing(at).unwrap_or(at) + 1;
            }
            "." | "?." | "!" | "::" => {
                verb.push_str(if code.at(at) == "!" { "" } else { "." });
                at += 1;
            }
            "<" if code.language == Language::Braces => at += 1,
            _ if at == verb_at || is_chained(code, at) => {
                if !verb.is_empty() && !verb.ends_with('.') {
                    verb.push('.');
                }
                verb.push_str(&code.at(at).to_lowercase());
                at += 1;
            }
            _ => break,
        }
    }
    if code.language == Language::Ruby && at < within.end && !code.tokens[at].is_first {
        let end = code.line_end(at).min(within.end);
        let words = code.tokens[at..end].iter().filter(|token| token.kind == Kind::Word).take(3);
        verb.extend(words.map(|token| format!(".{}", token.text)));
        args.extend(code.parts(at..end));
        at = end;
    }
    let args = args.into_iter().filter(|arg| !arg.is_empty()).collect();
    Assertion { code, range: start..at.max(verb_at + 1), verb, args }
}

/// Functions that are called in what an assertion compares.
pub fn callees(one: &Assertion<'_>) -> Vec<String> {
    let common = [
        "len", "str", "int", "list", "sorted", "set", "dict", "tuple", "String", "vec", "repr",
        "sum", "type",
    ];
    let code = one.code;
    let places = one.args.iter().flat_map(Clone::clone);
    let calls = places.filter(|at| code.at(at + 1) == "(" && code.tokens[*at].kind == Kind::Word);
    calls.map(|at| code.at(at).to_owned()).filter(|name| !common.contains(&name.as_str())).collect()
}

/// Both sides of a comparison.
pub fn sides(code: &Code<'_>, range: &Range<usize>) -> Vec<Range<usize>> {
    let mut at = range.start;
    while at < range.end {
        if ["==", "===", "!=", "!==", "is"].contains(&code.at(at)) && at > range.start {
            return vec![range.start..at, at + 1..range.end];
        }
        at = code.closing(at).unwrap_or(at) + 1;
    }
    vec![range.clone()]
}
