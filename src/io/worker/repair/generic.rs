//! The way that works for every language and runner: write the candidate into a world, run the check, put it back.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::thread;

use super::fast_path::{FastPath, Job, Patch, Request, Verdict};
use super::patch;
use crate::base::cancel::CancelToken;
use crate::io::checks::{self, Select};
use crate::io::worlds::World;
use crate::model::check::{Check, CheckEnd, CheckRun};
use crate::model::failure::Failure;
use crate::model::report::TestOutcome;
use crate::repair::TestCoverage;

/// One whole run of the check per candidate, one world per core.
pub(super) struct Generic<'a> {
    job: &'a Job<'a>,
    cancel: &'a CancelToken,
    n_worlds: usize,
}

impl<'a> Generic<'a> {
    pub fn open(job: &'a Job<'a>) -> Self {
        let n_worlds = thread::available_parallelism().map_or(1, usize::from);
        Self { job, cancel: job.desk.cancel, n_worlds }
    }

    /// In one world, until `cancel`.
    pub fn alone(job: &'a Job<'a>, cancel: &'a CancelToken) -> Self {
        Self { job, cancel, n_worlds: 1 }
    }

    fn worlds(&self) -> Result<Vec<World>, Failure> {
        (0..self.n_worlds).map(|_| self.job.desk.worlds.enter(self.job.tree)).collect()
    }

    /// Tries a patch in `world` and puts the files back.
    fn try_patch(
        &self,
        world: &mut World,
        patch: &Patch<'_>,
        failing: &[String],
        stop: &CancelToken,
    ) -> Result<Verdict, Failure> {
        let Some(files) = patch::files(self.job.sources, patch) else {
            return Ok(Verdict::Invalid);
        };
        for file in &files {
            world.write(&file.path, file.text.as_bytes())?;
        }
        let verdict = self.judge(world, failing, stop);
        for source in self.job.sources {
            if files.iter().any(|file| file.path == source.path) {
                world.write(&source.path, source.text.as_bytes())?;
            }
        }
        verdict
    }

    fn judge(
        &self,
        world: &World,
        failing: &[String],
        stop: &CancelToken,
    ) -> Result<Verdict, Failure> {
        if let Some(first) = failing.first() {
            let screened = self.run(world, Select::Only(std::slice::from_ref(first)), stop)?;
            if screened.end == CheckEnd::BuildFailed {
                return Ok(Verdict::Invalid);
            }
            if !passes(&screened, first) {
                return Ok(Verdict::StillRed);
            }
        }
        let run = self.run(world, Select::All, stop)?;
        Ok(verdict(&run, failing, self.job.passing))
    }

    fn run(
        &self,
        world: &World,
        select: Select<'_>,
        stop: &CancelToken,
    ) -> Result<CheckRun, Failure> {
        let timeout_ms = self.job.wall().as_millis() as u64;
        let check = Check { timeout_ms, ..self.job.check.clone() };
        checks::run(self.job.desk.store, world, &check, select, stop, &mut |_| {})
    }

    fn claim(
        &self,
        next: &AtomicUsize,
        request: &Request<'_, '_>,
        stop: &CancelToken,
    ) -> Option<usize> {
        let index = next.fetch_add(1, Ordering::Relaxed);
        let is_over = stop.is_cancelled() || self.job.is_late();
        (request.wants(index) && !is_over).then_some(index)
    }
}

impl FastPath for Generic<'_> {
    fn observe(&mut self) -> Result<Vec<TestCoverage>, Failure> {
        Ok(Vec::new())
    }

    fn search(
        &mut self,
        request: &Request<'_, '_>,
        each: &mut dyn FnMut(usize, Verdict) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let worlds = self.worlds()?;
        let stop = self.cancel.child();
        let next = AtomicUsize::new(0);
        let (tell, told) = mpsc::sync_channel(worlds.len());
        let this = &*self;
        thread::scope(|scope| {
            for mut world in worlds {
                let (tell, stop, next) = (tell.clone(), &stop, &next);
                scope.spawn(move || {
                    while let Some(index) = this.claim(next, request, stop) {
                        let verdict = this.try_patch(
                            &mut world,
                            &request.patches[index],
                            request.failing,
                            stop,
                        );
                        if tell.send((index, verdict)).is_err() {
                            return;
                        }
                    }
                });
            }
            drop(tell);
            let outcome = hand_on(&told, &stop, each);
            stop.cancel();
            outcome
        })
    }
}

fn hand_on(
    told: &mpsc::Receiver<(usize, Result<Verdict, Failure>)>,
    stop: &CancelToken,
    each: &mut dyn FnMut(usize, Verdict) -> ControlFlow<()>,
) -> Result<(), Failure> {
    for (index, verdict) in told {
        let verdict = verdict?;
        if stop.is_cancelled() || each(index, verdict).is_break() {
            break;
        }
    }
    Ok(())
}

fn passes(run: &CheckRun, name: &str) -> bool {
    let mut cases = run.report.cases.iter().filter(|case| case.id.name == name);
    cases.next().is_some_and(|case| case.outcome == TestOutcome::Passed)
}

fn verdict(run: &CheckRun, failing: &[String], passing: &[String]) -> Verdict {
    match run.end {
        CheckEnd::BuildFailed => return Verdict::Invalid,
        CheckEnd::Completed => {}
        CheckEnd::NoTests
        | CheckEnd::Crashed { .. }
        | CheckEnd::TimedOut { .. }
        | CheckEnd::Flooded { .. }
        | CheckEnd::OverLimit { .. }
        | CheckEnd::Missing { .. }
        | CheckEnd::Cancelled
        | CheckEnd::OverBudget => return Verdict::StillRed,
    }
    let fixed: Vec<usize> =
        (0..failing.len()).filter(|place| passes(run, &failing[*place])).collect();
    if !failing.is_empty() && fixed.first() != Some(&0) {
        Verdict::StillRed
    } else if let Some(broken) = passing.iter().find(|name| !passes(run, name)) {
        Verdict::Breaks { by: broken.clone() }
    } else if fixed.len() < failing.len() {
        Verdict::Partial { fixed }
    } else if failing.is_empty() && run.report.red().next().is_some() {
        Verdict::StillRed
    } else {
        Verdict::Plausible
    }
}
