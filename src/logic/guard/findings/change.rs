//! A change as the detectors see it: both sides of each file cut and read once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::super::code::Code;
use super::super::lexer::Kind;
use super::super::units::{Role, Unit, own, units};
use super::super::{Facts, FileEdit, class_in};
use crate::base::path::RepoPath;
use crate::model::guard::{Class, Finding, FindingKind};
use crate::model::proposal::ChangeKind;

/// A file before or after the change.
pub struct Side<'a> {
    pub code: Code<'a>,
    pub units: Vec<Unit>,
}

pub struct File<'a> {
    pub path: &'a RepoPath,
    /// The class of the place it had before or has now, whichever is guarded.
    pub class: Class,
    /// `None` where there was, or is, no file.
    pub before: Option<Side<'a>>,
    pub after: Option<Side<'a>>,
}

pub struct Change<'a> {
    pub files: Vec<File<'a>>,
    pub facts: &'a Facts<'a>,
    /// Some source does something else than before.
    pub has_sources: bool,
    /// Names that sources defined and define no more.
    pub dropped: BTreeSet<&'a str>,
    /// How often each token of tests was added, less how often it was removed, where that is above 0.
    added: BTreeMap<&'a str, i64>,
}

/// Words that introduce a name.
const DEFINERS: [&str; 22] = [
    "def",
    "class",
    "fn",
    "struct",
    "enum",
    "trait",
    "func",
    "function",
    "const",
    "let",
    "var",
    "type",
    "interface",
    "static",
    "macro_rules",
    "module",
    "void",
    "fun",
    "val",
    "mod",
    "import",
    "use",
];

impl<'a> Change<'a> {
    pub fn of(edits: &[FileEdit<'a>], facts: &'a Facts<'a>) -> Change<'a> {
        let files: Vec<File<'a>> = edits.iter().map(|edit| file(edit, facts)).collect();
        let sources = || files.iter().filter(|file| file.class == Class::Source);
        let has_sources = sources().any(|file| changes_code(file));
        let mut dropped = BTreeSet::new();
        let mut defined = BTreeSet::new();
        for file in sources() {
            dropped.extend(file.before.iter().flat_map(definitions));
            defined.extend(file.after.iter().flat_map(definitions));
        }
        let dropped = dropped.difference(&defined).copied().filter(|name| name.len() > 2).collect();
        let mut added: BTreeMap<&str, i64> = BTreeMap::new();
        for file in files.iter().filter(|file| file.class != Class::Source) {
            let count = |side: &Option<Side<'a>>, by: i64, added: &mut BTreeMap<&'a str, i64>| {
                for token in side.iter().flat_map(|side| &side.code.tokens) {
                    *added.entry(token.text).or_default() += by;
                }
            };
            count(&file.after, 1, &mut added);
            count(&file.before, -1, &mut added);
        }
        added.retain(|_, n| *n > 0);
        Change { files, facts, has_sources, dropped, added }
    }

    /// Whether most of what is special about these tokens was put in elsewhere.
    pub fn moved(&self, code: &Code<'_>, range: Range<usize>) -> bool {
        let special: BTreeSet<&str> = code.tokens[range]
            .iter()
            .filter(|token| {
                token.is_literal() && !is_plain(token.text)
                    || token.kind == Kind::Word && token.text.len() > 6
            })
            .map(|token| token.text)
            .collect();
        let n_found = special.iter().filter(|text| self.added.contains_key(*text)).count();
        !special.is_empty() && n_found * 4 >= special.len() * 3
    }

    /// Whether these tokens speak of something that is no longer there.
    pub fn speaks_of_dropped(&self, code: &Code<'_>, range: Range<usize>) -> bool {
        code.tokens[range].iter().any(|token| {
            self.dropped.iter().any(|name| token.text == *name || token.bare() == *name)
        })
    }

    /// Whether red tests are to turn green by it. Where nothing is red, another expectation gains nobody anything.
    pub fn is_attempt(&self) -> bool {
        !self.facts.red.is_empty()
    }
}

impl<'a> File<'a> {
    pub fn finding(&self, kind: FindingKind, line: u32, why: String) -> Finding {
        Finding { kind, path: self.path.clone(), line, why }
    }

    /// Places of a pattern in the text after, where it is there more often than before; the last ones.
    pub fn new_places(&self, pattern: &str) -> Vec<usize> {
        let Some(after) = &self.after else { return Vec::new() };
        let mut places = after.code.find(after.code.all(), pattern);
        if !places.is_empty() {
            let n_before = self
                .before
                .as_ref()
                .map_or(0, |side| side.code.find(side.code.all(), pattern).len());
            let n_new = places.len().saturating_sub(n_before);
            places.drain(..places.len() - n_new);
        }
        places
    }
}

impl Side<'_> {
    /// The unit with this name and role.
    pub fn unit(&self, name: &str, role: Role) -> Option<&Unit> {
        self.units.iter().find(|unit| unit.role == role && unit.name == name)
    }

    /// Whether a token is inside of what is there for tests only.
    pub fn is_in_test(&self, at: usize) -> bool {
        self.units.iter().any(|unit| unit.is_test_only && unit.range.contains(&at))
    }

    /// Tokens of a unit that belong to no test or group inside it.
    pub fn own(&self, unit: &Unit) -> Vec<Range<usize>> {
        own(&self.units, &unit.range)
    }

    /// Tokens outside every test and group.
    pub fn outside(&self) -> Vec<Range<usize>> {
        own(&self.units, &(0..self.code.tokens.len().max(1)))
            .into_iter()
            .map(|range| range.start..range.end.min(self.code.tokens.len()))
            .collect()
    }
}

fn file<'a>(edit: &FileEdit<'a>, facts: &Facts<'_>) -> File<'a> {
    let change = edit.change;
    let from = match &change.kind {
        ChangeKind::Rename { from } => from,
        ChangeKind::Modify | ChangeKind::Create | ChangeKind::Delete => &change.path,
    };
    let side = |path: &'a RepoPath, text: &'a str| {
        let code = Code::parse(path, text);
        let units = units(&code);
        Side { code, units }
    };
    let class = match class_in(from, facts) {
        Class::Source => class_in(&change.path, facts),
        class => class,
    };
    let before = (change.kind != ChangeKind::Create).then(|| side(from, edit.before));
    let after = (change.kind != ChangeKind::Delete).then(|| side(&change.path, edit.after));
    File { path: &change.path, class, before, after }
}

/// Whether a source differs in more than comments and tests, and is a program.
fn changes_code(file: &File<'_>) -> bool {
    let tokens = |side: &Option<Side<'_>>| -> Vec<String> {
        let Some(side) = side else { return Vec::new() };
        let kept = side.code.tokens.iter().enumerate().filter(|(at, _)| !side.is_in_test(*at));
        kept.map(|(_, token)| token.text.to_owned()).collect()
    };
    tokens(&file.before) != tokens(&file.after)
}

