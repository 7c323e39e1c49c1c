//! A model as a planner: it may look at the project, and hands in a plan, which has to pass the same policy as any other.

use super::super::{Desk, Reach};
use super::draft::Draft;
use super::talk::{Answer, Ended, Host, Talk};
use super::{asked, context, told, tools};
use crate::base::ids::TreeId;
use crate::logic::model_plan;
use crate::logic::plan_check::Facts;
use crate::logic::prompts::Prompt;
use crate::logic::repo_map::Focus;
use crate::logic::tools::{self as table, Use};
use crate::logic::{brief, plan_check};
use crate::model::check::CheckRun;
use crate::model::event::Planner as PlannedBy;
use crate::model::failure::Failure;
use crate::model::plan::Plan;
use crate::model::provider::Model;
use crate::model::question::{Asked, Inquiry};
use crate::model::run::Goal;
use crate::model::transcript::{Message, Part, Request, Role, ToolCall, ToolChoice};

/// What is to be planned.
pub struct Planning<'a> {
    pub goal: &'a Goal,
    pub tree: &'a TreeId,
    pub baseline: &'a [CheckRun],
    /// What a plan can be about.
    pub facts: &'a Facts,
    /// What models asked people about the goal, and the answers.
    pub asked: &'a [&'a Asked],
    /// Whether one may ask once more.
    pub may_ask: bool,
}

/// What a planner comes to.
pub enum Planned {
    Plan(Plan, PlannedBy),
    /// It has to know something first.
    Asks(Inquiry),
}

/// What the first model makes that makes something; else why none does.
pub fn plan(
    models: &[Model],
    planning: &Planning<'_>,
    desk: &Desk<'_>,
    reach: &Reach<'_>,
) -> Result<Result<Planned, String>, Failure> {
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
        let mut planner = Planner { planning, model: &model.name, desk, reach, draft: &mut draft };
        match Talk::new(desk, model, request).hold(caller.as_ref(), &mut planner)? {
            Ended::Done(planned) => return Ok(Ok(planned)),
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
            ("answers", &brief::answers(planning.asked)),
            ("workers", &workers),
            ("map", &context::map(reach, &focus, window)?),
        ],
    );
    Ok(Request {
        system: reach.prompts.fill(Prompt::Planner, &[("rules", &rules)]),
        messages: vec![Message { role: Role::User, parts: vec![Part::Text { text }] }],
        tools: table::for_planners(model_plan::tool(), planning.may_ask),
        choice: ToolChoice::Auto,
        answer: None,
        output_max,
    })
}

struct Planner<'a, 'r, 'd> {
    planning: &'a Planning<'a>,
    /// The user's name for who plans.
    model: &'a str,
    desk: &'a Desk<'a>,
    reach: &'a Reach<'r>,
    draft: &'a mut Draft<'d>,
}

impl Host for Planner<'_, '_, '_> {
    type Done = Planned;

    fn carry_out(&mut self, call: &ToolCall) -> Result<Answer<Planned>, Failure> {
        if call.name == model_plan::TOOL {
            return Ok(self.handed_in(call));
        }
        let wanted = match table::read(call) {
            Ok(Use::Ask { text, options }) => return Ok(self.ask(&text, &options)),
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
    fn ask(&self, text: &str, options: &[String]) -> Answer<Planned> {
        asked(self.planning.may_ask, self.model, text, options, Planned::Asks)
    }

    fn handed_in(&self, call: &ToolCall) -> Answer<Planned> {
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
            let plan = Planned::Plan(plan, PlannedBy::Model(self.model.to_owned()));
            return Answer { done: Some(plan), ..Answer::said("Thank you.".to_owned()) };
        }
        Answer::error(format!(
            "This plan cannot be carried out:\n{}\nMend it and hand it in again.",
            told.join("\n")
        ))
    }
}
