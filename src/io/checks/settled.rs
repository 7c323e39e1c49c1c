//! A run of a check, with the tests in doubt run again on the same files.

use super::{Select, run};
use crate::base::cancel::CancelToken;
use crate::io::worlds::World;
use crate::logic::flaky::{self, Against};
use crate::model::check::{Check, CheckRun};
use crate::model::failure::Failure;
use crate::model::report::{TestCase, TestOutcome};

/// How often the tests in doubt are run by themselves.
const N_ALONE: usize = 2;
/// The same where one of them did not end, which takes long.
const N_ENDLESS_ALONE: usize = 1;
/// How long that takes at most, building included: what does end nearly always ends sooner by itself, and else nothing is
/// learnt.
const ENDLESS_ALONE_MS_MAX: u64 = 60_000;

/// Who follows a run of a check.
pub struct Watch<'a> {
    pub cancel: &'a CancelToken,
    pub on_case: &'a mut dyn FnMut(&TestCase),
    /// Asked before each run but the first; what cannot be run again stays as it came out.
    pub may_again: &'a mut dyn FnMut() -> bool,
}

/// Runs a check, then once more what is in doubt: twice by itself and, where that came out differently, once with all
/// the others. What differs under the same conditions is flaky. Of tests that are red on a baseline, and stopped alike, a sample is
/// enough as long as nothing in it differs.
pub fn run_settled(
    world: &World,
    check: &Check,
    select: Select<'_>,
    against: Option<Against<'_>>,
    watch: Watch<'_>,
) -> Result<CheckRun, Failure> {
    let store = world.store();
    let Watch { cancel, on_case, may_again } = watch;
    let mut first = run(store, world, check, select, cancel, on_case)?;
    let suspects = flaky::suspects(check.runner, &first, against);
    if suspects.is_empty() {
        return Ok(first);
    }
    // After a change, what came out green is looked at again, each test of it.
    let sample =
        if against.is_none() { flaky::sample(&suspects, &first) } else { suspects.clone() };
    let mut again = |check: &Check, select: Select<'_>| match may_again() {
        true => run(store, world, check, select, cancel, &mut |_| {}).map(Some),
        false => Ok(None),
    };
    let timed_out = |case: &TestCase| case.outcome == TestOutcome::TimedOut;
    let is_endless = first.report.cases.iter().any(timed_out);
    let (n_alone, timeout_ms) = match is_endless {
        true => (N_ENDLESS_ALONE, check.timeout_ms.min(ENDLESS_ALONE_MS_MAX)),
        false => (N_ALONE, check.timeout_ms),
    };
    let apart = Check { timeout_ms, ..check.clone() };
    let mut by_themselves = |names: &[String]| {
        let runs = (0..n_alone).filter_map(|_| again(&apart, Select::Only(names)).transpose());
        runs.collect::<Result<Vec<CheckRun>, Failure>>()
    };
    let differing = |runs: &[&CheckRun]| flaky::differing(runs, &suspects);
    let is_other = |run: &CheckRun| !differing(&[&first, run]).is_empty();
    let mut alone = by_themselves(&sample)?;
    let is_part = sample.len() < suspects.len();
    if is_part && alone.iter().any(is_other) {
        alone.extend(by_themselves(&suspects)?);
    }
    let is_unlike = alone.iter().any(is_other);
    first.flaky = differing(&alone.iter().collect::<Vec<_>>());
    if first.flaky.is_empty() && is_unlike {
        // Alone it is one thing and among the others another: by their order, or by chance.
        first.flaky =
            again(check, select)?.map_or_else(Vec::new, |other| differing(&[&first, &other]));
    }
    Ok(first)
}
