//! How much an assertion says.

use std::ops::Range;

use super::assertions::{Assertion, sides};
use crate::logic::guard::lexer::Kind;

/// From 0, which always holds, to 8, one value and no other.
pub fn strength(one: &Assertion<'_>) -> u8 {
    if always_holds(one) || compares_itself(one) {
        return 0;
    }
    let says = |words: &[&str]| words.iter().any(|word| one.verb.contains(word));
    let last = one.verb.rsplit('.').next().unwrap_or("");
    let loose = if loosened(one) { 2 } else { 0 };
    if says(&["raise", "throw", "should_panic", "reject"]) {
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

fn is_equality(one: &Assertion<'_>, last: &str) -> bool {
    let words = [
        "equal",
        "eq",
        "same",
        "tobe",
        "isnone",
        "isnull",
        "nil",
        "identical",
        "is",
        "deep",
        "eql",
        "strict",
        "none",
        "matchersentity",
    ];
    words.iter().any(|word| last.contains(word) || one.verb.contains(&format!(".{word}")))
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
fn is_boolean(one: &Assertion<'_>, last: &str) -> bool {
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
    let Some(arg) = one.args.first() else { return 5 };
    let code = one.code;
    let has = |mark: &str| top_level(one, arg).any(|at| code.at(at) == mark);
    let text = code.joined(arg.clone());
    let is_go = one.verb == "goif";
    let calls = |words: &[&str]| words.iter().any(|word| text.to_lowercase().contains(word));
    if is_go {
        // The condition of failing is the opposite of what is asserted.
        return if calls(&["!= nil", "== nil", "len ("]) && !has("&&") && !calls(&["len ("]) {
            2
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
    let is_bare = one.verb.ends_with("tothrow") && one.args.len() <= 1
        || one.verb.ends_with("throws") && one.args.len() <= 1;
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

/// Whether it cannot fail.
pub fn always_holds(one: &Assertion<'_>) -> bool {
    let Some(first) = one.args.first() else { return false };
    let code = one.code;
    let texts = |arg: &Range<usize>| {
        code.tokens[arg.clone()].iter().map(|token| token.text).collect::<Vec<_>>()
    };
    let last = one.verb.rsplit('.').next().unwrap_or("");
    let is_true = |arg: &Range<usize>| {
        matches!(texts(arg)[..], ["True" | "true" | "1"] | ["not", "False"] | ["!", "false"])
            || arg.len() == 1 && code.tokens[arg.start].kind == Kind::Text && one.verb == "assert"
    };
    let is_condition = one.verb == "assert" || is_boolean(one, last);
    let escapes = ["or True", "|| true", "or 1", "or not", "|| 1", "|| ! false", "or not None"];
    let has_escape = one.args.iter().any(|arg| {
        escapes.iter().any(|escape| {
            code.find(arg.clone(), escape).iter().any(|at| {
                !escape.ends_with("not") || code.at(at + 2) == "None" || code.at(at + 2) == "False"
            })
        })
    });
    if one.verb == "goif" {
        let dead = ["false", "False"].contains(&code.at(first.start))
            || code.holds(first.clone(), "&& false");
        return dead;
    }
    let negative = last.contains("false") || last == "notok";
    let is_hollow = is_condition && !negative && is_true(first);
    // A tuple with a message is never empty.
    let is_tuple = one.verb == "assert"
        && code.at(first.start) == "("
        && first.len() > 2
        && code.closing(first.start) == Some(first.end - 1)
        && code.parts(code.inside(first.start)).len() == 2
        && code.language == crate::logic::guard::lexer::Language::Python;
    let both_literal = is_equality(one, last)
        && !one.verb.contains("not")
        && one.args.len() >= 2
        && texts(&one.args[0]) == texts(&one.args[1])
        && one.args[0].len() == 1
        && (code.tokens[one.args[0].start].is_literal()
            || ["True", "true", "False", "false", "None", "null"]
                .contains(&code.at(one.args[0].start)));
    is_hollow || has_escape || is_tuple || both_literal
}

/// Whether both sides are the same, or the expectation calls what is tested.
pub fn compares_itself(one: &Assertion<'_>) -> bool {
    let code = one.code;
    let mut all: Vec<Range<usize>> = one.args.iter().flat_map(|arg| sides(code, arg)).collect();
    if code.language == crate::logic::guard::lexer::Language::Go && one.verb != "goif" {
        all.retain(|side| code.at(side.start) != "t");
    }
    let [a, b, ..] = &all[..] else { return false };
    let is_compared =
        is_equality(one, one.verb.rsplit('.').next().unwrap_or("")) || one.args.len() == 1;
    if !is_compared || one.verb.contains("not") {
        return false;
    }
    code.joined(a.clone()) == code.joined(b.clone()) && a.len() + b.len() > 2
        || code.joined(a.clone()) == code.joined(b.clone())
            && code.tokens[a.start].kind == Kind::Word
}

/// Words before a number that says how far off a value may be, and whether more is wider.
const TOLERANCES: [(&str, bool); 18] = [
    ("delta", true),
    ("rel", true),
    ("abs", true),
    ("abs_tol", true),
    ("rel_tol", true),
    ("atol", true),
    ("rtol", true),
    ("tolerance", true),
    ("tol", true),
    ("eps", true),
    ("epsilon", true),
    ("places", false),
    ("max_relative", true),
    ("max_ulps", true),
    ("precision", false),
    ("decimal", false),
    ("within", true),
    ("offset", true),
];

/// Whether the new one lets pass what is further off: it compares nearly where the old one did exactly, or less nearly.
pub fn tolerances_widened(old: &Assertion<'_>, new: &Assertion<'_>) -> bool {
    let (was, is) = (tolerance(old), tolerance(new));
    match (was, is) {
        (Some((was, wide)), Some((is, _))) => {
            if wide {
                is > was
            } else {
                is < was
            }
        }
        (None, Some((_, _))) => strength(old) == 8 && strength(new) == 6,
        (None | Some(_), None) => strength(old) == 8 && strength(new) == 6,
    }
}

/// The deviation an assertion allows, and whether a larger number allows more.
fn tolerance(one: &Assertion<'_>) -> Option<(f64, bool)> {
    let code = one.code;
    let number = |at: usize| {
        code.at(at)
            .trim_end_matches(|ch: char| ch.is_alphabetic() && ch != 'e')
            .replace('_', "")
            .parse::<f64>()
            .ok()
    };
    for (word, wide) in TOLERANCES {
        for arg in &one.args {
            let named = code.find(arg.clone(), word);
            let value = named.iter().find_map(|at| {
                number(at + 2).filter(|_| ["=", ":", "("].contains(&code.at(at + 1)))
            });
            if let Some(value) = value {
                return Some((value, wide));
            }
        }
    }
    // The last argument of those that compare nearly.
    let last = one.args.last()?;
    let verb = one.verb.as_str();
    let places = ["closeto", "almostequal", "almost_equal"].iter().any(|word| verb.contains(word));
    let delta =
        ["delta", "within", "near", "epsilon", "approx"].iter().any(|word| verb.contains(word))
            || verb == "assertequals" && one.args.len() == 3;
    let is_chai = verb.contains("to.be.closeto");
    if places && !is_chai && one.args.len() >= 3 {
        return number(last.start).map(|value| (value, false));
    }
    if (delta || is_chai) && one.args.len() >= 3 {
        return number(last.start).map(|value| (value, true));
    }
    let compares = one.args.first().filter(|_| one.args.len() <= 2)?;
    let is_near = code.holds(compares.clone(), "abs (") || code.holds(compares.clone(), ". abs (");
    let less = code
        .find(compares.clone(), "<")
        .into_iter()
        .chain(code.find(compares.clone(), "<="))
        .chain(code.find(compares.clone(), ">"));
    is_near.then(|| less.last().and_then(|at| number(at + 1)).map(|value| (value, true)))?
}
