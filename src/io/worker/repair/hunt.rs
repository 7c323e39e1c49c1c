//! Drives the search of one job: tries candidates alone, then together, keeps the finds, tells how it goes and knows
//! when it has looked long enough.

mod alone;
mod beside;
mod together;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};
use std::time::Instant;

use self::together::{Fronts, sort_out};
use super::super::Progress;
use super::clock::Clock;
use super::fast_path::{FastPath, Job, Patch, Request, Verdict};
use super::judge::n_tests;
use super::refusals::Refusals;
use super::waves::Waves;
use crate::base::limits::{PATCH_PARTS_MAX, PLAUSIBLE_MAX, PROGRESS_EVERY, SCREENS_MAX};
use crate::model::failure::Failure;
use crate::repair::judge::TESTS_MIN;
use crate::repair::rank::Ranking;
use crate::repair::{Candidate, TestCoverage};

/// How far behind the best find a patch may stand and still be worth trying, as others are shown beside it.
const DECIDED_MARGIN: f64 = 1.5;
/// The same while no find explains other red tests.
const FAR_MARGIN: f64 = 4.0;
/// The same where few tests run what the best find changes: what passes may do so by chance.
const THIN_MARGIN: f64 = 3.0;

/// So many candidates are likely.
const N_LIKELY: usize = 3_000;

/// A search under way.
pub(super) struct Hunt<'a, 'c> {
    job: &'a Job<'a>,
    waves: &'a Waves<'c>,
    /// Candidates where the tests have not come yet, of which nothing shows before they do.
    beyond: &'a Waves<'c>,
    ranking: &'a Ranking<'a>,
    refusals: &'a Refusals<'a>,
    /// What each test runs.
    coverage: &'a [TestCoverage],
    clock: Clock,
    told: Option<Instant>,
    /// Patches that passed everything they were run against, in the order found.
    pub plausible: Vec<Patch<'a>>,
    /// How many more passed that were refused before.
    pub n_refused: usize,
    /// Patches that were tried to the end of what there is to see.
    pub tried: usize,
    /// Patches that were given to be tried, and the candidates among them that were for the first time.
    n_given: usize,
    n_alone: usize,
    /// How often one was tried by itself.
    n_singles: usize,
    /// For how many patches that make the first failing test pass it is this test that they break.
    pub breaking: BTreeMap<String, usize>,
    n_fixed_best: usize,
    /// The rank of the best patch that passed.
    best_key: f64,
    /// How far behind the best find a patch may stand and still be worth trying.
    margin: f64,
    /// The candidates that got a verdict when they were tried alone first.
    judged: Vec<bool>,
    /// Places of candidates that do not compile or break a test: they do so whichever test they are run against first.
    useless: BTreeSet<usize>,
    /// The test that screened, and places of two candidates that it judged.
    paired: BTreeSet<(usize, usize, usize)>,
    /// How many other red tests pass with each of the first finds.
    also: Vec<usize>,
}

impl<'a, 'c> Hunt<'a, 'c> {
    pub fn new(
        job: &'a Job<'a>,
        waves: &'a Waves<'c>,
        beyond: &'a Waves<'c>,
        ranking: &'a Ranking<'a>,
        refusals: &'a Refusals<'a>,
        coverage: &'a [TestCoverage],
    ) -> Self {
        Self {
            job,
            waves,
            beyond,
            ranking,
            refusals,
            coverage,
            clock: Clock::start(),
            told: None,
            plausible: Vec::new(),
            n_refused: 0,
            tried: 0,
            n_given: 0,
            n_alone: 0,
            n_singles: 0,
            breaking: BTreeMap::new(),
            n_fixed_best: 0,
            best_key: f64::INFINITY,
            margin: DECIDED_MARGIN,
            judged: Vec::new(),
            useless: BTreeSet::new(),
            paired: BTreeSet::new(),
            also: Vec::new(),
        }
    }

    /// Tries every candidate alone and, where no one fixes everything, those together that fix different tests. A test
    /// that none makes pass may need several of them: it is no hindrance to combine what makes others pass.
    pub fn run(&mut self, path: &mut dyn FastPath) -> Result<(), Failure> {
        let mut fronts = Fronts::new();
        for waves in self.depths() {
            let mut screens = BTreeSet::new();
            let mut next = self.not_covered(&fronts, &screens).or(Some(0));
            while let Some(screen) = next.filter(|_| screens.is_empty() || self.is_wanting()) {
                let front = self.alone(path, &screen_first(self.job.failing, screen), &waves)?;
                if screens.is_empty() {
                    self.look_further(path);
                }
                screens.insert(screen);
                let is_full = fronts.len() >= PATCH_PARTS_MAX && !fronts.contains_key(&screen);
                if !front.is_empty() && !is_full {
                    let known = fronts.entry(screen).or_default();
                    known.extend(front);
                    sort_out(known);
                    self.with_front(path, &fronts, screen)?;
                }
                let is_enough = fronts.len() >= PATCH_PARTS_MAX || screens.len() == SCREENS_MAX;
                next = self.not_covered(&fronts, &screens).filter(|_| !is_enough);
            }
            if !self.is_wanting() {
                break;
            }
        }
        self.beside_partial(path, &fronts)
    }

