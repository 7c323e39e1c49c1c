//! Reviews of real projects, across restarts, and of large texts: what is on the screen counts, and nothing is lost.

use std::time::Instant;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{Client, DEADLINE};
use super::editor::Document;
use super::review::{SOUND, capabilities, hunk_state, of_code, progress, project, proposed, start};
use crate::support::{Fingerprint, Fixture, Home};

/// The fault of a fixture typed into a buffer of the healthy project, fixed and accepted; the disk stays as it is.
fn check_unsaved_fault(name: &str) {
    let fixture = Fixture::load(name);
    let project = fixture.copy_healthy();
    project.commit_all();
    let before = Fingerprint::of(&project.root);
    let mut client = Client::initialized(capabilities(), &[&project.root]);
    let path = project.root.join(&fixture.fault.file);
    let mut document = Document::open(&mut client, &path, &project.read(&fixture.fault.file));
    document.replace(&mut client, &fixture.fault.good, &fixture.fault.bad);
    let task = start(&mut client, "greenloop.fix");
    let found = document.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    let line = of_code(&found, "change")[0]["range"]["start"]["line"].as_u64().unwrap();
    let actions = document.actions(&mut client, line, Some("quickfix.greenloop.accept"));
    let n_tests = fixture.passing + fixture.red.len();
    let title = actions[0]["title"].as_str().unwrap();
    assert!(title.ends_with(&format!("({n_tests}/{n_tests} tests pass)")), "{title}");
    let resolved = client.ask("codeAction/resolve", actions[0].clone());
    assert!(document.apply(&mut client, &resolved["edit"]));
    assert_eq!(hunk_state(&mut client, &task), "applied");
    before.assert_unchanged(&project.root);
}

#[test]
fn an_unsaved_fault_of_a_unittest_project_is_fixed() {
    check_unsaved_fault("python-billing");
}

#[test]
fn an_unsaved_fault_of_a_pytest_project_is_fixed() {
    check_unsaved_fault("python-ledger-pytest");
}

#[test]
fn an_unsaved_fault_of_a_crate_is_fixed() {
    check_unsaved_fault("rust-interval");
}

#[test]
fn a_task_whose_server_was_killed_can_be_resumed_in_the_next() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let faulty = SOUND.replace(">= 50", "> 50");
    let mut client = Client::start_in(Home::new(), "after-append:2");
    client.initialize(capabilities(), &[&root]);
    Document::open(&mut client, &root.join("marks.py"), &faulty);
    let task = start(&mut client, "greenloop.fix");
    let home = client.wait_and_leave();

    let mut client = Client::start_in(home, "");
    client.initialize(capabilities(), &[&root]);
    let marks = Document::open(&mut client, &root.join("marks.py"), &faulty);
    client.notification("window/logMessage", |params| {
        let message = params["message"].as_str().unwrap();
        message.contains(task.as_str().unwrap()) && message.contains("interrupted")
    });
    let status = client.command("greenloop.task.status", json!({ "taskId": task }));
    assert_eq!(status["tasks"][0]["interrupted"], true, "{status}");
    assert_eq!(client.command("greenloop.task.resume", Value::Null)["taskId"], task);
    marks.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    assert_eq!(progress(&mut client, &task, "end")["params"]["value"]["kind"], "end");
    assert_eq!(hunk_state(&mut client, &task), "pending");
}

/// A project, and a client of a server that finds the proposal which another one made there before.
fn proposed_before() -> (TempDir, Client, Document, Value) {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let faulty = SOUND.replace(">= 50", "> 50");
    let mut client = Client::start_in(Home::new(), "");
    client.initialize(capabilities(), &[&root]);
    let (_, task) = proposed(&mut client, &root);
    client.finish();
    let home = client.wait_and_leave();

    let mut client = Client::start_in(home, "");
    client.initialize(capabilities(), &[&root]);
    let marks = Document::open(&mut client, &root.join("marks.py"), &faulty);
    marks.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    (folder, client, marks, task)
}

#[test]
fn a_proposal_outlives_its_server() {
    let (_folder, mut client, mut marks, task) = proposed_before();
    let actions = marks.actions(&mut client, 1, Some("quickfix.greenloop.accept"));
    let resolved = client.ask("codeAction/resolve", actions[0].clone());
    assert!(marks.apply(&mut client, &resolved["edit"]));
    assert_eq!(hunk_state(&mut client, &task), "applied");
}

#[test]
fn what_was_accepted_and_edited_is_known_after_a_restart_and_nothing_else_is_taken_for_it() {
    let (folder, mut client, mut marks, task) = proposed_before();
    let root = folder.path().canonicalize().unwrap();
    // Nobody accepted it, so that typing in its place is in its way.
    marks.replace(&mut client, "> 50", "> 51");
    marks.diagnostics(&mut client, |found| !of_code(found, "conflict").is_empty());
    assert_eq!(hunk_state(&mut client, &task), "conflict");
    marks.undo(&mut client);
    let command = json!({"command": "greenloop.proposal.accept", "arguments": []});
    let answer = client.request("workspace/executeCommand", command);
    let edit = client.server_request("workspace/applyEdit");
    assert!(marks.apply(&mut client, &edit["params"]["edit"]));
    client.respond(&edit, json!({"applied": true}));
    assert_eq!(client.answer(answer)["result"]["ok"], true);
    once(&mut client, |task| task["acceptances"][0].is_object());
    client.finish();
    let home = client.wait_and_leave();

    let mut client = Client::start_in(home, "");
    client.initialize(capabilities(), &[&root]);
    let edited = SOUND.replace(">= 50", ">= 51");
    let _marks = Document::open(&mut client, &root.join("marks.py"), &edited);
    once(&mut client, |task| task["hunks"][0]["state"] == "settled");
}

/// Waits until the status of the newest run fits.
fn once(client: &mut Client, fits: impl Fn(&Value) -> bool) {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let status = client.command("greenloop.task.status", json!({}));
        if fits(&status["tasks"][0]) {
            return;
        }
        assert!(Instant::now() < deadline, "never in {status:#}");
    }
}

#[test]
fn a_text_of_five_megabytes_is_followed() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::initialized(capabilities(), &[&root]);
    let filler: String =
        (0..150_000).map(|n| format!("VALUE_{n} = 'some text that fills'\n")).collect();
    let big = format!("{SOUND}\n\nDATA = \"\"\"\n{filler}\"\"\"\n");
    assert!(big.len() > 5_000_000, "{}", big.len());
    let mut marks = Document::open(&mut client, &root.join("marks.py"), &big);
    for n in 0..100 {
        marks.replace(&mut client, &format!("VALUE_{n} ="), &format!("VALUE_{n}_ ="));
    }
    let known = client.ask("greenloop/probe", json!({"do": "text", "uri": marks.uri()}));
    assert!(known["text"] == marks.text && known["version"] == marks.version, "the texts differ");
}
