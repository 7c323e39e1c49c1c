//! Tries patches batch by batch: build until what is left compiles, then run.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::time::Duration;

use super::build::{Build, Programs};
use super::ledger::{Fate, Plan};
use super::{Go, not_possible};
use crate::base::limits::{
    GO_BATCH_PATCHES, GO_BUILD_ROUNDS_MAX, GO_FIRST_BATCH_PATCHES, GO_PROGRAMS_MAX,
    GO_SINGLE_BUILDS_MAX, GO_UNBUILT_MAX,
};
use crate::io::worker::repair::batch::{self, Line, Outcome, Spec, Task, Test, Trial};
use crate::io::worker::repair::fast_path::{FastPath, Patch, Request, Verdict};
use crate::io::worker::repair::generic::Generic;
use crate::model::failure::Failure;

pub(super) struct Search<'s, 'a, 'p> {
    pub go: &'s mut Go<'a>,
    pub request: &'s Request<'s, 'p>,
}

/// A patch by its place in the list, with its edits by their places in the ledger.
struct Entry {
    index: usize,
    places: Vec<usize>,
}

/// What a batch was built to.
enum Compiled {
    Whole(Plan, Programs),
    /// Some edit makes the rest not build, and this is what the compiler said.
    Nothing(String),
}

/// A patch by its place in the list, and what switches it on.
type Ready = (usize, String);

/// What a run of built programs is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The first failing test alone.
    Screen,
    /// The others, of patches with which that one passes.
    Confirm,
    Whole,
}
type Each<'e> = &'e mut dyn FnMut(usize, Verdict) -> ControlFlow<()>;

