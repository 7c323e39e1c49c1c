//! Floor 2: repair without a model. From sources, a suspicion per line and failure facts to an ordered list of
//! candidate edits; nothing here runs anything.

pub mod clones;
#[cfg(test)]
mod corpus;
mod declared;
pub mod documentation;
mod donor;
mod hints;
pub mod judge;
pub mod language;
pub mod localize;
mod methods;
mod naturalness;
mod place;
pub mod rank;
pub mod restore;
pub mod schema;
mod sieve;
mod similarity;
mod site;
mod spread;
mod statement;
pub mod stop;
mod syntax;
mod template;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tight;
mod types;
mod usage;
mod vocabulary;
mod way_out;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use self::declared::Declared;
use self::hints::Hints;
use self::sieve::Sieve;
use self::site::{Draft, Drafts, File, Site};
use self::spread::spread;
pub use self::syntax::syntax_error;
use self::syntax::{Node, Tree};
use self::vocabulary::Vocabulary;
use crate::base::cancel::CancelToken;
use crate::base::limits::{CANDIDATES_MAX, REPAIR_FILE_BYTES_MAX};
use crate::base::path::RepoPath;
use crate::base::text::edit::Edit;
use crate::model::report::TestCase;

/// A file of the project.
#[derive(Clone, Debug)]
pub struct Source {
    pub path: RepoPath,
    pub text: Arc<str>,
    /// It holds tests or what only they use, and is never edited.
    pub is_test: bool,
}

impl Source {
    /// `None` where the language is not known.
    fn parsed(&self) -> Option<Tree<'_>> {
        Tree::parse(language::of(&self.path)?, &self.text)
    }
}

/// Lines that one test ran, counted from 1.
#[derive(Clone, Debug)]
pub struct TestCoverage {
    pub standing: Standing,
    pub lines: BTreeMap<RepoPath, BTreeSet<u32>>,
}

/// How a test stands to a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is red and is to pass.
    Target,
    /// It is red for the same or another reason.
    OtherRed,
    Green,
}

/// How likely each line is to hold the fault, above 0 to 1; lines not named are not searched.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Suspicion {
    pub lines: BTreeMap<RepoPath, BTreeMap<u32, f64>>,
}

/// What the search knows when it makes candidates.
pub struct Question<'a> {
    pub sources: &'a [Source],
    pub suspicion: &'a Suspicion,
    /// What the last commit has in the place of sources that differ from it, an empty text for new ones.
    pub committed: &'a BTreeMap<RepoPath, Arc<str>>,
    /// The red tests with their messages, which hint at templates and literals.
    pub failures: &'a [TestCase],
    /// Templates that mended such failures before; they are tried earlier.
    pub favoured: &'a [&'a str],
    /// At most this many candidates.
    pub n_max: usize,
    /// Once it is raised, no more candidates are made.
    pub cancel: &'a CancelToken,
}

/// One edit to try.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub path: RepoPath,
    /// Sorted, disjoint, against the source's text.
    pub edits: Vec<Edit>,
    /// The template's name, for example `comparison`.
    pub template: &'static str,
    /// What it does, for people: `<` → `<=`.
    pub what: String,
    /// First line it touches, counted from 1.
    pub line: u32,
    /// Bytes of the outermost function that holds all its edits; `None` outside functions.
    pub function: Option<Range<usize>>,
    /// Lower is tried and offered first.
    pub cost: f64,
}

/// Edits that may turn the red tests green: at most `question.n_max`, the likeliest first, each with another resulting
/// text, none with a syntax error the source had not, none in test code.
pub fn candidates(question: &Question<'_>) -> Vec<Candidate> {
    Grounds::of(question).candidates(question).collect()
}

/// Parts in which edits are drafted at the same time. As many everywhere: the order of what costs the same hangs on it.
const DRAFT_PARTS: usize = 4;

/// The files in which a search looks, parsed.
pub struct Grounds<'q> {
    searched: Vec<Searched<'q>>,
    /// Files beside them, with their folders.
    beside: Vec<(&'q str, Tree<'q>)>,
}

/// So many bytes beside the files that are searched are looked at for what they declare.
const BESIDE_BYTES_MAX: usize = 400_000;

