//! Drives the search of one job: tries candidates alone, then together, keeps the finds, tells how it goes and knows
//! when it has looked long enough.

mod alone;
mod beside;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{ControlFlow, Range};
use std::time::Instant;

use self::beside::Seed;
use super::super::Progress;
use super::clock::Clock;
use super::fast_path::{FastPath, Job, Patch, Request, Verdict};
use super::judge::n_tests;
use super::patch;
use super::waves::Waves;
use crate::base::limits::{
    PARTIAL_BEAM, PATCH_PARTS_MAX, PLAUSIBLE_MAX, PROGRESS_EVERY, SCREENS_MAX,
};
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

/// So many of the waves hold what is likely.
const LIKELY_WAVES: usize = 2;

/// What makes some tests pass, by the test that it was found for.
type Fronts<'a> = BTreeMap<usize, Vec<Partial<'a>>>;

/// A search under way.
pub(super) struct Hunt<'a, 'c> {
    job: &'a Job<'a>,
    waves: &'a Waves<'c>,
    /// Candidates where the tests have not come yet, of which nothing shows before they do.
    beyond: &'a Waves<'c>,
    ranking: &'a Ranking<'a>,
    /// What each test runs.
    coverage: &'a [TestCoverage],
    clock: Clock,
    told: Option<Instant>,
    /// Patches that passed everything they were run against, in the order found.
    pub plausible: Vec<Patch<'a>>,
    /// Patches that were tried to the end of what there is to see.
    pub tried: usize,
    /// Patches that were given to be tried, and the candidates among them that were for the first time.
    n_given: usize,
    n_alone: usize,
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
    /// Places of candidates that were tried in pairs with a seed.
    paired: BTreeSet<(usize, usize)>,
    /// How many other red tests pass with each of the first finds.
    also: Vec<usize>,
}

/// A candidate that makes some of the failing tests pass; `fixed` are places in the job's list.
#[derive(Clone)]
struct Partial<'a> {
    /// Its place among all that were chosen.
    place: usize,
    candidate: &'a Candidate,
    fixed: Vec<usize>,
}

