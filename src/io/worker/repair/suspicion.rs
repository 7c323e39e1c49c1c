//! Where a search looks, and where it looks once red tests get further.

use std::iter;

use super::super::test_files::TestFiles;
use super::fast_path::Job;
use crate::base::limits::BEYOND_MAX;
use crate::model::report::TestCase;
use crate::repair::restore::changed_lines;
use crate::repair::{
    Candidate, Question, Source, Standing, Suspicion, TestCoverage, candidates, localize,
};

/// Candidates where the tests that are to pass have not come yet, as far as they name what they call.
pub(super) fn beyond<'q>(
    job: &'q Job<'q>,
    tests: &'q [Source],
    suspicion: &'q Suspicion,
    failures: &'q [TestCase],
) -> impl Iterator<Item = Candidate> + 'q {
    let make = move || {
        let mut named = localize::suspicion_by_name(job.sources, tests, failures);
        for (path, lines) in &mut named.lines {
            let known = suspicion.lines.get(path);
            lines.retain(|line, _| known.is_none_or(|known| !known.contains_key(line)));
        }
        candidates(&question(job, &named, failures, BEYOND_MAX))
    };
    iter::once_with(make).flatten()
}

/// From coverage where there is any, else from names; where nothing could be built, the places of the errors.
pub(super) fn suspicion(
    job: &Job<'_>,
    tests: &[Source],
    test_files: &TestFiles,
    coverage: &[TestCoverage],
    failures: &[TestCase],
) -> Suspicion {
    let is_covered =
        coverage.iter().any(|test| test.standing == Standing::Target && !test.lines.is_empty());
    let mut suspicion = localize::suspicion(coverage, failures, |path| test_files.hold(path));
    if job.failing.is_empty() {
        let places = job.baseline.problems.iter().filter_map(|problem| problem.at.as_ref());
        for place in places.filter(|place| !test_files.hold(&place.path)) {
            suspicion.lines.entry(place.path.clone()).or_default().insert(place.line, 1.0);
        }
    } else if !is_covered {
        for (path, lines) in localize::suspicion_by_name(job.sources, tests, failures).lines {
            let known = suspicion.lines.entry(path).or_default();
            for (line, score) in lines {
                known.entry(line).or_insert(score);
            }
        }
    }
    let changed = |source: &Source| {
        let before = job.committed.get(&source.path)?;
        Some((source.path.clone(), changed_lines(&source.text, before).into_iter().collect()))
    };
    let changed = job.sources.iter().filter_map(changed).collect();
    localize::favour_changed(&mut suspicion, &changed);
    suspicion
}

/// What is asked of the templates, for so many edits.
pub(super) fn question<'q>(
    job: &'q Job<'_>,
    suspicion: &'q Suspicion,
    failures: &'q [TestCase],
    n_max: usize,
) -> Question<'q> {
    Question {
        sources: job.sources,
        suspicion,
        committed: job.committed,
        failures,
        favoured: job.favoured,
        n_max,
        cancel: job.desk.cancel,
    }
}
