//! The main job in an editor: a fault on the screen, never saved, becomes a reviewed fix.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::Client;
use super::editor::Document;

pub const SOUND: &str = "def passed(points):\n    return points >= 50\n\n\ndef grade(points):\n    return 'A' if points >= 90 else 'B'\n";
const TESTS: &str = "\
import unittest

from marks import grade, passed


class Marks(unittest.TestCase):
    def test_boundary(self):
        self.assertTrue(passed(50))

    def test_below(self):
        self.assertFalse(passed(49))

    def test_grade(self):
        self.assertEqual(grade(95), 'A')
";

/// A sound project on disk.
pub fn project() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("marks.py"), SOUND).unwrap();
    fs::write(folder.path().join("test_marks.py"), TESTS).unwrap();
    folder
}

pub fn capabilities() -> Value {
    json!({
        "textDocument": {
            "codeAction": {
                "codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}},
                "dataSupport": true,
                "disabledSupport": true,
                "isPreferredSupport": true,
                "resolveSupport": {"properties": ["edit"]},
            },
            "publishDiagnostics": {
                "versionSupport": true,
                "relatedInformation": true,
                "dataSupport": true,
                "codeDescriptionSupport": true,
            },
        },
        "window": {"workDoneProgress": true},
        "workspace": {"applyEdit": true, "workspaceEdit": {"documentChanges": true}},
    })
}

pub fn of_code<'a>(diagnostics: &'a [Value], code: &str) -> Vec<&'a Value> {
    diagnostics.iter().filter(|diagnostic| diagnostic["code"] == code).collect()
}

pub fn hunk_state(client: &mut Client, task: &Value) -> Value {
    let status = client.command("greenloop.task.status", json!({ "taskId": task }));
    status["tasks"][0]["hunks"][0]["state"].clone()
}

pub fn start(client: &mut Client, command: &str) -> Value {
    let before = Instant::now();
    let answer = client.command(command, Value::Null);
    assert_eq!(answer["ok"], true, "{answer}");
    // The promise is 100 ms; a loaded test machine gets more.
    assert!(before.elapsed() < Duration::from_secs(2), "commands are answered at once");
    answer["taskId"].clone()
}

/// Begin, and later the end, of a task's progress.
pub fn progress(client: &mut Client, task: &Value, kind: &str) -> Value {
    let token = format!("greenloop-task-{}", task.as_str().unwrap());
    client.notification("$/progress", |params| {
        params["token"] == token && params["value"]["kind"] == kind
    })
}

/// A project with the fault typed into a buffer, fixed by a run whose proposal is on the screen.
pub fn proposed(client: &mut Client, root: &Path) -> (Document, Value) {
    let mut marks = Document::open(client, &root.join("marks.py"), SOUND);
    marks.replace(client, ">= 50", "> 50");
    let task = start(client, "greenloop.fix");
    progress(client, &task, "begin");
    let diagnostics = marks.diagnostics(client, |found| !of_code(found, "change").is_empty());
    assert_eq!(of_code(&diagnostics, "change").len(), 1, "{diagnostics:#?}");
    progress(client, &task, "end");
    (marks, task)
}

