//! The commands of `workspace/executeCommand`: answered at once, whatever they set going.

mod decide;
mod show;
mod start;
mod task;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::{MessageType, Url};

use self::decide::{Level, accept, decide};
use super::error::{Reason, Refusal};
use super::outbox::to_value;
use super::questions::Shown;
use super::review::edits::Direction;
use super::session::Session;
use crate::base::ids::{AcceptanceId, RunId};
use crate::engine::Command;
use crate::model::run::GoalKind;

pub const FIX: &str = "greenloop.fix";
pub const TEST_RUN: &str = "greenloop.test.run";
pub const HUNK_ACCEPT: &str = "greenloop.hunk.accept";
pub const HUNK_REJECT: &str = "greenloop.hunk.reject";
pub const HUNK_RESTORE: &str = "greenloop.hunk.restore";
pub const FILE_ACCEPT: &str = "greenloop.file.accept";
pub const FILE_REJECT: &str = "greenloop.file.reject";
const FILE_RESTORE: &str = "greenloop.file.restore";
pub const PROPOSAL_ACCEPT: &str = "greenloop.proposal.accept";
pub const PROPOSAL_REJECT: &str = "greenloop.proposal.reject";
const PROPOSAL_RESTORE: &str = "greenloop.proposal.restore";
pub const SHOW: &str = "greenloop.show";
pub const PROPOSAL_UNDO: &str = "greenloop.proposal.undo";
const PROPOSAL_REDO: &str = "greenloop.proposal.redo";
pub const HUNK_RECHECK: &str = "greenloop.hunk.recheck";

type Outcome = std::result::Result<Reply, Refusal>;
type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;
type Run = fn(Arc<Session>, Arguments) -> Running;

/// What each command does.
const TABLE: &[(&str, Run)] = &[
    (FIX, |session, arguments| now(start::start(&session, arguments, GoalKind::FixUntilGreen))),
    (TEST_RUN, |session, arguments| now(start::start(&session, arguments, GoalKind::RunChecks))),
    ("greenloop.task.cancel", |session, arguments| now(task::cancel(&session, arguments))),
    ("greenloop.task.resume", |session, arguments| now(task::resume(&session, arguments))),
    ("greenloop.task.status", |session, arguments| Box::pin(task::status(session, arguments))),
    (HUNK_ACCEPT, |session, arguments| Box::pin(accept(session, arguments, Level::Hunk))),
    (HUNK_REJECT, |session, arguments| now(decide(&session, arguments, Level::Hunk, true))),
    (HUNK_RESTORE, |session, arguments| now(decide(&session, arguments, Level::Hunk, false))),
    (HUNK_RECHECK, |session, arguments| now(decide::recheck(session, arguments))),
    (FILE_ACCEPT, |session, arguments| Box::pin(accept(session, arguments, Level::File))),
    (FILE_REJECT, |session, arguments| now(decide(&session, arguments, Level::File, true))),
    (FILE_RESTORE, |session, arguments| now(decide(&session, arguments, Level::File, false))),
    (PROPOSAL_ACCEPT, |session, arguments| Box::pin(accept(session, arguments, Level::Proposal))),
    (PROPOSAL_REJECT, |session, arguments| now(decide(&session, arguments, Level::Proposal, true))),
    (PROPOSAL_RESTORE, |session, arguments| {
        now(decide(&session, arguments, Level::Proposal, false))
    }),
    (PROPOSAL_UNDO, |session, arguments| {
        Box::pin(decide::undo(session, arguments, Direction::Revert))
    }),
    (PROPOSAL_REDO, |session, arguments| {
        Box::pin(decide::undo(session, arguments, Direction::Apply))
    }),
    (SHOW, |session, arguments| Box::pin(show::show(session, arguments))),
    ("greenloop.answer", |session, arguments| now(answer(&session, arguments))),
];

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Answer {
    /// Without it the question that is open.
    question_id: Option<u64>,
    choice: String,
}

/// Answers a question of the server.
fn answer(session: &Session, arguments: Arguments) -> Outcome {
    let Answer { question_id, choice } = arguments.read(|choice| json!({ "choice": choice }))?;
    session.questions.answer(question_id, choice)?;
    Ok(Reply::default())
}

fn now(outcome: Outcome) -> Running {
    Box::pin(std::future::ready(outcome))
}

pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().map(|(name, _)| *name)
}

/// The answer to a command that was carried out or set going.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Reply {
    #[serde(skip_serializing_if = "Option::is_none")]
    task_id: Option<RunId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acceptance_id: Option<AcceptanceId>,
    /// Where what is shown can be found.
    #[serde(skip_serializing_if = "Option::is_none")]
    uri: Option<Url>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// What waits for an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    question: Option<Shown>,
    /// One entry per task that was asked about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tasks: Vec<Value>,
}

impl Reply {
    fn accepted(run: RunId, acceptance: AcceptanceId) -> Self {
        Self { task_id: Some(run), acceptance_id: Some(acceptance), ..Self::default() }
    }
}

/// What came with a command: nothing, a text, or an object.
pub struct Arguments(Vec<Value>);

impl Arguments {
    /// Reads them into a type; a text becomes what `from_text` makes of it.
    fn read<T: DeserializeOwned>(
        self,
        from_text: fn(String) -> Value,
    ) -> std::result::Result<T, Refusal> {
        let object = match self.0.into_iter().next() {
            None | Some(Value::Null) => json!({}),
            Some(Value::String(text)) => from_text(text),
            Some(other) => other,
        };
        serde_json::from_value(object)
            .map_err(|error| Refusal::new(Reason::BadArguments, error.to_string()))
    }
}

/// Ends a run on behalf of its progress bar.
pub fn cancel(session: &Session, id: RunId) {
    let sent = session.state().send(id, Command::Cancel { id });
    if let Err(refusal) = sent {
        session.log.info(&refusal.message);
    }
}

/// Carries out a command. A refusal is a result with its reason, since editors make noise of errors.
pub async fn execute(
    session: Arc<Session>,
    name: &str,
    arguments: Vec<Value>,
) -> Result<Option<Value>> {
    let Some((_, run)) = TABLE.iter().find(|(known, _)| *known == name) else {
        return Err(Error::invalid_params(format!("unknown command {name}")));
    };
    let reply = match run(session.clone(), Arguments(arguments)).await {
        Ok(reply) => {
            let mut value = to_value(reply);
            value["ok"] = json!(true);
            value
        }
        Err(refusal) => {
            // Most editors show no results.
            session.show_message(MessageType::WARNING, format!("Greenloop: {}", refusal.message));
            json!({"ok": false, "reason": refusal.reason, "message": refusal.message})
        }
    };
    Ok(Some(reply))
}
