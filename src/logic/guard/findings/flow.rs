//! Tests that end before they assert, swallow what fails, or test a stand-in.

use std::ops::Range;

use super::assertions::{assertions, callees};
use super::change::Side;
use super::tests::{Pair, last_name};
use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::Language;
use crate::logic::guard::units::Unit;
use crate::model::guard::{Finding, FindingKind};

const DEAD: [&str; 18] = [
    "of [ ]",
    "in [ ] {",
    "if False",
    "if 0 :",
    "if ( false )",
    "if false",
    "while False",
    "if ( 0 )",
    "in [ ] :",
    "in range ( 0 )",
    "if not True",
    "if ( ! true )",
    "while ( false )",
    "while false",
    "for _ in 0 .. 0",
    "[ ] . forEach (",
    "if cfg ! (",
    "if None",
];
const SWALLOWS: [&str; 14] = [
    "except",
    "catch",
    "rescue",
    "suppress (",
    "recover (",
    "catch_unwind (",
    "contextlib . suppress",
    "assertRaises ( AssertionError",
    "raises ( AssertionError",
    "raises ( Exception",
    "assertRaises ( Exception",
    "assertRaises ( BaseException",
    "raises ( BaseException",
    "should_panic",
];
/// What makes a handler pass the failure on.
const PASSES_ON: [&str; 14] = [
    "raise",
    "throw",
    "assert*",
    "fail",
    "expect*",
    "Assert*",
    "panic",
    "Errorf",
    "Fatalf",
    "Error",
    "Fatal",
    "done",
    "reject",
    "self . fail",
];

pub fn compare(pair: &Pair<'_>, all: &mut Vec<Finding>) {
    let ((before, was), (after, is)) = (pair.before, pair.after);
    let name = last_name(&is.name);
    let mut tell = |kind, at: usize, what: &str| {
        let shown = after.code.joined(at..after.code.line_end(at).min(at + 10));
        all.push(pair.file.finding(kind, after.code.line(at), format!("{name} {what}: `{shown}`")));
    };
    if let Some(at) = more(&returns(before, was), &returns(after, is)) {
        tell(FindingKind::EarlyExit, at, "returns before it asserts");
    }
    let dead = |side: &Side<'_>, unit: &Unit| find_all(side, unit, &DEAD);
    if let Some(at) = more(&dead(before, was), &dead(after, is)) {
        tell(FindingKind::Weaken, at, "asserts where it never gets");
    }
    if let Some(at) = more(&swallows(before, was), &swallows(after, is)) {
        tell(FindingKind::Weaken, at, "lets failures pass");
    }
    if let Some((at, what)) = mocked(pair) {
        tell(FindingKind::Mocked, at, &format!("replaces {what}, which it tests"));
    }
}

/// The last new place, when there are more than before.
fn more(before: &[usize], after: &[usize]) -> Option<usize> {
    (after.len() > before.len()).then(|| after[after.len() - 1])
}

fn find_all(side: &Side<'_>, unit: &Unit, patterns: &[&str]) -> Vec<usize> {
    let own = side.own(unit);
    let found = patterns
        .iter()
        .flat_map(|pattern| own.iter().flat_map(|range| side.code.find(range.clone(), pattern)));
    let mut found: Vec<usize> = found.collect();
    found.sort_unstable();
    found.dedup();
    found
}

/// Returns without a value that stand before an assertion and are not the end of a nested function.
fn returns(side: &Side<'_>, unit: &Unit) -> Vec<usize> {
    let code = &side.code;
    let own = side.own(unit);
    let last = assertions(code, &own).last().map_or(0, |one| one.range.start);
    let places = own.iter().flat_map(|range| code.find(range.clone(), "return"));
    places
        .filter(|at| {
            *at < last
                && is_bare(code, *at)
                && !is_nested(code, *at, unit)
                && !follows_failure(code, *at)
        })
        .collect()
}

fn is_bare(code: &Code<'_>, at: usize) -> bool {
    let next = code.tokens.get(at + 1);
    let is_end = next.is_none_or(|next| {
        next.is_first || matches!(next.text, ";" | "}" | "True" | "None" | "true" | "if")
    });
    is_end
        || code.holds(at..at + 6, "return Ok ( ( ) )")
        || code.holds(at..at + 4, "return undefined")
        || code.holds(at..at + 4, "return null")
}

/// In a function inside the test, which returns for itself.
fn is_nested(code: &Code<'_>, at: usize, unit: &Unit) -> bool {
    match code.language {
        Language::Python => {
            let column = code.tokens[at].column;
            let defs = code.find(unit.body.start..at, "def");
            defs.iter().any(|def| code.tokens[*def].column < column && code.indented_end(*def) > at)
        }
        _ => (unit.body.start..at).any(|open| {
            let is_function = code.at(open) == "{"
                && (matches!(code.at(open.wrapping_sub(1)), "=>" | "|")
                    || is_anonymous(code, unit.body.start, open));
            is_function
                && code.closing(open).is_some_and(|close| close > at)
                && !is_test_body(code, open, unit)
        }),
    }
}

fn is_anonymous(code: &Code<'_>, start: usize, open: usize) -> bool {
    let head = open.saturating_sub(12).max(start)..open;
    code.holds(head.clone(), "func (") || code.holds(head, "function")
}