    /// Which waves are tried for all tests before the next ones are: what is likely for one is likelier than the rest for
    /// another.
    fn depths(&self) -> impl Iterator<Item = Range<usize>> + use<> {
        let is_one = self.job.failing.len() <= 1;
        let n_likely = if is_one { Waves::N } else { self.waves.n_to_hold(N_LIKELY) };
        [0..n_likely, n_likely..Waves::N].into_iter().filter(|waves| !waves.is_empty())
    }

    /// Whether nothing is found and there is time to look for it.
    fn is_wanting(&self) -> bool {
        self.plausible.is_empty() && !self.is_over()
    }

    /// Where other tests are red too, the cause is more likely found by an edit that mends some of those as well: unless
    /// there is one among the finds, what stands further behind is tried. So it is where the best mends more than half of
    /// them and not all.
    fn look_further(&mut self, path: &mut dyn FastPath) {
        let n_others = self.job.others.len();
        let is_done = self.plausible.is_empty() || self.is_exhausted() || n_others == 0;
        if is_done || self.job.is_over() {
            return;
        }
        let n_also = self.also_fixed(path).iter().max().copied().unwrap_or_default();
        if n_also == n_others || (1..=n_others / 2).contains(&n_also) {
            return;
        }
        if n_also > 0 {
            self.clock.hit_anew();
        }
        self.margin = FAR_MARGIN;
        let patches: Vec<Patch<'a>> = self.left().into_iter().map(|left| vec![left]).collect();
        let bound = self.best_key + self.margin;
        if self.is_over() || patches.first().is_none_or(|patch| cost(patch) > bound) {
            return;
        }
        self.n_given = self.tried;
        self.n_alone = self.waves.n_chosen();
        // What is found is as good without.
        drop(self.try_all(path, &patches, self.job.failing, true, &mut |_, _| {}));
    }

    /// How many of the red tests that are no goal each plausible patch makes pass.
    pub fn also_fixed(&mut self, path: &mut dyn FastPath) -> &[usize] {
        let fresh = &self.plausible[self.also.len()..];
        let mut also = vec![0; fresh.len()];
        let (job, is_none) = (self.job, fresh.is_empty() || self.job.failing.is_empty());
        if is_none || job.others.is_empty() || job.is_over() {
            self.also.extend(also);
            return &self.also;
        }
        let names = [self.job.failing, self.job.others].concat();
        let n_own = self.job.failing.len();
        // What is found is as good without.
        drop(path.search(&Request::new(fresh, &names, true), &mut |index, verdict| {
            also[index] = match verdict {
                Verdict::Partial { fixed } => fixed.iter().filter(|place| **place >= n_own).count(),
                Verdict::Plausible => self.job.others.len(),
                Verdict::Invalid
                | Verdict::StillRed
                | Verdict::Nearer { .. }
                | Verdict::Late
                | Verdict::Breaks { .. } => 0,
            };
            if job.is_over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }));
        self.also.extend(also);
        &self.also
    }

    /// Patches there are to try; as long as no more is known of them, at most.
    pub fn total(&self) -> usize {
        self.n_given + (self.waves.n_chosen() - self.n_alone) + self.waves.n_left()
    }

    /// Whether the search went through everything it knew to try.
    pub fn is_exhausted(&self) -> bool {
        self.tried >= self.total()
    }

