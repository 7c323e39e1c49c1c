//! Another number: `1` → `0`, `2` → `3`, `0.5` → `5`, `24` → a number of the same function, `599` → what gives what is wanted.

use super::Template;
use crate::repair::hints::Gap;
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};

pub const BY_ONE: Template =
    Template { name: "off-by-one", cost: 1.5, on: &[Role::Integer], make: by_one };
pub const OTHER: Template =
    Template { name: "number", cost: 2.8, on: &[Role::Integer, Role::Float], make: other };
pub const DIFFERENCE: Template =
    Template { name: "difference", cost: 2.6, on: &[Role::Integer, Role::Float], make: difference };

/// What it is worth to a number that failing tests agree on.
const AGREED: f64 = 0.6;
/// What it is worth to a number that a failing test wanted where it got the very one that is there.
const SHOWN: f64 = 0.8;
const NUMBERS_MAX: usize = 6;
/// Numbers that are taken for one another: bases and widths, and how many of one unit make the next.
const FAMILIES: &[&[i64]] = &[&[10, 16, 8, 2], &[32, 64], &[60, 1000, 24, 3600]];

fn by_one<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some((value, suffix)) = whole(site.node.text()) else { return };
    drafts.replace(site.node, &format!("{}{suffix}", value + 1), 0.0);
    match value {
        0 => drafts.replace(site.node, &format!("-1{suffix}"), 0.4),
        _ => drafts.replace(site.node, &format!("{}{suffix}", value - 1), 0.0),
    }
    // What says that there is none, which nothing is counted with.
    let counts = [Role::Arithmetic, Role::AugmentedAssign, Role::Index, Role::Slice, Role::Range];
    if value == 1 && !suffix.starts_with('u') && site.node.parent().is_none_or(|it| !it.is(&counts))
    {
        drafts.replace(site.node, &format!("-1{suffix}"), 0.6);
    }
}

fn other<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    for (rank, number) in
        site.near().numbers.iter().chain(site.shared().numbers.iter()).take(16).enumerate()
    {
        if number != node.text() {
            drafts.put(node, number, 0.5 + nth(rank));
        }
    }
    for (rank, number) in site.hints.numbers.iter().enumerate() {
        drafts.replace(node, number, 1.0 + nth(rank));
    }
    let Some((value, suffix)) = whole(node.text()) else { return };
    // Small numbers are bases only where a function is told them.
    let is_told = value > 10 || place(node) == Some(Place::Argument);
    let alike = FAMILIES.iter().filter(|family| is_told && family.contains(&value));
    let alike = alike.copied().flatten();
    for (rank, number) in alike.filter(|number| **number != value).enumerate() {
        drafts.replace(node, &format!("{number}{suffix}"), 0.4 + nth(rank));
    }
    let scaled = [
        0,
        1,
        2,
        -1,
        value * 10,
        value / 10,
        value * 2,
        value / 2,
        value * 100,
        value / 100,
        -value,
    ];
    for (rank, number) in scaled.into_iter().enumerate().filter(|(_, number)| *number != value) {
        drafts.replace(node, &format!("{number}{suffix}"), 0.2 + nth(rank));
    }
}

/// What a number has to be so that what is computed with it is what was wanted: as much more, or as many times as much.
fn difference<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if drafts.is_too_dear(-AGREED - SHOWN) {
        return;
    }
    let text = site.node.text();
    let is_digit = |ch: char| ch.is_ascii_digit() || matches!(ch, '_' | '.');
    let (digits, suffix) = text.split_at(text.find(|ch| !is_digit(ch)).unwrap_or(text.len()));
    // `0755` counts in eights.
    let is_octal = digits.len() > 1
        && digits.bytes().all(|digit| digit.is_ascii_digit())
        && digits.starts_with('0');
    let is_known = suffix.is_empty() || suffix == "n" || suffix.starts_with(['i', 'u', 'f']);
    let is_plain = is_known && !is_octal;
    let Some(value) = digits.replace('_', "").parse::<f64>().ok().filter(|_| is_plain) else {
        return;
    };
    let n_decimals = digits.split_once('.').map(|(_, decimals)| decimals.len());
    let mut numbers: Vec<(String, usize)> = Vec::new();
    for gap in &site.hints.gaps {
        for number in needed(value, gap, n_decimals) {
            match numbers.iter_mut().find(|(known, _)| *known == number) {
                Some((_, n)) => *n += 1,
                None => numbers.push((number, 1)),
            }
        }
    }
    numbers.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    for (rank, (number, n)) in numbers.iter().take(NUMBERS_MAX).enumerate() {
        let agreed = if *n > 1 { -AGREED } else { 0.0 };
        // Which of two was wanted is not always told.
        let is_shown = |gap: &Gap| {
            number
                .parse()
                .is_ok_and(|it: f64| [(value, it), (it, value)].contains(&(gap.got, gap.wanted)))
        };
        let shown = if site.hints.gaps.iter().any(is_shown) { -SHOWN } else { 0.0 };
        drafts.replace(site.node, &format!("{number}{suffix}"), nth(rank) + agreed + shown);
    }
}

/// Numbers that close a gap in the place of `value`, each once, written with as few decimals as they need.
fn needed(value: f64, gap: &Gap, n_decimals: Option<usize>) -> Vec<String> {
    let more = gap.wanted - gap.got;
    let n_more = n_decimals.map_or(0, |_| 2);
    let written = |number: f64, fits: &dyn Fn(f64) -> bool| {
        let n_own = n_decimals.unwrap_or(0);
        let mut texts = (n_own..=n_own + n_more).map(|n| format!("{number:.n$}"));
        texts.find(|text| text.parse().is_ok_and(fits))
    };
    let is_sum =
        |sign: f64| move |number: f64| (sign * (number - value) - more).abs() < gap.unit / 2.0;
    let ratio = gap.wanted / gap.got;
    let scaled = |number: f64, ratio: f64| {
        let fits = move |it: f64| {
            (gap.got * (it / value).powf(ratio) - gap.wanted).abs() <= 0.6 * gap.unit
        };
        written(number, &fits)
    };
    let all = [
        written(value + more, &is_sum(1.0)),
        written(value - more, &is_sum(-1.0)),
        scaled(value * ratio, 1.0),
        scaled(value / ratio, -1.0),
    ];
    let mut numbers: Vec<String> = Vec::new();
    for number in all.into_iter().flatten() {
        let is_usual =
            number.parse().is_ok_and(|it: f64| it >= 0.0 && it.is_finite() && it != value);
        if is_usual && !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    numbers
}

/// The value of a decimal integer literal and its type suffix.
pub(super) fn whole(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    let is_suffix = suffix.is_empty() || suffix.starts_with(['i', 'u', 'f']);
    let value = digits.parse::<i64>().ok().filter(|value| value.abs() < i64::MAX / 100);
    value.filter(|_| is_suffix).map(|value| (value, suffix))
}
