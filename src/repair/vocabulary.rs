//! The words of a project, by which one tells a word that somebody mistyped.

use std::collections::HashMap;

use super::usage::words;

/// How often each word occurs, names by their parts too: `data_encoding` holds `encoding`.
pub struct Vocabulary<'t> {
    counts: HashMap<&'t str, u32>,
}

/// Shorter words are like too many others.
const LETTERS_MIN: usize = 2;

impl<'t> Vocabulary<'t> {
    pub fn of(texts: impl Iterator<Item = &'t str>) -> Self {
        let mut counts = HashMap::new();
        let parts = |word: &'t str| word.split('_').filter(move |part| part.len() < word.len());
        for word in texts.flat_map(words).flat_map(|word| parts(word).chain([word])) {
            if word.len() >= LETTERS_MIN && !word.starts_with(|ch: char| ch.is_ascii_digit()) {
                *counts.entry(word).or_default() += 1;
            }
        }
        Self { counts }
    }

    /// Whether the word stands nowhere but here.
    pub fn is_rare(&self, word: &str) -> bool {
        self.counts.get(word).is_some_and(|n| *n == 1)
    }

    /// The words that one letter tells from this one, those that occur most often first.
    pub fn like(&self, word: &str) -> Vec<&'t str> {
        let near = self.counts.iter().filter(|(other, _)| is_misspelt(word, other));
        let mut near: Vec<(&str, u32)> = near.map(|(other, n)| (*other, *n)).collect();
        near.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(b.0)));
        near.into_iter().map(|(other, _)| other).collect()
    }
}

/// Whether a word is the other but for one letter that is missing, is too many or is another, or for two that changed
/// places.
fn is_misspelt(word: &str, other: &str) -> bool {
    let (a, b) = (word.as_bytes(), other.as_bytes());
    let n_most = a.len().max(b.len());
    if n_most - a.len().min(b.len()) > 1 || a == b {
        return false;
    }
    let n_start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[n_start..], &b[n_start..]);
    let n_end = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[..a.len() - n_end], &b[..b.len() - n_end]);
    a.len().max(b.len()) <= 1 || a.len() == 2 && b.len() == 2 && a[0] == b[1] && a[1] == b[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn misspelt_words_are_seen() {
        let check = |a: &str, b: &str| is_misspelt(a, b) && is_misspelt(b, a);
        assert!(check("encodig", "encoding") && check("name", "mame") && check("naem", "name"));
        assert!(check("aab", "aaab") && !check("größe", "grosse"));
        assert!(!check("name", "name") && !check("name", "nam_ex") && !check("abc", "cba"));
    }

    #[test]
    fn words_and_their_parts_are_counted() {
        let texts = ["data_encoding = encoding(x)\nencode()", "'encodig' 1st"];
        let vocabulary = Vocabulary::of(texts.into_iter());
        assert_eq!(vocabulary.like("encodig"), ["encoding"]);
        assert!(vocabulary.is_rare("encodig") && !vocabulary.is_rare("encoding"));
        assert!(!vocabulary.is_rare("x") && !vocabulary.is_rare("1st"));
    }
}
