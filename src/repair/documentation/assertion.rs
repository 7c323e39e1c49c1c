//! The shapes in which tests say what a call gives; whatever has another shape says nothing.

use std::ops::Range;

use super::lexeme::{Lexeme, Token, literal};

/// Functions that say that two values are the same.
const EQUAL: [&str; 8] = [
    "assertEqual",
    "assertEquals",
    "assert_eq",
    "equal",
    "strictEqual",
    "deepEqual",
    "deepStrictEqual",
    "Equal",
];
/// The same, of what stands before them.
const TO_BE: [&str; 7] = ["toBe", "toEqual", "toStrictEqual", "equal", "equals", "eql", "eq"];
/// Words that lead there.
const LEADING: [&str; 3] = ["to", "be", "deep"];

/// The value that an assertion of equality wants of the call in it.
pub(super) fn value_of(all: &[Lexeme<'_>], call: Range<usize>) -> Option<Range<usize>> {
    let start = start_of_path(all, call.start);
    let found = compared(all, start, call.end)
        .or_else(|| compared_later(all, start, call.end))
        .or_else(|| given_together(all, start, call.end))
        .or_else(|| expected(all, start, call.end))?;
    // That there is no error says nothing of a value.
    (all[found.start].token != Token::Word("nil")).then_some(found)
}

fn start_of_path(all: &[Lexeme<'_>], mut start: usize) -> usize {
    while start >= 2
        && matches!(all[start - 1].token, Token::Sign("." | "::"))
        && matches!(all[start - 2].token, Token::Word(_))
    {
        start -= 2;
    }
    start
}

fn literal_at(all: &[Lexeme<'_>], at: usize) -> Option<Range<usize>> {
    literal(all.get(at..)?).map(|n| at..at + n)
}

/// The longest literal that ends at `end`.
fn literal_before(all: &[Lexeme<'_>], end: usize) -> Option<Range<usize>> {
    (0..end).map(|at| at..end).find(|range| literal(&all[range.clone()]) == Some(range.len()))
}

fn sign(all: &[Lexeme<'_>], at: usize, signs: &[&str]) -> bool {
    all.get(at).is_some_and(|it| matches!(it.token, Token::Sign(sign) if signs.contains(&sign)))
}

fn word(all: &[Lexeme<'_>], at: usize, words: &[&str]) -> bool {
    all.get(at).is_some_and(|it| matches!(it.token, Token::Word(word) if words.contains(&word)))
}

/// Whether nothing follows but what closes.
fn closes(all: &[Lexeme<'_>], at: usize) -> bool {
    (at..all.len()).all(|at| sign(all, at, &[")", ";"]))
}

/// Whether nothing stands before but what asserts that something is so.
fn is_asserting(before: &[Lexeme<'_>]) -> bool {
    let opening: Vec<Token<'_>> = before.iter().skip(1).map(|it| it.token).collect();
    let is_open =
        matches!(opening[..], [] | [Token::Sign("(")] | [Token::Sign("!"), Token::Sign("(")]);
    before.is_empty() || word(before, 0, &["assert"]) && is_open
}

/// `assert f(2) == 4`, `assert 4 == f(2)`, `if f(2) != 4`.
fn compared(all: &[Lexeme<'_>], start: usize, end: usize) -> Option<Range<usize>> {
    let right = || literal_at(all, end + 1).filter(|it| closes(all, it.end));
    if sign(all, end, &["==", "==="]) && is_asserting(&all[..start]) {
        // Python's words on it.
        let told = || literal_at(all, end + 1).filter(|it| start == 1 && sign(all, it.end, &[","]));
        return right().or_else(told);
    }
    if sign(all, end, &["!="]) && start == 1 && word(all, 0, &["if"]) {
        return right();
    }
    if start == 0 || !sign(all, start - 1, &["==", "==="]) || !closes(all, end) {
        return None;
    }
    let left = literal_before(all, start - 1)?;
    is_asserting(&all[..left.start]).then_some(left)
}

/// `if got := f(2); got != 4`.
fn compared_later(all: &[Lexeme<'_>], start: usize, end: usize) -> Option<Range<usize>> {
    let is_bound = start == 3 && word(all, 0, &["if"]) && sign(all, 2, &[":="]);
    let is_asked = is_bound
        && sign(all, end, &[";"])
        && all.get(end + 1).is_some_and(|it| it.token == all[1].token)
        && sign(all, end + 2, &["!="]);
    literal_at(all, end + 3).filter(|it| is_asked && closes(all, it.end))
}

/// `assertEqual(f(2), 4)`, `assert_eq!(4, f(2), "told")`, `assert.Equal(t, 4, f(2))`.
fn given_together(all: &[Lexeme<'_>], start: usize, end: usize) -> Option<Range<usize>> {
    let ends = |at: usize| sign(all, at, &[")", ","]);
    if is_given_first(all, start) {
        return literal_at(all, end + 1).filter(|it| sign(all, end, &[","]) && ends(it.end));
    }
    if start == 0 || !sign(all, start - 1, &[","]) || !ends(end) {
        return None;
    }
    literal_before(all, start - 1).filter(|left| is_given_first(all, left.start))
}

/// Whether what begins here is the first that a function of equality is given, but for Go's `t`.
fn is_given_first(all: &[Lexeme<'_>], start: usize) -> bool {
    let is_after_t = start >= 2 && word(all, start - 2, &["t"]) && sign(all, start - 1, &[","]);
    let first = if is_after_t { start - 2 } else { start };
    let Some(open) = first.checked_sub(1).filter(|at| sign(all, *at, &["("])) else {
        return false;
    };
    let n_marks = usize::from(open > 0 && sign(all, open - 1, &["!"]));
    let is_alone = |at: usize| {
        start_of_path(all, at) == 0 && !(0..at).any(|at| word(all, at, &["not", "isNot"]))
    };
    open.checked_sub(1 + n_marks).is_some_and(|at| word(all, at, &EQUAL) && is_alone(at))
}

/// `expect(f(2)).toBe(4)`, `expect(f(2)).to.deep.equal([4])`.
fn expected(all: &[Lexeme<'_>], start: usize, end: usize) -> Option<Range<usize>> {
    let is_expected =
        start >= 2 && word(all, start - 2, &["expect"]) && sign(all, start - 1, &["("]);
    let end = end + usize::from(sign(all, end, &[","]));
    if !is_expected || !sign(all, end, &[")"]) {
        return None;
    }
    let mut at = end + 1;
    while sign(all, at, &["."]) && word(all, at + 1, &LEADING) {
        at += 2;
    }
    let is_equality =
        sign(all, at, &["."]) && word(all, at + 1, &TO_BE) && sign(all, at + 2, &["("]);
    literal_at(all, at + 3).filter(|it| is_equality && sign(all, it.end, &[")", ","]))
}
