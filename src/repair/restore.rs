//! Puts back what was changed since the last commit, piece by piece: when tests turn red, the latest edits are the likeliest
//! cause (Zeller, "Yesterday, my program worked. Today, it does not. Why?", ESEC/FSE 1999).

use std::ops::Range;
use std::slice;

use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::rank;
use super::site::{Drafts, described};
use super::syntax::{Node, Tree};
use crate::base::text::edit::Edit;

pub const RESTORE: &str = "restore";
/// Of a template that puts one word back; what the size of a piece adds comes on top.
const COST: f64 = 0.2;
/// For lines that no measured test ran: they may be constants, or nothing at all.
const NOT_RUN: f64 = 1.0;
/// For taking out lines that are new: they are meant to be there.
const TAKES_OUT: f64 = 1.5;
/// For some of the words that were changed together: half of a change is seldom what was meant.
const PART: f64 = 0.3;
/// Words that are told one by one, at most.
const WORDS_MAX: usize = 4;
/// At most this many pieces of a file.
const PIECES_MAX: usize = 400;
/// Parts of two texts, together, that are compared.
const PARTS_MAX: usize = 10_000;
/// Changed places of a file that are put back at once, at most.
const TOGETHER_MAX: usize = 8;

/// Drafts for one file. `doubts` has what each line's suspicion adds, by its number; `before` is the committed text.
pub fn restore<'t>(
    tree: &'t Tree<'t>,
    doubts: &[Option<f64>],
    before: &str,
    drafts: &mut Drafts<'t>,
) {
    drafts.by(RESTORE, COST);
    drafts.near = None;
    for (edits, more) in pieces(tree.text, before) {
        // Tests are as they are, also where they stand beside the code.
        if edits.iter().any(|edit| holder(tree, slice::from_ref(edit)).is_frozen()) {
            continue;
        }
        let lines = edits.iter().flat_map(|edit| touched(tree, edit));
        let known = lines.filter_map(|line| doubts.get(line as usize).copied().flatten());
        drafts.doubt = known.reduce(f64::min).unwrap_or(NOT_RUN);
        let what = format!("{}, as committed", described(tree.text, &edits));
        let loss: f64 = edits.iter().map(|edit| loss(&tree.text[edit.range()], edit)).sum();
        drafts.edits(holder(tree, &edits), edits, Some(what), loss + more);
    }
}

/// The lines of a text that differ from the committed one, by their numbers; where some went, the one behind.
pub fn changed_lines(now: &str, before: &str) -> Vec<u32> {
    let hunks = differing(&Parts::lines(now), &Parts::lines(before));
    let lines = |(here, _): (Range<usize>, _)| here.start..here.end.max(here.start + 1);
    hunks.into_iter().flat_map(lines).map(|line| line as u32 + 1).collect()
}

/// What it costs to lose text that the commit has not.
fn loss(old: &str, edit: &Edit) -> f64 {
    let is_new = old.contains('\n') && edit.text.trim().is_empty();
    let takes_out = if is_new { TAKES_OUT } else { 0.0 };
    takes_out + rank::LINE * old.trim_end().matches('\n').count() as f64
}

/// The lines that an edit touches, with both neighbours of a place where it only puts something in.
fn touched(tree: &Tree<'_>, edit: &Edit) -> Range<u32> {
    let line = |at: usize| tree.lines.line_of(at) + 1;
    if edit.range().is_empty() {
        return line(edit.start).saturating_sub(1)..line(edit.start) + 1;
    }
    line(edit.start)..line(edit.end - 1) + 1
}

/// The innermost node around all edits.
fn holder<'t>(tree: &'t Tree<'t>, edits: &[Edit]) -> Node<'t> {
    let start = edits.iter().map(|edit| edit.start).min().unwrap_or(0);
    let end = edits.iter().map(|edit| edit.end).max().unwrap_or(0);
    let holds = |node: &Node<'t>| node.range().start <= start && end <= node.range().end;
    tree.nodes().filter(holds).min_by_key(|node| node.range().len()).unwrap_or(tree.root())
}

