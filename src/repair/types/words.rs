//! What has to be known of a language to tell types.

use crate::repair::language::Role;

/// Sort of value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Float,
    /// A literal that may be either.
    Number,
    Text,
    Char,
    Boolean,
    List,
    Map,
    Set,
    /// What has fields that nothing declares.
    Object,
    /// It may be missing or have failed.
    Maybe,
    Tuple,
    Iterator,
    Closure,
    /// A type that the file declares.
    Own,
    /// No value at all.
    Nothing,
}

/// Kinds with a method, and the kinds of each argument that it takes; any where there are none.
pub type Taking = (&'static [Kind], &'static str, &'static [&'static [Kind]]);

/// What [`Types`] needs to know of a language.
pub struct TypeWords {
    /// Names of types.
    pub names: &'static [(&'static str, Kind)],
    /// What types begin with that are written with signs.
    pub signs: &'static [(&'static str, Kind)],
    /// What goes before a type without changing its kind.
    pub prefixes: &'static [&'static str],
    /// The types of literals.
    pub literals: &'static [(Role, &'static str)],
    /// A literal with quotes that is no text.
    pub char_literal: &'static str,
    /// What functions, methods and macros give wherever they are called, by their last name.
    pub gives: &'static [(&'static str, &'static str)],
    /// Methods that give what they are called on.
    pub keeps: &'static [&'static str],
    /// Methods that values of these kinds do not have; `*` for any method.
    pub lacks: &'static [(&'static [Kind], &'static [&'static str])],
    /// Functions take as many arguments as they declare, always.
    pub is_arity_fixed: bool,
    /// Methods have to be called at once.
    pub has_methods_apart: bool,
    /// Arguments that methods take.
    pub takes: &'static [Taking],
    /// Methods that change what they are called on.
    pub changers: &'static [&'static str],
    /// Types that cannot be changed, whoever holds them.
    pub unchangeable: &'static [&'static str],
    /// What declares a variable that can be changed; empty where all can.
    pub changeable: &'static str,
    /// Methods of these kinds, or of any, whose result has a type only where it is put somewhere.
    pub vague: &'static [(&'static str, &'static [Kind])],
    /// Kinds that can be cast to numbers; empty where casts are calls.
    pub castable: &'static [Kind],
    /// What names of types start with that have no negative numbers; empty where those may be negated.
    pub unsigned: &'static str,
    /// Kinds that can be negated.
    pub negatable: &'static [Kind],
    /// Operators between these kinds.
    pub operators: &'static [(Kind, &'static [&'static str])],
    /// What operators before a value give; others give what they get.
    pub unary: &'static [(&'static str, &'static str)],
    /// Kinds that a condition may have.
    pub truths: &'static [Kind],
    /// The types of fields that values of the language have.
    pub properties: &'static [(&'static str, &'static str)],
    /// For languages where names have no types but values do.
    pub loose: Option<&'static Loose>,
    /// Kinds that a number cannot pick from.
    pub not_indexed: &'static [Kind],
}

/// What languages need to be told by that declare no types: a variable is what all its values are.
pub struct Loose {
    /// What begins methods that look like fields.
    pub accessors: &'static [&'static str],
    /// Gives its second operand only where the first is nothing.
    pub or_else: &'static str,
    /// Fields and methods that only values of the type have.
    pub tells: &'static [(&'static str, &'static str)],
}

impl TypeWords {
    /// The type of what has this name everywhere.
    pub fn gives(&self, name: &str) -> Option<&'static str> {
        self.gives.iter().find(|(known, _)| *known == name).map(|(_, of)| *of)
    }
}
