//! Changes of a plan that people ask for by a click. Each leaves a sound plan sound.

use crate::base::ids::StepId;
use crate::logic::plan_check::{free_number, waits_for};
use crate::model::failure::{Failure, FailureKind};
use crate::model::plan::{Plan, Step};
use crate::model::report::TestId;

/// One change of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanEdit {
    /// Not to be carried out, or to be after all.
    Skip(bool),
    /// To be carried out, with what it waits for, and nothing else.
    Alone,
    /// Changes places with the step above it.
    Up,
    /// Changes places with the step below it.
    Down,
    /// Who begins; `None` for the first on the ladder.
    Worker(Option<String>),
    /// Some of its tests, but not all, become a step of their own right behind it.
    Split(Vec<TestId>),
    /// It goes into the step above it, with its tests, its scope and what it waits for.
    Join,
}

/// The plan after a change, or why it cannot be made.
pub fn edited(plan: &Plan, id: StepId, edit: &PlanEdit) -> Result<Plan, Failure> {
    let at = plan.steps.iter().position(|step| step.id == id).ok_or_else(|| {
        refused(format!("there is no step {id}"), "Choose one of the plan as it is now.")
    })?;
    let mut plan = plan.clone();
    match edit {
        PlanEdit::Skip(skip) => plan.steps[at].skip = *skip,
        PlanEdit::Alone => alone(&mut plan, id)?,
        PlanEdit::Worker(worker) => plan.steps[at].worker.clone_from(worker),
        PlanEdit::Up if at > 0 => plan.steps.swap(at, at - 1),
        PlanEdit::Down if at + 1 < plan.steps.len() => plan.steps.swap(at, at + 1),
        PlanEdit::Up => {
            return Err(refused(format!("step {id} is the first"), "Nothing is above it."));
        }
        PlanEdit::Down => {
            return Err(refused(format!("step {id} is the last"), "Nothing is below it."));
        }
        PlanEdit::Split(tests) => split(&mut plan, at, tests)?,
        PlanEdit::Join => join(&mut plan, at)?,
    }
    Ok(plan)
}

/// Whether a plan has a step, with what it waits for, and nothing else to be carried out.
pub fn is_alone(plan: &Plan, id: StepId) -> bool {
    let mut steps = plan.steps.iter();
    plan.step(id).is_some() && steps.all(|step| step.skip != waits_for(plan, id, step.id))
}

fn alone(plan: &mut Plan, id: StepId) -> Result<(), Failure> {
    let skips: Vec<bool> = plan.steps.iter().map(|step| !waits_for(plan, id, step.id)).collect();
    if is_alone(plan, id) {
        let message = format!("step {id} is alone already");
        return Err(refused(message, "Carry out the plan."));
    }
    for (step, skip) in plan.steps.iter_mut().zip(skips) {
        step.skip = skip;
    }
    Ok(())
}

/// What waits for the step waits for both of its parts.
fn split(plan: &mut Plan, at: usize, tests: &[TestId]) -> Result<(), Failure> {
    let step = &plan.steps[at];
    let (moved, kept): (Vec<TestId>, Vec<TestId>) =
        step.tests.iter().cloned().partition(|test| tests.contains(test));
    if moved.is_empty() || kept.is_empty() {
        let message = format!("step {} cannot be split so that both parts have tests", step.id);
        return Err(refused(message, "Choose some of its tests, but not all."));
    }
    let id = free_number(plan);
    let step = &plan.steps[at];
    let title = format!("{}, second part", step.title);
    let second = Step { id, title, tests: moved, ..step.clone() };
    let first = step.id;
    for other in &mut plan.steps {
        if let Some(n) = other.after.iter().position(|id| *id == first) {
            other.after.insert(n + 1, id);
        }
    }
    plan.steps[at].tests = kept;
    plan.steps.insert(at + 1, second);
    Ok(())
}

fn join(plan: &mut Plan, at: usize) -> Result<(), Failure> {
    let gone = plan.steps[at].clone();
    let Some(above) = at.checked_sub(1) else {
        return Err(refused(format!("step {} is the first", gone.id), "Nothing is above it."));
    };
    let kept = plan.steps[above].id;
    // One step cannot be done before and after another.
    let is_between = |step: &Step| ![kept, gone.id].contains(&step.id);
    let waits = |from: StepId, to: StepId| {
        let starts = plan.step(from).into_iter().flat_map(|step| &step.after);
        starts
            .filter(|id| plan.step(**id).is_some_and(is_between))
            .any(|id| waits_for(plan, *id, to))
    };
    if waits(kept, gone.id) || waits(gone.id, kept) {
        let message = format!("another step comes between steps {kept} and {}", gone.id);
        return Err(refused(message, "Join what comes between them first."));
    }
    plan.steps.remove(at);
    let step = &mut plan.steps[above];
    // Any file and all checks, where one of them said so.
    step.scope = both(&step.scope, &gone.scope);
    step.checks = both(&step.checks, &gone.checks);
    step.tests.extend(gone.tests);
    step.after.extend(gone.after);
    step.skip &= gone.skip;
    let texts = [step.intent.as_str(), gone.intent.as_str()];
    let texts: Vec<&str> = texts.into_iter().filter(|text| !text.trim().is_empty()).collect();
    step.intent = texts.join("\n\n");
    for step in &mut plan.steps {
        step.after.iter_mut().filter(|id| **id == gone.id).for_each(|id| *id = kept);
        let own = step.id;
        let mut seen = Vec::new();
        step.after.retain(|id| {
            let is_new = *id != own && !seen.contains(id);
            seen.push(*id);
            is_new
        });
    }
    Ok(())
}

