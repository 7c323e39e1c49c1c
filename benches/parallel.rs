//! What it brings to work on independent steps at once: a project with six causes and a worker that takes three seconds for
//! each, one step at a time and two at once, every check run anew. Prints the wall times and fails where two at once are
//! not at least 1.7 times as fast. `cargo bench --bench parallel`.

#![allow(
    dead_code,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "shares the tests' support, which can do more; figures are for reading"
)]

#[path = "../tests/it/support.rs"]
mod support;

use std::process::ExitCode;
use std::time::Instant;

use serde_json::{Value, json};

use support::{Fixture, Home};

/// How much faster two at once have to be.
const RATIO_MIN: f64 = 1.7;
/// Mends the fault that its red test is of, after a while.
const WORKER: &str = "\
import json, os, time
time.sleep(3)
red = json.load(open(os.environ['GREENLOOP_BRIEF']))['red']
for fault in json.load(open('tools/faults.json')):
    module = os.path.basename(fault['file'])[:-3]
    if any(f'.test_{module}.' in test['name'] for test in red):
        text = open(fault['file']).read()
        open(fault['file'], 'w').write(text.replace(fault['bad'], fault['good']))
";

fn main() -> ExitCode {
    let [serial, parallel] = [1, 2].map(seconds);
    let ratio = serial / parallel;
    println!("one at a time {serial:.1} s, two at once {parallel:.1} s: {ratio:.2} times as fast");
    if ratio >= RATIO_MIN { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The wall time of a run with so many steps at once, which must end green.
fn seconds(steps_at_once: u32) -> f64 {
    let fixture = Fixture::load("python-warehouse");
    let (home, project) = (Home::new(), fixture.copy());
    let faults: Vec<Value> = fixture
        .faults()
        .map(|fault| json!({"file": fault.file, "bad": fault.bad, "good": fault.good}))
        .collect();
    project.write("tools/faults.json", &serde_json::to_string(&faults).unwrap());
    project.write("tools/slow.py", WORKER);
    project.write(
        "greenloop.toml",
        &format!(
            "workers = [\"slow\"]\n[budget]\nsteps_at_once = {steps_at_once}\n\
             [[worker]]\nname = \"slow\"\ncommand = [\"python3\", \"tools/slow.py\"]\n"
        ),
    );
    let before = Instant::now();
    let output =
        project.greenloop(&home).args(["fix", "--fresh", "--format", "json"]).output().unwrap();
    let took = before.elapsed().as_secs_f64();
    let said = String::from_utf8(output.stdout).unwrap();
    let last: Value = serde_json::from_str(said.lines().next_back().unwrap_or("{}")).unwrap();
    assert_eq!(last["status"], "green", "{last:#}");
    assert_eq!(last["steps"].as_array().map(Vec::len), Some(6), "{last:#}");
    took
}
