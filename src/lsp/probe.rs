//! Ill-behaved handlers, so that tests can show that the driver stands them. Not in release builds.

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::Duration;
use tower_lsp::jsonrpc::Result;

use super::session::Session;

pub const METHOD: &str = "greenloop/probe";

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "do")]
pub enum Probe {
    Panic,
    /// Never answers.
    Hang,
    /// Asks the editor and waits so long.
    Ask {
        wall_ms: u64,
    },
    /// Sends so many notifications and answers.
    Notify {
        n: u32,
    },
    /// Answers with the text of a document as it is known.
    Text {
        uri: tower_lsp::lsp_types::Url,
    },
}

pub async fn run(session: &Session, probe: Probe) -> Result<Value> {
    match probe {
        Probe::Panic => panic!("asked to"),
        Probe::Hang => std::future::pending().await,
        Probe::Ask { wall_ms } => {
            let params = json!({"type": 3, "message": "well?", "actions": [{"title": "yes"}]});
            let answer = session.client.ask("window/showMessageRequest", params, Duration::from_millis(wall_ms)).await;
            Ok(json!(answer.and_then(std::result::Result::ok)))
        }
        Probe::Notify { n } => {
            for i in 0..n {
                session.log.info(&format!("notification {i}"));
            }
            tokio::task::yield_now().await;
            Ok(Value::Null)
        }
        Probe::Text { uri } => Ok(json!(session.state().documents.get(&uri).map(|document| {
            json!({"uri": document.uri, "version": document.version, "text": document.text.string, "inSync": document.in_sync})
        }))),
    }
}
