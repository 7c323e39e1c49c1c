//! Changes accepted, taken back and made again, several at once, by an editor that is believed by its texts only.

use std::fs;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{Client, DEADLINE};
use super::editor::Document;
use super::review::{capabilities, of_code, progress, start};

const GRADES: &str = "\
def grade(points):
    return 'A' if points >= 90 else 'B'


def passed(points):
    return points >= 50
";
const FINES: &str = "def fine(days):\n    return days * 3\n";
const TESTS: &str = "\
import unittest

from fines import fine
from grades import grade, passed


class Marks(unittest.TestCase):
    def test_grade(self):
        self.assertEqual(grade(90), 'A')

    def test_passed(self):
        self.assertTrue(passed(50))

    def test_fine(self):
        self.assertEqual(fine(4), 12)
";

/// Both files with the faults that a run will propose to mend: two places in one, one in the other.
struct Desk {
    #[expect(dead_code, reason = "held for its drop, which deletes the folder")]
    folder: TempDir,
    client: Client,
    grades: Document,
    fines: Document,
    task: Value,
}

fn faulty(text: &str) -> String {
    text.replace(">=", ">").replace("* 3", "+ 3")
}

impl Desk {
    fn new() -> Desk {
        Desk::with(capabilities(), GRADES)
    }

    fn with(capabilities: Value, grades: &str) -> Desk {
        let mut desk = Desk::begun(capabilities, grades, "");
        for document in [&desk.grades, &desk.fines] {
            document.diagnostics(&mut desk.client, |found| !of_code(found, "change").is_empty());
        }
        progress(&mut desk.client, &desk.task, "end");
        assert!(desk.states().iter().all(|state| state == "pending"));
        desk
    }

    /// A run has begun with this configuration.
    fn begun(capabilities: Value, grades: &str, config: &str) -> Desk {
        let folder = TempDir::new().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let files = [
            ("grades.py", grades),
            ("fines.py", FINES),
            ("test_marks.py", TESTS),
            ("greenloop.toml", config),
        ];
        for (name, text) in files {
            fs::write(root.join(name), text).unwrap();
        }
        let mut client = Client::initialized(capabilities, &[&root]);
        let open = |client: &mut Client, name: &str, text: &str| {
            let path: &Path = &root.join(name);
            Document::open(client, path, &faulty(text))
        };
        let grades = open(&mut client, "grades.py", grades);
        let fines = open(&mut client, "fines.py", FINES);
        let task = start(&mut client, "greenloop.fix");
        progress(&mut client, &task, "begin");
        Desk { folder, client, grades, fines, task }
    }

    /// The states of all hunks, in the order of the status.
    fn states(&mut self) -> Vec<String> {
        let hunks = self.status()["hunks"].clone();
        let states = hunks.as_array().unwrap().iter();
        states.map(|hunk| hunk["state"].as_str().unwrap().to_owned()).collect()
    }

    fn status(&mut self) -> Value {
        let task = self.task.clone();
        self.client.command("greenloop.task.status", json!({ "taskId": task }))["tasks"][0].clone()
    }

    /// Sends a command and, unless it is refused, applies the edit that the server then asks for.
    fn carry_out(&mut self, command: &str, argument: Value) -> Value {
        let answer = self.client.command(command, argument);
        if answer["ok"] == true {
            let request = self.client.server_request("workspace/applyEdit");
            self.apply(&request["params"]["edit"]);
            self.client.respond(&request, json!({"applied": true}));
        } else {
            self.client.notification("window/showMessage", |_| true);
        }
        answer
    }

    fn apply(&mut self, edit: &Value) {
        for change in edit["documentChanges"].as_array().unwrap() {
            let one = json!({ "documentChanges": [change] });
            let is_grades = change["textDocument"]["uri"] == self.grades.uri();
            let document = if is_grades { &mut self.grades } else { &mut self.fines };
            assert!(document.apply(&mut self.client, &one), "{change}");
        }
    }

