//! Cargo's tests: one `cargo test`, its output read line by line while it comes.

mod rest;

use std::collections::BTreeSet;

use serde::Deserialize;

use super::ending::{crashed, exit_code, last_line, missing_program};
use super::wanted::Wanted;
use super::{Done, Job};
use crate::base::limits::SELECT_BYTES_MAX;
use crate::io::process::{End, Output};
use crate::logic::report_parse::libtest::{DOC, HARNESS, Reader, Reported};
use crate::model::check::CheckEnd;
use crate::model::report::TestCase;

const OURS: [&str; 3] = ["--offline", "--no-fail-fast", "--message-format=json"];

/// What keeps the output to what is read.
const PLAIN: [(&str, &str); 3] =
    [("RUST_BACKTRACE", "0"), ("CARGO_TERM_COLOR", "never"), ("CARGO_TERM_PROGRESS_WHEN", "never")];

pub(super) fn run(job: &Job<'_>, on_case: &mut dyn FnMut(&TestCase)) -> Done {
    let wanted = Wanted::of(job.select);
    let command = job.command(argv(&job.check.argv, &wanted), job.environment(&PLAIN));
    let find = |path: &str| job.find_path(path);
    let mut reader = Reader::new(&job.check.id);
    let mut tell = |case: &TestCase| {
        if wanted.has(case) {
            on_case(case);
        }
    };
    let mut output =
        job.world.run(&command, job.cancel, &mut |line| reader.line(line, &find, &mut tell));
    let mut reported = reader.finish(&find, &mut tell);
    if matches!(output.end, End::Exited(_)) {
        output.duration = rest::add(job, &wanted, &mut reported, output.duration, &mut tell);
    }
    let end = end(job, &output, &reported);
    wanted.keep(&mut reported.report);
    output.text = readable(&output.text);
    let Reported { report, problems, .. } = reported;
    Done { end, report, problems, running: None, command: shown(job, &wanted), output }
}

/// What selects at least the wanted tests: arguments for cargo beside those there are, and those for the test programs.
fn arguments(wanted: &Wanted<'_>, given: &[String]) -> (Vec<String>, Vec<String>) {
    let Some(names) = &wanted.names else { return (Vec::new(), Vec::new()) };
    let n_bytes: usize = names.iter().map(|name| name.len() + 1).sum();
    let split: Option<Vec<(&str, &str)>> = names.iter().map(|name| name.split_once(' ')).collect();
    let Some(split) = split.filter(|_| n_bytes <= SELECT_BYTES_MAX) else {
        return (Vec::new(), Vec::new());
    };
    let binaries: BTreeSet<&str> = split.iter().map(|(binary, _)| *binary).collect();
    let packages: BTreeSet<&str> = binaries.iter().map(|binary| package(binary)).collect();
    let mut cargo: Vec<String> = packages
        .iter()
        .flat_map(|package| ["--package".to_owned(), (*package).to_owned()])
        .collect();
    let targets: BTreeSet<Vec<String>> = split.iter().map(option).collect();
    let has_doc = split.iter().any(is_doc);
    let has_harness = split.iter().any(|(_, name)| *name == HARNESS);
    // Documentation tests cannot be named beside others, nor exactly, since their names hold line numbers.
    let is_exact = !has_doc && !has_harness;
    let is_given = |target: &Vec<String>| target.iter().all(|word| given.contains(word));
    if !has_doc || targets.len() == 1 {
        cargo.extend(targets.into_iter().filter(|target| !is_given(target)).flatten());
    }
    let mut tests: BTreeSet<&str> = split.iter().map(filter).collect();
    if has_harness {
        // A program that is no test program of Rust's may take arguments of its own.
        tests.clear();
    }
    let exact = is_exact.then(|| "--exact".to_owned());
    (cargo, exact.into_iter().chain(tests.into_iter().map(str::to_owned)).collect())
}

fn package(binary: &str) -> &str {
    binary.split_once("::").map_or(binary, |(package, _)| package)
}

/// The parts after the package: none for a library, `["it"]`, `["bin", "tool"]`.
fn target(binary: &str) -> Vec<&str> {
    binary.split_once("::").map_or(Vec::new(), |(_, target)| target.splitn(2, '/').collect())
}

/// Whether a test is one of documentation, and not of an integration test that is called `doc`.
fn is_doc((binary, name): &(&str, &str)) -> bool {
    let file = name.split(" - ").next().and_then(|file| file.split(" #").next());
    target(binary) == [DOC]
        && file.is_some_and(|file| file.ends_with(".rs") || file.ends_with(".md"))
}

fn option(test: &(&str, &str)) -> Vec<String> {
    match target(test.0)[..] {
        [] => vec!["--lib".to_owned()],
        [_] if is_doc(test) => vec!["--doc".to_owned()],
        [kind, name] => vec![format!("--{kind}"), name.to_owned()],
        [test, ..] => vec!["--test".to_owned(), test.to_owned()],
    }
}

/// What the test program knows a test by. For a documentation test, `src/lib.rs - add #2`, it is one word of the item, or
/// of the file: rustdoc takes each word of `--test-args` for a filter of its own, and `-` is in all names.
fn filter<'a>(test: &(&str, &'a str)) -> &'a str {
    let name = &test.1;
    if !is_doc(test) {
        return name;
    }
    let item = name.rsplit_once(" #").map_or(*name, |(item, _)| item);
    let item = item.split_once(" - ").map_or(item, |(_, item)| item);
    item.split_whitespace().max_by_key(|word| word.len()).unwrap_or(item)
}

