//! How much an assertion says.

use std::ops::Range;

use super::assertions::Assertion;
use super::hollow::{always_holds, compares_itself};

/// From 0, which always holds, to 8, one value and no other.
pub fn strength(one: &Assertion<'_>) -> u8 {
    if always_holds(one) || compares_itself(one) {
        return 0;
    }
    let says = |words: &[&str]| words.iter().any(|word| one.verb.contains(word));
    let last = one.verb.rsplit('.').next().unwrap_or("");
    let loose = if loosened(one) { 2 } else { 0 };
    if says(&["raise", "throw", "should_panic", "reject", "warns"]) {
        return if says(&["not"]) { 2 } else { raises(one) };
    }
    let base = if one.verb == "goif" || one.verb == "assert" || is_boolean(one, last) {
        condition(one)
    } else if says(&[
        "snapshot",
        "lastcalledwith",
        "calledoncewith",
        "called_once_with",
        "called_with",
        "calledwith",
    ]) {
        8
    } else if says(&[
        "almost", "closeto", "approx", "delta", "near", "within", "epsilon", "close", "ulps",
    ]) {
        6
    } else if says(&[
        "isnotnone",
        "notnil",
        "notnull",
        "defined",
        "exist",
        "present",
        "truthy",
        "notempty",
        "not_empty",
        "issome",
        "noerror",
        "not_nil",
        "not_to.be_nil",
    ]) {
        2
    } else if is_partial(one, last) {
        4
    } else if is_equality(one, last) {
        8
    } else {
        5
    };
    base.saturating_sub(loose)
}

pub fn is_equality(one: &Assertion<'_>, last: &str) -> bool {
    let words = [
        "equal",
        "eq",
        "same",
        "tobe",
        "isnone",
        "isnull",
        "nil",
        "identical",
        "deep",
        "eql",
        "strict",
        "none",
        "matchersentity",
    ];
    let says = |word: &str| {
        last.contains(word)
            || ['.', '_'].iter().any(|mark| one.verb.contains(&format!("{mark}{word}")))
    };
    words.iter().any(|word| says(word))
        || ["is", "assertis"].contains(&last)
        || one.verb.split(['.', '_']).any(|part| part == "is")
        || last.ends_with("_eq")
}

fn is_partial(one: &Assertion<'_>, last: &str) -> bool {
    let words = [
        "contain",
        "include",
        "match",
        "greater",
        "less",
        "between",
        "startswith",
        "endswith",
        "start_with",
        "regex",
        "instance",
        "notequal",
        "not_equal",
        "_ne",
        ".ne",
        "notin",
        "assertin",
        "superset",
        "subset",
        "member",
        "called",
        "property",
        "isnot",
        "hassize",
        "be_a",
        "kind_of",
        "above",
        "below",
        "least",
        "most",
        "atleast",
        "countequal",
        "not.",
        "typeof",
        "elementsmatch",
        "has_key",
        "have_key",
        "respond",
        "lengthof",
        "isin",
        "like",
        ".a",
        ".an",
        "anyof",
        "oneof",
        "some",
    ];
    let is_exact = ["matchobject", "matchsnapshot"].iter().any(|word| one.verb.contains(word));
    let hit = |word: &&str| {
        if word.starts_with('.') { one.verb.ends_with(*word) } else { one.verb.contains(*word) }
    };
    !is_exact && (words.iter().any(hit) || last == "in") || one.verb.contains("matchobject")
}

/// Asserts that a condition holds, or that it does not.
pub fn is_boolean(one: &Assertion<'_>, last: &str) -> bool {
    let names = [
        "asserttrue",
        "assertfalse",
        "assert",
        "debug_assert",
        "ok",
        "true",
        "false",
        "istrue",
        "isfalse",
        "truthy",
        "tobetruthy",
        "assert_true",
        "refute",
        "expect_true",
        "tobefalsy",
        "isok",
        "notok",
        "check",
        "assert_that",
        "verify",
        "ensure",
    ];
    names.contains(&last) || one.verb == "assert" || names.contains(&one.verb.as_str())
}

