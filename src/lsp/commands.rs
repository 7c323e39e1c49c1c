//! The commands of `workspace/executeCommand`: answered at once, whatever they set going.

mod hunk;
mod start;
mod task;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::MessageType;

use super::error::{Reason, Refusal};
use super::outbox::to_value;
use super::session::Session;
use crate::base::ids::RunId;
use crate::engine::Command;
use crate::model::run::GoalKind;

pub const FIX: &str = "greenloop.fix";
pub const TEST_RUN: &str = "greenloop.test.run";
pub const HUNK_REJECT: &str = "greenloop.hunk.reject";
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
    ("greenloop.hunk.accept", |session, arguments| Box::pin(hunk::accept(session, arguments))),
    (HUNK_REJECT, |session, arguments| now(hunk::decide(&session, arguments, true))),
    ("greenloop.hunk.restore", |session, arguments| now(hunk::decide(&session, arguments, false))),
    (HUNK_RECHECK, |session, arguments| now(hunk::recheck(session, arguments))),
];

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
    message: Option<String>,
    /// One entry per task that was asked about.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tasks: Vec<Value>,
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
