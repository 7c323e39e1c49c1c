//! A parsed file as a flat list of nodes, each with the role it plays whatever the language.

use std::num::NonZeroU16;
use std::ops::Range;
use std::sync::Arc;

use super::language::{Language, Role};
use crate::base::text::LineIndex;

/// A parsed text. Nodes stand in reading order: a node, then its first child and all below it, and so on.
pub struct Tree<'a> {
    pub text: &'a str,
    pub language: &'static Language,
    pub lines: LineIndex,
    pub parsed: tree_sitter::Tree,
    grammar: tree_sitter::Language,
    /// By kind.
    roles: Arc<[Role]>,
    nodes: Vec<Data>,
}

struct Data {
    kind: u16,
    field: Option<NonZeroU16>,
    named: bool,
    role: Role,
    /// Whether it lies in something that is never edited: tests, comments, imports, types, attributes.
    frozen: bool,
    range: Range<usize>,
    line: u32,
    parent: Option<u32>,
    /// One past the last node below this one.
    end: u32,
}

/// One node of a tree; cheap to copy.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    pub tree: &'t Tree<'t>,
    at: u32,
}

impl<'a> Tree<'a> {
    /// `None` when the grammar refuses to load or parse.
    pub fn parse(language: &'static Language, text: &'a str) -> Option<Self> {
        let mut parser = tree_sitter::Parser::new();
        let grammar = (language.grammar)();
        parser.set_language(&grammar).ok()?;
        let parsed = parser.parse(text, None)?;
        let roles = (0..grammar.node_kind_count() as u16)
            .map(|kind| {
                grammar
                    .node_kind_for_id(kind)
                    .map_or(Role::Other, |kind| language.role_of_kind(kind))
            })
            .collect();
        Some(Self::collected(text, language, parsed, grammar, roles))
    }

    /// Another text of the same language, parsed by its grammar.
    pub fn like<'b>(&self, parsed: tree_sitter::Tree, text: &'b str) -> Tree<'b> {
        let (grammar, roles) = (self.grammar.clone(), Arc::clone(&self.roles));
        Tree::collected(text, self.language, parsed, grammar, roles)
    }

    fn collected(
        text: &'a str,
        language: &'static Language,
        parsed: tree_sitter::Tree,
        grammar: tree_sitter::Language,
        roles: Arc<[Role]>,
    ) -> Self {
        let lines = LineIndex::new(text);
        let mut tree = Tree { text, language, lines, parsed, grammar, roles, nodes: Vec::new() };
        tree.collect();
        tree.assign_roles();
        tree
    }

    pub fn root(&self) -> Node<'_> {
        self.node(0)
    }

    pub fn nodes(&self) -> impl Iterator<Item = Node<'_>> {
        (0..self.nodes.len() as u32).map(|at| self.node(at))
    }

    /// By its [`Node::id`].
    pub fn node(&self, at: u32) -> Node<'_> {
        Node { tree: self, at }
    }

    fn collect(&mut self) {
        let parsed = self.parsed.clone();
        let mut cursor = parsed.walk();
        let mut open: Vec<u32> = Vec::new();
        loop {
            let at = self.nodes.len() as u32;
            self.nodes.push(self.read(&cursor, open.last().copied()));
            if cursor.goto_first_child() {
                open.push(at);
                continue;
            }
            while !cursor.goto_next_sibling() {
                let Some(parent) = open.pop().filter(|_| cursor.goto_parent()) else { return };
                self.nodes[parent as usize].end = self.nodes.len() as u32;
            }
        }
    }

    fn read(&self, cursor: &tree_sitter::TreeCursor<'_>, parent: Option<u32>) -> Data {
        let node = cursor.node();
        // Some grammars count a line break to the statement before it.
        let range = node.byte_range();
        let breaks = self.text[range.clone()]
            .bytes()
            .rev()
            .take_while(|byte| matches!(byte, b'\r' | b'\n'))
            .count();
        let range = range.start..range.end - breaks;
        Data {
            kind: node.kind_id(),
            field: cursor.field_id(),
            named: node.is_named(),
            role: Role::Other,
            frozen: false,
            line: self.lines.line_of(range.start) + 1,
            range,
            parent,
            end: self.nodes.len() as u32 + 1,
        }
    }

    fn assign_roles(&mut self) {
        for at in 0..self.nodes.len() as u32 {
            let node = self.node(at);
            let role = role(node);
            let frozen = node.parent().is_some_and(|parent| parent.data().frozen)
                || role == Role::Frozen
                || self.language.is_test_item(node);
            let data = &mut self.nodes[at as usize];
            data.role = role;
            data.frozen = frozen;
        }
    }
}

