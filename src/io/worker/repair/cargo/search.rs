//! Tries patches batch by batch: build until what is left compiles, then run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::ControlFlow;
use std::sync::{Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use super::super::batch::{Line, Spec, Task, Test, Trial};
use super::compile::{Build, Part};
use super::lane::Lane;
use super::ledger::{Fate, Ledger, Plan};
use super::{Cargo, not_possible};
use crate::base::cancel::CancelToken;
use crate::base::limits::{
    RUST_BATCH_FUNCTION_PATCHES, RUST_BATCH_PATCHES, RUST_BUILD_ROUNDS_MAX,
    RUST_BUILD_ROUNDS_SHORT, RUST_FIRST_BATCH_PATCHES, RUST_LANES_MAX, RUST_SINGLE_BUILDS_MAX,
    RUST_SINGLE_BUILDS_PER_BATCH,
};
use crate::base::path::RepoPath;
use crate::io::process::End;
use crate::io::worker::repair::fast_path::{FastPath, Patch, Request, Verdict};
use crate::io::worker::repair::generic::Generic;
use crate::model::failure::Failure;

/// Verdicts that wait to be heard.
const PENDING_MAX: usize = 256;

/// A search on all lanes.
pub(super) struct Search<'s, 'a, 'p> {
    lanes: &'s mut [Lane<'a>],
    request: &'s Request<'s, 'p>,
    by_libraries: bool,
    board: Mutex<Board<'s>>,
}

/// What the lanes share.
struct Board<'s> {
    ledger: &'s mut Ledger,
    waiting: VecDeque<Entry>,
    n_single_builds: &'s mut usize,
    n_batches: usize,
}

/// A patch by its place in the list, with its edits by their places in the ledger.
struct Entry {
    index: usize,
    places: Vec<usize>,
}

type Each<'e> = &'e mut dyn FnMut(usize, Verdict) -> ControlFlow<()>;
type Told = Result<(usize, Verdict), Failure>;

/// What a batch was built to.
#[derive(Default)]
struct Compiled {
    plan: Plan,
    build: Build,
    /// Edits that would have taken more rounds.
    put_off: BTreeSet<usize>,
}

impl<'s, 'a, 'p> Search<'s, 'a, 'p> {
    pub fn of(cargo: &'s mut Cargo<'a>, request: &'s Request<'s, 'p>) -> Self {
        let Cargo { lanes, ledger, n_single_builds, by_libraries } = cargo;
        let entry = |(index, patch)| Entry { index, places: ledger.places(patch) };
        let waiting = request.patches.iter().enumerate().map(entry).collect();
        let board = Mutex::new(Board { ledger, waiting, n_single_builds, n_batches: 0 });
        Self { lanes, request, by_libraries: *by_libraries, board }
    }

    pub fn run(self, each: Each<'_>) -> Result<(), Failure> {
        let Self { lanes, request, by_libraries, board } = self;
        let stop = lanes[0].job.desk.cancel.child();
        let (tell, told) = mpsc::sync_channel(PENDING_MAX);
        thread::scope(|scope| {
            for lane in lanes {
                let (tell, stop, board) = (tell.clone(), &stop, &board);
                let mut work = Work { lane, request, by_libraries, board, stop };
                scope.spawn(move || work.run(&tell));
            }
            drop(tell);
            let outcome = hand_on(&told, each);
            stop.cancel();
            drop(told);
            outcome
        })
    }
}

fn hand_on(told: &mpsc::Receiver<Told>, each: Each<'_>) -> Result<(), Failure> {
    for verdict in told {
        let (index, verdict) = verdict?;
        if each(index, verdict).is_break() {
            break;
        }
    }
    Ok(())
}

/// The part of a search that one lane does.
struct Work<'w, 's, 'a, 'p> {
    lane: &'w mut Lane<'a>,
    request: &'w Request<'w, 'p>,
    by_libraries: bool,
    board: &'w Mutex<Board<'s>>,
    stop: &'w CancelToken,
}

