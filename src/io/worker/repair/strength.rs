//! How well tests watch over an edit that passes: mutants of what it makes, and whether tests notice them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Instant;

use super::fast_path::{FastPath, Job, Patch, Request, Verdict};
use super::patch;
use crate::base::limits::{MUTANTS_MAX, MUTANTS_MIN, MUTANTS_WALL};
use crate::model::proposal::Strength;
use crate::repair::Candidate;

/// What tests notice of small changes near a patch that passes: of `candidates`, each on top of it. `None` where too few
/// were tried to say, and outside functions, where each takes long.
pub(super) fn strength<'a>(
    job: &Job<'_>,
    path: &mut dyn FastPath,
    candidates: impl Iterator<Item = &'a Candidate>,
    fix: &'a [Candidate],
) -> Option<Strength> {
    let mutants = mutants(candidates, fix);
    let patches: Vec<Patch<'_>> =
        mutants.into_iter().map(|mutant| fix.iter().chain([mutant]).collect()).collect();
    if patches.len() < MUTANTS_MIN || fix.iter().any(|part| part.function.is_none()) {
        return None;
    }
    let until = Instant::now() + MUTANTS_WALL;
    let mut verdicts = vec![None; patches.len()];
    let tried = path.search(&Request::new(&patches, job.failing, false), &mut |index, verdict| {
        verdicts[index] = Some(verdict);
        let is_over = Instant::now() > until || job.is_over();
        if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    tried.ok().and_then(|()| noticed(&verdicts))
}

/// Of mutants in their order: what turns a test red is known sooner than what turns none red, so those behind the first
/// without a verdict do not count.
fn noticed(verdicts: &[Option<Verdict>]) -> Option<Strength> {
    let known = verdicts.iter().map_while(Option::as_ref);
    // The red test may have been red long before its end: that one is late says nothing.
    let valid = known.filter(|verdict| !matches!(verdict, Verdict::Invalid | Verdict::Late));
    let (passing, red): (Vec<_>, Vec<_>) =
        valid.partition(|verdict| **verdict == Verdict::Plausible);
    let mutants = passing.len() + red.len();
    (mutants >= MUTANTS_MIN)
        .then_some(Strength { mutants: mutants as u32, killed: red.len() as u32 })
}

/// Changes in the function of a fix that leave its text alone: the likeliest of each line, the nearest lines first.
fn mutants<'a>(
    candidates: impl Iterator<Item = &'a Candidate>,
    fix: &[Candidate],
) -> Vec<&'a Candidate> {
    let is_near = |candidate: &&Candidate| {
        let is_in =
            |part: &Candidate| part.path == candidate.path && part.function == candidate.function;
        fix.iter().any(is_in) && fix.iter().all(|part| patch::fit(part, candidate))
    };
    let mut n_of_line: BTreeMap<u32, usize> = BTreeMap::new();
    let mut ranked: Vec<(usize, u32, &Candidate)> = Vec::new();
    for candidate in candidates.filter(is_near) {
        let n = n_of_line.entry(candidate.line).or_default();
        let away = fix.iter().map(|part| part.line.abs_diff(candidate.line)).min();
        ranked.push((*n, away.unwrap_or_default(), candidate));
        *n += 1;
    }
    ranked.sort_by_key(|(nth, away, _)| (*nth, *away));
    ranked.into_iter().take(MUTANTS_MAX).map(|(.., candidate)| candidate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_a_mutant_without_a_verdict_does_not_count() {
        let check = |verdicts: &str| {
            let of = |ch| match ch {
                'p' => Some(Verdict::Plausible),
                'r' => Some(Verdict::StillRed),
                'l' => Some(Verdict::Late),
                'b' => Some(Verdict::Breaks { by: "a".to_owned() }),
                'i' => Some(Verdict::Invalid),
                _ => None,
            };
            noticed(&verdicts.chars().map(of).collect::<Vec<_>>())
        };
        assert_eq!(check("prbirrlrbr-pp"), Some(Strength { mutants: 8, killed: 7 }));
        assert_eq!(check("rrrrr-rrrrrr"), None);
    }
}
