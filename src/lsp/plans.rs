//! Plans and the person in front of the editor: what a run asks is put to them, and a plan is carried out as they left it.

use std::sync::Arc;

use tower_lsp::lsp_types::{MessageType, Url};

use super::board::Board;
use super::documents::Text;
use super::error::{Reason, Refusal};
use super::plan_docs;
use super::questions::Question;
use super::session::{Session, State};
use super::virtual_docs::{self, Document, What};
use crate::base::ids::{QuestionId, RunId, StepId};
use crate::base::text::counted;
use crate::engine::{Command, RunView};
use crate::logic::plan_edit::is_alone;
use crate::logic::{inquiry, machine, plan_text};
use crate::model::plan::Plan;
use crate::model::question::{self, About, Answer};

const YES: &str = "Carry it out";
const NO: &str = "No";
const SHOW: &str = "Show the plan";
/// To what a model asks in words.
const DECIDE: &str = "Decide yourself";

/// A question of a run in words.
struct Put {
    run: RunId,
    question: question::Question,
    text: String,
}

/// Puts what runs of this session ask, and was not put yet.
pub fn put_questions(session: &Arc<Session>) {
    let new = session.state().new_questions();
    for put in new {
        tokio::spawn(put_one(session.clone(), put));
    }
}

async fn put_one(session: Arc<Session>, put: Put) {
    let choices = match &put.question.inquiry {
        Some(inquiry) => inquiry.options.iter().cloned().chain([DECIDE.to_owned()]).collect(),
        None => [YES, NO, SHOW].map(str::to_owned).to_vec(),
    };
    let in_words = put.question.inquiry.is_some();
    let question = Question { text: put.text.clone(), choices, in_words };
    let choice = tokio::select! {
        choice = session.questions.ask(&session, question) => choice,
        // Somebody answered in another way.
        () = session.until_answered(&put) => None,
    };
    let answer = match choice.as_deref() {
        Some(words) if in_words => Answer::Said { text: words.to_owned() },
        // A plan is meant as it stands on the screen; a step's yes is for that step alone.
        Some(YES) if put.question.about == About::Plan => {
            if let Err(refusal) = approve(&session, put.run, None).await {
                session
                    .show_message(MessageType::WARNING, format!("Greenloop: {}", refusal.message));
            }
            return;
        }
        Some(YES) => Answer::Yes,
        Some(NO) => Answer::No { note: String::new() },
        Some(SHOW) => {
            let plan = Document { run: put.run, what: What::Plan };
            if let Err(refusal) = virtual_docs::show(&session, plan).await {
                session.log.info(&refusal.message);
            }
            return;
        }
        // It stays open; a command answers it.
        _ => return,
    };
    let (id, question) = (put.run, put.question.id);
    let sent = session.state().send(id, Command::Answer { id, question, answer });
    if let Err(refusal) = sent {
        session.log.info(&refusal.message);
    }
}

