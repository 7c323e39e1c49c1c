//! What templates need to know of a programming language, as data: adding one is adding a table.

pub mod go;
pub mod javascript;
pub mod python;
pub mod rust;

use super::place::Place;
use super::syntax::{Node, Tree};
use super::types::TypeWords;
use crate::base::path::RepoPath;
use crate::base::text::edit::Edit;

/// A language as the templates see it. Lists go from the most to the least likely repair.
pub struct Language {
    pub name: &'static str,
    pub extensions: &'static [&'static str],
    pub grammar: fn() -> tree_sitter::Language,
    /// Whether a node is test code inside a source file: a test function, a module of tests.
    pub is_test_item: fn(Node<'_>) -> bool,
    /// What else has to change with edits so that the file compiles: its imports.
    pub imports: fn(&Tree<'_>, &[Edit]) -> Vec<Edit>,
    /// Node kinds and the roles they play; kinds not named are `Role::Other`.
    pub kinds: &'static [(&'static str, Role)],
    /// Kinds that make a string more than its characters.
    pub interpolations: &'static [&'static str],
    /// Parent kinds and fields, `*` for any, where a name stands for no value: names of items and arguments.
    pub labels: &'static [(&'static str, &'static str)],
    /// Parent kinds and fields of names that are imported.
    pub imported: &'static [(&'static str, &'static str)],
    /// How values begin that are what another file gives.
    pub import_call: &'static str,
    /// How declarations begin that other files may use.
    pub exports: &'static [&'static str],
    /// Parent kinds and fields where a variable is introduced, not used.
    pub bindings: &'static [(&'static str, &'static str)],
    /// Kinds that list variables which are assigned to.
    pub targets: &'static [&'static str],
    /// What declarations begin with that nothing can change.
    pub constants: &'static [&'static str],
    /// What declarations begin with that say they change; they may look like those.
    pub variables: &'static [&'static str],
    pub comparisons: &'static [&'static str],
    pub logicals: &'static [&'static str],
    /// Functions whose arguments are bounds.
    pub range_calls: &'static [&'static str],
    /// Functions whose first argument is a pattern.
    pub patterns: &'static [&'static str],
    /// Goes before a condition to negate it.
    pub not: &'static str,
    /// Comparisons whose right side holds many values.
    pub containments: &'static [&'static str],
    /// Operators that fail for zero on their right.
    pub divisions: &'static [&'static str],
    /// How errors begin that functions give back.
    pub errors: &'static [&'static str],
    /// For each operator those it is confused with.
    pub operators: &'static [(&'static str, &'static [&'static str])],
    pub booleans: (&'static str, &'static str),
    /// Sets of functions, methods and exceptions that are mistaken for each other.
    pub siblings: &'static [&'static [&'static str]],
    /// Expressions around another, which stands at `$`, by what the value is used for.
    pub wraps: &'static [(&'static [Place], &'static [&'static str])],
    /// Other forms of an expression: its role, its operator or callee or `""` for any, and the forms; `$a` and `$b`
    /// are its first and last part, `$c` is a call's second argument,
    /// `$e` the only element of the first part.
    pub rewrites: &'static [(Role, &'static str, &'static [&'static str])],
    /// How long `$a` is.
    pub length: &'static str,
    /// Whether `$a` has nothing in it.
    pub empty: &'static str,
    /// `$a` by how many `$b` holds.
    pub share: &'static str,
    /// The kind of an entry whose value is the variable of its key's name, or of what is around that.
    pub shorthand: &'static str,
    /// Whether only what a type declares can be an entry.
    pub is_shorthand_typed: bool,
    /// A value's own copy.
    pub copies: &'static [&'static str],
    /// Calls that go into a chain of method calls.
    pub links: &'static [&'static str],
    /// `$a` once it is there.
    pub awaits: &'static str,
    /// Arguments that calls by this name may lack; those that start with `^` come first.
    pub arguments: &'static [(&'static str, &'static [&'static str])],
    /// Values variables start with.
    pub initials: &'static [&'static str],
    /// Conditions made of one name, and of two.
    pub atoms: &'static [&'static str],
    pub pair_atoms: &'static [&'static str],
    /// That a value is there, and that it is not, the strictest last.
    pub presences: &'static [(&'static str, &'static str)],
    /// `$a` converted to the type `$b`.
    pub cast: &'static str,
    pub cast_types: &'static [&'static str],
    /// Types that hold what overflows others.
    pub wide_types: &'static [&'static str],
    /// What two like values are made into.
    pub pairings: &'static [&'static str],
    /// Two texts as one; empty where an operator alone cannot do that.
    pub join: &'static str,
    /// What a value and a variable are made into.
    pub combinations: &'static [&'static str],
    /// Goes at the end of a comprehension that passes over what is not `$a`; empty where there are none.
    pub filter: &'static str,
    /// Kinds that declare a field or variant, and the field that holds its name.
    pub members: &'static [(&'static str, &'static str)],
    /// `$a` and `$b` as one value.
    pub tuple: &'static str,
    /// Kinds of default values that all calls share.
    pub shared_defaults: &'static [&'static str],
    /// What goes around an indented piece of code so that it can be parsed by itself.
    pub alone: (&'static str, &'static str),
    pub comment_starts: &'static [&'static str],
    /// Whether white space before a line says what it belongs to.
    pub is_indented: bool,
    /// Whether the files of a folder see all of each other.
    pub shares_folder: bool,
    /// The name methods have for their own object.
    pub own: &'static str,
    /// Names that are no variables although they look it.
    pub reserved: &'static [&'static str],
    /// For languages whose compilers refuse to mix types.
    pub types: Option<&'static TypeWords>,
    pub snippets: Snippets,
}

