//! What variables and fields hold where nothing declares it: what all that is put into them is.

use std::collections::BTreeMap;

use super::declared::{annotated, owner, single};
use super::{At, Local, Types};
use crate::repair::language::Role;
use crate::repair::syntax::{Node, Tree};

/// What may give anything, as far as its type is not known.
const GIVES_ANYTHING: &[Role] = &[Role::Call, Role::Conditional, Role::Logical, Role::Try];
/// The type of what may be missing: no other is like it.
const NONE_AT_TIMES: &str = "";

impl<'t> Types<'t> {
    /// Whether a function looks like a field to whoever uses it.
    fn is_accessor(&self, function: Node<'_>) -> bool {
        let words = self.words.loose.map_or(&[][..], |loose| loose.accessors);
        function.tokens().any(|token| words.contains(&token.text()))
    }

    /// Whether a function is none that its name alone calls: it looks like a field, or is part of an object without a name.
    pub(super) fn is_apart(&self, function: Node<'_>) -> bool {
        let is_nameless = function.kind() == "method_definition" && owner(function).is_none();
        is_nameless || self.is_accessor(function)
    }

    /// Notes what is put into fields, and forgets the types of variables that get values of several.
    pub(super) fn note_values(&mut self, tree: &'t Tree<'t>) {
        let accessors =
            tree.nodes().filter(|node| node.role() == Role::Function && self.is_accessor(*node));
        for accessor in accessors.collect::<Vec<_>>() {
            let of = accessor.part(&["return_type"]).map(Node::text);
            if let Some((owner, name)) = owner(accessor).zip(accessor.part(&["name"])) {
                self.note_field((owner, name.text()), of, of.is_none());
            }
        }
        for node in tree.nodes().filter(|node| node.role() == Role::Assign) {
            self.note_value(node);
        }
        self.note_uses(tree);
    }

    /// Notes what parameters are used as that nothing is said of: one use may be the fault.
    fn note_uses(&mut self, tree: &'t Tree<'t>) {
        let mut uses: BTreeMap<(u32, &'t str), Vec<(usize, &'static str)>> = BTreeMap::new();
        for node in tree.nodes().filter(|node| node.role() == Role::Name) {
            if let Some((function, of)) = node.function().zip(self.used_as(node)) {
                let key = (function.id(), node.text());
                uses.entry(key).or_default().push((node.range().start, of));
            }
        }
        for ((function, name), uses) in uses {
            let locals = self.locals.get_mut(&function).and_then(|locals| locals.get_mut(name));
            let mut locals: Vec<&mut Local<'t>> = locals.into_iter().flatten().collect();
            let mut types: Vec<Vec<&'static str>> = vec![Vec::new(); locals.len()];
            for (place, of) in uses {
                let here = (0..locals.len()).filter(|at| locals[*at].scope.contains(&place));
                // The innermost is the one that is meant.
                let here = here.max_by_key(|at| locals[*at].scope.start);
                here.into_iter().for_each(|at| types[at].push(of));
            }
            for (local, types) in locals.iter_mut().zip(types) {
                if let ([one, others @ ..], None, true) = (&types[..], local.of, local.is_parameter)
                {
                    let is_sure = !others.is_empty() && others.iter().all(|other| other == one);
                    local.of = is_sure.then_some(*one);
                }
            }
        }
    }

