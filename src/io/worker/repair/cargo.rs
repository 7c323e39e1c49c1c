//! Rust's fast path: many candidates in one build, chosen by an environment variable of the test programs.
//!
//! Edits become arms inside the sources (`repair::schema`), cargo builds the tests once, what does not compile is
//! dropped by the compiler's own errors, and `greenloop __batch` runs the programs inside the world.

mod compile;
mod ledger;
mod observe;
mod search;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use self::compile::Build;
use self::ledger::Ledger;
use super::batch::{self, Line, Spec};
use super::fast_path::{FastPath, Job, Patch, Verdict, given_up};
use crate::base::path::RepoPath;
use crate::io::process::Output;
use crate::io::worlds::World;
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
        let job = self.job;
        compile::build(&self.world, job.check, job.wall(), &self.libraries, job.desk.cancel)
    }

    fn is_over(&self) -> bool {
        self.job.is_late() || self.job.desk.cancel.is_cancelled()
    }

    /// As [`batch::run_in`].
    fn run_batch(
        &self,
        spec: &Spec,
        each: &mut dyn FnMut(Line) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Failure> {
        batch::run_in(&self.world, self.job, spec, each)
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
    given_up(format!("the Rust search cannot go on: {reason}"))
}
