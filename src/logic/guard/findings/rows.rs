//! Tables of cases: rows that are gone, and rows that expect something else.

use std::ops::Range;

use super::change::{Change, Side};
use super::tests::{Pair, last_name};
use crate::logic::guard::code::Code;
use crate::logic::guard::units::Unit;
use crate::model::guard::{Finding, FindingKind};

pub fn compare(pair: &Pair<'_>, change: &Change<'_>, all: &mut Vec<Finding>) {
    let ((before, was), (after, is)) = (pair.before, pair.after);
    let (old, new) = (rows(before, was), rows(after, is));
    let texts = |side: &Side<'_>, rows: &[Range<usize>]| -> Vec<String> {
        rows.iter().map(|row| side.code.plain(row.clone())).collect()
    };
    let (was_texts, is_texts) = (texts(before, &old), texts(after, &new));
    let lost: Vec<usize> =
        (0..old.len()).filter(|at| !is_texts.contains(&was_texts[*at])).collect();
    let fresh: Vec<usize> =
        (0..new.len()).filter(|at| !was_texts.contains(&is_texts[*at])).collect();
    let name = last_name(&is.name);
    let is_gone = |at: &&usize| {
        !change.moved(&before.code, old[**at].clone())
            && !change.speaks_of_dropped(&before.code, old[**at].clone())
    };
    // A table may go over into assertions of its own.
    let follows = !change.is_attempt() && change.has_sources;
    let stays = !follows && (!new.is_empty() || is.body.len() * 2 < was.body.len());
    if new.len() < old.len()
        && stays
        && lost.len() > fresh.len()
        && let Some(at) = lost.iter().find(is_gone)
    {
        let why = format!("a case of {name} is gone: `{}`", was_texts[*at]);
        all.push(pair.file.finding(FindingKind::Delete, after.code.line(is.range.start), why));
    }
    if lost.len() != fresh.len() || !change.is_attempt() {
        return;
    }
    for (was, is) in lost.iter().zip(&fresh) {
        if differs_at_the_end(&before.code, &old[*was], &after.code, &new[*is]) {
            let why = format!(
                "a case of {name} expects something else: `{}` became `{}`",
                was_texts[*was], is_texts[*is]
            );
            all.push(pair.file.finding(
                FindingKind::Expected,
                after.code.line(new[*is].start),
                why,
            ));
        }
    }
}

/// The rows of the tables that a test goes over.
pub fn rows(side: &Side<'_>, unit: &Unit) -> Vec<Range<usize>> {
    let code = &side.code;
    let mut rows = Vec::new();
    for range in side.own(unit) {
        for (pattern, skip) in [
            ("parametrize (", 1),
            ("in [", 1),
            ("in (", 1),
            ("of [", 1),
            (". each ( [", 3),
            ("] struct {", 2),
            ("CsvSource (", 1),
            ("ValueSource (", 1),
            ("expand ( [", 2),
        ] {
            for at in code.find(range.clone(), pattern) {
                rows.extend(table(code, at + skip, pattern));
            }
        }
        for pattern in [
            "# [ case (",
            "[ InlineData (",
            "# [ test_case (",
            "[ TestCase (",
            "@ data (",
            "@ Row (",
        ] {
            for at in code.find(range.clone(), pattern) {
                let open = (at..at + 5).find(|place| code.at(*place) == "(").unwrap_or(at);
                rows.push(code.inside(open));
            }
        }
    }
    rows.retain(|row| {
        row.len() > 1 || !["True", "False", "true", "false"].contains(&code.at(row.start))
    });
    rows
}

/// The rows of the table whose bracket, or the bracket around it, stands at `open`.
fn table(code: &Code<'_>, open: usize, pattern: &str) -> Vec<Range<usize>> {
    let inside = code.inside(open);
    match pattern {
        "parametrize (" | "CsvSource (" | "ValueSource (" => {
            let list = inside.clone().find(|at| {
                matches!(code.at(*at), "[" | "{")
                    && (*at == inside.start
                        || pattern != "parametrize ("
                        || code.at(at - 1) == ","
                        || code.at(at - 1) == "=")
            });
            list.map(|at| code.parts(code.inside(at))).unwrap_or_default()
        }
        "] struct {" => {
            let body = code.closing(open).map_or(open, |end| end + 1);
            if code.at(body) == "{" { code.parts(code.inside(body)) } else { Vec::new() }
        }
        _ => code.parts(inside),
    }
}

/// The same row up to its last value.
fn differs_at_the_end(a: &Code<'_>, was: &Range<usize>, b: &Code<'_>, is: &Range<usize>) -> bool {
    let values = |code: &Code<'_>, row: &Range<usize>| -> Vec<String> {
        let opened = (row.start..row.end).find(|at| matches!(code.at(*at), "(" | "[" | "{"));
        let inside = opened.filter(|at| code.closing(*at).is_some_and(|end| end + 1 == row.end));
        let parts = code.parts(inside.map_or(row.clone(), |open| code.inside(open)));
        parts.into_iter().map(|part| code.plain(part)).collect()
    };
    let (was, is) = (values(a, was), values(b, is));
    let n = was.len();
    n >= 2 && n == is.len() && was[..n - 1] == is[..n - 1] && was[n - 1] != is[n - 1]
}
