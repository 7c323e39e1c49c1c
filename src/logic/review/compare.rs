//! What differs between two texts, told between lines that each of them has once: those are rarely mistaken for others,
//! and few lines are left between them.

use std::ops::Range;

use super::numbers::Number;
use crate::logic::diff::{self, Change};

/// The changes that make `after` of `before`, in order, with something unchanged between any two.
pub fn changes(before: &[Number], after: &[Number]) -> Vec<Change> {
    let mut all = Vec::new();
    let mut done = (0, 0);
    let ends = (before.len(), after.len());
    for (old, new) in ascending(&shared(before, after)).into_iter().chain([ends]) {
        let (here, there) = (done.0..old, done.1..new);
        done = (old + 1, new + 1);
        if before[here.clone()] == after[there.clone()] {
            continue;
        }
        let between = diff::changes(&before[here.clone()], &after[there.clone()]);
        let moved = |lines: Range<usize>, n: usize| lines.start + n..lines.end + n;
        all.extend(between.into_iter().map(|change| Change {
            before: moved(change.before, here.start),
            after: moved(change.after, there.start),
        }));
    }
    all
}

/// The places of lines that both have exactly once, in the order of `before`.
fn shared(before: &[Number], after: &[Number]) -> Vec<(usize, usize)> {
    let n_numbers = before.iter().chain(after).map(|line| line.index() + 1).max().unwrap_or(0);
    let (old, new) = (once(before, n_numbers), once(after, n_numbers));
    let pair = |line: &Number| {
        let (Seen::Once(old), Seen::Once(new)) = (old[line.index()], new[line.index()]) else {
            return None;
        };
        Some((old as usize, new as usize))
    };
    before.iter().filter_map(pair).collect()
}

#[derive(Clone, Copy)]
enum Seen {
    Never,
    Once(u32),
    Often,
}

fn once(lines: &[Number], n_numbers: usize) -> Vec<Seen> {
    let mut seen = vec![Seen::Never; n_numbers];
    for (at, line) in lines.iter().enumerate() {
        let known = &mut seen[line.index()];
        *known = match known {
            Seen::Never => Seen::Once(at as u32),
            Seen::Once(_) | Seen::Often => Seen::Often,
        };
    }
    seen
}

/// As many of these pairs as can be kept with both sides ascending; their left sides ascend already.
fn ascending(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    // By length, the pair with the least right side that a row of this length can end with.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(pairs.len());
    for (at, (_, right)) in pairs.iter().enumerate() {
        let is_less = |end: &usize| pairs[*end].1 < *right;
        let length = match ends.last() {
            Some(last) if is_less(last) => ends.len(),
            Some(_) | None => ends.partition_point(is_less),
        };
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() {
            ends.push(at);
        } else {
            ends[length] = at;
        }
    }
    let mut row = Vec::with_capacity(ends.len());
    let mut at = ends.last().copied();
    while let Some(pair) = at {
        row.push(pairs[pair]);
        at = before[pair];
    }
    row.reverse();
    row
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logic::review::cut::split;
    use crate::logic::review::numbers::Numbers;
    use crate::logic::review::tests::{FEW_LINES, hard_texts, laws};

    fn compared(before: &str, after: &str) -> Vec<Change> {
        let numbers = Numbers::of_base(before);
        changes(numbers.base(), &numbers.of(after))
    }

    #[test]
    fn lines_that_are_there_once_are_kept_in_their_order() {
        let cases = [
            ("a\nb\nc\n", "a\nB\nc\n", "1..2 to 1..2"),
            // A block is put in between two that are alike.
            ("{\na\n}\n{\nb\n}\n", "{\nx\n}\n{\na\n}\n{\nb\n}\n", "1..1 to 1..4"),
            // A line that moved is the one that changed.
            ("a\nb\nc\nd\n", "d\na\nb\nc\n", "0..0 to 0..1, 3..4 to 4..4"),
            ("c\na\nb\n", "b\nc\na\n", "0..0 to 0..1, 2..3 to 3..3"),
        ];
        for (before, after, expected) in cases {
            let shown = |Change { before, after }: &Change| format!("{before:?} to {after:?}");
            let found: Vec<String> = compared(before, after).iter().map(shown).collect();
            assert_eq!(found.join(", "), expected, "{before:?} {after:?}");
        }
    }

    proptest! {
        #![proptest_config(laws(2000))]

        #[test]
        fn changes_make_the_one_text_of_the_other((before, after, _) in hard_texts(FEW_LINES)) {
            let (old, new) = (split(&before), split(&after));
            let changes = compared(&before, &after);
            let (mut made, mut done) = (Vec::new(), 0);
            for Change { before, after } in &changes {
                prop_assert!(before.start > done || done == 0 && made.is_empty());
                prop_assert!(!before.is_empty() || !after.is_empty());
                made.extend_from_slice(&old[done..before.start]);
                made.extend_from_slice(&new[after.clone()]);
                done = before.end;
            }
            made.extend_from_slice(&old[done..]);
            prop_assert_eq!(made, new);
        }
    }
}
