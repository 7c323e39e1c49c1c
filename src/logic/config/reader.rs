//! From parsed TOML to `Config`, collecting what cannot be used with its line.

use std::collections::{BTreeMap, BTreeSet};

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::{CheckConfig, Config, ConfigError, Key, Takes, keys_of};
use super::{models, policy};
use crate::base::glob::Globs;
use crate::base::limits::{CHECK_WALL_DEFAULT, JAIL_HOSTS_MAX};
use crate::base::near::near;
use crate::base::path::RepoPath;
use crate::base::text::LineIndex;
use crate::model::check::{Linter, Runner};
use crate::model::policy::{Network, Policy};

pub(super) type Value<'i> = Spanned<DeValue<'i>>;

pub(super) struct Reader<'a> {
    index: &'a LineIndex,
    pub(super) errors: Vec<ConfigError>,
}

/// A value of the kind its key takes.
pub(super) enum Taken {
    Text(String),
    Flag(bool),
    Folder(RepoPath),
    Texts(Vec<String>),
    TextTable(BTreeMap<String, String>),
    Count(u64),
    Network(Network),
}

impl<'a> Reader<'a> {
    pub(super) fn new(index: &'a LineIndex) -> Self {
        Self { index, errors: Vec::new() }
    }

    pub(super) fn config(mut self, table: &DeTable<'_>) -> (Config, Vec<ConfigError>) {
        let mut config = Config::default();
        // Checks go by it, wherever it stands in the file.
        if let Some(value) = table.get("sandbox") {
            config.policy = self.sandbox(value);
        }
        for (name, value) in table {
            match (name.get_ref().as_ref(), value.get_ref()) {
                ("check", DeValue::Array(entries)) => self.checks(entries, &mut config),
                ("check", _) => {
                    config.n_unusable += 1;
                    self.error("check", value, "is a list: write `[[check]]`");
                }
                ("worker", DeValue::Array(entries)) => self.workers(entries, &mut config),
                ("worker", _) => {
                    config.n_unusable += 1;
                    self.error("worker", value, "is a list: write `[[worker]]`");
                }
                ("workers" | "sandbox", _) => {}
                ("budget", DeValue::Table(keys)) => self.budget(keys, &mut config),
                ("budget", _) => {
                    config.n_unusable += 1;
                    self.error("budget", value, "is a table: write `[budget]`");
                }
                ("approval", DeValue::Table(keys)) => self.approval(keys, &mut config),
                ("approval", _) => {
                    config.n_unusable += 1;
                    self.error("approval", value, "is a table: write `[approval]`");
                }
                ("guard", DeValue::Table(keys)) => self.guard(keys, &mut config),
                ("guard", _) => {
                    config.n_unusable += 1;
                    self.error("guard", value, "is a table: write `[guard]`");
                }
                ("model" | "models", _) => {}
                (other, _) => {
                    let known = [
                        "check", "worker", "workers", "budget", "approval", "guard", "sandbox",
                        "model", "models",
                    ];
                    self.unknown(other, name, other, known);
                }
            }
        }
        let n_unusable;
        (config.models, n_unusable) = self.all_models(table);
        config.n_unusable += n_unusable;
        // Any worker may be named, wherever it stands in the file.
        if let Some(value) = table.get("workers") {
            self.ladder(value, &mut config);
        }
        self.errors.sort_by_key(|error| error.line);
        (config, self.errors)
    }

    fn checks(&mut self, entries: &DeArray<'_>, config: &mut Config) {
        let mut names = BTreeSet::new();
        for entry in entries {
            let Some(check) = self.check(entry, &config.policy) else {
                config.n_unusable += 1;
                continue;
            };
            if names.insert(check.name.clone()) {
                config.checks.push(check);
            } else {
                config.n_unusable += 1;
                let message = format!("`{}` is used twice: give each check its own", check.name);
                self.error("check.name", entry, &message);
            }
        }
    }

