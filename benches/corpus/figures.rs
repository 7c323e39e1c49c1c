//! What came of all trials, by language, as a table.

use std::collections::BTreeMap;

use crate::bed::{Trial, Verdict};
use crate::corpus::{Fault, Language, Seeded};

#[derive(Default)]
pub struct Figures {
    /// Trials by language and group.
    rows: BTreeMap<(Language, &'static str), Vec<Row>>,
    /// Fixed and correct ones by how sure the engine was.
    confidence: BTreeMap<String, (usize, usize)>,
}

struct Row {
    verdict: Verdict,
    is_among: bool,
    seconds: f64,
    tried: u64,
    memory: u64,
}

impl Figures {
    pub fn add(&mut self, seeded: &Seeded, fault: &Fault, trial: &Trial) {
        let groups = match (&fault.also, seeded.unseen) {
            (Some(_), _) => vec!["two edits"],
            (None, true) => vec!["one edit", "one edit, unseen"],
            (None, false) => vec!["one edit"],
        };
        for group in groups {
            let Trial { verdict, is_among, seconds, tried, memory, .. } = *trial;
            let row = Row { verdict, is_among, seconds, tried, memory };
            self.rows.entry((seeded.language, group)).or_default().push(row);
        }
        if trial.verdict != Verdict::Missed {
            let (fixed, correct) = self.confidence.entry(trial.confidence.clone()).or_default();
            *fixed += 1;
            *correct += usize::from(trial.verdict == Verdict::Correct);
        }
    }

    /// Tables that can go into a document as they are.
    pub fn print(&self) {
        println!(
            "\n| language | faults | n | fixed | correct of these | one of three correct | median s | p95 s | median tried | most MiB |"
        );
        println!("|---|---|---|---|---|---|---|---|---|---|");
        for ((language, group), rows) in &self.rows {
            let n = rows.len();
            let fixed = rows.iter().filter(|row| row.verdict != Verdict::Missed).count();
            let correct = rows.iter().filter(|row| row.verdict == Verdict::Correct).count();
            let among = rows.iter().filter(|row| row.is_among).count();
            let seconds: Vec<f64> = rows.iter().map(|row| row.seconds).collect();
            let tried: Vec<f64> = rows.iter().map(|row| row.tried as f64).collect();
            println!(
                "| {} | {group} | {n} | {} | {} | {} | {:.1} | {:.1} | {:.0} | {} |",
                language.name(),
                share(fixed, n),
                share(correct, fixed),
                share(among, fixed),
                quantile(seconds.clone(), 0.5),
                quantile(seconds, 0.95),
                quantile(tried, 0.5),
                rows.iter().map(|row| row.memory).max().unwrap_or_default(),
            );
        }
        println!("\n| confidence shown | fixed | correct of these |\n|---|---|---|");
        for (confidence, (fixed, correct)) in &self.confidence {
            println!("| {confidence} | {fixed} | {} |", share(*correct, *fixed));
        }
    }
}

pub fn share(part: usize, whole: usize) -> String {
    format!("{part} ({:.0} %)", part as f64 * 100.0 / whole.max(1) as f64)
}

/// The value that so many are not above.
pub fn quantile(mut values: Vec<f64>, part: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let rank = (values.len() as f64 * part).ceil() as usize;
    values.get(rank.max(1) - 1).copied().unwrap_or(0.0)
}
