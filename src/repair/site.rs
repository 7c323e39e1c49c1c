//! Where templates work: one node with what is known around it, and the drafts they make there.

use std::collections::{BTreeMap, BTreeSet};

use super::declared::Declared;
use super::donor::{Donors, Pool};
use super::hints::Hints;
use super::language::{Language, Role};
use super::methods::{Methods, own_object};
use super::rank;
use super::syntax::{Node, Tree};
pub use super::tight::{operand, tight, wants_tight};
use super::usage;
use super::vocabulary::Vocabulary;
use crate::base::text::edit::Edit;
use crate::base::text::line_ending;

/// A file open for repair.
pub struct File<'t> {
    pub tree: &'t Tree<'t>,
    pub donors: Donors<'t>,
    /// The file's own line break.
    pub newline: &'static str,
    /// One step of the file's own indentation.
    pub step: &'t str,
    pub methods: Methods<'t>,
    /// Names that come from other files.
    pub imported: BTreeSet<&'t str>,
    /// Functions that are imported by name or that no other file can use, and that stand nowhere else.
    pub uncalled: Vec<&'t str>,
}

/// A node to change and what is known about it.
#[derive(Clone, Copy)]
pub struct Site<'s> {
    pub node: Node<'s>,
    pub file: &'s File<'s>,
    pub hints: &'s Hints,
    pub vocabulary: &'s Vocabulary<'s>,
    pub declared: &'s Declared<'s>,
}

impl<'t> File<'t> {
    pub fn open(tree: &'t Tree<'t>) -> Self {
        let imported = imported(tree);
        Self {
            tree,
            donors: Donors::of(tree),
            newline: line_ending(tree.text),
            step: step(tree),
            methods: Methods::of(tree),
            uncalled: uncalled(tree, &imported),
            imported,
        }
    }
}

fn imported<'t>(tree: &'t Tree<'t>) -> BTreeSet<&'t str> {
    let language = tree.language;
    let is_imported = |node: &Node<'t>| {
        let parent = node.parent().filter(|parent| parent.part(&["alias"]).is_none());
        parent.is_some_and(|parent| language.is_imported(parent.kind(), node.field()))
    };
    let is_loaded = |node: &Node<'t>| {
        let is_candidate = !language.import_call.is_empty() && node.role() == Role::Binding;
        let mut around =
            node.ancestors().filter(|outer| is_candidate && outer.role() == Role::Assign);
        let value = around.next().and_then(|assign| assign.part(&["value"]));
        value.is_some_and(|value| value.text().starts_with(language.import_call))
    };
    tree.nodes().filter(|node| is_imported(node) || is_loaded(node)).map(Node::text).collect()
}

/// The name of a function that no other file can use.
fn own_function(item: Node<'_>) -> Option<&str> {
    let exports = item.tree.language.exports;
    let function = if item.role() == Role::Assign { item.first()? } else { item };
    let value = function.part(&["value"]).unwrap_or(function);
    let name = function.part(&["name"]).filter(|_| value.role() == Role::Function)?.text();
    let is_seen = exports.iter().any(|word| item.text().starts_with(word));
    (!is_seen || name.starts_with('_')).then_some(name)
}

/// Functions among them: types begin with a capital letter in most languages, and some are imported to be named alone.
fn uncalled<'t>(tree: &'t Tree<'t>, imported: &BTreeSet<&'t str>) -> Vec<&'t str> {
    let items = tree.root().children().filter(|item| !item.is_frozen());
    let own = items.filter_map(own_function);
    let names = own.chain(imported.iter().copied());
    let names: Vec<&str> =
        names.filter(|name| name.starts_with(|ch: char| ch.is_lowercase() || ch == '_')).collect();
    let mut counts: BTreeMap<&str, usize> = names.iter().map(|name| (*name, 0)).collect();
    for word in usage::words(tree.text).filter(|_| !names.is_empty()) {
        counts.entry(word).and_modify(|n| *n += 1);
    }
    names.into_iter().filter(|name| counts.get(name) == Some(&1)).collect()
}

/// One step of indentation as the file's first indented statement has it.
fn step<'t>(tree: &'t Tree<'t>) -> &'t str {
    let mut indents = tree.nodes().filter_map(|node| {
        let block = node.parent().filter(|parent| parent.role() == Role::Block)?;
        let outer = block.statement()?.indent()?;
        node.indent()?.strip_prefix(outer).filter(|step| !step.is_empty())
    });
    indents.next().unwrap_or(tree.language.snippets.indent)
}

