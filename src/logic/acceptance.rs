//! What the user accepts, and the way back: parts of hunks go in and come out again with the very bytes they had, all that
//! are meant in a file or none.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::path::RepoPath;
use crate::base::text::edit::Edit;
use crate::logic::review::edits::{Page, Pick, Way};
use crate::logic::review::{Reader, Reading};
use crate::model::proposal::Hunk;

/// A part of a hunk of a proposal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct PartId {
    pub path: RepoPath,
    /// Index among the file's hunks.
    pub hunk: usize,
    /// Index among the hunk's parts.
    pub part: usize,
}

/// The bytes that a part took away and those it put there, which depend on the text it went into.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Swap {
    pub before: String,
    pub after: String,
}

impl Swap {
    /// What `old` becomes; `None` when it is not what is known.
    fn other_side(&self, old: &str, way: Way) -> Option<&str> {
        let (from, to) = match way {
            Way::In => (&self.before, &self.after),
            Way::Out => (&self.after, &self.before),
        };
        (from == old).then_some(to.as_str())
    }
}

/// The bytes of parts that were accepted.
pub type Swaps = BTreeMap<PartId, Swap>;

/// A file of a proposal and its text now.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    pub path: &'a RepoPath,
    pub hunks: &'a [Hunk],
    /// Of the hunks.
    pub reader: &'a Reader,
    pub current: &'a str,
}

impl File<'_> {
    fn part(&self, hunk: usize, part: usize) -> PartId {
        PartId { path: self.path.clone(), hunk, part }
    }

    /// The edits, sorted and disjoint, that move all parts that can go this way, and the bytes of those parts. `chosen`
    /// says which parts of a hunk are meant, by its index and how it stands; `known` has the bytes of parts that were
    /// accepted before, which come back as they were.
    ///
    /// # Errors
    ///
    /// The hunks in conflict; then nothing can move.
    pub fn moved(
        &self,
        chosen: impl Fn(usize, &Reading) -> Vec<usize>,
        way: Way,
        known: &Swaps,
    ) -> Result<(Swaps, Vec<Edit>), Vec<usize>> {
        let likely = |hunk, part| known.contains_key(&self.part(hunk, part));
        let readings = self.reader.readings_where(self.current, likely);
        let pick = |(hunk, reading)| {
            let parts = chosen(hunk, reading);
            (hunk, Pick { hunk: &self.hunks[hunk], reading, parts })
        };
        let picks: Vec<(usize, Pick<'_>)> = readings
            .iter()
            .enumerate()
            .map(pick)
            .filter(|(_, pick)| !pick.parts.is_empty())
            .collect();
        let page = Page::new(self.current);
        let (mut swaps, mut edits, mut conflicts) = (Swaps::new(), Vec::new(), Vec::new());
        for (hunk, pick) in &picks {
            let Some(steps) = page.part_edits(pick, way) else {
                conflicts.push(*hunk);
                continue;
            };
            for (part, mut edit) in steps {
                let id = self.part(*hunk, part);
                let old = &self.current[edit.range()];
                if let Some(new) = known.get(&id).and_then(|swap| swap.other_side(old, way)) {
                    new.clone_into(&mut edit.text);
                }
                swaps.insert(id, Swap { before: old.to_owned(), after: edit.text.clone() });
                edits.push(edit);
            }
        }
        if !conflicts.is_empty() {
            return Err(conflicts);
        }
        let edits = page.in_one(edits);
        edits
            .map(|edits| (swaps, edits))
            .ok_or_else(|| picks.iter().map(|(hunk, _)| *hunk).collect())
    }
}

#[cfg(test)]
mod tests;
