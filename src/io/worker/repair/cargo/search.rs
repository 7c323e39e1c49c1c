//! Tries patches batch by batch: build until what is left compiles, then run.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::ControlFlow;

use super::super::batch::{Line, Spec, Task, Test, Trial};
use super::compile::Build;
use super::ledger::{Fate, Plan};
use super::{Cargo, not_possible};
use crate::base::limits::{
    RUST_BATCH_FUNCTION_PATCHES, RUST_BATCH_PATCHES, RUST_BUILD_ROUNDS_MAX,
    RUST_BUILD_ROUNDS_SHORT, RUST_FIRST_BATCH_PATCHES, RUST_SINGLE_BUILDS_MAX,
    RUST_SINGLE_BUILDS_PER_BATCH,
};
use crate::base::path::RepoPath;
use crate::io::process::End;
use crate::io::worker::repair::fast_path::{FastPath, Patch, Verdict};
use crate::io::worker::repair::generic::Generic;
use crate::model::failure::Failure;

pub(super) struct Search<'s, 'a, 'p> {
    pub cargo: &'s mut Cargo<'a>,
    pub patches: &'s [Patch<'p>],
    pub failing: &'s [String],
}

/// A patch by its place in the list, with its edits by their places in the ledger.
struct Entry {
    index: usize,
    places: Vec<usize>,
}

type Each<'e> = &'e mut dyn FnMut(usize, Verdict) -> ControlFlow<()>;

/// What a batch was built to.
#[derive(Default)]
struct Compiled {
    plan: Plan,
    build: Build,
    /// Edits that would have taken more rounds.
    put_off: BTreeSet<usize>,
}

