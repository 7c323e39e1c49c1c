//! Whether a plan can be carried out. Every plan passes it, whoever wrote it: a person, the planner or a model.

mod field;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::iter::successors;

use crate::base::glob::Globs;
use crate::base::ids::{CheckId, StepId};
use crate::base::limits::{PLAN_STEPS_MAX, PROBLEMS_MAX};
use crate::base::near::near;
use crate::base::path::RepoPath;
use crate::model::plan::{Plan, Step};
use crate::model::report::TestId;
use crate::model::run::Run;
pub use field::Field;

/// What a plan can be about.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The red tests of the run.
    pub targets: &'a [TestId],
    pub checks: &'a [CheckId],
    /// The names on the ladder.
    pub workers: &'a [String],
}

/// The same, kept.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    pub targets: Vec<TestId>,
    pub checks: Vec<CheckId>,
    pub workers: Vec<String>,
}

impl Facts {
    /// What the plan of this run can be about.
    pub fn of(run: &Run) -> Facts {
        Facts {
            targets: run.targets.clone().unwrap_or_default(),
            checks: run.checks.iter().map(|check| check.id.clone()).collect(),
            workers: run.workers.iter().map(|worker| worker.name.clone()).collect(),
        }
    }

    pub fn known(&self) -> Known<'_> {
        Known { targets: &self.targets, checks: &self.checks, workers: &self.workers }
    }
}

/// Something in a plan, by place and not by number, which may be the very thing that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The place in `Plan::steps`; `None` for the plan itself.
    pub step: Option<usize>,
    pub field: Field,
    /// Which of the field's values; `None` for all of it.
    pub item: Option<usize>,
}

/// What is wrong with a plan. `message` starts with a lower-case letter; `hint` says what to do, in a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    pub spot: Spot,
    /// Whether the plan cannot be carried out as long as it is there.
    pub is_error: bool,
    pub message: String,
    pub hint: String,
}

/// Everything that is wrong, in the order of the plan.
pub fn flaws(plan: &Plan, known: &Known<'_>) -> Vec<Flaw> {
    let targets = known.targets.iter().collect();
    let mut checker = Checker { plan, known, targets, step: None, flaws: Vec::new() };
    checker.whole();
    if plan.steps.len() > PLAN_STEPS_MAX {
        return checker.flaws;
    }
    let mut owners = BTreeMap::new();
    for (at, step) in plan.steps.iter().enumerate() {
        checker.step = Some(at);
        checker.number(at, step);
        checker.tests(step, &mut owners);
        checker.scope(step);
        checker.worker(step);
        checker.checks(step);
        checker.after(step);
    }
    checker.step = None;
    checker.forgotten(&owners);
    checker.cycle();
    checker.flaws.sort_by_key(|flaw| (flaw.spot.step, flaw.spot.field, flaw.spot.item));
    checker.flaws
}

/// Whether nothing is so wrong that the plan cannot be carried out.
pub fn is_sound(flaws: &[Flaw]) -> bool {
    !flaws.iter().any(|flaw| flaw.is_error)
}

struct Checker<'a> {
    plan: &'a Plan,
    known: &'a Known<'a>,
    targets: BTreeSet<&'a TestId>,
    /// The step that is looked at.
    step: Option<usize>,
    flaws: Vec<Flaw>,
}

impl<'a> Checker<'a> {
    fn whole(&mut self) {
        let steps = &self.plan.steps;
        if self.plan.title.trim().is_empty() {
            self.error(
                Field::Title,
                None,
                "the plan has no title",
                "Begin it with `# ` and what it is for.",
            );
        }
        if steps.is_empty() {
            self.error(
                Field::Title,
                None,
                "the plan has no steps",
                "Add one: `## 1. ` and what is done.",
            );
        } else if steps.iter().all(|step| step.skip) {
            self.warning(
                Field::Title,
                None,
                "every step is skipped",
                "Take `skip` out of what is to be done.",
            );
        }
        if steps.len() > PLAN_STEPS_MAX {
            let message = format!("the plan has {} steps, {PLAN_STEPS_MAX} at most", steps.len());
            self.error(
                Field::Title,
                None,
                &message,
                "Put steps together that change the same files.",
            );
        }
    }

