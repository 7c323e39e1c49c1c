//! What a line of a plan's text is by itself: a heading of a step, a field, or text, and how text that looks like one of
//! the others is told apart: a backslash before it.

use std::ops::Range;

use crate::logic::plan_check::Field;

/// `## 3. Title`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Heading<'t> {
    /// How many `#` it has.
    pub level: usize,
    /// As it is written.
    pub number: Option<&'t str>,
    /// Where the title stands in the line.
    pub title: Range<usize>,
}

/// A heading that begins a step, or would if it had two `#` or a number. Inside a code fence nothing but the true form
/// counts, so that comments of programs are no headings.
pub(super) fn heading(line: &str, is_fenced: bool) -> Option<Heading<'_>> {
    let start = indent(line)?;
    let level = line[start..].bytes().take_while(|byte| *byte == b'#').count();
    let rest = line.get(start + level..).filter(|_| (1..=6).contains(&level))?;
    let number = number(rest);
    let counts = match (level, number) {
        (2, Some(_)) => true,
        (2, None) => !is_fenced && (rest.is_empty() || rest.starts_with([' ', '\t'])),
        (_, number) => !is_fenced && number.is_some(),
    };
    let title = number.map_or(rest, |(_, title)| title).trim();
    let at = line.len() - line[start + level..].len();
    let title_at = at + if title.is_empty() { rest.len() } else { offset_in(rest, title) };
    let title = title_at..title_at + title.len();
    counts.then(|| Heading { level, number: number.map(|(digits, _)| digits), title })
}

/// `3. Title` or `3) Title`, as the digits and what follows.
fn number(rest: &str) -> Option<(&str, &str)> {
    let rest = rest.trim_start();
    let n_digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = rest.split_at(n_digits);
    let title = rest.strip_prefix(['.', ')'])?;
    let ends = title.is_empty() || title.starts_with(char::is_whitespace);
    (n_digits > 0 && ends).then_some((digits, title))
}

/// `# Title`, the first line of a plan, as the place of the title in the line.
pub(super) fn title(line: &str) -> Option<Range<usize>> {
    let start = indent(line)?;
    let rest = line[start..].strip_prefix('#').filter(|rest| !rest.starts_with('#'))?;
    let title = rest.trim();
    let at = if title.is_empty() { line.len() } else { offset_in(line, title) };
    Some(at..at + title.len())
}

/// A line of the form `- word: …` or `- tests of …: …`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Entry<'t> {
    pub word: &'t str,
    /// What stands between `of` and the colon, for tests.
    pub check: Option<Range<usize>>,
    /// Where the value begins in the line; `None` when the colon is missing.
    pub value: Option<usize>,
}

impl Entry<'_> {
    pub(super) fn field(&self) -> Option<Field> {
        Field::named(self.word)
    }

    /// Whether it is a field wherever it stands in a step.
    pub(super) fn is_plain(&self) -> bool {
        self.field().is_some() && self.value.is_some()
    }
}

/// Reads a line as a field. Without a colon only known ones are, and with it any word is one.
pub(super) fn entry(line: &str) -> Option<Entry<'_>> {
    let start = indent(line)?;
    let item = line[start..].strip_prefix(['-', '*', '+'])?;
    let text = item.trim_start_matches([' ', '\t']);
    let n_letters = text.bytes().take_while(u8::is_ascii_alphabetic).count();
    let (word, rest) = text.split_at(n_letters);
    if n_letters == 0 || text.len() == item.len() {
        return None;
    }
    let after = rest.trim_start_matches([' ', '\t']);
    if let Some(value) = after.strip_prefix(':') {
        return Some(Entry { word, check: None, value: Some(line.len() - value.len()) });
    }
    let field = Field::named(word).filter(|_| after.is_empty() || after.len() < rest.len())?;
    let of = after.strip_prefix("of ").map(str::trim_start).filter(|_| field == Field::Tests);
    let Some((of, n_check)) = of.and_then(|of| Some((of, check_len(of)?))) else {
        return Some(Entry { word, check: None, value: None });
    };
    let value = of[n_check..].trim_start().strip_prefix(':');
    let check_at = line.len() - of.len();
    Some(Entry {
        word,
        check: Some(check_at..check_at + n_check),
        value: value.map(|value| line.len() - value.len()),
    })
}

