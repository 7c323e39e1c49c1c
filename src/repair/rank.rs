//! The order candidates are tried in, and the order in which those that pass are offered.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::hints::Hints;
use super::naturalness::Habits;
use super::restore::{self, RESTORE};
use super::usage::words;
use super::{Candidate, Question};
use crate::base::text::edit::Edit;

/// Templates that make tests pass for wrong reasons more often than others, and what that costs them. From shares of
/// right repairs among those that passed all tests: guards .35, filters and dropped arguments .2, conditions and
/// borrowed numbers .5, against .8 for operators and operands.
const DOUBTFUL: &[(&str, f64)] = &[
    ("delete-statement", 1.6),
    ("filter", 1.5),
    ("drop-argument", 1.5),
    ("guard", 1.0),
    ("skip", 1.2),
    ("refuse", 0.6),
    ("only-if", 0.8),
    ("condition", 0.6),
    ("other-condition", 0.8),
    ("number", 0.6),
    ("initial", 0.3),
    ("bound", 0.5),
    ("by-name", 0.4),
    ("copy-statement", 0.4),
    ("like-call", 0.4),
    ("remember", 0.2),
    ("count", 0.2),
    ("begin-anew", 0.2),
    ("update", 0.4),
    ("add-else", 0.4),
    ("clamp", 0.4),
    ("scale", 1.2),
    ("rest", 0.3),
    ("keep-in", 0.4),
    ("early-result", 0.8),
    ("end-early", 0.8),
    ("fill-argument", 0.2),
    ("separator", 0.3),
    ("mirror", 0.4),
    ("named-call", 0.4),
];
/// For a literal that the failing test's message shows: it may answer that test alone.
const TOLD_LITERAL: f64 = 2.0;
/// For taking out what was added since the last commit: it was meant, and something small may be wrong in it.
const UNDOES: f64 = 0.5;
/// For a condition that always or never holds.
const CONSTANT_CONDITION: f64 = 1.5;
/// Looks at an edit and the text that it is for.
type Look = fn(&str, &Edit) -> bool;

/// Edits that are seldom meant, and what that costs them: an operator that does nothing with its value, another number to
/// multiply or divide by, one more where one less was, a remainder where something was added or taken away, or in a
/// condition that had none, one value for all above it, the number alone that a variable stood beside, two more where one
/// more was, less and less of what begins with zero, another variable for what is computed from the one there, a conversion
/// of what is asked for its type.
const UNLIKELY: &[(Look, f64)] = &[
    (is_idle, 2.0),
    (is_factor, 0.8),
    (is_two_off, 0.8),
    (is_remainder, 0.8),
    (adds_remainder, 0.6),
    (asks_for_one, 0.8),
    (is_lone_number, 0.8),
    (is_two_more, 0.5),
    (takes_from_nothing, 0.6),
    (keeps_elsewhere, 0.8),
    (converts_to_ask, 1.5),
];
/// For each unit of strangeness, and at most.
const STRANGE: f64 = 0.6;
const STRANGE_MAX: f64 = 1.2;
/// For another form of something that leaves several of its names out.
const FORGETS: f64 = 0.5;
/// What it is worth to a candidate that its template mended such a failure before.
pub const FAVOUR: f64 = 2.0;
/// For each line changed beyond the first.
pub const LINE: f64 = 0.2;

/// What a line's suspicion adds to the cost, when `highest` is the highest of all; `None` for lines above suspicion.
pub fn doubt(suspicion: f64, highest: f64) -> Option<f64> {
    (suspicion > 0.0).then(|| (highest / suspicion).ln().max(0.0))
}

/// What a choice costs that has `rank` better ones before it.
pub fn nth(rank: usize) -> f64 {
    0.4 * (1.0 + rank as f64).ln()
}

/// What the size of edits adds to the cost.
pub fn size(edits: &[Edit]) -> f64 {
    let n_bytes: usize = edits.iter().map(|edit| edit.range().len().max(edit.text.len())).sum();
    0.1 * (1.0 + n_bytes as f64).ln()
}

/// Ranks candidates that pass all tests.
pub struct Ranking<'a> {
    question: &'a Question<'a>,
    hints: Hints,
    /// Counted for the first that passes.
    habits: OnceCell<Habits>,
}

impl<'a> Ranking<'a> {
    pub fn new(question: &'a Question<'a>) -> Self {
        Self { question, hints: Hints::read(question.failures), habits: OnceCell::new() }
    }

    /// The candidates, the one most likely to be right first.
    pub fn order(&self, mut plausible: Vec<Candidate>) -> Vec<Candidate> {
        plausible.sort_by(|a, b| self.key(a).total_cmp(&self.key(b)));
        plausible
    }

