//! Lets through drafts that are new and parse as well as the original.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use tree_sitter::{Node as Parsed, Parser};

use super::language::Role;
use super::restore::RESTORE;
use super::site::Draft;
use super::syntax::{Node, Tree};
use super::types::{Change as Edited, Types};
use crate::base::text::edit::{Edit, apply};

/// Checks drafts for one file.
pub struct Sieve<'t> {
    tree: &'t Tree<'t>,
    parser: Parser,
    /// `None` where they are not looked at.
    types: Option<Types<'t>>,
    /// Syntax errors that pieces of the file had from the start, by the piece's node.
    n_errors: HashMap<u32, usize>,
    seen: HashSet<Change>,
    /// What was parsed last, which is asked for twice.
    last: Option<(String, tree_sitter::Tree)>,
}

/// The smallest replacement that makes one text of another, hence the same for every way to get there.
#[derive(PartialEq, Eq, Hash)]
struct Change {
    start: usize,
    end: usize,
    bytes: Vec<u8>,
}

impl<'t> Sieve<'t> {
    /// `None` when the grammar refuses to load.
    pub fn new(tree: &'t Tree<'t>) -> Option<Self> {
        let mut parser = Parser::new();
        parser.set_language(&(tree.language.grammar)()).ok()?;
        let types = Types::of(tree);
        Some(Self {
            tree,
            parser,
            types,
            n_errors: HashMap::new(),
            seen: HashSet::new(),
            last: None,
        })
    }

    /// Whether a draft changes the text, in a way not seen before, and brings no syntax error.
    pub fn accepts(&mut self, draft: &Draft<'t>) -> bool {
        let Some(change) = Change::of(self.tree.text, &draft.edits) else { return false };
        if change.is_nothing() || self.seen.contains(&change) {
            return false;
        }
        let is_sound = !self.tree.parsed.root_node().has_error();
        let fits = is_sound && is_same_sort(draft) || self.parses(draft);
        fits && self.makes_sense(draft) && self.seen.insert(change)
    }

    /// Whether the smallest piece of the file around the edits that can stand alone still parses, or else the piece
    /// around that one, and so on: what is no statement by itself may be the end of the one before.
    fn parses(&mut self, draft: &Draft<'t>) -> bool {
        if self.tree.parsed.root_node().has_error() {
            let root = self.tree.root();
            return self.piece_parses(root, 0..self.tree.text.len(), &draft.edits);
        }
        let pieces = std::iter::once(draft.at).chain(draft.at.ancestors());
        let pieces: Vec<_> =
            pieces.filter_map(|node| Some((node, piece(node, &draft.edits)?))).take(2).collect();
        pieces.into_iter().any(|(node, range)| self.piece_parses(node, range, &draft.edits))
    }

    fn piece_parses(&mut self, node: Node<'t>, range: Range<usize>, edits: &[Edit]) -> bool {
        let old = &self.tree.text[range.clone()];
        let Some(new) = apply(old, &moved(edits, range.start)) else { return false };
        let n_before = match self.n_errors.get(&node.id()) {
            Some(known) => *known,
            None => {
                let n = self.errors_in(node, old);
                self.n_errors.insert(node.id(), n);
                n
            }
        };
        self.errors_in(node, &new) <= n_before
    }

    /// Syntax errors of a piece that stands alone.
    fn errors_in(&mut self, node: Node<'t>, piece: &str) -> usize {
        let (text, _) = self.alone(node, piece);
        self.parse(text).map_or(usize::MAX, |parsed| errors(parsed.root_node()))
    }

    fn parse(&mut self, text: String) -> Option<&tree_sitter::Tree> {
        if self.last.as_ref().is_none_or(|(known, _)| *known != text) {
            let parsed = self.parser.parse(&text, None)?;
            self.last = Some((text, parsed));
        }
        self.last.as_ref().map(|(_, parsed)| parsed)
    }

    /// A piece so that it can be parsed by itself, and the bytes before it.
    fn alone(&self, node: Node<'t>, piece: &str) -> (String, usize) {
        let (before, after) = self.tree.language.alone;
        let is_inner = node.parent().is_some() && piece.starts_with([' ', '\t']);
        if is_inner {
            (format!("{before}{piece}{after}"), before.len())
        } else {
            (piece.to_owned(), 0)
        }
    }

