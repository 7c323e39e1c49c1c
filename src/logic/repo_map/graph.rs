//! Who refers to what, and what that makes important: a random walk over files that follows names to where they are
//! defined and now and then starts again in what the work is about (personalised PageRank, as in aider's map).

use std::sync::Arc;

use super::Focus;
use super::file::{FACTOR, File, NumberOf};
use crate::base::hash::ContentHash;
use crate::base::path::RepoPath;

/// How often the walk goes on instead of starting again.
const DAMPING: f64 = 0.85;
/// Steps of the walk, at most.
const ROUNDS_MAX: usize = 30;
/// The walk has settled when no more than this moves in a step.
const SETTLED: f64 = 1e-4;
/// Names defined in more places than this say little.
const COMMON_DEFINITIONS: usize = 5;

/// A definition: the number of its file, and its place in the file's outline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: u32,
    pub at: u32,
}

/// Files are numbered in the order of their paths, names as they are met.
pub struct Graph {
    /// Names that are defined anywhere.
    numbers: NumberOf,
    /// Where a name is defined: for each name where its part of `places` ends.
    place_ends: Vec<u32>,
    places: Vec<Place>,
    /// What a file uses of other files: for each file where its part of `uses` ends.
    use_ends: Vec<u32>,
    /// Names with how much they count there.
    uses: Vec<(u32, f64)>,
}

impl Graph {
    pub fn of(files: &[Arc<File>]) -> Graph {
        let mut graph = Graph {
            numbers: NumberOf::default(),
            place_ends: Vec::new(),
            places: Vec::new(),
            use_ends: Vec::with_capacity(files.len()),
            uses: Vec::new(),
        };
        graph.add_places(files);
        for (number, file) in (0..).zip(files) {
            for (name, weight) in &file.used {
                let Some(name) = graph.numbers.get(name) else { continue };
                let places = graph.places_of(*name);
                // A name that the file defines itself leads nowhere.
                if places.binary_search_by_key(&number, |place| place.file).is_err() {
                    let is_common = places.len() > COMMON_DEFINITIONS;
                    graph.uses.push((*name, if is_common { weight / FACTOR } else { *weight }));
                }
            }
            graph.use_ends.push(graph.uses.len() as u32);
        }
        graph
    }

    fn add_places(&mut self, files: &[Arc<File>]) {
        let mut defined: Vec<(u32, Place)> = Vec::new();
        for (number, file) in (0..).zip(files) {
            for (name, at) in &file.defined {
                let next = self.numbers.len() as u32;
                let name = *self.numbers.entry(*name).or_insert(next);
                defined.push((name, Place { file: number, at: *at }));
            }
        }
        // Where each name's places begin, and once they are filled in, where they end.
        let mut ends = vec![0; self.numbers.len() + 1];
        defined.iter().for_each(|(name, _)| ends[*name as usize + 1] += 1);
        (1..ends.len()).for_each(|at| ends[at] += ends[at - 1]);
        ends.pop();
        self.places = vec![Place { file: 0, at: 0 }; defined.len()];
        for (name, place) in defined {
            let end = &mut ends[name as usize];
            self.places[*end as usize] = place;
            *end += 1;
        }
        self.place_ends = ends;
    }

    /// The `n_max` most important definitions, most important first.
    pub fn ranked(&self, files: &[Arc<File>], focus: &Focus, n_max: usize) -> Vec<Place> {
        let scores = self.scores(files, focus);
        let mut ranked: Vec<(f64, Place)> =
            scores.into_iter().zip(self.places.iter().copied()).collect();
        let order = |a: &(f64, Place), b: &(f64, Place)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if n_max < ranked.len() {
            ranked.select_nth_unstable_by(n_max, order);
            ranked.truncate(n_max);
        }
        ranked.sort_unstable_by(order);
        ranked.into_iter().map(|(_, place)| place).collect()
    }

