//! How usual a text is in its project: code repeats itself, and what is right looks like what stands elsewhere more often
//! than what only passes (Hindle et al., "On the naturalness of software", 2012; Ray et al., "On the naturalness of buggy
//! code", 2016). Pairs and triples of words and signs are counted in all files that may be edited.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use super::Source;
use crate::base::text::edit::Edit;

/// So much of a text is looked at on either side of an edit.
const AROUND_BYTES: usize = 80;
/// How many words and signs a triple has before its last.
const BEFORE: usize = 2;

/// What is usual in a project.
pub struct Habits {
    pairs: HashMap<u64, u32>,
    triples: HashMap<u64, u32>,
}

impl Habits {
    pub fn of(sources: &[Source]) -> Self {
        let mut habits = Self { pairs: HashMap::new(), triples: HashMap::new() };
        for source in sources.iter().filter(|source| !source.is_test) {
            let parts: Vec<&str> = parts(&source.text).map(|range| &source.text[range]).collect();
            for pair in parts.windows(BEFORE) {
                *habits.pairs.entry(key(pair)).or_default() += 1;
            }
            for triple in parts.windows(BEFORE + 1) {
                *habits.triples.entry(key(triple)).or_default() += 1;
            }
        }
        habits
    }

    /// How much less usual an edit makes its place, from 0, in natural logarithms of how often the like of it stands
    /// elsewhere, on average over what it changes.
    pub fn strangeness(&self, text: &str, edit: &Edit) -> f64 {
        let before = text.ceil_char_boundary(edit.start.saturating_sub(AROUND_BYTES));
        let after = text.floor_char_boundary(edit.end + AROUND_BYTES);
        let usual = |middle: &str, own: u32| {
            let whole = [&text[before..edit.start], middle, &text[edit.end..after]].concat();
            let changed = edit.start - before..edit.start - before + middle.len();
            self.usual(&whole, changed, own)
        };
        (usual(&text[edit.range()], 1) - usual(&edit.text, 0)).max(0.0)
    }

    /// How usual what changes in a text is, of which `own` stands in the project at this very place.
    fn usual(&self, text: &str, changed: Range<usize>, own: u32) -> f64 {
        let ranges: Vec<Range<usize>> = parts(text).collect();
        let words: Vec<&str> = ranges.iter().map(|range| &text[range.clone()]).collect();
        let first = ranges.partition_point(|range| range.end <= changed.start);
        let past = ranges.partition_point(|range| range.start < changed.end.max(changed.start + 1));
        let count = |counts: &HashMap<u64, u32>, words: &[&str]| {
            let n = counts.get(&key(words)).copied().unwrap_or(0);
            f64::from(n.saturating_sub(own)).ln_1p()
        };
        let (mut sum, mut n) = (0.0, 0_u32);
        for last in first.max(BEFORE)..words.len().min(past + BEFORE) {
            sum += count(&self.triples, &words[last - BEFORE..=last]);
            sum += 0.5 * count(&self.pairs, &words[last - 1..=last]);
            n += 1;
        }
        if n == 0 { 0.0 } else { sum / f64::from(n) }
    }
}

fn key(words: &[&str]) -> u64 {
    let mut hasher = DefaultHasher::new();
    words.hash(&mut hasher);
    hasher.finish()
}

/// Names, numbers, operators, and every other sign by itself.
pub(super) fn parts(text: &str) -> impl Iterator<Item = Range<usize>> + '_ {
    let is_word = |ch: char| ch.is_alphanumeric() || ch == '_';
    let is_operator = |ch: char| "=!<>&|+-*/%^~?:".contains(ch);
    let mut at = 0;
    std::iter::from_fn(move || {
        at += text[at..].len() - text[at..].trim_start().len();
        let rest = &text[at..];
        let first = rest.chars().next()?;
        let goes_on =
            |ch: char| (is_word(first) && is_word(ch)) || (is_operator(first) && is_operator(ch));
        let n = rest
            .char_indices()
            .skip(1)
            .find(|(_, ch)| !goes_on(*ch))
            .map_or(rest.len(), |(n, _)| n);
        let range = at..at + n;
        at = range.end;
        Some(range)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::path::RepoPath;

    #[test]
    fn what_stands_nowhere_else_is_strange() {
        let text = "if !a.open {\n a.open = true\n}\nif !b.open {\n b.open = true\n}\nif c.open {\n c.open = true\n}\n";
        let path = RepoPath::new("a.go").unwrap();
        let habits = Habits::of(&[Source { path, text: text.into(), is_test: false }]);
        let check = |old: &str, new: &str| {
            let start = text.rfind(old).unwrap();
            habits.strangeness(text, &Edit::new(start..start + old.len(), new))
        };
        assert!(check("c.open {", "!c.open {") < 0.01);
        assert!(check("true", "false") > 0.5);
        assert!(check("c.open = true", "") >= 0.0);
    }
}
