//! A step that nobody on the ladder could do is planned anew, once: by a model where there is one, else in parts.

use std::collections::BTreeMap;

use super::Effect;
use super::steps::{StepState, states};
use crate::base::ids::StepId;
use crate::logic::replan::{parts, replaced};
use crate::model::event::Event;
use crate::model::plan::Step;
use crate::model::run::{GoalKind, Replanned, Run};
use crate::model::worker::{Worker, WorkerKind};

/// Folds a new plan for a step into its run. What comes too late counts and changes nothing else.
pub(super) fn apply(run: &mut Run, event: &Event) {
    let Event::Replanned { step, steps, by, why } = event else { return };
    let Some(plan) = &run.plan else { return };
    let Some(old) = plan.step(*step).filter(|_| !is_replanned(run, *step)).cloned() else { return };
    let is_stuck = matches!(states(run, plan).get(step), Some(StepState::Replanning { .. }));
    let first = first_free(run);
    let made = replaced(plan, *step, steps, first).filter(|_| is_stuck && !steps.is_empty());
    let is_new = |step: &&Step| step.id.0 >= first;
    let into = made.iter().flat_map(|plan| plan.steps.iter().filter(is_new).map(|step| step.id));
    let into = into.collect();
    run.replanned.push(Replanned { step: old, into, by: by.clone(), why: why.clone() });
    run.plan = made.or(run.plan.take());
}

/// A number that no step has or had.
pub fn first_free(run: &Run) -> u32 {
    let planned = run.plan.iter().flat_map(|plan| &plan.steps).map(|step| step.id);
    let begun = run.attempts.iter().map(|attempt| attempt.step);
    let replanned = run.replanned.iter().map(|known| known.step.id);
    let last = planned.chain(begun).chain(replanned).max();
    last.map_or(0, |id| id.0).saturating_add(1)
}

/// Whether a step on which nobody can go on is planned anew. What took the place of another step is not.
pub(super) fn is_wanted(run: &Run, step: &Step) -> bool {
    let mut attempts = run.attempts.iter().filter(|attempt| attempt.step == step.id).peekable();
    (asks_models(run) || run.goal.kind == GoalKind::FixUntilGreen && !parts(step).is_empty())
        && !is_replanned(run, step.id)
        && !is_by_replanning(run, step.id)
        && attempts.peek().is_some()
        && !attempts.any(|attempt| run.merged.contains(&attempt.id))
        && run.budget.checks_max.is_none_or(|max| run.spent.checks < max)
}

/// Whether it is models that plan anew.
pub fn asks_models(run: &Run) -> bool {
    let is_paid = run.budget.forbids_calls(&run.spent).is_none();
    !run.planners.is_empty() && is_for_models(run) && is_paid
}

/// Whether models have a part in a run anyway: nobody pays for one that was only named.
fn is_for_models(run: &Run) -> bool {
    let is_model = |worker: &Worker| matches!(worker.kind, WorkerKind::Model { .. });
    run.goal.kind == GoalKind::Change || run.workers.iter().any(is_model)
}

fn is_replanned(run: &Run, step: StepId) -> bool {
    run.replanned.iter().any(|known| known.step.id == step)
}

/// Whether a step took the place of another one.
pub(super) fn is_by_replanning(run: &Run, step: StepId) -> bool {
    run.replanned.iter().any(|known| known.into.contains(&step))
}

/// What is to be planned anew now.
pub(super) fn wanted(states: &BTreeMap<StepId, StepState>) -> impl Iterator<Item = Effect> {
    let stuck = states.iter().filter(|(_, state)| matches!(state, StepState::Replanning { .. }));
    stuck.map(|(step, _)| Effect::Replan { step: *step })
}
