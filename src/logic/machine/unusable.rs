//! What people are told when a check ended in a way that nothing can be decided from.

use crate::logic::report_parse::BUILD;
use crate::logic::report_parse::go::{self, DOWNLOAD};
use crate::logic::verdict;
use crate::model::check::{CheckEnd, CheckRun};
use crate::model::failure::{Failure, FailureKind};
use crate::model::report::{TestCase, TestId, TestOutcome};
use crate::model::run::{Goal, GoalKind, Run};

/// Takes checks that need what is not on this machine out of a run, and gives back what the others said: so one part of a
/// project that cannot be tested here does not keep the rest from being mended. None where nothing else can be run, and none
/// that somebody named or wrote down, nor where a test is named that may be one of theirs.
/// What else was not run, as it is set aside, is told too.
pub(super) fn leave_out(run: &mut Run, baseline: &[CheckRun]) -> Vec<CheckRun> {
    let is_meant = |made: &CheckRun| {
        let own = run.checks.iter().find(|check| check.id == made.check);
        run.goal.checks.contains(&made.check) || own.is_some_and(|check| check.configured)
    };
    let is_missing =
        |made: &CheckRun| matches!(made.end, CheckEnd::Missing { .. }) && !is_meant(made);
    let (missing, others): (Vec<CheckRun>, Vec<CheckRun>) =
        baseline.iter().cloned().partition(is_missing);
    let may_leave_out = !others.is_empty()
        && run.goal.kind != GoalKind::RunChecks
        && verdict::are_known(&others, &run.goal.tests);
    let kept = if may_leave_out { others } else { baseline.to_vec() };
    if may_leave_out {
        run.checks.retain(|check| missing.iter().all(|made| made.check != check.id));
        run.left_out.extend(missing.iter().filter_map(unusable));
    }
    run.left_out.extend(set_aside(&run.goal, &kept));
    kept
}

/// Tells of the tests that are set aside now: what was missing may have been installed meanwhile, or taken away.
pub(super) fn set_aside_anew(run: &mut Run, baseline: &[CheckRun]) {
    let before = set_aside(&run.goal, run.baseline.as_deref().unwrap_or_default());
    run.left_out.retain(|told| !before.contains(told));
    run.left_out.extend(set_aside(&run.goal, baseline));
}

/// Whether a red test needs a Python or Go module which is not installed, which no edit mends, and was not asked for.
pub(super) fn is_set_aside(goal: &Goal, baseline: &[CheckRun], target: &TestId) -> bool {
    goal.tests.is_empty() && missing_module(baseline, target).is_some()
}

/// What people must know of red tests that are set aside: once for each Python module, and once for Go's.
fn set_aside(goal: &Goal, baseline: &[CheckRun]) -> Vec<Failure> {
    let targets = match goal.kind {
        GoalKind::FixUntilGreen => verdict::targets(baseline, goal).unwrap_or_default(),
        // What is red counts only where it is named.
        GoalKind::Change | GoalKind::RunChecks => Vec::new(),
    };
    let mut groups: Vec<(&str, &'static str, Vec<&TestId>)> = Vec::new();
    for target in targets.iter().filter(|target| is_set_aside(goal, baseline, target)) {
        let Some((line, hint)) = missing_module(baseline, target) else { continue };
        let is_same = |of: &&mut (&str, &'static str, Vec<&TestId>)| {
            of.1 == hint && (hint == DOWNLOAD || of.0 == line)
        };
        match groups.iter_mut().find(is_same) {
            Some((_, _, those)) => those.push(target),
            None => groups.push((line, hint, vec![target])),
        }
    }
    let told = |(line, hint, those): (&str, &'static str, Vec<&TestId>)| {
        let cannot = if hint == DOWNLOAD { "cannot be built" } else { "cannot be imported" };
        let more = match those.len() {
            1 => String::new(),
            n => format!(" and {} more", n - 1),
        };
        Failure::environment(format!("{}{more} {cannot}: {line}", those[0].name), hint)
    };
    groups.into_iter().map(told).collect()
}

/// The line that says which module a red test needs, and what to do about it.
fn missing_module<'b>(
    baseline: &'b [CheckRun],
    target: &TestId,
) -> Option<(&'b str, &'static str)> {
    let cases = || baseline.iter().flat_map(|run| &run.report.cases);
    let case = cases().find(|case| case.id == *target)?;
    if target.name.ends_with(BUILD) {
        return go::missing_module(&case.message).map(|line| (line, DOWNLOAD));
    }
    let said = case.message.lines().next()?;
    let rest = said.strip_prefix(MISSING_MODULE)?.trim().strip_prefix('\'')?;
    let (module, _) = rest.split_once('\'')?;
    let (package, _) = module.split_once('.').unwrap_or((module, ""));
    let is_own = cases().flat_map(|case| case.at.iter().chain(&case.frames)).any(|place| {
        place.path.as_str().split('/').any(|part| part.trim_end_matches(".py") == package)
    });
    (!is_own).then_some((said.trim(), INSTALL))
}

