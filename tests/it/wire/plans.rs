//! A plan as a document in an editor: what is wrong in it, what may stand in it, its outline.

use serde_json::{Value, json};

use super::client::Client;
use super::editor::Document;
use super::review::{SOUND, capabilities, progress, project, start};

const PLAN: &str = "\
# Mend marks

## 1. The boundary

- tests of `unittest`:
  - `test_marks.Marks.test_boundary`

Why: 𝒳.

## 2. The rest

- after: 1
";

/// An editor that can be told to ask for more in some documents only.
fn dynamic() -> Value {
    let mut capabilities = capabilities();
    for feature in ["completion", "documentSymbol", "foldingRange"] {
        capabilities["textDocument"][feature] = json!({"dynamicRegistration": true});
    }
    capabilities["textDocument"]["documentSymbol"]["hierarchicalDocumentSymbolSupport"] =
        json!(true);
    capabilities
}

/// A plan that is typed in an editor.
struct Plan {
    client: Client,
    uri: String,
    version: i32,
}

impl Plan {
    fn open(mut client: Client, run: &str) -> Plan {
        let uri = format!("greenloop:/plan/{run}.md");
        let document = json!({"uri": uri, "languageId": "markdown", "version": 1, "text": PLAN});
        client.notify("textDocument/didOpen", json!({ "textDocument": document }));
        Plan { client, uri, version: 1 }
    }

    fn retype(&mut self, text: &str) {
        self.version += 1;
        let document = json!({"uri": self.uri, "version": self.version});
        let params = json!({"textDocument": document, "contentChanges": [{"text": text}]});
        self.client.notify("textDocument/didChange", params);
    }

    /// What is told of it next, as `line:column-line:column severity message`.
    fn told(&mut self) -> Vec<String> {
        let uri = self.uri.clone();
        let method = "textDocument/publishDiagnostics";
        let told = self.client.notification(method, |params| params["uri"] == uri);
        let line = |found: &Value| {
            let place = |at: &Value| format!("{}:{}", at["line"], at["character"]);
            let range = &found["range"];
            let (start, end) = (place(&range["start"]), place(&range["end"]));
            format!("{start}-{end} {} {}", found["severity"], found["message"].as_str().unwrap())
        };
        told["params"]["diagnostics"].as_array().unwrap().iter().map(line).collect()
    }

    fn ask(&mut self, method: &str, mut params: Value) -> Value {
        params["textDocument"] = json!({"uri": self.uri});
        self.client.ask(method, params)
    }
}

/// A run that has one red test.
fn with_run(client: &mut Client, root: &std::path::Path) -> String {
    std::fs::write(root.join("marks.py"), SOUND.replace(">= 50", "> 50")).unwrap();
    let task = start(client, "greenloop.fix");
    progress(client, &task, "begin");
    progress(client, &task, "end");
    task.as_str().unwrap().to_owned()
}

#[test]
fn an_edited_plan_is_told_what_is_wrong_in_it() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::initialized(capabilities(), &[&root]);
    let run = with_run(&mut client, &root);
    let mut plan = Plan::open(client, &run);
    plan.retype(&PLAN.replace("Why", "𝒳 `x`\n- wroker: a\n- worker: b\nWhy"));
    insta::assert_snapshot!(plan.told().join("\n"), @"9:0-9:11 1 there is no worker `b`. There are `repair`.");
    plan.retype(&PLAN.replace("test_boundary`", "test_boundry`"));
    insta::assert_snapshot!(plan.told().join("\n"), @r#"
    0:0-0:12 2 no step turns `test_marks.Marks.test_boundary` green. Add what is left to the tests of a step.
    5:4-5:35 1 `test_marks.Marks.test_boundry` is not one of the red tests of `unittest`. Did you mean `test_marks.Marks.test_boundary`?
    "#);
    plan.retype(PLAN);
    assert_eq!(plan.told(), Vec::<String>::new());
    plan.retype(&PLAN.replace("after: 1", "after: 2"));
    assert_eq!(plan.told().len(), 1);
    let document = json!({"textDocument": {"uri": plan.uri}});
    plan.client.notify("textDocument/didClose", document);
    assert_eq!(plan.told(), Vec::<String>::new());
}

fn run_of(plan: &Plan) -> &str {
    plan.uri.trim_start_matches("greenloop:/plan/").trim_end_matches(".md")
}

