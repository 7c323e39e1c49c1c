//! Tests of reading models.

use super::super::{read, read_user};
use super::*;
use crate::model::provider::Vendor;

/// One line for each model and error of a user's file.
fn told(text: &str) -> String {
    let (models, errors) = read_user(text.as_bytes()).unwrap();
    let mut lines: Vec<String> = models
        .all
        .iter()
        .map(|model| {
            let Model { name, dialect, url, key, window, output_max, idle_ms, stream, .. } = model;
            format!("{name} {dialect:?} {url} {key:?} {window}/{output_max} {idle_ms} {stream}")
        })
        .collect();
    lines.extend(models.unknown_roles());
    lines.extend(errors.iter().map(|error| error.told("config.toml")));
    lines.join("\n")
}

#[test]
fn a_provider_says_what_is_left_out() {
    for Preset { word, .. } in PRESETS {
        let more = if ["azure", "custom"].contains(word) { "url = \"https://h/v1\"\n" } else { "" };
        let line = told(&format!("[[model]]\nprovider = \"{word}\"\nmodel = \"m\"\n{more}"));
        assert!(line.starts_with("m ") && !line.contains('\n'), "{word}: {line}");
    }
    insta::assert_snapshot!(told(r#"
[[model]]
provider = "anthropic"
model = "big"

[[model]]
name = "here"
provider = "vllm"
model = "qwen"
dialect = "messages"
url = "http://gpu:8000/v1"
key_command = ["pass", "show", "vllm"]
window = 32_768
output_max = 1000
idle_seconds = 60
stream = true

[models]
planner = "big"
worker = ["here", "bigg"]
"#), @r#"
    big Messages https://api.anthropic.com/v1 Env("ANTHROPIC_API_KEY") 200000/8192 300000 true
    here Messages http://gpu:8000/v1 Command(["pass", "show", "vllm"]) 32768/1000 60000 true
    `models.worker` names `bigg`, which is no model; did you mean `big`?
    "#);
}

#[test]
fn what_cannot_be_used_is_said_with_its_line_and_without_keys() {
    let text = r#"
[check]

[[model]]
provider = "openai"
model = "a"
api_key = "sk-12345"

[[model]]
provider = "opnai"
model = "b"
key_env = "sk-proj-12345"

[[model]]
provider = "custom"
model = "c"

[[model]]
provider = "custom"
model = "d"
url = "https://me:sk-12345@host/v1"
windw = 3

[[model]]
provider = "ollama"
model = "e"
window = 100
output_max = 100

[[model]]
provider = "ollama"
model = "f"
key_env = "A"
key_command = ["b"]
price_input = -1

[[model]]
provider = "ollama"
model = "g"
key_env = "A"
key_command = ["b"]

[models]
planer = "a"
"#;
    assert!(!told(text).contains("12345"));
    insta::assert_snapshot!(told(text), @r#"
    config.toml:2: `check` is not a key; there are model, models
    config.toml:7: `model.api_key` does not belong into a file: put the key into a variable and name it with `key_env`, or name a program that prints it with `key_command`; make a new key if this file was shared
    config.toml:10: `model.provider` takes one of openai, openai-responses, anthropic, openrouter, ollama, llama-cpp, vllm, lm-studio, azure, custom
    config.toml:12: `model.key_env` takes the name of an environment variable, never the key itself
    config.toml:14: `model.url` is missing: the provider `custom` needs it
    config.toml:21: `model.url` takes an address like "https://host/v1", without a key in it
    config.toml:22: `model.windw` is not a key; did you mean `window`?
    config.toml:24: `model.output_max` leaves nothing of a `window` of 100
    config.toml:35: `model.price_input` takes a number of dollars, for example 2.5
    config.toml:37: `model.key_env` and `key_command` are both there: say one of them
    config.toml:44: `models.planer` is not a key; did you mean `planner`?
    "#);
}

#[test]
fn prices_add_up_without_rounding() {
    let price = |text: &str| {
        let file = format!("[[model]]\nprovider = \"ollama\"\nmodel = \"m\"\n{text}");
        read_user(file.as_bytes()).unwrap().0.all.first().map(|model| model.prices)
    };
    assert_eq!(price(""), Some(None));
    let all =
        Prices { input: 2_500_000, cached: 250_000, cache_written: 2_500_000, output: 10_000_000 };
    assert_eq!(price("price_input = 2.5\nprice_cached = 0.25\nprice_output = 10"), Some(Some(all)));
    assert_eq!(price("price_input = 1e9"), None);
    assert_eq!(price("price_input = nan"), None);
    assert_eq!(price("price_input = \"1\""), None);
}

#[test]
fn models_of_a_project_count_where_it_is_trusted() {
    let own = "[[model]]\nprovider = \"ollama\"\nmodel = \"a\"\n[[model]]\nprovider = \"ollama\"\nmodel = \"b\"\n\
               [models]\nplanner = \"a\"\nworker = [\"b\"]\n";
    let own = || read_user(own.as_bytes()).unwrap().0;
    let project = "[[model]]\nprovider = \"openai\"\nmodel = \"a\"\n[models]\nworker = [\"a\"]\n";
    let project = || read(project.as_bytes()).unwrap().0.models;
    let refused = own().with_project(project(), false).unwrap_err();
    assert_eq!(refused.kind, FailureKind::Refused);
    let both = own().with_project(project(), true).unwrap();
    assert_eq!(both.named("a").unwrap().vendor, Vendor::Openai);
    assert_eq!(both.all.len(), 2);
    assert_eq!(both.roles.planner.as_deref(), Some("a"));
    assert_eq!(both.roles.worker, ["a"]);
    // To choose among the user's own needs no trust.
    let choice = Models { all: Vec::new(), ..project() };
    assert_eq!(own().with_project(choice, false).unwrap().roles.worker, ["a"]);
}
