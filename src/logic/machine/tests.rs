//! Scripts of what the world answers, against what the run does.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::base::ids::{BlobId, CheckId, QuestionId, RunId};
use crate::base::path::RepoPath;
use crate::model::budget::{AskedBudget, Budget};
use crate::model::check::{Check, CheckEnd, CheckRun, Runner};
use crate::model::event::Planner;
use crate::model::plan::Step;
use crate::model::proposal::{ChangeKind, FileChange, Proposal};
use crate::model::report::{TestCase, TestId, TestOutcome, TestReport};
use crate::model::snapshot::Snapshot;
use crate::model::worker::{Worker, WorkerKind};

const ATTEMPTS_MAX: u32 = 2;

fn requested() -> Event {
    let budget = AskedBudget { attempts_max: Some(ATTEMPTS_MAX), wall_ms_max: None };
    Event::RunRequested { id: RunId(1), goal: Box::default(), budget, at_ms: 0 }
}

fn snapshot() -> Event {
    let check = Check {
        id: CheckId::new("unit"),
        runner: Runner::Unittest,
        dir: RepoPath::root(),
        argv: vec!["python3".into()],
        env: Default::default(),
        report: Vec::new(),
        timeout_ms: 1,
        policy: Default::default(),
        why: String::new(),
        on_request: false,
        configured: false,
    };
    let snapshot =
        Snapshot { tree: TreeId::new("base"), n_files: 2, unsaved: vec![], warnings: vec![] };
    let budget = Budget { attempts_max: ATTEMPTS_MAX, wall_ms_max: 60_000, ..Budget::default() };
    let budget = Box::new(budget);
    let workers = Worker::default_ladder();
    Event::SnapshotTaken {
        snapshot,
        checks: vec![check],
        budget,
        notes: vec![],
        left_out: vec![],
        workers,
        planners: Vec::new(),
        guard: Default::default(),
        approval: Default::default(),
    }
}

/// The snapshot of a run with two workers.
fn snapshot_of_two() -> Event {
    let Event::SnapshotTaken {
        snapshot,
        checks,
        budget,
        notes,
        left_out,
        mut workers,
        planners,
        guard,
        approval,
    } = snapshot()
    else {
        unreachable!()
    };
    let kind = WorkerKind::Command { argv: vec![], dir: RepoPath::root(), timeout_ms: 1 };
    workers.push(Worker { name: "model".into(), llm: true, kind });
    Event::SnapshotTaken {
        snapshot,
        checks,
        budget,
        notes,
        left_out,
        workers,
        planners,
        guard,
        approval,
    }
}

fn refused(attempt: u32) -> Event {
    let result =
        WorkResult::Refused { tree: TreeId::new("bad"), reason: "it changed a test".into() };
    Event::AttemptFinished { attempt: AttemptId(attempt), result }
}

/// A completed run of the check on `tree`; `tests` is like `a+ b-`, with `+` for passed, `-` for failed.
fn run(tree: &str, tests: &str) -> CheckRun {
    let case = |test: &str| TestCase {
        id: TestId { check: CheckId::new("unit"), name: test[..1].to_owned() },
        outcome: if test.ends_with('+') { TestOutcome::Passed } else { TestOutcome::Failed },
        message: String::new(),
        at: None,
        frames: vec![],
        duration_ms: 0,
    };
    CheckRun {
        check: CheckId::new("unit"),
        tree: TreeId::new(tree),
        end: CheckEnd::Completed,
        report: TestReport { cases: tests.split_whitespace().map(case).collect(), complete: true },
        problems: vec![],
        command: "python3".into(),
        output: BlobId::new("0"),
        duration_ms: 0,
        enforced: vec![],
        flaky: vec![],
        partial: false,
        setting: String::new(),
        reused: false,
    }
}

/// A plan with one step for these tests.
fn one_step(tests: Vec<TestId>) -> Plan {
    Plan { title: "all".into(), intro: String::new(), steps: vec![step(1, tests, &[])] }
}

fn step(id: u32, tests: Vec<TestId>, after: &[u32]) -> Step {
    Step {
        tests,
        after: after.iter().copied().map(StepId).collect(),
        ..Step::new(StepId(id), format!("step {id}"))
    }
}

