//! What the fields of objects start as, and which of them nothing changes afterwards: `self.closed = False`, `hits: 0`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::{Objects, STATEMENT_BYTES_MAX, member_names};
use crate::repair::language::Role;
use crate::repair::methods::{own_object, type_of};
use crate::repair::syntax::Node;
use crate::repair::usage::words;

/// Fields of a file's objects.
#[derive(Default)]
pub struct States<'t> {
    begun: Vec<Begun<'t>>,
    /// Those of which only the type says what they start as.
    declared: Vec<Begun<'t>>,
    /// Fields that get a value once their object is made.
    changed: BTreeSet<&'t str>,
    /// Those that their own object's methods change.
    changed_here: BTreeSet<&'t str>,
    read: BTreeSet<&'t str>,
    /// Fields that objects are made with: each has its own.
    given: BTreeSet<&'t str>,
    /// The fields that begin in one place.
    places: BTreeMap<u32, BTreeSet<&'t str>>,
    idle: OnceLock<Vec<Begun<'t>>>,
    flags: OnceLock<Vec<Begun<'t>>>,
}

/// A field where its object is made or declared.
#[derive(Clone, Copy)]
pub struct Begun<'t> {
    pub name: &'t str,
    pub start: Start<'t>,
    /// What makes the object, and its type where that is known.
    place: u32,
    of: Option<&'t str>,
}

