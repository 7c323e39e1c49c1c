//! Many edits in one Go package: every edit becomes a copy of its function, and the function calls the copy whose number
//! the environment names. Unlike arms inside one function, copies never see each other, whatever they declare or return.
//! Pure text generation from syntax ranges.

mod marks;
mod registry;
mod signature;

pub use marks::{Marked, mark};
pub use registry::TIME_VARIABLE;

use std::collections::BTreeMap;
use std::ops::Range;

use tree_sitter::{Node, Parser, Tree};

use self::registry::{package, registry, registry_path};
use self::signature::Signature;
use super::Source;
use crate::base::path::RepoPath;
use crate::base::text::edit::{self, Edit};

/// Edits that are switched on together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Piece {
    pub path: RepoPath,
    /// Sorted, disjoint, against the source's text; those of the imports go with any others.
    pub edits: Vec<Edit>,
}

/// A number of a unit, which is a function or variable, and a number of a copy of it, counted from 1.
pub type Arm = (u64, u32);

/// Room for the units of a package: as each has its own, its files hang on its own pieces alone, and what was built of them
/// once is built.
pub const UNITS_MAX: u64 = 100_000;

/// What became of a piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// What to write into [`super::schema::ARMS_VARIABLE`], as `unit=arm,unit=arm`.
    Arms(Vec<Arm>),
    /// The function is no Go after the edits.
    Malformed,
    /// No copy can hold the edits: signatures, types, constants of other packages.
    OutOfReach,
}

/// The files of a package with copies in them.
#[derive(Debug, Default)]
pub struct Package {
    /// What each file is to hold, with one more that chooses.
    pub texts: BTreeMap<RepoPath, String>,
    /// One per piece.
    pub places: Vec<Place>,
}

/// The copy in which a compiler's message is, by the name of its file.
pub fn blamed(message: &str) -> Option<Arm> {
    let (_, rest) = message.split_once("greenloop_arm_")?;
    let (name, _) = rest.split_once(".go:")?;
    let (unit, arm) = name.split_once('_')?;
    Some((unit.parse().ok()?, arm.parse().ok()?))
}

fn parse(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).ok()?;
    parser.parse(text, None)
}

/// A file of the package while copies are collected.
struct File<'a> {
    source: &'a Source,
    tree: Tree,
    /// Edits of the original: choices at the heads of functions, names for parameters, imports.
    edits: Vec<Edit>,
    /// What stands behind the original.
    copies: String,
}

/// A function or variable of which there are copies.
struct Unit {
    file: usize,
    /// Start of the declaration, which tells units apart.
    start: usize,
    choices: String,
    n_arms: u32,
}

/// Puts every piece that can be held into the files of one package (`sources`: those in one folder), units numbered from
/// `first_unit`, at most [`UNITS_MAX`]. Tests among the sources are left alone.
pub fn build(sources: &[&Source], pieces: &[&Piece], first_unit: u64) -> Package {
    let files = sources.iter().filter(|source| !source.is_test);
    let files = files.filter_map(|source| {
        let tree = parse(&source.text)?;
        Some(File { source, tree, edits: Vec::new(), copies: String::new() })
    });
    let mut builder = Builder { files: files.collect(), units: Vec::new(), first_unit };
    let places = pieces.iter().map(|piece| builder.place(piece)).collect();
    builder.finish(places)
}

struct Builder<'a> {
    files: Vec<File<'a>>,
    units: Vec<Unit>,
    first_unit: u64,
}

