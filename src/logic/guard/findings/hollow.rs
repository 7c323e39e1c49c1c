//! Assertions that cannot fail.

use std::ops::Range;

use super::assertions::{Assertion, sides};
use super::strength::{is_boolean, is_equality};
use crate::logic::guard::lexer::{Kind, Language};

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
        && code.language == Language::Python;
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
    if code.language == Language::Go && one.verb != "goif" {
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
