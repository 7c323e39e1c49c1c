//! Edits that make, delete or rename files, as each editor does that.

use serde_json::{Value, json};

use super::accept::{Aim, Applied};
use super::document::Document;
use super::editor::Via;
use super::personality::{Check, Deletes};
use super::world::{Fault, World};

/// Whether an edit does more than change texts.
pub fn is_of_files(edit: &Value) -> bool {
    let changes = edit["documentChanges"].as_array();
    changes.is_some_and(|changes| changes.iter().any(|change| change["kind"].is_string()))
}

impl World {
    /// Applies such an edit, one change after the other.
    pub async fn apply_in_turn(
        &mut self,
        edit: &Value,
        via: Via,
        aim: &Aim,
    ) -> Result<Applied, Fault> {
        let changes = edit["documentChanges"].as_array().cloned().unwrap_or_default();
        let texts: Vec<&Value> =
            changes.iter().filter(|change| self.is_of_known_text(change)).collect();
        let texts = json!({"documentChanges": texts});
        let looks_first = self.editor.personality.check == Check::Racy;
        if looks_first && self.editor.refuses(&texts, via)? {
            self.note(format!("refuses {edit}"));
            return Ok(Applied::Refused);
        }
        self.note(format!("applies {edit}"));
        let mut applied = Applied::Landed;
        for (at, change) in changes.iter().enumerate() {
            let goes_on = match change["kind"].as_str() {
                Some(kind) => self.operate(kind, change, aim).await?,
                None => match self.apply_one(at, change, aim).await? {
                    Applied::Refused => false,
                    Applied::Misplaced => {
                        applied = Applied::Misplaced;
                        true
                    }
                    Applied::Landed | Applied::Declined => true,
                },
            };
            if !goes_on {
                return Ok(Applied::Refused);
            }
        }
        let documents = &self.editor.documents;
        if !aim.wholes.iter().all(|at| self.wholes[*at].is_as_wanted(documents, aim.way)) {
            applied = Applied::Refused;
        }
        Ok(applied)
    }

    fn is_of_known_text(&self, change: &Value) -> bool {
        let uri = &change["textDocument"]["uri"];
        self.editor.documents.iter().any(|document| document.is_there && *uri == document.uri)
    }

    /// The change of one text.
    async fn apply_one(&mut self, at: usize, change: &Value, aim: &Aim) -> Result<Applied, Fault> {
        let mut one = json!({"documentChanges": [change]});
        for document in self.editor.unopened(&one)? {
            self.open(document).await;
        }
        if self.editor.personality.check == Check::FirstUnlessZero && at > 0 {
            // It looks at the version of the first change only.
            one["documentChanges"][0]["textDocument"]["version"] = Value::Null;
        }
        if self.editor.refuses(&one, Via::Server)? && self.editor.personality.check != Check::Racy {
            self.note(format!("leaves out {change}"));
            let goes_on = self.editor.personality.check == Check::FirstUnlessZero;
            return Ok(if goes_on { Applied::Landed } else { Applied::Refused });
        }
        if change["edits"].as_array().is_none_or(Vec::is_empty) {
            return Ok(Applied::Landed);
        }
        let landings = self.editor.apply(&one, &mut self.rng)?;
        let mut applied = Applied::Landed;
        for landing in landings {
            if !self.judge(&landing, aim)? {
                self.take_back(&landing, aim).await?;
                applied = Applied::Misplaced;
            }
        }
        Ok(applied)
    }

    /// Makes, deletes or renames a file; whether the editor goes on with the edit then.
    async fn operate(&mut self, kind: &str, change: &Value, aim: &Aim) -> Result<bool, Fault> {
        let at = |name: &str| {
            let mut all = self.editor.documents.iter();
            all.position(|document| change[name] == document.uri)
                .ok_or_else(|| format!("{} is no file", change[name]))
        };
        let leaves = change["options"]["ignoreIfExists"] == true;
        match kind {
            "create" => self.create(at("uri")?, leaves),
            "delete" => self.delete(at("uri")?, aim).await,
            "rename" => self.rename(at("oldUri")?, at("newUri")?, leaves).await,
            other => Err(format!("{other} is not done to files")),
        }
    }

