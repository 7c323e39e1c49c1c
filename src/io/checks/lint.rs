//! Compilers, type checkers and linters as checks: every error is a red case of its own.

use std::fs;

use super::ending::{crashed, exit_code, last_line, missing_program};
use super::{Done, Job, desk};
use crate::io::process::Output;
use crate::logic::report_parse::lint::Reader;
use crate::model::check::{CheckEnd, Linter};
use crate::model::failure::Failure;
use crate::model::report::{TestCase, TestReport};

const ESLINT_FORMATTER: &str = include_str!("greenloop_eslint.cjs");

pub(super) fn run(
    job: &Job<'_>,
    linter: Linter,
    on_case: &mut dyn FnMut(&TestCase),
) -> Result<Done, Failure> {
    let env = job.check.env.clone().into_iter().collect();
    let command = job.command(argv(job, linter)?, env);
    let find = |path: &str| job.find_path(path);
    let mut reader = Reader::new(linter, &job.check.id);
    let output = job.world.run(&command, job.cancel, &mut |line| reader.line(line, &find, on_case));
    let n_elsewhere = reader.n_elsewhere;
    let report = reader.finish(on_case);
    let end = end(job, &output, &report, n_elsewhere);
    let report = if end == CheckEnd::Completed { report } else { TestReport::default() };
    let shown = job.shown(&[]);
    Ok(Done { end, report, problems: Vec::new(), running: None, command: shown, output })
}

/// The check's command, told to speak so that we can read it.
fn argv(job: &Job<'_>, linter: Linter) -> Result<Vec<String>, Failure> {
    let ours: Vec<String> = match linter {
        Linter::CargoCheck | Linter::Clippy => words(&["--offline", "--message-format=json"]),
        Linter::Tsc => words(&["--pretty", "false"]),
        Linter::Ruff => words(&["--output-format", "json-lines"]),
        Linter::Mypy => words(&["--output", "json", "--cache-dir=/dev/null"]),
        Linter::Eslint => {
            let file = job.world.scratch().join("greenloop_eslint.cjs");
            fs::write(&file, ESLINT_FORMATTER).map_err(desk::trouble(job))?;
            vec!["--format".to_owned(), file.to_string_lossy().into_owned()]
        }
        Linter::GoVet => Vec::new(),
    };
    let argv = &job.check.argv;
    // What follows `--` is for another program.
    let at = argv.iter().position(|word| word == "--").unwrap_or(argv.len());
    Ok([&argv[..at], &ours, &argv[at..]].concat())
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn end(job: &Job<'_>, output: &Output, report: &TestReport, n_elsewhere: usize) -> CheckEnd {
    let code = match exit_code(job, output) {
        Ok(code) => code,
        Err(end) => return end,
    };
    if let Some(end) = missing_program(code, &output.text) {
        return end;
    }
    let is_red = report.red().next().is_some();
    match (is_red, code) {
        (false, 0) | (true, 1..) => CheckEnd::Completed,
        (false, _) if n_elsewhere > 0 => {
            crashed(format!("{n_elsewhere} errors lie outside the project's files"))
        }
        _ => crashed(format!("exit code {code}; it said: {}", last_line(&output.text))),
    }
}
