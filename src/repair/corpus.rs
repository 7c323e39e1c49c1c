//! How far down the list the right repair of known faults stands. `python`, `rust` and `go` were tuned on; `held_out` and
//! `unseen` were not: their cases say nothing of how templates are weighed.

use std::fmt::Write as _;

use super::testing::{outcomes, source};

/// One function with a fault, and without.
struct Fault {
    name: String,
    path: &'static str,
    message: String,
    before: String,
    after: String,
}

/// Reads `=== name | message` and lines that start with ` `, `-` (faulty only) or `+` (repaired only).
fn read(text: &str, path: Option<&'static str>) -> Vec<Fault> {
    let mut faults: Vec<Fault> = Vec::new();
    for line in text.lines() {
        if let Some((name, message)) =
            line.strip_prefix("=== ").and_then(|line| line.split_once(" | "))
        {
            let path = path.unwrap_or(if name.starts_with("rs:") { "a.rs" } else { "a.py" });
            let (name, message) = (name.to_owned(), message.to_owned());
            faults.push(Fault { name, path, message, before: String::new(), after: String::new() });
            continue;
        }
        let fault = faults.last_mut().unwrap();
        let (mark, rest) = line.split_at(1);
        for (text, other) in [(&mut fault.before, "+"), (&mut fault.after, "-")] {
            if mark != other {
                writeln!(text, "{rest}").unwrap();
            }
        }
    }
    faults
}

/// The rank of each fault's repair, counted from 1, and a table of them.
fn ranks(faults: &[Fault]) -> (Vec<Option<usize>>, String) {
    let mut table = String::new();
    let mut ranks = Vec::new();
    for fault in faults {
        let outcomes = outcomes(&source(fault.path, &fault.before), &[&fault.message]);
        let rank = outcomes.iter().position(|(_, text)| *text == fault.after).map(|at| at + 1);
        let made = rank.map_or("-".to_owned(), |rank| {
            format!("{} {:.2}", outcomes[rank - 1].0.template, outcomes[rank - 1].0.cost)
        });
        let shown = rank.map_or("-".to_owned(), |rank| rank.to_string());
        writeln!(table, "{shown:>5} of {:>5}  {made:<24} {}", outcomes.len(), fault.name).unwrap();
        ranks.push(rank);
    }
    (ranks, table)
}

fn assert_good(faults: &[Fault], share_min: f64, median_max: usize) {
    let (ranks, table) = ranks(faults);
    let mut found: Vec<usize> = ranks.iter().flatten().copied().collect();
    found.sort();
    let share = found.len() as f64 / ranks.len() as f64;
    let median = found[found.len() / 2];
    assert!(
        share >= share_min && median <= median_max,
        "found {share:.2}, median rank {median}:\n{table}"
    );
}

#[test]
fn python_faults_are_found() {
    assert_good(&read(include_str!("corpus/python.txt"), Some("a.py")), 0.95, 40);
}

#[test]
fn rust_faults_are_found() {
    assert_good(&read(include_str!("corpus/rust.txt"), Some("a.rs")), 0.95, 40);
}

#[test]
fn go_faults_are_found() {
    assert_good(&read(include_str!("corpus/go.txt"), Some("a.go")), 0.9, 40);
}

#[test]
fn javascript_faults_are_found() {
    assert_good(&read(include_str!("corpus/javascript.txt"), Some("a.js")), 0.9, 40);
    assert_good(&read(include_str!("corpus/typescript.txt"), Some("a.ts")), 0.9, 40);
}

#[test]
fn held_out_faults_are_found() {
    assert_good(&read(include_str!("corpus/held_out.txt"), None), 0.9, 60);
}

#[test]
fn unseen_faults_are_found() {
    assert_good(&read(include_str!("corpus/unseen.txt"), None), 0.75, 60);
}