impl Builder<'_> {
    fn place(&mut self, piece: &Piece) -> Place {
        let Some(at) = self.files.iter().position(|file| file.source.path == piece.path) else {
            return Place::OutOfReach;
        };
        let root = self.files[at].tree.root_node();
        let (imports, edits): (Vec<Edit>, Vec<Edit>) =
            piece.edits.iter().cloned().partition(|edit| is_import(root, edit));
        // Of imports, only what is added can be there for others too.
        if imports.iter().any(|edit| !edit.range().is_empty() && !edit.text.is_empty()) {
            return Place::OutOfReach;
        }
        let (Some(first), Some(last)) = (edits.first(), edits.last()) else {
            return Place::OutOfReach;
        };
        let Some(declaration) = declaration(root, first.start..last.end) else {
            return Place::OutOfReach;
        };
        let (start, kind) = (declaration.start_byte(), declaration.kind());
        let place = match kind {
            "function_declaration" | "method_declaration" => {
                self.function(at, start, &edits).map(|arm| vec![arm])
            }
            "var_spec" => self.variable(at, start, &edits).map(|arm| vec![arm]),
            "const_spec" => self.constant(at, start, &edits),
            _ => Err(Place::OutOfReach),
        };
        let file = &mut self.files[at];
        let added = imports.into_iter().filter(|edit| edit.start == edit.end);
        match place {
            Ok(arms) => {
                for edit in added {
                    if !file.edits.contains(&edit) {
                        file.edits.push(edit);
                    }
                }
                Place::Arms(arms)
            }
            Err(place) => place,
        }
    }

    /// A new arm of the unit that starts there.
    fn arm(&mut self, file: usize, start: usize) -> Arm {
        let same = |unit: &Unit| unit.file == file && unit.start == start;
        let at = self.units.iter().position(same).unwrap_or_else(|| {
            self.units.push(Unit { file, start, choices: String::new(), n_arms: 0 });
            self.units.len() - 1
        });
        self.units[at].n_arms += 1;
        (self.first_unit + at as u64, self.units[at].n_arms)
    }

    fn function(&mut self, at: usize, start: usize, edits: &[Edit]) -> Result<Arm, Place> {
        let source = self.files[at].source;
        let text: &str = &source.text;
        let root = self.files[at].tree.root_node();
        let function = declaration(root, start..start + 1).ok_or(Place::OutOfReach)?;
        let signature = Signature::of(function, text).ok_or(Place::OutOfReach)?;
        if edits.first().is_none_or(|edit| edit.start <= signature.body.start) {
            return Err(Place::OutOfReach);
        }
        let range = function.byte_range();
        let name = &text[signature.name.clone()];
        let copied = |name: &str| {
            let name = Edit::new(signature.name.clone(), name);
            let all: Vec<Edit> = std::iter::once(name).chain(edits.iter().cloned()).collect();
            after(text, &range, &all)
        };
        if !is_sound(&copied(name).ok_or(Place::OutOfReach)?) {
            return Err(Place::Malformed);
        }
        let (unit, arm) = self.arm(at, start);
        let copy = format!("greenloop_{unit}_{arm}_{name}");
        let copied = copied(&copy).unwrap_or_default();
        let call = signature.call(&copy);
        let unit_at = (unit - self.first_unit) as usize;
        self.units[unit_at].choices += &format!("case {arm}: {call}; ");
        if arm == 1 {
            self.files[at].edits.extend(signature.names.iter().cloned());
        }
        self.copy(at, (unit, arm), &copied);
        Ok((unit, arm))
    }

    /// A variable of the package gets its other value before anything runs.
    fn variable(&mut self, at: usize, start: usize, edits: &[Edit]) -> Result<Arm, Place> {
        let (name, value) = self.value(at, start, edits)?;
        let (unit, arm) = self.arm(at, start);
        let own = unit - self.first_unit;
        let text =
            format!("func init() {{ if greenloopUnits[{own}] == {arm} {{ {name} = {value}\n}} }}");
        self.copy(at, (unit, arm), &text);
        Ok((unit, arm))
    }

    /// Every function of the package that names a constant gets a copy with a constant of its own.
    fn constant(&mut self, at: usize, start: usize, edits: &[Edit]) -> Result<Vec<Arm>, Place> {
        let (name, value) = self.value(at, start, edits)?;
        let mut users = Vec::new();
        for (file, known) in self.files.iter().enumerate() {
            let text = &known.source.text;
            let mut cursor = known.tree.root_node().walk();
            for function in known.tree.root_node().children(&mut cursor) {
                let body = function.child_by_field_name("body").filter(|_| is_function(function));
                if let Some(body) = body.filter(|body| names(&text[body.byte_range()], &name)) {
                    users.push((file, function.start_byte(), body.start_byte() + 1));
                }
            }
        }
        let own = |(file, start, body): (usize, usize, usize)| {
            self.function(
                file,
                start,
                &[Edit::new(body..body, format!("const {name} = {value}; "))],
            )
        };
        let arms = users.into_iter().map(own).collect::<Result<Vec<Arm>, Place>>()?;
        if arms.is_empty() { Err(Place::OutOfReach) } else { Ok(arms) }
    }

    /// The name and the edited value of a variable or constant that is declared alone.
    fn value(&self, at: usize, start: usize, edits: &[Edit]) -> Result<(String, String), Place> {
        let file = &self.files[at];
        let text = &file.source.text;
        let declared = declaration(file.tree.root_node(), start..start + 1);
        let declared = declared.ok_or(Place::OutOfReach)?;
        let mut cursor = declared.walk();
        let n_names = declared.children_by_field_name("name", &mut cursor).count();
        let part = |field| declared.child_by_field_name(field);
        let (Some(name), Some(value), 1) = (part("name"), part("value"), n_names) else {
            return Err(Place::OutOfReach);
        };
        let whole = declared.byte_range();
        let edited = after(text, &whole, edits).ok_or(Place::OutOfReach)?;
        let prefix = value.start_byte() - whole.start;
        if edits.first().is_none_or(|edit| edit.start < value.start_byte()) {
            return Err(Place::OutOfReach);
        }
        if edited[prefix..].contains("iota") {
            return Err(Place::OutOfReach);
        }
        let value = match part("type").map(|written| &text[written.byte_range()]) {
            Some(written) => format!("({written})({})", &edited[prefix..]),
            None => edited[prefix..].to_owned(),
        };
        Ok((text[name.byte_range()].to_owned(), value))
    }

    /// Code behind the original, in a file of its own as far as the compiler's messages go.
    fn copy(&mut self, at: usize, (unit, arm): Arm, text: &str) {
        let copy = format!("\n//line greenloop_arm_{unit}_{arm}.go:1\n{text}\n");
        self.files[at].copies += &copy;
    }

    fn finish(mut self, places: Vec<Place>) -> Package {
        for (number, unit) in self.units.iter().enumerate() {
            let file = &mut self.files[unit.file];
            let found = declaration(file.tree.root_node(), unit.start..unit.start + 1);
            let body = found.and_then(|function| function.child_by_field_name("body"));
            if let Some(body) = body {
                let at = body.start_byte() + 1;
                let choice = format!("switch greenloopUnits[{number}] {{ {}}}; ", unit.choices);
                file.edits.push(Edit::new(at..at, choice));
            }
        }
        let mut texts = BTreeMap::new();
        for mut file in self.files.into_iter().filter(|file| !file.copies.is_empty()) {
            file.edits.sort();
            let Some(text) = edit::apply(&file.source.text, &file.edits) else { continue };
            let path = registry_path(&file.source.path);
            if let Some(path) = path.filter(|_| texts.is_empty()) {
                let package = package(&file.source.text, &file.tree);
                texts.insert(path, registry(&package, self.first_unit, self.units.len()));
            }
            texts.insert(file.source.path.clone(), text + &file.copies);
        }
        Package { texts, places }
    }
}

