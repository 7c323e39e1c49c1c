//! What a search came to, in words for people.

use std::collections::BTreeMap;

use super::hunt::Hunt;
use crate::repair::Candidate;

pub(super) fn title(patch: &[Candidate]) -> String {
    let parts: Vec<String> =
        patch.iter().map(|part| format!("{} in {}:{}", part.what, part.path, part.line)).collect();
    parts.join(" and ")
}

pub(super) fn templates(patch: &[Candidate]) -> String {
    patch.iter().map(|part| part.template).collect::<Vec<_>>().join("+")
}

pub(super) fn told(patch: &[Candidate]) -> String {
    let parts: Vec<String> = patch
        .iter()
        .map(|part| format!("{}: {} at {}:{}", part.template, part.what, part.path, part.line))
        .collect();
    parts.join(" and ")
}

pub(super) fn why_nothing(hunt: &Hunt<'_, '_>, n_candidates: usize) -> String {
    match (n_candidates, hunt.is_exhausted()) {
        (0, _) => "no template fits the suspicious lines".into(),
        (n, true) if hunt.n_refused > 0 => {
            let refused = hunt.n_refused;
            format!(
                "all {refused} of {n} edits that make the failing tests pass were refused before"
            )
        }
        (n, true) if !hunt.breaking.is_empty() => format!(
            "none of {n} edits makes the failing tests pass; {}, as all do where tests contradict each other and one of \
             them has to change",
            breaking(&hunt.breaking)
        ),
        (n, true) => format!("none of {n} edits makes the failing tests pass"),
        (_, false) => {
            let (tried, total) = (hunt.tried, hunt.total());
            let but = match hunt.n_refused {
                0 => String::new(),
                n => format!(", but {n} that were refused before"),
            };
            format!(
                "none of the {tried} edits of {total} that there was time for makes the failing tests pass{but}"
            )
        }
    }
}

/// How many edits make a failing test pass by breaking others, and which of them most often.
fn breaking(tests: &BTreeMap<String, usize>) -> String {
    let n: usize = tests.values().sum();
    let most = tests.iter().filter(|(name, _)| !name.is_empty()).max_by_key(|(_, n)| **n);
    match most {
        None => format!("{n} make one pass by breaking what passes now"),
        Some((name, of)) if *of == n => format!("{n} make one pass by breaking `{name}`"),
        Some((name, of)) => {
            format!("{n} make one pass by breaking what passes now, {of} of them `{name}`")
        }
    }
}

/// What more there is to say when edits were not even tried.
pub(super) fn left_out(n_avoided: usize) -> String {
    if n_avoided == 0 {
        String::new()
    } else {
        format!("; {n_avoided} others were rejected before")
    }
}

pub(super) fn joined(before: &str, reason: &str) -> String {
    if before.is_empty() { reason.into() } else { format!("{before}; {reason}") }
}
