//! `[[model]]` entries, and who does what with them in `[models]`.

mod roles;

use std::collections::BTreeMap;

use toml::de::{DeArray, DeTable, DeValue};

use super::presets::{PRESETS, Preset};
use super::reader::{Reader, Taken, Value, count, flag, text, texts};
use super::{ConfigError, Key, Takes};
use crate::base::limits::{MODEL_IDLE_DEFAULT, MODEL_WHOLE_IDLE_DEFAULT};
use crate::base::near::near;
use crate::model::failure::{Failure, FailureKind};
use crate::model::provider::{Dialect, KeySource, Model, Prices};

/// The models that a file names, and what they are for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Models {
    pub all: Vec<Model>,
    pub roles: Roles,
}

/// Names of models.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Roles {
    pub planner: Option<String>,
    /// The first works; each further one stands in where those before it cannot be had.
    pub worker: Vec<String>,
}

impl Models {
    pub fn named(&self, name: &str) -> Option<&Model> {
        self.all.iter().find(|model| model.name == name)
    }

    /// The user's own models with those of a project on top, which count only where the project is trusted: they say
    /// whom its files are sent to, and which programs say keys.
    pub fn with_project(mut self, project: Models, trusted: bool) -> Result<Models, Failure> {
        if let Some(model) = project.all.first().filter(|_| !trusted) {
            return Err(Failure::new(
                FailureKind::Refused,
                format!(
                    "greenloop.toml sends the project to model `{}` at {}",
                    model.name, model.url
                ),
                "Models of a project that is not trusted are not called. If you trust it, start greenloop with --trust, \
                 or trust the workspace in your editor; else name the model in your own config.toml.",
            ));
        }
        self.all.retain(|model| project.named(&model.name).is_none());
        self.all.extend(project.all.into_iter().map(|model| Model { of_project: true, ..model }));
        let Roles { planner, worker } = project.roles;
        self.roles.planner = planner.or(self.roles.planner);
        if !worker.is_empty() {
            self.roles.worker = worker;
        }
        Ok(self)
    }

    /// Roles that name no model, for people.
    pub fn unknown_roles(&self) -> Vec<String> {
        let Roles { planner, worker } = &self.roles;
        let planner = planner.iter().map(|name| ("planner", name));
        let worker = worker.iter().map(|name| ("worker", name));
        let named = planner.chain(worker);
        let known: Vec<&str> = self.all.iter().map(|model| model.name.as_str()).collect();
        let unknown = named.filter(|(_, name)| !known.contains(&name.as_str()));
        unknown
            .map(|(role, name)| match near(name, known.iter().copied(), 1).first() {
                Some(meant) => format!(
                    "`models.{role}` names `{name}`, which is no model; did you mean `{meant}`?"
                ),
                None => format!("`models.{role}` names `{name}`, which is no model"),
            })
            .collect()
    }
}

/// Tokens of an answer when nothing else is said.
const OUTPUT_DEFAULT: u32 = 8_192;
const TOKENS_MAX: u64 = 100_000_000;

const fn key(name: &'static str, takes: Takes, doc: &'static str) -> Key {
    Key { table: "model", name, takes, doc }
}

const fn role(name: &'static str, takes: Takes, doc: &'static str) -> Key {
    Key { table: "models", name, takes, doc }
}

pub(super) const KEYS: &[Key] = &[
    key("name", Takes::Text, "What the model is called here; its `model` when left out."),
    key(
        "provider",
        Takes::Word(&[
            "openai",
            "openai-responses",
            "anthropic",
            "openrouter",
            "ollama",
            "llama-cpp",
            "vllm",
            "lm-studio",
            "azure",
            "custom",
        ]),
        "Whose server it is. Needed; says what the other keys are when they are left out.",
    ),
    key("model", Takes::Text, "What the provider calls it. Needed."),
    key(
        "dialect",
        Takes::Word(&["chat", "responses", "messages", "ollama"]),
        "How the server is spoken to; the provider's when left out.",
    ),
    key(
        "url",
        Takes::Url,
        "Where the server is, up to and with the version. Needed for `azure` and `custom`.",
    ),
    key(
        "key_env",
        Takes::Variable,
        "The variable that holds the key; the provider's when left out.",
    ),
    key(
        "key_command",
        Takes::Texts,
        "Program and arguments that print the key, instead of `key_env`.",
    ),
    key(
        "window",
        Takes::Count(TOKENS_MAX),
        "Tokens that a request and its answer may take together; 128000, 200000 for `anthropic` and 16384 for servers of \
         your own when left out.",
    ),
    key(
        "output_max",
        Takes::Count(TOKENS_MAX),
        "Tokens of an answer; 8192 when left out, but at most half of `window`.",
    ),
    key(
        "idle_seconds",
        Takes::Count(86_400),
        "How long nothing may come; 300 when left out, 900 without `stream`.",
    ),
    key(
        "stream",
        Takes::Flag,
        "Whether answers come piece by piece; as is good for the provider when left out.",
    ),
    key("price_input", Takes::Price, "Dollars for a million tokens sent."),
    key(
        "price_cached",
        Takes::Price,
        "The same, read from the provider's cache; `price_input` when left out.",
    ),
    key("price_cache_write", Takes::Price, "The same, written to it; `price_input` when left out."),
    key("price_output", Takes::Price, "Dollars for a million tokens of answers."),
    role("planner", Takes::Text, "The model that plans."),
    role("worker", Takes::Texts, "The model that works, and those that stand in for it, in order."),
];

