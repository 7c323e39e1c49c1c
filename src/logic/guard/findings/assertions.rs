//! Assertions of a test before and after: gone, weaker, wider, or with another expectation.

use std::collections::BTreeSet;
use std::ops::Range;

use super::change::{Change, Side};
use super::strength::{always_holds, compares_itself, strength, tolerances_widened};
use super::tests::{Pair, last_name};
use crate::logic::guard::code::Code;
use crate::logic::guard::lexer::{Kind, Language};
use crate::logic::guard::units::{Role, Unit};
use crate::model::guard::{Finding, FindingKind};

/// One assertion: what is called, and on what.
pub struct Assertion<'a> {
    pub code: &'a Code<'a>,
    /// All of it.
    pub range: Range<usize>,
    /// The names that say how it compares, in lower case, for example `expect.not.tobe`.
    pub verb: String,
    /// What it compares.
    pub args: Vec<Range<usize>>,
}

impl Assertion<'_> {
    pub fn text(&self) -> String {
        self.code.joined(self.range.clone())
    }

    pub fn line(&self) -> u32 {
        self.code.line(self.range.start)
    }

    /// Words and literals of what it compares.
    fn words(&self) -> BTreeSet<&str> {
        let tokens = self.args.iter().flat_map(|arg| &self.code.tokens[arg.clone()]);
        tokens.filter(|token| token.kind != Kind::Mark).map(|token| token.text).collect()
    }
}

/// Names of functions that assert, by how they begin.
const STARTS: [&str; 9] =
    ["assert", "expect", "verify", "ensure", "check", "should", "must", "refute", "require"];
/// Methods of a test's own object that assert.
const METHODS: [&str; 32] = [
    "Error",
    "Errorf",
    "Fatal",
    "Fatalf",
    "Fail",
    "FailNow",
    "is",
    "not",
    "deepEqual",
    "equal",
    "same",
    "ok",
    "notOk",
    "strictEqual",
    "throws",
    "rejects",
    "like",
    "match",
    "true",
    "truthy",
    "false",
    "falsy",
    "pass",
    "fail",
    "notEqual",
    "snapshot",
    "Equal",
    "NoError",
    "True",
    "Nil",
    "notDeepEqual",
    "type",
];

/// The assertions in some ranges, in order.
pub fn assertions<'a>(code: &'a Code<'a>, ranges: &[Range<usize>]) -> Vec<Assertion<'a>> {
    let mut found = Vec::new();
    for range in ranges {
        let mut at = range.start;
        while at < range.end {
            match assertion(code, at, range) {
                Some(one) => {
                    at = one.range.end.max(at + 1);
                    found.push(one);
                }
                None => at += 1,
            }
        }
    }
    found
}

fn assertion<'a>(code: &'a Code<'a>, at: usize, within: &Range<usize>) -> Option<Assertion<'a>> {
    let token = code.tokens.get(at).filter(|token| token.kind == Kind::Word)?;
    let before = at.checked_sub(1).map_or("", |before| code.at(before));
    if ["def", "fn", "func", "function", "import", "class", "use", "from", "new", "::"]
        .contains(&before)
        && before != "::"
    {
        return None;
    }
    if token.text == "assert"
        && matches!(code.language, Language::Python | Language::Braces | Language::Ruby)
        && code.at(at + 1) != "."
    {
        return Some(statement(code, at, within));
    }
    let lower = token.text.to_lowercase();
    let is_go_failure =
        code.language == Language::Go && before == "." && METHODS[..6].contains(&token.text);
    if is_go_failure {
        return Some(go_failure(code, at, within));
    }
    let starts = STARTS.iter().any(|start| lower.trim_start_matches('_').starts_with(start));
    let is_method = before == "."
        && METHODS.contains(&token.text)
        && at >= 2
        && ["t", "tap", "test", "a"].contains(&code.at(at - 2));
    let is_raises = lower == "raises" && before == "." || lower == "assertraises";
    let is_should = before == "." && lower.starts_with("should");
    if is_should {
        let start =
            (within.start..at).rev().find(|place| code.tokens[*place].is_first).unwrap_or(at);
        return Some(chain(code, start, at, within));
    }
    if !(starts || is_method || is_raises) {
        return None;
    }
    // `.expect("…")` of Rust unwraps, `checked` is an adjective, `require("x")` loads a module.
    let is_other = code.language == Language::Rust
        && (before == "." || !matches!(code.at(at + 1), "!" | "("))
        || lower.starts_with("checked")
        || lower.starts_with("expected")
        || lower.starts_with("checkbox")
        || lower == "require" && code.at(at + 1) == "("
        || lower == "required"
        || lower == "expectation";
    let is_called = matches!(code.at(at + 1), "(" | "!" | ".") || code.language == Language::Ruby;
    (!is_other && is_called)
        .then(|| chain(code, at, at, within))
        .filter(|one| !one.args.is_empty() || one.verb.contains('.'))
}

