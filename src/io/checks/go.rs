//! Go's tests: one `go test -json`, its output read line by line while it comes.

mod rest;

use std::collections::BTreeSet;

use super::ending::{crashed, exit_code, last_line, missing_program};
use super::wanted::Wanted;
use super::{Done, Job};
use crate::base::limits::{CHECK_PROGRAM_SHARE, SELECT_BYTES_MAX};
use crate::io::process::Output;
use crate::io::worlds::World;
use crate::logic::report_parse::go::{DOWNLOAD, Reader, Reported, is_missing_module};
use crate::model::check::CheckEnd;
use crate::model::report::TestCase;

/// Where compiled packages are kept in a world, seen from the project's folder. The user's own cache cannot be written.
const CACHE: &str = ".greenloop/go-build";

pub(super) fn run(job: &Job<'_>, on_case: &mut dyn FnMut(&TestCase)) -> Done {
    let wanted = Wanted::of(job.select);
    let limit = limit(job);
    let argv = argv(&job.check.argv, &wanted, &["-json", &limit]);
    let command = job.command(argv, environment(job));
    let find = |path: &str| job.find_path(path).or_else(|| job.find_ending(path));
    let mut reader = Reader::new(&job.check.id);
    let mut tell = |case: &TestCase| {
        if wanted.has(case) {
            on_case(case);
        }
    };
    let mut output =
        job.world.run(&command, job.cancel, &mut |line| reader.line(line, &find, &mut tell));
    let mut reported = reader.finish(&find, &mut tell);
    let end = end(job, &output, &reported);
    if end == CheckEnd::Completed && wanted.names.is_none() {
        output.duration = rest::add(job, &mut reported, output.duration, &mut tell);
    }
    wanted.keep(&mut reported.report);
    output.text = readable(&output.text);
    let shown = job.shown_as(&self::argv(&job.check.argv, &wanted, &[]));
    let Reported { report, problems, .. } = reported;
    Done { end, report, problems, running: None, command: shown, output }
}

/// How long a test program may take, as an option.
fn limit(job: &Job<'_>) -> String {
    format!("-timeout={}s", job.limit(CHECK_PROGRAM_SHARE).as_secs().max(1))
}

/// Nothing is fetched, and nothing is written outside the world.
fn environment(job: &Job<'_>) -> Vec<(String, String)> {
    offline(job.world).into_iter().chain(job.check.env.clone()).collect()
}

/// Variables that keep Go inside a world.
pub fn offline(world: &World) -> [(String, String); 3] {
    let cache = world.root().join(CACHE).to_string_lossy().into_owned();
    let fixed = [("GOCACHE", cache.as_str()), ("GOPROXY", "off"), ("GOTOOLCHAIN", "local")];
    fixed.map(|(name, value)| (name.to_owned(), value.to_owned()))
}

/// What selects at least the wanted tests: a pattern for their outermost names, and their packages.
fn arguments<'a>(wanted: &Wanted<'a>) -> Option<(String, BTreeSet<&'a str>)> {
    let names = wanted.names.as_ref()?;
    let split: Vec<(&str, &str)> =
        names.iter().map(|name| name.split_once(' ')).collect::<Option<_>>()?;
    let outermost = |test: &'a str| test.split('/').next().unwrap_or(test);
    let tests: BTreeSet<&str> = split.iter().map(|(_, test)| outermost(test)).collect();
    let pattern = format!("^({})$", tests.into_iter().collect::<Vec<_>>().join("|"));
    let packages: BTreeSet<&str> = split.iter().map(|(package, _)| *package).collect();
    let n_bytes: usize = pattern.len() + packages.iter().map(|name| name.len() + 1).sum::<usize>();
    (n_bytes <= SELECT_BYTES_MAX).then_some((pattern, packages))
}

/// The check's command with ours and the selection behind `test`. Results of earlier runs are not taken for new ones.
fn argv(argv: &[String], wanted: &Wanted<'_>, ours: &[&str]) -> Vec<String> {
    let at = argv.iter().position(|word| word == "test").map_or(argv.len(), |at| at + 1);
    let (before, after) = argv.split_at(at);
    let mut all = before.to_vec();
    let says =
        |option: &str| after.iter().any(|word| word.trim_start_matches('-').starts_with(option));
    let is_limited = says("timeout");
    let ours = ours.iter().filter(|word| !(is_limited && word.starts_with("-timeout")));
    all.extend(ours.map(|word| (*word).to_owned()));
    all.extend((!says("count")).then(|| "-count=1".to_owned()));
    let Some((pattern, packages)) = arguments(wanted) else {
        all.extend_from_slice(after);
        return all;
    };
    all.extend(["-run".to_owned(), pattern]);
    for word in after {
        if word == "./..." {
            all.extend(packages.iter().map(|package| (*package).to_owned()));
        } else {
            all.push(word.clone());
        }
    }
    all
}

fn end(job: &Job<'_>, output: &Output, reported: &Reported) -> CheckEnd {
    let code = match exit_code(job, output) {
        Ok(code) => code,
        Err(end) => return end,
    };
    let module = || missing_module(&reported.said).filter(|_| !reported.ran);
    if let Some(end) = missing_program(code, &output.text).or_else(module) {
        return end;
    }
    if let Some(trouble) = &reported.trouble {
        return crashed(format!("the report is not whole: {trouble}"));
    }
    let is_red = reported.report.red().next().is_some();
    match (is_red, code) {
        (true, 0) => crashed("exit code 0 although tests are red"),
        (true, _) if !reported.ran => CheckEnd::BuildFailed,
        (true, _) | (false, 0) => CheckEnd::Completed,
        (false, _) if !reported.problems.is_empty() => CheckEnd::BuildFailed,
        (false, _) => {
            let said = last_line(reported.said.as_bytes());
            crashed(format!("exit code {code} although no test is red; it said: {said}"))
        }
    }
}

