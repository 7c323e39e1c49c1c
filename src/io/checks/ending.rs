//! How a check ended, as far as it does not depend on who runs the tests.

use super::Job;
use crate::io::process::{End, NO_FOLDER, Output};
use crate::logic::report_parse::jsonl::Reported;
use crate::model::check::CheckEnd;
use crate::model::report::{TestCase, TestId, TestOutcome, TestReport};

/// Shells and their like exit with these when a program is missing or cannot be run.
const NOT_FOUND: [i32; 2] = [127, 126];

/// The exit code of a program that ended by itself; otherwise how the check ended.
pub(super) fn exit_code(job: &Job<'_>, output: &Output) -> Result<i32, CheckEnd> {
    match &output.end {
        End::Exited(code) => Ok(*code),
        End::Signalled(signal) => Err(crashed(format!("ended by signal {signal}"))),
        End::TimedOut => Err(CheckEnd::TimedOut { after_ms: job.check.timeout_ms }),
        End::Flooded { bytes } => Err(CheckEnd::Flooded { bytes: *bytes }),
        End::OverLimit { what, limit } => Err(CheckEnd::OverLimit { what: *what, limit: *limit }),
        End::Cancelled => Err(CheckEnd::Cancelled),
        End::NotStarted(why) => Err(missing(job, why)),
    }
}

/// Set when a program that ran could not find another one.
pub(super) fn missing_program(code: i32, text: &[u8]) -> Option<CheckEnd> {
    if !NOT_FOUND.contains(&code) {
        return None;
    }
    let said = last_line(text);
    let head =
        said.strip_suffix(": not found").or_else(|| said.strip_suffix(": command not found"));
    let program = head.and_then(|head| head.rsplit(": ").next()).unwrap_or("a program it calls");
    let hint = format!("Install it, or correct the command of this check. It said: {said}");
    Some(CheckEnd::Missing { program: program.to_owned(), hint })
}

pub(super) fn crashed(detail: impl Into<String>) -> CheckEnd {
    CheckEnd::Crashed { detail: detail.into() }
}

fn missing(job: &Job<'_>, why: &str) -> CheckEnd {
    if why.starts_with(NO_FOLDER) {
        let hint = "It is not in the copy that checks run in, which holds what git does not ignore: correct `dir` of this \
                    check in greenloop.toml.";
        return CheckEnd::Missing { program: format!("{}/", job.check.dir), hint: hint.to_owned() };
    }
    let program = job.check.argv.first().cloned().unwrap_or_default();
    let hint = format!(
        "Install it, or name another program as `command` of this check in greenloop.toml. It could not be started: \
         {why}."
    );
    CheckEnd::Missing { program, hint }
}

/// The test in the middle of which a run broke off, as a case of its own.
pub(super) fn unfinished(
    job: &Job<'_>,
    end: &CheckEnd,
    running: Option<String>,
) -> Option<TestCase> {
    let (outcome, message) = match end {
        CheckEnd::Crashed { detail } => (TestOutcome::Crashed, detail.clone()),
        CheckEnd::TimedOut { after_ms } => (
            TestOutcome::TimedOut,
            format!("was running when the {} s of the check were spent", after_ms.div_ceil(1000)),
        ),
        _ => return None,
    };
    let id = TestId { check: job.check.id.clone(), name: running? };
    Some(TestCase { id, outcome, message, at: None, frames: Vec::new(), duration_ms: 0 })
}

/// The end of a run that reported its own, from its exit code.
pub(super) fn end_of_whole(code: i32, report: &TestReport) -> CheckEnd {
    let is_red = report.red().next().is_some();
    if report.cases.is_empty() {
        CheckEnd::NoTests
    } else if is_red == (code != 0) {
        CheckEnd::Completed
    } else if is_red {
        crashed("exit code 0 although tests are red")
    } else {
        crashed(format!("exit code {code} although no test is red"))
    }
}

/// A run that ended in the middle, with the test it was at, or its last words when it was at none.
pub(super) fn broken_off(how: &str, text: &[u8], reported: &Reported) -> CheckEnd {
    match (&reported.running, last_words(text)) {
        (Some(name), _) => crashed(format!("{how}, while running `{name}`")),
        (None, said) if said.is_empty() => crashed(how),
        (None, said) => crashed(format!("{how}; it said: {said}")),
    }
}

/// How far from its end a program says what it ended of.
const LAST_LINES: usize = 40;

/// The last line that names an error, as what Node.js says of one goes on with its stack; else the last with a word in it.
fn last_words(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let is_error = |line: &&str| {
        let name = line.split([':', ' ', '[']).next().unwrap_or_default();
        name.ends_with("Error") || name.eq_ignore_ascii_case("error")
    };
    let backwards = || text.lines().rev().take(LAST_LINES).map(str::trim);
    let said = backwards().find(is_error);
    let said = said.or_else(|| backwards().find(|line| line.contains(char::is_alphanumeric)));
    said.unwrap_or_default().to_owned()
}

/// The last line that is not empty.
pub(super) fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_words_of_a_program_name_what_went_wrong() {
        let check = |text: &str, said: &str| assert_eq!(last_words(text.as_bytes()), said);
        check(
            "Traceback:\n  File \"a\"\nModuleNotFoundError: No module named 'x'\n",
            "ModuleNotFoundError: No module named 'x'",
        );
        check(
            "Startup\nError: Failed to load it\n    at main (a.js:1)\n  {\n  code: 1\n}\n\n",
            "Error: Failed to load it",
        );
        check(
            "node:internal\nTypeError [ERR_X]: no\n    at a\nNode.js v20\n",
            "TypeError [ERR_X]: no",
        );
        check("make: entering\nmissing separator\n  ^\n", "missing separator");
        check("\n \n", "");
    }
}
