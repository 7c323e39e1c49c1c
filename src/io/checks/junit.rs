//! Any program that leaves JUnit XML. What earlier runs left is taken away first, so that only files of this run are
//! read.

mod select;

use std::io::Read;

use super::ending::{crashed, exit_code, last_line, missing_program};
use super::wanted::Wanted;
use super::{Done, Job, Select};
use crate::base::glob::Globs;
use crate::base::limits::{REPORT_BYTES_MAX, REPORT_FILES_MAX};
use crate::io::process::Output;
use crate::logic::report_parse::junit::{Reader, Reported};
use crate::logic::report_parse::{FindPath, compiler};
use crate::model::check::{CheckEnd, Problem};
use crate::model::failure::Failure;
use crate::model::report::TestCase;

pub(super) fn run(job: &Job<'_>, on_case: &mut dyn FnMut(&TestCase)) -> Result<Done, Failure> {
    let check = job.check;
    // Patterns were looked at when they were read; what fits none finds no report.
    let patterns = check.report.iter().map(String::as_str);
    let globs = Globs::new(&check.dir, patterns);
    if let Some(globs) = &globs {
        job.world.remove_matching(globs)?;
    }
    let asked: &[String] = if let Select::Only(names) = job.select { names } else { &[] };
    let argv = select::argv(&check.argv, asked);
    let shown = job.shown_as(&argv);
    let command = job.command(argv, check.env.clone().into_iter().collect());
    let mut problems = compiler::Reader::default();
    let find = |path: &str| job.find_path(path).or_else(|| job.find_ending(path));
    let output = job.world.run(&command, job.cancel, &mut |line| problems.line(line, &find));
    let wanted = Wanted::by_name(job.select);
    let mut tell = |case: &TestCase| {
        if wanted.has(case) {
            on_case(case);
        }
    };
    let reported = read(job, globs.as_ref(), &find, &mut tell);
    let problems = problems.finish();
    let end = end(job, &output, &reported, &problems);
    let mut report = reported.report;
    wanted.keep(&mut report);
    Ok(Done { end, report, problems, running: None, command: shown, output })
}

/// The reports that were left.
fn read(
    job: &Job<'_>,
    globs: Option<&Globs>,
    find: FindPath<'_>,
    on_case: &mut dyn FnMut(&TestCase),
) -> Reported {
    let mut reader = Reader::new(&job.check.id);
    let files = globs.map(|globs| job.world.open_matching(globs)).unwrap_or_default();
    if files.len() > REPORT_FILES_MAX {
        reader.distrust(format!("more than {REPORT_FILES_MAX} report files were left"));
    }
    let mut room = REPORT_BYTES_MAX;
    for (path, file) in files.into_iter().take(REPORT_FILES_MAX) {
        let length = file.metadata().map_or(0, |meta| meta.len());
        reader.file(path.as_str(), &mut file.take(room), find, on_case);
        room = room.saturating_sub(length);
    }
    reader.finish()
}

fn end(job: &Job<'_>, output: &Output, reported: &Reported, problems: &[Problem]) -> CheckEnd {
    let code = match exit_code(job, output) {
        Ok(code) => code,
        Err(end) => return end,
    };
    let is_red = reported.report.red().next().is_some();
    if reported.n_files == 0 && code != 0 {
        return missing_program(code, &output.text)
            .unwrap_or_else(|| without_report(code, output, problems));
    }
    if reported.report.cases.is_empty() && reported.trouble.is_none() && code == 0 {
        return CheckEnd::NoTests;
    }
    if let Some(trouble) = &reported.trouble {
        return crashed(format!("the report is not whole: {trouble}"));
    }
    match (is_red, code) {
        (true, 0) => crashed("exit code 0 although tests are red"),
        (false, 1.. | ..0) if !problems.is_empty() => CheckEnd::BuildFailed,
        (false, 1.. | ..0) => crashed(format!(
            "exit code {code} although no test is red; it said: {}",
            last_line(&output.text)
        )),
        (true, _) | (false, 0) => CheckEnd::Completed,
    }
}

fn without_report(code: i32, output: &Output, problems: &[Problem]) -> CheckEnd {
    if problems.is_empty() {
        crashed(format!("exit code {code} and no report; it said: {}", last_line(&output.text)))
    } else {
        CheckEnd::BuildFailed
    }
}
