//! What the driver must stand: each fault known of the router's own server, and ill-behaved editors.

use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::client::{Client, uri};

const SERVER_NOT_INITIALIZED: i64 = -32002;
const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const METHOD_NOT_FOUND: i64 = -32601;
const INVALID_PARAMS: i64 = -32602;
const INTERNAL_ERROR: i64 = -32603;
const REQUEST_CANCELLED: i64 = -32800;

pub fn plain() -> Client {
    Client::initialized(json!({}), &[])
}

pub fn change(client: &mut Client, path: &Path, version: i32, text: &str) {
    let document = json!({"uri": uri(path), "version": version});
    client.notify(
        "textDocument/didChange",
        json!({"textDocument": document, "contentChanges": [{"text": text}]}),
    );
}

/// The text as the server knows it.
pub fn known(client: &mut Client, path: &Path) -> Value {
    client.ask("greenloop/probe", json!({"do": "text", "uri": uri(path)}))
}

pub fn probe(client: &mut Client, what: Value) -> i64 {
    client.request("greenloop/probe", what)
}

pub fn is_alive(client: &mut Client) {
    assert_eq!(known(client, Path::new("/nowhere")), Value::Null);
}

#[test]
fn every_request_sees_the_changes_sent_before_it_and_none_after() {
    let mut client = plain();
    let path = Path::new("/tmp/order.txt");
    client.open(path, 0, "0");
    let requests: Vec<i64> = (1..=300)
        .map(|version| {
            change(&mut client, path, version, &version.to_string());
            probe(&mut client, json!({"do": "text", "uri": uri(path)}))
        })
        .collect();
    for (version, id) in (1..).zip(requests) {
        let expected = json!({"uri": uri(path), "version": version, "text": version.to_string(), "inSync": true});
        assert_eq!(client.answer(id)["result"], expected);
    }
}

#[test]
fn an_answer_that_comes_too_late_is_dropped() {
    let mut client = plain();
    let id = probe(&mut client, json!({"do": "ask", "wallMs": 1}));
    let question = client.server_request("window/showMessageRequest");
    assert_eq!(client.answer(id)["result"], Value::Null);
    client.notification("$/cancelRequest", |params| params["id"] == question["id"]);
    client.respond(&question, json!({"title": "yes"}));
    client.respond(&json!({"id": "never asked"}), Value::Null);
    client.send(
        &json!({"jsonrpc": "2.0", "id": 77, "error": {"code": 1, "message": "", "extra": true}}),
    );
    is_alive(&mut client);
}

#[test]
fn an_answer_reaches_who_asked() {
    let mut client = plain();
    let id = probe(&mut client, json!({"do": "ask", "wallMs": 60_000}));
    let question = client.server_request("window/showMessageRequest");
    client.respond(&question, json!({"title": "yes"}));
    assert_eq!(client.answer(id)["result"], json!({"title": "yes"}));
}

#[test]
fn a_request_that_waits_for_the_editor_can_be_cancelled() {
    let mut client = plain();
    let id = probe(&mut client, json!({"do": "ask", "wallMs": 60_000}));
    let question = client.server_request("window/showMessageRequest");
    client.notify("$/cancelRequest", json!({ "id": id }));
    assert_eq!(client.answer(id)["error"]["code"], REQUEST_CANCELLED);
    client.notification("$/cancelRequest", |params| params["id"] == question["id"]);
    client.respond(&question, json!({"title": "yes"}));
    is_alive(&mut client);
}

#[test]
fn waiting_handlers_stall_nothing_and_each_can_be_cancelled() {
    let mut client = plain();
    let path = Path::new("/tmp/busy.txt");
    client.open(path, 0, "0");
    let hanging: Vec<i64> = (0..200).map(|_| probe(&mut client, json!({"do": "hang"}))).collect();
    (1..=200).for_each(|version| change(&mut client, path, version, "x"));
    assert_eq!(known(&mut client, path)["version"], 200);
    for id in [hanging[3], hanging[150], hanging[0]] {
        client.notify("$/cancelRequest", json!({ "id": id }));
        assert_eq!(client.answer(id)["error"]["code"], REQUEST_CANCELLED);
    }
    client.notify("$/cancelRequest", json!({"id": 9999}));
    client.notify("$/cancelRequest", json!({"id": hanging[3]}));
    is_alive(&mut client);
}