    /// Candidates that were not tried to the end and may stand near enough to the best find.
    fn left(&self) -> Vec<&'a Candidate> {
        let near = (0..Waves::N).take_while(|wave| self.wants(*wave));
        let is_judged = |place: usize| self.judged.get(place).copied().unwrap_or(false);
        let all = near.flat_map(|wave| self.waves.nth(wave)).enumerate();
        all.filter(|(place, _)| !is_judged(*place)).map(|(_, candidate)| candidate).collect()
    }

    /// Whether some of a wave may stand near enough to the best find.
    fn wants(&self, wave: usize) -> bool {
        self.waves.cost(wave).is_some_and(|cost| cost <= self.best_key + self.margin)
    }

    /// The verdicts on the patches; `partial` hears of those that make some of the tests pass.
    fn try_all(
        &mut self,
        path: &mut dyn FastPath,
        patches: &[Patch<'a>],
        failing: &[String],
        patient: bool,
        partial: &mut dyn FnMut(usize, Vec<usize>),
    ) -> Result<Vec<Option<Verdict>>, Failure> {
        self.n_given += patches.len();
        let place = |name: &String| self.job.failing.iter().position(|known| known == name);
        let places: Vec<Option<usize>> = failing.iter().map(place).collect();
        let mut judged = vec![None; patches.len()];
        let request = Request::new(patches, failing, patient);
        path.search(&request, &mut |index, verdict| {
            self.tried += usize::from(verdict != Verdict::Late);
            judged[index] = Some(verdict.clone());
            match verdict {
                // What was found before and was not good enough is no find.
                Verdict::Plausible if self.refusals.hold(self.job, &patches[index]) => {
                    self.n_refused += 1;
                }
                Verdict::Plausible => self.hit(&patches[index]),
                Verdict::Partial { fixed } => {
                    self.n_fixed_best = self.n_fixed_best.max(fixed.len());
                    partial(index, fixed.iter().filter_map(|place| places[*place]).collect());
                }
                Verdict::Breaks { by } => *self.breaking.entry(by).or_default() += 1,
                Verdict::Invalid | Verdict::StillRed | Verdict::Nearer { .. } | Verdict::Late => {}
            }
            self.tell(&patches[index]);
            let n_near = self.n_near(patches);
            request.want_only(n_near);
            let is_decided =
                self.best_key.is_finite() && judged[..n_near].iter().all(Option::is_some);
            let is_over = self.is_over() || is_decided;
            if is_over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        })?;
        Ok(judged)
    }

    fn hit(&mut self, patch: &Patch<'a>) {
        self.clock.hit();
        let key = self.ranking.sum(patch);
        if key < self.best_key {
            self.best_key = key;
            if self.margin < FAR_MARGIN {
                self.margin = self.least_margin(patch);
            }
        }
        self.n_fixed_best = self.job.failing.len();
        if self.plausible.len() < PLAUSIBLE_MAX {
            self.plausible.push(patch.clone());
        }
    }

    fn least_margin(&self, patch: &Patch<'_>) -> f64 {
        // How many tests there are says nothing of how many run this.
        if self.coverage.is_empty() {
            return DECIDED_MARGIN;
        }
        let n_tests = n_tests(self.job, self.coverage, patch.iter().copied());
        if n_tests < TESTS_MIN { THIN_MARGIN } else { DECIDED_MARGIN }
    }

    fn is_over(&self) -> bool {
        self.clock.left().is_zero() || self.job.is_over()
    }

    /// How many of the patches may stand near what was found, all as long as nothing is: they go by what they cost, and none
    /// ranks before its cost.
    fn n_near(&self, patches: &[Patch<'_>]) -> usize {
        let bound = self.best_key + self.margin;
        patches.partition_point(|patch| cost(patch) <= bound)
    }

    fn tell(&mut self, patch: &Patch<'_>) {
        if self.told.is_some_and(|told| told.elapsed() < PROGRESS_EVERY) {
            return;
        }
        self.told = Some(Instant::now());
        (self.job.desk.progress)(Progress {
            text: format!("trying {}", described(patch)),
            tried: self.tried,
            total: self.total(),
            per_second: self.tried as f64 / self.clock.spent().as_secs_f64().max(1e-3),
            best: self.best(),
        });
    }

    fn best(&self) -> String {
        let (n_fixed, n_failing) = (self.n_fixed_best, self.job.failing.len());
        match (self.plausible.len(), n_fixed) {
            (0, 0) => String::new(),
            (0, _) => format!("{n_fixed} of {n_failing} failing tests pass"),
            (1, _) => "1 edit makes all failing tests pass".into(),
            (n, _) => format!("{n} edits make all failing tests pass"),
        }
    }
}

/// The tests with the one at `screen` first.
fn screen_first(failing: &[String], screen: usize) -> Vec<String> {
    let mut names = failing.to_vec();
    // Where nothing builds there is none.
    if let Some(first) = names.get_mut(..=screen) {
        first.rotate_right(1);
    }
    names
}

/// What a patch costs: the sum over its parts.
fn cost(patch: &Patch<'_>) -> f64 {
    patch.iter().map(|candidate| candidate.cost).sum()
}

/// Places and templates of a patch, for example `src/money.py:41 (comparison)`.
pub(super) fn described(patch: &Patch<'_>) -> String {
    let parts: Vec<String> = patch
        .iter()
        .map(|candidate| format!("{}:{} ({})", candidate.path, candidate.line, candidate.template))
        .collect();
    parts.join(" and ")
}