impl<'a, 'c> Hunt<'a, 'c> {
    pub fn new(
        job: &'a Job<'a>,
        waves: &'a Waves<'c>,
        beyond: &'a Waves<'c>,
        ranking: &'a Ranking<'a>,
        coverage: &'a [TestCoverage],
    ) -> Self {
        Self {
            job,
            waves,
            beyond,
            ranking,
            coverage,
            clock: Clock::start(),
            told: None,
            plausible: Vec::new(),
            tried: 0,
            n_given: 0,
            n_alone: 0,
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
            let (mut screens, mut next) = (BTreeSet::new(), Some(0));
            while let Some(screen) = next.filter(|_| screens.is_empty() || self.is_wanting()) {
                let front = self.alone(path, &screen_first(self.job.failing, screen), &waves)?;
                if screens.is_empty() {
                    self.look_further(path);
                }
                screens.insert(screen);
                if !front.is_empty() {
                    let known = fronts.entry(screen).or_default();
                    known.extend(front);
                    sort_out(known);
                    self.with_front(path, &fronts, screen)?;
                }
                let is_enough = fronts.len() == PATCH_PARTS_MAX || screens.len() == SCREENS_MAX;
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
        let n_likely = if self.job.failing.len() > 1 { LIKELY_WAVES } else { Waves::N };
        [0..n_likely, n_likely..Waves::N].into_iter().filter(|waves| !waves.is_empty())
    }

    /// Tries those that make some tests pass with everything else, for the first test that the best of them leaves red.
    fn beside_partial(
        &mut self,
        path: &mut dyn FastPath,
        fronts: &Fronts<'a>,
    ) -> Result<(), Failure> {
        let all = || fronts.values().flatten();
        let Some(best) = all().next() else { return Ok(()) };
        let is_left = |place: &usize| !best.fixed.contains(place);
        let Some(screen) = (0..self.job.failing.len()).find(is_left) else { return Ok(()) };
        let by = |partial: &Partial<'a>| 100 * partial.fixed.len() / self.job.failing.len();
        let seeds: Vec<Seed> = all()
            .filter(|partial| !partial.fixed.contains(&screen))
            .map(|partial| Seed { place: partial.place, by: by(partial) as u8 })
            .collect();
        self.beside(path, &screen_first(self.job.failing, screen), &seeds, self.n_given)
    }

    /// Whether nothing is found and there is time to look for it.
    fn is_wanting(&self) -> bool {
        self.plausible.is_empty() && !self.is_over()
    }

    /// Where other tests are red too, the cause is more likely found by an edit that mends some of those as well: unless
    /// there is one among the finds, what stands further behind is tried.
    fn look_further(&mut self, path: &mut dyn FastPath) {
        let is_done =
            self.plausible.is_empty() || self.is_exhausted() || self.job.others.is_empty();
        if is_done || self.is_over() || self.also_fixed(path).iter().any(|n| *n > 0) {
            return;
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

    /// The first failing test that no candidate found so far makes pass and that was not looked at for itself.
    fn not_covered(&self, fronts: &Fronts<'_>, screens: &BTreeSet<usize>) -> Option<usize> {
        let is_covered =
            |place: &usize| fronts.values().flatten().any(|partial| partial.fixed.contains(place));
        (0..self.job.failing.len()).find(|place| !screens.contains(place) && !is_covered(place))
    }

    /// Tries what one front adds to each other one, some of which may have made their test pass by chance, and to all of
    /// them.
    fn with_front(
        &mut self,
        path: &mut dyn FastPath,
        fronts: &Fronts<'a>,
        screen: usize,
    ) -> Result<(), Failure> {
        let others = fronts.iter().filter(|(other, _)| **other != screen);
        let others: Vec<_> = others.map(|(_, front)| front).collect();
        let pairs = others.iter().map(|front| vec![*front, &fronts[&screen]]);
        let all = (others.len() > 1).then(|| fronts.values().collect());
        for some in pairs.chain(all) {
            if self.is_wanting() {
                self.together(path, &some)?;
            }
        }
        Ok(())
    }

    fn together(
        &mut self,
        path: &mut dyn FastPath,
        fronts: &[&Vec<Partial<'a>>],
    ) -> Result<(), Failure> {
        let mut patches: Vec<Patch<'a>> = vec![Vec::new()];
        for front in fronts {
            patches = patches.iter().flat_map(|patch| extended(patch, front)).collect();
            patches.sort_by(|a, b| cost(a).total_cmp(&cost(b)));
            patches.truncate(PARTIAL_BEAM * PARTIAL_BEAM);
        }
        self.try_all(path, &patches, self.job.failing, true, &mut |_, _| {}).map(drop)
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

/// The best first, as many as are combined.
fn sort_out(partial: &mut Vec<Partial<'_>>) {
    partial.sort_by(|a, b| {
        let by_fixed = b.fixed.len().cmp(&a.fixed.len());
        by_fixed.then(a.candidate.cost.total_cmp(&b.candidate.cost))
    });
    partial.truncate(PARTIAL_BEAM);
}

/// The tests with the one at `screen` first.
fn screen_first(failing: &[String], screen: usize) -> Vec<String> {
    let mut names = failing.to_vec();
    names[..=screen].rotate_right(1);
    names
}

fn extended<'a>(patch: &Patch<'a>, front: &[Partial<'a>]) -> Vec<Patch<'a>> {
    let fits = |partial: &&Partial<'a>| {
        patch.iter().all(|candidate| patch::fit(candidate, partial.candidate))
    };
    front
        .iter()
        .filter(fits)
        .map(|partial| [patch.as_slice(), &[partial.candidate]].concat())
        .collect()
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