/// What a field starts as.
#[derive(Clone, Copy)]
pub enum Start<'t> {
    /// A boolean, as it is written; nothing where only its type is known.
    Flag(Option<&'t str>),
    Number,
    /// No value yet, or a text.
    Nothing,
    /// What a short expression gives.
    Made(Node<'t>),
}

const VALUE: &[&str] = &["right", "value"];
const FLAGS_MAX: usize = 24;
const UNREAD_MAX: usize = 8;

impl<'t> States<'t> {
    pub(super) fn note(&mut self, node: Node<'t>) {
        match node.role() {
            Role::Attribute => self.note_use(node),
            Role::Assign if !is_fixed(node) => self.note_member(node),
            Role::Pair if node.kind() != "enum_assignment" => {
                self.make(node.first(), node.last(), (node.parent().map_or(0, Node::id), None));
            }
            Role::KeywordArgument => self.given.extend(node.first().map(Node::text)),
            Role::Name if node.kind() == "shorthand_property_identifier" => {
                self.given.insert(node.text());
            }
            Role::Binding if node.kind() == "shorthand_property_identifier_pattern" => {
                self.read.insert(node.text());
            }
            Role::Tokens => self.read.extend(words(node.text())),
            _ => {}
        }
    }

    /// What a type declares; such nodes are never edited.
    pub(super) fn note_declared(&mut self, node: Node<'t>) {
        for name in member_names(node) {
            let place = node.parent().map_or(0, Node::id);
            let of = node.ancestors().find_map(|outer| outer.part(&["name"])).map(Node::text);
            let written = node.part(&["type"]).map(|of| of.text().trim_start_matches([':', ' ']));
            let start = written.and_then(|of| start_of_type(node, of));
            let name = name.text();
            self.places.entry(place).or_default().insert(name);
            self.declared.extend(start.map(|start| Begun { name, start, place, of }));
        }
    }

    /// What stands in the body of a class.
    fn note_member(&mut self, node: Node<'t>) {
        let around = [Role::Class, Role::Function, Role::Lambda];
        let class = node.ancestors().find(|outer| outer.is(&around));
        if let Some(class) = class.filter(|outer| outer.role() == Role::Class) {
            let (name, value) = (node.part(&["property", "name", "left"]), node.part(VALUE));
            let of = class.part(&["type", "name"]).map(Node::text);
            self.begin(name, value.and_then(start), (class.id(), of));
        }
    }

    fn note_use(&mut self, node: Node<'t>) {
        let Some((object, field)) = node.first().zip(node.last()) else { return };
        let target = target(node);
        let assign = target.parent().filter(|parent| {
            parent.is(&[Role::Assign, Role::AugmentedAssign]) && target.is_first()
        });
        let Some(assign) = assign else {
            self.read.insert(field.text());
            return;
        };
        let (own, around) = (own_object(node), node.ancestors());
        let function = { around }.find(|outer| outer.is(&[Role::Function, Role::Lambda]));
        let is_own = object.text() == own;
        let maker = function.filter(|function| is_own && is_maker(*function));
        let is_first = assign.role() == Role::Assign;
        if let Some(maker) = maker.filter(|_| is_first) {
            let value = assign.part(VALUE).filter(|_| target.id() == node.id());
            let is_made = value.is_none_or(|it| matches!(start(it), Some(Start::Made(_))));
            let value = value.filter(|_| !is_made);
            self.make(Some(field), value, (maker.id(), type_of(maker)));
            return;
        }
        self.changed.insert(field.text());
        if is_own {
            self.changed_here.insert(field.text());
        }
        // `return this.count++`
        let is_statement = assign.parent().is_none_or(|outer| {
            outer.is(&[Role::ExpressionStatement, Role::Block]) || outer.kind() == "for_clause"
        });
        if !is_first && !is_statement {
            self.read.insert(field.text());
        }
    }

    /// A field gets a value as its object is made.
    fn make(
        &mut self,
        name: Option<Node<'t>>,
        value: Option<Node<'t>>,
        at: (u32, Option<&'t str>),
    ) {
        let start = value.and_then(start);
        if start.is_none() {
            self.given.extend(name.map(Node::text));
        }
        self.begin(name, start, at);
    }

    fn begin(
        &mut self,
        name: Option<Node<'t>>,
        start: Option<Start<'t>>,
        (place, of): (u32, Option<&'t str>),
    ) {
        let is_name = |text: &&str| {
            let bare = text.strip_prefix('#').unwrap_or(text);
            words(bare).eq([bare]) && !bare.starts_with(|ch: char| ch.is_ascii_digit())
        };
        let Some(name) = name.map(Node::text).filter(is_name) else { return };
        self.places.entry(place).or_default().insert(name);
        self.begun.extend(start.map(|start| Begun { name, start, place, of }));
    }

    /// Fields that nothing changes, as they start; first those that are read here.
    pub fn idle(&self) -> &[Begun<'t>] {
        self.idle.get_or_init(|| {
            let mut seen = BTreeSet::new();
            let stays =
                |it: &&Begun<'t>| !self.changed.contains(it.name) && !self.given.contains(it.name);
            let all = self.begun.iter().chain(&self.declared);
            let idle = all.filter(stays).filter(|it| seen.insert(it.name)).copied();
            let (mut idle, others): (Vec<_>, Vec<_>) =
                idle.partition(|it| self.read.contains(it.name));
            idle.extend(others);
            idle
        })
    }

    /// Fields that their object's methods give values and that nothing reads.
    pub fn unread(&self) -> impl Iterator<Item = &'t str> {
        self.changed_here.difference(&self.read).copied().take(UNREAD_MAX)
    }

    /// Fields that hold a boolean.
    pub fn flags(&self) -> &[Begun<'t>] {
        self.flags.get_or_init(|| {
            let mut seen = BTreeSet::new();
            let all = self.begun.iter().chain(&self.declared);
            let flags = all.filter(|it| matches!(it.start, Start::Flag(_)));
            let flags = flags.filter(|it| seen.insert((it.name, it.of)));
            flags.copied().take(FLAGS_MAX).collect()
        })
    }

    /// Whether the own object of `function`, or what else has this name, has a field: by its type, or by the fields that it
    /// is seen with.
    pub fn has(
        &self,
        objects: &Objects<'t>,
        name: &str,
        function: Option<Node<'_>>,
        field: &Begun<'t>,
    ) -> bool {
        let own = function.and_then(type_of).map(bare);
        let is_plain = function.is_some_and(|function| !is_derived(function));
        if let Some((of, own)) = field.of.map(bare).zip(own).filter(|_| is_plain) {
            return of == own;
        }
        let beside = self.places.get(&field.place);
        objects.fields(name).any(|seen| beside.is_some_and(|names| names.contains(seen.text())))
    }
}

/// A type's name without what it is a type of.
fn bare(of: &str) -> &str {
    of.split(['<', '[']).next().unwrap_or(of)
}

/// Whether a method's class has what another one begins.
fn is_derived(function: Node<'_>) -> bool {
    let class = function.ancestors().find(|outer| outer.role() == Role::Class);
    class.is_some_and(|class| {
        class.part(&["superclasses"]).is_some()
            || class.children().any(|part| part.kind() == "class_heritage")
    })
}

/// Whether a declaration says that nothing changes it, or that it is of no one object.
fn is_fixed(node: Node<'_>) -> bool {
    let value = node.part(VALUE).map_or(node.range().end, |value| value.range().start);
    let head = &node.text()[..value - node.range().start];
    words(head).any(|word| matches!(word, "const" | "static" | "readonly" | "Final" | "ClassVar"))
}

/// The list that a value is assigned to in, or the value itself.
fn target(node: Node<'_>) -> Node<'_> {
    let is_list = |outer: &Node<'_>| {
        outer.is(&[Role::Values, Role::Tuple, Role::List])
            || node.tree.language.targets.contains(&outer.kind())
            || outer.kind() == "array_pattern"
    };
    std::iter::once(node).chain(node.ancestors().take_while(is_list)).last().unwrap_or(node)
}

/// Whether a function makes an object.
pub fn is_maker(function: Node<'_>) -> bool {
    const MAKERS: &[&str] = &["__init__", "__new__", "__post_init__", "constructor"];
    function.part(&["name"]).is_some_and(|name| MAKERS.contains(&name.text()))
}

fn start(value: Node<'_>) -> Option<Start<'_>> {
    let is_short = value.text().len() <= STATEMENT_BYTES_MAX && value.line() == value.last_line();
    match value.role() {
        Role::Boolean => Some(Start::Flag(Some(value.text()))),
        Role::Integer | Role::Float => Some(Start::Number),
        Role::Null | Role::String => Some(Start::Nothing),
        Role::Attribute | Role::Call | Role::Arithmetic if is_short => Some(Start::Made(value)),
        // Some grammars wrap the parts of an entry.
        Role::Other | Role::Element => {
            value.first().filter(|_| value.parts().count() == 1).and_then(start)
        }
        _ => None,
    }
}

fn start_of_type<'t>(node: Node<'_>, of: &str) -> Option<Start<'t>> {
    let is_number = node.tree.language.cast_types.contains(&of) || of == "number";
    match of {
        "bool" | "boolean" => Some(Start::Flag(None)),
        "string" => None,
        of if is_number && !of.starts_with('[') => Some(Start::Number),
        _ => None,
    }
}
