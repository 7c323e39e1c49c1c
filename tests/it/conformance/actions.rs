//! How this editor asks for code actions and lenses, and what it does with the one its user chooses.

use serde_json::{Value, json};

use super::desk::{Desk, Fault, Held};
use super::scenario::{Choosing, Offer, Reply};
use crate::sim::editor::Via;

impl Desk {
    /// The actions this editor lists at a line.
    pub async fn actions(&mut self, offer: &Offer) -> Result<Vec<Value>, Fault> {
        if self.real.is_some() {
            return self.actions_for_real(offer).await;
        }
        let at = self.here(offer.path.as_ref())?;
        let line = self.line_of(at, &offer.at)?;
        let personality = self.editor.personality;
        let document = &self.editor.documents[at];
        let (uri, version) = (document.uri.clone(), document.version);
        let shown = self.wire.published.iter().find(|known| known["uri"] == uri);
        let diagnostics = shown
            .filter(|known| !personality.drops_old_diagnostics || known["version"] == version)
            .map_or(json!([]), |known| known["diagnostics"].clone());
        let last = match &offer.to {
            Some(text) => self.line_of(at, text)?,
            None => line,
        };
        let mut params = json!({
            "textDocument": {"uri": uri},
            "range": {
                "start": {"line": line, "character": 0},
                "end": {"line": last, "character": personality.cursor_width},
            },
            "context": {
                "diagnostics": diagnostics,
                "triggerKind": if offer.automatic { 2 } else { 1 },
            },
        });
        if let Some(only) = &offer.only {
            params["context"]["only"] = json!(only);
        }
        let answer = self.wire.ask("textDocument/codeAction", params).await;
        let actions = answer.map_err(|error| format!("code actions: {error}"))?;
        let mut actions = actions.as_array().cloned().unwrap_or_default();
        self.wire.look_over(&actions)?;
        let kinds = actions.iter().filter_map(|action| action["kind"].as_str().map(str::to_owned));
        self.met.extend(kinds);
        if personality.hides_disabled {
            actions.retain(|action| action["disabled"].is_null());
        }
        if personality.sorts_actions {
            actions.sort_by_key(|action| std::cmp::Reverse(helix_priority(action)));
        }
        Ok(actions)
    }

    /// The user chooses an action.
    pub async fn choose(&mut self, choosing: &Choosing) -> Result<(), Fault> {
        let Choosing { title, path, at, to } = choosing.clone();
        let offer = Offer { path, at, to, ..Offer::default() };
        let actions = self.actions(&offer).await?;
        let Some(action) = actions.into_iter().find(|action| starts(&action["title"], &title))
        else {
            self.note("  which is not listed");
            return Ok(());
        };
        if !action["disabled"].is_null() {
            self.note("  which cannot be chosen");
            return Ok(());
        }
        if action["command"].is_string() {
            // A command in place of an action.
            let name = action["command"].as_str().unwrap_or_default();
            return self.command(name, action["arguments"].clone()).await;
        }
        let action = match self.completed(action).await? {
            Ok(action) => action,
            Err(error) => {
                self.note(format!("  which came to nothing: {error}"));
                return Ok(());
            }
        };
        let command = action["command"].clone();
        if action["edit"].is_null() {
            let Some(name) = command["command"].as_str() else {
                return Err(format!("an action without edit and command: {action}"));
            };
            return self.command(name, command["arguments"].clone()).await;
        }
        self.note(format!("  with the edit {}", action["edit"]));
        let edit = action["edit"].clone();
        self.reaches(Held { edit, via: Via::Action, request: None, command }).await
    }

    /// The action with what this editor asks for once it is chosen.
    async fn completed(&mut self, action: Value) -> Result<Result<Value, Value>, Fault> {
        if !self.editor.personality.resolves.asks(&action) {
            return Ok(Ok(action));
        }
        let answer = self.wire.ask("codeAction/resolve", action).await;
        if let Ok(action) = &answer {
            self.wire.look_over(std::slice::from_ref(action))?;
        }
        Ok(answer)
    }

    /// The lenses this editor shows; none if it knows none.
    pub async fn lenses(&mut self, path: Option<&String>) -> Result<Vec<Value>, Fault> {
        if self.capabilities["textDocument"]["codeLens"].is_null() {
            return Ok(Vec::new());
        }
        let uri = self.editor.documents[self.here(path)?].uri.clone();
        let params = json!({"textDocument": {"uri": uri}});
        let answer = self.wire.ask("textDocument/codeLens", params).await;
        let lenses = answer.map_err(|error| format!("lenses: {error}"))?;
        Ok(lenses.as_array().cloned().unwrap_or_default())
    }

    /// The hints this editor shows in a document; none if it knows none.
    pub async fn hints(&mut self, path: Option<&String>) -> Result<Vec<Value>, Fault> {
        if self.capabilities["textDocument"]["inlayHint"].is_null() {
            return Ok(Vec::new());
        }
        let document = &self.editor.documents[self.here(path)?];
        let end = document.text.lines().len();
        let range = json!({
            "start": {"line": 0, "character": 0},
            "end": {"line": end, "character": 0},
        });
        let params = json!({"textDocument": {"uri": document.uri}, "range": range});
        let answer = self.wire.ask("textDocument/inlayHint", params).await;
        let hints = answer.map_err(|error| format!("hints: {error}"))?;
        Ok(hints.as_array().cloned().unwrap_or_default())
    }

    /// The user clicks a lens. An editor without lenses has none to click.
    pub async fn click(&mut self, choosing: &Choosing) -> Result<(), Fault> {
        let line = self.line_of(self.here(choosing.path.as_ref())?, &choosing.at)?;
        let lenses = self.lenses(choosing.path.as_ref()).await?;
        let is_meant = |lens: &&Value| {
            lens["range"]["start"]["line"] == line
                && starts(&lens["command"]["title"], &choosing.title)
        };
        let Some(lens) = lenses.iter().find(is_meant) else {
            self.note("  which is not shown");
            self.reply = Reply::AsUsual;
            return Ok(());
        };
        let name = lens["command"]["command"].as_str().unwrap_or_default().to_owned();
        self.command(&name, lens["command"]["arguments"].clone()).await
    }
}

/// How far up Helix lists an action of ours.
fn helix_priority(action: &Value) -> (u8, bool, bool) {
    let kind = action["kind"].as_str().unwrap_or_default();
    let category = match kind.split('.').next() {
        Some("quickfix") => 2,
        Some("refactor") => 1,
        _ => 0,
    };
    let is_about = action["diagnostics"].as_array().is_some_and(|all| !all.is_empty());
    (category, is_about, action["isPreferred"] == true)
}

fn starts(title: &Value, wanted: &str) -> bool {
    title.as_str().is_some_and(|title| title.starts_with(wanted))
}
