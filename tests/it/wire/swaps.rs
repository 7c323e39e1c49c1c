//! Another change that passes in the place of the one that was proposed, in an editor.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::Client;
use super::editor::Document;
use super::review::{capabilities, of_code, progress, start};
use crate::swap::{PARCEL, TESTS};

/// A proposal beside which others pass, on the screen of an editor that shows questions beside the text, or
/// one that does not.
fn proposed(asks_beside: bool) -> (TempDir, Client, Document) {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("parcel.py"), PARCEL).unwrap();
    fs::write(folder.path().join("test_parcel.py"), TESTS).unwrap();
    let root = folder.path().canonicalize().unwrap();
    let mut capabilities = capabilities();
    if asks_beside {
        let edit = &mut capabilities["workspace"]["workspaceEdit"];
        edit["failureHandling"] = json!("textOnlyTransactional");
    }
    let mut client = Client::initialized(capabilities, &[&root]);
    let parcel = Document::open(&mut client, &root.join("parcel.py"), PARCEL);
    let task = start(&mut client, "greenloop.fix");
    progress(&mut client, &task, "begin");
    parcel.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    progress(&mut client, &task, "end");
    (folder, client, parcel)
}

/// The title of the only change that is open.
fn change(client: &mut Client) -> Value {
    let status = client.command("greenloop.task.status", Value::Null);
    let tasks = status["tasks"].as_array().unwrap();
    let hunks = tasks.iter().flat_map(|task| task["hunks"].as_array().unwrap());
    let open: Vec<&Value> = hunks.filter(|hunk| hunk["state"] == "pending").collect();
    assert_eq!(open.len(), 1, "{status:#}");
    open[0]["label"].clone()
}

#[test]
fn an_editor_is_asked_once_which_behaviour_is_meant() {
    let (_folder, mut client, parcel) = proposed(true);
    let first = change(&mut client);
    let question = client.server_request("window/showMessageRequest");
    let text = question["params"]["message"].as_str().unwrap();
    assert!(text.contains("what is right for `price("), "{text}");
    let other = question["params"]["actions"][1].clone();
    client.respond(&question, other);
    // The other one is checked like any change; nothing is asked about what was chosen.
    client.notification("$/progress", |params| params["value"]["kind"] == "begin");
    client.notification("$/progress", |params| params["value"]["kind"] == "end");
    parcel.diagnostics(&mut client, |found| of_code(found, "change").len() == 1);
    assert_ne!(change(&mut client), first);
    client.finish();
}

#[test]
fn an_action_takes_another_change_that_passes() {
    let (_folder, mut client, parcel) = proposed(false);
    let offered = parcel.actions(&mut client, 1, Some("quickfix.greenloop.swap"));
    let titles: Vec<&str> =
        offered.iter().map(|action| action["title"].as_str().unwrap()).collect();
    let wanted = titles[0].strip_prefix("Take instead: ").unwrap().to_owned();
    let command = &offered[0]["command"];
    let params = json!({"command": command["command"], "arguments": command["arguments"]});
    let answer = client.ask("workspace/executeCommand", params);
    assert_eq!(answer["ok"], true, "{answer}");
    progress(&mut client, &answer["taskId"], "begin");
    progress(&mut client, &answer["taskId"], "end");
    parcel.diagnostics(&mut client, |found| of_code(found, "change").len() == 1);
    assert!(change(&mut client).as_str().unwrap().contains(&wanted));
    client.finish();
}
