//! Tests that are functions with a body in braces: Rust by attribute, Go by name, Java and its likes by annotation.

use std::ops::Range;

use super::{Found, Role, below};
use crate::logic::guard::lexer::Kind;

/// Words of attributes that make a function a test in Rust.
const RUST_TESTS: [&str; 10] = [
    "test",
    "rstest",
    "test_case",
    "bench",
    "quickcheck",
    "proptest",
    "wasm_bindgen_test",
    "case",
    "test_log",
    "gtest",
];

/// Annotations that make a method a test in Java, Kotlin, C# and the like.
const ANNOTATIONS: [&str; 12] = [
    "Test",
    "ParameterizedTest",
    "RepeatedTest",
    "TestFactory",
    "TestTemplate",
    "Property",
    "Theory",
    "Fact",
    "TestMethod",
    "TestCase",
    "DataTestMethod",
    "ContractTest",
];

/// How long the list of what a method throws may be, in tokens.
const THROWS_MAX: usize = 40;

impl Found<'_> {
    pub(super) fn rust(&mut self, range: Range<usize>, prefix: &str) {
        let code = self.code;
        let (mut at, mut marks) = (range.start, None);
        while at < range.end {
            match code.at(at) {
                "#" if code.at(at + 1) == "[" => {
                    marks.get_or_insert(at);
                    at = code.closing(at + 1).map_or(at + 2, |end| end + 1);
                }
                "fn" | "mod" => {
                    let start = marks.take().unwrap_or(at);
                    at = self.rust_item(start, at, prefix).max(at + 1);
                }
                "pub" | "async" | "unsafe" | "const" | "extern" => {
                    let is_public = code.at(at) == "pub" && code.at(at + 1) == "(";
                    at = if is_public {
                        code.closing(at + 1).map_or(at + 1, |end| end + 1)
                    } else {
                        at + 1
                    };
                }
                _ => {
                    marks = None;
                    at += 1;
                }
            }
        }
    }

    /// Adds the function or module at `word` and says where it ends.
    fn rust_item(&mut self, start: usize, word: usize, prefix: &str) -> usize {
        let code = self.code;
        if code.tokens.get(word + 1).is_none_or(|token| token.kind != Kind::Word) {
            return word + 1;
        }
        let name = below(prefix, code.at(word + 1));
        let attributes = code.joined(start..word);
        let is_for_tests = speaks_of_tests(&attributes);
        let (body, end) = body(self, word + 2);
        if code.at(word) == "fn" {
            let role = if is_for_tests { Role::Test } else { Role::Function };
            self.add(role, name, start, body, end);
            return end;
        }
        self.add(Role::Group, name.clone(), start, body.clone(), end);
        if let Some(group) = self.units.last_mut() {
            group.is_test_only = is_for_tests;
        }
        self.rust(body, &name);
        end
    }

    pub(super) fn go(&mut self, range: Range<usize>) {
        let code = self.code;
        let mut at = range.start;
        while at < range.end {
            if code.at(at) != "func" || !code.tokens[at].is_first {
                at += 1;
                continue;
            }
            let has_receiver = code.at(at + 1) == "(";
            let name = if has_receiver {
                code.closing(at + 1).map_or(at + 1, |end| end + 1)
            } else {
                at + 1
            };
            let (body, end) = body(self, name + 1);
            let text = code.at(name);
            let is_test = ["Test", "Fuzz", "Example", "Benchmark"].iter().any(|start| {
                text.strip_prefix(start).is_some_and(|rest| !rest.starts_with(char::is_lowercase))
            });
            let role = if is_test && text != "TestMain" { Role::Test } else { Role::Function };
            self.add(role, text.to_owned(), at, body.clone(), end);
            if role == Role::Test {
                self.go_runs(body, text);
            }
            at = end.max(at + 1);
        }
    }

    /// Tests inside a test: `t.Run("name", func…)`.
    fn go_runs(&mut self, range: Range<usize>, prefix: &str) {
        let code = self.code;
        for at in code.find(range, ". Run (") {
            let Some(name) = code.tokens.get(at + 3).filter(|token| token.kind == Kind::Text)
            else {
                continue;
            };
            let inside = code.inside(at + 2);
            let end = inside.end + 1;
            self.add(Role::Test, below(prefix, name.bare()), at, inside, end);
        }
    }

    pub(super) fn braces(&mut self, range: Range<usize>, prefix: &str) {
        let code = self.code;
        let (mut at, mut marks) = (range.start, None);
        let mut is_annotated = false;
        while at < range.end {
            let (token, next) = (&code.tokens[at], code.at(at + 1));
            let is_mark =
                token.is_first && (token.text == "@" || token.text == "[") && !next.is_empty();
            if is_mark {
                marks.get_or_insert(at);
                is_annotated |= ANNOTATIONS.contains(&next);
                at = mark_end(self, at);
            } else if ["class", "interface", "object", "namespace"].contains(&token.text) {
                let (body, end) = body(self, at + 2);
                let start = marks.take().unwrap_or(at);
                let name = below(prefix, next);
                self.add(Role::Group, name.clone(), start, body.clone(), end);
                self.braces(body, &name);
                (at, is_annotated) = (end.max(at + 1), false);
            } else if let Some((name, end)) = method(self, at, range.end) {
                let start = marks.take().unwrap_or(at);
                let is_test = is_annotated || is_test_method(self, at);
                let body = name.1.clone();
                let role = if is_test { Role::Test } else { Role::Function };
                self.add(role, below(prefix, &name.0), start, body, end);
                (at, is_annotated) = (end, false);
            } else {
                if matches!(token.text, ";" | "}") {
                    (marks, is_annotated) = (None, false);
                }
                at += 1;
            }
        }
    }
}

