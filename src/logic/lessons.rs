//! Lessons: what people's decisions tell of the work, and what that is good for the next time.

use std::collections::BTreeSet;

use crate::base::ids::AttemptId;
use crate::base::limits::LESSONS_USED_MAX;
use crate::logic::machine;
use crate::logic::signature::signature;
use crate::model::check::Runner;
use crate::model::event::Event;
use crate::model::lesson::Lesson;
use crate::model::plan::Step;
use crate::model::proposal::{HunkAt, StepChange};
use crate::model::report::TestId;
use crate::model::run::{Attempt, AttemptResult, Run};
use crate::model::subset::Choice;

/// What an event that was just recorded in a run tells, each with one hit or one miss. Only people's decisions do, and the
/// first about a step's change: what is accepted or rejected hunk by hunk is one decision.
pub fn told(run: &Run, event: &Event, project: &str, at_ms: u64) -> Vec<Lesson> {
    let (hunks, is_hit, note): (&Choice, bool, &str) = match event {
        Event::Accepted { hunks, .. } => (hunks, true, ""),
        Event::HunksDecided { hunks, rejected: true, note } => (hunks, false, note),
        Event::TakenBack { acceptance } => {
            let mut known = run.acceptances.iter();
            let Some(known) = known.find(|known| known.id == *acceptance) else {
                return Vec::new();
            };
            (&known.hunks, false, "")
        }
        _ => return Vec::new(),
    };
    let steps = run.proposal.iter().flat_map(|proposal| &proposal.steps);
    let is_new = |step: &&StepChange| !step.hunks.iter().any(|at| said_before(run, event, at));
    let meant = steps
        .filter(|step| step.hunks.iter().any(|hunk| hunks.contains(hunk)))
        .filter(|step| is_new(step));
    let lesson = |step: &StepChange, (signature, runner): (String, Runner)| Lesson {
        signature,
        runner,
        worker: step.worker.clone(),
        template: step.search.as_ref().map_or_else(String::new, |search| search.template.clone()),
        failed: failed(run, step),
        hits: u32::from(is_hit),
        misses: u32::from(!is_hit),
        note: note.to_owned(),
        source: run.id,
        project: project.to_owned(),
        at_ms,
    };
    let signatures = |step: &StepChange| signatures(run, machine::tests(run, step.step));
    meant
        .flat_map(|step| signatures(step).into_iter().map(move |known| lesson(step, known)))
        .collect()
}

/// Whether the same was said of a hunk before the event.
fn said_before(run: &Run, event: &Event, hunk: &HunkAt) -> bool {
    match event {
        Event::Accepted { acceptance, .. } => {
            let mut others = run.acceptances.iter().filter(|known| known.id != *acceptance);
            others.any(|known| !known.undone && known.hunks.contains(hunk))
        }
        Event::HunksDecided { hunks, rejected: true, .. } => {
            run.rejected.contains(hunk) && !hunks.contains(hunk)
        }
        _ => false,
    }
}

/// Who had come to nothing before the step's change was made.
fn failed(run: &Run, step: &StepChange) -> Vec<String> {
    let earlier = |id: AttemptId| id < step.attempt;
    let made = run.attempts.iter().filter(|made| made.step == step.step && earlier(made.id));
    let is_in_vain =
        |made: &&Attempt| made.result != Some(AttemptResult::Green) && made.conflicts.is_empty();
    let in_vain = made.filter(is_in_vain);
    let names: BTreeSet<&String> = in_vain.map(|made| &made.worker).collect();
    names.into_iter().filter(|name| **name != step.worker).cloned().collect()
}

/// How the tests failed before, each look once, with who ran them.
fn signatures(run: &Run, tests: &[TestId]) -> BTreeSet<(String, Runner)> {
    let runner = |test: &TestId| {
        run.checks.iter().find(|check| check.id == test.check).map(|check| check.runner)
    };
    let cases = run.baseline.iter().flatten().flat_map(|run| &run.report.cases);
    let red = cases.filter(|case| tests.contains(&case.id));
    red.filter_map(|case| Some((signature(case), runner(&case.id)?))).collect()
}

/// Adds what was told to what is known: what says the same becomes one.
pub fn add(known: &mut Vec<Lesson>, told: Lesson) {
    match known.iter_mut().find(|lesson| lesson.says_the_same(&told)) {
        Some(lesson) => {
            let (hits, misses) = (lesson.hits + told.hits, lesson.misses + told.misses);
            let note = if told.note.is_empty() { lesson.note.clone() } else { told.note.clone() };
            let failed = if told.hits > 0 { told.failed.clone() } else { lesson.failed.clone() };
            *lesson = Lesson { hits, misses, note, failed, ..told };
        }
        None => known.push(told),
    }
}

/// The lessons that a run can use, the best first: the failure looks the same, and the tree does not contradict them.
pub fn fitting(run: &Run, known: &[Lesson]) -> Vec<Lesson> {
    let targets = run.targets.as_deref().unwrap_or_default();
    let seen = signatures(run, targets);
    let fits = |lesson: &&Lesson| {
        let is_seen =
            seen.iter().any(|(text, runner)| *text == lesson.signature && *runner == lesson.runner);
        // A worker that is not there any more teaches nothing.
        is_seen && run.workers.iter().any(|worker| worker.name == lesson.worker)
    };
    let mut fitting: Vec<Lesson> = known.iter().filter(fits).cloned().collect();
    fitting.sort_by(|a, b| b.hit_rate().total_cmp(&a.hit_rate()).then(b.at_ms.cmp(&a.at_ms)));
    fitting.truncate(LESSONS_USED_MAX);
    fitting
}

