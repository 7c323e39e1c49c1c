//! How alike names are, and lists of texts with the most similar first.

use std::collections::BTreeSet;

/// How much of a text is looked at: comparing takes as long as one is times the other.
const LETTERS_MAX: usize = 200;

/// How alike two names are, from 0 to 1: shared words and letters. Of long texts the beginnings are compared.
pub fn similarity(a: &str, b: &str) -> f64 {
    let (a, b) = (beginning(a), beginning(b));
    let (words_a, words_b) = (words(a), words(b));
    let (a, b) = (a.to_lowercase(), b.to_lowercase());
    let shared = words_a.intersection(&words_b).count() as f64
        / words_a.len().max(words_b.len()).max(1) as f64;
    let length = a.chars().count().max(b.chars().count()).max(1) as f64;
    let letters = 1.0 - distance(&a, &b) as f64 / length;
    (0.5 * shared + 0.5 * letters).max(letters)
}

fn beginning(text: &str) -> &str {
    text.char_indices().nth(LETTERS_MAX).map_or(text, |(end, _)| &text[..end])
}

/// The words of a name such as `line_count` or `lineCount`.
pub fn words(name: &str) -> BTreeSet<String> {
    let mut words: Vec<String> = vec![String::new()];
    let mut was_small = false;
    for ch in name.chars() {
        if ch == '_' || (ch.is_uppercase() && was_small) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| ch != '_') {
            word.extend(ch.to_lowercase());
        }
        was_small = ch.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words.into_iter().collect()
}

/// Number of letters to put in, take out or change.
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ch) in a.chars().enumerate() {
        let mut left_above = row[0];
        row[0] = i + 1;
        for (j, other) in b.iter().enumerate() {
            let change = left_above + usize::from(ch != *other);
            left_above = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(left_above + 1);
        }
    }
    row[b.len()]
}

/// `texts` other than `to`, the most similar first.
pub fn ranked<'x>(to: &str, texts: impl Iterator<Item = &'x str>, n_max: usize) -> Vec<&'x str> {
    ranked_by(to, texts, n_max, |text| similarity(to, text))
}

/// `texts` other than `to`, those with the highest score first.
pub fn ranked_by<'x>(
    to: &str,
    texts: impl Iterator<Item = &'x str>,
    n_max: usize,
    score: impl Fn(&str) -> f64,
) -> Vec<&'x str> {
    let mut scored: Vec<(f64, &str)> =
        texts.filter(|text| *text != to).map(|text| (score(text), text)).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut seen = BTreeSet::new();
    scored.into_iter().map(|(_, text)| text).filter(|text| seen.insert(*text)).take(n_max).collect()
}
