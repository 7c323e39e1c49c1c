//! A call around a value or none: `n` → `abs(n)`, `sorted(xs)` → `xs`, `s.strip()` → `s`, `a - b` → `abs(a - b)`.

use std::collections::BTreeSet;

use super::Template;
use super::arguments::callee_name;
use super::call::is_known;
use crate::base::text::edit::Edit;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::rank::nth;
use crate::repair::similarity::{ranked, words};
use crate::repair::site::{Drafts, Site, TWINS, tight};
use crate::repair::statement::{filled, filled_with};
use crate::repair::syntax::Node;

const VALUES: &[Role] = &[
    Role::Name,
    Role::Attribute,
    Role::Call,
    Role::Index,
    Role::Arithmetic,
    Role::Comprehension,
    Role::Group,
    Role::List,
    Role::Path,
    Role::Range,
    Role::Try,
    Role::Logical,
    Role::Conditional,
];

pub const UNWRAP: Template = Template {
    name: "unwrap",
    cost: 3.2,
    on: &[Role::Call, Role::Try, Role::Attribute, Role::List, Role::Tuple],
    make: unwrap,
};
pub const WRAP: Template = Template { name: "wrap", cost: 3.0, on: VALUES, make: wrap };
pub const COPY: Template =
    Template { name: "copy-value", cost: 1.9, on: &[Role::Name, Role::Attribute], make: copy };
pub const CHAIN: Template = Template {
    name: "chain",
    cost: 3.2,
    on: &[Role::Name, Role::Attribute, Role::Call, Role::Index, Role::Group],
    make: chain,
};
pub const SWAP_LINKS: Template =
    Template { name: "swap-links", cost: 3.0, on: &[Role::Call], make: swap_links };
pub const OWN: Template = Template { name: "wrap-own", cost: 4.3, on: VALUES, make: own };
pub const REWRITE: Template = Template {
    name: "rewrite",
    cost: 2.5,
    on: &[
        Role::Arithmetic,
        Role::Index,
        Role::Comparison,
        Role::Logical,
        Role::Try,
        Role::Call,
        Role::Attribute,
        Role::AugmentedAssign,
    ],
    make: rewrite,
};

const OWN_MAX: usize = 8;
const LINKS_MAX: usize = 10;
const LIKE_SIGN_MAX: usize = 2;

fn unwrap<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let arguments = node.part(&["arguments"]).into_iter().flat_map(Node::parts);
    for (rank, argument) in arguments.take(3).enumerate() {
        drafts.replace(node, argument.text(), nth(rank));
    }
    let receiver = match node.role() {
        Role::List | Role::Tuple => {
            // The values of a type stand in braces.
            let is_one = node.text().starts_with(['[', '(']) && node.parts().count() == 1;
            node.first().filter(|_| is_one)
        }
        Role::Call => node
            .part(&["function"])
            .filter(|callee| callee.role() == Role::Attribute)
            .and_then(Node::first),
        _ if is_callee(node) => None,
        _ => node.first(),
    };
    if let Some(receiver) = receiver {
        drafts.replace(node, receiver.text(), 0.0);
    }
}

fn wrap<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some(place) = place(site.node) else { return };
    let wraps = site.language().wraps.iter().filter(|(places, _)| places.contains(&place));
    let is_stored = site.node.is(&[Role::Name, Role::Attribute, Role::Index]);
    let forms = wraps.flat_map(|(_, forms)| *forms).enumerate();
    for (rank, form) in forms.filter(|(_, form)| is_stored || !form.ends_with("++")) {
        drafts.replace(site.node, &around(form, site.node), nth(rank) + site.hints.favour(form));
    }
}

/// A form around a node, which gets parentheses where the form does not enclose it.
fn around(form: &str, node: Node<'_>) -> String {
    let encloses = form.contains("($") || form.contains("[$") || form.contains(", $");
    let inner = if encloses && !form.contains("($).") {
        node.text().to_owned()
    } else {
        tight(node.text())
    };
    filled(form, &inner, "")
}