/// The best lesson about a step, where it names a worker before whom all on the ladder had come to nothing: that one goes
/// first. It says nothing of who works next.
pub fn beginner<'a>(run: &'a Run, step: &Step) -> Option<&'a Lesson> {
    let lesson = of_step(run, step, &run.lessons).into_iter().find(|lesson| lesson.is_right())?;
    let place = run.workers.iter().position(|worker| worker.name == lesson.worker)?;
    let mut before = run.workers[..place].iter();
    (place > 0 && before.all(|worker| lesson.failed.contains(&worker.name))).then_some(lesson)
}

/// The lessons about a step's tests, the best first.
pub fn of_step<'a>(run: &Run, step: &Step, lessons: &'a [Lesson]) -> Vec<&'a Lesson> {
    let seen = signatures(run, &step.tests);
    let is_about = |lesson: &&Lesson| {
        seen.iter().any(|(text, runner)| *text == lesson.signature && *runner == lesson.runner)
    };
    lessons.iter().filter(is_about).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::{AcceptanceId, RunId, StepId, TreeId};
    use crate::base::path::RepoPath;
    use crate::logic::verdict::samples;
    use crate::model::budget::AskedBudget;
    use crate::model::check::Check;
    use crate::model::event::Planner;
    use crate::model::plan::Plan;
    use crate::model::proposal::{Evidence, Proposal};
    use crate::model::run::Goal;

    fn hunk(at: usize) -> HunkAt {
        (RepoPath::new("a.py").unwrap(), at)
    }

    /// A run whose worker `mend` made a change of two hunks after `repair` had failed.
    fn run() -> Run {
        let mut run = Run::requested(RunId(1), Goal::default(), AskedBudget::default(), 0);
        let failing = samples::run("unit: t=failed");
        run.checks = vec![Check {
            id: failing.check.clone(),
            runner: Runner::Unittest,
            dir: RepoPath::root(),
            argv: vec![],
            env: Default::default(),
            report: vec![],
            timeout_ms: 1,
            policy: Default::default(),
            why: String::new(),
            on_request: false,
            configured: false,
        }];
        run.baseline = Some(vec![failing]);
        let step = Step { tests: vec![samples::id("unit/t")], ..Step::new(StepId(1), "one") };
        let plan = Plan { steps: vec![step], ..Plan::default() };
        let made = Event::PlanMade { plan: Box::new(plan), by: Planner::BuiltIn, lessons: vec![] };
        machine::apply(&mut run, &made);
        for (id, worker, result) in [(1, "repair", None), (2, "mend", Some(AttemptResult::Green))] {
            let attempt = Attempt::started(AttemptId(id), StepId(1), worker, None);
            run.attempts.push(Attempt { result, ..attempt });
        }
        let tree = TreeId::new("t");
        let (worker, attempt) = ("mend".to_owned(), AttemptId(2));
        run.proposal = Some(Proposal {
            run: RunId(1),
            attempt,
            title: String::new(),
            worker: worker.clone(),
            llm: false,
            base: tree.clone(),
            result: tree.clone(),
            files: vec![],
            evidence: Evidence {
                tree,
                fixed: vec![],
                still_red: vec![],
                flaky: vec![],
                n_passed: 1,
                n_skipped: 0,
                checks: vec![],
                search: None,
            },
            guard: Default::default(),
            steps: vec![StepChange {
                step: StepId(1),
                title: String::new(),
                attempt,
                worker,
                llm: false,
                hunks: [hunk(0), hunk(1)].into(),
                search: None,
            }],
        });
        run
    }

    /// What a run learns from what people say, one after the other: hits, misses and the note.
    fn check(said: &[Event]) -> (u32, u32, String) {
        let (mut run, mut known) = (run(), Vec::new());
        for event in said {
            machine::apply(&mut run, event);
            for lesson in told(&run, event, "", 0) {
                assert_eq!(
                    (lesson.worker.as_str(), &*lesson.failed),
                    ("mend", &["repair".to_owned()][..])
                );
                add(&mut known, lesson);
            }
        }
        let [lesson] = known.as_slice() else { panic!("{known:?}") };
        (lesson.hits, lesson.misses, lesson.note.clone())
    }

    #[test]
    fn what_is_said_hunk_by_hunk_is_said_once_of_its_change() {
        let accepted = |id: u64, at: usize| {
            let (acceptance, hunks) = (AcceptanceId(RunId(id)), [hunk(at)].into());
            Event::Accepted { acceptance, hunks, parts: vec![] }
        };
        let rejected = |at: usize, note: &str| {
            let (hunks, note) = ([hunk(at)].into(), note.to_owned());
            Event::HunksDecided { hunks, rejected: true, note }
        };
        assert_eq!(check(&[accepted(1, 0), accepted(2, 1)]), (1, 0, String::new()));
        assert_eq!(check(&[rejected(0, "too wide"), rejected(1, "")]), (0, 1, "too wide".into()));
        let back = Event::TakenBack { acceptance: AcceptanceId(RunId(1)) };
        assert_eq!(check(&[accepted(1, 0), back.clone()]), (1, 1, String::new()));
        let again = [accepted(1, 0), back, accepted(2, 0), rejected(1, "ugly")];
        assert_eq!(check(&again), (2, 2, "ugly".into()), "the reason stays with the change");
    }
}
