//! What a search runs on: the job it is given, and the interface of everything that can try candidates.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::super::Desk;
use crate::base::ids::TreeId;
use crate::base::limits::{OBSERVED_OTHERS_MAX, SEARCH_WALL_MAX};
use crate::base::path::RepoPath;
use crate::model::check::{Check, CheckRun};
use crate::model::failure::Failure;
use crate::model::report::TestOutcome;
use crate::repair::judge::Response;
use crate::repair::{Candidate, Source, Standing, TestCoverage};

/// One check with the red tests that are to pass.
pub(super) struct Job<'a> {
    pub desk: &'a Desk<'a>,
    pub tree: &'a TreeId,
    pub check: &'a Check,
    /// The check on `tree`.
    pub baseline: &'a CheckRun,
    /// Tests that are to pass, in the runner's own notation (`TestId::name`); never empty.
    pub failing: &'a [String],
    /// Tests that are red on `tree` and are no goal of this search. An edit that makes them pass as well is likelier to mend
    /// the cause.
    pub others: &'a [String],
    /// Tests that pass on `tree` and are to keep passing.
    pub passing: &'a [String],
    /// Files that may be edited, with their texts in `tree`.
    pub sources: &'a [Source],
    /// What the last commit has in the place of those that differ from it, an empty text for new ones.
    pub committed: &'a BTreeMap<RepoPath, Arc<str>>,
    /// Templates to try early.
    pub favoured: &'a [&'a str],
    /// When the search has to be over.
    pub until: Instant,
}

impl Job<'_> {
    /// How long its programs may run from now on.
    pub fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now()).min(2 * SEARCH_WALL_MAX)
    }

    /// How long one run of its check may take from now on.
    pub fn wall(&self) -> Duration {
        Duration::from_millis(self.check.timeout_ms).min(self.left())
    }

    /// The other red tests that are worth the time to see what they run.
    pub fn others_observed(&self) -> &[String] {
        &self.others[..self.others.len().min(OBSERVED_OTHERS_MAX)]
    }

    /// How a test of the check stands to this search.
    pub fn standing(&self, name: &String) -> Standing {
        match () {
            () if self.failing.contains(name) => Standing::Target,
            () if self.others.contains(name) => Standing::OtherRed,
            () => Standing::Green,
        }
    }

    /// Whether a test did not end when it was run as it is.
    pub fn is_endless(&self, name: &str) -> bool {
        let mut cases = self.baseline.report.cases.iter();
        cases.any(|case| case.id.name == name && case.outcome == TestOutcome::TimedOut)
    }

    pub fn is_late(&self) -> bool {
        self.left().is_zero()
    }

    pub fn is_over(&self) -> bool {
        self.is_late() || self.desk.cancel.is_cancelled()
    }
}

/// Candidates applied together: one for a single edit, more when one edit cannot fix everything. Edits of the same
/// file never touch each other.
pub(super) type Patch<'a> = Vec<&'a Candidate>;

/// Patches that are to be tried, the likeliest first.
pub(super) struct Request<'r, 'p> {
    pub patches: &'r [Patch<'p>],
    /// Red tests of the check; the first one screens.
    pub failing: &'r [String],
    /// Whether those are waited for that are late.
    pub is_patient: bool,
    n_wanted: AtomicUsize,
    began: Instant,
    waited_ms: AtomicU64,
}

/// Those that are late get one part in so many of the time, where that needs no other build.
const LATE_SHARE: u32 = 4;

impl<'r, 'p> Request<'r, 'p> {
    pub fn new(patches: &'r [Patch<'p>], failing: &'r [String], is_patient: bool) -> Self {
        let n_wanted = AtomicUsize::new(patches.len());
        let (began, waited_ms) = (Instant::now(), AtomicU64::default());
        Self { patches, failing, is_patient, n_wanted, began, waited_ms }
    }

    /// Takes half of what is left of the time for those that are late: another lane may need the rest.
    pub fn take_late_wall(&self) -> Duration {
        let share = (self.began.elapsed() / LATE_SHARE).as_millis() as u64;
        let taken = |waited: u64| share.saturating_sub(waited) / 2;
        let (set, fetch) = (Ordering::Relaxed, Ordering::Relaxed);
        let before = self.waited_ms.fetch_update(set, fetch, |now| Some(now + taken(now)));
        before.map_or(Duration::ZERO, |before| Duration::from_millis(taken(before)))
    }

    /// Gives back what was not needed of it.
    pub fn give_back(&self, left: Duration) {
        self.waited_ms.fetch_sub(left.as_millis() as u64, Ordering::Relaxed);
    }

    /// From now on only the first `n` patches are worth beginning with; what was passed over by then stays so.
    pub fn want_only(&self, n: usize) {
        self.n_wanted.store(n, Ordering::Relaxed);
    }

    pub fn wants(&self, place: usize) -> bool {
        place < self.n_wanted.load(Ordering::Relaxed)
    }
}

/// What trying a patch showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It does not compile or load.
    Invalid,
    /// The first of the tests that are to pass is still red.
    StillRed,
    /// The same, but that test got further, or what it got is nearer to what it wants.
    Nearer {
        /// By how much, in percent, above 0.
        by: u8,
    },
    /// The first test takes much longer than it did, as one that never ends, and was not waited for.
    Late,
    /// A test that passed before is red.
    Breaks {
        /// One of those, for people; empty where that is not known.
        by: String,
    },
    /// The first test passes and nothing broke, but others are still red; `fixed` are places in the list of tests.
    Partial { fixed: Vec<usize> },
    /// Every test it was run against passes.
    Plausible,
}

/// Why candidates cannot be tried faster than one check each, or not to the end.
pub(super) fn given_up(reason: String) -> Failure {
    Failure::environment(reason, "Candidates are tried one check at a time instead.")
}

/// Tries candidates faster than one check each. One implementation per runner family, and the generic one.
pub(super) trait FastPath {
    /// What failing tests and a sample of passing ones ran; empty when the language has no way to tell.
    fn observe(&mut self) -> Result<Vec<TestCoverage>, Failure>;

    /// Tries the patches in order: first against those failing tests, then against the passing tests that matter. `each`
    /// gets every verdict once, by the patch's place, in any order near theirs. Unless it is to be patient, it waits for
    /// none that is late longer than for a part of the time as long as nothing is found, and those that need a fresh process
    /// get no verdict. Those that are not wanted any more may get
    /// none. Ends when `each` says so, when the job is cancelled (within 200 ms, `Ok`), or when all are done.
    fn search(
        &mut self,
        request: &Request<'_, '_>,
        each: &mut dyn FnMut(usize, Verdict) -> ControlFlow<()>,
    ) -> Result<(), Failure>;

    /// Whether it costs little to begin anew, but for what loading the tests takes.
    fn is_quick(&self) -> bool {
        false
    }

    /// What patches that pass do where no test looks; empty when the language has no way to tell.
    fn behave(&mut self, _patches: &[Patch<'_>]) -> Result<Vec<Response>, Failure> {
        Ok(Vec::new())
    }
}
