//! A client that means harm: whatever it sends or leaves unread, the server lives on or ends as the protocol says, and
//! its memory stays bounded.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

use super::client::{Client, uri};
use super::driver::{change, is_alive, known, plain, probe};
use super::review::{capabilities, progress, project, proposed, start};
use crate::support::Home;

/// More than the bounds on open texts (96 MiB), on one message (64 MiB), on unread answers (32 MiB) and a debug build
/// together take, and less than what any test here sends or asks for in all.
const MEMORY_MB_MAX: u64 = 300;

const PARSE_ERROR: i64 = -32700;
const INVALID_REQUEST: i64 = -32600;
const REQUEST_FAILED: i64 = -32803;

/// A session in which the server may say more than is expected.
fn hostile() -> Client {
    let mut client = plain();
    client.unclaimed();
    client
}

/// The server still serves and never took too much memory. What it said so far is forgotten.
fn check_health(client: &mut Client) {
    let path = Path::new("/tmp/health.txt");
    client.open(path, 1, "well");
    assert_eq!(known(client, path)["text"], "well");
    client.passed_over();
    let most = client.memory_kb("VmHWM").map_or(0, |kb| kb / 1024);
    assert!(most <= MEMORY_MB_MAX, "{most} MB");
}

fn framed(body: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

fn error_code(client: &mut Client, code: i64) -> Value {
    client.expect(&format!("error {code}"), |message| message["error"]["code"] == code)
}

/// Sends `n` requests, reads nothing before the server stops taking more, then wants every answer in order.
fn check_unread(text: &str, n: usize) {
    let mut client = Client::start_deaf(Home::new(), "");
    client.unchecked();
    let path = Path::new("/tmp/unread.txt");
    client.send(&json!({"jsonrpc": "2.0", "id": "i", "method": "initialize", "params": {"capabilities": {}}}));
    client.notify("initialized", json!({}));
    client.open(path, 1, text);
    let (mut stdin, sent) = (client.take_stdin(), Arc::new(AtomicUsize::new(0)));
    let counter = sent.clone();
    // Few requests that ask for much fit into a pipe: what is sent was read.
    let padding = "x".repeat(text.len() / 100);
    let writer = thread::spawn(move || {
        for id in 0..n {
            let uri = uri(Path::new("/tmp/unread.txt"));
            let params = json!({"do": "text", "uri": uri, "padding": padding});
            let request =
                json!({"jsonrpc": "2.0", "id": id, "method": "greenloop/probe", "params": params});
            stdin.write_all(&framed(&request.to_string())).unwrap();
            counter.store(id + 1, Ordering::Relaxed);
        }
        stdin
    });
    while !client.log().contains("too much unread") {
        assert!(sent.load(Ordering::Relaxed) < n, "all was taken");
        thread::yield_now();
    }
    client.listen();
    for id in 0..n {
        let answer = client.expect("an answer", |message| message["id"].is_i64());
        assert_eq!(answer["id"], id);
    }
    assert_eq!(sent.load(Ordering::Relaxed), n);
    client.put_stdin(writer.join().unwrap());
    check_health(&mut client);
}

#[test]
fn small_answers_that_nobody_reads_hold_up_only_who_asked() {
    check_unread("x", 30_000);
}

#[test]
fn large_answers_that_nobody_reads_hold_up_only_who_asked() {
    check_unread(&"x".repeat(500_000), 1_000);
}

#[test]
fn an_editor_that_never_reads_and_goes_ends_the_server() {
    let mut client = Client::start_deaf(Home::new(), "");
    client.unchecked();
    for _ in 0..1_000 {
        probe(&mut client, json!({"do": "hang"}));
    }
    client.close_stdout();
    client.close_stdin();
    assert_eq!(client.wait().code(), Some(1));
}

#[test]
fn a_flood_of_changes_is_followed() {
    let mut client = hostile();
    let path = Path::new("/tmp/flood.txt");
    let line = "x".repeat(499) + "\n";
    client.open(path, 0, &line.repeat(2_000));
    let at = json!({"line": 1_000, "character": 7});
    for version in 1..=100_000 {
        let document = json!({"uri": uri(path), "version": version});
        let text = if version % 2 == 0 { "" } else { "y" };
        let end = json!({"line": 1_000, "character": 7 + (version + 1) % 2});
        let edit = json!({"range": {"start": at, "end": end}, "text": text});
        client.notify(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": [edit]}),
        );
    }
    assert_eq!(known(&mut client, path)["text"], line.repeat(2_000));
    (0..200).for_each(|version| change(&mut client, path, 200_000 + version, &line.repeat(2_000)));
    assert_eq!(known(&mut client, path)["version"], 200_199);
    check_health(&mut client);
}

#[test]
fn ids_of_any_kind_are_answered_or_refused() {
    let mut client = hostile();
    // One id is used twice.
    client.unchecked();
    let long = "x".repeat(1_000_000);
    let odd =
        [json!(null), json!(1.5), json!({}), json!([1]), json!(true), json!(long), json!(u64::MAX)];
    for id in &odd {
        client.notify("$/cancelRequest", json!({ "id": id }));
        client.send(&json!({"jsonrpc": "2.0", "id": id, "method": "greenloop/probe", "params": {"do": "text", "uri": "file:///x"}}));
    }
    (0..odd.len() - 1).for_each(|_| drop(error_code(&mut client, INVALID_REQUEST)));
    let hanging = probe(&mut client, json!({"do": "hang"}));
    client.send(&json!({"jsonrpc": "2.0", "id": hanging, "method": "greenloop/probe", "params": {"do": "hang"}}));
    error_code(&mut client, INVALID_REQUEST);
    (0..10_000).for_each(|id| client.notify("$/cancelRequest", json!({ "id": id })));
    check_health(&mut client);
}

#[test]
fn requests_that_wait_are_bounded_and_the_rest_is_refused() {
    let mut client = hostile();
    let ids: Vec<i64> = (0..1_100).map(|_| probe(&mut client, json!({"do": "hang"}))).collect();
    for id in &ids[1_000..] {
        let answer = client.answer(*id);
        assert_eq!(answer["error"]["code"], REQUEST_FAILED, "{answer}");
        assert!(answer["error"]["message"].as_str().unwrap().contains("cancel some"), "{answer}");
    }
    ids[..1_000].iter().for_each(|id| client.notify("$/cancelRequest", json!({ "id": id })));
    ids[..1_000].iter().for_each(|id| drop(client.answer(*id)));
    check_health(&mut client);
}

#[test]
fn answers_nobody_asked_for_are_dropped() {
    let mut client = hostile();
    let asking = probe(&mut client, json!({"do": "ask", "wallMs": 60_000}));
    let question = client.server_request("window/showMessageRequest");
    for id in
        [json!(null), json!(1.5), json!({}), json!("greenloop-99"), json!("x".repeat(1_000_000))]
    {
        client.send(&json!({"jsonrpc": "2.0", "id": id, "result": {"title": "no"}}));
        client.send(&json!({"jsonrpc": "2.0", "id": id, "error": "no"}));
        client.send(&json!({"jsonrpc": "2.0", "id": id}));
    }
    client.respond(&question, json!({"title": ["odd"]}));
    client.respond(&question, json!("twice"));
    assert_eq!(client.answer(asking)["result"], json!({"title": ["odd"]}));
    check_health(&mut client);
}

#[test]
fn a_message_that_is_too_large_is_skipped() {
    let mut client = hostile();
    client.send_raw(b"Content-Length: 104857600\r\n\r\n");
    let part = vec![b'x'; 1024 * 1024];
    (0..100).for_each(|_| client.send_raw(&part));
    let error = error_code(&mut client, PARSE_ERROR);
    assert!(error["error"]["message"].as_str().unwrap().contains("104857600 bytes"), "{error}");
    check_health(&mut client);
    client.send_raw(b"Content-Length: 104857600\r\n\r\n{");
    client.close_stdin();
    assert_eq!(client.wait().code(), Some(1));
}

#[test]
fn headers_of_any_kind_cost_no_later_message() {
    for header in [
        "Content-Length: -5\r\n\r\n",
        "Content-Length: 99999999999999999999999\r\n\r\n",
        "Content-Length: 3\r\nContent-Length: 4\r\nContent-Length: 2\r\n\r\n{}",
        "Content-Type: text\r\n\r\n{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"shutdown\"}",
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "\u{0}\u{1}\u{fffd}\r\n",
    ] {
        let mut client = hostile();
        client.send_raw(header.as_bytes());
        check_health(&mut client);
    }
    let mut client = hostile();
    client.send_raw(&vec![b'y'; 20_000_000]);
    client.send_raw(b"\r\n");
    check_health(&mut client);
}

#[test]
fn bodies_of_any_kind_are_refused_with_a_reason() {
    let mut client = hostile();
    let mut nested = String::new();
    write!(nested, "{}{}", "[".repeat(100_000), "]".repeat(100_000)).unwrap();
    let zeros = format!("[{}0]", "0,".repeat(25_000_000));
    for (body, reason) in [
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xff\xfe\"}".as_slice(), "not JSON"),
        (nested.as_bytes(), "recursion limit"),
        (zeros.as_bytes(), "values"),
        (b"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\\ud800\"}", "not JSON"),
    ] {
        client.send_raw(format!("Content-Length: {}\r\n\r\n", body.len()).as_bytes());
        client.send_raw(body);
        let error = error_code(&mut client, PARSE_ERROR);
        assert!(error["error"]["message"].as_str().unwrap().contains(reason), "{error}");
    }
    client.send(&json!([{"jsonrpc": "2.0", "id": 1, "method": "shutdown"}]));
    let error = error_code(&mut client, INVALID_REQUEST);
    assert!(error["error"]["message"].as_str().unwrap().contains("batches"), "{error}");
    check_health(&mut client);
}

