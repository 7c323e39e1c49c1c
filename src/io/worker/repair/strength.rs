//! How well tests watch over an edit that passes: mutants of what it makes, and whether tests notice them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Instant;

use super::fast_path::{FastPath, Job, Patch, Verdict};
use super::patch;
use crate::base::limits::{MUTANTS_MAX, MUTANTS_WALL};
use crate::model::proposal::Strength;
use crate::repair::Candidate;

/// What tests notice of small changes near a patch that passes: of `candidates`, each on top of it.
pub(super) fn strength<'a>(
    job: &Job<'_>,
    path: &mut dyn FastPath,
    candidates: impl Iterator<Item = &'a Candidate>,
    fix: &'a [Candidate],
) -> Option<Strength> {
    let patches: Vec<Patch<'_>> = mutants(candidates, fix)
        .into_iter()
        .map(|mutant| fix.iter().chain([mutant]).collect())
        .collect();
    let until = Instant::now() + MUTANTS_WALL;
    let mut seen = Strength { mutants: 0, killed: 0 };
    let tried = path.search(&patches, job.failing, &mut |_, verdict| {
        if verdict != Verdict::Invalid {
            seen.mutants += 1;
            seen.killed += u32::from(verdict != Verdict::Plausible);
        }
        let is_over = Instant::now() > until || job.is_over();
        if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    // Of what could not be tried nothing is said.
    tried.ok().filter(|()| seen.mutants > 0).map(|()| seen)
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
