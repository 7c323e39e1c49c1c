//! Tests of what becomes of edits.

use super::*;
use crate::base::ids::BlobId;
use crate::logic::diff;

fn path(text: &str) -> RepoPath {
    RepoPath::new(text).unwrap()
}

/// A change of a file; `None` where there is no file.
pub(super) fn change(name: &str, before: Option<&str>, after: Option<&str>) -> FileChange {
    let kind = match (before, after) {
        (None, _) => ChangeKind::Create,
        (Some(_), None) => ChangeKind::Delete,
        (Some(_), Some(_)) => ChangeKind::Modify,
    };
    let hunks = diff::hunks(before.unwrap_or_default(), after.unwrap_or_default());
    let blob = BlobId::new("0");
    FileChange { path: path(name), kind, before: blob.clone(), after: blob, hunks }
}

/// What becomes of changes, in words.
fn check(policy: &GuardPolicy, files: &[(&str, Option<&str>, Option<&str>)]) -> String {
    let changes: Vec<FileChange> =
        files.iter().map(|(name, before, after)| change(name, *before, *after)).collect();
    let edits: Vec<FileEdit<'_>> = changes
        .iter()
        .zip(files)
        .map(|(change, (_, before, after))| FileEdit {
            change,
            before: before.unwrap_or_default(),
            after: after.unwrap_or_default(),
        })
        .collect();
    let Sorted { kept, guarded, refused } = sort(&edits, policy, &Facts::default());
    let mut words: Vec<String> = kept.iter().map(|(path, hunk)| format!("{path}:{hunk}")).collect();
    words.extend(
        guarded.allowed.iter().map(|(at, class)| format!("{}:{} is {}", at.0, at.1, class.name())),
    );
    words.extend(guarded.left_out.iter().map(|left| format!("without {}", told(left))));
    words.extend(refused);
    words.join("; ")
}

const RUST: &str = "fn f() -> i32 {\n    1\n}\n\nfn g() {}\n\n#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {\n        assert_eq!(super::f(), 2);\n    }\n}\n";

#[test]
fn edits_of_what_judges_are_left_out() {
    let ask = GuardPolicy::default();
    let files = [
        ("src/a.py", Some("x = 1\n"), Some("x = 2\n")),
        ("tests/test_a.py", Some("a\nb\n"), Some("a\nc\n")),
        ("tests/data.json", Some("{}\n"), None),
        ("conftest.py", None, Some("import os\n")),
    ];
    insta::assert_snapshot!(check(&ask, &files), @"src/a.py:0; without an edit of tests/test_a.py (tests); without the deletion of tests/data.json (test data); without the new file conftest.py (code that runs around the tests)");
    let both = RUST.replace("    1\n", "    2\n").replace("f(), 2", "f(), 1");
    insta::assert_snapshot!(check(&ask, &[("src/a.rs", Some(RUST), Some(&both))]), @"src/a.rs:0; without an edit of src/a.rs (tests)");
    let more = RUST.replace("    #[test]\n", "    #[test]\n    #[should_panic]\n");
    insta::assert_snapshot!(check(&ask, &[("src/a.rs", Some(RUST), Some(&more))]), @"without an edit of src/a.rs (tests)");
    let gone = &RUST[..RUST.find("\n#[cfg").unwrap()];
    insta::assert_snapshot!(check(&ask, &[("src/a.rs", Some(RUST), Some(gone))]), @"without an edit of src/a.rs (tests)");
    let added = "fn f() {}\n";
    insta::assert_snapshot!(check(&ask, &[("src/a.rs", Some(added), Some(RUST))]), @"without an edit of src/a.rs (tests)");
}

#[test]
fn the_policy_decides_by_class_and_path() {
    let policy = GuardPolicy {
        rules: [(Class::Test, Rule::Allow), (Class::Hook, Rule::Refuse)].into(),
        protect: vec!["golden.py".into()],
        allow: vec!["tests/data/*.json".into()],
        folder: path("sub"),
    };
    let files = [
        ("sub/tests/test_a.py", Some("a\nb\n"), Some("a\nc\n")),
        ("sub/golden.py", Some("a\n"), Some("b\n")),
        ("golden.py", Some("a\n"), Some("b\n")),
        ("sub/tests/data/a.json", Some("a\n"), Some("b\n")),
        ("tests/data/a.json", Some("a\n"), Some("b\n")),
    ];
    insta::assert_snapshot!(check(&policy, &files), @"golden.py:0; sub/tests/data/a.json:0; sub/tests/test_a.py:0; sub/tests/test_a.py:0 is tests; sub/tests/data/a.json:0 is test data; without an edit of sub/golden.py (tests); without an edit of tests/data/a.json (test data)");
    insta::assert_snapshot!(check(&policy, &[("sub/conftest.py", None, Some("a\n"))]), @"it changed what must not be changed: sub/conftest.py (code that runs around the tests)");
}

#[test]
fn what_the_policy_asks_may_be_answered_and_what_it_refuses_may_not() {
    let change = change("tests/test_a.py", Some("a\n"), Some("b\n"));
    let edits = [FileEdit { change: &change, before: "a\n", after: "b\n" }];
    let kept = |rule: Rule, allowed: &[&str]| {
        let allowed: Vec<RepoPath> = allowed.iter().map(|text| path(text)).collect();
        let facts = Facts { allowed: &allowed, ..Facts::default() };
        let policy = GuardPolicy { rules: [(Class::Test, rule)].into(), ..GuardPolicy::default() };
        let sorted = sort(&edits, &policy, &facts);
        (sorted.kept.len(), sorted.guarded.left_out.len(), sorted.refused.is_some())
    };
    assert_eq!(kept(Rule::Ask, &[]), (0, 1, false));
    assert_eq!(kept(Rule::Ask, &["tests/test_b.py"]), (0, 1, false));
    assert_eq!(kept(Rule::Ask, &["tests/test_a.py"]), (1, 0, false));
    assert_eq!(kept(Rule::Refuse, &["tests/test_a.py"]), (0, 0, true));
}

#[test]
fn folders_around_a_project_say_nothing_about_it() {
    let change = change("fixtures/app/src/a.py", Some("a\n"), Some("b\n"));
    let edit = FileEdit { change: &change, before: "a\n", after: "b\n" };
    let of = |projects: &[RepoPath]| {
        let facts = Facts { projects, ..Facts::default() };
        classes(&edit, &GuardPolicy::default(), &facts)
    };
    assert_eq!(of(&[]), [Class::Fixture]);
    assert_eq!(of(&[path(""), path("fixtures/app")]), [Class::Source]);
}
