//! Rust as the templates see it.

mod forms;
mod types;

use super::{Language, Role, Snippets};
use crate::repair::syntax::Node;

pub static RUST: Language = Language {
    name: "rust",
    extensions: &["rs"],
    grammar: || tree_sitter_rust::LANGUAGE.into(),
    is_test_item,
    imports: |_, _| Vec::new(),
    kinds: &[
        ("line_comment", Role::Frozen),
        ("block_comment", Role::Frozen),
        ("use_declaration", Role::Frozen),
        ("extern_crate_declaration", Role::Frozen),
        ("attribute_item", Role::Frozen),
        ("inner_attribute_item", Role::Frozen),
        ("type_arguments", Role::Frozen),
        ("type_parameters", Role::Frozen),
        ("generic_type", Role::Frozen),
        ("reference_type", Role::Frozen),
        ("array_type", Role::Frozen),
        ("tuple_type", Role::Frozen),
        ("function_type", Role::Frozen),
        ("scoped_type_identifier", Role::Frozen),
        ("type_identifier", Role::Frozen),
        ("lifetime", Role::Frozen),
        ("mutable_specifier", Role::Frozen),
        ("visibility_modifier", Role::Frozen),
        ("where_clause", Role::Frozen),
        ("macro_definition", Role::Frozen),
        ("label", Role::Frozen),
        ("enum_item", Role::Frozen),
        ("field_initializer", Role::Pair),
        ("shorthand_field_initializer", Role::Pair),
        ("type_item", Role::Frozen),
        ("identifier", Role::Name),
        ("self", Role::Name),
        ("field_identifier", Role::Field),
        ("shorthand_field_identifier", Role::Other),
        ("scoped_identifier", Role::Path),
        ("integer_literal", Role::Integer),
        ("float_literal", Role::Float),
        ("string_literal", Role::String),
        ("char_literal", Role::String),
        ("boolean_literal", Role::Boolean),
        ("array_expression", Role::List),
        ("tuple_expression", Role::Tuple),
        ("closure_expression", Role::Lambda),
        ("field_expression", Role::Attribute),
        ("call_expression", Role::Call),
        ("arguments", Role::Arguments),
        ("index_expression", Role::Index),
        ("range_expression", Role::Range),
        ("binary_expression", Role::Binary),
        ("unary_expression", Role::Unary),
        ("reference_expression", Role::Unary),
        ("parenthesized_expression", Role::Group),
        ("type_cast_expression", Role::Cast),
        ("try_expression", Role::Try),
        ("let_declaration", Role::Assign),
        ("const_item", Role::Assign),
        ("static_item", Role::Assign),
        ("assignment_expression", Role::Assign),
        ("compound_assignment_expr", Role::AugmentedAssign),
        ("expression_statement", Role::ExpressionStatement),
        ("return_expression", Role::Return),
        ("break_expression", Role::Break),
        ("continue_expression", Role::Continue),
        ("if_expression", Role::If),
        ("for_expression", Role::Loop),
        ("while_expression", Role::While),
        ("loop_expression", Role::While),
        ("else_clause", Role::Else),
        ("match_arm", Role::Arm),
        ("block", Role::Block),
        ("source_file", Role::Block),
        ("declaration_list", Role::Block),
        ("function_item", Role::Function),
        ("impl_item", Role::Class),
        ("trait_item", Role::Class),
        ("parameters", Role::Parameters),
        ("closure_parameters", Role::Parameters),
        ("parameter", Role::Parameter),
        ("self_parameter", Role::Parameter),
        ("token_tree", Role::Tokens),
    ],
    interpolations: &[],
    labels: &[
        ("function_item", "name"),
        ("scoped_identifier", "*"),
        ("macro_invocation", "macro"),
        ("mod_item", "name"),
    ],
    imported: &[],
    import_call: "",
    exports: &["pub", "fn main"],
    bindings: &[
        ("let_declaration", "pattern"),
        ("let_condition", "pattern"),
        ("const_item", "name"),
        ("static_item", "name"),
        ("for_expression", "pattern"),
        ("field_pattern", "*"),
        ("tuple_pattern", "*"),
        ("tuple_struct_pattern", "*"),
        ("mut_pattern", "*"),
        ("ref_pattern", "*"),
        ("captured_pattern", "*"),
        ("reference_pattern", "*"),
        ("slice_pattern", "*"),
        ("match_pattern", "*"),
        ("self_parameter", "*"),
    ],
    targets: &[],
    constants: &["let "],
    variables: &["let mut "],
    comparisons: &["<", "<=", ">", ">=", "==", "!="],
    logicals: &["&&", "||"],
    range_calls: &[],
    patterns: &["Regex::new"],
    not: "!",
    containments: &[],
    divisions: &["/", "%"],
    errors: &["Err("],
    operators: forms::OPERATORS,
    booleans: ("true", "false"),
    siblings: forms::SIBLINGS,
    wraps: forms::WRAPS,
    rewrites: forms::REWRITES,
    length: "$a.len()",
    empty: "$a.is_empty()",
    share: "$a / $b.len() as f64",
    shorthand: "shorthand_field_initializer",
    is_shorthand_typed: true,
    copies: forms::COPIES,
    links: forms::LINKS,
    awaits: "$a.await",
    arguments: &[],
    initials: forms::INITIALS,
    atoms: forms::ATOMS,
    pair_atoms: forms::PAIR_ATOMS,
    presences: &[],
    cast: "$a as $b",
    cast_types: &[
        "usize", "i64", "u64", "i32", "u32", "f64", "i128", "u128", "u8", "isize", "u16", "i16",
        "f32", "i8", "char",
    ],
    wide_types: &["u64", "i64", "u128", "i128", "f64"],
    pairings: &["$a.max($b)", "$a.min($b)", "$a + $b", "$a && $b", "$a || $b"],
    join: "",
    combinations: &["$a + $b", "$a - $b", "$a * $b", "$b - $a", "$a / $b", "$a % $b"],
    filter: "",
    members: &[("field_declaration", "name"), ("enum_variant", "name")],
    tuple: "($a, $b)",
    shared_defaults: &[],
    alone: ("fn f() {\n", "\n}"),
    comment_starts: &["//", "/*"],
    is_indented: false,
    shares_folder: false,
    own: "self",
    reserved: &["self", "Self", "super", "crate"],
    types: Some(&types::TYPES),
    snippets: Snippets {
        statement_end: ";",
        indent: "    ",
        nothing: "",
        guard: "if $a {\n\t$b\n}",
        otherwise: " else {\n\t$a\n}",
        chain: "else if",
        result: "return $a;",
        branch_words: &[("if", "while"), ("while", "if")],
        jumps: &["continue;", "break;"],
        assign: "$a = $b;",
        declare: "let mut $a = $b;",
        updates: &["$a += 1;", "$a -= 1;"],
        adds: &["$a.push($b);", "$a.insert($b);", "$a.push_back($b);", "$a.sort();"],
        absent: "!$a.contains_key(&$b)",
        unset: "!$a.contains_key(&$b)",
        fills: &["$a.insert($b);", "$a.insert($b, $c);", "$a.push($b);", "$a.remove(&$b);"],
        nothings: &[
            "$a.is_empty()",
            "$a == 0",
            "$a <= 0",
            "$a < 0",
            "$a.is_none()",
            "$a.len() < 2",
            "$a == 0.0",
        ],
        blanks: &[
            "None",
            "0",
            "false",
            "true",
            "Vec::new()",
            "String::new()",
            "0.0",
            "1",
            "Ok(())",
            "Some(0)",
        ],
        refusals: &["return Err($a);"],
        fresh_default: ("", ""),
    },
};

