//! The parts of a source that arms can stand in for.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use tree_sitter::{Node, Tree};

use super::{Arm, Function, Piece, Place, Span, after, parse};
use crate::base::text::edit::Edit;

/// How arms stand beside each other.
#[derive(Clone, Debug)]
pub(super) enum Form {
    /// Arms of a `match` that is the whole.
    Choice,
    /// Arms that each give one variable its value, of this type where it is known. A `match` would do too, but the
    /// compiler tells of the first arm only that has another type.
    Value(Option<String>),
}

/// A range of the source that is repeated once for each of its pieces.
pub(super) struct Unit {
    pub number: u32,
    pub range: Range<usize>,
    pub form: Form,
    /// As in [`Room`].
    is_tied: bool,
    /// In the order of the pieces.
    pub members: Vec<Member>,
    function: Function,
}

/// A piece of a unit.
pub(super) struct Member {
    /// The place in the list of pieces.
    pub piece: usize,
    /// The type that a `return` in its edits must have, where it can be written down.
    pub returned: Option<String>,
}

impl Unit {
    pub fn pieces(&self) -> Vec<usize> {
        self.members.iter().map(|member| member.piece).collect()
    }
}

/// Units in the order of their start, outer before inner; `places` learns what became of each piece.
pub(super) fn find(
    text: &str,
    tree: &Tree,
    pieces: &[Piece],
    first: u32,
    places: &mut [Place],
) -> Vec<Unit> {
    let mut found: BTreeMap<(usize, Reverse<usize>), Unit> = BTreeMap::new();
    // The grammar does not know every function that the compiler does.
    let mut sound: HashMap<usize, bool> = HashMap::new();
    for (at, piece) in pieces.iter().enumerate() {
        let Some(Spot { room: Room { range, form, is_tied }, function, returned }) =
            spot(text, tree, piece)
        else {
            continue;
        };
        let was_sound =
            *sound.entry(function.start).or_insert_with(|| is_sound(text, &function, &[]));
        if was_sound && !is_sound(text, &function, &piece.edits) {
            places[at] = Place::Malformed;
            continue;
        }
        let unit = found.entry((range.start, Reverse(range.end)));
        let unit = unit.or_insert_with(|| Unit {
            number: 0,
            range,
            is_tied,
            form,
            members: Vec::new(),
            function,
        });
        unit.members.push(Member { piece: at, returned });
    }
    let mut units: Vec<Unit> = found.into_values().collect();
    for (number, unit) in (first..).zip(&mut units) {
        unit.number = number;
        for (arm, member) in (1..).zip(&unit.members) {
            places[member.piece] = Place::Arm(Arm { unit: number, arm, is_tied: unit.is_tied });
        }
    }
    units
}

/// The functions that hold units, in order.
pub(super) fn functions(units: &[Unit]) -> Vec<Function> {
    let mut functions: Vec<Function> = units.iter().map(|unit| unit.function.clone()).collect();
    functions.dedup();
    functions
}

