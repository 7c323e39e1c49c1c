//! Assertions that expect something else than before.

use std::ops::Range;

use super::assertions::{Assertion, assertions, sides};
use super::change::Side;
use super::tests::Pair;

/// Whether only the literal part of what is compared differs.
pub fn expects_other(old: &Assertion<'_>, new: &Assertion<'_>) -> bool {
    let (was, is) = (split(old), split(new));
    if was.len() != is.len() || was.len() < 2 {
        return was.len() == 1 && is.len() == 1 && negates(old, new);
    }
    let differs: Vec<usize> = (0..was.len()).filter(|at| was[*at] != is[*at]).collect();
    let is_subject = |side: &[String]| {
        side.iter().any(|text| text == "(" || text == ".") || side.len() == 1 && is_name(&side[0])
    };
    let same = (0..was.len()).any(|at| was[at] == is[at] && is_subject(&was[at]));
    same && differs.len() == 1 && is_constant(&was[differs[0]]) && is_constant(&is[differs[0]])
        || negates(old, new)
}

/// The sides of a comparison as texts of tokens.
fn split(one: &Assertion<'_>) -> Vec<Vec<String>> {
    let sides = one.args.iter().flat_map(|arg| sides(one.code, arg));
    let text = |at: usize| one.code.at(at).to_owned();
    sides.map(|side| side.map(text).collect()).collect()
}

/// Whether what is compared holds what was compared before and more, such as a remainder, and so does not say what it is.
pub fn says_derived(old: &Assertion<'_>, new: &Assertion<'_>) -> bool {
    let (was, is) = (split(old), split(new));
    let grows = |(was, is): (&Vec<String>, &Vec<String>)| {
        was.len() > 2
            && is.len() > was.len()
            && is.windows(was.len()).any(|part| part == was.as_slice())
    };
    let changes = was.iter().zip(&is).filter(|(was, is)| was != is).count();
    was.len() == is.len() && changes >= 2 && was.iter().zip(&is).any(grows)
}

/// Whether the same is called with other values, of which others are expected.
pub fn gives_other(old: &Assertion<'_>, new: &Assertion<'_>) -> bool {
    let (was, is) = (split(old), split(new));
    let same_but_values = |(was, is): (&Vec<String>, &Vec<String>)| {
        was.len() == is.len()
            && was.iter().zip(is).all(|(was, is)| was == is || is_literal(was) && is_literal(is))
    };
    let changes = was.iter().zip(&is).filter(|(was, is)| was != is).count();
    was.len() == is.len()
        && was.len() >= 2
        && changes >= 2
        && was.iter().zip(&is).all(same_but_values)
}

fn is_literal(text: &str) -> bool {
    text.starts_with(|ch: char| ch.is_ascii_digit()) || text.ends_with(['"', '\'', '`'])
}

/// `assertTrue(x)` became `assertFalse(x)`, `==` became `!=`.
fn negates(old: &Assertion<'_>, new: &Assertion<'_>) -> bool {
    let args = |one: &Assertion<'_>| -> Vec<String> {
        let tokens = one.args.iter().flat_map(|arg| &one.code.tokens[arg.clone()]);
        let kept =
            tokens.filter(|token| !["not", "!", "==", "!=", "===", "!=="].contains(&token.text));
        kept.map(|token| token.text.to_owned()).collect()
    };
    let is_negative = |one: &Assertion<'_>| {
        let says = ["not", "false", "falsy", "fails", "ne", "refute", "isnone", "none"]
            .iter()
            .any(|word| one.verb.contains(word));
        let tokens = one.args.iter().flat_map(|arg| &one.code.tokens[arg.clone()]);
        says != (tokens.filter(|token| ["not", "!", "!=", "!=="].contains(&token.text)).count() % 2
            == 1)
    };
    old.text() != new.text() && args(old) == args(new) && is_negative(old) != is_negative(new)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|ch: char| ch.is_alphabetic() || ch == '_') && !is_constant_word(text)
}

fn is_constant_word(text: &str) -> bool {
    [
        "True",
        "False",
        "None",
        "true",
        "false",
        "null",
        "nil",
        "undefined",
        "NaN",
        "Some",
        "Ok",
        "Err",
        "vec",
        "NULL",
    ]
    .contains(&text)
}

/// Literals and what holds them together.
fn is_constant(side: &[String]) -> bool {
    side.iter().all(|text| {
        let is_word = text.starts_with(|ch: char| ch.is_alphabetic() || ch == '_');
        let is_text = text.ends_with(['"', '\'', '`']);
        !is_word || is_text || is_constant_word(text)
    })
}

/// Whether the test does the same but for its assertions: then what it expects was not changed with what it does.
pub fn same_test(pair: &Pair<'_>, old: &Assertion<'_>, new: &Assertion<'_>) -> bool {
    let rest = |side: &Side<'_>, ranges: Vec<Range<usize>>, own: &Assertion<'_>| -> Vec<String> {
        let all = assertions(&side.code, &ranges);
        let is_outside =
            |at: &usize| !own.range.contains(at) && !all.iter().any(|one| one.range.contains(at));
        ranges
            .into_iter()
            .flatten()
            .filter(is_outside)
            .map(|at| side.code.at(at).to_owned())
            .collect()
    };
    let ((before, was), (after, is)) = (pair.before, pair.after);
    rest(before, before.own(was), old) == rest(after, after.own(is), new)
}
