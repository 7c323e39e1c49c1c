//! A step that nobody could do is planned anew, once, with what was tried.

use serde_json::{Value, json};

use crate::asking::{self, told};
use crate::models::scripted::{Reply, Scripted};
use crate::support::{Home, Project};

/// A red project that no template mends.
pub fn project() -> Project {
    let project = Project::empty("shop");
    project.write("label.py", "def label(n):\n    return str(n)\n");
    project.write(
        "test_shop.py",
        "import unittest\n\nfrom label import label\n\n\nclass ShopTest(unittest.TestCase):\n    \
def test_label(self):\n        self.assertEqual(label(3), '3 doubloons each')\n",
    );
    project
}

const USED: &str = "from unit import UNIT\n\n\ndef label(n):\n    return f'{n} {UNIT}'\n";

/// A worker that cannot do it in one step, and a planner that knows how, or does not. What it says hangs on nothing but what it
/// is told.
pub fn server(knows: bool) -> Scripted {
    Scripted::start_with(move |seen| {
        let told = told(seen);
        let n_turns = seen.body["messages"].as_array().unwrap().len() / 2;
        let step = |title: &str, tests: &[&str], after: &[u32]| json!({"title": title, "intent": "", "scope": [], "tests": tests, "worker": null, "after": after});
        let plan = |steps: &[Value], intro: &str| {
            Reply::call("plan", json!({"title": "again", "intro": intro, "steps": steps}))
        };
        if told.contains("# A step that nobody could do") {
            let name = "test_shop.ShopTest.test_label";
            let (hold, used) =
                (step("hold the unit", &[], &[]), step("use the unit", &[name], &[1]));
            return match (knows, n_turns) {
                (false, _) => plan(&[], "the test asks for too much"),
                // Nobody would turn the test green.
                (true, 0) => plan(&[hold], ""),
                (true, _) => plan(&[hold, used], "first the unit"),
            };
        }
        let write =
            |path: &str, text: &str| Reply::call("write", json!({"path": path, "text": text}));
        match (
            told.contains("# Task\n\nhold the unit"),
            told.contains("# Task\n\nuse the unit"),
            n_turns,
        ) {
            (true, _, 0) => write("unit.py", "UNIT = 'doubloons each'\n"),
            (_, true, 0) => write("label.py", USED),
            (false, false, 0) => write("label.py", "def label(n):\n    return f'{n}!'\n"),
            _ => Reply::call("done", json!({"summary": "As you wish."})),
        }
    })
}

pub const ONCE: [&str; 2] = ["--attempts", "1"];

fn run(home: &Home, project: &Project, args: &[&str]) -> (i32, Vec<Value>) {
    let output = project.greenloop(home).args(args).args(["--format", "json"]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (output.status.code().unwrap_or(-1), lines)
}

fn page(home: &Home, project: &Project, id: &Value) -> String {
    let show = ["show", id.as_str().unwrap()];
    String::from_utf8(project.greenloop(home).args(show).output().unwrap().stdout).unwrap()
}

/// What the planner was told at the beginning of each conversation.
fn planners(server: &Scripted) -> Vec<String> {
    let begun = server
        .seen()
        .into_iter()
        .filter(|seen| seen.body["messages"].as_array().unwrap().len() == 1);
    let told = begun.map(|seen| told(&seen));
    told.filter(|told| told.contains("# A step that nobody could do")).collect()
}

#[test]
fn other_steps_take_the_place_of_one_that_nobody_could_do() {
    let server = server(true);
    let (home, project) = (asking::home(&server, asking::PLANNER), project());
    let (code, lines) = run(&home, &project, &[&["fix"][..], &ONCE].concat());
    let outcome = lines.last().unwrap();
    assert_eq!((code, outcome["status"].as_str()), (0, Some("green")), "{outcome:#}");
    assert!(outcome["diff"].as_str().unwrap().contains("+UNIT = 'doubloons each'"), "{outcome:#}");
    let asked = planners(&server);
    assert_eq!(asked.len(), 1, "{asked:#?}");
    for part in ["+    return f'{n}!'", "'3 doubloons each'", "still red"] {
        assert!(asked[0].contains(part), "{part}: {}", asked[0]);
    }
    let refused = "no step turns `test_shop.ShopTest.test_label` green";
    assert!(server.seen().iter().any(|seen| seen.body.to_string().contains(refused)));
    let page = page(&home, &project, &outcome["run"]);
    assert!(page.contains("is done in other steps by m: 2, 3 (first the unit)"), "{page}");
}

#[test]
fn a_planner_that_knows_nothing_better_is_asked_once() {
    let server = server(false);
    let (home, project) = (asking::home(&server, asking::PLANNER), project());
    let (code, lines) = run(&home, &project, &[&["fix"][..], &ONCE].concat());
    let outcome = lines.last().unwrap();
    assert_eq!((code, outcome["status"].as_str()), (1, Some("stuck")), "{outcome:#}");
    assert_eq!(planners(&server).len(), 1);
    let page = page(&home, &project, &outcome["run"]);
    assert!(page.contains("stays as it is (the test asks for too much)"), "{page}");
}

#[test]
fn steps_that_were_in_no_approved_plan_wait_for_a_yes() {
    let server = server(true);
    let (home, project) = (asking::home(&server, asking::PLANNER), project());
    let (mut code, mut lines) = run(&home, &project, &[&["plan"][..], &ONCE].concat());
    let mut asked = Vec::new();
    while code == 3 && asked.len() < 5 {
        let waits = lines.last().unwrap().clone();
        asked.push(waits["reason"].as_str().unwrap().split('?').next().unwrap().to_owned());
        (code, lines) = run(&home, &project, &["answer", waits["run"].as_str().unwrap(), "yes"]);
    }
    let outcome = lines.last().unwrap();
    assert_eq!((code, outcome["status"].as_str()), (0, Some("green")), "{outcome:#}");
    assert_eq!(
        asked,
        [
            "is the plan to be carried out",
            "is step 2 to be carried out",
            "is step 3 to be carried out"
        ]
    );
}
