//! The commands of `workspace/executeCommand`: answered at once, whatever they set going.

mod decide;
mod selection;
mod show;
mod start;
pub mod table;
mod task;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tower_lsp::jsonrpc::{Error, Result};
use tower_lsp::lsp_types::{MessageType, Url};

pub use self::decide::swap_in;
pub use self::table::*;
use super::error::{Reason, Refusal};
use super::outbox::to_value;
use super::plans;
use super::questions::Shown;
use super::session::Session;
use crate::base::ids::{AcceptanceId, RunId};
use crate::engine::Command;

type Outcome = std::result::Result<Reply, Refusal>;
type Running = Pin<Box<dyn Future<Output = Outcome> + Send>>;

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
    match question_id {
        None if session.questions.shown().is_none() => plans::answer(session, choice)?,
        _ => session.questions.answer(question_id, choice)?,
    }
    Ok(Reply::default())
}

pub fn names() -> impl Iterator<Item = &'static str> {
    ROWS.iter().map(|row| row.name)
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
    let Some(Row { run, .. }) = ROWS.iter().find(|row| row.name == name) else {
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
