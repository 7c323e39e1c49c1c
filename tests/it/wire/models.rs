//! A goal in words, taken to green by language models in an editor: planned, edited, approved, worked on in parallel, red
//! once, reviewed, and done again as somebody wants it. The models are played by a server of ours.

use std::collections::HashMap;
use std::fs;

use serde_json::{Value, json};

use super::client::Client;
use super::editor::Document;
use super::review::{capabilities, of_code, progress};
use crate::asking;
use crate::models::scripted::{Reply, Scripted, Seen};
use crate::support::Project;

const GOAL: &str = "charge tax, and name the currency";

fn project() -> Project {
    let project = Project::empty("shop");
    project.write("price.py", "def price(n):\n    return n * 10\n");
    project.write("label.py", "def label(n):\n    return str(n)\n");
    project.write(
        "test_shop.py",
        "import unittest\n\nfrom price import price\nfrom label import label\n\n\nclass ShopTest(unittest.TestCase):\n    \
def test_nothing_is_free(self):\n        self.assertEqual(price(0), 0)\n\n    \
def test_label(self):\n        self.assertIn('3', label(3))\n",
    );
    project
}

/// What the models of this shop say: by what they are asked, and how often they were asked that.
fn models() -> Scripted {
    let mut times: HashMap<String, usize> = HashMap::new();
    Scripted::start_with(move |seen| {
        let asked = said(seen);
        let step = |title: &str, file: &str| json!({"title": title, "intent": "", "scope": [file], "tests": [], "worker": null, "after": []});
        if asked.contains("# Goal") {
            let steps = [step("charge tax", "price.py"), step("name the currency", "label.py")];
            return Reply::call(
                "plan",
                json!({"title": "A shop with taxes", "intro": "", "steps": steps}),
            );
        }
        let note = if asked.contains("the sign goes first") { "sign" } else { "" };
        let task = if asked.contains("charge tax\n") { "tax" } else { "label" };
        let n = times.entry(format!("{task}{note}")).and_modify(|n| *n += 1).or_insert(0);
        let edit = |path: &str, old: &str, new: &str| {
            Reply::call("edit", json!({"path": path, "old": old, "new": new}))
        };
        let done = || Reply::call("done", json!({"summary": "As you wish."}));
        match (task, note, *n) {
            ("tax", _, 0) => edit("price.py", "n * 10", "n * 10 + 2"),
            ("tax", _, 2) => edit("price.py", "n * 10 + 2", "n * 12"),
            ("label", "", 0) => edit("label.py", "str(n)", "f'{n} EUR'"),
            ("label", "sign", 0) => edit("label.py", "str(n)", "f'€{n}'"),
            _ => done(),
        }
    })
}

/// The first thing that a conversation is about.
fn said(seen: &Seen) -> String {
    seen.body["messages"][0]["content"].to_string().replace("\\n", "\n")
}

fn choose(client: &mut Client, title: &str) {
    let question = client.server_request("window/showMessageRequest");
    let answer = if title.is_empty() { Value::Null } else { json!({ "title": title }) };
    client.respond(&question, answer);
}

/// The plan of a run in its document, changed and approved.
fn approve_edited(client: &mut Client, task: &Value, old: &str, new: &str) {
    choose(client, "");
    let shown = client.command("greenloop.show", json!({"what": "plan", "taskId": task}));
    client.notification("window/showMessage", |_| true);
    let uri = shown["uri"].as_str().unwrap().to_owned();
    let plan = fs::read_to_string(uri.strip_prefix("file://").unwrap()).unwrap();
    assert_eq!(plan.matches(old).count(), 1, "{plan}");
    let document =
        json!({"uri": uri, "languageId": "markdown", "version": 1, "text": plan.replace(old, new)});
    client.notify("textDocument/didOpen", json!({ "textDocument": document }));
    let answer = client.command("greenloop.plan.approve", json!({ "taskId": task }));
    assert_eq!(answer["ok"], true, "{answer}");
    client.notify("textDocument/didClose", json!({"textDocument": {"uri": uri}}));
}

fn finished(client: &mut Client, task: &Value) -> Value {
    progress(client, task, "end");
    let status = client.command("greenloop.task.status", json!({ "taskId": task }));
    status["tasks"][0].clone()
}

