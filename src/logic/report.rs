//! Where the work of a project's runs went: time, attempts and people, by stage and by kind of step, and where it stalled.

mod page;

use std::collections::BTreeMap;

use crate::base::ids::{AttemptId, QuestionId, StepId};
use crate::logic::machine;
use crate::logic::report_parse::phase_scope;
use crate::logic::signature;
use crate::model::event::{Event, Planner};
use crate::model::plan::Step;
use crate::model::proposal::FileChange;
use crate::model::question::{About, Answer};
use crate::model::run::{AttemptResult, Outcome, Run};

pub use self::page::markdown;

/// Events of a run with the time of each, in milliseconds since 1970.
pub type History = Vec<(u64, Event)>;

/// What takes time in a run. Steps at work at once count each for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Snapshot,
    Baseline,
    Plan,
    Work,
    /// Waiting for a turn at the checks included.
    Checks,
    /// Until a question was answered.
    Question,
    /// From the proposal to the first decision about it.
    Review,
}

/// What was spent on one stage or kind of step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    pub n: usize,
    pub ms: u64,
}

/// Steps of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    pub n: usize,
    pub n_done: usize,
    pub n_attempts: usize,
    /// Green at the first attempt.
    pub n_at_once: usize,
    /// Questions about them.
    pub n_asked: usize,
}

/// What people did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct People {
    pub n_yes: usize,
    pub n_no: usize,
    pub n_said: usize,
    pub n_late: usize,
    pub n_cancelled: usize,
    pub n_resumed: usize,
    /// Plans that they changed.
    pub n_plans: usize,
}

/// What became of proposed changes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acceptance {
    pub n_proposed: usize,
    pub n_accepted: usize,
    pub n_rejected: usize,
    /// Accepted and taken back.
    pub n_taken_back: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    pub n_runs: usize,
    pub outcomes: BTreeMap<&'static str, usize>,
    pub stages: BTreeMap<Stage, Spent>,
    /// By who runs the tests of a step, or what else is wrong in it.
    pub kinds: BTreeMap<String, Steps>,
    /// Work by worker.
    pub workers: BTreeMap<String, Spent>,
    /// Why attempts were not green and runs did not go on, without what differs from one to the next.
    pub stalls: BTreeMap<String, usize>,
    pub people: People,
    pub acceptance: Acceptance,
}

/// The report on these runs.
pub fn report(histories: &[History]) -> Report {
    let mut report = Report::default();
    for history in histories {
        let mut events = history.iter().map(|(_, event)| event);
        let Some(mut run) = events.next().and_then(machine::begin) else { continue };
        events.for_each(|event| machine::apply(&mut run, event));
        report.n_runs += 1;
        report.add_times(history);
        report.add_steps(&run);
        report.add_end(&run);
    }
    report
}

impl Report {
    fn spend(&mut self, stage: Stage, ms: u64) {
        let spent = self.stages.entry(stage).or_default();
        spent.n += 1;
        spent.ms += ms;
    }

    fn worked(&mut self, worker: String, ms: u64) {
        self.spend(Stage::Work, ms);
        let spent = self.workers.entry(worker).or_default();
        spent.n += 1;
        spent.ms += ms;
    }

    /// What was at work when a run ended counts until then.
    fn stopped(&mut self, since: &mut Since, at: u64, gap: u64) {
        if let Some(stage) = since.beginning.take() {
            self.spend(stage, gap);
        }
        for (begun, worker) in std::mem::take(&mut since.work).into_values() {
            self.worked(worker, at.saturating_sub(begun));
        }
        for begun in std::mem::take(&mut since.checks).into_values() {
            self.spend(Stage::Checks, at.saturating_sub(begun));
        }
    }

    fn add_times(&mut self, history: &History) {
        let mut since = Since::default();
        let mut before = history.first().map_or(0, |(at, _)| *at);
        for (at, event) in history {
            let (at, gap) = (*at, at.saturating_sub(before));
            match event {
                Event::RunRequested { .. } => since.beginning = Some(Stage::Snapshot),
                Event::SnapshotTaken { .. } => {
                    since.beginning = Some(Stage::Baseline);
                    self.spend(Stage::Snapshot, gap);
                }
                Event::BaselineTaken { .. } => {
                    since.beginning = None;
                    self.spend(Stage::Baseline, gap);
                }
                Event::PlanMade { by, .. } => match by {
                    Planner::BuiltIn | Planner::Model(_) => self.spend(Stage::Plan, gap),
                    Planner::Person => self.people.n_plans += 1,
                },
                Event::AttemptStarted { attempt, worker, .. } => {
                    since.work.insert(*attempt, (at, worker.clone()));
                }
                Event::AttemptFinished { attempt, .. } => {
                    if let Some((begun, worker)) = since.work.remove(attempt) {
                        self.worked(worker, at.saturating_sub(begun));
                    }
                    since.checks.insert(*attempt, at);
                }
                Event::VerifyFinished { attempt, .. } | Event::MergeConflicted { attempt, .. } => {
                    if let Some(begun) = since.checks.remove(attempt) {
                        self.spend(Stage::Checks, at.saturating_sub(begun));
                    }
                }
                // Without the checks, where there was nothing to check.
                Event::AttemptJudged { attempt, .. } => drop(since.checks.remove(attempt)),
                Event::Asked { question, .. } => drop(since.asked.insert(question.id, at)),
                Event::Answered { question, answer, .. } => {
                    if let Some(asked) = since.asked.remove(question) {
                        self.spend(Stage::Question, at.saturating_sub(asked));
                    }
                    match answer {
                        Answer::Yes => self.people.n_yes += 1,
                        Answer::No { .. } => self.people.n_no += 1,
                        Answer::Said { .. } => self.people.n_said += 1,
                        Answer::Late => self.people.n_late += 1,
                    }
                }
                Event::ProposalMade { .. } => since.proposed = Some(at),
                Event::Accepted { .. } | Event::HunksDecided { .. } => {
                    if let Some(proposed) = since.proposed.take() {
                        self.spend(Stage::Review, at.saturating_sub(proposed));
                    }
                }
                Event::StopRequested => self.people.n_cancelled += 1,
                Event::CancelRequested => {
                    self.people.n_cancelled += 1;
                    self.stopped(&mut since, at, gap);
                }
                Event::Finished { .. } => self.stopped(&mut since, at, gap),
                Event::Resumed { .. } => {
                    self.people.n_resumed += 1;
                    since.pass(gap);
                }
                _ => {}
            }
            before = at;
        }
    }

