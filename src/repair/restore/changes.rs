//! What differs between two texts of a file: by lines, and by words where a compiler would see it.

use std::ops::Range;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use crate::base::text::edit::Edit;
use crate::repair::language::Role;
use crate::repair::syntax::{Node, Tree};

/// Parts of two texts, together, that are compared.
pub const PARTS_MAX: usize = 10_000;

/// Bytes of the text on the screen, and those of the committed one that stood in their place.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub here: Range<usize>,
    pub there: Range<usize>,
}

/// The text on the screen and the committed one.
pub struct Texts<'t> {
    now: Code<'t>,
    before: Code<'t>,
    is_indented: bool,
}

impl<'t> Texts<'t> {
    pub fn new(now: &'t Tree<'t>, before: &'t Tree<'t>) -> Self {
        let is_indented = now.language.is_indented;
        Self { now: Code::of(now), before: Code::of(before), is_indented }
    }

    /// The text on the screen.
    pub fn now(&self) -> &'t str {
        self.now.text
    }

    /// What puts the committed text back in one place.
    pub fn edit(&self, change: &Change) -> Edit {
        Edit::new(change.here.clone(), &self.before.text[change.there.clone()])
    }

    /// The runs of lines that differ, and for those that are as long as what they replace their lines one by one.
    pub fn runs(&self) -> Vec<(Change, Vec<Change>)> {
        let (now, before) = (Parts::lines(self.now.text), Parts::lines(self.before.text));
        let change = |here: Range<usize>, there: Range<usize>| Change {
            here: now.bytes(&here),
            there: before.bytes(&there),
        };
        let run = |(here, there): (Range<usize>, Range<usize>)| {
            let is_by_line = here.len() == there.len() && here.len() > 1;
            let pairs = here.clone().zip(there.clone()).filter(|_| is_by_line);
            let pairs = pairs.map(|(old, new)| change(old..old + 1, new..new + 1)).collect();
            (change(here, there), pairs)
        };
        differing(&now, &before).into_iter().map(run).collect()
    }

    /// Whether tests lie in what it takes away or puts back: they are as they are, also where they stand beside the code.
    pub fn is_in_test(&self, change: &Change) -> bool {
        self.now.has_test(&change.here) || self.before.has_test(&change.there)
    }

    /// The words and signs in which a change differs, but for tests, comments and white space that means nothing.
    pub fn words(&self, change: &Change) -> Vec<Change> {
        let (here, there) = (change.here.clone(), change.there.clone());
        let now = Parts::words(&self.now.text[here.clone()]);
        let before = Parts::words(&self.before.text[there.clone()]);
        let moved = |range: Range<usize>, by: usize| range.start + by..range.end + by;
        let runs = differing(&now, &before).into_iter();
        let words = runs.map(|(old, new)| Change {
            here: moved(now.bytes(&old), here.start),
            there: moved(before.bytes(&new), there.start),
        });
        words.filter(|word| self.is_seen(word) && !self.is_in_test(word)).collect()
    }

    /// Whether a compiler sees it.
    fn is_seen(&self, change: &Change) -> bool {
        let is_same = self.now.within(&change.here).eq(self.before.within(&change.there));
        !is_same || self.is_indented && self.is_indentation(change)
    }

    /// Whether white space changes that stands before code in a line.
    fn is_indentation(&self, change: &Change) -> bool {
        let (old, new) =
            (self.now.indentation(&change.here), self.before.indentation(&change.there));
        old != new && self.now.begins_code(change.here.end)
    }
}

/// A text and where it has something that a compiler sees.
struct Code<'t> {
    text: &'t str,
    /// Words and signs, strings as a whole, in their order.
    words: Vec<Range<usize>>,
    /// Tests, with the attributes before them.
    tests: Vec<Range<usize>>,
}

impl<'t> Code<'t> {
    fn of(tree: &Tree<'t>) -> Self {
        let mut words = Vec::new();
        let mut done = 0;
        for node in tree.nodes().filter(|node| !node.range().is_empty()) {
            let range = node.range();
            // Some comments of Go are told to its compiler.
            let is_comment = node.kind().ends_with("comment") && !node.text().starts_with("//go:");
            // What does not parse may have words that are no nodes.
            let is_whole = node.coarse_role() == Role::String || node.kind() == "ERROR";
            if range.start < done || !(is_comment || is_whole || node.children().next().is_none()) {
                continue;
            }
            done = range.end;
            if !is_comment {
                words.push(range);
            }
        }
        let tests = tree.nodes().filter(|node| tree.language.is_test_item(*node));
        let tests = tests.map(|test| attributes_start(test)..test.range().end).collect();
        Self { text: tree.text, words, tests }
    }

    fn has_test(&self, range: &Range<usize>) -> bool {
        self.tests.iter().any(|test| test.start < range.end && range.start < test.end)
    }

