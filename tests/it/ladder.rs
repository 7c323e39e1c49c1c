//! Our own search, a model, and both: the ladder never asks a model more often than the model alone would be asked, and not
//! at all where the search suffices.

use greenloop::model::provider::Dialect;
use serde_json::{Value, json};

use crate::models::scripted::{Reply, Scripted};
use crate::support::{Fault, Fixture, Home, Project, python};

/// How a run of these workers ends, and how often the model was called, which knows the faults.
fn check(project: &Project, workers: &str, faults: &[Fault]) -> (bool, usize) {
    let edits: Vec<Value> = faults
        .iter()
        .map(|fault| json!({"path": fault.file, "old": fault.bad, "new": fault.good}))
        .collect();
    let server = Scripted::start_with(move |seen| {
        // After the rules and the task, a call and its result for each edit.
        let n = seen.body["messages"].as_array().unwrap().len().saturating_sub(2) / 2;
        match edits.get(n) {
            Some(edit) => Reply::call("edit", edit.clone()),
            None => Reply::call("done", json!({"summary": "Mended."})),
        }
    });
    let url = server.url(Dialect::Chat);
    let kept = std::fs::read_to_string(project.root.join("greenloop.toml")).unwrap_or_default();
    let model = format!(
        "[[model]]\nname = \"m\"\nprovider = \"custom\"\ndialect = \"chat\"\nurl = \"{url}\"\nmodel = \"m\"\n"
    );
    project.write("greenloop.toml", &format!("workers = [{workers}]\n{kept}\n{model}"));
    let args = ["fix", "--trust", "--format", "json"];
    let output = project.greenloop(&Home::new()).args(args).output().unwrap();
    project.write("greenloop.toml", &kept);
    let said = String::from_utf8(output.stdout).unwrap();
    let last: Value = serde_json::from_str(said.lines().next_back().unwrap_or("{}")).unwrap();
    (last["status"] == "green", server.seen().len())
}

fn hard() -> (Project, Vec<Fault>) {
    let project = Project::empty("calc");
    let (good, bad) =
        ("    return {'sum': a + b, 'words': [str(a), str(b)]}\n", "    return None\n");
    project.write("calc.py", &format!("def add(a, b):\n{bad}"));
    project.write("test_calc.py", "import unittest\n\nfrom calc import add\n\n\nclass AddTest(unittest.TestCase):\n    def test_add(self):\n        self.assertEqual(add(1, 2), {'sum': 3, 'words': ['1', '2']})\n\n    def test_more(self):\n        self.assertEqual(add(2, 2), {'sum': 4, 'words': ['2', '2']})\n");
    let fault = Fault { file: "calc.py".into(), bad: bad.into(), good: good.into() };
    (project, vec![fault])
}

#[test]
fn the_ladder_asks_a_model_only_where_it_has_to() {
    python();
    let of_fixture = |name: &str| {
        let fixture = Fixture::load(name);
        (fixture.copy(), fixture.faults().cloned().collect::<Vec<Fault>>())
    };
    for (project, faults) in [of_fixture("python-billing"), of_fixture("python-warehouse"), hard()]
    {
        let (repair, none) = check(&project, "\"repair\"", &faults);
        let (model, n_model) = check(&project, "\"m\"", &faults);
        let (ladder, n_ladder) = check(&project, "\"repair\", \"m\"", &faults);
        let name = project.root.display();
        assert!(none == 0 && model && ladder, "{name}: {repair} {model} {ladder}");
        assert!(n_ladder <= n_model, "{name}: {n_ladder} calls, {n_model} without the search");
        assert!(!repair || n_ladder == 0, "{name}: {n_ladder} calls where the search suffices");
    }
}
