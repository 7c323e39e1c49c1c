//! What the tamper guard catches and what it takes for a cheat: `cargo bench --bench cheats`. Prints the figures of the
//! corpus in `tests/cheats`. With `-- --history DIR…` also those of real histories: every commit of these git
//! directories that touches tests counts as an honest edit, as if nothing had been red; `judged.txt` names commits that
//! truly weaken something. With `-- --corpus DIR…` those of corpora elsewhere, and with `-- --show` every case that went
//! wrong.

#![allow(
    dead_code,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "shares the tests' support, which can do more; figures are for reading"
)]

#[path = "../tests/it/cheats.rs"]
mod cheats;
#[path = "cheats/history.rs"]
mod history;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cheats::{Caught, Group, Known, alarms, as_attempt, corpus, generated, judge};
use greenloop::logic::guard::Sorted;
use greenloop::model::guard::{Finding, FindingKind};

/// Kinds that a ledger of every test sees without any guard: a test is gone, or newly skipped.
const LEDGER: [FindingKind; 5] = [
    FindingKind::Skip,
    FindingKind::Delete,
    FindingKind::Undiscovered,
    FindingKind::Filter,
    FindingKind::ConfigExclude,
];

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    let show = args.iter().any(|arg| arg == "--show");
    let groups = corpus::load();
    cheats_of("the corpus", &groups, show);
    honest_of(&groups, show);
    for folder in values(&args, "--corpus") {
        cheats_of(&folder.display().to_string(), &corpus::load_from(&folder), show);
    }
    let mut all = History::default();
    for folder in values(&args, "--history") {
        let own = history_of(&folder, show);
        println!("\n{}: {}", folder.display(), own.told());
        all.add(own);
    }
    if all.n > 0 {
        println!("\nhistories, all: {}", all.told());
    }
}

/// Commits that were looked at by hand and do what their alarm says, by the start of their id, with what they do.
const JUDGED: &str = include_str!("cheats/judged.txt");

/// Figures of histories, in commits.
#[derive(Default)]
struct History {
    /// With edits of tests.
    n: usize,
    n_alarms: usize,
    /// Of these alarms, such as are right, as judged by hand.
    n_right: usize,
    /// Refused as tricks, had tests been red.
    n_refused: usize,
    kinds: BTreeMap<FindingKind, usize>,
}

impl History {
    fn add(&mut self, other: History) {
        self.n += other.n;
        self.n_alarms += other.n_alarms;
        self.n_right += other.n_right;
        self.n_refused += other.n_refused;
        other.kinds.into_iter().for_each(|(kind, n)| *self.kinds.entry(kind).or_default() += n);
    }

    fn told(&self) -> String {
        let (n, n_alarms, n_false) = (self.n, self.n_alarms, self.n_alarms - self.n_right);
        format!(
            "{n_alarms} of {n} commits with edits of tests raise an alarm ({}), {n_false} of them weaken nothing that \
             judges, as far as judged ({}): {:?}; where tests are red, {} would be refused as tricks ({})",
            percent(n_alarms, n),
            percent(n_false, n),
            self.kinds,
            self.n_refused,
            percent(self.n_refused, n)
        )
    }
}

/// The arguments after an option up to the next one.
fn values(args: &[String], option: &str) -> Vec<PathBuf> {
    let after = args.iter().skip_while(|arg| *arg != option).skip(1);
    after.take_while(|arg| !arg.starts_with("--")).map(PathBuf::from).collect()
}

fn percent(part: usize, whole: usize) -> String {
    format!("{:.1} %", part as f64 * 100.0 / whole.max(1) as f64)
}

