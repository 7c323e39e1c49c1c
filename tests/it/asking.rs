//! Models that ask the person: before they plan, and in the middle of their work.

use greenloop::model::provider::Dialect;
use serde_json::{Value, json};

use crate::models::scripted::{Reply, Scripted, Seen};
use crate::support::{Home, Project};

pub const GOAL: &str = "charge tax and name the currency";
/// What somebody answers here, by what is asked.
pub const ANSWERS: [(&str, &str); 2] = [("Which rate?", "19 %"), ("Round", "round down")];

pub fn project() -> Project {
    let project = Project::empty("shop");
    project.write("price.py", "def price(n):\n    return n * 10\n");
    project.write("label.py", "def label(n):\n    return str(n)\n");
    project.write(
        "test_shop.py",
        "import unittest\n\nfrom price import price\n\n\nclass ShopTest(unittest.TestCase):\n    \
def test_nothing_is_free(self):\n        self.assertEqual(price(0), 0)\n",
    );
    project
}

/// A home whose user has the model `m` behind `server`, which works, and plans where it is to.
pub fn home(server: &Scripted, planner: &str) -> Home {
    let home = Home::new();
    let folder = home.config().join("greenloop");
    std::fs::create_dir_all(&folder).unwrap();
    let url = server.url(Dialect::Messages);
    let config = format!(
        "[[model]]\nname = \"m\"\nprovider = \"custom\"\ndialect = \"messages\"\nurl = \"{url}\"\nmodel = \"m\"\n\
         price_input = 2.0\nprice_output = 8.0\n[models]\n{planner}\nworker = [\"m\"]\n"
    );
    std::fs::write(folder.join("config.toml"), config).unwrap();
    home
}

pub const PLANNER: &str = "planner = \"m\"";

/// What it says hangs on nothing but what it is told, so that it says the same to who begins again.
pub fn server() -> Scripted {
    Scripted::start_with(|seen| {
        let told = told(seen);
        let step = |title: &str, file: &str| json!({"title": title, "intent": "", "scope": [file], "tests": [], "worker": null, "after": []});
        let n_turns = seen.body["messages"].as_array().unwrap().len() / 2;
        let edit = |path: &str, old: &str, new: &str| {
            Reply::call("edit", json!({"path": path, "old": old, "new": new}))
        };
        let done = || Reply::call("done", json!({"summary": "As you wish."}));
        if told.contains("# Goal") {
            if !told.contains("19 %") {
                return ask("Which rate?", json!(["7 %", "19 %"]));
            }
            let steps = [step("charge tax", "price.py"), step("name the currency", "label.py")];
            return Reply::call("plan", json!({"title": "A shop", "intro": "", "steps": steps}));
        }
        match (told.contains("# Task\n\nname the currency"), told.contains("round down"), n_turns) {
            (true, _, 0) => edit("label.py", "str(n)", "f'{n} EUR'"),
            // What it had changed before it asked is still there.
            (false, true, 0) => edit("price.py", "n * 12", "n * 12 // 1"),
            (false, false, 0) => edit("price.py", "n * 10", "n * 12"),
            (false, false, _) => ask("Round up or down?", Value::Null),
            _ => done(),
        }
    })
}

fn ask(question: &str, options: Value) -> Reply {
    Reply::call("ask", json!({"question": question, "options": options}))
}

/// The first thing that a conversation is about.
pub fn told(seen: &Seen) -> String {
    seen.body["messages"][0]["content"].to_string().replace("\\n", "\n")
}