/// Source text with gaps: `$a`, `$b`; a line break starts a line of the same depth, `\t` one step deeper.
pub struct Snippets {
    pub statement_end: &'static str,
    pub indent: &'static str,
    /// What stands in a block without statements.
    pub nothing: &'static str,
    /// `$b` only if `$a`.
    pub guard: &'static str,
    /// Goes after a branch's block; `$a` if not.
    pub otherwise: &'static str,
    /// What chains a branch to the one before it.
    pub chain: &'static str,
    pub result: &'static str,
    /// Words that start a branch or loop and what they are mistaken for.
    pub branch_words: &'static [(&'static str, &'static str)],
    pub jumps: &'static [&'static str],
    pub assign: &'static str,
    /// A new variable `$a` starts as `$b`.
    pub declare: &'static str,
    pub updates: &'static [&'static str],
    /// `$b` goes into the collection `$a`.
    pub adds: &'static [&'static str],
    /// `$b` is not in the collection `$a`.
    pub absent: &'static str,
    /// There is no `$a[$b]`.
    pub unset: &'static str,
    /// A collection `$a` that was asked for `$b` gets or loses it; `$c` is what it is stored with.
    pub fills: &'static [&'static str],
    /// `$a` is nothing: empty, zero, missing.
    pub nothings: &'static [&'static str],
    /// What functions give when there is nothing.
    pub blanks: &'static [&'static str],
    /// Statements that refuse; `$a` is what is refused.
    pub refusals: &'static [&'static str],
    /// `$a` gets the value `$b` if the caller gave none, and the default that says so.
    pub fresh_default: (&'static str, &'static str),
}

/// What a node is for, whatever the language calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing the templates know.
    Other,
    /// Never edited, with all below it: comments, imports, types, attributes.
    Frozen,
    /// A variable, constant or function where it is used.
    Name,
    /// A variable where it is introduced.
    Binding,
    /// The name after the dot.
    Field,
    /// A name with the path to it, such as `Colour::Red`.
    Path,
    Integer,
    Float,
    String,
    /// A pattern that is written as a literal.
    Regex,
    /// Characters between the values of a text.
    Fragment,
    Boolean,
    Null,
    List,
    Tuple,
    /// What a return or an assignment lists, one or more.
    Values,
    Map,
    Pair,
    Comprehension,
    Lambda,
    /// `value.field`.
    Attribute,
    Call,
    Arguments,
    KeywordArgument,
    Index,
    Slice,
    Range,
    /// Any operator between two operands; refined to the next three.
    Binary,
    Comparison,
    Logical,
    Arithmetic,
    /// Any operator before an operand; refined to `Not` or `Negative` where it is one.
    Unary,
    Not,
    Negative,
    Conditional,
    /// The condition of a comprehension.
    Filter,
    Else,
    /// One case of many.
    Arm,
    /// Cases that jumps end.
    Switch,
    /// One case of many, whose value says when it is the one.
    Case,
    /// Holds a value inside a text.
    Element,
    Group,
    Cast,
    /// Passes a failure on, such as `?`.
    Try,
    Assign,
    AugmentedAssign,
    ExpressionStatement,
    Return,
    Raise,
    Break,
    Continue,
    If,
    /// A loop over values.
    Loop,
    While,
    /// A list of statements.
    Block,
    Function,
    Class,
    Parameters,
    Parameter,
    /// Code the grammar does not look into, such as the arguments of a macro.
    Tokens,
}

impl Language {
    pub fn role_of_kind(&self, kind: &str) -> Role {
        self.kinds.iter().find(|(known, _)| *known == kind).map_or(Role::Other, |(_, role)| *role)
    }

    pub fn is_test_item(&self, node: Node<'_>) -> bool {
        node.is_named() && (self.is_test_item)(node)
    }

    pub fn is_label(&self, parent_kind: &str, field: Option<&str>) -> bool {
        holds(self.labels, parent_kind, field)
    }

    /// Whether any of its nodes is for this.
    pub fn has(&self, role: Role) -> bool {
        self.kinds.iter().any(|(_, known)| *known == role)
    }

    pub fn is_imported(&self, parent_kind: &str, field: Option<&str>) -> bool {
        holds(self.imported, parent_kind, field)
    }

    pub fn is_binding(&self, parent_kind: &str, field: Option<&str>) -> bool {
        field != Some("condition") && holds(self.bindings, parent_kind, field)
    }
}

fn holds(places: &[(&str, &str)], parent_kind: &str, field: Option<&str>) -> bool {
    places
        .iter()
        .any(|(kind, known)| *kind == parent_kind && (*known == "*" || Some(*known) == field))
}

const LANGUAGES: [&Language; 6] = [
    &python::PYTHON,
    &rust::RUST,
    &go::GO,
    &javascript::JAVASCRIPT,
    &javascript::TYPESCRIPT,
    &javascript::TSX,
];

/// The language of a file by its extension; `None` for files that cannot be repaired.
pub fn of(path: &RepoPath) -> Option<&'static Language> {
    LANGUAGES.into_iter().find(|language| language.extensions.contains(&path.extension()))
}