impl Search<'_, '_, '_> {
    pub fn run(&mut self, each: Each<'_>) -> Result<(), Failure> {
        let entry = |(index, patch)| Entry { index, places: self.go.ledger.places(patch) };
        let mut waiting: VecDeque<Entry> =
            self.request.patches.iter().enumerate().map(entry).collect();
        let (mut size, mut n_unbuilt) = (GO_FIRST_BATCH_PATCHES, 0);
        let mut single = Vec::new();
        while !self.go.is_over() {
            waiting.retain(|entry| self.request.wants(entry.index));
            if waiting.is_empty() {
                break;
            }
            let batch: Vec<Entry> = waiting.drain(..size.min(waiting.len())).collect();
            let flow = match self.compile(&batch)? {
                Compiled::Whole(plan, programs) => {
                    size = (size * 4).min(GO_BATCH_PATCHES);
                    n_unbuilt = 0;
                    self.try_batch(&batch, &plan, programs, &mut single, each)?
                }
                Compiled::Nothing(said) if batch.len() == 1 => {
                    n_unbuilt += 1;
                    if n_unbuilt >= GO_UNBUILT_MAX {
                        let reason = format!("what holds the edits does not build: {said}");
                        return Err(not_possible(&reason));
                    }
                    each(batch[0].index, Verdict::Invalid)
                }
                Compiled::Nothing(_) => {
                    // The compiler does not say which edit it is: half of them do without it.
                    size = batch.len() / 2;
                    batch.into_iter().rev().for_each(|entry| waiting.push_front(entry));
                    ControlFlow::Continue(())
                }
            };
            if flow.is_break() {
                return Ok(());
            }
        }
        single.retain(|index| self.request.wants(*index));
        self.try_singly(&single, each)
    }

    fn try_batch(
        &mut self,
        batch: &[Entry],
        plan: &Plan,
        mut programs: Programs,
        single: &mut Vec<usize>,
        each: Each<'_>,
    ) -> Result<ControlFlow<()>, Failure> {
        if self.go.is_over() {
            return Ok(ControlFlow::Break(()));
        }
        let mut ready = Vec::new();
        for entry in batch {
            match (self.go.ledger.fate(&entry.places), plan.arms(&entry.places)) {
                (Fate::Invalid, _) => {
                    if each(entry.index, Verdict::Invalid).is_break() {
                        return Ok(ControlFlow::Break(()));
                    }
                }
                (Fate::Open, Some(arms)) => ready.push((entry.index, arms)),
                (Fate::Open, None) | (Fate::OutOfReach, _) => single.push(entry.index),
            }
        }
        if ready.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        self.run_ready(plan, &mut programs, &ready, each)
    }

    /// Builds what compiles of a batch, for the first failing test: each round drops what the compiler objected to.
    fn compile(&mut self, batch: &[Entry]) -> Result<Compiled, Failure> {
        let package = self.request.failing.first().and_then(|name| name.split_once(' '));
        let (package, _) = package.ok_or_else(|| not_possible("a test without a package"))?;
        let mut said = String::new();
        for _ in 0..GO_BUILD_ROUNDS_MAX {
            let ledger = &mut self.go.ledger;
            let open = batch.iter().filter(|entry| ledger.fate(&entry.places) == Fate::Open);
            let places: Vec<usize> = open.flat_map(|entry| entry.places.clone()).collect();
            let plan = ledger.plan(self.go.job.sources, &places);
            if plan.is_empty() {
                return Ok(Compiled::Whole(plan, Programs::default()));
            }
            self.go.show_edits(plan.texts.clone())?;
            let mut programs = Programs::default();
            match self.go.build(package, &mut programs) {
                Build::Whole => {
                    self.go.built = self.go.changed.clone();
                    return Ok(Compiled::Whole(plan, programs));
                }
                Build::Blamed(_) | Build::Failed(_) if self.go.is_over() => {
                    return Ok(Compiled::Whole(plan, programs));
                }
                Build::Blamed(arms) if self.go.ledger.learn(&plan, &arms) => {}
                _ if self.go.keeps(&plan.texts) => self.go.built.clear(),
                Build::Blamed(_) => break,
                Build::Failed(first) => {
                    said = first;
                    break;
                }
            }
        }
        Ok(Compiled::Nothing(said))
    }

    /// Runs the built programs with each patch switched on: the first failing test alone where there are others whose
    /// programs few patches are worth building for.
    fn run_ready(
        &mut self,
        plan: &Plan,
        programs: &mut Programs,
        ready: &[Ready],
        each: Each<'_>,
    ) -> Result<ControlFlow<()>, Failure> {
        let others = self.other_packages(programs);
        if others.is_empty() {
            return self.run_trial(programs, ready, Stage::Whole, each);
        }
        let mut hits: Vec<Ready> = Vec::new();
        let flow =
            self.run_trial(programs, ready, Stage::Screen, &mut |index, verdict| match verdict {
                Verdict::Plausible | Verdict::Partial { .. } => {
                    hits.extend(ready.iter().find(|(at, _)| *at == index).cloned());
                    ControlFlow::Continue(())
                }
                Verdict::Invalid
                | Verdict::StillRed
                | Verdict::Nearer { .. }
                | Verdict::Late
                | Verdict::Breaks { .. } => each(index, verdict),
            })?;
        if flow.is_break() || hits.is_empty() {
            return Ok(flow);
        }
        for package in others {
            // Of a program that does not build, the tests are left to the check that verifies the result.
            let built = self.go.build(&package, programs);
            let is_other = !matches!(built, Build::Whole) && self.go.keeps(&plan.texts);
            if is_other && !self.go.is_over() {
                self.go.show(plan.texts.clone())?;
                self.go.built = plan.texts.clone();
                self.go.build(&package, programs);
            }
        }
        self.run_trial(programs, &hits, Stage::Confirm, each)
    }

    /// Packages with tests that matter and no program yet.
    fn other_packages(&self, programs: &Programs) -> Vec<String> {
        let names = self.request.failing.iter().chain(self.go.job.passing);
        let mut others: Vec<String> = Vec::new();
        for (package, _) in names.filter_map(|name| name.split_once(' ')) {
            if !programs.has(package) && !others.iter().any(|known| known == package) {
                others.push(package.to_owned());
            }
        }
        others.truncate(GO_PROGRAMS_MAX - 1);
        others
    }

    fn run_trial(
        &self,
        programs: &Programs,
        ready: &[Ready],
        stage: Stage,
        each: Each<'_>,
    ) -> Result<ControlFlow<()>, Failure> {
        let is_screen = stage == Stage::Screen;
        let names = if is_screen { &self.request.failing[..1] } else { self.request.failing };
        let known: Vec<Option<Test>> = names.iter().map(|name| programs.test(name)).collect();
        if known.first().is_none_or(Option::is_none) {
            let name = self.request.failing.first().map_or("", String::as_str);
            return Err(not_possible(&format!("`{name}` is no test of a test program")));
        }
        let passing = self.go.job.passing.iter().filter(|_| !is_screen);
        let late_wall = self.request.take_late_wall();
        let mut waited = Duration::ZERO;
        let endless = names.iter().filter(|name| self.go.job.is_endless(name));
        let trial = Trial {
            patches: ready.iter().map(|(_, arms)| arms.clone()).collect(),
            failing: known.iter().flatten().cloned().collect(),
            endless: endless.filter_map(|name| programs.test(name)).collect(),
            passing: passing.filter_map(|name| programs.test(name)).collect(),
            is_patient: self.request.is_patient || stage == Stage::Confirm,
            late_wall,
        };
        let in_programs: Vec<usize> =
            (0..known.len()).filter(|place| known[*place].is_some()).collect();
        let spec =
            Spec::on_all_cores(programs.list.clone(), Task::Try(trial), &self.go.job.check.argv);
        let mut is_other = false;
        let flow = batch::run_in(
            &self.go.world,
            self.go.job,
            self.go.job.desk.cancel,
            &spec,
            &mut |line| match line {
                Line::NotTheOriginal => {
                    is_other = true;
                    ControlFlow::Break(())
                }
                Line::Waited { ms } => {
                    waited = Duration::from_millis(ms);
                    ControlFlow::Continue(())
                }
                Line::Tried { patch, outcome } => match ready.get(patch) {
                    Some((index, _)) => each(*index, Outcome::verdict(outcome, &in_programs)),
                    None => ControlFlow::Continue(()),
                },
            },
        )?;
        self.request.give_back(late_wall.saturating_sub(waited));
        if is_other {
            return Err(not_possible("the module behaves differently when it holds edits"));
        }
        Ok(flow)
    }

    /// Tries patches that no copy can hold with a check each: the likeliest only.
    fn try_singly(&mut self, single: &[usize], each: Each<'_>) -> Result<(), Failure> {
        let room = GO_SINGLE_BUILDS_MAX - self.go.n_single_builds;
        let single = &single[..single.len().min(room)];
        self.go.n_single_builds += single.len();
        if single.is_empty() || self.go.is_over() {
            return Ok(());
        }
        let chosen: Vec<Patch<'_>> =
            single.iter().map(|index| self.request.patches[*index].clone()).collect();
        Generic::open(self.go.job)
            .search(&Request::new(&chosen, self.request.failing, true), &mut |place, verdict| {
                each(single[place], verdict)
            })
    }
}
