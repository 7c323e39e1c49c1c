//! A view carried over to a text that was typed in since, as long as nothing was typed where something is shown: the
//! next drawing reads the text anew, but nobody has to wait for it.

use std::collections::VecDeque;
use std::ops::Range;

use tower_lsp::lsp_types::Range as ProtoRange;

use super::hunks::HunkView;
use super::job::Key;
use super::view::{FileView, FindingView};
use crate::base::limits::RECENT_CHANGES_MAX;
use crate::logic::review::HunkState;

/// The latest changes of a text, by lines.
#[derive(Clone, Debug, Default)]
pub struct Moves {
    known: VecDeque<Move>,
    /// All changes after this revision are known.
    since: u64,
}

#[derive(Clone, Copy, Debug)]
struct Move {
    revision: u64,
    /// The first and the last line that were touched.
    first: u32,
    last: u32,
    /// How far the lines after it moved down.
    n_down: i64,
}

impl Moves {
    /// Of a document that is opened at this revision.
    pub fn starting_at(revision: u64) -> Self {
        Self { known: VecDeque::new(), since: revision }
    }

    /// Takes in a change that made the text that of `revision`.
    pub fn push(&mut self, revision: u64, touched: Range<u32>, n_down: i64) {
        if self.known.len() == RECENT_CHANGES_MAX
            && let Some(oldest) = self.known.pop_front()
        {
            self.since = oldest.revision;
        }
        self.known.push_back(Move { revision, first: touched.start, last: touched.end, n_down });
    }

    /// Nothing is known of changes up to `revision`.
    pub fn forget(&mut self, revision: u64) {
        self.known.clear();
        self.since = revision;
    }

    /// Whether a change since a text touched one of these ranges of its lines, as far as that is known.
    pub fn touch(&self, revision: u64, mut lines: impl Iterator<Item = Range<u32>>) -> bool {
        let Some(changes) = self.after(revision) else { return true };
        let carry = |lines| changes.clone().try_fold(lines, |lines, change| change.carry(&lines));
        lines.any(|lines| carry(lines).is_none())
    }

    /// The changes since a text; `None` when they are not all known.
    fn after(&self, revision: u64) -> Option<impl Iterator<Item = &Move> + Clone> {
        let is_known = self.since <= revision;
        is_known.then(|| self.known.iter().filter(move |change| change.revision > revision))
    }
}

impl Move {
    /// Where lines are after the change; `None` when it touches or abuts them.
    fn carry(&self, lines: &Range<u32>) -> Option<Range<u32>> {
        if lines.end < self.first {
            return Some(lines.clone());
        }
        let down = |line: u32| u32::try_from(i64::from(line) + self.n_down).ok();
        if lines.start > self.last + 1 { Some(down(lines.start)?..down(lines.end)?) } else { None }
    }
}

impl FileView {
    /// This view for the text of `key`; `None` where it has to be drawn anew.
    pub fn moved(&self, key: Key, version: i32, moves: &Moves) -> Option<FileView> {
        let changes = moves.after(self.key.text?).filter(|_| self.key.board == key.board)?;
        let carry = |lines: &Range<u32>| {
            changes.clone().try_fold(lines.clone(), |lines, change| change.carry(&lines))
        };
        let hunks = self.hunks.iter().map(|hunk| moved_hunk(hunk, carry));
        let findings = self.findings.iter().map(|view| {
            let line = carry(&(view.line..view.line + 1))?.start;
            Some(FindingView { finding: view.finding.clone(), line })
        });
        Some(FileView {
            uri: self.uri.clone(),
            root: self.root.clone(),
            key,
            version: Some(version),
            hunks: hunks.collect::<Option<_>>()?,
            findings: findings.collect::<Option<_>>()?,
            diagnostics: Vec::new(),
        })
    }
}

fn moved_hunk(
    hunk: &HunkView,
    carry: impl Fn(&Range<u32>) -> Option<Range<u32>>,
) -> Option<HunkView> {
    let lines = carry(&hunk.lines)?;
    let n_down = i64::from(lines.start) - i64::from(hunk.lines.start);
    let down = |line: u32| u32::try_from(i64::from(line) + n_down).ok();
    let ProtoRange { mut start, mut end } = hunk.range;
    (start.line, end.line) = (down(start.line)?, down(end.line)?);
    let part = |part: &HunkState| Some(part.clone().at(carry(part.lines())?));
    Some(HunkView {
        lines,
        range: ProtoRange { start, end },
        parts: hunk.parts.iter().map(part).collect::<Option<_>>()?,
        ..hunk.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_carried_past_changes_and_not_through_them() {
        let carried = |changes: &[(u64, u32, u32, i64)], from: u64, lines: Range<u32>| {
            let mut moves = Moves::default();
            for (revision, first, last, n_down) in changes {
                moves.push(*revision, *first..*last, *n_down);
            }
            let changes = moves.after(from)?;
            changes.clone().try_fold(lines, |lines, change| change.carry(&lines))
        };
        assert_eq!(carried(&[], 0, 3..5), Some(3..5));
        assert_eq!(carried(&[(1, 0, 0, 2)], 0, 3..5), Some(5..7));
        assert_eq!(carried(&[(1, 0, 0, 2)], 1, 3..5), Some(3..5), "it was in the text already");
        assert_eq!(carried(&[(1, 9, 9, 2)], 0, 3..5), Some(3..5));
        assert_eq!(carried(&[(1, 0, 0, 2), (2, 1, 2, -1)], 0, 3..5), Some(4..6));
        for touching in [2, 3, 4, 5] {
            assert_eq!(carried(&[(1, touching, touching, 1)], 0, 3..5), None, "{touching}");
        }
        let many: Vec<_> = (1..=RECENT_CHANGES_MAX as u64 + 1).map(|at| (at, 9, 9, 0)).collect();
        assert_eq!(carried(&many, 0, 3..5), None, "the first one is not known any more");
        assert_eq!(carried(&many, 1, 3..5), Some(3..5));
    }
}
