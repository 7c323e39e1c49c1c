//! Statements as lines: taking them out, putting them in, moving them to another depth.

use super::language::Role;
use super::site::File;
use super::syntax::Node;
use crate::base::text::edit::Edit;

/// Whether a node is a statement inside a function, not a definition of something.
pub fn is_statement(node: Node<'_>) -> bool {
    node.is_named()
        && !node.is_frozen()
        && !node.is(&[Role::Function, Role::Class])
        && node.parent().is_some_and(|parent| parent.role() == Role::Block)
        && node.function().is_some()
}

/// Whether a statement has no block of statements in it.
pub fn is_simple(statement: Node<'_>) -> bool {
    statement.descendants().all(|node| node.role() != Role::Block)
}

/// The statements of a block.
pub fn statements<'t>(block: Node<'t>) -> impl Iterator<Item = Node<'t>> {
    block.parts().filter(|part| !part.is_frozen())
}

/// The block below a loop, branch or function.
pub fn body<'t>(node: Node<'t>) -> Option<Node<'t>> {
    let node = if node.role() == Role::ExpressionStatement { node.first()? } else { node };
    let block = node.part(&["body", "consequence"])?;
    // Some grammars have the list of statements below the braces.
    std::iter::once(block).chain(block.children()).find(|block| block.role() == Role::Block)
}

/// Whether a statement shares its lines with nothing but a comment after it.
fn stands_alone(statement: Node<'_>) -> bool {
    let after = statement.tree.text[statement.range().end..end_of_line(statement)].trim();
    let comments = statement.tree.language.comment_starts;
    statement.indent().is_some()
        && (after.is_empty() || comments.iter().any(|start| after.starts_with(start)))
}

/// Where the text of a node's last line ends, the line break not included.
fn end_of_line(node: Node<'_>) -> usize {
    let tree = node.tree;
    let line = tree.lines.range_of(node.last_line() - 1);
    line.start + tree.text[line].trim_end_matches(['\r', '\n']).len()
}

/// Takes a statement out with the line break before it; in its place stands what the language puts in an empty block, if
/// it is the only one.
pub fn removed(statement: Node<'_>) -> Option<Edit> {
    let nothing = statement.tree.language.snippets.nothing;
    if !nothing.is_empty() && statements(statement.parent()?).count() == 1 {
        return Some(Edit::new(statement.range(), nothing));
    }
    if !stands_alone(statement) {
        return None;
    }
    let before = &statement.tree.text[..statement.tree.lines.start_of(statement.line() - 1)];
    let start = before
        .strip_suffix("\r\n")
        .or(before.strip_suffix('\n'))
        .or(before.strip_suffix('\r'))?
        .len();
    Some(Edit::new(start..statement.range().end, ""))
}

/// Puts lines before a statement, at its depth.
pub fn before(file: &File<'_>, statement: Node<'_>, snippet: &str) -> Option<Edit> {
    let indent = statement.indent()?;
    let text = rendered(file, indent, snippet);
    let start = statement.range().start;
    Some(Edit::new(start..start, format!("{text}{}{indent}", file.newline)))
}

/// Puts lines after a statement, at its depth.
pub fn after(file: &File<'_>, statement: Node<'_>, snippet: &str) -> Option<Edit> {
    let indent = statement.indent()?;
    if !stands_alone(statement) {
        return None;
    }
    if statement.text() == statement.tree.language.snippets.nothing {
        return Some(Edit::new(statement.range(), rendered(file, indent, snippet)));
    }
    // A comment after the last statement of a function is outside it.
    let function_end = statement.function()?.range().end;
    let end = end_of_line(statement).min(function_end);
    Some(Edit::new(
        end..end,
        format!("{}{indent}{}", file.newline, rendered(file, indent, snippet)),
    ))
}

/// Puts lines after the last statement of a block, or of the block's last statement's depth.
pub fn at_end(file: &File<'_>, block: Node<'_>, snippet: &str) -> Option<Edit> {
    after(file, statements(block).last()?, snippet)
}

/// A snippet as source: line breaks and tabs become the file's own, lines after the first get the indentation.
fn rendered(file: &File<'_>, indent: &str, snippet: &str) -> String {
    let mut lines = snippet.split('\n').map(|line| line.replace('\t', file.step));
    let first = lines.next().unwrap_or_default();
    lines.fold(first, |text, line| format!("{text}{}{indent}{line}", file.newline))
}

/// The source of a statement as a snippet, its own depth taken off; `None` when a line is less deep or holds more than
/// one line of text as a string.
pub fn snippet(statement: Node<'_>) -> Option<String> {
    let indent = statement.indent().filter(|_| !holds_lines(statement))?;
    shallow(statement.text(), indent)
}

/// Whether a string in a statement spans lines, which are not to be moved to another depth.
pub fn holds_lines(statement: Node<'_>) -> bool {
    let spans_lines =
        |node: Node<'_>| node.role() == Role::String && node.line() != node.last_line();
    statement.descendants().any(spans_lines)
}

/// The `if` that a statement is, in some grammars inside an expression.
pub fn branch(statement: Node<'_>) -> Option<Node<'_>> {
    let node = match statement.role() {
        Role::ExpressionStatement => statement.first()?,
        _ => statement,
    };
    Some(node).filter(|node| node.role() == Role::If)
}

/// The text of a statement with its own depth taken off; `None` when a line is less deep.
pub fn shallow(statement: &str, indent: &str) -> Option<String> {
    let mut lines = statement.lines();
    let first = lines.next()?.to_owned();
    lines.try_fold(first, |text, line| {
        let line = if line.trim().is_empty() { "" } else { line.strip_prefix(indent)? };
        Some(format!("{text}\n{line}"))
    })
}

/// A snippet with its gaps filled, `$c` too.
pub fn filled_with(snippet: &str, a: &str, b: &str, c: &str) -> String {
    snippet.split("$c").map(|part| filled(part, a, b)).collect::<Vec<_>>().join(c)
}

/// A snippet with its gaps filled.
pub fn filled(snippet: &str, a: &str, b: &str) -> String {
    let mut text = String::with_capacity(snippet.len() + a.len() + b.len());
    let mut rest = snippet;
    while let Some(at) = rest.find('$') {
        text.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let (value, skip) = match rest.bytes().next() {
            Some(b'a') => (a, 1),
            Some(b'b') => (b, 1),
            Some(_) | None => (a, 0),
        };
        text.push_str(value);
        rest = &rest[skip..];
    }
    text + rest
}
