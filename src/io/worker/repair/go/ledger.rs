//! What is known of each edit of a Go search.

use std::collections::{BTreeMap, HashMap};

use super::by_package;
use crate::base::path::RepoPath;
use crate::base::text::edit::Edit;
use crate::io::worker::repair::fast_path::Patch;
use crate::repair::clones::{self, Arm, Piece, Place, UNITS_MAX};
use crate::repair::{Candidate, Source};

/// What is known of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fate {
    /// As far as is known it compiles.
    Open,
    /// No copy can hold it.
    OutOfReach,
    /// It does not compile.
    Invalid,
}

/// All edits that were looked at so far.
#[derive(Default)]
pub(super) struct Ledger {
    known: Vec<(Piece, Fate)>,
    by_piece: HashMap<Piece, usize>,
}

/// The sources of one build, with the copies they hold.
#[derive(Default)]
pub(super) struct Plan {
    pub texts: BTreeMap<RepoPath, String>,
    arms: HashMap<usize, Vec<Arm>>,
}

impl Ledger {
    /// The places of a patch's edits, those in one function together.
    pub fn places(&mut self, patch: &Patch<'_>) -> Vec<usize> {
        let mut parts: BTreeMap<(&RepoPath, Option<usize>), Vec<Edit>> = BTreeMap::new();
        for Candidate { path, edits, function, .. } in patch {
            let function = function.as_ref().map(|range| range.start);
            parts.entry((path, function)).or_default().extend(edits.iter().cloned());
        }
        let piece = |((path, _), mut edits): ((&RepoPath, _), Vec<Edit>)| {
            edits.sort();
            edits.dedup();
            Piece { path: path.clone(), edits }
        };
        parts.into_iter().map(piece).map(|piece| self.place(piece)).collect()
    }

    fn place(&mut self, piece: Piece) -> usize {
        *self.by_piece.entry(piece.clone()).or_insert_with(|| {
            self.known.push((piece, Fate::Open));
            self.known.len() - 1
        })
    }

    /// What is known of edits together: the worst of each.
    pub fn fate(&self, places: &[usize]) -> Fate {
        places.iter().map(|place| self.known[*place].1).max().unwrap_or(Fate::Open)
    }

    /// Sources that hold all these edits, as far as they are open. Edits that no copy can hold are noted.
    pub fn plan(&mut self, sources: &[Source], places: &[usize]) -> Plan {
        let mut plan = Plan::default();
        for (nth, package) in by_package(sources).into_iter().enumerate() {
            let of_package = |place: &&usize| {
                let (piece, fate) = &self.known[**place];
                let holds = package.iter().any(|source| source.path == piece.path);
                holds && *fate == Fate::Open
            };
            let mut members: Vec<usize> = places.iter().filter(of_package).copied().collect();
            members.sort_unstable();
            members.dedup();
            if members.is_empty() {
                continue;
            }
            let pieces: Vec<&Piece> = members.iter().map(|place| &self.known[*place].0).collect();
            let made = clones::build(&package, &pieces, nth as u64 * UNITS_MAX);
            for (place, made) in members.into_iter().zip(made.places) {
                match made {
                    Place::Arms(arms) => drop(plan.arms.insert(place, arms)),
                    Place::Malformed => self.known[place].1 = Fate::Invalid,
                    Place::OutOfReach => self.known[place].1 = Fate::OutOfReach,
                }
            }
            plan.texts.extend(made.texts);
        }
        plan
    }

    /// Notes the edits whose copies the compiler objects to; whether there are any.
    pub fn learn(&mut self, plan: &Plan, blamed: &[Arm]) -> bool {
        let is_blamed = |arms: &[Arm]| arms.iter().any(|arm| blamed.contains(arm));
        let wrong = plan.arms.iter().filter(|(_, arms)| is_blamed(arms));
        let wrong: Vec<usize> = wrong.map(|(place, _)| *place).collect();
        for place in &wrong {
            self.known[*place].1 = Fate::Invalid;
        }
        !wrong.is_empty()
    }
}

impl Plan {
    /// The value of the variable that switches these edits on; `None` when the plan does not hold them all, or two want
    /// another copy of the same function.
    pub fn arms(&self, places: &[usize]) -> Option<String> {
        let mut units: BTreeMap<u64, u32> = BTreeMap::new();
        for place in places {
            for (unit, arm) in self.arms.get(place)? {
                if units.insert(*unit, *arm).is_some_and(|known| known != *arm) {
                    return None;
                }
            }
        }
        let pairs: Vec<String> = units.iter().map(|(unit, arm)| format!("{unit}={arm}")).collect();
        Some(pairs.join(","))
    }

    pub fn is_empty(&self) -> bool {
        self.arms.is_empty()
    }
}
