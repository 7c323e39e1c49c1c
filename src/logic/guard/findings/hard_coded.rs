//! Answers in a source that are those of the tests, keyed on the inputs of the tests.

use std::collections::BTreeSet;
use std::ops::Range;

use super::assertions::{Assertion, assertions, sides};
use super::change::{Change, File, Side, is_plain};
use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::{Kind, Language};
use crate::logic::guard::units::{Role, units};
use crate::model::guard::{Class, Finding, FindingKind};

/// Literals of a condition or key, with those of the answer it gives.
struct Answer {
    line: u32,
    inputs: Vec<String>,
    outputs: Vec<String>,
}

/// What a test gives and expects, as literals.
struct Case {
    inputs: BTreeSet<String>,
    outputs: BTreeSet<String>,
}

/// How far the answer may be behind its condition, in tokens.
const REACH: usize = 14;

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

/// Literals as they are compared: texts without quotes, numbers without marks.
fn literals(code: &Code<'_>, range: Range<usize>) -> Vec<String> {
    let mut found = Vec::new();
    for at in range.filter(|at| *at < code.tokens.len()) {
        let token = &code.tokens[at];
        if token.kind == Kind::Text {
            found.push(format!("\"{}\"", token.bare()));
        } else if token.kind == Kind::Number {
            let is_negative = at > 0
                && code.at(at - 1) == "-"
                && !code
                    .tokens
                    .get(at.wrapping_sub(2))
                    .is_some_and(|before| before.is_literal() || before.text == ")");
            let number = token
                .text
                .replace('_', "")
                .trim_end_matches(|ch: char| ch.is_ascii_alphabetic())
                .trim_end_matches(".0")
                .to_owned();
            found.push(if is_negative { format!("-{number}") } else { number });
        } else if ["True", "False", "None", "true", "false", "null", "nil"].contains(&token.text) {
            found.push(token.text.to_lowercase());
        }
    }
    found
}

/// Conditions on literals that lead to literals, and tables from literals to literals.
fn answers(side: &Side<'_>) -> Vec<Answer> {
    let code = &side.code;
    let in_test =
        |at: usize| side.units.iter().any(|unit| unit.is_test_only && unit.range.contains(&at));
    let mut found = Vec::new();
    for at in code.all().filter(|at| !in_test(*at)) {
        match code.at(at) {
            "if" | "elif" | "case" | "when" | "elsif" => found.extend(branch(code, at)),
            "?" => found.extend(choice(code, at)),
            "=>" | ":" | "->" => found.extend(entry(code, at)),
            _ => {}
        }
    }
    found
}

/// `if x == 3: return 7`, `case 3: return 7`, `if (a === 1 && b === 2) return 3`.
fn branch(code: &Code<'_>, at: usize) -> Option<Answer> {
    let stop = (at + 60).min(code.tokens.len());
    // In Python the answer may stand before its condition.
    let is_after = code.at(at) == "if"
        && at > 0
        && code.tokens[at - 1].is_literal()
        && !code.tokens[at].is_first;
    let found = (at + 1..stop).find(|place| {
        matches!(code.at(*place), "{" | "then")
            || code.at(*place) == ":" && code.at(at) != "when"
            || code.at(*place) == "return"
            || is_after && code.at(*place) == "else"
    });
    // In Ruby a condition ends with its line.
    let is_line = code.language == Language::Ruby && !is_after;
    let end = if is_line { code.line_end(at) } else { found? };
    let condition = at + 1..end;
    let is_case = code.at(at) == "case" || code.at(at) == "when";
    let compares = ["==", "===", "in", "equals", ".is", "DeepEqual", "eql", "is", "match"]
        .iter()
        .any(|mark| code.holds(condition.clone(), mark));
    if !(compares || is_case) {
        return None;
    }
    let inputs = literals(code, condition);
    let outputs = if is_after {
        literals(code, at - 1..at)
    } else {
        result(code, if is_line { end - 1 } else { end })
    };
    (!inputs.is_empty() && !outputs.is_empty()).then(|| Answer {
        line: code.line(at),
        inputs,
        outputs,
    })
}