#[test]
fn parameters_of_any_kind_are_answered() {
    let mut client = hostile();
    let methods = [
        "initialize",
        "textDocument/codeAction",
        "codeAction/resolve",
        "workspace/executeCommand",
        "greenloop/probe",
        "textDocument/didOpen",
        "textDocument/didChange",
        "textDocument/didSave",
        "textDocument/didClose",
        "workspace/didChangeWorkspaceFolders",
        "initialized",
        "$/cancelRequest",
        "window/workDoneProgress/cancel",
        "workspace/didChangeConfiguration",
        "textDocument/hover",
    ];
    let text = "x".repeat(100_000);
    let params = [
        json!(null),
        json!(1),
        json!(-1.5),
        json!(text),
        json!([]),
        json!([[[]]]),
        json!({}),
        json!({ "textDocument": text }),
        json!({"textDocument": {"uri": 1}}),
        json!({"textDocument": {"uri": "no uri"}, "contentChanges": "x"}),
        json!({"command": 1, "arguments": {}}),
        json!({"event": {"added": 1}}),
        json!({"title": {}}),
        json!({"token": {}}),
        json!({"textDocument": {"uri": "file:///tmp/health.txt", "version": "x"}, "contentChanges": [{"range": -1}]}),
    ];
    for method in methods {
        for params in &params {
            client.notify(method, params.clone());
            let id = client.request(method, params.clone());
            let answer = client.answer(id);
            assert!(answer.to_string().len() < 10_000, "{method}: an answer that quotes it all");
        }
    }
    check_health(&mut client);
}

