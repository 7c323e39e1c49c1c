//! Cargo's tests run by cargo-nextest, which leaves JUnit XML by a profile of ours beside the project's own
//! configuration. Tests are called as by the cargo runner. Documentation tests are none of nextest's.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::cargo::readable;
use super::ending::{crashed, exit_code, last_line, missing_program};
use super::wanted::Wanted;
use super::{Done, Job, desk};
use crate::base::limits::{REPORT_BYTES_MAX, SELECT_BYTES_MAX};
use crate::io::process::Output;
use crate::logic::report_parse::junit::{self, Reported};
use crate::logic::report_parse::{FindPath, libtest};
use crate::model::check::CheckEnd;
use crate::model::failure::Failure;
use crate::model::report::TestCase;

/// nextest's exit code when there was no test to run.
const NO_TESTS: i32 = 4;

pub(super) fn run(job: &Job<'_>, on_case: &mut dyn FnMut(&TestCase)) -> Result<Done, Failure> {
    let desk = Desk::set(job.world.scratch()).map_err(desk::trouble(job))?;
    let wanted = Wanted::of(job.select);
    let select = wanted.names.as_ref().and_then(filter);
    let fixed = [
        ("RUST_BACKTRACE", "0"),
        ("CARGO_TERM_COLOR", "never"),
        ("NEXTEST_HIDE_PROGRESS_BAR", "1"),
    ];
    let argv_with_ours = argv(&job.check.argv, &desk.ours(), select.as_deref());
    let command = job.command(argv_with_ours, job.environment(&fixed));
    let find = |path: &str| job.find_path(path);
    // Cargo's part of the output is as with its own tests.
    let mut build = libtest::Reader::new(&job.check.id);
    let mut output = job.world.run(&command, job.cancel, &mut |line| build.build_line(line, &find));
    let build = build.finish(&find, &mut |_| {});
    let mut reported = desk.read(job, &find);
    let end = end(job, &output, &reported, &build);
    wanted.keep(&mut reported.report);
    for case in &mut reported.report.cases {
        libtest::explain(case, &find);
        on_case(case);
    }
    // What nextest itself calls an error is that tests failed.
    let is_build = end == CheckEnd::BuildFailed;
    let problems = if is_build { build.problems } else { Vec::new() };
    output.text = readable(&output.text);
    let shown = job.shown_as(&argv(&job.check.argv, &[], select.as_deref()));
    Ok(Done { end, report: reported.report, problems, running: None, command: shown, output })
}

/// The files of one run, in the world's scratch folder and gone with it.
struct Desk {
    config: PathBuf,
    report: PathBuf,
}

impl Desk {
    fn set(scratch: &Path) -> std::io::Result<Desk> {
        // A world may be asked to run checks more than once.
        static N_RUNS: AtomicU64 = AtomicU64::new(0);
        let folder = scratch.join(format!("nextest-{}", N_RUNS.fetch_add(1, Ordering::Relaxed)));
        fs::create_dir_all(&folder)?;
        let (config, report) = (folder.join("nextest.toml"), folder.join("junit.xml"));
        // A text of JSON is one of TOML too.
        let path = serde_json::to_string(&report.to_string_lossy())?;
        fs::write(&config, format!("[profile.greenloop.junit]\npath = {path}\n"))?;
        Ok(Desk { config, report })
    }

    fn ours(&self) -> Vec<String> {
        let config = format!("greenloop:{}", self.config.display());
        ["--offline", "--no-fail-fast", "--cargo-message-format", "json", "--profile", "greenloop"]
            .into_iter()
            .map(str::to_owned)
            .chain(["--tool-config-file".to_owned(), config])
            .collect()
    }

    fn read(&self, job: &Job<'_>, find: FindPath<'_>) -> Reported {
        let mut reader = junit::Reader::new(&job.check.id);
        // Nothing that a test put in its place is followed.
        let is_file = fs::symlink_metadata(&self.report).is_ok_and(|meta| meta.is_file());
        if let Some(file) = File::open(&self.report).ok().filter(|_| is_file) {
            reader.file("junit.xml", &mut file.take(REPORT_BYTES_MAX), find, &mut |_| {});
        }
        reader.finish()
    }
}

/// The wanted tests in nextest's own language; `None` runs all.
fn filter(names: &BTreeSet<&str>) -> Option<String> {
    let one = |name: &&str| {
        let (binary, test) = name.split_once(' ')?;
        let is_plain = |ch: char| ch.is_alphanumeric() || "_:-/".contains(ch);
        let fits = binary.chars().all(is_plain) && test.chars().all(is_plain);
        fits.then(|| format!("(binary_id(={binary}) & test(={test}))"))
    };
    let all = names.iter().map(one).collect::<Option<Vec<_>>>()?.join(" | ");
    (all.len() <= SELECT_BYTES_MAX).then_some(all)
}

/// The check's command with ours and the selection before `--`.
fn argv(argv: &[String], ours: &[String], filter: Option<&str>) -> Vec<String> {
    let at = argv.iter().position(|word| word == "--").unwrap_or(argv.len());
    let (before, after) = argv.split_at(at);
    let filter = filter.into_iter().flat_map(|filter| ["-E".to_owned(), filter.to_owned()]);
    before.iter().cloned().chain(ours.iter().cloned()).chain(filter).chain(after.to_vec()).collect()
}

fn end(job: &Job<'_>, output: &Output, reported: &Reported, build: &libtest::Reported) -> CheckEnd {
    let code = match exit_code(job, output) {
        Ok(code) => code,
        Err(end) => return end,
    };
    let said = String::from_utf8_lossy(&output.text);
    if said.contains("no such command: `nextest`") {
        let hint = "Install it: https://nexte.st says how.".to_owned();
        return CheckEnd::Missing { program: "cargo-nextest".to_owned(), hint };
    }
    if let Some(end) = missing_program(code, &output.text) {
        return end;
    }
    if build.built == Some(false) || (reported.n_files == 0 && !build.problems.is_empty()) {
        return CheckEnd::BuildFailed;
    }
    if code == NO_TESTS {
        return CheckEnd::NoTests;
    }
    if let Some(trouble) = &reported.trouble {
        return crashed(format!("the report is not whole: {trouble}"));
    }
    if reported.n_files == 0 {
        let said = last_line(&output.text);
        return crashed(format!("exit code {code} and no report; it said: {said}"));
    }
    let is_red = reported.report.red().next().is_some();
    if is_red == (code != 0) {
        CheckEnd::Completed
    } else {
        crashed(format!("exit code {code} contradicts the tests it reported"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selections_are_filters() {
        let check = |names: &[&str], expected: Option<&str>| {
            assert_eq!(filter(&names.iter().copied().collect()).as_deref(), expected);
        };
        check(
            &["a tests::x", "a::it y"],
            Some("(binary_id(=a) & test(=tests::x)) | (binary_id(=a::it) & test(=y))"),
        );
        check(&["a x(1)"], None);
        check(&["lone"], None);
        let words = ["cargo", "nextest", "run", "--", "--include-ignored"].map(str::to_owned);
        let all = argv(&words, &["--offline".to_owned()], Some("all()")).join(" ");
        assert_eq!(all, "cargo nextest run --offline -E all() -- --include-ignored");
    }
}