#[test]
fn a_goal_in_words_is_planned_worked_on_reviewed_and_done_again() {
    let server = models();
    let project = project();
    let mut client = Client::start_in(asking::home(&server, asking::PLANNER), "");
    client.initialize(capabilities(), &[&project.root]);
    let mut price =
        Document::open(&mut client, &project.root.join("price.py"), &project.read("price.py"));
    let mut label =
        Document::open(&mut client, &project.root.join("label.py"), &project.read("label.py"));

    // Planned, edited, approved; two at once, one of them red first.
    let answer = client.command("greenloop.plan", json!({ "goal": GOAL }));
    assert_eq!(answer["ok"], true, "{answer}");
    let task = answer["taskId"].clone();
    approve_edited(&mut client, &task, "## 2. name the currency", "## 2. name the currency, euros");
    label.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    let run = finished(&mut client, &task);
    assert_eq!(run["phase"]["finished"]["status"], "green", "{run}");
    let heard: Vec<String> = server.seen().iter().map(said).collect();
    assert!(heard.iter().any(|text| text.contains("name the currency, euros")), "{heard:#?}");
    let told = server.seen().iter().any(|seen| {
        seen.body.to_string().contains("newly red: test_shop.ShopTest.test_nothing_is_free")
    });
    assert!(told, "nobody heard that a test was red");

    // One change is not as wanted.
    let asked =
        json!({"path": "label.py", "hunk": 0, "taskId": task, "feedback": "the sign goes first"});
    let again = client.command("greenloop.hunk.revise", asked);
    assert_eq!(again["ok"], true, "{again}");
    let again = again["taskId"].clone();
    choose(&mut client, "Carry it out");
    let run = finished(&mut client, &again);
    assert_eq!(run["phase"]["finished"]["status"], "green", "{run}");
    assert_eq!(run["goal"]["avoid"][0]["note"], "the sign goes first");

    // A part of it is checked by itself, and all of it is accepted.
    let part = json!({"path": "price.py", "hunk": 0, "taskId": again});
    assert_eq!(client.command("greenloop.hunk.check", part)["ok"], true);
    let chosen = json!([["price.py", 0]]);
    let verdict = loop {
        let status = client.command("greenloop.task.status", json!({ "taskId": again }));
        let subsets = status["tasks"][0]["subsets"].as_array().unwrap();
        if let Some(subset) = subsets.iter().find(|subset| subset["hunks"] == chosen) {
            break subset["verdict"]["status"].clone();
        }
        client.notification("textDocument/publishDiagnostics", |_| true);
    };
    assert_eq!(verdict, "green");
    let answer = client.command("greenloop.proposal.accept", json!({ "taskId": again }));
    assert_eq!(answer["ok"], true, "{answer}");
    let request = client.server_request("workspace/applyEdit");
    for change in request["params"]["edit"]["documentChanges"].as_array().unwrap() {
        let one = json!({ "documentChanges": [change] });
        let document =
            if change["textDocument"]["uri"] == price.uri() { &mut price } else { &mut label };
        assert!(document.apply(&mut client, &one), "{change}");
    }
    client.respond(&request, json!({"applied": true}));
    assert_eq!(price.text, "def price(n):\n    return n * 12\n");
    assert_eq!(label.text, "def label(n):\n    return f'€{n}'\n");
    let spent = &finished_cost(&mut client, &again);
    assert!(
        spent["tokens"].as_u64().unwrap() > 0 && spent["cost"].as_u64().unwrap() > 0,
        "{spent}"
    );
}

fn finished_cost(client: &mut Client, task: &Value) -> Value {
    let status = client.command("greenloop.task.status", json!({ "taskId": task }));
    status["tasks"][0]["spent"].clone()
}

#[test]
fn the_same_goes_without_an_editor_and_again_from_a_recording() {
    let server = models();
    let (project, home, tape) =
        (project(), asking::home(&server, asking::PLANNER), tempfile::tempdir().unwrap());
    let run = |variable: &str| {
        let mut command = project.greenloop(&home);
        command.args(["plan", GOAL, "--run", "--fresh"]).env(variable, tape.path());
        let output = command.output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(output.status.code(), Some(0), "{}", text.concat());
        text.concat()
    };
    let recorded = run("GREENLOOP_RECORD");
    let n_calls = server.seen().len();
    let replayed = run("GREENLOOP_REPLAY");
    for text in [&recorded, &replayed] {
        for part in
            ["step      2: name the currency", "+    return n * 12", "+    return f'{n} EUR'"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }
    assert_eq!(server.seen().len(), n_calls, "somebody was called again");
}

#[test]
fn a_question_of_a_model_has_buttons_and_takes_any_words() {
    let server = asking::server();
    let project = asking::project();
    let mut client = Client::start_in(asking::home(&server, asking::PLANNER), "");
    client.initialize(capabilities(), &[&project.root]);
    let answer = client.command("greenloop.plan", json!({ "goal": asking::GOAL }));
    let task = answer["taskId"].clone();
    let question = client.server_request("window/showMessageRequest");
    let titles: Vec<&str> = question["params"]["actions"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|action| action["title"].as_str())
        .collect();
    assert_eq!(titles, ["7 %", "19 %", "Decide yourself"], "{question}");
    assert!(
        question["params"]["message"]
            .as_str()
            .unwrap()
            .ends_with("m asks about the goal: Which rate?")
    );
    client.respond(&question, json!({ "title": "19 %" }));
    choose(&mut client, "Carry it out");
    // Put away, and answered in words of one's own.
    choose(&mut client, "");
    let status = client.command("greenloop.task.status", json!({ "taskId": task }));
    assert_eq!(status["tasks"][0]["questions"][0]["options"], json!([]), "{status}");
    let refused = client.command("greenloop.answer", json!({ "choice": " " }));
    assert_eq!(refused["ok"], false, "{refused}");
    client.notification("window/showMessage", |_| true);
    let answer = client.command("greenloop.answer", json!({ "choice": "round down" }));
    assert_eq!(answer["ok"], true, "{answer}");
    let run = finished(&mut client, &task);
    assert_eq!(run["phase"]["finished"]["status"], "green", "{run}");
}
