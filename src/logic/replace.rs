//! Edits as language models write them best: a piece of a file's text and what goes in its place. Forgiving in where the
//! piece stands, strict in what comes of it: one place or none.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::base::text::clipped;
use crate::base::text::edit::Edit;

/// Why an edit was not made; its text is for who wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Misfit {
    /// There is nothing to look for.
    Empty,
    /// It changes nothing.
    Same,
    /// The piece stands at these lines, counted from 1.
    Several(Vec<u32>),
    /// It stands nowhere. The nearest lines of the file as they are, with the number of the first.
    Nowhere { nearest: Option<(u32, String)> },
}

/// The edit that puts `new` in the place of `old` in `text`. The places that count are, in this order, those with the very
/// bytes; those with other line breaks or blanks at the ends of lines; those that are indented otherwise, all by the same.
/// What goes in takes over the line breaks, and the indentation where that differs.
pub fn replace(text: &str, old: &str, new: &str) -> Result<Edit, Misfit> {
    if old.trim().is_empty() {
        return Err(Misfit::Empty);
    }
    if old == new {
        return Err(Misfit::Same);
    }
    let exact: Vec<usize> = overlapping(text, old);
    match exact.as_slice() {
        [] => by_lines(text, old, new),
        [at] => Ok(Edit::new(*at..at + old.len(), with_breaks_of(text, new))),
        many => {
            let line = |at: &usize| text[..*at].matches('\n').count() as u32 + 1;
            Err(Misfit::Several(many.iter().map(line).collect()))
        }
    }
}

/// Places that are looked for, to say where they are.
const PLACES_MAX: usize = 20;

/// Also places that share bytes with an earlier one.
fn overlapping(text: &str, old: &str) -> Vec<usize> {
    let mut places = Vec::new();
    let mut from = 0;
    while places.len() < PLACES_MAX
        && let Some(at) = text[from..].find(old)
    {
        places.push(from + at);
        from += at + text[from + at..].chars().next().map_or(1, char::len_utf8);
    }
    places
}

struct Line<'a> {
    range: Range<usize>,
    /// Without its line break and blanks before it.
    text: &'a str,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut at = 0;
    let line = |line: &'_ str| {
        at += line.len();
        at - line.len()..at
    };
    let ranges: Vec<Range<usize>> = text.split_inclusive('\n').map(line).collect();
    ranges.into_iter().map(|range| Line { text: text[range.clone()].trim_end(), range }).collect()
}

fn by_lines(text: &str, old: &str, new: &str) -> Result<Edit, Misfit> {
    let (lines, wanted) = (lines(text), wanted(old));
    for fits in [fits_trimmed as Fits, fits_shifted] {
        let found: Vec<(usize, Shift)> = lines
            .windows(wanted.len())
            .enumerate()
            .filter_map(|(at, window)| Some((at, fits(window, &wanted)?)))
            .collect();
        match found.as_slice() {
            [] => {}
            [(at, shift)] => {
                let place = &lines[*at..at + wanted.len()];
                return edit(text, place, new, shift);
            }
            many => {
                return Err(Misfit::Several(many.iter().map(|(at, _)| *at as u32 + 1).collect()));
            }
        }
    }
    Err(Misfit::Nowhere { nearest: nearest(&lines, &wanted) })
}

/// The lines to look for, without empty ones around them.
fn wanted(old: &str) -> Vec<&str> {
    let all: Vec<&str> = old.lines().map(str::trim_end).collect();
    let first = all.iter().position(|line| !line.is_empty()).unwrap_or(0);
    let last = all.iter().rposition(|line| !line.is_empty()).unwrap_or(0);
    all[first..=last].to_vec()
}

/// What goes before each line that is put in, and what is taken off first.
#[derive(Default)]
struct Shift {
    more: String,
    less: String,
}

