//! What an editor feels: time to the `initialize` answer, memory of an idle server, code actions while a run is busy.
//! Figures are printed, nothing is asserted. `cargo bench --bench latency load` measures only the hardest
//! case, a number as argument with so many keys typed.

#![allow(
    dead_code,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "shares the tests' client, which can do more; figures are for reading"
)]

#[path = "../tests/it/wire/advertised.rs"]
mod advertised;
#[path = "../tests/it/wire/client.rs"]
mod client;
#[path = "../tests/it/wire/editor.rs"]
mod editor;
#[path = "latency/load.rs"]
mod load;
#[path = "../tests/it/wire/model.rs"]
mod model;
#[path = "../tests/it/support.rs"]
mod support;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use client::Client;
use editor::Document;
use support::Fixture;

const STARTS: usize = 20;
const ACTIONS: usize = 2_000;

fn main() {
    let n_rounds = std::env::args().find_map(|argument| argument.parse().ok());
    for (name, is_busy) in [("calm", false), ("busy", true)] {
        let load::Figures { actions, resolves, log } = load::measure(n_rounds, is_busy);
        report(&format!("code action, 200 hunks, typing, {name}"), actions);
        report(&format!("resolve, 200 hunks, typing, {name}"), resolves);
        println!("the server of itself:{}", log.split("latencies").last().unwrap());
    }
    if std::env::args().any(|argument| argument == "load") {
        return;
    }
    let starts = (0..STARTS).map(|_| start_to_initialize()).collect();
    report("start to initialize answer", starts);
    println!("{:40} {:?} kB", "idle memory, project open", idle_memory());
    let (idle, busy) = code_actions();
    report("code action, idle", idle);
    report("code action, run busy", busy);
}

fn report(what: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    let n = times.len();
    println!("{what:40} p50 {:?}, p99 {:?}, max {:?} of {n}", at(50), at(99), at(100));
}

fn start_to_initialize() -> Duration {
    let before = Instant::now();
    let mut client = Client::start();
    client.initialize(json!({}), &[]);
    before.elapsed()
}

fn idle_memory() -> Option<u64> {
    let project = Fixture::load("python-billing").copy();
    let mut client = Client::initialized(json!({}), &[&project.root]);
    // Once the project is open and has run its checks.
    client.command("greenloop.test.run", Value::Null);
    client.notification("window/showMessage", |_| true);
    client.memory_kb("VmRSS")
}

/// Times of code actions on a failing line, before and during a search for its fix.
fn code_actions() -> (Vec<Duration>, Vec<Duration>) {
    let fixture = Fixture::load("python-billing");
    let project = fixture.copy();
    let capabilities = json!({
        "textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}}},
        "window": {"workDoneProgress": true},
    });
    let mut client = Client::initialized(capabilities, &[&project.root]);
    let tests = project.root.join("tests/test_subscriptions.py");
    let document =
        Document::open(&mut client, &tests, &project.read("tests/test_subscriptions.py"));
    client.command("greenloop.test.run", Value::Null);
    let red = document.diagnostics(&mut client, |found| !found.is_empty());
    let line = red[0]["range"]["start"]["line"].as_u64().unwrap();
    let idle = (0..ACTIONS).map(|_| action(&mut client, &document, line)).collect();
    let task = client.command("greenloop.fix", Value::Null)["taskId"].clone();
    let mut busy = Vec::new();
    while is_running(&mut client, &task) {
        busy.extend((0..20).map(|_| action(&mut client, &document, line)));
    }
    (idle, busy)
}

fn is_running(client: &mut Client, task: &Value) -> bool {
    let status = client.command("greenloop.task.status", json!({ "taskId": task }));
    status["tasks"][0]["phase"].get("finished").is_none()
}

fn action(client: &mut Client, document: &Document, line: u64) -> Duration {
    let before = Instant::now();
    assert!(!document.actions(client, line, None).is_empty());
    before.elapsed()
}
