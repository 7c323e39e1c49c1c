//! What the dispatcher is asked: runs begin, end, wait, go on and are reviewed.

use std::slice;
use std::sync::Arc;

use super::{Dispatcher, Entry, Work, refused};
use crate::base::cancel::CancelToken;
use crate::base::ids::{QuestionId, RunId};
use crate::base::limits::ANSWER_BYTES_MAX;
use crate::engine::executor::refuse_doors;
use crate::engine::purse::Purse;
use crate::engine::recover::{self, Known};
use crate::engine::{Command, Notice};
use crate::io::clock;
use crate::io::run_lock::RunLock;
use crate::io::store::{Store, TreeFile};
use crate::logic::{avoid, diff, machine, plan_check};
use crate::model::event::{Event, Planner};
use crate::model::failure::{Failure, FailureKind};
use crate::model::plan::Plan;
use crate::model::question::{About, Answer};
use crate::model::run::Goal;
use crate::model::snapshot::Buffer;

impl Dispatcher {
    pub(super) fn command(&mut self, command: Command) {
        let (id, done) = match command {
            Command::Start { id, mut goal, budget, buffers } => {
                avoid::add(&mut goal.avoid, self.runs.values().map(|entry| &entry.run));
                let heeded = heed_wish(&self.project.store, &mut goal);
                let (goal, at_ms) = (Box::new(goal), clock::now_ms());
                let begun = Event::RunRequested { id, goal, budget, at_ms };
                (id, heeded.and_then(|()| self.start(begun, buffers)))
            }
            Command::Cancel { id } => (id, self.cancel(id)),
            Command::Pause { id } => (id, self.steer(id, Event::Paused { at_ms: clock::now_ms() })),
            Command::Unpause { id } => {
                (id, self.steer(id, Event::Unpaused { at_ms: clock::now_ms() }))
            }
            Command::Approve { id, plan } => (id, self.approve(id, plan)),
            Command::Answer { id, question, answer } => (id, self.answer(id, question, answer)),
            Command::Resume { id, buffers } => (id, self.resume(id, buffers)),
            Command::CheckSubset { id, hunks } => (id, self.check_subset(id, hunks)),
            Command::Decide { id, hunks, rejected, note } => {
                (id, self.record(id, Event::HunksDecided { hunks, rejected, note }))
            }
            Command::Accepted { id, acceptance, hunks, parts } => {
                (id, self.record(id, Event::Accepted { acceptance, hunks, parts }))
            }
            Command::TakenBack { id, acceptance } => {
                (id, self.record(id, Event::TakenBack { acceptance }))
            }
        };
        if let Err(failure) = done {
            (self.listener)(&Notice::Refused { id, failure });
        }
    }

    fn start(&mut self, event: Event, buffers: Vec<Buffer>) -> Result<(), Failure> {
        let Some(run) = machine::begin(&event) else { return Ok(()) };
        let id = run.id;
        if self.runs.contains_key(&id) {
            return Err(refused(format!("run {id} exists already"), "Start it under a fresh id."));
        }
        let work = Some(self.take_over(id, buffers)?);
        self.project.journal.append(id, &event, clock::now_ms())?;
        let known = Known { run, review: None, interrupted: false, n_events: 1 };
        self.runs.insert(id, Entry { work, ..Entry::from(known) });
        (self.listener)(&Notice::Happened { id, event });
        self.publish(id);
        self.advance(id);
        Ok(())
    }

    fn resume(&mut self, id: RunId, buffers: Vec<Buffer>) -> Result<(), Failure> {
        let entry = self.known(id)?;
        if entry.run.is_finished() || entry.work.is_some() {
            return Err(refused(format!("run {id} was not interrupted"), "Start a new run."));
        }
        // Refused before anything is written, so that who trusts the project can still go on with it.
        let checks = entry.run.checks.clone();
        refuse_doors(&self.project, &checks)?;
        if self.adopt(id, buffers)? {
            self.record(id, Event::Resumed { at_ms: clock::now_ms() })
                .inspect_err(|_| self.let_go(id))?;
            if self.known(id)?.run.paused_ms.is_some() {
                self.record(id, Event::Unpaused { at_ms: clock::now_ms() })?;
            }
            self.advance(id);
        }
        Ok(())
    }

    /// Takes over a run that this process does not work on, as it stands now: another process may have gone on with it
    /// since we looked. `false` when it is finished.
    fn adopt(&mut self, id: RunId, buffers: Vec<Buffer>) -> Result<bool, Failure> {
        let work = self.take_over(id, buffers)?;
        let events = self.project.journal.events(id)?;
        let fresh = recover::fold(&events);
        let run = fresh.map_or_else(|| self.known(id).map(|entry| entry.run.clone()), Ok)?;
        let review = recover::review(&self.project.records(), &run)?.map(Into::into);
        let goes_on = !run.is_finished();
        let work = Work { purse: Arc::new(Purse::with(run.spent)), ..work };
        let entry = self.known(id)?;
        entry.run = run;
        entry.n_events = events.len();
        entry.review = review;
        entry.work = goes_on.then_some(work);
        entry.interrupted = false;
        self.publish(id);
        Ok(goes_on)
    }

    fn let_go(&mut self, id: RunId) {
        if let Some(entry) = self.runs.get_mut(&id) {
            entry.work = None;
            entry.interrupted = true;
        }
    }

    fn take_over(&self, id: RunId, buffers: Vec<Buffer>) -> Result<Work, Failure> {
        let lock = RunLock::take(&self.project.dirs.state, id)?.ok_or_else(|| {
            refused(
                format!("another process works on run {id}"),
                "Wait for it, or end that process first.",
            )
        })?;
        let cancel = CancelToken::new();
        let (purse, buffers) = (Arc::default(), buffers.into());
        let stop = cancel.child();
        Ok(Work { _lock: lock, cancel, stop, buffers, purse, effects: Vec::new() })
    }

