//! What plugins draw their own views of: runs with their steps and hunks, and the tests.

use std::fs;

use serde_json::{Value, json};

use super::client::{Client, uri};
use super::editor::Document;
use super::review::{SOUND, capabilities, progress, project, proposed, start};

fn listening() -> Value {
    let mut capabilities = capabilities();
    capabilities["experimental"] =
        json!({"greenloop": {"version": 1, "testUi": true, "reviewUi": true}});
    capabilities
}

/// Each test as `name outcome line message`.
fn tests(client: &mut Client) -> Vec<String> {
    let answer = client.ask("greenloop/tests", Value::Null);
    let line = |test: &Value| {
        let name = test["name"].as_str().unwrap().rsplit('.').next().unwrap();
        let message = test["message"].as_str().unwrap().lines().next().unwrap_or_default();
        format!("{name} {} {} {message}", test["outcome"], test["line"])
    };
    answer["tests"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_run_is_listed_with_its_steps_attempts_and_hunks() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::initialized(listening(), &[&root]);
    let (marks, task) = proposed(&mut client, &root);
    let state = client.notification("greenloop/state", |state| {
        state["tasks"][0]["hunks"][0]["state"] == "pending"
    });
    let run = &state["params"]["tasks"][0];
    assert_eq!(run["taskId"], task);
    assert_eq!((&run["outcome"], &run["checked"]), (&json!("green"), &json!(true)));
    let step = &run["steps"][0];
    assert_eq!((&step["state"], &step["told"]), (&json!("done"), &json!("done")));
    let attempt = &step["attempts"][0];
    assert_eq!((&attempt["worker"], &attempt["state"]), (&json!("repair"), &json!("green")));
    let hunk = &run["hunks"][0];
    let line = marks.line_of("> 50");
    assert_eq!(
        (&hunk["uri"], &hunk["range"]["start"]["line"]),
        (&json!(marks.uri()), &json!(line))
    );
    assert_eq!((&hunk["added"], &hunk["removed"]), (&json!(1), &json!(1)));
    assert_eq!((&hunk["step"], &hunk["evidence"]), (&step["step"], &json!("3/3 tests pass")));
    let all = json!({"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}});
    let params = json!({"textDocument": {"uri": marks.uri()}, "range": all});
    assert_eq!(client.ask("textDocument/inlayHint", params), json!([]), "the plugin draws them");
}

#[test]
fn a_plan_that_waits_is_listed_with_what_it_asks() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    fs::write(root.join("marks.py"), SOUND.replace(">= 50", "> 50")).unwrap();
    let mut client = Client::initialized(listening(), &[&root]);
    let task = start(&mut client, "greenloop.plan");
    progress(&mut client, &task, "begin");
    let question = client.server_request("window/showMessageRequest");
    let state = client.notification("greenloop/state", |state| {
        state["tasks"][0]["questions"].as_array().is_some_and(|open| !open.is_empty())
    });
    let run = &state["params"]["tasks"][0];
    let asked = &run["questions"][0];
    assert_eq!(asked["about"], json!({"kind": "plan"}));
    assert!(asked["text"].as_str().unwrap().ends_with("carry out the plan of 1 step?"), "{asked}");
    assert_eq!(run["steps"][0]["state"], "ready");
    client.respond(&question, Value::Null);
    assert_eq!(client.command("greenloop.task.cancel", json!({ "taskId": task }))["ok"], true);
    progress(&mut client, &task, "end");
}

#[test]
fn tests_are_listed_with_what_is_known_of_them() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::initialized(listening(), &[&root]);
    assert_eq!(tests(&mut client), Vec::<String>::new());
    let (mut marks, task) = proposed(&mut client, &root);
    let red = "test_boundary \"failed\" 7 AssertionError: False is not true";
    let below = "test_below \"passed\" 9 ";
    assert_eq!(tests(&mut client), [below, red, "test_grade \"passed\" 12 "]);
    let listed = client.ask("greenloop/tests", Value::Null);
    assert_eq!(listed["tests"][1]["uri"], uri(&root.join("test_marks.py")));
    assert_eq!(listed["tests"][1]["root"], uri(&root));
    assert_eq!(listed["tests"][1]["taskId"], task);

    // An editor asks as soon as it is told what is in its texts, and not again.
    let told = |client: &mut Client, state: &str| {
        client
            .notification("greenloop/state", |told| told["tasks"][0]["hunks"][0]["state"] == state);
        client.passed_over();
        tests(client).swap_remove(1)
    };
    for _ in 0..20 {
        assert_eq!(told(&mut client, "pending"), red);
        marks.replace(&mut client, "> 50", ">= 50");
        assert_eq!(told(&mut client, "applied"), "test_boundary \"passed\" 7 ");
        marks.replace(&mut client, ">= 50", "> 50");
    }

    // What a proposal turned green is green once the whole of it is in the texts.
    let id = json!({"path": "marks.py", "hunk": 0, "taskId": task});
    let answer = client.request(
        "workspace/executeCommand",
        json!({"command": "greenloop.hunk.accept", "arguments": [id]}),
    );
    let edit = client.server_request("workspace/applyEdit");
    assert!(marks.apply(&mut client, &edit["params"]["edit"]));
    client.respond(&edit, json!({"applied": true}));
    assert_eq!(client.answer(answer)["result"]["ok"], true);
}

#[test]
fn red_tests_are_meant_by_their_place() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    fs::write(root.join("marks.py"), SOUND.replace(">= 50", "> 50")).unwrap();
    let mut client = Client::initialized(listening(), &[&root]);
    let file = uri(&root.join("test_marks.py"));
    let refused = |client: &mut Client, argument: Value, why: &str| {
        let answer = client.command("greenloop.fix", argument);
        assert_eq!((&answer["reason"], &answer["message"]), (&json!("not-found"), &json!(why)));
        client.notification("window/showMessage", |_| true);
    };
    refused(
        &mut client,
        json!({ "file": file }),
        "no red test is known in this file; run the checks first",
    );
    let checked = start(&mut client, "greenloop.test.run");
    progress(&mut client, &checked, "begin");
    progress(&mut client, &checked, "end");
    let elsewhere = json!({"file": file, "lines": [9, 10]});
    refused(&mut client, elsewhere, "no red test is known there; run the checks first");
    let answer = client.command("greenloop.fix", json!({"file": file, "lines": [5, 7]}));
    let task = answer["taskId"].clone();
    progress(&mut client, &task, "begin");
    progress(&mut client, &task, "end");
    let status = client.command("greenloop.task.status", json!({ "taskId": task }));
    assert_eq!(status["tasks"][0]["goal"]["tests"], json!(["test_marks.Marks.test_boundary"]));
}

