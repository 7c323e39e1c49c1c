//! What one function, or a file outside its functions, has that can be put in another place.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::OnceLock;

use super::assignment::{Assignment, assignment};
use super::lookup::{Lookup, lookup};
use super::{Texts, is_callee};
use crate::repair::language::Role;
use crate::repair::place::{Place, place};
use crate::repair::syntax::Node;
use crate::repair::usage;

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
    /// What is taken where another value is not there.
    pub fallbacks: Texts<'t>,
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
    /// Where short calls, fields and elements stand, by line, in order.
    parts: Vec<(u32, &'t str)>,
    /// Fields of a method's object that only get values.
    pub unread_fields: Vec<&'t str>,
    /// Variables that are declared without a value.
    bare: Vec<Idle<'t>>,
    idle: OnceLock<Vec<Idle<'t>>>,
    unread: OnceLock<Vec<&'t str>>,
    read_once: OnceLock<Vec<&'t str>>,
    worth_max: OnceLock<f64>,
}

#[derive(Default)]
struct Reads {
    n_writes: u32,
    n_reads: u32,
}

/// So many places are looked at for what is near.
const PARTS_MAX: usize = 200;
/// Bytes of what is near and may stand in another's place.
const PART_BYTES_MAX: usize = 32;

/// A variable that nothing keeps up.
#[derive(Clone)]
pub struct Idle<'t> {
    pub name: &'t str,
    /// What introduces it.
    pub beginning: &'t str,
    /// Where its first value is, or would go.
    pub value: Range<usize>,
}

/// Bits of use beyond those of `Place`.
const CONTAINER: u16 = 1 << 10;
const RECEIVER: u16 = 1 << 11;
const OBJECT: u16 = 1 << 12;
const INDEXED: u16 = 1 << 13;
const ASSIGNED: u16 = 1 << 14;
/// What may fill a collection.
const FILLED: u16 = RECEIVER | OBJECT | INDEXED | (1 << Place::Argument as u16);
const COLLECTION: u16 = CONTAINER | RECEIVER | INDEXED | (1 << Place::Iterable as u16);

/// Texts at lines, in order: those first that stand nearest to a line.
fn nearest<'p, 't>(
    places: &'p [(u32, &'t str)],
    line: u32,
) -> impl Iterator<Item = &'t str> + use<'p, 't> {
    let (above, below) = places.split_at(places.partition_point(|one| one.0 <= line));
    let (mut above, mut below) = (above.iter().rev().peekable(), below.iter().peekable());
    let places = std::iter::from_fn(move || match (above.peek(), below.peek()) {
        (Some(one), Some(other)) if line - one.0 <= other.0 - line => above.next(),
        (Some(_), None) => above.next(),
        (_, _) => below.next(),
    });
    places.map(|one| one.1)
}

fn once_each<'t>(texts: impl Iterator<Item = &'t str>) -> impl Iterator<Item = &'t str> {
    let mut seen = BTreeSet::new();
    texts.filter(move |text| seen.insert(*text))
}

impl<'t> Pool<'t> {
    pub(super) fn collect(&mut self, node: Node<'t>) {
        if matches!(node.role(), Role::Name | Role::Binding) {
            let reads = self.reads.entry(node.text()).or_default();
            let is_written = node.role() == Role::Binding || is_target(node);
            reads.n_writes += u32::from(is_written);
            reads.n_reads += u32::from(!is_written);
        }
        self.bare.extend(bare(node));
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
            Role::Call | Role::Index | Role::Attribute => {
                self.expressions.add(node);
                if node.range().len() <= PART_BYTES_MAX && place(node).is_some() {
                    self.parts.push((node.line(), node.text()));
                }
            }
            Role::Arithmetic | Role::Negative | Role::List | Role::Logical => {
                self.expressions.add(node);
            }
            _ => {}
        }
    }

    /// Its names, those first that stand nearest to a line.
    pub fn names_by(&self, line: u32) -> impl Iterator<Item = &'t str> {
        once_each(nearest(&self.places, line))
    }

    /// Some of its short calls, fields and elements, those first that stand nearest to a line.
    pub fn parts_by(&self, line: u32) -> impl Iterator<Item = &'t str> {
        once_each(nearest(&self.parts, line).take(PARTS_MAX))
    }

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
    pub fn unread(&self) -> &[&'t str] {
        let is_meant = |name: &&str| !name.starts_with('_');
        self.unread.get_or_init(|| self.read_times(0).filter(is_meant).collect())
    }

    /// Variables that are read in one place alone.
    pub fn read_once(&self) -> &[&'t str] {
        self.read_once.get_or_init(|| self.read_times(1).collect())
    }

    fn read_times(&self, n_reads: u32) -> impl Iterator<Item = &'t str> {
        let bound = self.reads.iter().filter(|(_, reads)| reads.n_writes > 0);
        bound.filter(move |(_, reads)| reads.n_reads == n_reads).map(|(name, _)| *name)
    }

    /// The most that the use of its variables takes off the cost of an edit.
    pub fn worth_max(&self) -> f64 {
        *self.worth_max.get_or_init(|| usage::worth_max(self))
    }

    /// Whether several variables get one value.
    pub fn has_repeated(&self) -> bool {
        self.assigned.values().any(|names| names.len() > 1)
    }

    /// Whether a name is introduced here.
    pub fn is_bound(&self, name: &str) -> bool {
        self.reads.get(name).is_some_and(|reads| reads.n_writes > 0)
    }

    /// Whether a variable is read, and changed nowhere after it was introduced.
    pub fn is_constant(&self, name: &str) -> bool {
        self.reads.get(name).is_some_and(|reads| reads.n_writes == 1 && reads.n_reads > 0)
    }

    /// Variables that are to be kept up and that nothing keeps up.
    pub fn idle(&self) -> &[Idle<'t>] {
        self.idle.get_or_init(|| {
            let stays = |name: &str, filled: u16| {
                let uses = self.uses.get(name).copied().unwrap_or(0);
                self.is_constant(name) && uses & filled == 0
            };
            let begun = self.assignments.iter().filter(|known| known.is_to_keep_up());
            let begun = begun.filter(|known| stays(known.name, FILLED)).map(|known| Idle {
                name: known.name,
                beginning: known.at.text(),
                value: known.value.range(),
            });
            // Parts are asked of what is there already: that is how the best so far is compared.
            let bare = self.bare.iter().filter(|it| stays(it.name, FILLED & !OBJECT));
            begun.chain(bare.cloned()).collect()
        })
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

/// A declaration without a value.
fn bare(node: Node<'_>) -> Option<Idle<'_>> {
    let declaration = Some(node).filter(|node| node.role() == Role::Assign)?;
    let name = declaration.part(&["name"]).filter(|_| declaration.part(&["value"]).is_none())?;
    let end = node.range().end;
    let is_plain = name.is(&[Role::Name, Role::Binding]);
    is_plain.then_some(Idle { name: name.text(), beginning: node.text(), value: end..end })
}

fn use_of(node: Node<'_>) -> u16 {
    let listed = node.listed();
    let Some(parent) = listed.parent() else { return 0 };
    let is_first = listed.is_first();
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
