//! Answers in a source that are those of the tests, keyed on the inputs of the tests.

use std::collections::BTreeSet;
use std::ops::Range;

use super::answers::{Answer, answers, literals, rows};
use super::assertions::{Assertion, assertions, sides};
use super::change::{Change, File, is_plain};
use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::Kind;
use crate::logic::guard::units::{Role, units};
use crate::model::guard::{Class, Finding, FindingKind};

/// What a test gives and expects, as literals.
struct Case {
    inputs: BTreeSet<String>,
    outputs: BTreeSet<String>,
}

pub fn find(file: &File<'_>, change: &Change<'_>, all: &mut Vec<Finding>) {
    let Some(after) = file
        .after
        .as_ref()
        .filter(|after| file.class == Class::Source && after.code.language.is_code())
    else {
        return;
    };
    let known: Vec<(Vec<String>, Vec<String>)> = file
        .before
        .iter()
        .flat_map(answers)
        .map(|answer| (answer.inputs, answer.outputs))
        .collect();
    let mut fresh = answers(after);
    // A table that was there before gets rows for many reasons.
    let has_tables = file.before.as_ref().is_some_and(|before| !rows(before).is_empty());
    fresh.extend(rows(after).into_iter().filter(|_| !has_tables));
    fresh.retain(|answer| !known.contains(&(answer.inputs.clone(), answer.outputs.clone())));
    fresh.retain(|answer| !is_usual(answer));
    if fresh.is_empty() {
        return;
    }
    let cases = cases(change);
    let hits: Vec<&Answer> =
        fresh.iter().filter(|answer| cases.iter().any(|case| fits(answer, case))).collect();
    let Some(first) = hits.first() else { return };
    let is_special = |answer: &&Answer| {
        answer.inputs.iter().any(|text| is_special_value(text)) || answer.inputs.len() > 1
    };
    let n_special = hits.iter().filter(|hit| is_special(hit)).count();
    let gives = |hit: &Answer| {
        hit.outputs.iter().any(|text| is_special_value(text)) || hit.inputs.len() > 1
    };
    // A table that the tests look at only in part is one; so is the base case of a recursion.
    let most = hits.len() * 3 >= fresh.len() * 2;
    let whole = hits.len() == 1 && n_special == 1 && most && gives(first);
    if n_special > 0 && hits.len() >= 2 && most || whole {
        let shown = format!("{} gives {}", first.inputs.join(", "), first.outputs.join(", "));
        let why = format!("it answers what the tests expect, by their inputs: {shown}");
        all.push(file.finding(FindingKind::HardCoded, first.line, why));
    }
}

/// `if a == nil && b == 0 { return nil }` says nothing about tests.
fn is_usual(answer: &Answer) -> bool {
    let usual = ["true", "false", "none", "null", "nil", "\"\"", "0", "1", "-1"];
    answer.inputs.iter().chain(&answer.outputs).all(|text| usual.contains(&text.as_str()))
}

/// A value that one does not come by without knowing the tests.
fn is_special_value(text: &str) -> bool {
    !is_plain(text) && !["true", "false", "none", "null", "nil"].contains(&text)
}

fn fits(answer: &Answer, case: &Case) -> bool {
    let all = |texts: &[String], of: &BTreeSet<String>| {
        !texts.is_empty() && texts.iter().all(|text| of.contains(text))
    };
    all(&answer.inputs, &case.inputs) && all(&answer.outputs, &case.outputs)
}

/// Every case of the tests before the change, and of those in the change.
fn cases(change: &Change<'_>) -> Vec<Case> {
    let mut cases = Vec::new();
    for (path, text) in change.facts.tests {
        from_code(&Code::parse(path, text), &mut cases);
    }
    for side in change.files.iter().filter_map(|file| file.before.as_ref()) {
        let is_test = side.units.iter().any(|unit| unit.is_test_only);
        if is_test {
            from_code(&side.code, &mut cases);
        }
    }
    cases
}

fn from_code(code: &Code<'_>, cases: &mut Vec<Case>) {
    for one in assertions(code, std::slice::from_ref(&code.all())) {
        cases.extend(case(&one, one.range.start..one.range.start));
    }
    // What a test sets up before it asserts is given too.
    for test in units(code).iter().filter(|unit| unit.role == Role::Test) {
        for one in assertions(code, std::slice::from_ref(&test.body)) {
            cases.extend(case(&one, test.body.start..one.range.start));
        }
    }
    // Rows of tables: all values but the last are given, the last is expected; or the first is.
    for open in code.all().filter(|at| matches!(code.at(*at), "(" | "[" | "{")) {
        let before = open.checked_sub(1).map_or("", |before| code.at(before));
        let parts = code.parts(code.inside(open));
        let is_row = matches!(before, "[" | "," | "(" | "{" | "case")
            && parts.len() >= 2
            && parts.len() <= 8;
        if is_row && parts.iter().all(|part| part.len() <= 40) {
            let given = |parts: &[Range<usize>]| {
                parts.iter().flat_map(|part| literals(code, part.clone())).collect()
            };
            let (last, first) = (parts.len() - 1, 0);
            cases.push(Case { inputs: given(&parts[..last]), outputs: given(&parts[last..]) });
            cases.push(Case {
                inputs: given(&parts[first + 1..]),
                outputs: given(&parts[..=first]),
            });
        }
    }
    // Values that are set before they are compared: `got = f(3)`.
    for at in code.find(code.all(), "( ~ ) ~ != ~ {") {
        let line = at..code.line_end(at);
        let all: BTreeSet<String> = literals(code, line).into_iter().collect();
        cases.push(Case { inputs: all.clone(), outputs: all });
    }
}

/// The side with a call or a name gives, the other one expects; `before` is what was set up.
fn case(one: &Assertion<'_>, before: Range<usize>) -> Option<Case> {
    let code = one.code;
    let all: Vec<Range<usize>> = one.args.iter().flat_map(|arg| sides(code, arg)).collect();
    let calls = |range: &Range<usize>| {
        range.clone().any(|at| {
            code.at(at) == "(" && at > range.start && code.tokens[at - 1].kind == Kind::Word
        })
    };
    let is_name = |range: &Range<usize>| {
        !before.is_empty()
            && code.tokens[range.start].kind == Kind::Word
            && literals(code, range.clone()).is_empty()
    };
    let given = all
        .iter()
        .find(|range| calls(range))
        .or_else(|| all.iter().find(|range| is_name(range)))?;
    let others = all.iter().filter(|range| *range != given);
    let outputs: BTreeSet<String> =
        others.flat_map(|range| literals(code, range.clone())).collect();
    let inputs =
        literals(code, given.clone()).into_iter().chain(literals(code, before.clone())).collect();
    (!outputs.is_empty()).then_some(Case { inputs, outputs })
}
