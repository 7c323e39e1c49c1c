//! Programming languages as outlines see them: adding one is adding a table.

use std::sync::LazyLock;

use super::Kind;
use crate::base::path::RepoPath;

/// Kinds and fields are those of the language's tree-sitter grammar.
pub struct Language {
    pub extensions: &'static [&'static str],
    pub grammar: fn() -> tree_sitter::Language,
    /// Nodes that define something. The first rule that fits a node counts.
    rules: &'static [&'static [Rule]],
    /// Nodes that are names, where they are used as well as where they are defined.
    names: &'static [&'static str],
    /// Nodes that are functions without a name: what is assigned inside them is no constant.
    functions: &'static [&'static str],
}

/// A kind of node that defines something.
#[derive(Clone, Copy)]
pub struct Rule {
    node: &'static str,
    pub kind: Kind,
    /// The field that is or holds its name.
    pub name: &'static str,
    /// A field that must be there, and the kinds it may be of when there are any.
    pub when: Option<(&'static str, &'static [&'static str])>,
}

/// What to do with a node, by its kind.
#[derive(Clone, Copy, Default)]
pub struct Meaning {
    /// Where its rules begin and end in [`Grammar::rules`].
    rules: (u8, u8),
    pub is_name: bool,
    pub is_function: bool,
}

/// A language ready for use.
pub struct Grammar {
    pub grammar: tree_sitter::Language,
    rules: Vec<Rule>,
    meanings: Vec<Meaning>,
}

impl Grammar {
    pub fn meaning(&self, kind: u16) -> Meaning {
        self.meanings.get(kind as usize).copied().unwrap_or_default()
    }

    pub fn rules(&self, meaning: Meaning) -> &[Rule] {
        &self.rules[meaning.rules.0 as usize..meaning.rules.1 as usize]
    }

    fn of(language: &Language) -> Grammar {
        let grammar = (language.grammar)();
        let mut rules: Vec<Rule> = language.rules.concat();
        rules.sort_by_key(|rule| rule.node);
        let meaning = |id| {
            let kind = grammar.node_kind_for_id(id).filter(|_| grammar.node_kind_is_named(id))?;
            Some(Meaning {
                rules: (
                    rules.partition_point(|rule| rule.node < kind) as u8,
                    rules.partition_point(|rule| rule.node <= kind) as u8,
                ),
                is_name: language.names.contains(&kind),
                is_function: language.functions.contains(&kind),
            })
        };
        let n_kinds = grammar.node_kind_count() as u16;
        let meanings = (0..n_kinds).map(|id| meaning(id).unwrap_or_default()).collect();
        Grammar { grammar, rules, meanings }
    }
}

/// The number of the language of a file, by its name's ending; `None` for one that is not known.
pub fn language_of(path: &RepoPath) -> Option<u8> {
    let extension = path.extension();
    let at = LANGUAGES.iter().position(|language| language.extensions.contains(&extension))?;
    Some(at as u8)
}

/// The language with this number, which [`language_of`] gave.
pub fn grammar(language: u8) -> &'static Grammar {
    static GRAMMARS: LazyLock<Vec<Grammar>> =
        LazyLock::new(|| LANGUAGES.iter().map(Grammar::of).collect());
    &GRAMMARS[language as usize]
}

const fn rule(node: &'static str, kind: Kind, name: &'static str) -> Rule {
    Rule { node, kind, name, when: None }
}

const fn rule_when(rule: Rule, field: &'static str, kinds: &'static [&'static str]) -> Rule {
    Rule { when: Some((field, kinds)), ..rule }
}

use Kind::{Constant, Function, Implementation, Macro, Module, Type};

const LANGUAGES: [Language; 8] = [
    Language {
        extensions: &["py", "pyi"],
        grammar: || tree_sitter_python::LANGUAGE.into(),
        rules: &[&[
            rule("function_definition", Function, "name"),
            rule("class_definition", Type, "name"),
            rule("type_alias_statement", Type, "left"),
            rule("assignment", Constant, "left"),
        ]],
        names: &["identifier"],
        functions: &["lambda"],
    },
    Language {
        extensions: &["rs"],
        grammar: || tree_sitter_rust::LANGUAGE.into(),
        rules: &[&[
            rule("function_item", Function, "name"),
            rule("function_signature_item", Function, "name"),
            rule("struct_item", Type, "name"),
            rule("enum_item", Type, "name"),
            rule("union_item", Type, "name"),
            rule("trait_item", Type, "name"),
            rule("type_item", Type, "name"),
            rule("impl_item", Implementation, "type"),
            rule("mod_item", Module, "name"),
            rule("const_item", Constant, "name"),
            rule("static_item", Constant, "name"),
            rule("macro_definition", Macro, "name"),
        ]],
        names: &["identifier", "type_identifier", "field_identifier", "shorthand_field_identifier"],
        functions: &["closure_expression"],
    },
    Language {
        extensions: &["js", "jsx", "mjs", "cjs"],
        grammar: || tree_sitter_javascript::LANGUAGE.into(),
        rules: &[
            SCRIPT,
            &[rule_when(rule("field_definition", Function, "property"), "value", SCRIPT_FUNCTIONS)],
        ],
        names: SCRIPT_NAMES,
        functions: SCRIPT_FUNCTIONS,
    },
    Language {
        extensions: &["ts", "mts", "cts"],
        grammar: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        rules: &[SCRIPT, TYPED_SCRIPT],
        names: SCRIPT_NAMES,
        functions: SCRIPT_FUNCTIONS,
    },
    Language {
        extensions: &["tsx"],
        grammar: || tree_sitter_typescript::LANGUAGE_TSX.into(),
        rules: &[SCRIPT, TYPED_SCRIPT],
        names: SCRIPT_NAMES,
        functions: SCRIPT_FUNCTIONS,
    },
    Language {
        extensions: &["go"],
        grammar: || tree_sitter_go::LANGUAGE.into(),
        rules: &[&[
            rule("function_declaration", Function, "name"),
            rule("method_declaration", Function, "name"),
            rule("method_elem", Function, "name"),
            rule("type_spec", Type, "name"),
            rule("type_alias", Type, "name"),
            rule("const_spec", Constant, "name"),
            rule("var_spec", Constant, "name"),
        ]],
        names: &["identifier", "type_identifier", "field_identifier"],
        functions: &["func_literal"],
    },
    Language {
        extensions: &["java"],
        grammar: || tree_sitter_java::LANGUAGE.into(),
        rules: &[&[
            rule("class_declaration", Type, "name"),
            rule("interface_declaration", Type, "name"),
            rule("enum_declaration", Type, "name"),
            rule("record_declaration", Type, "name"),
            rule("annotation_type_declaration", Type, "name"),
            rule("method_declaration", Function, "name"),
            rule("constructor_declaration", Function, "name"),
            rule("field_declaration", Constant, "declarator"),
            rule("enum_constant", Constant, "name"),
        ]],
        names: &["identifier", "type_identifier"],
        functions: &["lambda_expression"],
    },
    Language {
        extensions: &["c", "h"],
        grammar: || tree_sitter_c::LANGUAGE.into(),
        rules: &[&[
            rule("function_definition", Function, "declarator"),
            rule_when(
                rule("declaration", Function, "declarator"),
                "declarator",
                &["function_declarator"],
            ),
            rule("declaration", Constant, "declarator"),
            rule_when(rule("struct_specifier", Type, "name"), "body", &[]),
            rule_when(rule("union_specifier", Type, "name"), "body", &[]),
            rule_when(rule("enum_specifier", Type, "name"), "body", &[]),
            rule("type_definition", Type, "declarator"),
            rule("preproc_def", Constant, "name"),
            rule("preproc_function_def", Macro, "name"),
        ]],
        names: &["identifier", "type_identifier", "field_identifier"],
        functions: &[],
    },
];

const SCRIPT_FUNCTIONS: &[&str] = &["arrow_function", "function_expression", "generator_function"];
const SCRIPT_CLASSES: &[&str] = &["class"];
const SCRIPT_NAMES: &[&str] = &[
    "identifier",
    "type_identifier",
    "property_identifier",
    "shorthand_property_identifier",
    "private_property_identifier",
];
const SCRIPT: &[Rule] = &[
    rule("function_declaration", Function, "name"),
    rule("generator_function_declaration", Function, "name"),
    rule("class_declaration", Type, "name"),
    rule("method_definition", Function, "name"),
    rule_when(rule("variable_declarator", Function, "name"), "value", SCRIPT_FUNCTIONS),
    rule_when(rule("variable_declarator", Type, "name"), "value", SCRIPT_CLASSES),
    rule("variable_declarator", Constant, "name"),
    rule_when(rule("assignment_expression", Function, "left"), "right", SCRIPT_FUNCTIONS),
    rule_when(rule("assignment_expression", Type, "left"), "right", SCRIPT_CLASSES),
    rule_when(rule("pair", Function, "key"), "value", SCRIPT_FUNCTIONS),
];
const TYPED_SCRIPT: &[Rule] = &[
    rule("abstract_class_declaration", Type, "name"),
    rule("interface_declaration", Type, "name"),
    rule("type_alias_declaration", Type, "name"),
    rule("enum_declaration", Type, "name"),
    rule("function_signature", Function, "name"),
    rule("method_signature", Function, "name"),
    rule("abstract_method_signature", Function, "name"),
    rule("internal_module", Module, "name"),
    rule_when(rule("public_field_definition", Function, "name"), "value", SCRIPT_FUNCTIONS),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// A word that a grammar does not know would silently match nothing.
    #[test]
    fn tables_use_words_of_their_grammars() {
        for language in &LANGUAGES {
            let grammar = (language.grammar)();
            let rules = language.rules.concat();
            let nodes = rules.iter().map(|rule| rule.node);
            let wanted = rules.iter().filter_map(|rule| rule.when).flat_map(|(_, kinds)| kinds);
            let kinds = nodes.chain(wanted.copied());
            let kinds = kinds.chain(language.functions.iter().copied());
            let unknown: Vec<&str> =
                kinds.filter(|kind| grammar.id_for_node_kind(kind, true) == 0).collect();
            assert_eq!(unknown, [""; 0], "{:?}", language.extensions);
            let fields = rules.iter().map(|rule| rule.name);
            let fields = fields.chain(rules.iter().filter_map(|rule| Some(rule.when?.0)));
            let unknown: Vec<&str> =
                fields.filter(|field| grammar.field_id_for_name(field).is_none()).collect();
            assert_eq!(unknown, [""; 0], "{:?}", language.extensions);
            assert!(language.names.iter().any(|name| grammar.id_for_node_kind(name, true) != 0));
        }
    }

    #[test]
    fn endings_are_unique() {
        let mut all: Vec<&str> = LANGUAGES.iter().flat_map(|one| one.extensions).copied().collect();
        let n = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), n);
    }
}
