//! A text whose lines know who wrote them, and positions in it, worked out without the code under test.

use std::collections::HashMap;
use std::ops::Range;

use super::typing::EQUAL_LINES;

/// Tells lines apart that read the same. A line keeps its owner for as long as nobody changes it.
pub type Owner = u32;

/// Who owns what was ever written. A line that comes out as it once was is that line again.
#[derive(Default)]
pub struct Owners {
    last: Owner,
    known: HashMap<String, Owner>,
}

impl Owners {
    /// The owner of a line that is not among `present`.
    fn of(&mut self, line: &str, present: &[Owner]) -> Owner {
        let key = format!("{} {}", bare(line).1, bare(line).0);
        let known = self.known.get(&key).filter(|owner| !present.contains(owner));
        if let Some(owner) = known {
            return *owner;
        }
        self.last += 1;
        if !EQUAL_LINES.contains(&bare(line).0) {
            self.known.entry(key).or_insert(self.last);
        }
        self.last
    }
}

/// How an editor counts columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Units {
    Utf8,
    Utf16,
    Utf32,
}

impl Units {
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "utf-8" => Some(Self::Utf8),
            "utf-16" => Some(Self::Utf16),
            "utf-32" => Some(Self::Utf32),
            _ => None,
        }
    }

    fn of(self, ch: char) -> usize {
        match self {
            Self::Utf8 => ch.len_utf8(),
            Self::Utf16 => ch.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    pub string: String,
    /// One per line; an empty line after the last break is no line.
    pub owners: Vec<Owner>,
}

impl Text {
    /// A text of lines that nobody has seen before.
    pub fn new(string: String, fresh: &mut Owners) -> Self {
        let owners = lines(&string).iter().map(|line| fresh.of(line, &[])).collect();
        Self { string, owners }
    }

    /// The lines with their breaks.
    pub fn lines(&self) -> Vec<&str> {
        lines(&self.string)
    }

    /// The bytes of some lines.
    pub fn bytes_of(&self, range: Range<usize>) -> Range<usize> {
        let lines = self.lines();
        let start: usize = lines[..range.start].iter().map(|line| line.len()).sum();
        let len: usize = lines[range].iter().map(|line| line.len()).sum();
        start..start + len
    }

    /// Puts `new` in place of some bytes. Lines that come out as they were keep their owners.
    pub fn replace(&mut self, bytes: Range<usize>, new: &str, fresh: &mut Owners) {
        let before = std::mem::take(&mut self.string);
        self.string = format!("{}{new}{}", &before[..bytes.start], &before[bytes.end..]);
        let (old, now) = (lines(&before), lines(&self.string));
        let (mut top, mut end) = (0, 0);
        // Only lines that the edit touches can have changed; where equal lines leave a choice, those outside stay.
        let first = line_of(&before, bytes.start);
        let last = line_of(&before, bytes.end);
        while top < old.len() && top < now.len() && (top < first || old[top] == now[top]) {
            top += 1;
        }
        let left = |all: usize, end: usize| all - top - end > 0;
        while left(old.len(), end)
            && left(now.len(), end)
            && (old.len() - end > last + 1 || old[old.len() - 1 - end] == now[now.len() - 1 - end])
        {
            end += 1;
        }
        self.owners.drain(top..old.len() - end);
        for (at, line) in now[top..now.len() - end].iter().enumerate() {
            let owner = fresh.of(line, &self.owners);
            self.owners.insert(top + at, owner);
        }
    }
}

/// The offset of a position; what lies outside is moved inside, as editors do.
pub fn offset(text: &str, line: usize, column: usize, units: Units) -> usize {
    let mut all = text.split_inclusive('\n');
    let start: usize = all.by_ref().take(line).map(str::len).sum();
    let text = all.next().map_or("", |line| line.trim_end_matches(['\r', '\n']));
    let mut passed = 0;
    for (at, ch) in text.char_indices() {
        if passed >= column {
            return start + at;
        }
        passed += units.of(ch);
    }
    start + text.len()
}

/// Line and column of an offset.
pub fn position(text: &str, offset: usize, units: Units) -> (usize, usize) {
    let start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
    let column = text[start..offset].chars().map(|ch| units.of(ch)).sum();
    (line_of(text, offset), column)
}

pub fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// Which break most lines have.
pub fn ending(text: &str) -> &'static str {
    let crlf = text.matches("\r\n").count();
    if crlf * 2 > text.matches('\n').count() { "\r\n" } else { "\n" }
}

/// A line without its break, and whether it has one.
pub fn bare(line: &str) -> (&str, bool) {
    let text = line.strip_suffix('\n').unwrap_or(line);
    (text.strip_suffix('\r').unwrap_or(text), text.len() < line.len())
}

/// The smallest part in which two texts differ, as bytes of each. Never cuts a character or a `\r\n`.
pub fn difference(old: &str, new: &str) -> (Range<usize>, Range<usize>) {
    let (a, b) = (old.as_bytes(), new.as_bytes());
    let mut start = a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let cuts = |text: &str, at: usize| {
        !text.is_char_boundary(at) || (text[..at].ends_with('\r') && text[at..].starts_with('\n'))
    };
    while cuts(old, start) || cuts(new, start) {
        start -= 1;
    }
    let rest = a[start..].iter().rev().zip(b[start..].iter().rev());
    let mut end = rest.take_while(|(a, b)| a == b).count();
    while cuts(old, old.len() - end) || cuts(new, new.len() - end) {
        end -= 1;
    }
    (start..old.len() - end, start..new.len() - end)
}

fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count()
}
