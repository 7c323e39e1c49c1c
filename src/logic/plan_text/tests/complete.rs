//! What is offered while a plan is typed.

use proptest::prelude::*;

use super::samples::{plan, tests};
use crate::base::ids::CheckId;
use crate::logic::plan_check::Known;
use crate::logic::plan_text::{completions, print};
use crate::logic::review::tests::laws;

/// What is offered at `^` in a step between two others, as `what it replaces -> what it writes`.
fn offered(typed: &str) -> String {
    let text = format!(
        "# T\n\n## 1. One\n- tests of `u`: `a`\n- after: 2\n\n## 2. Two\n{typed}\n\n## 7. Three\n"
    );
    let offset = text.find('^').unwrap();
    let text = text.replacen('^', "", 1);
    let mut targets = tests("u", &["a", "b", "c"]);
    targets.extend(tests("cargo test", &["d"]));
    let checks = ["u", "cargo test"].map(CheckId::new);
    let workers = ["repair", "my agent"].map(str::to_owned);
    let known = Known { targets: &targets, checks: &checks, workers: &workers };
    let line = |found: &super::Completion| {
        let detail =
            if found.detail.is_empty() { String::new() } else { format!(" ({})", found.detail) };
        format!("{:?} -> {:?}{detail}\n", &text[found.range.clone()], found.text)
    };
    completions(&text, offset, &known).iter().map(line).collect()
}

#[test]
fn fields() {
    insta::assert_snapshot!(offered("^"), @r#"
    "" -> "- tests of `u`:" (The red tests that the step has to turn green.)
    "" -> "- tests of `cargo test`:" (The red tests that the step has to turn green.)
    "" -> "- scope: " (Patterns of the files that may change; left out for any.)
    "" -> "- worker: " (Who begins; left out for the first on the ladder.)
    "" -> "- checks: " (The checks that are run while it is worked on; left out for all.)
    "" -> "- after: " (The steps whose changes it starts from.)
    "" -> "- skip: " (With `yes` neither it nor what comes after it is carried out.)
    "#);
    insta::assert_snapshot!(offered("- worker: x\n- tests of u: b, c\n- s^"), @r#"
    "- s" -> "- tests of `cargo test`:" (The red tests that the step has to turn green.)
    "- s" -> "- scope: " (Patterns of the files that may change; left out for any.)
    "- s" -> "- checks: " (The checks that are run while it is worked on; left out for all.)
    "- s" -> "- after: " (The steps whose changes it starts from.)
    "- s" -> "- skip: " (With `yes` neither it nor what comes after it is carried out.)
    "#);
    insta::assert_snapshot!(offered("Some ^text."), @"");
}

#[test]
fn values() {
    insta::assert_snapshot!(offered("- worker: ^"), @r#"
    "" -> "`repair`"
    "" -> "`my agent`"
    "#);
    insta::assert_snapshot!(offered("- checks: `u`, ca^rgo, x"), @r#""cargo" -> "`cargo test`""#);
    insta::assert_snapshot!(offered("- tests of ^"), @r#"
    "" -> "`u`:"
    "" -> "`cargo test`:"
    "#);
    insta::assert_snapshot!(offered("- tests of `^`: b"), @r#"
    "``" -> "`u`"
    "``" -> "`cargo test`"
    "#);
    insta::assert_snapshot!(offered("- tests of `u`:\n  - `b`\n  - ^"), @r#""" -> "`c`""#);
    insta::assert_snapshot!(offered("- tests of cargo test: ^"), @r#""" -> "`d`""#);
    insta::assert_snapshot!(offered("- after: ^"), @r#""" -> "7" (Three)"#);
    insta::assert_snapshot!(offered("- skip: ^"), @r#"
    "" -> "yes"
    "" -> "no"
    "#);
    insta::assert_snapshot!(offered("- scope: ^"), @"");
    insta::assert_snapshot!(offered("  - ^"), @"");
}

#[test]
fn headings() {
    insta::assert_snapshot!(offered("#^"), @r###""#" -> "## 8. " (A new step.)"###);
    insta::assert_snapshot!(offered("## Title^"), @"");
}

proptest! {
    #![proptest_config(laws(300))]

    #[test]
    fn anything_is_offered_anywhere(plan in plan(), at in any::<proptest::sample::Index>()) {
        let text = print(&plan);
        let (targets, checks) = (tests("a", &["x", "y`"]), [CheckId::new("a")]);
        let known = Known { targets: &targets, checks: &checks, workers: &[] };
        for found in completions(&text, at.index(text.len() + 1), &known) {
            let old = text.get(found.range.clone());
            prop_assert!(old.is_some_and(|old| !old.contains('\n')), "{found:?}");
        }
    }
}
