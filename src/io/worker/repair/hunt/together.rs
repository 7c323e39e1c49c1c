//! Candidates tried together that make different tests pass.

use std::collections::{BTreeMap, BTreeSet};

use super::super::fast_path::{FastPath, Patch};
use super::super::patch;
use super::{Hunt, cost};
use crate::base::limits::PARTIAL_BEAM;
use crate::model::failure::Failure;
use crate::repair::Candidate;

/// A candidate that makes some of the failing tests pass; `fixed` are places in the job's list.
#[derive(Clone)]
pub(super) struct Partial<'a> {
    /// Its place among all that were chosen.
    pub place: usize,
    pub candidate: &'a Candidate,
    pub fixed: Vec<usize>,
}

/// What makes some tests pass, by the test that it was found for.
pub(super) type Fronts<'a> = BTreeMap<usize, Vec<Partial<'a>>>;

impl<'a> Hunt<'a, '_> {
    /// The first failing test that no candidate found so far makes pass and that was not looked at for itself.
    pub(super) fn not_covered(
        &self,
        fronts: &Fronts<'_>,
        screens: &BTreeSet<usize>,
    ) -> Option<usize> {
        let is_covered =
            |place: &usize| fronts.values().flatten().any(|partial| partial.fixed.contains(place));
        (0..self.job.failing.len()).find(|place| !screens.contains(place) && !is_covered(place))
    }

    /// Tries what one front adds to each other one, some of which may have made their test pass by chance, and to all of
    /// them.
    pub(super) fn with_front(
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
}

/// The best first, as many as are combined.
pub(super) fn sort_out(partial: &mut Vec<Partial<'_>>) {
    partial.sort_by(|a, b| {
        let by_fixed = b.fixed.len().cmp(&a.fixed.len());
        by_fixed.then(a.candidate.cost.total_cmp(&b.candidate.cost))
    });
    partial.truncate(PARTIAL_BEAM);
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
