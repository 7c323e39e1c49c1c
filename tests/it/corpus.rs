//! The corpus of seeded faults is well formed. `cargo bench --bench corpus` lets the repair engine loose on it.

pub mod seeded;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::support::repository;
use seeded::{Fault, Language, Replacement, Seeded, load};

/// Families that no file of templates is named after.
const MORE_FAMILIES: [&str; 3] = ["copy", "exception", "recursion"];
const SINGLE_MIN: usize = 80;
const PAIRS_MIN: usize = 60;

#[test]
fn every_fault_fits_in_one_place() {
    let mut wrong = Vec::new();
    for seeded in load() {
        for fault in &seeded.faults {
            let spans: Vec<_> =
                fault.edits().iter().filter_map(|edit| span(&seeded, edit)).collect();
            let overlap = spans.len() == 2
                && spans[0].0 == spans[1].0
                && spans[0].1.start < spans[1].1.end
                && spans[1].1.start < spans[0].1.end;
            if spans.len() != fault.edits().len() || overlap {
                wrong.push(format!("{}: {}", seeded.name, fault.name));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// Where an edit is made, if that is one place and changes something.
fn span(seeded: &Seeded, edit: &Replacement) -> Option<(PathBuf, Range<usize>)> {
    let path = seeded.project().join(&edit.file);
    let text = fs::read_to_string(&path).ok()?;
    let mut places = text.match_indices(&edit.from);
    let (at, _) = places.next()?;
    let alone = places.next().is_none() && edit.from != edit.to;
    alone.then_some((path, at..at + edit.from.len()))
}

#[test]
fn names_of_faults_are_unique() {
    for seeded in load() {
        assert!(seeded.name.starts_with(seeded.language.name()), "{}", seeded.name);
        assert_eq!(seeded.tests, None, "{}: ours are run as is usual", seeded.name);
        let names: BTreeSet<&str> = seeded.faults.iter().map(|fault| fault.name.as_str()).collect();
        assert_eq!(names.len(), seeded.faults.len(), "{}", seeded.name);
    }
}

#[test]
fn every_language_has_enough_faults() {
    let all = load();
    let pairs = |fault: &&Fault| fault.also.is_some();
    let n_pairs = all.iter().flat_map(|seeded| &seeded.faults).filter(pairs).count();
    assert!(n_pairs >= PAIRS_MIN, "{n_pairs} pairs");
    for language in Language::ALL {
        let count = |unseen: bool| -> usize {
            let own =
                all.iter().filter(|seeded| (seeded.language, seeded.unseen) == (language, unseen));
            own.flat_map(|seeded| &seeded.faults).filter(|fault| fault.also.is_none()).count()
        };
        let (seen, unseen) = (count(false), count(true));
        assert!(seen + unseen >= SINGLE_MIN, "{language:?}: {seen} seen, {unseen} unseen");
        assert!(unseen >= SINGLE_MIN / 2, "{language:?}: {unseen} unseen");
    }
}

#[test]
fn every_family_occurs() {
    let folder = repository().join("src/repair/template");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let mut known: BTreeMap<String, usize> = files
        .map(|file| file.file_stem().unwrap().to_str().unwrap().replace('_', "-"))
        .filter(|name| name != "tests")
        .chain(MORE_FAMILIES.map(str::to_owned))
        .map(|name| (name, 0))
        .collect();
    for seeded in load() {
        for fault in &seeded.faults {
            let n = known.get_mut(&fault.family);
            *n.unwrap_or_else(|| panic!("{}: no family {:?}", fault.name, fault.family)) += 1;
        }
    }
    let missing: Vec<&String> =
        known.iter().filter(|(_, n)| **n == 0).map(|(name, _)| name).collect();
    assert!(missing.is_empty(), "no fault of {missing:?}");
}

#[test]
fn hidden_tests_are_apart() {
    for seeded in load() {
        assert!(seeded.hidden().is_dir(), "{}", seeded.name);
        let mut inside = Vec::new();
        names_below(&seeded.project(), &mut inside);
        let mut hidden = Vec::new();
        names_below(&seeded.hidden(), &mut hidden);
        assert!(
            !hidden.is_empty() && hidden.iter().all(|name| name.contains("hidden")),
            "{hidden:?}"
        );
        assert!(!inside.iter().any(|name| name.contains("hidden")), "{inside:?}");
    }
}

fn names_below(folder: &Path, names: &mut Vec<String>) {
    for child in fs::read_dir(folder).unwrap().map(|child| child.unwrap()) {
        if child.file_type().unwrap().is_dir() {
            names_below(&child.path(), names);
        } else {
            names.push(child.file_name().into_string().unwrap());
        }
    }
}
