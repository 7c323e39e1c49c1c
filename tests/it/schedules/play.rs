//! One schedule: what the engine does around a run's policy, in a world of words.

use greenloop::base::ids::{AttemptId, RunId, StepId, TreeId};
use greenloop::base::limits::EFFECTS_AT_ONCE_MAX;
use greenloop::logic::machine::{self, Due, Effect, Next, apply, decide};
use greenloop::model::approval::{Approval, When};
use greenloop::model::budget::{AskedBudget, Budget, Expense};
use greenloop::model::check::{CheckEnd, CheckRun};
use greenloop::model::event::{Event, Planner, WorkResult};
use greenloop::model::failure::Failure;
use greenloop::model::plan::{Plan, Step};
use greenloop::model::question::{Answer, Inquiry};
use greenloop::model::report::TestReport;
use greenloop::model::run::{Goal, Run};
use greenloop::model::snapshot::Snapshot;
use greenloop::model::transcript::Usage;
use greenloop::model::worker::{Worker, WorkerKind};

use super::people::People;
use super::rules;
use super::world::{self, Edits};
use crate::rng::Rng;

/// More than any schedule takes.
const HAPPENINGS_MAX: usize = 2_000;

pub struct Play {
    pub rng: Rng,
    pub now: u64,
    pub run: Run,
    pub events: Vec<Event>,
    /// Red tests, one a step, from 1.
    pub n_red: u32,
    /// How likely who works or plans asks something first, in percent.
    asks: usize,
    /// Effects being carried out, with when they come back.
    working: Vec<(u64, Effect)>,
    waiting: Vec<Effect>,
    people: People,
    trace: Vec<String>,
}

/// Plays the schedule of a seed to its end. `Err` says which rule was broken, with all that happened.
pub fn schedule(seed: u64) -> Result<&'static str, String> {
    let mut play = Play::new(seed);
    let done = play.go();
    done.map_err(|fault| format!("seed {seed}: {fault}\n{}", play.trace.join("\n")))
}

impl Play {
    fn new(seed: u64) -> Play {
        let mut rng = Rng::new(seed);
        let n_red = rng.between(1, 6) as u32;
        let asked = AskedBudget {
            attempts_max: Some(rng.between(1, 4) as u32),
            wall_ms_max: Some(rng.between(200, 8_000) as u64),
        };
        let goal = Goal { plan_first: rng.percent(20), ..Goal::default() };
        let begun =
            Event::RunRequested { id: RunId(seed), goal: Box::new(goal), budget: asked, at_ms: 0 };
        let run = machine::begin(&begun).unwrap();
        let people = People::new(&mut rng);
        let (events, trace) = (vec![begun], Vec::new());
        let (working, waiting) = (Vec::new(), Vec::new());
        let asks = rng.pick(&[0, 10, 40]).copied().unwrap_or_default();
        Play { rng, now: 0, run, events, n_red, asks, working, waiting, people, trace }
    }