    /// The key of candidates taken together.
    pub fn sum(&self, parts: &[&Candidate]) -> f64 {
        parts.iter().map(|part| self.key(part)).sum()
    }

    /// The less, the likelier it is to be right; never less than its cost.
    pub fn key(&self, candidate: &Candidate) -> f64 {
        candidate.cost + penalty(self.question, &self.hints, candidate) + self.strange(candidate)
    }

    fn strange(&self, candidate: &Candidate) -> f64 {
        let source = self.question.sources.iter().find(|source| source.path == candidate.path);
        let Some(source) = source.filter(|_| candidate.template != RESTORE) else { return 0.0 };
        let habits = self.habits.get_or_init(|| Habits::of(self.question.sources));
        let all = candidate.edits.iter().map(|edit| habits.strangeness(&source.text, edit));
        (STRANGE * all.fold(0.0, f64::max)).min(STRANGE_MAX)
    }
}

fn penalty(question: &Question<'_>, hints: &Hints, candidate: &Candidate) -> f64 {
    let source = question.sources.iter().find(|source| source.path == candidate.path);
    // What was there before was meant, each word of it, also where a test tells it; that parts of a change are seldom meant
    // alone is in their cost.
    if candidate.template == RESTORE {
        let is_new = source.is_some_and(|it| restore::takes_out(&it.text, &candidate.edits));
        return if is_new { UNDOES } else { 0.0 };
    }
    let doubtful = DOUBTFUL
        .iter()
        .find(|(template, _)| *template == candidate.template)
        .map_or(0.0, |(_, cost)| *cost);
    let told = candidate.edits.iter().any(|edit| {
        let old = source.and_then(|source| source.text.get(edit.range())).unwrap_or("");
        hints.tells(&edit.text) && !hints.tells(old)
    });
    let constant = candidate
        .edits
        .iter()
        .any(|edit| matches!(edit.text.as_str(), "True" | "False" | "true" | "false"));
    let constant = constant && candidate.template == "other-condition";
    let n_breaks: usize = candidate.edits.iter().map(|edit| edit.text.matches('\n').count()).sum();
    let n_lines = n_breaks + candidate.edits.len() - 1;
    let is_seen = |looks: Look| {
        source.is_some_and(|it| candidate.edits.iter().any(|edit| looks(&it.text, edit)))
    };
    let unlikely = UNLIKELY.iter().filter(|(looks, _)| is_seen(*looks)).map(|(_, cost)| cost);
    doubtful
        + unlikely.sum::<f64>()
        + if told { TOLD_LITERAL } else { 0.0 }
        + if constant { CONSTANT_CONDITION } else { 0.0 }
        + if candidate.template == "rewrite" && is_seen(forgets) { FORGETS } else { 0.0 }
        + LINE * n_lines as f64
}

/// Whether an edit leaves `- 0`, `+ 0`, `* 1` or `/ 1` behind, by its number or by its operator.
fn is_idle(text: &str, edit: &Edit) -> bool {
    let before = text.get(..edit.start).unwrap_or("").trim_end();
    let after = text.get(edit.end..).unwrap_or("").trim_start();
    let begins = |digit: char| {
        after.strip_prefix(digit).is_some_and(|rest| !rest.starts_with(is_digit_or_dot))
    };
    let operator = edit.text.trim();
    let is_telling = TELLING_OF_TWO.iter().any(|telling| telling.trim() == operator);
    let line = before.rsplit('\n').next().unwrap_or("");
    let is_of_one = is_telling && repeats(&format!("{line} {operator}"), operand(after), "");
    if is_of_one || takes_back(before, &edit.text) || repeats(before, operator, after) {
        return true;
    }
    match edit.text.trim() {
        "0" => before.ends_with(['+', '-']),
        "1" => before.ends_with(['*', '/']),
        "+" | "-" => begins('0'),
        "*" | "/" | "//" => begins('1'),
        _ => false,
    }
}

/// Whether an edit asks for a remainder that what it changes did not ask for.
fn adds_remainder(text: &str, edit: &Edit) -> bool {
    let has = |text: &str| text.contains(" % ");
    let old = text.get(edit.range()).unwrap_or("");
    !old.is_empty() && has(&edit.text) && !has(old)
}

/// Whether an edit makes a remainder of a sum or difference.
fn is_remainder(text: &str, edit: &Edit) -> bool {
    let old = text.get(edit.range()).unwrap_or("").trim();
    matches!(old, "+" | "-" | "+=" | "-=") && matches!(edit.text.trim(), "%" | "%=")
}

