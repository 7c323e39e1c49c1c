//! What declarations say of names: where they hold, what functions take and give, and how types are written.

use std::ops::Range;

use super::words::TypeWords;
use crate::repair::language::Role;
use crate::repair::syntax::Node;

/// Types of a function's parameters, without the object it is called on, and of what it gives.
#[derive(Clone)]
pub(super) struct Signature<'t> {
    pub takes: Vec<Option<&'t str>>,
    pub is_variadic: bool,
    pub gives: Option<&'t str>,
}

/// The type that a function is a method of.
pub(super) fn owner(function: Node<'_>) -> Option<&str> {
    let receiver = function.part(&["receiver"]);
    let receiver = receiver.and_then(|list| list.first()?.part(&["type"])).map(Node::text);
    let class = || function.ancestors().find(|outer| outer.role() == Role::Class);
    let class = || class().and_then(|class| class.part(&["type", "name"])).map(Node::text);
    receiver.map(|of| of.trim_start_matches('*')).or_else(class)
}

/// Whether a variable is introduced here. Variants in patterns look like it.
pub(super) fn is_variable(node: Node<'_>) -> bool {
    let is_field = node.kind() == "shorthand_field_identifier"
        && node.parent().is_some_and(|parent| parent.kind() == "field_pattern");
    !node.is_frozen()
        && (node.role() == Role::Binding || is_field)
        && !node.text().starts_with(char::is_uppercase)
}

/// Whether a function is given it, or a loop.
pub(super) fn is_parameter(node: Node<'_>) -> bool {
    const GIVEN: &[Role] = &[Role::Parameters, Role::Parameter, Role::Function, Role::Loop];
    // One that is annotated, or has a value of its own, is no guess.
    let is_told = |outer: Node<'_>| outer.part(&["type", "value", "right"]).is_some();
    node.parent().is_some_and(|outer| {
        outer.is(GIVEN) && (outer.role() != Role::Parameter || !is_told(outer))
    })
}

/// Whether what is introduced outside functions can be read in all of them.
pub(super) fn is_global(node: Node<'_>) -> bool {
    const INNER: &[Role] = &[Role::Lambda, Role::Parameters, Role::Parameter];
    node.ancestors().all(|outer| !outer.is(INNER))
}