    /// Waits until the journal knows of so many acceptances that stand.
    fn standing(&mut self, n: usize) {
        self.once(|task| {
            let all = task["acceptances"].as_array().unwrap();
            let standing = all.iter().filter(|acceptance| acceptance["undone"] == false);
            (standing.count() == n).then_some(())
        });
    }

    /// Waits until all hunks are in this state.
    fn all_are(&mut self, state: &str) {
        self.once(|task| {
            let mut hunks = task["hunks"].as_array().unwrap().iter();
            hunks.all(|hunk| hunk["state"] == state).then_some(())
        });
    }

    /// What the task's status shows, as soon as it does.
    fn once<T>(&mut self, shown: impl Fn(&Value) -> Option<T>) -> T {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let status = self.status();
            if let Some(shown) = shown(&status) {
                return shown;
            }
            assert!(Instant::now() < deadline, "never in {status:#}");
        }
    }
}

#[test]
fn a_whole_proposal_is_accepted_taken_back_and_made_again() {
    let mut desk = Desk::new();
    let accepted = desk.carry_out("greenloop.proposal.accept", Value::Null);
    assert_eq!((&desk.grades.text[..], &desk.fines.text[..]), (GRADES, FINES));
    desk.standing(1);
    assert_eq!(desk.states(), ["applied"; 3]);
    let refused = desk.carry_out("greenloop.proposal.accept", Value::Null);
    assert_eq!((&refused["ok"], &refused["reason"]), (&json!(false), &json!("stale")));

    // The user goes on typing, elsewhere.
    desk.grades.replace(&mut desk.client, "def grade", "# mine\n\n\ndef grade");
    let undone = desk.carry_out("greenloop.proposal.undo", Value::Null);
    assert_eq!(undone["acceptanceId"], accepted["acceptanceId"]);
    assert_eq!(desk.grades.text, format!("# mine\n\n\n{}", faulty(GRADES)));
    assert_eq!(desk.fines.text, faulty(FINES));
    desk.standing(0);
    assert_eq!(desk.states(), ["pending"; 3]);

    desk.carry_out("greenloop.proposal.redo", Value::Null);
    assert_eq!(desk.grades.text, format!("# mine\n\n\n{GRADES}"));
    desk.standing(1);

    // What is not there as it was accepted cannot be taken back.
    desk.grades.replace(&mut desk.client, ">= 50", ">= 51");
    let refused = desk.carry_out("greenloop.proposal.undo", Value::Null);
    assert_eq!((&refused["ok"], &refused["reason"]), (&json!(false), &json!("conflict")));
    assert!(desk.grades.text.contains(">= 51") && desk.fines.text == FINES, "nothing was touched");
}

#[test]
fn what_ended_green_is_accepted_by_itself_where_the_project_says_so_and_nobody_typed() {
    let config = "[approval]\naccept = \"green\"\n";
    let mut desk = Desk::begun(capabilities(), GRADES, config);
    let request = desk.client.server_request("workspace/applyEdit");
    desk.apply(&request["params"]["edit"]);
    desk.client.respond(&request, json!({"applied": true}));
    assert_eq!((&desk.grades.text[..], &desk.fines.text[..]), (GRADES, FINES));
    desk.standing(1);
    desk.carry_out("greenloop.proposal.undo", Value::Null);
    assert_eq!(desk.grades.text, faulty(GRADES));
    desk.all_are("pending");

    let config = format!("{config}plan = \"always\"\n");
    let mut desk = Desk::begun(capabilities(), GRADES, &config);
    desk.client.server_request("window/showMessageRequest");
    desk.grades.replace(&mut desk.client, "def grade", "# mine\n\n\ndef grade");
    let answer = desk.client.command("greenloop.plan.approve", Value::Null);
    assert_eq!(answer["ok"], true, "{answer}");
    let told = |params: &Value| params["message"].as_str().unwrap().contains("waits for you");
    desk.client.notification("window/showMessage", told);
    assert_eq!(desk.states(), ["pending"; 3]);
    assert_eq!(desk.fines.text, faulty(FINES));
}