/// Names under which people write keys into files.
const SECRETS: &[&str] = &["key", "api_key", "apikey", "token", "api_token", "secret", "password"];

impl Reader<'_> {
    /// The user's own file.
    pub(super) fn user_config(mut self, table: &DeTable<'_>) -> (Models, Vec<ConfigError>) {
        for name in table.keys() {
            if !["model", "models"].contains(&name.get_ref().as_ref()) {
                self.unknown(name.get_ref(), name, name.get_ref(), ["model", "models"]);
            }
        }
        let (models, _) = self.all_models(table);
        self.errors.sort_by_key(|error| error.line);
        (models, self.errors)
    }

    /// What a file says about models, and how many of its entries cannot be used.
    pub(super) fn all_models(&mut self, table: &DeTable<'_>) -> (Models, usize) {
        let mut models = Models::default();
        let mut n_unusable = 0;
        if let Some(value) = table.get("model") {
            if let DeValue::Array(entries) = value.get_ref() {
                n_unusable += self.models(entries, &mut models);
            } else {
                n_unusable += 1;
                self.error("model", value, "is a list: write `[[model]]`");
            }
        }
        if let Some(value) = table.get("models") {
            if let DeValue::Table(roles) = value.get_ref() {
                n_unusable += self.roles(roles, &mut models);
            } else {
                n_unusable += 1;
                self.error("models", value, "is a table: write `[models]`");
            }
        }
        (models, n_unusable)
    }

    fn models(&mut self, entries: &DeArray<'_>, models: &mut Models) -> usize {
        let mut n_unusable = 0;
        for entry in entries {
            match self.model(entry) {
                Some(model) if models.named(&model.name).is_some() => {
                    n_unusable += 1;
                    let message =
                        format!("`{}` is used twice: give each model its own", model.name);
                    self.error("model.name", entry, &message);
                }
                Some(model) => models.all.push(model),
                None => n_unusable += 1,
            }
        }
        n_unusable
    }

    fn roles(&mut self, table: &DeTable<'_>, models: &mut Models) -> usize {
        let n_errors = self.errors.len();
        let mut taken = self.table("models", table);
        models.roles = Roles {
            planner: text(taken.remove("planner")),
            worker: texts(taken.remove("worker")).unwrap_or_default(),
        };
        self.errors.len() - n_errors
    }

    fn model(&mut self, entry: &Value<'_>) -> Option<Model> {
        let DeValue::Table(table) = entry.get_ref() else {
            self.error("model", entry, "is a list of tables: write `[[model]]`");
            return None;
        };
        let n_errors = self.errors.len();
        let has_secret = self.secrets(table);
        let mut taken = if has_secret { BTreeMap::new() } else { self.table("model", table) };
        for key in ["provider", "model"] {
            if !has_secret && !table.contains_key(key) {
                self.error(&format!("model.{key}"), entry, "is missing");
            }
        }
        // A model that is reached otherwise than written is not the one that was asked for.
        if self.errors.len() > n_errors {
            return None;
        }
        let word = text(taken.remove("provider"))?;
        let preset = PRESETS.iter().find(|preset| preset.word == word)?;
        let model = filled(preset, &mut taken);
        let problem = if model.url.is_empty() {
            Some(("url", format!("is missing: the provider `{word}` needs it")))
        } else if taken.contains_key("key_env") && taken.contains_key("key_command") {
            Some(("key_env", "and `key_command` are both there: say one of them".to_owned()))
        } else if model.output_max >= model.window {
            Some(("output_max", format!("leaves nothing of a `window` of {}", model.window)))
        } else {
            None
        };
        if let Some((key, problem)) = problem {
            self.error(&format!("model.{key}"), entry, &problem);
            return None;
        }
        Some(model)
    }

    /// Whether a key is written into the file, which is told without it.
    fn secrets(&mut self, table: &DeTable<'_>) -> bool {
        let n_errors = self.errors.len();
        for (name, value) in table {
            let plain = name.get_ref().to_lowercase().replace('-', "_");
            if SECRETS.contains(&plain.as_str()) {
                let message = "does not belong into a file: put the key into a variable and name it with `key_env`, or \
                               name a program that prints it with `key_command`; make a new key if this file was shared";
                self.error(&format!("model.{}", name.get_ref()), value, message);
            }
        }
        self.errors.len() > n_errors
    }
}

