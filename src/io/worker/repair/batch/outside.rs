//! Batches as seen from outside the world: started, read, understood.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::Path;

use super::{ARGUMENT, Line, Outcome, Spec};
use crate::base::cancel::CancelToken;
use crate::base::limits::COVERAGE_BYTES_MAX;
use crate::base::path::RepoPath;
use crate::io::process::End;
use crate::io::sandbox;
use crate::io::worker::repair::fast_path::{Job, Verdict, given_up};
use crate::io::worlds::{Command, World};
use crate::model::failure::Failure;

impl Outcome {
    /// `in_programs` are the places, in the caller's list, of the failing tests that were run.
    pub fn verdict(self, in_programs: &[usize]) -> Verdict {
        match self {
            Outcome::StillRed => Verdict::StillRed,
            Outcome::Nearer { by } => Verdict::Nearer { by },
            Outcome::Late => Verdict::Late,
            Outcome::Breaks { by } => Verdict::Breaks { by },
            Outcome::Fixes(fixed) if fixed.len() == in_programs.len() => Verdict::Plausible,
            Outcome::Fixes(fixed) => {
                let place = |at: usize| in_programs.get(at).copied();
                Verdict::Partial { fixed: fixed.into_iter().filter_map(place).collect() }
            }
        }
    }
}

/// Runs a batch inside a world to its end, its cancel, or until `each` breaks.
pub(in super::super) fn run_in(
    world: &World,
    job: &Job<'_>,
    cancel: &CancelToken,
    spec: &Spec,
    each: &mut dyn FnMut(Line) -> ControlFlow<()>,
) -> Result<ControlFlow<()>, Failure> {
    let file = world.scratch().join("batch.json");
    let json = serde_json::to_vec(spec).map_err(std::io::Error::from);
    json.and_then(|json| std::fs::write(&file, json))
        .map_err(|error| not_run(&format!("`{}` cannot be written: {error}", file.display())))?;
    let program = sandbox::own_program().map_err(|error| not_run(&error.to_string()))?;
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let command = Command {
        argv: vec![text(&program), ARGUMENT.into(), text(&file)],
        dir: job.check.dir.clone(),
        env: job.check.env.clone().into_iter().collect(),
        deadline: job.left(),
        policy: job.check.policy.clone(),
    };
    let stop = cancel.child();
    let output = world.run(&command, &stop, &mut |line| {
        if stop.is_cancelled() {
            return;
        }
        if let Ok(line) = serde_json::from_slice(line)
            && each(line).is_break()
        {
            stop.cancel();
        }
    });
    match output.end {
        _ if stop.is_cancelled() => Ok(ControlFlow::Break(())),
        End::Exited(0) => Ok(ControlFlow::Continue(())),
        _ if job.is_late() => Ok(ControlFlow::Break(())),
        end => Err(not_run(&format!("the runs of test programs ended early ({end:?})"))),
    }
}

fn not_run(reason: &str) -> Failure {
    given_up(format!("the search cannot go on: {reason}"))
}

/// Lines as instrumented programs write them: `path<TAB>line,line`. A file that is not there is no line.
pub(in super::super) fn read_lines(file: &Path) -> BTreeMap<RepoPath, BTreeSet<u32>> {
    let mut text = String::new();
    if let Ok(file) = File::open(file) {
        // What cannot be read tells nothing; what was read before still counts.
        drop(file.take(COVERAGE_BYTES_MAX).read_to_string(&mut text));
    }
    let mut lines: BTreeMap<RepoPath, BTreeSet<u32>> = BTreeMap::new();
    for (path, numbers) in text.lines().filter_map(|line| line.split_once('\t')) {
        if let Some(path) = RepoPath::new(path) {
            let numbers = numbers.split(',').filter_map(|number| number.parse::<u32>().ok());
            lines.entry(path).or_default().extend(numbers);
        }
    }
    lines
}
