//! What a file offers as material for repairs: names, numbers, strings, conditions and expressions, by function.

mod assignment;
mod called;
mod given;
mod lookup;
mod objects;
mod renamed;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

pub use self::assignment::Assignment;
use self::assignment::assignment;
pub use self::called::Called;
use self::called::{called, count};
pub use self::given::Given;
pub use self::lookup::Lookup;
use self::lookup::lookup;
pub use self::objects::Objects;
pub use self::renamed::renamed;
pub use self::texts::Texts;
use super::language::Role;
use super::place::{Place, place};
use super::statement::{is_simple, is_statement};
use super::syntax::{Node, Tree};

/// Everything of one file that can be put in another place.
pub struct Donors<'t> {
    /// Outside functions, and what every function can see.
    shared: Pool<'t>,
    by_function: BTreeMap<u32, Pool<'t>>,
    none: Pool<'t>,
    /// Short simple statements, each text once, with how many there are.
    statements: Vec<(Node<'t>, usize)>,
    /// Names of fields and variants by the declaration they stand in.
    members: BTreeMap<u32, Vec<&'t str>>,
    /// Short calls with a gap, in order.
    called: Vec<Called<'t>>,
    objects: Objects<'t>,
    given: Given<'t>,
}

/// Bytes of a statement that is worth having in another function.
const STATEMENT_BYTES_MAX: usize = 60;

/// Material from one function, in order of first appearance, each text once.
#[derive(Default)]
pub struct Pool<'t> {
    pub names: Texts<'t>,
    pub callees: Texts<'t>,
    pub fields: Texts<'t>,
    pub methods: Texts<'t>,
    pub paths: Texts<'t>,
    pub numbers: Texts<'t>,
    pub strings: Texts<'t>,
    pub conditions: Texts<'t>,
    pub expressions: Texts<'t>,
    /// What each name is used for, as bits.
    uses: BTreeMap<&'t str, u16>,
    /// How often each name that is introduced here is read.
    reads: BTreeMap<&'t str, Reads>,
    /// What variables get, in order.
    pub assignments: Vec<Assignment<'t>>,
    /// The variables that get each value that is no literal.
    assigned: BTreeMap<&'t str, BTreeSet<&'t str>>,
    /// What collections are asked for, in order.
    pub lookups: Vec<Lookup<'t>>,
    /// Where names stand, by line, in order.
    places: Vec<(u32, &'t str)>,
}

#[derive(Default)]
struct Reads {
    n_writes: u32,
    n_reads: u32,
}

/// Bits of use beyond those of `Place`.
const CONTAINER: u16 = 1 << 10;
const RECEIVER: u16 = 1 << 11;
const OBJECT: u16 = 1 << 12;
const INDEXED: u16 = 1 << 13;
const ASSIGNED: u16 = 1 << 14;
const COLLECTION: u16 = CONTAINER | RECEIVER | INDEXED | (1 << Place::Iterable as u16);

impl<'t> Donors<'t> {
    pub fn of(tree: &'t Tree<'t>) -> Self {
        let mut donors = Donors {
            shared: Pool::default(),
            by_function: BTreeMap::new(),
            none: Pool::default(),
            statements: Vec::new(),
            members: BTreeMap::new(),
            called: Vec::new(),
            objects: Objects::default(),
            given: Given::default(),
        };
        let mut statements: BTreeMap<&str, usize> = BTreeMap::new();
        let mut function: Option<Node<'t>> = None;
        for node in tree.nodes() {
            if function.is_none_or(|open| node.range().start >= open.range().end) {
                function = Some(node).filter(|node| node.role() == Role::Function);
            }
            if let Some(list) = node.parent() {
                let names = member_names(node).map(Node::text);
                names.for_each(|name| donors.members.entry(list.id()).or_default().push(name));
            }
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
            donors.called.extend(called(node));
            if is_donor(node) {
                let place = *statements.entry(node.text()).or_insert_with(|| {
                    donors.statements.push((node, 0));
                    donors.statements.len() - 1
                });
                donors.statements[place].1 += 1;
            }
        }
        count(&mut donors.called);
        donors
    }

