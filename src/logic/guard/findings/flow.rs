//! Tests that end before they assert, swallow what fails, or test a stand-in.

use std::ops::Range;

use super::assertions::{assertions, callees};
use super::change::{Change, Side};
use super::conditions::line_start;
use super::tests::{Pair, last_name};
use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::{Language, Token};
use crate::logic::guard::units::{Unit, own};
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
const PASSES_ON: [&str; 15] = [
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
    "should*",
];

pub fn compare(pair: &Pair<'_>, change: &Change<'_>, all: &mut Vec<Finding>) {
    let ((before, was), (after, is)) = (pair.before, pair.after);
    let name = last_name(&is.name);
    let mut tell = |kind, at: usize, what: &str| {
        let shown = after.code.joined(at..after.code.line_end(at).min(at + 10));
        all.push(pair.file.finding(kind, after.code.line(at), format!("{name} {what}: `{shown}`")));
    };
    let n_asserted = assertions(&before.code, &before.own(was)).len();
    if let Some(at) = more(&returns(before, was, n_asserted), &returns(after, is, n_asserted)) {
        tell(FindingKind::EarlyExit, at, "returns before it asserts");
    }
    let dead = |side: &Side<'_>, unit: &Unit| {
        let mut found = find_all(side, unit, &DEAD);
        found.retain(|at| change.is_attempt() || !side.code.holds(*at..at + 2, "if cfg"));
        found
    };
    if let Some(at) = more(&dead(before, was), &dead(after, is)) {
        tell(FindingKind::Weaken, at, "asserts where it never gets");
    }
    let silent = |side: &Side<'_>, unit: &Unit| {
        let mut found = swallows(side, unit);
        found.retain(|at| change.is_attempt() || !is_around_actions(&side.code, *at));
        found
    };
    if let Some(at) = more(&silent(before, was), &silent(after, is)) {
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

/// Returns without a value that stand before one of the first `n` assertions and are not the end of a nested function.
/// What a test asserts behind all that it asserted before may well be left out.
fn returns(side: &Side<'_>, unit: &Unit, n: usize) -> Vec<usize> {
    let code = &side.code;
    let own = side.own(unit);
    let all = assertions(code, &own);
    let last = all[..n.min(all.len())].last().map_or(0, |one| one.range.start);
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
                && (matches!(code.at(open.wrapping_sub(1)), "=>" | "->" | "|")
                    || is_anonymous(code, unit.body.start, open)
                    || is_method(code, open));
            is_function
                && code.closing(open).is_some_and(|close| close > at)
                && !is_test_body(code, open, unit)
        }),
    }
}

/// `boolean accept(File file) {` in a class inside the test.
fn is_method(code: &Code<'_>, open: usize) -> bool {
    let start = line_start(code, open);
    let words =
        ["if", "for", "while", "switch", "try", "catch", "synchronized", "else", "do", "using"];
    code.language == Language::Braces
        && code.at(open.wrapping_sub(1)) == ")"
        && !(start..open).any(|at| words.contains(&code.at(at)))
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
        !passes && !is_expected(code, at)
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

/// `try { …; fail(); } catch (SomeException e) { }` asserts that what is caught is thrown.
fn is_expected(code: &Code<'_>, at: usize) -> bool {
    let Some(close) = at.checked_sub(1).filter(|close| code.at(*close) == "}") else {
        return false;
    };
    let open = (0..close).rev().find(|open| code.closing(*open) == Some(close)).unwrap_or(close);
    let is_broad = ["Throwable", "Exception", "Error", "AssertionError", "AssertionFailedError"]
        .iter()
        .any(|name| code.holds(at..code.closing(at + 1).unwrap_or(at), name));
    let last = (open + 1..close).rev().find(|place| code.tokens[*place].is_first);
    let fails = last.is_some_and(|last| code.holds(last..close, "fail ("));
    code.language == Language::Braces && fails && !is_broad
}

/// Whether nothing is asserted where a handler catches: what it lets pass is no failed assertion then.
fn is_around_actions(code: &Code<'_>, at: usize) -> bool {
    let start = match code.language {
        Language::Python | Language::Ruby => {
            let column = code.tokens[at].column;
            let starts = (0..at).rev().filter(|place| code.tokens[*place].is_first);
            let mut starts = starts.filter(|place| code.tokens[*place].column <= column);
            starts.next()
        }
        _ => {
            let close = at.checked_sub(1).filter(|close| code.at(*close) == "}");
            close.and_then(|close| (0..close).rev().find(|open| code.closing(*open) == Some(close)))
        }
    };
    let is_clause = matches!(code.at(at), "except" | "rescue" | "catch");
    is_clause
        && start
            .is_some_and(|start| assertions(code, std::slice::from_ref(&(start..at))).is_empty())
}

fn is_handler(code: &Code<'_>, at: usize) -> bool {
    match code.at(at) {
        // What is given instead of a failure is no handler.
        "catch" if code.at(at.wrapping_sub(1)) == "." => {
            !code.tokens.get(at + 2).is_some_and(Token::is_literal)
        }
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
        let own = inner(after, is);
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
            let heads = [format!("{name} ="), format!("def {name}"), format!("fn {name}")];
            inner(before, was)
                .iter()
                .any(|range| heads.iter().any(|head| before.code.holds(range.clone(), head)))
        };
        let is_asserted = |at: usize, name: &str| {
            let all = assertions(&after.code, &after.own(is));
            all.iter()
                .any(|one| one.range.start > at && callees(one).iter().any(|called| called == name))
        };
        assigned.filter(|(at, name)| !was_so(name) && is_asserted(*at, name))
    })
}

/// What is inside a test, without its head, which names the test itself.
fn inner(side: &Side<'_>, unit: &Unit) -> Vec<Range<usize>> {
    let mut own = own(&side.units, &unit.body);
    own.retain(|range| !range.is_empty());
    own
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