#[test]
fn a_fault_typed_into_a_buffer_becomes_an_accepted_change() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut capabilities = capabilities();
    capabilities["workspace"]["textDocumentContent"] = json!({"dynamicRegistration": false});
    let mut client = Client::initialized(capabilities, &[&root]);
    let tests = Document::open(&mut client, &root.join("test_marks.py"), TESTS);
    let mut marks = Document::open(&mut client, &root.join("marks.py"), SOUND);
    marks.replace(&mut client, ">= 50", "> 50");

    // What is red?
    let checked = start(&mut client, "greenloop.test.run");
    progress(&mut client, &checked, "begin");
    let red = tests.diagnostics(&mut client, |found| !found.is_empty());
    assert_eq!(red.len(), 1, "{red:#?}");
    assert_eq!((&red[0]["code"], &red[0]["severity"]), (&json!("test"), &json!(1)));
    let log = format!("greenloop:/log/{}.txt", checked.as_str().unwrap());
    assert_eq!(red[0]["codeDescription"]["href"], log);
    assert_eq!(red[0]["range"]["start"]["line"], tests.line_of("assertTrue(passed(50))"));
    assert!(red[0]["message"].as_str().unwrap().contains("test_boundary"), "{red:#?}");
    progress(&mut client, &checked, "end");
    let offered = tests.actions(&mut client, tests.line_of("assertTrue(passed(50))"), None);
    let kinds: Vec<&str> = offered.iter().filter_map(|action| action["kind"].as_str()).collect();
    assert_eq!(kinds, ["quickfix.greenloop.fix", "source.greenloop.test"]);

    // Fix it, as the action says.
    let command = &offered[0]["command"];
    let params = json!({"command": command["command"], "arguments": command["arguments"]});
    let answer = client.ask("workspace/executeCommand", params);
    assert_eq!(answer["ok"], true, "{answer}");
    let task = answer["taskId"].clone();
    progress(&mut client, &task, "begin");
    let found = marks.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    let change = of_code(&found, "change")[0];
    assert_eq!(change["severity"], 3);
    assert_eq!(change["range"]["start"]["line"], marks.line_of("> 50"));
    assert_eq!(change["data"]["greenloop"], json!({"taskId": task, "path": "marks.py", "hunk": 0}));
    let related = &change["relatedInformation"][0];
    assert_eq!(related["message"], "test_marks.Marks.test_boundary fails without it");
    assert_eq!(related["location"]["uri"], tests.uri());
    let message = change["message"].as_str().unwrap();
    assert!(
        message.starts_with("Proposed change 1/1: ") && message.ends_with("(3/3 tests pass)"),
        "{message}"
    );
    progress(&mut client, &task, "end");
    assert_eq!(hunk_state(&mut client, &task), "pending");
    assert_eq!(fs::read_to_string(&marks.path).unwrap(), SOUND, "nothing was written");

    // Accept it.
    let actions =
        marks.actions(&mut client, marks.line_of("> 50"), Some("quickfix.greenloop.accept"));
    assert_eq!(actions.len(), 1, "{actions:#?}");
    assert_eq!(actions[0]["isPreferred"], true);
    assert!(actions[0]["edit"].is_null(), "the edit is made when it is asked for");
    let resolved = client.ask("codeAction/resolve", actions[0].clone());
    assert!(marks.apply(&mut client, &resolved["edit"]));
    assert_eq!(marks.text, SOUND);
    let recheck = &resolved["command"];
    client.ask(
        "workspace/executeCommand",
        json!({"command": recheck["command"], "arguments": recheck["arguments"]}),
    );
    marks.diagnostics(&mut client, <[Value]>::is_empty);
    tests.diagnostics(&mut client, <[Value]>::is_empty);
    assert_eq!(hunk_state(&mut client, &task), "applied");
    assert_eq!(marks.actions(&mut client, 1, Some("quickfix")), Vec::<Value>::new());

    // Undo makes it pending, typing inside it a conflict.
    marks.undo(&mut client);
    assert_eq!(hunk_state(&mut client, &task), "pending");
    let actions = marks.actions(&mut client, 1, Some("quickfix.greenloop.accept"));
    let stale = client.ask("codeAction/resolve", actions[0].clone());
    marks.replace(&mut client, "> 50", "> 51");
    assert!(
        !marks.apply(&mut client, &stale["edit"]),
        "an edit for an older text has an older version"
    );
    // It was in the text once, so the user is trusted with what follows.
    assert_eq!(hunk_state(&mut client, &task), "settled");
    client.ask_error("codeAction/resolve", actions[0].clone());
}

