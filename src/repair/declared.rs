//! What all files that are looked at declare, for those that could use it: a fault may stand where the only use of it was.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

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
    /// Empty in languages in which a folder has nothing of its own.
    folder: &'t str,
}

/// Names for which others were asked, and whether those of methods.
type Asked<'t> = BTreeMap<(String, bool), Vec<&'t str>>;

/// Functions and methods, by their names.
#[derive(Default)]
pub struct Declared<'t> {
    by_name: BTreeMap<&'t str, Vec<Declaration<'t>>>,
    asked: Mutex<Asked<'t>>,
}

/// Names that are given for one.
const LIKE_MAX: usize = 6;
/// A name that more types have says little.
const KNOWN_MAX: usize = 8;
/// So much more like a name is another one that stands nowhere but where it is declared.
const UNUSED: f64 = 1.0;

impl<'t> Declared<'t> {
    /// Adds what a file in a folder declares.
    pub fn add(&mut self, folder: &'t str, tree: &'t Tree<'t>) {
        let folder = if tree.language.shares_folder { folder } else { "" };
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
        self.like(name, words, true)
    }

    /// Names of other functions in the folders that have one of this name and that take as much, the likeliest first.
    pub fn functions_like(&self, name: &str, words: &Vocabulary<'_>) -> Vec<&'t str> {
        self.like(name, words, false)
    }

    fn like(&self, name: &str, words: &Vocabulary<'_>, are_methods: bool) -> Vec<&'t str> {
        let Some(known) = self.by_name.get(name).filter(|known| known.len() <= KNOWN_MAX) else {
            return Vec::new();
        };
        // Who panicked while it was held had done with it.
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = asked.entry((name.to_owned(), are_methods));
        asked.or_insert_with(|| self.likest(name, known, words, are_methods)).clone()
    }

    fn likest(
        &self,
        name: &str,
        known: &[Declaration<'t>],
        words: &Vocabulary<'_>,
        are_methods: bool,
    ) -> Vec<&'t str> {
        let goes_with = |one: &Declaration<'t>, other: &Declaration<'t>| {
            one.of.is_some() == are_methods
                && (one.of, one.n_taken, one.folder) == (other.of, other.n_taken, other.folder)
        };
        let fits = |other: &Declaration<'t>| known.iter().any(|one| goes_with(one, other));
        let all = self
            .by_name
            .iter()
            .filter(|(other, declared)| **other != name && declared.iter().any(fits));
        let score = |other: &str| {
            let unused = if words.is_rare(other) { UNUSED } else { 0.0 };
            similarity::similarity(name, other) + unused
        };
        let mut all: Vec<(f64, &str)> = all.map(|(other, _)| (score(other), *other)).collect();
        all.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        all.into_iter().take(LIKE_MAX).map(|(_, other)| other).collect()
    }
}

/// The name of a function that belongs to no type, and how many values it takes.
fn own_function(function: Node<'_>) -> Option<(&str, usize)> {
    let name = function.part(&["name"])?.text();
    let taken = function.part(&["parameters"])?.descendants();
    Some((name, taken.filter(|node| node.role() == Role::Binding).count()))
}