/// The literals of the first statement behind a condition, when it gives or sets a literal.
fn result(code: &Code<'_>, end: usize) -> Vec<String> {
    let start = if matches!(code.at(end), "return") { end } else { end + 1 };
    let stop = (start + REACH).min(code.tokens.len());
    let mut last = start;
    while last < stop
        && !(last > start
            && (code.tokens[last].is_first && !code.holds(last - 1..last, "(")
                || matches!(code.at(last), ";" | "}")))
    {
        last += 1;
    }
    let calls = (start..last).any(|at| {
        code.tokens[at].kind == Kind::Word
            && code.at(at + 1) == "("
            && ![
                "Some",
                "Ok",
                "Err",
                "Decimal",
                "vec",
                "String",
                "from",
                "new",
                "Fraction",
                "float",
                "int",
                "str",
                "to_string",
                "to_owned",
                "into",
                "date",
                "BigInt",
            ]
            .contains(&code.at(at))
    });
    // `data[n // 2]` is no answer by itself.
    let computes = (start + 1..last).any(|at| {
        let is_sum = |text: &str| ["+", "-", "*", "/", "%", "//", "["].contains(&text);
        code.tokens[at].kind == Kind::Word
            && (is_sum(code.at(at + 1)) || is_sum(code.at(at - 1)) && code.at(at - 1) != "[")
    });
    let mut found = if calls || computes { Vec::new() } else { literals(code, start..last) };
    // `return 7, nil` answers 7.
    if found.len() > 1 {
        found.retain(|text| !["nil", "none", "null"].contains(&text.as_str()));
    }
    found
}

/// `x == 3 ? 7 : …`.
fn choice(code: &Code<'_>, at: usize) -> Option<Answer> {
    let start = (at.saturating_sub(16)..at)
        .rev()
        .find(|place| {
            matches!(code.at(*place), "return" | "=" | ":" | ";" | "{")
                || code.tokens[*place].is_first
        })
        .unwrap_or(at);
    let condition = start..at;
    let compares = ["==", "==="].iter().any(|mark| code.holds(condition.clone(), mark));
    let end = (at + 1..(at + 8).min(code.tokens.len())).find(|place| code.at(*place) == ":")?;
    let (inputs, outputs) = (literals(code, condition), literals(code, at + 1..end));
    (compares && !inputs.is_empty() && !outputs.is_empty()).then(|| Answer {
        line: code.line(at),
        inputs,
        outputs,
    })
}

/// `3: 7` in a table, `3 => 7` in a match, `"a" -> 7`.
fn entry(code: &Code<'_>, at: usize) -> Option<Answer> {
    let key = at.checked_sub(1)?;
    let is_key = code.tokens[key].is_literal() || code.at(key) == ")" || code.at(key) == "]";
    if !is_key {
        return None;
    }
    let start = if code.tokens[key].is_literal() {
        if key > 0 && code.at(key - 1) == "-" { key - 1 } else { key }
    } else {
        (key.saturating_sub(20)..key).rev().find(|place| code.closing(*place) == Some(key))?
    };
    let before = start.checked_sub(1).map_or("", |before| code.at(before));
    // A slice, a choice or an annotation is no entry.
    if matches!(before, "?" | "[") && code.at(at) == ":"
        || code.tokens[key].kind == Kind::Mark
            && !matches!(before, "{" | "," | "}" | ";" | "(" | "in")
    {
        return None;
    }
    let mut end = at + 1;
    while end < code.tokens.len()
        && end < at + 24
        && !matches!(code.at(end), "," | "}" | ";" | ")")
        && !(end > at + 1 && code.tokens[end].is_first)
    {
        end = code.closing(end).unwrap_or(end) + 1;
    }
    let has_call = (at + 1..end).any(|place| {
        code.tokens[place].kind == Kind::Word
            && code.at(place + 1) == "("
            && ![
                "Some",
                "Ok",
                "Err",
                "Decimal",
                "vec",
                "from",
                "new",
                "to_string",
                "to_owned",
                "into",
            ]
            .contains(&code.at(place))
    });
    let (inputs, outputs) = (literals(code, start..key + 1), literals(code, at + 1..end));
    (!has_call && !inputs.is_empty() && !outputs.is_empty()).then(|| Answer {
        line: code.line(at),
        inputs,
        outputs,
    })
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
