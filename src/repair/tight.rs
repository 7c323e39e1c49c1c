//! Parentheses around what goes beside an operator or before a dot.

use super::language::Role;
use super::syntax::Node;

/// Whether what stands at `node` is an operand or the like, so that a loose expression needs parentheses there.
pub fn wants_tight(node: Node<'_>) -> bool {
    node.parent().is_some_and(|parent| match parent.role() {
        Role::Comparison
        | Role::Logical
        | Role::Arithmetic
        | Role::Not
        | Role::Negative
        | Role::Unary
        | Role::Cast
        | Role::Try
        | Role::Range
        | Role::Conditional => true,
        Role::Attribute | Role::Call | Role::Index => node.is_first(),
        _ => false,
    })
}

/// `text` in parentheses unless it is a name, literal, call or the like.
pub fn tight(text: &str) -> String {
    if is_tight(text) { text.to_owned() } else { format!("({text})") }
}

/// A key so that it can stand beside what compares it.
pub fn operand(key: Node<'_>) -> String {
    // What is borrowed for a look is not borrowed twice.
    let inner = key.last().filter(|_| key.kind() == "reference_expression");
    let key = inner.unwrap_or(key);
    let text = key.text();
    let is_sum = key.role() == Role::Arithmetic && !text.contains(['&', '|', '^', '<', '>']);
    match key.role() {
        Role::Conditional => format!("({text})"),
        _ if is_sum => text.to_owned(),
        _ => tight(text),
    }
}

fn is_tight(text: &str) -> bool {
    let mut depth = 0usize;
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for ch in text.chars() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if ch == '\\' => escaped = true,
            Some(open) if ch == open => quote = None,
            Some(_) => {}
            None => match ch {
                '"' | '\'' => quote = Some(ch),
                '(' | '[' | '{' => depth += 1,
                ')' | ']' | '}' => depth = depth.saturating_sub(1),
                _ if depth == 0 && !(ch.is_alphanumeric() || "_.:?".contains(ch)) => return false,
                _ => {}
            },
        }
    }
    true
}
