//! Another number: `1` → `0`, `2` → `3`, `0.5` → `5`, `24` → a number of the same function.

use super::Template;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};

pub const BY_ONE: Template =
    Template { name: "off-by-one", cost: 1.5, on: &[Role::Integer], make: by_one };
pub const OTHER: Template =
    Template { name: "number", cost: 2.8, on: &[Role::Integer, Role::Float], make: other };

fn by_one<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some((value, suffix)) = whole(site.node.text()) else { return };
    drafts.replace(site.node, &format!("{}{suffix}", value + 1), 0.0);
    if value > 0 {
        drafts.replace(site.node, &format!("{}{suffix}", value - 1), 0.0);
    } else {
        drafts.replace(site.node, &format!("-1{suffix}"), 0.4);
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

/// The value of a decimal integer literal and its type suffix.
pub(super) fn whole(text: &str) -> Option<(i64, &str)> {
    let end = text.find(|ch: char| !ch.is_ascii_digit()).unwrap_or(text.len());
    let (digits, suffix) = text.split_at(end);
    let is_suffix = suffix.is_empty() || suffix.starts_with(['i', 'u', 'f']);
    let value = digits.parse::<i64>().ok().filter(|value| value.abs() < i64::MAX / 100);
    value.filter(|_| is_suffix).map(|value| (value, suffix))
}
