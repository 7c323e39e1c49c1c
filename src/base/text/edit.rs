//! Replacements in one text, sorted and disjoint.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// Puts `text` in place of the bytes in `range` of one base text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Edit {
    pub start: usize,
    pub end: usize,
    pub text: String,
}

impl Edit {
    pub fn new(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { start: range.start, end: range.end, text: text.into() }
    }

    pub fn range(&self) -> Range<usize> {
        self.start..self.end
    }

    /// The part of it that changes `text`; cuts no character and no `\r\n`. Empty where it changes nothing.
    pub fn narrowed(self, text: &str) -> Self {
        let Some(old) = text.get(self.range()) else { return self };
        let new = self.text.as_str();
        let cuts = |text: &str, at: usize| {
            !text.is_char_boundary(at)
                || (text[..at].ends_with('\r') && text[at..].starts_with('\n'))
        };
        let same = old.bytes().zip(new.bytes()).take_while(|(a, b)| a == b);
        let mut start = same.count();
        while cuts(old, start) || cuts(new, start) {
            start -= 1;
        }
        let same = old[start..].bytes().rev().zip(new[start..].bytes().rev());
        let mut end = same.take_while(|(a, b)| a == b).count();
        while cuts(old, old.len() - end) || cuts(new, new.len() - end) {
            end -= 1;
        }
        let range = self.start + start..self.end - end;
        Self::new(range, &new[start..new.len() - end])
    }
}

/// The text after all edits, whose ranges must be sorted, disjoint and on character boundaries; `None` otherwise.
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut result = String::with_capacity(text.len() + 64);
    let mut done = 0;
    for edit in edits {
        if edit.start < done || edit.end < edit.start {
            return None;
        }
        result.push_str(text.get(done..edit.start)?);
        text.get(edit.range())?;
        result.push_str(&edit.text);
        done = edit.end;
    }
    result.push_str(text.get(done..)?);
    Some(result)
}

/// The edits that take the result of `apply(text, edits)` back to `text`.
pub fn invert(text: &str, edits: &[Edit]) -> Vec<Edit> {
    let mut shift = 0isize;
    edits
        .iter()
        .map(|edit| {
            let start = edit.start.saturating_add_signed(shift);
            shift += edit.text.len() as isize - edit.range().len() as isize;
            Edit::new(start..start + edit.text.len(), &text[edit.range()])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn bad_edits_are_refused() {
        assert_eq!(apply("abc", &[Edit::new(1..2, "X")]).as_deref(), Some("aXc"));
        assert_eq!(apply("abc", &[Edit::new(1..9, "")]), None);
        assert_eq!(apply("é", &[Edit::new(1..2, "")]), None);
        assert_eq!(apply("abc", &[Edit::new(1..3, ""), Edit::new(2..3, "")]), None);
    }

    proptest! {
        #[test]
        fn a_narrowed_edit_does_the_same(text in "[a\u{e9}\r\n]{0,8}", new in "[a\u{e8}\r\n]{0,6}") {
            let edit = Edit::new(0..text.len(), &new);
            let narrow = edit.clone().narrowed(&text);
            prop_assert!(narrow.range().len() <= edit.range().len());
            prop_assert_eq!(narrow.start == narrow.end && narrow.text.is_empty(), text == new);
            prop_assert_eq!(apply(&text, &[narrow]), Some(new));
        }

        #[test]
        fn invert_takes_back(text in "[a-z]{12}", cuts in proptest::collection::btree_set(0usize..12, 4), new in "[A-Z]{0,3}") {
            let cuts: Vec<usize> = cuts.into_iter().collect();
            let edits = [Edit::new(cuts[0]..cuts[1], &new), Edit::new(cuts[2]..cuts[3], &new)];
            let after = apply(&text, &edits).unwrap();
            prop_assert_eq!(apply(&after, &invert(&text, &edits)), Some(text));
        }
    }
}
