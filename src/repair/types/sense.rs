//! Whether an edit leaves code that no compiler takes: operators between values that have none, conditions that are no
//! yes or no, methods that a value cannot have, names that are not there yet.

use std::ops::Range;

use super::declared::{element, single};
use super::{At, Kind, Known, Types};
use crate::base::text::edit::Edit;
use crate::repair::donor::is_callee;
use crate::repair::language::Role;
use crate::repair::syntax::{Node, Tree};

/// A piece of a file after edits.
pub struct Change<'c> {
    pub tree: &'c Tree<'c>,
    /// Bytes that were put around the piece to parse it.
    pub n_around: usize,
    /// Where the piece began in the file.
    pub start: usize,
    /// Sorted, in bytes of the file.
    pub edits: &'c [Edit],
    /// The outermost function around it in the file.
    pub function: Option<Node<'c>>,
    /// Whether what is returned there is what that function gives.
    pub is_its_body: bool,
}

impl Change<'_> {
    /// The byte of the file that a byte of the piece comes from; the start of the edit for what an edit put in.
    fn before(&self, at: usize) -> usize {
        let mut at = at.saturating_sub(self.n_around) + self.start;
        for edit in self.edits {
            if at < edit.start {
                break;
            }
            if at < edit.start + edit.text.len() {
                return edit.start;
            }
            at = at + edit.range().len() - edit.text.len();
        }
        at
    }

    /// What edits put in or closed, in bytes of the piece.
    fn touched(&self) -> Vec<Range<usize>> {
        let mut shift = self.n_around as isize - self.start as isize;
        let range = |edit: &Edit| {
            let start = edit.start.saturating_add_signed(shift);
            shift += edit.text.len() as isize - edit.range().len() as isize;
            start..start + edit.text.len()
        };
        self.edits.iter().map(range).collect()
    }
}