/// The bytes that the name of a check takes before its colon.
fn check_len(text: &str) -> Option<usize> {
    if text.starts_with(['`', '"']) {
        return super::values::first(text).ok().map(|(_, n)| n);
    }
    // A name may have colons of its own, as in `unittest:backend`.
    let ends =
        |at: &usize| text[at + 1..].is_empty() || text[at + 1..].starts_with(char::is_whitespace);
    let colon = text.match_indices(':').map(|(at, _)| at).find(ends)?;
    Some(text[..colon].trim_end().len()).filter(|n| *n > 0)
}

/// `  - item` below a field, as where the item begins in the line.
pub(super) fn nested(line: &str) -> Option<usize> {
    let text = line.trim_start_matches([' ', '\t']);
    let is_inside = line.starts_with("  ") || line.starts_with('\t');
    let item = text.strip_prefix(['-', '*', '+']).filter(|_| is_inside)?;
    let item = item.strip_prefix([' ', '\t'])?.trim_start();
    Some(line.len() - item.len())
}

/// For each line whether it belongs to a code fence. One that is never closed is none, so that it takes no steps away.
pub(super) fn fenced(lines: &[&str]) -> Vec<bool> {
    let mut longest = [0, 0];
    // For each line the longest fence of either kind that ends at it or later.
    let mut closes: Vec<[usize; 2]> = lines
        .iter()
        .rev()
        .map(|line| {
            if let Some((kind, n, "")) = fence(line) {
                longest[kind] = longest[kind].max(n);
            }
            longest
        })
        .collect();
    closes.reverse();
    let mut is_in = vec![false; lines.len()];
    let mut at = 0;
    while at < lines.len() {
        let closing = |(kind, n)| {
            let is_closed = closes.get(at + 1).is_some_and(|longest| longest[kind] >= n);
            let ends = |line: &&str| {
                fence(line)
                    .is_some_and(|(other, m, info)| other == kind && m >= n && info.is_empty())
            };
            lines[at + 1..].iter().position(ends).filter(|_| is_closed)
        };
        let opens = fence(lines[at]).filter(|(kind, _, info)| *kind == 1 || !info.contains('`'));
        let n_lines = opens.and_then(|(kind, n, _)| closing((kind, n))).map_or(0, |n| n + 2);
        is_in[at..at + n_lines].fill(true);
        at += n_lines.max(1);
    }
    is_in
}

/// A fence's kind, length and what follows it.
fn fence(line: &str) -> Option<(usize, usize, &str)> {
    let text = &line[indent(line)?..];
    let (kind, mark) =
        [(0, '`'), (1, '~')].into_iter().find(|(_, mark)| text.starts_with(*mark))?;
    let rest = text.trim_start_matches(mark);
    let n = text.len() - rest.len();
    (n >= 3).then(|| (kind, n, rest.trim()))
}

/// How far a line is indented; `None` where Markdown takes it for code.
fn indent(line: &str) -> Option<usize> {
    let n = line.bytes().take_while(|byte| *byte == b' ').count();
    (n <= 3).then_some(n)
}

/// A line of text as it is written where it must not be taken for anything else. `is_first` when it stands where fields
/// are expected. A fence that is open stays so when a step is put behind it.
pub(super) fn escaped(line: &str, is_fenced: bool, is_first: bool) -> String {
    let (indent, slashes, rest) = parts(line);
    let bare = format!("{indent}{rest}");
    let is_taken = if slashes.is_empty() {
        let is_field = entry(&bare).is_some_and(|entry| is_first || entry.is_plain());
        let is_loose = is_field || fence(&bare).is_some();
        heading(&bare, is_fenced).is_some() || (is_loose && !is_fenced)
    } else {
        could_be_taken(&bare)
    };
    if is_taken { format!("{indent}\\{slashes}{rest}") } else { line.to_owned() }
}

/// Takes back what [`escaped`] did.
pub(super) fn unescaped(line: &str) -> String {
    let (indent, slashes, rest) = parts(line);
    let is_escaped = !slashes.is_empty() && could_be_taken(&format!("{indent}{rest}"));
    if is_escaped { format!("{indent}{}{rest}", &slashes[1..]) } else { line.to_owned() }
}

fn could_be_taken(bare: &str) -> bool {
    heading(bare, false).is_some() || entry(bare).is_some() || fence(bare).is_some()
}

/// A line's indentation, the backslashes after it, and the rest.
fn parts(line: &str) -> (&str, &str, &str) {
    let text = line.trim_start_matches(' ');
    let rest = text.trim_start_matches('\\');
    let (indent, tail) = line.split_at(line.len() - text.len());
    (indent, &tail[..text.len() - rest.len()], rest)
}

/// Where a part of a text begins in it.
pub(super) fn offset_in(text: &str, part: &str) -> usize {
    part.as_ptr().addr() - text.as_ptr().addr()
}