fn baseline(tests: &str) -> Event {
    Event::BaselineTaken { runs: vec![run("base", tests)] }
}

fn left(attempt: u32, tree: &str) -> Event {
    let result =
        WorkResult::Changed { tree: TreeId::new(tree), title: "a change".into(), search: None };
    Event::AttemptFinished { attempt: AttemptId(attempt), result }
}

fn nothing(attempt: u32) -> Event {
    let result = WorkResult::Nothing { reason: "no idea".into(), search: None };
    Event::AttemptFinished { attempt: AttemptId(attempt), result }
}

fn verified(attempt: u32, tree: &str, tests: &str) -> Event {
    let file = FileChange {
        path: RepoPath::new("a.py").unwrap(),
        kind: ChangeKind::Modify,
        before: BlobId::new("1"),
        after: BlobId::new("2"),
        hunks: vec![],
    };
    Event::VerifyFinished {
        attempt: AttemptId(attempt),
        tree: None,
        runs: vec![run(tree, tests)],
        files: vec![file],
        guard: Default::default(),
        changed: vec![RepoPath::new("a.py").unwrap()],
    }
}

/// What the run does of itself until it waits or rests, one line a decision.
fn settle(run: &mut Run, said: &mut String) {
    loop {
        match decide(run) {
            Next::Record(event) => {
                let line = match &event {
                    Event::Finished { outcome } => format!("finished: {outcome:?}"),
                    Event::TargetsChosen { targets } => {
                        let names: Vec<&str> =
                            targets.iter().map(|test| test.name.as_str()).collect();
                        format!("targets: {}", names.join(" ")).trim_end().to_owned()
                    }
                    Event::AttemptJudged { attempt, result } => {
                        format!("attempt {attempt}: {result:?}")
                    }
                    Event::AttemptStarted { attempt, worker, .. } => {
                        format!("attempt {attempt} by {worker}")
                    }
                    Event::ProposalMade { proposal } => {
                        let Proposal { result, worker, llm, .. } = &**proposal;
                        format!("proposal on {result} by {worker}, a model: {llm}")
                    }
                    other => format!("{other:?}"),
                };
                said.push_str(&format!("  {line}\n"));
                apply(run, &event);
            }
            Next::Ask(question) => {
                said.push_str(&format!("  ask {:?}\n", question.about));
                apply(run, &Event::Asked { question, at_ms: 0 });
            }
            Next::Do(effects) if effects == [Effect::Plan] => {
                let plan = one_step(run.targets.clone().unwrap());
                apply(
                    run,
                    &Event::PlanMade {
                        plan: Box::new(plan),
                        by: Planner::BuiltIn,
                        lessons: vec![],
                    },
                );
            }
            Next::Do(effects) => {
                let told: Vec<String> =
                    effects.iter().map(|effect| format!("{effect:?}")).collect();
                return said.push_str(&format!("do {}\n", told.join(", ")));
            }
            Next::Rest => return said.push_str("rest\n"),
        }
    }
}

fn check(events: &[Event]) -> String {
    let mut run = begin(&requested()).unwrap();
    let mut said = String::new();
    settle(&mut run, &mut said);
    for event in events {
        apply(&mut run, event);
        settle(&mut run, &mut said);
    }
    said
}