pub(super) fn holds(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// Where a piece can be held.
struct Spot {
    room: Room,
    /// The outermost function around it.
    function: Function,
    /// As in [`Member`].
    returned: Option<String>,
}

fn spot(text: &str, tree: &Tree, piece: &Piece) -> Option<Spot> {
    let edited = piece.edits.first()?.start..piece.edits.last()?.end;
    let leaf = tree.root_node().descendant_for_byte_range(edited.start, edited.end)?;
    let mut rooms: Vec<Room> = Vec::new();
    let mut outermost = None;
    let mut node = Some(leaf);
    while let Some(here) = node {
        if is_out_of_reach(here, &edited) {
            rooms.clear();
        }
        rooms.extend(room(text, here).filter(|room| holds(&room.range, &edited)));
        if here.kind() == "function_item" {
            outermost = Some((here, rooms.len()));
        }
        node = here.parent();
    }
    let (function, n_rooms) = outermost.filter(|(function, _)| !is_const(*function))?;
    let body = inside(function.child_by_field_name("body")?);
    let mut rooms = rooms.into_iter().take(n_rooms);
    let room = match piece.span {
        Span::Smallest => rooms.next()?,
        Span::Statement => rooms.find(|room| !room.is_tied)?,
        Span::Function => rooms.next_back()?,
    };
    let start = function.start_byte();
    let function = Function { start, body: body.start, end: function.end_byte() };
    Some(Spot { room, function, returned: returned(text, leaf) })
}

/// The type of the innermost function around a node, where it can be written down.
fn returned(text: &str, node: Node<'_>) -> Option<String> {
    let mut around = std::iter::successors(Some(node), Node::parent);
    let is_left = |kind| matches!(kind, "function_item" | "closure_expression" | "async_block");
    let left = around.find(|node| is_left(node.kind()))?;
    let written = left.child_by_field_name("return_type")?;
    (left.kind() == "function_item").then(|| nameable(&text[written.byte_range()]))?
}

/// Whether a function is still well-formed after the edits: one bad arm would spoil the whole file.
fn is_sound(text: &str, function: &Function, edits: &[Edit]) -> bool {
    let after = after(text, &(function.start..function.end), edits);
    after.and_then(|after| parse(&after)).is_some_and(|tree| {
        let root = tree.root_node();
        !root.has_error() && root.named_child_count() == 1
    })
}

/// Where arms can stand.
#[derive(Clone, Debug)]
struct Room {
    range: Range<usize>,
    form: Form,
    /// Arms are expressions whose type is the original's, or what is around wants.
    is_tied: bool,
}

impl Room {
    fn free(range: Range<usize>) -> Self {
        Room { range, form: Form::Choice, is_tied: false }
    }
}

/// The room that a node gives, if its text can stand in an arm.
fn room(text: &str, node: Node<'_>) -> Option<Room> {
    let parent = node.parent()?;
    let range = if node.kind() == "block" { inside(node) } else { node.byte_range() };
    if let Some(written) = wanted_type(text, parent, node) {
        return Some(Room { range, form: Form::Value(Some(written)), is_tied: false });
    }
    if matches!(node.kind(), "block" | "expression_statement") {
        return Some(Room::free(range));
    }
    let is_field = |name| parent.child_by_field_name(name) == Some(node);
    let is_value = match parent.kind() {
        "let_declaration" => {
            is_field("value") && parent.child_by_field_name("alternative").is_none()
        }
        "for_expression" => is_field("value"),
        "match_arm" => is_field("value"),
        "closure_expression" => is_field("body"),
        "block" => is_tail(node),
        _ => false,
    };
    let form = if is_fleeting(node.kind()) { Form::Choice } else { Form::Value(None) };
    is_value.then_some(Room { range, form, is_tied: true })
}

/// The type that an expression or a function's body must have, where it can be written down.
fn wanted_type(text: &str, parent: Node<'_>, node: Node<'_>) -> Option<String> {
    let is_field = |name| parent.child_by_field_name(name) == Some(node);
    let written = |holder: Node<'_>, field| {
        holder.child_by_field_name(field).map(|written| text[written.byte_range()].to_owned())
    };
    let wanted = match (parent.kind(), parent.parent()) {
        ("if_expression" | "while_expression", _) if is_field("condition") => {
            let is_plain = !matches!(node.kind(), "let_condition" | "let_chain");
            is_plain.then(|| "bool".to_owned())
        }
        // A reference may borrow from what lives as long as the variable only in the declaration itself.
        ("let_declaration", _) if is_field("value") && node.kind() != "reference_expression" => {
            let is_plain = parent.child_by_field_name("alternative").is_none();
            written(parent, "type").filter(|_| is_plain)
        }
        ("function_item", _) if is_field("body") => {
            Some(written(parent, "return_type").unwrap_or("()".to_owned()))
        }
        ("block", Some(function)) if function.kind() == "function_item" && is_tail(node) => {
            written(function, "return_type")
        }
        _ => None,
    };
    nameable(&wanted?)
}

/// The type, when a variable can be declared with it.
fn nameable(written: &str) -> Option<String> {
    let mut words = written.split(|ch| !is_word(ch));
    let can_be = written != "!" && words.all(|word| !matches!(word, "_" | "impl"));
    can_be.then(|| written.to_owned())
}

fn is_word(ch: char) -> bool {
    ch.is_alphanumeric() || ch == '_'
}

/// Whether an expression may have no value to keep: it leaves, or borrows what ends with it.
fn is_fleeting(kind: &str) -> bool {
    matches!(
        kind,
        "reference_expression"
            | "return_expression"
            | "break_expression"
            | "continue_expression"
            | "macro_invocation"
    )
}

/// Whether a node of a block is the expression whose value is the block's.
pub(super) fn is_tail(node: Node<'_>) -> bool {
    let is_last = node.next_named_sibling().is_none_or(|next| next.is_extra());
    let ending = node.kind().rsplit('_').next().unwrap_or_default();
    let is_other = matches!(ending, "statement" | "declaration" | "item" | "comment" | "label");
    node.is_named() && is_last && !is_other
}

/// The inside of a block behind its inner attributes.
pub(super) fn inside(block: Node<'_>) -> Range<usize> {
    let mut start = block.start_byte();
    let mut cursor = block.walk();
    for child in block.children(&mut cursor) {
        let is_inner_doc = child.is_extra() && child.child_by_field_name("inner").is_some();
        if matches!(child.kind(), "{" | "inner_attribute_item") || is_inner_doc {
            start = child.end_byte();
        }
    }
    start..block.end_byte().saturating_sub(1).max(start)
}

/// Whether no choice can be made at the edited part of a node: the compiler evaluates it, or it does not see the
/// functions around it.
fn is_out_of_reach(node: Node<'_>, edited: &Range<usize>) -> bool {
    match node.kind() {
        "const_item" | "static_item" | "const_block" | "array_type" | "type_arguments"
        | "macro_definition" | "enum_item" | "mod_item" => true,
        "array_expression" => {
            let length = node.child_by_field_name("length");
            length.is_some_and(|length| holds(&length.byte_range(), edited))
        }
        "function_item" => is_const(node),
        _ => false,
    }
}

pub(super) fn is_const(function: Node<'_>) -> bool {
    let mut cursor = function.walk();
    let modifiers =
        function.named_children(&mut cursor).find(|child| child.kind() == "function_modifiers");
    modifiers.is_some_and(|modifiers| {
        let mut cursor = modifiers.walk();
        modifiers.children(&mut cursor).any(|child| child.kind() == "const")
    })
}