impl<'w, 's> Work<'w, 's, '_, '_> {
    fn run(&mut self, tell: &mpsc::SyncSender<Told>) {
        let mut each = |index, verdict| match tell.send(Ok((index, verdict))) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        };
        while !self.is_over() {
            let batch = self.next_batch();
            if batch.is_empty() {
                return;
            }
            match self.try_batch(batch, &mut each) {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => return,
                Err(failure) => {
                    // When nobody listens any more, the search is over.
                    drop(tell.send(Err(failure)));
                    return;
                }
            }
        }
    }

    fn is_over(&self) -> bool {
        self.lane.job.is_late() || self.stop.is_cancelled()
    }

    fn board(&self) -> MutexGuard<'w, Board<'s>> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The next of those that wait, not too many of one function: what the compiler makes of it costs the square of that.
    fn next_batch(&self) -> Vec<Entry> {
        let mut board = self.board();
        let is_first = board.n_batches < RUST_LANES_MAX;
        let size = if is_first { RUST_FIRST_BATCH_PATCHES } else { RUST_BATCH_PATCHES };
        board.n_batches += 1;
        let waiting = &mut board.waiting;
        waiting.retain(|entry| self.request.wants(entry.index));
        let size = size.min(waiting.len().div_ceil(RUST_LANES_MAX));
        let (mut batch, mut later) = (Vec::new(), VecDeque::new());
        let mut n_by_function: BTreeMap<(&RepoPath, Option<usize>), usize> = BTreeMap::new();
        while batch.len() < size
            && let Some(entry) = waiting.pop_front()
        {
            let parts = || {
                let patch = self.request.patches[entry.index].iter();
                patch.map(|part| (&part.path, part.function.as_ref().map(|range| range.start)))
            };
            let is_full =
                |part| n_by_function.get(&part).is_some_and(|n| *n >= RUST_BATCH_FUNCTION_PATCHES);
            if parts().any(is_full) {
                later.push_back(entry);
                continue;
            }
            parts().for_each(|part| *n_by_function.entry(part).or_default() += 1);
            batch.push(entry);
        }
        later.append(waiting);
        *waiting = later;
        batch
    }

    /// Tries one batch; what would hold it up goes back to the front of those that wait.
    fn try_batch(&mut self, batch: Vec<Entry>, each: Each<'_>) -> Result<ControlFlow<()>, Failure> {
        let Compiled { plan, build, put_off } = self.compile(&batch)?;
        if self.is_over() {
            return Ok(ControlFlow::Break(()));
        }
        let (mut ready, mut single, mut invalid) = (Vec::new(), Vec::new(), Vec::new());
        let mut board = self.board();
        for entry in batch {
            // What is in a plan that was built compiles, whatever another lane learnt of its parts.
            match (board.ledger.fate(&entry.places), plan.arms(&entry.places)) {
                (_, Some(arms)) => ready.push((entry.index, arms)),
                (Fate::Invalid, None) => invalid.push(entry.index),
                (Fate::Open(_), None) if entry.places.iter().any(|at| put_off.contains(at)) => {
                    board.waiting.push_front(entry);
                }
                (Fate::Open(_), None) | (Fate::OutOfReach, _) => single.push(entry.index),
            }
        }
        drop(board);
        if invalid.into_iter().any(|index| each(index, Verdict::Invalid).is_break()) {
            return Ok(ControlFlow::Break(()));
        }
        if !ready.is_empty() && self.run_trial(&build, &ready, each)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        self.try_singly(single, each)
    }

    /// Builds what compiles of a batch: each round drops what the compiler objected to.
    fn compile(&mut self, batch: &[Entry]) -> Result<Compiled, Failure> {
        let mut put_off = BTreeSet::new();
        let mut part = if self.by_libraries { Part::Libraries } else { Part::All };
        for round in 0.. {
            let plan = self.plan(batch, &put_off);
            if plan.is_empty() {
                break;
            }
            self.lane.show(plan.texts())?;
            let (mut build, mut output) = self.lane.build(part, self.stop);
            // Otherwise it failed for another reason than edits, as some libraries without tests do.
            let is_late = output.end == End::TimedOut || self.is_over();
            if part == Part::Libraries
                && !is_late
                && !plan.is_blamed(&build, self.lane.world.root())
            {
                part = Part::All;
                (build, output) = self.lane.build(part, self.stop);
            }
            if build.is_whole || self.is_over() {
                return Ok(Compiled { plan, build, put_off });
            }
            let mut board = self.board();
            if round >= RUST_BUILD_ROUNDS_MAX || output.end == End::TimedOut {
                board.ledger.give_up(&plan);
                break;
            }
            let slow = board.ledger.learn(&plan, &build.errors, self.lane.world.root());
            if round >= RUST_BUILD_ROUNDS_SHORT && !board.waiting.is_empty() {
                put_off.extend(slow);
            }
        }
        Ok(Compiled { put_off, ..Compiled::default() })
    }

    /// Sources with what is open of a batch.
    fn plan(&self, batch: &[Entry], put_off: &BTreeSet<usize>) -> Plan {
        let mut board = self.board();
        let open = batch.iter().filter(|entry| {
            let is_open = matches!(board.ledger.fate(&entry.places), Fate::Open(_));
            is_open && entry.places.iter().all(|place| !put_off.contains(place))
        });
        let places: Vec<usize> = open.flat_map(|entry| entry.places.clone()).collect();
        board.ledger.plan(self.lane.job.sources, &places)
    }

    /// Runs the built programs with each patch switched on.
    fn run_trial(
        &self,
        build: &Build,
        ready: &[(usize, String)],
        each: Each<'_>,
    ) -> Result<ControlFlow<()>, Failure> {
        let known: Vec<Option<Test>> =
            self.request.failing.iter().map(|name| build.test(name)).collect();
        if known.first().is_none_or(Option::is_none) {
            let name = self.request.failing.first().map_or("", String::as_str);
            return Err(not_possible(format!("`{name}` is no test of a test program")));
        }
        let passing = self.lane.job.passing.iter();
        let late_wall = self.request.take_late_wall();
        let mut waited = Duration::ZERO;
        let endless = self.request.failing.iter().filter(|name| self.lane.job.is_endless(name));
        let trial = Trial {
            patches: ready.iter().map(|(_, arms)| arms.clone()).collect(),
            failing: known.iter().flatten().cloned().collect(),
            endless: endless.filter_map(|name| build.test(name)).collect(),
            passing: passing.filter_map(|name| build.test(name)).collect(),
            is_patient: self.request.is_patient,
            late_wall,
        };
        // Documentation tests are left to the check that verifies the result.
        let in_programs: Vec<usize> =
            (0..known.len()).filter(|place| known[*place].is_some()).collect();
        let spec = Spec {
            programs: build.programs(),
            n_at_once: self.lane.n_jobs,
            is_watched: false,
            task: Task::Try(trial),
        };
        let mut is_other = false;
        let flow = self.lane.run_batch(self.stop, &spec, &mut |line| match line {
            Line::NotTheOriginal => {
                is_other = true;
                ControlFlow::Break(())
            }
            Line::Waited { ms } => {
                waited = Duration::from_millis(ms);
                ControlFlow::Continue(())
            }
            Line::Tried { patch, outcome } => match ready.get(patch) {
                Some((index, _)) => each(*index, outcome.verdict(&in_programs)),
                None => ControlFlow::Continue(()),
            },
        })?;
        self.request.give_back(late_wall.saturating_sub(waited));
        if is_other {
            return Err(not_possible("the crate behaves differently when it holds edits".into()));
        }
        Ok(flow)
    }

    /// Tries patches that no schema can hold with a build each: the likeliest only.
    fn try_singly(
        &mut self,
        mut single: Vec<usize>,
        each: Each<'_>,
    ) -> Result<ControlFlow<()>, Failure> {
        single.retain(|index| self.request.wants(*index));
        let mut board = self.board();
        let room = RUST_SINGLE_BUILDS_MAX - *board.n_single_builds;
        let single = &single[..single.len().min(room).min(RUST_SINGLE_BUILDS_PER_BATCH)];
        *board.n_single_builds += single.len();
        drop(board);
        if single.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let chosen: Vec<Patch<'_>> =
            single.iter().map(|index| self.request.patches[*index].clone()).collect();
        let mut flow = ControlFlow::Continue(());
        Generic::alone(self.lane.job, self.stop).search(
            &Request::new(&chosen, self.request.failing, true),
            &mut |place, verdict| {
                flow = each(single[place], verdict);
                flow
            },
        )?;
        Ok(flow)
    }
}