impl<'q> Grounds<'q> {
    pub fn of(question: &Question<'q>) -> Grounds<'q> {
        let searched = searched(question);
        let beside = beside(question.sources, &searched);
        Grounds { searched, beside }
    }

    /// The [`candidates`] of the question, each of which is looked at only when it is asked for: that takes nearly all of
    /// the time, and most searches need few.
    pub fn candidates<'s>(&'s self, question: &Question<'s>) -> Candidates<'s> {
        let n_max = question.n_max.min(CANDIDATES_MAX);
        let sieves = self.searched.iter().map(|file| Sieve::new(&file.tree)).collect();
        let drafts = self.drafts(question, n_max).into_iter();
        Candidates { files: &self.searched, sieves, drafts, n_left: n_max, cancel: question.cancel }
    }

    /// The cheapest first, some of them invalid or the same as others.
    fn drafts(&self, question: &Question<'_>, n_max: usize) -> Vec<Draft<'_>> {
        let hints = Hints::read(question.failures);
        let lines = question.suspicion.lines.values().flat_map(BTreeMap::values);
        let highest = lines.copied().fold(0.0, f64::max);
        let searched = &self.searched;
        let vocabulary = Vocabulary::of(question.sources.iter().map(|source| &*source.text));
        let mut declared = Declared::default();
        let looked_at = searched.iter().map(|one| (folder(one.source), &one.tree));
        let beside = self.beside.iter().map(|(folder, tree)| (*folder, tree));
        looked_at.chain(beside).for_each(|(folder, tree)| declared.add(folder, tree));
        let files: Vec<File<'_>> = searched.iter().map(|one| File::open(&one.tree)).collect();
        let doubts: Vec<Vec<Option<f64>>> =
            searched.iter().map(|one| one.doubts(highest)).collect();
        let mut restored = Drafts::new(n_max, question.favoured);
        let mut n_left = restore::PIECES_OF_ALL_MAX;
        for (at, one) in searched.iter().enumerate() {
            if let Some(before) = question.committed.get(&one.source.path) {
                restored.file = at;
                n_left -= restore::restore(&one.tree, &doubts[at], before, n_left, &mut restored);
            }
        }
        let places = places(searched, &doubts);
        let part_of = |nth: usize| {
            let mut drafts = Drafts::new(n_max.div_ceil(2), question.favoured);
            let own = places.iter().skip(nth).step_by(DRAFT_PARTS).copied();
            for (doubt, at, node) in own.take_while(|_| !question.cancel.is_cancelled()) {
                (drafts.file, drafts.doubt) = (at, doubt);
                let (file, hints, vocabulary) = (&files[at], &hints, &vocabulary);
                let site = Site { node, file, hints, vocabulary, declared: &declared };
                template::make_all(&site, &mut drafts);
            }
            drafts
        };
        let parts: Vec<Drafts<'_>> = thread::scope(|scope| {
            let part_of = &part_of;
            let parts: Vec<_> =
                (0..DRAFT_PARTS).map(|nth| scope.spawn(move || part_of(nth))).collect();
            parts
                .into_iter()
                .map(|part| part.join().unwrap_or_else(|why| resume_unwind(why)))
                .collect()
        });
        let own = |draft: Draft<'_>| {
            let at = searched[draft.file].tree.node(draft.at.id());
            Draft { at, ..draft }
        };
        Drafts::sorted(std::iter::once(restored).chain(parts)).into_iter().map(own).collect()
    }
}

/// The candidates of a question in their order.
pub struct Candidates<'s> {
    files: &'s [Searched<'s>],
    sieves: Vec<Option<Sieve<'s>>>,
    drafts: std::vec::IntoIter<Draft<'s>>,
    n_left: usize,
    cancel: &'s CancelToken,
}

impl<'s> Iterator for Candidates<'s> {
    type Item = Candidate;

    fn next(&mut self) -> Option<Candidate> {
        if self.cancel.is_cancelled() {
            return None;
        }
        self.n_left = self.n_left.checked_sub(1)?;
        let sieves = &mut self.sieves;
        let accepts = |draft: &Draft<'s>| {
            sieves[draft.file].as_mut().is_some_and(|sieve| sieve.accepts(draft))
        };
        let draft = self.drafts.find(accepts)?;
        Some(candidate(&self.files[draft.file], draft))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.n_left.min(self.drafts.len())))
    }
}

