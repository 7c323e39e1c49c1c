//! Where the steps of a run's plan stand. Nothing of it is stored: it is read from the attempts.

use std::collections::{BTreeMap, BTreeSet};

use super::ladder::{self, Turn};
use super::{questions, replan};
use crate::base::ids::{AttemptId, CheckId, StepId, TreeId};
use crate::logic::ledger::{Ledger, Standing};
use crate::model::check::CheckRun;
use crate::model::event::WorkResult;
use crate::model::plan::{Plan, Step};
use crate::model::question::About;
use crate::model::report::{TestId, TestOutcome};
use crate::model::run::{Attempt, Run};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepState {
    /// What it starts from is not done yet.
    Waiting,
    /// A person has to approve it.
    Asked,
    /// Its worker has asked a person something.
    Asking {
        attempt: AttemptId,
    },
    /// It can begin, or go on.
    Ready {
        turn: Turn,
    },
    /// A worker is at it.
    Working {
        attempt: AttemptId,
    },
    /// What a worker left is checked, or waits for it.
    Checking {
        attempt: AttemptId,
    },
    /// Its change is merged; without one its tests pass with what other steps changed.
    Done {
        attempt: Option<AttemptId>,
    },
    /// Nobody could do it, and a model plans it anew.
    Replanning {
        reason: String,
    },
    Stuck {
        reason: String,
    },
    /// Somebody wants it left out.
    Skipped,
    /// A step that it starts from will not be done.
    Blocked {
        by: StepId,
    },
}

impl StepState {
    /// In a word, the same wherever programs read it.
    pub fn word(&self) -> &'static str {
        match self {
            StepState::Waiting => "waiting",
            StepState::Asked | StepState::Asking { .. } => "asked",
            StepState::Ready { .. } => "ready",
            StepState::Working { .. } | StepState::Replanning { .. } => "working",
            StepState::Checking { .. } => "checking",
            StepState::Done { .. } => "done",
            StepState::Stuck { .. } => "stuck",
            StepState::Skipped => "skipped",
            StepState::Blocked { .. } => "blocked",
        }
    }
}

impl StepState {
    /// Nothing more will become of it by itself.
    pub fn is_settled(&self) -> bool {
        match self {
            StepState::Done { .. }
            | StepState::Stuck { .. }
            | StepState::Skipped
            | StepState::Blocked { .. } => true,
            StepState::Waiting
            | StepState::Asked
            | StepState::Asking { .. }
            | StepState::Ready { .. }
            | StepState::Working { .. }
            | StepState::Replanning { .. }
            | StepState::Checking { .. } => false,
        }
    }

    fn will_not_be_done(&self) -> bool {
        self.is_settled() && !matches!(self, StepState::Done { .. })
    }
}

/// Every step of a plan with its state.
pub fn states(run: &Run, plan: &Plan) -> BTreeMap<StepId, StepState> {
    let passing = passing(run);
    let mut states = BTreeMap::new();
    // Each round settles at least one step of those whose predecessors are known.
    for _ in 0..plan.steps.len() {
        let before = states.len();
        for step in &plan.steps {
            if !states.contains_key(&step.id)
                && let Some(state) = state(run, step, &passing, &states)
            {
                states.insert(step.id, state);
            }
        }
        if states.len() == before {
            break;
        }
    }
    for step in plan.steps.iter().filter(|step| !step.after.is_empty()) {
        // What waits in a circle, or for what is not there, waits for ever.
        states.entry(step.id).or_insert_with(|| StepState::Blocked { by: step.after[0] });
    }
    states
}

/// `None` while it is not known where all that the step starts from stands.
fn state(
    run: &Run,
    step: &Step,
    passing: &BTreeSet<&TestId>,
    known: &BTreeMap<StepId, StepState>,
) -> Option<StepState> {
    let attempts = || run.attempts.iter().filter(|attempt| attempt.step == step.id);
    let merged = attempts().find(|attempt| run.merged.contains(&attempt.id));
    let passes = step.tests.iter().all(|test| passing.contains(test));
    // Its tests may have been changed since.
    if passes && (merged.is_some() || !step.tests.is_empty()) {
        return Some(StepState::Done { attempt: merged.map(|attempt| attempt.id) });
    }
    if step.skip || questions::is_refused(run, About::Step { step: step.id }) {
        return Some(StepState::Skipped);
    }
    let mut is_waiting = false;
    for after in &step.after {
        match known.get(after)? {
            state if state.will_not_be_done() => return Some(StepState::Blocked { by: *after }),
            StepState::Done { .. } => {}
            _ => is_waiting = true,
        }
    }
    if is_waiting {
        return Some(StepState::Waiting);
    }
    if let Some(open) = attempts().find(|attempt| attempt.result.is_none()) {
        return Some(match open.left {
            None => StepState::Working { attempt: open.id },
            Some(WorkResult::Asks { .. }) => match questions::turn(run, open) {
                None => StepState::Asking { attempt: open.id },
                Some(turn) => StepState::Ready { turn },
            },
            Some(_) => StepState::Checking { attempt: open.id },
        });
    }
    if questions::keeps_waiting(run, About::Step { step: step.id }) {
        return Some(StepState::Asked);
    }
    Some(match ladder::turn(run, step) {
        Ok(turn) => StepState::Ready { turn },
        Err(reason) if replan::is_wanted(run, step) => StepState::Replanning { reason },
        Err(reason) => StepState::Stuck { reason },
    })
}

