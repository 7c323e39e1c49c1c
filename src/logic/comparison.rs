//! What a failed assertion compared, as far as its message says so in the way of a known runner.

use super::signature::telling_line;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comparison {
    pub expected: String,
    pub actual: String,
}

/// The two sides of a comparison that did not hold; `None` where the message names none.
pub fn comparison(message: &str) -> Option<Comparison> {
    let (actual, expected) = on_lines(message).or_else(|| in_line(telling_line(message)))?;
    let (actual, expected) = (actual.trim(), expected.trim());
    let is_something = !actual.is_empty() && !expected.is_empty();
    is_something.then(|| Comparison { expected: expected.to_owned(), actual: actual.to_owned() })
}

/// Each side on a line of its own, behind its name: `assert_eq!` of Rust, Jest, GoogleTest, RSpec.
fn on_lines(message: &str) -> Option<(&str, &str)> {
    let after = |name: &str| message.lines().find_map(|line| line.trim_start().strip_prefix(name));
    [("left:", "right:"), ("Received:", "Expected:"), ("got:", "expected:")]
        .into_iter()
        .find_map(|(actual, expected)| Some((after(actual)?, after(expected)?)))
}

/// Both sides in one line: unittest, pytest, Chai and Vitest, and what people of Go write.
fn in_line(line: &str) -> Option<(&str, &str)> {
    let said = line.strip_prefix("AssertionError: ").unwrap_or(line);
    if let Some(rest) = said.strip_prefix("expected ") {
        let (actual, rest) = rest.split_once(" to ")?;
        let verbs = ["deeply equal ", "strictly equal ", "equal ", "be "];
        let expected = verbs.iter().find_map(|verb| rest.strip_prefix(verb))?;
        return Some((actual, expected.split(" // ").next()?));
    }
    if let Some(sides) = said.strip_prefix("assert ").and_then(|rest| rest.split_once(" == ")) {
        return Some(sides);
    }
    if line.len() > said.len() {
        return said.split_once(" != ");
    }
    let (before, expected) = said.rsplit_once("; want ").or_else(|| said.rsplit_once(", want "))?;
    Some((before.rsplit_once("got ").or_else(|| before.rsplit_once(" = "))?.1, expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(message: &str, sides: Option<(&str, &str)>) {
        let found = comparison(message);
        let found = found.as_ref().map(|found| (found.actual.as_str(), found.expected.as_str()));
        assert_eq!(found, sides, "{message}");
    }

    #[test]
    fn both_sides_are_read_where_a_runner_names_them() {
        check("AssertionError: 30 != 31", Some(("30", "31")));
        check("AssertionError: 'a' != 'b'\n- a\n+ b", Some(("'a'", "'b'")));
        check("assert 3 == 4\n +  where 3 = f()", Some(("3", "4")));
        check("E   assert [1] == [2]", Some(("[1]", "[2]")));
        check("assertion `left == right` failed\n  left: 1\n right: 2", Some(("1", "2")));
        check("expect(received).toBe(expected)\n\nExpected: 2\nReceived: 1", Some(("1", "2")));
        check("AssertionError: expected 1 to be 2 // Object.is equality", Some(("1", "2")));
        check("expected [ 1 ] to deeply equal [ 2 ]", Some(("[ 1 ]", "[ 2 ]")));
        check("money_test.go:12: Split(10) = [3 3], want [4 3]", Some(("[3 3]", "[4 3]")));
        check("got 1; want 2", Some(("1", "2")));
    }

    #[test]
    fn nothing_is_made_up() {
        for message in
            ["", "AssertionError: False is not true", "a != b", "ValueError: x", "want 2"]
        {
            check(message, None);
        }
    }
}
