//! What is read from the reports of real tools in `tests/reports`.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use super::super::{go, junit, tap};
use crate::base::ids::CheckId;
use crate::base::path::RepoPath;
use crate::model::report::{TestOutcome, TestReport};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reports")
}

fn reports() -> Vec<PathBuf> {
    let below = |path: PathBuf| fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    let folders = below(folder()).filter(|path| path.is_dir());
    let mut files: Vec<PathBuf> = folders.flat_map(below).filter(|path| is_report(path)).collect();
    files.sort();
    files
}

fn is_report(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending != "told")
}

/// Figures, then a line per test, then what is to be said of the whole.
fn told(file: &Path) -> String {
    let bytes = fs::read(file).unwrap();
    let (report, rest) = read(file.extension().unwrap().to_str().unwrap(), &bytes);
    let count = |outcome| report.count(outcome);
    let mut text = format!(
        "{} passed, {} failed, {} errored, {} skipped, {}\n",
        count(TestOutcome::Passed),
        count(TestOutcome::Failed),
        count(TestOutcome::Errored),
        count(TestOutcome::Skipped),
        if report.complete { "complete" } else { "not complete" }
    );
    for case in &report.cases {
        let at = case.at.as_ref().map(|at| format!(" {}:{}", at.path, at.line)).unwrap_or_default();
        writeln!(text, "\n{:?} {}{at} {} ms", case.outcome, case.id.name, case.duration_ms)
            .unwrap();
        for frame in &case.frames {
            writeln!(text, "  in {}:{}", frame.path, frame.line).unwrap();
        }
        for line in case.message.lines() {
            writeln!(text, "  | {line}").unwrap();
        }
    }
    if rest.is_empty() { text } else { format!("{text}\n{rest}\n") }
}

/// Paths of the project's own folder; every folder above a Java package is its source root.
fn find(path: &str) -> Option<RepoPath> {
    let is_foreign = path.starts_with('/') && !path.starts_with("/project/");
    let is_foreign = is_foreign || path.starts_with("node:") || path.starts_with("org/junit");
    let path = path.strip_prefix("/project/").unwrap_or(path);
    let is_import = path.contains("java/") || path.starts_with("example.com/");
    let is_import = is_import || path.starts_with("ledger/");
    RepoPath::new(path).filter(|_| !is_foreign && !is_import)
}

fn read(ending: &str, mut bytes: &[u8]) -> (TestReport, String) {
    let check = CheckId::new("recorded");
    match ending {
        "xml" => {
            let mut reader = junit::Reader::new(&check);
            reader.file("report", &mut bytes, &find, &mut |_| {});
            let reported = reader.finish();
            (reported.report, reported.trouble.unwrap_or_default())
        }
        "tap" => {
            let mut reader = tap::Reader::new(&check);
            bytes
                .split(|byte| *byte == b'\n')
                .for_each(|line| reader.line(line, &find, &mut |_| {}));
            let reported = reader.finish(&find, &mut |_| {});
            (reported.report, reported.trouble.or(reported.bailed_out).unwrap_or_default())
        }
        "go" => {
            let mut reader = go::Reader::new(&check);
            bytes
                .split(|byte| *byte == b'\n')
                .for_each(|line| reader.line(line, &find, &mut |_| {}));
            let reported = reader.finish(&find, &mut |_| {});
            (reported.report, reported.trouble.unwrap_or_default())
        }
        other => panic!("nobody reads `{other}`"),
    }
}

#[test]
fn every_report_is_read_as_recorded() {
    let mut wrong = Vec::new();
    let reports = reports();
    assert!(reports.len() >= 12);
    for file in reports {
        let expected =
            file.with_extension(format!("{}.told", file.extension().unwrap().to_str().unwrap()));
        let told = told(&file);
        if fs::read_to_string(&expected).ok().as_deref() == Some(told.as_str()) {
            continue;
        }
        if std::env::var_os("GREENLOOP_UPDATE").is_some() {
            fs::write(&expected, &told).unwrap();
        }
        wrong.push(format!("{}:\n{told}", file.display()));
    }
    assert!(wrong.is_empty(), "run this test once with GREENLOOP_UPDATE=1:\n{}", wrong.join("\n"));
}

#[test]
fn a_report_cut_anywhere_is_never_complete() {
    for file in reports() {
        let ending = file.extension().unwrap().to_str().unwrap();
        let bytes = fs::read(&file).unwrap();
        let n_end = match ending {
            // Neither a last point that is cut nor remarks after it that are missing are known.
            "tap" => last_tap_line(&bytes),
            _ => bytes.trim_ascii_end().len(),
        };
        let whole = read(ending, &bytes).0;
        for end in (0..n_end).step_by(29) {
            // Only Go itself can tell that another package would have followed.
            if ending == "go" && bytes[..end].ends_with(b"\n") {
                continue;
            }
            let (report, _) = read(ending, &bytes[..end]);
            assert!(!report.complete, "{} cut at {end}", file.display());
            assert!(report.cases.len() <= whole.cases.len());
        }
    }
}

/// Where the last plan or point begins.
fn last_tap_line(bytes: &[u8]) -> usize {
    let text = std::str::from_utf8(bytes).unwrap();
    ["\n1..", "\nok ", "\nnot ok "].iter().filter_map(|start| text.rfind(start)).max().unwrap()
}
