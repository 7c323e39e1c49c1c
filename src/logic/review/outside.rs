//! What the user has changed in a file beside the changes that are proposed for it.

use std::ops::Range;

use super::cut::split;
use super::unmarked;
use crate::model::proposal::Hunk;

/// Whether a text differs from the one that the hunks were made for at any other lines than theirs. `places` are the lines
/// of each hunk in the text now. Line endings and a byte order mark do not count.
pub fn is_edited_outside(before: &str, hunks: &[Hunk], places: &[Range<u32>], text: &str) -> bool {
    let (old, new) = (split(unmarked(before)), split(unmarked(text)));
    let (mut done_old, mut done_new) = (0, 0);
    for (hunk, place) in hunks.iter().zip(places) {
        let start = hunk.start as usize;
        if old.get(done_old..start) != new.get(done_new..place.start as usize) {
            return true;
        }
        (done_old, done_new) = (start + hunk.removed.len(), place.end as usize);
    }
    old.get(done_old..) != new.get(done_new..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::diff;
    use crate::logic::review::readings;

    #[test]
    fn only_what_stands_outside_of_the_hunks_counts() {
        let (before, after) = ("a\nb\nc\nd\ne\n", "a\nB\nc\nd\ne\nf\n");
        let hunks = diff::hunks(before, after);
        assert_eq!(hunks.len(), 2);
        let is_edited = |text: &str| {
            let readings = readings(before, &hunks, text);
            let places: Vec<_> = readings.iter().map(|found| found.state.lines().clone()).collect();
            is_edited_outside(before, &hunks, &places, text)
        };
        for same in [before, after, "a\nB\nc\nd\ne\n", "\u{feff}a\r\nb\r\nc\r\nd\r\ne\r\nf\r\n"] {
            assert!(!is_edited(same), "{same:?}");
        }
        for other in ["x\na\nb\nc\nd\ne\n", "a\nB\nc\nD\ne\nf\n", "a\nb\nc\nx\nd\ne\n", ""] {
            assert!(is_edited(other), "{other:?}");
        }
    }
}
