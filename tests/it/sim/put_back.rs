//! What the server puts back when an edit came too late for what was typed.

use serde_json::{Value, json};

use super::editor::{Landing, Via};
use super::text::difference;
use super::world::{Fault, World};

impl World {
    /// Applies what the server puts back, if it is this editor's way with the versions it names, and says into which
    /// documents. What comes out must have been on the screen before.
    pub async fn put_back(&mut self) -> Result<Vec<usize>, Fault> {
        let mut documents = Vec::new();
        // Texts that have to come back, as an edit that came too late in its turn took something away.
        let mut lost: Vec<(usize, String)> = Vec::new();
        while let Some(which) = self.wire.asked.iter().position(is_put_back) {
            let Some(request) = self.wire.asked.remove(which) else { break };
            let edit = &request["params"]["edit"];
            for document in self.editor.unopened(edit)? {
                self.open(document).await;
            }
            if self.editor.refuses(edit, Via::Server)? {
                self.note(format!("put back too late: {edit}"));
                self.wire.respond(&request, self.editor.personality.refusal.answer()).await;
                continue;
            }
            self.note(format!("put back: {edit}"));
            for landing in self.editor.apply(edit, &mut self.rng)? {
                documents.push(landing.document);
                if self.has_lost(&landing, edit)? {
                    lost.push((landing.document, landing.before.string));
                    self.flush(landing.document).await;
                    self.wire.wait(1).await;
                }
            }
            self.wire.respond(&request, Ok(json!({"applied": true}))).await;
        }
        for (document, before) in lost {
            let text = &self.editor.documents[document].text.string;
            if *text != before {
                return Err(format!("a put-back took away what was typed: {before:?} is {text:?}"));
            }
        }
        Ok(documents)
    }

    /// Whether something was lost that was typed while a put-back was under way.
    fn has_lost(&self, landing: &Landing, edit: &Value) -> Result<bool, Fault> {
        let document = &self.editor.documents[landing.document];
        let after = &document.text.string;
        if !landing.is_stale {
            let before = &landing.before.string;
            return if document.has_been(after) {
                Ok(false)
            } else {
                Err(format!("put back to what never was: {before:?} is {after:?}"))
            };
        }
        let part = &edit["documentChanges"][0];
        let (_, seen) = document.seen(part["textDocument"]["version"].as_i64());
        let (meant, _) = self.editor.replaced(seen, &part["edits"][0])?;
        let (taken, _) = difference(&landing.before.string, after);
        Ok(taken.len() > meant.len())
    }
}

fn is_put_back(request: &Value) -> bool {
    request["params"]["label"] == "Put back what was typed"
}