fn filled(preset: &Preset, taken: &mut BTreeMap<&'static str, Taken>) -> Model {
    let small = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    let stream = flag(taken.remove("stream")).unwrap_or(preset.stream);
    let window = count(taken.remove("window")).map_or(preset.window, small);
    let idle = if stream { MODEL_IDLE_DEFAULT } else { MODEL_WHOLE_IDLE_DEFAULT };
    let model = text(taken.remove("model")).unwrap_or_default();
    let dialect = match text(taken.remove("dialect")).as_deref() {
        Some("chat") => Dialect::Chat,
        Some("responses") => Dialect::Responses,
        Some("messages") => Dialect::Messages,
        Some("ollama") => Dialect::Ollama,
        _ => preset.dialect,
    };
    Model {
        name: text(taken.remove("name")).unwrap_or_else(|| model.clone()),
        vendor: preset.vendor,
        dialect,
        url: text(taken.remove("url")).unwrap_or_else(|| preset.url.to_owned()),
        model,
        key: key_source(preset, taken),
        window,
        output_max: count(taken.remove("output_max"))
            .map_or_else(|| OUTPUT_DEFAULT.min(window / 2), small),
        idle_ms: count(taken.remove("idle_seconds"))
            .map_or(idle.as_millis() as u64, |seconds| seconds * 1_000),
        stream,
        prices: prices(taken),
        of_project: false,
    }
}

fn key_source(preset: &Preset, taken: &BTreeMap<&'static str, Taken>) -> KeySource {
    match (taken.get("key_command"), taken.get("key_env")) {
        (Some(Taken::Texts(argv)), _) => KeySource::Command(argv.clone()),
        (_, Some(Taken::Text(name))) => KeySource::Env(name.clone()),
        _ if preset.key_env.is_empty() => KeySource::None,
        _ => KeySource::Env(preset.key_env.to_owned()),
    }
}

fn prices(taken: &mut BTreeMap<&'static str, Taken>) -> Option<Prices> {
    let mut price = |name| count(taken.remove(name));
    let (input, output) = (price("price_input"), price("price_output"));
    let (cached, written) = (price("price_cached"), price("price_cache_write"));
    if [input, output, cached, written].iter().all(Option::is_none) {
        return None;
    }
    let input = input.unwrap_or(0);
    Some(Prices {
        input,
        cached: cached.unwrap_or(input),
        cache_written: written.unwrap_or(input),
        output: output.unwrap_or(0),
    })
}

/// Dollars in millionths; `None` for what is no price.
pub(super) fn price(value: &DeValue<'_>) -> Option<u64> {
    const DOLLARS_MAX: f64 = 1_000_000.0;
    let dollars: f64 = match value {
        DeValue::Float(number) => number.as_str().replace('_', "").parse().ok()?,
        DeValue::Integer(number) => {
            u32::from_str_radix(number.as_str(), number.radix()).ok()?.into()
        }
        _ => return None,
    };
    (0.0..=DOLLARS_MAX).contains(&dollars).then(|| (dollars * 1e6).round() as u64)
}

/// An address of a server, without a user or a key in it.
pub(super) fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| {
        let host = rest.split(['/', '?']).next().unwrap_or_default();
        let is_plain = |ch: char| ch.is_ascii_graphic() && !"\"<>\\^`{|}#".contains(ch);
        !host.is_empty() && !host.contains('@') && text.chars().all(is_plain)
    })
}

/// The name of an environment variable; keys have other characters, or are longer.
pub(super) fn is_variable(text: &str) -> bool {
    let is_word = |ch: char| ch.is_ascii_alphanumeric() || ch == '_';
    let is_begun = text.starts_with(|ch: char| ch.is_ascii_alphabetic() || ch == '_');
    is_begun && text.len() <= 64 && text.chars().all(is_word)
}

#[cfg(test)]
mod tests;
