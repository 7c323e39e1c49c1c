//! What `greenloop doctor` says about models.

use greenloop::model::provider::Dialect;

use super::scripted::{Reply, Scripted};
use crate::support::{Home, Project};

/// The lines about models, and their hints.
fn said(user: &str, project: &str, args: &[&str]) -> String {
    let home = Home::new();
    let folder = Project::empty("p");
    folder.write("greenloop.toml", project);
    let own = home.config().join("greenloop");
    std::fs::create_dir_all(&own).unwrap();
    std::fs::write(own.join("config.toml"), user).unwrap();
    let mut command = folder.greenloop(&home);
    let output = command.arg("doctor").args(args).env("MY_KEY", "k-1").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let first = lines.iter().position(|line| line.contains("model")).unwrap_or(lines.len());
    lines[first..].join("\n").replace(&own.display().to_string(), "OWN")
}

#[test]
fn keys_and_mistakes_are_said_without_a_call() {
    let user = r#"
[[model]]
name = "big"
provider = "openai"
model = "gpt"
key_env = "MY_KEY"

[[model]]
provider = "anthropic"
model = "claude"
key_env = "NO_SUCH_KEY_HERE"

[[model]]
provider = "ollama"
model = "qwen"
windw = 3

[models]
planner = "big"
worker = ["claude", "qwn"]
"#;
    let project = "[[model]]\nname = \"theirs\"\nprovider = \"vllm\"\nmodel = \"m\"\n";
    insta::assert_snapshot!(said(user, project, &[]), @r"
    ✘ OWN/config.toml:16: `model.windw` is not a key; did you mean `window`?
    Correct the line.
    ✔ models of greenloop.toml, only where trusted: theirs
    ✘ `models.worker` names `qwn`, which is no model
    Name a `[[model]]` there is.
    ✔ model `big` (planner): gpt at https://api.openai.com/v1, key in MY_KEY
    ✘ model `claude` (worker): claude at https://api.anthropic.com/v1: the variable NO_SUCH_KEY_HERE, which is to hold the key, is not set
    Set NO_SUCH_KEY_HERE where greenloop is started, or name another with `key_env`, or a program with `key_command`.
    ");
    let trusted = said(user, project, &["--trust"]);
    assert!(
        trusted.contains("model `theirs`: m at http://127.0.0.1:8000/v1, needs no key"),
        "{trusted}"
    );
}

#[test]
fn a_call_is_made_when_it_is_asked_for() {
    let server = Scripted::start(vec![
        Reply::text("ok"),
        Reply::status(404, r#"{"error":{"message":"model `nope` not found"}}"#),
    ]);
    let url = server.url(Dialect::Chat);
    let entry = |model: &str| {
        format!("[[model]]\nprovider = \"custom\"\nmodel = \"{model}\"\nurl = \"{url}\"\n")
    };
    let user = format!("{}{}", entry("tiny"), entry("nope"));
    insta::assert_snapshot!(said(&user, "", &["--models"]).replace(&url, "URL"), @r"
    ✔ model `tiny`: tiny at URL answers
    ✘ model `nope`: nope at URL: the provider answered 404: model `nope` not found
    Check `model`, `url` and `dialect` of the model.
    ");
}
