//! Rust tests that print what looks like results.

use crate::checks::{place, run_one, told};

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
