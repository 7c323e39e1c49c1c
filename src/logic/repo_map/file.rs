//! A file of the map: its outline, and of its names what a graph is made of again and again.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::base::hash::ContentHash;
use crate::base::path::RepoPath;
use crate::logic::guard::class::is_test_path;
use crate::logic::outline::{Kind, PackedOutline};

/// Names of at least this length that are made of words say much.
const TELLING_BYTES: usize = 8;
/// Names up to this length say little.
const SHORT_BYTES: usize = 2;
/// How much more or less a name counts for one reason.
pub const FACTOR: f64 = 10.0;

pub struct File {
    pub path: RepoPath,
    pub outline: PackedOutline,
    /// Whether it holds tests or what only tests use.
    pub is_test: bool,
    /// The names it defines, with the place of the definition in the outline.
    pub defined: Box<[(ContentHash, u32)]>,
    /// The names it uses, with how much they say of what it needs.
    pub used: Box<[(ContentHash, f64)]>,
}

impl File {
    pub fn new(path: RepoPath, outline: PackedOutline) -> File {
        let names = (0..).zip(outline.definitions());
        let names = names.filter(|(_, definition)| definition.kind != Kind::Implementation);
        let defined =
            names.map(|(at, definition)| (ContentHash::of(definition.name), at)).collect();
        let used = outline.references().map(|reference| {
            let weight = weight(reference.name) * f64::from(reference.n_lines).sqrt();
            (ContentHash::of(reference.name), weight)
        });
        let used = used.collect();
        File { is_test: is_test_path(&path), path, outline, defined, used }
    }
}

/// How much a use of a name says: long ones much, private and short ones little.
fn weight(name: &str) -> f64 {
    let has = |test: fn(char) -> bool| name.contains(test);
    let has_words = name.contains('_') || has(char::is_uppercase) && has(char::is_lowercase);
    let is_telling = has_words && name.len() >= TELLING_BYTES;
    let is_poor = name.starts_with(['_', '#']) || name.len() <= SHORT_BYTES;
    match (is_telling, is_poor) {
        (true, false) => FACTOR,
        (false, true) => 1.0 / FACTOR,
        (true, true) | (false, false) => 1.0,
    }
}

/// Names, numbered.
pub type NumberOf = HashMap<ContentHash, u32, BuildHasherDefault<AsItIs>>;

/// For keys that are hashes already.
#[derive(Default)]
pub struct AsItIs(u64);

impl Hasher for AsItIs {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = ContentHash::of(bytes).0;
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[test]
fn telling_names_count_more() {
    let cases = [
        ("parse_header", 10.0),
        ("parseHeader", 10.0),
        ("parse", 1.0),
        ("HEADER", 1.0),
        ("_parse_header", 1.0),
        ("_parse", 0.1),
        ("a", 0.1),
    ];
    for (name, wanted) in cases {
        assert!((weight(name) - wanted).abs() < 1e-9, "{name}");
    }
}
