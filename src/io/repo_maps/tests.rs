//! Maps of real stores: what is made again, what is not, and what damage does.

use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::logic::outline::{PackedOutline, outline};
use crate::logic::repo_map::Focus;

struct Case {
    folder: TempDir,
    store: Store,
}

type File<'a> = (&'a str, &'a str);

impl Case {
    fn new() -> Case {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("project");
        fs::create_dir(&root).unwrap();
        let store = Store::open(&root, &folder.path().join("state")).unwrap();
        Case { folder, store }
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn maps(&self) -> RepoMaps {
        RepoMaps::open(&self.cache())
    }

    fn tree(&self, files: &[File<'_>]) -> TreeId {
        let files: Vec<_> = files
            .iter()
            .map(|(path, text)| (RepoPath::new(path).unwrap(), Some(text.as_bytes().to_vec())))
            .collect();
        let empty = self.store.snapshot(&[]).unwrap().tree;
        self.store.with_files(&empty, &files).unwrap()
    }

    /// What a map holds, told as a model would be.
    fn told(&self, maps: &RepoMaps, tree: &TreeId) -> String {
        let map = maps.of(&self.store, tree, &CancelToken::new()).unwrap();
        map.ranked(&Focus::default(), 10_000)
    }
}

/// What the map of these files must say, whatever was kept or known before.
fn wanted(files: &[File<'_>]) -> String {
    let packed = files.iter().filter_map(|(path, text)| {
        let path = RepoPath::new(path)?;
        let outline = outline(&path, text)?;
        Some((path, PackedOutline::of(&outline)))
    });
    RepoMap::from_iter(packed).ranked(&Focus::default(), 10_000)
}

const FILES: &[File<'_>] = &[
    ("a.py", "def a(): pass\n"),
    ("b/b.rs", "fn b() { a() }\n"),
    ("same.py", "const = 1\n"),
    ("same.go", "const = 1\n"),
    ("text.md", "# def f\n"),
];

#[test]
fn a_map_has_the_sources_of_its_tree_and_is_made_once() {
    let case = Case::new();
    let (maps, tree) = (case.maps(), case.tree(FILES));
    assert_eq!(case.told(&maps, &tree), wanted(FILES));
    let of = || maps.of(&case.store, &tree, &CancelToken::new()).unwrap();
    assert!(Arc::ptr_eq(&of(), &of()));
}

#[test]
fn what_is_kept_is_not_read_again() {
    let case = Case::new();
    let tree = case.tree(FILES);
    case.told(&case.maps(), &tree);
    let n_bytes = fs::metadata(case.cache().join("outlines")).unwrap().len();
    assert_eq!(case.told(&case.maps(), &tree), wanted(FILES));
    assert_eq!(fs::metadata(case.cache().join("outlines")).unwrap().len(), n_bytes);
}

#[test]
fn a_map_in_use_stays_as_it_is() {
    let case = Case::new();
    let maps = case.maps();
    let before = maps.of(&case.store, &case.tree(FILES), &CancelToken::new()).unwrap();
    let told = before.ranked(&Focus::default(), 10_000);
    let other = [("a.py", "def other(): pass\n")];
    assert_eq!(case.told(&maps, &case.tree(&other)), wanted(&other));
    assert_eq!(before.ranked(&Focus::default(), 10_000), told);
}

#[test]
fn a_cancelled_map_is_an_error_and_the_next_one_is_whole() {
    let case = Case::new();
    let (maps, tree, cancel) = (case.maps(), case.tree(FILES), CancelToken::new());
    cancel.cancel();
    let failure = maps.of(&case.store, &tree, &cancel).err().unwrap();
    assert_eq!(failure.kind, FailureKind::Refused);
    assert_eq!(case.told(&maps, &tree), wanted(FILES));
}

#[test]
fn without_a_place_to_keep_outlines_maps_are_made_all_the_same() {
    let case = Case::new();
    fs::write(case.cache(), "a file where the folder should be").unwrap();
    assert_eq!(case.told(&case.maps(), &case.tree(FILES)), wanted(FILES));
}

#[test]
fn damage_is_made_good() {
    let case = Case::new();
    let tree = case.tree(FILES);
    case.told(&case.maps(), &tree);
    let file = case.cache().join("outlines");
    let sound = fs::read(&file).unwrap();
    for at in 0..sound.len() {
        let mut flipped = sound.clone();
        flipped[at] ^= 0x41;
        for damaged in [&flipped[..], &sound[..at]] {
            fs::write(&file, damaged).unwrap();
            assert_eq!(case.told(&case.maps(), &tree), wanted(FILES), "at byte {at}");
            assert_eq!(fs::metadata(&file).unwrap().len(), sound.len() as u64, "at byte {at}");
        }
    }
}

#[test]
fn files_without_room_are_left_out_and_come_back_with_room() {
    let case = Case::new();
    let long = "def long(): pass\n".repeat(100);
    let (small, large) = (("a.py", "a = 1\n"), ("b.py", long.as_str()));
    let rest = ("c.py", "c = 1\n");
    let maps = RepoMaps::with_room(&case.cache(), 500);
    for files in [[small, rest].as_slice(), &[small, large, rest], &[small, rest]] {
        let has_room = !files.contains(&large);
        let shown = if has_room { files } else { &files[..2] };
        assert_eq!(case.told(&maps, &case.tree(files)), wanted(shown));
    }
}

#[test]
fn outlines_of_old_trees_are_forgotten_when_there_are_too_many() {
    let case = Case::new();
    let maps = RepoMaps::with_room(&case.cache(), 100);
    for round in 0..100 {
        let text = format!("def f{round}(): pass\n");
        let files = [("a.py", text.as_str())];
        assert_eq!(case.told(&maps, &case.tree(&files)), wanted(&files));
    }
    let n_bytes = fs::metadata(case.cache().join("outlines")).unwrap().len();
    assert!(n_bytes < 2_000, "{n_bytes}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    /// Whatever trees were asked for before, in whatever process.
    #[test]
    fn the_way_to_a_tree_does_not_matter(
        trees in prop::collection::vec((
            prop::sample::subsequence(vec![
                ("a.py", "def a(): pass\n"), ("b.py", "a()\n"), ("c/c.rs", "fn c() {}\n"), ("d.go", "func d() {}\n"),
                ("e.ts", "class E {}\n"),
            ], 0..5),
            any::<bool>(),
        ), 1..5),
    ) {
        let case = Case::new();
        let mut maps = case.maps();
        for (files, is_new_process) in &trees {
            if *is_new_process {
                maps = case.maps();
            }
            prop_assert_eq!(case.told(&maps, &case.tree(files)), wanted(files));
        }
    }
}
