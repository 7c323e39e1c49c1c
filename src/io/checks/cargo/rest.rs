//! A test that aborts or overflows its stack ends the whole test program: its tests are run again one after the other,
//! which tells the one that ended it, and then without that one.

use std::time::Duration;

use super::{OURS, option, package, target};
use crate::base::limits::{RESTS_MAX, RESTS_PROGRAMS_MAX, SELECT_BYTES_MAX};
use crate::io::checks::Job;
use crate::io::checks::wanted::Wanted;
use crate::io::process::End;
use crate::io::worlds::Command;
use crate::logic::report_parse::libtest::{Crash, DOC, Reader, Reported};
use crate::model::report::TestCase;

/// Puts what the tests of programs come to that died in a run, which took so long, in the place of what they told, and
/// returns how long all took. What cannot be had is left.
pub(super) fn add(
    job: &Job<'_>,
    wanted: &Wanted<'_>,
    reported: &mut Reported,
    took: Duration,
    tell: &mut dyn FnMut(&TestCase),
) -> Duration {
    let mut rest = Rest { job, wanted, took };
    for (nth, crash) in std::mem::take(&mut reported.crashes).into_iter().enumerate() {
        let is_tried = nth < RESTS_PROGRAMS_MAX;
        let Some(cases) = is_tried.then(|| rest.cases(&crash)).flatten() else {
            reported.crashes.push(crash);
            continue;
        };
        cases.iter().for_each(&mut *tell);
        let of_others = |case: &TestCase| !is_of(case, &crash.binary);
        reported.report.cases.retain(of_others);
        reported.report.cases.extend(cases);
    }
    reported.report.complete = reported.adds_up && reported.crashes.is_empty();
    rest.took
}

struct Rest<'a> {
    job: &'a Job<'a>,
    wanted: &'a Wanted<'a>,
    took: Duration,
}

impl Rest<'_> {
    /// What all tests of a program come to; `None` where that cannot be had.
    fn cases(&mut self, crash: &Crash) -> Option<Vec<TestCase>> {
        let mut ended: Vec<TestCase> = Vec::new();
        for _ in 0..=RESTS_MAX {
            let mut reported = self.run(&crash.binary, &ended)?;
            if let Some(again) = reported.crashes.pop() {
                let one = again.running.filter(|case| is_of(case, &crash.binary))?;
                if ended.iter().any(|known| known.id == one.id) {
                    return None;
                }
                ended.push(one);
                continue;
            }
            let is_told = !ended.is_empty() && reported.report.complete;
            let cases = reported.report.cases.into_iter();
            ended.extend(cases.filter(|case| is_of(case, &crash.binary)));
            return (is_told && ended.len() == crash.n_announced).then_some(ended);
        }
        None
    }

    /// A run of a program's tests one after the other, but for those that ended it.
    fn run(&mut self, binary: &str, without: &[TestCase]) -> Option<Reported> {
        let without: Vec<&str> =
            without.iter().filter_map(|case| Some(case.id.name.split_once(' ')?.1)).collect();
        let only = self.wanted.names.as_ref().map(|names| {
            let own = names.iter().filter_map(|name| name.split_once(' '));
            own.filter(|(of, _)| *of == binary).map(|(_, test)| test).collect::<Vec<_>>()
        });
        let argv = argv(&self.job.check.argv, binary, only.as_deref(), &without)?;
        let deadline = self.job.limit(1).checked_sub(self.took)?;
        let command = self.job.command(argv, self.job.environment(&super::PLAIN));
        let command = Command { deadline, ..command };
        let find = |path: &str| self.job.find_path(path);
        let mut reader = Reader::new(&self.job.check.id);
        let output = self.job.world.run(&command, self.job.cancel, &mut |line| {
            reader.line(line, &find, &mut |_| {});
        });
        self.took += output.duration;
        let reported = reader.finish(&find, &mut |_| {});
        let is_red = !reported.crashes.is_empty() || reported.report.red().next().is_some();
        matches!(output.end, End::Exited(code) if (code != 0) == is_red).then_some(reported)
    }
}

fn is_of(case: &TestCase, binary: &str) -> bool {
    case.id.name.split_once(' ').is_some_and(|(of, _)| of == binary)
}

/// The check's command for one test program; `None` for documentation, where the command chooses tests itself behind `--`,
/// and where too many are asked for.
fn argv(
    argv: &[String],
    binary: &str,
    only: Option<&[&str]>,
    without: &[&str],
) -> Option<Vec<String>> {
    let at = argv.iter().position(|word| word == "--").unwrap_or(argv.len());
    let (before, after) = (&argv[..at], argv.get(at + 1..).unwrap_or_default());
    let names = only.unwrap_or_default();
    let n_bytes: usize = names.iter().chain(without).map(|name| name.len() + 8).sum();
    if target(binary) == [DOC]
        || !after.iter().all(|word| is_harmless(word))
        || n_bytes > SELECT_BYTES_MAX
    {
        return None;
    }
    let target = option(&(binary, ""));
    let package = ["--package".to_owned(), package(binary).to_owned()];
    let ours = ["--", "--test-threads=1", "--exact"].map(str::to_owned);
    let kept = after.iter().filter(|word| !word.starts_with(THREADS)).cloned();
    let skips = without.iter().flat_map(|name| ["--skip", name]);
    let all =
        unchosen(before).into_iter().chain(OURS.map(str::to_owned)).chain(package).chain(target);
    let all = all.chain(ours).chain(kept);
    Some(all.chain(names.iter().copied().chain(skips).map(str::to_owned)).collect())
}

/// A command without what chooses packages and their programs: beside `--workspace` cargo takes no notice of `--package`.
fn unchosen(words: &[String]) -> Vec<String> {
    const ALONE: [&str; 9] = [
        "--workspace",
        "--all",
        "--lib",
        "--bins",
        "--examples",
        "--tests",
        "--benches",
        "--all-targets",
        "--doc",
    ];
    const WITH_NAME: [&str; 7] =
        ["--exclude", "--package", "-p", "--bin", "--example", "--test", "--bench"];
    let mut kept = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        if WITH_NAME.contains(&word.as_str()) {
            words.next();
        } else if !ALONE.contains(&word.as_str())
            && !WITH_NAME.iter().any(|start| word.starts_with(&format!("{start}=")))
        {
            kept.push(word.clone());
        }
    }
    kept
}

const THREADS: &str = "--test-threads=";

/// Whether an option for test programs leaves the choice of tests as it is.
fn is_harmless(word: &str) -> bool {
    word.starts_with(THREADS) || ["--nocapture", "--no-capture", "--show-output"].contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_program_is_run_one_test_after_the_other() {
        let check = |command: &str, binary: &str, only: Option<&[&str]>| {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            let argv = argv(&words, binary, only, &["a::x"]);
            argv.map(|argv| argv.join(" ").replace(&OURS.join(" "), "…"))
        };
        let all = check("cargo test --workspace --exclude=q -p r --release --lib", "p::it", None);
        assert_eq!(
            all.as_deref(),
            Some(
                "cargo test --release … --package p --test it -- --test-threads=1 --exact --skip a::x"
            )
        );
        let one = check("cargo test --lib -- --test-threads=4 --nocapture", "p", Some(&["a::y"]));
        assert_eq!(
            one.as_deref(),
            Some(
                "cargo test … --package p --lib -- --test-threads=1 --exact --nocapture a::y --skip a::x"
            )
        );
        assert_eq!(check("cargo test -- slow", "p", None), None);
        assert_eq!(check("cargo test -- --skip slow", "p", None), None);
        assert_eq!(check("cargo test", "p::doc", None), None);
    }
}
