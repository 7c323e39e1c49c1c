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
    /// Of both spellings of all.
    n_bytes: usize,
}

impl Table {
    fn learn(&mut self, parsed: String, spelled: &str) {
        self.n_bytes += parsed.len() + spelled.len();
        match self.spelled.insert(parsed.clone(), spelled.to_owned()) {
            Some(before) => self.n_bytes -= parsed.len() + before.len(),
            None => self.learned.push_back(parsed),
        }
        while self.n_bytes > limits::ALIASES_BYTES_MAX
            && let Some(oldest) = self.learned.pop_front()
        {
            let spelled = self.spelled.remove(&oldest).unwrap_or_default();
            self.n_bytes -= oldest.len() + spelled.len();
        }
    }
}

impl Aliases {
    /// Remembers the spelling of a document that the editor opens.
    pub fn learn(&self, spelled: &str) {
        if let Ok(url) = Url::parse(spelled)
            && url.as_str() != spelled
        {
            self.table().learn(String::from(url), spelled);
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
        let long = "x".repeat(limits::URI_BYTES_MAX);
        let n_most = limits::ALIASES_BYTES_MAX / (2 * long.len());
        let name = |n: usize| format!("file:///a b/{n}/{long}");
        (0..n_most).for_each(|n| (0..2).for_each(|_| aliases.learn(&name(n))));
        let last = name(n_most - 1);
        let restored = |n: usize| {
            let mut message = json!(Url::parse(&name(n)).unwrap());
            aliases.restore(&mut message);
            message
        };
        assert_eq!(restored(n_most - 1), json!(last));
        assert_ne!(restored(0), json!(name(0)), "the oldest gave way");
        assert_eq!(restored(1), json!(name(1)));
        assert!(aliases.table().n_bytes <= limits::ALIASES_BYTES_MAX);
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
