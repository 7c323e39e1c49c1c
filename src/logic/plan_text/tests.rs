//! Plans to text and back, texts that were edited, texts that are wrong.

mod broken;
mod complete;
mod samples;

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use samples::{edit, plan, step};

use crate::base::ids::CheckId;
use crate::logic::review::tests::laws;

/// What has to be true of any text. `Err` says what is not.
fn holds(text: &str) -> Result<Parsed, TestCaseError> {
    let parsed = parse(text);
    for mark in &parsed.marks {
        prop_assert!(text.get(mark.range.clone()).is_some(), "{mark:?}");
    }
    let is_heading = |line: &str| {
        let number = line.strip_prefix("## ").and_then(|rest| rest.split_once(". "));
        number.is_some_and(|(number, _)| {
            !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    let n_headings = text.split(['\n', '\r']).filter(|line| is_heading(line)).count();
    prop_assert!(parsed.plan.steps.len() >= n_headings, "a step is lost");
    prop_assert_eq!(parsed.steps.len(), parsed.plan.steps.len());
    prop_assert_eq!(&canonical(&parsed.plan), &parsed.plan);
    let again = parse(&print(&parsed.plan));
    prop_assert_eq!(&again.plan, &parsed.plan);
    prop_assert_eq!(&again.marks, &vec![]);
    Ok(parsed)
}

proptest! {
    #![proptest_config(laws(500))]

    #[test]
    fn a_plan_survives_its_text(plan in plan()) {
        let text = print(&plan);
        let parsed = holds(&text)?;
        prop_assert_eq!(&parsed.marks, &vec![], "{}", text);
        prop_assert_eq!(&parsed.plan, &canonical(&plan), "{}", text);
        prop_assert_eq!(&print(&parsed.plan), &text);
        let windows = parse(&format!("\u{feff}{}", text.replace('\n', "\r\n")));
        prop_assert_eq!(&windows.plan, &parsed.plan);
    }

    #[test]
    fn an_edited_text_says_what_it_says_or_is_marked(plan in plan(), edits in proptest::collection::vec(edit(), 1..4)) {
        let mut text = print(&plan);
        for edit in edits {
            edit.make(&mut text);
            holds(&text)?;
        }
    }

    #[test]
    fn no_test_is_lost_with_another_line(plan in plan(), at in any::<proptest::sample::Index>()) {
        let text = print(&plan);
        let mut lines: Vec<&str> = text.lines().collect();
        let gone = lines.remove(at.index(lines.len()));
        let parsed = holds(&lines.join("\n"))?;
        let names = |plan: &Plan| -> BTreeSet<String> {
            plan.steps.iter().flat_map(|step| &step.tests).map(|test| test.name.clone()).collect()
        };
        let kept = names(&parsed.plan);
        for name in names(&plan) {
            let is_gone = gone == format!("  - {}", values::quoted(&name));
            prop_assert!(kept.contains(&name) || is_gone || !parsed.marks.is_empty(), "{name:?} without {gone:?}\n{text}");
        }
    }

    #[test]
    fn any_text_is_read(text in "[#0-9.`~:, \\-a\\\\\n\r\té\"]{0,80}") {
        holds(&text)?;
    }
}

#[test]
fn a_plan_is_pleasant_to_read() {
    let mut first = step(1, "Division by zero in `mean`");
    first.tests = samples::tests(
        "unittest",
        &["tests.test_stats.MeanTest.test_empty", "a `b` | c", "`", " x\n"],
    );
    first.tests.extend(samples::tests("clippy", &["src/lib.rs: unused (finding)"]));
    first.scope = vec!["src/stats/**".into(), "src/{a,b}.py".into()];
    first.intent = "It divides by `len`.\n\n## Not a step\n- worker: none\n\n```sh\n# 1. not one either\n## nor this\n```".into();
    let mut second = step(3, "The rest");
    (second.worker, second.skip) = (Some("my agent".into()), true);
    (second.after, second.checks) = (vec![first.id], vec![CheckId::new("cargo test")]);
    let mut third = step(7, "Note");
    third.intent = "- note: begins like a field\n- note: does not".into();
    let plan = Plan {
        title: "Take 3 tests to green".into(),
        intro: "Two causes.".into(),
        steps: vec![first, second, third],
    };
    insta::assert_snapshot!(print(&plan), @r#"
        # Take 3 tests to green

        Two causes.

        ## 1. Division by zero in `mean`

        - tests of `unittest`:
          - `tests.test_stats.MeanTest.test_empty`
          - ``a `b` | c``
          - `` ` ``
          - " x\n"
        - tests of `clippy`:
          - `src/lib.rs: unused (finding)`
        - scope: `src/stats/**`, `src/{a,b}.py`

        It divides by `len`.

        \## Not a step
        \- worker: none

        ```sh
        # 1. not one either
        ## nor this
        ```

        ## 3. The rest

        - worker: `my agent`
        - checks: `cargo test`
        - after: 1
        - skip: yes

        ## 7. Note

        \- note: begins like a field
        - note: does not
        "#);
    assert_eq!(parse(&print(&plan)).plan, plan);
}

#[test]
fn what_people_write_is_understood() {
    let text = "\n#Title\n## 2) First\n* Tests of unittest:backend: a.b, `c,d`\n\t* e f\n+ SCOPE:\n   - a/{b,c}\n\n   - \"d\"\nwhy\n- after: #4,`5`\n\nmore\n  ##4. Second\n- skip: No\n- worker: repair\n## 5.\n";
    let parsed = parse(text);
    assert_eq!(parsed.marks, []);
    insta::assert_snapshot!(print(&parsed.plan), @r#"
    # Title

    ## 2. First

    - tests of `unittest:backend`:
      - `a.b`
      - `c,d`
      - `e f`
    - scope: `a/{b,c}`, `d`
    - after: 4, 5

    why

    more

    ## 4. Second

    - worker: `repair`

    ## 5.
    "#);
}

#[test]
fn everything_has_its_place() {
    let text = "# Title\n\n## 1. One\n- tests of `a`:\n  - `x`\n- tests of `b`: `y`, z\n- skip: yes\n\nWhy.\n## 2. Two\n";
    let parsed = parse(text);
    let at = |step, field, item| &text[parsed.place(&Spot { step, field, item })];
    assert_eq!(at(None, Field::Title, None), "# Title");
    assert_eq!(at(Some(0), Field::Title, None), "## 1. One");
    assert_eq!(at(Some(0), Field::Tests, Some(0)), "`x`");
    assert_eq!(at(Some(0), Field::Tests, Some(2)), "z");
    assert_eq!(at(Some(0), Field::Tests, None), "- tests of `a`:\n  - `x`");
    assert_eq!(at(Some(0), Field::Worker, None), "## 1. One");
    assert_eq!(&text[parsed.steps[0].whole.clone()].lines().last(), &Some("Why."));
    assert_eq!(&text[parsed.steps[1].whole.clone()], "## 2. Two\n");
}

#[test]
fn a_text_that_is_too_long_is_not_read() {
    let fits = "#".repeat(crate::base::limits::PLAN_BYTES_MAX);
    assert_eq!(parse(&fits).marks, []);
    let marks = parse(&format!("{fits}#")).marks;
    assert_eq!(marks[0].message, "the plan is longer than 4194304 bytes");
}
