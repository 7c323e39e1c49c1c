//! Texts as editors see them: lines, columns in three encodings, line endings.

pub mod edit;

use std::ops::Range;

use memchr::{memchr_iter, memchr2_iter};

/// How an editor counts columns (LSP `positionEncoding`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16,
    Utf32,
}

/// A place in a text: both counted from 0, the column in an editor's encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: u32,
    pub column: u32,
}

/// Byte offsets of line starts. A line ends at `\n`, `\r\n` or a lone `\r`, as in LSP.
#[derive(Clone, Debug)]
pub struct LineIndex {
    starts: Vec<usize>,
    len: usize,
    /// Every column is one byte.
    is_ascii: bool,
}

impl LineIndex {
    pub fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        // Room for all of them at once; a lone `\r` is rare.
        let mut starts = Vec::with_capacity(1 + memchr_iter(b'\n', bytes).count());
        starts.push(0);
        let breaks = memchr2_iter(b'\n', b'\r', bytes).filter(|at| ends_line(bytes, *at));
        starts.extend(breaks.map(|at| at + 1));
        Self { starts, len: bytes.len(), is_ascii: bytes.is_ascii() }
    }

    /// Follows an edit that put `n_new` bytes in place of `old`; `after` is the whole text with the edit.
    pub fn replace(&mut self, old: Range<usize>, n_new: usize, after: &str) {
        // A break before the edit stands unless it is a `\r` right in front of it; one behind it always stands.
        let kept = self.starts.partition_point(|start| *start < old.start).max(1);
        let tail = self.starts.partition_point(|start| *start <= old.end).max(kept);
        let new_end = old.start + n_new;
        for start in &mut self.starts[tail..] {
            *start = *start - old.end + new_end;
        }
        let bytes = after.as_bytes();
        let fresh = (old.start.saturating_sub(1)..new_end)
            .filter(|at| ends_line(bytes, *at))
            .map(|at| at + 1);
        self.starts.splice(kept..tail, fresh);
        self.len = after.len();
        self.is_ascii &= bytes[old.start..new_end].is_ascii();
    }

    /// The bytes that finding a column of a line may have to look at one by one.
    pub fn n_walked(&self, line: u32) -> usize {
        if self.is_ascii { 0 } else { self.range_of(line).len() }
    }

    /// Number of lines; a text that ends in a line break has an empty last line.
    pub fn n_lines(&self) -> u32 {
        self.starts.len() as u32
    }

    /// The line, counted from 0, that holds the byte at `offset`.
    pub fn line_of(&self, offset: usize) -> u32 {
        self.starts.partition_point(|start| *start <= offset) as u32 - 1
    }

    /// Where a line starts; the end of the text for a line past the last.
    pub fn start_of(&self, line: u32) -> usize {
        self.starts.get(line as usize).copied().unwrap_or(self.len)
    }

    /// The bytes of a line with its line break.
    pub fn range_of(&self, line: u32) -> Range<usize> {
        self.start_of(line)..self.start_of(line.saturating_add(1))
    }

    /// The byte offset of a position. A column past the end means the end of the line, a line past the end the end of
    /// the text, a column inside a character the start of that character: never a panic, whatever a client sends.
    pub fn offset(&self, text: &str, position: Position, encoding: Encoding) -> usize {
        self.find(text, position, encoding).0
    }

    /// The same, and whether the position lies inside the character that starts there.
    pub fn find(&self, text: &str, position: Position, encoding: Encoding) -> (usize, bool) {
        if position.line >= self.n_lines() {
            return (self.len, false);
        }
        let range = self.range_of(position.line);
        let line = text[range.clone()].trim_end_matches(['\n', '\r']);
        let wanted = position.column as usize;
        if self.is_ascii {
            return (range.start + wanted.min(line.len()), false);
        }
        let (mut at, mut column) = (0, 0);
        while at < line.len() {
            // Most of most lines has one byte in each column.
            let plain = &line.as_bytes()[at..line.len().min(at + PLAIN_BYTES)];
            if column + plain.len() <= wanted && plain.is_ascii() {
                (at, column) = (at + plain.len(), column + plain.len());
                continue;
            }
            let end = at + plain.len();
            for ch in line[at..].chars() {
                let next = column + width(ch, encoding);
                if next > wanted {
                    return (range.start + at, column < wanted);
                }
                (at, column) = (at + ch.len_utf8(), next);
                if at >= end {
                    break;
                }
            }
        }
        (range.start + line.len(), false)
    }

    /// The position of a byte offset; an offset inside a character counts as its start.
    pub fn position(&self, text: &str, offset: usize, encoding: Encoding) -> Position {
        let offset = text.floor_char_boundary(offset.min(self.len));
        let line = self.line_of(offset);
        let before = &text[self.start_of(line)..offset];
        let column = if self.is_ascii {
            before.len()
        } else {
            before.chars().map(|ch| width(ch, encoding)).sum()
        };
        Position { line, column: column as u32 }
    }
}

/// Bytes that are seen at once to be one column each.
const PLAIN_BYTES: usize = 64;

fn ends_line(bytes: &[u8], at: usize) -> bool {
    match bytes[at] {
        b'\n' => true,
        b'\r' => bytes.get(at + 1) != Some(&b'\n'),
        _ => false,
    }
}