impl<'t> Node<'t> {
    fn data(self) -> &'t Data {
        &self.tree.nodes[self.at as usize]
    }

    pub fn id(self) -> u32 {
        self.at
    }

    pub fn kind(self) -> &'t str {
        self.tree.grammar.node_kind_for_id(self.data().kind).unwrap_or("")
    }

    /// The role its kind alone gives it.
    pub fn coarse_role(self) -> Role {
        self.tree.roles.get(self.data().kind as usize).copied().unwrap_or(Role::Other)
    }

    pub fn role(self) -> Role {
        self.data().role
    }

    pub fn is(self, roles: &[Role]) -> bool {
        roles.contains(&self.data().role)
    }

    pub fn is_named(self) -> bool {
        self.data().named
    }

    pub fn is_frozen(self) -> bool {
        self.data().frozen
    }

    pub fn field(self) -> Option<&'t str> {
        self.tree.grammar.field_name_for_id(self.data().field?.get())
    }

    pub fn range(self) -> Range<usize> {
        self.data().range.clone()
    }

    /// Whether these bytes are all in this node.
    pub fn holds(self, range: &Range<usize>) -> bool {
        self.data().range.start <= range.start && range.end <= self.data().range.end
    }

    pub fn text(self) -> &'t str {
        &self.tree.text[self.range()]
    }

    /// The line it starts in, counted from 1.
    pub fn line(self) -> u32 {
        self.data().line
    }

    /// The line it ends in, counted from 1.
    pub fn last_line(self) -> u32 {
        let range = self.range();
        let inside = if range.is_empty() { range.start } else { range.end - 1 };
        self.tree.lines.line_of(inside) + 1
    }

    pub fn parent(self) -> Option<Node<'t>> {
        self.data().parent.map(|at| self.tree.node(at))
    }

    /// The list of a return or an assignment that the node is in, or the node itself.
    pub fn listed(self) -> Node<'t> {
        self.parent().filter(|list| list.role() == Role::Values).unwrap_or(self)
    }

    /// The node's parent, its parent, and so on to the root.
    pub fn ancestors(self) -> impl Iterator<Item = Node<'t>> {
        std::iter::successors(self.parent(), |node| node.parent())
    }

    pub fn children(self) -> impl Iterator<Item = Node<'t>> {
        let end = self.data().end;
        let first = Some(self.at + 1).filter(|at| *at < end);
        let next = move |at: &u32| Some(self.tree.nodes[*at as usize].end).filter(|at| *at < end);
        std::iter::successors(first, next).map(move |at| self.tree.node(at))
    }

    /// Whether it says something to people only: a comment, a string that stands alone.
    pub fn is_comment(self) -> bool {
        self.role() == Role::Frozen
            && (self.kind().contains("comment") || self.coarse_role() == Role::ExpressionStatement)
    }

    /// Named children that are no comments: operands, arguments, statements.
    pub fn parts(self) -> impl Iterator<Item = Node<'t>> {
        self.children().filter(|child| child.is_named() && child.role() != Role::Frozen)
    }

    /// Unnamed children: operators, brackets, key words.
    pub fn tokens(self) -> impl Iterator<Item = Node<'t>> {
        self.children().filter(|child| !child.is_named())
    }

    /// Every node below this one, in reading order.
    pub fn descendants(self) -> impl Iterator<Item = Node<'t>> {
        (self.at + 1..self.data().end).map(move |at| self.tree.node(at))
    }

    /// The child in the first of these fields that is there.
    pub fn part(self, fields: &[&str]) -> Option<Node<'t>> {
        fields.iter().find_map(|field| self.children().find(|child| child.field() == Some(field)))
    }

    pub fn first(self) -> Option<Node<'t>> {
        self.parts().next()
    }

    /// Whether it is the first part of what it is in.
    pub fn is_first(self) -> bool {
        self.parent().and_then(Node::first).is_some_and(|first| first.at == self.at)
    }

    pub fn last(self) -> Option<Node<'t>> {
        self.parts().last()
    }

    /// The nearest statement that holds this node, the node itself included.
    pub fn statement(self) -> Option<Node<'t>> {
        let mut node = self;
        loop {
            let parent = node.parent()?;
            if parent.role() == Role::Block {
                return Some(node);
            }
            node = parent;
        }
    }

    /// The outermost function that holds this node, the node itself included.
    pub fn function(self) -> Option<Node<'t>> {
        std::iter::once(self)
            .chain(self.ancestors())
            .filter(|node| node.role() == Role::Function)
            .last()
    }

    /// White space before the node's line, when nothing else stands before the node there.
    pub fn indent(self) -> Option<&'t str> {
        let start = self.tree.lines.start_of(self.line() - 1);
        let before = &self.tree.text[start..self.range().start];
        before.chars().all(|ch| ch == ' ' || ch == '\t').then_some(before)
    }
}

