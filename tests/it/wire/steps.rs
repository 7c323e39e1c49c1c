//! Runs with several steps in an editor: questions about the plan, the plan as it was edited, steps accepted alone, and
//! typing meanwhile.

use serde_json::{Value, json};

use super::client::Client;
use super::editor::Document;
use super::review::{capabilities, of_code, progress};
use crate::support::{Fixture, Project};

/// The tests of two steps.
const TWO: [&str; 2] = ["test_breaks_are_not_paid", "test_a_way_there_leads_back"];

fn warehouse() -> Project {
    Fixture::load("python-warehouse").copy()
}

fn open(client: &mut Client, project: &Project, file: &str) -> Document {
    Document::open(client, &project.root.join(file), &project.read(file))
}

fn begin(client: &mut Client, command: &str, tests: &[&str]) -> Value {
    let answer = client.command(command, json!({ "tests": tests }));
    assert_eq!(answer["ok"], true, "{answer}");
    answer["taskId"].clone()
}

/// Answers the editor's question with the choice of this title.
fn choose(client: &mut Client, title: &str) -> String {
    let question = client.server_request("window/showMessageRequest");
    client.respond(&question, json!({ "title": title }));
    question["params"]["message"].as_str().unwrap().to_owned()
}

/// Has the editor apply the edit that the server asks for.
fn apply(client: &mut Client, documents: &mut [&mut Document]) {
    let request = client.server_request("workspace/applyEdit");
    for change in request["params"]["edit"]["documentChanges"].as_array().unwrap() {
        let one = json!({ "documentChanges": [change] });
        let of = |document: &&mut &mut Document| change["textDocument"]["uri"] == document.uri();
        let document = documents.iter_mut().find(of).unwrap();
        assert!(document.apply(client, &one), "{change}");
    }
    client.respond(&request, json!({"applied": true}));
}

#[test]
fn what_is_typed_while_six_steps_are_worked_on_stays() {
    let project = warehouse();
    let mut client = Client::initialized(capabilities(), &[&project.root]);
    let files = ["figures", "labels", "prices", "routes", "shifts", "stock"];
    let mut documents: Vec<Document> = files
        .iter()
        .map(|name| open(&mut client, &project, &format!("warehouse/{name}.py")))
        .collect();
    let task = begin(&mut client, "greenloop.fix", &[]);
    progress(&mut client, &task, "begin");
    let stock = documents.last_mut().unwrap();
    stock.replace(
        &mut client,
        "\"\"\"What is on the shelves.\"\"\"",
        "\"\"\"My own words, typed meanwhile.\"\"\"",
    );
    stock.replace(&mut client, "- self.pieces\n", "- self.pieces  # typed\n");
    progress(&mut client, &task, "end");
    stock.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    let answer = client.command("greenloop.proposal.accept", json!({ "taskId": task }));
    assert_eq!(answer["ok"], true, "{answer}");
    apply(&mut client, &mut documents.iter_mut().collect::<Vec<_>>());
    let text = &documents.last().unwrap().text;
    for part in ["typed meanwhile", "# typed\n", "self.pieces -= taken"] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    let texts: String = documents.iter().map(|document| document.text.as_str()).collect();
    assert!(texts.contains("minutes - breaks") && texts.contains("count >= least"), "{texts}");
}

#[test]
fn a_step_is_accepted_alone() {
    let project = warehouse();
    let mut client = Client::initialized(capabilities(), &[&project.root]);
    let mut shifts = open(&mut client, &project, "warehouse/shifts.py");
    let routes = open(&mut client, &project, "warehouse/routes.py");
    let task = begin(&mut client, "greenloop.fix", &TWO);
    let found = shifts.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    let line = of_code(&found, "change")[0]["range"]["start"]["line"].as_u64().unwrap();
    let actions = shifts.actions(&mut client, line, Some("quickfix.greenloop.step"));
    let title = actions[0]["title"].as_str().unwrap();
    assert!(title.starts_with("Accept step ") && title.contains("(1 change)"), "{title}");
    let command = &actions[0]["command"];
    let answer = client.command("greenloop.step.accept", command["arguments"][0].clone());
    assert_eq!(answer["ok"], true, "{answer}");
    apply(&mut client, &mut [&mut shifts]);
    assert!(shifts.text.contains("minutes - breaks"), "{}", shifts.text);
    assert!(!routes.text.contains("len(way) >= 2"), "{task}");
}