/// What stands alone in a list, or what is no list.
pub(super) fn single(node: Node<'_>) -> Option<Node<'_>> {
    let is_list = node.role() == Role::Values;
    if is_list { node.first().filter(|_| node.parts().count() == 1) } else { Some(node) }
}

/// The type that is written behind a name; not what it is where it may be missing.
pub(super) fn annotated(declaration: Node<'_>) -> Option<&str> {
    let may_be_missing = declaration.tokens().any(|token| token.text() == "?");
    declaration.part(&["type"]).filter(|_| !may_be_missing).map(Node::text)
}

/// What a list holds, by how its type is written.
pub(super) fn element(list: &str) -> Option<&str> {
    let list = list.trim_start_matches(": ");
    if let Some(inner) = list.strip_suffix("[]") {
        return Some(inner);
    }
    if let Some(inner) = list.strip_prefix("Array<").and_then(|rest| rest.strip_suffix('>')) {
        return Some(inner);
    }
    let list = list.trim_start_matches(['&', '*', ' ']);
    let list = list.strip_prefix("mut ").unwrap_or(list);
    if let Some(inner) = list.strip_prefix("Vec<").and_then(|rest| rest.strip_suffix('>')) {
        return Some(inner);
    }
    let inside = list.strip_prefix('[')?;
    let (size, after) = inside.split_once(']')?;
    // `[]T` and `[4]T`, or `[T]` and `[T; 4]`.
    if after.is_empty() { size.split(';').next() } else { Some(after) }
}

pub(super) fn signature(function: Node<'_>) -> Signature<'_> {
    let parameters = function.part(&["parameters"]).into_iter().flat_map(Node::parts);
    let is_loose = function.tree.language.types.is_some_and(|words| words.loose.is_some());
    let is_parameter = |part: &Node<'_>| part.role() == Role::Parameter || is_loose;
    let parameters: Vec<Node<'_>> =
        parameters.filter(|part| is_parameter(part) && !is_own(*part)).collect();
    let takes = parameters.iter().flat_map(|part| {
        let n_names = part.children().filter(|name| name.field() == Some("name")).count();
        std::iter::repeat_n(annotated(*part), n_names.max(1))
    });
    Signature {
        takes: takes.collect(),
        is_variadic: parameters.iter().any(is_variadic) || is_loose && takes_all(function),
        gives: function
            .part(&["return_type", "result"])
            .map(Node::text)
            .filter(|of| !of.starts_with('(')),
    }
}

/// Whether a function looks at all that it is given, whatever it declares.
fn takes_all(function: Node<'_>) -> bool {
    function.descendants().any(|node| node.role() == Role::Name && node.text() == "arguments")
}

fn is_variadic(parameter: &Node<'_>) -> bool {
    let is_rest = |part: &Node<'_>| part.kind() == "rest_pattern";
    parameter.kind().starts_with("variadic")
        || is_rest(parameter)
        || parameter.part(&["pattern"]).as_ref().is_some_and(is_rest)
}

/// Whether a parameter is the object that a method is called on.
fn is_own(parameter: Node<'_>) -> bool {
    let name = parameter.part(&["pattern"]).map(Node::text);
    parameter.kind() == "self_parameter" || name == Some(parameter.tree.language.own)
}

/// Where a variable can be used: behind its declaration in a list of statements, else all of what it is introduced by.
pub(super) fn scope(node: Node<'_>) -> Range<usize> {
    const HOLDERS: &[Role] = &[
        Role::Block,
        Role::Loop,
        Role::While,
        Role::If,
        Role::Arm,
        Role::Case,
        Role::Lambda,
        Role::Function,
    ];
    let mut inner = node;
    // A `var` of JavaScript is known in all of its function.
    let mut outer = node.ancestors().take_while(|outer| !outer.is(&[Role::Block, Role::Function]));
    let is_hoisted = outer.any(|outer| outer.kind() == "variable_declaration");
    let holders: &[Role] = if is_hoisted { &[Role::Function] } else { HOLDERS };
    let holder = node.ancestors().find(|outer| {
        let is_holder = outer.is(holders);
        if !is_holder {
            inner = *outer;
        }
        is_holder
    });
    let Some(mut holder) = holder else { return 0..usize::MAX };
    if holder.role() == Role::Block {
        // What is called later may read what comes behind it.
        let is_loose = node.tree.language.types.is_some_and(|words| words.loose.is_some());
        let is_simple = !is_loose && inner.descendants().all(|part| part.role() != Role::Block);
        let start = if is_simple { inner.range().end } else { holder.range().start };
        return start..holder.range().end;
    }
    // The head of a loop is a part of it.
    while let Some(outer) = holder.parent().filter(|outer| outer.role() == Role::While) {
        holder = outer;
    }
    holder.range()
}

/// What a loop goes through, without the call that says how.
pub(super) fn iterated(over: Node<'_>) -> Node<'_> {
    let callee = over.part(&["function"]).filter(|callee| callee.role() == Role::Attribute);
    let is_way = |callee: &Node<'_>| {
        callee.last().is_some_and(|way| matches!(way.text(), "iter" | "iter_mut" | "into_iter"))
    };
    callee.filter(is_way).and_then(Node::first).unwrap_or(over)
}

/// What an iterator gives, by how its type is written.
pub(super) fn item(of: &str) -> Option<&str> {
    of.split_once('<')?.1.strip_suffix('>')
}

/// Whether a variable may get another value, or its value be changed.
pub(super) fn is_changeable(node: Node<'_>, words: &TypeWords) -> bool {
    let mut around = node.ancestors();
    let ends = [Role::Assign, Role::Parameter, Role::Loop, Role::Block];
    let declaration = around.find(|outer| outer.is(&ends));
    let has_word = |declaration: Node<'_>| {
        // What a loop goes through may be lent to be changed.
        if declaration.role() == Role::Loop {
            return true;
        }
        // What gets its value later gets it by an assignment.
        let is_later = declaration.role() == Role::Assign && declaration.part(&["value"]).is_none();
        is_later || declaration.descendants().any(|part| part.text() == words.changeable)
    };
    words.changeable.is_empty() || declaration.is_none_or(has_word)
}

/// Whether a name says which field gets a value.
pub(super) fn is_label(node: Node<'_>) -> bool {
    let outer = std::iter::once(node).chain(node.ancestors()).take(3);
    let mut pairs = outer.filter_map(|part| Some((part, part.parent()?)));
    pairs.any(|(part, pair)| {
        pair.role() == Role::Pair && pair.first().is_some_and(|first| first.id() == part.id())
    })
}

/// Whether a whole number says that it is none, as `2f64` does.
pub(super) fn is_float(literal: &str) -> bool {
    !literal.starts_with("0x") && (literal.ends_with("f64") || literal.ends_with("f32"))
}

pub(super) fn is_char(node: Node<'_>, words: &TypeWords) -> bool {
    !words.char_literal.is_empty() && node.text().starts_with('\'')
}