/// What the merged steps made, with what the checks said of it; `None` before there is any.
pub fn tip(run: &Run) -> Option<(&TreeId, &Attempt)> {
    let last = run.merged.last()?;
    let attempt = run.attempts.iter().find(|attempt| attempt.id == *last)?;
    let left = match attempt.left.as_ref()? {
        WorkResult::Changed { tree, .. } => tree,
        WorkResult::Nothing { .. } | WorkResult::Refused { .. } | WorkResult::Asks { .. } => {
            return None;
        }
    };
    Some((attempt.verified.as_ref()?.tree.as_ref().unwrap_or(left), attempt))
}

/// What the checks said of the tree that an attempt began with.
pub fn base_runs<'a>(run: &'a Run, attempt: &Attempt) -> &'a [CheckRun] {
    let of_base = |runs: &&[CheckRun]| {
        let tree = runs.first().map(|run| &run.tree);
        attempt.base.is_some() && tree == attempt.base.as_ref()
    };
    let verified = run.attempts.iter().filter_map(|made| made.verified.as_ref());
    let mut known = verified.map(|verified| verified.runs.as_slice());
    known.find(of_base).or(run.baseline.as_deref()).unwrap_or_default()
}

/// The red tests that the merged steps have turned green. A run of an older version has no plan and was for all targets.
pub fn goal_tests(run: &Run) -> Vec<TestId> {
    if run.plan.is_none() {
        return run.targets.clone().unwrap_or_default();
    }
    passing(run).into_iter().cloned().collect()
}

/// Whether the steps that are merged, and this one, were to do what no red test asks for.
pub(super) fn ask_nothing(run: &Run, step: Option<StepId>) -> bool {
    let merged = run.attempts.iter().filter(|attempt| run.merged.contains(&attempt.id));
    let mut steps = merged.map(|attempt| attempt.step).chain(step);
    run.plan.is_some() && steps.all(|step| tests(run, step).is_empty())
}

/// The red tests that a step has to turn green.
pub fn tests(run: &Run, step: StepId) -> &[TestId] {
    run.step(step).map_or(&[], |step| &step.tests)
}

/// A run as if there were no other checks than those that a step names and those of its tests: what its worker may have run
/// on the way is judged by this. The last word has the run as it is.
pub fn narrowed(run: &Run, step: &Step) -> Run {
    let mut run = run.clone();
    if step.checks.is_empty() {
        return run;
    }
    let of_tests = step.tests.iter().map(|test| &test.check);
    let kept: BTreeSet<&CheckId> = step.checks.iter().chain(of_tests).collect();
    let is_kept = |test: &TestId| kept.contains(&test.check);
    run.checks.retain(|check| kept.contains(&check.id));
    run.baseline.iter_mut().for_each(|runs| runs.retain(|run| kept.contains(&run.check)));
    run.targets.iter_mut().for_each(|targets| targets.retain(is_kept));
    for step in run.plan.iter_mut().flat_map(|plan| &mut plan.steps) {
        step.tests.retain(is_kept);
    }
    run
}

/// Whether a step's tests pass with what the merged steps made.
pub(super) fn passes_already(run: &Run, step: StepId) -> bool {
    let (tests, passing) = (tests(run, step), passing(run));
    !tests.is_empty() && tests.iter().all(|test| passing.contains(test))
}

/// The targets of the run that pass with what the merged steps made, and not by chance.
fn passing(run: &Run) -> BTreeSet<&TestId> {
    let Some((_, attempt)) = tip(run) else { return BTreeSet::new() };
    let targets: BTreeSet<&TestId> = run.targets.iter().flatten().collect();
    let runs = attempt.verified.iter().flat_map(|verified| &verified.runs);
    let cases =
        runs.flat_map(|run| run.report.cases.iter().filter(|case| !run.flaky.contains(&case.id)));
    let (mut passing, mut seen) = (BTreeSet::new(), BTreeSet::new());
    for case in cases.filter(|case| targets.contains(&case.id)) {
        seen.insert(&case.id);
        if case.outcome == TestOutcome::Passed {
            passing.insert(&case.id);
        }
    }
    // What is red by being there, such as a finding or a build, is not reported once it is well.
    let absent: Vec<&TestId> = targets.into_iter().filter(|id| !seen.contains(id)).collect();
    if !absent.is_empty() {
        let baseline = run.baseline.as_deref().unwrap_or_default();
        let verified = attempt.verified.as_ref().map_or(&[][..], |verified| &verified.runs);
        let ledger = Ledger::of(baseline, verified);
        let is_well = |id: &&TestId| ledger.after(id) == Standing::Is(TestOutcome::Passed);
        passing.extend(absent.into_iter().filter(is_well));
    }
    passing
}