impl Types<'_> {
    /// Whether nothing that the edits touched is known not to compile.
    pub fn allow(&self, change: &Change<'_>) -> bool {
        let touched = change.touched();
        let is_touched = |node: &Node<'_>| {
            let range = node.range();
            touched.iter().any(|edit| range.start <= edit.end && edit.start <= range.end)
        };
        let is_brought = |node: &Node<'_>| {
            let range = node.range();
            touched.iter().any(|edit| edit.start <= range.start && range.end <= edit.end)
        };
        let nodes = || change.tree.nodes().filter(is_touched);
        let brought: Vec<&str> = nodes()
            .filter(|node| node.role() == Role::Binding && is_brought(node))
            .map(Node::text)
            .collect();
        let before = |at: usize| change.before(at);
        let at = self.at(change.function, &before, &brought);
        let at = if change.is_its_body { at } else { At { gives: None, ..at } };
        let was_odd =
            |node: Node<'_>| self.odd.contains(&(before(node.range().start), node.kind()));
        nodes().all(|node| node.is_frozen() || was_odd(node) || self.allows(node, at))
    }

    pub(super) fn allows(&self, node: Node<'_>, at: At<'_>) -> bool {
        match node.role() {
            // Some names are read before they are there, by what is called later.
            Role::Name if self.words.loose.is_some() => true,
            Role::Name => !matches!(self.known(node, at), Known::Elsewhere),
            Role::AugmentedAssign => {
                node.first().is_none_or(|target| self.may_change(target, at))
                    && self.allows_arithmetic(node, at)
            }
            Role::Arithmetic => self.allows_arithmetic(node, at),
            Role::Comparison => self.allows_comparison(node, at),
            Role::Logical => self.allows_logical(node, at),
            Role::Cast => {
                let to = node.part(&["type"]).and_then(|to| self.kind(to.text()));
                let is_number = to.is_some_and(is_number);
                !is_number || self.may_be_first(node, at, self.words.castable)
            }
            Role::Negative => self.allows_negative(node, at),
            Role::Not => node.parts().all(|part| self.may_be(part, at, self.words.negatable)),
            Role::If | Role::While => {
                let condition = node.part(&["condition"]);
                condition.is_none_or(|condition| self.may_be(condition, at, self.words.truths))
            }
            Role::Attribute => self.allows_member(node, at),
            Role::Index => self.allows_key(node, at),
            Role::Assign => self.allows_assignment(node, at),
            Role::Call => self.allows_call(node, at) && self.allows_method(node, at),
            Role::Return => self.allows_result(node, at),
            _ => true,
        }
    }

    fn allows_assignment(&self, node: Node<'_>, at: At<'_>) -> bool {
        // `..=end` looks like one to some grammars.
        let target = node.part(&["left"]).filter(|left| left.role() != Role::Range).map(single);
        let value = node.part(&["right", "value"]).map(single);
        let Some(Some(value)) = value else { return true };
        // A variable gets what it is to be from now on.
        if self.words.loose.is_some() {
            return true;
        }
        let kind = self.kind_of(value, at);
        match (node.part(&["type"]), target, node.part(&["pattern"])) {
            (Some(of), _, _) => fits(self.kind(of.text()), kind),
            (None, Some(Some(name)), _) if name.role() == Role::Binding => {
                self.declares(name, node, kind, at)
            }
            (None, Some(Some(target)), _) => {
                self.may_change(target, at) && fits(self.kind_of(target, at), kind)
            }
            (None, _, Some(name)) => self.declares(name, node, kind, at),
            (None, _, None) => true,
        }
    }

    /// Whether a variable stays of its kind: whoever reads it knows it so. Numbers may be converted there.
    fn declares(
        &self,
        name: Node<'_>,
        declaration: Node<'_>,
        kind: Option<Kind>,
        at: At<'_>,
    ) -> bool {
        let locals = at.function.and_then(|function| self.locals.get(&function)?.get(name.text()));
        let end = (at.before)(declaration.range().end);
        let local = locals.into_iter().flatten().find(|local| local.scope.start == end);
        let known = local.and_then(|local| self.kind(local.of?));
        let is_other = |kind: Option<Kind>| !kind.is_some_and(is_number);
        fits(known, kind) || !is_other(known) && !is_other(kind)
    }

    /// Whether a variable may get another value.
    fn may_change(&self, target: Node<'_>, at: At<'_>) -> bool {
        let is_name = target.role() == Role::Name;
        match self.known(target, at) {
            Known::Here(local) if is_name => local.is_changeable,
            _ => true,
        }
    }

    /// Whether a method may change a value.
    fn may_be_changed(&self, object: Node<'_>, at: At<'_>) -> bool {
        let of = self.type_of(object, at).unwrap_or("");
        let is_lent = of.starts_with('&');
        let is_fixed = is_lent && !of.starts_with("&mut") && !of.starts_with("&'");
        !is_fixed
            && !self.words.unchangeable.contains(&of.trim_start_matches('&'))
            && (is_lent || of.is_empty() || self.may_change(object, at))
    }

    /// Whether both may be of one kind.
    pub(super) fn fit(&self, a: Option<Node<'_>>, b: Option<Node<'_>>, at: At<'_>) -> bool {
        let kind = |node: Option<Node<'_>>| node.and_then(|node| self.kind_of(node, at));
        fits(kind(a), kind(b))
    }

    pub(super) fn may_be(&self, node: Node<'_>, at: At<'_>, kinds: &[Kind]) -> bool {
        // Types of the file may have operators of their own.
        let is_one = |kind| kind == Kind::Own || kinds.contains(&kind);
        self.kind_of(node, at).is_none_or(is_one)
    }

    pub(super) fn may_be_first(&self, node: Node<'_>, at: At<'_>, kinds: &[Kind]) -> bool {
        kinds.is_empty() || node.first().is_none_or(|value| self.may_be(value, at, kinds))
    }

    /// Whether the value can have a field or method of the name.
    fn allows_member(&self, node: Node<'_>, at: At<'_>) -> bool {
        let Some((object, member)) = node.first().zip(node.last()) else { return true };
        if member.role() != Role::Field || self.extended.contains(member.text()) {
            return true;
        }
        let Some(kind) = self.kind_of(object, at).filter(|kind| *kind != Kind::Own) else {
            return true;
        };
        let parent = node.parent().map_or("", Node::kind);
        let is_called = is_callee(node) || parent == "generic_function";
        // Ranges have fields.
        let is_part = matches!(kind, Kind::Tuple | Kind::Iterator);
        let lacks = self.words.lacks.iter().any(|(kinds, methods)| {
            kinds.contains(&kind)
                && methods.iter().any(|known| *known == "*" || *known == member.text())
        });
        !lacks && (is_called || is_part || !self.words.has_methods_apart)
    }

    fn allows_key(&self, node: Node<'_>, at: At<'_>) -> bool {
        let Some((list, key)) = node.first().zip(node.last()) else { return true };
        let (of, by) = (self.kind_of(list, at), self.kind_of(key, at));
        let by_number = by.is_some_and(is_number);
        let is_never = of.is_some_and(|of| {
            is_number(of) || matches!(of, Kind::Boolean | Kind::Char | Kind::Set)
        });
        // A reference may be a key.
        let by_number = by_number && key.role() != Role::Unary;
        let is_wrong = of.is_some_and(|of| by_number && self.words.not_indexed.contains(&of));
        let is_odd = of == Some(Kind::List)
            && by.is_some_and(|by| !matches!(by, Kind::Integer | Kind::Number | Kind::Iterator));
        !is_never && !is_wrong && !is_odd
    }

    /// Whether a call of a function of the file has as many arguments as it takes, of the kinds it takes.
    fn allows_call(&self, node: Node<'_>, at: At<'_>) -> bool {
        let Some((callee, arguments)) = node.part(&["function"]).zip(node.part(&["arguments"]))
        else {
            return true;
        };
        let signature = self.signature(callee, at);
        let Some(signature) = signature.filter(|known| !known.is_variadic) else { return true };
        let given: Vec<Node<'_>> = arguments.parts().collect();
        let is_list = |given: &Node<'_>| given.tokens().any(|token| token.text() == "...");
        if given.iter().any(is_list) {
            return true;
        }
        // The several values of one call may be its arguments.
        let is_spread =
            given.len() == 1 && given[0].role() == Role::Call && signature.takes.len() > 1;
        let fits_number = match self.words.loose {
            None => given.len() == signature.takes.len(),
            // What is not given is nothing.
            Some(_) => given.len() <= signature.takes.len(),
        };
        is_spread && !self.words.has_methods_apart
            || fits_number
                && given.iter().zip(&signature.takes).all(|(given, of)| {
                    fits(self.kind_of(*given, at), of.and_then(|of| self.kind(of)))
                })
    }

    /// Whether what a method is given fits what it is known to take, and its result can be told.
    fn allows_method(&self, node: Node<'_>, at: At<'_>) -> bool {
        let callee = node.part(&["function"]).filter(|callee| callee.role() == Role::Attribute);
        let parts = callee.and_then(|callee| callee.first().zip(callee.last()));
        let Some(((object, method), given)) = parts.zip(node.part(&["arguments"])) else {
            return true;
        };
        let method = method.text();
        if self.extended.contains(method) || self.functions.keys().any(|(_, name)| *name == method)
        {
            return true;
        }
        let kind = self.kind_of(object, at);
        let is_vague = self.words.vague.iter().any(|(known, kinds)| {
            *known == method
                && given.first().is_none()
                && (kinds.is_empty() || kind.is_some_and(|kind| kinds.contains(&kind)))
        });
        let is_used =
            node.parent().is_some_and(|outer| outer.is(VALUES) || is_iterated(node, outer));
        let is_change = self.words.changers.contains(&method);
        if is_vague && is_used || is_change && !self.may_be_changed(object, at) {
            return false;
        }
        let Some(kind) = kind else { return true };
        let takes_given = |takes: &[&[Kind]]| {
            given.parts().count() == takes.len()
                && given
                    .parts()
                    .zip(takes)
                    .all(|(given, kinds)| kinds.is_empty() || self.may_be(given, at, kinds))
        };
        let takes = self.words.takes.iter();
        let known = takes.filter(|(kinds, name, _)| *name == method && kinds.contains(&kind));
        known.into_iter().all(|(_, _, takes)| takes_given(takes))
            && self.fits_item(object, method, given, at)
    }

    /// Whether a list is given what it holds.
    fn fits_item(&self, list: Node<'_>, method: &str, given: Node<'_>, at: At<'_>) -> bool {
        let of =
            self.type_of(list, at).filter(|_| matches!(method, "push" | "push_back" | "contains"));
        let item = of.filter(|of| self.kind(of) == Some(Kind::List)).and_then(element);
        let given = given.first().and_then(|given| self.kind_of(given, at));
        fits(item.and_then(|item| self.kind(item)), given)
    }

    fn allows_result(&self, node: Node<'_>, at: At<'_>) -> bool {
        let is_callback = |outer: Node<'_>| {
            outer.role() == Role::Lambda
                || matches!(outer.kind(), "arrow_function" | "function_expression")
        };
        let is_inner = node.ancestors().any(is_callback);
        let value = node.first().filter(|_| !is_inner).and_then(single);
        let of = at.gives.and_then(|of| self.kind(of));
        value.is_none_or(|value| fits(of, self.kind_of(value, at)))
    }
}

/// What uses a value without saying what type it has to have.
const VALUES: &[Role] =
    &[Role::Attribute, Role::Arithmetic, Role::Not, Role::Logical, Role::Negative];

fn is_iterated(node: Node<'_>, outer: Node<'_>) -> bool {
    outer.role() == Role::Loop && node.field() == Some("value")
}

/// Whether values of these kinds can stand for each other, so far as they are known.
pub(super) fn fits(a: Option<Kind>, b: Option<Kind>) -> bool {
    match (a, b) {
        (Some(Kind::Nothing), other) | (other, Some(Kind::Nothing)) => {
            other.is_none_or(|other| other == Kind::Nothing)
        }
        (None | Some(Kind::Own), _) | (_, None | Some(Kind::Own)) => true,
        (Some(Kind::Number), Some(other)) | (Some(other), Some(Kind::Number)) => is_number(other),
        (Some(a), Some(b)) => a == b,
    }
}

pub(super) fn is_number(kind: Kind) -> bool {
    matches!(kind, Kind::Integer | Kind::Float | Kind::Number)
}
