//! What the user sets in the editor: said by `initialize`, and by the section `greenloop` of the editor's settings whenever
//! it changes. Whether the user trusts what is open is no setting, since a project can bring settings along.

use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::lsp_types::notification::{DidChangeConfiguration, Notification};
use tower_lsp::lsp_types::request::{Request, WorkspaceConfiguration};

use super::session::Session;
use crate::base::limits;
use crate::model::budget::AskedBudget;

const SECTION: &str = "greenloop";

/// Has the editor say when the section changes, where it waits to be asked for that.
pub fn registration(session: &Session) -> Option<Value> {
    let wanted = session.capabilities().registers_settings;
    let options = json!({"section": SECTION});
    let method = DidChangeConfiguration::METHOD;
    wanted
        .then(|| json!({"id": "greenloop-settings", "method": method, "registerOptions": options}))
}

/// Asks for the section where the editor answers. What was known stands until it does.
pub fn ask(session: &Arc<Session>) {
    if !session.capabilities().gives_settings {
        return;
    }
    let session = session.clone();
    tokio::spawn(async move {
        let params = json!({"items": [{"section": SECTION}]});
        let method = WorkspaceConfiguration::METHOD;
        let answer = session.client.ask(method, params, limits::EDITOR_ANSWER_WALL_MAX).await;
        if let Some(Ok(sections)) = answer {
            take(&session, &sections[0]);
        }
    });
}

/// The settings are others now; editors that do not answer say which.
pub fn changed(session: &Arc<Session>, settings: &Value) {
    match session.capabilities().gives_settings {
        true => ask(session),
        false => take(session, &settings[SECTION]),
    }
}

/// What is not said stays as it was.
pub fn take(session: &Session, said: &Value) {
    let said = &said["budget"];
    if !said.is_object() {
        return;
    }
    let count = |names: &[&str]| {
        let (name, given) = names.iter().find_map(|name| Some((name, said.get(name)?)))?;
        let count = given.as_u64().filter(|count| *count > 0);
        if count.is_none() && !given.is_null() {
            session.warn(&format!("{given} is no count for the setting {SECTION}.budget.{name}"));
        }
        count
    };
    session.set_budget(AskedBudget {
        attempts_max: count(&["attempts"]).and_then(|count| u32::try_from(count).ok()),
        wall_ms_max: count(&["wall_seconds", "wallSeconds"])
            .map(|seconds| seconds.saturating_mul(1000)),
    });
}
