//! What a file offers as material for repairs: names, numbers, strings, conditions and expressions, by function.

mod assignment;
mod called;
mod given;
mod lookup;
mod objects;
mod pool;
mod renamed;
mod states;
mod texts;

use std::collections::BTreeMap;

pub use self::assignment::{Assignment, assignment, only};
pub use self::called::Called;
use self::called::{called, count};
pub use self::given::Given;
pub use self::lookup::Lookup;
pub use self::objects::Objects;
pub use self::pool::{Idle, Pool};
pub use self::renamed::renamed;
use self::states::States;
pub use self::states::{Begun, Start, is_maker};
pub use self::texts::Texts;
use super::language::Role;
use super::methods::type_of;
use super::place::{Place, place};
use super::statement::{branch, holds_lines, is_simple, is_statement, statements};
use super::syntax::{Node, Tree};
use super::usage::words;

/// Everything of one file that can be put in another place.
pub struct Donors<'t> {
    /// Outside functions, and what every function can see.
    shared: Pool<'t>,
    by_function: BTreeMap<u32, Pool<'t>>,
    none: Pool<'t>,
    /// Short simple statements, each text once, with how many there are.
    statements: Vec<(Node<'t>, usize)>,
    /// The same of short `if`s without an `else`.
    branches: Vec<(Node<'t>, usize)>,
    /// Where short statements stand, by their texts, in order.
    stands: BTreeMap<&'t str, Vec<Stand<'t>>>,
    /// Names of fields and variants by the declaration they stand in.
    members: BTreeMap<u32, Vec<&'t str>>,
    /// Short calls with a gap, in order.
    called: Vec<Called<'t>>,
    objects: Objects<'t>,
    given: Given<'t>,
    states: States<'t>,
}

/// A statement with those before and after it.
pub struct Stand<'t> {
    pub at: Node<'t>,
    pub before: Option<Node<'t>>,
    pub after: Option<Node<'t>>,
}

/// What stands in more places says little of what stands beside it.
const STANDS_MAX: usize = 64;
/// Bytes of a statement that is worth having in another function.
const STATEMENT_BYTES_MAX: usize = 60;
const BRANCH_BYTES_MAX: usize = 120;
const FALLBACK_BYTES_MAX: usize = 48;
const BRANCH_LINES_MAX: u32 = 4;

impl<'t> Donors<'t> {
    pub fn of(tree: &'t Tree<'t>) -> Self {
        let mut donors = Donors {
            shared: Pool::default(),
            by_function: BTreeMap::new(),
            none: Pool::default(),
            statements: Vec::new(),
            branches: Vec::new(),
            stands: BTreeMap::new(),
            members: BTreeMap::new(),
            called: Vec::new(),
            objects: Objects::default(),
            given: Given::default(),
            states: States::default(),
        };
        let (mut statements, mut branches) = (BTreeMap::new(), BTreeMap::new());
        let mut function: Option<Node<'t>> = None;
        for node in tree.nodes() {
            if function.is_none_or(|open| node.range().start >= open.range().end) {
                function = Some(node).filter(|node| node.role() == Role::Function);
            }
            if let Some(list) = node.parent() {
                let names = member_names(node).map(Node::text);
                names.for_each(|name| donors.members.entry(list.id()).or_default().push(name));
            }
            donors.states.note_declared(node);
            if node.is_frozen() {
                continue;
            }
            match function {
                Some(function) => {
                    donors.by_function.entry(function.id()).or_default().collect(node);
                }
                None => donors.shared.collect(node),
            }
            donors.share(node);
            donors.objects.note(node);
            donors.given.note(node);
            donors.states.note(node);
            donors.called.extend(called(node));
            if node.role() == Role::Block {
                donors.note_stands(node);
            }
            if is_donor(node) {
                note_once(node, &mut donors.statements, &mut statements);
            }
            if is_branch(node) {
                note_once(node, &mut donors.branches, &mut branches);
            }
        }
        count(&mut donors.called);
        let unread: Vec<&str> = donors.states.unread().collect();
        for (function, pool) in &mut donors.by_function {
            if !unread.is_empty() && type_of(tree.node(*function)).is_some() {
                pool.unread_fields.clone_from(&unread);
            }
        }
        donors
    }

