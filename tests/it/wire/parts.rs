//! What titles and lenses say of a part of a proposal is what the project's own tests say of that part.

use std::fs;
use std::path::Path;
use std::process::Command as Program;
use std::time::Instant;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::client::{Client, DEADLINE};
use super::editor::Document;
use super::review::{capabilities, of_code, progress, start};

/// A worker that changes both values, of which this is asked.
const CONFIG: &str =
    "workers = [\"all\"]\n[[worker]]\nname = \"all\"\ncommand = [\"sh\", \"all.sh\"]\n";
const SCRIPT: &str = "sed -i 's/= 0/= 1/' one.py two.py\n";
const FILES: [&str; 2] = ["one.py", "two.py"];
const BEFORE: &str = "V = 0\n";
const AFTER: &str = "V = 1\n";

/// Values of both files that pass, other than both changed.
fn tests(passing: &[(u8, u8)]) -> String {
    let passing: Vec<String> = passing.iter().map(|(a, b)| format!("({a}, {b})")).collect();
    format!(
        "import unittest\n\nimport one, two\n\n\nclass Parts(unittest.TestCase):\n    \
         def test_values(self):\n        \
         self.assertIn((one.V, two.V), [(1, 1), {}])\n",
        passing.join(", ")
    )
}

/// Whether the tests pass by hand with only this file changed.
fn is_green_by_hand(root: &Path, changed: &str) -> bool {
    let folder = TempDir::new().unwrap();
    for name in FILES {
        let text = if name == changed { AFTER } else { BEFORE };
        fs::write(folder.path().join(name), text).unwrap();
    }
    fs::copy(root.join("test_parts.py"), folder.path().join("test_parts.py")).unwrap();
    let mut tests = Program::new("python3");
    tests.args(["-m", "unittest"]).current_dir(folder.path()).output().unwrap().status.success()
}

/// The first title of this kind at the first line, once it tells a verdict.
fn verdict(client: &mut Client, document: &Document, kind: &str) -> String {
    let deadline = Instant::now() + DEADLINE;
    loop {
        let actions = document.actions(client, 0, Some(kind));
        let title = actions[0]["title"].as_str().unwrap();
        if title.contains("pass without") || title.contains("red without") {
            return title.to_owned();
        }
        assert!(Instant::now() < deadline, "never in {title}");
    }
}

fn check(passing: &[(u8, u8)]) {
    let folder = TempDir::new().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let tests = tests(passing);
    let files = [("one.py", BEFORE), ("two.py", BEFORE), ("test_parts.py", &tests)];
    let files = files.into_iter().chain([("greenloop.toml", CONFIG), ("all.sh", SCRIPT)]);
    files.for_each(|(name, text)| fs::write(root.join(name), text).unwrap());
    let mut client = Client::initialized(capabilities(), &[&root]);
    let documents = FILES.map(|name| Document::open(&mut client, &root.join(name), BEFORE));
    let task = start(&mut client, "greenloop.fix");
    progress(&mut client, &task, "end");
    for (name, document) in FILES.into_iter().zip(&documents) {
        document.diagnostics(&mut client, |found| !of_code(found, "change").is_empty());
        let hunk = json!({"taskId": task, "path": name, "hunk": 0});
        assert_eq!(client.command("greenloop.hunk.check", hunk)["ok"], true);
        let title = verdict(&mut client, document, "quickfix.greenloop.accept");
        let is_green = title.contains("tests pass without") || title.contains("test pass without");
        assert_eq!(is_green, is_green_by_hand(&root, name), "{passing:?} {name}: {title}");
        let lenses: Value =
            client.ask("textDocument/codeLens", json!({"textDocument": {"uri": document.uri()}}));
        let lens = lenses[0]["command"]["title"].as_str().unwrap();
        let said = lens.trim_start_matches("Accept ");
        assert!(title.ends_with(said), "{title} is not {lens}");
    }
}

#[test]
fn a_part_is_shown_as_its_tests_are() {
    check(&[]);
    check(&[(1, 0)]);
    check(&[(0, 1)]);
    check(&[(1, 0), (0, 1)]);
}