/// What is to be said of a run for what was left out of it, in words; `None` where nothing was.
pub(super) fn not_run(run: &Run) -> Option<String> {
    let told: Vec<String> = run.left_out.iter().map(Failure::text).collect();
    (!told.is_empty()).then(|| format!("not all was run: {}", told.join("; ")))
}

/// Why nothing can be decided from a check that ended like this; `None` when it can.
pub(super) fn unusable(run: &CheckRun) -> Option<Failure> {
    let check = &run.check;
    let project =
        |message: String, hint: &str| Some(Failure::new(FailureKind::Project, message, hint));
    match &run.end {
        CheckEnd::Completed | CheckEnd::BuildFailed => None,
        CheckEnd::NoTests => project(
            format!("check `{check}` ran but found no test"),
            "Zero tests are never green: look at the command's output, or name the right check in greenloop.toml.",
        ),
        CheckEnd::Crashed { detail } => project(
            format!("check `{check}` crashed: {detail}"),
            "Some tests have no result, so nothing can be called green; run the command by hand to see it.",
        ),
        CheckEnd::TimedOut { after_ms } => project(
            format!(
                "check `{check}` did not end within {} s{}",
                after_ms.div_ceil(1000),
                at_the_end(run)
                    .map_or_else(String::new, |name| format!(", while running `{name}`"))
            ),
            "A test may hang; raise timeout_seconds of the check in greenloop.toml if it is only slow.",
        ),
        CheckEnd::Flooded { bytes } => project(
            format!("check `{check}` printed more than {bytes} bytes and was ended"),
            "Quieten the tests, or split the check in greenloop.toml.",
        ),
        CheckEnd::OverLimit { what, limit } => project(
            format!("check `{check}` {}", verdict::over_limit(*what, *limit)),
            &verdict::over_limit_hint(*what),
        ),
        CheckEnd::Missing { program, hint } => Some(Failure::environment(
            format!("check `{check}` needs {program}, which is not there"),
            hint,
        )),
        CheckEnd::OverBudget => project(
            format!("check `{check}` was not run: `budget.checks` has none left"),
            verdict::OVER_BUDGET_HINT,
        ),
        CheckEnd::Cancelled => project(format!("check `{check}` was cancelled"), "Start it again."),
    }
}

/// The test that was running when the time was spent.
fn at_the_end(run: &CheckRun) -> Option<&str> {
    let timed_out = |case: &&TestCase| case.outcome == TestOutcome::TimedOut;
    // Those before it were ended, and others were run after them.
    run.report.cases.last().filter(timed_out).map(|case| case.id.name.as_str())
}

/// How Python says that a module is not installed.
const MISSING_MODULE: &str = "ModuleNotFoundError: No module named";
const INSTALL: &str = "Install the module for the project's Python. If it is the project's own, as in a `src` folder, name \
                       its folder in greenloop.toml: env = { PYTHONPATH = \"src\" }.";
