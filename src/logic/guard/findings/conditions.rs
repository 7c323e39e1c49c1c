//! Assertions that are made under a condition only.

use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::Language;
use crate::logic::guard::units::Unit;

/// How many conditions of a test stand around a place in it.
pub fn n_conditions(code: &Code<'_>, unit: &Unit, at: usize) -> usize {
    let inside = unit.body.start..at.max(unit.body.start);
    match code.language {
        Language::Python | Language::Ruby => {
            let column = code.tokens[at].column;
            let mut n = 0;
            let mut least =
                if code.tokens[at].is_first { column } else { column.min(first_column(code, at)) };
            for place in inside.rev().filter(|place| code.tokens[*place].is_first) {
                let token = &code.tokens[place];
                if token.column < least {
                    least = token.column;
                    n += usize::from(is_condition(token.text));
                }
            }
            n + usize::from(!code.tokens[at].is_first && is_condition(first_text(code, at)))
        }
        _ => {
            let opens = inside.filter(|open| {
                code.at(*open) == "{" && code.closing(*open).is_some_and(|end| end > at)
            });
            opens
                .filter(|open| {
                    is_condition(first_text(code, *open)) || is_condition(head(code, *open))
                })
                .count()
        }
    }
}

fn is_condition(text: &str) -> bool {
    matches!(
        text,
        "if" | "elif"
            | "else"
            | "unless"
            | "elsif"
            | "switch"
            | "match"
            | "except"
            | "rescue"
            | "catch"
    )
}

/// The first token of a place's line.
pub fn line_start(code: &Code<'_>, at: usize) -> usize {
    (0..=at).rev().find(|place| code.tokens[*place].is_first).unwrap_or(at)
}

fn first_text<'a>(code: &Code<'a>, at: usize) -> &'a str {
    code.at(line_start(code, at))
}

fn first_column(code: &Code<'_>, at: usize) -> u32 {
    code.tokens[line_start(code, at)].column
}

/// The word of `} else {` and `} else if … {`.
fn head<'a>(code: &Code<'a>, open: usize) -> &'a str {
    let start = line_start(code, open);
    if code.at(start) == "}" { code.at(start + 1) } else { "" }
}