/// The outermost function of a test that is a call is the test itself.
fn is_test_body(code: &Code<'_>, open: usize, unit: &Unit) -> bool {
    let first = (unit.range.start..unit.range.end).find(|place| {
        code.at(*place) == "{"
            && (matches!(code.at(place.wrapping_sub(1)), "=>" | "|")
                || is_anonymous(code, unit.range.start, *place))
    });
    matches!(code.language, Language::Script | Language::Go) && first == Some(open)
}

/// `t.Error(…)` and then a return, in one block.
fn follows_failure(code: &Code<'_>, at: usize) -> bool {
    let start = at.saturating_sub(30);
    let line = code.line(at);
    let near = (start..at).filter(|place| code.line(*place) + 4 >= line);
    near.into_iter().any(|place| {
        PASSES_ON.iter().any(|word| code.holds(place..place + 1, word)) && code.at(place + 1) != "="
    }) && (start..at).rev().take_while(|place| code.at(*place) != "{").count() < 30
        && code.language == Language::Go
}

/// Handlers that do not pass the failure on.
fn swallows(side: &Side<'_>, unit: &Unit) -> Vec<usize> {
    let code = &side.code;
    let found = find_all(side, unit, &SWALLOWS);
    let is_silent = |at: &usize| {
        let at = *at;
        let block = handler(code, at);
        let passes = PASSES_ON.iter().any(|word| code.holds(block.clone(), word));
        // What a try around nothing but an action catches says nothing about assertions.
        !passes
            || matches!(
                code.at(at),
                "suppress"
                    | "contextlib"
                    | "catch_unwind"
                    | "should_panic"
                    | "assertRaises"
                    | "raises"
            )
    };
    found.into_iter().filter(|at| is_silent(at) && is_handler(code, *at)).collect()
}

fn is_handler(code: &Code<'_>, at: usize) -> bool {
    match code.at(at) {
        "catch" => code.at(at + 1) == "(" || code.at(at + 1) == "{",
        "except" | "rescue" => code.tokens[at].is_first || code.at(at.wrapping_sub(1)) == ";",
        _ => true,
    }
}

/// What a handler does.
fn handler(code: &Code<'_>, at: usize) -> Range<usize> {
    match code.language {
        Language::Python | Language::Ruby if code.tokens[at].is_first => {
            // Behind the colon, so that the names of what is caught do not count.
            let end = code.indented_end(at);
            let colon = (at..end).find(|place| code.at(*place) == ":");
            colon.map_or(at + 1, |colon| colon + 1)..end
        }
        _ => {
            let stop = (at + 24).min(code.tokens.len());
            let open = (at..stop).find(|place| code.at(*place) == "{");
            let block = open.filter(|_| code.at(at) != "recover").map(|open| code.inside(open));
            block.unwrap_or(at + 1..code.line_end(at))
        }
    }
}

/// What is tested, where the test now puts something else in its place.
fn mocked(pair: &Pair<'_>) -> Option<(usize, String)> {
    let ((before, was), (after, is)) = (pair.before, pair.after);
    let called = called(before, was);
    let patterns = [
        "patch (",
        "patch . object (",
        "monkeypatch . setattr (",
        "setattr (",
        "spyOn (",
        "mock . method (",
        "stub (",
        "replace (",
    ];
    let targets = |side: &Side<'_>, unit: &Unit| -> Vec<(usize, String)> {
        let found = find_all(side, unit, &patterns);
        found.into_iter().filter_map(|at| Some((at, target(&side.code, at)?))).collect()
    };
    let known: Vec<String> = targets(before, was).into_iter().map(|(_, name)| name).collect();
    let mut new = targets(after, is).into_iter().filter(|(_, name)| !known.contains(name));
    let by_call = new.find(|(_, name)| called.contains(name));
    by_call.or_else(|| {
        // `money.round = lambda …` or `round = …` in the test itself.
        let own = after.own(is);
        let assigned = called.iter().find_map(|name| {
            let places =
                own.iter().flat_map(|range| after.code.find(range.clone(), &format!("{name} =")));
            let defined = own
                .iter()
                .flat_map(|range| after.code.find(range.clone(), &format!("def {name} (")));
            let functions = own
                .iter()
                .flat_map(|range| after.code.find(range.clone(), &format!("fn {name} (")));
            places.chain(defined).chain(functions).next().map(|at| (at, name.clone()))
        });
        let was_so = |name: &str| {
            before.own(was).iter().any(|range| {
                before.code.holds(range.clone(), &format!("{name} ="))
                    || before.code.holds(range.clone(), &format!("def {name}"))
            })
        };
        assigned.filter(|(_, name)| !was_so(name))
    })
}

/// Functions that are called in a test's assertions.
pub fn called(side: &Side<'_>, unit: &Unit) -> Vec<String> {
    assertions(&side.code, &side.own(unit)).iter().flat_map(callees).collect()
}

/// The name that a patch replaces: the last part of its text.
fn target(code: &Code<'_>, at: usize) -> Option<String> {
    let open = (at..at + 6).find(|place| code.at(*place) == "(")?;
    let parts = code.parts(code.inside(open));
    let texts = parts.iter().take(2).filter_map(|part| {
        let token =
            code.tokens.get(part.start).filter(|token| token.is_literal() && part.len() == 1)?;
        Some(last_name(token.bare()).to_owned())
    });
    texts.collect::<Vec<_>>().pop()
}