    fn check(&mut self, entry: &Value<'_>, all: &Policy) -> Option<CheckConfig> {
        let DeValue::Table(table) = entry.get_ref() else {
            self.error("check", entry, "is a list of tables: write `[[check]]`");
            return None;
        };
        // A check that would run elsewhere or otherwise than written is not the check that was asked for.
        let n_errors = self.errors.len();
        let mut taken = self.table("check", table);
        let is_whole = !self.errors[n_errors..].iter().any(|error| {
            let key = error.key.strip_prefix("check.").unwrap_or_default();
            ["runner", "dir", "command", "args", "env", "report"].contains(&key)
        });
        let runner = match taken.remove("runner") {
            Some(Taken::Text(word)) => runner_named(&word),
            _ if !is_whole => return None,
            _ => {
                self.error("check.runner", entry, "is missing: say who runs the tests");
                return None;
            }
        };
        let (command, report) = (texts(taken.remove("command")), texts(taken.remove("report")));
        let missing = needed(runner).find(|key| match *key {
            "command" => command.is_none(),
            _ => report.is_none(),
        });
        if let Some(key) = missing.filter(|_| is_whole) {
            let message = format!("is missing: the runner `{}` needs it", runner_word(runner));
            self.error(&format!("check.{key}"), entry, &message);
            return None;
        }
        is_whole.then(|| CheckConfig {
            name: text(taken.remove("name")).unwrap_or_else(|| runner_word(runner).to_owned()),
            runner,
            dir: folder(taken.remove("dir")).unwrap_or_else(RepoPath::root),
            command,
            args: texts(taken.remove("args")).unwrap_or_default(),
            report: report.unwrap_or_default(),
            timeout_ms: count(taken.remove("timeout_seconds"))
                .map_or(CHECK_WALL_DEFAULT.as_millis() as u64, |seconds| seconds * 1_000),
            env: text_table(taken.remove("env")).unwrap_or_default(),
            on_request: flag(taken.remove("on_request")).unwrap_or(false),
            policy: policy::policy(&mut taken, all),
        })
    }

    /// The good values of a table by key.
    pub(super) fn table(&mut self, of: &str, table: &DeTable<'_>) -> BTreeMap<&'static str, Taken> {
        let mut taken = BTreeMap::new();
        for (name, value) in table {
            let full = format!("{of}.{}", name.get_ref());
            match keys_of(of).find(|key| key.name == name.get_ref().as_ref()) {
                Some(key) => {
                    if let Some(good) = self.take(key, &full, value) {
                        taken.insert(key.name, good);
                    }
                }
                None => {
                    let known = keys_of(of).map(|key| key.name);
                    self.unknown(&full, name, name.get_ref(), known);
                }
            }
        }
        taken
    }

    pub(super) fn take(&mut self, key: &Key, full: &str, value: &Value<'_>) -> Option<Taken> {
        let taken = match (key.takes, value.get_ref()) {
            (Takes::Text, DeValue::String(text)) if !text.trim().is_empty() => {
                Some(Taken::Text(text.to_string()))
            }
            (Takes::Word(words), DeValue::String(text)) => {
                words.contains(&text.as_ref()).then(|| Taken::Text(text.to_string()))
            }
            (Takes::Folder, DeValue::String(text)) => {
                RepoPath::new(text.as_ref()).map(Taken::Folder)
            }
            (Takes::Flag, DeValue::Boolean(flag)) => Some(Taken::Flag(*flag)),
            (Takes::Texts, DeValue::Array(list)) => all_texts(list).map(Taken::Texts),
            (Takes::Patterns, DeValue::String(text)) => patterns(vec![text.to_string()]),
            (Takes::Patterns, DeValue::Array(list)) => all_texts(list).and_then(patterns),
            (Takes::TextTable, DeValue::Table(table)) => all_named(table).map(Taken::TextTable),
            (Takes::Count(max), DeValue::Integer(number)) => {
                u64::from_str_radix(number.as_str(), number.radix())
                    .ok()
                    .filter(|n| (1..=max).contains(n))
                    .map(Taken::Count)
            }
            (Takes::Paths, DeValue::Array(list)) => all_texts(list)
                .filter(|paths| paths.iter().all(|path| policy::is_path(path)))
                .map(Taken::Texts),
            (Takes::Url, DeValue::String(text)) => {
                models::is_url(text).then(|| Taken::Text(text.to_string()))
            }
            (Takes::Variable, DeValue::String(text)) => {
                models::is_variable(text).then(|| Taken::Text(text.to_string()))
            }
            (Takes::Price, price) => models::price(price).map(Taken::Count),
            (Takes::Network, DeValue::Boolean(true)) => Some(Taken::Network(Network::Open)),
            (Takes::Network, DeValue::Boolean(false)) => Some(Taken::Network(Network::Private)),
            (Takes::Network, DeValue::Array(list)) => all_texts(list)
                .filter(|hosts| hosts.len() <= JAIL_HOSTS_MAX)
                .filter(|hosts| hosts.iter().all(|host| policy::is_host(host)))
                .map(|hosts| Taken::Network(Network::Hosts(hosts))),
            (
                Takes::Text
                | Takes::Word(_)
                | Takes::Folder
                | Takes::Texts
                | Takes::Flag
                | Takes::TextTable
                | Takes::Patterns
                | Takes::Count(_)
                | Takes::Paths
                | Takes::Url
                | Takes::Variable
                | Takes::Network,
                _,
            ) => None,
        };
        // A command needs its program.
        let taken = taken.filter(|taken| {
            !matches!(key.name, "command" | "key_command")
                || !matches!(taken, Taken::Texts(words) if words.is_empty())
        });
        if taken.is_none() {
            self.error(full, value, &format!("takes {}", key.takes.wanted()));
        }
        taken
    }

    pub(super) fn unknown<'k, T>(
        &mut self,
        full: &str,
        at: &Spanned<T>,
        name: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let message = match near(name, known.iter().copied(), 1).first() {
            Some(meant) => format!("is not a key; did you mean `{meant}`?"),
            None => format!("is not a key; there are {}", known.join(", ")),
        };
        self.error(full, at, &message);
    }

