//! How test programs are told what to run, and how they tell what passed.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::limits::{TRY_CPU_MIN, TRY_WALL_MIN};
use crate::repair::clones::TIME_VARIABLE;
use crate::repair::stop::Stop;

/// How a test program is told what to run, and tells what passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in super::super) enum Dialect {
    /// Rust's.
    Libtest,
    /// That of Go's `testing`.
    Go,
}

impl Dialect {
    /// What makes a program run these tests one after the other and tell of each.
    pub fn arguments(self, names: &[&str]) -> Vec<String> {
        match self {
            Dialect::Libtest => {
                let fixed = ["--exact", "--test-threads=1"].into_iter();
                fixed.chain(names.iter().copied()).map(str::to_owned).collect()
            }
            Dialect::Go => {
                vec!["-test.v".to_owned(), format!("-test.run={}", go_pattern(names))]
            }
        }
    }

    pub fn environment(self, limit: Duration) -> Option<(String, String)> {
        match self {
            // A backtrace of an unoptimised program takes longer than most tests.
            Dialect::Libtest => Some(("RUST_BACKTRACE".into(), "0".into())),
            Dialect::Go => {
                // What a run takes on a busy machine is no measure of what it computes.
                let spent = if limit <= TRY_WALL_MIN { TRY_CPU_MIN } else { limit };
                Some((TIME_VARIABLE.into(), spent.as_millis().to_string()))
            }
        }
    }
}

/// The test that a line of a Go program says passed: `--- PASS: TestX/y (0.00s)`.
pub(super) fn go_passed(line: &[u8]) -> Option<String> {
    let line = String::from_utf8_lossy(line);
    let (_, rest) = line.split_once("--- PASS: ")?;
    Some(rest.rsplit_once(" (")?.0.to_owned())
}

/// Where a line of a Go program says that a test stopped: `x_test.go:12: got 1, want 2`, or as part of a stack.
pub(super) fn go_stop(line: &[u8]) -> Option<Stop> {
    const FILE_END: &str = "_test.go:";
    let line = String::from_utf8_lossy(line);
    let (file, rest) = line.split_once(FILE_END)?;
    let file = file.trim_start().rsplit('/').next()?;
    let n_digits = rest.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(rest.len());
    let (number, said) = rest.split_at(n_digits);
    Some(Stop::new(file, number.parse().ok()?, said.trim_start_matches(':').trim()))
}

/// What selects one test alone, or at least several by their outermost names.
fn go_pattern(names: &[&str]) -> String {
    let is_plain = |ch: char| ch.is_alphanumeric() || ch == '_' || !ch.is_ascii();
    let quoted = |part: &str| {
        let quote = |ch: char| if is_plain(ch) { vec![ch] } else { vec!['\\', ch] };
        part.chars().flat_map(quote).collect::<String>()
    };
    if let [name] = names {
        let parts: Vec<String> =
            name.split('/').map(|part| format!("^{}$", quoted(part))).collect();
        return parts.join("/");
    }
    let outermost = |name: &&str| quoted(name.split('/').next().unwrap_or(name));
    let tests: BTreeSet<String> = names.iter().map(outermost).collect();
    format!("^({})$", tests.into_iter().collect::<Vec<_>>().join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn go_tests_are_named_by_patterns() {
        assert_eq!(go_pattern(&["TestA/x.y_1#01"]), "^TestA$/^x\\.y_1\\#01$");
        assert_eq!(go_pattern(&["TestA/x", "TestB", "TestA"]), "^(TestA|TestB)$");
    }

    #[test]
    fn go_tests_that_pass_are_read() {
        let check = |line: &str, name: Option<&str>| {
            assert_eq!(go_passed(line.as_bytes()).as_deref(), name, "{line}");
        };
        check("--- PASS: TestA (0.00s)", Some("TestA"));
        check("said    --- PASS: TestA/b_(c) (1.20s)", Some("TestA/b_(c)"));
        check("--- FAIL: TestA (0.00s)", None);
    }

    #[test]
    fn it_is_read_where_go_tests_stop() {
        let check = |line: &str, stop: Option<Stop>| assert_eq!(go_stop(line.as_bytes()), stop);
        check("    x_test.go:12: f() = 1, want 2", Some(Stop::new("x", 12, "f() = 1, want 2")));
        check("\t/home/me/x_test.go:12 +0x1d", Some(Stop::new("x", 12, "+0x1d")));
        check("--- FAIL: TestX (0.00s)", None);
        check("x_test.go: no", None);
    }
}
