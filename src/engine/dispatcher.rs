//! The loop that owns every run: input → event → journal → fold → decide → effects → listener. Nobody else changes a
//! run, and nothing changes that is not in the journal first.

mod deadlines;
mod others;
mod subsets;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Instant;

use self::subsets::Checking;
use super::executor::{Project, Task, execute, failed};
use super::recover::{self, Known};
use super::{Command, Listener, Notice, Review, RunView};
use crate::base::cancel::CancelToken;
use crate::base::ids::{RunId, TreeId};
use crate::base::limits;
use crate::io::clock;
use crate::io::run_lock::RunLock;
use crate::io::worker::Progress;
use crate::logic::machine::{self, Effect, Next};
use crate::model::event::Event;
use crate::model::failure::{Failure, FailureKind};
use crate::model::run::{Outcome, Phase, Run};
use crate::model::snapshot::Buffer;

pub(super) enum Input {
    Command(Command),
    Progress {
        run: RunId,
        progress: Progress,
    },
    /// An effect came back.
    Done {
        run: RunId,
        event: Event,
    },
    Stop,
}

pub(super) struct Dispatcher {
    project: Arc<Project>,
    inputs: SyncSender<Input>,
    listener: Listener,
    runs: BTreeMap<RunId, Entry>,
    /// Effects waiting for a slot.
    waiting: VecDeque<(RunId, Effect)>,
    n_working: usize,
    /// When we last looked what other processes did.
    looked: Instant,
}

/// A run in memory with what belongs to this process's work on it.
struct Entry {
    run: Run,
    review: Option<Arc<Review>>,
    /// `None` when no process works on it, or another one does.
    work: Option<Work>,
    interrupted: bool,
    checking: Vec<Checking>,
    /// Events in the journal that are in `run`.
    n_events: usize,
}

struct Work {
    /// Held for its lock.
    _lock: RunLock,
    cancel: CancelToken,
    buffers: Arc<[Buffer]>,
    has_effect: bool,
}

impl Dispatcher {
    pub(super) fn new(
        project: Arc<Project>,
        inputs: SyncSender<Input>,
        listener: Listener,
        known: Vec<Known>,
    ) -> Dispatcher {
        let runs = known.into_iter().map(|known| (known.run.id, known.into())).collect();
        let (waiting, looked) = (VecDeque::new(), Instant::now());
        Dispatcher { project, inputs, listener, runs, waiting, n_working: 0, looked }
    }