#[test]
fn a_file_is_accepted_without_what_was_rejected_in_it() {
    let mut desk = Desk::new();
    let task = desk.task.clone();
    let hunk = json!({"taskId": task, "path": "grades.py", "hunk": 1});
    assert_eq!(desk.client.command("greenloop.hunk.reject", hunk.clone())["ok"], true);
    desk.grades.diagnostics(&mut desk.client, |found| of_code(found, "change").len() == 1);
    let uri = desk.grades.uri();
    desk.carry_out("greenloop.file.accept", json!({"taskId": task, "uri": uri}));
    assert_eq!(desk.grades.text, GRADES.replace(">= 50", "> 50"));
    desk.standing(1);
    assert_eq!(desk.states(), ["pending", "applied", "rejected"]);

    // Taken back one by one, the latest first.
    desk.carry_out("greenloop.file.accept", json!({"path": "fines.py"}));
    desk.standing(2);
    assert_eq!(desk.fines.text, FINES);
    desk.carry_out("greenloop.proposal.undo", Value::Null);
    desk.standing(1);
    assert_eq!(
        (desk.fines.text.clone(), desk.states()),
        (faulty(FINES), vec!["pending".into(), "applied".into(), "rejected".into()])
    );
    desk.carry_out("greenloop.proposal.undo", Value::Null);
    assert_eq!(desk.grades.text, faulty(GRADES));
    desk.standing(0);

    assert_eq!(
        desk.client.command("greenloop.proposal.reject", json!({"taskId": task}))["ok"],
        true
    );
    desk.all_are("rejected");
    assert_eq!(desk.client.command("greenloop.proposal.restore", Value::Null)["ok"], true);
    desk.all_are("pending");
}

/// An editor that applies the first file of an edit and stops.
fn half(desk: &mut Desk) {
    assert_eq!(desk.client.command("greenloop.proposal.accept", Value::Null)["ok"], true);
    let request = desk.client.server_request("workspace/applyEdit");
    let first = request["params"]["edit"]["documentChanges"][0].clone();
    desk.apply(&json!({ "documentChanges": [first] }));
    desk.client.respond(&request, json!({"applied": false, "failureReason": "half way"}));
}

#[test]
fn half_an_edit_is_told_and_finished_or_rolled_back() {
    let mut desk = Desk::new();
    half(&mut desk);
    let question = desk.client.server_request("window/showMessageRequest");
    let message = question["params"]["message"].as_str().unwrap();
    assert!(message.contains("1 of 3 changes were applied; missing in grades.py"), "{message}");
    desk.client.respond(&question, json!({"title": "Roll back"}));
    let request = desk.client.server_request("workspace/applyEdit");
    desk.apply(&request["params"]["edit"]);
    desk.client.respond(&request, Value::Null);
    assert_eq!(
        (desk.grades.text.clone(), desk.fines.text.clone()),
        (faulty(GRADES), faulty(FINES))
    );

    half(&mut desk);
    let question = desk.client.server_request("window/showMessageRequest");
    let answer = desk.client.command("greenloop.answer", json!("Perhaps"));
    assert_eq!(answer["reason"], "bad-arguments");
    desk.client.notification("window/showMessage", |_| true);
    assert_eq!(desk.client.command("greenloop.answer", json!("Finish"))["ok"], true);
    let cancelled = desk.client.notification("$/cancelRequest", |_| true);
    assert_eq!(cancelled["params"]["id"], question["id"]);
    let request = desk.client.server_request("workspace/applyEdit");
    desk.apply(&request["params"]["edit"]);
    desk.client.respond(&request, json!({"applied": true}));
    desk.standing(1);
    assert_eq!((&desk.grades.text[..], &desk.fines.text[..]), (GRADES, FINES));
}

/// The file is closed as it was on the screen.
fn close_fines(desk: &mut Desk) {
    fs::write(&desk.fines.path, &desk.fines.text).unwrap();
    let document = json!({"textDocument": {"uri": desk.fines.uri()}});
    desk.client.notify("textDocument/didClose", document);
}