/// A copy where two variables would share one value.
fn copy<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if place(site.node) != Some(Place::Assigned) {
        return;
    }
    for (rank, form) in site.language().copies.iter().enumerate() {
        drafts.put(site.node, filled(form, site.node.text(), ""), nth(rank));
    }
    for (rank, call) in site.file.methods.copies().iter().take(OWN_MAX).enumerate() {
        drafts.put(site.node, format!("{}{call}", site.node.text()), nth(rank));
    }
}

/// One more call in a chain of method calls.
fn chain<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let is_link = site.node.parent().is_some_and(|parent| {
        is_callee(parent) && parent.role() == Role::Attribute && site.node.is_first()
    });
    let links = site.language().links.iter().filter(|_| is_link);
    for (rank, link) in links.enumerate() {
        let end = site.node.range().end;
        let extra = nth(rank) + site.hints.favour(link);
        drafts.edits(site.node, vec![Edit::new(end..end, *link)], None, extra);
    }
    if is_link {
        link_like(site, drafts);
    }
}

/// Two calls of a chain in the other order: `a.sort(f).slice(n)` → `a.slice(n).sort(f)`.
fn swap_links<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let object = |call: Node<'s>| {
        let callee = call.part(&["function"]).filter(|callee| callee.role() == Role::Attribute)?;
        callee.first()
    };
    let inner = object(site.node).filter(|inner| inner.role() == Role::Call);
    let (Some(inner), Some(base)) = (inner, inner.and_then(object)) else { return };
    let text =
        |from: Node<'s>, to: Node<'s>| &site.node.tree.text[from.range().end..to.range().end];
    let (first, second) = (text(base, inner), text(inner, site.node));
    if first != second {
        drafts.put(site.node, format!("{}{second}{first}", base.text()), 0.0);
    }
}

/// A call as the file has one in another chain.
fn link_like<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let range = site.node.range();
    let calls = site.file.donors.called().iter().filter(|one| {
        one.before.is_empty()
            && one.after.starts_with('.')
            && !(one.range.start <= range.start && range.start < one.range.end)
    });
    let mut calls: Vec<_> = calls.collect();
    calls.sort_by_key(|one| one.range.start.abs_diff(range.start));
    let mut seen = BTreeSet::new();
    let fresh = calls.into_iter().filter(|one| seen.insert(one.after));
    let known = fresh.filter(|one| one.names.iter().all(|name| is_known(site, name)));
    for (rank, one) in known.take(LINKS_MAX).enumerate() {
        let edit = Edit::new(range.end..range.end, one.after);
        drafts.edits(site.node, vec![edit], None, 0.8 + nth(rank));
    }
}

/// The project's own functions and methods as wraps.
fn own<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    if place(site.node).is_none_or(|place| place == Place::Bound) {
        return;
    }
    for (rank, callee) in
        site.near().callees.iter().chain(site.shared().callees.iter()).take(OWN_MAX).enumerate()
    {
        drafts.replace(site.node, &format!("{callee}({})", site.node.text()), nth(rank));
    }
    let operation = site.node.first().zip(site.node.last());
    let by_sign = named_like(site).into_iter().take(LIKE_SIGN_MAX).enumerate();
    for ((rank, callee), (a, b)) in by_sign.filter_map(|callee| Some((callee, operation?))) {
        drafts.replace(site.node, &format!("{callee}({}, {})", a.text(), b.text()), nth(rank));
    }
    let object = site.own();
    let function = site.node.function().filter(|_| !object.is_empty());
    let taking = function.into_iter().flat_map(|function| site.file.methods.taking_one(function));
    for (rank, name) in ranked(site.node.text(), taking, OWN_MAX).into_iter().enumerate() {
        let text = format!("{object}.{name}({})", site.node.text());
        drafts.replace(site.node, &text, nth(rank));
    }
    let called = site.near().methods.iter().map(|method| format!(".{method}()"));
    let mut calls: Vec<String> = called.collect();
    for call in site.file.methods.calls() {
        if !calls.iter().any(|known| known == call) {
            calls.push(call.to_owned());
        }
    }
    for (rank, call) in calls.into_iter().take(OWN_MAX).enumerate() {
        drafts.replace(site.node, &format!("{}{call}", tight(site.node.text())), 0.2 + nth(rank));
    }
}

