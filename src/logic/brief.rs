//! What is known of a task, in words for a language model: short, the surest first, nothing twice.

use std::collections::BTreeSet;

use crate::base::text::clipped;
use crate::logic::secrets::withheld;
use crate::model::check::{CheckRun, Problem};
use crate::model::lesson::Lesson;
use crate::model::plan::Step;
use crate::model::proposal::FileChange;
use crate::model::question::{About, Answer, Asked};
use crate::model::report::{TestCase, TestId};
use crate::model::run::{Attempt, AttemptResult, Avoid, Goal};

/// What is told of one failing test, in bytes.
const CASE_BYTES_MAX: usize = 1_500;
/// What is told of all failing tests, in bytes.
const RED_BYTES_MAX: usize = 10_000;
/// Errors of compilers and linters that are told.
const PROBLEMS_TOLD_MAX: usize = 20;
/// What is told of what a model had changed before it asked, in bytes.
const MADE_BYTES_MAX: usize = 12_000;
/// What answers are.
const ANSWERED: &str = "These answers are part of the task. Keep to them.";
/// Stands for an answer that nobody gave.
const NO_ANSWER: &str = "Nobody answered in time. That is no yes: go on without it, and do nothing that would have needed one.";
/// What is told of one change that was tried, in bytes.
const CHANGE_BYTES_MAX: usize = 3_000;

/// What the step is to do.
pub fn task(goal: &Goal, step: &Step) -> String {
    let mut text = step.title.clone();
    if !step.intent.is_empty() {
        text.push_str(&format!("\n\n{}", step.intent));
    }
    if !goal.text.is_empty() && !text.contains(&goal.text) {
        text.push_str(&format!("\n\nIt is part of: {}", goal.text));
    }
    text
}

/// Where the step may change files; empty for everywhere.
pub fn scope(step: &Step) -> String {
    match step.scope.as_slice() {
        [] => String::new(),
        some => format!("Only these files may change: {}", some.join(", ")),
    }
}

/// The tests among these that are red in the runs, each with what it said, and what compilers and linters say. Tests that
/// say the same are told together.
pub fn red(tests: &[TestId], runs: &[CheckRun]) -> String {
    let tests: BTreeSet<&TestId> = tests.iter().collect();
    let red = runs.iter().flat_map(|run| run.report.red());
    let mut told: Vec<(Vec<&str>, String)> = Vec::new();
    for case in red.filter(|case| tests.contains(&case.id)) {
        let said = case_said(case);
        match told.iter_mut().find(|(_, known)| *known == said) {
            Some((names, _)) => names.push(&case.id.name),
            None => told.push((vec![&case.id.name], said)),
        }
    }
    let (mut failures, mut n_bytes) = (Vec::new(), 0);
    for (names, said) in &told {
        if n_bytes > RED_BYTES_MAX {
            failures.push(format!("… and {} failures more", told.len() - failures.len()));
            break;
        }
        let failure = format!("### {}\n{said}", names.join("\n### "));
        n_bytes += failure.len();
        failures.push(failure);
    }
    let failures = section("Tests that have to pass", &failures.join("\n\n"));
    format!("{failures}\n\n{}", problems(runs)).trim().to_owned()
}

/// What is red with a change: the targets, what was not red before, and what cannot be built.
pub fn red_now(targets: &[TestId], before: &[CheckRun], now: &[CheckRun]) -> String {
    let red = |runs: &[CheckRun]| -> BTreeSet<TestId> {
        runs.iter().flat_map(|run| run.report.red()).map(|case| case.id.clone()).collect()
    };
    let mut ids: Vec<TestId> = red(now).difference(&red(before)).cloned().collect();
    ids.extend_from_slice(targets);
    self::red(&ids, now)
}

/// Errors of compilers and linters.
fn problems(runs: &[CheckRun]) -> String {
    let problems = runs.iter().flat_map(|run| &run.problems).take(PROBLEMS_TOLD_MAX);
    let line = |problem: &Problem| {
        let at = problem.at.as_ref().map(|at| format!("{}:{}: ", at.path, at.line));
        let said = withheld(problem.message.trim());
        format!("- {}{}", at.unwrap_or_default(), clipped(&said, CASE_BYTES_MAX))
    };
    let lines: Vec<String> = problems.map(line).collect();
    section("Errors of compilers and linters", &lines.join("\n"))
}

