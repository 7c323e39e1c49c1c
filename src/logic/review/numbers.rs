//! Lines by number, so that texts of many lines are compared without reading every line more than once.

use std::collections::HashMap;

use super::cut::{Line, split};

/// Stands for a line's text and whether it has a break. Lines that neither a base nor its hunks have are all different.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Number(u32);

impl Number {
    fn new(text: u32, line: &Line<'_>) -> Self {
        Self(2 * text + u32::from(!line.ending.is_empty()))
    }

    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// The lines of a base and its hunks.
#[derive(Debug, Default)]
pub struct Numbers {
    base: String,
    /// Where the base's lines begin, and where the last one ends.
    starts: Vec<usize>,
    lines: Vec<Number>,
    texts: HashMap<Box<str>, Text>,
}

/// A line without its break.
#[derive(Clone, Copy, Debug)]
struct Text {
    number: u32,
    /// The first line of the base that has it.
    first: Option<usize>,
}

impl Numbers {
    pub fn of_base(base: &str) -> Self {
        let mut numbers = Self { base: base.to_owned(), ..Self::default() };
        let mut start = 0;
        for (at, line) in split(base).iter().enumerate() {
            numbers.starts.push(start);
            start += line.text.len() + line.ending.len();
            let number = numbers.add(line, Some(at));
            numbers.lines.push(number);
        }
        numbers.starts.push(start);
        numbers
    }

    /// The base's lines.
    pub fn base(&self) -> &[Number] {
        &self.lines
    }

    /// The numbers of a hunk's lines.
    pub fn learn(&mut self, lines: &[Line<'_>]) -> Vec<Number> {
        lines.iter().map(|line| self.add(line, None)).collect()
    }

    fn add(&mut self, line: &Line<'_>, first: Option<usize>) -> Number {
        let known = self.texts.get(line.text).copied().unwrap_or_else(|| {
            let text = Text { number: self.texts.len() as u32, first };
            self.texts.insert(line.text.into(), text);
            text
        });
        Number::new(known.number, line)
    }

    /// The lines of another text. Most follow each other as in the base, so that is where each is looked for first.
    pub fn of(&self, text: &str) -> Vec<Number> {
        let (mut n_texts, mut next) = (self.texts.len() as u32, 0);
        let mut number = |line: Line<'_>| {
            let at = next;
            next += 1;
            if self.base_has(at, &line) {
                return self.lines[at];
            }
            let known = self.texts.get(line.text);
            if let Some(first) = known.and_then(|known| known.first) {
                next = first + 1;
            }
            let text = known.map_or(n_texts, |known| known.number);
            n_texts += u32::from(known.is_none());
            Number::new(text, &line)
        };
        split(text).into_iter().map(&mut number).collect()
    }

    fn base_has(&self, at: usize, line: &Line<'_>) -> bool {
        let bytes = self.starts.get(at).zip(self.starts.get(at + 1));
        let known = bytes.map(|(start, end)| &self.base[*start..*end]);
        known.and_then(|known| known.strip_prefix(line.text)) == Some(line.ending)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::logic::review::tests::laws;

    proptest! {
        #![proptest_config(laws(2000))]

        #[test]
        fn numbers_are_equal_where_lines_are(base in "[ab\r\n]{0,20}", hunk in "[abc\n]{0,6}", text in "[abc\r\n]{0,20}") {
            let mut numbers = Numbers::of_base(&base);
            let known = [split(&base), split(&hunk)].concat();
            let numbered = [numbers.base().to_vec(), numbers.learn(&split(&hunk))].concat();
            for (line, number) in split(&text).iter().zip(numbers.of(&text)) {
                let alike: Vec<bool> = known.iter().map(|known| known == line).collect();
                prop_assert_eq!(alike, numbered.iter().map(|known| *known == number).collect::<Vec<_>>());
            }
            let equal = |a: usize, b: usize| (known[a] == known[b], numbered[a] == numbered[b]);
            for (lines, numbers) in (0..known.len()).flat_map(|a| (0..a).map(move |b| (a, b))).map(|(a, b)| equal(a, b)) {
                prop_assert_eq!(lines, numbers);
            }
        }
    }
}
