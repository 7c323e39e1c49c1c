//! Tests of reading JUnit XML.

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