#[test]
fn a_second_initialize_changes_nothing() {
    let mut client = hostile();
    let utf_8 =
        json!({"processId": 1, "capabilities": {"general": {"positionEncodings": ["utf-8"]}}});
    client.ask_error("initialize", utf_8);
    let path = Path::new("/tmp/second.txt");
    client.open(path, 1, "\u{1d4b3}b");
    let at = json!({"line": 0, "character": 2});
    let edit = json!({"range": {"start": at, "end": at}, "text": "X"});
    let document = json!({"uri": uri(path), "version": 2});
    client.notify(
        "textDocument/didChange",
        json!({"textDocument": document, "contentChanges": [edit]}),
    );
    assert_eq!(known(&mut client, path)["text"], "\u{1d4b3}Xb");
    check_health(&mut client);
}

#[test]
fn a_document_too_large_is_not_followed_until_it_fits() {
    let mut client = hostile();
    let path = Path::new("/tmp/large.txt");
    for text in ["x".repeat(50_000_000), "\n".repeat(15_000_000)] {
        client.open(path, 1, &text);
        let logged = client.notification("window/logMessage", |params| params["type"] == 2);
        assert!(logged["params"]["message"].as_str().unwrap().contains("32 MiB"), "{logged}");
        assert_eq!(known(&mut client, path)["inSync"], false);
        change(&mut client, path, 2, "small");
        assert_eq!(known(&mut client, path)["inSync"], true);
    }
    client.notify("textDocument/didClose", json!({"textDocument": {"uri": uri(path)}}));
    check_health(&mut client);
}