    /// Names of functions, fields and methods are known in the whole file.
    fn share(&mut self, node: Node<'t>) {
        match node.role() {
            Role::Function | Role::Class => {
                let is_method = node.part(&["receiver"]).is_some();
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
            _ => {}
        }
    }

    /// What the function around `node` has itself.
    pub fn near(&self, node: Node<'_>) -> &Pool<'t> {
        node.function()
            .and_then(|function| self.by_function.get(&function.id()))
            .unwrap_or(&self.none)
    }

    /// Short simple statements of the file, each text once, with how many there are.
    pub fn statements(&self) -> &[(Node<'t>, usize)] {
        &self.statements
    }

    /// What the file says of functions and fields by their names.
    pub fn given(&self) -> &Given<'t> {
        &self.given
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

impl<'t> Pool<'t> {
    fn collect(&mut self, node: Node<'t>) {
        if matches!(node.role(), Role::Name | Role::Binding) {
            let reads = self.reads.entry(node.text()).or_default();
            let is_written = node.role() == Role::Binding || is_target(node);
            reads.n_writes += u32::from(is_written);
            reads.n_reads += u32::from(!is_written);
        }
        if let Some(assignment) = assignment(node) {
            if assignment.value.is(&[Role::Call, Role::Index, Role::Arithmetic]) {
                self.assigned.entry(assignment.value.text()).or_default().insert(assignment.name);
            }
            self.assignments.push(assignment);
        }
        self.lookups.extend(lookup(node));
        match node.role() {
            Role::Name if is_callee(node) => self.callees.add(node),
            Role::Name | Role::Binding => {
                self.names.add(node);
                self.places.push((node.line(), node.text()));
                *self.uses.entry(node.text()).or_default() |= use_of(node);
            }
            Role::Field if node.parent().is_some_and(is_callee) => self.methods.add(node),
            Role::Field => self.fields.add(node),
            Role::Path => self.paths.add(node),
            Role::Integer | Role::Float => self.numbers.add(node),
            Role::String => self.strings.add(node),
            Role::Comparison | Role::Not => {
                self.conditions.add(node);
                self.expressions.add(node);
            }
            Role::Arithmetic
            | Role::Call
            | Role::Index
            | Role::Attribute
            | Role::Negative
            | Role::List
            | Role::Logical => self.expressions.add(node),
            _ => {}
        }
    }
}

impl<'t> Pool<'t> {
    /// Its names, those first that stand nearest to a line.
    pub fn names_by(&self, line: u32) -> impl Iterator<Item = &'t str> {
        let (above, below) = self.places.split_at(self.places.partition_point(|one| one.0 <= line));
        let (mut above, mut below) = (above.iter().rev().peekable(), below.iter().peekable());
        let places = std::iter::from_fn(move || match (above.peek(), below.peek()) {
            (Some(one), Some(other)) if line - one.0 <= other.0 - line => above.next(),
            (Some(_), None) => above.next(),
            (_, _) => below.next(),
        });
        let mut seen = BTreeSet::new();
        places.map(|one| one.1).filter(move |name| seen.insert(*name))
    }
}

impl Pool<'_> {
    /// How alike two names are used, from 0 to 1; nothing known is half.
    pub fn kinship(&self, a: &str, b: &str) -> f64 {
        let bits = |name: &str| self.uses.get(name).copied().unwrap_or(0);
        let (a, b) = (bits(a), bits(b));
        let (shared, all) = ((a & b).count_ones(), (a | b).count_ones());
        if a == 0 || b == 0 { 0.5 } else { f64::from(shared) / f64::from(all) }
    }

    /// Whether a name stands for many values, as far as its uses tell.
    pub fn is_collection(&self, name: &str) -> bool {
        self.uses.get(name).is_some_and(|bits| bits & COLLECTION != 0)
    }

    /// Variables that nothing reads; one that begins with `_` says so itself.
    pub fn unread(&self) -> impl Iterator<Item = &str> {
        self.read_times(0).filter(|name| !name.starts_with('_'))
    }

    /// Variables that are read in one place alone.
    pub fn read_once(&self) -> impl Iterator<Item = &str> {
        self.read_times(1)
    }

    fn read_times(&self, n_reads: u32) -> impl Iterator<Item = &str> {
        let bound = self.reads.iter().filter(|(_, reads)| reads.n_writes > 0);
        bound.filter(move |(_, reads)| reads.n_reads == n_reads).map(|(name, _)| *name)
    }

    /// Whether a name is introduced here.
    pub fn is_bound(&self, name: &str) -> bool {
        self.reads.get(name).is_some_and(|reads| reads.n_writes > 0)
    }

    /// Whether a variable is read, and changed nowhere after it was introduced.
    pub fn is_constant(&self, name: &str) -> bool {
        self.reads.get(name).is_some_and(|reads| reads.n_writes == 1 && reads.n_reads > 0)
    }

    /// The value in the assignment around `node` that more than one variable gets.
    pub fn repeated<'n>(&self, node: Node<'n>) -> Option<Node<'n>> {
        let around = std::iter::once(node).chain(node.ancestors());
        let value = around.filter_map(assignment).next()?.value;
        self.assigned.get(value.text()).filter(|names| names.len() > 1).map(|_| value)
    }

    /// Whether a name is assigned to.
    pub fn is_assigned(&self, name: &str) -> bool {
        self.uses.get(name).is_some_and(|bits| bits & ASSIGNED != 0)
    }
}

/// Whether a node is a statement that another function may need.
fn is_donor(node: Node<'_>) -> bool {
    node.is(&[Role::ExpressionStatement, Role::Assign, Role::AugmentedAssign])
        && is_statement(node)
        && is_simple(node)
        && node.line() == node.last_line()
        && node.text().len() <= STATEMENT_BYTES_MAX
}

fn use_of(node: Node<'_>) -> u16 {
    let listed = node.listed();
    let Some(parent) = listed.parent() else { return 0 };
    let is_first = parent.first().is_some_and(|first| first.id() == listed.id());
    match parent.role() {
        Role::Attribute if is_callee(parent) => RECEIVER,
        Role::Attribute => OBJECT,
        Role::Index if is_first => INDEXED,
        Role::Assign | Role::AugmentedAssign if is_first => ASSIGNED,
        Role::Comparison
            if !is_first
                && parent
                    .tokens()
                    .any(|token| node.tree.language.containments.contains(&token.kind())) =>
        {
            CONTAINER
        }
        _ => place(node).map_or(0, |place| 1 << place as u16),
    }
}

/// Whether a name is assigned to, alone or in a list.
fn is_target(node: Node<'_>) -> bool {
    let targets = node.tree.language.targets;
    use_of(node) & ASSIGNED != 0
        || node.parent().is_some_and(|parent| targets.contains(&parent.kind()))
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
