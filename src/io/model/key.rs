//! The key of a provider: looked for when it is needed, kept in memory only, and never printed.

use crate::base::cancel::CancelToken;
use crate::base::limits::MODEL_KEY_WALL_MAX;
use crate::io::process::{self, End};
use crate::model::provider::KeySource;

/// Why there is no key, and what to do about it, for people.
pub struct NoKey {
    pub message: String,
    pub hint: String,
}

#[derive(Clone)]
pub(super) struct Key(String);

impl Key {
    pub(super) fn text(&self) -> &str {
        &self.0
    }

    /// `text` without the key.
    pub(super) fn redact(&self, text: &str) -> String {
        text.replace(&self.0, "[key]")
    }
}

/// `Ok(None)` where the provider wants none.
pub(super) fn find(source: &KeySource, cancel: &CancelToken) -> Result<Option<Key>, NoKey> {
    match source {
        KeySource::None => Ok(None),
        KeySource::Env(name) => {
            let value = std::env::var(name).unwrap_or_default();
            let missing = || NoKey {
                message: format!("the variable {name}, which is to hold the key, is not set"),
                hint: format!(
                    "Set {name} where greenloop is started, or name another with `key_env`, or a program with \
                     `key_command`."
                ),
            };
            key(&value).map(Some).ok_or_else(missing)
        }
        KeySource::Command(argv) => asked(argv, cancel).map(Some),
    }
}

fn asked(argv: &[String], cancel: &CancelToken) -> Result<Key, NoKey> {
    let output = process::ask(argv, MODEL_KEY_WALL_MAX, cancel);
    let program = argv.first().map_or("", String::as_str);
    let problem = match output.end {
        End::Exited(0) => {
            let text = String::from_utf8_lossy(&output.text);
            match key(&text) {
                Some(key) => return Ok(key),
                None => "printed no key in one line".to_owned(),
            }
        }
        End::NotStarted(reason) => reason,
        End::TimedOut => format!("said nothing for {} seconds", MODEL_KEY_WALL_MAX.as_secs()),
        End::Cancelled => "was cancelled".to_owned(),
        End::Exited(code) => format!("ended with code {code}"),
        End::Signalled(_) | End::Flooded { .. } | End::OverLimit { .. } => "was ended".to_owned(),
    };
    Err(NoKey {
        message: format!("`key_command` gives no key: `{program}` {problem}"),
        hint: "Run it in a terminal to see what is wrong; it must print the key and nothing else."
            .to_owned(),
    })
}

/// One line that can stand in a header.
fn key(text: &str) -> Option<Key> {
    let text = text.trim();
    let is_good = !text.is_empty() && text.chars().all(|ch| ch.is_ascii_graphic());
    is_good.then(|| Key(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(argv: &[&str], expected: Result<&str, &str>) {
        let argv: Vec<String> = argv.iter().map(|word| (*word).to_owned()).collect();
        let found = find(&KeySource::Command(argv), &CancelToken::new());
        let found = found.map(|key| key.unwrap().text().to_owned());
        let found = found.map_err(|problem| problem.message);
        assert_eq!(found.as_deref().map_err(String::as_str), expected);
    }

    #[test]
    fn a_program_says_the_key_on_its_standard_output() {
        check(&["sh", "-c", "echo unlocked >&2; echo ' k-1 '"], Ok("k-1"));
        check(&["echo", "$HOME"], Ok("$HOME"));
        check(&["true"], Err("`key_command` gives no key: `true` printed no key in one line"));
        check(
            &["printf", "a\\nb"],
            Err("`key_command` gives no key: `printf` printed no key in one line"),
        );
        check(&["false"], Err("`key_command` gives no key: `false` ended with code 1"));
        check(
            &["no-such-keychain"],
            Err(
                "`key_command` gives no key: `no-such-keychain` program `no-such-keychain` not found",
            ),
        );
    }

    #[test]
    fn a_missing_variable_is_named() {
        let source = KeySource::Env("GREENLOOP_TEST_NO_SUCH_KEY".to_owned());
        let Err(problem) = find(&source, &CancelToken::new()) else {
            panic!("there is no such key")
        };
        assert!(problem.message.contains("GREENLOOP_TEST_NO_SUCH_KEY"));
    }
}
