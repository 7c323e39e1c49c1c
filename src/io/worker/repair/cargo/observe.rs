//! Which lines tests run, from sources that tell (`repair::schema::instrument`).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use super::super::batch::{Spec, Task, Test, read_lines};
use super::compile::{Build, Part};
use super::lane::Lane;
use super::ledger;
use crate::base::limits::{
    RUST_BUILD_ROUNDS_MAX, RUST_OBSERVED_BYTES_MAX, RUST_OBSERVED_GREEN_MAX,
};
use crate::base::path::RepoPath;
use crate::model::failure::Failure;
use crate::repair::schema::{Instrumented, instrument};
use crate::repair::{Standing, TestCoverage, localize};

/// What the failing tests and a sample of the passing ones run; empty when the sources do not build that way. Whether
/// there is a library, too.
pub(super) fn coverage(lane: &mut Lane<'_>) -> Result<(Vec<TestCoverage>, bool), Failure> {
    let n_bytes: usize = lane.rust_sources().map(|source| source.text.len()).sum();
    if n_bytes > RUST_OBSERVED_BYTES_MAX {
        return Ok((Vec::new(), false));
    }
    let Some(build) = show_instrumented(lane)? else { return Ok((Vec::new(), false)) };
    let observed = observed(lane, &build);
    let folder = lane.world.scratch().to_owned();
    let file = |at: usize| folder.join(format!("coverage-{at}"));
    let tests = observed.iter().enumerate().map(|(at, (_, test))| (test.clone(), file(at)));
    let task = Task::Observe { tests: tests.collect() };
    let spec = Spec { programs: build.programs(), n_at_once: lane.n_jobs, task, is_watched: false };
    let cancel = lane.job.desk.cancel;
    if lane.run_batch(cancel, &spec, &mut |_| ControlFlow::Continue(()))?.is_break() {
        return Ok((Vec::new(), build.has_library));
    }
    let covered = |(at, (standing, _)): (usize, &(Standing, Test))| TestCoverage {
        standing: *standing,
        lines: read_lines(&file(at)),
    };
    Ok((observed.iter().enumerate().map(covered).collect(), build.has_library))
}

/// Functions by their number in [`instrument`].
type LeftOut = BTreeMap<RepoPath, BTreeSet<usize>>;

/// Shows sources that tell which lines run, without the functions that do not build that way; `None` when nothing
/// that builds is left.
fn show_instrumented(lane: &mut Lane<'_>) -> Result<Option<Build>, Failure> {
    let mut left_out = LeftOut::new();
    for _ in 0..RUST_BUILD_ROUNDS_MAX {
        let made = instrumented(lane, &left_out);
        let texts = made.iter().map(|(path, made)| (path.clone(), made.text.clone()));
        lane.show(texts.collect())?;
        let (build, _) = lane.build(Part::All, lane.job.desk.cancel);
        if build.is_whole {
            return Ok(Some(build));
        }
        if !leave_out(&build, &made, lane.world.root(), &mut left_out) || lane.job.is_over() {
            break;
        }
    }
    Ok(None)
}

fn instrumented(lane: &Lane<'_>, left_out: &LeftOut) -> BTreeMap<RepoPath, Instrumented> {
    let none = BTreeSet::new();
    let made = |path: &RepoPath, text: &str| {
        instrument(text, path.as_str(), left_out.get(path).unwrap_or(&none))
    };
    let sources = lane.rust_sources();
    sources.map(|source| (source.path.clone(), made(&source.path, &source.text))).collect()
}

/// Notes the functions that the compiler objects to; whether there are new ones.
fn leave_out(
    build: &Build,
    made: &BTreeMap<RepoPath, Instrumented>,
    root: &Path,
    left_out: &mut LeftOut,
) -> bool {
    let mut has_learnt = false;
    let spots = build.errors.iter().flat_map(|error| error.primary.iter().chain(&error.secondary));
    for spot in spots {
        let named = made.iter().find(|(path, _)| ledger::is_same(&path.under(root), &spot.file));
        let function = named.and_then(|(path, made)| Some((path, made.function_at(spot.line)?)));
        if let Some((path, function)) = function {
            has_learnt |= left_out.entry(path.clone()).or_default().insert(function);
        }
    }
    has_learnt
}

/// The red tests, and a sample of the green ones.
fn observed(lane: &Lane<'_>, build: &Build) -> Vec<(Standing, Test)> {
    let job = lane.job;
    let named = |name: &String| Some((job.standing(name), build.test(name)?));
    let red = job.failing.iter().chain(job.others_observed()).filter_map(named);
    let green = localize::sample(job.failing, job.passing).into_iter().filter_map(named);
    red.chain(green.take(RUST_OBSERVED_GREEN_MAX)).collect()
}
