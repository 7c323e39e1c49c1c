//! How a function is called from inside itself.

use std::ops::Range;

use tree_sitter::Node;

use crate::base::text::edit::Edit;

/// What a call with a function's own arguments needs.
pub(super) struct Signature {
    pub name: Range<usize>,
    /// The block with its braces.
    pub body: Range<usize>,
    /// Names for parameters that have none.
    pub names: Vec<Edit>,
    receiver: String,
    types: String,
    arguments: String,
    has_result: bool,
}

impl Signature {
    /// `None` for functions without a body.
    pub fn of(function: Node<'_>, text: &str) -> Option<Self> {
        let part = |field| function.child_by_field_name(field);
        let body = part("body")?.byte_range();
        let mut names = Vec::new();
        let receiver = part("receiver").map(|list| parameters(list, text, "r", &mut names));
        let arguments = parameters(part("parameters")?, text, "p", &mut names).join(", ");
        Some(Self {
            name: part("name")?.byte_range(),
            body,
            names,
            receiver: receiver.map_or_else(String::new, |names| names.join("") + "."),
            types: part("type_parameters").map_or_else(String::new, |list| types(list, text)),
            arguments,
            has_result: part("result").is_some(),
        })
    }

    /// Calls `copy` with what the function got, and leaves with what it gives.
    pub fn call(&self, copy: &str) -> String {
        let Self { receiver, types, arguments, .. } = self;
        let call = format!("{receiver}{copy}{types}({arguments})");
        if self.has_result { format!("return {call}") } else { format!("{call}; return") }
    }
}

fn children<'t>(node: Node<'t>) -> Vec<Node<'t>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).collect()
}

/// The names of a list's parameters as arguments; those without a name get one.
fn parameters(list: Node<'_>, text: &str, prefix: &str, edits: &mut Vec<Edit>) -> Vec<String> {
    let mut arguments = Vec::new();
    for declared in children(list) {
        let is_variadic = declared.kind() == "variadic_parameter_declaration";
        if !is_variadic && declared.kind() != "parameter_declaration" {
            continue;
        }
        let mut cursor = declared.walk();
        let named: Vec<Node<'_>> = declared.children_by_field_name("name", &mut cursor).collect();
        let mut push = |name: String| {
            arguments.push(if is_variadic { format!("{name}...") } else { name });
        };
        let fresh = |n: usize| format!("greenloop_{prefix}{}_{n}", declared.start_byte());
        if named.is_empty() {
            let start = declared.start_byte();
            edits.push(Edit::new(start..start, format!("{} ", fresh(0))));
            push(fresh(0));
        }
        for (n, name) in named.into_iter().enumerate() {
            match &text[name.byte_range()] {
                "_" => {
                    edits.push(Edit::new(name.byte_range(), fresh(n)));
                    push(fresh(n));
                }
                name => push(name.to_owned()),
            }
        }
    }
    arguments
}

/// A function's type parameters as arguments: `[K, V]`.
fn types(list: Node<'_>, text: &str) -> String {
    let mut names = Vec::new();
    for declared in children(list) {
        let mut cursor = declared.walk();
        for name in declared.children_by_field_name("name", &mut cursor) {
            names.push(&text[name.byte_range()]);
        }
    }
    format!("[{}]", names.join(", "))
}