fn width(ch: char, encoding: Encoding) -> usize {
    match encoding {
        Encoding::Utf8 => ch.len_utf8(),
        Encoding::Utf16 => ch.len_utf16(),
        Encoding::Utf32 => 1,
    }
}

/// The lines of a text, each with its line break (`\n`, `\r\n` or a lone `\r`); an empty text has none.
pub fn lines(text: &str) -> Vec<&str> {
    let index = LineIndex::new(text);
    (0..index.n_lines())
        .map(|line| &text[index.range_of(line)])
        .filter(|line| !line.is_empty())
        .collect()
}

/// The line break that most lines of a text use, `\n` when it has none.
pub fn line_ending(text: &str) -> &'static str {
    if !text.contains('\r') {
        // Most texts, and one byte is found quickly.
        return "\n";
    }
    let crlf = text.matches("\r\n").count();
    if crlf * 2 > text.matches('\n').count() { "\r\n" } else { "\n" }
}

/// How many things, in words: `1 test`, `2 tests`.
pub fn counted(n: usize, thing: &str) -> String {
    if n == 1 { format!("1 {thing}") } else { format!("{n} {thing}s") }
}

/// The text on one line, with single blanks and at most `bytes_max` bytes of it, cut at a character and marked with `…`.
pub fn in_a_line(text: &str, bytes_max: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.len() <= bytes_max {
        return line;
    }
    format!("{}…", &line[..line.floor_char_boundary(bytes_max)])
}

/// At most `bytes_max` bytes of `text`, cut at a character, with a mark when something was cut.
pub fn clipped(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(bytes_max);
    format!("{}\n… {} bytes more", &text[..end], text.len() - end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn lines_end_at_every_kind_of_break() {
        assert_eq!(lines("a\r\nb\rc\n\nd"), ["a\r\n", "b\r", "c\n", "\n", "d"]);
        assert_eq!(lines(""), Vec::<&str>::new());
        assert_eq!(line_ending("a\r\nb\r\nc\n"), "\r\n");
        assert_eq!(line_ending("a"), "\n");
    }

    #[test]
    fn wild_positions_are_clamped() {
        let text = "héé\n𝒳y\n";
        let index = LineIndex::new(text);
        let at = |line, column, encoding| index.offset(text, Position { line, column }, encoding);
        assert_eq!(at(0, 99, Encoding::Utf16), 5);
        assert_eq!(at(9, 0, Encoding::Utf16), text.len());
        assert_eq!(at(1, 1, Encoding::Utf16), 6, "inside the astral character");
        assert_eq!(at(1, 2, Encoding::Utf16), 10);
        assert_eq!(at(1, 1, Encoding::Utf32), 10);
        assert_eq!(at(0, 2, Encoding::Utf8), 1, "inside é");
    }

    proptest! {
        #[test]
        fn an_edited_index_is_the_index_of_the_edited_text(
            text in "[ab\r\n]{0,12}", new in "[ab\r\n]{0,4}", cut in 0usize..13, n_cut in 0usize..6,
        ) {
            let start = cut.min(text.len());
            let old = start..(start + n_cut).min(text.len());
            let mut index = LineIndex::new(&text);
            let mut after = text.clone();
            after.replace_range(old.clone(), &new);
            index.replace(old, new.len(), &after);
            prop_assert_eq!(index.starts, LineIndex::new(&after).starts);
            prop_assert_eq!(index.len, after.len());
        }

        #[test]
        fn both_ways_to_find_lines_agree(text in "[a\u{e9}\n]{0,40}") {
            let returned = LineIndex::new(&format!("{text}\r")).starts;
            prop_assert_eq!(&returned[..returned.len() - 1], LineIndex::new(&text).starts);
        }

        #[test]
        fn a_column_is_found_however_long_the_line_is(
            // Longer than what is looked at in one go.
            text in "([a-z]{0,90}[\u{e9}\u{1d4b3}]?){0,4}", new in "[a\u{e9}]?", cut in 0usize..200, column in 0u32..400,
        ) {
            let cut = text.floor_char_boundary(cut.min(text.len()));
            let mut index = LineIndex::new(&text);
            let after = format!("{}{new}{}", &text[..cut], &text[cut..]);
            index.replace(cut..cut, new.len(), &after);
            for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                let mut found = (after.len(), false);
                let mut before = 0;
                for (at, ch) in after.char_indices() {
                    if before + width(ch, encoding) > column as usize {
                        found = (at, before < column as usize);
                        break;
                    }
                    before += width(ch, encoding);
                }
                prop_assert_eq!(index.find(&after, Position { line: 0, column }, encoding), found);
            }
        }

        #[test]
        fn offsets_and_positions_are_inverse(text in "[a\u{e9}\u{1d4b3}\r\n]{0,40}") {
            let index = LineIndex::new(&text);
            for (offset, _) in text.char_indices() {
                // The inside of a line break has no column of its own.
                if text[offset..].starts_with('\n') && text[..offset].ends_with('\r') { continue; }
                for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                    let position = index.position(&text, offset, encoding);
                    prop_assert_eq!(index.offset(&text, position, encoding), offset);
                }
            }
        }
    }
}