#[test]
fn typing_inside_a_proposed_hunk_is_a_conflict_and_never_an_edit() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::initialized(capabilities(), &[&root]);
    let (mut marks, task) = proposed(&mut client, &root);
    let actions = marks.actions(&mut client, 1, Some("quickfix.greenloop.accept"));

    marks.replace(&mut client, "> 50", "> 51");
    let found = marks.diagnostics(&mut client, |found| !of_code(found, "conflict").is_empty());
    assert_eq!(of_code(&found, "conflict")[0]["severity"], 2);
    assert_eq!(of_code(&found, "change").len(), 0);
    assert_eq!(hunk_state(&mut client, &task), "conflict");
    let listed = marks.actions(&mut client, 1, Some("quickfix.greenloop.accept"));
    assert!(
        listed[0]["disabled"]["reason"].is_string() && listed[0]["edit"].is_null(),
        "{listed:#?}"
    );
    const CONTENT_MODIFIED: i64 = -32801;
    assert_eq!(client.ask_error("codeAction/resolve", actions[0].clone()), CONTENT_MODIFIED);
    let answer = client.command("greenloop.hunk.accept", actions[0]["data"]["greenloop"].clone());
    assert_eq!((&answer["ok"], &answer["reason"]), (&json!(false), &json!("conflict")));
    client.notification("window/showMessage", |_| true);

    // Typing elsewhere only moves it.
    marks.undo(&mut client);
    marks.replace(&mut client, "def passed", "LIMIT = 50\n\n\ndef passed");
    let found = marks.diagnostics(&mut client, |found| {
        of_code(found, "change").iter().any(|change| change["range"]["start"]["line"] == 4)
    });
    assert_eq!(of_code(&found, "conflict").len(), 0);
    let resolved = client.ask("codeAction/resolve", actions[0].clone());
    assert!(marks.apply(&mut client, &resolved["edit"]));
    assert_eq!(marks.text, SOUND.replace("def passed", "LIMIT = 50\n\n\ndef passed"));
}

#[test]
fn a_rejected_hunk_goes_and_comes_back_when_restored() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::initialized(capabilities(), &[&root]);
    let (marks, task) = proposed(&mut client, &root);
    let actions = marks.actions(&mut client, 1, Some("quickfix.greenloop.reject"));
    let hunk = actions[0]["command"]["arguments"][0].clone();
    assert_eq!(client.command("greenloop.hunk.reject", hunk.clone())["ok"], true);
    marks.diagnostics(&mut client, |found| of_code(found, "change").is_empty());
    assert_eq!(hunk_state(&mut client, &task), "rejected");
    assert_eq!(client.command("greenloop.hunk.restore", hunk)["ok"], true);
    marks.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    assert_eq!(hunk_state(&mut client, &task), "pending");
}

#[test]
fn the_server_can_have_a_hunk_applied_and_believes_only_the_text() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::initialized(capabilities(), &[&root]);
    let (mut marks, task) = proposed(&mut client, &root);
    let actions = marks.actions(&mut client, 1, Some("quickfix.greenloop.accept"));
    let hunk = actions[0]["data"]["greenloop"].clone();

    // An editor that says yes and does nothing.
    assert_eq!(client.command("greenloop.hunk.accept", hunk.clone())["ok"], true);
    let request = client.server_request("workspace/applyEdit");
    client.respond(&request, json!({"applied": true}));
    let told = client.notification("window/showMessage", |_| true);
    assert!(told["params"]["message"].as_str().unwrap().contains("was not applied"), "{told}");
    assert_eq!(hunk_state(&mut client, &task), "pending");

    // One that does it and says nothing sensible.
    assert_eq!(client.command("greenloop.hunk.accept", hunk)["ok"], true);
    let request = client.server_request("workspace/applyEdit");
    assert!(marks.apply(&mut client, &request["params"]["edit"]));
    client.respond(&request, json!({"applied": null}));
    assert_eq!(hunk_state(&mut client, &task), "applied");
}

#[test]
fn an_editor_that_resolves_nothing_gets_edit_and_command_at_once() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut capabilities = capabilities();
    let literals = capabilities["textDocument"]["codeAction"]["codeActionLiteralSupport"].clone();
    capabilities["textDocument"]["codeAction"] = json!({ "codeActionLiteralSupport": literals });
    capabilities["window"] = json!({});
    let mut client = Client::initialized(capabilities, &[&root]);
    let mut marks = Document::open(&mut client, &root.join("marks.py"), SOUND);
    marks.replace(&mut client, ">= 50", "> 50");
    start(&mut client, "greenloop.fix");
    marks.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    client.notification("window/showMessage", |params| params["type"] == 3);
    let actions = marks.actions(&mut client, 1, Some("quickfix.greenloop.accept"));
    assert_eq!(actions[0]["command"]["command"], "greenloop.hunk.recheck");
    assert!(marks.apply(&mut client, &actions[0]["edit"]));
    assert_eq!(marks.text, SOUND);
}