/// `assert x == y, "message"`.
fn statement<'a>(code: &'a Code<'a>, at: usize, within: &Range<usize>) -> Assertion<'a> {
    let mut end = code.line_end(at).min(within.end);
    if let Some(stop) = (at..end).find(|place| code.at(*place) == ";") {
        end = stop;
    }
    let args = code.parts(at + 1..end).into_iter().take(1).collect();
    Assertion { code, range: at..end, verb: "assert".to_owned(), args }
}

/// `if got != want { t.Errorf(…) }`: the condition says what is compared.
fn go_failure<'a>(code: &'a Code<'a>, at: usize, within: &Range<usize>) -> Assertion<'a> {
    let end = code.closing(at + 1).map_or(at + 1, |end| end + 1).min(within.end);
    let opens = (within.start..at).rev().filter(|place| code.at(*place) == "{");
    let around = opens.into_iter().find(|open| code.closing(*open).is_some_and(|close| close > at));
    let condition = around.and_then(|open| {
        let start = (within.start..open).rev().find(|place| code.tokens[*place].is_first)?;
        let word = (start..open).find(|place| code.at(*place) == "if")?;
        // Only what follows the assignment of `if x := f(); x != y`.
        let from = (word..open).rev().find(|place| code.at(*place) == ";").unwrap_or(word);
        Some((word + 1..open, from + 1..open))
    });
    let (range, args) = match condition {
        Some((all, compared)) => (all.start..end, vec![compared]),
        None => (at..end, std::iter::once(at..end).collect()),
    };
    Assertion { code, range, verb: "goif".to_owned(), args }
}

/// A call with what is chained to it, `expect(a).not.toBe(b)`, or the rest of the line where there are no brackets.
fn chain<'a>(
    code: &'a Code<'a>,
    start: usize,
    verb_at: usize,
    within: &Range<usize>,
) -> Assertion<'a> {
    let mut verb = String::new();
    let mut args = Vec::new();
    if start < verb_at {
        args.push(start..verb_at - 1);
    }
    let mut at = verb_at;
    while at < within.end {
        match code.at(at) {
            "(" | "{" | "[" if at > verb_at && (code.at(at) == "(" || code.at(at - 1) == "!") => {
                args.extend(code.parts(code.inside(at)));
                at = code.closing(at).unwrap_or(at) + 1;
            }
            "." | "?." | "!" | "::" => {
                verb.push_str(if code.at(at) == "!" { "" } else { "." });
                at += 1;
            }
            "<" if code.language == Language::Braces => at += 1,
            _ if at == verb_at || matches!(code.at(at - 1), "." | "?." | "::") => {
                verb.push_str(&code.at(at).to_lowercase());
                at += 1;
            }
            _ => break,
        }
    }
    if code.language == Language::Ruby && at < within.end && !code.tokens[at].is_first {
        let end = code.line_end(at).min(within.end);
        let words = code.tokens[at..end].iter().filter(|token| token.kind == Kind::Word).take(3);
        verb.extend(words.map(|token| format!(".{}", token.text)));
        args.extend(code.parts(at..end));
        at = end;
    }
    let args = args.into_iter().filter(|arg| !arg.is_empty()).collect();
    Assertion { code, range: start..at.max(verb_at + 1), verb, args }
}