fn both<T: Clone + PartialEq>(one: &[T], other: &[T]) -> Vec<T> {
    if one.is_empty() || other.is_empty() {
        return Vec::new();
    }
    let more = other.iter().filter(|item| !one.contains(item));
    one.iter().chain(more).cloned().collect()
}

fn refused(message: String, hint: &str) -> Failure {
    Failure::new(FailureKind::Refused, message, hint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::CheckId;
    use crate::logic::plan_check::{Known, flaws, is_sound};
    use crate::logic::plan_text::{parse, print};
    use crate::logic::review::tests::laws;
    use proptest::prelude::*;

    const PLAN: &str = "# T\n\n## 1. A\n\n- tests of `u`:\n  - `a`\n  - `b`\n- scope: `x`\n\nWhy.\n\n## 2. B\n\n- tests of `u`:\n  - `c`\n- after: 1\n\n## 5. C\n\n- after: 2\n";

    fn test(name: &str) -> TestId {
        TestId { check: CheckId::new("u"), name: name.to_owned() }
    }

    /// What is different in the text of the plan, and why it is not.
    fn check(id: u32, edit: PlanEdit) -> String {
        let plan = parse(PLAN).plan;
        assert_eq!(print(&plan), PLAN);
        match edited(&plan, StepId(id), &edit) {
            Ok(after) => similar::TextDiff::from_lines(PLAN, print(&after).as_str())
                .iter_all_changes()
                .filter(|change| change.tag() != similar::ChangeTag::Equal)
                .filter(|change| change.value() != "\n")
                .map(|change| format!("{}{}", change.tag(), change.value()))
                .collect(),
            Err(failure) => format!("{failure}. {}", failure.hint),
        }
    }

    #[test]
    fn one_click_changes_one_thing() {
        insta::assert_snapshot!(check(2, PlanEdit::Skip(true)), @"+- skip: yes");
        insta::assert_snapshot!(check(2, PlanEdit::Skip(false)), @"");
        insta::assert_snapshot!(check(2, PlanEdit::Alone), @"+- skip: yes");
        insta::assert_snapshot!(check(5, PlanEdit::Alone), @"step 5 is alone already. Carry out the plan.");
        insta::assert_snapshot!(check(1, PlanEdit::Worker(Some("my agent".into()))), @"+- worker: `my agent`");
        insta::assert_snapshot!(check(5, PlanEdit::Up), @r#"
        +## 5. C
        +- after: 2
        -## 5. C
        -- after: 2
        "#);
        insta::assert_snapshot!(check(1, PlanEdit::Up), @"step 1 is the first. Nothing is above it.");
        insta::assert_snapshot!(check(5, PlanEdit::Down), @"step 5 is the last. Nothing is below it.");
        insta::assert_snapshot!(check(7, PlanEdit::Down), @"there is no step 7. Choose one of the plan as it is now.");
    }

    #[test]
    fn steps_are_split_and_joined() {
        insta::assert_snapshot!(check(1, PlanEdit::Split(vec![test("b"), test("c")])), @r#"
        +- scope: `x`
        +Why.
        +## 6. A, second part
        +- tests of `u`:
        -- after: 1
        +- after: 1, 6
        "#);
        insta::assert_snapshot!(check(2, PlanEdit::Split(vec![test("c")])), @"step 2 cannot be split so that both parts have tests. Choose some of its tests, but not all.");
        insta::assert_snapshot!(check(2, PlanEdit::Join), @r#"
        -- scope: `x`
        +  - `c`
        -## 2. B
        +## 5. C
        -- tests of `u`:
        -  - `c`
        -## 5. C
        -- after: 2
        "#);
        insta::assert_snapshot!(check(1, PlanEdit::Join), @"step 1 is the first. Nothing is above it.");
        // The third comes before the second, which it waits for, and which waits for the first.
        let moved = edited(&parse(PLAN).plan, StepId(5), &PlanEdit::Up).unwrap();
        let joined = edited(&moved, StepId(5), &PlanEdit::Join);
        assert_eq!(joined.unwrap_err().message, "another step comes between steps 1 and 5");
    }

    fn edit() -> impl Strategy<Value = PlanEdit> {
        let tests = proptest::collection::vec("[a-f]", 0..4);
        prop_oneof![
            any::<bool>().prop_map(PlanEdit::Skip),
            Just(PlanEdit::Alone),
            Just(PlanEdit::Up),
            Just(PlanEdit::Down),
            Just(PlanEdit::Worker(None)),
            Just(PlanEdit::Worker(Some("w".to_owned()))),
            tests.prop_map(|names| PlanEdit::Split(names.iter().map(|name| test(name)).collect())),
            Just(PlanEdit::Join),
        ]
    }

    proptest! {
        #![proptest_config(laws(1000))]

        #[test]
        fn a_sound_plan_stays_sound(edits in proptest::collection::vec((1u32..9, edit()), 0..12)) {
            let targets = ["a", "b", "c", "d", "e", "f"].map(test);
            let (checks, workers) = ([CheckId::new("u")], ["w".to_owned()]);
            let known = Known { targets: &targets, checks: &checks, workers: &workers };
            let text = "# T\n## 1. A\n- tests of u: a, b, f\n## 2. B\n- after: 1\n- tests of u: c\n## 3. C\n- after: 2\n- tests of u: d, e\n## 4. D\n";
            let mut plan = parse(text).plan;
            for (id, edit) in edits {
                if let Ok(after) = edited(&plan, StepId(id), &edit) {
                    plan = after;
                }
                let flaws = flaws(&plan, &known);
                prop_assert!(is_sound(&flaws), "{flaws:?}\n{}", print(&plan));
                prop_assert!(!flaws.iter().any(|flaw| flaw.message.starts_with("no step turns")), "a test is lost");
            }
        }
    }
}
