//! The loop that owns every run: input → event → journal → fold → decide → effects → listener. Nobody else changes a
//! run, and nothing changes that is not in the journal first.

mod commands;
mod deadlines;
mod others;
mod subsets;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender};
use std::time::Instant;

use self::subsets::Checking;
use super::executor::{Project, Task, Teller, execute, failed};
use super::purse::Purse;
use super::recover::{self, Known};
use super::{Command, Listener, Notice, Review, RunView};
use crate::base::cancel::CancelToken;
use crate::base::ids::{RunId, TreeId};
use crate::base::limits;
use crate::io::clock;
use crate::io::lessons::Lessons;
use crate::io::run_lock::RunLock;
use crate::io::worker::Progress;
use crate::logic::lessons;
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
    /// Something happened on the way of an effect.
    Happened {
        run: RunId,
        event: Event,
    },
    /// An effect came back.
    Done {
        run: RunId,
        effect: Effect,
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
    /// Ends what workers do, and leaves what they have so far to be checked; raised by `cancel` too.
    stop: CancelToken,
    buffers: Arc<[Buffer]>,
    purse: Arc<Purse>,
    /// Effects that wait for a slot or are being carried out.
    effects: Vec<Effect>,
}

impl Work {
    /// What ends an effect.
    fn token(&self, effect: &Effect) -> CancelToken {
        if matches!(effect, Effect::Work { .. }) { self.stop.clone() } else { self.cancel.clone() }
    }
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
            let input = inputs.recv_timeout(self.until_deadline().min(limits::OTHERS_WATCH_EVERY));
            // What comes too late begins nothing.
            self.end_overdue();
            match input {
                Ok(Input::Command(command)) => self.command(command),
                Ok(Input::Progress { run, progress }) => self.progress(run, progress),
                Ok(Input::Happened { run, event }) => self.happened(run, event),
                Ok(Input::Done { run, effect, event }) => self.done(run, &effect, event),
                Ok(Input::Stop) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
            self.look_at_others();
        }
        self.stop(inputs);
    }

    fn progress(&self, id: RunId, progress: Progress) {
        if self.runs.get(&id).is_some_and(|entry| entry.work.is_some()) {
            (self.listener)(&Notice::Progress { id, progress });
        }
    }

    /// Counts unless the run ended meanwhile.
    fn happened(&mut self, id: RunId, event: Event) {
        if self.runs.get(&id).is_none_or(|entry| entry.work.is_none()) {
            return;
        }
        match self.record(id, event) {
            Ok(()) => self.advance(id),
            Err(failure) => self.abandon(id, failure),
        }
    }

    /// An effect came back: its event counts unless the run ended meanwhile.
    fn done(&mut self, id: RunId, effect: &Effect, event: Event) {
        self.n_working -= 1;
        if matches!(event, Event::SubsetChecked { .. }) {
            self.subset_checked(id, event);
        } else if let Some(entry) = self.runs.get_mut(&id)
            && let Some(work) = entry.work.as_mut()
        {
            work.effects.retain(|known| known != effect);
            // Work that counts for nothing any more may fail as it likes.
            if matches!(event, Event::EffectFailed { .. }) && !is_open(&entry.run, effect) {
                return self.start_waiting();
            }
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
                Next::Ask(question) => {
                    let asked = Event::Asked { question, at_ms: clock::now_ms() };
                    if let Err(failure) = self.record(id, asked) {
                        return self.abandon(id, failure);
                    }
                }
                Next::Do(effects) => {
                    for effect in effects {
                        if !work.effects.contains(&effect) {
                            work.effects.push(effect.clone());
                            self.waiting.push_back((id, effect));
                        }
                    }
                    return self.start_waiting();
                }
                Next::Rest => {
                    // Of steps that are done without it, a worker may still be at work.
                    entry.work.take().iter().for_each(|work| work.cancel.cancel());
                    return self.drop_waiting(id);
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
                    asked(tree).map(|asked| (Arc::default(), asked.cancel.clone(), Arc::default()))
                }
                (_, work) => work
                    .as_ref()
                    .map(|work| (work.buffers.clone(), work.token(&effect), work.purse.clone())),
            };
            let Some((buffers, cancel, purse)) = needs else { continue };
            let task = Task { run: entry.run.clone(), effect, buffers, cancel, purse };
            self.n_working += 1;
            self.spawn(id, task);
        }
    }

    /// Checks of what a worker left go first, because other steps wait for them; checks of parts go last, because nobody's
    /// wall time waits for them.
    fn next_waiting(&mut self) -> Option<(RunId, Effect)> {
        let rank = |effect: &Effect| match effect {
            Effect::Verify { .. } => 0,
            Effect::TakeSnapshot
            | Effect::RunBaseline
            | Effect::Plan
            | Effect::Replan { .. }
            | Effect::Work { .. } => 1,
            Effect::CheckSubset { .. } => 2,
        };
        let ranked = self.waiting.iter().enumerate();
        let (place, _) = ranked.min_by_key(|(place, (_, effect))| (rank(effect), *place))?;
        self.waiting.remove(place)
    }

    /// Takes out of the queue what a run does not want done any more.
    fn drop_waiting(&mut self, id: RunId) {
        self.waiting.retain(|(run, effect)| *run != id || is_subset(effect));
    }

    fn spawn(&mut self, id: RunId, task: Task) {
        let (project, inputs) = (self.project.clone(), self.inputs.clone());
        let effect = task.effect.clone();
        let body = move || {
            let progress = |progress| {
                // A full queue means that people are told enough already.
                drop(inputs.try_send(Input::Progress { run: id, progress }));
            };
            let record = |event| {
                // Fails only when the dispatcher is gone, and with it everyone who could be told.
                drop(inputs.send(Input::Happened { run: id, event }));
            };
            let event = execute(&project, &task, &Teller { progress: &progress, record: &record });
            // Fails only when the dispatcher is gone, and with it everyone who could be told.
            drop(inputs.send(Input::Done { run: id, effect: task.effect, event }));
        };
        if let Err(error) = std::thread::Builder::new().name(format!("run {id}")).spawn(body) {
            let failure = Failure::environment(
                format!("a thread cannot be started: {error}"),
                "Free memory or processes.",
            );
            self.done(id, &effect, failed(&effect, failure));
        }
    }

    /// Journal first, then memory, then everyone else.
    fn record(&mut self, id: RunId, event: Event) -> Result<(), Failure> {
        self.known(id)?;
        let seq = self.project.journal.append(id, &event, clock::now_ms())?;
        // What others added before it comes before it.
        self.catch_up(id, seq - 1)?;
        self.fold(id, event.clone())?;
        let project = self.project.clone();
        learn(&project, &self.known(id)?.run, &event);
        Ok(())
    }

    /// Takes an event in that is in the journal, and tells it.
    fn fold(&mut self, id: RunId, event: Event) -> Result<(), Failure> {
        let entry = self.known(id)?;
        machine::apply(&mut entry.run, &event);
        entry.n_events += 1;
        if event == Event::StopRequested {
            entry.work.iter().for_each(|work| work.stop.cancel());
        }
        if event == Event::CancelRequested {
            entry.work.iter().for_each(|work| work.cancel.cancel());
            self.drop_waiting(id);
        }
        if matches!(event, Event::ProposalMade { .. } | Event::HunksDecided { .. }) {
            let run = self.known(id)?.run.clone();
            let review = recover::review(&self.project.records(), &run)?;
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
                // What was spent by then is spent.
                Ok(Input::Happened { run, event }) => drop(self.record(run, event)),
                Err(_) => return,
            }
        }
    }
}

/// Keeps what a person's decision tells. What cannot be written is learned the next time.
fn learn(project: &Project, run: &Run, event: &Event) {
    let told = lessons::told(run, event, &project.dirs.root.to_string_lossy(), clock::now_ms());
    if !told.is_empty() {
        drop(Lessons::beside(&project.dirs.state).add(&told));
    }
}

/// Whether something comes of an effect: an attempt that was judged meanwhile is over.
fn is_open(run: &Run, effect: &Effect) -> bool {
    match effect {
        Effect::Work { attempt } | Effect::Verify { attempt, .. } => {
            let mut made = run.attempts.iter();
            made.any(|made| made.id == *attempt && made.result.is_none())
        }
        Effect::TakeSnapshot
        | Effect::RunBaseline
        | Effect::Plan
        | Effect::Replan { .. }
        | Effect::CheckSubset { .. } => true,
    }
}

fn is_subset(effect: &Effect) -> bool {
    matches!(effect, Effect::CheckSubset { .. })
}

fn refused(message: String, hint: &str) -> Failure {
    Failure::new(FailureKind::Refused, message, hint)
}
