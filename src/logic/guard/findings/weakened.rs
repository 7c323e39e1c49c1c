//! What became of the assertions of a test: gone, weaker, wider, or with another expectation.

use std::ops::Range;

use super::assertions::{Assertion, assertions, callees};
use super::change::{Change, Side};
use super::conditions::n_conditions;
use super::expected::{expects_other, gives_other, same_test, says_derived};
use super::hollow::{always_holds, compares_itself};
use super::rows::rows;
use super::strength::strength;
use super::tests::{Pair, last_name};
use super::tolerance::tolerances_widened;
use crate::logic::guard::units::{Role, Unit};
use crate::model::guard::{Finding, FindingKind};

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
    if lost.is_empty() && n_fresh == 0 {
        all.extend(swapped(&old, &new, pair, change));
    }
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
    let n_missing = unpaired.len().saturating_sub(fresh.len());
    let n_helped = || helped(after, is).saturating_sub(helped(before, was));
    let n_left = if n_missing == 0 { 0 } else { n_missing.saturating_sub(n_helped()) };
    let follows = !change.is_attempt() && (change.has_sources || n_fresh > 0);
    let is_made_up = |one: &Assertion<'_>| {
        is_excused(one, before, after, change)
            || is_in_table(one, pair, &new)
            || !change.is_attempt() && is_said_still(one, &new, pair)
    };
    let gone = unpaired.into_iter().take(n_left).find(|one| !is_made_up(one));
    if let Some(one) = gone.filter(|_| !follows) {
        let why = format!("{name} no longer asserts `{}`", clipped(&one.text()));
        all.push(pair.file.finding(FindingKind::Weaken, after.code.line(is.range.start), why));
    }
    if let Some(one) = under_condition(&old, &new, pair).filter(|_| change.is_attempt()) {
        let why = format!("{name} asserts only under a condition: `{}`", clipped(&one.text()));
        all.push(pair.file.finding(FindingKind::Weaken, one.line(), why));
    }
    if let Some(one) = fresh_and_hollow(&new, &kept, &old) {
        let why = format!("{name} asserts what always holds: `{}`", clipped(&one.text()));
        all.push(pair.file.finding(FindingKind::Weaken, one.line(), why));
    }
}

/// An assertion that is as it was but for a condition around it.
fn under_condition<'a>(
    old: &[Assertion<'_>],
    new: &'a [Assertion<'a>],
    pair: &Pair<'_>,
) -> Option<&'a Assertion<'a>> {
    let conditions =
        |one: &Assertion<'_>, unit: &Unit| n_conditions(one.code, unit, one.range.start);
    new.iter().find(|one| {
        let text = one.text();
        let mut same = old.iter().filter(|known| known.text() == text);
        let n = conditions(one, pair.after.1);
        n > 0 && same.next().is_some_and(|known| conditions(known, pair.before.1) < n)
    })
}

/// The same assertions in another order, so that calls of the same expect something else.
fn swapped(
    old: &[Assertion<'_>],
    new: &[Assertion<'_>],
    pair: &Pair<'_>,
    change: &Change<'_>,
) -> Option<Finding> {
    let mut both = old.iter().zip(new).filter(|(was, is)| was.text() != is.text());
    let (was, is) = both.find(|(was, is)| expects_other(was, is) && same_test(pair, was, is))?;
    let shown = format!("`{}` became `{}`", clipped(&was.text()), clipped(&is.text()));
    let why = format!("{} expects something else: {shown}", last_name(&pair.after.1.name));
    change.is_attempt().then(|| pair.file.finding(FindingKind::Expected, is.line(), why))
}

/// Assertions that functions of the file make for a test that calls them or hands them on.
fn helped(side: &Side<'_>, unit: &Unit) -> usize {
    let code = &side.code;
    let helpers = side.units.iter().filter(|unit| unit.role == Role::Function);
    let n_of = |helper: &Unit| {
        let inside = assertions(code, std::slice::from_ref(&helper.body));
        let n = inside.iter().filter(|one| !always_holds(one)).count();
        let name = last_name(&helper.name);
        let is_use =
            |at: &usize| matches!(code.at(at + 1), "(" | ")" | ",") && !helper.range.contains(at);
        let uses = side.own(unit).into_iter().flat_map(|range| code.find(range, name));
        if n == 0 { 0 } else { n * uses.filter(is_use).count() }
    };
    helpers.map(n_of).sum()
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
    let rows = rows(after, is);
    let tokens = one.args.iter().flat_map(|arg| &one.code.tokens[arg.clone()]);
    let values: Vec<&str> =
        tokens.filter(|token| token.is_literal()).map(|token| token.text).collect();
    let called = callees(one);
    let is_asserted =
        new.iter().any(|other| callees(other).iter().any(|name| called.contains(name)));
    let holds = |value: &&str| {
        rows.iter()
            .any(|row| after.code.tokens[row.clone()].iter().any(|token| token.text == *value))
    };
    is_asserted && !values.is_empty() && values.iter().all(holds)
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

/// Whether the test says it a second time, or still does what was asserted not to fail.
fn is_said_still(one: &Assertion<'_>, new: &[Assertion<'_>], pair: &Pair<'_>) -> bool {
    let text = one.text();
    let (after, is) = pair.after;
    let code = one.code;
    let body = |arg: &Range<usize>| {
        let arrow = arg.clone().find(|at| code.at(*at) == "=>")?;
        let block = code.inside(arrow + 1);
        let inside = if block.is_empty() { arrow + 1..arg.end } else { block };
        Some(code.joined(inside)).filter(|body| !body.is_empty())
    };
    let done: Vec<String> = one.args.iter().filter_map(body).collect();
    let does =
        || after.own(is).into_iter().map(|range| after.code.joined(range)).collect::<String>();
    new.iter().any(|other| other.text() == text)
        || !done.is_empty() && done.iter().all(|body| does().contains(body))
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
    if says_derived(old, new) && change.is_attempt() {
        return found(FindingKind::Weaken, "looks at something made of it");
    }
    if gives_other(old, new) && change.is_attempt() {
        return found(FindingKind::Expected, "tests something else");
    }
    // People who change what the code does change what tests say of it.
    let library = |one: &Assertion<'_>| one.verb.split('.').next().map(str::to_owned);
    let is_other_library = library(old) != library(new);
    let follows = !change.is_attempt() && (change.has_sources || is_other_library);
    if strength(new) < strength(old) && !follows {
        return found(FindingKind::Weaken, "asserts less");
    }
    let is_stored = old.verb.contains("snapshot");
    let kind = if is_stored { FindingKind::Snapshot } else { FindingKind::Expected };
    // One that says more than the old one is welcome.
    let other = is_stored || expects_other(old, new) && strength(new) <= strength(old);
    (other && change.is_attempt() && same_test(pair, old, new))
        .then(|| found(kind, "expects something else"))?
}

fn clipped(text: &str) -> String {
    let short: String = text.chars().take(70).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
