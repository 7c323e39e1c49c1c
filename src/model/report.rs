//! What a test runner reported, test by test.

use serde::{Deserialize, Serialize};

use crate::base::ids::CheckId;
use crate::base::path::RepoPath;

/// One test of one check. `name` is in the runner's own notation, the one it accepts to select the test.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TestId {
    pub check: CheckId,
    pub name: String,
}

/// A line of a project file, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Place {
    pub path: RepoPath,
    pub line: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestCase {
    pub id: TestId,
    pub outcome: TestOutcome,
    /// What went wrong or why it was skipped, in the runner's words, cut at a limit.
    pub message: String,
    /// Where it went wrong: the failing assertion in the test, else where the test stands.
    pub at: Option<Place>,
    /// Project lines of the failure's stack, outermost first.
    pub frames: Vec<Place>,
    pub duration_ms: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TestOutcome {
    Passed,
    /// An assertion did not hold.
    Failed,
    /// It stopped on anything but an assertion, the import of its own module included.
    Errored,
    /// The program that ran it ended in the middle of it.
    Crashed,
    /// It was running when the time of its check was spent.
    TimedOut,
    Skipped,
}

impl TestOutcome {
    pub fn is_red(self) -> bool {
        match self {
            TestOutcome::Failed
            | TestOutcome::Errored
            | TestOutcome::Crashed
            | TestOutcome::TimedOut => true,
            TestOutcome::Passed | TestOutcome::Skipped => false,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestReport {
    pub cases: Vec<TestCase>,
    /// Whether the runner reported its end, and as many tests as it announced.
    pub complete: bool,
}

impl TestReport {
    pub fn red(&self) -> impl Iterator<Item = &TestCase> {
        self.cases.iter().filter(|case| case.outcome.is_red())
    }

    pub fn count(&self, outcome: TestOutcome) -> usize {
        self.cases.iter().filter(|case| case.outcome == outcome).count()
    }
}