    fn cancel(&mut self, id: RunId) -> Result<(), Failure> {
        let entry = self.known(id)?;
        if entry.run.is_finished() {
            self.cancel_subsets(id);
            return Ok(());
        }
        let is_ours = entry.work.is_some();
        let may_stop = machine::may_stop(&entry.run);
        let wanted = if may_stop { Event::StopRequested } else { Event::CancelRequested };
        if !is_ours && self.is_worked_on(id)? {
            // Whoever works on it hears of it through the journal.
            return self.record(id, wanted);
        }
        if is_ours && may_stop {
            return self.steer(id, wanted);
        }
        // An interrupted run may be given up without being taken up again.
        if !is_ours && !self.adopt(id, Vec::new())? {
            return Ok(());
        }
        self.end(id, Event::CancelRequested)
    }

    /// Records why a run ends early, and ends what it is doing.
    pub(super) fn end(&mut self, id: RunId, event: Event) -> Result<(), Failure> {
        self.record(id, event)?;
        if let Some(work) = &self.known(id)?.work {
            work.cancel.cancel();
        }
        self.drop_waiting(id);
        self.advance(id);
        Ok(())
    }

    /// Records what a person wants of a run that goes on; another process that works on it hears of it through the journal.
    pub(super) fn steer(&mut self, id: RunId, event: Event) -> Result<(), Failure> {
        if self.known(id)?.run.is_finished() {
            return Err(refused(format!("run {id} has ended"), "Start a new run."));
        }
        self.record(id, event)?;
        self.advance(id);
        Ok(())
    }

    /// Says yes to the plan where that is asked; with another plan only where that can be carried out.
    fn approve(&mut self, id: RunId, plan: Option<Plan>) -> Result<(), Failure> {
        if let Some(plan) = plan {
            self.set_plan(id, plan)?;
        }
        let open = self.known(id)?.run.open_questions().map(|asked| &asked.question);
        // A yes to the plan is none to a step.
        let open = open.filter(|open| open.about == About::Plan);
        let open: Vec<QuestionId> = open.map(|open| open.id).collect();
        open.into_iter().try_for_each(|question| self.answer(id, question, Answer::Yes))
    }

    /// A plan that cannot be carried out is refused.
    fn set_plan(&mut self, id: RunId, plan: Plan) -> Result<(), Failure> {
        let facts = plan_check::Facts::of(&self.known(id)?.run);
        if let Some(flaw) =
            plan_check::flaws(&plan, &facts.known()).into_iter().find(|flaw| flaw.is_error)
        {
            return Err(Failure::new(FailureKind::Refused, flaw.message, flaw.hint));
        }
        let plan = Box::new(plan);
        self.steer(id, Event::PlanMade { plan, by: Planner::Person, lessons: Vec::new() })
    }

    /// Whether this is still to be answered, and so.
    fn may_answer(
        &mut self,
        id: RunId,
        question: QuestionId,
        answer: &Answer,
    ) -> Result<(), Failure> {
        let run = &self.known(id)?.run;
        let mut open = run.open_questions().map(|asked| &asked.question);
        let Some(open) = open.find(|open| open.id == question) else {
            let hint = "See `greenloop show` or the run's page for what is open.";
            return Err(refused(format!("run {id} has no open question {question}"), hint));
        };
        if !machine::fits(open, answer) {
            let hint = if open.inquiry.is_some() { "Say it in words." } else { "Say yes or no." };
            return Err(refused("this is no answer to what is asked".to_owned(), hint));
        }
        let is_feedback = open.about == About::Plan && matches!(answer, Answer::Said { .. });
        let is_planned_by_model = !run.goal.text.is_empty() && !run.planners.is_empty();
        if is_feedback && !(is_planned_by_model && machine::may_ask(run, None)) {
            let hint = "Say yes or no, or edit the plan in an editor.";
            return Err(refused("no model plans this anew".to_owned(), hint));
        }
        if let Answer::Said { text } = answer
            && (text.trim().is_empty() || text.len() > ANSWER_BYTES_MAX)
        {
            let message = format!("an answer has 1 to {ANSWER_BYTES_MAX} bytes");
            return Err(refused(message, "Say it in fewer words, or in any."));
        }
        Ok(())
    }

    fn answer(&mut self, id: RunId, question: QuestionId, answer: Answer) -> Result<(), Failure> {
        self.may_answer(id, question, &answer)?;
        if self.known(id)?.work.is_none() && !self.is_worked_on(id)? {
            // Whoever answers a run that nobody works on goes on with it, unless it is too late.
            self.resume(id, Vec::new())?;
            self.end_overdue();
            self.may_answer(id, question, &answer)?;
        }
        self.steer(id, Event::Answered { question, answer, at_ms: clock::now_ms() })
    }
}

/// What a person wishes for is avoided no longer, whatever it has in common with what was rejected.
fn heed_wish(store: &Store, goal: &mut Goal) -> Result<(), Failure> {
    let Some(wish) = &goal.wish else { return Ok(()) };
    let text = |file: Option<TreeFile>| -> Result<String, Failure> {
        let bytes = file.map(|file| store.blob(&file.blob)).transpose()?.unwrap_or_default();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    for change in store.changes(&wish.base, &wish.tree)? {
        let hunks = diff::hunks(&text(change.before)?, &text(change.after)?);
        let is_wished =
            |avoid: &_| avoid::avoided(slice::from_ref(avoid), &change.path, &hunks).is_some();
        goal.avoid.retain(|avoid| !is_wished(avoid));
    }
    Ok(())
}
