//! Places where a source goes from literals to literals: conditions, tables, rows.

use std::ops::Range;

use super::change::Side;
use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::{Kind, Language};

/// Literals of a condition or key, with those of the answer it gives.
pub struct Answer {
    pub line: u32,
    pub inputs: Vec<String>,
    pub outputs: Vec<String>,
}

/// How far the answer may be behind its condition, in tokens.
const REACH: usize = 14;

/// Calls that only give a literal another type.
const CONVERSIONS: [&str; 17] = [
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
];

/// Whether something is computed by a call.
fn calls(code: &Code<'_>, mut range: Range<usize>) -> bool {
    range.any(|at| {
        code.tokens[at].kind == Kind::Word
            && code.at(at + 1) == "("
            && !CONVERSIONS.contains(&code.at(at))
    })
}

/// Literals as they are compared: texts without quotes, numbers without marks.
pub fn literals(code: &Code<'_>, range: Range<usize>) -> Vec<String> {
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
pub fn answers(side: &Side<'_>) -> Vec<Answer> {
    let code = &side.code;
    let mut found = Vec::new();
    for at in code.all().filter(|at| !side.is_in_test(*at)) {
        match code.at(at) {
            "if" | "elif" | "case" | "when" | "elsif" => found.extend(branch(code, at)),
            "?" => found.extend(choice(code, at)),
            "=>" | ":" | "->" => found.extend(entry(code, at)),
            _ => {}
        }
    }
    found
}

/// Rows of literals in tables: `[("a", 1), ("b", 2)]`, `new Map([["a", 1]])`.
pub fn rows(side: &Side<'_>) -> Vec<Answer> {
    let code = &side.code;
    let is_open = |at: &usize| matches!(code.at(*at), "(" | "[" | "{") && !side.is_in_test(*at);
    let opens = code.all().filter(is_open);
    let row = |open: usize| {
        let before = open.checked_sub(1).map_or("", |before| code.at(before));
        let parts = code.parts(code.inside(open));
        let is_literal = |part: &Range<usize>| {
            let n_words = part.clone().filter(|at| code.tokens[*at].kind == Kind::Word).count();
            n_words == 0 && !literals(code, part.clone()).is_empty()
        };
        let is_row = matches!(before, "[" | "," | "{" | "(")
            && (2..=4).contains(&parts.len())
            && parts.iter().all(is_literal);
        let (given, expected) = is_row.then(|| parts.split_at(parts.len() - 1))?;
        let texts = |parts: &[Range<usize>]| {
            parts.iter().flat_map(|part| literals(code, part.clone())).collect()
        };
        Some(Answer { line: code.line(open), inputs: texts(given), outputs: texts(expected) })
    };
    opens.filter_map(row).collect()
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
    let compares = [
        "==",
        "===",
        "in",
        "equals",
        ".is",
        "DeepEqual",
        "eql",
        "is",
        "match",
        "includes",
        "has",
        "eq",
    ]
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
    // `data[n // 2]` is no answer by itself.
    let computes = (start + 1..last).any(|at| {
        let is_sum = |text: &str| ["+", "-", "*", "/", "%", "//", "["].contains(&text);
        code.tokens[at].kind == Kind::Word
            && (is_sum(code.at(at + 1)) || is_sum(code.at(at - 1)) && code.at(at - 1) != "[")
    });
    let mut found =
        if calls(code, start..last) || computes { Vec::new() } else { literals(code, start..last) };
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
    let (inputs, outputs) = (literals(code, start..key + 1), literals(code, at + 1..end));
    (!calls(code, at + 1..end) && !inputs.is_empty() && !outputs.is_empty()).then(|| Answer {
        line: code.line(at),
        inputs,
        outputs,
    })
}