#[test]
fn a_line_of_twenty_megabytes_is_followed() {
    let mut client = hostile();
    let path = Path::new("/tmp/line.txt");
    let text = "x".repeat(20_000_000);
    client.open(path, 1, &text);
    let at = json!({"line": 0, "character": u32::MAX});
    let edit = json!({"range": {"start": at, "end": {"line": u32::MAX, "character": u32::MAX}}, "text": "y"});
    let document = json!({"uri": uri(path), "version": 2});
    client.notify(
        "textDocument/didChange",
        json!({"textDocument": document, "contentChanges": [edit]}),
    );
    assert!(known(&mut client, path)["text"] == text + "y", "the texts differ");
    check_health(&mut client);
}

#[test]
fn positions_beyond_everything_are_clamped_and_wrong_ones_told() {
    let mut client = hostile();
    let path = Path::new("/tmp/beyond.txt");
    client.open(path, 1, "a\u{0}b\n");
    let document = json!({"uri": uri(path), "version": 2});
    let send = |client: &mut Client, start: Value, end: Value| {
        let edit = json!({"range": {"start": start, "end": end}, "text": "X"});
        client.notify(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": [edit]}),
        );
    };
    let far = json!({"line": u32::MAX, "character": u32::MAX});
    send(&mut client, far.clone(), far.clone());
    assert_eq!(known(&mut client, path)["text"], "a\u{0}b\nX");
    send(&mut client, far, json!({"line": 0, "character": 0}));
    assert_eq!(known(&mut client, path)["text"], "a\u{0}b\nXX");
    for wrong in [
        json!({"line": -1, "character": 0}),
        json!({"line": 0.5, "character": 0}),
        json!({"line": 1e30, "character": 0}),
    ] {
        send(&mut client, wrong.clone(), wrong);
        let logged = client.notification("window/logMessage", |params| params["type"] == 2);
        assert!(logged["params"]["message"].as_str().unwrap().contains("sent again"), "{logged}");
        assert_eq!(known(&mut client, path)["inSync"], false);
        change(&mut client, path, 3, "whole");
        assert_eq!(known(&mut client, path)["inSync"], true);
    }
    check_health(&mut client);
}

#[test]
fn more_documents_than_may_be_open_are_left_out() {
    let mut client = hostile();
    let path = |n: usize| format!("/tmp/many {n}.txt");
    (0..12_000).for_each(|n| client.open(Path::new(&path(n)), 1, "text"));
    assert_eq!(known(&mut client, Path::new(&path(9_999)))["text"], "text");
    assert_eq!(known(&mut client, Path::new(&path(10_000))), Value::Null);
    let closed = json!({"textDocument": {"uri": uri(Path::new(&path(0)))}});
    client.notify("textDocument/didClose", closed);
    check_health(&mut client);
}