/// Whether an edit asks for one value, or for all but one, where all above or below it were asked for: of 74 faults in
/// such comparisons one is mended by the first and three by the second.
fn asks_for_one(text: &str, edit: &Edit) -> bool {
    let old = text.get(edit.range()).unwrap_or("").trim();
    matches!(old, "<" | "<=" | ">" | ">=")
        && matches!(edit.text.trim(), "==" | "===" | "!=" | "!==")
}

/// Whether an edit converts a value only to ask for its type.
fn converts_to_ask(text: &str, edit: &Edit) -> bool {
    let before = text.get(..edit.start).unwrap_or("");
    let old = text.get(edit.range()).unwrap_or("").trim();
    let asks = ["isinstance(", "typeof ", "Array.isArray("].iter().any(|ask| before.ends_with(ask));
    asks && !old.is_empty() && edit.text.contains(&format!("({old})"))
}

/// Whether an edit puts another number in the place of one that something is multiplied or divided by.
fn is_factor(text: &str, edit: &Edit) -> bool {
    let before = text.get(..edit.start).unwrap_or("").trim_end();
    before.ends_with(['*', '/', '%'])
        && is_number(&edit.text)
        && text.get(edit.range()).is_some_and(is_number)
}

/// Whether an edit puts one more where one less was, or the other way round.
fn is_two_off(text: &str, edit: &Edit) -> bool {
    let after = text.get(edit.end..).unwrap_or("").trim_start();
    let is_one = after.strip_prefix('1').is_some_and(|rest| !rest.starts_with(is_digit_or_dot));
    let old = text.get(edit.range()).unwrap_or("").trim();
    is_one && matches!((old, edit.text.trim()), ("+", "-") | ("-", "+"))
}

/// Whether an edit leaves of `a + 1` only the number.
fn is_lone_number(text: &str, edit: &Edit) -> bool {
    let old = text.get(edit.range()).unwrap_or("").trim();
    let is_part = old.starts_with(edit.text.trim()) || old.ends_with(edit.text.trim());
    is_number(edit.text.trim()) && is_part && old.contains(char::is_alphabetic)
}

/// Whether an edit adds or takes away two where it was one.
fn is_two_more(text: &str, edit: &Edit) -> bool {
    let before = text.get(..edit.start).unwrap_or("").trim_end();
    let is_one = text.get(edit.range()).is_some_and(|old| old.trim() == "1");
    let operand = before.strip_suffix(['+', '-']).map(str::trim_end);
    let is_sum = operand.is_some_and(|it| {
        it.ends_with(|ch: char| ch.is_alphanumeric() || matches!(ch, '_' | ')' | ']'))
    });
    is_one && edit.text.trim() == "2" && is_sum
}

/// Whether an edit takes away where something was added to what begins with zero.
fn takes_from_nothing(text: &str, edit: &Edit) -> bool {
    let (before, old) = (text.get(..edit.start), text.get(edit.range()).unwrap_or("").trim());
    let (Some(before), "+=", "-=") = (before.map(str::trim_end), old, edit.text.trim()) else {
        return false;
    };
    let is_part = |ch: char| ch.is_alphanumeric() || ch == '_';
    let name = &before[before.trim_end_matches(is_part).len()..];
    let begins = |begins: &String| {
        before.rmatch_indices(begins.as_str()).any(|(at, _)| {
            !before[..at].ends_with(is_part)
                && !before[at + begins.len()..].starts_with(is_digit_or_dot)
        })
    };
    !name.is_empty() && ["=", ":="].map(|sign| format!("{name} {sign} 0")).iter().any(begins)
}

/// Whether an edit gives what is computed from a variable, `a = f(a)`, to another one.
fn keeps_elsewhere(text: &str, edit: &Edit) -> bool {
    let before = text.get(..edit.start).unwrap_or("");
    let is_first = before.rsplit('\n').next().is_some_and(|line| line.trim().is_empty());
    let (old, after) = (text.get(edit.range()), text.get(edit.end..).unwrap_or("").trim_start());
    let value = after.strip_prefix(':').unwrap_or(after).strip_prefix('=');
    let value = value.filter(|value| !value.starts_with(['=', '>']));
    let (Some(old), Some(value)) = (old, value.and_then(|value| value.lines().next())) else {
        return false;
    };
    let is_name = |text: &str| words(text).eq([text]);
    is_first && is_name(old) && is_name(&edit.text) && words(value).any(|word| word == old)
}

