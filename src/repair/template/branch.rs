//! Other branches: `elif` ↔ `if`, `if` ↔ `while`, branches or only their bodies exchanged, an `else` added.

use super::Template;
use crate::base::text::edit::Edit;
use crate::repair::language::Role;
use crate::repair::rank::nth;
use crate::repair::site::{Drafts, Site, shown};
use crate::repair::statement::{body, filled, is_simple, snippet, statements};
use crate::repair::syntax::Node;

pub const KEYWORD: Template =
    Template { name: "branch", cost: 2.5, on: &[Role::If, Role::While], make: keyword };
pub const BODIES: Template =
    Template { name: "exchange-bodies", cost: 2.0, on: &[Role::If], make: bodies };
pub const VALUES: Template =
    Template { name: "exchange-values", cost: 1.2, on: &[Role::Conditional], make: values };
pub const CHAIN: Template =
    Template { name: "exchange-branches", cost: 2.6, on: &[Role::If], make: chain };
pub const OTHERWISE: Template =
    Template { name: "add-else", cost: 4.4, on: &[Role::If], make: otherwise };
pub const ARMS: Template = Template {
    name: "exchange-arms",
    cost: 1.8,
    on: &[Role::Arm, Role::Pair, Role::Case],
    make: arms,
};

fn keyword<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    let Some(word) = node.tokens().next() else { return };
    let others = site.language().snippets.branch_words.iter();
    for (_, other) in others.filter(|(known, _)| *known == word.kind()) {
        drafts.put(word, *other, 0.0);
    }
    if let Some(chained) = chained(site) {
        drafts.put(word, chained, 0.0);
    }
}

/// What makes an `if` a part of the one right before it.
fn chained<'s>(site: &Site<'s>) -> Option<&'static str> {
    let chain = site.language().snippets.chain;
    let statement = site.node.statement().filter(|statement| statement.id() == site.node.id())?;
    let before =
        statements(statement.parent()?).take_while(|other| other.id() < statement.id()).last()?;
    (site.node.role() == Role::If && before.role() == Role::If).then_some(chain)
}

fn bodies<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let other =
        site.node.part(&["alternative"]).and_then(|other| other.part(&["body"]).or(other.last()));
    if let (Some(first), Some(second)) =
        (body(site.node), other.filter(|other| other.role() == Role::Block))
    {
        drafts.exchange(first, second, 0.0);
    }
}

/// The two values of a conditional expression.
fn values<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let condition = site.node.part(&["condition"]).or_else(|| site.node.parts().nth(1));
    let mut others =
        site.node.parts().filter(|part| condition.is_none_or(|known| known.id() != part.id()));
    if let (Some(first), Some(second)) = (others.next(), others.next()) {
        drafts.exchange(first, second, 0.0);
    }
}

/// Two branches of a chain change places, with their conditions: the first that holds wins.
fn chain<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let is_start = site.node.statement().is_some_and(|statement| {
        statement.id() == site.node.id()
            || statement.first().is_some_and(|first| first.id() == site.node.id())
    });
    let branches = if is_start { branches(site.node) } else { Vec::new() };
    for (i, first) in branches.iter().enumerate() {
        for (j, second) in branches.iter().enumerate().skip(i + 1) {
            let (a, b) = (first.0.text(), second.0.text());
            let edits = [
                (first.0, b),
                (first.1, second.1.text()),
                (second.0, a),
                (second.1, first.1.text()),
            ];
            let edits = edits.map(|(node, text)| Edit::new(node.range(), text)).to_vec();
            let what = format!("branch `{}` ↔ branch `{}`", shown(a), shown(b));
            drafts.edits(site.node, edits, Some(what), nth(j - i - 1));
        }
    }
}

/// The conditions and blocks of a branch and those chained to it.
fn branches<'s>(node: Node<'s>) -> Vec<(Node<'s>, Node<'s>)> {
    let own = node.part(&["condition"]).zip(body(node));
    let chained = node.parts().filter(|part| part.field() == Some("alternative"));
    let chained =
        chained.flat_map(|part| if part.role() == Role::Else { part.first() } else { Some(part) });
    own.into_iter()
        .chain(chained.filter(|part| part.role() == Role::If).flat_map(branches))
        .collect()
}