    fn go(&mut self) -> Result<&'static str, String> {
        self.advance()?;
        for _ in 0..HAPPENINGS_MAX {
            if let Some(outcome) = self.run.outcome() {
                rules::ended(self, outcome)?;
                return Ok(outcome.word());
            }
            self.happen()?;
        }
        Err("it does not come to an end".into())
    }

    /// Whatever comes next: a person, a deadline, or an effect that comes back.
    fn happen(&mut self) -> Result<(), String> {
        if let Some(act) = self.people.act(&mut self.rng, &self.run) {
            return self.person(act);
        }
        if self.working.is_empty() && !machine::waits_for_people(&self.run) {
            return Err("nothing is under way, and nobody is waited for".into());
        }
        let due = machine::deadlines(&self.run).into_iter().min_by_key(|(_, at)| *at);
        let back = (0..self.working.len()).min_by_key(|place| self.working[*place].0);
        match (due, back.map(|place| (self.working[place].0, place))) {
            (Some((due, at)), back) if back.is_none_or(|(then, _)| at <= then) => {
                self.now = self.now.max(at);
                self.due(due)
            }
            (_, Some((at, place))) => {
                self.now = self.now.max(at);
                let (_, effect) = self.working.remove(place);
                match effect {
                    Effect::Work { attempt } => self.call_models(Some(attempt))?,
                    Effect::Replan { .. } => self.call_models(None)?,
                    _ => {}
                }
                let event = self.answer(&effect);
                self.record(event)?;
                self.advance()
            }
            // Only people can make it go on, and they have gone home.
            (_, None) => self.end(Event::CancelRequested),
        }
    }

    fn due(&mut self, due: Due) -> Result<(), String> {
        let at_ms = self.now;
        match due {
            Due::Wall => self.end(Event::WallSpent),
            Due::Answer(question) => {
                self.record(Event::Answered { question, answer: Answer::Late, at_ms })?;
                self.advance()
            }
        }
    }

    fn person(&mut self, act: super::people::Act) -> Result<(), String> {
        use super::people::Act;

        self.now += self.rng.below(50) as u64;
        let at_ms = self.now;
        while let Some((due, _)) =
            machine::deadlines(&self.run).into_iter().find(|(_, at)| *at <= self.now)
        {
            self.due(due)?;
            if self.run.is_finished() {
                return Ok(());
            }
        }
        match act {
            Act::Cancel if machine::may_stop(&self.run) => self.record(Event::StopRequested)?,
            Act::Cancel => return self.end(Event::CancelRequested),
            Act::Pause => self.record(Event::Paused { at_ms })?,
            Act::Unpause => self.record(Event::Unpaused { at_ms })?,
            Act::Answer(question, answer) => {
                self.record(Event::Answered { question, answer, at_ms })?;
            }
            Act::Edit => {
                if let Some(plan) = self.run.plan.clone() {
                    let plan = self.edited(plan);
                    self.record(Event::PlanMade {
                        plan: Box::new(plan),
                        by: Planner::Person,
                        lessons: vec![],
                    })?;
                }
            }
            Act::Kill => {
                self.working.clear();
                self.waiting.clear();
                let mut folded = machine::begin(&self.events[0]).unwrap();
                self.events[1..].iter().for_each(|event| apply(&mut folded, event));
                if folded != self.run {
                    return Err("the journal tells of another run".into());
                }
                self.trace.push("killed".into());
                self.record(Event::Resumed { at_ms })?;
            }
        }
        self.advance()
    }

    fn end(&mut self, event: Event) -> Result<(), String> {
        self.record(event)?;
        self.waiting.clear();
        self.advance()
    }

    fn record(&mut self, event: Event) -> Result<(), String> {
        let before = self.run.clone();
        apply(&mut self.run, &event);
        self.trace.push(format!("{:>6} {}", self.now, told(&event)));
        self.events.push(event);
        rules::happened(self, &before)
    }

    fn advance(&mut self) -> Result<(), String> {
        for _ in 0..HAPPENINGS_MAX {
            match decide(&self.run) {
                Next::Record(event) => self.record(event)?,
                Next::Ask(question) => {
                    let at_ms = self.now;
                    self.record(Event::Asked { question, at_ms })?;
                }
                Next::Do(effects) => {
                    for effect in effects {
                        let is_known = self.working.iter().any(|(_, known)| *known == effect);
                        if !is_known && !self.waiting.contains(&effect) {
                            self.waiting.push(effect);
                        }
                    }
                    self.start_waiting();
                    return rules::at_work(self, self.working.iter().map(|(_, effect)| effect));
                }
                Next::Rest => return Ok(()),
            }
        }
        Err("it decides for ever".into())
    }

    fn start_waiting(&mut self) {
        while self.working.len() < EFFECTS_AT_ONCE_MAX && !self.waiting.is_empty() {
            let effect = self.waiting.remove(0);
            let is_slow = matches!(effect, Effect::Work { .. }) && self.rng.percent(3);
            let took = if is_slow { 100_000_000 } else { self.rng.between(1, 600) };
            self.working.push((self.now + took as u64, effect));
        }
    }

    /// What becomes of an effect.
    fn answer(&mut self, effect: &Effect) -> Event {
        if self.rng.percent(1) && self.rng.percent(30) {
            let failure = Failure::environment("the disk is full".to_owned(), "Free some space.");
            return Event::EffectFailed { failure };
        }
        match effect {
            Effect::TakeSnapshot => self.snapshot(),
            Effect::RunBaseline => Event::BaselineTaken { runs: vec![self.checked(&Edits::new())] },
            Effect::Plan => self.plan(),
            Effect::Replan { step } => self.replan(*step),
            Effect::Work { attempt } => self.work(*attempt),
            Effect::Verify { attempt, tree, onto } => self.verify(*attempt, tree, onto.as_ref()),
            Effect::CheckSubset { .. } => unreachable!("nobody asks for parts here"),
        }
    }

    fn snapshot(&mut self) -> Event {
        let command = |name: &str| Worker {
            name: name.into(),
            llm: true,
            kind: WorkerKind::Command { argv: Vec::new(), dir: Default::default(), timeout_ms: 1 },
        };
        let kind = WorkerKind::Model { models: Vec::new() };
        let model = Worker { name: "model".into(), llm: true, kind };
        let mut workers = vec![Worker::repair(), command("cheap"), command("dear")];
        if self.rng.percent(50) {
            workers[2] = model;
        }
        workers.truncate(self.rng.between(1, 3));
        let budget = Budget {
            checks_max: self.rng.percent(20).then(|| self.rng.between(1, 8) as u32),
            lines_max: self.rng.percent(10).then(|| self.rng.between(1, 6) as u32),
            tokens_max: self.rng.percent(30).then(|| self.rng.between(1, 2_000) as u64),
            steps_at_once: self.rng.between(1, 3) as u32,
            ..self.run.budget
        };
        let mut when = || if self.rng.percent(15) { When::Always } else { When::Never };
        let (plan, steps) = (when(), when());
        let wait_ms = self.rng.percent(50).then(|| self.rng.between(10, 2_000) as u64);
        let plans_anew = self.rng.percent(50);
        let tree = world::tree(&Edits::new());
        Event::SnapshotTaken {
            snapshot: Snapshot { tree, n_files: 1, unsaved: Vec::new(), warnings: Vec::new() },
            checks: vec![world::check()],
            budget: Box::new(budget),
            notes: Vec::new(),
            left_out: Vec::new(),
            workers,
            planners: if plans_anew { vec![world::planner()] } else { Vec::new() },
            guard: Box::default(),
            approval: Box::new(Approval { plan, steps, wait_ms, ..Approval::default() }),
        }
    }

    /// A step for every red test; some wait for an earlier one, now and then for a later one, which is a circle.
    fn plan(&mut self) -> Event {
        if self.rng.percent(self.asks) {
            return Event::PlanAsks { inquiry: inquiry() };
        }
        let n_red = self.n_red;
        let steps: Vec<(u32, Vec<u32>, bool)> = (1..=n_red)
            .map(|id| {
                let mut after = Vec::new();
                if id > 1 && self.rng.percent(30) {
                    after.push(self.rng.between(1, id as usize - 1) as u32);
                }
                if self.rng.percent(2) {
                    after.push(n_red);
                }
                (id, after, self.rng.percent(4))
            })
            .collect();
        Event::PlanMade {
            plan: Box::new(world::plan(&steps)),
            by: Planner::BuiltIn,
            lessons: vec![],
        }
    }

    /// A plan that somebody edited: a step is left out or not, waits for others, or may change other files.
    fn edited(&mut self, mut plan: Plan) -> Plan {
        let place = self.rng.below(plan.steps.len());
        let before: Vec<StepId> = plan.steps[..place].iter().map(|step| step.id).collect();
        let step = &mut plan.steps[place];
        match self.rng.below(4) {
            0 => step.after = self.rng.pick(&before).copied().into_iter().collect(),
            1 => step.scope = vec![format!("f{}*", step.id)],
            2 => step.scope.clear(),
            _ => step.skip = !step.skip,
        }
        plan
    }

    /// Other steps in place of one; none where nobody knows better.
    fn replan(&mut self, old: StepId) -> Event {
        let (tests, n) = (machine::tests(&self.run, old).to_vec(), self.rng.below(4) as u32);
        let step = |id: u32| Step {
            tests: if id == n { tests.clone() } else { Vec::new() },
            after: (id > 1 && self.rng.percent(50)).then_some(StepId(id - 1)).into_iter().collect(),
            ..Step::new(StepId(id), "another way")
        };
        let steps = (1..=n).map(step).collect();
        Event::Replanned { step: old, steps, by: "planner".into(), why: String::new() }
    }

    /// A model is called as long as what the run may spend on it allows.
    fn call_models(&mut self, attempt: Option<AttemptId>) -> Result<(), String> {
        if attempt.is_some_and(|id| !rules::is_by_model(&self.run, id)) {
            return Ok(());
        }
        for _ in 0..self.rng.below(5) {
            if self.run.budget.forbids_calls(&self.run.spent).is_some() {
                break;
            }
            let (input, output) = (self.rng.below(400) as u64, self.rng.below(100) as u64);
            let usage = Usage { input, output, ..Usage::default() };
            let on = Expense::Call { model: "m".into(), usage, cost: 0 };
            self.record(Event::Spent { attempt, on })?;
        }
        Ok(())
    }

    fn work(&mut self, id: AttemptId) -> Event {
        let attempt = self.run.attempts.iter().find(|attempt| attempt.id == id).unwrap();
        let step = world::number(&self.run, attempt.step);
        let begins_with = attempt.draft.as_ref().or(attempt.base.as_ref());
        let mut edits = begins_with.map(world::edits).unwrap_or_default();
        let tree = |edits: &Edits| world::tree(edits);
        let is_out = rules::is_by_model(&self.run, id)
            && self.run.budget.forbids_calls(&self.run.spent).is_some();
        if !is_out && self.rng.percent(self.asks) {
            edits.insert(format!("x{}", self.rng.below(6)));
            let result = WorkResult::Asks { inquiry: inquiry(), tree: tree(&edits) };
            return Event::AttemptFinished { attempt: id, result };
        }
        let kind = if is_out { 0 } else { self.rng.below(12) };
        let result = match kind {
            0 => WorkResult::Nothing { reason: "no idea".into(), search: None },
            1 => WorkResult::Refused { tree: tree(&edits), reason: "it changed a test".into() },
            // It says that it did something.
            2 => WorkResult::Changed { tree: tree(&edits), title: "done".into(), search: None },
            kind => {
                let number = self.rng.below(6);
                match kind {
                    3 => drop(edits.insert(format!("x{number}"))),
                    4 => {
                        edits.insert(format!("f{step}"));
                        edits.insert("b100".into());
                    }
                    5 => {
                        edits.insert(format!("f{step}"));
                        edits.insert(format!("b{}", number + 1));
                    }
                    6 | 7 => {
                        edits.insert(format!("f{step}"));
                        let place = format!("c{}=", number % 2);
                        edits.retain(|edit| !edit.starts_with(&place));
                        edits.insert(format!("{place}{step}"));
                    }
                    _ => drop(edits.insert(format!("f{step}"))),
                }
                WorkResult::Changed { tree: tree(&edits), title: "a change".into(), search: None }
            }
        };
        Event::AttemptFinished { attempt: id, result }
    }

    /// A run of the check, where the budget has one left.
    fn checked(&self, edits: &Edits) -> CheckRun {
        let run = world::run_check(edits, self.n_red);
        match self.run.budget.checks_max {
            Some(max) if self.run.spent.checks >= max => {
                let report = TestReport { cases: Vec::new(), complete: false };
                CheckRun { end: CheckEnd::OverBudget, report, ..run }
            }
            _ => run,
        }
    }

    fn verify(&mut self, id: AttemptId, left: &TreeId, onto: Option<&TreeId>) -> Event {
        let attempt = self.run.attempts.iter().find(|attempt| attempt.id == id).unwrap();
        let base = attempt.base.as_ref().map(world::edits).unwrap_or_default();
        let left_edits = world::edits(left);
        let own: Edits = left_edits.symmetric_difference(&base).cloned().collect();
        let merged = match onto {
            None => Some(left_edits),
            Some(onto) => world::merge(&base, &world::edits(onto), &left_edits),
        };
        let Some(merged) = merged else {
            return Event::MergeConflicted { attempt: id, paths: vec![Default::default()] };
        };
        let runs = match merged.is_empty() {
            true => Vec::new(),
            false => vec![self.checked(&merged)],
        };
        Event::VerifyFinished {
            attempt: id,
            tree: Some(world::tree(&merged)).filter(|tree| tree != left),
            runs,
            files: world::files(&merged),
            guard: Default::default(),
            changed: world::files(&own).into_iter().map(|file| file.path).collect(),
        }
    }
}

fn inquiry() -> Inquiry {
    Inquiry { by: "model".into(), text: "how?".into(), options: Vec::new() }
}

fn told(event: &Event) -> String {
    let text = format!("{event:?}");
    text.chars().take(140).collect()
}
