//! Any program as a check: its exit code is its only test.

use super::ending::{exit_code, missing_program};
use super::{Done, Job};
use crate::base::limits::TEST_MESSAGE_BYTES_MAX;
use crate::model::check::CheckEnd;
use crate::model::report::{TestCase, TestId, TestOutcome, TestReport};

pub(super) fn run(job: &Job<'_>, on_case: &mut dyn FnMut(&TestCase)) -> Done {
    let env = job.check.env.clone().into_iter().collect();
    let command = job.command(job.check.argv.clone(), env);
    let output = job.world.run(&command, job.cancel, &mut |_| {});
    let mut report = TestReport::default();
    let end = match exit_code(job, &output) {
        Ok(code) => missing_program(code, &output.text).unwrap_or_else(|| {
            let case = case(job, code, &output.text);
            on_case(&case);
            report = TestReport { cases: vec![case], complete: true };
            CheckEnd::Completed
        }),
        Err(end) => end,
    };
    Done { end, report, problems: Vec::new(), running: None, command: job.shown(&[]), output }
}

fn case(job: &Job<'_>, code: i32, text: &[u8]) -> TestCase {
    let (outcome, message) = match code {
        0 => (TestOutcome::Passed, String::new()),
        _ => (TestOutcome::Failed, format!("exit code {code}\n{}", tail(text))),
    };
    let id = TestId { check: job.check.id.clone(), name: job.check.id.as_str().to_owned() };
    TestCase {
        id,
        outcome,
        message: message.trim_end().to_owned(),
        at: None,
        frames: vec![],
        duration_ms: 0,
    }
}

fn tail(text: &[u8]) -> String {
    let start = text.len().saturating_sub(TEST_MESSAGE_BYTES_MAX / 2);
    String::from_utf8_lossy(&text[start..]).into_owned()
}
