//! Tests of reading JUnit XML.

use proptest::prelude::*;

use super::*;
use crate::base::path::RepoPath;

fn read(files: &[&[u8]]) -> Reported {
    let mut reader = Reader::new(&CheckId::new("junit"));
    let find = |path: &str| RepoPath::new(path.strip_prefix("/p/").unwrap_or(path));
    for (n, bytes) in files.iter().enumerate() {
        reader.file(&format!("{n}.xml"), &mut &**bytes, &find, &mut |_| {});
    }
    reader.finish()
}

fn told(text: &str) -> String {
    let read = read(&[text.as_bytes()]);
    let cases = read.report.cases.iter().map(|case| {
        let at = case.at.as_ref().map(|at| format!(" at {}:{}", at.path, at.line));
        let frames = case.frames.len();
        format!(
            "{:?} {}{} {:?} +{frames}\n",
            case.outcome,
            case.id.name,
            at.unwrap_or_default(),
            case.message
        )
    });
    let end = read.trouble.unwrap_or_else(|| "complete".to_owned());
    cases.collect::<String>() + &end
}

#[test]
fn cases_are_read_at_any_depth() {
    let text = r#"<testsuites><testcase name="a" classname="test"/><testsuite name="outer"><testsuite name="in
        ner"><testcase name="b" classname="test"/></testsuite></testsuite></testsuites>"#;
    insta::assert_snapshot!(told(text), @r#"
    Passed a "" +0
    Passed outer > in ner b "" +0
    complete
    "#);
    insta::assert_snapshot!(told(r#"<testcase name="lone"/>"#), @r#"
    Passed lone "" +0
    complete
    "#);
}

#[test]
fn names_are_telling_and_on_one_line() {
    let text = r#"<testsuite name="s"><testcase classname="C" name="a&#10;b&#7;c"/><testcase name="C a" classname="C"/>
        <testcase/><testcase classname="C"/><testcase name="twin"/><testcase name="twin"/></testsuite>"#;
    insta::assert_snapshot!(told(text), @r#"
    Passed C a b c "" +0
    Passed C a "" +0
    Passed s (suite) "" +0
    Passed C (suite) "" +0
    Passed s twin "" +0
    Passed s twin #2 "" +0
    complete
    "#);
}

#[test]
fn a_suite_that_goes_wrong_itself_is_red() {
    let text = r#"<testsuite name="s" tests="1"><error message="no bank">at a.py:3</error><testcase name="a"/></testsuite>"#;
    insta::assert_snapshot!(told(text), @r#"
    Errored s (suite) at a.py:3 "no bank\nat a.py:3" +1
    Passed s a "" +0
    complete
    "#);
}

#[test]
fn entities_mean_nothing_but_xmls_own() {
    let bomb = r#"<!DOCTYPE t [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>
        <testsuite><testcase name="t"><failure message="&b;&lt;&#65;">&b; &x; &amp;&unknown &#x42; &#0;</failure></testcase></testsuite>"#;
    let told = told(bomb);
    assert!(told.starts_with("Failed t \"&b;&lt;&#65;\\n&b; &x; &&unknown B"), "{told}");
    assert!(told.ends_with("complete"), "{told}");
}

#[test]
fn reports_that_are_not_whole() {
    let check = |text: &str, end: &str| {
        let told = told(text);
        assert!(told.ends_with(end), "{text}\n{told}");
    };
    check("<testsuite><testcase name='a'/>", "breaks off in the middle");
    check("", "is empty");
    check("not xml", "is empty");
    check("<testsuite><testcase name='a'></testsuite>", "but `</testsuite>` was found");
    check(
        "<testsuite tests='3'><testcase name='a'/></testsuite>",
        "it has 3 tests, but 1 are there",
    );
    check(
        "<testsuites tests='2'><testsuite tests='1'><testcase name='a'/></testsuite></testsuites>",
        "it has 2 tests, but 1 are there",
    );
    check(
        "<testsuite failures='1' errors='0'><testcase name='a'/></testsuite>",
        "it has 1 red tests, but 0 are there",
    );
    check(
        "<testsuite failures='0' errors='0'><testcase name='a'><failure/></testcase></testsuite>",
        "it has 0 red tests, but 1 are there",
    );
    check(&"<testsuite>".repeat(DEPTH_MAX + 1), "is nested too deeply");
    assert!(!read(&[b"<testsuite/>"]).report.complete, "no test is no report");
    assert!(!read(&[]).report.complete);
}

#[test]
fn one_file_that_is_not_whole_spoils_all() {
    let read =
        read(&[b"<testsuite><testcase name='a'/></testsuite>", b"<testsuite><testcase name='b'/>"]);
    assert_eq!((read.report.cases.len(), read.report.complete, read.n_files), (2, false, 2));
}

#[test]
fn bytes_that_are_no_text_are_replaced() {
    let read = read(&[
        b"<testsuite><testcase name='a\xff'><failure>\xc3\x28</failure></testcase></testsuite>",
    ]);
    assert_eq!(read.report.cases[0].id.name, "a\u{fffd}");
    assert!(read.report.complete);
}

proptest! {
    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        read(&[&bytes]);
    }

    #[test]
    fn any_markup_is_read(text in "(<testsuites?( (tests|failures)='[0-9]')?>|</testsuites?>|<testcase( name='[a-c]')?/?>|</testcase>|<failure>|</failure>|<skipped/>|<system-out>|</system-out>|x|&lt;|&)*") {
        let read = read(&[text.as_bytes()]);
        prop_assert!(!read.report.complete || !read.report.cases.is_empty());
    }
}