    fn number(&mut self, at: usize, step: &Step) {
        if step.title.trim().is_empty() {
            self.error(
                Field::Title,
                None,
                "the step has no title",
                "Say after its number what is done.",
            );
        }
        let is_taken = self.plan.steps[..at].iter().any(|other| other.id == step.id);
        if step.id.0 == 0 || is_taken {
            let why =
                if is_taken { "is taken already" } else { "is none: they are counted from 1" };
            let free = free_number(self.plan);
            self.error(
                Field::Title,
                None,
                &format!("the number {} {why}", step.id),
                &format!("Give the step a number of its own, for example {free}."),
            );
        }
    }

    fn tests(&mut self, step: &'a Step, owners: &mut BTreeMap<&'a TestId, StepId>) {
        for (item, test) in step.tests.iter().enumerate() {
            if self.flaws.len() >= PROBLEMS_MAX {
                return;
            }
            if let Some(owner) = owners.insert(test, step.id) {
                let message = format!("`{}` is a test of step {owner} already", test.name);
                self.error(
                    Field::Tests,
                    Some(item),
                    &message,
                    "Leave it in the step that turns it green.",
                );
            } else if !self.targets.contains(test) {
                self.unknown_test(item, test);
            }
        }
    }

    fn unknown_test(&mut self, item: usize, test: &TestId) {
        let known = || self.known.targets.iter().filter(|known| known.check == test.check);
        let other = self.known.targets.iter().find(|known| known.name == test.name);
        let hint = match near(&test.name, known().map(|id| id.name.as_str()), 1).first() {
            _ if other.is_some() => {
                format!("It is one of the check `{}`.", other.map_or("", |id| id.check.as_str()))
            }
            Some(meant) => format!("Did you mean `{meant}`?"),
            None => "Take it out; what is green already stays so anyway.".to_owned(),
        };
        let message = format!("`{}` is not one of the red tests of `{}`", test.name, test.check);
        self.error(Field::Tests, Some(item), &message, &hint);
    }

    fn scope(&mut self, step: &Step) {
        for (item, pattern) in step.scope.iter().enumerate() {
            let is_good = !pattern.trim().is_empty()
                && Globs::new(&RepoPath::root(), [pattern.as_str()]).is_some();
            if !is_good {
                self.error(
                    Field::Scope,
                    Some(item),
                    &format!("`{pattern}` is no pattern for files of the project"),
                    "Write it from the project's folder, for example `src/**/*.py`, between backticks.",
                );
            }
        }
    }

    fn worker(&mut self, step: &Step) {
        let Some(name) = &step.worker else { return };
        let known = || self.known.workers.iter().map(String::as_str);
        if !known().any(|known| known == name) {
            let hint = choice(name, known());
            self.error(Field::Worker, None, &format!("there is no worker `{name}`"), &hint);
        }
    }

    fn checks(&mut self, step: &Step) {
        let known = || self.known.checks.iter().map(CheckId::as_str);
        for (item, check) in step.checks.iter().enumerate() {
            if !self.known.checks.contains(check) {
                let hint = choice(check.as_str(), known());
                self.error(
                    Field::Checks,
                    Some(item),
                    &format!("there is no check `{check}`"),
                    &hint,
                );
            }
        }
        let left_out =
            |test: &&TestId| !step.checks.is_empty() && !step.checks.contains(&test.check);
        let checks: BTreeSet<&CheckId> =
            step.tests.iter().filter(left_out).map(|test| &test.check).collect();
        for check in checks {
            self.error(
                Field::Checks,
                None,
                &format!("the step has tests of `{check}`, which it does not run"),
                &format!("Add `{check}`, or leave `checks` out to run all."),
            );
        }
    }

    fn after(&mut self, step: &Step) {
        for (item, id) in step.after.iter().enumerate() {
            if self.plan.step(*id).is_none() {
                let known: Vec<String> = self
                    .plan
                    .steps
                    .iter()
                    .filter(|other| other.id != step.id)
                    .map(|other| other.id.to_string())
                    .collect();
                let hint = match known.is_empty() {
                    true => "Leave `after` out: it is the only step.".to_owned(),
                    false => format!("The other steps are {}.", known.join(", ")),
                };
                self.error(Field::After, Some(item), &format!("there is no step {id}"), &hint);
            } else if step.after[..item].contains(id) {
                self.warning(
                    Field::After,
                    Some(item),
                    &format!("step {id} is named twice"),
                    "Once is enough.",
                );
            }
        }
    }

