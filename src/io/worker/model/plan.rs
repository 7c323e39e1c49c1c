//! A model as a planner: it may look at the project, and hands in a plan, which has to pass the same policy as any other.

use super::super::{Desk, Reach};
use super::draft::Draft;
use super::talk::{Answer, Ended, Host, Talk};
use super::{context, told, tools};
use crate::base::ids::TreeId;
use crate::logic::model_plan;
use crate::logic::plan_check::Facts;
use crate::logic::prompts::Prompt;
use crate::logic::repo_map::Focus;
use crate::logic::tools as table;
use crate::logic::{brief, plan_check};
use crate::model::check::CheckRun;
use crate::model::failure::Failure;
use crate::model::plan::Plan;
use crate::model::provider::Model;
use crate::model::run::Goal;
use crate::model::transcript::{Message, Part, Request, Role, ToolCall, ToolChoice};

/// What is to be planned.
pub struct Planning<'a> {
    pub goal: &'a Goal,
    pub tree: &'a TreeId,
    pub baseline: &'a [CheckRun],
    /// What a plan can be about.
    pub facts: &'a Facts,
}

/// The plan of the first model that makes one, with its name; else why there is none.
pub fn plan(
    models: &[Model],
    planning: &Planning<'_>,
    desk: &Desk<'_>,
    reach: &Reach<'_>,
) -> Result<Result<(Plan, String), String>, Failure> {
    let mut why = Vec::new();
    for model in models {
        let caller = match (reach.callers)(model) {
            Ok(caller) => caller,
            Err(failure) => {
                why.push(told(model, &failure.message, &failure.hint));
                continue;
            }
        };
        let mut draft = Draft::new(desk.store, planning.tree);
        let request = request(planning, reach, &draft, model)?;
        let mut planner = Planner { planning, desk, reach, draft: &mut draft };
        match Talk::new(desk, model, request).hold(caller.as_ref(), &mut planner)? {
            Ended::Done(plan) => return Ok(Ok((plan, model.name.clone()))),
            Ended::Stopped { reason } => why.push(told(model, &reason, "")),
            Ended::Failed(failure) => why.push(told(model, &failure.message, &failure.hint)),
        }
    }
    Ok(Err(why.join("; ")))
}

fn request(
    planning: &Planning<'_>,
    reach: &Reach<'_>,
    draft: &Draft<'_>,
    model: &Model,
) -> Result<Request, Failure> {
    let Model { window, output_max, .. } = *model;
    let Planning { goal, baseline, facts, .. } = planning;
    let rules = context::rules(draft)?;
    let tests = baseline.iter().flat_map(|run| &run.report.cases);
    let tests =
        tests.filter(|case| facts.targets.contains(&case.id)).filter_map(|case| case.at.as_ref());
    let tests = tests.map(|at| at.path.clone()).collect();
    let focus = Focus { files: Vec::new(), names: context::names(&goal.text), tests };
    let workers = format!("Workers, from cheap to dear: {}", facts.workers.join(", "));
    let text = reach.prompts.fill(
        Prompt::Goal,
        &[
            ("goal", &goal.text),
            ("red", &brief::red(&facts.targets, baseline)),
            ("said", &brief::said(&goal.avoid)),
            ("workers", &workers),
            ("map", &context::map(reach, &focus, window)?),
        ],
    );
    Ok(Request {
        system: reach.prompts.fill(Prompt::Planner, &[("rules", &rules)]),
        messages: vec![Message { role: Role::User, parts: vec![Part::Text { text }] }],
        tools: table::for_planners(model_plan::tool()),
        choice: ToolChoice::Auto,
        answer: None,
        output_max,
    })
}

struct Planner<'a, 'r, 'd> {
    planning: &'a Planning<'a>,
    desk: &'a Desk<'a>,
    reach: &'a Reach<'r>,
    draft: &'a mut Draft<'d>,
}

impl Host for Planner<'_, '_, '_> {
    type Done = Plan;

    fn carry_out(&mut self, call: &ToolCall) -> Result<Answer<Plan>, Failure> {
        if call.name == model_plan::TOOL {
            return Ok(self.handed_in(call));
        }
        let wanted = match table::read(call) {
            Ok(wanted) if wanted.only_looks() => wanted,
            Ok(_) => return Ok(Answer::error("a planner only looks; hand in a `plan`".to_owned())),
            Err(why) => return Ok(Answer::error(why)),
        };
        Ok(match tools::carry_out(self.draft, self.desk, self.reach, &wanted)? {
            Ok(text) => Answer::said(text),
            Err(why) => Answer::error(why),
        })
    }

    fn nudge(&self) -> &'static str {
        "Look at what you need, then hand in the plan with the tool `plan`."
    }
}

impl Planner<'_, '_, '_> {
    fn handed_in(&self, call: &ToolCall) -> Answer<Plan> {
        let facts = self.planning.facts;
        let plan = match model_plan::read(&call.arguments, &facts.targets) {
            Ok(plan) => plan,
            Err(why) => return Answer::error(why),
        };
        let flaws = plan_check::flaws(&plan, &facts.known());
        let errors = flaws.iter().filter(|flaw| flaw.is_error);
        let line = |flaw: &plan_check::Flaw| {
            let place =
                flaw.spot.step.map_or("the plan".to_owned(), |at| format!("step {}", at + 1));
            format!("- {place}: {}. {}", flaw.message, flaw.hint)
        };
        let told: Vec<String> = errors.map(line).collect();
        if told.is_empty() {
            return Answer { done: Some(plan), ..Answer::said("Thank you.".to_owned()) };
        }
        Answer::error(format!(
            "This plan cannot be carried out:\n{}\nMend it and hand it in again.",
            told.join("\n")
        ))
    }
}
