//! The report as a page of Markdown.

use std::fmt::Write;

use crate::base::text;

use super::{Report, Spent, Stage, Steps};

/// Reasons that are shown; the rest is counted.
const STALLS_SHOWN_MAX: usize = 10;

pub fn markdown(report: &Report) -> String {
    let mut page = format!("# Greenloop: {}\n", text::counted(report.n_runs, "run"));
    let outcomes =
        report.outcomes.iter().map(|(word, n)| vec![word.replace('-', " "), n.to_string()]);
    table(&mut page, "How they ended", &["outcome", "runs"], outcomes);
    let total: u64 = report.stages.values().map(|spent| spent.ms).sum();
    let stages = report.stages.iter().map(|(stage, spent)| {
        let share = 100.0 * spent.ms as f64 / total.max(1) as f64;
        vec![
            stage.told().to_owned(),
            spent.n.to_string(),
            seconds(spent.ms),
            format!("{share:.0} %"),
        ]
    });
    table(&mut page, "Where the time went", &["stage", "times", "time", "share"], stages);
    let kinds = report.kinds.iter().map(|(kind, steps)| {
        let Steps { n, n_done, n_attempts, n_at_once, n_asked, .. } = steps;
        let cells = [n, n_done, n_at_once, n_attempts, n_asked].map(ToString::to_string);
        [vec![kind.clone()], cells.to_vec()].concat()
    });
    let heads = ["steps of", "steps", "done", "at the first attempt", "attempts", "asked about"];
    table(&mut page, "Steps", &heads, kinds);
    let workers = report
        .workers
        .iter()
        .map(|(worker, Spent { n, ms })| vec![worker.clone(), n.to_string(), seconds(*ms)]);
    table(&mut page, "Workers", &["worker", "attempts", "time"], workers);
    table(&mut page, "Where it stalled", &["why", "times"], stalls(report).into_iter());
    let people = &report.people;
    let people = [
        ("yes", people.n_yes),
        ("no", people.n_no),
        ("answer in words", people.n_said),
        ("no answer in time", people.n_late),
        ("plans changed", people.n_plans),
        ("cancelled", people.n_cancelled),
        ("resumed", people.n_resumed),
    ];
    table(&mut page, "People", &["what they did", "times"], counted(&people));
    let acceptance = &report.acceptance;
    let acceptance = [
        ("proposed", acceptance.n_proposed),
        ("accepted", acceptance.n_accepted),
        ("rejected", acceptance.n_rejected),
        ("taken back", acceptance.n_taken_back),
    ];
    table(&mut page, "Changes", &["what became of them", "changes"], counted(&acceptance));
    page
}

fn counted(rows: &[(&str, usize)]) -> impl Iterator<Item = Vec<String>> {
    let some = rows.iter().filter(|(_, n)| *n > 0);
    some.map(|(what, n)| vec![(*what).to_owned(), n.to_string()])
}

fn stalls(report: &Report) -> Vec<Vec<String>> {
    let mut stalls: Vec<(&String, &usize)> = report.stalls.iter().collect();
    stalls.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    let rest: usize = stalls.iter().skip(STALLS_SHOWN_MAX).map(|(_, n)| **n).sum();
    stalls.truncate(STALLS_SHOWN_MAX);
    let mut rows: Vec<Vec<String>> =
        stalls.into_iter().map(|(why, n)| vec![why.clone(), n.to_string()]).collect();
    if rest > 0 {
        rows.push(vec!["other reasons".to_owned(), rest.to_string()]);
    }
    rows
}

/// A heading with a table; nothing when it has no rows.
fn table(
    page: &mut String,
    heading: &str,
    heads: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) {
    let rows: Vec<Vec<String>> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let heads: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    let width = |column: usize| {
        let cells = rows.iter().chain([&heads]).filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let line = |cells: &[String]| {
        let cells = cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
    };
    let rule = widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>();
    // Writing to a string cannot fail.
    write!(page, "\n## {heading}\n\n{}{}", line(&heads), line(&rule)).ok();
    rows.iter().for_each(|row| page.push_str(&line(row)));
}

fn seconds(ms: u64) -> String {
    match ms as f64 / 1000.0 {
        seconds if seconds < 90.0 => format!("{seconds:.1} s"),
        seconds if seconds < 5400.0 => format!("{:.1} min", seconds / 60.0),
        seconds => format!("{:.1} h", seconds / 3600.0),
    }
}

impl Stage {
    fn told(self) -> &'static str {
        match self {
            Stage::Snapshot => "capturing the screen",
            Stage::Baseline => "checks before",
            Stage::Plan => "planning",
            Stage::Work => "working",
            Stage::Checks => "checks after",
            Stage::Question => "waiting for an answer",
            Stage::Review => "waiting for a review",
        }
    }
}
