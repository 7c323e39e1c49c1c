//! Questions to the person in front of the editor: one at a time, answered on any channel. No answer is never a yes.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::{Mutex as Turn, oneshot};
use tokio::time::Instant;
use tower_lsp::lsp_types::MessageType;
use tower_lsp::lsp_types::request::{Request, ShowMessageRequest};

use super::error::{Reason, Refusal};
use super::session::Session;
use crate::base::limits;

pub struct Question {
    pub text: String,
    pub choices: Vec<String>,
    /// Any other words are an answer too; an editor that cannot ask for them has a command for that.
    pub in_words: bool,
}

impl Question {
    /// Why this answers nothing; `None` when it does.
    fn unfit(&self, choice: &str) -> Option<String> {
        let is_said = !choice.trim().is_empty() && choice.len() <= limits::ANSWER_BYTES_MAX;
        match self.in_words {
            true if is_said => None,
            true => Some(format!("an answer has 1 to {} bytes", limits::ANSWER_BYTES_MAX)),
            false if self.choices.iter().any(|known| known == choice) => None,
            false => Some(format!("choose one of: {}", self.choices.join(", "))),
        }
    }
}

#[derive(Default)]
pub struct Questions {
    /// Editors show one question at a time, and some never answer one that another has replaced.
    turn: Turn<()>,
    open: Mutex<Option<Open>>,
    n_asked: AtomicU64,
}

struct Open {
    id: u64,
    question: Question,
    answer: oneshot::Sender<String>,
}

/// A question as it is shown to programs.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    question_id: u64,
    text: String,
    choices: Vec<String>,
    in_words: bool,
}

impl Questions {
    /// The choice that was made; `None` when none was, for whatever reason.
    pub async fn ask(&self, session: &Session, question: Question) -> Option<String> {
        let _turn = self.turn.lock().await;
        let deadline = Instant::now() + limits::QUESTION_WALL_MAX;
        let id = self.n_asked.fetch_add(1, Ordering::Relaxed) + 1;
        let (answer, by_command) = oneshot::channel();
        let shown = by_editor(session, id, &question);
        *self.open() = Some(Open { id, question, answer });
        let chosen = tokio::select! {
            choice = by_command => choice.ok(),
            choice = shown => choice,
            _ = tokio::time::sleep_until(deadline) => None,
        };
        *self.open() = None;
        session.question_closed(id);
        chosen
    }

    /// Answers the open question.
    pub fn answer(&self, id: Option<u64>, choice: String) -> Result<(), Refusal> {
        let not_found = |message: &str| Refusal::new(Reason::NotFound, message);
        let mut open = self.open();
        let question = open.take_if(|open| id.is_none_or(|id| open.id == id));
        let question = question.ok_or_else(|| not_found("no such question is open"))?;
        if let Some(message) = question.question.unfit(&choice) {
            *open = Some(question);
            return Err(Refusal::new(Reason::BadArguments, message));
        }
        match question.answer.send(choice) {
            Ok(()) => Ok(()),
            Err(_unheard) => Err(not_found("that question is not open any more")),
        }
    }

    pub fn shown(&self) -> Option<Shown> {
        self.open().as_ref().map(|open| Shown {
            question_id: open.id,
            text: open.question.text.clone(),
            choices: open.question.choices.clone(),
            in_words: open.question.in_words,
        })
    }

    fn open(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Shows the question; resolves only with a choice, since an editor that dismisses it may still answer by command.
fn by_editor(
    session: &Session,
    id: u64,
    question: &Question,
) -> impl Future<Output = Option<String>> + use<> {
    let text = format!("Greenloop: {}", question.text);
    let choices = question.choices.clone();
    let own = session.capabilities().greenloop.question_ui;
    if own {
        let params = json!({"questionId": id, "text": text, "choices": choices, "inWords": question.in_words});
        session.outbox.notify_raw("greenloop/question", params);
    }
    let client = session.client.clone();
    async move {
        let items: Vec<Value> = choices.iter().map(|choice| json!({"title": choice})).collect();
        let params = json!({"type": MessageType::INFO, "message": text, "actions": items});
        if !own {
            let wall = limits::QUESTION_WALL_MAX;
            let answer = client.ask(ShowMessageRequest::METHOD, params, wall).await;
            let title = answer
                .and_then(Result::ok)
                .and_then(|item| item["title"].as_str().map(str::to_owned));
            if let Some(title) = title.filter(|title| choices.contains(title)) {
                return Some(title);
            }
        }
        std::future::pending().await
    }
}
