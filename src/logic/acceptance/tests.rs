//! Histories of accepting, undoing and typing, against a model that knows where every piece of a text came from.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::base::text::edit::apply;
use crate::base::text::lines;
use crate::logic::diff;
use crate::logic::review::cut::{Cut, joined};
use crate::logic::review::tests::{FEW_LINES, hard_texts, laws};

/// Parts that went into the texts together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Acceptance {
    parts: BTreeMap<PartId, Swap>,
}

/// The edits of each file that changes, sorted and disjoint.
type FileEdits = BTreeMap<RepoPath, Vec<Edit>>;

/// Hunks that stand in the way, by file and index.
type Conflicts = BTreeSet<(RepoPath, usize)>;

/// Puts the pending ones of these parts in: the edits, and what it takes to undo them.
///
/// # Errors
///
/// The hunks in conflict; then nothing of it can go in.
fn accept(
    files: &[File<'_>],
    parts: &BTreeSet<PartId>,
) -> Result<(Acceptance, FileEdits), Conflicts> {
    let moves = moved(files, parts, Way::In, &BTreeMap::new())?;
    Ok((Acceptance { parts: moves.swaps }, moves.edits))
}

impl Acceptance {
    /// The edits that take it back out. Parts that are out already, by the editor's undo or by hand, need none.
    ///
    /// # Errors
    ///
    /// The hunks in conflict; then nothing of it can come out.
    fn undo(&self, files: &[File<'_>]) -> Result<FileEdits, Conflicts> {
        self.go(files, Way::Out)
    }

    /// The edits that put it in again, with the bytes of the first time.
    ///
    /// # Errors
    ///
    /// As for `undo`.
    fn redo(&self, files: &[File<'_>]) -> Result<FileEdits, Conflicts> {
        self.go(files, Way::In)
    }

    fn go(&self, files: &[File<'_>], way: Way) -> Result<FileEdits, Conflicts> {
        Ok(moved(files, &self.parts.keys().cloned().collect(), way, &self.parts)?.edits)
    }
}

/// What moving parts comes to.
#[derive(Default)]
struct Moves {
    edits: FileEdits,
    /// The parts that move.
    swaps: BTreeMap<PartId, Swap>,
}

/// Moves all parts that can go this way; `known` has the bytes of those that moved before.
fn moved(
    files: &[File<'_>],
    parts: &BTreeSet<PartId>,
    way: Way,
    known: &BTreeMap<PartId, Swap>,
) -> Result<Moves, Conflicts> {
    let mut moves = Moves::default();
    let mut conflicts: Conflicts = parts
        .iter()
        .filter(|part| !files.iter().any(|file| file.has(part)))
        .map(|part| (part.path.clone(), part.hunk))
        .collect();
    for file in files {
        match file.moved(|hunk, _| file.chosen(hunk, parts), way, known) {
            Ok((swaps, edits)) => {
                moves.swaps.extend(swaps);
                if !edits.is_empty() {
                    moves.edits.insert(file.path.clone(), edits);
                }
            }
            Err(hunks) => conflicts.extend(hunks.into_iter().map(|hunk| (file.path.clone(), hunk))),
        }
    }
    if conflicts.is_empty() { Ok(moves) } else { Err(conflicts) }
}

impl File<'_> {
    fn has(&self, part: &PartId) -> bool {
        *self.path == part.path && part.hunk < self.hunks.len()
    }

    fn chosen(&self, hunk: usize, parts: &BTreeSet<PartId>) -> Vec<usize> {
        let ours = parts.iter().filter(|part| *self.path == part.path && part.hunk == hunk);
        ours.map(|part| part.part).collect()
    }
}

/// A piece of a text.
#[derive(Clone, Debug)]
enum Piece {
    Line(String),
    /// Pending with the text `before`, applied with the text `after`, else taken apart by the user.
    Part {
        id: PartId,
        text: String,
        before: String,
        after: String,
    },
}

impl Piece {
    fn text(&self) -> &str {
        let (Self::Line(text) | Self::Part { text, .. }) = self;
        text
    }

    fn text_mut(&mut self) -> &mut String {
        let (Self::Line(text) | Self::Part { text, .. }) = self;
        text
    }
}

/// A file of a proposal with the text that must be on the screen.
#[derive(Clone, Debug)]
struct Page {
    path: RepoPath,
    base: String,
    hunks: Vec<Hunk>,
    reader: Arc<Reader>,
    pieces: Vec<Piece>,
    text: String,
    /// Parts that the user's typing touched or abutted, or that hang together with such.
    touched: BTreeSet<PartId>,
}

impl Page {
    fn new(name: usize, base: String, after: &str) -> Self {
        let path = RepoPath::new(format!("{name}.txt")).unwrap();
        let hunks = diff::hunks(&base, after);
        let mut page = Self {
            path,
            reader: Arc::new(Reader::new(&base, &hunks)),
            hunks,
            pieces: Vec::new(),
            text: base.clone(),
            base,
            touched: BTreeSet::new(),
        };
        page.pieces = page.cut_up();
        assert_eq!(page.shown(), page.base);
        page
    }

    fn cut_up(&self) -> Vec<Piece> {
        let base = lines(self.base.trim_start_matches('\u{feff}'));
        // The mark belongs to no line.
        let mark = self.base.starts_with('\u{feff}').then(|| Piece::Line("\u{feff}".into()));
        let mut pieces: Vec<Piece> = mark.into_iter().collect();
        let mut done = 0;
        for (hunk, whole) in self.hunks.iter().enumerate() {
            for (part, cut) in Cut::new(whole).parts().iter().enumerate() {
                pieces.extend(base[done..cut.start].iter().map(|line| Piece::Line((*line).into())));
                done = cut.range().end;
                let id = PartId { path: self.path.clone(), hunk, part };
                let (before, after) = (joined(&cut.removed), joined(&cut.inserted));
                pieces.push(Piece::Part { id, text: before.clone(), before, after });
            }
        }
        pieces.extend(base[done..].iter().map(|line| Piece::Line((*line).into())));
        pieces
    }

    fn shown(&self) -> String {
        self.pieces.iter().map(Piece::text).collect()
    }

    fn file(&self) -> File<'_> {
        File { path: &self.path, hunks: &self.hunks, reader: &self.reader, current: &self.text }
    }

    /// Brings a part to a side with these bytes.
    fn bring(&mut self, wanted: &PartId, way: Way, known: &Swap) {
        for piece in &mut self.pieces {
            if let Piece::Part { id, text, before, after } = piece
                && id == wanted
            {
                let to = if way == Way::In { &mut *after } else { &mut *before };
                if text != to {
                    before.clone_from(&known.before);
                    after.clone_from(&known.after);
                    *text = if way == Way::In { after.clone() } else { before.clone() };
                }
            }
        }
    }

    /// The pieces around this one that hang together: parts without a line between them, and the lines beside them.
    fn touch(&mut self, at: usize) {
        let is_part = |at: &usize| matches!(self.pieces[*at], Piece::Part { .. });
        let near = at.saturating_sub(2)..(at + 3).min(self.pieces.len());
        let first = (0..near.start).rev().take_while(is_part).last().unwrap_or(near.start);
        let last =
            (near.end..self.pieces.len()).take_while(is_part).last().map_or(near.end, |at| at + 1);
        for piece in &self.pieces[first..last] {
            if let Piece::Part { id, .. } = piece {
                self.touched.insert(id.clone());
            }
        }
    }
}

/// What the user does at a line.
#[derive(Clone, Copy, Debug)]
enum Key {
    Insert,
    Edit,
    Delete,
}

impl Page {
    /// Types at a line, with a token that no other line has.
    fn type_at(&mut self, token: usize, at: usize, key: Key) {
        let places: Vec<(usize, usize)> = (0..self.pieces.len())
            .filter(|piece| self.pieces[*piece].text() != "\u{feff}")
            .flat_map(|piece| {
                (0..lines(self.pieces[piece].text()).len()).map(move |line| (piece, line))
            })
            .collect();
        let Some((piece, line)) = places.get(at % places.len().max(1)).copied() else { return };
        let new = format!("user {token} \u{1d4b3}");
        if line == 0 && matches!(key, Key::Insert) {
            self.pieces.insert(piece, Piece::Line(new + "\n"));
            self.touch(piece);
        } else {
            self.touch(piece);
            let mut own: Vec<String> =
                lines(self.pieces[piece].text()).into_iter().map(str::to_owned).collect();
            match key {
                Key::Insert => own.insert(line, new + "\n"),
                Key::Edit => {
                    let end = own[line].trim_end_matches(['\r', '\n']).len();
                    own[line].insert_str(end, &new);
                }
                Key::Delete => {
                    own.remove(line);
                }
            }
            // Lines like those of the other side count as accepted, or taken back, by hand.
            *self.pieces[piece].text_mut() = own.concat();
        }
        self.text = self.shown();
    }

    fn parts(&self) -> impl Iterator<Item = PartId> {
        let n_parts = |(hunk, whole): (usize, &Hunk)| {
            (0..Cut::new(whole).parts().len()).map(move |part| (hunk, part))
        };
        self.hunks.iter().enumerate().flat_map(n_parts).map(|(hunk, part)| PartId {
            path: self.path.clone(),
            hunk,
            part,
        })
    }

    fn is_whole(&self, part: &PartId) -> bool {
        self.pieces.iter().any(|piece| {
            matches!(piece, Piece::Part { id, text, before, after } if id == part && (text == before || text == after))
        })
    }
}

#[derive(Clone, Copy, Debug)]
enum Step {
    AcceptParts,
    AcceptHunk,
    AcceptFile,
    AcceptAll,
    Reject,
    Undo,
    Redo,
    EditorUndo,
    Type(Key),
}

/// The texts of some files before and after a proposal, and what the user does; the numbers choose where.
type History = (Vec<(String, String)>, Vec<(Step, u64)>);

/// What happened in a history, to be sure that it is about something.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    accepted: usize,
    undone: usize,
    redone: usize,
    refused: usize,
}

struct World {
    pages: Vec<Page>,
    past: Vec<Vec<Page>>,
    acceptances: Vec<Acceptance>,
    rejected: BTreeSet<(RepoPath, usize)>,
    tally: Tally,
}

impl World {
    fn new(pages: Vec<Page>) -> Self {
        let (past, acceptances, rejected) = (Vec::new(), Vec::new(), BTreeSet::new());
        Self { pages, past, acceptances, rejected, tally: Tally::default() }
    }

    fn step(&mut self, n: usize, step: Step, dice: u64) -> Result<(), TestCaseError> {
        let page = dice as usize % self.pages.len();
        let dice = dice / 4;
        let parts: Vec<PartId> = self.pages.iter().flat_map(Page::parts).collect();
        let Some(one) = parts.get(dice as usize % parts.len().max(1)) else { return Ok(()) };
        let open = |part: &&PartId| !self.rejected.contains(&(part.path.clone(), part.hunk));
        match step {
            Step::AcceptParts => {
                let bits = parts.iter().enumerate().filter(|(at, _)| dice >> (at % 50) & 1 == 1);
                self.accept(bits.map(|(_, part)| part.clone()).collect())
            }
            Step::AcceptHunk => {
                let ours =
                    parts.iter().filter(|part| (&part.path, part.hunk) == (&one.path, one.hunk));
                self.accept(ours.cloned().collect())
            }
            Step::AcceptFile => {
                let ours = parts.iter().filter(|part| part.path == one.path).filter(open);
                self.accept(ours.cloned().collect())
            }
            Step::AcceptAll => self.accept(parts.iter().filter(open).cloned().collect()),
            Step::Reject => {
                let hunk = (one.path.clone(), one.hunk);
                if !self.rejected.remove(&hunk) {
                    self.rejected.insert(hunk);
                }
                Ok(())
            }
            Step::Undo => self.travel(dice, Way::Out),
            Step::Redo => self.travel(dice, Way::In),
            Step::EditorUndo => {
                self.pages = self.past.pop().unwrap_or_else(|| self.pages.clone());
                Ok(())
            }
            Step::Type(key) => {
                self.past.push(self.pages.clone());
                self.pages[page].type_at(n, dice as usize, key);
                Ok(())
            }
        }
    }

    fn accept(&mut self, parts: BTreeSet<PartId>) -> Result<(), TestCaseError> {
        let files: Vec<File<'_>> = self.pages.iter().map(Page::file).collect();
        match accept(&files, &parts) {
            Ok((acceptance, edits)) => {
                self.tally.accepted += 1;
                self.settle(&parts, &acceptance.parts, Way::In, &edits)?;
                self.acceptances.push(acceptance);
                Ok(())
            }
            Err(conflicts) => self.refused(&parts, &conflicts),
        }
    }

    fn travel(&mut self, dice: u64, way: Way) -> Result<(), TestCaseError> {
        let n = self.acceptances.len().max(1);
        let Some(acceptance) = self.acceptances.get(dice as usize % n).cloned() else {
            return Ok(());
        };
        let files: Vec<File<'_>> = self.pages.iter().map(Page::file).collect();
        let (result, n_done) = match way {
            Way::Out => (acceptance.undo(&files), &mut self.tally.undone),
            Way::In => (acceptance.redo(&files), &mut self.tally.redone),
        };
        let parts = acceptance.parts.keys().cloned().collect();
        match result {
            Ok(edits) => {
                *n_done += 1;
                self.settle(&parts, &acceptance.parts, way, &edits)
            }
            Err(conflicts) => self.refused(&parts, &conflicts),
        }
    }

    /// The edits make exactly the text of the model.
    fn settle(
        &mut self,
        parts: &BTreeSet<PartId>,
        known: &BTreeMap<PartId, Swap>,
        way: Way,
        edits: &FileEdits,
    ) -> Result<(), TestCaseError> {
        self.past.push(self.pages.clone());
        for page in &mut self.pages {
            let path = page.path.clone();
            for part in parts.iter().filter(|part| part.path == path) {
                prop_assert!(page.is_whole(part), "{part:?} was taken apart: {page:?}");
                if let Some(swap) = known.get(part) {
                    page.bring(part, way, swap);
                }
            }
            let none = Vec::new();
            let text = apply(&page.text, edits.get(&page.path).unwrap_or(&none));
            prop_assert_eq!(text, Some(page.shown()), "{:?} {:?}", way, page);
            page.text = page.shown();
        }
        Ok(())
    }

    /// Only what the user touched may stand in the way, and it is named.
    fn refused(
        &mut self,
        parts: &BTreeSet<PartId>,
        conflicts: &Conflicts,
    ) -> Result<(), TestCaseError> {
        self.tally.refused += 1;
        prop_assert!(!conflicts.is_empty());
        for (path, hunk) in conflicts {
            let page = self.pages.iter().find(|page| page.path == *path).unwrap();
            let ours = parts.iter().filter(|part| (&part.path, part.hunk) == (path, *hunk));
            let touched = ours.filter(|part| page.touched.contains(part)).count();
            prop_assert!(touched > 0, "{path} {hunk} {page:?}");
        }
        Ok(())
    }
}

/// A base and what is proposed, with all sorts of line breaks, a mark or none, and characters of every width.
fn page_texts() -> impl Strategy<Value = (String, String)> {
    let ending = prop::sample::select(vec!["\n", "\n", "\n", "\r\n"]);
    let style = prop::sample::select(vec!["\n", "\r\n", ""]);
    let edits = prop::collection::vec((any::<usize>(), 0u8..4), 1..10);
    (prop::collection::vec(ending, 3..30), style, any::<bool>(), any::<bool>(), edits).prop_map(
        |(endings, style, mark, ended, edits)| {
            let style = |own: &str| if style.is_empty() { own } else { style }.to_owned();
            let line =
                |(at, own): (usize, &&str)| format!("line {at} \u{e9}\u{1f980}{}", style(own));
            let mut base: Vec<String> = endings.iter().enumerate().map(line).collect();
            if !ended && let Some(last) = base.last_mut() {
                last.truncate(last.trim_end_matches(['\r', '\n']).len());
            }
            let mut after = base.clone();
            for (n, (at, kind)) in edits.iter().enumerate() {
                let at = at % after.len();
                let new = format!("ours {n} \u{1d4b3}{}", style(endings[n % endings.len()]));
                match kind {
                    0 => after.insert(at, new),
                    1 if after.len() > 1 => {
                        after.remove(at);
                    }
                    _ => after[at] = new,
                }
            }
            let mark = if mark { "\u{feff}" } else { "" };
            (format!("{mark}{}", base.concat()), format!("{mark}{}", after.concat()))
        },
    )
}

fn steps() -> impl Strategy<Value = Vec<(Step, u64)>> {
    let step = prop::sample::select(vec![
        Step::AcceptParts,
        Step::AcceptParts,
        Step::AcceptHunk,
        Step::AcceptHunk,
        Step::AcceptFile,
        Step::AcceptAll,
        Step::Reject,
        Step::Undo,
        Step::Undo,
        Step::Undo,
        Step::Redo,
        Step::Redo,
        Step::EditorUndo,
        Step::Type(Key::Insert),
        Step::Type(Key::Edit),
        Step::Type(Key::Delete),
    ]);
    prop::collection::vec((step, any::<u64>()), 1..24)
}

#[test]
fn histories_are_exact_or_refused() {
    let total = std::cell::Cell::new(Tally::default());
    let law = |(texts, steps): History| {
        let pages = texts.into_iter().enumerate();
        let mut world =
            World::new(pages.map(|(name, (base, after))| Page::new(name, base, &after)).collect());
        for (n, (step, dice)) in steps.into_iter().enumerate() {
            world.step(n, step, dice)?;
        }
        let (sum, own) = (total.get(), world.tally);
        total.set(Tally {
            accepted: sum.accepted + own.accepted,
            undone: sum.undone + own.undone,
            redone: sum.redone + own.redone,
            refused: sum.refused + own.refused,
        });
        Ok(())
    };
    let histories = (prop::collection::vec(page_texts(), 1..4), steps());
    proptest::test_runner::TestRunner::new(laws(1000)).run(&histories, law).unwrap();
    let Tally { accepted, undone, redone, refused } = total.get();
    println!("{:?}", total.get());
    assert!([accepted, undone, redone, refused].into_iter().all(|n| n > 100), "{:?}", total.get());
}

proptest! {
    #![proptest_config(laws(1000))]

    #[test]
    fn equal_lines_do_not_mislead_an_undo((base, after, _) in hard_texts(FEW_LINES), first in any::<u64>(), second in any::<u64>()) {
        let mut page = Page::new(0, base, &after);
        let bits = |page: &Page, chosen: u64| {
            page.parts().enumerate().filter(|(at, _)| chosen >> (at % 64) & 1 == 1).map(|(_, part)| part).collect()
        };
        let edited = |page: &Page, edits: FileEdits| {
            apply(&page.text, edits.get(&page.path).map_or(&[], Vec::as_slice)).unwrap()
        };
        let mut texts = vec![page.text.clone()];
        let mut acceptances = Vec::new();
        for chosen in [first, second] {
            let (acceptance, edits) = accept(&[page.file()], &bits(&page, chosen)).unwrap();
            page.text = edited(&page, edits);
            texts.push(page.text.clone());
            acceptances.push(acceptance);
        }
        for (at, acceptance) in acceptances.iter().enumerate().rev() {
            page.text = edited(&page, acceptance.undo(&[page.file()]).unwrap());
            prop_assert_eq!(&page.text, &texts[at]);
            page.text = edited(&page, acceptance.redo(&[page.file()]).unwrap());
            prop_assert_eq!(&page.text, &texts[at + 1]);
            page.text.clone_from(&texts[at]);
        }
    }
}
