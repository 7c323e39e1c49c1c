//! Tests of reading `cargo test`. The texts were printed by cargo 1.95 and shortened.

use proptest::prelude::*;

use super::*;
use crate::base::path::RepoPath;

/// The artifacts of a package with a library, an integration test and a test without libtest.
const ARTIFACTS: &str = r#"   Compiling demo v0.1.0 (/p)
{"reason":"compiler-artifact","package_id":"path+file:///p#demo@0.1.0","target":{"kind":["lib"],"name":"demo_lib"},"executable":null,"fresh":false}
{"reason":"compiler-artifact","package_id":"path+file:///p#demo@0.1.0","target":{"kind":["lib"],"name":"demo_lib"},"executable":"/p/target/debug/deps/demo_lib-2f5c","fresh":false}
{"reason":"compiler-artifact","package_id":"path+file:///p#demo@0.1.0","target":{"kind":["test"],"name":"it"},"executable":"/p/target/debug/deps/it-6ee1","fresh":true}
{"reason":"compiler-artifact","package_id":"path+file:///p#demo@0.1.0","target":{"kind":["test"],"name":"plain"},"executable":"/p/target/debug/deps/plain-82e7","fresh":true}
{"reason":"build-finished","success":true}
    Finished `test` profile [unoptimized + debuginfo] target(s) in 0.51s
"#;

fn read(text: &str) -> Reported {
    let mut reader = Reader::new(&CheckId::new("cargo test"));
    let find = |path: &str| RepoPath::new(path.strip_prefix("/p/").unwrap_or(path));
    text.lines().for_each(|line| reader.line(line.as_bytes(), &find, &mut |_| {}));
    reader.finish(&find, &mut |_| {})
}

fn check_report(text: &str) -> String {
    let read = read(text);
    let at = |at: &crate::model::report::Place| format!(" at {}:{}", at.path, at.line);
    let cases = read.report.cases.iter().map(|case| {
        let place = case.at.as_ref().map(at).unwrap_or_default();
        format!(
            "{:?} {}{place} {:?} +{}\n",
            case.outcome,
            case.id.name,
            case.message,
            case.frames.len()
        )
    });
    let problems = read.problems.iter().map(|problem| {
        format!(
            "problem{} {:?}\n",
            problem.at.as_ref().map(at).unwrap_or_default(),
            problem.message
        )
    });
    let lines: String = cases.chain(problems).collect();
    format!(
        "{lines}complete: {}, built: {:?}, crash: {:?}, says_failed: {}",
        read.report.complete,
        read.built,
        read.crashes.first().map(|crash| &crash.detail),
        read.says_failed
    )
}