#[test]
fn a_flood_of_commands_is_answered() {
    let mut client = hostile();
    let names = [
        "greenloop.fix",
        "greenloop.test.run",
        "greenloop.task.cancel",
        "greenloop.task.resume",
        "greenloop.task.status",
        "greenloop.hunk.accept",
        "greenloop.hunk.reject",
        "greenloop.hunk.restore",
        "greenloop.hunk.recheck",
        "no.command",
    ];
    for n in 0..1_000 {
        let garbage = match n / names.len() % 6 {
            0 => json!([n]),
            1 => json!(["x".repeat(100_000)]),
            2 => json!([{"taskId": n, "path": [], "hunk": -1}]),
            3 => json!([{"uri": format!("file:///nowhere/{n}/x.py")}]),
            4 => json!([[[[]]], null]),
            _ => json!([{"taskId": "0000000000", "path": "../..", "hunk": u64::MAX}]),
        };
        let params = json!({"command": names[n % names.len()], "arguments": garbage});
        let id = client.request("workspace/executeCommand", params);
        let answer = client.answer(id);
        assert!(answer.to_string().len() < 10_000, "an answer that quotes it all");
    }
    check_health(&mut client);
}

#[test]
fn more_folders_than_may_be_open_are_left_out() {
    let folders: Vec<Value> =
        (0..1_000).map(|n| json!({"uri": format!("file:///nowhere/{n}"), "name": "x"})).collect();
    let mut client = Client::start();
    client.unchecked();
    client.ask("initialize", json!({"capabilities": {}, "workspaceFolders": folders}));
    client.notify("initialized", json!({}));
    let told = |params: &Value| {
        params["message"].as_str().is_some_and(|message| message.starts_with("too many folders"))
    };
    (0..1_000 - 64).for_each(|_| drop(client.notification("window/logMessage", told)));
    is_alive(&mut client);
    check_health(&mut client);
}

fn warned(client: &mut Client, of: &str) {
    client.notification("window/logMessage", |params| {
        params["type"] == 2 && params["message"].as_str().is_some_and(|text| text.contains(of))
    });
}

#[test]
fn names_that_no_file_can_have_are_refused() {
    let mut client = hostile();
    let deep = format!("file:///{}", "a/".repeat(100_000));
    // Each is longer once it is parsed.
    let huge = format!("untitled:{}", "\u{fc}".repeat(10_000_000));
    for n in 0..5 {
        for name in [&deep, &huge] {
            let document =
                json!({"uri": format!("{name}{n}"), "languageId": "x", "version": 1, "text": "x"});
            client.notify("textDocument/didOpen", json!({ "textDocument": document }));
            warned(&mut client, "a name of");
        }
    }
    let at = json!({"line": 0, "character": 0});
    let action = json!({"textDocument": {"uri": deep}, "range": {"start": at, "end": at}, "context": {"diagnostics": []}});
    assert_eq!(client.ask_error("textDocument/codeAction", action), INVALID_REQUEST);
    let virtually = json!({"uri": format!("greenloop:/run/0000000001.md?{}", "x".repeat(100_000))});
    assert_eq!(client.ask_error("workspace/textDocumentContent", virtually), INVALID_REQUEST);
    let answer = client.command("greenloop.test.run", json!({"uri": deep}));
    assert_eq!((&answer["ok"], &answer["reason"]), (&json!(false), &json!("not-found")));
    let added = json!([{"uri": deep, "name": "x"}]);
    let event = json!({"added": added, "removed": []});
    client.notify("workspace/didChangeWorkspaceFolders", json!({ "event": event }));
    warned(&mut client, "not a folder");
    let path = format!("/nowhere/{}x", "a/".repeat(2_000));
    client.open(Path::new(&path), 1, "deep");
    assert_eq!(known(&mut client, Path::new(&path))["text"], "deep");
    check_health(&mut client);
}