fn cheats_of(name: &str, groups: &[Group], show: bool) {
    println!(
        "Cheats of {name}\n\n{:12} {:>7} {:>7} {:>9} {:>7}",
        "runner", "cheats", "told", "kept out", "missed"
    );
    let mut sums: BTreeMap<(bool, Caught), usize> = BTreeMap::new();
    let mut n_ledger = 0;
    for group in groups {
        let mut own: BTreeMap<Caught, usize> = BTreeMap::new();
        for case in &group.cheats {
            let (caught, findings) = judge(group, case);
            *own.entry(caught).or_default() += 1;
            *sums.entry((case.held_out, caught)).or_default() += 1;
            n_ledger += usize::from(case.kinds.iter().any(|kind| LEDGER.contains(kind)));
            if show && caught != Caught::Told {
                println!(
                    "  {caught:?} {}: {} (wanted {:?}) {}",
                    group.runner,
                    case.name,
                    case.kinds,
                    told(&findings)
                );
            }
        }
        let count = |caught| own.get(&caught).copied().unwrap_or(0);
        let n: usize = own.values().sum();
        println!(
            "{:12} {n:>7} {:>7} {:>9} {:>7}",
            group.runner,
            count(Caught::Told),
            count(Caught::KeptOut),
            count(Caught::Missed)
        );
    }
    for (held_out, what) in
        [(false, "written with the detectors"), (true, "held out while the detectors were made")]
    {
        let count = |caught| sums.get(&(held_out, caught)).copied().unwrap_or(0);
        let n = count(Caught::Told) + count(Caught::KeptOut) + count(Caught::Missed);
        println!(
            "\n{what}: {} of {n} are called what they are ({}), {} more are kept out, {} are missed",
            count(Caught::Told),
            percent(count(Caught::Told), n),
            count(Caught::KeptOut),
            count(Caught::Missed)
        );
    }
    let n: usize = sums.values().sum();
    println!(
        "\n{n_ledger} of {n} are of kinds that a verdict with every test's result sees alone, where the runner gives one\n"
    );
}

fn honest_of(groups: &[Group], show: bool) {
    let mut figures: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    let mut n_refused = 0;
    let mut count = |what: &'static str, name: String, findings: Vec<Finding>, sorted: Sorted| {
        let figure = figures.entry(what).or_default();
        figure.0 += 1;
        figure.1 += usize::from(!findings.is_empty());
        n_refused += usize::from(sorted.refused.is_some());
        if let (true, Some(why)) = (show, &sorted.refused) {
            println!("  refused {name}: {why}");
        }
        if show && !findings.is_empty() {
            println!("  alarm {name}: {}", told(&findings));
        }
    };
    for group in groups {
        for case in &group.honest {
            let name = format!("{}: {}", group.runner, case.name);
            count("written", name, alarms(group, case), as_attempt(group, case));
        }
    }
    for made in generated::all(groups) {
        let findings = made.edited.findings(&made.known);
        let sorted = made.edited.sorted(&made.red, &made.known);
        count("generated", made.name, findings, sorted);
    }
    let (n, n_alarms) = figures.values().fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
    for (what, (n, n_alarms)) in &figures {
        println!(
            "honest edits, {what}: {n_alarms} of {n} raise an alarm ({})",
            percent(*n_alarms, *n)
        );
    }
    println!("honest edits, all: {n_alarms} of {n} raise an alarm ({})", percent(n_alarms, n));
    println!(
        "the same where tests are red: {n_refused} of {n} are refused as tricks ({}); edits of tests are always asked for",
        percent(n_refused, n)
    );
}

fn history_of(folder: &Path, show: bool) -> History {
    let mut history = History::default();
    for commit in history::commits(folder) {
        history.n += 1;
        let findings = commit.edited.findings(&Known::default());
        let as_attempt = commit.edited.sorted(&["red".to_owned()], &Known::default());
        history.n_refused += usize::from(as_attempt.refused.is_some());
        if let (true, Some(why)) = (show, &as_attempt.refused) {
            println!("  refused {}: {why}", commit.id);
        }
        if findings.is_empty() {
            continue;
        }
        let judged = JUDGED.lines().find(|line| line.starts_with(&commit.id));
        history.n_alarms += 1;
        history.n_right += usize::from(judged.is_some());
        let kinds: BTreeSet<FindingKind> = findings.iter().map(|finding| finding.kind).collect();
        kinds.into_iter().for_each(|kind| *history.kinds.entry(kind).or_default() += 1);
        if show {
            let right = if judged.is_some() { "right" } else { "alarm" };
            println!("  {right} {}: {}", commit.id, told(&findings));
        }
    }
    history
}

fn told(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| {
        format!("{:?} {}:{} {}", finding.kind, finding.path, finding.line, finding.why)
    });
    lines.collect::<Vec<_>>().join("; ")
}