/// The body behind `start`, empty where a `;` comes first, and one past it.
fn body(found: &Found<'_>, start: usize) -> (Range<usize>, usize) {
    let code = found.code;
    let mut at = start;
    while at < code.tokens.len() {
        match code.at(at) {
            "{" => {
                return (
                    code.inside(at),
                    code.closing(at).map_or(code.tokens.len(), |end| end + 1),
                );
            }
            ";" => return (at..at, at + 1),
            _ => at = code.closing(at).unwrap_or(at) + 1,
        }
    }
    (at..at, at)
}

fn mark_end(found: &Found<'_>, at: usize) -> usize {
    let code = found.code;
    if code.at(at) == "[" {
        return code.closing(at).map_or(at + 1, |end| end + 1);
    }
    let mut end = at + 2;
    while code.at(end) == "." {
        end += 2;
    }
    if code.at(end) == "(" { code.closing(end).map_or(end, |end| end + 1) } else { end }
}

/// The name of the method whose name or macro stands at `at`, with its body and end.
fn method(found: &Found<'_>, at: usize, stop: usize) -> Option<((String, Range<usize>), usize)> {
    let code = found.code;
    let token = code.tokens.get(at).filter(|token| token.kind == Kind::Word)?;
    let is_macro = ["TEST", "TEST_F", "TEST_P", "TEST_CASE", "SECTION"].contains(&token.text);
    if code.at(at + 1) != "("
        || ["if", "for", "while", "switch", "try", "catch", "when"].contains(&token.text)
    {
        return None;
    }
    let close = code.closing(at + 1)?;
    let names_failures = code.at(close + 1) == "throws";
    let reach = if names_failures { THROWS_MAX } else { 8 };
    let tail = (close + 1..stop.min(close + reach)).find(|place| match code.at(*place) {
        "{" | ";" | ")" => true,
        "." | "," => !names_failures,
        _ => false,
    })?;
    let is_body = code.at(tail) == "{";
    let name = if is_macro { code.joined(at + 2..close) } else { token.text.to_owned() };
    let end = code.closing(tail)? + 1;
    is_body.then(|| ((name, code.inside(tail)), end))
}

/// JUnit 3, PHPUnit and XCTest by name, googletest by macro.
fn is_test_method(found: &Found<'_>, at: usize) -> bool {
    let name = found.code.at(at);
    let is_named = ["void", "function", "func", "fun"].contains(&found.code.at(at.wrapping_sub(1)));
    (is_named && name.starts_with("test")) || name.starts_with("TEST")
}

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]`, but not `#[cfg(not(test))]`.
fn speaks_of_tests(attributes: &str) -> bool {
    let words = attributes.split_whitespace().filter(|word| RUST_TESTS.contains(word)).count();
    words > attributes.matches("not ( test").count()
}
