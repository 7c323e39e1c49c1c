//! Which of several changes is the best one, by what the checks said of each and never by what anybody thinks of it.

use std::cmp::Reverse;

use crate::model::check::CheckRun;
use crate::model::report::{TestId, TestOutcome};
use crate::model::run::{AttemptResult, Verified};

/// The greater, the better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Merit {
    pub is_green: bool,
    /// Targets that pass.
    pub n_fixed: usize,
    /// Tests that passed before and do not now.
    n_broken: Reverse<usize>,
    /// Lines that are changed.
    n_lines: Reverse<usize>,
}

/// What a change is worth that was checked.
pub fn merit(
    verified: &Verified,
    result: &AttemptResult,
    baseline: &[CheckRun],
    targets: &[TestId],
) -> Merit {
    let passed = |runs: &[CheckRun]| {
        let cases = runs.iter().flat_map(|run| &run.report.cases);
        let passed = cases.filter(|case| case.outcome == TestOutcome::Passed);
        passed.map(|case| case.id.clone()).collect::<std::collections::BTreeSet<TestId>>()
    };
    let (before, now) = (passed(baseline), passed(&verified.runs));
    let is_part = verified.runs.iter().any(|run| run.partial);
    let red = verified.runs.iter().flat_map(|run| run.report.red());
    let n_broken = match is_part {
        // What was not run is not broken.
        true => red.filter(|case| before.contains(&case.id)).count(),
        false => before.difference(&now).count(),
    };
    let hunks = verified.files.iter().flat_map(|file| &file.hunks);
    let n_lines = hunks.map(|hunk| hunk.removed.len().max(hunk.inserted.len())).sum();
    Merit {
        is_green: *result == AttemptResult::Green,
        n_fixed: targets.iter().filter(|target| now.contains(target)).count(),
        n_broken: Reverse(n_broken),
        n_lines: Reverse(n_lines),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::path::RepoPath;
    use crate::logic::verdict::samples::runs;
    use crate::model::guard::Guarded;
    use crate::model::proposal::{ChangeKind, FileChange, Hunk};

    /// `lines` are changed, and the checks say `now` where they said that `x` fails and `y` and `z` pass.
    fn check(now: &str, lines: usize) -> Merit {
        let baseline = runs("a: x=failed y=passed z=passed");
        let runs = runs(now);
        let red = runs.iter().any(|run| run.report.red().next().is_some());
        let result = match red {
            true => AttemptResult::Red { reason: String::new() },
            false => AttemptResult::Green,
        };
        let targets = [baseline[0].report.cases[0].id.clone()];
        let inserted = vec!["x\n".to_owned(); lines];
        let hunk = Hunk { start: 1, removed: vec![], inserted };
        let blob = crate::base::ids::BlobId::new("b");
        let file = FileChange {
            path: RepoPath::new("a.py").unwrap(),
            kind: ChangeKind::Modify,
            before: blob.clone(),
            after: blob,
            hunks: vec![hunk],
        };
        let (files, guard) = (vec![file], Guarded::default());
        let verified = Verified { tree: None, runs, files, guard, changed: Vec::new() };
        merit(&verified, &result, &baseline, &targets)
    }

    #[test]
    fn the_checks_come_first_and_then_what_is_smaller() {
        let from_best = [
            check("a: x=passed y=passed z=passed", 1),
            check("a: x=passed y=passed z=passed", 9),
            check("a: x=passed y=passed z=failed", 1),
            check("a: x=passed y=failed z=failed", 1),
            check("a: x=failed y=passed z=passed", 1),
            check("a: x=failed y=failed z=passed", 1),
        ];
        assert!(from_best.is_sorted_by(|better, worse| better > worse), "{from_best:#?}");
    }
}