/// A text under its heading; nothing without a text.
fn section(title: &str, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("## {title}\n\n{text}") }
}

fn case_said(case: &TestCase) -> String {
    let mut lines = Vec::new();
    if let Some(at) = &case.at {
        lines.push(format!("at {}:{}", at.path, at.line));
    }
    lines.push(fenced("", &clipped(&withheld(case.message.trim()), CASE_BYTES_MAX)));
    if case.frames.len() > 1 {
        let frames = case.frames.iter().map(|frame| format!("{}:{}", frame.path, frame.line));
        lines.push(format!("by way of {}", frames.collect::<Vec<_>>().join(", ")));
    }
    lines.join("\n")
}

/// A block that its content cannot end.
pub fn fenced(language: &str, text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    format!("{fence}{language}\n{}\n{fence}", text.trim_end_matches('\n'))
}

/// What people said of changes that they do not want.
pub fn said(avoid: &[Avoid]) -> String {
    let rejected = avoid.iter().map(|avoid| {
        let why = if avoid.note.is_empty() { String::new() } else { format!(": {}", avoid.note) };
        let lines = diff_lines(&avoid.removed, &avoid.inserted);
        format!("- This change in {} was rejected{why}\n{}", avoid.path, fenced("diff", &lines))
    });
    let all: Vec<String> = rejected.collect();
    section("What people said", &all.join("\n"))
}

/// What a model had changed before it asked something.
pub fn made(diff: &str) -> String {
    let diff = clipped(diff.trim(), MADE_BYTES_MAX);
    let block = if diff.is_empty() { diff } else { fenced("diff", &diff) };
    section("What you have changed so far", &block)
}

/// What people said to what models wanted to know. No answer is no yes.
pub fn answers(asked: &[&Asked]) -> String {
    let told = |asked: &&Asked| {
        let asked_for = match (&asked.question.inquiry, asked.question.about) {
            (Some(inquiry), _) => format!("Asked: {}", inquiry.text),
            (None, About::Plan) => {
                "Asked: whether to carry out the plan that you made before".to_owned()
            }
            (None, _) => return None,
        };
        let answer = match asked.answer.as_ref()? {
            Answer::Said { text } => fenced("", text),
            Answer::Yes | Answer::No { .. } | Answer::Late => NO_ANSWER.to_owned(),
        };
        Some(format!("{asked_for}\n{answer}"))
    };
    let told: Vec<String> = asked.iter().filter_map(told).collect();
    if told.is_empty() {
        return String::new();
    }
    section("What a person answered", &format!("{ANSWERED}\n\n{}", told.join("\n\n")))
}

fn diff_lines(removed: &[String], inserted: &[String]) -> String {
    let line = |sign: char, line: &String| format!("{sign}{}", line.trim_end_matches(['\n', '\r']));
    let removed = removed.iter().map(|text| line('-', text));
    removed.chain(inserted.iter().map(|text| line('+', text))).collect::<Vec<_>>().join("\n")
}

/// What was tried before on this step and what came of it.
pub fn tried(attempts: &[&Attempt]) -> String {
    let told: Vec<String> = attempts.iter().copied().filter_map(attempt_told).collect();
    section("What was tried before", &told.join("\n\n"))
}

fn attempt_told(attempt: &Attempt) -> Option<String> {
    let reason = match attempt.result.as_ref()? {
        AttemptResult::Green => return None,
        AttemptResult::Nothing { reason } | AttemptResult::Red { reason } => reason,
    };
    let files = attempt.verified.iter().flat_map(|verified| &verified.files);
    let changes: Vec<String> = files.map(change_told).collect();
    let text = clipped(&withheld(&changes.join("\n")), CHANGE_BYTES_MAX);
    let change =
        if text.is_empty() { String::new() } else { format!("\n{}", fenced("diff", &text)) };
    Some(format!("- by {}: {reason}{change}", attempt.worker))
}

fn change_told(file: &FileChange) -> String {
    let hunks = file.hunks.iter().map(|hunk| diff_lines(&hunk.removed, &hunk.inserted));
    format!("--- {}\n{}", file.path, hunks.collect::<Vec<_>>().join("\n"))
}

/// What mended or did not mend such failures before.
pub fn lessons(lessons: &[&Lesson]) -> String {
    let lines: Vec<String> = lessons.iter().copied().filter_map(lesson_told).collect();
    section("What mended such failures before", &lines.join("\n"))
}