#[test]
fn what_is_missing_in_an_open_file_is_told_beside_a_closed_one() {
    let mut desk = Desk::new();
    close_fines(&mut desk);
    assert_eq!(desk.client.command("greenloop.proposal.accept", Value::Null)["ok"], true);
    let request = desk.client.server_request("workspace/applyEdit");
    let changes = request["params"]["edit"]["documentChanges"].as_array().unwrap();
    let is_grades = |change: &&Value| change["textDocument"]["uri"] == desk.grades.uri();
    let mut grades = changes.iter().find(is_grades).unwrap().clone();
    // The editor writes only the first of two places of one file, and nothing of the closed one.
    grades["edits"].as_array_mut().unwrap().truncate(1);
    desk.apply(&json!({ "documentChanges": [grades] }));
    desk.client.respond(&request, json!({"applied": false}));
    let told = desk.client.notification("window/showMessage", |_| true);
    assert!(told["params"]["message"].as_str().unwrap().contains("nothing of fines.py"), "{told}");
    let question = desk.client.server_request("window/showMessageRequest");
    let message = question["params"]["message"].as_str().unwrap();
    assert!(message.contains("1 of 2 changes were applied; missing in grades.py"), "{message}");
    desk.client.respond(&question, json!({"title": "Finish"}));
    let request = desk.client.server_request("workspace/applyEdit");
    desk.apply(&request["params"]["edit"]);
    desk.client.respond(&request, json!({"applied": true}));
    desk.standing(1);
    assert_eq!((&desk.grades.text[..], &desk.fines.text[..]), (GRADES, &faulty(FINES)[..]));
}

#[test]
#[cfg(unix)]
fn a_change_is_accepted_in_the_document_it_was_asked_for_at() {
    let mut desk = Desk::new();
    let folder = desk.grades.path.parent().unwrap().to_owned();
    let link = TempDir::new().unwrap();
    std::os::unix::fs::symlink(&folder, link.path().join("linked")).unwrap();
    let path = link.path().join("linked/grades.py");
    let mut other = Document::open(&mut desk.client, &path, &faulty(GRADES));
    other.replace(&mut desk.client, "def passed", "# mine\ndef passed");
    let Desk { client, grades, .. } = &mut desk;
    for document in [grades, &mut other] {
        let line = document.line_of("> 50");
        let actions = document.actions(client, line, Some("quickfix.greenloop.accept"));
        let resolved = client.ask("codeAction/resolve", actions[0].clone());
        let change = &resolved["edit"]["documentChanges"][0];
        assert_eq!(change["textDocument"]["uri"], document.uri(), "{resolved}");
        assert!(document.apply(client, &resolved["edit"]));
        assert!(document.text.contains(">= 50"), "{}", document.text);
    }
}

