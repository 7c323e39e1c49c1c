//! Tests of reading `go test -json`.

use proptest::prelude::*;

use super::*;
use crate::base::path::RepoPath;

/// Events written short: `run TestA`, `out TestA text`, `out - text` outside of tests, `pass TestA`, `fail -`; anything
/// else is a plain line.
fn events(text: &str) -> String {
    let event = |line: &str| {
        let mut words = line.splitn(3, ' ');
        let (action, test) = (words.next()?, words.next()?);
        let action = if action == "out" { "output" } else { action };
        ["run", "output", "pass", "fail", "skip", "pause", "cont"]
            .contains(&action)
            .then_some(())?;
        let test = if test == "-" { String::new() } else { format!(",\"Test\":{test:?}") };
        let output = words.next().map(|text| format!(",\"Output\":\"{text}\"")).unwrap_or_default();
        Some(format!("{{\"Action\":{action:?},\"Package\":\"e.org/m/a\"{test}{output}}}\n"))
    };
    text.lines().map(|line| event(line.trim()).unwrap_or_else(|| format!("{line}\n"))).collect()
}

fn read(text: &str) -> Reported {
    let mut reader = Reader::new(&CheckId::new("go"));
    let find = |path: &str| RepoPath::new(path).filter(|path| path.as_str().starts_with("a/"));
    for line in text.lines() {
        reader.line(line.as_bytes(), &find, &mut |_| {});
    }
    reader.finish(&find, &mut |_| {})
}

fn told(text: &str) -> String {
    let read = read(&events(text));
    let mut lines: Vec<String> = read
        .report
        .cases
        .iter()
        .map(|case| {
            let at = case.at.as_ref().map(|at| format!(" {}:{}", at.path, at.line));
            format!(
                "{:?} {}{} {:?}",
                case.outcome,
                case.id.name,
                at.unwrap_or_default(),
                case.message
            )
        })
        .collect();
    lines.push(read.trouble.unwrap_or_else(|| format!("complete: {}", read.report.complete)));
    lines.join("\n")
}

