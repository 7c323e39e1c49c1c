//! What types the names and expressions of a file have, as far as its text says so: declared ones, those of literals, and
//! of calls that give the same everywhere. Most edits made blindly do not compile, or mix what nobody mixes.

mod declared;
mod loose;
mod operators;
mod sense;
#[cfg(test)]
mod tests;
mod value;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use self::declared::{
    Signature, annotated, element, is_changeable, is_global, is_label, is_parameter, is_variable,
    item, iterated, owner, scope, signature, single,
};
pub use self::sense::Change;
pub use self::words::{Kind, Loose, TypeWords};
use super::donor::is_callee;
use super::language::Role;
use super::syntax::{Node, Tree};
use super::usage;

/// The types of one file.
pub struct Types<'t> {
    words: &'static TypeWords,
    /// By function.
    locals: BTreeMap<u32, BTreeMap<&'t str, Vec<Local<'t>>>>,
    /// Names that stand outside functions, with their types.
    globals: BTreeMap<&'t str, Option<&'t str>>,
    /// By the type that declares it, and its name; `None` where several are given.
    fields: BTreeMap<(&'t str, &'t str), Option<&'t str>>,
    /// By the type that it is a method of, and its name; `None` where there are several.
    functions: BTreeMap<(Option<&'t str>, &'t str), Option<Signature<'t>>>,
    /// Types that the file declares.
    own: BTreeSet<&'t str>,
    imported: BTreeSet<&'t str>,
    /// Methods that the file calls on what has none of that name: it knows better.
    extended: BTreeSet<&'t str>,
    /// Where something stands that would be refused, by its kind: the file knows better.
    odd: BTreeSet<(usize, &'t str)>,
}

/// A variable where it can be used.
#[derive(Clone)]
struct Local<'t> {
    scope: Range<usize>,
    of: Option<&'t str>,
    is_changeable: bool,
    is_parameter: bool,
}

/// Where an expression stands.
#[derive(Clone, Copy)]
struct At<'c> {
    /// The outermost function around it.
    function: Option<u32>,
    /// The type that it is a method of.
    owner: Option<&'c str>,
    /// What it gives, where it returns.
    gives: Option<&'c str>,
    /// Where a byte was before edits moved it.
    before: &'c dyn Fn(usize) -> usize,
    /// Names that the edits bring with them.
    brought: &'c [&'c str],
}

/// A name in scope.
enum Known<'a> {
    /// The file says nothing of it.
    Nothing,
    Elsewhere,
    Here(Local<'a>),
}

