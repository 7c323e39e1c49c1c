//! Check runs for tests, each written as one line: `check end: test=outcome …`.

use crate::base::ids::{BlobId, CheckId, TreeId};
use crate::model::check::{CheckEnd, CheckRun};
use crate::model::report::{TestCase, TestId, TestOutcome, TestReport};

pub(crate) fn id(text: &str) -> TestId {
    let (check, name) = text.split_once('/').unwrap();
    TestId { check: CheckId::new(check), name: name.into() }
}

pub(crate) fn case(check: &str, text: &str) -> TestCase {
    let (name, outcome) = text.trim_end_matches('~').rsplit_once('=').unwrap();
    let outcome = match outcome {
        "passed" => TestOutcome::Passed,
        "failed" => TestOutcome::Failed,
        "errored" => TestOutcome::Errored,
        "skipped" => TestOutcome::Skipped,
        "crashed" => TestOutcome::Crashed,
        "timed-out" => TestOutcome::TimedOut,
        other => panic!("outcome {other}"),
    };
    TestCase {
        id: TestId { check: CheckId::new(check), name: name.replace('_', " ") },
        outcome,
        message: "why".into(),
        at: None,
        frames: vec![],
        duration_ms: 1,
    }
}

/// `a: t1=passed t2=failed`; the end stands before the colon: `a build-failed:`. `_` in names means a space, and
/// `~` at the end of a test that it is flaky.
pub(crate) fn run(line: &str) -> CheckRun {
    let (head, cases) = line.split_once(':').unwrap();
    let (check, end) = head.split_once(' ').unwrap_or((head, "completed"));
    let end = match end {
        "completed" | "incomplete" | "partial" => CheckEnd::Completed,
        "build-failed" => CheckEnd::BuildFailed,
        "no-tests" => CheckEnd::NoTests,
        "crashed" => CheckEnd::Crashed { detail: "signal 11".into() },
        "timed-out" => CheckEnd::TimedOut { after_ms: 1_500 },
        "flooded" => CheckEnd::Flooded { bytes: 9 },
        "missing" => CheckEnd::Missing { program: "cargo".into(), hint: "Install it.".into() },
        "cancelled" => CheckEnd::Cancelled,
        other => panic!("end {other}"),
    };
    CheckRun {
        check: CheckId::new(check),
        tree: TreeId::new("tree"),
        end,
        report: TestReport {
            cases: cases.split_whitespace().map(|text| case(check, text)).collect(),
            complete: !head.ends_with("incomplete"),
        },
        problems: vec![],
        command: format!("run {check}"),
        output: BlobId::new(""),
        duration_ms: 1,
        enforced: vec![],
        flaky: cases
            .split_whitespace()
            .filter(|text| text.ends_with('~'))
            .map(|text| case(check, text).id)
            .collect(),
        partial: head.ends_with("partial"),
        setting: String::new(),
        reused: false,
    }
}

pub(crate) fn runs(text: &str) -> Vec<CheckRun> {
    text.split(';').map(|line| run(line.trim())).collect()
}

pub(crate) fn names(ids: &[TestId]) -> String {
    ids.iter().map(|id| format!("{}/{}", id.check, id.name)).collect::<Vec<_>>().join(" ")
}