#[test]
fn a_panic_ends_one_request_only() {
    let mut client = plain();
    let hanging = probe(&mut client, json!({"do": "hang"}));
    assert_eq!(client.ask_error("greenloop/probe", json!({"do": "panic"})), INTERNAL_ERROR);
    let logged = client.notification("window/logMessage", |params| params["type"] == 1);
    assert!(logged["params"]["message"].as_str().unwrap().contains("asked to"), "{logged}");
    client.notify("$/cancelRequest", json!({ "id": hanging }));
    assert_eq!(client.answer(hanging)["error"]["code"], REQUEST_CANCELLED);
    is_alive(&mut client);
    assert!(
        client.log().contains("internal error in greenloop/probe: asked to"),
        "{}",
        client.log()
    );
}

#[test]
fn notifications_come_before_the_answer_they_were_sent_before() {
    let mut client = plain();
    for _ in 0..200 {
        client.ask("greenloop/probe", json!({"do": "notify", "n": 3}));
        let before: Vec<Value> = client.passed_over();
        let texts: Vec<&str> =
            before.iter().filter_map(|message| message["params"]["message"].as_str()).collect();
        assert_eq!(texts, ["notification 0", "notification 1", "notification 2"]);
    }
}

#[test]
fn exit_ends_the_server_while_its_input_stays_open() {
    let mut client = plain();
    probe(&mut client, json!({"do": "hang"}));
    assert_eq!(client.ask("shutdown", Value::Null), Value::Null);
    client.notify("exit", Value::Null);
    assert_eq!(client.wait().code(), Some(0));
}

#[test]
fn exit_without_shutdown_is_a_failure() {
    let mut client = plain();
    client.notify("exit", Value::Null);
    assert_eq!(client.wait().code(), Some(1));
}

#[test]
fn exit_before_initialize_is_a_failure() {
    let mut client = Client::start();
    client.notify("exit", Value::Null);
    assert_eq!(client.wait().code(), Some(1));
}

#[test]
fn the_end_of_input_ends_the_server_although_handlers_hang() {
    let mut client = plain();
    probe(&mut client, json!({"do": "hang"}));
    is_alive(&mut client);
    client.close_stdin();
    assert_eq!(client.wait().code(), Some(1));
}

#[test]
fn an_input_cut_inside_a_message_ends_the_server() {
    let mut client = plain();
    client.send_raw(b"Content-Length: 100\r\n\r\n{\"jsonrpc\"");
    client.close_stdin();
    assert_eq!(client.wait().code(), Some(1));
}

#[test]
fn an_editor_that_stops_listening_ends_the_server() {
    let mut client = plain();
    client.close_stdout();
    // The first answer ends the reading thread, a later one finds the pipe closed.
    let end = client.ask_until_end("greenloop/probe", &json!({"do": "notify", "n": 100}));
    assert_eq!(end.code(), Some(1));
}

#[test]
fn an_editor_that_said_shutdown_need_not_listen() {
    let mut client = plain();
    assert_eq!(client.ask("shutdown", Value::Null), Value::Null);
    client.close_stdout();
    probe(&mut client, json!({"do": "notify", "n": 100}));
    client.pipe_closed();
    let end = client.ask_until_end("greenloop/probe", &json!({"do": "notify", "n": 100}));
    assert_eq!(end.code(), Some(0));
}

