//! From what runners print or write to test cases. Pure, bounded, and indifferent to nonsense.

pub mod compiler;
pub mod go;
pub mod jsonl;
pub mod junit;
pub mod libtest;
pub mod lint;
mod stack;
pub mod tap;

use std::collections::HashMap;

use crate::base::ids::CheckId;
use crate::base::limits::{PROBLEMS_MAX, TEST_CASES_MAX, TEST_MESSAGE_BYTES_MAX};
use crate::base::path::RepoPath;
use crate::base::text::clipped;
use crate::model::check::Problem;
use crate::model::report::{TestCase, TestId, TestOutcome};

/// Turns a path as a runner spells it into one of the project; `None` for files that are not the project's.
pub type FindPath<'a> = &'a dyn Fn(&str) -> Option<RepoPath>;

/// The name that stands for the build of a check as a whole.
pub const BUILD: &str = "(build)";

/// The end of the name of a finding: a case that is red by being there, and well when its check no longer tells it.
pub const FINDING: &str = "(finding)";

/// What a runner reports beside tests: things that are red by being there and leave no name behind when they are
/// well. Such a case is called `SCOPE PHASE`, for example `tests.test_money (import)`.
const PHASES: [&str; 7] =
    ["(import)", BUILD, "(tearDownClass)", "(tearDownModule)", SUITE, "(hooks)", "(unhandled)"];

/// Stands for a suite or package of tests that went wrong outside its tests.
pub(crate) const SUITE: &str = "(suite)";

/// The id that stands for the build of a check as a whole.
pub fn build_of(check: &CheckId) -> TestId {
    TestId { check: check.clone(), name: BUILD.to_owned() }
}

/// The scope of a case that is no test but a phase around tests; `None` for tests. Empty means the whole check.
pub fn phase_scope(name: &str) -> Option<&str> {
    PHASES.iter().find_map(|phase| name.strip_suffix(phase)).map(str::trim_end)
}

/// Whether the test called `name` lies in a module, class, file or folder as runners write them.
pub fn is_in_scope(name: &str, scope: &str) -> bool {
    let scope = if scope == "." { "" } else { scope };
    // A title may hold blanks, what stands before all titles may not: a package, a class, a file.
    let is_title = scope.contains("::");
    name.strip_prefix(scope).is_some_and(|rest| {
        let ends = scope.is_empty() || rest.is_empty() || rest.starts_with(['.', ':', '/', '[']);
        ends || rest.starts_with(if is_title { " > " } else { " " })
    })
}

/// Cases in the order of their first report, one per name: of two the worse counts, so that a test which runs twice
/// is green only when both were.
#[derive(Debug)]
pub(crate) struct Cases {
    check: CheckId,
    list: Vec<TestCase>,
    by_name: HashMap<String, usize>,
    /// Whether a case was left out because there were too many.
    is_cut: bool,
}

impl Cases {
    fn new(check: &CheckId) -> Self {
        Self { check: check.clone(), list: Vec::new(), by_name: HashMap::new(), is_cut: false }
    }

    fn id(&self, name: &str) -> TestId {
        TestId { check: self.check.clone(), name: name.to_owned() }
    }

    /// Takes a case and gives it back as it now stands.
    fn add(&mut self, mut case: TestCase) -> Option<&TestCase> {
        case.message = clipped(&case.message, TEST_MESSAGE_BYTES_MAX);
        if let Some(at) = self.by_name.get(&case.id.name).copied() {
            if badness(case.outcome) > badness(self.list[at].outcome) {
                self.list[at] = case;
            }
            return Some(&self.list[at]);
        }
        if self.list.len() >= TEST_CASES_MAX {
            self.is_cut = true;
            return None;
        }
        self.by_name.insert(case.id.name.clone(), self.list.len());
        self.list.push(case);
        self.list.last()
    }
}

fn badness(outcome: TestOutcome) -> u8 {
    match outcome {
        TestOutcome::Passed => 0,
        TestOutcome::Skipped => 1,
        TestOutcome::Failed => 2,
        TestOutcome::Errored => 3,
        TestOutcome::TimedOut => 4,
        TestOutcome::Crashed => 5,
    }
}

/// Adds a problem unless it is known or there are too many.
fn add_problem(problems: &mut Vec<Problem>, mut problem: Problem) {
    problem.message = clipped(&problem.message, TEST_MESSAGE_BYTES_MAX);
    if problems.len() < PROBLEMS_MAX && !problems.contains(&problem) {
        problems.push(problem);
    }
}

#[cfg(test)]
mod tests {
    mod recorded;

    use super::*;

    #[test]
    fn phases_have_a_scope_and_tests_have_none() {
        assert_eq!(phase_scope("tests.test_a (import)"), Some("tests.test_a"));
        assert_eq!(phase_scope("(build)"), Some(""));
        assert_eq!(phase_scope("a.T (tearDownClass)"), Some("a.T"));
        assert_eq!(phase_scope("a.js::suite (hooks)"), Some("a.js::suite"));
        assert_eq!(phase_scope("src/lib.rs - add (line 3)"), None);
        assert_eq!(phase_scope("test_a.py::test[(import)]"), None);
    }

    #[test]
    fn scopes_end_at_whole_names() {
        assert!(is_in_scope("tests.test_a.T.test_x", "tests.test_a"));
        assert!(!is_in_scope("tests.test_ab.T.test_x", "tests.test_a"));
        assert!(is_in_scope("tests/test_a.py::test_x", "tests/test_a.py"));
        assert!(is_in_scope("tests/test_a.py::test_x", "."));
        assert!(is_in_scope("a.test.js::suite > test", "a.test.js::suite"));
        assert!(!is_in_scope("a.test.js::suite two > test", "a.test.js::suite"));
        assert!(is_in_scope("example.org/a TestB", "example.org/a"));
        assert!(is_in_scope("anything", ""));
    }

    #[test]
    fn of_two_cases_with_one_name_the_worse_counts() {
        let check = CheckId::new("c");
        let mut cases = Cases::new(&check);
        for outcome in [TestOutcome::Passed, TestOutcome::Failed, TestOutcome::Skipped] {
            let case = TestCase {
                id: cases.id("t"),
                outcome,
                message: String::new(),
                at: None,
                frames: Vec::new(),
                duration_ms: 0,
            };
            cases.add(case);
        }
        assert_eq!(cases.list.len(), 1);
        assert_eq!(cases.list[0].outcome, TestOutcome::Failed);
    }
}
