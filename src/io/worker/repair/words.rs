//! What a search came to, in words for people.

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
    match (n_candidates, hunt.plausible.len()) {
        (0, _) => "no template fits the suspicious lines".into(),
        (n, 0) if hunt.is_exhausted() && hunt.n_breaking > 0 => format!(
            "none of {n} edits makes the failing tests pass; {} make one pass by breaking what passes now, as all do where \
             tests contradict each other and one of them has to change",
            hunt.n_breaking
        ),
        (n, 0) if hunt.is_exhausted() => format!("none of {n} edits makes the failing tests pass"),
        (n, 0) => {
            let tried = hunt.tried;
            format!(
                "none of the {tried} edits of {n} that there was time for makes the failing tests pass"
            )
        }
        (_, n) => format!("all {n} edits that pass the failing tests were refused before"),
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