impl Search<'_, '_, '_> {
    pub fn run(&mut self, each: Each<'_>) -> Result<(), Failure> {
        let entry = |(index, patch)| Entry { index, places: self.cargo.ledger.places(patch) };
        let mut waiting: VecDeque<Entry> = self.patches.iter().enumerate().map(entry).collect();
        let mut size = RUST_FIRST_BATCH_PATCHES;
        while !waiting.is_empty() && !self.cargo.is_over() {
            let batch = self.next_batch(&mut waiting, size);
            if self.try_batch(batch, &mut waiting, each)?.is_break() {
                break;
            }
            size = RUST_BATCH_PATCHES;
        }
        Ok(())
    }

    /// The next of those that wait, not too many of one function: what the compiler makes of it costs the square of that.
    fn next_batch(&self, waiting: &mut VecDeque<Entry>, size: usize) -> Vec<Entry> {
        let (mut batch, mut later) = (Vec::new(), VecDeque::new());
        let mut n_by_function: BTreeMap<(&RepoPath, Option<usize>), usize> = BTreeMap::new();
        while batch.len() < size
            && let Some(entry) = waiting.pop_front()
        {
            let parts = || {
                let patch = self.patches[entry.index].iter();
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
    fn try_batch(
        &mut self,
        batch: Vec<Entry>,
        waiting: &mut VecDeque<Entry>,
        each: Each<'_>,
    ) -> Result<ControlFlow<()>, Failure> {
        let Compiled { plan, build, put_off } = self.compile(&batch, waiting.is_empty())?;
        if self.cargo.is_over() {
            return Ok(ControlFlow::Break(()));
        }
        let (mut ready, mut single) = (Vec::new(), Vec::new());
        for entry in batch {
            match (self.cargo.ledger.fate(&entry.places), plan.arms(&entry.places)) {
                (Fate::Invalid, _) => {
                    if each(entry.index, Verdict::Invalid).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                (Fate::Open(_), Some(arms)) => ready.push((entry.index, arms)),
                (Fate::Open(_), None) if entry.places.iter().any(|at| put_off.contains(at)) => {
                    waiting.push_front(entry);
                }
                (Fate::Open(_), None) | (Fate::OutOfReach, _) => single.push(entry.index),
            }
        }
        if !ready.is_empty() && self.run_trial(&build, &ready, each)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        self.try_singly(&single, each)
    }

    /// Builds what compiles of a batch: each round drops what the compiler objected to.
    fn compile(&mut self, batch: &[Entry], is_last: bool) -> Result<Compiled, Failure> {
        let mut put_off = BTreeSet::new();
        for round in 0.. {
            let ledger = &mut self.cargo.ledger;
            let open = batch.iter().filter(|entry| {
                let is_open = matches!(ledger.fate(&entry.places), Fate::Open(_));
                is_open && entry.places.iter().all(|place| !put_off.contains(place))
            });
            let places: Vec<usize> = open.flat_map(|entry| entry.places.clone()).collect();
            let plan = ledger.plan(self.cargo.job.sources, &places);
            if plan.is_empty() {
                break;
            }
            self.cargo.show(plan.texts())?;
            let (build, output) = self.cargo.build();
            if build.is_whole || self.cargo.is_over() {
                return Ok(Compiled { plan, build, put_off });
            }
            let ledger = &mut self.cargo.ledger;
            if round >= RUST_BUILD_ROUNDS_MAX || output.end == End::TimedOut {
                ledger.give_up(&plan);
                break;
            }
            let slow = ledger.learn(&plan, &build.errors, self.cargo.world.root());
            if round >= RUST_BUILD_ROUNDS_SHORT && !is_last {
                put_off.extend(slow);
            }
        }
        Ok(Compiled { put_off, ..Compiled::default() })
    }

    /// Runs the built programs with each patch switched on.
    fn run_trial(
        &self,
        build: &Build,
        ready: &[(usize, String)],
        each: Each<'_>,
    ) -> Result<ControlFlow<()>, Failure> {
        let known: Vec<Option<Test>> = self.failing.iter().map(|name| build.test(name)).collect();
        if known.first().is_none_or(Option::is_none) {
            let name = self.failing.first().map_or("", String::as_str);
            return Err(not_possible(format!("`{name}` is no test of a test program")));
        }
        let passing = self.cargo.job.passing.iter();
        let trial = Trial {
            patches: ready.iter().map(|(_, arms)| arms.clone()).collect(),
            failing: known.iter().flatten().cloned().collect(),
            passing: passing.filter_map(|name| build.test(name)).collect(),
        };
        // Documentation tests are left to the check that verifies the result.
        let in_programs: Vec<usize> =
            (0..known.len()).filter(|place| known[*place].is_some()).collect();
        let spec = Spec { programs: build.programs(), task: Task::Try(trial) };
        let mut is_other = false;
        let flow = self.cargo.run_batch(&spec, &mut |line| match line {
            Line::NotTheOriginal => {
                is_other = true;
                ControlFlow::Break(())
            }
            Line::Tried { patch, outcome } => match ready.get(patch) {
                Some((index, _)) => each(*index, outcome.verdict(&in_programs)),
                None => ControlFlow::Continue(()),
            },
        })?;
        if is_other {
            return Err(not_possible("the crate behaves differently when it holds edits".into()));
        }
        Ok(flow)
    }

    /// Tries patches that no schema can hold with a build each: the likeliest only.
    fn try_singly(&mut self, single: &[usize], each: Each<'_>) -> Result<ControlFlow<()>, Failure> {
        let room = RUST_SINGLE_BUILDS_MAX - self.cargo.n_single_builds;
        let single = &single[..single.len().min(room).min(RUST_SINGLE_BUILDS_PER_BATCH)];
        self.cargo.n_single_builds += single.len();
        if single.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        let chosen: Vec<Patch<'_>> =
            single.iter().map(|index| self.patches[*index].clone()).collect();
        let mut flow = ControlFlow::Continue(());
        Generic::open(self.cargo.job).search(&chosen, self.failing, &mut |place, verdict| {
            flow = each(single[place], verdict);
            flow
        })?;
        Ok(flow)
    }
}
