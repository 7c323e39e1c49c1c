//! Which lines tests run, from sources that tell (`repair::clones::mark`).

use std::ops::ControlFlow;

use super::build::{Build, Programs};
use super::{Go, by_package};
use crate::base::limits::{RUST_OBSERVED_BYTES_MAX, RUST_OBSERVED_GREEN_MAX};
use crate::io::worker::Progress;
use crate::io::worker::repair::batch::{self, Spec, Task, Test, read_lines};
use crate::model::failure::Failure;
use crate::repair::clones::mark;
use crate::repair::{Standing, TestCoverage, localize};

/// What the failing tests and a sample of the passing ones in their packages run; empty when the sources do not build
/// that way.
pub(super) fn coverage(go: &mut Go<'_>) -> Result<Vec<TestCoverage>, Failure> {
    let sources = go.job.sources;
    if sources.iter().map(|source| source.text.len()).sum::<usize>() > RUST_OBSERVED_BYTES_MAX {
        return Ok(Vec::new());
    }
    go.show(by_package(sources).iter().flat_map(|package| mark(package)).collect())?;
    let mut programs = Programs::default();
    for (package, _) in go.job.failing.iter().filter_map(|name| name.split_once(' ')) {
        if programs.has(package) {
            continue;
        }
        let said = match go.build(package, &mut programs) {
            Build::Whole => continue,
            Build::Failed(said) if !said.is_empty() => said,
            Build::Blamed(_) | Build::Failed(_) => "what notes them does not build".into(),
        };
        let text = format!("which lines run cannot be seen: {said}");
        (go.job.desk.progress)(Progress { text, ..Progress::default() });
        return Ok(Vec::new());
    }
    let observed = observed(go, &programs);
    let folder = go.world.scratch().to_owned();
    let file = |at: usize| folder.join(format!("coverage-{at}"));
    let tests = observed.iter().enumerate().map(|(at, (_, test))| (test.clone(), file(at)));
    let task = Task::Observe { tests: tests.collect() };
    let spec = Spec::on_all_cores(programs.list, task, &go.job.check.argv);
    let each = &mut |_| ControlFlow::Continue(());
    if batch::run_in(&go.world, go.job, go.job.desk.cancel, &spec, each)?.is_break() {
        return Ok(Vec::new());
    }
    let covered = |(at, (standing, _)): (usize, &(Standing, Test))| TestCoverage {
        standing: *standing,
        lines: read_lines(&file(at)),
    };
    Ok(observed.iter().enumerate().map(covered).collect())
}

/// The red tests, and a sample of the green ones.
fn observed(go: &Go<'_>, programs: &Programs) -> Vec<(Standing, Test)> {
    let job = go.job;
    let named = |name: &String| Some((job.standing(name), programs.test(name)?));
    let red = job.failing.iter().chain(job.others_observed()).filter_map(named);
    let green = localize::sample(job.failing, job.passing).into_iter().filter_map(named);
    red.chain(green.take(RUST_OBSERVED_GREEN_MAX)).collect()
}
