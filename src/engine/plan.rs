//! The plan of a run: by a model where a goal is said in words and there is one, else by our own planner.

use super::executor::{Project, Task, Teller, snapshot, sources};
use super::work;
use crate::base::ids::StepId;
use crate::io::lessons::Lessons;
use crate::io::worker::model::plan::{self, Planned, Planning, Stuck};
use crate::io::worker::{Desk, Reach};
use crate::logic::affected::{self, Imports};
use crate::logic::plan_check::Facts;
use crate::logic::replan::{has_time, parts};
use crate::logic::{lessons, machine, model_plan, planner};
use crate::model::event::{Event, Planner};
use crate::model::failure::Failure;
use crate::model::lesson::Lesson;
use crate::model::plan::Plan;
use crate::model::run::{Attempt, Run};

/// Makes the plan, with what is known of such failures.
pub(super) fn plan(project: &Project, task: &Task, teller: &Teller<'_>) -> Result<Event, Failure> {
    let run = &task.run;
    let (plan, by) = match run.goal.text.is_empty() {
        true => (built_in(project, run)?, Planner::BuiltIn),
        false => match of_words(project, task, teller)? {
            Planned::Plan(plan, by) => (plan, by),
            Planned::Asks(inquiry) => return Ok(Event::PlanAsks { inquiry }),
        },
    };
    // Work goes on without what cannot be read.
    let known = Lessons::beside(&project.dirs.state).all().unwrap_or_default();
    let known: Vec<Lesson> = known.into_iter().map(|(_, lesson)| lesson).collect();
    let lessons = lessons::fitting(run, &known);
    Ok(Event::PlanMade { plan: Box::new(plan), by, lessons })
}

fn built_in(project: &Project, run: &Run) -> Result<Plan, Failure> {
    let (baseline, targets) = (run.baseline.as_deref(), run.targets.as_deref());
    let (baseline, targets) = (baseline.unwrap_or_default(), targets.unwrap_or_default());
    let imports = match targets.len() {
        // Nothing has to be told apart.
        ..2 => Imports::new(),
        _ => affected::imported(&sources(project, snapshot(run)?)?),
    };
    Ok(planner::plan(baseline, targets, &imports))
}

/// Where no model can plan, a goal in words is one step.
fn of_words(project: &Project, task: &Task, teller: &Teller<'_>) -> Result<Planned, Failure> {
    let run = &task.run;
    let targets = run.targets.as_deref().unwrap_or_default();
    let single =
        |intro| Planned::Plan(model_plan::single(&run.goal.text, targets, intro), Planner::BuiltIn);
    if run.planners.is_empty() {
        return Ok(single(String::new()));
    }
    let planning = Planning {
        goal: &run.goal,
        tree: snapshot(run)?,
        baseline: run.baseline.as_deref().unwrap_or_default(),
        facts: &Facts::of(run),
        asked: &machine::asked_of(run, None),
        may_ask: machine::may_ask(run, None),
        stuck: None,
    };
    Ok(match ask(project, task, &planning, teller)? {
        Ok(planned) => planned,
        Err(why) => single(format!("No model made a plan, so all of it is one step: {why}")),
    })
}

/// Has a step planned anew that nobody could do.
pub(super) fn replan(
    project: &Project,
    task: &Task,
    step: StepId,
    teller: &Teller<'_>,
) -> Result<Event, Failure> {
    let run = &task.run;
    let replanned = |steps, by, why| Ok(Event::Replanned { step, steps, by, why });
    let (Some(plan), Some(stuck)) = (&run.plan, run.step(step)) else {
        return replanned(Vec::new(), String::new(), String::new());
    };
    let attempts: Vec<&Attempt> = run.attempts.iter().filter(|made| made.step == step).collect();
    if !machine::asks_models(run) {
        if !has_time(&attempts, work::left(run)) {
            let why = "too little time is left to look at each of its tests";
            return replanned(Vec::new(), String::new(), why.to_owned());
        }
        let why = "its tests may be red for causes of their own";
        return replanned(parts(stuck), "Greenloop".to_owned(), why.to_owned());
    }
    let tip = machine::tip(run);
    let verified = tip.and_then(|(_, attempt)| attempt.verified.as_ref());
    let known = verified.map(|verified| &verified.runs).or(run.baseline.as_ref());
    let planning = Planning {
        goal: &run.goal,
        tree: tip.map_or_else(|| snapshot(run), |(tree, _)| Ok(tree))?,
        baseline: known.map(Vec::as_slice).unwrap_or_default(),
        facts: &Facts::of(run),
        asked: &machine::asked_of(run, Some(step)),
        may_ask: false,
        stuck: Some(Stuck {
            step: stuck,
            plan,
            attempts: &attempts,
            first: machine::first_free(run),
        }),
    };
    match ask(project, task, &planning, teller)? {
        Ok(Planned::Plan(Plan { steps, intro, .. }, Planner::Model(by))) => {
            replanned(steps, by, intro)
        }
        Ok(Planned::Plan(..) | Planned::Asks(_)) => {
            replanned(Vec::new(), String::new(), "no model made a plan".to_owned())
        }
        Err(why) => replanned(Vec::new(), String::new(), why),
    }
}

/// What the models come to that may plan; else why none makes anything.
fn ask(
    project: &Project,
    task: &Task,
    planning: &Planning<'_>,
    teller: &Teller<'_>,
) -> Result<Result<Planned, String>, Failure> {
    let (cancel, progress) = (&task.cancel, teller.progress);
    let desk = Desk { store: &project.store, worlds: &project.worlds, cancel, progress };
    let reach = Reach {
        callers: &|model| work::caller(project, task, None, teller, model),
        map: &|| project.repo_maps.of(&project.store, planning.tree, cancel),
        prompts: &project.prompts,
    };
    plan::plan(&task.run.planners, planning, &desk, &reach)
}
