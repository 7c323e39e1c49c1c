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

/// How a run within `[budget]` ends that starts checks of a project where only `a` is red, how many of them were started,
/// and how many its journal tells of. Each worker changes something else and mends nothing.
fn checks(budget: &str, checks: &str) -> (String, usize, u64) {
    let (project, home) = (Project::empty("calc"), Home::new());
    let log = tempfile::tempdir().unwrap();
    let started = log.path().join("started");
    let count = format!("open({:?}, 'a').write('x')", started.display().to_string());
    project.write("calc.py", "N = 1\n");
    let test = format!(
        "import unittest\nfrom calc import N\n\n{count}\n\n\nclass T(unittest.TestCase):\n    def test_n(self):\n        self.assertEqual(N, 'many')\n"
    );
    project.write("test_calc.py", &test);
    project.write("check.py", &format!("import sys\nfrom calc import N\n{count}\nsys.exit(sys.argv[1] == 'a' and N != 'many')\n"));
    project
        .write("mend.py", "import time\nopen('calc.py', 'w').write(f'N = {time.time_ns()}\\n')\n");
    project.write(
        "greenloop.toml",
        &format!(
            "workers = [\"mend\"]\n[budget]\nattempts = 3\n{budget}\n[sandbox]\nwritable = [{:?}]\n\
             [[worker]]\nname = \"mend\"\ncommand = [\"python3\", \"mend.py\"]\n{checks}",
            log.path().display().to_string()
        ),
    );
    let args = ["fix", "--trust", "--format", "json"];
    let output = project.greenloop(&home).args(args).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ran = |run: &&Value| run["reused"] == false && run["end"] != "over-budget";
    let told = lines.iter().map(|line| {
        let runs = line["runs"].as_array().map_or(0, |runs| runs.iter().filter(ran).count() as u64);
        runs + line["on"]["n"].as_u64().unwrap_or_default()
    });
    let status = lines.last().unwrap()["status"].as_str().unwrap().to_owned();
    let n_started = std::fs::read_to_string(&started).unwrap_or_default().len();
    (status, n_started, told.sum())
}

#[test]
fn no_check_is_begun_that_the_budget_does_not_allow() {
    let command = |name: &str| {
        format!(
            "[[check]]\nname = \"{name}\"\nrunner = \"command\"\ncommand = [\"python3\", \"check.py\", \"{name}\"]\n"
        )
    };
    let three = ["a", "b", "c"].map(command).concat();
    let spent = "out-of-budget".to_owned();
    assert_eq!(checks("checks = 4", &three), (spent.clone(), 4, 4), "in the middle of an attempt");
    assert_eq!(
        checks("checks = 2", &three),
        (spent.clone(), 2, 2),
        "in the middle of the baseline"
    );
    assert_eq!(checks("checks = 3", &three), (spent.clone(), 3, 3));
    let (status, n_started, n_told) = checks("", &three);
    assert_eq!((status.as_str(), n_started as u64), ("stuck", n_told));
    // A red test is run twice more, which counts.
    let unit = "[[check]]\nname = \"unit\"\nrunner = \"unittest\"\n";
    assert_eq!(checks("checks = 2", unit), (spent.clone(), 2, 2));
    assert_eq!(checks("checks = 4", unit), (spent, 4, 4));
}