#[test]
fn a_test_that_fails_says_where() {
    insta::assert_snapshot!(told(r"run TestA
        out TestA === RUN   TestA\n
        out TestA     a_test.go:3: 1 is not 2\n
        out TestA --- FAIL: TestA (0.00s)\n
        fail TestA
        out - FAIL\n
        fail -"), @r#"
    Failed e.org/m/a TestA a/a_test.go:3 "a_test.go:3: 1 is not 2"
    complete: true
    "#);
}

#[test]
fn a_result_behind_text_without_a_line_break_is_found() {
    insta::assert_snapshot!(told(r"run TestA
        out TestA so far
        out TestA , so good--- PASS: TestA (0.00s)\n
        run TestB
        out TestB --- PASS: TestB (0.00s)\n
        pass TestB
        out - PASS\n
        pass -"), @r#"
    Passed e.org/m/a TestA ""
    Passed e.org/m/a TestB ""
    complete: true
    "#);
}

#[test]
fn what_tests_print_does_not_pass_for_results() {
    let check = |text: &str, end: &str| {
        let told = told(text);
        assert!(told.ends_with(end), "{text}\n{told}");
    };
    // A result of a test that never started.
    check("run TestA\npass TestB\npass TestA\nout - PASS\\n\npass -", "complete: true");
    check("run TestA\npass TestA\nfail TestA\nout - FAIL\\n\nfail -", "`TestA` ended twice");
    check(
        "run TestA\nrun TestB\npass TestB\npass TestA\nout - PASS\\n\npass -",
        "`TestB` began while `TestA` was running",
    );
    // A program that ends itself in the middle.
    check("run TestA\npass -", "it passed, but `TestA` never ended");
    check("run TestA\npass TestA\npass -", "it ended before its tests were over");
    check("pass -", "it ended before its tests were over");
    check("run TestA\nfail TestA\nout - PASS\\n\npass -", "it passed, but tests in it failed");
    check("run TestA\npass TestA", "did not end");
    check("{\"Action\":", "a line of it is no event");
}

#[test]
fn tests_that_wait_for_their_turn_may_overlap() {
    let text = "run TestA\npause TestA\nrun TestB\npause TestB\ncont TestA\ncont TestB\npass TestB\npass TestA\nout - PASS\\n\npass -";
    assert!(read(&events(text)).report.complete);
    let inner = "run TestA\nrun TestA/x\npass TestA/x\npass TestA\nout - PASS\\n\npass -";
    assert!(read(&events(inner)).report.complete);
}

#[test]
fn of_two_results_the_worse_counts() {
    let read = read(&events("run TestA\npass TestA\nfail TestA\nfail -"));
    assert_eq!(read.report.cases[0].outcome, TestOutcome::Failed);
}

#[test]
fn a_package_that_cannot_be_built_is_one_red_case() {
    insta::assert_snapshot!(told("# e.org/m/a [e.org/m/a.test]\na/x.go:6:14: no such thing\nFAIL\te.org/m/a [build failed]"), @r#"
    Errored e.org/m/a (build) a/x.go:6 "a/x.go:6:14: no such thing"
    complete: true
    "#);
    let read = read("# e.org/m/a\na/x.go:6:14: no such thing\nFAIL\te.org/m/a [build failed]");
    assert_eq!(read.problems[0].message, "no such thing");
    assert!(!read.ran);
}

#[test]
fn builds_that_fail_come_as_events_too() {
    let text = r##"{"ImportPath":"e.org/m/a [e.org/m/a.test]","Action":"build-output","Output":"# e.org/m/a [e.org/m/a.test]\n"}
{"ImportPath":"e.org/m/a [e.org/m/a.test]","Action":"build-output","Output":"a/x.go:6:14: no such thing\n"}
{"ImportPath":"e.org/m/a [e.org/m/a.test]","Action":"build-fail"}
{"Action":"start","Package":"e.org/m/a"}
{"Action":"output","Package":"e.org/m/a","Output":"FAIL\te.org/m/a [build failed]\n"}
{"Action":"fail","Package":"e.org/m/a","Elapsed":0,"FailedBuild":"e.org/m/a [e.org/m/a.test]"}"##;
    let read = read(text);
    assert_eq!(read.report.cases.len(), 1);
    assert_eq!(read.report.cases[0].id.name, "e.org/m/a (build)");
    assert_eq!(read.problems.len(), 1);
}

#[test]
fn a_package_that_fails_outside_its_tests_is_red() {
    insta::assert_snapshot!(told("run TestA\npass TestA\nout - PASS\\n\nout - exit status 3\\n\nfail -"), @r#"
    Passed e.org/m/a TestA ""
    Errored e.org/m/a (suite) "PASS\nexit status 3"
    complete: true
    "#);
}

#[test]
fn a_panic_names_the_test_that_was_running() {
    insta::assert_snapshot!(told("run TestA\nrun TestA/x\nout TestA/x panic: boom\\n\nout TestA/x \\t/p/a.go:3 +0x1\\n\nout TestA/x \\ta/a_test.go:9 +0x1\\n\nfail -"), @r#"
    Errored e.org/m/a TestA "it did not end"
    Errored e.org/m/a TestA/x a/a_test.go:9 "panic: boom\n\t/p/a.go:3 +0x1\n\ta/a_test.go:9 +0x1\nit did not end"
    complete: true
    "#);
}

#[test]
fn a_test_without_end_is_told_as_such() {
    insta::assert_snapshot!(told("run TestA\nrun TestA/x\nout TestA/x panic: test timed out after 2s\\n\nout TestA/x \\ta/a_test.go:9 +0x1\\n\nfail -"), @r#"
    TimedOut e.org/m/a TestA "it did not end"
    TimedOut e.org/m/a TestA/x a/a_test.go:9 "panic: test timed out after 2s\n\ta/a_test.go:9 +0x1\nit did not end"
    complete: true
    "#);
}

proptest! {
    #[test]
    fn any_events_are_read(text in "((run|pass|fail|out|skip|pause) (TestA|TestB/x|-)( PASS|--- FAIL: TestA \\(0.1s\\))?\n|# x\n|FAIL\tx \\[build failed\\]\n){0,9}") {
        read(&events(&text));
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut reader = Reader::new(&CheckId::new("go"));
        reader.line(&bytes, &|_| None, &mut |_| {});
        reader.line(&[b"{\"Action\":", bytes.as_slice()].concat(), &|_| None, &mut |_| {});
    }
}
