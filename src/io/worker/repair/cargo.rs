//! Rust's fast path: many candidates in one build, chosen by an environment variable of the test programs.
//!
//! Edits become arms inside the sources (`repair::schema`), cargo builds the tests once, what does not compile is
//! dropped by the compiler's own errors, and `greenloop __batch` runs the programs inside the world.

pub mod batch;
mod compile;
mod ledger;
mod observe;
mod search;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use self::batch::{Line, Spec};
use self::compile::Build;
use self::ledger::Ledger;
use super::fast_path::{FastPath, Job, Patch, Verdict};
use crate::base::limits::SEARCH_WALL_MAX;
use crate::base::path::RepoPath;
use crate::io::process::{End, Output};
use crate::io::sandbox;
use crate::io::worlds::{Command, World};
use crate::model::failure::Failure;
use crate::repair::{Source, TestCoverage};

/// One world whose sources hold many edits at once.
pub(super) struct Cargo<'a> {
    job: &'a Job<'a>,
    world: World,
    /// As in [`compile::toolchain_libraries`].
    libraries: PathBuf,
    /// Files that differ from the job's sources, as they are now.
    changed: BTreeMap<RepoPath, String>,
    ledger: Ledger,
    n_single_builds: usize,
}

impl<'a> Cargo<'a> {
    pub fn open(job: &'a Job<'a>) -> Result<Self, Failure> {
        let world = job.desk.worlds.enter(job.tree)?;
        let libraries = compile::toolchain_libraries(&world, job.check, job.desk.cancel);
        let (changed, ledger) = (BTreeMap::new(), Ledger::default());
        Ok(Self { job, world, libraries, changed, ledger, n_single_builds: 0 })
    }

    fn rust_sources(&self) -> impl Iterator<Item = &'a Source> + use<'a> {
        self.job.sources.iter().filter(|source| source.path.extension() == "rs")
    }

    /// Makes the world show these texts, and every other file as it was.
    fn show(&mut self, texts: BTreeMap<RepoPath, String>) -> Result<(), Failure> {
        for source in self.rust_sources() {
            let shown = self.changed.get(&source.path).map_or(&*source.text, String::as_str);
            let wanted = texts.get(&source.path).map_or(&*source.text, String::as_str);
            if shown != wanted {
                self.world.write(&source.path, wanted.as_bytes())?;
            }
        }
        self.changed = texts;
        Ok(())
    }

    fn build(&self) -> (Build, Output) {
        compile::build(&self.world, self.job.check, &self.libraries, self.job.desk.cancel)
    }

    fn is_cancelled(&self) -> bool {
        self.job.desk.cancel.is_cancelled()
    }

    /// Runs `greenloop __batch` inside the world to its end, the job's cancel, or until `each` breaks.
    fn run_batch(
        &self,
        spec: &Spec,
        each: &mut dyn FnMut(Line) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Failure> {
        let file = self.world.scratch().join("batch.json");
        let json = serde_json::to_vec(spec).map_err(std::io::Error::from);
        json.and_then(|json| std::fs::write(&file, json)).map_err(|error| {
            not_possible(format!("`{}` cannot be written: {error}", file.display()))
        })?;
        let program = sandbox::own_program().map_err(|error| not_possible(error.to_string()))?;
        let text = |path: &Path| path.to_string_lossy().into_owned();
        let command = Command {
            argv: vec![text(&program), batch::ARGUMENT.into(), text(&file)],
            dir: self.job.check.dir.clone(),
            env: self.job.check.env.clone().into_iter().collect(),
            deadline: 2 * SEARCH_WALL_MAX,
            policy: self.job.check.policy.clone(),
        };
        let stop = self.job.desk.cancel.child();
        let output = self.world.run(&command, &stop, &mut |line| {
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
            end => Err(not_possible(format!("the runs of test programs ended early ({end:?})"))),
        }
    }
}

impl FastPath for Cargo<'_> {
    fn observe(&mut self) -> Result<Vec<TestCoverage>, Failure> {
        observe::coverage(self)
    }

    fn search(
        &mut self,
        patches: &[Patch<'_>],
        failing: &[String],
        each: &mut dyn FnMut(usize, Verdict) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        search::Search { cargo: self, patches, failing }.run(each)
    }
}

fn not_possible(reason: String) -> Failure {
    Failure::environment(
        format!("the Rust search cannot go on: {reason}"),
        "Candidates are tried one check at a time instead.",
    )
}
