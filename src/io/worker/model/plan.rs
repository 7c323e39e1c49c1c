//! A model as a planner: it may look at the project, and hands in a plan, which has to pass the same policy as any other.

use super::super::{Desk, Reach};
use super::draft::Draft;
use super::talk::{Answer, Ended, Host, Talk};
use super::{asked, context, told, tools};
use crate::base::ids::TreeId;
use crate::logic::model_plan;
use crate::logic::plan_check::Facts;
use crate::logic::prompts::Prompt;
use crate::logic::replan::replaced;
use crate::logic::repo_map::Focus;
use crate::logic::tools::{self as table, Use};
use crate::logic::{brief, plan_check, plan_text};
use crate::model::check::CheckRun;
use crate::model::event::Planner as PlannedBy;
use crate::model::failure::Failure;
use crate::model::plan::{Plan, Step};
use crate::model::provider::Model;
use crate::model::question::{Asked, Inquiry};
use crate::model::report::TestId;
use crate::model::run::{Attempt, Goal};
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
    /// The step that is planned anew; `None` where all of the goal is planned.
    pub stuck: Option<Stuck<'a>>,
}

/// A step that nobody could do.
pub struct Stuck<'a> {
    pub step: &'a Step,
    /// What it is a step of.
    pub plan: &'a Plan,
    /// What was tried.
    pub attempts: &'a [&'a Attempt],
    /// The first number that no step has.
    pub first: u32,
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
    let Planning { goal, baseline, .. } = planning;
    let rules = context::rules(draft)?;
    let tests = baseline.iter().flat_map(|run| &run.report.cases);
    let tests = tests
        .filter(|case| planning.tests().contains(&case.id))
        .filter_map(|case| case.at.as_ref());
    let tests = tests.map(|at| at.path.clone()).collect();
    let names = planning.stuck.as_ref().map_or_else(
        || context::names(&goal.text),
        |stuck| context::names(&format!("{} {}", stuck.step.title, stuck.step.intent)),
    );
    let focus = Focus { files: Vec::new(), names, tests };
    let workers = format!("Workers, from cheap to dear: {}", planning.facts.workers.join(", "));
    let (red, said) = (brief::red(planning.tests(), baseline), brief::said(&goal.avoid));
    let (answers, map) = (brief::answers(planning.asked), context::map(reach, &focus, window)?);
    let common = [
        ("red", &*red),
        ("said", &said),
        ("answers", &answers),
        ("workers", &workers),
        ("map", &map),
    ];
    let text = match &planning.stuck {
        None => reach.prompts.fill(Prompt::Goal, &[&common[..], &[("goal", &goal.text)]].concat()),
        Some(stuck) => {
            let own = [
                ("task", &*brief::task(goal, stuck.step)),
                ("scope", &brief::scope(stuck.step)),
                ("plan", &brief::fenced("markdown", &plan_text::print(stuck.plan))),
                ("tried", &brief::tried(stuck.attempts)),
            ];
            reach.prompts.fill(Prompt::Replan, &[&common[..], &own].concat())
        }
    };
    Ok(Request {
        system: reach.prompts.fill(Prompt::Planner, &[("rules", &rules)]),
        messages: vec![Message { role: Role::User, parts: vec![Part::Text { text }] }],
        tools: table::for_planners(model_plan::tool(), planning.may_ask),
        choice: ToolChoice::Auto,
        answer: None,
        output_max,
    })
}

impl Planning<'_> {
    /// The red tests that are to turn green.
    fn tests(&self) -> &[TestId] {
        self.stuck.as_ref().map_or(&self.facts.targets, |stuck| &stuck.step.tests)
    }
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
        let plan = match model_plan::read(&call.arguments, self.planning.tests()) {
            Ok(plan) => plan,
            Err(why) => return Answer::error(why),
        };
        let told = match &self.planning.stuck {
            None => self.flaws(&plan, 0),
            Some(stuck) => self.unfit(stuck, &plan),
        };
        if told.is_empty() {
            let plan = Planned::Plan(plan, PlannedBy::Model(self.model.to_owned()));
            return Answer { done: Some(plan), ..Answer::said("Thank you.".to_owned()) };
        }
        Answer::error(format!(
            "This plan cannot be carried out:\n{}\nMend it and hand it in again.",
            told.join("\n")
        ))
    }

    /// What is wrong with a plan whose steps are numbered from 1 at this place on.
    fn flaws(&self, plan: &Plan, first: usize) -> Vec<String> {
        let flaws = plan_check::flaws(plan, &self.planning.facts.known());
        let errors = flaws.iter().filter(|flaw| flaw.is_error);
        let line = |flaw: &plan_check::Flaw| {
            let number = flaw.spot.step.and_then(|at| (at + 1).checked_sub(first));
            let place = number.map_or("the plan".to_owned(), |number| format!("step {number}"));
            format!("- {place}: {}. {}", flaw.message, flaw.hint)
        };
        errors.map(line).collect()
    }

    /// What is wrong with steps that are to take a step's place. None at all are an answer too.
    fn unfit(&self, stuck: &Stuck<'_>, plan: &Plan) -> Vec<String> {
        if plan.steps.is_empty() {
            return Vec::new();
        }
        let is_left = |test: &&TestId| !plan.steps.iter().any(|step| step.tests.contains(test));
        if let Some(test) = stuck.step.tests.iter().find(is_left) {
            return vec![format!("- no step turns `{}` green", test.name)];
        }
        let place = stuck.plan.steps.iter().position(|step| step.id == stuck.step.id);
        let whole = replaced(stuck.plan, stuck.step.id, &plan.steps, stuck.first);
        whole.map_or_else(Vec::new, |whole| self.flaws(&whole, place.unwrap_or_default()))
    }
}