/// Everything that changed, in pieces that may be put back alone: runs of lines, lines, words, and all of it; each with what
/// it costs more than others.
fn pieces(now: &str, before: &str) -> Vec<(Vec<Edit>, f64)> {
    let (now, before) = (Parts::lines(now), Parts::lines(before));
    let hunks = differing(&now, &before);
    // Whole runs first, as what is too much is left out.
    let mut runs: Vec<(Vec<Edit>, f64)> = Vec::new();
    let mut parts: Vec<(Vec<Edit>, f64)> = Vec::new();
    for (here, there) in &hunks {
        let whole = now.put(here, &before, there);
        if here.len() == there.len() && here.len() > 1 {
            let line =
                |(old, new): (usize, usize)| now.put(&(old..old + 1), &before, &(new..new + 1));
            let pairs = here.clone().zip(there.clone());
            parts.extend(pairs.map(|pair| (vec![line(pair)], 0.0)));
        }
        let words = words(&now.text[whole.range()], &whole);
        if words.len() > 1 {
            parts.extend(words.iter().map(|word| (vec![word.clone()], PART)));
        }
        let is_readable = (1..=WORDS_MAX).contains(&words.len());
        runs.push((if is_readable { words } else { vec![whole] }, 0.0));
    }
    if (2..=TOGETHER_MAX).contains(&hunks.len()) {
        let all = hunks.iter().map(|(here, there)| now.put(here, &before, there));
        runs.push((all.collect(), 0.0));
    }
    runs.extend(parts);
    runs.truncate(PIECES_MAX);
    runs
}

/// The words and signs in which an edit differs from the text that it is for.
fn words(old: &str, edit: &Edit) -> Vec<Edit> {
    let (now, before) = (Parts::words(old), Parts::words(&edit.text));
    let moved = |word: Edit| Edit::new(edit.start + word.start..edit.start + word.end, word.text);
    let hunks = differing(&now, &before).into_iter();
    hunks.map(|(here, there)| moved(now.put(&here, &before, &there))).collect()
}

/// A text cut into parts.
struct Parts<'t> {
    text: &'t str,
    parts: Vec<&'t str>,
    /// Where each begins, and the end of the text.
    starts: Vec<usize>,
}

impl<'t> Parts<'t> {
    fn new(text: &'t str, parts: Vec<&'t str>) -> Self {
        let mut starts = vec![0];
        starts.extend(parts.iter().scan(0, |end, part| {
            *end += part.len();
            Some(*end)
        }));
        Self { text, parts, starts }
    }

    fn lines(text: &'t str) -> Self {
        Self::new(text, text.split_inclusive('\n').collect())
    }

    /// Names and numbers, white space, and every other sign by itself.
    fn words(text: &'t str) -> Self {
        let is_word = |ch: char| ch.is_alphanumeric() || ch == '_';
        let goes_on = |first: char, ch: char| {
            is_word(first) && is_word(ch) || first.is_whitespace() && ch.is_whitespace()
        };
        let mut rest = text;
        let mut parts = Vec::new();
        while let Some(first) = rest.chars().next() {
            let behind = &rest[first.len_utf8()..];
            let end = rest.len() - behind.trim_start_matches(|ch| goes_on(first, ch)).len();
            parts.push(&rest[..end]);
            rest = &rest[end..];
        }
        Self::new(text, parts)
    }

    /// The edit that puts some parts of another text in the place of some of these.
    fn put(&self, here: &Range<usize>, other: &Parts<'_>, there: &Range<usize>) -> Edit {
        let bytes = |parts: &Parts<'_>, some: &Range<usize>| {
            parts.starts[some.start]..parts.starts[some.end]
        };
        Edit::new(bytes(self, here), &other.text[bytes(other, there)])
    }
}

