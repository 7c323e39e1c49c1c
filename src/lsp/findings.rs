//! What the newest check runs say is wrong, and where.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::base::ids::{CheckId, RunId};
use crate::logic::overview::FLAKY;
use crate::model::check::{CheckEnd, CheckRun};
use crate::model::report::{Place, TestCase, TestId};
use crate::model::run::Run;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The run that found it, hence the text its places refer to.
    pub run: RunId,
    pub what: What,
    pub at: Place,
    pub message: String,
    /// Project lines of the failure's stack, outermost first.
    pub frames: Vec<Place>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// A red test.
    Test(TestId),
    /// An error of a compiler or loader.
    Problem(CheckId),
}

/// Newer results take the place of older ones: of the same test, and of the whole check where all of it ran.
#[derive(Default)]
pub struct Findings {
    red: BTreeMap<TestId, Arc<Finding>>,
    problems: BTreeMap<CheckId, Vec<Arc<Finding>>>,
    heard: HashSet<RunId>,
}

impl Findings {
    /// Takes in a run's results, once it has them.
    pub fn hear(&mut self, run: &Run) {
        let Some(baseline) = &run.baseline else { return };
        if !self.heard.insert(run.id) {
            return;
        }
        for check in baseline {
            if run.goal.tests.is_empty() && check.end != CheckEnd::Cancelled {
                self.red.retain(|test, _| test.check != check.check);
            }
            for case in &check.report.cases {
                match failing(run.id, check, case) {
                    Some(finding) => self.red.insert(case.id.clone(), Arc::new(finding)),
                    None => self.red.remove(&case.id),
                };
            }
            self.problems.insert(check.check.clone(), problems(run.id, check));
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Finding>> {
        self.red.values().chain(self.problems.values().flatten())
    }
}

/// `None` for a test that is not red or has no place.
fn failing(run: RunId, check: &CheckRun, case: &TestCase) -> Option<Finding> {
    let at = case.at.as_ref().or(case.frames.last()).filter(|_| case.outcome.is_red())?;
    let frames = case.frames.clone();
    let message = match check.flaky.contains(&case.id) {
        true => format!("{FLAKY}: {}", case.message),
        false => case.message.clone(),
    };
    Some(Finding { run, what: What::Test(case.id.clone()), at: at.clone(), message, frames })
}

fn problems(run: RunId, check: &CheckRun) -> Vec<Arc<Finding>> {
    let placed = check
        .problems
        .iter()
        .filter_map(|problem| Some((problem.at.clone()?, problem.message.clone())));
    let what = || What::Problem(check.check.clone());
    placed
        .map(|(at, message)| {
            Arc::new(Finding { run, what: what(), at, message, frames: Vec::new() })
        })
        .collect()
}

#[cfg(test)]
mod tests {

    use super::*;
    use crate::base::ids::{BlobId, TreeId};
    use crate::base::path::RepoPath;
    use crate::model::budget::AskedBudget;
    use crate::model::report::{TestOutcome, TestReport};
    use crate::model::run::{Goal, Phase};

    fn case(name: &str, outcome: TestOutcome) -> TestCase {
        let id = TestId { check: CheckId::new("unittest"), name: name.into() };
        let at = Some(Place { path: RepoPath::new("test_a.py").unwrap(), line: 3 });
        TestCase { id, outcome, message: String::new(), at, frames: Vec::new(), duration_ms: 0 }
    }

    /// A run that had these results, of all tests or of some.
    fn run(id: u64, tests: &[&str], end: CheckEnd, cases: Vec<TestCase>) -> Run {
        let check = CheckRun {
            check: CheckId::new("unittest"),
            tree: TreeId::new("t"),
            end,
            report: TestReport { cases, complete: true },
            problems: Vec::new(),
            command: String::new(),
            output: BlobId::new("b"),
            duration_ms: 0,
            enforced: Vec::new(),
            flaky: vec![],
            partial: false,
            setting: String::new(),
            reused: false,
        };
        let tests = tests.iter().map(|test| (*test).to_owned()).collect();
        let goal = Goal { tests, ..Goal::default() };
        Run {
            phase: Phase::Baselining,
            baseline: Some(vec![check]),
            ..Run::requested(RunId(id), goal, AskedBudget::default(), 0)
        }
    }

    #[test]
    fn newer_results_take_the_place_of_older_ones() {
        use TestOutcome::{Errored, Failed, Passed};
        let mut findings = Findings::default();
        let mut hear = |run: Run| {
            findings.hear(&run);
            let name = |finding: &Arc<Finding>| match &finding.what {
                What::Test(test) => format!("{}@{}", test.name, finding.run.0),
                What::Problem(check) => check.to_string(),
            };
            findings.iter().map(name).collect::<Vec<_>>()
        };
        let both = vec![case("a", Failed), case("b", Errored), case("c", Passed)];
        assert_eq!(hear(run(1, &[], CheckEnd::Completed, both)), ["a@1", "b@1"]);
        let one = vec![case("a", Passed)];
        assert_eq!(hear(run(2, &["a"], CheckEnd::Completed, one)), ["b@1"], "only `a` was run");
        assert_eq!(hear(run(3, &[], CheckEnd::Cancelled, vec![])), ["b@1"], "nothing was learned");
        let all = vec![case("a", Failed), case("c", Passed)];
        assert_eq!(hear(run(4, &[], CheckEnd::Completed, all)), ["a@4"], "`b` is gone");
        assert_eq!(hear(run(4, &[], CheckEnd::Completed, vec![])), ["a@4"], "heard already");
    }
}
