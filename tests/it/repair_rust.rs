//! The repair worker on Rust crates: many edits in one build, and those that no build can share.

use std::sync::Mutex;

use greenloop::base::cancel::CancelToken;
use greenloop::io::worker::Progress;
use greenloop::model::event::WorkResult;

use crate::place::rungs;
use crate::red::Red;

/// The manifest of a crate without dependencies.
const MANIFEST: &str = "[package]\nname = \"shapes\"\nversion = \"0.1.0\"\nedition = \"2021\"\n";

#[test]
fn a_crate_is_fixed_by_edits_that_share_builds() {
    let red = Red::of_fixture("rust-interval", "", &rungs().pop().unwrap().1);
    let told = Mutex::new(Vec::new());
    let (_, title, fact) = red.fix_telling(&[], &|progress| told.lock().unwrap().push(progress));
    println!("{title} {fact:?}");
    assert!(title.contains("src/set.rs"), "{title}");
    assert!(fact.tried >= 100, "{fact:?}");
    let told: Vec<Progress> = told.into_inner().unwrap();
    assert!(!told.iter().any(|one| one.text.contains("cannot go on")), "{told:?}");
}

/// Code whose edits do not fit beside the original everywhere: types that differ, borrows, moves, early ends.
const HARD: &str = r#"#![deny(warnings)]
use std::collections::BTreeMap;

pub fn evens(up_to: u32) -> impl Iterator<Item = u32> {
    (0..up_to).filter(|n| n % 2 == 0).map(move |n| n.min(up_to))
}

pub fn longest<'a>(words: &'a [String], but: &str) -> Option<&'a str> {
    let mut best: Option<&str> = None;
    for word in words.iter().map(String::as_str).filter(|word| *word != but) {
        match best {
            Some(known) if known.len() >= word.len() => {}
            _ => best = Some(word),
        }
    }
    best
}

pub struct Counter<T> {
    seen: BTreeMap<T, usize>,
}

impl<T: Ord + Clone> Counter<T> {
    pub fn new(items: &[T]) -> Self {
        let mut seen = BTreeMap::new();
        for item in items {
            *seen.entry(item.clone()).or_insert(0) += 1;
        }
        Counter { seen }
    }