/// What is said of something that is not on this machine, what that is, and what to do.
const MISSING: [(&str, &str, &str); 5] = [
    ("invalid go version", "another Go", UPGRADE),
    ("requires go >=", "another Go", UPGRADE),
    ("toolchain not available", "another Go", UPGRADE),
    ("missing go.sum entry", "a module", DOWNLOAD),
    ("is not in GOROOT", "a package that no module has", "Mend the import, or install a newer Go."),
];
const UPGRADE: &str = "Install the Go that `go.mod` asks for, or a newer one.";

/// What an older Go says of whatever it cannot compile in a module for a newer one.
const NEWER: &str = "note: module requires Go";
/// Names that Go has had of itself since 1.21.
const NEWER_NAMES: [&str; 3] = ["clear", "max", "min"];

fn lacks_only_newer_names(said: &str) -> bool {
    let mut errors = said.lines().filter_map(compiler_error);
    let mut is_newer = |error: &str| {
        error.strip_prefix("undefined: ").is_some_and(|name| NEWER_NAMES.contains(&name))
    };
    said.contains(NEWER) && errors.next().is_some_and(&mut is_newer) && errors.all(is_newer)
}

/// What is said after `file.go:line:column: `.
fn compiler_error(line: &str) -> Option<&str> {
    let (place, error) = line.trim().split_once(": ")?;
    place.contains(".go:").then_some(error)
}

/// A dependency that is not on this machine.
fn missing_module(said: &str) -> Option<CheckEnd> {
    let no_module = said.lines().find(|line| is_missing_module(line));
    let no_module = no_module.map(|line| (line, "a module", DOWNLOAD));
    let newer = said.lines().find(|line| line.contains(NEWER));
    let newer = newer.filter(|_| lacks_only_newer_names(said));
    let newer = newer.map(|line| (line, "another Go", UPGRADE));
    let mut missing = MISSING.iter().filter_map(|(words, program, hint)| {
        let line = said.lines().find(|line| line.contains(words))?;
        Some((line, *program, *hint))
    });
    let (line, program, hint) = missing.next().or(no_module).or(newer)?;
    let hint = format!("{hint} It said: {line}");
    Some(CheckEnd::Missing { program: program.to_owned(), hint })
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    output: Option<String>,
}

/// The output as people know it: what the events hold.
fn readable(text: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(text.len());
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        match serde_json::from_slice::<Event>(line) {
            Ok(event) => kept.extend_from_slice(event.output.unwrap_or_default().as_bytes()),
            // A line that was cut in the middle is no JSON any more.
            Err(_) if line.starts_with(b"{\"") => {}
            Err(_) => kept.extend_from_slice(line),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::checks::Select;

    #[test]
    fn selections_name_packages_and_outermost_tests() {
        let check = |command: &str, names: &[&str], expected: &str| {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let ours = ["-json", "-timeout=9s"];
            let all = argv(&words, &Wanted::of(Select::Only(&names)), &ours).join(" ");
            assert_eq!(all, expected);
        };
        check(
            "go test -race ./...",
            &["e/a TestA", "e/a TestA/x", "e/b TestB/y/z"],
            "go test -json -timeout=9s -count=1 -run ^(TestA|TestB)$ -race e/a e/b",
        );
        check(
            "go test ./a",
            &["e/a TestA"],
            "go test -json -timeout=9s -count=1 -run ^(TestA)$ ./a",
        );
        check(
            "go test -count=2 ./...",
            &["e/a (build)"],
            "go test -json -timeout=9s -count=2 ./...",
        );
        check("go test -timeout 9m", &["e/a (build)"], "go test -json -count=1 -timeout 9m");
        let long = format!("e/a Test{}", "x".repeat(SELECT_BYTES_MAX));
        check("go test ./...", &[&long], "go test -json -timeout=9s -count=1 ./...");
    }

    #[test]
    fn what_is_not_on_this_machine_is_told() {
        let check = |said: &str| match missing_module(said) {
            Some(CheckEnd::Missing { program, hint }) => format!("{program}: {hint}"),
            _ => String::new(),
        };
        let newer = "# e/a\n./a.go:83:12: undefined: max\nnote: module requires Go 1.21\n";
        assert_eq!(
            check(newer),
            format!("another Go: {UPGRADE} It said: note: module requires Go 1.21")
        );
        assert_eq!(check("# e/a\n./a.go:83:12: undefined: maxi\n"), "");
        for told in [
            "open /go/pkg/mod/cache/download/e/m/@v/v1.6.0.lock: read-only file system",
            "mkdir /go/pkg/mod/cache/download/e: read-only file system",
            "mkdir /go/pkg/mod/cache: read-only file system",
        ] {
            let said = format!("a.go:2:1: {told}");
            assert_eq!(check(&said), format!("a module: {DOWNLOAD} It said: {said}"));
        }
        let both = format!("./b.go:1:1: undefined: other\n{newer}");
        assert_eq!(check(&both), "", "that is a slip of the project's own");
        let type_too = format!("./b.go:1:1: cannot use x as string\n{newer}");
        assert_eq!(check(&type_too), "", "and so is that");
    }

    #[test]
    fn people_see_what_events_hold() {
        let text =
            b"# a\n{\"Action\":\"output\",\"Output\":\"PASS\\n\"}\n{\"Action\":\"pass\"}\n{\"Act";
        assert_eq!(String::from_utf8(readable(text)).unwrap(), "# a\nPASS\n");
    }
}