    /// Names of functions, fields and methods are known in the whole file.
    fn share(&mut self, node: Node<'t>) {
        match node.role() {
            Role::Function | Role::Class => {
                let is_method = node.role() == Role::Function && type_of(node).is_some();
                let shared = &mut self.shared;
                let names = if is_method { &mut shared.methods } else { &mut shared.callees };
                own_name(node).into_iter().for_each(|name| names.add(name));
            }
            Role::Assign if is_member(node) => {
                node.part(&["property", "name"])
                    .into_iter()
                    .for_each(|name| self.shared.fields.add(name));
            }
            Role::Field | Role::Path | Role::Integer | Role::Float | Role::String => {
                self.shared.collect(node);
            }
            Role::Pair
                if node.part(&["value"]).is_some_and(|value| value.role() == Role::Function) =>
            {
                let key = node.part(&["key"]).filter(|key| key.role() != Role::String);
                let is_word = |key: &Node<'_>| words(key.text()).eq([key.text()]);
                key.filter(is_word).into_iter().for_each(|name| self.shared.methods.add(name));
            }
            _ => {}
        }
        if is_fallback(node) {
            self.shared.fallbacks.add(node);
        }
    }

    /// What the function around `node` has itself.
    pub fn near(&self, node: Node<'_>) -> &Pool<'t> {
        node.function()
            .and_then(|function| self.by_function.get(&function.id()))
            .unwrap_or(&self.none)
    }

    fn note_stands(&mut self, block: Node<'t>) {
        let all: Vec<Node<'t>> = statements(block).collect();
        let beside = |at: Option<usize>| all.get(at?).copied();
        for (at, node) in all.iter().enumerate().filter(|(_, node)| is_anchor(**node)) {
            let stands = self.stands.entry(node.text()).or_default();
            if stands.len() < STANDS_MAX {
                let (before, after) = (beside(at.checked_sub(1)), beside(Some(at + 1)));
                stands.push(Stand { at: *node, before, after });
            }
        }
    }

    /// Where a short statement stands.
    pub fn stands(&self, statement: &str) -> &[Stand<'t>] {
        self.stands.get(statement).map_or(&[], Vec::as_slice)
    }

    /// Short simple statements of the file, each text once, with how many there are.
    pub fn statements(&self) -> &[(Node<'t>, usize)] {
        &self.statements
    }

    /// Short `if`s without an `else`, each text once, with how many there are.
    pub fn branches(&self) -> &[(Node<'t>, usize)] {
        &self.branches
    }

    /// What the file says of functions and fields by their names.
    pub fn given(&self) -> &Given<'t> {
        &self.given
    }

    /// What fields start as and which of them nothing changes.
    pub fn states(&self) -> &States<'t> {
        &self.states
    }

    /// What the file takes of things by their names.
    pub fn objects(&self) -> &Objects<'t> {
        &self.objects
    }

    /// Short calls of the file with a gap where a value stands, in order.
    pub fn called(&self) -> &[Called<'t>] {
        &self.called
    }

    /// Fields that a type declares beside the one named, or variants; then those seen at the same name.
    pub fn members_beside(&self, member: Node<'_>) -> Vec<&'t str> {
        let name = member.last().unwrap_or(member).text();
        let declared =
            self.members.values().filter(|names| names.contains(&name)).flatten().copied();
        let head = member.text().strip_suffix(name).filter(|head| head.ends_with("::"));
        let seen = self.shared.paths.iter().filter_map(|path| path.strip_prefix(head?));
        let mut names: Vec<&str> = Vec::new();
        for other in declared.chain(seen.filter(|rest| !rest.contains("::"))) {
            if other != name && !names.contains(&other) {
                names.push(other);
            }
        }
        names
    }

    /// What the whole file has.
    pub fn shared(&self) -> &Pool<'t> {
        &self.shared
    }
}