    fn add_steps(&mut self, run: &Run) {
        let Some(plan) = &run.plan else { return };
        let states = machine::states(run, plan);
        for step in &plan.steps {
            let of_step = || run.attempts.iter().filter(|attempt| attempt.step == step.id);
            let is_done = matches!(states.get(&step.id), Some(machine::StepState::Done { .. }));
            let first = of_step().next().and_then(|attempt| attempt.result.as_ref());
            let steps = self.kinds.entry(kind(run, step)).or_default();
            steps.n += 1;
            steps.n_done += usize::from(is_done);
            steps.n_attempts += of_step().count();
            steps.n_at_once += usize::from(first == Some(&AttemptResult::Green));
            steps.n_asked += asked_about(run, step.id);
        }
        let reasons = run.attempts.iter().filter_map(|attempt| match attempt.result.as_ref()? {
            AttemptResult::Red { reason } | AttemptResult::Nothing { reason } => Some(reason),
            AttemptResult::Green => None,
        });
        for reason in reasons {
            *self.stalls.entry(stalled(reason)).or_default() += 1;
        }
    }

    /// Why a run did not go on for another reason than its attempts.
    fn add_stall(&mut self, run: &Run) {
        let why = match run.outcome() {
            Some(Outcome::Spent { reason }) => reason,
            Some(Outcome::Stuck { reason }) if run.attempts.is_empty() => reason,
            Some(Outcome::Failed { failure }) => &failure.message,
            _ => return,
        };
        *self.stalls.entry(stalled(why)).or_default() += 1;
    }

    fn add_end(&mut self, run: &Run) {
        self.add_stall(run);
        let word = run.outcome().map_or("not-ended", Outcome::word);
        *self.outcomes.entry(word).or_default() += 1;
        let Some(proposal) = &run.proposal else { return };
        let acceptance = &mut self.acceptance;
        acceptance.n_proposed += proposal.files.iter().map(FileChange::n_items).sum::<usize>();
        acceptance.n_rejected += run.rejected.len();
        for known in &run.acceptances {
            match known.undone {
                true => acceptance.n_taken_back += known.hunks.len(),
                false => acceptance.n_accepted += known.hunks.len(),
            }
        }
    }
}

/// When what is under way began.
#[derive(Default)]
struct Since {
    work: BTreeMap<AttemptId, (u64, String)>,
    checks: BTreeMap<AttemptId, u64>,
    asked: BTreeMap<QuestionId, u64>,
    proposed: Option<u64>,
    /// What comes before there is a plan.
    beginning: Option<Stage>,
}

impl Since {
    /// Lets time pass in which nobody was at work.
    fn pass(&mut self, ms: u64) {
        self.work.values_mut().for_each(|(begun, _)| *begun += ms);
        self.checks.values_mut().for_each(|begun| *begun += ms);
    }
}

fn asked_about(run: &Run, step: StepId) -> usize {
    let about = run.questions.iter().map(|asked| asked.question.about);
    about.filter(|about| *about == About::Step { step }).count()
}

/// What kind of step it is: a build that fails, findings, or the tests of a check.
fn kind(run: &Run, step: &Step) -> String {
    let Some(test) = step.tests.first() else { return "without tests".to_owned() };
    if phase_scope(&test.name).is_some() {
        return format!("{}: build", test.check);
    }
    let check = run.checks.iter().find(|check| check.id == test.check);
    check.map_or_else(|| test.check.to_string(), |check| check.id.to_string())
}

/// Why something stalled, the same for all that stalled alike: without names, numbers and what is behind a colon or what was
/// still red then.
fn stalled(reason: &str) -> String {
    let head = reason.split_once("; ").map_or(reason, |(head, _)| head);
    let head = head.split_once(':').map_or(head, |(head, _)| head);
    signature::named(head)
}

#[cfg(test)]
mod tests;