impl<'s> Site<'s> {
    pub fn language(&self) -> &'static Language {
        self.file.tree.language
    }

    /// The name of the object that the function around the node is a method of, as the language or the function has it.
    pub fn own(&self) -> &'s str {
        own_object(self.node)
    }

    /// Functions that nothing calls, but the one around.
    pub fn uncalled(&self) -> impl Iterator<Item = &'s str> {
        let around = self.node.function().and_then(|function| function.part(&["name"]));
        let around = around.map(Node::text);
        self.file.uncalled.iter().copied().filter(move |function| Some(*function) != around)
    }

    /// Fields of that object, those seen on an object of this name first.
    pub fn own_fields(&self) -> Vec<String> {
        let own = self.own();
        if !self.near().names.contains(own) {
            return Vec::new();
        }
        let object = |field: &Node<'s>| field.parent().and_then(Node::first).map(Node::text);
        let fields = self.shared().fields.nodes.iter();
        let (mut seen, others): (Vec<Node<'s>>, Vec<Node<'s>>) =
            fields.partition(|field| object(field) == Some(own));
        seen.extend(others);
        seen.iter().map(|field| format!("{own}.{}", field.text())).collect()
    }

    /// Whether the node is a name that a failing test says nothing has.
    pub fn is_unknown(&self) -> bool {
        self.node.is(&[Role::Name, Role::Field]) && self.hints.is_unknown(self.node.text())
    }

    /// Names of the function around the node, those first that stand nearest to it.
    pub fn names_near(&self) -> impl Iterator<Item = &'s str> {
        self.near().names_by(self.node.line())
    }

    /// Material from the function around the node.
    pub fn near(&self) -> &'s Pool<'s> {
        self.file.donors.near(self.node)
    }

    /// Material from the whole file.
    pub fn shared(&self) -> &'s Pool<'s> {
        self.file.donors.shared()
    }
}

/// A candidate before it is known to be valid and new.
pub struct Draft<'s> {
    /// The place of its file among those searched.
    pub file: usize,
    pub at: Node<'s>,
    pub edits: Vec<Edit>,
    /// Said of the edits themselves when it is `None`.
    pub what: Option<String>,
    pub template: &'static str,
    pub cost: f64,
}

/// Collects what templates make, and forgets what is too dear to be among the first.
pub struct Drafts<'s> {
    list: Vec<Draft<'s>>,
    /// More than this are cut back to half.
    n_max: usize,
    /// What costs more is not kept.
    cost_max: f64,
    /// Templates that cost less here.
    favoured: &'s [&'s str],
    /// The place of the file that they are made for.
    pub file: usize,
    /// The template at work and its cost.
    template: &'static str,
    base: f64,
    /// Added for the line they are on.
    pub doubt: f64,
    /// Material from the function they are made in.
    pub near: Option<&'s Pool<'s>>,
    /// A node of a file with its [`twins`].
    twins: Option<((usize, u32), Vec<Node<'s>>)>,
}

/// For each candidate wanted, drafts kept: some are invalid, and some the same as others.
const DRAFTS_PER_CANDIDATE: usize = 2;

