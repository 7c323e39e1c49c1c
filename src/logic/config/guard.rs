//! `[guard]`: what changes may do to what judges them.

use toml::de::DeTable;

use super::Config;
use super::reader::{Reader, Taken, texts};
use crate::model::guard::{Class, Rule};

impl Reader<'_> {
    /// A rule that cannot be read counts as unusable: edits must not be let in, or left out, otherwise than written.
    pub(super) fn guard(&mut self, table: &DeTable<'_>, config: &mut Config) {
        let n_errors = self.errors.len();
        let mut taken = self.table("guard", table);
        config.n_unusable += self.errors.len() - n_errors;
        for (class, key, _) in Class::GUARDED {
            if let Some(Taken::Text(word)) = taken.remove(key) {
                config.guard.rules.insert(class, rule(&word));
            }
        }
        config.guard.protect = texts(taken.remove("protect")).unwrap_or_default();
        config.guard.allow = texts(taken.remove("allow")).unwrap_or_default();
    }
}

fn rule(word: &str) -> Rule {
    match word {
        "allow" => Rule::Allow,
        "refuse" => Rule::Refuse,
        _ => Rule::Ask,
    }
}