#[test]
fn a_step_is_changed_by_an_action() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::initialized(capabilities(), &[&root]);
    let run = with_run(&mut client, &root);
    let mut plan = Plan::open(client, &run);
    let actions = |plan: &mut Plan, line: u32| {
        let at = json!({"line": line, "character": 0});
        let context = json!({"diagnostics": [], "triggerKind": 1});
        let range = json!({"start": at, "end": at});
        plan.ask("textDocument/codeAction", json!({"range": range, "context": context}))
    };
    let titles = |actions: &Value| {
        let title = |action: &Value| action["title"].as_str().unwrap().to_owned();
        actions.as_array().unwrap().iter().map(title).collect::<Vec<String>>().join("\n")
    };
    insta::assert_snapshot!(titles(&actions(&mut plan, 9)), @r#"
    Carry out this plan
    Reject this plan
    Skip step 2
    Move step 2 up
    Join step 2 with the one above
    Let `repair` begin step 2
    "#);
    let alone = &actions(&mut plan, 2)[1];
    assert_eq!(alone["command"]["command"], "greenloop.plan.approve");
    assert_eq!(alone["command"]["arguments"], json!([{"taskId": run, "only": 1}]));
    assert_eq!(alone["edit"]["documentChanges"][0]["edits"][0]["newText"], "- skip: yes\n");
    let reject = &actions(&mut plan, 2)[2]["command"];
    assert_eq!(reject["command"], "greenloop.plan.refuse");
    assert_eq!(reject["arguments"], json!([{ "taskId": run_of(&plan) }]));
    let skip = &actions(&mut plan, 2)[3]["edit"]["documentChanges"][0];
    assert_eq!(skip["textDocument"], json!({"uri": plan.uri, "version": 1}));
    let edit = json!({
        "range": {"start": {"line": 6, "character": 0}, "end": {"line": 6, "character": 0}},
        "newText": "- skip: yes\n",
    });
    assert_eq!(skip["edits"], json!([edit]));
    // Nothing is written over what could not be read.
    plan.retype(&PLAN.replace("- after: 1", "- after: one"));
    assert_eq!(actions(&mut plan, 9), json!([]));
}

#[test]
fn an_editor_is_asked_to_come_with_plans_only() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut client = Client::initialized(dynamic(), &[&root]);
    let asked = client.server_request("client/registerCapability");
    client.respond(&asked, Value::Null);
    let registrations = asked["params"]["registrations"].as_array().unwrap();
    let methods: Vec<&str> =
        registrations.iter().map(|one| one["method"].as_str().unwrap()).collect();
    assert_eq!(
        methods,
        ["textDocument/completion", "textDocument/documentSymbol", "textDocument/foldingRange"]
    );
    for one in registrations {
        let selector = &one["registerOptions"]["documentSelector"];
        assert_eq!(selector[0], json!({"scheme": "greenloop", "pattern": "**/plan/*.md"}));
    }

    let run = with_run(&mut client, &root);
    let mut plan = Plan::open(client, &run);
    let steps = plan.ask("textDocument/documentSymbol", json!({}));
    let names: Vec<&str> =
        steps.as_array().unwrap().iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["1. The boundary", "2. The rest"]);
    assert_eq!(steps[0]["detail"], "1 test");
    let folds = plan.ask("textDocument/foldingRange", json!({}));
    assert_eq!((&folds[0]["startLine"], &folds[0]["endLine"]), (&json!(2), &json!(7)));
    assert_eq!(folds.as_array().unwrap().len(), 2);

    plan.retype(&PLAN.replace("- after: 1\n", "- worker: \n- tests of `unittest`:\n  - \n"));
    let labels = |plan: &mut Plan, line: u32, character: u32| {
        let at = json!({"position": {"line": line, "character": character}});
        let found = plan.ask("textDocument/completion", at);
        let label = |item: &Value| item["label"].as_str().unwrap().to_owned();
        found.as_array().unwrap().iter().map(label).collect::<Vec<String>>()
    };
    assert_eq!(labels(&mut plan, 11, 10), ["repair"]);
    assert_eq!(labels(&mut plan, 13, 4), Vec::<String>::new(), "the one red test has its step");
    plan.retype(&PLAN.replace("  - `test_marks.Marks.test_boundary`\n", "  - \n"));
    assert_eq!(labels(&mut plan, 5, 4), ["test_marks.Marks.test_boundary"]);

    // Other documents are none of our business.
    let other =
        json!({"textDocument": {"uri": "untitled:x"}, "position": {"line": 0, "character": 0}});
    assert_eq!(plan.client.ask("textDocument/completion", other), json!([]));
}

#[test]
fn a_change_of_what_is_selected_is_planned_for_a_goal_that_is_asked() {
    let folder = project();
    let root = folder.path().canonicalize().unwrap();
    let mut capabilities = capabilities();
    capabilities["experimental"] = json!({"greenloop": {"version": 1, "questionUi": true}});
    let mut client = Client::initialized(capabilities, &[&root]);
    let marks = Document::open(&mut client, &root.join("marks.py"), SOUND);
    let mut offered = |lines: (u32, u32)| {
        let at = |line: u32| json!({"line": line, "character": 0});
        let range = json!({"start": at(lines.0), "end": at(lines.1)});
        let context = json!({"diagnostics": [], "only": ["refactor"]});
        let document = json!({"uri": marks.uri()});
        let params = json!({"textDocument": document, "range": range, "context": context});
        client.ask("textDocument/codeAction", params)
    };
    assert_eq!(offered((4, 4)), json!([]), "nothing is selected");
    let actions = offered((4, 6));
    assert_eq!(actions[0]["kind"], "refactor.rewrite.greenloop.plan");
    let command = &actions[0]["command"];
    let answer =
        client.command(command["command"].as_str().unwrap(), command["arguments"][0].clone());
    assert_eq!(answer["ok"], true, "{answer}");
    let question = client.notification("greenloop/question", |_| true);
    let asked = question["params"]["text"].as_str().unwrap();
    assert!(asked.contains("what is to be done in lines 5 to 6 of marks.py?"), "{asked}");
    let id = &question["params"]["questionId"];
    let said = json!({"questionId": id, "choice": "Give an A from 80 points on."});
    assert_eq!(client.command("greenloop.answer", said)["ok"], true);
    client.notification("greenloop/questionClosed", |params| params["questionId"] == *id);
    client.notification("$/progress", |params| params["value"]["title"] == "Greenloop: change");
}