/// What became of the assertions of a test.
pub fn compare(pair: &Pair<'_>, change: &Change<'_>, all: &mut Vec<Finding>) {
    let ((before, was), (after, is)) = (pair.before, pair.after);
    let (old, new) =
        (assertions(&before.code, &before.own(was)), assertions(&after.code, &after.own(is)));
    let texts: Vec<String> = new.iter().map(Assertion::text).collect();
    let (mut kept, mut lost) = (vec![false; new.len()], Vec::new());
    for one in &old {
        let text = one.text();
        match (0..new.len()).find(|at| !kept[*at] && texts[*at] == text) {
            Some(at) => kept[at] = true,
            None => lost.push(one),
        }
    }
    let mut fresh: Vec<&Assertion<'_>> =
        new.iter().zip(&kept).filter(|(_, kept)| !**kept).map(|(one, _)| one).collect();
    let n_fresh = fresh.len();
    let name = last_name(&is.name);
    let mut unpaired = Vec::new();
    for one in &lost {
        match nearest(one, &fresh, lost.len() == n_fresh) {
            Some(at) => {
                let found = fresh.remove(at);
                all.extend(weaker(one, found, pair, change));
            }
            None => unpaired.push(*one),
        }
    }
    // What is new stands for what is gone, as long as it says as much.
    unpaired.sort_by_key(|one| std::cmp::Reverse(strength(one)));
    fresh.retain(|one| !always_holds(one));
    let n_helped: usize = new.iter().map(|one| helped(one, pair)).sum();
    let n_left = unpaired.len().saturating_sub(fresh.len() + n_helped);
    let gone = unpaired
        .into_iter()
        .take(n_left)
        .find(|one| !is_excused(one, before, after, change) && !is_in_table(one, pair, &new));
    if let Some(one) = gone {
        let why = format!("{name} no longer asserts `{}`", clipped(&one.text()));
        all.push(pair.file.finding(FindingKind::Weaken, after.code.line(is.range.start), why));
    }
    if let Some(one) = fresh_and_hollow(&new, &kept, &old) {
        let why = format!("{name} asserts what always holds: `{}`", clipped(&one.text()));
        all.push(pair.file.finding(FindingKind::Weaken, one.line(), why));
    }
}

/// Assertions that a helper of the file makes for this call of it.
fn helped(one: &Assertion<'_>, pair: &Pair<'_>) -> usize {
    let Some(helper) = helper(one, pair.after.0) else { return 0 };
    let side = pair.after.0;
    let inside = assertions(&side.code, std::slice::from_ref(&helper.body));
    inside.iter().filter(|one| !always_holds(one)).count()
}

/// The function of the file that an assertion is a call of.
fn helper<'a>(one: &Assertion<'_>, side: &'a Side<'_>) -> Option<&'a Unit> {
    let functions = side.units.iter().filter(|unit| unit.role == Role::Function);
    let mut called = functions.filter(|unit| last_name(&unit.name).to_lowercase() == one.verb);
    called.next()
}

/// Whether the test still asserts what the same function gives, and names all the values, as in a table.
fn is_in_table(one: &Assertion<'_>, pair: &Pair<'_>, new: &[Assertion<'_>]) -> bool {
    let (after, is) = pair.after;
    let own = after.own(is);
    let tokens = one.args.iter().flat_map(|arg| &one.code.tokens[arg.clone()]);
    let values: Vec<&str> =
        tokens.filter(|token| token.is_literal()).map(|token| token.text).collect();
    let called = callees(one);
    let is_asserted =
        new.iter().any(|other| callees(other).iter().any(|name| called.contains(name)));
    let holds = |value: &&str| {
        own.iter()
            .any(|range| after.code.tokens[range.clone()].iter().any(|token| token.text == *value))
    };
    is_asserted && !values.is_empty() && values.iter().all(holds)
}

/// Functions that are called in what an assertion compares.
pub fn callees(one: &Assertion<'_>) -> Vec<String> {
    let common = [
        "len", "str", "int", "list", "sorted", "set", "dict", "tuple", "String", "vec", "repr",
        "sum", "type",
    ];
    let code = one.code;
    let places = one.args.iter().flat_map(Clone::clone);
    let calls = places.filter(|at| code.at(at + 1) == "(" && code.tokens[*at].kind == Kind::Word);
    calls.map(|at| code.at(at).to_owned()).filter(|name| !common.contains(&name.as_str())).collect()
}

/// New assertions that always hold, in a test that had others.
fn fresh_and_hollow<'a>(
    new: &'a [Assertion<'a>],
    kept: &[bool],
    old: &[Assertion<'_>],
) -> Option<&'a Assertion<'a>> {
    let mut fresh = new.iter().zip(kept).filter(|(_, kept)| !**kept).map(|(one, _)| one);
    let is_hollow = fresh.any(always_holds) && old.iter().any(|one| !always_holds(one));
    is_hollow.then(|| {
        new.iter().zip(kept).find(|(one, kept)| !**kept && always_holds(one)).map(|(one, _)| one)
    })?
}