#[test]
fn nothing_is_begun_before_somebody_says_yes_to_the_plan() {
    let project = warehouse();
    let mut client = Client::initialized(capabilities(), &[&project.root]);
    let shifts = open(&mut client, &project, "warehouse/shifts.py");
    let task = begin(&mut client, "greenloop.plan", &TWO);
    let asked = choose(&mut client, "Carry it out");
    assert!(asked.contains("carry out the plan of 2 steps?"), "{asked}");
    shifts.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    progress(&mut client, &task, "end");

    let task = begin(&mut client, "greenloop.plan", &TWO);
    choose(&mut client, "No");
    progress(&mut client, &task, "end");
    client.notification("window/showMessage", |params| {
        params["message"].as_str().unwrap().contains("it was not approved")
    });
    let status = client.command("greenloop.task.status", json!({ "taskId": task }));
    assert_eq!(status["tasks"][0]["phase"]["finished"]["status"], "stuck", "{status}");
}

#[test]
fn steps_are_asked_about_one_at_a_time_with_what_a_yes_means() {
    let project = warehouse();
    project.write("greenloop.toml", "[approval]\nsteps = \"always\"\nwait_seconds = 3600\n");
    let mut client = Client::initialized(capabilities(), &[&project.root]);
    let task = begin(&mut client, "greenloop.fix", &TWO);
    let asked = client.server_request("window/showMessageRequest");
    let told = asked["params"]["message"].as_str().unwrap();
    for part in ["carry out step 1 (", "It has to turn green: tests.test_", " UTC is a no."] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let status = client.command("greenloop.task.status", json!({ "taskId": task }));
    let open = status["tasks"][0]["questions"].as_array().map(Vec::len);
    assert!(open.is_none_or(|open| open == 1), "the next is asked when this is answered: {status}");
    // A yes to the plan is none to a step.
    let answer = client.command("greenloop.plan.approve", json!({ "taskId": task }));
    assert_eq!(answer["ok"], true, "{answer}");
    let answer = client.command("greenloop.plan.approve", json!({ "taskId": task, "step": 2 }));
    assert_eq!(answer["ok"], false, "nobody is asked about it yet: {answer}");
    client.notification("window/showMessage", |params| {
        params["message"].as_str().unwrap().contains("nobody is asked about step 2")
    });
    client.respond(&asked, json!({"title": "Carry it out"}));
    let asked = client.server_request("window/showMessageRequest");
    let told = asked["params"]["message"].as_str().unwrap();
    assert!(told.contains("carry out step 2 ("), "{told}");
    let uri = format!("greenloop:/plan/{}.md", task.as_str().unwrap());
    let text = "# Mend\n\n## 2. The rest\n";
    let document = json!({"uri": uri, "languageId": "markdown", "version": 1, "text": text});
    client.notify("textDocument/didOpen", json!({ "textDocument": document }));
    let at = json!({"line": 2, "character": 0});
    let context = json!({"diagnostics": [], "triggerKind": 1});
    let params = json!({"textDocument": {"uri": uri}, "range": {"start": at, "end": at}, "context": context});
    let actions = client.ask("textDocument/codeAction", params);
    assert_eq!(actions[0]["title"], "Approve step 2", "{actions}");
    let command = &actions[0]["command"];
    let name = command["command"].as_str().unwrap().to_owned();
    let answer = client.command(&name, command["arguments"][0].clone());
    assert_eq!(answer["ok"], true, "{answer}");
    progress(&mut client, &task, "end");
    let status = client.command("greenloop.task.status", json!({ "taskId": task }));
    assert_eq!(status["tasks"][0]["phase"]["finished"]["status"], "green", "{status}");
}