    pub fn at_least(&self, n: usize) -> Vec<T> {
        let often = self.seen.iter().filter(|(_, count)| **count > n);
        often.map(|(item, _)| item.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_numbers() {
        assert_eq!(evens(7).collect::<Vec<_>>(), [0, 2, 4, 6]);
    }

    #[test]
    fn the_longest_word() {
        let words = ["ab", "abcd", "abc", "wxyz"].map(String::from);
        assert_eq!(longest(&words, "abcd"), Some("wxyz"));
        assert_eq!(longest(&words, ""), Some("abcd"));
    }

    #[test]
    fn what_comes_often() {
        let counter = Counter::new(&["a", "b", "a", "c", "b", "a"]);
        assert_eq!(counter.at_least(2), ["a", "b"]);
        assert_eq!(counter.at_least(3), ["a"]);
    }
}
"#;

#[test]
fn edits_of_generic_code_and_closures_are_tried() {
    let red = Red::of_files(&[("Cargo.toml", MANIFEST), ("src/lib.rs", HARD)]);
    let (tree, title, fact) = red.fix(&[]);
    println!("{title} {fact:?}");
    assert!(red.text(&tree, "src/lib.rs").contains("**count >= n"), "{title}");
}

#[test]
fn a_constant_of_a_macro_crate_gets_a_build_of_its_own() {
    let manifest = format!("{MANIFEST}\n[lib]\nproc-macro = true\n");
    let code = "const WIDTH: usize = 3;\n\n\
        #[proc_macro]\npub fn same(input: proc_macro::TokenStream) -> proc_macro::TokenStream {\n    input\n}\n\n\
        fn padded(text: &str) -> String {\n    format!(\"{text:>width$}\", width = WIDTH)\n}\n\n\
        #[test]\nfn pads() {\n    assert_eq!(padded(\"ab\"), \"  ab\");\n}\n\n\
        #[test]\nfn keeps_long_text() {\n    assert_eq!(padded(\"abcdef\"), \"abcdef\");\n}\n";
    let red = Red::of_files(&[("Cargo.toml", &manifest), ("src/lib.rs", code)]);
    let (tree, title, fact) = red.fix(&[]);
    println!("{title} {fact:?}");
    assert!(red.text(&tree, "src/lib.rs").contains("WIDTH: usize = 4"), "{title}");
}

#[test]
fn two_faults_of_a_program_take_two_edits() {
    let code = "fn half(a: u32) -> u32 {\n    a / 3\n}\n\nfn twice(a: u32) -> u32 {\n    a + 2\n}\n\n\
        fn main() {\n    println!(\"{}\", half(twice(2)));\n}\n\n\
        #[test]\nfn halves() {\n    assert_eq!([2, 10, 44].map(half), [1, 5, 22]);\n}\n\n\
        #[test]\nfn twos() {\n    assert_eq!([1, 2, 5].map(twice), [2, 4, 10]);\n}\n";
    let red = Red::of_files(&[("Cargo.toml", MANIFEST), ("src/main.rs", code)]);
    assert_eq!(red.targets.len(), 2);
    let (_, title, fact) = red.fix(&[]);
    println!("{title} {fact:?}");
    assert!(title.contains(" and "), "{title}");
}

#[test]
fn a_crate_that_does_not_build_is_fixed() {
    let code = "pub fn half(number: i32) -> i32 {\n    numbr / 2\n}\n\n\
        #[test]\nfn halves() {\n    assert_eq!(half(4), 2);\n}\n";
    let red = Red::of_files(&[("Cargo.toml", MANIFEST), ("src/lib.rs", code)]);
    let (tree, title, _) = red.fix(&[]);
    assert!(red.text(&tree, "src/lib.rs").contains("number / 2"), "{title}");
}

/// One edit only brings it to the test's next line.
#[test]
fn a_test_that_needs_two_edits_by_itself_gets_them() {
    let code = "pub fn half(a: i32) -> i32 {\n    a / 3\n}\n\npub fn twice(a: i32) -> i32 {\n    a + 2\n}\n";
    let test = "use shapes::{half, twice};\n\n#[test]\nfn all() {\n    assert_eq!([2, 10, 44].map(half), [1, 5, 22]);\n    \
assert_eq!([1, 2, 5].map(twice), [2, 4, 10]);\n}\n";
    let files = [("Cargo.toml", MANIFEST), ("src/lib.rs", code), ("tests/all.rs", test)];
    let red = Red::of_files(&files);
    let (tree, title, _) = red.fix(&[]);
    assert!(title.contains(" and "), "{title}");
    assert!(red.text(&tree, "src/lib.rs").contains("a / 2"), "{title}");
}

#[test]
fn a_search_ends_when_it_is_cancelled() {
    let red = Red::of_files(&[("Cargo.toml", MANIFEST), ("src/lib.rs", HARD)]);
    let cancel = CancelToken::new();
    let told = Mutex::new(0);
    let result = red.work(&[], &cancel, &|_| {
        *told.lock().unwrap() += 1;
        cancel.cancel();
    });
    assert!(*told.lock().unwrap() <= 2, "{result:?}");
}

/// Trying edits takes its share of memory and no more: what would need more is not found, and the search goes on.
#[test]
fn edits_that_fill_the_memory_stop_nobody() {
    let code = |value: &str| {
        format!(
            "pub fn room(a: usize, b: usize) -> usize {{\n    let cells = vec![0u8; a - b];\n    cells.len()\n}}\n\n\
             #[test]\nfn small() {{\n    assert_eq!(room(4, 4), {value});\n}}\n\n\
             #[test]\nfn large() {{\n    assert!(room(60_000, 30_000) > 5);\n}}\n"
        )
    };
    let red = |value| Red::of_files(&[("Cargo.toml", MANIFEST), ("src/lib.rs", &code(value))]);
    // 1.8 GB.
    let result = red("16").work(&[], &CancelToken::new(), &|_| {});
    if let WorkResult::Changed { title, .. } = &result {
        assert!(!title.contains("`-` → `*`"), "{title}");
    }
    let (_, title, _) = red("8").fix(&[]);
    assert!(title.contains("`-` → `+`"), "{title}");
}