    /// The type that a value has to have where it stands.
    fn used_as(&self, node: Node<'t>) -> Option<&'static str> {
        let mut node = node;
        while let Some(group) = node.parent().filter(|outer| outer.role() == Role::Group) {
            node = group;
        }
        let (outer, loose) = (node.parent()?, self.words.loose?);
        let is_first = outer.first()?.id() == node.id();
        let sign = outer.tokens().next().map_or("", Node::text);
        match outer.role() {
            Role::Attribute if outer.children().any(|part| part.kind() == "optional_chain") => {
                Some(NONE_AT_TIMES)
            }
            Role::Not => Some(NONE_AT_TIMES),
            Role::Logical if is_first => Some(NONE_AT_TIMES),
            Role::If | Role::Conditional if is_first => Some(NONE_AT_TIMES),
            Role::Attribute if is_first => {
                let member = outer.last()?.text();
                loose.tells.iter().find(|(known, _)| *known == member).map(|(_, of)| *of)
            }
            Role::Arithmetic if sign != "+" => self.literal(Role::Integer),
            Role::Comparison => {
                let other = if is_first { outer.last()? } else { outer.first()? };
                if other.role() == Role::Null {
                    return Some(NONE_AT_TIMES);
                }
                self.literal(other.role()).filter(|_| other.is(&[Role::Integer, Role::String]))
            }
            _ => None,
        }
    }

    fn note_value(&mut self, node: Node<'t>) {
        let function = node.function();
        let class = node.ancestors().find(|outer| outer.role() == Role::Class);
        let class = class.and_then(|class| class.part(&["name"])).map(Node::text);
        let id = function.map(Node::id);
        let at = At { function: id, owner: class, gives: None, before: &|at| at, brought: &[] };
        let value = node.part(&["right", "value"]).and_then(single);
        // What may be missing as well is of no type.
        let (of, is_open) = match (node.part(&["type"]), value) {
            (Some(_), _) => (annotated(node), annotated(node).is_none()),
            (None, Some(value)) => {
                let of = self.type_of(value, at);
                let is_unknown = of.is_none_or(|of| self.kind(of).is_none());
                (of, value.role() == Role::Null || is_unknown && value.is(GIVES_ANYTHING))
            }
            (None, None) => return,
        };
        if let Some(field) = self.field(node, at) {
            self.note_field(field, of, is_open);
        } else if let Some(name) = node.part(&["left"]).filter(|left| left.role() == Role::Name) {
            self.note_variable(name, of, is_open);
        }
    }

    /// The field that gets a value, with the class that has it.
    fn field(&self, node: Node<'t>, at: At<'t>) -> Option<(&'t str, &'t str)> {
        if node.kind().ends_with("field_definition") {
            return at.owner.zip(node.part(&["property", "name"]).map(Node::text));
        }
        let target = node.part(&["left"]).filter(|left| left.role() == Role::Attribute)?;
        self.owner_of(target.first()?, at).zip(target.last().map(Node::text))
    }

    fn note_field(&mut self, key: (&'t str, &'t str), of: Option<&'t str>, is_open: bool) {
        let known = self.fields.get(&key).copied();
        if is_open || known.is_some_and(|known| self.is_other(known, of)) {
            self.fields.insert(key, None);
        } else if of.is_some() {
            self.fields.insert(key, of);
        }
    }

    fn note_variable(&mut self, name: Node<'t>, of: Option<&'t str>, is_open: bool) {
        let (place, text) = (name.range().start, name.text());
        let locals =
            name.function().and_then(|function| self.locals.get(&function.id())?.get(text));
        let mut locals = locals.cloned().unwrap_or_default();
        let here = locals.iter_mut().filter(|local| local.scope.contains(&place));
        let Some(local) = here.max_by_key(|local| local.scope.start) else {
            let known = self.globals.get(text).copied();
            if known.is_some_and(|known| is_open || self.is_other(known, of)) {
                self.globals.insert(text, None);
            }
            return;
        };
        if is_open || self.is_other(local.of, of) {
            local.of = None;
            let function = name.function().map(Node::id);
            let known = function.and_then(|function| self.locals.get_mut(&function));
            known.map(|known| known.insert(text, locals));
        }
    }

    /// Whether a value is known to be of another kind than those before.
    fn is_other(&self, known: Option<&str>, of: Option<&str>) -> bool {
        let kind = |of: Option<&str>| of.and_then(|of| self.kind(of));
        kind(of).is_some() && kind(known) != kind(of)
    }
}