/// Whether an edit leaves several names out and has none that is new.
fn forgets(text: &str, edit: &Edit) -> bool {
    let names = |text: &'_ str| -> BTreeSet<String> {
        let names = words(text).filter(|word| word.len() > 1 && !is_number(word));
        names.map(str::to_owned).collect()
    };
    let (old, new) = (names(text.get(edit.range()).unwrap_or("")), names(&edit.text));
    !edit.text.trim().is_empty() && new.is_subset(&old) && old.len() > new.len() + 1
}

fn is_number(text: &str) -> bool {
    text.trim_start_matches('-').starts_with(is_digit_or_dot) && text.parse::<f64>().is_ok()
}

fn is_digit_or_dot(ch: char) -> bool {
    ch.is_ascii_digit() || ch == '.'
}

/// Operators that say nothing new of one value twice: `n / n`, `n == n`.
const TELLING_OF_TWO: &[&str] =
    &["-", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||", "??", " and ", " or ", " is "];

/// Whether a value is put beside such an operator that has the same value on its other side.
fn repeats(before: &str, value: &str, after: &str) -> bool {
    let is_part =
        |ch: char| ch.is_alphanumeric() || matches!(ch, '_' | '.' | ')' | ']' | '(' | '[');
    if !value.ends_with(is_part) || value.parse::<f64>().is_ok() {
        return false;
    }
    let stands_before = |operator: &&&str| {
        let rest = format!("{before} ");
        let rest = rest.trim_end_matches(' ').strip_suffix(operator.trim_end());
        let rest = rest.map(str::trim_end).and_then(|rest| rest.strip_suffix(value));
        rest.is_some_and(|rest| !rest.ends_with(is_part) || rest.ends_with(['(', '[']))
    };
    let stands_after = |operator: &&&str| {
        let rest = after.strip_prefix(operator.trim_start()).map(str::trim_start);
        let rest = rest.and_then(|rest| rest.strip_prefix(value));
        rest.is_some_and(|rest| !rest.starts_with(is_part) || rest.starts_with([')', ']']))
    };
    TELLING_OF_TWO.iter().any(|operator| stands_before(&operator) || stands_after(&operator))
}

/// The value that a text begins with, with all its calls and parts.
fn operand(text: &str) -> &str {
    let mut depth = 0_usize;
    let end = text.find(|ch: char| {
        match ch {
            '(' | '[' => depth += 1,
            ')' | ']' if depth > 0 => depth -= 1,
            _ => return depth == 0 && !(ch.is_alphanumeric() || matches!(ch, '_' | '.')),
        }
        false
    });
    &text[..end.unwrap_or(text.len())]
}

/// Whether text ends in `- 1` where `+ 1` is added, or the other way round.
fn takes_back(before: &str, added: &str) -> bool {
    let words: Vec<&str> = added.split_whitespace().collect();
    match words[..] {
        ["+", number] => ends_in(before, "-", number),
        ["-", number] => ends_in(before, "+", number),
        [..] => false,
    }
}

fn ends_in(text: &str, operator: &str, number: &str) -> bool {
    let rest = text.strip_suffix(number).map(str::trim_end);
    rest.is_some_and(|rest| rest.ends_with(operator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_scales_is_seen() {
        let check = |text: &str, old: &str, new: &str| {
            let start = text.find(old).unwrap();
            is_factor(text, &Edit::new(start..start + old.len(), new))
        };
        assert!(
            check("n * 2", "2", "-2") && check("n // 2", "2", "3") && check("n * 1.5", "1.5", "2")
        );
        assert!(
            !check("n - 2", "2", "3") && !check("n / a", "a", "2") && !check("n / 2", "2", "b")
        );
    }

    #[test]
    fn one_more_for_one_less_is_seen() {
        let check = |text: &str, old: &str, new: &str| {
            let start = text.find(old).unwrap();
            is_two_off(text, &Edit::new(start..start + old.len(), new))
        };
        assert!(check("n + 1", "+", "-") && check("n - 1)", "-", "+"));
        assert!(
            !check("n + 12", "+", "-") && !check("n + 1.5", "+", "-") && !check("n + 1", "+", "*")
        );
    }

    #[test]
    fn numbers_left_alone_or_doubled_are_seen() {
        let check = |looks: Look, text: &str, old: &str, new: &str| {
            let start = text.find(old).unwrap();
            looks(text, &Edit::new(start..start + old.len(), new))
        };
        assert!(check(is_lone_number, "a[mid+1]", "mid+1", "1"));
        assert!(!check(is_lone_number, "a[mid+1]", "mid+1", "mid"));
        assert!(!check(is_lone_number, "a[mid]", "mid", "1"));
        assert!(check(is_two_more, "n + 1", "1", "2") && !check(is_two_more, "n + 1", "1", "0"));
        assert!(!check(is_two_more, "f(1)", "1", "2"));
        let sum = "total := 0\nfor i := range n {\n\ttotal += i";
        assert!(check(takes_from_nothing, sum, "+=", "-="));
        assert!(check(
            forgets,
            "f((a, b) => a.size - b.size || other(a))",
            "(a, b) => a.size - b.size || other(a)",
            "(a, b) => a - b"
        ));
        assert!(!check(forgets, "f(a.size + b.size)", "a.size + b.size", "a.size"));
        assert!(!check(forgets, "f(a.size)", "f(a.size)", ""));
        assert!(!check(takes_from_nothing, &sum.replace(":= 0", ":= 0.5"), "+=", "-="));
        assert!(!check(takes_from_nothing, &sum.replace("total :", "subtotal :"), "+=", "-="));
        assert!(!check(is_two_more, "a[-1]", "1", "2") && !is_number("inf"));
        assert!(!check(takes_from_nothing, &sum.replace(":= 0", ":= n"), "+=", "-="));
    }

    #[test]
    fn what_is_kept_elsewhere_is_seen() {
        let check = |text: &str, new: &str| {
            keeps_elsewhere(text, &Edit::new(0..text.find(' ').unwrap(), new))
        };
        assert!(check("a = f(a)", "b") && check("a := a + 1", "b"));
        assert!(!check("a = f(b)", "b") && !check("a == f(a)", "b") && !check("a = f(a)", "b.c"));
        assert!(!check("a => f(a)", "b") && !check("a = 1\na", "b"));
    }

    #[test]
    fn a_conversion_before_a_question_is_seen() {
        let check = |text: &str, old: &str, new: &str| {
            let start = text.find(old).unwrap();
            converts_to_ask(text, &Edit::new(start..start + old.len(), new))
        };
        assert!(check("if isinstance(x, A):", "x", "str(x)"));
        assert!(check("if (typeof x === 'a')", "x", "Number(x)"));
        assert!(!check("if isinstance(x, A):", "x", "y"));
        assert!(!check("if isinstance(x, A):", "x", "x.a") && !check("f(x)", "x", "str(x)"));
    }

    #[test]
    fn one_value_for_many_is_seen() {
        let check = |old: &str, new: &str| asks_for_one(old, &Edit::new(0..old.len(), new));
        assert!(check(">=", "===") && check("<", "!=") && !check("<", "<=") && !check("===", "<"));
    }

    #[test]
    fn a_remainder_of_a_sum_is_seen() {
        let check = |old: &str, new: &str| is_remainder(old, &Edit::new(0..old.len(), new));
        assert!(check("-", "%") && check("+=", "%=") && !check("/", "%") && !check("-", "+"));
    }

    #[test]
    fn a_remainder_more_is_seen() {
        let check = |old: &str, new: &str| adds_remainder(old, &Edit::new(0..old.len(), new));
        assert!(check("a > b", "a > b && a % b !== 0"));
        assert!(!check("a % b === 1", "a % b === 0") && !check("a > b", "a < b"));
        assert!(!check("", "if a % b:\n    c = 1"));
    }

    #[test]
    fn an_operation_that_does_nothing_is_seen() {
        let check = |text: &str, old: &str, new: &str| {
            let start = text.find(old).unwrap();
            is_idle(text, &Edit::new(start..start + old.len(), new))
        };
        assert!(check("a - 1", "1", "0") && check("a * 2", "2", "1"));
        assert!(check("a - 1)", "-", "*") && check("a * 0", "*", "+"));
        assert!(!check("a - 12", "-", "*") && !check("a - 1.5", "-", "*"));
        assert!(
            is_idle("a - 1", &Edit::new(5..5, " + 1"))
                && !is_idle("a - 2", &Edit::new(5..5, " + 1"))
        );
        assert!(!check("a * 2", "2", "0") && !check("f(1)", "1", "0"));
        assert!(check("(a / b)", "b", "a") && check("a.x == a.y", "a.y", "a.x"));
        assert!(check("if a and b:", "b", "a") && check("b - f(a)", "b", "f(a)"));
        assert!(
            !check("a / b", "b", "c") && !check("ba - b", "b", "a") && !check("a + b", "b", "a")
        );
        assert!(check("(len(a) * len(a))", "*", "/") && check("f(a.b+a.b, c)", "+", "-"));
        assert!(!check("len(a) / len(a)", "/", "*") && !check("len(a) * len(b)", "*", "/"));
        assert!(
            !check("a.b - b", "b", "a")
                && !check("b - a.c", "b", "a")
                && !check("b - a(1)", "b", "a")
        );
    }
}