impl Session {
    async fn until_answered(&self, put: &Put) {
        let mut changes = self.texts.subscribe();
        while self.state().is_open(put.run, put.question.id) {
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

impl State {
    fn new_questions(&mut self) -> Vec<Put> {
        let mut new = Vec::new();
        for board in self.boards.values() {
            for view in board.runs().filter(|view| self.started.contains_key(&view.run.id)) {
                let open = view.run.open_questions();
                for asked in open.filter(|_| !view.interrupted && !view.run.is_finished()) {
                    let (run, question) = (view.run.id, asked.question.id);
                    if self.put.insert((run, question)) {
                        let question = asked.question.clone();
                        new.push(Put { run, text: text(view, &question), question });
                    }
                }
            }
        }
        new
    }

    fn open_inquiry(&self) -> Option<(RunId, QuestionId)> {
        let views = self.boards.values().flat_map(Board::runs);
        let mut at_work = views.filter(|view| !view.interrupted && !view.run.is_finished());
        at_work.find_map(|view| {
            let mut open = view.run.open_questions().map(|asked| &asked.question);
            let open = open.find(|question| question.inquiry.is_some())?;
            Some((view.run.id, open.id))
        })
    }

    fn is_open(&self, run: RunId, question: QuestionId) -> bool {
        let questions = self.run(run).map(|(_, view)| &view.run.questions);
        questions
            .into_iter()
            .flatten()
            .any(|asked| asked.question.id == question && asked.answer.is_none())
    }

    /// The plan of a run as it stands in an open document; `None` when none is open.
    fn plan_on_screen(&self, run: RunId) -> Result<Option<Arc<Text>>, Refusal> {
        let is_plan = |uri: &&Url| plan_docs::run_of(uri) == Some(run);
        let open = self.documents.uris().find(is_plan).and_then(|uri| self.documents.get(uri));
        match open {
            None => Ok(None),
            Some(document) if document.in_sync => Ok(Some(document.text.clone())),
            Some(_) => {
                let message = "what the plan's document holds is not known; close and open it";
                Err(Refusal::new(Reason::Stale, message))
            }
        }
    }
}

/// What a run asks, in words.
pub fn text(view: &RunView, question: &question::Question) -> String {
    if let Some(told) = inquiry::told(&view.run, question) {
        return told;
    }
    let terms = inquiry::terms(&view.run, question);
    if let About::Step { step } = question.about {
        let title = view.run.step(step).map_or("", |step| &step.title);
        return format!("carry out step {step} ({title})?{terms}");
    }
    let plan = view.run.plan.as_ref();
    let n_steps = plan.map_or(0, |plan| plan.steps.len());
    let title = plan.map_or("", |plan| &plan.title);
    format!("{title}: carry out the plan of {}?{terms}", counted(n_steps, "step"))
}

/// Answers the first question in words that is open, also one that the editor has put away.
pub fn answer(session: &Session, text: String) -> Result<(), Refusal> {
    let mut state = session.state();
    let open = state.open_inquiry();
    let (id, question) =
        open.ok_or_else(|| Refusal::new(Reason::NotFound, "no such question is open"))?;
    state.send(id, Command::Answer { id, question, answer: Answer::Said { text } })
}

/// Says yes to a step that is asked about.
pub fn approve_step(session: &Session, run: RunId, step: StepId) -> Result<(), Refusal> {
    let mut state = session.state();
    let question = {
        let (_, view) = state.run(run).ok_or_else(|| unknown(run))?;
        let mut open = view.run.open_questions().map(|asked| &asked.question);
        open.find(|question| question.about == About::Step { step }).map(|question| question.id)
    };
    let question = question.ok_or_else(|| {
        Refusal::new(Reason::NotFound, format!("nobody is asked about step {step}"))
    })?;
    state.send(run, Command::Answer { id: run, question, answer: Answer::Yes })
}

/// Has a run go on by the plan as it stands on the screen, else in its file, and says yes to it where that is asked; not if
/// it leaves more to be done than `only` that step and what it waits for.
pub async fn approve(
    session: &Arc<Session>,
    run: RunId,
    only: Option<StepId>,
) -> Result<(), Refusal> {
    let on_screen = session.state().plan_on_screen(run)?;
    let in_file = match on_screen {
        Some(_) => None,
        None => virtual_docs::draft(session, run).await?,
    };
    let text = on_screen.as_ref().map(|text| &text.string);
    let text = text.or(in_file.as_ref().map(|draft| &draft.text));
    let edited = text.map(|text| read(text)).transpose()?;
    let mut state = session.state();
    let (_, view) = state.run(run).ok_or_else(|| unknown(run))?;
    let known = view.run.plan.as_ref().ok_or_else(|| unknown(run))?;
    let is_known = |text: &str| read(text).is_ok_and(|plan| plan == *known);
    if in_file.is_some_and(|draft| !is_known(&draft.of) && !is_known(&draft.text)) {
        let message = "the plan is another one since its file was edited; show the plan again";
        return Err(Refusal::new(Reason::Stale, message));
    }
    let plan = edited.as_ref().unwrap_or(known);
    let is_gone = |step| plan.step(step).is_some() && known.step(step).is_none();
    if let Some(gone) = view.run.replanned.iter().find(|made| is_gone(made.step.id)) {
        let message = format!(
            "step {} was planned anew since the plan was edited; close it and show the plan again",
            gone.step.id
        );
        return Err(Refusal::new(Reason::Stale, message));
    }
    if let Some(step) = only.filter(|step| !is_alone(plan, *step)) {
        let message = format!(
            "the plan was edited meanwhile and leaves more to do than step {step}; try again"
        );
        return Err(Refusal::new(Reason::Stale, message));
    }
    let plan = edited.filter(|plan| plan != known);
    state.send(run, Command::Approve { id: run, plan })
}

/// Says no to what a run asks.
pub fn refuse(session: &Session, run: RunId, note: &str) -> Result<(), Refusal> {
    let mut state = session.state();
    let (_, view) = state.run(run).ok_or_else(|| unknown(run))?;
    let answer = Answer::No { note: note.to_owned() };
    let open = view.run.open_questions().map(|asked| &asked.question);
    let open = open.filter(|question| machine::fits(question, &answer));
    let open: Vec<QuestionId> = open.map(|question| question.id).collect();
    for question in open {
        let answer = answer.clone();
        state.send(run, Command::Answer { id: run, question, answer })?;
    }
    Ok(())
}

fn read(text: &str) -> Result<Plan, Refusal> {
    let parsed = plan_text::parse(text);
    match parsed.marks.iter().find(|mark| mark.is_error) {
        None => Ok(parsed.plan),
        Some(mark) => {
            let message = format!("the plan cannot be carried out as it stands: {}", mark.message);
            Err(Refusal::new(Reason::BadArguments, message))
        }
    }
}

fn unknown(run: RunId) -> Refusal {
    Refusal::new(Reason::NotFound, format!("run {run} has no plan"))
}
