//! What the fields of objects start as, and which of them nothing changes afterwards: `self.closed = False`, `hits: 0`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use super::{Objects, is_member, member_names};
use crate::repair::language::Role;
use crate::repair::methods::is_special;
use crate::repair::syntax::Node;

/// Fields of a file's objects.
#[derive(Default)]
pub struct States<'t> {
    begun: Vec<Begun<'t>>,
    /// Fields that get a value once their object is made.
    changed: BTreeSet<&'t str>,
    read: BTreeSet<&'t str>,
    /// Fields that objects are made with: each has its own.
    given: BTreeSet<&'t str>,
    /// The fields that begin in one place.
    places: BTreeMap<u32, BTreeSet<&'t str>>,
    idle: OnceLock<Vec<Begun<'t>>>,
}

/// A field where its object is made or declared.
#[derive(Clone, Copy)]
pub struct Begun<'t> {
    pub name: &'t str,
    pub start: Start<'t>,
    /// What makes the object.
    place: u32,
}

/// What a field starts as.
#[derive(Clone, Copy)]
pub enum Start<'t> {
    /// A boolean, as it is written; nothing where only its type is known.
    Flag(Option<&'t str>),
    Number,
    /// No value yet, or a text.
    Nothing,
    /// What an expression gives.
    Made(Node<'t>),
}

impl<'t> States<'t> {
    pub(super) fn note(&mut self, node: Node<'t>) {
        match node.role() {
            Role::Attribute => self.note_use(node),
            Role::Assign if is_member(node) => {
                let (name, value) = (node.part(&["property", "name", "left"]), node.part(VALUE));
                let place = node.parent().map_or(0, Node::id);
                self.begin(name, value.and_then(start), place);
            }
            Role::Pair => {
                let place = node.parent().map_or(0, Node::id);
                self.make(node.first(), node.last(), place);
            }
            Role::KeywordArgument => self.given.extend(node.first().map(Node::text)),
            _ => {}
        }
    }

    /// What a type declares; such nodes are never edited.
    pub(super) fn note_declared(&mut self, node: Node<'t>) {
        let place = node.parent().map_or(0, Node::id);
        for name in member_names(node) {
            let declared = node.part(&["type"]).map(|of| of.text().trim_start_matches([':', ' ']));
            self.begin(Some(name), declared.and_then(start_of_type), place);
        }
    }

    fn note_use(&mut self, node: Node<'t>) {
        let Some((object, field)) = node.first().zip(node.last()) else { return };
        let listed = node.listed();
        let assign = listed.parent().filter(|parent| {
            parent.is(&[Role::Assign, Role::AugmentedAssign])
                && parent.first().is_some_and(|first| first.id() == listed.id())
        });
        let Some(assign) = assign else {
            self.read.insert(field.text());
            return;
        };
        let own = node.tree.language.own;
        match node.function().filter(|function| is_maker(*function) && object.text() == own) {
            Some(maker) => {
                let value = assign.part(VALUE).filter(|_| listed.id() == node.id());
                let is_made = value.is_none_or(|it| matches!(start(it), Some(Start::Made(_))));
                self.make(Some(field), value.filter(|_| !is_made), maker.id());
            }
            None => drop(self.changed.insert(field.text())),
        }
    }

    /// A field gets a value as its object is made.
    fn make(&mut self, name: Option<Node<'t>>, value: Option<Node<'t>>, place: u32) {
        let start = value.and_then(start);
        if start.is_none() {
            self.given.extend(name.map(Node::text));
        }
        self.begin(name, start, place);
    }

    fn begin(&mut self, name: Option<Node<'t>>, start: Option<Start<'t>>, place: u32) {
        let Some(name) = name.map(Node::text) else { return };
        self.places.entry(place).or_default().insert(name);
        self.begun.extend(start.map(|start| Begun { name, start, place }));
    }

    /// Fields that nothing changes, as they start; first those that are read here.
    pub fn idle(&self) -> &[Begun<'t>] {
        self.idle.get_or_init(|| {
            let mut seen = BTreeSet::new();
            let stays =
                |it: &&Begun<'t>| !self.changed.contains(it.name) && !self.given.contains(it.name);
            let idle = self.begun.iter().filter(stays).filter(|it| seen.insert(it.name)).copied();
            let (mut idle, others): (Vec<_>, Vec<_>) =
                idle.partition(|it| self.read.contains(it.name));
            idle.extend(others);
            idle
        })
    }

    /// Fields that get values once their object is made and that nothing reads.
    pub fn unread(&self) -> impl Iterator<Item = &'t str> {
        self.changed.difference(&self.read).copied()
    }

    /// Fields of what has this name that hold a boolean.
    pub fn flags(
        &self,
        objects: &Objects<'t>,
        name: &str,
        is_own: bool,
    ) -> impl Iterator<Item = &'t str> {
        let flags = self.begun.iter().filter(|it| matches!(it.start, Start::Flag(_)));
        let flags = flags.filter(|it| is_own || self.has(objects, name, it));
        flags.map(|it| it.name).collect::<BTreeSet<_>>().into_iter()
    }

    /// Whether what has this name is seen with fields that begin where this one does.
    pub fn has(&self, objects: &Objects<'t>, name: &str, field: &Begun<'t>) -> bool {
        let beside = self.places.get(&field.place);
        objects.fields(name).any(|seen| beside.is_some_and(|names| names.contains(seen.text())))
    }
}

const VALUE: &[&str] = &["right", "value"];

/// Whether a function makes an object.
pub fn is_maker(function: Node<'_>) -> bool {
    function.part(&["name"]).is_some_and(|name| is_special(name.text()))
}

fn start(value: Node<'_>) -> Option<Start<'_>> {
    match value.role() {
        Role::Boolean => Some(Start::Flag(Some(value.text()))),
        Role::Integer | Role::Float => Some(Start::Number),
        Role::Null | Role::String => Some(Start::Nothing),
        Role::Attribute | Role::Call | Role::Arithmetic => Some(Start::Made(value)),
        // Some grammars wrap the parts of an entry.
        Role::Other => value.first().filter(|_| value.parts().count() == 1).and_then(start),
        _ => None,
    }
}

fn start_of_type(of: &str) -> Option<Start<'static>> {
    const NUMBERS: &[&str] = &["int", "int64", "float64", "uint", "uint64", "int32", "number"];
    match of {
        "bool" | "boolean" => Some(Start::Flag(None)),
        of if NUMBERS.contains(&of) => Some(Start::Number),
        _ => None,
    }
}