fn definitions<'a>(side: &Side<'a>) -> Vec<&'a str> {
    let code = &side.code;
    let named = code.all().filter(|at| !side.is_in_test(*at)).filter(|at| {
        let before = at.checked_sub(1).map_or("", |before| code.at(before));
        let is_assigned = code.tokens[*at].is_first && matches!(code.at(at + 1), "=" | ":" | ":=");
        code.tokens[*at].kind == Kind::Word && (DEFINERS.contains(&before) || is_assigned)
    });
    let in_text = code.all().filter(|at| !side.is_in_test(*at)).map(|at| &code.tokens[at]);
    let in_text = in_text.filter(|token| token.kind == Kind::Text && token.text.len() < 40);
    let texts = in_text.map(|token| token.text.trim_matches(['"', '\'', '`']));
    named.map(|at| code.at(at)).chain(texts).collect()
}

/// A literal that says nothing about where it comes from.
pub fn is_plain(text: &str) -> bool {
    let bare = text.trim_matches(['"', '\'', '`']);
    bare.len() < 2
        || bare
            .parse::<f64>()
            .is_ok_and(|number| (-2.0..=10.0).contains(&number) && number.fract() == 0.0)
}

/// How alike two texts are by their words and literals, from 0 to 1.
pub fn likeness(a: &Code<'_>, a_range: &Range<usize>, b: &Code<'_>, b_range: &Range<usize>) -> f64 {
    let bag = |code: &Code<'_>, range: &Range<usize>| {
        let mut bag: BTreeMap<String, i64> = BTreeMap::new();
        let tokens =
            &code.tokens[range.start.min(code.tokens.len())..range.end.min(code.tokens.len())];
        for token in tokens.iter().filter(|token| token.kind != Kind::Mark) {
            *bag.entry(token.text.to_owned()).or_default() += 1;
        }
        bag
    };
    let (a, b) = (bag(a, a_range), bag(b, b_range));
    let both: i64 = a.iter().map(|(text, n)| *b.get(text).unwrap_or(&0).min(n)).sum();
    let all = a.values().sum::<i64>() + b.values().sum::<i64>() - both;
    if all == 0 { 0.0 } else { both as f64 / all as f64 }
}