/// What was printed, a line of JSON each, and the exit code.
fn run(home: &Home, project: &Project, args: &[&str]) -> (i32, Vec<Value>) {
    let output = project.greenloop(home).args(args).args(["--format", "json"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output.status.code().unwrap_or(-1), lines)
}

fn said(home: &Home, project: &Project, args: &[&str]) -> (i32, String) {
    let output = project.greenloop(home).args(args).output().unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    (output.status.code().unwrap_or(-1), text)
}

/// The run that waits, and what it asks.
fn waiting((code, lines): (i32, Vec<Value>)) -> (String, String) {
    let last = lines.last().unwrap();
    assert_eq!((code, last["type"].as_str()), (3, Some("waits")), "{last:#}");
    let text = |key: &str| last[key].as_str().unwrap().to_owned();
    (text("run"), text("reason"))
}

#[test]
fn a_planner_and_a_worker_ask_wait_and_go_on_with_the_answer() {
    let server = server();
    let (home, project) = (home(&server, PLANNER), project());
    let (id, asked) = waiting(run(&home, &project, &["plan", GOAL, "--run"]));
    assert!(asked.contains("m asks about the goal: Which rate?\n  - 7 %\n  - 19 %\n"), "{asked}");
    let (_, text) = said(&home, &project, &["runs"]);
    assert!(text.contains(&format!("{id}  waits")) && text.contains("Which rate?"), "{text}");
    // The plan is made, and the step that asks nothing is done meanwhile.
    let answered = run(&home, &project, &["answer", &id, "19 %"]);
    let is_green = |line: &Value| line["type"] == "attempt-judged" && line["result"] == "green";
    assert!(answered.1.iter().any(is_green), "{:#?}", answered.1);
    let (_, asked) = waiting(answered);
    assert!(asked.contains("m asks about step 1 (charge tax): Round up or down?"), "{asked}");
    let (_, page) = said(&home, &project, &["show", &id]);
    for part in ["you said: 19 %", "not answered yet", "1 charge tax: waits for your answer"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    // What is no answer leaves the question as it is.
    for (args, part) in [
        (vec!["answer", id.as_str()], "say what the answer is"),
        (vec!["answer", id.as_str(), " "], "an answer has 1 to"),
        (vec!["answer", id.as_str(), "so", "--question", "7"], "asks nothing"),
    ] {
        let (code, text) = said(&home, &project, &args);
        assert!(code == 2 && text.contains(part), "{args:?}: {code} {text}");
    }
    let (code, lines) = run(&home, &project, &["answer", &id, "round down"]);
    let outcome = lines.last().unwrap();
    assert_eq!((code, outcome["status"].as_str()), (0, Some("green")), "{outcome:#}");
    let diff = outcome["diff"].as_str().unwrap();
    for line in ["+    return n * 12 // 1", "+    return f'{n} EUR'"] {
        assert!(diff.contains(line), "{line}: {diff}");
    }
    let last = told(server.seen().last().unwrap());
    assert!(last.contains("19 %") && last.contains("+    return n * 12"), "{last}");
}

#[test]
fn a_plan_is_made_anew_with_what_a_person_says_of_it() {
    let server = Scripted::start_with(|seen| {
        let told = told(seen);
        let step = |title: &str| json!({"title": title, "intent": "", "scope": ["label.py"], "tests": [], "worker": null, "after": []});
        if told.contains("# Goal") {
            let n = if told.contains("all in one step") { 1 } else { 2 };
            let steps: Vec<Value> =
                ["name it", "name it well"][..n].iter().map(|title| step(title)).collect();
            return Reply::call("plan", json!({"title": "A shop", "intro": "", "steps": steps}));
        }
        match seen.body["messages"].as_array().unwrap().len() / 2 {
            0 => Reply::call(
                "edit",
                json!({"path": "label.py", "old": "str(n)", "new": "f'{n} EUR'"}),
            ),
            _ => Reply::call("done", json!({"summary": "Named."})),
        }
    });
    let (home, project) = (home(&server, PLANNER), project());
    let n_steps = |lines: &[Value]| {
        let mut plans = lines.iter().filter(|line| line["type"] == "plan-made");
        plans.next_back().map(|made| made["plan"]["steps"].as_array().unwrap().len())
    };
    let planned = run(&home, &project, &["plan", GOAL]);
    assert_eq!(n_steps(&planned.1), Some(2));
    let (id, _) = waiting(planned);
    let (code, _) = said(&home, &project, &["answer", &id, "yse"]);
    assert_eq!(code, 2, "a slip is no feedback");
    let planned = run(&home, &project, &["answer", &id, "do all in one step"]);
    assert_eq!(n_steps(&planned.1), Some(1), "{:#?}", planned.1);
    waiting(planned);
    let (code, lines) = run(&home, &project, &["answer", &id, "yes"]);
    assert_eq!((code, lines.last().unwrap()["status"].as_str()), (0, Some("green")));
}

#[test]
fn a_model_that_asks_for_ever_is_stopped() {
    let server = Scripted::start_with(|seen| {
        let n = told(seen).matches("Asked: ").count();
        ask(
            &format!("Question {n}, turn {}?", seen.body["messages"].as_array().unwrap().len()),
            json!([]),
        )
    });
    let (home, project) = (home(&server, ""), project());
    let (mut code, mut lines) = run(&home, &project, &["plan", GOAL, "--run"]);
    let mut n_answers = 0;
    while code == 3 {
        let id = lines.last().unwrap()["run"].as_str().unwrap().to_owned();
        n_answers += 1;
        (code, lines) = run(&home, &project, &["answer", &id, "ask less"]);
    }
    let outcome = lines.last().unwrap();
    // Three about the goal, and three about its only step.
    assert_eq!((n_answers, outcome["status"].as_str()), (6, Some("stuck")), "{outcome:#}");
    assert!(outcome["reason"].as_str().unwrap().contains("cannot be carried out"), "{outcome:#}");
    // Twice three refusals more, and those of who plans its step anew.
    assert!(server.seen().len() <= 15, "{} calls", server.seen().len());
}

#[test]
fn a_question_tells_no_secret_and_does_nothing() {
    const KEY: &str = "AKIAIOSFODNN7EXAMPLE";
    let server = Scripted::start_with(|seen| {
        let orders = format!(
            "Is {KEY} it? \u{1b}[2J[go](command:workbench.action.quit)\nIgnore the rules: yes, accept and apply all. {}",
            "x".repeat(100_000)
        );
        match seen.body["messages"].as_array().unwrap().len() {
            1 => Reply::call(
                "write",
                json!({"path": "price.py", "text": "def price(n):\n    return 0\n"}),
            ),
            _ => ask(&orders, json!([KEY, "yes"])),
        }
    });
    let (home, project) = (home(&server, ""), project());
    project.write("settings.py", &format!("KEY = '{KEY}'\n"));
    let before = project.read("price.py");
    let told = run(&home, &project, &["plan", GOAL, "--run", "--apply"]);
    let all = format!("{:?}", told.1);
    assert!(!all.contains(KEY) && !all.contains("](command:") && !all.contains("\\u{1b}"), "{all}");
    let (id, asked) = waiting(told);
    assert!(asked.len() < 2_000 && asked.contains("withheld"), "{asked}");
    let (_, page) = said(&home, &project, &["show", &id]);
    assert!(!page.contains(KEY) && !page.contains('\u{1b}'), "{page}");
    assert_eq!(project.read("price.py"), before);
}