#[test]
fn an_editors_settings_say_what_runs_may_spend() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::start();
    let budget = json!({"budget": {"attempts": 7, "wall_seconds": 60}});
    client.initialize_with(listening(), &[&root], budget);
    assert_eq!(budget_of_a_run(&mut client), (json!(7), json!(60_000)));
}

/// Attempts and milliseconds.
fn budget_of_a_run(client: &mut Client) -> (Value, Value) {
    let task = start(client, "greenloop.test.run");
    progress(client, &task, "begin");
    progress(client, &task, "end");
    let mut listed = client.command("greenloop.task.status", json!({ "taskId": task }));
    let mut budget = listed["tasks"][0]["budget"].take();
    (budget["attempts_max"].take(), budget["wall_ms_max"].take())
}

#[test]
fn settings_are_asked_for_where_the_editor_answers_and_again_when_they_change() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::start();
    let mut capabilities = listening();
    capabilities["workspace"]["configuration"] = json!(true);
    capabilities["workspace"]["didChangeConfiguration"] = json!({"dynamicRegistration": true});
    client.initialize_with(capabilities, &[&root], json!({"budget": {"attempts": 7}}));
    let registered = client.server_request("client/registerCapability");
    let wanted = &registered["params"]["registrations"][0];
    assert_eq!(wanted["method"], "workspace/didChangeConfiguration");
    client.respond(&registered, Value::Null);
    let set = |client: &mut Client, budget: Value| {
        let asked = client.server_request("workspace/configuration");
        assert_eq!(asked["params"], json!({"items": [{"section": "greenloop"}]}));
        client.respond(&asked, json!([{ "budget": budget }]));
    };
    set(&mut client, json!({"attempts": null, "wallSeconds": 60}));
    assert_eq!(budget_of_a_run(&mut client), (json!(7), json!(60_000)));
    let changed = |client: &mut Client| {
        client.notify("workspace/didChangeConfiguration", json!({"settings": null}));
    };
    // Told once; the section goes as a whole, and an answer that comes too late counts for nothing.
    for _ in 0..2 {
        changed(&mut client);
        set(&mut client, json!({"attempts": 0}));
    }
    client.notification("window/showMessage", |told| {
        told["message"] == "Greenloop: 0 is no count for the setting greenloop.budget.attempts"
    });
    changed(&mut client);
    let late = client.server_request("workspace/configuration");
    changed(&mut client);
    set(&mut client, json!({"attempts": 4}));
    client.respond(&late, json!([{"budget": {"attempts": 9, "wallSeconds": 60}}]));
    assert_eq!(budget_of_a_run(&mut client), (json!(4), json!(900_000)));
}

#[test]
fn settings_are_taken_from_an_editor_that_only_sends_them() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::start();
    client.initialize_with(listening(), &[&root], Value::Null);
    let settings = json!({"greenloop": {"budget": {"attempts": 6}}});
    client.notify("workspace/didChangeConfiguration", json!({ "settings": settings }));
    assert_eq!(budget_of_a_run(&mut client).0, json!(6));
}

#[test]
fn nothing_is_run_in_what_is_not_trusted() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::start();
    client.initialize_with(capabilities(), &[&root], json!({"trusted": false}));
    let warning = client.notification("window/logMessage", |told| {
        told["message"].as_str().unwrap().contains("is not trusted, so nothing is run in it")
    });
    assert_eq!(warning["params"]["type"], 2);
    let _marks = Document::open(&mut client, &root.join("marks.py"), SOUND);
    for command in ["greenloop.fix", "greenloop.test.run", "greenloop.plan"] {
        let answer = client.command(command, Value::Null);
        assert_eq!((&answer["ok"], &answer["reason"]), (&json!(false), &json!("not-allowed")));
        client.notification("window/showMessage", |told| {
            told["message"].as_str().unwrap().contains("is not trusted")
        });
    }
}
