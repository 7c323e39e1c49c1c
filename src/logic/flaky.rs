//! Which tests to run again on the same files, and what it says of them. Chance is told from order: a test that differs
//! alone but not in the whole check depends on the tests before it, which is a fact about the project and no luck.

use std::collections::{BTreeMap, BTreeSet};

use crate::logic::report_parse::phase_scope;
use crate::model::check::{CheckEnd, CheckRun, Runner};
use crate::model::report::{Place, TestCase, TestId, TestOutcome};

/// The baseline of a check and the tests that are to turn green.
#[derive(Clone, Copy, Debug)]
pub struct Against<'a> {
    pub baseline: &'a CheckRun,
    pub targets: &'a [TestId],
}

/// The names of the tests that a run of a check leaves in doubt: red ones, on a baseline; after a change those
/// that turned red, and the targets that turned green.
pub fn suspects(runner: Runner, run: &CheckRun, against: Option<Against<'_>>) -> Vec<String> {
    // A program that is a test of its own takes as long again; a compiler has no moods.
    let is_dear = match runner {
        Runner::Command => against.is_none(),
        Runner::Lint(_) => true,
        _ => false,
    };
    let is_told = run.end == CheckEnd::Completed && run.report.complete;
    if !is_told || is_dear {
        return Vec::new();
    }
    let in_doubt = |id: &TestId, outcome: TestOutcome| match against {
        None => outcome.is_red(),
        Some(Against { baseline, targets }) if targets.contains(id) => {
            outcome == TestOutcome::Passed && baseline.is_whole()
        }
        Some(Against { baseline, .. }) => outcome.is_red() && !was_red(baseline, id),
    };
    let cases = run.report.cases.iter();
    cases
        .filter(|case| phase_scope(&case.id.name).is_none() && in_doubt(&case.id, case.outcome))
        .map(|case| case.id.name.clone())
        .collect()
}

fn was_red(baseline: &CheckRun, id: &TestId) -> bool {
    baseline.report.red().any(|case| case.id == *id)
}

/// Of the red tests in doubt those that are run again first: of many that stopped in the same place with the same words a few
/// tell how it is with all of them.
pub fn sample<'r>(in_doubt: &[String], run: &'r CheckRun) -> Vec<String> {
    let stop = |case: &'r TestCase| {
        let place = case.frames.last().or(case.at.as_ref())?;
        Some((place, case.message.lines().next()?))
    };
    let stops: BTreeMap<&str, (&Place, &str)> =
        run.report.red().filter_map(|case| Some((&*case.id.name, stop(case)?))).collect();
    let mut counts: BTreeMap<(&Place, &str), usize> = BTreeMap::new();
    let mut is_wanted = |name: &&String| {
        let Some(stop) = stops.get(name.as_str()) else { return true };
        let n = counts.entry(*stop).or_default();
        *n += 1;
        *n <= ALIKE_MAX
    };
    in_doubt.iter().filter(|name| is_wanted(name)).cloned().collect()
}

/// So many tests that stopped alike are run again.
const ALIKE_MAX: usize = 4;

/// The tests of `names` that are red in one of the runs and not red in another. Runs that did not come to their end say
/// nothing.
pub fn differing(runs: &[&CheckRun], names: &[String]) -> Vec<TestId> {
    let names: BTreeSet<&str> = names.iter().map(String::as_str).collect();
    let told = || {
        let ended = runs.iter().filter(|run| run.report.complete);
        ended.flat_map(|run| &run.report.cases).filter(|case| names.contains(&*case.id.name))
    };
    let ids = |is_red: bool| {
        told()
            .filter(move |case| case.outcome.is_red() == is_red)
            .filter(|case| case.outcome != TestOutcome::Skipped)
            .map(|case| &case.id)
            .collect::<BTreeSet<_>>()
    };
    ids(true).intersection(&ids(false)).map(|id| (*id).clone()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::path::RepoPath;
    use crate::logic::verdict::samples::{id, names, run};

    #[test]
    fn what_is_in_doubt_is_run_again() {
        let check = |baseline: Option<&str>, now: &str, wanted: &str| {
            let baseline = baseline.map(run);
            let targets = [id("a/t")];
            let against = baseline.as_ref().map(|baseline| Against { baseline, targets: &targets });
            assert_eq!(suspects(Runner::Pytest, &run(now), against).join(" "), wanted, "{now}");
        };
        check(None, "a: t=failed u=passed v=errored w=skipped", "t v");
        check(None, "a: t=failed m_(import)=errored", "t");
        check(None, "a crashed: t=failed", "");
        check(None, "a incomplete: t=failed", "");
        let before = Some("a: t=failed u=passed v=errored");
        check(before, "a: t=passed u=passed v=errored", "t");
        check(before, "a: t=failed u=failed v=errored x=failed", "u x");
        assert_eq!(suspects(Runner::Command, &run("a: a=failed"), None), [""; 0]);
    }

    #[test]
    fn of_tests_that_stopped_alike_some_are_run_again() {
        let names: Vec<String> = (0..20).map(|n| format!("t{n}")).collect();
        let mut red = run(&format!("a: {}", names.join("=failed ") + "=failed"));
        assert_eq!(sample(&names, &red).len(), 20, "nobody knows where they stopped");
        let place = Place { path: RepoPath::new("a.py").unwrap(), line: 7 };
        for (n, case) in red.report.cases.iter_mut().enumerate() {
            case.message = format!("KeyError: {}\n\n  test {n}", n % 2);
            case.frames = vec![place.clone()];
        }
        assert_eq!(sample(&names, &red), names[..2 * ALIKE_MAX]);
        assert_eq!(sample(&names[..3], &red), names[..3]);
    }

    #[test]
    fn only_both_outcomes_are_a_difference() {
        let check = |runs: &[&str], wanted: &str| {
            let runs: Vec<CheckRun> = runs.iter().map(|line| run(line)).collect();
            let suspects = ["t".to_owned(), "u".to_owned()];
            let found = differing(&runs.iter().collect::<Vec<_>>(), &suspects);
            assert_eq!(names(&found), wanted);
        };
        check(&["a: t=failed u=passed", "a: t=passed u=passed"], "a/t");
        check(&["a: t=failed", "a: t=errored", "a: u=failed"], "");
        check(&["a: t=failed", "a: t=skipped"], "");
        check(&["a: t=failed", "a incomplete: t=passed"], "");
        check(&["a: v=failed", "a: v=passed"], "");
    }
}