/// A lesson in a line; `None` where it tells nothing that helps.
fn lesson_told(lesson: &Lesson) -> Option<String> {
    let Lesson { worker, template, hits, misses, note, .. } = lesson;
    let how = if template.is_empty() { worker } else { template };
    let (n, note) = (hits + misses, note.as_str());
    match (lesson.is_right(), note) {
        (true, "") if template.is_empty() => None,
        (true, "") => Some(format!("- {how}: accepted {hits} times of {n}")),
        (true, note) => {
            Some(format!("- {how}: accepted {hits} times of {n}; rejected once: {note}"))
        }
        (false, "") => None,
        (false, note) => Some(format!("- {how}: was rejected: {note}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{CheckId, RunId, StepId};
    use crate::base::path::RepoPath;
    use crate::logic::verdict;
    use crate::model::check::Runner;
    use crate::model::report::{Place, TestOutcome};

    fn case(name: &str, message: &str) -> TestCase {
        let at = Place { path: RepoPath::new("test_a.py").unwrap(), line: 3 };
        TestCase {
            id: TestId { check: CheckId::new("unit"), name: name.to_owned() },
            outcome: TestOutcome::Failed,
            message: message.to_owned(),
            at: Some(at.clone()),
            frames: vec![at.clone(), Place { line: 9, ..at }],
            duration_ms: 1,
        }
    }

    #[test]
    fn failures_that_say_the_same_are_told_together_and_secrets_are_not() {
        let cases = [
            case("a", "1 != 2\n```"),
            case("b", "1 != 2\n```"),
            case("c", "key AKIAIOSFODNN7EXAMPLE"),
        ];
        let tests: Vec<TestId> = cases.iter().map(|case| case.id.clone()).collect();
        let mut run = verdict::samples::run("unit:");
        run.report.cases = cases.to_vec();
        insta::assert_snapshot!(red(&tests, &[run]), @r#"
        ## Tests that have to pass

        ### a
        ### b
        at test_a.py:3
        ````
        1 != 2
        ```
        ````
        by way of test_a.py:3, test_a.py:9

        ### c
        at test_a.py:3
        ```
        key [withheld: looks like a secret]
        ```
        by way of test_a.py:3, test_a.py:9
        "#);
        assert_eq!(red(&[], &[]), "");
    }

    #[test]
    fn a_rejected_change_is_told_with_its_note() {
        let avoid = Avoid {
            path: RepoPath::new("a.py").unwrap(),
            removed: vec!["x = 1\n".to_owned()],
            inserted: vec!["x = 2\n".to_owned()],
            note: "round up instead".to_owned(),
        };
        insta::assert_snapshot!(said(&[avoid]), @r#"
        ## What people said

        - This change in a.py was rejected: round up instead
        ```diff
        -x = 1
        +x = 2
        ```
        "#);
    }

    #[test]
    fn lessons_say_what_was_accepted_and_what_was_rejected_and_why() {
        let lesson = |template: &str, hits, misses, note: &str| Lesson {
            signature: "KeyError".to_owned(),
            runner: Runner::Unittest,
            worker: "m".to_owned(),
            template: template.to_owned(),
            failed: Vec::new(),
            hits,
            misses,
            note: note.to_owned(),
            source: RunId(1),
            project: String::new(),
            at_ms: 0,
        };
        let known = [
            lesson("swap", 3, 1, "not in tests"),
            lesson("", 2, 0, ""),
            lesson("clamp", 0, 2, "hides the fault"),
            lesson("drop", 0, 1, ""),
        ];
        insta::assert_snapshot!(lessons(&known.iter().collect::<Vec<_>>()), @r#"
        ## What mended such failures before

        - swap: accepted 3 times of 4; rejected once: not in tests
        - clamp: was rejected: hides the fault
        "#);
    }

    #[test]
    fn a_step_says_what_it_is_part_of() {
        let goal = Goal { text: "pay by card".to_owned(), ..Goal::default() };
        let mut step = Step::new(StepId::first(), "add a field");
        step.intent = "For numbers.".to_owned();
        step.scope = vec!["shop/**".to_owned()];
        assert_eq!(task(&goal, &step), "add a field\n\nFor numbers.\n\nIt is part of: pay by card");
        assert_eq!(scope(&step), "Only these files may change: shop/**");
    }
}