/// Whether a short value is what is taken where another is not there, or is called a default.
fn is_fallback(node: Node<'_>) -> bool {
    let is_value = node.is(&[
        Role::Attribute,
        Role::Name,
        Role::Call,
        Role::Index,
        Role::Integer,
        Role::Float,
        Role::String,
        Role::List,
        Role::Map,
    ]);
    if !is_value || node.range().len() > FALLBACK_BYTES_MAX || place(node).is_none() {
        return false;
    }
    let and = node.tree.language.logicals.first();
    let is_second = || {
        let outer = node.parent().filter(|outer| outer.role() == Role::Logical);
        let outer = outer.filter(|outer| outer.last().is_some_and(|last| last.id() == node.id()));
        let outer = outer.filter(|outer| outer.tokens().all(|token| Some(&token.kind()) != and));
        outer.is_some_and(|outer| place(outer).is_some_and(|place| place != Place::Condition))
    };
    let is_name = node.is(&[Role::Attribute, Role::Name]);
    let name = node.last().unwrap_or(node).text();
    is_name && name.to_lowercase().contains("default") || is_second()
}

/// Counts a node with those of the same text; `places` has where each text is in `known`.
fn note_once<'t>(
    node: Node<'t>,
    known: &mut Vec<(Node<'t>, usize)>,
    places: &mut BTreeMap<&'t str, usize>,
) {
    let place = *places.entry(node.text()).or_insert_with(|| {
        known.push((node, 0));
        known.len() - 1
    });
    known[place].1 += 1;
}

/// Whether a node is a statement of which it says something what stands beside it.
fn is_anchor(node: Node<'_>) -> bool {
    is_statement(node)
        && !node.is(&[Role::Break, Role::Continue])
        && node.range().len() <= BRANCH_BYTES_MAX
}

/// Whether a node is a short `if` that another function may need.
pub fn is_branch(node: Node<'_>) -> bool {
    is_statement(node)
        && branch(node).is_some_and(|own| own.part(&["alternative"]).is_none())
        && node.last_line() - node.line() < BRANCH_LINES_MAX
        && node.text().len() <= BRANCH_BYTES_MAX
        && !holds_lines(node)
}

/// Whether a node is a statement that another function may need.
pub fn is_donor(node: Node<'_>) -> bool {
    node.is(&[Role::ExpressionStatement, Role::Assign, Role::AugmentedAssign])
        && is_statement(node)
        && is_simple(node)
        && node.line() == node.last_line()
        && node.text().len() <= STATEMENT_BYTES_MAX
}

/// The names that a node declares, if those are fields or variants of a type.
fn member_names(node: Node<'_>) -> impl Iterator<Item = Node<'_>> {
    let mut members = node.tree.language.members.iter();
    let field = members.find(|(kind, _)| *kind == node.kind()).map(|(_, field)| *field);
    let names = field.map(|field| node.children().filter(move |part| part.field() == Some(field)));
    names.into_iter().flatten()
}

/// Whether a node declares a field of a class.
fn is_member(node: Node<'_>) -> bool {
    let class = node.parent().and_then(Node::parent);
    class.is_some_and(|class| class.role() == Role::Class)
}

/// The name of a function or class, or of what it is assigned to.
fn own_name(node: Node<'_>) -> Option<Node<'_>> {
    let assigned = || node.parent().filter(|parent| parent.role() == Role::Assign);
    node.part(&["name"]).or_else(|| assigned()?.part(&["name"]))
}

/// Whether a node is what a call calls.
pub fn is_callee(node: Node<'_>) -> bool {
    node.parent().is_some_and(|parent| parent.role() == Role::Call)
        && node.field() == Some("function")
}