/// What a node is, by its kind and, where kinds are too coarse, by its operator or its place.
fn role(node: Node<'_>) -> Role {
    let language = node.tree.language;
    if !node.is_named() {
        return Role::Other;
    }
    match node.coarse_role() {
        Role::Binary | Role::Unary => operator_role(node),
        Role::Name => name_role(node),
        Role::Field if is_label(node) => Role::Other,
        Role::String
            if node.descendants().any(|part| language.interpolations.contains(&part.kind())) =>
        {
            Role::Other
        }
        Role::ExpressionStatement if is_lone_string(node) => Role::Frozen,
        Role::Fragment if node.parent().is_none_or(|text| text.role() == Role::String) => {
            Role::Other
        }
        // Some grammars have one kind for all numbers.
        Role::Integer if node.text().contains('.') => Role::Float,
        role => role,
    }
}

fn is_label(node: Node<'_>) -> bool {
    let language = node.tree.language;
    node.parent().is_some_and(|parent| language.is_label(parent.kind(), node.field()))
}

fn operator_role(node: Node<'_>) -> Role {
    let operator = node.tokens().next().map_or("", |token| token.text());
    let language = node.tree.language;
    let is_binary = node.coarse_role() == Role::Binary;
    match is_binary {
        true if language.comparisons.contains(&operator) => Role::Comparison,
        true if language.logicals.contains(&operator) => Role::Logical,
        true => Role::Arithmetic,
        false if operator.trim() == language.not.trim() => Role::Not,
        false if operator == "-" => Role::Negative,
        false => Role::Unary,
    }
}

fn name_role(node: Node<'_>) -> Role {
    let node = node.listed();
    let Some(parent) = node.parent() else { return Role::Other };
    let field = node.field();
    match parent.role() {
        Role::Attribute if parent.first().is_some_and(|first| first.at != node.at) => Role::Field,
        Role::Attribute => Role::Name,
        _ if node.tree.language.is_label(parent.kind(), field) => Role::Other,
        Role::Parameters | Role::Parameter if !matches!(field, Some("right" | "value")) => {
            Role::Binding
        }
        Role::Loop if matches!(field, Some("left" | "pattern")) => Role::Binding,
        _ if node.tree.language.is_binding(parent.kind(), field) => Role::Binding,
        _ if field == Some("name") => Role::Other,
        _ => Role::Name,
    }
}

/// A string that stands alone is a comment by another name.
fn is_lone_string(statement: Node<'_>) -> bool {
    let mut parts = statement.children();
    let first = parts.next();
    first.is_some_and(|first| first.coarse_role() == Role::String) && parts.next().is_none()
}

/// The first line that does not parse, counted from 1; `None` too where the language is not known.
pub fn syntax_error(path: &crate::base::path::RepoPath, text: &str) -> Option<u32> {
    let tree = Tree::parse(super::language::of(path)?, text)?;
    let root = tree.parsed.root_node();
    if !root.has_error() {
        return None;
    }
    let mut cursor = root.walk();
    loop {
        let node = cursor.node();
        if node.is_error() || node.is_missing() {
            return Some(node.start_position().row as u32 + 1);
        }
        if node.has_error() && cursor.goto_first_child() {
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return Some(1);
            }
        }
    }
}
