//! One walk over a parsed file that collects what it defines and the names it uses.

use std::collections::{HashMap, HashSet};

use tree_sitter::{Node, Parser};

use super::language::{Grammar, Rule, grammar};
use super::{Definition, Kind, Outline, Reference};
use crate::base::limits::{OUTLINE_NAME_BYTES_MAX, SIGNATURE_LINE_BYTES_MAX};

/// Fields that lead from a node around a name to the name: declarators of C, types with arguments, members.
const TOWARDS_NAME: [&str; 4] = ["declarator", "name", "property", "type"];

/// `None` when the grammar refuses to parse.
pub fn walk(language: u8, text: &str) -> Option<Outline> {
    let grammar = grammar(language);
    let mut parser = Parser::new();
    parser.set_language(&grammar.grammar).ok()?;
    let tree = parser.parse(text, None)?;
    let mut found = Walk::new(grammar, text);
    let mut cursor = tree.walk();
    loop {
        found.visit(cursor.node());
        if cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return Some(found.outline());
            }
        }
    }
}

struct Walk<'a> {
    grammar: &'static Grammar,
    text: &'a str,
    definitions: Vec<Definition>,
    /// Where names that are defined start.
    defined: HashSet<usize>,
    used: HashMap<&'a str, Vec<u32>>,
    around: Vec<Around>,
}

/// A definition or function around the node that is looked at.
struct Around {
    end: usize,
    definition: Option<u32>,
    in_function: bool,
}

impl<'a> Walk<'a> {
    fn new(grammar: &'static Grammar, text: &'a str) -> Self {
        Walk {
            grammar,
            text,
            definitions: Vec::new(),
            defined: HashSet::new(),
            used: HashMap::new(),
            around: Vec::new(),
        }
    }

    fn visit(&mut self, node: Node<'_>) {
        let meaning = self.grammar.meaning(node.kind_id());
        if meaning.is_name {
            self.use_name(node);
        }
        let rules = self.grammar.rules(meaning);
        if rules.is_empty() && !meaning.is_function {
            return;
        }
        while self.around.last().is_some_and(|around| around.end <= node.start_byte()) {
            self.around.pop();
        }
        if meaning.is_function {
            let definition = self.around.last().and_then(|around| around.definition);
            self.around.push(Around { end: node.end_byte(), definition, in_function: true });
        }
        if let Some(rule) = rules.iter().find(|rule| rule_fits(rule, node)) {
            self.define(rule, node);
        }
    }

    fn use_name(&mut self, node: Node<'_>) {
        let name = &self.text[node.byte_range()];
        if name.len() > OUTLINE_NAME_BYTES_MAX || self.defined.contains(&node.start_byte()) {
            return;
        }
        let line = node.start_position().row as u32 + 1;
        let lines = self.used.entry(name).or_default();
        if lines.last() != Some(&line) {
            lines.push(line);
        }
    }

    fn define(&mut self, rule: &Rule, node: Node<'_>) {
        let (parent, in_function) = self
            .around
            .last()
            .map_or((None, false), |around| (around.definition, around.in_function));
        if rule.kind == Kind::Constant && in_function {
            return;
        }
        let mut cursor = node.walk();
        for named in node.children_by_field_name(rule.name, &mut cursor) {
            let Some(name) = self.name_in(named) else { continue };
            if name.byte_range().len() > OUTLINE_NAME_BYTES_MAX {
                continue;
            }
            if rule.kind != Kind::Implementation {
                self.defined.insert(name.start_byte());
            }
            let at = self.definitions.len() as u32;
            self.definitions.push(Definition {
                name: self.text[name.byte_range()].into(),
                kind: rule.kind,
                first_line: node.start_position().row as u32 + 1,
                last_line: last_line(node),
                signature: self.signature(node),
                parent,
            });
            let in_function = in_function || rule.kind == Kind::Function;
            self.around.push(Around { end: node.end_byte(), definition: Some(at), in_function });
        }
    }

    /// The name that `node` is or leads to.
    fn name_in<'t>(&self, mut node: Node<'t>) -> Option<Node<'t>> {
        while !self.grammar.meaning(node.kind_id()).is_name {
            node = TOWARDS_NAME.iter().find_map(|field| node.child_by_field_name(field))?;
        }
        Some(node)
    }

    /// From the start of the line, when only words of the definition stand there, up to the body or the end of the
    /// line.
    fn signature(&self, node: Node<'_>) -> Box<str> {
        let line = self.text[..node.start_byte()].rfind('\n').map_or(0, |at| at + 1);
        let before = &self.text[line..node.start_byte()];
        let is_word = |ch: char| ch.is_ascii_alphanumeric() || ch == ' ' || ch == '\t';
        let start = if before.chars().all(is_word) { line } else { node.start_byte() };
        let body = node.child_by_field_name("body").or_else(|| {
            node.child_by_field_name("value").and_then(|value| value.child_by_field_name("body"))
        });
        let all = &self.text[start..node.end_byte()];
        let head = match body {
            Some(body) => &self.text[start..body.start_byte()],
            None => all.lines().next().unwrap_or_default(),
        };
        one_line(head)
    }

    fn outline(self) -> Outline {
        let used = self.used.into_iter();
        let mut references: Vec<Reference> =
            used.map(|(name, lines)| Reference { name: name.into(), lines }).collect();
        references.sort_unstable_by(|a, b| a.name.cmp(&b.name));
        Outline { definitions: self.definitions, references }
    }
}

/// Some grammars count the line break after it to a node.
fn last_line(node: Node<'_>) -> u32 {
    let end = node.end_position();
    let is_past = end.column == 0 && end.row > node.start_position().row;
    end.row as u32 + u32::from(!is_past)
}

fn rule_fits(rule: &Rule, node: Node<'_>) -> bool {
    rule.when.is_none_or(|(field, kinds)| {
        let part = node.child_by_field_name(field);
        part.is_some_and(|part| kinds.is_empty() || kinds.contains(&part.kind()))
    })
}

/// With single spaces, without what opens a body, and cut at a length.
fn one_line(head: &str) -> Box<str> {
    let mut line = String::new();
    for word in head.split_whitespace() {
        if word.starts_with(')') && line.ends_with(',') {
            line.pop();
        } else if !line.is_empty() && !line.ends_with('(') && !word.starts_with(')') {
            line.push(' ');
        }
        line.push_str(word);
        if line.len() > SIGNATURE_LINE_BYTES_MAX {
            line.truncate(line.floor_char_boundary(SIGNATURE_LINE_BYTES_MAX));
            line.push('…');
            break;
        }
    }
    line.trim_end_matches([' ', '{', ':', ';', '=', '(']).into()
}
