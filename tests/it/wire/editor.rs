//! One document in an editor: typing, undo, and edits applied the way editors do.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::client::{Client, uri};

pub struct Document {
    pub path: PathBuf,
    pub version: i32,
    pub text: String,
    undo: Vec<String>,
}

impl Document {
    pub fn open(client: &mut Client, path: &Path, text: &str) -> Document {
        client.open(path, 1, text);
        Document { path: path.to_owned(), version: 1, text: text.to_owned(), undo: Vec::new() }
    }

    pub fn uri(&self) -> String {
        uri(&self.path)
    }

    /// Types `new` over the only occurrence of `old`, as one incremental change.
    pub fn replace(&mut self, client: &mut Client, old: &str, new: &str) {
        assert_eq!(self.text.matches(old).count(), 1, "{old:?} in {:?}", self.text);
        let start = self.text.find(old).unwrap();
        let range = json!({"start": position(&self.text, start), "end": position(&self.text, start + old.len())});
        self.undo.push(self.text.clone());
        self.text.replace_range(start..start + old.len(), new);
        self.changed(client, json!({"range": range, "text": new}));
    }

    /// Takes the last change back.
    pub fn undo(&mut self, client: &mut Client) {
        self.text = self.undo.pop().expect("something to undo");
        let text = self.text.clone();
        self.changed(client, json!({ "text": text }));
    }

    /// Applies a workspace edit that must be for this document, as a whole or not at all; `false` when its version is
    /// not this document's.
    pub fn apply(&mut self, client: &mut Client, edit: &Value) -> bool {
        let changes = edit["documentChanges"].as_array().expect("document changes");
        assert_eq!(changes.len(), 1, "{edit}");
        assert_eq!(changes[0]["textDocument"]["uri"], self.uri());
        let version = &changes[0]["textDocument"]["version"];
        assert!(version.is_number(), "an open document has a version: {edit}");
        if *version != self.version {
            return false;
        }
        let mut text = self.text.clone();
        let edits = changes[0]["edits"].as_array().unwrap();
        for edit in edits.iter().rev() {
            let range = offset(&self.text, &edit["range"]["start"])
                ..offset(&self.text, &edit["range"]["end"]);
            text.replace_range(range, edit["newText"].as_str().unwrap());
        }
        self.undo.push(std::mem::replace(&mut self.text, text.clone()));
        self.changed(client, json!({ "text": text }));
        true
    }

    fn changed(&mut self, client: &mut Client, change: Value) {
        self.version += 1;
        let document = json!({"uri": self.uri(), "version": self.version});
        client.notify(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": [change]}),
        );
    }

    /// The line, counted from 0, of the only occurrence of `text`.
    pub fn line_of(&self, text: &str) -> u64 {
        assert_eq!(self.text.matches(text).count(), 1, "{text:?}");
        position(&self.text, self.text.find(text).unwrap())["line"].as_u64().unwrap()
    }

    /// The code actions at a line.
    pub fn actions(&self, client: &mut Client, line: u64, only: Option<&str>) -> Vec<Value> {
        let at = json!({"line": line, "character": 0});
        let mut context = json!({ "diagnostics": [] });
        if let Some(only) = only {
            context["only"] = json!([only]);
        }
        let params = json!({"textDocument": {"uri": self.uri()}, "range": {"start": at, "end": at}, "context": context});
        client.ask("textDocument/codeAction", params).as_array().unwrap().clone()
    }

    /// The next diagnostics of this document that fit.
    pub fn diagnostics(&self, client: &mut Client, fits: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let published = client.notification("textDocument/publishDiagnostics", |params| {
            params["uri"] == self.uri() && fits(params["diagnostics"].as_array().unwrap())
        });
        published["params"]["diagnostics"].as_array().unwrap().clone()
    }
}

/// In UTF-16 units, the default of the protocol.
fn position(text: &str, offset: usize) -> Value {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let line = text[..offset].matches('\n').count();
    json!({"line": line, "character": text[start..offset].encode_utf16().count()})
}

fn offset(text: &str, position: &Value) -> usize {
    let (line, column) =
        (position["line"].as_u64().unwrap() as usize, position["character"].as_u64().unwrap());
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let mut units = 0;
    for (at, ch) in text[start..].char_indices() {
        if units >= column || ch == '\n' {
            return start + at;
        }
        units += ch.len_utf16() as u64;
    }
    text.len()
}