/// Functions that are called after what the operator of an operation does.
fn named_like<'s>(site: &Site<'s>) -> Vec<&'s str> {
    const NAMES: [(&str, &str); 5] =
        [("%", "mod"), ("/", "div"), ("-", "diff"), ("+", "add"), ("*", "mul")];
    let sign = site.node.tokens().next().filter(|_| site.node.role() == Role::Arithmetic);
    let word = sign.and_then(|sign| NAMES.iter().find(|(known, _)| *known == sign.kind()));
    let Some((_, word)) = word else { return Vec::new() };
    let mut names: Vec<&str> = Vec::new();
    for name in site.near().callees.iter().chain(site.shared().callees.iter()) {
        if words(name).contains(*word) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Another form of the same expression, and of others like it in the line.
fn rewrite<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some((key, ..)) = parts(node) else { return };
    // A variable of its own seldom lacks a value.
    let is_variable = || node.first().is_some_and(|first| first.role() == Role::Name);
    if node.role() == Role::AugmentedAssign && is_variable() {
        return;
    }
    let rewrites = site
        .language()
        .rewrites
        .iter()
        .filter(|(role, known, _)| *role == node.role() && (known.is_empty() || *known == key));
    let alike = alike(node, key);
    for (rank, form) in rewrites.flat_map(|(_, _, forms)| *forms).enumerate() {
        let extra = if form.contains("$e") { -0.8 } else { nth(rank) + site.hints.favour(form) };
        let Some(text) = rewritten(node, form) else { continue };
        drafts.replace(node, &text, extra);
        let each = alike
            .iter()
            .filter_map(|other| Some(Edit::new(other.range(), rewritten(*other, form)?)));
        let edits: Vec<Edit> = each.collect();
        if edits.len() > 1 {
            drafts.edits(node, edits, None, extra + TWINS);
        }
    }
}

/// An expression in another form; `None` where it has not what the form needs.
fn rewritten(node: Node<'_>, form: &str) -> Option<String> {
    let (_, a, b) = parts(node)?;
    if form.contains("$e") {
        let first = node.first().filter(|first| first.role() == Role::List)?;
        let element = first.first().filter(|_| first.parts().count() == 1)?;
        return Some(filled(&form.replace("$e", "$a"), element.text(), b));
    }
    let third = node.part(&["arguments"]).and_then(|arguments| arguments.parts().nth(1));
    if third.is_none() && form.contains("$c") {
        return None;
    }
    let b = if node.role() == Role::AugmentedAssign { tight(b) } else { b.to_owned() };
    let is_dotted = form.starts_with("$a.") || form.starts_with("$a[");
    let a = if is_dotted { tight(a) } else { a.to_owned() };
    Some(filled_with(form, &a, &b, third.map_or("", Node::text)))
}

/// A call and those of the same function beside it further on in its line; none where it is not the first of them.
fn alike<'t>(node: Node<'t>, key: &str) -> Vec<Node<'t>> {
    let statement = node.statement().filter(|_| node.role() == Role::Call);
    let calls = statement.into_iter().flat_map(Node::descendants).filter(|other| {
        other.role() == Role::Call
            && other.line() == node.line()
            && parts(*other).is_some_and(|(own, ..)| own == key)
    });
    let mut alike: Vec<Node<'t>> = Vec::new();
    for call in calls {
        if alike.last().is_none_or(|last| last.range().end <= call.range().start) {
            alike.push(call);
        }
    }
    if alike.first().is_some_and(|first| first.id() == node.id()) { alike } else { Vec::new() }
}

/// What a rewrite goes by, and the first and last part; of a call its receiver and first argument.
fn parts(node: Node<'_>) -> Option<(&str, &str, &str)> {
    if node.role() == Role::Call {
        let arguments = node.part(&["arguments"])?;
        let callee = node.part(&["function"])?;
        let mut own = arguments.parts().map(Node::text);
        if callee.role() == Role::Name {
            let first = own.next().unwrap_or_default();
            return Some((callee.text(), first, own.next().unwrap_or_default()));
        }
        if callee.role() != Role::Attribute {
            return None;
        }
        return Some((
            callee_name(arguments)?,
            callee.first()?.text(),
            arguments.first().map_or("", Node::text),
        ));
    }
    let key = node.tokens().next().map_or("", Node::kind);
    Some((key, node.first()?.text(), node.last()?.text()))
}
