//! One world that builds and runs; a search uses one for each core.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::thread;

use super::super::batch::{self, Line, Spec};
use super::super::fast_path::Job;
use super::compile::{self, Build, Part};
use crate::base::cancel::CancelToken;
use crate::base::path::RepoPath;
use crate::io::process::Output;
use crate::io::worlds::World;
use crate::model::failure::Failure;
use crate::repair::Source;

/// A world whose sources hold many edits at once.
pub(super) struct Lane<'a> {
    pub job: &'a Job<'a>,
    pub world: World,
    /// As in [`compile::toolchain_libraries`].
    libraries: PathBuf,
    /// Compilers, or test programs, that may run at the same time.
    pub n_jobs: usize,
    /// Files that differ from the job's sources, as they are now.
    changed: BTreeMap<RepoPath, String>,
}

impl<'a> Lane<'a> {
    pub fn open(job: &'a Job<'a>) -> Result<Self, Failure> {
        let world = job.desk.worlds.enter(job.tree)?;
        let libraries = compile::toolchain_libraries(&world, job.check, job.desk.cancel);
        let n_jobs = thread::available_parallelism().map_or(1, usize::from);
        Ok(Self { job, world, libraries, n_jobs, changed: BTreeMap::new() })
    }

    pub fn rust_sources(&self) -> impl Iterator<Item = &'a Source> + use<'a> {
        self.job.sources.iter().filter(|source| source.path.extension() == "rs")
    }

    /// Makes the world show these texts, and every other file as it was.
    pub fn show(&mut self, texts: BTreeMap<RepoPath, String>) -> Result<(), Failure> {
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

    pub fn build(&self, part: Part, stop: &CancelToken) -> (Build, Output) {
        let (check, wall) = (self.job.check, self.job.wall());
        compile::build(&self.world, check, (part, self.n_jobs), wall, &self.libraries, stop)
    }

    /// As [`batch::run_in`].
    pub fn run_batch(
        &self,
        stop: &CancelToken,
        spec: &Spec,
        each: &mut dyn FnMut(Line) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, Failure> {
        batch::run_in(&self.world, self.job, stop, spec, each)
    }
}
