//! What an editor does with edits that reach it: whole, half, late, with operations on files.

use serde_json::{Value, json};

use super::desk::{Desk, Fault, Held};
use super::scenario::Reply;
use crate::sim::document::Document;
use crate::sim::editor::Via;
use crate::sim::manners;
use crate::sim::personality::Deletes;

impl Desk {
    /// The server asks for an edit.
    pub async fn asked_to_apply(&mut self, request: Value) -> Result<(), Fault> {
        let params = &request["params"];
        self.note(format!("  the server asks for {} {}", params["label"], params["edit"]));
        let edit = params["edit"].clone();
        let held = Held { edit, via: Via::Server, request: Some(request), command: Value::Null };
        self.reaches(held).await
    }

    /// An edit has come to the editor.
    pub async fn reaches(&mut self, mut held: Held) -> Result<(), Fault> {
        if let Some(breach) = manners::edit_breach(&held.edit, &self.capabilities) {
            return Err(format!("{breach}: {}", held.edit));
        }
        match std::mem::take(&mut self.reply) {
            Reply::AsUsual => self.land(held).await,
            Reply::Refused => self.concluded(held, false).await,
            Reply::Never => Ok(()),
            Reply::Late => {
                self.held = Some(held);
                Ok(())
            }
            Reply::Half => {
                leave_out_half(&mut held.edit);
                self.land(held).await
            }
        }
    }

    /// Applies an edit if it is this editor's way with the versions it names.
    pub async fn land(&mut self, held: Held) -> Result<(), Fault> {
        if self.real.is_some() {
            return self.land_for_real(held).await;
        }
        let known = self.texts_of(&held.edit);
        if self.editor.refuses(&known, held.via)? {
            self.note("  which the editor refuses");
            return self.concluded(held, false).await;
        }
        match held.edit["documentChanges"].as_array() {
            Some(changes) if changes.iter().any(|change| change["kind"].is_string()) => {
                for change in changes {
                    match change["kind"].as_str() {
                        None => self.apply(&json!({"documentChanges": [change]})).await?,
                        Some(kind) => self.operate(kind, change).await?,
                    }
                }
            }
            Some(_) | None => self.apply(&held.edit).await?,
        }
        self.flush_all().await;
        self.concluded(held, true).await
    }

    async fn apply(&mut self, edit: &Value) -> Result<(), Fault> {
        for at in self.editor.unopened(edit)? {
            let path = self.editor.documents[at].path.clone();
            self.open(&path).await?;
        }
        self.editor.apply(edit, &mut self.rng)?;
        Ok(())
    }

    /// Tells whoever waits what became of an edit.
    async fn concluded(&mut self, held: Held, applied: bool) -> Result<(), Fault> {
        let personality = self.editor.personality;
        if let Some(request) = held.request {
            let answer =
                if applied { Ok(json!({"applied": true})) } else { personality.refusal.answer() };
            self.wire.respond(&request, answer).await;
        }
        let runs = applied || personality.runs_command_after_refusal;
        let command = held.command["command"].as_str().filter(|_| runs);
        if let Some(name) = command {
            self.command(name, held.command["arguments"].clone()).await?;
        }
        Ok(())
    }

    /// The part of an edit that is about texts the editor has now.
    fn texts_of(&self, edit: &Value) -> Value {
        let Some(changes) = edit["documentChanges"].as_array() else { return edit.clone() };
        let is_known = |change: &&Value| {
            change["textDocument"]["uri"].as_str().is_some_and(|uri| self.at(uri).is_ok())
        };
        json!({"documentChanges": changes.iter().filter(is_known).collect::<Vec<_>>()})
    }

    /// Makes, renames or deletes a file.
    async fn operate(&mut self, kind: &str, change: &Value) -> Result<(), Fault> {
        let uri = |name: &str| change[name].as_str().unwrap_or_default().to_owned();
        match kind {
            "create" => {
                let path = path_of(&uri("uri"))?;
                self.engine.write(&path, Vec::new());
                let shown = if self.editor.personality.shows_a_line { "\n" } else { "" };
                self.add(&path, shown);
                Ok(())
            }
            "delete" => {
                let at = self.at(&uri("uri"))?;
                let document = &self.editor.documents[at];
                let (path, is_open) = (document.path.clone(), document.is_open);
                self.engine.remove(&path);
                if is_open && self.editor.personality.deletes == Deletes::Keeps {
                    return Ok(());
                }
                if is_open {
                    self.close(at).await;
                }
                self.editor.documents.remove(at);
                Ok(())
            }
            "rename" => self.rename(&uri("oldUri"), &path_of(&uri("newUri"))?).await,
            other => Err(format!("{other} is not done to files")),
        }
    }

    /// What is on the screen moves along.
    async fn rename(&mut self, old: &str, path: &str) -> Result<(), Fault> {
        let at = self.at(old)?;
        self.flush(at).await;
        let text = self.editor.documents[at].text.string.clone();
        let was_open = self.editor.documents[at].is_open;
        if was_open {
            self.close(at).await;
        }
        let document = self.editor.documents.remove(at);
        let held = self.engine.remove(&document.path).unwrap_or_default();
        let saved = String::from_utf8(held).map_err(|error| error.to_string())?;
        self.engine.write(path, saved.clone().into());
        let at = self.add(path, &saved);
        if was_open {
            self.open(path).await?;
            let all = 0..self.editor.documents[at].text.string.len();
            self.editor.type_in(at, all, &text, &mut self.rng);
        }
        Ok(())
    }

    /// A file that this editor has not shown yet.
    pub fn add(&mut self, path: &str, bytes: &str) -> usize {
        let editor = &mut self.editor;
        let document = Document::holding(path, bytes, editor.personality, &mut editor.fresh);
        editor.documents.push(document);
        editor.documents.len() - 1
    }
}

fn path_of(uri: &str) -> Result<String, Fault> {
    let root = format!("file://{}/", crate::sim::ROOT);
    let path = uri.strip_prefix(&root).ok_or_else(|| format!("{uri} is outside the project"))?;
    Ok(path.to_owned())
}

/// Keeps the first document's part, or the first edit of the only one.
fn leave_out_half(edit: &mut Value) {
    let Some(changes) = edit["documentChanges"].as_array_mut() else { return };
    if changes.len() > 1 {
        changes.truncate(1);
    } else if let Some(edits) = changes[0]["edits"].as_array_mut() {
        edits.truncate(1);
    }
}
