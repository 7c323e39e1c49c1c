//! A model at a step: it looks, edits, and says when it is done, which the checks have to confirm.

use super::super::{Assignment, Desk, Judge, Reach, Trial};
use super::draft::Draft;
use super::talk::{Answer, Host};
use super::{asked, context, tools};
use crate::base::limits::MODEL_RED_ROUNDS_MAX;
use crate::logic::brief;
use crate::logic::prompts::Prompt;
use crate::logic::signature::{named, signature};
use crate::logic::tools::{self as table, Use};
use crate::model::failure::Failure;
use crate::model::provider::Model;
use crate::model::question::Inquiry;
use crate::model::run::AttemptResult;
use crate::model::transcript::{Message, Part, Request, Role, ToolCall, ToolChoice};

/// What a worker leaves.
pub(super) enum Left {
    /// What it says it has made.
    Made { summary: String },
    /// It has to know something first.
    Asks(Inquiry),
}

pub(super) struct Work<'a, 'r, 'd> {
    pub assignment: &'a Assignment<'a>,
    /// The user's name for who works.
    pub model: &'a str,
    pub desk: &'a Desk<'a>,
    pub reach: &'a Reach<'r>,
    pub judge: &'a Judge<'a>,
    pub draft: &'a mut Draft<'d>,
    /// How often it was done and the checks were not green.
    pub n_red: usize,
}

/// The first request of a worker: the rules and the task.
pub(super) fn request(
    assignment: &Assignment<'_>,
    reach: &Reach<'_>,
    draft: &Draft<'_>,
    model: &Model,
) -> Result<Request, Failure> {
    let Model { window, output_max, .. } = *model;
    let rules = context::rules(draft)?;
    let task = reach.prompts.fill(
        Prompt::Task,
        &[
            ("task", &brief::task(assignment.goal, assignment.step)),
            ("scope", &brief::scope(assignment.step)),
            ("red", &brief::red(assignment.targets, assignment.baseline)),
            ("said", &brief::said(&assignment.goal.avoid)),
            ("answers", &brief::answers(assignment.asked)),
            ("made", &brief::made(&draft.diff()?)),
            ("tried", &brief::tried(assignment.attempts)),
            ("lessons", &brief::lessons(assignment.lessons)),
            ("code", &context::code(draft, assignment)?),
            ("map", &context::map(reach, &context::focus(assignment), window)?),
        ],
    );
    let task = Message { role: Role::User, parts: vec![Part::Text { text: task }] };
    Ok(Request {
        system: reach.prompts.fill(Prompt::Worker, &[("rules", &rules)]),
        messages: vec![task],
        tools: table::for_workers(assignment.may_ask),
        choice: ToolChoice::Auto,
        answer: None,
        output_max,
    })
}

impl Host for Work<'_, '_, '_> {
    type Done = Left;

    fn carry_out(&mut self, call: &ToolCall) -> Result<Answer<Left>, Failure> {
        let wanted = match table::read(call) {
            Ok(wanted) => wanted,
            Err(why) => return Ok(Answer::error(why)),
        };
        match &wanted {
            Use::RunTests => self.run_tests(),
            Use::Ask { text, options } => Ok(self.ask(text, options)),
            Use::Done { summary } => self.done(summary),
            other => Ok(match tools::carry_out(self.draft, self.desk, self.reach, other)? {
                Ok(text) => Answer::said(text),
                Err(why) => Answer::error(why),
            }),
        }
    }

    fn nudge(&self) -> &'static str {
        "Use a tool, or call `done` when the change is complete."
    }
}

impl Work<'_, '_, '_> {
    fn ask(&self, text: &str, options: &[String]) -> Answer<Left> {
        asked(self.assignment.may_ask, self.model, text, options, Left::Asks)
    }

    fn run_tests(&mut self) -> Result<Answer<Left>, Failure> {
        if self.draft.is_unchanged() {
            return Ok(Answer::error("nothing is changed yet: it is as you were told".to_owned()));
        }
        let trial = (self.judge.trial)(&self.draft.tree()?)?;
        let text = match &trial.result {
            AttemptResult::Green => "All is green. Say `done`.".to_owned(),
            AttemptResult::Red { reason } | AttemptResult::Nothing { reason } => {
                self.red(&trial, reason)?
            }
        };
        Ok(Answer { left: left(&trial), seen: Some(seen(&trial)), ..Answer::said(text) })
    }

    fn done(&mut self, summary: &str) -> Result<Answer<Left>, Failure> {
        if let Some((path, line)) = self.draft.broken()?.first() {
            let text =
                format!("{path} cannot be parsed any more, from line {line}: mend that first");
            return Ok(Answer::error(text));
        }
        let tree = self.draft.tree()?;
        if tree == *self.assignment.tree {
            return Ok(Answer::error("nothing is changed yet".to_owned()));
        }
        let trial = (self.judge.trial)(&tree)?;
        let made = Left::Made { summary: summary.to_owned() };
        let (text, done) = match &trial.result {
            AttemptResult::Green => ("Green.".to_owned(), Some(made)),
            AttemptResult::Red { reason } | AttemptResult::Nothing { reason } => {
                self.n_red += 1;
                let is_last = self.n_red >= MODEL_RED_ROUNDS_MAX;
                (self.red(&trial, reason)?, is_last.then_some(made))
            }
        };
        Ok(Answer { done, left: left(&trial), seen: Some(seen(&trial)), ..Answer::said(text) })
    }

    /// What the checks said of the draft, for the model.
    fn red(&self, trial: &Trial, reason: &str) -> Result<String, Failure> {
        let runs = &trial.verified.runs;
        let red = brief::red_now(self.assignment.targets, self.assignment.baseline, runs);
        let (red, diff) =
            (format!("{reason}\n\n{red}"), brief::fenced("diff", &self.draft.diff()?));
        Ok(self.reach.prompts.fill(Prompt::Red, &[("red", &red), ("diff", &diff)]))
    }
}

/// Red tests that are left, where that is known.
fn left(trial: &Trial) -> Option<usize> {
    match trial.result {
        AttemptResult::Green => Some(0),
        AttemptResult::Red { .. } | AttemptResult::Nothing { .. } => {
            let n_red: usize = trial.verified.runs.iter().map(|run| run.report.red().count()).sum();
            (n_red > 0).then_some(n_red)
        }
    }
}

/// What the checks said, without times, addresses and the like.
fn seen(trial: &Trial) -> String {
    let red = trial.verified.runs.iter().flat_map(|run| run.report.red());
    let mut seen: Vec<String> =
        red.map(|case| format!("{}: {}", case.id.name, signature(case))).collect();
    if let AttemptResult::Red { reason } | AttemptResult::Nothing { reason } = &trial.result {
        seen.push(named(reason));
    }
    seen.join("\n")
}