    /// Runs until told to stop; then every process of ours ends.
    pub(super) fn run(mut self, inputs: &Receiver<Input>) {
        if let Some(pid) = self.project.presence.other() {
            (self.listener)(&Notice::Shared { pid });
        }
        let known: Vec<RunId> = self.runs.keys().copied().collect();
        known.into_iter().for_each(|id| self.publish(id));
        loop {
            match inputs.recv_timeout(self.until_deadline().min(limits::OTHERS_WATCH_EVERY)) {
                Ok(Input::Command(command)) => self.command(command),
                Ok(Input::Progress { run, progress }) => self.progress(run, progress),
                Ok(Input::Done { run, event }) => self.done(run, event),
                Ok(Input::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.end_overdue();
            self.look_at_others();
        }
        self.stop(inputs);
    }

    fn command(&mut self, command: Command) {
        let (id, done) = match command {
            Command::Start { id, goal, budget, buffers } => (
                id,
                self.start(
                    Event::RunRequested { id, goal, budget, at_ms: clock::now_ms() },
                    buffers,
                ),
            ),
            Command::Cancel { id } => (id, self.cancel(id)),
            Command::Resume { id, buffers } => (id, self.resume(id, buffers)),
            Command::CheckSubset { id, hunks } => (id, self.check_subset(id, hunks)),
            Command::Decide { id, hunks, rejected } => {
                (id, self.record(id, Event::HunksDecided { hunks, rejected }))
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
        if self.adopt(id, buffers)? {
            self.record(id, Event::Resumed { at_ms: clock::now_ms() })
                .inspect_err(|_| self.let_go(id))?;
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
        let review = recover::review(&self.project, &run)?.map(Into::into);
        let goes_on = !run.is_finished();
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
        Ok(Work { _lock: lock, cancel, buffers: buffers.into(), has_effect: false })
    }

    fn cancel(&mut self, id: RunId) -> Result<(), Failure> {
        let entry = self.known(id)?;
        if entry.run.is_finished() {
            self.cancel_subsets(id);
            return Ok(());
        }
        // An interrupted run may be given up without being taken up again.
        if entry.work.is_none() && !self.adopt(id, Vec::new())? {
            return Ok(());
        }
        self.end(id, Event::CancelRequested)
    }

    /// Records why a run ends early, and ends what it is doing.
    fn end(&mut self, id: RunId, event: Event) -> Result<(), Failure> {
        self.record(id, event)?;
        if let Some(work) = &self.known(id)?.work {
            work.cancel.cancel();
        }
        self.waiting.retain(|(run, effect)| *run != id || is_subset(effect));
        self.advance(id);
        Ok(())
    }

    fn progress(&self, id: RunId, progress: Progress) {
        if self.runs.get(&id).is_some_and(|entry| entry.work.is_some()) {
            (self.listener)(&Notice::Progress { id, progress });
        }
    }

    /// An effect came back: its event counts unless the run ended meanwhile.
    fn done(&mut self, id: RunId, event: Event) {
        self.n_working -= 1;
        if matches!(event, Event::SubsetChecked { .. }) {
            self.subset_checked(id, event);
        } else if let Some(work) = self.runs.get_mut(&id).and_then(|entry| entry.work.as_mut()) {
            work.has_effect = false;
            match self.record(id, event) {
                Ok(()) => self.advance(id),
                Err(failure) => self.abandon(id, failure),
            }
        }
        self.start_waiting();
    }

    /// Follows the policy until the run waits for an effect or rests.
    fn advance(&mut self, id: RunId) {
        loop {
            let Some(entry) = self.runs.get_mut(&id) else { return };
            let Some(work) = &mut entry.work else { return };
            match machine::decide(&entry.run) {
                Next::Record(event) => {
                    if let Err(failure) = self.record(id, event) {
                        return self.abandon(id, failure);
                    }
                }
                Next::Do(effect) => {
                    if !work.has_effect {
                        work.has_effect = true;
                        self.waiting.push_back((id, effect));
                        self.start_waiting();
                    }
                    return;
                }
                Next::Rest => {
                    entry.work = None;
                    return;
                }
            }
        }
    }

    fn start_waiting(&mut self) {
        while self.n_working < limits::EFFECTS_AT_ONCE_MAX
            && let Some((id, effect)) = self.next_waiting()
        {
            let Some(entry) = self.runs.get(&id) else { continue };
            let asked = |tree: &TreeId| entry.checking.iter().find(|asked| asked.tree == *tree);
            let needs = match (&effect, &entry.work) {
                (Effect::CheckSubset { tree, .. }, _) => {
                    asked(tree).map(|asked| (Arc::default(), asked.cancel.clone()))
                }
                (_, work) => work.as_ref().map(|work| (work.buffers.clone(), work.cancel.clone())),
            };
            let Some((buffers, cancel)) = needs else { continue };
            let task = Task { run: entry.run.clone(), effect, buffers, cancel };
            self.n_working += 1;
            self.spawn(id, task);
        }
    }

    /// Runs go before the checks of parts, which nobody's wall time waits for.
    fn next_waiting(&mut self) -> Option<(RunId, Effect)> {
        let of_run = self.waiting.iter().position(|(_, effect)| !is_subset(effect));
        self.waiting.remove(of_run.unwrap_or(0))
    }

    fn spawn(&mut self, id: RunId, task: Task) {
        let (project, inputs) = (self.project.clone(), self.inputs.clone());
        let effect = task.effect.clone();
        let body = move || {
            let progress = |progress| {
                // A full queue means that people are told enough already.
                drop(inputs.try_send(Input::Progress { run: id, progress }));
            };
            let event = execute(&project, &task, &progress);
            // Fails only when the dispatcher is gone, and with it everyone who could be told.
            drop(inputs.send(Input::Done { run: id, event }));
        };
        if let Err(error) = std::thread::Builder::new().name(format!("run {id}")).spawn(body) {
            let failure = Failure::environment(
                format!("a thread cannot be started: {error}"),
                "Free memory or processes.",
            );
            self.done(id, failed(&effect, failure));
        }
    }

    /// Journal first, then memory, then everyone else.
    fn record(&mut self, id: RunId, event: Event) -> Result<(), Failure> {
        self.known(id)?;
        self.project.journal.append(id, &event, clock::now_ms())?;
        let entry = self.known(id)?;
        machine::apply(&mut entry.run, &event);
        entry.n_events += 1;
        if matches!(event, Event::ProposalMade { .. } | Event::HunksDecided { .. }) {
            let run = entry.run.clone();
            let review = recover::review(&self.project, &run)?;
            self.known(id)?.review = review.map(Into::into);
        }
        (self.listener)(&Notice::Happened { id, event });
        self.publish(id);
        Ok(())
    }

    /// The journal cannot be written: the run stops here, in memory only, and people are told why.
    fn abandon(&mut self, id: RunId, failure: Failure) {
        if let Some(entry) = self.runs.get_mut(&id) {
            entry.run.phase = Phase::Finished(Outcome::Failed { failure });
            if let Some(work) = entry.work.take() {
                work.cancel.cancel();
            }
        }
        self.publish(id);
    }

    fn known(&mut self, id: RunId) -> Result<&mut Entry, Failure> {
        self.runs.get_mut(&id).ok_or_else(|| {
            refused(format!("there is no run {id}"), "Ask for the status to see the known runs.")
        })
    }

    fn publish(&self, id: RunId) {
        if let Some(Entry { run, review, interrupted, checking, .. }) = self.runs.get(&id) {
            let view = RunView {
                run: run.clone(),
                interrupted: *interrupted,
                review: review.clone(),
                checking: checking.iter().map(|asked| asked.hunks.clone()).collect(),
            };
            (self.listener)(&Notice::Changed(Arc::new(view)));
        }
    }

    /// Ends every process of ours and waits for the threads that hold them. Runs stay unfinished in the journal, so
    /// that they can be resumed.
    fn stop(mut self, inputs: &Receiver<Input>) {
        for entry in self.runs.values() {
            entry.work.iter().for_each(|work| work.cancel.cancel());
            entry.checking.iter().for_each(|asked| asked.cancel.cancel());
        }
        while self.n_working > 0 {
            match inputs.recv_timeout(limits::STOP_WAIT) {
                Ok(Input::Done { .. }) => self.n_working -= 1,
                Ok(Input::Command(_) | Input::Progress { .. } | Input::Stop) => {}
                Err(_) => return,
            }
        }
    }
}

fn is_subset(effect: &Effect) -> bool {
    matches!(effect, Effect::CheckSubset { .. })
}

fn refused(message: String, hint: &str) -> Failure {
    Failure::new(FailureKind::Refused, message, hint)
}