#[test]
fn the_end_of_the_editors_process_ends_the_server() {
    let mut editor = Command::new("sleep").arg("600").stdin(Stdio::null()).spawn().unwrap();
    let mut client = Client::start();
    client.ask("initialize", json!({"processId": editor.id(), "capabilities": {}}));
    // It must have been seen alive once.
    while !client.log().contains("watching the editor's process") {
        std::thread::yield_now();
    }
    editor.kill().unwrap();
    editor.wait().unwrap();
    assert_eq!(client.wait().code(), Some(1));
}

#[test]
fn shutdown_takes_any_empty_parameters() {
    for params in [json!(null), json!({}), json!([])] {
        let mut client = plain();
        assert_eq!(client.ask("shutdown", params), Value::Null);
        assert_eq!(client.ask_error("greenloop/probe", json!({"do": "hang"})), INVALID_REQUEST);
        client.notify("exit", Value::Null);
        assert_eq!(client.wait().code(), Some(0));
    }
}

#[test]
fn initialize_comes_first_and_once() {
    let mut client = Client::start();
    assert_eq!(client.ask_error("greenloop/probe", json!({"do": "panic"})), SERVER_NOT_INITIALIZED);
    assert_eq!(client.ask_error("shutdown", Value::Null), SERVER_NOT_INITIALIZED);
    let result = client.initialize(json!({}), &[]);
    assert_eq!(result["serverInfo"]["name"], "greenloop");
    assert_eq!(client.ask_error("initialize", json!({"capabilities": {}})), INVALID_REQUEST);
}

#[test]
fn what_is_no_message_is_refused_and_reading_goes_on() {
    let mut client = plain();
    client.unchecked();
    let rubbish: [&[u8]; 3] = [
        b"Content-Length: 3\r\n\r\n{x}",
        b"Content-Length: 2\r\n\r\n\xff\xff",
        b"Content-Length: many\r\n\r\n",
    ];
    for bytes in rubbish {
        client.send_raw(bytes);
        let answer = client.expect("a refusal", |message| message["error"]["code"] == PARSE_ERROR);
        assert_eq!(answer["id"], Value::Null);
    }
    for invalid in [
        json!([]),
        json!({"jsonrpc": "1.0", "id": 5, "method": "x"}),
        json!({}),
        json!(7),
        json!({"method": 5, "id": "x"}),
    ] {
        client.send(&invalid);
        client.expect("a refusal", |message| message["error"]["code"] == INVALID_REQUEST);
    }
    client.send_raw(b"\r\n\r\ncontent-length: 45\r\nX-Y: z\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":900,\"method\":\"unknown\"}");
    assert_eq!(client.answer(900)["error"]["code"], METHOD_NOT_FOUND);
    is_alive(&mut client);
}

#[test]
fn unknown_methods_are_answered_only_if_they_ask() {
    let mut client = plain();
    assert_eq!(client.ask_error("textDocument/unknown", json!({})), METHOD_NOT_FOUND);
    assert_eq!(client.ask_error("$/unknown", json!({})), METHOD_NOT_FOUND);
    assert_eq!(client.ask_error("textDocument/codeAction", json!({"wrong": 1})), INVALID_PARAMS);
    client.notify("$/setTrace", json!({"value": "off"}));
    client.notify("textDocument/didOpen", json!({"wrong": 1}));
    client.notify(
        "textDocument/didChange",
        json!({"textDocument": {"uri": "file:///x", "version": 1}, "contentChanges": []}),
    );
    client.notify("window/workDoneProgress/cancel", json!({"token": "somebody else's"}));
    client.notify("window/workDoneProgress/cancel", json!({"token": "greenloop-task-0000000000"}));
    is_alive(&mut client);
}

