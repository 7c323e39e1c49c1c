//! Plans that people got wrong, and what they are told.

use crate::base::ids::CheckId;
use crate::base::text::{Encoding, LineIndex};
use crate::logic::plan_check::{Known, flaws};
use crate::logic::plan_text::tests::samples::tests;
use crate::logic::plan_text::{Mark, parse};

/// What is told of a plan of a project with the red tests `a.one`, `a.two` of `unittest` and `b` of `cargo test`.
fn told(text: &str) -> String {
    let mut targets = tests("unittest", &["a.one", "a.two"]);
    targets.extend(tests("cargo test", &["b"]));
    let checks = ["unittest", "cargo test", "clippy"].map(CheckId::new);
    let workers = ["repair", "agent"].map(str::to_owned);
    let known = Known { targets: &targets, checks: &checks, workers: &workers };
    let parsed = parse(text);
    let index = LineIndex::new(text);
    let line = |Mark { range, is_error, message, hint }: &Mark| {
        let place = |offset| {
            let at = index.position(text, offset, Encoding::Utf8);
            format!("{}:{}", at.line, at.column)
        };
        let kind = if *is_error { "error" } else { "warning" };
        format!("{}-{} {kind}: {message}. {hint}\n", place(range.start), place(range.end))
    };
    parsed.marks_with(&flaws(&parsed.plan, &known)).iter().map(line).collect()
}

/// Two steps, before and after which things can be put, with all red tests.
const GOOD: &str = "# Fix all\n\n## 1. One\n- tests of `unittest`:\n  - `a.one`\n  - `a.two`\n\n## 2. Two\n- tests of `cargo test`: `b`\n";

#[test]
fn a_good_plan_is_told_nothing() {
    insta::assert_snapshot!(told(GOOD), @"");
}

