//! Changes that were rejected and must not come back.

use crate::base::limits::AVOIDED_MAX;
use crate::base::path::RepoPath;
use crate::model::proposal::{Hunk, HunkAt, Proposal};
use crate::model::run::{Avoid, Run};
use crate::model::subset::Choice;

/// The rejected hunk that is among a file's hunks: it takes the same lines out and puts the same in, wherever they
/// stand, alone or with lines beside them.
pub fn avoided<'a>(avoid: &'a [Avoid], path: &RepoPath, hunks: &[Hunk]) -> Option<&'a Avoid> {
    avoid.iter().find(|avoid| avoid.path == *path && hunks.iter().any(|hunk| holds(hunk, avoid)))
}

/// Whether a hunk is the rejected one, or makes it and more.
fn holds(hunk: &Hunk, avoid: &Avoid) -> bool {
    let Avoid { removed, inserted, .. } = avoid;
    if hunk.removed == *removed && hunk.inserted == *inserted {
        return true;
    }
    // One line that is put in or taken out, such as an early return, may be right in another place or with others.
    let n_telling = removed.iter().chain(inserted).filter(|line| !line.trim().is_empty()).count();
    let is_poor = n_telling < 2;
    // Lines that are only put in or only taken out make the text longer or shorter; in place of others they do not.
    let (n_out, n_in) = (hunk.removed.len(), hunk.inserted.len());
    let is_as_long = match (removed.len(), inserted.len()) {
        (0, added) => n_in >= n_out + added,
        (gone, 0) => n_out >= n_in + gone,
        _ => true,
    };
    !is_poor && is_as_long && within(&hunk.removed, removed) && within(&hunk.inserted, inserted)
}

/// Whether lines stand among others, one behind the other.
fn within(lines: &[String], part: &[String]) -> bool {
    part.is_empty() || lines.windows(part.len()).any(|window| window == part)
}

/// These decisions on a proposal as changes to avoid; a file that is made, deleted or renamed is one decision.
pub fn of(proposal: &Proposal, items: &Choice, note: impl Fn(&HunkAt) -> String) -> Vec<Avoid> {
    let mut avoided = Vec::new();
    for file in &proposal.files {
        let is_one = file.n_items() != file.hunks.len();
        for (at, hunk) in file.hunks.iter().enumerate() {
            let item = (file.path.clone(), if is_one { 0 } else { at });
            if items.contains(&item) {
                let (removed, inserted) = (hunk.removed.clone(), hunk.inserted.clone());
                avoided.push(Avoid { path: item.0.clone(), removed, inserted, note: note(&item) });
            }
        }
    }
    avoided
}

/// Adds what was rejected in these runs and is not there for all that, the latest runs first, at most [`AVOIDED_MAX`].
pub fn add<'a>(known: &mut Vec<Avoid>, runs: impl DoubleEndedIterator<Item = &'a Run>) {
    for run in runs.rev() {
        for avoid in standing(run) {
            let same = |known: &Avoid| {
                known.path == avoid.path
                    && known.removed == avoid.removed
                    && known.inserted == avoid.inserted
            };
            if known.len() < AVOIDED_MAX && !known.iter().any(same) {
                known.push(avoid);
            }
        }
    }
}

/// What was rejected in a run, without what was accepted later.
fn standing(run: &Run) -> Vec<Avoid> {
    let Some(proposal) = &run.proposal else { return Vec::new() };
    let kept = run.acceptances.iter().filter(|acceptance| !acceptance.undone);
    let kept: Choice = kept.flat_map(|acceptance| acceptance.hunks.iter().cloned()).collect();
    of(proposal, &(&run.rejected - &kept), |item| objection(run, item))
}

/// What a person has against a hunk; empty where nothing was said.
fn objection(run: &Run, item: &HunkAt) -> String {
    let mut said = run.objections.iter().rev().filter(|said| said.hunks.contains(item));
    said.next().map_or_else(String::new, |said| said.note.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::diff;

    #[test]
    fn the_same_lines_of_the_same_file_are_avoided_wherever_they_stand() {
        let path = |text: &str| RepoPath::new(text).unwrap();
        let lines = |text: &str| text.split_inclusive('\n').map(str::to_owned).collect();
        let check_of = |removed: &str, inserted: &str, file: &str, before: &str, after: &str| {
            let (removed, inserted) = (lines(removed), lines(inserted));
            let avoid = [Avoid { path: path("a"), removed, inserted, note: "no".into() }];
            avoided(&avoid, &path(file), &diff::hunks(before, after)).is_some()
        };
        let check =
            |file: &str, before: &str, after: &str| check_of("x\n", "y\n", file, before, after);
        assert!(check("a", "1\nx\n", "1\ny\n"));
        assert!(check("a", "x\n1\n2\n3\n4\n", "y\n1\n2\n3\nfour\n"));
        assert!(!check("b", "1\nx\n", "1\ny\n"));
        assert!(!check("a", "1\nx\n", "1\nz\n"));
        assert!(check("a", "1\nx\n", "one\ny\n"), "with a line beside it");
        assert!(check("a", "1\nx\n2\n", "one\ny\ntwo\n"));
        assert!(!check("a", "1\nx\n", "1\n"), "only the half of it");
        // Lines that are only put in, or only taken out.
        let add = |before: &str, after: &str| check_of("", "y\nz\n", "a", before, after);
        assert!(add("1\n", "1\ny\nz\n") && add("1\n", "1\ny\nz\nw\n") && add("1\n", "one\ny\nz\n"));
        assert!(!add("1\n2\n", "y\nz\n"), "in place of others");
        let cut = |before: &str, after: &str| check_of("w\nx\n", "", "a", before, after);
        assert!(cut("1\nw\nx\n", "1\n") && cut("1\nw\nx\n", "one\n"));
        assert!(!cut("1\nw\nx\n", "1\ny\nz\n"), "they become others");
        assert!(!check_of("", "\n", "a", "1\n", "1\n\nz\n"), "an empty line is everywhere");
        // One line such as an early return may be right with others.
        let one = |after: &str| check_of("", "return\n", "a", "1\n", after);
        assert!(one("1\nreturn\n") && !one("1\nif a:\nreturn\n"));
    }
}