    pub(super) fn error<T>(&mut self, key: &str, at: &Spanned<T>, message: &str) {
        let line = self.index.line_of(at.span().start) + 1;
        self.errors.push(ConfigError { key: key.to_owned(), line, message: message.to_owned() });
    }
}

fn all_texts(list: &DeArray<'_>) -> Option<Vec<String>> {
    list.iter()
        .map(|item| match item.get_ref() {
            DeValue::String(text) if !text.contains('\0') => Some(text.to_string()),
            _ => None,
        })
        .collect()
}

fn patterns(patterns: Vec<String>) -> Option<Taken> {
    let globs = Globs::new(&RepoPath::root(), patterns.iter().map(String::as_str));
    globs.filter(|globs| !globs.folders().is_empty()).map(|_| Taken::Texts(patterns))
}

fn all_named(table: &DeTable<'_>) -> Option<BTreeMap<String, String>> {
    table
        .iter()
        .map(|(name, value)| match value.get_ref() {
            DeValue::String(text) if !text.contains('\0') && is_variable(name.get_ref()) => {
                Some((name.get_ref().to_string(), text.to_string()))
            }
            _ => None,
        })
        .collect()
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0'])
}

/// The keys a runner cannot do without.
fn needed(runner: Runner) -> impl Iterator<Item = &'static str> {
    let keys: &[&str] = match runner {
        Runner::Tap | Runner::Command => &["command"],
        Runner::Junit => &["command", "report"],
        _ => &[],
    };
    keys.iter().copied()
}

fn runner_named(word: &str) -> Runner {
    match word {
        "unittest" => Runner::Unittest,
        "pytest" => Runner::Pytest,
        "cargo" => Runner::Cargo,
        "nextest" => Runner::Nextest,
        "go" => Runner::Go,
        "junit" => Runner::Junit,
        "tap" => Runner::Tap,
        "node-test" => Runner::NodeTest,
        "jest" => Runner::Jest,
        "vitest" => Runner::Vitest,
        "mocha" => Runner::Mocha,
        word => {
            let linter = Linter::ALL.into_iter().find(|linter| linter.word() == word);
            linter.map_or(Runner::Command, Runner::Lint)
        }
    }
}

fn runner_word(runner: Runner) -> &'static str {
    match runner {
        Runner::Unittest => "unittest",
        Runner::Pytest => "pytest",
        Runner::Cargo => "cargo",
        Runner::NodeTest => "node-test",
        Runner::Jest => "jest",
        Runner::Vitest => "vitest",
        Runner::Mocha => "mocha",
        Runner::Nextest => "nextest",
        Runner::Go => "go",
        Runner::Junit => "junit",
        Runner::Tap => "tap",
        Runner::Command => "command",
        Runner::Lint(linter) => linter.word(),
    }
}

pub(super) fn text(taken: Option<Taken>) -> Option<String> {
    if let Some(Taken::Text(text)) = taken { Some(text) } else { None }
}

fn folder(taken: Option<Taken>) -> Option<RepoPath> {
    if let Some(Taken::Folder(folder)) = taken { Some(folder) } else { None }
}

pub(super) fn texts(taken: Option<Taken>) -> Option<Vec<String>> {
    if let Some(Taken::Texts(texts)) = taken { Some(texts) } else { None }
}

fn text_table(taken: Option<Taken>) -> Option<BTreeMap<String, String>> {
    if let Some(Taken::TextTable(table)) = taken { Some(table) } else { None }
}

pub(super) fn flag(taken: Option<Taken>) -> Option<bool> {
    if let Some(Taken::Flag(flag)) = taken { Some(flag) } else { None }
}

pub(super) fn count(taken: Option<Taken>) -> Option<u64> {
    if let Some(Taken::Count(count)) = taken { Some(count) } else { None }
}