fn is_excused(
    one: &Assertion<'_>,
    before: &Side<'_>,
    after: &Side<'_>,
    change: &Change<'_>,
) -> bool {
    let text = one.text();
    let is_elsewhere = || {
        let sides = change.files.iter().filter_map(|file| file.after.as_ref());
        sides.chain([after]).any(|side| {
            side.units.iter().filter(|unit| unit.role != Role::Group).any(|unit| {
                let found = assertions(&side.code, std::slice::from_ref(&unit.range));
                found.iter().any(|other| other.text() == text)
                    && before.unit(&unit.name, unit.role).is_none_or(|known| {
                        assertions(&before.code, std::slice::from_ref(&known.range))
                            .iter()
                            .all(|other| other.text() != text)
                    })
            })
        })
    };
    change.speaks_of_dropped(&before.code, one.range.clone())
        || change.moved(&before.code, one.range.clone())
        || is_elsewhere()
}

/// The new assertion that is most like this one; any, in order, when there are as many new as old.
fn nearest(one: &Assertion<'_>, fresh: &[&Assertion<'_>], as_many: bool) -> Option<usize> {
    let words = one.words();
    let alike = |other: &Assertion<'_>| {
        let others = other.words();
        let both = words.intersection(&others).count();
        let all = words.union(&others).count().max(1);
        both as f64 / all as f64
    };
    let best = fresh
        .iter()
        .enumerate()
        .map(|(at, other)| (alike(other), at))
        .max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))?;
    (best.0 >= 0.3 || as_many && best.0 > 0.0 || as_many && fresh.len() == 1).then_some(best.1)
}

/// What is suspicious about an assertion in place of another.
fn weaker(
    old: &Assertion<'_>,
    new: &Assertion<'_>,
    pair: &Pair<'_>,
    change: &Change<'_>,
) -> Option<Finding> {
    // A helper says what it compares elsewhere.
    if helper(new, pair.after.0).is_some() {
        return None;
    }
    let name = last_name(&pair.after.1.name);
    let shown = format!("`{}` became `{}`", clipped(&old.text()), clipped(&new.text()));
    let found = |kind, what: &str| {
        Some(pair.file.finding(kind, new.line(), format!("{name} {what}: {shown}")))
    };
    if always_holds(new) && !always_holds(old) {
        return found(FindingKind::Weaken, "asserts what always holds");
    }
    if compares_itself(new) && !compares_itself(old) {
        return found(FindingKind::Weaken, "compares the code with itself");
    }
    if tolerances_widened(old, new) {
        return found(FindingKind::Tolerance, "lets pass what is further off");
    }
    if strength(new) < strength(old) {
        return found(FindingKind::Weaken, "asserts less");
    }
    let is_stored = old.verb.contains("snapshot");
    let kind = if is_stored { FindingKind::Snapshot } else { FindingKind::Expected };
    let other = is_stored || expects_other(old, new);
    (other && change.expectations_stand() && same_test(pair, old, new))
        .then(|| found(kind, "expects something else"))?
}

