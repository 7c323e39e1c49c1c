//! Compares the patches that pass by what they do where no test looks.

use super::fast_path::{FastPath, Job, Patch};
use super::title;
use crate::base::limits::{JUDGED_MAX, OTHERS_SHOWN_MAX};
use crate::model::failure::Failure;
use crate::model::proposal::SearchFact;
use crate::repair::judge::{behaviours, confidence};
use crate::repair::{Candidate, TestCoverage};

/// Writes into `fact`, which counts the search, how sure one can be of the patch `chosen` of `ranked`, and what else
/// there is.
pub(super) fn judge(
    job: &Job<'_>,
    path: &mut dyn FastPath,
    ranked: &[Vec<Candidate>],
    chosen: usize,
    coverage: &[TestCoverage],
    fact: &mut SearchFact,
) -> Result<(), Failure> {
    let others = (0..ranked.len()).filter(|place| *place != chosen);
    let judged: Vec<usize> = std::iter::once(chosen).chain(others).take(JUDGED_MAX).collect();
    let patches: Vec<Patch<'_>> =
        judged.iter().map(|place| ranked[*place].iter().collect()).collect();
    let responses = if judged.len() > 1 { path.behave(&patches) } else { Ok(Vec::new()) };
    let responses = match responses {
        Err(failure) if job.desk.cancel.is_cancelled() => return Err(failure),
        // The patch is as good without.
        Err(_) => Vec::new(),
        Ok(responses) => responses,
    };
    let n_tests = n_tests(job, coverage, &ranked[chosen]);
    let is_exhausted = fact.tried >= fact.total;
    fact.confidence = Some(confidence(0, judged.len(), n_tests, is_exhausted, &responses));
    let others: Vec<usize> = if responses.is_empty() {
        (1..judged.len()).collect()
    } else {
        behaviours(judged.len(), &responses).into_iter().skip(1).map(|list| list[0]).collect()
    };
    let shown = others.into_iter().take(OTHERS_SHOWN_MAX);
    fact.others = shown.map(|place| title(&ranked[judged[place]])).collect();
    Ok(())
}

/// How many tests run a line of a patch; all there are where that is not known.
fn n_tests(job: &Job<'_>, coverage: &[TestCoverage], patch: &[Candidate]) -> usize {
    if coverage.is_empty() {
        return job.failing.len() + job.passing.len();
    }
    let runs = |test: &&TestCoverage| {
        patch
            .iter()
            .any(|part| test.lines.get(&part.path).is_some_and(|lines| lines.contains(&part.line)))
    };
    coverage.iter().filter(runs).count()
}