/// An item under an attribute that speaks of tests, or code that makes tests.
fn is_test_item(node: Node<'_>) -> bool {
    match node.kind() {
        "function_item"
        | "mod_item"
        | "impl_item"
        | "use_declaration"
        | "struct_item"
        | "const_item"
        | "static_item"
        | "macro_invocation"
        | "expression_statement" => {
            attributes(node).any(|attribute| speaks_of_tests(attribute.text())) || makes_tests(node)
        }
        "source_file" => node
            .children()
            .any(|child| child.kind() == "inner_attribute_item" && speaks_of_tests(child.text())),
        _ => false,
    }
}

fn attributes(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let siblings: Vec<Node<'_>> =
        node.parent().map(|parent| parent.children().collect()).unwrap_or_default();
    let before = siblings.into_iter().rev().skip_while(move |sibling| sibling.id() >= node.id());
    before
        .take_while(|sibling| {
            matches!(sibling.kind(), "attribute_item" | "line_comment" | "block_comment")
        })
        .filter(|sibling| sibling.kind() == "attribute_item")
}

fn makes_tests(node: Node<'_>) -> bool {
    node.kind() == "macro_invocation" && node.text().contains("#[test]")
}

/// `#[test]`, `#[tokio::test]`, `#[cfg(test)]`, `#[rstest]`, but not `#[cfg(not(test))]`.
fn speaks_of_tests(attribute: &str) -> bool {
    let words = attribute.split(|ch: char| !ch.is_alphanumeric() && ch != '_');
    let about = words.filter(|word| is_test_word(word)).count();
    about > attribute.matches("not(test").count()
}

fn is_test_word(word: &str) -> bool {
    matches!(
        word,
        "test" | "rstest" | "bench" | "quickcheck" | "proptest" | "test_case" | "wasm_bindgen_test"
    )
}