/// Whether only the literal part of what is compared differs.
fn expects_other(old: &Assertion<'_>, new: &Assertion<'_>) -> bool {
    let split = |one: &Assertion<'_>| -> Vec<Vec<String>> {
        let sides = one.args.iter().flat_map(|arg| sides(one.code, arg));
        sides
            .map(|side| one.code.tokens[side].iter().map(|token| token.text.to_owned()).collect())
            .collect()
    };
    let (was, is) = (split(old), split(new));
    if was.len() != is.len() || was.len() < 2 {
        return was.len() == 1 && is.len() == 1 && negates(old, new);
    }
    let differs: Vec<usize> = (0..was.len()).filter(|at| was[*at] != is[*at]).collect();
    let is_subject = |side: &[String]| {
        side.iter().any(|text| text == "(" || text == ".") || side.len() == 1 && is_name(&side[0])
    };
    let same = (0..was.len()).any(|at| was[at] == is[at] && is_subject(&was[at]));
    same && differs.len() == 1 && is_constant(&was[differs[0]]) && is_constant(&is[differs[0]])
        || negates(old, new)
}

/// `assertTrue(x)` became `assertFalse(x)`, `==` became `!=`.
fn negates(old: &Assertion<'_>, new: &Assertion<'_>) -> bool {
    let args = |one: &Assertion<'_>| -> Vec<String> {
        let tokens = one.args.iter().flat_map(|arg| &one.code.tokens[arg.clone()]);
        let kept =
            tokens.filter(|token| !["not", "!", "==", "!=", "===", "!=="].contains(&token.text));
        kept.map(|token| token.text.to_owned()).collect()
    };
    let is_negative = |one: &Assertion<'_>| {
        let says = ["not", "false", "falsy", "fails", "ne", "refute", "isnone", "none"]
            .iter()
            .any(|word| one.verb.contains(word));
        let tokens = one.args.iter().flat_map(|arg| &one.code.tokens[arg.clone()]);
        says != (tokens.filter(|token| ["not", "!", "!=", "!=="].contains(&token.text)).count() % 2
            == 1)
    };
    old.text() != new.text() && args(old) == args(new) && is_negative(old) != is_negative(new)
}

fn is_name(text: &str) -> bool {
    text.starts_with(|ch: char| ch.is_alphabetic() || ch == '_') && !is_constant_word(text)
}

fn is_constant_word(text: &str) -> bool {
    [
        "True",
        "False",
        "None",
        "true",
        "false",
        "null",
        "nil",
        "undefined",
        "NaN",
        "Some",
        "Ok",
        "Err",
        "vec",
        "NULL",
    ]
    .contains(&text)
}

/// Literals and what holds them together.
fn is_constant(side: &[String]) -> bool {
    side.iter().all(|text| {
        let is_word = text.starts_with(|ch: char| ch.is_alphabetic() || ch == '_');
        let is_text = text.ends_with(['"', '\'', '`']);
        !is_word || is_text || is_constant_word(text)
    })
}

/// Both sides of a comparison.
pub fn sides(code: &Code<'_>, range: &Range<usize>) -> Vec<Range<usize>> {
    let mut at = range.start;
    while at < range.end {
        if ["==", "===", "!=", "!==", "is"].contains(&code.at(at)) && at > range.start {
            return vec![range.start..at, at + 1..range.end];
        }
        at = code.closing(at).unwrap_or(at) + 1;
    }
    vec![range.clone()]
}

/// Whether the test does the same but for its assertions: then what it expects was not changed with what it does.
fn same_test(pair: &Pair<'_>, old: &Assertion<'_>, new: &Assertion<'_>) -> bool {
    let rest = |side: &Side<'_>, ranges: Vec<Range<usize>>, own: &Assertion<'_>| -> Vec<String> {
        let all = assertions(&side.code, &ranges);
        let is_outside =
            |at: &usize| !own.range.contains(at) && !all.iter().any(|one| one.range.contains(at));
        ranges
            .into_iter()
            .flatten()
            .filter(is_outside)
            .map(|at| side.code.at(at).to_owned())
            .collect()
    };
    let ((before, was), (after, is)) = (pair.before, pair.after);
    rest(before, before.own(was), old) == rest(after, after.own(is), new)
}

fn clipped(text: &str) -> String {
    let short: String = text.chars().take(70).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
