//! What models cost: counted as their providers count it, and never more than the budget and one call.

use greenloop::model::provider::Dialect;
use serde_json::{Value, json};

use crate::models::scripted::{Reply, Scripted};
use crate::support::{Home, Project};

/// The tokens that one call takes here.
const INPUT: u64 = 1_000;
const OUTPUT: u64 = 50;

/// What is in the journal of a run that talks for ever, within a budget: its outcome, its calls and what they cost.
fn check(budget: &str) -> (Value, Vec<Value>, usize) {
    let mut n = 0;
    let server = Scripted::start_with(move |_| {
        n += 1;
        let read = json!({"path": "calc.py", "from": n, "to": null});
        Reply { usage: (INPUT, OUTPUT), ..Reply::call("read", read) }
    });
    let project = Project::empty("calc");
    let url = server.url(Dialect::Responses);
    let text: String = (0..500).map(|n| format!("X{n} = {n}\n")).collect();
    project.write("calc.py", &format!("{text}def add(a, b):\n    return None\n"));
    project.write("test_calc.py", "import unittest\nimport calc\n\n\nclass T(unittest.TestCase):\n    def test_add(self):\n        self.assertEqual(calc.add(1, 2), [1, 2, {}])\n");
    project.write(
        "greenloop.toml",
        &format!(
            "workers = [\"m\"]\n[budget]\n{budget}\n[[model]]\nname = \"m\"\nprovider = \"custom\"\ndialect = \"responses\"\n\
             url = \"{url}\"\nmodel = \"m\"\nprice_input = 3.0\nprice_output = 15.0\n"
        ),
    );
    let args = ["fix", "--trust", "--format", "json"];
    let output = project.greenloop(&Home::new()).args(args).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let calls = lines.iter().filter(|line| line["type"] == "spent" && line["on"]["what"] == "call");
    let calls: Vec<Value> = calls.map(|line| line["on"].clone()).collect();
    (lines.last().unwrap().clone(), calls, server.seen().len())
}

#[test]
fn tokens_and_money_end_a_run_one_call_late_at_most() {
    let per_call = INPUT + OUTPUT;
    // 0.3 cents of input and 0.075 cents of output a call.
    for (budget, calls) in [("tokens = 5000", 5), ("cents = 1", 3)] {
        let (outcome, spent, n_seen) = check(budget);
        assert_eq!(outcome["status"], "out-of-budget", "{budget}: {outcome}");
        assert_eq!((spent.len(), n_seen), (calls, calls), "{budget}");
        for call in &spent {
            assert_eq!(
                call["usage"]["input"].as_u64().unwrap()
                    + call["usage"]["output"].as_u64().unwrap(),
                per_call
            );
            assert_eq!(call["cost"], INPUT * 3_000_000 + OUTPUT * 15_000_000, "{call}");
        }
    }
}