/// The check's command with ours and the selection on either side of `--`.
fn argv(argv: &[String], wanted: &Wanted<'_>) -> Vec<String> {
    let (for_cargo, for_tests) = arguments(wanted, argv);
    let at = argv.iter().position(|word| word == "--").unwrap_or(argv.len());
    let (before, after) = (&argv[..at], argv.get(at + 1..).unwrap_or_default());
    let mut all = before.to_vec();
    all.extend(OURS.map(str::to_owned));
    all.extend(for_cargo);
    if !after.is_empty() || !for_tests.is_empty() {
        all.push("--".to_owned());
        all.extend_from_slice(after);
        all.extend(for_tests);
    }
    all
}

/// As a person would type it: without what only makes it readable for us.
fn shown(job: &Job<'_>, wanted: &Wanted<'_>) -> String {
    let argv = argv(&job.check.argv, wanted);
    let at = argv.iter().position(|word| *word == OURS[2]);
    let words: Vec<String> = argv
        .into_iter()
        .enumerate()
        .filter(|(n, _)| Some(*n) != at)
        .map(|(_, word)| word)
        .collect();
    job.shown_as(&words)
}

fn end(job: &Job<'_>, output: &Output, reported: &Reported) -> CheckEnd {
    let code = match exit_code(job, output) {
        Ok(code) => code,
        Err(end) => return end,
    };
    match reported.built {
        Some(true) => end_of_tests(code, reported),
        Some(false) => CheckEnd::BuildFailed,
        None => {
            missing_program(code, &output.text).unwrap_or_else(|| not_built(code, output, reported))
        }
    }
}

fn end_of_tests(code: i32, reported: &Reported) -> CheckEnd {
    let is_red = reported.report.red().next().is_some();
    if let Some(crash) = reported.crashes.first() {
        crashed(&crash.detail)
    } else if is_red != (code != 0) || is_red != reported.says_failed {
        crashed(format!("exit code {code} contradicts the tests it reported"))
    } else if reported.report.cases.is_empty() {
        CheckEnd::NoTests
    } else {
        CheckEnd::Completed
    }
}

/// Cargo gave up before it built anything.
fn not_built(code: i32, output: &Output, reported: &Reported) -> CheckEnd {
    let error = &reported.cargo_error;
    let missing = |program: &str, hint: &str| CheckEnd::Missing {
        program: program.to_owned(),
        hint: hint.to_owned(),
    };
    if error.contains("--offline") || error.contains("offline mode") {
        missing(
            "a dependency",
            "Run `cargo fetch` once: checks have no network and take dependencies from cargo's cache.",
        )
    } else if error.contains("is not installed") || error.contains("rustup could not choose") {
        missing(
            "the Rust toolchain",
            &format!("Install it with rustup: {}.", last_line(error.as_bytes())),
        )
    } else if error.is_empty() {
        crashed(format!(
            "exit code {code} before anything was built; it said: {}",
            last_line(&output.text)
        ))
    } else {
        CheckEnd::BuildFailed
    }
}

#[derive(Deserialize)]
struct Line {
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Message {
    rendered: Option<String>,
}

/// The output as cargo prints it for people: the compiler's messages in words, the rest of the JSON left out.
pub(super) fn readable(text: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if !line.starts_with(b"{\"reason\":") {
            kept.extend_from_slice(line);
            continue;
        }
        // A line that was cut in the middle is no JSON any more.
        let rendered =
            serde_json::from_slice::<Line>(line).ok().and_then(|line| line.message?.rendered);
        kept.extend_from_slice(rendered.unwrap_or_default().as_bytes());
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::checks::Select;

    fn asked(names: &[&str]) -> String {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let check = ["cargo", "test", "--workspace", "--", "--test-threads=1"].map(str::to_owned);
        argv(&check, &Wanted::of(Select::Only(&names))).join(" ")
    }

    #[test]
    fn selections_name_binaries_and_tests() {
        let head = "cargo test --workspace --offline --no-fail-fast --message-format=json";
        let check = |names: &[&str], tail: &str| assert_eq!(asked(names), format!("{head}{tail}"));
        check(&["a tests::x"], " --package a --lib -- --test-threads=1 --exact tests::x");
        check(
            &["a::it x", "a::bin/tool y", "b::it x"],
            " --package a --package b --bin tool --test it -- --test-threads=1 --exact x y",
        );
        check(&["a::doc src/lib.rs - add #2", "a x"], " --package a -- --test-threads=1 add x");
        check(
            &["a::doc src/lib.rs - Sum<'a, T>::add #2", "a::doc src/lib.rs #3"],
            " --package a --doc -- --test-threads=1 T>::add src/lib.rs",
        );
        let check_of_doc = ["cargo", "test", "--doc"].map(str::to_owned);
        let name = ["a::doc src/lib.rs - add".to_owned()];
        let argv = argv(&check_of_doc, &Wanted::of(Select::Only(&name)));
        assert_eq!(argv.iter().filter(|word| *word == "--doc").count(), 1);
        check(&["a::doc adds"], " --package a --test doc -- --test-threads=1 --exact adds");
        check(
            &["a::it one - two #3 four"],
            " --package a --test it -- --test-threads=1 --exact one - two #3 four",
        );
        check(&["a::plain (harness)"], " --package a --test plain -- --test-threads=1");
        check(&["(build)", "a x"], " -- --test-threads=1");
        let long = "x".repeat(SELECT_BYTES_MAX);
        check(&[&format!("a {long}")], " -- --test-threads=1");
    }

    #[test]
    fn people_see_messages_and_no_json() {
        let text = b"   Compiling a\n{\"reason\":\"compiler-message\",\"message\":{\"rendered\":\"error: no\\n\"}}\n{\"reason\":\"build-finished\",\"success\":false}\n{\"reason\":\"comp";
        assert_eq!(String::from_utf8(readable(text)).unwrap(), "   Compiling a\nerror: no\n");
    }
}
