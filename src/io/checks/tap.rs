//! Any program that prints TAP, or leaves it in files.

use std::io::{BufRead, BufReader, Read};

use super::ending::{crashed, exit_code, last_line, missing_program};
use super::wanted::Wanted;
use super::{Done, Job};
use crate::base::glob::Globs;
use crate::base::limits::{OUTPUT_LINE_BYTES_MAX, REPORT_BYTES_MAX, REPORT_FILES_MAX};
use crate::io::process::Output;
use crate::logic::report_parse::FindPath;
use crate::logic::report_parse::tap::{Reader, Reported};
use crate::model::check::CheckEnd;
use crate::model::failure::Failure;
use crate::model::report::TestCase;

pub(super) fn run(job: &Job<'_>, on_case: &mut dyn FnMut(&TestCase)) -> Result<Done, Failure> {
    let check = job.check;
    let globs = Globs::new(&check.dir, check.report.iter().map(String::as_str));
    let globs = globs.filter(|globs| !globs.folders().is_empty());
    if let Some(globs) = &globs {
        job.world.remove_matching(globs)?;
    }
    let command = job.command(check.argv.clone(), check.env.clone().into_iter().collect());
    let find = |path: &str| job.find_path(path).or_else(|| job.find_ending(path));
    let mut reader = Reader::new(&check.id);
    let wanted = Wanted::by_name(job.select);
    let mut tell = |case: &TestCase| {
        if wanted.has(case) {
            on_case(case);
        }
    };
    let output = job.world.run(&command, job.cancel, &mut |line| {
        if globs.is_none() {
            reader.line(line, &find, &mut tell);
        }
    });
    if let Some(globs) = &globs {
        read_files(job, globs, &mut reader, &find, &mut tell);
    }
    let mut reported = reader.finish(&find, &mut tell);
    let end = end(job, &output, &reported);
    wanted.keep(&mut reported.report);
    let command = job.shown_as(&check.argv);
    Ok(Done { end, report: reported.report, problems: Vec::new(), running: None, command, output })
}

fn read_files(
    job: &Job<'_>,
    globs: &Globs,
    reader: &mut Reader,
    find: FindPath<'_>,
    on_case: &mut dyn FnMut(&TestCase),
) {
    let files = job.world.open_matching(globs);
    if files.len() > REPORT_FILES_MAX {
        reader.distrust(format!("more than {REPORT_FILES_MAX} report files were left"));
    }
    let mut room = REPORT_BYTES_MAX;
    for (n, (path, file)) in files.into_iter().take(REPORT_FILES_MAX).enumerate() {
        if n > 0 {
            reader.line(b"TAP version 14", find, on_case);
        }
        let length = file.metadata().map_or(0, |meta| meta.len());
        if length > room {
            reader.distrust(format!("`{path}` is too long"));
        }
        let mut lines = BufReader::new(file.take(room));
        let mut line = Vec::new();
        while next_line(&mut lines, &mut line) {
            reader.line(&line, find, on_case);
        }
        room = room.saturating_sub(length);
    }
}

/// The next line, of which what is too long is left out.
fn next_line(lines: &mut impl BufRead, line: &mut Vec<u8>) -> bool {
    line.clear();
    let mut n_read = 0;
    while let Ok(piece) = lines.fill_buf()
        && !piece.is_empty()
    {
        let end = piece.iter().position(|byte| *byte == b'\n');
        let n = end.map_or(piece.len(), |end| end + 1);
        let room = OUTPUT_LINE_BYTES_MAX.saturating_sub(line.len());
        line.extend(&piece[..n.min(room)]);
        lines.consume(n);
        n_read += n;
        if end.is_some() {
            break;
        }
    }
    n_read > 0
}

fn end(job: &Job<'_>, output: &Output, reported: &Reported) -> CheckEnd {
    let code = match exit_code(job, output) {
        Ok(code) => code,
        Err(end) => return end,
    };
    if let Some(why) = &reported.bailed_out {
        return crashed(format!("the tests gave up: {why}"));
    }
    if !reported.is_tap {
        return match missing_program(code, &output.text) {
            Some(end) => end,
            None if code == 0 => CheckEnd::NoTests,
            None => crashed(format!(
                "exit code {code} and no TAP; it said: {}",
                last_line(&output.text)
            )),
        };
    }
    if let Some(trouble) = &reported.trouble {
        return crashed(format!("the report is not whole: {trouble}"));
    }
    // Plain producers leave it to their readers to count, and exit with 0 whatever they told.
    if reported.report.red().next().is_none() && code != 0 {
        return crashed(format!("exit code {code} although no test is red"));
    }
    if reported.report.cases.is_empty() { CheckEnd::NoTests } else { CheckEnd::Completed }
}