#[test]
fn an_editor_that_knows_only_commands_gets_commands() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut capabilities = capabilities();
    capabilities["textDocument"]["codeAction"] = json!({});
    let mut client = Client::initialized(capabilities, &[&root]);
    let (mut marks, _) = proposed(&mut client, &root);
    let actions = marks.actions(&mut client, 1, None);
    let names: Vec<&str> = actions.iter().filter_map(|action| action["command"].as_str()).collect();
    // How many others pass depends on how far the search came.
    let fixed: Vec<&str> =
        names.iter().copied().filter(|name| *name != "greenloop.proposal.swap").collect();
    assert_eq!(
        fixed,
        [
            "greenloop.hunk.accept",
            "greenloop.hunk.reject",
            "greenloop.show",
            "greenloop.hunk.revise"
        ]
    );
    let params = json!({"command": names[0], "arguments": actions[0]["arguments"]});
    assert_eq!(client.ask("workspace/executeCommand", params)["ok"], true);
    let request = client.server_request("workspace/applyEdit");
    assert!(marks.apply(&mut client, &request["params"]["edit"]));
    client.respond(&request, json!({"applied": true}));
    assert_eq!(marks.text, SOUND);
}

#[test]
fn line_endings_of_the_document_are_kept() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let windows = SOUND.replace('\n', "\r\n");
    fs::write(root.join("marks.py"), &windows).unwrap();
    let mut client = Client::initialized(capabilities(), &[&root]);
    let mut marks = Document::open(&mut client, &root.join("marks.py"), &windows);
    marks.replace(&mut client, ">= 50", "> 50");
    start(&mut client, "greenloop.fix");
    marks.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    let actions = marks.actions(&mut client, 1, Some("quickfix.greenloop.accept"));
    let resolved = client.ask("codeAction/resolve", actions[0].clone());
    assert!(marks.apply(&mut client, &resolved["edit"]));
    assert_eq!(marks.text, windows);
}

#[test]
fn a_change_to_a_file_that_is_not_open_is_made_for_the_text_on_disk() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let faulty = SOUND.replace(">= 50", "> 50");
    fs::write(root.join("marks.py"), &faulty).unwrap();
    let mut client = Client::initialized(capabilities(), &[&root]);
    let task = start(&mut client, "greenloop.fix");
    let uri = super::client::uri(&root.join("marks.py"));
    let published = client.notification("textDocument/publishDiagnostics", |params| {
        params["uri"] == uri && !params["diagnostics"].as_array().unwrap().is_empty()
    });
    assert!(published["params"].get("version").is_none(), "{published}");
    let hunk = json!({"taskId": task, "path": "marks.py", "hunk": 0});
    let action = json!({"title": "Accept", "data": {"greenloop": hunk}});
    let resolved = client.ask("codeAction/resolve", action);
    let change = &resolved["edit"]["documentChanges"][0];
    let document = change["textDocument"].as_object().unwrap();
    assert_eq!((&document["uri"], document.get("version")), (&json!(uri), Some(&Value::Null)));
    assert_eq!(change["edits"][0]["newText"], "    return points >= 50\n");
}

#[test]
fn a_task_can_be_cancelled_by_command_and_by_its_progress_bar() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let slow =
        TESTS.replace("import unittest\n", "import time\nimport unittest\n\ntime.sleep(600)\n");
    fs::write(root.join("test_marks.py"), slow).unwrap();
    let mut client = Client::initialized(capabilities(), &[&root]);
    for by_command in [true, false] {
        let task = start(&mut client, "greenloop.fix");
        progress(&mut client, &task, "begin");
        if by_command {
            assert_eq!(client.command("greenloop.task.cancel", Value::Null)["taskId"], task);
        } else {
            let token = format!("greenloop-task-{}", task.as_str().unwrap());
            client.notify("window/workDoneProgress/cancel", json!({ "token": token }));
        }
        assert_eq!(progress(&mut client, &task, "end")["params"]["value"]["message"], "cancelled");
    }
}
