//! What all files that are looked at declare, for those that could use it: a fault may stand where the only use of it was.

use std::collections::BTreeMap;

use super::language::Role;
use super::methods::{own_method, type_of};
use super::similarity;
use super::syntax::{Node, Tree};
use super::vocabulary::Vocabulary;

/// What is declared of one name in one place.
struct Declaration<'t> {
    /// The type that a method belongs to.
    of: Option<&'t str>,
    /// How many values it takes.
    n_taken: usize,
    folder: &'t str,
}

/// Functions and methods, by their names.
#[derive(Default)]
pub struct Declared<'t> {
    by_name: BTreeMap<&'t str, Vec<Declaration<'t>>>,
}

/// So much more like a name is another one that stands nowhere but where it is declared.
const UNUSED: f64 = 1.0;

impl<'t> Declared<'t> {
    /// Adds what a file in a folder declares.
    pub fn add(&mut self, folder: &'t str, tree: &'t Tree<'t>) {
        for function in tree.nodes().filter(|node| node.role() == Role::Function) {
            let of = type_of(function);
            let known = match of {
                Some(_) => own_method(function),
                None => own_function(function),
            };
            if let Some((name, n_taken)) = known {
                let one = Declaration { of, n_taken, folder };
                self.by_name.entry(name).or_default().push(one);
            }
        }
    }

    /// Names of other methods of the types that have one of this name and that take as much, the likeliest first.
    pub fn methods_like(&self, name: &str, words: &Vocabulary<'_>) -> Vec<&'t str> {
        self.like(name, words, |known, other| known.of.is_some() && known.of == other.of)
    }

    /// Names of other functions in the folders that have one of this name and that take as much, the likeliest first.
    pub fn functions_like(&self, name: &str, words: &Vocabulary<'_>) -> Vec<&'t str> {
        let is_free = |one: &Declaration<'_>| one.of.is_none();
        self.like(name, words, |known, other| {
            is_free(known) && is_free(other) && known.folder == other.folder
        })
    }

    fn like(
        &self,
        name: &str,
        words: &Vocabulary<'_>,
        goes_with: impl Fn(&Declaration<'t>, &Declaration<'t>) -> bool,
    ) -> Vec<&'t str> {
        let known = self.by_name.get(name).map_or(&[][..], Vec::as_slice);
        let fits = |other: &Declaration<'t>| {
            known.iter().any(|one| one.n_taken == other.n_taken && goes_with(one, other))
        };
        let all = self.by_name.iter().filter(|(other, declared)| {
            !known.is_empty() && **other != name && declared.iter().any(fits)
        });
        let score = |other: &str| {
            let unused = if words.is_rare(other) { UNUSED } else { 0.0 };
            similarity::similarity(name, other) + unused
        };
        let mut all: Vec<(f64, &str)> = all.map(|(other, _)| (score(other), *other)).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        all.into_iter().map(|(_, other)| other).collect()
    }
}

/// The name of a function that belongs to no type, and how many values it takes.
fn own_function(function: Node<'_>) -> Option<(&str, usize)> {
    let name = function.part(&["name"])?.text();
    let taken = function.part(&["parameters"])?.descendants();
    Some((name, taken.filter(|node| node.role() == Role::Binding).count()))
}