/// What may be at fault, by file: the most suspicious first, so that what is too dear elsewhere is known early.
fn places<'s>(
    searched: &'s [Searched<'_>],
    doubts: &[Vec<Option<f64>>],
) -> Vec<(f64, usize, Node<'s>)> {
    let mut places = Vec::new();
    for ((at, one), doubts) in searched.iter().enumerate().zip(doubts) {
        let doubt = |node: Node<'_>| doubts.get(node.line() as usize).copied().flatten();
        let nodes = one.tree.nodes().filter(|node| !node.is_frozen());
        places.extend(nodes.filter_map(|node| Some((doubt(node)?, at, node))));
    }
    places.sort_by(|a, b| a.0.total_cmp(&b.0));
    places
}

/// A file with lines that may be at fault.
struct Searched<'q> {
    source: &'q Source,
    tree: Tree<'q>,
    /// None of a file of which only what was changed is put back.
    lines: Option<&'q BTreeMap<u32, f64>>,
}

impl Searched<'_> {
    /// What the suspicion of each line adds to the cost of edits there, by its number.
    fn doubts(&self, highest: f64) -> Vec<Option<f64>> {
        let spread = self.lines.map(|lines| spread(&self.tree, lines)).unwrap_or_default();
        spread.into_iter().map(|score| rank::doubt(score, highest)).collect()
    }
}

/// Files with suspicious lines, then some that were changed and that no red test is seen to run: they may hold constants.
fn searched<'q>(question: &Question<'q>) -> Vec<Searched<'q>> {
    let lines = |source: &Source| question.suspicion.lines.get(&source.path);
    let before = |source: &Source| question.committed.get(&source.path);
    let is_changed = |source: &&Source| before(source).is_some_and(|text| !text.is_empty());
    let fits = |source: &&Source| source.text.len() <= REPAIR_FILE_BYTES_MAX && !source.is_test;
    let (seen, others): (Vec<&Source>, Vec<&Source>) =
        question.sources.iter().filter(fits).partition(|source| lines(source).is_some());
    let others = others.into_iter().filter(is_changed).take(restore::UNSEEN_FILES_MAX);
    let opened = |source: &'q Source| {
        let tree = Tree::parse(language::of(&source.path)?, &source.text)?;
        Some(Searched { source, tree, lines: lines(source) })
    };
    seen.into_iter().chain(others).filter_map(opened).collect()
}

/// Files of the folders in which is searched that are not searched themselves, with those folders.
fn beside<'q>(sources: &'q [Source], searched: &[Searched<'q>]) -> Vec<(&'q str, Tree<'q>)> {
    let folders: BTreeSet<&str> = searched.iter().map(|one| folder(one.source)).collect();
    let paths: BTreeSet<&RepoPath> = searched.iter().map(|one| &one.source.path).collect();
    let others = sources.iter().filter(|source| {
        folders.contains(folder(source)) && !source.is_test && !paths.contains(&source.path)
    });
    let mut others: Vec<&Source> = others.collect();
    others.sort_by_key(|source| source.text.len());
    let mut n_left = BESIDE_BYTES_MAX;
    let taken = others.into_iter().take_while(|source| {
        n_left = n_left.saturating_sub(source.text.len());
        n_left > 0
    });
    taken.filter_map(|source| Some((folder(source), source.parsed()?))).collect()
}

/// The path of a file up to its name.
fn folder(source: &Source) -> &str {
    source.path.as_str().rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn candidate(file: &Searched<'_>, draft: Draft<'_>) -> Candidate {
    let (source, tree) = (file.source, &file.tree);
    let first = draft.edits.first().map_or(draft.at.range(), Edit::range);
    // What takes out whole lines starts at the line break before them.
    let breaks =
        source.text[first.clone()].bytes().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    let what = draft.what.unwrap_or_else(|| site::described(&source.text, &draft.edits));
    let mut edits = (tree.language.imports)(tree, &draft.edits);
    edits.extend(draft.edits);
    edits.sort();
    Candidate {
        path: source.path.clone(),
        line: tree.lines.line_of(first.start + breaks) + 1,
        function: draft.at.function().map(Node::range),
        template: draft.template,
        what,
        edits,
        cost: draft.cost,
    }
}