    /// Red tests that no step is there for.
    fn forgotten(&mut self, owners: &BTreeMap<&TestId, StepId>) {
        const NAMED_MAX: usize = 3;
        let left: Vec<&TestId> =
            self.known.targets.iter().filter(|id| !owners.contains_key(id)).collect();
        if left.is_empty() || self.plan.steps.is_empty() {
            return;
        }
        let names: Vec<String> =
            left.iter().take(NAMED_MAX).map(|id| format!("`{}`", id.name)).collect();
        let more = left.len().saturating_sub(NAMED_MAX);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let message = format!("no step turns {}{more} green", names.join(", "));
        self.warning(Field::Title, None, &message, "Add what is left to the tests of a step.");
    }

    /// Each step that waits for itself, directly or not, once per circle.
    fn cycle(&mut self) {
        let mut told = BTreeSet::new();
        for (at, step) in self.plan.steps.iter().enumerate() {
            let Some(circle) = circle(self.plan, step) else { continue };
            if !told.contains(&step.id) {
                let way: Vec<String> = circle.iter().map(ToString::to_string).collect();
                let item = step.after.iter().position(|id| Some(id) == circle.get(1));
                let message = format!("the step waits for itself: {}", way.join(" after "));
                self.step = Some(at);
                self.error(
                    Field::After,
                    item,
                    &message,
                    "Take one of these numbers out of `after`.",
                );
            }
            told.extend(circle);
        }
    }

    fn error(&mut self, field: Field, item: Option<usize>, message: &str, hint: &str) {
        self.flaw(field, item, true, message, hint);
    }

    fn warning(&mut self, field: Field, item: Option<usize>, message: &str, hint: &str) {
        self.flaw(field, item, false, message, hint);
    }

    fn flaw(
        &mut self,
        field: Field,
        item: Option<usize>,
        is_error: bool,
        message: &str,
        hint: &str,
    ) {
        let spot = Spot { step: self.step, field, item };
        self.flaws.push(Flaw {
            spot,
            is_error,
            message: message.to_owned(),
            hint: hint.to_owned(),
        });
    }
}

/// A number that no step has: one more than the highest.
pub fn free_number(plan: &Plan) -> StepId {
    StepId(plan.steps.iter().map(|step| step.id.0).max().unwrap_or(0).saturating_add(1))
}

/// Whether a step is another one or waits for it, directly or not.
pub fn waits_for(plan: &Plan, id: StepId, other: StepId) -> bool {
    let mut open = vec![id];
    let mut seen = BTreeSet::new();
    while let Some(next) = open.pop() {
        if next == other {
            return true;
        }
        if seen.insert(next) {
            open.extend(plan.step(next).into_iter().flat_map(|step| &step.after));
        }
    }
    false
}

fn choice<'k>(wanted: &str, known: impl Iterator<Item = &'k str>) -> String {
    let known: Vec<&str> = known.collect();
    match near(wanted, known.iter().copied(), 1).first() {
        Some(meant) => format!("Did you mean `{meant}`?"),
        None if known.is_empty() => "There is none to name.".to_owned(),
        None => format!("There are `{}`.", known.join("`, `")),
    }
}

/// The shortest way from a step back to itself along `after`, that step first and last.
fn circle(plan: &Plan, step: &Step) -> Option<Vec<StepId>> {
    let mut from: BTreeMap<StepId, StepId> = BTreeMap::new();
    let mut open = VecDeque::from([step.id]);
    while let Some(id) = open.pop_front() {
        for next in plan.step(id).into_iter().flat_map(|step| &step.after) {
            if *next == step.id {
                let mut way: Vec<StepId> =
                    successors(Some(id), |id| from.get(id).copied()).collect();
                way.reverse();
                way.push(step.id);
                return Some(way);
            }
            if !from.contains_key(next) {
                from.insert(*next, id);
                open.push_back(*next);
            }
        }
    }
    None
}