#[test]
fn texts_that_were_open_since_a_run_are_bounded() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::initialized(capabilities(), &[&root]);
    let task = start(&mut client, "greenloop.test.run");
    progress(&mut client, &task, "end");
    client.unclaimed();
    let text = "x".repeat(1_000_000);
    for n in 0..400 {
        let path = root.join(format!("{n}.txt"));
        client.open(&path, 1, &text);
        client.notify("textDocument/didClose", json!({"textDocument": {"uri": uri(&path)}}));
    }
    check_health(&mut client);
}

#[test]
fn diagnostics_that_an_editor_makes_up_do_not_come_back() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::initialized(capabilities(), &[&root]);
    let (marks, _) = proposed(&mut client, &root);
    client.unclaimed();
    let line = marks.line_of("> 50");
    let range =
        json!({"start": {"line": line, "character": 0}, "end": {"line": line, "character": 1}});
    let made_up = json!({"range": range, "source": "greenloop", "code": "change", "message": "x".repeat(20_000_000)});
    let params = json!({"textDocument": {"uri": marks.uri()}, "range": range, "context": {"diagnostics": [made_up]}});
    let actions = client.ask("textDocument/codeAction", params);
    assert!(actions[0]["title"].as_str().unwrap().starts_with("Accept change"));
    assert!(actions.to_string().len() < 100_000, "they are quoted");
    check_health(&mut client);
}

#[test]
fn a_flood_of_looks_at_changes_is_bounded() {
    let mut client = hostile();
    let hunk = json!([{"taskId": "0000000001", "path": "a.py", "hunk": 0}]);
    let params = json!({"command": "greenloop.hunk.recheck", "arguments": hunk});
    let ids: Vec<i64> =
        (0..2_000).map(|_| client.request("workspace/executeCommand", params.clone())).collect();
    let answers: Vec<Value> = ids.into_iter().map(|id| client.answer(id)).collect();
    let busy = answers.iter().filter(|answer| answer["result"]["reason"] == "busy").count();
    assert!(busy > 0, "all are looked at together");
    check_health(&mut client);
}

/// Many changes, one message each, then in one message, of a line of twenty megabytes.
fn check_long_line(unit: &str) {
    let mut client = hostile();
    let path = Path::new("/tmp/long.txt");
    let text = unit.repeat(20_000_000 / unit.len());
    client.open(path, 0, &text);
    let at = json!({"line": 0, "character": 9_000_000});
    let typed = json!({"range": {"start": at, "end": at}, "text": "y"});
    let send = |client: &mut Client, version: i32, n: usize| {
        let document = json!({"uri": uri(path), "version": version});
        let changes = vec![typed.clone(); n];
        client.notify(
            "textDocument/didChange",
            json!({"textDocument": document, "contentChanges": changes}),
        );
    };
    (1..=20).for_each(|version| send(&mut client, version, 1));
    let now = known(&mut client, path);
    assert_eq!(now["text"].as_str().map(str::len), Some(text.len() + 20));
    assert_eq!((&now["inSync"], &now["version"]), (&json!(true), &json!(20)));
    send(&mut client, 21, 50_000);
    warned(&mut client, "at once");
    assert_eq!(known(&mut client, path)["inSync"], false);
    change(&mut client, path, 22, "small");
    assert_eq!(known(&mut client, path)["text"], "small");
    check_health(&mut client);
}

#[test]
fn a_flood_of_changes_in_a_long_line_is_followed_or_let_go() {
    check_long_line("x");
}

#[test]
fn a_flood_of_changes_in_a_long_line_of_two_byte_characters_is_followed_or_let_go() {
    check_long_line("\u{fc}");
}
