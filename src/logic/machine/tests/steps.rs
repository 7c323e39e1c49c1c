//! Runs whose plan has several steps.

use insta::assert_snapshot;

use super::*;
use crate::model::approval::{Approval, When};
use crate::model::lesson::Lesson;
use crate::model::question::{About, Answer, Question};

fn test(name: &str) -> TestId {
    TestId { check: CheckId::new("unit"), name: name.into() }
}

/// A plan like `1:a 2:b 3:c<1,2`, each step with its test and what it waits for.
fn plan(text: &str) -> Event {
    let steps = text.split_whitespace().map(|part| {
        let (id, rest) = part.split_once(':').unwrap();
        let (name, after) = rest.split_once('<').unwrap_or((rest, ""));
        let after: Vec<u32> = after.split(',').filter_map(|id| id.parse().ok()).collect();
        step(id.parse().unwrap(), vec![test(name)], &after)
    });
    let plan = Plan { title: "all".into(), intro: String::new(), steps: steps.collect() };
    Event::PlanMade { plan: Box::new(plan), by: Planner::BuiltIn, lessons: vec![] }
}

/// What an attempt left, merged, is checked: the tree that was made, and its tests.
fn merged(attempt: u32, tree: &str, tests: &str) -> Event {
    let Event::VerifyFinished { attempt, runs, files, guard, changed, .. } =
        verified(attempt, tree, tests)
    else {
        unreachable!()
    };
    Event::VerifyFinished { attempt, tree: Some(TreeId::new(tree)), runs, files, guard, changed }
}

fn conflicted(attempt: u32) -> Event {
    let paths = vec![RepoPath::new("a.py").unwrap()];
    Event::MergeConflicted { attempt: AttemptId(attempt), paths }
}

/// Like the other tests' check, with this plan in place of one step for all.
fn check(approval: Approval, text: &str, events: &[Event]) -> String {
    check_within(ATTEMPTS_MAX, approval, text, events)
}

/// The same with so many attempts of each worker at each step.
fn check_within(attempts_max: u32, approval: Approval, text: &str, events: &[Event]) -> String {
    let kind = WorkerKind::Command { argv: vec![], dir: RepoPath::root(), timeout_ms: 1 };
    let agent = Worker { name: "agent".into(), llm: false, kind };
    check_by(agent, attempts_max, approval, text, events)
}

/// The same by another worker than a program.
fn check_by(
    worker: Worker,
    attempts_max: u32,
    approval: Approval,
    text: &str,
    events: &[Event],
) -> String {
    let workers = vec![worker];
    let mut run = begin(&requested()).unwrap();
    let Event::SnapshotTaken { snapshot, checks, budget, notes, planners, guard, .. } = snapshot()
    else {
        unreachable!()
    };
    let approval = Box::new(approval);
    let budget = Box::new(Budget { attempts_max, ..*budget });
    let snapshot = Event::SnapshotTaken {
        snapshot,
        checks,
        budget,
        notes,
        left_out: vec![],
        workers,
        planners,
        guard,
        approval,
    };
    let red: String = text.split_whitespace().map(|part| format!("{}- ", &part[2..3])).collect();
    let mut said = String::new();
    for event in [snapshot, baseline(&format!("{red} z+"))] {
        apply(&mut run, &event);
        if let Next::Record(event) = decide(&run) {
            apply(&mut run, &event);
        }
    }
    for event in [plan(text)].iter().chain(events) {
        apply(&mut run, event);
        settle(&mut run, &mut said);
    }
    said
}

fn asking(plan: When, steps: When) -> Approval {
    Approval { plan, steps, ..Approval::default() }
}

fn answered(question: u32, answer: Answer) -> Event {
    Event::Answered { question: QuestionId(question), answer, at_ms: 7 }
}

