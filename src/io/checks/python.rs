//! Checks that Python runs: our own programs beside unittest or inside pytest write a line per test to a file, which
//! is read while they run.

use serde_json::json;

use super::desk::{self, Desk, text};
use super::ending::{broken_off, end_of_whole, exit_code, missing_program};
use super::{Done, Job, Select};
use crate::base::limits::CHECK_TEST_SHARE;
use crate::io::process::Output;
use crate::io::worlds::Command;
use crate::logic::report_parse::jsonl::Reported;
use crate::model::check::{CheckEnd, Runner};
use crate::model::failure::Failure;
use crate::model::report::TestCase;

const PROGRAMS: [(&str, &str); 3] = [
    ("greenloop_report.py", include_str!("greenloop_report.py")),
    ("greenloop_unittest.py", include_str!("greenloop_unittest.py")),
    ("greenloop_pytest.py", include_str!("greenloop_pytest.py")),
];

/// The variables that bring our plugin into pytest. It gives them back what they held, for what tests start.
const OURS: [&str; 2] = [PATH, OPTIONS];
const PATH: &str = "PYTHONPATH";
const OPTIONS: &str = "PYTEST_ADDOPTS";

/// pytest's exit code when it found nothing to run.
const PYTEST_NO_TESTS: i32 = 5;

pub(super) fn run(job: &Job<'_>, on_case: &mut dyn FnMut(&TestCase)) -> Result<Done, Failure> {
    let only = if let Select::Only(names) = job.select { Some(names) } else { None };
    let given = |name: &str| job.check.env.get(name);
    let limit = job.limit(CHECK_TEST_SHARE).as_secs_f64();
    let given = OURS.map(|name| (name, given(name)));
    let task = json!({ "only": only, "given": given, "limit": limit });
    let desk = Desk::set(job, &PROGRAMS, task).map_err(desk::trouble(job))?;
    let is_pytest = job.check.runner == Runner::Pytest;
    let command = if is_pytest { pytest(job, &desk) } else { unittest(job, &desk) };
    let (output, reported) = desk.follow(job, &command, on_case);
    let end = end(job, &output, &reported);
    let names = if let Select::Only(names) = job.select { names } else { &[] };
    let Reported { report, problems, running, .. } = reported;
    Ok(Done { end, report, problems, running, command: job.shown(names), output })
}

/// The check's command with our program in the place of unittest's.
fn unittest(job: &Job<'_>, desk: &Desk) -> Command {
    let argv = &job.check.argv;
    let at = argv.windows(2).position(|two| two == ["-m", "unittest"]);
    let (before, after) = at.map_or((&argv[..], &argv[..0]), |at| (&argv[..at], &argv[at + 2..]));
    let mut argv = before.to_vec();
    argv.push(text(&desk.folder.join("greenloop_unittest.py")));
    argv.extend_from_slice(after);
    job.command(argv, environment(job, Vec::new()))
}

/// The check's command as it is, with our plugin put in by variables, so that it may be wrapped in any other program.
fn pytest(job: &Job<'_>, desk: &Desk) -> Command {
    let given = |name: &str| job.check.env.get(name).cloned().unwrap_or_default();
    let path = [text(&desk.folder), given(PATH)].into_iter().filter(|part| !part.is_empty());
    let cache = text(&desk.folder.join("cache")).replace('\'', "'\\''");
    let options = format!("-p greenloop_pytest -p no:randomly --rootdir=. -o 'cache_dir={cache}'");
    let env = vec![
        (PATH.into(), path.collect::<Vec<_>>().join(if cfg!(windows) { ";" } else { ":" })),
        (OPTIONS.into(), format!("{} {options}", given(OPTIONS)).trim().to_owned()),
    ];
    job.command(job.check.argv.clone(), environment(job, env))
}

/// What every Python gets. Bytecode is not written: it is trusted by time and size, and a changed source can have both
/// in common with the one before.
fn environment(job: &Job<'_>, ours: Vec<(String, String)>) -> Vec<(String, String)> {
    let fixed =
        [("PYTHONDONTWRITEBYTECODE", "1"), ("PYTHONHASHSEED", "0"), ("PYTHONUNBUFFERED", "1")];
    let fixed = fixed.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let given = job.check.env.clone().into_iter();
    let given = given.filter(|(name, _)| !ours.iter().any(|(own, _)| own == name));
    fixed.into_iter().chain(given).chain(ours.clone()).collect()
}

fn end(job: &Job<'_>, output: &Output, reported: &Reported) -> CheckEnd {
    let code = match exit_code(job, output) {
        Ok(code) => code,
        Err(CheckEnd::Crashed { detail }) => return broken_off(&detail, &output.text, reported),
        Err(end) => return end,
    };
    if reported.ended {
        let is_empty = job.check.runner == Runner::Pytest && code == PYTEST_NO_TESTS;
        return if is_empty { CheckEnd::NoTests } else { end_of_whole(code, &reported.report) };
    }
    if let Some(end) = missing_program(code, &output.text) {
        return end;
    }
    let said = String::from_utf8_lossy(&output.text);
    if job.check.runner == Runner::Pytest && said.contains("No module named pytest") {
        let python = job.check.argv.first().map_or("python3", String::as_str);
        let hint = format!("Install it: `{python} -m pip install pytest`.");
        return CheckEnd::Missing { program: "pytest".to_owned(), hint };
    }
    if !reported.problems.is_empty() {
        return CheckEnd::BuildFailed;
    }
    broken_off(&format!("exit code {code} before the end of its report"), &output.text, reported)
}
