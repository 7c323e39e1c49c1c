//! Other steps in place of one that nobody could do.

use std::time::Duration;

use crate::base::ids::StepId;
use crate::base::limits::{STEP_PARTS_MAX, TITLE_BYTES_MAX};
use crate::base::text::in_a_line;
use crate::logic::report_parse::{FINDING, phase_scope};
use crate::model::event::WorkResult;
use crate::model::plan::{Plan, Step};
use crate::model::run::Attempt;

/// One step for each test of one that nobody could do as a whole: the tests may be red for causes of their own. None where
/// there is nothing to part, or too much for the time it takes.
pub fn parts(step: &Step) -> Vec<Step> {
    let is_test = |name: &str| phase_scope(name).is_none() && !name.ends_with(FINDING);
    let n = step.tests.len();
    if !(2..=STEP_PARTS_MAX).contains(&n) || !step.tests.iter().all(|test| is_test(&test.name)) {
        return Vec::new();
    }
    let part = |(nth, test)| Step {
        tests: vec![test],
        intent: step.intent.clone(),
        worker: step.worker.clone(),
        ..Step::new(StepId(nth), String::new())
    };
    let tests = step.tests.iter().cloned();
    (1..).zip(tests).map(part).map(named).collect()
}

/// Whether there is time to look at each test of a step by itself, which is quicker than all of them: a quarter of what a
/// search for all took.
pub fn has_time(attempts: &[&Attempt], left: Duration) -> bool {
    let searched = |attempt: &&Attempt| match &attempt.left {
        Some(WorkResult::Nothing { search, .. } | WorkResult::Changed { search, .. }) => {
            search.as_ref().map_or(0, |search| search.duration_ms)
        }
        Some(WorkResult::Asks { .. } | WorkResult::Refused { .. }) | None => 0,
    };
    attempts.iter().all(|attempt| Duration::from_millis(searched(attempt)) <= 4 * left)
}

fn named(part: Step) -> Step {
    let name = part.tests.first().map_or("", |test| test.name.as_str());
    let title = in_a_line(&format!("`{name}` by itself"), TITLE_BYTES_MAX);
    Step { title, ..part }
}

/// The plan with these steps, which are numbered from 1, in place of the step `old`; `None` when it has no such step. They
/// are numbered from `first` on, start from what `old` starts from, and what starts from `old` starts from all of them.
pub fn replaced(plan: &Plan, old: StepId, steps: &[Step], first: u32) -> Option<Plan> {
    let at = plan.steps.iter().position(|step| step.id == old)?;
    let number = |id: StepId| StepId(id.0.saturating_add(first - 1));
    let old_step = &plan.steps[at];
    let fresh = |step: &Step| {
        let after = match step.after.as_slice() {
            [] => old_step.after.clone(),
            some => some.iter().copied().map(number).collect(),
        };
        let inherited =
            |own: &[String]| if own.is_empty() { &old_step.scope } else { own }.to_vec();
        Step {
            id: number(step.id),
            after,
            scope: inherited(&step.scope),
            checks: old_step.checks.clone(),
            ..step.clone()
        }
    };
    let fresh: Vec<Step> = steps.iter().map(fresh).collect();
    let is_last = |id: &StepId| !fresh.iter().any(|step| step.after.contains(id));
    let last: Vec<StepId> = fresh.iter().map(|step| step.id).filter(is_last).collect();
    let mut replaced = plan.clone();
    for step in &mut replaced.steps {
        if let Some(place) = step.after.iter().position(|id| *id == old) {
            step.after.splice(place..=place, last.iter().copied());
        }
    }
    replaced.steps.splice(at..=at, fresh);
    Some(replaced)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::AttemptId;
    use crate::model::proposal::SearchFact;

    /// Steps like `1 2<1 3<1,2`.
    fn steps(text: &str) -> Vec<Step> {
        let step = |part: &str| {
            let (id, after) = part.split_once('<').unwrap_or((part, ""));
            let after = after.split(',').filter_map(|id| id.parse().ok()).map(StepId).collect();
            Step { after, ..Step::new(StepId(id.parse().unwrap()), part) }
        };
        text.split_whitespace().map(step).collect()
    }

    fn check(plan: &str, old: u32, by: &str) -> String {
        let plan = Plan { title: "all".into(), intro: String::new(), steps: steps(plan) };
        let Some(made) = replaced(&plan, StepId(old), &steps(by), 10) else {
            return "no such step".to_owned();
        };
        let told = |step: &Step| {
            let after: Vec<String> = step.after.iter().map(StepId::to_string).collect();
            format!("{}<{}", step.id, after.join(","))
        };
        made.steps.iter().map(told).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_took_much_more_than_is_left_is_not_parted() {
        let check = |took_ms: Option<u64>| {
            let mut attempt = Attempt::started(AttemptId(1), StepId(1), "repair", None);
            let search =
                took_ms.map(|duration_ms| SearchFact { duration_ms, ..SearchFact::default() });
            attempt.left = Some(WorkResult::Nothing { reason: String::new(), search });
            has_time(&[&attempt], Duration::from_secs(3))
        };
        assert_eq!([None, Some(12_000), Some(12_001)].map(check), [true, true, false]);
    }

    #[test]
    fn steps_take_the_place_of_one() {
        assert_eq!(check("1 2<1 3<2", 2, "1"), "1< 10<1 3<10");
        assert_eq!(check("1 2<1 3<2,1", 2, "1 2 3<1"), "1< 10<1 11<1 12<10 3<11,12,1");
        assert_eq!(check("1 2<1", 1, "1 2<1"), "10< 11<10 2<11");
        assert_eq!(check("1 2<1", 3, "1"), "no such step");
    }
}