    /// The words in these bytes, cut where they reach beyond.
    fn within<'c>(&'c self, range: &Range<usize>) -> impl Iterator<Item = &'t str> + use<'c, 't> {
        let (start, end) = (range.start, range.end);
        let first = self.words.partition_point(|word| word.end <= start);
        let words = self.words[first..].iter().take_while(move |word| word.start < end);
        words.map(move |word| &self.text[word.start.max(start)..word.end.min(end)])
    }

    /// The white space at the start of a line in which these bytes end.
    fn indentation(&self, range: &Range<usize>) -> &'t str {
        let line = self.text[..range.end].rfind('\n').map_or(0, |at| at + 1);
        let before = &self.text[line..range.end];
        if before.trim().is_empty() { before } else { "" }
    }

    /// Whether the first that a compiler sees in its line stands there.
    fn begins_code(&self, at: usize) -> bool {
        let line = self.text[..at].rfind('\n').map_or(0, |at| at + 1);
        let is_first = self.text[line..at].trim().is_empty();
        is_first && self.words.binary_search_by_key(&at, |word| word.start).is_ok()
    }
}

/// Where the attributes of an item begin, or the item itself.
fn attributes_start(item: Node<'_>) -> usize {
    let siblings = item.parent().into_iter().flat_map(Node::children);
    let before: Vec<Node<'_>> = siblings.take_while(|node| node.id() != item.id()).collect();
    let is_attribute = |node: &&Node<'_>| {
        node.kind().ends_with("comment") || matches!(node.kind(), "attribute_item" | "decorator")
    };
    let first = before.iter().rev().take_while(is_attribute).last();
    first.unwrap_or(&item).range().start
}

/// The lines of a text that differ from the committed one, by their numbers; where some went, both neighbours.
pub fn changed_lines(now: &str, before: &str) -> Vec<u32> {
    let hunks = differing(&Parts::lines(now), &Parts::lines(before));
    let lines = |(here, _): (Range<usize>, _)| match here.is_empty() {
        true => here.start.saturating_sub(1)..here.start + 1,
        false => here,
    };
    hunks.into_iter().flat_map(lines).map(|line| line as u32 + 1).collect()
}

/// The words that stand in each other's place in two texts.
pub fn replaced<'a>(old: &'a str, new: &'a str) -> Vec<(&'a str, &'a str)> {
    let (from, to) = (Parts::words(old), Parts::words(new));
    let runs = differing(&from, &to).into_iter();
    runs.map(|(here, there)| (&old[from.bytes(&here)], &new[to.bytes(&there)])).collect()
}

/// A text cut into parts.
struct Parts<'t> {
    parts: Vec<&'t str>,
    /// Where each begins, and the end of the text.
    starts: Vec<usize>,
}

impl<'t> Parts<'t> {
    fn new(parts: Vec<&'t str>) -> Self {
        let mut starts = vec![0];
        starts.extend(parts.iter().scan(0, |end, part| {
            *end += part.len();
            Some(*end)
        }));
        Self { parts, starts }
    }

    fn lines(text: &'t str) -> Self {
        Self::new(text.split_inclusive('\n').collect())
    }

    /// Names and numbers, operators, white space, and every other sign by itself.
    fn words(text: &'t str) -> Self {
        let mut rest = text;
        let mut parts = Vec::new();
        while let Some(first) = rest.chars().next() {
            let behind = &rest[first.len_utf8()..];
            let goes_on = |ch: char| sort(first) != Sort::Sign && sort(ch) == sort(first);
            let end = rest.len() - behind.trim_start_matches(goes_on).len();
            parts.push(&rest[..end]);
            rest = &rest[end..];
        }
        Self::new(parts)
    }

    /// What has to be the same: all but the kind of line break.
    fn keys(&self) -> Vec<(&'t str, bool)> {
        let key = |part: &&'t str| match part.strip_suffix('\n') {
            Some(line) => (line.strip_suffix('\r').unwrap_or(line), true),
            None => (*part, false),
        };
        self.parts.iter().map(key).collect()
    }

    fn bytes(&self, some: &Range<usize>) -> Range<usize> {
        self.starts[some.start]..self.starts[some.end]
    }
}

#[derive(PartialEq)]
enum Sort {
    Word,
    Space,
    Operator,
    Sign,
}

fn sort(ch: char) -> Sort {
    match ch {
        '_' => Sort::Word,
        _ if ch.is_alphanumeric() => Sort::Word,
        _ if ch.is_whitespace() => Sort::Space,
        _ if "<>=!+-*/%&|^~:".contains(ch) => Sort::Operator,
        _ => Sort::Sign,
    }
}

/// The runs of parts that stand in each other's place, whatever their line breaks; where there is too much to compare
/// between the ends that are the same, all of it.
fn differing(now: &Parts<'_>, before: &Parts<'_>) -> Vec<(Range<usize>, Range<usize>)> {
    let (now, before) = (now.keys(), before.keys());
    let start = now.iter().zip(&before).take_while(|(a, b)| a == b).count();
    let (now, before) = (&now[start..], &before[start..]);
    let end = now.iter().rev().zip(before.iter().rev()).take_while(|(a, b)| a == b).count();
    let (now, before) = (&now[..now.len() - end], &before[..before.len() - end]);
    let moved = |range: Range<usize>| range.start + start..range.end + start;
    if now.len() + before.len() > PARTS_MAX {
        return vec![(moved(0..now.len()), moved(0..before.len()))];
    }
    let ops = capture_diff_slices(Algorithm::Myers, now, before).into_iter();
    let changed = ops.filter(|op| !matches!(op, DiffOp::Equal { .. }));
    changed.map(|op| (moved(op.old_range()), moved(op.new_range()))).collect()
}
