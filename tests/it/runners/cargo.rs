//! Rust tests that print what looks like results.

use greenloop::io::checks::Select;

use crate::checks::{place, run_all, run_one, told};

const MANIFEST: (&str, &str) =
    ("Cargo.toml", "[package]\nname = \"m\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");

#[test]
fn results_that_a_test_prints_are_never_part_of_a_whole_report() {
    let check = |body: &str, says: &str| {
        let tests = format!(
            "use std::io::Write;\n\n#[test]\nfn a() {{\n    let mut out = std::io::stdout();\n    {body}\n    out.flush().unwrap();\n}}\n\n#[test]\nfn b() {{\n    panic!(\"no\");\n}}\n"
        );
        let told = told(&run_one(&place(&[MANIFEST, ("tests/it.rs", &tests)])));
        assert!(told.contains("not complete") && told.contains(says), "{body}\n{told}");
    };
    check("out.write_all(b\"\\ntest b ... ok\\n\").unwrap();", "Failed m::it b");
    check("out.write_all(b\"\\ntest c ... ok\\n\").unwrap();", "Failed m::it b");
    check("out.flush().unwrap(); std::process::exit(0);", "stopped before its summary");
}

#[test]
fn a_test_that_ends_its_program_is_red_and_the_others_are_told() {
    let code = "pub fn sum(to: u64) -> u64 {\n    if to == 0 { 0 } else { to + sum(to) }\n}\n";
    let tests = "#[test]\nfn adds() {\n    assert_eq!(m::sum(3), 6);\n}\n\n#[test]\nfn ends() {\n    std::process::abort();\n}\n\n\
        #[test]\nfn fails() {\n    assert_eq!(m::sum(0), 1);\n}\n\n#[test]\nfn of_nothing() {\n    assert_eq!(m::sum(0), 0);\n}\n";
    let place = place(&[MANIFEST, ("src/lib.rs", code), ("tests/it.rs", tests)]);
    insta::assert_snapshot!(told(&run_one(&place)), @"
    Completed, complete
    Crashed m::it adds the test program ended early: signal: 6, SIGABRT: process abort signal; thread 'adds' has overflowed its stack
    Crashed m::it ends the test program ended early: signal: 6, SIGABRT: process abort signal
    Failed m::it fails tests/it.rs:13 <tests/it.rs:13> assertion `left == right` failed
    Passed m::it of_nothing
    ");
    let names = ["m::it adds".to_owned(), "m::it of_nothing".to_owned()];
    insta::assert_snapshot!(told(&run_all(&place, Select::Only(&names))[0]), @"
    Completed, complete
    Crashed m::it adds the test program ended early: signal: 6, SIGABRT: process abort signal; thread 'adds' has overflowed its stack
    Passed m::it of_nothing
    ");
}

#[test]
fn programs_of_a_workspace_that_end_alike_are_told_apart() {
    let manifest = |name: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2021\"\n")
    };
    let code = "#[cfg(test)]\nmod tests {\n    #[test]\n    fn ends() {\n        std::process::abort();\n    }\n\n    \
        #[test]\n    fn stays() {}\n}\n";
    let place = place(&[
        ("Cargo.toml", "[workspace]\nresolver = \"2\"\nmembers = [\"api\", \"longer\"]\n"),
        ("api/Cargo.toml", &manifest("api")),
        ("api/src/lib.rs", code),
        ("longer/Cargo.toml", &manifest("longer")),
        ("longer/src/lib.rs", code),
    ]);
    insta::assert_snapshot!(told(&run_one(&place)), @"
    Completed, complete
    Crashed api tests::ends the test program ended early: signal: 6, SIGABRT: process abort signal
    Crashed longer tests::ends the test program ended early: signal: 6, SIGABRT: process abort signal
    Passed api tests::stays
    Passed longer tests::stays
    ");
}