/// The runs of parts that stand in each other's place; none where there is too much to compare between the ends that are
/// the same.
fn differing(now: &Parts<'_>, before: &Parts<'_>) -> Vec<(Range<usize>, Range<usize>)> {
    let (now, before) = (&now.parts[..], &before.parts[..]);
    let start = now.iter().zip(before).take_while(|(a, b)| a == b).count();
    let (now, before) = (&now[start..], &before[start..]);
    let end = now.iter().rev().zip(before.iter().rev()).take_while(|(a, b)| a == b).count();
    let (now, before) = (&now[..now.len() - end], &before[..before.len() - end]);
    if now.len() + before.len() > PARTS_MAX {
        return Vec::new();
    }
    let ops = capture_diff_slices(Algorithm::Myers, now, before).into_iter();
    let changed = ops.filter(|op| !matches!(op, DiffOp::Equal { .. }));
    let moved = |range: Range<usize>| range.start + start..range.end + start;
    changed.map(|op| (moved(op.old_range()), moved(op.new_range()))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::*;
    use crate::base::text::edit;
    use crate::repair::testing::{all_lines, source};
    use crate::repair::{Question, candidates};

    const COMMITTED: &str = "\
LIMIT = 8


def fits(a, b):
    a = abs(a)
    total = a + b
    if total > LIMIT:
        return False
    return total >= 0
";

    /// What is put back of a text, as `what → lines that differ from it then`, the likeliest first.
    fn check(now: &str) -> String {
        restored("a.py", COMMITTED, now)
    }

    fn restored(path: &str, committed_text: &str, now: &str) -> String {
        let code = source(path, now);
        let committed = BTreeMap::from([(code.path.clone(), Arc::from(committed_text))]);
        let suspicion = all_lines(&code);
        let sources = [code];
        let question = Question {
            sources: &sources,
            suspicion: &suspicion,
            committed: &committed,
            failures: &[],
            favoured: &[],
            n_max: 4000,
        };
        let all = candidates(&question).into_iter().filter(|made| made.template == RESTORE);
        let told = |made: crate::repair::Candidate| {
            let after = edit::apply(now, &made.edits).unwrap();
            let left = if after == committed_text { "all" } else { "some" };
            format!("{:.1} {}:{} {left}", made.cost, made.line, made.what)
        };
        all.map(told).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn what_was_changed_is_put_back_in_pieces() {
        insta::assert_snapshot!(check(&COMMITTED.replace("a + b", "a - b")), @"0.3 6:`-` → `+`, as committed all");
        insta::assert_snapshot!(check(&COMMITTED.replace("    a = abs(a)\n", "")), @"0.5 5:add `a = abs(a)`, as committed all");
        insta::assert_snapshot!(check(&COMMITTED.replace("    total", "    b = b or 0\n    total")), @"2.0 6:remove `b = b or 0`, as committed all");
        let two = COMMITTED.replace("a + b", "b").replace(">= 0", "> 1").replace("= 8", "= 9");
        insta::assert_snapshot!(check(&two), @r#"
        0.3 1:`9` → `8`, as committed some
        0.3 9:add `=`, `1` → `0`, as committed some
        0.4 6:add `a +`, as committed some
        0.6 9:add `=`, as committed some
        0.6 9:`1` → `0`, as committed some
        0.6 1:`LIMIT = 9` → `LIMIT = 8`, `total = b` → `total = a + b`, `return total > 1` → `return total >= 0`, as committed all
        "#);
        assert_eq!(check(COMMITTED), "");
    }

    #[test]
    fn tests_beside_the_code_stay_as_they_are() {
        let committed = "\
fn f(a: i32) -> i32 {
    a + 1
}

#[cfg(test)]
mod tests {
    #[test]
    fn works() {
        assert_eq!(super::f(1), 2);
    }
}
";
        let check = |now: &str| restored("a.rs", committed, now);
        assert_ne!(check(&committed.replace("a + 1", "a + 2")), "");
        assert_eq!(check(&committed.replace("f(1), 2", "f(1), 3")), "");
    }

    #[test]
    fn changed_lines_are_known() {
        let now = COMMITTED.replace("a + b", "b").replace("    a = abs(a)\n", "");
        assert_eq!(changed_lines(&now, COMMITTED), [5]);
        assert!(changed_lines(COMMITTED, COMMITTED).is_empty());
        let long = "x = 1\n".repeat(PARTS_MAX);
        assert_eq!(
            changed_lines(&format!("{long}y = 2\n{long}"), &format!("{long}y = 3\n{long}")),
            [PARTS_MAX as u32 + 1]
        );
    }
}