/// How much a condition says.
fn condition(one: &Assertion<'_>) -> u8 {
    let Some(whole) = one.args.first() else { return 5 };
    let code = one.code;
    let mut arg = whole.clone();
    while code.at(arg.start) == "(" && code.closing(arg.start) == Some(arg.end - 1) {
        arg = code.inside(arg.start);
    }
    let arg = &arg;
    let has = |mark: &str| top_level(one, arg).any(|at| code.at(at) == mark);
    let text = code.joined(arg.clone());
    let is_go = one.verb == "goif";
    let calls = |words: &[&str]| words.iter().any(|word| text.to_lowercase().contains(word));
    if is_go {
        // The condition of failing is the opposite of what is asserted.
        return if calls(&["!= nil", "== nil", "len ("]) && !has("&&") && !calls(&["len ("]) {
            2
        } else if has("!=") && (text.ends_with("true") || text.ends_with("false")) {
            3
        } else if has("!=") || calls(&["deepequal", ". equal ("]) {
            8
        } else if has("<") || has(">") || has("<=") || has(">=") || has("==") {
            if calls(&["math . abs", "delta", "eps"]) { 6 } else { 4 }
        } else {
            3
        };
    }
    if calls(&["approx (", "isclose (", "allclose (", "abs ("]) {
        6
    } else if has("or") || has("||") {
        3
    } else if (has("is") && !has("not"))
        || has("==")
        || has("===")
        || calls(&[". equals (", ". equal (", "deepequal ("])
    {
        let is_plain_none = has("is") && text.ends_with("True");
        if is_plain_none { 5 } else { 8 }
    } else if has("not") && has("is") {
        2
    } else if ["<", ">", "<=", ">=", "in", "!=", "!=="].iter().any(|mark| has(mark))
        || calls(&[
            "startswith",
            "endswith",
            "contains (",
            "starts_with",
            "ends_with",
            "isinstance (",
            "matches !",
            "includes (",
        ])
    {
        4
    } else if calls(&["is_some (", "is_ok (", "is_not_none"]) || has("bool") {
        2
    } else {
        5
    }
}

/// Places of an argument that no bracket inside it holds.
fn top_level<'a>(
    one: &'a Assertion<'_>,
    arg: &'a Range<usize>,
) -> impl Iterator<Item = usize> + 'a {
    let mut at = arg.start;
    std::iter::from_fn(move || {
        let here = (at < arg.end).then_some(at)?;
        at = one.code.closing(at).unwrap_or(at) + 1;
        Some(here)
    })
}

fn raises(one: &Assertion<'_>) -> u8 {
    let text =
        one.args.iter().map(|arg| one.code.joined(arg.clone())).collect::<Vec<_>>().join(" ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_any = ["Exception", "BaseException", "Error", "Throwable", "StandardError"]
        .iter()
        .any(|any| words.contains(any));
    let is_bare = one.args.len() <= 1
        && ["throw", "throws", "raise_error"].iter().any(|word| one.verb.ends_with(word));
    let has_message = one.verb.contains("regex")
        || words.contains(&"match")
        || words.iter().any(|word| word.ends_with(['"', '\'']));
    match (is_any || is_bare, has_message) {
        (true, false) => 3,
        (true, true) => 5,
        (false, false) => 6,
        (false, true) => 7,
    }
}

/// The value is not looked at itself but at its length, order aside, type, or rounded.
fn loosened(one: &Assertion<'_>) -> bool {
    let wrappers = [
        "len (",
        "sorted (",
        "set (",
        "round (",
        "type (",
        "int (",
        "abs (",
        "bool (",
        ". len ( )",
        ". length",
        ". size (",
        ". lower (",
        ". upper (",
        ". toFixed (",
        ". strip (",
        ". trim (",
        ". toLowerCase (",
        ". is_empty (",
        ". isEmpty (",
        "typeof",
        ". count (",
        ". floor (",
        "Math . round (",
        ". toUpperCase (",
        "str (",
        "mock . ANY",
        "ANY",
        "expect . any*",
        "Object . keys (",
        ". keys (",
        "unordered",
        ". casefold (",
        ". sort (",
        ". abs (",
        ". round (",
        "expect . objectContaining",
        "expect . stringContaining",
        "Any",
        ". substring (",
        ". slice (",
        ". split (",
    ];
    let holds = |pattern: &str| one.args.iter().any(|arg| one.code.holds(arg.clone(), pattern));
    one.verb.contains("length")
        || one.verb.contains("hassize")
        || wrappers.iter().any(|pattern| holds(pattern))
}