#[test]
fn columns_are_counted_as_negotiated() {
    for (encoding, column) in [("utf-8", 5), ("utf-16", 3), ("utf-32", 2)] {
        let mut client = Client::start();
        let result = client.initialize(json!({"general": {"positionEncodings": [encoding]}}), &[]);
        assert_eq!(result["capabilities"]["positionEncoding"], encoding);
        let path = Path::new("/tmp/columns.txt");
        client.open(path, 1, "a\u{1d4b3}b\r\n");
        let end = json!({"line": 0, "character": column + 1});
        let edit =
            json!({"range": {"start": {"line": 0, "character": column}, "end": end}, "text": "X"});
        let document = json!({"uri": uri(path), "version": 2});
        client.notify(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": [edit]}),
        );
        assert_eq!(known(&mut client, path)["text"], "a\u{1d4b3}X\r\n", "{encoding}");
    }
}

#[test]
fn a_refused_command_is_a_result_with_its_reason() {
    let mut client = plain();
    let unknown = json!({"command": "greenloop.unknown", "arguments": []});
    assert_eq!(client.ask_error("workspace/executeCommand", unknown), INVALID_PARAMS);
    for (command, argument, reason) in [
        ("greenloop.fix", json!({"test": ["typing error"]}), "bad-arguments"),
        ("greenloop.fix", Value::Null, "not-found"),
        ("greenloop.fix", json!({"uri": "untitled:Untitled-1"}), "not-found"),
        ("greenloop.task.cancel", Value::Null, "not-found"),
        ("greenloop.task.cancel", json!("0000000000"), "not-found"),
        ("greenloop.task.resume", Value::Null, "not-found"),
        (
            "greenloop.hunk.reject",
            json!({"taskId": "0000000000", "path": "a", "hunk": 0}),
            "not-found",
        ),
        (
            "greenloop.hunk.accept",
            json!({"taskId": "0000000000", "path": "a", "hunk": 0}),
            "needs-client",
        ),
    ] {
        let result = client.command(command, argument);
        assert_eq!(
            (&result["ok"], &result["reason"]),
            (&json!(false), &json!(reason)),
            "{command}: {result}"
        );
        let shown = client.notification("window/showMessage", |_| true);
        assert!(
            shown["params"]["message"]
                .as_str()
                .unwrap()
                .ends_with(result["message"].as_str().unwrap())
        );
    }
    assert_eq!(client.command("greenloop.task.status", Value::Null), json!({"ok": true}));
}

#[test]
fn actions_of_others_come_back_as_they_are() {
    let mut client = plain();
    let action = json!({"title": "x", "data": {"mine": 1}});
    assert_eq!(client.ask("codeAction/resolve", action.clone()), action);
    let range = json!({"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 0}});
    let params = json!({"textDocument": {"uri": "untitled:x"}, "range": range, "context": {"diagnostics": []}});
    assert_eq!(client.ask("textDocument/codeAction", params), json!([]));
}

#[test]
fn latencies_are_logged_at_the_end() {
    let mut client = plain();
    is_alive(&mut client);
    client.finish();
    assert!(client.log().contains("greenloop/probe: 1 messages"), "{}", client.log());
}

#[test]
fn a_project_that_cannot_be_opened_leaves_the_server_usable() {
    let home = tempfile::TempDir::new().unwrap();
    let missing = home.path().join("gone");
    let mut client = Client::initialized(json!({}), &[&missing]);
    client.notification("window/logMessage", |params| params["type"] == 2);
    let result = client.command("greenloop.fix", Value::Null);
    assert_eq!(result["ok"], false, "{result}");
    assert!(result["message"].as_str().unwrap().len() > 10, "{result}");
    client.notification("window/showMessage", |params| params["type"] == 2);
    is_alive(&mut client);
}

#[test]
fn a_document_keeps_the_spelling_of_its_editor() {
    let mut client = plain();
    let spelled = "file:///tmp/a b/\u{fc}.txt";
    let document = json!({"uri": spelled, "languageId": "x", "version": 1, "text": "x"});
    client.notify("textDocument/didOpen", json!({ "textDocument": document }));
    let known = client.ask("greenloop/probe", json!({"do": "text", "uri": spelled}));
    assert_eq!(known["uri"], spelled);
}