#[test]
fn actions_lenses_and_hints_say_how_much_is_decided() {
    let mut desk = Desk::new();
    let line = desk.grades.line_of("> 90");
    let titles = |actions: &[Value]| -> Vec<String> {
        let titles = actions.iter().map(|action| action["title"].as_str().unwrap());
        // How many others pass depends on how far the search came.
        let fixed = titles.filter(|title| !title.starts_with("Take instead: "));
        fixed.map(|title| title.split(" (").next().unwrap().to_owned()).collect()
    };
    let actions = desk.grades.actions(&mut desk.client, line, None);
    let titles = titles(&actions);
    assert!(
        titles[0].starts_with("Accept change 2/3: ")
            && titles[1].starts_with("Reject change 2/3: "),
        "{titles:#?}"
    );
    let starts = ["Show the diff of change 2/3", "Look for another change 2/3", "Check change 2/3"];
    for (title, start) in titles[2..].iter().zip(starts) {
        assert!(title.starts_with(start), "{titles:#?}");
    }
    assert_eq!(
        titles[5..],
        [
            "Accept all 2 changes in grades.py",
            "Reject all 2 changes in grades.py",
            "Accept the whole proposal",
            "Reject the whole proposal"
        ]
    );
    let only = desk.grades.actions(&mut desk.client, line, Some("quickfix.greenloop.proposal"));
    assert_eq!(only.len(), 2);

    let document = json!({"textDocument": {"uri": desk.grades.uri()}});
    let lenses = desk.client.ask("textDocument/codeLens", document.clone());
    let shown: Vec<String> = lenses
        .as_array()
        .unwrap()
        .iter()
        .map(|lens| {
            format!(
                "{}: {}",
                lens["range"]["start"]["line"],
                lens["command"]["title"].as_str().unwrap()
            )
        })
        .collect();
    let top = "0: Greenloop: 2 changes | Accept all (";
    assert!(shown[0].starts_with(top) && shown[0].ends_with("checked without the rest)"));
    assert_eq!(
        shown[1..],
        [
            "1: Accept (not checked without the rest)",
            "1: Reject",
            "1: Diff",
            "5: Accept (not checked without the rest)",
            "5: Reject",
            "5: Diff",
        ]
    );
    let mut whole = document;
    whole["range"] =
        json!({"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}});
    let hints = desk.client.ask("textDocument/inlayHint", whole);
    let labels: Vec<&Value> = hints.as_array().unwrap().iter().map(|hint| &hint["label"]).collect();
    assert_eq!(labels, ["+1 -1", "+1 -1"]);
}

#[test]
fn what_only_the_server_has_is_shown_by_name_or_as_a_file() {
    let mut desk = Desk::new();
    let task = desk.task.as_str().unwrap().to_owned();
    let content = |desk: &mut Desk, uri: &str| {
        let answer = desk.client.ask("workspace/textDocumentContent", json!({ "uri": uri }));
        answer["text"].as_str().unwrap().to_owned()
    };
    assert_eq!(content(&mut desk, &format!("greenloop:/base/{task}/grades.py")), faulty(GRADES));
    assert_eq!(content(&mut desk, &format!("greenloop:/proposed/{task}/grades.py")), GRADES);
    let diff = content(&mut desk, &format!("greenloop:/diff/{task}.diff"));
    assert!(diff.contains("+    return points >= 50\n"), "{diff}");
    let log = content(&mut desk, &format!("greenloop:/log/{task}.txt"));
    assert!(log.contains("unittest") && log.contains("$ "), "{log}");
    let page = content(&mut desk, &format!("greenloop:/run/{task}.md"));
    assert!(
        page.contains("## Evidence") && page.contains("`grades.py`: edit, 2 to decide"),
        "{page}"
    );
    desk.client.ask_error(
        "workspace/textDocumentContent",
        json!({"uri": "greenloop:/diff/0000000000.diff"}),
    );

    // An editor that opens neither gets a file and its path.
    let shown = desk.client.command("greenloop.show", json!({"what": "diff"}));
    let message = desk.client.notification("window/showMessage", |_| true);
    let path = shown["uri"].as_str().unwrap().strip_prefix("file://").unwrap();
    assert!(message["params"]["message"].as_str().unwrap().ends_with(path), "{message}");
    assert_eq!(fs::read_to_string(path).unwrap(), diff);
}

#[test]
fn an_editor_that_listens_is_told_of_every_change() {
    let mut capabilities = capabilities();
    capabilities["experimental"] = json!({"greenloop": {"version": 1, "questionUi": true}});
    let mut desk = Desk::with(capabilities, GRADES);
    let pending = |params: &Value, state: &str| {
        let hunks = params["tasks"][0]["hunks"].as_array().cloned().unwrap_or_default();
        hunks.len() == 3 && hunks.iter().all(|hunk| hunk["state"] == state)
    };
    desk.client.notification("greenloop/state", |params| pending(params, "pending"));
    let snapshot = desk.client.ask("greenloop/snapshot", Value::Null);
    assert!(pending(&snapshot, "pending"), "{snapshot}");
    let document = json!({"textDocument": {"uri": desk.grades.uri()}});
    let hunks = desk.client.ask("greenloop/hunks", document);
    assert_eq!(
        (&hunks["version"], &hunks["hunks"][1]["inserted"]),
        (&json!(1), &json!("    return points >= 50\n"))
    );

    half(&mut desk);
    let question = desk.client.notification("greenloop/question", |_| true);
    assert_eq!(question["params"]["choices"], json!(["Finish", "Roll back"]));
    let id = &question["params"]["questionId"];
    assert_eq!(
        desk.client.command("greenloop.answer", json!({"questionId": id, "choice": "Finish"}))["ok"],
        true
    );
    desk.client.notification("greenloop/questionClosed", |params| params["questionId"] == *id);
    let request = desk.client.server_request("workspace/applyEdit");
    desk.apply(&request["params"]["edit"]);
    desk.client.respond(&request, json!({"applied": true}));
    desk.client.notification("greenloop/state", |params| pending(params, "applied"));
}

#[test]
fn a_selected_line_of_a_hunk_is_accepted_alone() {
    let close = GRADES.replace("\n\n\n", "\n");
    let mut desk = Desk::with(capabilities(), &close);
    assert_eq!(desk.states().len(), 2, "both lines are in one hunk");
    let line = desk.grades.line_of("> 90");
    let actions = desk.grades.actions(&mut desk.client, line, Some("quickfix.greenloop.accept"));
    let part = actions.iter().find(|action| {
        action["title"].as_str().unwrap().starts_with("Accept 1 of 2 lines of change 2/2")
    });
    let resolved = desk.client.ask("codeAction/resolve", part.unwrap().clone());
    assert!(desk.grades.apply(&mut desk.client, &resolved["edit"]));
    assert_eq!(desk.grades.text, close.replace(">= 50", "> 50"));
    assert_eq!(desk.states(), ["pending", "partly"]);
    let recheck = &resolved["command"];
    let params = json!({"command": recheck["command"], "arguments": recheck["arguments"]});
    desk.client.ask("workspace/executeCommand", params);
    desk.standing(1);

    // The rest follows, and the whole goes back together.
    let line = desk.grades.line_of("> 50");
    let actions = desk.grades.actions(&mut desk.client, line, Some("quickfix.greenloop.accept"));
    assert_eq!(actions.len(), 1, "what is left is one line: {actions:#?}");
    let resolved = desk.client.ask("codeAction/resolve", actions[0].clone());
    assert!(desk.grades.apply(&mut desk.client, &resolved["edit"]));
    assert_eq!(desk.states(), ["pending", "applied"]);
    assert_eq!(desk.grades.text, close);
    // What was accepted by itself goes back by itself.
    desk.carry_out("greenloop.proposal.undo", Value::Null);
    assert_eq!(desk.grades.text, close.replace(">= 90", "> 90"));
    desk.standing(0);
    desk.carry_out("greenloop.proposal.redo", Value::Null);
    assert_eq!(desk.grades.text, close);
}

/// The verdict on a subset, once it is known.
fn verdict(desk: &mut Desk, hunks: &Value) -> Value {
    desk.once(|task| {
        let mut known = task["subsets"].as_array().unwrap().iter();
        let subset = known.find(|subset| subset["hunks"] == *hunks)?;
        Some(subset["verdict"]["status"].clone())
    })
}

#[test]
fn what_is_chosen_is_checked_on_exactly_its_tree() {
    let mut desk = Desk::new();
    let title = |desk: &mut Desk| {
        let line = desk.grades.line_of("> 90");
        let only = Some("quickfix.greenloop.accept");
        let actions = desk.grades.actions(&mut desk.client, line, only);
        actions[0]["title"].as_str().unwrap().to_owned()
    };
    assert!(title(&mut desk).ends_with("(not checked without the rest)"));

    // What is left after a no is checked by itself.
    let hunk = json!({"path": "grades.py", "hunk": 1});
    assert_eq!(desk.client.command("greenloop.hunk.reject", hunk)["ok"], true);
    let kept = json!([["fines.py", 0], ["grades.py", 0]]);
    assert_eq!(verdict(&mut desk, &kept), "red");

    // One change alone is checked on request.
    let hunk = json!({"path": "grades.py", "hunk": 0});
    assert_eq!(desk.client.command("greenloop.hunk.check", hunk)["ok"], true);
    assert_eq!(verdict(&mut desk, &json!([["grades.py", 0]])), "red");
    assert!(title(&mut desk).ends_with("(red without the rest: 2 tests)"));

    // On top of what is accepted it is what was left, which is known.
    desk.carry_out("greenloop.file.accept", json!({"path": "fines.py"}));
    desk.standing(1);
    assert_eq!(verdict(&mut desk, &json!([["fines.py", 0]])), "red");
    desk.grades.diagnostics(&mut desk.client, |found| {
        found.iter().any(|change| {
            change["message"].as_str().unwrap().ends_with("(red without the rest: 1 test)")
        })
    });
}

#[test]
fn a_rejected_change_does_not_come_back_when_the_work_is_done_again() {
    let mut desk = Desk::new();
    let asked = json!({"path": "fines.py", "hunk": 0, "feedback": "fines grow otherwise"});
    let again = desk.client.command("greenloop.hunk.revise", asked);
    assert_eq!(again["ok"], true, "{again}");
    let again = again["taskId"].clone();
    progress(&mut desk.client, &again, "begin");
    progress(&mut desk.client, &again, "end");
    let status = desk.client.command("greenloop.task.status", json!({ "taskId": again }));
    let task = &status["tasks"][0];
    assert_eq!(task["goal"]["avoid"][0]["note"], "fines grow otherwise");
    let page = json!({"uri": format!("greenloop:/diff/{}.diff", again.as_str().unwrap())});
    if task["outcome"] != "green" {
        // Nothing else was found for some of it, which is said.
        desk.client.notification("window/showMessage", |params| params["type"] == 2);
    }
    if task["hunks"] == json!([]) {
        return;
    }
    let diff = desk.client.ask("workspace/textDocumentContent", page);
    assert!(!diff["text"].as_str().unwrap().contains("+    return days * 3"), "{diff}");
}

#[test]
fn what_became_of_an_accepted_change_does_not_hold_up_the_others() {
    let mut desk = Desk::new();
    let first = json!({"path": "grades.py", "hunk": 0});
    assert_eq!(desk.carry_out("greenloop.hunk.accept", first)["ok"], true);
    desk.standing(1);
    assert_eq!(desk.states(), ["pending", "applied", "pending"]);
    desk.grades.diagnostics(&mut desk.client, |found| of_code(found, "change").len() == 1);
    desk.grades.replace(&mut desk.client, ">= 90", ">= 91");
    assert_eq!(desk.states(), ["pending", "settled", "pending"]);
    let accepted = desk.carry_out("greenloop.file.accept", json!({"path": "grades.py"}));
    assert_eq!(accepted["ok"], true, "{accepted}");
    assert_eq!(desk.grades.text, GRADES.replace(">= 90", ">= 91"));
    desk.standing(2);

    // A change that nobody has accepted is in the way, by name.
    desk.fines.replace(&mut desk.client, "+ 3", "+ 4");
    let refused = desk.carry_out("greenloop.proposal.accept", Value::Null);
    assert_eq!((&refused["ok"], &refused["reason"]), (&json!(false), &json!("conflict")));
    let message = refused["message"].as_str().unwrap();
    assert!(message.contains("fines.py (change 1/3)"), "{message}");
    desk.fines.undo(&mut desk.client);
    assert_eq!(desk.carry_out("greenloop.proposal.accept", Value::Null)["ok"], true);
    assert_eq!(desk.fines.text, FINES);
}

#[test]
fn an_editor_without_versions_gets_no_edit_that_could_come_late() {
    let mut capabilities = capabilities();
    capabilities["workspace"]["workspaceEdit"]["documentChanges"] = json!(false);
    for resolves in [true, false] {
        if !resolves {
            capabilities["textDocument"]["codeAction"]["resolveSupport"] = Value::Null;
        }
        let mut desk = Desk::with(capabilities.clone(), GRADES);
        let line = desk.grades.line_of("> 90");
        let only = Some("quickfix.greenloop.accept");
        let actions = desk.grades.actions(&mut desk.client, line, only);
        let action = &actions[0];
        assert_eq!(action["command"]["command"], "greenloop.hunk.accept", "{action}");
        assert!(action["edit"].is_null() && action["data"].is_null(), "{action}");
    }
}

/// Waits until the first change shown in a document ends so.
fn said(client: &mut Client, document: &Document, end: &str) {
    document.diagnostics(client, |found| {
        let changes = of_code(found, "change");
        changes.first().is_some_and(|change| change["message"].as_str().unwrap().ends_with(end))
    });
}

#[test]
fn no_evidence_is_shown_for_texts_that_no_check_has_seen() {
    let mut desk = Desk::new();
    // What the user made of a change in one file is in no tree that was tested, whatever is accepted in another.
    desk.fines.replace(&mut desk.client, "+ 3", "+ 4");
    said(&mut desk.client, &desk.grades, "(not checked with your text)");
    desk.fines.undo(&mut desk.client);
    said(&mut desk.client, &desk.grades, "(not checked without the rest)");
}

#[test]
fn evidence_is_of_the_past_once_a_text_is_edited() {
    let folder = TempDir::new().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fs::write(root.join("fines.py"), FINES).unwrap();
    let tests = TESTS.replace("from grades import grade, passed\n", "");
    let tests = tests.split("    def test_grade").next().unwrap().to_owned()
        + "    def test_fine(self):\n        self.assertEqual(fine(4), 12)\n";
    fs::write(root.join("test_marks.py"), &tests).unwrap();
    let mut client = Client::initialized(capabilities(), &[&root]);
    let mut fines = Document::open(&mut client, &root.join("fines.py"), &faulty(FINES));
    let mut other = Document::open(&mut client, &root.join("test_marks.py"), &tests);
    let task = start(&mut client, "greenloop.fix");
    progress(&mut client, &task, "begin");
    let (now, past) = ("(1/1 test pass)", "(1/1 test pass, before your latest edits)");
    said(&mut client, &fines, now);
    // In the same file.
    fines.replace(&mut client, "def fine", "syntax error\n\n\ndef fine");
    said(&mut client, &fines, past);
    let line = fines.line_of("+ 3");
    let actions = fines.actions(&mut client, line, Some("quickfix.greenloop.accept"));
    assert!(actions[0]["title"].as_str().unwrap().ends_with(past), "{actions:#?}");
    let document = json!({"textDocument": {"uri": fines.uri()}});
    let lenses = client.ask("textDocument/codeLens", document);
    assert_eq!(lenses[0]["command"]["title"], format!("Accept {past}"));
    fines.undo(&mut client);
    said(&mut client, &fines, now);
    // In another one, which nothing is proposed for.
    other.replace(&mut client, "import unittest\n", "import unitest\n");
    said(&mut client, &fines, past);
    other.undo(&mut client);
    said(&mut client, &fines, now);
}

#[test]
fn actions_on_several_changes_say_what_the_checks_say_of_them() {
    let mut desk = Desk::new();
    let line = desk.grades.line_of("> 90");
    let title = |desk: &mut Desk, kind: &str| {
        let actions = desk.grades.actions(&mut desk.client, line, Some(kind));
        actions[0]["title"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        title(&mut desk, "quickfix.greenloop.proposal"),
        "Accept the whole proposal (3 changes in 2 files) (3/3 tests pass)"
    );
    // Who looks at it has it checked: the test of the other file stays red.
    let wanted = "Accept all 2 changes in grades.py (red without the rest: 1 test)";
    let deadline = Instant::now() + DEADLINE;
    loop {
        let shown = title(&mut desk, "quickfix.greenloop.file");
        if shown == wanted {
            break;
        }
        assert!(shown.contains("checked without the rest"), "{shown}");
        assert!(Instant::now() < deadline, "never in {shown}");
    }
    let document = json!({"textDocument": {"uri": desk.grades.uri()}});
    let lenses = desk.client.ask("textDocument/codeLens", document);
    let top = &lenses[0]["command"]["title"];
    assert_eq!(top, "Greenloop: 2 changes | Accept all (red without the rest: 1 test)");
    let reject = desk.grades.actions(&mut desk.client, line, Some("quickfix.greenloop.file"));
    assert_eq!(reject[1]["title"], "Reject all 2 changes in grades.py");
}
