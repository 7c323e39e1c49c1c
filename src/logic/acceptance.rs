//! What the user accepted together, and the way back: undone and redone exactly, all of it or nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::base::path::RepoPath;
use crate::base::text::edit::Edit;
use crate::logic::review::edits::{Page, Pick, Way};
use crate::logic::review::{Reading, readings_where};
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

/// Parts that went into the texts together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Acceptance {
    pub parts: BTreeMap<PartId, Swap>,
}

/// A file of a proposal and its text now.
#[derive(Clone, Copy, Debug)]
pub struct File<'a> {
    pub path: &'a RepoPath,
    /// What the hunks were made from.
    pub base: &'a str,
    pub hunks: &'a [Hunk],
    pub current: &'a str,
}

/// The edits of each file that changes, sorted and disjoint.
pub type FileEdits = BTreeMap<RepoPath, Vec<Edit>>;

/// Hunks that stand in the way, by file and index.
pub type Conflicts = BTreeSet<(RepoPath, usize)>;

/// Puts the pending ones of these parts in: the edits, and what it takes to undo them.
///
/// # Errors
///
/// The hunks in conflict; then nothing of it can go in.
pub fn accept(
    files: &[File<'_>],
    parts: &BTreeSet<PartId>,
) -> Result<(Acceptance, FileEdits), Conflicts> {
    let moves = moved(files, parts, Way::In, &BTreeMap::new())?;
    Ok((Acceptance { parts: moves.swaps }, moves.edits))
}

impl Acceptance {
    /// The edits that take it back out. Parts that are out already, by the editor's undo or by hand, need none.
    ///
    /// # Errors
    ///
    /// The hunks in conflict; then nothing of it can come out.
    pub fn undo(&self, files: &[File<'_>]) -> Result<FileEdits, Conflicts> {
        self.go(files, Way::Out)
    }

    /// The edits that put it in again, with the bytes of the first time.
    ///
    /// # Errors
    ///
    /// As for `undo`.
    pub fn redo(&self, files: &[File<'_>]) -> Result<FileEdits, Conflicts> {
        self.go(files, Way::In)
    }

    fn go(&self, files: &[File<'_>], way: Way) -> Result<FileEdits, Conflicts> {
        Ok(moved(files, &self.parts.keys().cloned().collect(), way, &self.parts)?.edits)
    }
}

/// What moving parts comes to.
#[derive(Default)]
struct Moves {
    edits: FileEdits,
    /// The parts that move.
    swaps: BTreeMap<PartId, Swap>,
}

/// Moves all parts that can go this way; `known` has the bytes of those that moved before.
fn moved(
    files: &[File<'_>],
    parts: &BTreeSet<PartId>,
    way: Way,
    known: &BTreeMap<PartId, Swap>,
) -> Result<Moves, Conflicts> {
    let mut moves = Moves::default();
    let mut conflicts: Conflicts = parts
        .iter()
        .filter(|part| !files.iter().any(|file| file.has(part)))
        .map(|part| (part.path.clone(), part.hunk))
        .collect();
    for file in files {
        match file.moved(parts, way, known) {
            Ok((swaps, edits)) => {
                moves.swaps.extend(swaps);
                if !edits.is_empty() {
                    moves.edits.insert(file.path.clone(), edits);
                }
            }
            Err(hunks) => conflicts.extend(hunks.into_iter().map(|hunk| (file.path.clone(), hunk))),
        }
    }
    if conflicts.is_empty() { Ok(moves) } else { Err(conflicts) }
}

type FileMoves = (BTreeMap<PartId, Swap>, Vec<Edit>);

impl File<'_> {
    fn has(&self, part: &PartId) -> bool {
        *self.path == part.path && part.hunk < self.hunks.len()
    }

    fn part(&self, hunk: usize, part: usize) -> PartId {
        PartId { path: self.path.clone(), hunk, part }
    }

    fn pick<'r>(&'r self, hunk: usize, reading: &'r Reading, parts: &BTreeSet<PartId>) -> Pick<'r> {
        let ours = parts.iter().filter(|part| *self.path == part.path && part.hunk == hunk);
        Pick { hunk: &self.hunks[hunk], reading, parts: ours.map(|part| part.part).collect() }
    }

    /// The hunks in conflict otherwise.
    fn moved(
        &self,
        parts: &BTreeSet<PartId>,
        way: Way,
        known: &BTreeMap<PartId, Swap>,
    ) -> Result<FileMoves, Vec<usize>> {
        let likely = |hunk, part| known.contains_key(&self.part(hunk, part));
        let readings = readings_where(self.base, self.hunks, self.current, likely);
        let picks: Vec<(usize, Pick<'_>)> = (0..self.hunks.len())
            .map(|hunk| (hunk, self.pick(hunk, &readings[hunk], parts)))
            .filter(|(_, pick)| !pick.parts.is_empty())
            .collect();
        let page = Page::new(self.current);
        let mut swaps = BTreeMap::new();
        let mut edits = Vec::new();
        let mut conflicts = Vec::new();
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
