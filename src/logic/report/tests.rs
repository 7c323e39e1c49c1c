//! A journal made up, and what is told of it.

use super::*;
use crate::base::ids::{AcceptanceId, CheckId, RunId, TreeId};
use crate::base::path::RepoPath;
use crate::model::budget::AskedBudget;
use crate::model::event::{Planner, WorkResult};
use crate::model::failure::Failure;
use crate::model::plan::Plan;
use crate::model::question::{About, Question};
use crate::model::report::TestId;
use crate::model::run::Goal;
use crate::model::subset::Choice;

fn step(id: u32) -> Step {
    Step {
        tests: vec![TestId { check: CheckId::new("unit"), name: format!("t{id}") }],
        ..Step::new(StepId(id), "a step")
    }
}

/// Seconds and what happened then.
fn history(events: Vec<(u64, Event)>) -> History {
    let goal = Goal::default();
    let begun = Event::RunRequested {
        id: RunId(1),
        goal: Box::new(goal),
        budget: AskedBudget::default(),
        at_ms: 0,
    };
    let events = [(0, begun)].into_iter().chain(events);
    events.map(|(seconds, event)| (seconds * 1000, event)).collect()
}

fn started(attempt: u32, step: u32, worker: &str) -> Event {
    let (attempt, step) = (AttemptId(attempt), StepId(step));
    Event::AttemptStarted { attempt, step, worker: worker.into(), base: None, why: String::new() }
}

fn judged(attempt: u32, result: AttemptResult) -> Event {
    Event::AttemptJudged { attempt: AttemptId(attempt), result }
}

#[test]
fn time_attempts_people_and_stalls_are_told_apart() {
    let plan = Plan { title: "all".into(), intro: String::new(), steps: vec![step(1), step(2)] };
    let asked = Question { id: QuestionId(1), about: About::Plan, wait_ms: None, inquiry: None };
    let nothing = |id| Event::AttemptFinished {
        attempt: AttemptId(id),
        result: WorkResult::Nothing { reason: "no template fits: 3 tried".into(), search: None },
    };
    let changed = |id| Event::AttemptFinished {
        attempt: AttemptId(id),
        result: WorkResult::Changed {
            tree: TreeId::new("t"),
            title: "a change".into(),
            search: None,
        },
    };
    let red = || AttemptResult::Red { reason: "still red: t2".into() };
    let hunks: Choice = [(RepoPath::new("a.py").unwrap(), 0)].into();
    let (acceptance, parts) = (AcceptanceId(RunId(9)), Vec::new());
    let run = history(vec![
        (3, Event::BaselineTaken { runs: vec![] }),
        (4, Event::PlanMade { plan: Box::new(plan), by: Planner::BuiltIn, lessons: vec![] }),
        (4, Event::Asked { question: asked, at_ms: 4000 }),
        (34, Event::Answered { question: QuestionId(1), answer: Answer::Yes, at_ms: 34_000 }),
        (34, started(1, 1, "repair")),
        (34, started(2, 2, "repair")),
        (40, nothing(1)),
        (40, judged(1, AttemptResult::Nothing { reason: "no template fits: 3 tried".into() })),
        (44, changed(2)),
        (50, Event::MergeConflicted { attempt: AttemptId(2), paths: vec![] }),
        (50, judged(2, red())),
        (50, started(3, 2, "model")),
        (80, changed(3)),
        (81, judged(3, red())),
        (82, Event::Accepted { acceptance, hunks, parts }),
        (83, Event::CancelRequested),
    ]);
    insta::assert_snapshot!(markdown(&report(&[run, history(vec![])])), @r#"
    # Greenloop: 2 runs

    ## How they ended

    | outcome   | runs |
    | --------- | ---- |
    | not ended | 2    |

    ## Where the time went

    | stage                 | times | time   | share |
    | --------------------- | ----- | ------ | ----- |
    | checks before         | 1     | 3.0 s  | 3 %   |
    | planning              | 1     | 1.0 s  | 1 %   |
    | working               | 3     | 46.0 s | 53 %  |
    | checks after          | 1     | 6.0 s  | 7 %   |
    | waiting for an answer | 1     | 30.0 s | 35 %  |

    ## Steps

    | steps of | steps | done | at the first attempt | attempts | asked about |
    | -------- | ----- | ---- | -------------------- | -------- | ----------- |
    | unit     | 2     | 0    | 0                    | 3        | 0           |

    ## Workers

    | worker | attempts | time   |
    | ------ | -------- | ------ |
    | model  | 1        | 30.0 s |
    | repair | 2        | 16.0 s |

    ## Where it stalled

    | why              | times |
    | ---------------- | ----- |
    | still red        | 2     |
    | no template fits | 1     |

    ## People

    | what they did | times |
    | ------------- | ----- |
    | yes           | 1     |
    | cancelled     | 1     |
    "#);
}

#[test]
fn ends_without_an_attempt_are_stalls_and_nobody_works_while_no_process_is_there() {
    let failure =
        Failure::environment("check `unit` needs cargo, which is not there", "Install it.");
    let spent = "the time of 60 s is spent; still red: t1: no".to_owned();
    let plan = "the plan was not carried out: nobody approved it in time".to_owned();
    let ended = [
        Outcome::Failed { failure },
        Outcome::Spent { reason: spent },
        Outcome::Stuck { reason: plan },
    ];
    let mut histories: Vec<History> =
        ended.map(|outcome| history(vec![(1, Event::Finished { outcome })])).into();
    histories.push(history(vec![
        (1, started(1, 1, "repair")),
        (3, Event::Resumed { at_ms: 3_000 }),
        (1_000, Event::Resumed { at_ms: 1_000_000 }),
        (
            1_004,
            Event::AttemptFinished {
                attempt: AttemptId(1),
                result: WorkResult::Nothing { reason: "no idea".into(), search: None },
            },
        ),
    ]));
    let report = report(&histories);
    assert_eq!(report.stages[&Stage::Work], Spent { n: 1, ms: 4_000 });
    let stalls: Vec<&str> = report.stalls.keys().map(String::as_str).collect();
    insta::assert_snapshot!(stalls.join("\n"), @r#"
    check `unit` needs cargo, which is not there
    the plan was not carried out
    the time of # s is spent
    "#);
}

#[test]
fn what_was_at_work_when_a_run_was_ended_counts_until_then() {
    let plan = Plan { title: "all".into(), intro: String::new(), steps: vec![step(1)] };
    let ended =
        |at| [(at, Event::CancelRequested), (at, Event::Finished { outcome: Outcome::Cancelled })];
    let working = [
        (3, Event::BaselineTaken { runs: vec![] }),
        (4, Event::PlanMade { plan: Box::new(plan), by: Planner::BuiltIn, lessons: vec![] }),
        (4, started(1, 1, "repair")),
    ];
    let late = history(working.into_iter().chain(ended(24)).collect());
    let page = markdown(&report(&[late, history(ended(5).to_vec())]));
    let times = page.split("## ").find(|part| part.starts_with("Where the time")).unwrap();
    insta::assert_snapshot!(times.trim(), @r#"
    Where the time went

    | stage                | times | time   | share |
    | -------------------- | ----- | ------ | ----- |
    | capturing the screen | 1     | 5.0 s  | 17 %  |
    | checks before        | 1     | 3.0 s  | 10 %  |
    | planning             | 1     | 1.0 s  | 3 %   |
    | working              | 1     | 20.0 s | 69 %  |
    "#);
}