/// Whether an edit adds or takes away an import.
fn is_import(root: Node<'_>, edit: &Edit) -> bool {
    let mut cursor = root.walk();
    let mut heads = root.children(&mut cursor).take_while(|node| {
        matches!(node.kind(), "package_clause" | "import_declaration" | "comment" | "\n" | ";")
    });
    heads.any(|node| node.start_byte() < edit.start && edit.end <= node.end_byte())
}

fn is_function(node: Node<'_>) -> bool {
    matches!(node.kind(), "function_declaration" | "method_declaration")
}

/// The function, variable or constant outside functions that holds a range.
fn declaration(root: Node<'_>, range: Range<usize>) -> Option<Node<'_>> {
    let mut node = root.descendant_for_byte_range(range.start, range.end.max(range.start))?;
    let mut found = None;
    loop {
        if is_function(node) || matches!(node.kind(), "var_spec" | "const_spec") {
            found = Some(node);
        }
        match node.parent() {
            Some(parent) => node = parent,
            None => return found,
        }
    }
}

/// Whether `name` is a word of a text.
fn names(text: &str, name: &str) -> bool {
    text.split(|ch: char| !ch.is_alphanumeric() && ch != '_').any(|word| word == name)
}

/// Whether a function stands for itself without syntax errors.
fn is_sound(function: &str) -> bool {
    parse(&format!("package p\n{function}\n")).is_some_and(|tree| {
        let root = tree.root_node();
        !root.has_error() && root.named_child_count() == 2
    })
}

/// The text of `range` after edits; `None` when they are not sorted, disjoint and inside it.
fn after(text: &str, range: &Range<usize>, edits: &[Edit]) -> Option<String> {
    let moved = |edit: &Edit| {
        let start = edit.start.checked_sub(range.start)?;
        Some(Edit::new(start..edit.end.checked_sub(range.start)?, edit.text.clone()))
    };
    edit::apply(text.get(range.clone())?, &edits.iter().map(moved).collect::<Option<Vec<Edit>>>()?)
}

#[cfg(test)]
mod tests;