    /// How important each of `places` is.
    fn scores(&self, files: &[Arc<File>], focus: &Focus) -> Vec<f64> {
        let number_of = |path: &RepoPath| files.binary_search_by_key(&path, |file| &file.path).ok();
        let mut start = vec![0.0; files.len()];
        for file in focus.files.iter().chain(&focus.tests).filter_map(number_of) {
            start[file] = 1.0;
        }
        let mut boosts = vec![1.0; self.place_ends.len()];
        let names = focus.names.iter().filter_map(|name| self.numbers.get(&ContentHash::of(name)));
        for name in names {
            boosts[*name as usize] = FACTOR;
            let places = self.places_of(*name);
            places.iter().for_each(|place| start[place.file as usize] += 1.0 / places.len() as f64);
        }
        let (ranks, flows) = self.walk(start, &boosts);
        let mut scores = Vec::with_capacity(self.places.len());
        for name in 0..self.place_ends.len() as u32 {
            let places = self.places_of(name);
            let share = flows[name as usize] / places.len() as f64;
            let mentioned = if boosts[name as usize] > 1.0 { 1.0 } else { 0.0 };
            for place in places {
                let is_test = files[place.file as usize].is_test;
                scores.push(mentioned + if is_test { share / FACTOR } else { share });
            }
        }
        self.add_own(&mut scores, &ranks, focus.files.iter().filter_map(number_of));
        scores
    }

    /// What a file in focus defines matters even if nobody uses it.
    fn add_own(&self, scores: &mut [f64], ranks: &[f64], files: impl Iterator<Item = usize>) {
        let mut shares = vec![0.0; ranks.len()];
        files.for_each(|file| shares[file] = ranks[file]);
        if shares.iter().all(|share| *share == 0.0) {
            return;
        }
        let mut n_own = vec![0u32; ranks.len()];
        self.places.iter().for_each(|place| n_own[place.file as usize] += 1);
        for (score, place) in scores.iter_mut().zip(&self.places) {
            let file = place.file as usize;
            *score += shares[file] / f64::from(n_own[file]);
        }
    }

    /// How often the walk is in each file, and follows each name.
    fn walk(&self, mut start: Vec<f64>, boosts: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let sum: f64 = start.iter().sum();
        let n = start.len();
        start.iter_mut().for_each(|share| {
            *share = if sum > 0.0 { *share / sum } else { 1.0 / n as f64 };
        });
        let totals: Vec<f64> = (0..n)
            .map(|file| {
                self.uses_of(file)
                    .iter()
                    .map(|(name, weight)| weight * boosts[*name as usize])
                    .sum()
            })
            .collect();
        let mut ranks = start.clone();
        let mut flows = vec![0.0; boosts.len()];
        for _ in 0..ROUNDS_MAX {
            flows.fill(0.0);
            let mut stuck = 0.0;
            for (file, rank) in ranks.iter().enumerate().filter(|(_, rank)| **rank > 0.0) {
                if totals[file] == 0.0 {
                    stuck += rank;
                    continue;
                }
                let share = rank / totals[file];
                for (name, weight) in self.uses_of(file) {
                    flows[*name as usize] += share * weight * boosts[*name as usize];
                }
            }
            let again = 1.0 - DAMPING + DAMPING * stuck;
            let mut next: Vec<f64> = start.iter().map(|share| share * again).collect();
            for (name, flow) in (0..).zip(&flows).filter(|(_, flow)| **flow > 0.0) {
                let places = self.places_of(name);
                let share = DAMPING * flow / places.len() as f64;
                places.iter().for_each(|place| next[place.file as usize] += share);
            }
            let moved: f64 = next.iter().zip(&ranks).map(|(new, old)| (new - old).abs()).sum();
            ranks = next;
            if moved < SETTLED {
                break;
            }
        }
        (ranks, flows)
    }

    /// Sorted.
    fn places_of(&self, name: u32) -> &[Place] {
        part(&self.places, &self.place_ends, name as usize)
    }

    fn uses_of(&self, file: usize) -> &[(u32, f64)] {
        part(&self.uses, &self.use_ends, file)
    }
}

/// The part of `all` that belongs to `at`.
fn part<'a, T>(all: &'a [T], ends: &[u32], at: usize) -> &'a [T] {
    let start = if at == 0 { 0 } else { ends[at - 1] };
    &all[start as usize..ends[at] as usize]
}
