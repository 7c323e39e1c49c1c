//! Rust's fast path: many candidates in one build, chosen by an environment variable of the test programs.
//!
//! Edits become arms inside the sources (`repair::schema`), cargo builds the tests once, what does not compile is
//! dropped by the compiler's own errors, and `greenloop __batch` runs the programs inside the world. Cores build
//! different edits at the same time.

mod compile;
mod lane;
mod ledger;
mod observe;
mod search;

use std::ops::ControlFlow;
use std::thread;

use self::lane::Lane;
use self::ledger::Ledger;
use self::search::Search;
use super::fast_path::{FastPath, Job, Request, Verdict, given_up};
use crate::base::limits::RUST_LANES_MAX;
use crate::model::failure::Failure;
use crate::repair::TestCoverage;

pub(super) struct Cargo<'a> {
    /// One until edits are tried.
    lanes: Vec<Lane<'a>>,
    ledger: Ledger,
    n_single_builds: usize,
    /// Whether what is wrong with edits shows when only libraries are built.
    by_libraries: bool,
}

impl<'a> Cargo<'a> {
    pub fn open(job: &'a Job<'a>) -> Result<Self, Failure> {
        let (lanes, ledger) = (vec![Lane::open(job)?], Ledger::default());
        Ok(Self { lanes, ledger, n_single_builds: 0, by_libraries: false })
    }
}

impl FastPath for Cargo<'_> {
    fn observe(&mut self) -> Result<Vec<TestCoverage>, Failure> {
        let (coverage, has_library) = observe::coverage(&mut self.lanes[0])?;
        self.by_libraries = has_library && !compile::chooses(self.lanes[0].job.check);
        Ok(coverage)
    }

    fn search(
        &mut self,
        request: &Request<'_, '_>,
        each: &mut dyn FnMut(usize, Verdict) -> ControlFlow<()>,
    ) -> Result<(), Failure> {
        let n_cores = thread::available_parallelism().map_or(1, usize::from);
        let n_lanes = n_cores.min(RUST_LANES_MAX);
        while self.lanes.len() < n_lanes {
            self.lanes.push(Lane::open(self.lanes[0].job)?);
        }
        let n_jobs = n_cores.div_ceil(n_lanes);
        self.lanes.iter_mut().for_each(|lane| lane.n_jobs = n_jobs);
        Search::of(self, request).run(each)
    }
}

fn not_possible(reason: String) -> Failure {
    given_up(format!("the Rust search cannot go on: {reason}"))
}