type Fits = fn(&[Line<'_>], &[&str]) -> Option<Shift>;

fn fits_trimmed(window: &[Line<'_>], wanted: &[&str]) -> Option<Shift> {
    let is_same = window.iter().zip(wanted).all(|(line, wanted)| line.text == *wanted);
    is_same.then(Shift::default)
}

fn fits_shifted(window: &[Line<'_>], wanted: &[&str]) -> Option<Shift> {
    let depth = |line: &str| line.len() - line.trim_start().len();
    let (there, here) = (window[0].text, wanted[0]);
    let (there, here) = (&there[..depth(there)], &here[..depth(here)]);
    let shift = match (there.strip_suffix(here), here.strip_suffix(there)) {
        (Some(more), _) => Shift { more: more.to_owned(), less: String::new() },
        (None, Some(less)) => Shift { more: String::new(), less: less.to_owned() },
        (None, None) => return None,
    };
    let is_same = |(line, wanted): (&Line<'_>, &&str)| {
        let wanted = shifted(wanted, &shift)?;
        (wanted == line.text).then_some(())
    };
    window.iter().zip(wanted).all(|pair| is_same(pair).is_some()).then_some(shift)
}

/// `None` for a line that does not have what is to be taken off.
fn shifted(line: &str, shift: &Shift) -> Option<String> {
    if line.trim().is_empty() {
        return Some(String::new());
    }
    line.strip_prefix(&shift.less).map(|rest| format!("{}{rest}", shift.more))
}

fn edit(text: &str, place: &[Line<'_>], new: &str, shift: &Shift) -> Result<Edit, Misfit> {
    let (first, last) = (&place[0], &place[place.len() - 1]);
    let range = first.range.start..last.range.end;
    let break_ = if text[range.clone()].contains("\r\n") { "\r\n" } else { "\n" };
    let ends_in_break = text[range.clone()].ends_with('\n');
    let new: Vec<&str> = new.trim_matches('\n').lines().collect();
    let line = |line: &&str| {
        let text = line.trim_end_matches('\r');
        shifted(text, shift).unwrap_or_else(|| text.trim_start().to_owned())
    };
    let mut put = new.iter().map(line).collect::<Vec<_>>().join(break_);
    if ends_in_break && !put.is_empty() {
        put.push_str(break_);
    }
    if put == text[range.clone()] {
        return Err(Misfit::Same);
    }
    Ok(Edit::new(range, put))
}

/// `new` with the line breaks that `text` has throughout.
fn with_breaks_of(text: &str, new: &str) -> String {
    let plain = new.replace("\r\n", "\n");
    let n_all = text.matches('\n').count();
    if n_all > 0 && text.matches("\r\n").count() == n_all {
        plain.replace('\n', "\r\n")
    } else {
        new.to_owned()
    }
}

/// Longest piece of a file that is quoted back, in bytes.
const QUOTED_BYTES_MAX: usize = 2_000;
/// How many of the lines looked for a region must have, as one part in so many, to be called near.
const NEAR_SHARE: usize = 3;

/// The lines that have most in common with those looked for.
fn nearest(lines: &[Line<'_>], wanted: &[&str]) -> Option<(u32, String)> {
    let looked_for: BTreeSet<&str> =
        wanted.iter().map(|line| line.trim()).filter(|line| !line.is_empty()).collect();
    let is_like = |line: &Line<'_>| usize::from(looked_for.contains(line.text.trim()));
    let size = wanted.len().min(lines.len()).max(1);
    let mut n_alike: usize = lines.iter().take(size).map(is_like).sum();
    let mut best = (!lines.is_empty()).then_some((n_alike, 0));
    for at in 1..(lines.len() + 1).saturating_sub(size) {
        n_alike = n_alike + is_like(&lines[at + size - 1]) - is_like(&lines[at - 1]);
        if best.is_none_or(|(most, _)| n_alike > most) {
            best = Some((n_alike, at));
        }
    }
    let (n_alike, at) = best?;
    if n_alike * NEAR_SHARE < wanted.len() {
        return None;
    }
    let window = &lines[at..at + size];
    let quoted = window.iter().map(|line| line.text).collect::<Vec<_>>().join("\n");
    Some((at as u32 + 1, clipped(&quoted, QUOTED_BYTES_MAX)))
}

impl Misfit {
    /// What to do about it, for who wrote the edit.
    pub fn told(&self, path: &str) -> String {
        match self {
            Misfit::Empty => "`old` is empty: quote the lines that are to be replaced".to_owned(),
            Misfit::Same => "the edit changes nothing: `old` and `new` are the same".to_owned(),
            Misfit::Several(lines) => {
                let lines: Vec<String> = lines.iter().map(u32::to_string).collect();
                format!(
                    "`old` stands at {} places in {path}, at lines {}: quote more lines around the one that is meant",
                    lines.len(),
                    lines.join(", ")
                )
            }
            Misfit::Nowhere { nearest: Some((line, quoted)) } => format!(
                "`old` stands nowhere in {path}. The nearest lines, from line {line}, are:\n{quoted}\nQuote the file \
                 exactly as it is."
            ),
            Misfit::Nowhere { nearest: None } => {
                format!("`old` stands nowhere in {path}, nor anything like it: read the file again")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::edit::apply;

    fn check(text: &str, old: &str, new: &str) -> String {
        match replace(text, old, new) {
            Ok(edit) => apply(text, &[edit]).unwrap(),
            Err(misfit) => format!("✗ {}", misfit.told("a.py")),
        }
    }

    #[test]
    fn a_piece_is_replaced_where_it_stands_once() {
        let text = "def f(x):\n    if x:\n        return 1\n    return 2\n";
        let cases = [
            ("return 2", "return 3", "def f(x):\n    if x:\n        return 1\n    return 3\n"),
            // Blanks at ends of lines, and lines around it.
            (
                "\n    return 2   \n",
                "    return 3\n",
                "def f(x):\n    if x:\n        return 1\n    return 3\n",
            ),
            // Indented otherwise.
            (
                "if x:\n    return 1",
                "if not x:\n    return 1\n\n    x = 1",
                "def f(x):\n    if not x:\n        return 1\n\n        x = 1\n    return 2\n",
            ),
            (
                "          if x:\n              return 1\n",
                "          if y:\n              return 1\n",
                "def f(x):\n    if y:\n        return 1\n    return 2\n",
            ),
            ("    if x:\n        return 1\n", "", "def f(x):\n    return 2\n"),
            (
                "return",
                "yield",
                "✗ `old` stands at 2 places in a.py, at lines 3, 4: quote more lines around the one that is meant",
            ),
            ("return 2", "return 2", "✗ the edit changes nothing: `old` and `new` are the same"),
            (" \n", "x", "✗ `old` is empty: quote the lines that are to be replaced"),
            (
                "while True:\n    pass\n",
                "",
                "✗ `old` stands nowhere in a.py, nor anything like it: read the file again",
            ),
            (
                "    if x:\n        return one\n    return 2\n",
                "x",
                "✗ `old` stands nowhere in a.py. The nearest lines, from line 2, are:\n    if x:\n        return 1\n    return 2\nQuote the file exactly as it is.",
            ),
        ];
        for (old, new, expected) in cases {
            assert_eq!(check(text, old, new), expected, "{old:?}");
        }
    }

    #[test]
    fn line_breaks_are_those_of_the_file() {
        let text = "a\r\nb\r\nc";
        assert_eq!(check(text, "a\nb\n", "x\ny\n"), "x\r\ny\r\nc");
        assert_eq!(check(text, "b", "y\nz"), "a\r\ny\r\nz\r\nc");
        assert_eq!(check(text, "b\nc\n", "y\nz\n"), "a\r\ny\r\nz");
        assert_eq!(
            check("aaa", "aa", "b"),
            "✗ `old` stands at 2 places in a.py, at lines 1, 1: quote more lines around the one that is meant"
        );
    }

    proptest::proptest! {
        #[test]
        fn whatever_is_asked_nothing_else_changes(
            text in "([ab é]{0,4}\r?\n){0,6}[ab ]{0,3}",
            old in "[ab é\n ]{0,6}",
            new in "[xy\n ]{0,6}",
        ) {
            if let Ok(edit) = replace(&text, &old, &new) {
                let (start, end) = (edit.start, edit.end);
                let after = apply(&text, &[edit]).unwrap();
                proptest::prop_assert!(after.starts_with(&text[..start]) && after.ends_with(&text[end..]));
                // What was there is what was asked for, but for blanks and breaks.
                let squeezed = |text: &str| text.split_whitespace().collect::<String>();
                proptest::prop_assert_eq!(squeezed(&text[start..end]), squeezed(&old));
            }
        }
    }
}