#[test]
fn independent_steps_work_at_once_and_are_merged_one_after_the_other() {
    let script = [
        left(2, "B"),
        left(1, "A"),
        verified(2, "B", "a- b+ c- z+"),
        merged(1, "AB", "a+ b+ c- z+"),
        left(3, "C"),
        merged(3, "ABC", "a+ b+ c+ z+"),
    ];
    assert_snapshot!(check(Approval::default(), "1:a 2:b 3:c", &script), @r#"
      attempt 1 by agent
      attempt 2 by agent
    do Work { attempt: AttemptId(1) }, Work { attempt: AttemptId(2) }
      attempt 3 by agent
    do Work { attempt: AttemptId(1) }, Verify { attempt: AttemptId(2), tree: TreeId("B"), onto: None }, Work { attempt: AttemptId(3) }
    do Verify { attempt: AttemptId(2), tree: TreeId("B"), onto: None }, Work { attempt: AttemptId(3) }
      attempt 2: Green
    do Verify { attempt: AttemptId(1), tree: TreeId("A"), onto: Some(TreeId("B")) }, Work { attempt: AttemptId(3) }
      attempt 1: Green
    do Work { attempt: AttemptId(3) }
    do Verify { attempt: AttemptId(3), tree: TreeId("C"), onto: Some(TreeId("AB")) }
      attempt 3: Green
      proposal on ABC by agent, a model: false
      finished: Green
    rest
    "#);
}

#[test]
fn searches_of_ours_work_one_after_the_other() {
    let search = |script: &[Event]| {
        check_by(Worker::repair(), ATTEMPTS_MAX, Approval::default(), "1:a 2:b", script)
    };
    assert_snapshot!(search(&[left(1, "A"), verified(1, "A", "a+ b- z+"), left(2, "B")]), @r#"
      attempt 1 by repair
    do Work { attempt: AttemptId(1) }
    do Verify { attempt: AttemptId(1), tree: TreeId("A"), onto: None }
      attempt 1: Green
      attempt 2 by repair
    do Work { attempt: AttemptId(2) }
    do Verify { attempt: AttemptId(2), tree: TreeId("B"), onto: None }
    "#);
    assert_snapshot!(search(&[left(1, "A"), verified(1, "A", "a+ b+ z+")]), @r#"
      attempt 1 by repair
    do Work { attempt: AttemptId(1) }
    do Verify { attempt: AttemptId(1), tree: TreeId("A"), onto: None }
      attempt 1: Green
      proposal on A by repair, a model: false
      finished: Green
    rest
    "#);
}

#[test]
fn a_step_waits_for_those_it_starts_from() {
    let script = [left(1, "A"), verified(1, "A", "a+ b- z+"), left(2, "B"), nothing(2)];
    assert_snapshot!(check(Approval::default(), "1:a 2:b<1", &script), @r#"
      attempt 1 by agent
    do Work { attempt: AttemptId(1) }
    do Verify { attempt: AttemptId(1), tree: TreeId("A"), onto: None }
      attempt 1: Green
      attempt 2 by agent
    do Work { attempt: AttemptId(2) }
    do Verify { attempt: AttemptId(2), tree: TreeId("B"), onto: None }
      attempt 2: Nothing { reason: "no idea" }
      proposal on A by agent, a model: false
      finished: Partly { reason: "1 of 2 steps are done; step 2 (step 2): no idea" }
    rest
    "#);
    let script = [nothing(1)];
    assert_snapshot!(check(Approval::default(), "1:a 2:b<1", &script), @r#"
      attempt 1 by agent
    do Work { attempt: AttemptId(1) }
      attempt 1: Nothing { reason: "no idea" }
      finished: Stuck { reason: "step 1 (step 1): no idea; step 2 (step 2): it starts from step 1, which is not done" }
    rest
    "#);
    assert_snapshot!(check(Approval::default(), "1:a<2 2:b<1", &[]), @r#"
      finished: Stuck { reason: "step 1 (step 1): it starts from step 2, which is not done; step 2 (step 2): it starts from step 1, which is not done" }
    rest
    "#);
}

/// The second of two steps conflicts with the first, and is done again on top of it.
fn conflict() -> [Event; 6] {
    [
        left(1, "A"),
        verified(1, "A", "a+ b- z+"),
        left(2, "B"),
        conflicted(2),
        left(3, "AB"),
        verified(3, "AB", "a+ b+ z+"),
    ]
}

#[test]
fn what_conflicts_is_tried_again_on_what_others_made() {
    assert_snapshot!(check(Approval::default(), "1:a 2:b", &conflict()), @r#"
      attempt 1 by agent
      attempt 2 by agent
    do Work { attempt: AttemptId(1) }, Work { attempt: AttemptId(2) }
    do Verify { attempt: AttemptId(1), tree: TreeId("A"), onto: None }, Work { attempt: AttemptId(2) }
      attempt 1: Green
    do Work { attempt: AttemptId(2) }
    do Verify { attempt: AttemptId(2), tree: TreeId("B"), onto: Some(TreeId("A")) }
      attempt 2: Red { reason: "another step changed the same lines of a.py" }
      attempt 3 by agent
    do Work { attempt: AttemptId(3) }
    do Verify { attempt: AttemptId(3), tree: TreeId("AB"), onto: None }
      attempt 3: Green
      proposal on AB by agent, a model: false
      finished: Green
    rest
    "#);
}

#[test]
fn what_conflicts_is_no_attempt_of_its_worker() {
    let said = check_within(1, Approval::default(), "1:a 2:b", &conflict());
    assert!(said.ends_with("finished: Green\nrest\n"), "{said}");
}

#[test]
fn a_step_whose_tests_pass_already_is_done() {
    let script = [left(1, "A"), verified(1, "A", "a+ b+ z+"), left(2, "B")];
    assert_snapshot!(check(Approval::default(), "1:a 2:b", &script), @r#"
      attempt 1 by agent
      attempt 2 by agent
    do Work { attempt: AttemptId(1) }, Work { attempt: AttemptId(2) }
    do Verify { attempt: AttemptId(1), tree: TreeId("A"), onto: None }, Work { attempt: AttemptId(2) }
      attempt 1: Green
      proposal on A by agent, a model: false
      finished: Green
    rest
    rest
    "#);
}

#[test]
fn merging_that_breaks_what_another_step_fixed_is_red() {
    let script = [
        left(1, "A"),
        verified(1, "A", "a+ b- z+"),
        left(2, "B"),
        merged(2, "AB", "a- b+ z+"),
        nothing(3),
    ];
    assert_snapshot!(check(Approval::default(), "1:a 2:b", &script), @r#"
      attempt 1 by agent
      attempt 2 by agent
    do Work { attempt: AttemptId(1) }, Work { attempt: AttemptId(2) }
    do Verify { attempt: AttemptId(1), tree: TreeId("A"), onto: None }, Work { attempt: AttemptId(2) }
      attempt 1: Green
    do Work { attempt: AttemptId(2) }
    do Verify { attempt: AttemptId(2), tree: TreeId("B"), onto: Some(TreeId("A")) }
      attempt 2: Red { reason: "still red: a" }
      attempt 3 by agent
    do Work { attempt: AttemptId(3) }
      attempt 3: Nothing { reason: "no idea" }
      proposal on A by agent, a model: false
      finished: Partly { reason: "1 of 2 steps are done; step 2 (step 2): no idea (attempt 3)" }
    rest
    "#);
}

#[test]
fn only_a_yes_is_a_yes() {
    let plan = asking(When::Always, When::Never);
    assert_snapshot!(check(plan.clone(), "1:a", &[answered(1, Answer::Yes)]), @r#"
      ask Plan
    do 
      attempt 1 by agent
    do Work { attempt: AttemptId(1) }
    "#);
    let no = Answer::No { note: "too much".into() };
    assert_snapshot!(check(plan.clone(), "1:a", &[answered(1, no)]), @r#"
      ask Plan
    do 
      finished: Stuck { reason: "the plan was not carried out: it was not approved: too much" }
    rest
    "#);
    assert_snapshot!(check(plan, "1:a", &[answered(1, Answer::Late)]), @r#"
      ask Plan
    do 
      finished: Stuck { reason: "the plan was not carried out: nobody approved it in time" }
    rest
    "#);
    let steps = asking(When::Never, When::Always);
    let script = [
        answered(1, Answer::Late),
        answered(2, Answer::Yes),
        left(1, "B"),
        verified(1, "B", "a- b+ z+"),
    ];
    assert_snapshot!(check(steps, "1:a 2:b", &script), @r#"
      ask Step { step: StepId(1) }
    do 
      ask Step { step: StepId(2) }
    do 
      attempt 1 by agent
    do Work { attempt: AttemptId(1) }
    do Verify { attempt: AttemptId(1), tree: TreeId("B"), onto: None }
      attempt 1: Green
      proposal on B by agent, a model: false
      finished: Partly { reason: "1 of 2 steps are done; step 1 (step 1): nobody approved it in time" }
    rest
    "#);
}

#[test]
fn a_paused_run_begins_nothing() {
    let script = [
        Event::Paused { at_ms: 5 },
        left(1, "A"),
        verified(1, "A", "a+ b- c- z+"),
        nothing(2),
        Event::Unpaused { at_ms: 9 },
    ];
    assert_snapshot!(check(Approval::default(), "1:a 2:b 3:c", &script), @r#"
      attempt 1 by agent
      attempt 2 by agent
    do Work { attempt: AttemptId(1) }, Work { attempt: AttemptId(2) }
    do Work { attempt: AttemptId(1) }, Work { attempt: AttemptId(2) }
    do Verify { attempt: AttemptId(1), tree: TreeId("A"), onto: None }, Work { attempt: AttemptId(2) }
      attempt 1: Green
    do Work { attempt: AttemptId(2) }
      attempt 2: Nothing { reason: "no idea" }
    do 
      attempt 3 by agent
    do Work { attempt: AttemptId(3) }
    "#);
}

#[test]
fn what_is_merged_when_time_is_over_is_proposed() {
    let script = [left(1, "A"), verified(1, "A", "a+ b- z+"), Event::WallSpent];
    assert_snapshot!(check(Approval::default(), "1:a 2:b", &script), @r#"
      attempt 1 by agent
      attempt 2 by agent
    do Work { attempt: AttemptId(1) }, Work { attempt: AttemptId(2) }
    do Verify { attempt: AttemptId(1), tree: TreeId("A"), onto: None }, Work { attempt: AttemptId(2) }
      attempt 1: Green
    do Work { attempt: AttemptId(2) }
      proposal on A by agent, a model: false
      finished: Spent { reason: "the time of 60 s is spent; still red: b: " }
    rest
    "#);
}

#[test]
fn a_resumed_run_has_what_is_merged_checked_again() {
    let script = [
        left(1, "A"),
        verified(1, "A", "a+ b- z+"),
        Event::Resumed { at_ms: 5 },
        baseline("a- b- z+"),
        verified(1, "A", "a+ b- z+"),
        nothing(2),
    ];
    assert_snapshot!(check(Approval::default(), "1:a 2:b", &script), @r#"
      attempt 1 by agent
      attempt 2 by agent
    do Work { attempt: AttemptId(1) }, Work { attempt: AttemptId(2) }
    do Verify { attempt: AttemptId(1), tree: TreeId("A"), onto: None }, Work { attempt: AttemptId(2) }
      attempt 1: Green
    do Work { attempt: AttemptId(2) }
    do RunBaseline
    do Verify { attempt: AttemptId(1), tree: TreeId("A"), onto: None }, Work { attempt: AttemptId(2) }
      attempt 1: Green
    do Work { attempt: AttemptId(2) }
      attempt 2: Nothing { reason: "no idea" }
      proposal on A by agent, a model: false
      finished: Partly { reason: "1 of 2 steps are done; step 2 (step 2): no idea" }
    rest
    "#);
}

#[test]
fn a_proposal_from_before_there_were_plans_is_for_all_targets() {
    let mut run = begin(&requested()).unwrap();
    let targets = vec![test("a"), test("b")];
    apply(&mut run, &Event::TargetsChosen { targets: targets.clone() });
    assert_eq!(goal_tests(&run), targets);
}

#[test]
fn a_target_that_no_step_is_about_keeps_a_run_from_green() {
    let script = [plan("1:a"), left(1, "A"), verified(1, "A", "a+ b- z+")];
    let said = check(Approval::default(), "1:a 2:b", &script);
    assert!(
        said.contains("Partly { reason: \"1 of 1 steps are done; no step turned b green\" }"),
        "{said}"
    );
}

#[test]
fn an_attempt_whose_step_is_left_out_meanwhile_is_not_merged() {
    let Event::PlanMade { mut plan, .. } = plan("1:a 2:b") else { unreachable!() };
    plan.steps[1].skip = true;
    let skipped = Event::PlanMade { plan, by: Planner::Person, lessons: vec![] };
    let script = [left(2, "B"), skipped, left(1, "A"), verified(1, "A", "a+ b- z+")];
    let said = check(Approval::default(), "1:a 2:b", &script);
    assert!(said.contains("attempt 2: Nothing { reason: \"its step is left out\" }"), "{said}");
    assert!(said.contains("proposal on A") && said.contains("Partly"), "{said}");
}

#[test]
fn what_passes_by_chance_is_not_done() {
    let Event::VerifyFinished { attempt, tree, mut runs, files, guard, changed } =
        verified(1, "A", "a+ b+ z+")
    else {
        unreachable!()
    };
    runs[0].flaky = vec![test("b")];
    let lucky = Event::VerifyFinished { attempt, tree, runs, files, guard, changed };
    let said = check(Approval::default(), "1:a 2:b", &[left(1, "A"), lucky, nothing(2)]);
    assert!(said.contains("1 of 2 steps are done"), "{said}");
}

#[test]
fn time_spent_waiting_is_taken_off_once() {
    let mut run = begin(&requested()).unwrap();
    let asked = |id, at_ms| {
        let question =
            Question { id: QuestionId(id), about: About::Plan, wait_ms: None, inquiry: None };
        Event::Asked { question, at_ms }
    };
    let answered =
        |id, at_ms| Event::Answered { question: QuestionId(id), answer: Answer::Yes, at_ms };
    apply(&mut run, &asked(1, 100));
    apply(&mut run, &asked(2, 200));
    apply(&mut run, &answered(1, 1_000));
    apply(&mut run, &answered(2, 1_500));
    assert_eq!(run.started_ms, 800 + 500);
    apply(&mut run, &asked(3, 2_000));
    apply(&mut run, &Event::Resumed { at_ms: 9_000 });
    apply(&mut run, &answered(3, 9_001));
    assert_eq!(run.started_ms, 9_001, "what was before the resumption is over");
}

#[test]
fn a_draft_is_judged_by_the_checks_that_its_step_names() {
    let mut whole = begin(&requested()).unwrap();
    let (mut unit, mut lint) = (run("base", "a- b+"), run("base", "c+"));
    lint.check = CheckId::new("lint");
    lint.report.cases[0].id.check = lint.check.clone();
    for event in [snapshot(), Event::BaselineTaken { runs: vec![unit.clone(), lint] }] {
        apply(&mut whole, &event);
    }
    apply(&mut whole, &Event::TargetsChosen { targets: vec![test("a")] });
    let step = |checks: &[&str]| Step {
        tests: vec![test("a")],
        checks: checks.iter().map(|id| CheckId::new(*id)).collect(),
        ..Step::new(StepId(1), "one")
    };
    let plan = Plan { steps: vec![step(&[])], ..Plan::default() };
    let made = Event::PlanMade { plan: Box::new(plan), by: Planner::BuiltIn, lessons: vec![] };
    apply(&mut whole, &made);
    let attempt = Attempt::started(AttemptId(1), StepId(1), "model", None);
    unit = run("draft", "a+ b+");
    let is_green = |checks: &[&str]| {
        is_green(&narrowed(&whole, &step(checks)), &attempt, std::slice::from_ref(&unit))
    };
    assert!(!is_green(&[]), "all of the run");
    assert!(is_green(&["unit"]));
    assert!(!is_green(&["lint"]), "those of its tests are run too");
}

/// A run with two workers whose failure looks like these lessons', best first: who begins at its step.
fn beginner(lessons: &[(&str, &[&str], u32)]) -> String {
    let mut run = begin(&requested()).unwrap();
    for event in [snapshot_of_two(), baseline("a- z+")] {
        apply(&mut run, &event);
    }
    apply(&mut run, &Event::TargetsChosen { targets: vec![test("a")] });
    let lesson = |(worker, failed, hits): &(&str, &[&str], u32)| Lesson {
        signature: "failed".into(),
        runner: Runner::Unittest,
        worker: (*worker).into(),
        template: String::new(),
        failed: failed.iter().map(|&name| name.into()).collect(),
        hits: *hits,
        misses: 0,
        note: String::new(),
        source: RunId(7),
        project: String::new(),
        at_ms: 0,
    };
    let known: Vec<Lesson> = lessons.iter().map(lesson).collect();
    let Event::PlanMade { plan, by, .. } = plan("1:a") else { unreachable!() };
    let lessons = crate::logic::lessons::fitting(&run, &known);
    apply(&mut run, &Event::PlanMade { plan, by, lessons });
    let mut said = String::new();
    settle(&mut run, &mut said);
    for event in [nothing(1), nothing(2)] {
        apply(&mut run, &event);
        settle(&mut run, &mut said);
    }
    let begun = said.lines().filter_map(|line| line.split_once(" by ")).map(|(_, name)| name);
    begun.collect::<Vec<_>>().join(" ")
}

#[test]
fn a_lesson_says_who_goes_first_and_keeps_nobody_from_work() {
    assert_eq!(beginner(&[]), "repair model");
    assert_eq!(beginner(&[("model", &["repair"], 1)]), "model repair");
    // The best lesson decides, also where it says that all is as it should be.
    assert_eq!(beginner(&[("repair", &[], 50), ("model", &["repair"], 1)]), "repair model");
    assert_eq!(beginner(&[("repair", &[], 1), ("model", &["repair"], 50)]), "model repair");
    assert_eq!(beginner(&[("model", &[], 9)]), "repair model", "nobody had failed before it");
    assert_eq!(beginner(&[("gone", &["repair"], 9)]), "repair model");
}

#[test]
fn a_scope_that_was_narrowed_while_the_checks_ran_holds() {
    let narrowed = |scope: &str| {
        let Event::PlanMade { mut plan, lessons, .. } = plan("1:a") else { unreachable!() };
        plan.steps[0].scope = vec![scope.to_owned()];
        Event::PlanMade { plan, by: Planner::Person, lessons }
    };
    let said = |scope: &str| {
        let script = [left(1, "A"), narrowed(scope), verified(1, "A", "a+ z+")];
        check(Approval::default(), "1:a", &script)
    };
    let (inside, outside) = (said("*.py"), said("lib/**"));
    assert!(inside.contains("attempt 1: Green"), "{inside}");
    assert!(outside.contains("it changes a.py, which its step does not allow"), "{outside}");
}

#[test]
fn verified_work_of_older_versions_is_read() {
    let mut old = serde_json::to_value(verified(1, "A", "a+")).unwrap();
    old.as_object_mut().unwrap().remove("changed");
    assert!(serde_json::from_value::<Event>(old).is_ok());
    let old = serde_json::json!({"type": "hunks-decided", "hunks": [], "rejected": true});
    assert!(serde_json::from_value::<Event>(old).is_ok());
}

#[test]
fn a_large_plan_waits_where_that_is_wanted() {
    let asks = |text: &str| {
        let mut run = begin(&requested()).unwrap();
        run.goal.large_plan_first = true;
        for event in [snapshot(), baseline("a- b- z+")] {
            apply(&mut run, &event);
        }
        apply(&mut run, &Event::TargetsChosen { targets: vec![test("a"), test("b")] });
        apply(&mut run, &plan(text));
        matches!(decide(&run), Next::Ask(Question { about: About::Plan, .. }))
    };
    assert!(!asks("1:a"));
    assert!(asks("1:a 2:b"));
}