#[test]
fn red_to_green_in_one_attempt() {
    let script = [snapshot(), baseline("a- b+"), left(1, "fix"), verified(1, "fix", "a+ b+")];
    assert_snapshot!(check(&script), @r#"
    do TakeSnapshot
    do RunBaseline
      targets: a
      attempt 1 by repair
    do Work { attempt: AttemptId(1) }
    do Verify { attempt: AttemptId(1), tree: TreeId("fix"), onto: None }
      attempt 1: Green
      proposal on fix by repair, a model: false
      finished: Green
    rest
    "#);
}

#[test]
fn a_red_attempt_is_followed_by_another_until_the_budget_is_spent() {
    let script = [
        snapshot(),
        baseline("a- b+"),
        left(1, "one"),
        verified(1, "one", "a+ b-"),
        left(2, "two"),
        verified(2, "two", "a- b+"),
    ];
    assert_snapshot!(check(&script), @r#"
    do TakeSnapshot
    do RunBaseline
      targets: a
      attempt 1 by repair
    do Work { attempt: AttemptId(1) }
    do Verify { attempt: AttemptId(1), tree: TreeId("one"), onto: None }
      attempt 1: Red { reason: "newly red: b" }
      attempt 2 by repair
    do Work { attempt: AttemptId(2) }
    do Verify { attempt: AttemptId(2), tree: TreeId("two"), onto: None }
      attempt 2: Red { reason: "still red: a" }
      finished: Stuck { reason: "2 attempts, the last one not green: still red: a" }
    rest
    "#);
}

#[test]
fn nothing_red_is_already_green() {
    assert_snapshot!(check(&[snapshot(), baseline("a+ b+")]), @r#"
    do TakeSnapshot
    do RunBaseline
      targets:
      finished: AlreadyGreen
    rest
    "#);
}

#[test]
fn a_worker_without_ideas_is_stuck() {
    assert_snapshot!(check(&[snapshot(), baseline("a-"), nothing(1)]), @r#"
    do TakeSnapshot
    do RunBaseline
      targets: a
      attempt 1 by repair
    do Work { attempt: AttemptId(1) }
      attempt 1: Nothing { reason: "no idea" }
      finished: Stuck { reason: "no idea" }
    rest
    "#);
}

#[test]
fn a_worker_without_ideas_hands_over_and_one_that_was_red_tries_again() {
    let script = [
        snapshot_of_two(),
        baseline("a- b+"),
        left(1, "one"),
        verified(1, "one", "a+ b-"),
        nothing(2),
        refused(3),
        left(4, "four"),
        verified(4, "four", "a+ b+"),
    ];
    assert_snapshot!(check(&script), @r#"
    do TakeSnapshot
    do RunBaseline
      targets: a
      attempt 1 by repair
    do Work { attempt: AttemptId(1) }
    do Verify { attempt: AttemptId(1), tree: TreeId("one"), onto: None }
      attempt 1: Red { reason: "newly red: b" }
      attempt 2 by repair
    do Work { attempt: AttemptId(2) }
      attempt 2: Nothing { reason: "no idea" }
      attempt 3 by model
    do Work { attempt: AttemptId(3) }
      attempt 3: Red { reason: "it changed a test" }
      attempt 4 by model
    do Work { attempt: AttemptId(4) }
    do Verify { attempt: AttemptId(4), tree: TreeId("four"), onto: None }
      attempt 4: Green
      proposal on four by model, a model: true
      finished: Green
    rest
    "#);
    let script = [snapshot_of_two(), baseline("a-"), nothing(1), refused(2), refused(3)];
    assert_snapshot!(check(&script).lines().rev().nth(1).unwrap(), @r#"  finished: Stuck { reason: "no idea; 2 attempts, the last one not green: it changed a test" }"#);
}

#[test]
fn a_journal_from_before_the_ladder_is_read() {
    let mut old = serde_json::to_value(snapshot()).unwrap();
    old.as_object_mut().unwrap().remove("workers");
    let read: Event = serde_json::from_value(old).unwrap();
    assert_eq!(read, snapshot());
}

#[test]
fn evidence_of_another_tree_is_no_evidence() {
    let script = [snapshot(), baseline("a-"), left(1, "fix"), verified(1, "other", "a+")];
    assert_snapshot!(check(&script), @r#"
    do TakeSnapshot
    do RunBaseline
      targets: a
      attempt 1 by repair
    do Work { attempt: AttemptId(1) }
    do Verify { attempt: AttemptId(1), tree: TreeId("fix"), onto: None }
      attempt 1: Green
      finished: Failed { failure: Failure { kind: Bug, message: "a green attempt has no change to propose", hint: "Please report this with the journal of the run." } }
    rest
    "#);
}

#[test]
fn a_cancel_ends_the_run_wherever_it_is_and_late_answers_change_nothing() {
    let script = [snapshot(), baseline("a-"), Event::CancelRequested, left(1, "fix")];
    assert_snapshot!(check(&script), @r#"
    do TakeSnapshot
    do RunBaseline
      targets: a
      attempt 1 by repair
    do Work { attempt: AttemptId(1) }
      finished: Cancelled
    rest
    rest
    "#);
}

/// Of a run that is to stop while its first attempt is at work and does this.
fn stopped(snapshot: Event, then: &[Event]) -> String {
    let script = [snapshot, baseline("a- b-"), Event::StopRequested];
    let told = check(&[script.as_slice(), then].concat());
    told.lines().skip_while(|line| !line.contains("Work")).skip(2).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_run_that_is_to_stop_ends_with_what_was_found_by_then() {
    assert_snapshot!(stopped(snapshot(), &[left(1, "fix"), verified(1, "fix", "a+ b+")]), @r#"
    do Verify { attempt: AttemptId(1), tree: TreeId("fix"), onto: None }
      attempt 1: Green
      proposal on fix by repair, a model: false
      finished: Green
    rest
    "#);
    // Nothing is tried again, and nobody else has a turn.
    assert_snapshot!(stopped(snapshot_of_two(), &[left(1, "fix"), verified(1, "fix", "a+ b-")]), @r#"
    do Verify { attempt: AttemptId(1), tree: TreeId("fix"), onto: None }
      attempt 1: Red { reason: "still red: b" }
      finished: Cancelled
    rest
    "#);
    assert_eq!(stopped(snapshot(), &[nothing(1)]), stopped(snapshot_of_two(), &[nothing(1)]));
    assert_snapshot!(stopped(snapshot_of_two(), &[nothing(1)]), @r#"
      attempt 1: Nothing { reason: "no idea" }
      finished: Cancelled
    rest
    "#);
    // Whoever does not want to wait for that says so again.
    assert_snapshot!(stopped(snapshot(), &[left(1, "fix"), Event::CancelRequested]), @r#"
    do Verify { attempt: AttemptId(1), tree: TreeId("fix"), onto: None }
      finished: Cancelled
    rest
    "#);
}

#[test]
fn there_is_something_to_wait_for_while_a_search_is_at_work_or_its_find_is_checked() {
    let may = |events: &[Event]| {
        let mut run = begin(&requested()).unwrap();
        for event in events {
            settle(&mut run, &mut String::new());
            apply(&mut run, event);
        }
        settle(&mut run, &mut String::new());
        may_stop(&run)
    };
    let begun = [snapshot(), baseline("a-")];
    assert!(!may(&begun[..1]) && may(&begun));
    assert!(may(&[begun.as_slice(), &[left(1, "fix")]].concat()));
    assert!(!may(&[begun.as_slice(), &[Event::StopRequested]].concat()));
    // Taken up again, nothing is under way before the checks have run.
    let again = [begun.as_slice(), &[Event::StopRequested, Event::Resumed { at_ms: 5 }]].concat();
    assert!(!may(&again) && may(&[again.as_slice(), &[baseline("a-")]].concat()));
    assert!(!may(&[begun.as_slice(), &[left(1, "fix"), verified(1, "fix", "a+")]].concat()));
    // Of what any other worker does nobody knows what it is worth.
    let second = [snapshot_of_two(), baseline("a-"), nothing(1)];
    assert!(may(&second[..2]) && !may(&second));
}

#[test]
fn checks_that_cannot_be_read_end_the_run_with_a_hint() {
    let ended =
        |end: CheckEnd| Event::BaselineTaken { runs: vec![CheckRun { end, ..run("base", "a+") }] };
    let all: String = [
        CheckEnd::NoTests,
        CheckEnd::Crashed { detail: "signal 11".into() },
        CheckEnd::TimedOut { after_ms: 1500 },
        CheckEnd::Flooded { bytes: 9 },
        CheckEnd::Missing { program: "cargo".into(), hint: "Install Rust.".into() },
    ]
    .into_iter()
    .map(|end| {
        check(&[snapshot(), ended(end)]).lines().nth(2).unwrap_or_default().to_owned() + "\n"
    })
    .collect();
    assert_snapshot!(all, @r#"
    finished: Failed { failure: Failure { kind: Project, message: "check `unit` ran but found no test", hint: "Zero tests are never green: look at the command's output, or name the right check in greenloop.toml." } }
    finished: Failed { failure: Failure { kind: Project, message: "check `unit` crashed: signal 11", hint: "Some tests have no result, so nothing can be called green; run the command by hand to see it." } }
    finished: Failed { failure: Failure { kind: Project, message: "check `unit` did not end within 2 s", hint: "A test may hang; raise timeout_seconds of the check in greenloop.toml if it is only slow." } }
    finished: Failed { failure: Failure { kind: Project, message: "check `unit` printed more than 9 bytes and was ended", hint: "Quieten the tests, or split the check in greenloop.toml." } }
    finished: Failed { failure: Failure { kind: Environment, message: "check `unit` needs cargo, which is not there", hint: "Install Rust." } }
    "#);
}

#[test]
fn a_found_check_that_cannot_be_run_is_left_out_where_another_can_be() {
    let missing = CheckEnd::Missing { program: "a module".into(), hint: "Get it.".into() };
    let told = |others: &str, change: &dyn Fn(&mut Check)| {
        let mut begun = snapshot();
        if let Event::SnapshotTaken { checks, .. } = &mut begun {
            let mut other = Check { id: CheckId::new("go"), ..checks[0].clone() };
            change(&mut other);
            checks.push(other);
        }
        let check = CheckId::new("go");
        let red = CheckRun { end: missing.clone(), check, ..run("base", "") };
        let mut all = begin(&requested()).unwrap();
        let runs = match others {
            "" => vec![red],
            others => vec![run("base", others), red],
        };
        for event in [begun, Event::BaselineTaken { runs }] {
            settle(&mut all, &mut String::new());
            apply(&mut all, &event);
        }
        let mut ended = String::new();
        settle(&mut all, &mut ended);
        let ids: Vec<&str> = all.checks.iter().map(|check| check.id.as_str()).collect();
        let left_out: Vec<&str> = all.left_out.iter().map(|it| it.message.as_str()).collect();
        format!("{} {left_out:?} {ended}", ids.join(" "))
    };
    let found = |_: &mut Check| {};
    let left_out = "unit [\"check `go` needs a module, which is not there\"]   targets:";
    let red = told("a- b+", &found);
    assert!(red.starts_with(&format!("{left_out} a\n")), "{red}");
    let failed = "finished: Failed { failure: Failure { kind: Environment";
    let green = told("a+ b+", &found);
    assert!(green.starts_with(left_out) && green.contains(failed), "{green}");
    let none = format!("unit go []   {failed}");
    assert!(told("a- b+", &|check| check.configured = true).starts_with(&none));
    let alone = told("", &found);
    assert!(alone.starts_with(&none), "{alone}");
}

#[test]
fn a_module_that_is_not_installed_is_no_target_and_what_needs_it_was_not_run() {
    let told = |tests: &str, message: &str, then: &[Event]| {
        let mut run = run("base", tests);
        run.report.cases[0].message = message.to_owned();
        run.report.cases[0].at = Some(crate::model::report::Place {
            path: RepoPath::new("project/a.py").unwrap(),
            line: 1,
        });
        check(&[&[snapshot(), Event::BaselineTaken { runs: vec![run] }], then].concat())
    };
    let missing = "ModuleNotFoundError: No module named 'numpy'";
    let fixed = told("a- b-", missing, &[left(1, "fix"), verified(1, "fix", "a- b+")]);
    assert_snapshot!(fixed.lines().nth(2).unwrap(), @"  targets: b");
    let partly = "Partly { reason: \"not all was run: a cannot be imported: ModuleNotFoundError";
    let namespace = told("a- b+", "ModuleNotFoundError: No module named 'google.cloud'", &[]);
    assert!(namespace.contains("a cannot be imported"), "{namespace}");
    assert!(fixed.contains(partly), "{fixed}");
    let alone = told("a- b+", missing, &[]);
    assert!(
        alone.contains("a cannot be imported: ModuleNotFoundError") && !alone.contains("Work"),
        "{alone}"
    );
    for other in [
        "AssertionError: 1 != 2",
        "AssertionError: \"ModuleNotFoundError: No module named 'numpy'\" is not told",
        "ModuleNotFoundError: No module named 'project.utlis'",
    ] {
        assert_eq!(told("a- b+", other, &[]).lines().nth(2), Some("  targets: a"), "{other}");
    }
    let mut runs = run("base", "a- b- c- d+");
    for (at, module) in [(0, "numpy"), (1, "scipy"), (2, "numpy")] {
        runs.report.cases[at].message =
            format!("ModuleNotFoundError: No module named '{module}'\n\n  a.py:1");
    }
    let mut all = begin(&requested()).unwrap();
    for event in [snapshot(), Event::BaselineTaken { runs: vec![runs] }] {
        apply(&mut all, &event);
    }
    let told: String = all.left_out.iter().map(|it| format!("{}\n", it.message)).collect();
    assert_snapshot!(told, @"
    a and 1 more cannot be imported: ModuleNotFoundError: No module named 'numpy'
    b cannot be imported: ModuleNotFoundError: No module named 'scipy'
    ");
}

#[test]
fn tests_whose_runner_is_missing_were_not_run() {
    let mut begun = snapshot();
    if let Event::SnapshotTaken { left_out, .. } = &mut begun {
        left_out.push(Failure::environment("`package.json` runs jest, which is not installed", ""));
    }
    let fixed = [
        begun.clone(),
        Event::BaselineTaken { runs: vec![run("base", "a-")] },
        left(1, "fix"),
        verified(1, "fix", "a+"),
    ];
    let partly = "Partly { reason: \"not all was run: `package.json` runs jest";
    assert!(check(&fixed).contains(partly), "{}", check(&fixed));
    let mut asked = begin(&requested()).unwrap();
    asked.goal.kind = GoalKind::RunChecks;
    for event in [begun.clone(), Event::BaselineTaken { runs: vec![run("base", "a+")] }] {
        apply(&mut asked, &event);
    }
    assert!(format!("{:?}", decide(&asked)).contains("Failed"), "{:?}", decide(&asked));
    let nothing_red = check(&[begun, Event::BaselineTaken { runs: vec![run("base", "a+")] }]);
    assert!(nothing_red.contains("Failed { failure: Failure { kind: Environment"), "{nothing_red}");
}

#[test]
fn spent_time_says_where_the_run_stood() {
    let early = check(&[snapshot(), Event::WallSpent]);
    assert!(early.contains("the time of 60 s is spent; the checks had not ended"), "{early}");
    let mut red = run("base", "a-");
    red.report.cases[0].message = "SyntaxError: '(' was never closed\n  more".to_owned();
    let late = check(&[snapshot(), Event::BaselineTaken { runs: vec![red] }, Event::WallSpent]);
    assert!(late.contains("still red: a: SyntaxError: '(' was never closed\""), "{late}");
}

/// An event of any kind, fitting the run's state or not.
fn any_event() -> impl Strategy<Value = Event> {
    let tests = prop::sample::select(vec!["a- b+", "a+ b+", "a+ b-", "", "a-"]);
    prop_oneof![
        Just(snapshot()),
        Just(snapshot_of_two()),
        (1..4u32).prop_map(refused),
        tests.clone().prop_map(baseline),
        (1..4u32).prop_map(|n| left(n, "fix")),
        (1..4u32).prop_map(nothing),
        (1..4u32, tests).prop_map(|(n, tests)| verified(n, "fix", tests)),
        Just(Event::CancelRequested),
        Just(Event::StopRequested),
        Just(Event::WallSpent),
        Just(Event::Resumed { at_ms: 5 }),
        Just(Event::HunksDecided {
            hunks: [(RepoPath::new("a.py").unwrap(), 0)].into(),
            rejected: true,
            note: String::new()
        }),
    ]
}

proptest! {
    /// Whatever comes in whatever order: decisions settle, attempts stay within the budget, green has a proposal whose
    /// evidence is of its own tree, and a finished run stays as it finished.
    #[test]
    fn any_order_of_events_keeps_a_run_sound(events in prop::collection::vec(any_event(), 0..24)) {
        let mut run = begin(&requested()).unwrap();
        let mut finished: Option<Outcome> = None;
        for event in &events {
            apply(&mut run, event);
            settle(&mut run, &mut String::new());
            // At most two workers.
            prop_assert!(run.attempts.len() <= 2 * ATTEMPTS_MAX as usize);
            if let Some(before) = &finished {
                prop_assert_eq!(run.outcome(), Some(before));
            }
            if run.outcome() == Some(&Outcome::Green) {
                let proposal = run.proposal.as_ref().unwrap();
                prop_assert_eq!(&proposal.evidence.tree, &proposal.result);
            }
            finished = run.outcome().cloned();
        }
        apply(&mut run, &Event::CancelRequested);
        settle(&mut run, &mut String::new());
        prop_assert!(run.is_finished());
    }
}
mod steps;