    fn create(&mut self, at: usize, leaves: bool) -> Result<bool, Fault> {
        let path = self.editor.documents[at].path.clone();
        if self.engine.has(&path) {
            let held = self.engine.read(&path);
            return match (leaves, self.editor.personality.writes_over) {
                (true, _) => Ok(true),
                (false, true) if !held.is_empty() => Err(format!("{path} was emptied")),
                (false, writes_over) => Ok(writes_over),
            };
        }
        self.engine.write(&path, Vec::new());
        if !self.editor.documents[at].is_open {
            self.put_file(at, "");
        }
        Ok(true)
    }

    async fn delete(&mut self, at: usize, aim: &Aim) -> Result<bool, Fault> {
        let document = &self.editor.documents[at];
        let (path, is_open) = (document.path.clone(), document.is_open);
        let meant =
            aim.wholes.iter().map(|at| &self.wholes[*at]).find(|whole| whole.document == at);
        let meant = meant.and_then(|whole| whole.deletes(aim.way)).unwrap_or_default();
        let is_as_meant = super::oracle::same_lines(&document.text.string, meant);
        let closes = match self.editor.personality.deletes {
            Deletes::Closes => true,
            Deletes::ClosesUnchanged => document.is_saved(),
            Deletes::Keeps => false,
        };
        if !is_as_meant && (closes || !is_open) {
            return Err(format!(
                "{path} was deleted with what was typed: {:?}",
                document.text.string
            ));
        }
        if self.engine.remove(&path).is_none() {
            return Ok(self.editor.personality.check != Check::FirstUnlessZero);
        }
        if is_open && closes {
            self.close(at).await;
        }
        if !self.editor.documents[at].is_open {
            self.take_file(at);
        }
        Ok(true)
    }

    /// What is on the screen moves along.
    async fn rename(&mut self, old: usize, new: usize, leaves: bool) -> Result<bool, Fault> {
        let path = self.editor.documents[new].path.clone();
        if self.engine.has(&path) || self.editor.documents[new].is_there {
            return match (leaves, self.editor.personality.renames_over) {
                (true, _) => Ok(true),
                (false, true) => Err(format!("{path} was written over")),
                (false, false) => Ok(self.editor.personality.check == Check::FirstUnlessZero),
            };
        }
        let Some(bytes) = self.engine.remove(&self.editor.documents[old].path) else {
            return Ok(false);
        };
        self.engine.write(&path, bytes);
        let is_open = self.editor.documents[old].is_open;
        if is_open {
            self.flush(old).await;
            let uri = self.editor.documents[old].uri.clone();
            self.wire.notify("textDocument/didClose", json!({"textDocument": {"uri": uri}})).await;
        }
        self.exchange(old, new);
        if is_open {
            let document = &mut self.editor.documents[new];
            document.version = self.editor.personality.first_version;
            let params = document.show();
            self.wire.notify("textDocument/didOpen", params).await;
        }
        Ok(true)
    }

    /// The file at one path is at the other one now.
    fn exchange(&mut self, old: usize, new: usize) {
        let documents = &mut self.editor.documents;
        let names = |document: &Document| (document.path.clone(), document.uri.clone());
        let (here, there) = (names(&documents[old]), names(&documents[new]));
        documents.swap(old, new);
        (documents[old].path, documents[old].uri) = here;
        (documents[new].path, documents[new].uri) = there;
        let about = |at: usize| {
            let whole: &super::whole::Whole = &self.wholes[at];
            whole.is_about(old) && whole.is_about(new)
        };
        let moved = self.known.iter_mut().filter(|known| known.of_whole.is_some_and(about));
        moved.for_each(|known| known.document = new);
    }

    /// A closed file that is not on disk any more.
    pub fn take_file(&mut self, at: usize) {
        let editor = &mut self.editor;
        let path = editor.documents[at].path.clone();
        editor.documents[at] = Document::absent(&path, editor.personality, &mut editor.fresh);
    }

    /// A file that its user makes, or an editor.
    pub fn put_file(&mut self, at: usize, bytes: &str) {
        let editor = &mut self.editor;
        let path = editor.documents[at].path.clone();
        self.engine.write(&path, bytes.into());
        editor.documents[at] =
            Document::holding(&path, bytes, editor.personality, &mut editor.fresh);
    }
}
