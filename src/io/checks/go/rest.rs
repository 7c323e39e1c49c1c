//! Go ends a package with the test that panics in it, or never ends: the tests after it are run without it.

use std::collections::BTreeSet;
use std::time::Duration;

use super::{environment, limit};
use crate::base::limits::{RESTS_MAX, RESTS_PROGRAMS_MAX, SELECT_BYTES_MAX};
use crate::io::checks::Job;
use crate::io::process::End;
use crate::io::worlds::Command;
use crate::logic::report_parse::SUITE;
use crate::logic::report_parse::go::{Reader, Reported};
use crate::model::report::TestCase;

/// Adds what the tests come to that a full run did not get to, which took so long, and returns how long all took. What
/// cannot be had is left.
pub(super) fn add(
    job: &Job<'_>,
    reported: &mut Reported,
    took: Duration,
    tell: &mut dyn FnMut(&TestCase),
) -> Duration {
    let mut rest = Rest { job, took };
    let stopped = reported.stopped.iter().take(RESTS_PROGRAMS_MAX).cloned().collect::<Vec<_>>();
    for package in stopped {
        let Some(listed) = rest.list(&package) else { continue };
        for _ in 0..RESTS_MAX {
            let left = left(&listed, &package, &reported.report.cases);
            let new = rest.run(&package, &left);
            if new.is_empty() {
                break;
            }
            new.iter().for_each(&mut *tell);
            reported.report.cases.extend(new);
        }
    }
    rest.took
}

struct Rest<'a> {
    job: &'a Job<'a>,
    took: Duration,
}

impl Rest<'_> {
    /// The outermost names of a package's tests; `None` where they cannot be had.
    fn list(&mut self, package: &str) -> Option<Vec<String>> {
        let mut names = Vec::new();
        self.go(package, &["-list", "^(Test|Example|Fuzz)"], &mut |line| {
            let name = String::from_utf8_lossy(line).trim().to_owned();
            if ["Test", "Example", "Fuzz"].iter().any(|start| name.starts_with(start)) {
                names.push(name);
            }
        })?;
        Some(names)
    }

    /// What these tests come to; nothing where there are none, or the report is not whole.
    fn run(&mut self, package: &str, names: &[&str]) -> Vec<TestCase> {
        let pattern = format!("^({})$", names.join("|"));
        if names.is_empty() || pattern.len() > SELECT_BYTES_MAX {
            return Vec::new();
        }
        let job = self.job;
        let find = |path: &str| job.find_path(path).or_else(|| job.find_ending(path));
        let mut reader = Reader::new(&job.check.id);
        let limit = limit(job);
        let ran = self.go(package, &["-json", "-count=1", &limit, "-run", &pattern], &mut |line| {
            reader.line(line, &find, &mut |_| {});
        });
        let reported = reader.finish(&find, &mut |_| {});
        let is_suite = |case: &TestCase| case.id.name.ends_with(SUITE);
        let is_red = reported.report.red().next().is_some();
        let fits = match ran {
            Some(End::Exited(0)) => !is_red,
            Some(End::Exited(_)) => is_red && !reported.report.cases.iter().any(is_suite),
            Some(_) | None => false,
        };
        let is_whole = fits && reported.trouble.is_none() && reported.ran;
        let cases = reported.report.cases.into_iter();
        let is_wanted = |case: &TestCase| {
            let name = outermost(&case.id.name, package);
            is_whole && name.is_some_and(|name| names.contains(&name))
        };
        cases.filter(is_wanted).collect()
    }

    fn go(&mut self, package: &str, ours: &[&str], each: &mut dyn FnMut(&[u8])) -> Option<End> {
        let argv = argv(&self.job.check.argv, package, ours)?;
        let deadline = self.job.limit(1).checked_sub(self.took)?;
        let command = Command { deadline, ..self.job.command(argv, environment(self.job)) };
        let output = self.job.world.run(&command, self.job.cancel, each);
        self.took += output.duration;
        Some(output.end)
    }
}

/// The listed tests of which nothing is known.
fn left<'l>(listed: &'l [String], package: &str, cases: &[TestCase]) -> Vec<&'l str> {
    let known: BTreeSet<&str> =
        cases.iter().filter_map(|case| outermost(&case.id.name, package)).collect();
    listed.iter().map(String::as_str).filter(|name| !known.contains(name)).collect()
}

/// `TestA` of `e/a TestA/x` if that is in package `e/a`.
fn outermost<'n>(name: &'n str, package: &str) -> Option<&'n str> {
    let test = name.strip_prefix(package)?.strip_prefix(' ')?;
    test.split('/').next()
}

/// The check's command for one package; `None` where it chooses tests itself.
fn argv(argv: &[String], package: &str, ours: &[&str]) -> Option<Vec<String>> {
    let at = argv.iter().position(|word| word == "test")? + 1;
    let (before, after) = argv.split_at(at);
    let chooses = |word: &String| {
        let option = word.trim_start_matches('-');
        word.starts_with('-')
            && ["run", "skip", "list", "args"].iter().any(|own| option.starts_with(own))
    };
    if after.iter().any(chooses) {
        return None;
    }
    let is_limited = after.iter().any(|word| word.trim_start_matches('-').starts_with("timeout"));
    let ours = ours.iter().filter(|word| !(is_limited && word.starts_with("-timeout")));
    let ours = ours.map(|word| (*word).to_owned());
    let is_value = |at: usize| at > 0 && after[at - 1].trim_start_matches('-') == "coverpkg";
    let is_path = |(at, word): &(usize, &String)| word.starts_with('.') && !is_value(*at);
    let others = after.iter().enumerate().filter(|word| !is_path(word));
    let others = others.map(|(_, word)| word.clone());
    let all = before.iter().cloned().chain(ours).chain(others);
    Some(all.chain([package.to_owned()]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_package_is_run_as_the_check_runs_all() {
        let check = |command: &str| {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            argv(&words, "e/a", &["-run", "^(TestA)$"]).map(|argv| argv.join(" "))
        };
        let all = check("go test -race ./... -tags x");
        assert_eq!(all.as_deref(), Some("go test -run ^(TestA)$ -race -tags x e/a"));
        assert_eq!(check("go test ./a ./b").as_deref(), Some("go test -run ^(TestA)$ e/a"));
        assert_eq!(check("go test").as_deref(), Some("go test -run ^(TestA)$ e/a"));
        assert_eq!(check("go test -skip=Slow ./..."), None);
    }
}