impl<'t> Types<'t> {
    /// `None` for languages whose types are not looked at.
    pub fn of(tree: &'t Tree<'t>) -> Option<Self> {
        let mut types = Self {
            words: tree.language.types?,
            locals: BTreeMap::new(),
            globals: BTreeMap::new(),
            fields: BTreeMap::new(),
            functions: BTreeMap::new(),
            own: BTreeSet::new(),
            imported: BTreeSet::new(),
            extended: BTreeSet::new(),
            odd: BTreeSet::new(),
        };
        tree.nodes().for_each(|node| types.declare(node));
        tree.nodes().filter(|node| is_variable(*node)).for_each(|node| types.bind(node));
        if types.words.loose.is_some() {
            types.note_values(tree);
        }
        let is_extended = |node: &Node<'t>| {
            let at = types.at(node.function(), &|at| at, &[]);
            node.role() == Role::Attribute && !types.allows(*node, at)
        };
        let extended = tree.nodes().filter(is_extended).filter_map(Node::last);
        types.extended = extended.map(Node::text).collect();
        let is_odd =
            |node: &Node<'t>| !types.allows(*node, types.at(node.function(), &|at| at, &[]));
        let odd = tree.nodes().filter(|node| types.words.loose.is_some() && is_odd(node));
        types.odd = odd.map(|node| (node.range().start, node.kind())).collect();
        Some(types)
    }

    fn declare(&mut self, node: Node<'t>) {
        let name = node.part(&["name"]).map(Node::text);
        if matches!(node.kind(), "use_declaration" | "import_spec" | "import_statement") {
            self.imported.extend(usage::words(node.text()));
        }
        match (node.kind(), name) {
            (_, Some(name)) if node.role() == Role::Class && self.words.loose.is_some() => {
                self.own.insert(name);
            }
            ("struct_item" | "enum_item" | "type_spec", Some(name)) => {
                let is_struct =
                    node.part(&["type"]).is_none_or(|of| of.kind().ends_with("struct_type"));
                if is_struct {
                    self.own.insert(name);
                }
            }
            ("field_declaration", Some(_)) => {
                let owner = node.ancestors().find_map(|outer| outer.part(&["name"]));
                let names = node.children().filter(|part| part.field() == Some("name"));
                if let Some((owner, of)) = owner.zip(node.part(&["type"])) {
                    let keys = names.map(|name| (owner.text(), name.text()));
                    self.fields.extend(keys.map(|key| (key, Some(of.text()))));
                }
            }
            (_, Some(name)) if node.role() == Role::Function && !self.is_apart(node) => {
                let signature = signature(node);
                let known = self.functions.entry((owner(node), name));
                known.and_modify(|known| *known = None).or_insert(Some(signature));
            }
            _ => {}
        }
    }

    /// Notes a variable where it is introduced.
    fn bind(&mut self, node: Node<'t>) {
        let function = node.function();
        let (id, owner) = (function.map(Node::id), function.and_then(owner));
        let at = At { function: id, owner, gives: None, before: &|at| at, brought: &[] };
        let of = self.type_of_binding(node, at);
        match function {
            Some(function) => {
                let is_changeable = is_changeable(node, self.words);
                let is_parameter = is_parameter(node);
                let local = Local { scope: scope(node), of, is_changeable, is_parameter };
                let locals = self.locals.entry(function.id()).or_default();
                locals.entry(node.text()).or_default().push(local);
            }
            None if is_global(node) => {
                let known = self.globals.entry(node.text()).or_insert(of);
                *known = known.filter(|known| Some(*known) == of);
            }
            None => {}
        }
    }

    fn type_of_binding(&self, node: Node<'t>, at: At<'t>) -> Option<&'t str> {
        let listed = node.listed();
        let place = listed.parent()?.children().filter(|part| part.field() == listed.field());
        let declaration = listed.parent()?;
        match declaration.role() {
            Role::Parameter if declaration.part(&["type"]).is_some() => annotated(declaration),
            Role::Parameter => self.type_of(declaration.part(&["value", "right"])?, at),
            Role::Assign if declaration.part(&["type"]).is_some() => annotated(declaration),
            Role::Assign if place.count() == 1 => {
                single(listed)?;
                self.type_of(single(declaration.part(&["value", "right"])?)?, at)
            }
            Role::Loop => {
                let is_key = declaration.tokens().any(|token| token.text() == "in");
                if self.words.loose.is_some() && is_key {
                    return None;
                }
                let over = iterated(declaration.part(&["value", "right"])?);
                if over.role() == Role::Range {
                    return over.parts().find_map(|bound| self.type_of(bound, at));
                }
                let of = self.type_of(over, at)?;
                let is_alone = listed.id() == node.id() || listed.parts().count() == 1;
                match (self.kind(of)?, is_alone) {
                    (Kind::Iterator, true) => item(of),
                    // Go counts with the first name.
                    (Kind::List | Kind::Text, true) if listed.role() == Role::Values => Some("int"),
                    (Kind::List, true) => element(of),
                    (Kind::List, false) if listed.last()?.id() == node.id() => element(of),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What a type is, by how it is written; `None` for what is not known to be only that.
    fn kind(&self, of: &str) -> Option<Kind> {
        let mut of = of.trim();
        while let Some(rest) = self.words.prefixes.iter().find_map(|sign| of.strip_prefix(sign)) {
            of = rest.trim_start();
            if let Some(lifetime) = of.strip_prefix('\'') {
                of = lifetime.split_once(' ').map_or("", |(_, rest)| rest);
            }
        }
        // One of several types, or a function that gives the last.
        if of.contains('|') || of.contains(" & ") || of.contains("=>") {
            return None;
        }
        if of.ends_with("[]") {
            return Some(Kind::List);
        }
        if ["impl ", "dyn "].iter().any(|word| of.starts_with(word)) {
            return None;
        }
        if let Some((_, kind)) = self.words.signs.iter().find(|(sign, _)| of.starts_with(sign)) {
            return Some(*kind);
        }
        let head = of.split('<').next().unwrap_or(of);
        let name = head.rsplit("::").next().unwrap_or(head).trim();
        if self.own.contains(name) {
            return Some(Kind::Own);
        }
        // What is imported may be called like what the language has.
        if self.words.loose.is_some() && self.imported.contains(name) {
            return None;
        }
        self.words.names.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }

    /// A place in what `function` gives.
    fn at<'c>(
        &'c self,
        function: Option<Node<'c>>,
        before: &'c dyn Fn(usize) -> usize,
        brought: &'c [&'c str],
    ) -> At<'c> {
        let owner = function.and_then(owner);
        let name = function.and_then(|function| function.part(&["name"])).map(Node::text);
        let signature = name.and_then(|name| self.functions.get(&(owner, name))?.as_ref());
        let gives = signature.and_then(|known| known.gives);
        At { function: function.map(Node::id), owner, gives, before, brought }
    }

    /// Whether a name that is no variable here may be one of a function or import, or of what a macro brings.
    fn may_be_elsewhere(&self, node: Node<'_>) -> bool {
        self.functions.contains_key(&(None, node.text()))
            || self.imported.contains(node.text())
            || node.text() == "_"
            || is_label(node)
            || is_callee(node)
            || node.ancestors().any(|outer| outer.role() == Role::Tokens)
    }

    /// What the file says of a name where it stands.
    fn known<'a>(&self, node: Node<'a>, at: At<'a>) -> Known<'a>
    where
        't: 'a,
    {
        let name = node.text();
        if at.brought.contains(&name) {
            return Known::Here(Local {
                scope: 0..0,
                of: None,
                is_changeable: true,
                is_parameter: false,
            });
        }
        let locals = at.function.and_then(|function| self.locals.get(&function)?.get(name));
        let place = (at.before)(node.range().start);
        let local = locals.into_iter().flatten().filter(|local| local.scope.contains(&place));
        match (local.max_by_key(|local| local.scope.start), self.globals.get(name)) {
            (Some(local), _) => Known::Here(local.clone()),
            (None, Some(global)) => Known::Here(Local {
                scope: 0..usize::MAX,
                of: *global,
                is_changeable: true,
                is_parameter: false,
            }),
            (None, None) if locals.is_some() && !self.may_be_elsewhere(node) => Known::Elsewhere,
            (None, None) => Known::Nothing,
        }
    }
}
