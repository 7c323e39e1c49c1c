//! What the user sets in the editor: said by `initialize`, and over that by the section `greenloop` of the editor's settings,
//! whenever it changes. Whether the user trusts what is open is no setting, since a project can bring settings along.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use tower_lsp::lsp_types::notification::{DidChangeConfiguration, Notification};
use tower_lsp::lsp_types::request::{Request, WorkspaceConfiguration};

use super::session::Session;
use crate::base::limits;
use crate::model::budget::AskedBudget;

const SECTION: &str = "greenloop";

/// What is set, by who said it.
#[derive(Default)]
pub struct Settings {
    at_first: AskedBudget,
    section: AskedBudget,
    /// How often the editor was asked: an answer to anything but the last question is out of date.
    n_asked: u64,
    /// What is wrong in them and was told.
    told: BTreeSet<String>,
}

impl Settings {
    /// What the user lets runs spend.
    pub fn budget(&self) -> AskedBudget {
        AskedBudget {
            attempts_max: self.section.attempts_max.or(self.at_first.attempts_max),
            wall_ms_max: self.section.wall_ms_max.or(self.at_first.wall_ms_max),
        }
    }
}

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
    let number = {
        let mut settings = session.settings();
        settings.n_asked += 1;
        settings.n_asked
    };
    tokio::spawn(async move {
        let params = json!({"items": [{"section": SECTION}]});
        let method = WorkspaceConfiguration::METHOD;
        let answer = session.client.ask(method, params, limits::EDITOR_ANSWER_WALL_MAX).await;
        let Some(Ok(sections)) = answer else { return };
        if session.settings().n_asked == number {
            take_section(&session, &sections[0]);
        }
    });
}

/// The settings are others now; editors that do not answer say which.
pub fn changed(session: &Arc<Session>, settings: &Value) {
    match session.capabilities().gives_settings {
        true => ask(session),
        false => take_section(session, &settings[SECTION]),
    }
}

/// What `initialize` says stands for what the section does not say.
pub fn take_at_first(session: &Session, options: &Value) {
    let budget = budget(session, &options["budget"]);
    session.settings().at_first = budget;
}

fn take_section(session: &Session, section: &Value) {
    let budget = budget(session, &section["budget"]);
    session.settings().section = budget;
}

fn budget(session: &Session, said: &Value) -> AskedBudget {
    let count = |names: &[&str], max: u64| {
        let (name, given) = names.iter().find_map(|name| Some((name, said.get(name)?)))?;
        let count = given.as_u64().filter(|count| (1..=max).contains(count));
        if count.is_none() && !given.is_null() {
            tell(session, format!("{given} is no count for the setting {SECTION}.budget.{name}"));
        }
        count
    };
    AskedBudget {
        attempts_max: count(&["attempts"], u32::MAX.into()).map(|count| count as u32),
        wall_ms_max: count(&["wall_seconds", "wallSeconds"], u64::MAX / 1000)
            .map(|seconds| seconds * 1000),
    }
}

/// Once, however often it is said.
fn tell(session: &Session, wrong: String) {
    if session.settings().told.insert(wrong.clone()) {
        session.warn(&wrong);
    }
}
