//! Compares the patches that pass by what they do where no test looks.

use std::ops::RangeInclusive;

use super::fast_path::{FastPath, Job, Patch};
use super::offers::Offer;
use super::strength::strength;
use super::words::{templates, title};
use crate::base::limits::OTHERS_SHOWN_MAX;
use crate::logic::diff;
use crate::model::proposal::{ChangeKind, Confidence, Other, SearchFact};
use crate::repair::judge::{behaviours, confidence};
use crate::repair::{Candidate, Source, Standing, TestCoverage};

/// Writes into `fact`, which counts the search, how sure one can be of the first of `offers` and what else there is.
pub(super) fn judge(
    job: &Job<'_>,
    path: &mut dyn FastPath,
    offers: &[Offer],
    coverage: &[TestCoverage],
    fact: &mut SearchFact,
) {
    let patches: Vec<Patch<'_>> = offers.iter().map(|offer| offer.patch.iter().collect()).collect();
    let responses = if patches.len() > 1 && !job.desk.cancel.is_cancelled() {
        path.behave(&patches)
    } else {
        Ok(Vec::new())
    };
    // The patch is as good without.
    let responses = responses.unwrap_or_default();
    let n_tests = n_tests(job, coverage, offers[0].patch.iter());
    let is_exhausted = fact.tried >= fact.total;
    fact.confidence = Some(confidence(0, offers.len(), n_tests, is_exhausted, &responses));
    let mut others: Vec<usize> = Vec::new();
    let unlike = behaviours(offers.len(), &responses).into_iter().map(|alike| alike[0]);
    for place in unlike.chain(0..offers.len()).filter(|place| *place > 0) {
        if !others.contains(&place) {
            others.push(place);
        }
    }
    let shown = others.into_iter().take(OTHERS_SHOWN_MAX);
    fact.others = shown.map(|place| other(job, &offers[place])).collect();
}

/// Where one would be sure of a find, has `candidates` near it tell how much the tests say.
pub(super) fn weigh<'a>(
    job: &Job<'_>,
    path: &mut dyn FastPath,
    candidates: impl Iterator<Item = &'a Candidate>,
    find: &'a Offer,
    fact: &mut SearchFact,
) {
    let (Some(Confidence::Only | Confidence::OnlySoFar | Confidence::Agree { .. }), false) =
        (&fact.confidence, job.is_over())
    else {
        return;
    };
    fact.strength = strength(job, path, candidates, &find.patch);
    if fact.strength.is_some_and(|strength| strength.is_weak()) {
        fact.confidence = Some(Confidence::WeakTests);
    }
}

fn other(job: &Job<'_>, offer: &Offer) -> Other {
    let diff = |after: &Source| {
        let before = job.sources.iter().find(|source| source.path == after.path);
        let before = before.map_or("", |source| &source.text);
        diff::unified(&after.path, &ChangeKind::Modify, before, &after.text)
    };
    Other {
        title: title(&offer.patch),
        template: templates(&offer.patch),
        diff: offer.files.iter().map(diff).collect(),
        tree: Some(offer.tree.clone()),
    }
}

/// How many tests run a line of a patch; all there are where that is not known.
pub(super) fn n_tests<'a>(
    job: &Job<'_>,
    coverage: &[TestCoverage],
    patch: impl Iterator<Item = &'a Candidate> + Clone,
) -> usize {
    if coverage.is_empty() {
        return job.failing.len() + job.passing.len();
    }
    let runs = |test: &&TestCoverage| {
        let ran = |part: &Candidate| {
            let lines = test.lines.get(&part.path);
            lines.is_some_and(|lines| lines.range(touched(part)).next().is_some())
        };
        patch.clone().any(ran)
    };
    let judges = coverage.iter().filter(|test| test.standing != Standing::OtherRed);
    judges.filter(runs).count()
}

/// The lines of a part of a patch; what only puts something in is run with the line before it or the one behind.
fn touched(part: &Candidate) -> RangeInclusive<u32> {
    let adds_only = part.edits.iter().all(|edit| edit.range().is_empty());
    part.line..=part.line + u32::from(adds_only)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::path::RepoPath;
    use crate::base::text::edit::Edit;

    #[test]
    fn what_is_put_in_is_run_with_the_lines_beside_it() {
        let check = |edit: Edit| {
            touched(&Candidate {
                path: RepoPath::new("a.py").unwrap(),
                edits: vec![edit],
                template: "update",
                what: String::new(),
                line: 7,
                function: None,
                cost: 1.0,
            })
        };
        assert_eq!(check(Edit::new(3..4, "b")), 7..=7);
        assert_eq!(check(Edit::new(3..3, "\n  b")), 7..=8);
    }
}
