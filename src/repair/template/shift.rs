//! Both bounds or indexes moved by one: `xs[i:i + 1]` → `xs[i + 1:i + 2]`, `0..n` → `1..n + 1`,
//! `xs[i] + xs[i + 1]` → `xs[i - 1] + xs[i]`.

use super::Template;
use super::number::whole;
use crate::base::text::edit::Edit;
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site};
use crate::repair::syntax::Node;

pub const SHIFT: Template = Template {
    name: "shift",
    cost: 2.0,
    on: &[Role::Slice, Role::Range, Role::Arguments],
    make: shift,
};

/// Expressions that may use more than one element.
const SHIFTED: &[Role] = &[Role::Arithmetic, Role::Comparison, Role::Logical, Role::Group];

pub const SHIFT_KEYS: Template = Template {
    name: "shift",
    cost: 2.2,
    on: &[Role::Arithmetic, Role::Comparison, Role::Logical],
    make: shift_keys,
};

fn shift<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let bounds: Vec<Node<'s>> =
        site.node.parts().filter(|part| place(*part) == Some(Place::Bound)).collect();
    let [first, second] = bounds[..] else { return };
    let is_between = |token: Node<'s>| {
        first.range().end <= token.range().start && token.range().end <= second.range().start
    };
    if !site.node.tokens().any(is_between) {
        return;
    }
    for (rank, step) in [1, -1].into_iter().enumerate() {
        let Some((one, other)) = moved(first, step).zip(moved(second, step)) else { continue };
        let edits = vec![Edit::new(first.range(), one), Edit::new(second.range(), other)];
        drafts.edits(first, edits, None, nth(rank));
    }
}

/// The keys of all elements of one collection in an expression.
fn shift_keys<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let is_inner = node.ancestors().take_while(|outer| outer.is(SHIFTED)).next().is_some();
    let elements = node.descendants().filter(|part| part.role() == Role::Index);
    let elements = elements.filter_map(|element| Some((element.first()?, element.last()?)));
    let keys: Vec<(Node<'s>, Node<'s>)> =
        elements.filter(|(_, key)| place(*key) == Some(Place::Key)).collect();
    let is_one = keys.iter().all(|(list, _)| list.text() == keys[0].0.text());
    let are_apart = keys.windows(2).all(|two| two[0].1.range().end <= two[1].1.range().start);
    let are_numbers = keys.iter().all(|(_, key)| key.role() != Role::String);
    if is_inner || keys.len() < 2 || !is_one || !are_apart || !are_numbers {
        return;
    }
    for (rank, step) in [-1, 1].into_iter().enumerate() {
        let moved = keys.iter().map(|(_, key)| Some(Edit::new(key.range(), moved(*key, step)?)));
        if let Some(edits) = moved.collect::<Option<Vec<Edit>>>() {
            drafts.edits(node, edits, None, nth(rank));
        }
    }
}

/// One more or one less than a number, or than a sum that may end in one; `None` for less than nothing.
fn moved(node: Node<'_>, step: i64) -> Option<String> {
    if let Some((value, suffix)) = whole(node.text()) {
        return (value + step >= 0).then(|| format!("{}{suffix}", value + step));
    }
    let sum = (node.role() == Role::Arithmetic).then(|| in_sum(node)).flatten();
    let (rest, by) = sum.unwrap_or((node.text(), 0));
    Some(match by + step {
        0 => rest.to_owned(),
        by if by < 0 => format!("{rest} - {}", -by),
        by => format!("{rest} + {by}"),
    })
}

/// A sum without the number at its end, and that number.
fn in_sum(node: Node<'_>) -> Option<(&str, i64)> {
    let (first, last) = node.first().zip(node.last())?;
    let (value, _) = whole(last.text())?;
    match node.tokens().next()?.text() {
        "+" => Some((first.text(), value)),
        "-" => Some((first.text(), -value)),
        _ => None,
    }
}
