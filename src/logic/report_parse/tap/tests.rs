//! Tests of reading TAP.

use proptest::prelude::*;

use super::*;
use crate::base::path::RepoPath;

fn read(text: &str) -> Reported {
    let mut reader = Reader::new(&CheckId::new("tap"));
    let find = |path: &str| RepoPath::new(path.strip_prefix("/p/").unwrap_or(path));
    for line in text.lines() {
        reader.line(line.as_bytes(), &find, &mut |_| {});
    }
    reader.finish(&find, &mut |_| {})
}

fn told(text: &str) -> String {
    let read = read(text);
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
    let end = read.bailed_out.map(|why| format!("bail out: {why}")).or(read.trouble);
    lines.push(end.unwrap_or_else(|| format!("complete: {}", read.report.complete)));
    lines.join("\n")
}

#[test]
fn points_with_directives_and_comments() {
    let text = "TAP version 13\n1..7\nok 1 - adds\nnot ok 2 subtracts\n#   Failed test 'subtracts'\n#   at t/a.t line 12.\nok 3 # SKIP no bank\nnot ok 4 - later # todo write it\nok\nsome output\nok 6 - a \\# b \\\\ c#d # time=12ms\nnot ok 7 - last\n";
    insta::assert_snapshot!(told(text), @r#"
    Passed adds ""
    Failed subtracts t/a.t:12 "Failed test 'subtracts'\n  at t/a.t line 12."
    Skipped test 3 "no bank"
    Skipped later "write it"
    Passed test 5 ""
    Passed a # b \ c#d ""
    Failed last ""
    complete: true
    "#);
}

#[test]
fn diagnostics_say_what_and_where() {
    let text = "not ok 1 - a\n  ---\n  message: 'no: good'\n  severity: fail\n  at:\n    file: /p/a.sh\n    line: 3\n  ...\nnot ok 2 - b\n  ---\n  error: |-\n    one\n    two\n  location: '/p/b.js:4:1'\n  stack: |-\n    f (/p/b.js:9:2)\n    g (/p/c.js:7:2)\n  ...\n1..2\n";
    insta::assert_snapshot!(told(text), @r#"
    Failed a a.sh:3 "no: good\n\nmessage: 'no: good'\nseverity: fail\nat:\n  file: /p/a.sh\n  line: 3"
    Failed b b.js:9 "one\ntwo\n\nerror: |-\n  one\n  two\nlocation: '/p/b.js:4:1'\nstack: |-\n  f (/p/b.js:9:2)\n  g (/p/c.js:7:2)"
    complete: true
    "#);
}

#[test]
fn subtests_have_their_outer_names() {
    let text = "# Subtest: outer\n    # Subtest: inner\n        ok 1 - x\n        1..1\n    ok 1 - inner\n    not ok 2 - y\n      ---\n      message: no\n      ...\n    1..2\nnot ok 1 - outer\nok 2 - alone\n1..2\n";
    insta::assert_snapshot!(told(text), @r#"
    Passed outer > inner > x ""
    Failed outer > y "no\n\nmessage: no"
    Passed alone ""
    complete: true
    "#);
    insta::assert_snapshot!(told("    ok 1 - x\n    1..1\nnot ok 1 - outer\n1..1\n"), @r#"
    Passed outer > x ""
    Failed outer (suite) ""
    complete: true
    "#);
}

#[test]
fn a_second_test_of_one_name_is_numbered() {
    insta::assert_snapshot!(told("1..2\nok 1 - a\nok 2 - a\n"), @r#"
    Passed a ""
    Passed a #2 ""
    complete: true
    "#);
}

#[test]
fn reports_that_are_not_whole() {
    let check = |text: &str, end: &str| {
        let told = told(text);
        assert!(told.ends_with(end), "{text}\n{told}");
    };
    check("1..2\nok 1\n", "2 tests were planned and 1 told");
    check("ok 1\nok 2\n", "it has no plan");
    check("1..1\nok 1\nok 1 - forged\n", "test 1 is told twice");
    check("1..1\nok 7\n", "1 tests were planned and number 7 told");
    check("1..1\n1..1\nok 1\n", "it has two plans, of 1 and of 1 tests");
    check("1..2\nok 1\nBail out! no bank\n", "bail out: no bank");
    check("1..1\n    1..2\n    ok 1\nok 1 - a\n", "2 tests were planned and 1 told");
    check(
        "1..1\n    1..1\n    not ok 1 - x\nok 1 - a\n",
        "subtest `a` is ok, but tests in it are not",
    );
    check("    ok 1 - x\n    1..1\n", "a subtest has no end");
    check("1..1\nok 1\n  ---\n  message: x\n", "it breaks off in a diagnostic");
    check("1..0 # SKIP no bank\n", "complete: false");
    check("nothing\n", "complete: false");
    assert!(!read("nothing\n").is_tap && read("1..0\n").is_tap);
}

#[test]
fn several_documents_follow_one_another() {
    assert!(
        read("TAP version 13\n1..1\nok 1 - a\nTAP version 13\nok 1 - b\n1..1\n").report.complete
    );
    assert!(
        !read("TAP version 13\n1..2\nok 1 - a\nTAP version 13\nok 1 - b\n1..1\n").report.complete
    );
}

proptest! {
    #[test]
    fn any_lines_are_read(text in "(( {0,9})(ok 1|not ok 2 - é|1\\.\\.[0-3]|---|\\.\\.\\.|# Subtest: a|message: x|Bail out!|TAP version 13|ok 3 # skip)\n){0,12}") {
        read(&text);
    }

    #[test]
    fn a_test_more_or_less_than_planned_is_never_complete(n in 1..6usize, n_told in 0..6usize) {
        let points: String = (1..=n_told).map(|n| format!("ok {n}\n")).collect();
        prop_assert_eq!(read(&format!("1..{n}\n{points}")).report.complete, n == n_told);
    }
}

#[test]
fn more_tests_than_are_kept_make_the_report_incomplete() {
    let mut reader = Reader::new(&CheckId::new("tap"));
    for _ in 0..=crate::base::limits::TEST_CASES_MAX + 1 {
        reader.line(b"ok", &|_| None, &mut |_| {});
    }
    let read = reader.finish(&|_| None, &mut |_| {});
    assert_eq!(read.report.cases.len(), crate::base::limits::TEST_CASES_MAX);
    assert!(!read.report.complete);
}