/// An `else` with a statement of the same function or the opposite jump.
fn otherwise<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let node = site.node;
    if node.part(&["alternative"]).is_some() {
        return;
    }
    let Some(indent) = node.indent().or_else(|| node.statement().and_then(Node::indent)) else {
        return;
    };
    let form = site.language().snippets.otherwise;
    for (rank, statement) in donors(site).into_iter().enumerate() {
        let file = site.file;
        let text = filled(form, &statement, "")
            .replace('\t', file.step)
            .replace('\n', &format!("{}{indent}", file.newline));
        let end = node.range().end;
        drafts.edits(node, vec![Edit::new(end..end, text)], None, nth(rank));
    }
}

fn donors(site: &Site<'_>) -> Vec<String> {
    let Some(function) = site.node.function() else { return Vec::new() };
    let inside =
        |node: &Node<'_>| node.id() > site.node.id() && node.range().end <= site.node.range().end;
    let simple = function.descendants().filter(|node| {
        node.is(&[Role::ExpressionStatement, Role::Return])
            && node.statement().is_some_and(|own| own.id() == node.id())
            && is_simple(*node)
    });
    let mut texts: Vec<String> = Vec::new();
    let (own, other): (Vec<Node<'_>>, Vec<Node<'_>>) = simple.partition(inside);
    for text in other.into_iter().chain(own).filter_map(snippet) {
        if !texts.contains(&text) {
            texts.push(text);
        }
    }
    texts.extend(site.language().snippets.jumps.iter().map(|jump| (*jump).to_owned()));
    texts.truncate(8);
    texts
}

/// The values of one case and the next.
fn arms<'s>(site: &Site<'s>, drafts: &mut Drafts<'s>) {
    let Some(parent) = site.node.parent() else { return };
    let Some(next) = parent.parts().find(|other| other.id() > site.node.id()) else { return };
    if let (Some(value), Some(other)) = (site.node.part(&["value"]), next.part(&["value"])) {
        drafts.exchange(value, other, 0.0);
    }
    let is_choice = site.node.is(&[Role::Arm, Role::Case]) && next.role() == site.node.role();
    if is_choice && (may_hold_beside(site.node) || may_hold_beside(next)) && !takes_all(next) {
        exchange_cases(site.node, next, drafts);
    }
}

/// A case in the place of the next, each with the comma that it needs.
fn exchange_cases<'s>(case: Node<'s>, next: Node<'s>, drafts: &mut Drafts<'s>) {
    let text = |case: Node<'s>| {
        let value = case.part(&["value"]).filter(|_| case.kind() == "match_arm");
        let needs = value.is_some_and(|value| value.role() != Role::Block);
        let comma = if needs && !case.text().ends_with(',') { "," } else { "" };
        format!("{}{comma}", case.text())
    };
    let edits = vec![Edit::new(case.range(), text(next)), Edit::new(next.range(), text(case))];
    let what = format!("`{}` ↔ `{}`", shown(case.text()), shown(next.text()));
    drafts.edits(case, edits, Some(what), 0.6);
}

/// What a case asks for, without what some grammars put around it.
fn pattern(case: Node<'_>) -> Option<Node<'_>> {
    let mut pattern = case.first()?;
    while !pattern.is(LITERALS) && pattern.parts().count() == 1 {
        pattern = pattern.first()?;
    }
    Some(pattern)
}

const LITERALS: &[Role] = &[Role::Integer, Role::Float, Role::String, Role::Boolean, Role::Null];

/// Whether a case may hold where another does: which of literals comes first is of no matter.
fn may_hold_beside(case: Node<'_>) -> bool {
    pattern(case).is_some_and(|pattern| !pattern.is(LITERALS))
}

/// Whether nothing after a case is reached.
fn takes_all(case: Node<'_>) -> bool {
    case.first().is_some_and(|pattern| pattern.text() == "_")
}