#[test]
fn the_plan_is_carried_out_as_it_was_edited() {
    let project = warehouse();
    let mut client = Client::initialized(capabilities(), &[&project.root]);
    let shifts = open(&mut client, &project, "warehouse/shifts.py");
    let task = begin(&mut client, "greenloop.plan", &TWO);
    let question = client.server_request("window/showMessageRequest");
    client.respond(&question, Value::Null);
    let shown = client.command("greenloop.show", json!({"what": "plan", "taskId": task}));
    client.notification("window/showMessage", |_| true);
    let uri = shown["uri"].as_str().unwrap().to_owned();
    let path = uri.strip_prefix("file://").unwrap();
    let plan = std::fs::read_to_string(path).unwrap();
    // The step about routes is left out.
    let (head, routes) = plan.split_at(plan.find("routes.py").unwrap());
    let (line, rest) = routes.split_once('\n').unwrap();
    let document = json!({"uri": uri, "languageId": "markdown", "version": 1,
        "text": format!("{head}{line}\n\n- skip: yes\n{rest}")});
    client.notify("textDocument/didOpen", json!({ "textDocument": document }));
    let lenses = client.ask("textDocument/codeLens", json!({"textDocument": {"uri": uri}}));
    assert_eq!(lenses[0]["command"]["title"], "Carry out this plan", "{lenses}");
    let answer = client.command("greenloop.plan.approve", json!({ "taskId": task }));
    assert_eq!(answer["ok"], true, "{answer}");
    shifts.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
    progress(&mut client, &task, "end");
    let status = client.command("greenloop.task.status", json!({ "taskId": task }));
    let finished = &status["tasks"][0]["phase"]["finished"];
    client.notification("window/showMessage", |params| {
        params["message"].as_str().unwrap().contains("1 of 2 steps are done")
    });
    assert_eq!(finished["status"], "partly", "{status}");
    assert!(finished["reason"].as_str().unwrap().contains("left out"), "{status}");
}

#[test]
fn a_plan_that_was_edited_and_closed_is_what_counts() {
    let project = warehouse();
    let mut client = Client::initialized(capabilities(), &[&project.root]);
    let task = begin(&mut client, "greenloop.plan", &TWO);
    let question = client.server_request("window/showMessageRequest");
    client.respond(&question, Value::Null);
    let show = |client: &mut Client| {
        let shown = client.command("greenloop.show", json!({"what": "plan", "taskId": task}));
        client.notification("window/showMessage", |_| true);
        shown["uri"].as_str().unwrap().strip_prefix("file://").unwrap().to_owned()
    };
    let path = show(&mut client);
    let plan = std::fs::read_to_string(&path).unwrap();

    // The edit that leaves one step was refused, and its command came all the same.
    let alone = json!({"taskId": task, "only": 1});
    let refused = client.command("greenloop.plan.approve", alone.clone());
    assert_eq!((&refused["ok"], &refused["reason"]), (&json!(false), &json!("stale")), "{refused}");
    client.notification("window/showMessage", |_| true);

    let (head, second) = plan.split_at(plan.find("## 2.").unwrap());
    let (line, rest) = second.split_once('\n').unwrap();
    let edited = format!("{head}{line}\n\n- skip: yes\n{rest}");
    std::fs::write(&path, &edited).unwrap();
    assert_eq!(std::fs::read_to_string(show(&mut client)).unwrap(), edited);
    let answer = client.command("greenloop.plan.approve", alone);
    assert_eq!(answer["ok"], true, "{answer}");
    progress(&mut client, &task, "end");
    let status = client.command("greenloop.task.status", json!({ "taskId": task }));
    assert_eq!(status["tasks"][0]["phase"]["finished"]["status"], "partly", "{status}");
    client.notification("window/showMessage", |params| {
        params["message"].as_str().unwrap().contains("1 of 2 steps are done")
    });
}

#[test]
fn a_yes_to_one_step_is_none_to_another() {
    let project = warehouse();
    project.write("greenloop.toml", "[approval]\nsteps = \"always\"\n");
    let mut client = Client::initialized(capabilities(), &[&project.root]);
    let shifts = open(&mut client, &project, "warehouse/shifts.py");
    let task = begin(&mut client, "greenloop.fix", &TWO);
    let routes = choose(&mut client, "Carry it out");
    assert!(routes.contains("carry out step 1 (warehouse/routes.py"), "{routes}");
    // Only an answer of its own begins the other one.
    let other = client.server_request("window/showMessageRequest");
    let asked = other["params"]["message"].as_str().unwrap();
    assert!(asked.contains("carry out step 2 (warehouse/shifts.py"), "{asked}");
    client.respond(&other, json!({ "title": "No" }));
    progress(&mut client, &task, "end");
    client.notification("window/showMessage", |params| {
        params["message"].as_str().unwrap().contains("it was not approved")
    });
    let status = client.command("greenloop.task.status", json!({ "taskId": task }));
    assert_eq!(status["tasks"][0]["phase"]["finished"]["status"], "partly", "{status}");
    assert!(shifts.text.contains("minutes + breaks"));
}
