//! Document names leave as the editor spelled them, where parsing a URI changes its spelling.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use tower_lsp::lsp_types::Url;

use crate::base::limits;

/// From the parsed spelling of documents to the editor's own; empty for editors that spell like our parser.
#[derive(Default)]
pub struct Aliases(Mutex<Table>);

#[derive(Default)]
struct Table {
    spelled: HashMap<String, String>,
    /// Oldest first; it gives way when there are too many.
    learned: VecDeque<String>,
}

impl Aliases {
    /// Remembers the spelling of a document that the editor opens.
    pub fn learn(&self, spelled: &str) {
        if let Ok(url) = Url::parse(spelled)
            && url.as_str() != spelled
        {
            let (mut table, parsed) = (self.table(), String::from(url));
            if table.spelled.insert(parsed.clone(), spelled.to_owned()).is_none() {
                table.learned.push_back(parsed);
            }
            if table.learned.len() > limits::DOCUMENTS_OPEN_MAX
                && let Some(oldest) = table.learned.pop_front()
            {
                table.spelled.remove(&oldest);
            }
        }
    }

    /// Puts the editor's spellings into a message.
    pub fn restore(&self, message: &mut Value) {
        let table = self.table();
        if !table.spelled.is_empty() {
            restore(&table.spelled, message);
        }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn restore(table: &HashMap<String, String>, value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(spelled) = table.get(text) {
                spelled.clone_into(text);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| restore(table, item)),
        Value::Object(fields) => {
            // The keys of a workspace edit's `changes` are document names too.
            let named: Vec<String> =
                fields.keys().filter(|key| table.contains_key(*key)).cloned().collect();
            for key in named {
                let field = fields.remove(&key).expect("the key was just found");
                fields.insert(table[&key].clone(), field);
            }
            fields.values_mut().for_each(|field| restore(table, field));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_oldest_spelling_gives_way() {
        let aliases = Aliases::default();
        (0..=limits::DOCUMENTS_OPEN_MAX).for_each(|n| aliases.learn(&format!("file:///a b/{n}")));
        let mut message = json!(["file:///a%20b/0", "file:///a%20b/1"]);
        aliases.restore(&mut message);
        assert_eq!(message, json!(["file:///a%20b/0", "file:///a b/1"]));
    }

    #[test]
    fn names_leave_as_they_came() {
        let aliases = Aliases::default();
        let spelled = "file:///tmp/a b/ü.py";
        let parsed = Url::parse(spelled).unwrap().to_string();
        assert_ne!(parsed, spelled);
        aliases.learn(spelled);
        aliases.learn("file:///c%3A/same.py");
        let mut message =
            json!({"uri": parsed, "edit": {"changes": {&parsed: [1], "file:///c%3A/same.py": []}}});
        aliases.restore(&mut message);
        assert_eq!(
            message,
            json!({"uri": spelled, "edit": {"changes": {spelled: [1], "file:///c%3A/same.py": []}}})
        );
    }
}
