//! A workspace of several folders: each is a project of its own, also while it is worked on.

use std::fs;

use serde_json::{Value, json};

use super::client::{Client, uri};
use super::editor::Document;
use super::review::{SOUND, capabilities, hunk_state, of_code, progress, project};

/// A document with a fault typed into it, and the run that is to mend it.
fn broken(client: &mut Client, path: &std::path::Path, new: &str) -> (Document, Value) {
    let mut marks = Document::open(client, path, SOUND);
    marks.replace(client, ">= 50", new);
    let answer = client.command("greenloop.fix", json!({"uri": marks.uri()}));
    assert_eq!(answer["ok"], true, "{answer}");
    (marks, answer["taskId"].clone())
}

fn tasks(client: &mut Client) -> Vec<Value> {
    let status = client.command("greenloop.task.status", Value::Null);
    assert_eq!(status["ok"], true, "{status}");
    let tasks = status["tasks"].as_array().into_iter().flatten();
    tasks.map(|task| task["taskId"].clone()).collect()
}

#[test]
fn folders_are_fixed_at_once_and_each_keeps_its_own_changes() {
    let folders = [project(), project()];
    let roots = folders.each_ref().map(|folder| folder.path().canonicalize().unwrap());
    let mut client = Client::initialized(capabilities(), &[&roots[0], &roots[1]]);
    let mut open = roots.each_ref().map(|root| broken(&mut client, &root.join("marks.py"), "> 50"));
    for (_, task) in &open {
        progress(&mut client, task, "end");
    }
    for at in [0, 1] {
        let (marks, task) = &mut open[at];
        assert_eq!(hunk_state(&mut client, task), "pending");
        let actions = marks.actions(&mut client, 1, Some("quickfix.greenloop.accept"));
        assert_eq!(actions.len(), 1, "its own alone: {actions:#?}");
        let resolved = client.ask("codeAction/resolve", actions[0].clone());
        assert!(marks.apply(&mut client, &resolved["edit"]));
        assert_eq!(marks.text, SOUND);
        assert_eq!(hunk_state(&mut client, task), "applied");
        let other = 1 - at;
        let expected = if at == 0 { "pending" } else { "applied" };
        assert_eq!(hunk_state(&mut client, &open[other].1), expected, "the other one stays");
    }
}

#[test]
fn a_folder_comes_and_goes_while_the_server_runs() {
    let folders = [project(), project()];
    let roots = folders.each_ref().map(|folder| folder.path().canonicalize().unwrap());
    let mut client = Client::initialized(capabilities(), &[&roots[0]]);
    let changed = |client: &mut Client, added: Value, removed: Value| {
        let event = json!({"event": {"added": added, "removed": removed}});
        client.notify("workspace/didChangeWorkspaceFolders", event);
    };
    let second = json!([{"uri": uri(&roots[1]), "name": "second"}]);
    changed(&mut client, second.clone(), json!([]));
    let (marks, task) = broken(&mut client, &roots[1].join("marks.py"), "> 50");
    marks.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    progress(&mut client, &task, "end");

    changed(&mut client, json!([]), second.clone());
    client.passed_over();
    marks.diagnostics(&mut client, <[Value]>::is_empty);
    assert_eq!(tasks(&mut client), Vec::<Value>::new());
    assert_eq!(fs::read_to_string(&marks.path).unwrap(), SOUND, "nothing was written");

    // What was proposed is there again with its folder.
    changed(&mut client, second, json!([]));
    marks.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    assert_eq!(tasks(&mut client), [task]);
}