#[test]
fn every_kind_of_test_and_result() {
    let text = format!(
        "{ARTIFACTS}{}",
        r#"     Running unittests src/lib.rs (target/debug/deps/demo_lib-2f5c)

running 8 tests
test tests::bad ... FAILED
test tests::ig ... ignored, slow ... one
test tests::err ... FAILED
test tests::msg ... FAILED
test tests::ok ... ok
test tests::sp - should panic ... FAILED
test tests::spok - should panic ... ok
test tests::unw ... FAILED

failures:

---- tests::bad stdout ----
hello
failures:
    not the end

thread 'tests::bad' (16491) panicked at src/lib.rs:17:43:
assertion `left == right` failed
  left: 4
 right: 5
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace

---- tests::err stdout ----
Error: "boom"

---- tests::msg stdout ----

thread '<unnamed>' (9) panicked at src/pool.rs:3:1:
worker died

thread 'tests::msg' (16493) panicked at src/lib.rs:18:24:
custom 1

---- tests::sp stdout ----
note: test did not panic as expected at src/lib.rs:20:32
---- tests::unw stdout ----

thread 'tests::unw' panicked at 'called `Option::unwrap()` on a `None` value', src/lib.rs:23:35


failures:
    tests::bad
    tests::err
    tests::msg
    tests::sp
    tests::unw

test result: FAILED. 2 passed; 5 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

error: test failed, to rerun pass `--lib`
     Running tests/it.rs (target/debug/deps/it-6ee1)

running 2 tests
test b ... some words
ok
printed test a ... ok

test result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

     Running tests/plain.rs (target/debug/deps/plain-82e7)
hi
error: test failed, to rerun pass `--test plain`

Caused by:
  process didn't exit successfully: `/p/target/debug/deps/plain-82e7` (exit status: 3)
   Doc-tests demo_lib

running 3 tests
test src/lib.rs - (line 2) ... ok
test src/lib.rs - add (line 12) ... FAILED
test src/lib.rs - add (line 9) ... ok

failures:

---- src/lib.rs - add (line 12) stdout ----
Test executable failed (exit status: 101).

stderr:

thread 'main' (16747) panicked at /tmp/rustdoctestjLQtt5/doctest_bundle_2024.rs:14:1:
assertion `left == right` failed
  left: 3
 right: 4


failures:
    src/lib.rs - add (line 12)

test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

error: doctest failed, to rerun pass `--doc`
error: 3 targets failed:
    `--lib`
    `--test plain`
    `--doc`
"#
    );
    insta::assert_snapshot!(check_report(&text), @r#"
    Skipped demo tests::ig "slow ... one" +0
    Passed demo tests::ok "" +0
    Passed demo tests::spok "" +0
    Failed demo tests::bad at src/lib.rs:17 "assertion `left == right` failed\n  left: 4\n right: 5" +1
    Errored demo tests::err "Error: \"boom\"" +0
    Failed demo tests::msg at src/lib.rs:18 "custom 1" +2
    Failed demo tests::sp at src/lib.rs:20 "note: test did not panic as expected at src/lib.rs:20:32" +0
    Errored demo tests::unw at src/lib.rs:23 "called `Option::unwrap()` on a `None` value" +1
    Passed demo::it b "" +0
    Passed demo::it a "" +0
    Failed demo::plain (harness) "hi\n\nCaused by:\nexit status: 3" +0
    Passed demo::doc src/lib.rs "" +0
    Passed demo::doc src/lib.rs - add "" +0
    Failed demo::doc src/lib.rs - add #2 at src/lib.rs:12 "assertion `left == right` failed\n  left: 3\n right: 4" +0
    complete: true, built: Some(true), crash: None, says_failed: true
    "#);
}

#[test]
fn a_program_that_dies_makes_the_report_incomplete() {
    let text = format!("{ARTIFACTS}{}", "     Running tests/it.rs (target/debug/deps/it-6ee1)

running 2 tests
test z ... ok

thread 'ab' (1) has overflowed its stack
fatal runtime error: stack overflow, aborting
error: test failed, to rerun pass `--test it`

Caused by:
  process didn't exit successfully: `/p/target/debug/deps/it-6ee1` (signal: 6, SIGABRT: process abort signal)
");
    insta::assert_snapshot!(check_report(&text), @r#"
    Passed demo::it z "" +0
    complete: false, built: Some(true), crash: Some("`demo::it` ended early: signal: 6, SIGABRT: process abort signal; thread 'ab' has overflowed its stack"), says_failed: true
    "#);
}

#[test]
fn figures_that_do_not_add_up_make_the_report_incomplete() {
    let complete = |body: &str| {
        let text =
            format!("{ARTIFACTS}     Running tests/it.rs (target/debug/deps/it-6ee1)\n{body}");
        read(&text).report.complete
    };
    let ok = "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out";
    assert!(complete(&format!("running 1 test\ntest a ... ok\n{ok}")));
    assert!(!complete(&format!("running 2 tests\ntest a ... ok\n{ok}")));
    assert!(!complete(&format!("running 1 test\ntest a ... FAILED\n{ok}")));
    assert!(!complete(&format!("running 1 test\n{ok}")));
    assert!(!complete("running 1 test\ntest a ... ok"));
    // A test that runs programs and tells them in the same words.
    let inner = "test tests/ui/a.rs ... ok\ntest tests/ui/b.rs ... ok\n";
    assert!(complete(&format!("running 1 test\n{inner}test ui ... ok\n{ok}")));
    assert!(!complete(&format!("running 1 test\n{inner}{ok}")));
    // A harness that calls its tests by files.
    assert!(complete(&format!("running 1 test\ntest cases/a.txt ... ok\n{ok}")));
    let one_of_each = "test result: FAILED. 1 passed; 1 failed; 0 ignored; 0 measured";
    let body = |line: &str| {
        format!("running 2 tests\ntest a ... ok\n{line}{one_of_each}\nerror: test failed, to rerun")
    };
    assert!(complete(&body("test b ... FAILED\n")));
    assert!(!complete(&body("")));
    assert!(!complete(&format!(
        "running 1 test\ntest a ... ok\n{ok}\nerror: test failed, to rerun"
    )));
}

#[test]
fn what_does_not_build_is_told_with_its_place() {
    let error = r#"{"reason":"compiler-message","message":{"message":"mismatched types","level":"error","code":{"code":"E0308"},"spans":[{"file_name":"src/a.rs","line_start":7,"is_primary":true,"label":"expected `u8`, found `&str`"}]}}"#;
    let warning = r#"{"reason":"compiler-message","message":{"message":"unused","level":"warning","code":null,"spans":[]}}"#;
    let count = r#"{"reason":"compiler-message","message":{"message":"aborting due to 1 previous error","level":"error","code":null,"spans":[]}}"#;
    let text = format!(
        "{warning}\n{error}\n{error}\n{count}\n{}\nerror: could not compile `demo` (lib) due to 1 previous error\n",
        r#"{"reason":"build-finished","success":false}"#
    );
    insta::assert_snapshot!(check_report(&text), @r#"
    problem at src/a.rs:7 "E0308: mismatched types; expected `u8`, found `&str`"
    complete: false, built: Some(false), crash: None, says_failed: false
    "#);
    insta::assert_snapshot!(check_report("error: expected `.`, `=`\n --> Cargo.toml:9:5\n  |\n9 | junk\n"), @r#"
    problem at Cargo.toml:9 "error: expected `.`, `=`\n --> Cargo.toml:9:5\n  |\n9 | junk"
    complete: false, built: None, crash: None, says_failed: false
    "#);
    insta::assert_snapshot!(check_report("error: failed to parse manifest at `/p/Cargo.toml`\n\nCaused by:\n  no targets\n"), @r#"
    problem at Cargo.toml:1 "error: failed to parse manifest at `/p/Cargo.toml`\n\nCaused by:\n  no targets"
    complete: false, built: None, crash: None, says_failed: false
    "#);
}

proptest! {
    #[test]
    fn any_bytes_are_read(lines in proptest::collection::vec("(test |---- |running |failures:|thread '|panicked at |test result: ok. |\\{\"reason\":|[a-z :;.`'(){}1-9]){0,6}", 0..30)) {
        read(&format!("{ARTIFACTS}     Running x (target/debug/deps/it-6ee1)\n{}", lines.join("\n")));
        read(&lines.join("\n"));
    }

    #[test]
    fn any_rubbish_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let mut reader = Reader::new(&CheckId::new("c"));
        bytes.split(|byte| *byte == b'\n').for_each(|line| reader.line(line, &|_| None, &mut |_| {}));
        let read = reader.finish(&|_| None, &mut |_| {});
        prop_assert!(!read.report.complete);
    }
}