    /// Whether a compiler may take it, so far as types can be told.
    fn makes_sense(&mut self, draft: &Draft<'t>) -> bool {
        // What was there once made sense then, with all that was changed since.
        if self.types.is_none() || draft.template == RESTORE {
            return true;
        }
        let mut around = std::iter::once(draft.at).chain(draft.at.ancestors());
        let found = around.find_map(|node| Some((node, piece(node, &draft.edits)?)));
        let Some((node, range)) = found else { return true };
        let moved = moved(&draft.edits, range.start);
        let Some(new) = apply(&self.tree.text[range.clone()], &moved) else { return true };
        let (text, n_around) = self.alone(node, &new);
        if self.parse(text).is_none() {
            return true;
        }
        let (Some(types), Some((text, parsed))) = (&self.types, &self.last) else { return true };
        let tree = self.tree.like(parsed.clone(), text);
        let is_its_body = draft.at.ancestors().all(|outer| outer.role() != Role::Lambda)
            && draft.at.ancestors().filter(|outer| outer.role() == Role::Function).count() == 1;
        let (edits, function) = (&draft.edits, draft.at.function());
        let start = range.start;
        types.allow(&Edited { tree: &tree, n_around, start, edits, function, is_its_body })
    }
}

/// Edits of a piece that begins at `start`.
fn moved(edits: &[Edit], start: usize) -> Vec<Edit> {
    edits
        .iter()
        .map(|edit| Edit::new(edit.start - start..edit.end - start, edit.text.as_str()))
        .collect()
}

/// From the start of a statement's line to its end, if nothing stands before it and the edits lie inside.
fn piece(node: Node<'_>, edits: &[Edit]) -> Option<Range<usize>> {
    let is_root = node.parent().is_none();
    let is_statement =
        node.parent().is_some_and(|parent| parent.role() == Role::Block) && node.indent().is_some();
    if !is_root && !is_statement {
        return None;
    }
    let range = if is_root {
        0..node.tree.text.len()
    } else {
        node.tree.lines.start_of(node.line() - 1)..node.range().end
    };
    let (first, last) = (edits.first()?, edits.last()?);
    (range.start <= first.start && last.end <= range.end).then_some(range)
}

/// Whether a name takes the place of a name or a number that of a number, which cannot go wrong.
fn is_same_sort(draft: &Draft<'_>) -> bool {
    let [edit] = draft.edits.as_slice() else { return false };
    let chars = edit.text.chars();
    edit.range() == draft.at.range()
        && match draft.at.role() {
            Role::Name | Role::Field => {
                !edit.text.starts_with(|ch: char| ch.is_ascii_digit())
                    && chars.clone().all(|ch| ch.is_alphanumeric() || ch == '_')
            }
            Role::Integer => !edit.text.is_empty() && chars.clone().all(|ch| ch.is_ascii_digit()),
            _ => false,
        }
}

/// Number of syntax errors at and below a node.
fn errors(node: Parsed<'_>) -> usize {
    if !node.has_error() {
        return 0;
    }
    let own = usize::from(node.is_error() || node.is_missing());
    let mut cursor = node.walk();
    own + node.children(&mut cursor).map(errors).sum::<usize>()
}

impl Change {
    /// `None` when the edits do not fit the text.
    fn of(old: &str, edits: &[Edit]) -> Option<Self> {
        let new = apply(old, edits)?;
        let (n_before, n_after) = (edits.first()?.start, old.len() - edits.last()?.end);
        Some(Self::between(old.as_bytes(), new.as_bytes(), n_before, n_after))
    }

    /// The texts are known to be the same up to `n_before` and in the last `n_after` bytes.
    fn between(old: &[u8], new: &[u8], n_before: usize, n_after: usize) -> Self {
        let start = n_before + n_same(old[n_before..].iter(), new[n_before..].iter());
        let room = old.len().min(new.len()) - start;
        let known = n_after.min(room);
        let (old_rest, new_rest) = (&old[start..old.len() - known], &new[start..new.len() - known]);
        let tail = known + n_same(old_rest.iter().rev(), new_rest.iter().rev());
        Change { start, end: old.len() - tail, bytes: new[start..new.len() - tail].to_vec() }
    }

    fn is_nothing(&self) -> bool {
        self.start == self.end && self.bytes.is_empty()
    }
}

fn n_same<'b>(a: impl Iterator<Item = &'b u8>, b: impl Iterator<Item = &'b u8>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).count()
}
