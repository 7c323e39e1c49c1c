//! Which tests a goal is about, once the baseline is known.

use std::collections::BTreeSet;

use crate::base::near::near;
use crate::logic::report_parse::{BUILD, build_of, is_in_scope, phase_scope};
use crate::model::check::{CheckEnd, CheckRun};
use crate::model::failure::{Failure, FailureKind};
use crate::model::report::{TestCase, TestId, TestOutcome};
use crate::model::run::Goal;

/// Names listed in a message.
const LISTED_MAX: usize = 5;

/// The red tests of the baseline that `goal` asks for, sorted; none when all of them pass. Flaky ones only by name. Fails when the goal names
/// what is not there, or when a check of the goal did not say how its tests stand.
pub fn targets(baseline: &[CheckRun], goal: &Goal) -> Result<Vec<TestId>, Failure> {
    let runs = runs_of(baseline, goal)?;
    if let Some(failure) = runs.iter().find_map(|run| blind(run)) {
        return Err(failure);
    }
    let broken = runs.iter().filter(|run| run.end == CheckEnd::BuildFailed);
    let mut ids: BTreeSet<TestId> = broken.map(|run| build_of(&run.check)).collect();
    let cases: Vec<&TestCase> = runs.iter().flat_map(|run| &run.report.cases).collect();
    if goal.tests.is_empty() {
        let is_flaky = |id: &TestId| runs.iter().any(|run| run.flaky.contains(id));
        let red = cases.iter().filter(|case| case.outcome.is_red() && !is_flaky(&case.id));
        ids.extend(red.map(|case| case.id.clone()));
    }
    let a_build_failed = !ids.is_empty() && !goal.tests.is_empty();
    for wanted in &goal.tests {
        // A test of what cannot be built is not known by name yet.
        match resolve(&cases, wanted) {
            Ok(case) if case.outcome.is_red() => drop(ids.insert(case.id.clone())),
            Ok(case) if case.outcome == TestOutcome::Skipped => return Err(skipped(case)),
            Ok(_) => {}
            Err(_) if a_build_failed || wanted == BUILD => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(ids.into_iter().collect())
}

/// Whether each of these names is that of one test of these runs.
pub fn are_known(runs: &[CheckRun], wanted: &[String]) -> bool {
    let cases: Vec<&TestCase> = runs.iter().flat_map(|run| &run.report.cases).collect();
    wanted.iter().all(|wanted| resolve(&cases, wanted).is_ok())
}

fn runs_of<'a>(baseline: &'a [CheckRun], goal: &Goal) -> Result<Vec<&'a CheckRun>, Failure> {
    for wanted in &goal.checks {
        if !baseline.iter().any(|run| run.check == *wanted) {
            let known = listed(baseline.iter().map(|run| run.check.as_str()));
            return Err(Failure::new(
                FailureKind::Refused,
                format!("check `{wanted}` is not one of this project"),
                format!("Choose among {known}, or leave the check out to run all."),
            ));
        }
    }
    let is_wanted = |run: &&CheckRun| goal.checks.is_empty() || goal.checks.contains(&run.check);
    Ok(baseline.iter().filter(is_wanted).collect())
}

/// What to do about a budget that is too small for the checks.
pub const OVER_BUDGET_HINT: &str = "Raise `budget.checks` in greenloop.toml, or name fewer checks.";

/// Why a run does not tell how its tests stand.
fn blind(run: &CheckRun) -> Option<Failure> {
    let (kind, hint) = match &run.end {
        CheckEnd::Completed if run.report.complete && !run.report.cases.is_empty() => return None,
        CheckEnd::BuildFailed => return None,
        CheckEnd::Completed | CheckEnd::Crashed { .. } => {
            (FailureKind::Project, "Run it by hand and see where it breaks off.".to_owned())
        }
        CheckEnd::NoTests => (
            FailureKind::Project,
            "Add a test, or leave this check out with `[[check]]` entries in greenloop.toml."
                .to_owned(),
        ),
        CheckEnd::TimedOut { .. } => (
            FailureKind::Project,
            "Raise `timeout_seconds` of the check in greenloop.toml, or see which test hangs."
                .to_owned(),
        ),
        CheckEnd::Flooded { .. } => {
            (FailureKind::Project, "See which test prints without end.".to_owned())
        }
        CheckEnd::OverLimit { what, .. } => (FailureKind::Project, super::over_limit_hint(*what)),
        CheckEnd::Missing { hint, .. } => (FailureKind::Environment, hint.clone()),
        CheckEnd::Cancelled => (FailureKind::Refused, "Start the run again.".to_owned()),
        CheckEnd::OverBudget => (FailureKind::Refused, OVER_BUDGET_HINT.to_owned()),
    };
    let message = format!("check `{}` {}: `{}`", run.check, super::how(run), run.command);
    Some(Failure::new(kind, message, hint))
}

/// The case of that name, else the one whose name ends in it, else the module that cannot be loaded and would hold it.
fn resolve<'a>(cases: &[&'a TestCase], wanted: &str) -> Result<&'a TestCase, Failure> {
    let exact: Vec<&TestCase> =
        cases.iter().filter(|case| case.id.name == wanted).copied().collect();
    let by_end = || cases.iter().filter(|case| is_end(&case.id.name, wanted)).copied().collect();
    let found: Vec<&TestCase> = if exact.is_empty() { by_end() } else { exact };
    match found[..] {
        [case] => Ok(case),
        [] => holder(cases, wanted).ok_or_else(|| unknown(cases, wanted)),
        [..] => Err(Failure::new(
            FailureKind::Refused,
            format!("`{wanted}` can mean {} tests", found.len()),
            format!("Say which: {}.", listed(found.iter().map(|case| case.id.name.as_str()))),
        )),
    }
}

fn is_end(name: &str, end: &str) -> bool {
    let is_word = |ch: char| ch.is_alphanumeric() || ch == '_';
    !end.is_empty()
        && name
            .strip_suffix(end)
            .is_some_and(|head| !head.ends_with(is_word) || !end.starts_with(is_word))
}

fn holder<'a>(cases: &[&'a TestCase], wanted: &str) -> Option<&'a TestCase> {
    let holds = |case: &&&TestCase| {
        phase_scope(&case.id.name)
            .is_some_and(|scope| !scope.is_empty() && is_in_scope(wanted, scope))
    };
    cases.iter().filter(|case| case.outcome.is_red()).find(holds).copied()
}

fn unknown(cases: &[&TestCase], wanted: &str) -> Failure {
    let names = near(wanted, cases.iter().map(|case| case.id.name.as_str()), LISTED_MAX);
    let hint = if names.is_empty() {
        "Run the checks to see the names of all tests.".to_owned()
    } else {
        format!("Similar names: {}.", listed(names))
    };
    Failure::new(FailureKind::Refused, format!("no test is called `{wanted}`"), hint)
}

fn skipped(case: &TestCase) -> Failure {
    Failure::new(
        FailureKind::Refused,
        format!("test `{}` is skipped: {}", case.id.name, case.message),
        "A skipped test cannot be fixed: enable it first.",
    )
}

fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let n_more = names.len().saturating_sub(LISTED_MAX);
    let shown = names.iter().take(LISTED_MAX).cloned().collect::<Vec<_>>().join(", ");
    if n_more == 0 { shown } else { format!("{shown} and {n_more} more") }
}
