//! The part of two texts in which they differ, found by comparing bytes, so that only that part is looked at by lines.

use std::ops::Range;

use super::cut::Cut;

/// Equal lines kept on either side, for changes that could as well be a few equal lines further on.
const MARGIN_LINES: usize = 64;
/// Bytes compared at once.
const CHUNK_BYTES: usize = 256;

/// Whole lines in which two texts differ, with a margin. What is outside is equal in both.
pub struct Window<'a> {
    pub base: &'a str,
    pub current: &'a str,
    /// Lines of the base before it.
    pub n_before: usize,
    /// Whether it begins, and ends, where the texts do.
    pub at_start: bool,
    pub at_end: bool,
}

impl<'a> Window<'a> {
    /// `None` when a lone carriage return leaves it to more than line feeds what a line is. No hunk lies across its ends.
    pub fn of(base: &'a str, current: &'a str, cuts: &[Cut<'_>]) -> Option<Self> {
        let start = common_start(base.as_bytes(), current.as_bytes());
        let end = common_end(&base.as_bytes()[start..], &current.as_bytes()[start..]);
        let start = margin_before(base.as_bytes(), start, MARGIN_LINES);
        let end = margin_after(base.as_bytes(), base.len() - end, MARGIN_LINES);
        let n_lines = |text: &str| text.bytes().filter(|byte| *byte == b'\n').count();
        let (first, n_inside) = (n_lines(&base[..start]), n_lines(&base[start..base.len() - end]));
        let across = |line: usize| {
            let cut = cuts.get(cuts.partition_point(|cut| cut.range().end <= line))?;
            (cut.start < line).then(|| cut.range())
        };
        let start = across(first)
            .map_or(start, |cut| margin_before(base.as_bytes(), start, first - cut.start));
        let last = first + n_inside;
        let end = across(last)
            .map_or(end, |cut| margin_after(base.as_bytes(), base.len() - end, cut.end - last));
        let before = &base[..start];
        let window = Self {
            base: &base[start..base.len() - end],
            current: &current[start..current.len() - end],
            n_before: n_lines(before),
            at_start: start == 0,
            at_end: end == 0,
        };
        let unclear = [before, window.base, window.current].into_iter().any(has_lone_return);
        (!unclear).then_some(window)
    }

    /// Whether it holds every line from `touched`, lines of its base, to the next line on either side.
    pub fn has_room_around(&self, touched: &Range<usize>, n_lines: usize) -> bool {
        (self.at_start || touched.start > 0) && (self.at_end || touched.end < n_lines)
    }
}

/// Whether a text has line breaks of the oldest kind.
pub fn has_lone_return(text: &str) -> bool {
    text.contains('\r') && text.split('\r').skip(1).any(|rest| !rest.starts_with('\n'))
}

fn common_start(a: &[u8], b: &[u8]) -> usize {
    let chunks = a.chunks_exact(CHUNK_BYTES).zip(b.chunks_exact(CHUNK_BYTES));
    let whole = chunks.take_while(|(a, b)| a == b).count() * CHUNK_BYTES;
    whole + a[whole..].iter().zip(&b[whole..]).take_while(|(a, b)| a == b).count()
}

fn common_end(a: &[u8], b: &[u8]) -> usize {
    let chunks = a.rchunks_exact(CHUNK_BYTES).zip(b.rchunks_exact(CHUNK_BYTES));
    let whole = chunks.take_while(|(a, b)| a == b).count() * CHUNK_BYTES;
    let (a, b) = (&a[..a.len() - whole], &b[..b.len() - whole]);
    whole + a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count()
}

/// Where `n_lines` more above `at` begin.
fn margin_before(text: &[u8], at: usize, n_lines: usize) -> usize {
    let breaks = text[..at].iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
    breaks.map(|(at, _)| at + 1).nth(n_lines).unwrap_or(0)
}

/// Length of what follows `n_lines` more below `at`.
fn margin_after(text: &[u8], at: usize, n_lines: usize) -> usize {
    let breaks = text[at..].iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    breaks.map(|(after, _)| text.len() - at - after - 1).nth(n_lines).unwrap_or(0)
}