impl<'s> Drafts<'s> {
    /// For so many candidates.
    pub fn new(n_max: usize, favoured: &'s [&'s str]) -> Self {
        let n_max = n_max.saturating_mul(2 * DRAFTS_PER_CANDIDATE).max(64);
        Self {
            list: Vec::new(),
            n_max,
            cost_max: f64::INFINITY,
            favoured,
            file: 0,
            template: "",
            base: 0.0,
            doubt: 0.0,
            near: None,
            twins: None,
        }
    }

    /// What is put in now is made by this template.
    pub fn by(&mut self, template: &'static str, cost: f64) {
        self.template = template;
        self.base = if self.favoured.contains(&template) { cost - rank::FAVOUR } else { cost };
    }

    /// The drafts of all, cheapest first.
    pub fn sorted(all: impl Iterator<Item = Self>) -> Vec<Draft<'s>> {
        let mut list: Vec<Draft<'s>> = all.flat_map(|one| one.list).collect();
        list.sort_by(|a, b| a.cost.total_cmp(&b.cost));
        list
    }

    /// Whether nothing with this extra cost would be kept.
    pub fn is_too_dear(&self, extra: f64) -> bool {
        self.base + self.doubt + extra - self.near.map_or(0.0, Pool::worth_max) > self.cost_max
    }

    /// Puts `text` in the place of `node`, with parentheses where its operators need them.
    pub fn replace(&mut self, node: Node<'s>, text: &str, extra: f64) {
        if self.is_too_dear(extra) {
            return;
        }
        let text = if wants_tight(node) { tight(text) } else { text.to_owned() };
        self.put(node, text, extra);
    }

    /// Puts `text` in the place of `node` as it is.
    pub fn put(&mut self, node: Node<'s>, text: impl Into<String>, extra: f64) {
        if self.is_too_dear(extra) {
            return;
        }
        let text = text.into();
        let of = (self.file, node.id());
        if self.twins.as_ref().is_none_or(|(known, _)| *known != of) {
            self.twins = Some((of, twins(node)));
        }
        let same = self.twins.iter().flat_map(|(_, same)| same);
        let edits: Vec<Edit> =
            same.map(|twin| Edit::new(twin.range(), spelt_out(*twin, &text))).collect();
        if edits.len() > 1 {
            self.edits(node, edits, None, extra + TWINS);
        }
        self.edits(node, vec![Edit::new(node.range(), spelt_out(node, &text))], None, extra);
    }

    /// Exchanges two nodes, the first of which stands before the second.
    pub fn exchange(&mut self, first: Node<'s>, second: Node<'s>, extra: f64) {
        // Of torn code a part may be missing.
        let is_missing = first.range().is_empty() || second.range().is_empty();
        let is_apart = first.range().end <= second.range().start;
        if is_missing || !is_apart || first.text() == second.text() {
            return;
        }
        let edits =
            vec![Edit::new(first.range(), second.text()), Edit::new(second.range(), first.text())];
        let what = format!("`{}` ↔ `{}`", shown(first.text()), shown(second.text()));
        self.edits(first, edits, Some(what), extra);
    }

    pub fn edits(&mut self, at: Node<'s>, edits: Vec<Edit>, what: Option<String>, extra: f64) {
        let size = rank::size(&edits);
        if self.is_too_dear(extra + size) {
            return;
        }
        let usage = self.near.map_or(0.0, |near| usage::cost(at, near, &edits));
        let cost = self.base + self.doubt + extra + size + usage;
        if cost > self.cost_max {
            return;
        }
        self.list.push(Draft { file: self.file, at, edits, what, template: self.template, cost });
        if self.list.len() > self.n_max {
            let half = self.n_max / 2;
            self.list.select_nth_unstable_by(half, |a, b| a.cost.total_cmp(&b.cost));
            self.cost_max = self.list[half].cost;
            self.list.truncate(half);
        }
    }
}

/// Another value for an entry that is one word keeps the entry's name: `{ price }` → `{ price: Number(price) }`.
fn spelt_out(node: Node<'_>, text: &str) -> String {
    let shorthand = node.tree.language.shorthand;
    let kinds = [Some(node.kind()), node.parent().map(Node::kind)];
    let is_short = !shorthand.is_empty() && kinds.contains(&Some(shorthand));
    if is_short { format!("{}: {text}", node.text()) } else { text.to_owned() }
}

/// What it costs to change a thing wherever it stands in a line.
pub const TWINS: f64 = 0.6;

/// A name and the same name further on in its line; none where it stands there before.
fn twins(node: Node<'_>) -> Vec<Node<'_>> {
    let statement = node.statement().filter(|_| node.is(&[Role::Name, Role::Field]));
    let parts = statement.into_iter().flat_map(Node::descendants);
    let same = parts.filter(|part| {
        part.line() == node.line() && part.role() == node.role() && part.text() == node.text()
    });
    let same: Vec<Node<'_>> = same.collect();
    if same.first().is_some_and(|first| first.id() == node.id()) { same } else { Vec::new() }
}

/// What edits do to a text, for people.
pub fn described(text: &str, edits: &[Edit]) -> String {
    let one = |edit: &Edit| match shown_apart(&text[edit.range()], &edit.text) {
        (old, new) if old.is_empty() => format!("add `{new}`"),
        (old, new) if new.is_empty() => format!("remove `{old}`"),
        (old, new) => format!("`{old}` → `{new}`"),
    };
    edits.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// How much of what is the same is shown before two long pieces differ, in characters.
const LEAD: usize = 16;

/// Two pieces of source so that one sees how they differ.
fn shown_apart(old: &str, new: &str) -> (String, String) {
    let both = (shown(old), shown(new));
    if both.0 != both.1 {
        return both;
    }
    let (old, new) = (flat(old), flat(new));
    let n_same = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
    let n_left_out = n_same.saturating_sub(LEAD);
    let rest = |text: &str| text.chars().skip(n_left_out).collect::<String>();
    (format!("…{}", shown(&rest(&old))), format!("…{}", shown(&rest(&new))))
}

fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A piece of source on one line, short enough for a label.
pub fn shown(text: &str) -> String {
    let flat = flat(text);
    match flat.char_indices().nth(48) {
        Some((end, _)) => format!("{}…", &flat[..end]),
        None => flat,
    }
}