#[test]
fn headings() {
    insta::assert_snapshot!(told(""), @r#"
    0:0-0:0 error: the plan has no title. Begin it with `# ` and what it is for.
    0:0-0:0 error: the plan has no steps. Add one: `## 1. ` and what is done.
    "#);
    insta::assert_snapshot!(told("Fix all\n\nPlease.\n"), @r#"
    0:0-0:7 error: the plan has no title. Begin it with `# ` and what it is for.
    0:0-0:7 error: the plan has no steps. Add one: `## 1. ` and what is done.
    "#);
    insta::assert_snapshot!(told(&GOOD.replace("## 2. Two", "## Two")), @r#"7:0-7:6 error: the step has no number. Write `## 2. Two`. If it is text, put a `\` before it."#);
    insta::assert_snapshot!(told(&GOOD.replace("## 2. Two", "### 2. Two")), @r#"7:0-7:10 error: the heading of a step begins with two `#`. Write `## 2. Two`. If it is text, put a `\` before it."#);
    insta::assert_snapshot!(told(&GOOD.replace("## 2. Two", "## 1.")), @r#"
    7:0-7:5 error: the step has no title. Say after its number what is done.
    7:0-7:5 error: the number 1 is taken already. Give the step a number of its own, for example 2.
    "#);
    insta::assert_snapshot!(told(&GOOD.replace("## 2. Two", "## 0. Two\n\n## 99999999999. Too many")), @r#"
    7:0-7:9 error: the number 0 is none: they are counted from 1. Give the step a number of its own, for example 3.
    9:0-9:24 error: the step's number is too large. Write `## 2. Too many`. If it is text, put a `\` before it.
    "#);
    insta::assert_snapshot!(told(&GOOD.replace("## 1. One\n", "")), @r#"
    0:0-0:9 warning: no step turns `a.one`, `a.two` green. Add what is left to the tests of a step.
    2:0-2:22 error: `tests` stands in no step. Put it below the heading of a step. If it is text, put a `\` before it.
    "#);
    insta::assert_snapshot!(told(&GOOD.replace("## 2. Two\n", "")), @"");
}

#[test]
fn fields() {
    let with = |field: &str| told(&GOOD.replace("## 2. Two\n", &format!("## 2. Two\n{field}\n")));
    insta::assert_snapshot!(with("- wroker: repair"), @r#"8:0-8:16 error: `wroker` is not a field of a step. There are tests, scope, worker, checks, after, skip. If it is text, put a `\` before it."#);
    insta::assert_snapshot!(with("- priority: high"), @r#"8:0-8:16 error: `priority` is not a field of a step. There are tests, scope, worker, checks, after, skip. If it is text, put a `\` before it."#);
    insta::assert_snapshot!(with("- worker repair"), @r#"8:0-8:15 error: a colon is missing after `worker`. For example: - worker: `repair`. If it is text, put a `\` before it."#);
    insta::assert_snapshot!(with("- worker: repair, agent\n- worker: agent\n- skip:"), @r#"
    8:18-8:23 error: `worker` takes one value. Leave the one that counts.
    9:0-9:15 error: `worker` is said twice in this step. Leave one of them, or begin a new step before it.
    10:0-10:7 error: `skip` says nothing. For example: - skip: yes. Leave it out when there is nothing to say.
    "#);
    insta::assert_snapshot!(with("- scope: `a`\n  and b"), @r#"9:2-9:7 error: this line belongs to nothing in `scope`. Put `-` before what is one of the list. If it is text, put a `\` before it."#);
    insta::assert_snapshot!(with("  - `a.one`"), @"8:2-8:11 error: this item belongs to no field. Put the field above it that it belongs to, for example - tests of `cargo test`:.");
    insta::assert_snapshot!(with("- skip: perhaps\n- after: one, 2.5"), @r#"
    8:8-8:15 error: `perhaps` is neither `yes` nor `no`. For example: - skip: yes.
    9:9-9:12 error: `one` is not the number of a step. For example: - after: 1, 3.
    9:14-9:17 error: `2.5` is not the number of a step. For example: - after: 1, 3.
    "#);
    insta::assert_snapshot!(with("- tests: `b`"), @r#"
    8:0-8:12 error: it is not said of which check the tests are. For example: - tests of `cargo test`: and each test on a line below, as - `name`.
    8:9-8:12 error: `b` is not one of the red tests of ``. It is one of the check `cargo test`.
    "#);
    insta::assert_snapshot!(with("- scope: `src/a.py, b\n- checks: `clippy` `unittest`\n- after: 1,"), @r#"
    8:9-8:21 error: the backticks are not closed. For example: - scope: `src/**/*.py`, `setup.py`.
    9:10-9:29 error: a comma is missing between two values. For example: - checks: `cargo test`.
    10:10-10:11 error: a value is missing after the comma. For example: - after: 1, 3.
    "#);
    insta::assert_snapshot!(with("- checks:\n  - \"cargo test\n  - `clippy` and more"), @r#"
    9:4-9:15 error: the quotes are not closed. For example: - checks: `cargo test`.
    10:4-10:21 error: something follows the value. For example: - checks: `cargo test`.
    "#);
}

#[test]
fn what_is_named_must_be_there() {
    let with = |field: &str| told(&GOOD.replace("## 2. Two\n", &format!("## 2. Two\n{field}\n")));
    insta::assert_snapshot!(with("- worker: `repiar`\n- checks: cargo tset"), @r#"
    8:0-8:18 error: there is no worker `repiar`. There are `repair`, `agent`.
    9:0-9:20 error: the step has tests of `cargo test`, which it does not run. Add `cargo test`, or leave `checks` out to run all.
    9:10-9:20 error: there is no check `cargo tset`. Did you mean `cargo test`?
    "#);
    insta::assert_snapshot!(with("- worker: x\n- checks: `clippy`"), @r#"
    8:0-8:11 error: there is no worker `x`. There are `repair`, `agent`.
    9:0-9:18 error: the step has tests of `cargo test`, which it does not run. Add `cargo test`, or leave `checks` out to run all.
    "#);
    insta::assert_snapshot!(with("- tests of unittest: a.one, b, a.twoo, zzz"), @r#"
    8:21-8:26 error: `a.one` is a test of step 1 already. Leave it in the step that turns it green.
    8:28-8:29 error: `b` is not one of the red tests of `unittest`. It is one of the check `cargo test`.
    8:31-8:37 error: `a.twoo` is not one of the red tests of `unittest`. Did you mean `a.two`?
    8:39-8:42 error: `zzz` is not one of the red tests of `unittest`. Take it out; what is green already stays so anyway.
    "#);
    insta::assert_snapshot!(with("- scope: /etc/**, ../x, src/[a, ` `, \"\", src/**"), @r#"
    8:9-8:16 error: `/etc/**` is no pattern for files of the project. Write it from the project's folder, for example `src/**/*.py`, between backticks.
    8:18-8:22 error: `../x` is no pattern for files of the project. Write it from the project's folder, for example `src/**/*.py`, between backticks.
    8:24-8:30 error: `src/[a` is no pattern for files of the project. Write it from the project's folder, for example `src/**/*.py`, between backticks.
    8:32-8:35 error: ` ` is no pattern for files of the project. Write it from the project's folder, for example `src/**/*.py`, between backticks.
    8:37-8:39 error: `` is no pattern for files of the project. Write it from the project's folder, for example `src/**/*.py`, between backticks.
    "#);
    insta::assert_snapshot!(with("- after: 1, 7, 1"), @r#"
    8:12-8:13 error: there is no step 7. The other steps are 1.
    8:15-8:16 warning: step 1 is named twice. Once is enough.
    "#);
    insta::assert_snapshot!(told(&GOOD.replace("  - `a.one`\n", "").replace(": `b`", ":")), @r#"
    0:0-0:9 warning: no step turns `a.one`, `b` green. Add what is left to the tests of a step.
    7:0-7:24 error: `tests` says nothing. For example: - tests of `cargo test`: and each test on a line below, as - `name`. Leave it out when there is nothing to say.
    "#);
}

#[test]
fn circles() {
    let steps = |after: &[&str]| {
        let step = |(at, after): (usize, &&str)| format!("\n## {}. S\n- after: {after}\n", at + 1);
        let steps: String = after.iter().enumerate().map(step).collect();
        let marks = told(&format!("# T\n{steps}"));
        marks
            .lines()
            .filter(|line| line.contains("waits"))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    insta::assert_snapshot!(steps(&["1"]), @"3:9-3:10 error: the step waits for itself: 1 after 1. Take one of these numbers out of `after`.");
    insta::assert_snapshot!(steps(&["3", "1", "4, 2", "5", "4"]), @r#"
    3:9-3:10 error: the step waits for itself: 1 after 3 after 2 after 1. Take one of these numbers out of `after`.
    12:9-12:10 error: the step waits for itself: 4 after 5 after 4. Take one of these numbers out of `after`.
    "#);
    insta::assert_snapshot!(told("# T\n## 1. S\n- skip: yes\n- after: 2\n"), @r#"
    0:0-0:3 warning: every step is skipped. Take `skip` out of what is to be done.
    0:0-0:3 warning: no step turns `a.one`, `a.two`, `b` green. Add what is left to the tests of a step.
    3:9-3:10 error: there is no step 2. Leave `after` out: it is the only step.
    "#);
}

#[test]
fn too_many_steps() {
    let plan = |n: usize| {
        let steps: String = (1..=n).map(|number| format!("## {number}. S\n")).collect();
        told(&format!("# T\n{steps}"))
    };
    let max = crate::base::limits::PLAN_STEPS_MAX;
    assert_eq!(plan(max).matches("steps").count(), 0);
    assert!(plan(max + 1).contains("error: the plan has 51 steps, 50 at most"));
}
