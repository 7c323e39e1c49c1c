//! Open documents, exactly as the editor sent them.

mod last_break;
mod late;
mod lost;
mod pieces;
mod taken;

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memchr::memchr2_iter;
use tower_lsp::lsp_types::{self, TextDocumentContentChangeEvent, TextDocumentItem, TextEdit, Url};

use self::late::Landed;
use self::pieces::pieced_together;
use super::awaited::{Awaited, Batch, Errand};
use super::from_proto;
use super::review::edits::FileEdit;
use super::review::moved::Moves;
use super::review::side::Source;
use crate::base::limits;
use crate::base::text::{Encoding, LineIndex};

pub use self::late::Late;
pub use self::lost::Lost;

/// A text with its lines.
#[derive(Debug)]
pub struct Text {
    pub string: String,
    pub lines: LineIndex,
}

/// Bytes of a text that are moved in the time that one is looked at.
const MOVED_BYTES: usize = 16;

/// Bytes that a copy of a text has room for, so that typing in it does not copy it again.
const TYPING_BYTES: usize = 1024;

impl Clone for Text {
    fn clone(&self) -> Self {
        let mut string = String::with_capacity(self.string.len() + TYPING_BYTES);
        string.push_str(&self.string);
        Self { string, lines: self.lines.clone() }
    }
}

impl Default for Text {
    fn default() -> Self {
        Self::new(String::new())
    }
}

impl Text {
    pub fn new(string: String) -> Self {
        Self { lines: LineIndex::new(&string), string }
    }

    /// A line without its break.
    pub fn line(&self, line: u32) -> &str {
        self.string[self.lines.range_of(line)].trim_end_matches(['\r', '\n'])
    }

    /// Whether it is the same but for the style of its line breaks.
    pub fn reads_as(&self, other: &Self) -> bool {
        plain_breaks([&self.string]).eq(plain_breaks([&other.string]))
    }

    /// `None` for a text that would be too large with its lines.
    fn bounded(string: String) -> Option<Self> {
        Self::fits(&string).then(|| Self::new(string))
    }

    /// Whether a text would not be too large with its lines.
    fn fits(string: &str) -> bool {
        let breaks = || memchr2_iter(b'\n', b'\r', string.as_bytes()).count();
        let size = |n_lines: usize| string.len() + n_lines * size_of::<usize>();
        // Most texts are small enough for any number of lines, so that nothing has to be counted.
        size(string.len()) <= limits::DOCUMENT_BYTES_MAX
            || size(breaks()) <= limits::DOCUMENT_BYTES_MAX
    }

    /// The memory it takes, in bytes, about.
    pub fn size(&self) -> usize {
        self.string.len() + self.lines.n_lines() as usize * size_of::<usize>()
    }

    /// What a change there takes, in bytes that are looked at one by one.
    fn cost_of(&self, range: lsp_types::Range) -> usize {
        let ends = [range.start.line, range.end.line];
        let walked: usize = ends.into_iter().map(|line| self.lines.n_walked(line)).sum();
        walked + self.size() / MOVED_BYTES
    }

    fn replace(&mut self, range: Range<usize>, new: &str) {
        self.string.replace_range(range.clone(), new);
        self.lines.replace(range, new.len(), &self.string);
    }
}

#[derive(Clone, Debug)]
pub struct Document {
    /// The name the editor gave it.
    pub uri: Url,
    /// Its canonical path; `None` for what is no file.
    pub path: Option<PathBuf>,
    pub version: i32,
    pub text: Arc<Text>,
    /// Different for every text of every document.
    pub revision: u64,
    /// Whether `text` is what the editor shows; lost when a change could not be followed, until the next full text.
    pub in_sync: bool,
    /// Edits of ours that have not arrived in it.
    awaited: Awaited,
    /// Where its lines have gone lately.
    pub moves: Moves,
    /// An edit of ours came with a break too many at the end, which the editor takes out soon.
    owes_break: bool,
    /// An edit of ours came too late for what was typed before it.
    late: Option<Late>,
    /// That edit is being taken back; what it left in the text means nothing until another one is given.
    pub taken_back: bool,
}

/// The bytes of these one after another, with every line break as one byte.
pub fn plain_breaks<'a, const N: usize>(parts: [&'a str; N]) -> impl Iterator<Item = u8> + 'a {
    let mut bytes = parts.into_iter().flat_map(str::bytes).peekable();
    std::iter::from_fn(move || {
        let byte = bytes.next()?;
        if byte == b'\r' { bytes.next_if_eq(&b'\n').or(Some(byte)) } else { Some(byte) }
    })
}

impl Document {
    /// The memory it takes, in bytes, about.
    fn size(&self) -> usize {
        2 * self.uri.as_str().len() + size_of::<Self>() + self.text.size()
    }

    fn replace_all(&mut self, string: String) -> Result<(), Lost> {
        self.forget();
        let text = Text::bounded(string).ok_or(Lost::TooLarge)?;
        (self.text, self.in_sync) = (Arc::new(text), true);
        Ok(())
    }

    /// Lets go of the text.
    fn forget(&mut self) {
        (self.text, self.in_sync, self.owes_break) = (Arc::default(), false, false);
        self.awaited.clear();
    }
}

/// Edits of a file that is not open.
struct Handed {
    edits: Vec<TextEdit>,
    batch: Batch,
    /// What they were made for.
    seen: Arc<Text>,
}

#[derive(Default)]
pub struct Documents {
    open: HashMap<Url, Document>,
    /// Edits that an editor was given for files that are not open, with what for.
    awaited: HashMap<Url, Handed>,
    n_batches: u64,
    n_revisions: u64,
    /// The size of all, in bytes.
    n_bytes: usize,
}

impl Documents {
    /// Takes in a document. One that is too large is open without its text.
    pub fn open(&mut self, item: TextDocumentItem, encoding: Encoding) -> Result<(), Lost> {
        self.close(&item.uri);
        if self.open.len() >= limits::DOCUMENTS_OPEN_MAX {
            return Err(Lost::TooMany);
        }
        self.n_revisions += 1;
        let mut document = Document {
            path: from_proto::path(&item.uri),
            uri: item.uri.clone(),
            version: item.version,
            text: Arc::default(),
            revision: self.n_revisions,
            in_sync: false,
            awaited: Awaited::default(),
            moves: Moves::starting_at(self.n_revisions),
            owes_break: false,
            late: None,
            taken_back: false,
        };
        let replaced = document.replace_all(item.text);
        if let Some(Handed { edits, batch, seen }) = self.awaited.remove(&item.uri) {
            let found = (&*document.text, document.version);
            document.awaited.give(&edits, &batch, found, encoding);
            // Some editors show one line of an empty file.
            let is_empty = seen.string.is_empty() && document.text.string.trim_end().is_empty();
            if !is_empty && !seen.reads_as(&document.text) {
                document.awaited.misplace(&batch);
            }
        }
        let uri = item.uri.clone();
        let document = self.open.entry(item.uri).insert_entry(document).into_mut();
        let fits = bound(document, 0, &mut self.n_bytes);
        if self.n_bytes > limits::DOCUMENTS_BYTES_MAX {
            // Their names alone take too much.
            self.close(&uri);
            return Err(Lost::TooMany);
        }
        fits.and(replaced)
    }

    /// Applies the changes one after the other.
    pub fn change(
        &mut self,
        uri: &Url,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> Result<(), Lost> {
        let document = self.open.get_mut(uri).ok_or(Lost::NotOpen)?;
        let size_before = document.size();
        self.n_revisions += 1;
        document.revision = self.n_revisions;
        document.version = version;
        let (mut replaced, mut cost) = (Ok(()), 0);
        let mut landed = Landed::default();
        for change in pieced_together(document, changes, version, encoding) {
            if let Some(range) = change.range {
                if replaced == Err(Lost::TooManyChanges) {
                    continue;
                }
                cost += document.text.cost_of(range);
                if cost > limits::CHANGES_COST_MAX {
                    document.forget();
                    landed.see(None);
                    replaced = Err(Lost::TooManyChanges);
                    continue;
                }
            }
            match document.edit_of(change, encoding) {
                Err(text) => {
                    replaced = document.replace_all(text);
                    document.moves.forget(document.revision);
                    landed.see(None);
                    cost = 0;
                }
                Ok(edit) => document.take(edit, encoding, &mut landed),
            }
        }
        let late = landed.late(document, encoding);
        document.late = late;
        bound(document, size_before, &mut self.n_bytes).and(replaced)
    }

    /// Edits that an editor is about to be given, to be looked for in what it tells of its documents.
    pub fn give(&mut self, files: &[FileEdit], errand: Option<Errand>, encoding: Encoding) {
        self.n_batches += 1;
        let batch = Batch { number: self.n_batches, errand: errand.map(Arc::new) };
        for file in files {
            let uri = &file.side.uri;
            match self.open.get_mut(uri) {
                Some(document) if matches!(file.side.source, Source::Open(_)) => {
                    let version = file.side.version.unwrap_or(document.version);
                    document.awaited.give(&file.edits, &batch, (&file.seen, version), encoding);
                    document.taken_back = false;
                }
                None if self.awaited.len() < limits::EDITS_AWAITED_MAX => {
                    let (edits, seen) = (file.edits.clone(), file.seen.clone());
                    self.awaited.insert(uri.clone(), Handed { edits, batch: batch.clone(), seen });
                }
                _ => {}
            }
        }
    }

    /// The number of the latest batch of edits.
    pub fn last_given(&self) -> u64 {
        self.n_batches
    }

    /// No edit that was given for this is on its way any more, up to the batch with this number.
    pub fn forget_given(&mut self, errand: &Errand, last: u64) {
        self.awaited.retain(|_, handed| !handed.batch.is_for(errand, last));
        self.open.values_mut().for_each(|document| document.awaited.forget(errand, last));
    }

    /// Whether an edit of ours came too late for what was typed before it; tells of each once.
    pub fn take_late(&mut self, uri: &Url) -> Option<Late> {
        let document = self.open.get_mut(uri)?;
        let late = document.late.take()?;
        document.taken_back = late.back.is_some();
        Some(late)
    }

    /// As [`Documents::give`], for the edit that takes back what came too late. It can come too late in its turn.
    pub fn give_back(&mut self, file: &FileEdit, encoding: Encoding) {
        self.give(std::slice::from_ref(file), None, encoding);
        if let Some(document) = self.open.get_mut(&file.side.uri) {
            document.taken_back = true;
        }
    }

    pub fn close(&mut self, uri: &Url) {
        let closed = self.open.remove(uri);
        self.n_bytes -= closed.map_or(0, |document| document.size());
    }

    /// Marks a document whose text is no longer known.
    pub fn distrust(&mut self, uri: &Url) {
        if let Some(document) = self.open.get_mut(uri) {
            document.in_sync = false;
        }
    }

    /// Marks every document as above.
    pub fn distrust_all(&mut self) {
        self.open.values_mut().for_each(|document| document.in_sync = false);
    }

    /// The names of all open documents.
    pub fn uris(&self) -> impl Iterator<Item = &Url> {
        self.open.keys()
    }

    pub fn get(&self, uri: &Url) -> Option<&Document> {
        self.open.get(uri)
    }

    /// The documents that show the file at a canonical path; more than one when it has several names.
    pub fn at<'a>(&'a self, path: &'a Path) -> impl Iterator<Item = &'a Document> {
        self.open.values().filter(move |document| document.path.as_deref() == Some(path))
    }

    /// Open files whose text is known, with their canonical paths.
    pub fn files(&self) -> impl Iterator<Item = (&Path, &Document)> {
        let in_sync = self.open.values().filter(|document| document.in_sync);
        in_sync.filter_map(|document| Some((document.path.as_deref()?, document)))
    }

    /// The file that was opened or changed last.
    pub fn latest(&self) -> Option<&Document> {
        self.files().map(|(_, document)| document).max_by_key(|document| document.revision)
    }
}

/// Counts a document that had another size before, and lets go of its text where that is too much.
fn bound(document: &mut Document, size_before: usize, n_bytes: &mut usize) -> Result<(), Lost> {
    let others = *n_bytes - size_before;
    let size = document.size();
    let too_large =
        size > limits::DOCUMENT_BYTES_MAX || others + size > limits::DOCUMENTS_BYTES_MAX;
    if too_large {
        document.forget();
    }
    *n_bytes = others + document.size();
    if too_large { Err(Lost::TooLarge) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ids::RunId;
    use crate::base::text::Position;
    use crate::logic::acceptance::Swaps;
    use crate::logic::review::edits::Way;
    use crate::lsp::review::side::Side;
    use crate::model::subset::Choice;
    use proptest::prelude::*;
    use tower_lsp::lsp_types;

    fn uri() -> Url {
        Url::parse("untitled:x").unwrap()
    }

    fn opened(text: &str) -> Documents {
        let mut documents = Documents::default();
        let item = TextDocumentItem::new(uri(), "x".into(), 1, text.into());
        documents.open(item, Encoding::Utf16).unwrap();
        documents
    }

    fn change(range: Option<(u32, u32, u32, u32)>, text: &str) -> TextDocumentContentChangeEvent {
        let position = lsp_types::Position::new;
        let range = range.map(|(a, b, c, d)| lsp_types::Range::new(position(a, b), position(c, d)));
        TextDocumentContentChangeEvent { range, range_length: None, text: text.into() }
    }

    #[test]
    fn changes_of_one_notification_follow_each_other() {
        let mut documents = opened("one\r\ntwo\r\n");
        let changes = vec![change(Some((1, 0, 1, 0)), "x\r\n"), change(Some((1, 1, 2, 1)), "y")];
        documents.change(&uri(), 7, changes, Encoding::Utf16).unwrap();
        let document = documents.get(&uri()).unwrap();
        assert_eq!(document.text.string, "one\r\nxywo\r\n");
        assert_eq!((document.version, document.revision), (7, 2));
        assert_eq!(document.path, None);
    }

    #[test]
    fn an_edit_of_ours_may_come_in_pieces() {
        type Replacement = ((u32, u32, u32, u32), &'static str);
        let check = |given: &[Replacement], pieces: Vec<TextDocumentContentChangeEvent>| {
            let mut documents = opened("self.pieces -= count\nreturn count\n");
            let edits = given.iter().map(|(range, new)| TextEdit {
                range: change(Some(*range), "").range.unwrap(),
                new_text: (*new).into(),
            });
            let errand =
                Errand { way: Way::In, run: RunId(1), hunks: Choice::new(), parts: Vec::new() };
            let document = documents.get(&uri()).unwrap();
            let source = Source::Open(document.text.clone());
            let side = Side { uri: uri(), version: Some(1), source };
            let (seen, swaps) = (document.text.clone(), Swaps::new());
            let file = FileEdit { side, seen, edits: edits.collect(), operation: None, swaps };
            documents.give(&[file], Some(errand), Encoding::Utf16);
            documents.change(&uri(), 2, pieces, Encoding::Utf16).unwrap();
            assert!(documents.take_late(&uri()).is_none(), "nothing was typed");
            documents.get(&uri()).unwrap().text.string.clone()
        };
        let first = ((0, 0, 1, 0), "self.pieces -= taken\n");
        let second = ((1, 0, 2, 0), "return taken\n");
        let pieces = |line, at: u32| {
            let ends = change(Some((line, at + 4, line, at + 5)), "");
            [ends, change(Some((line, at, line, at + 3)), "take")]
        };
        let taken = "self.pieces -= taken\nreturn count\n";
        assert_eq!(check(&[first], pieces(0, 15).to_vec()), taken);
        let both = [pieces(1, 7), pieces(0, 15)].concat();
        assert_eq!(check(&[first, second], both), "self.pieces -= taken\nreturn taken\n");
    }

    #[test]
    fn wild_ranges_are_clamped_and_a_full_text_restores_trust() {
        let mut documents = opened("é");
        documents.distrust(&uri());
        documents.change(&uri(), 2, vec![change(Some((5, 5, 0, 0)), "x")], Encoding::Utf8).unwrap();
        let document = documents.get(&uri()).unwrap();
        assert_eq!((document.text.string.as_str(), document.in_sync), ("éx", false));
        documents.change(&uri(), 3, vec![change(None, "new")], Encoding::Utf8).unwrap();
        assert!(documents.get(&uri()).unwrap().in_sync);
        documents.close(&uri());
        assert_eq!(documents.change(&uri(), 4, vec![], Encoding::Utf8), Err(Lost::NotOpen));
    }

    #[test]
    fn one_edit_is_late_whatever_looks_like_a_part_of_another() {
        let mut documents = opened("1\n2\n3\n4\n");
        let edit = |line, new: &str| {
            let at = |line| lsp_types::Position::new(line, 0);
            TextEdit::new(lsp_types::Range::new(at(line), at(line + 1)), new.into())
        };
        let mut give = |run: u64, edits: Vec<TextEdit>| {
            let text = documents.get(&uri()).unwrap().text.clone();
            let source = Source::Open(text.clone());
            let side = Side { uri: uri(), version: Some(1), source };
            let file = FileEdit { side, seen: text, edits, operation: None, swaps: Swaps::new() };
            let (hunks, parts) = (Choice::new(), Vec::new());
            let errand = Errand { way: Way::In, run: RunId(run), hunks, parts };
            documents.give(&[file], Some(errand), Encoding::Utf16);
        };
        give(1, vec![edit(0, "one\n"), edit(1, "two\n")]);
        give(2, vec![edit(3, "four\n")]);
        let typed = [change(Some((3, 1, 3, 1)), "!"), change(Some((1, 0, 2, 0)), "two\n")];
        let late = change(Some((3, 0, 4, 0)), "four\n");
        let changes = typed.into_iter().chain([late]).collect();
        documents.change(&uri(), 2, changes, Encoding::Utf16).unwrap();
        let back = documents.take_late(&uri()).unwrap().back.unwrap();
        assert_eq!((back.range.start.line, back.new_text.as_str()), (3, "4!"));
    }

    #[test]
    fn a_late_edit_is_taken_back_whole_when_the_user_made_a_part_of_it_before() {
        let mut documents = opened("1\n2\n3\n4\n");
        let at = |line| lsp_types::Position::new(line, 0);
        let gone = |line| TextEdit::new(lsp_types::Range::new(at(line), at(line + 1)), "".into());
        let seen = documents.get(&uri()).unwrap().text.clone();
        let side = Side { uri: uri(), version: Some(1), source: Source::Open(seen.clone()) };
        let (edits, swaps) = (vec![gone(0), gone(2)], Swaps::new());
        let file = FileEdit { side, seen, edits, operation: None, swaps };
        let (run, hunks) = (RunId(1), Choice::new());
        let errand = Errand { way: Way::In, run, hunks, parts: Vec::new() };
        documents.give(&[file], Some(errand), Encoding::Utf16);
        let by_hand = change(Some((0, 0, 1, 0)), "");
        documents.change(&uri(), 2, vec![by_hand], Encoding::Utf16).unwrap();
        assert!(documents.take_late(&uri()).is_none());
        let late = vec![change(Some((2, 0, 3, 0)), ""), change(Some((0, 0, 1, 0)), "")];
        documents.change(&uri(), 3, late, Encoding::Utf16).unwrap();
        let back = documents.take_late(&uri()).unwrap().back.unwrap();
        assert_eq!(back.new_text, "2\n3\n4");
    }

    #[test]
    fn an_edit_of_the_last_line_may_come_with_a_break_too_many() {
        let mut documents = opened("1\n2\n3\n");
        let at = |line| lsp_types::Position::new(line, 0);
        let edit = |line, new: &str| {
            TextEdit::new(lsp_types::Range::new(at(line), at(line + 1)), new.into())
        };
        let give = |documents: &mut Documents, edits: Vec<TextEdit>| {
            let document = documents.get(&uri()).unwrap();
            let (seen, version) = (document.text.clone(), Some(document.version));
            let side = Side { uri: uri(), version, source: Source::Open(seen.clone()) };
            let file = FileEdit { side, seen, edits, operation: None, swaps: Swaps::new() };
            let (run, hunks) = (RunId(1), Choice::new());
            let errand = Errand { way: Way::In, run, hunks, parts: Vec::new() };
            documents.give(&[file], Some(errand), Encoding::Utf8);
        };
        let too_much = change(Some((2, 0, 2, 1)), "three\n");
        let rest = change(Some((3, 0, 4, 0)), "");
        let hear = |documents: &mut Documents, version, changes| {
            documents.change(&uri(), version, changes, Encoding::Utf8).unwrap();
            documents.take_late(&uri())
        };
        // With all the rest, or with a part of it in another notification.
        give(&mut documents, vec![edit(0, "one\n"), edit(2, "three\n")]);
        let first = change(Some((0, 0, 1, 0)), "one\n");
        assert!(hear(&mut documents, 2, vec![too_much]).is_none());
        assert!(hear(&mut documents, 4, vec![first, rest.clone()]).is_none());
        assert_eq!(documents.get(&uri()).unwrap().text.string, "one\n2\nthree\n");
        give(&mut documents, vec![edit(2, "3\n")]);
        let too_much = change(Some((2, 0, 2, 5)), "3\n");
        assert!(hear(&mut documents, 6, vec![too_much.clone(), rest.clone()]).is_none());
        // Over what was typed it is as late as any.
        give(&mut documents, vec![edit(2, "THREE\n")]);
        let typed = change(Some((2, 1, 2, 1)), "!");
        assert!(hear(&mut documents, 7, vec![typed]).is_none());
        let too_much = change(Some((2, 0, 2, 2)), "THREE\n");
        let back = hear(&mut documents, 9, vec![too_much, rest]).unwrap().back.unwrap();
        assert_eq!(back.new_text, "3!");
    }

    #[test]
    fn an_edit_of_a_file_that_holds_something_else_once_it_is_open_is_late() {
        let back_of = |held: &str| {
            let mut documents = Documents::default();
            let side = Side { uri: uri(), version: None, source: Source::Unknown };
            let seen = Arc::new(Text::new("1\n".into()));
            let at = lsp_types::Position::new(0, 0);
            let edits = vec![TextEdit::new(lsp_types::Range::new(at, at), "new\n".into())];
            let file = FileEdit { side, seen, edits, operation: None, swaps: Swaps::new() };
            let (run, hunks) = (RunId(1), Choice::new());
            let errand = Errand { way: Way::In, run, hunks, parts: Vec::new() };
            documents.give(&[file], Some(errand), Encoding::Utf16);
            let item = TextDocumentItem::new(uri(), "x".into(), 1, held.into());
            documents.open(item, Encoding::Utf16).unwrap();
            let comes = change(Some((0, 0, 0, 0)), "new\n");
            documents.change(&uri(), 2, vec![comes], Encoding::Utf16).unwrap();
            documents.take_late(&uri()).and_then(|late| late.back)
        };
        assert!(back_of("1\r\n").is_none(), "as the editor shows it");
        let back = back_of("own\n").unwrap();
        assert_eq!((back.range.end.line, back.new_text.as_str()), (1, ""));
    }

    /// Has an edit of line 2 of four been given for version 1.
    fn awaiting() -> Documents {
        let mut documents = opened("1\n2\n3\n4\n");
        let at = |line| lsp_types::Position::new(line, 0);
        let edit = TextEdit::new(lsp_types::Range::new(at(1), at(2)), "two\n".into());
        let seen = documents.get(&uri()).unwrap().text.clone();
        let side = Side { uri: uri(), version: Some(1), source: Source::Open(seen.clone()) };
        let (edits, swaps) = (vec![edit], Swaps::new());
        let file = FileEdit { side, seen, edits, operation: None, swaps };
        let (run, hunks) = (RunId(1), Choice::new());
        let errand = Errand { way: Way::In, run, hunks, parts: Vec::new() };
        documents.give(&[file], Some(errand), Encoding::Utf16);
        documents
    }

    #[test]
    fn an_edit_is_late_also_when_all_of_the_text_is_told() {
        let told = |texts: &[&str]| {
            let mut documents = awaiting();
            for (at, text) in texts.iter().enumerate() {
                let version = 2 + i32::try_from(at).unwrap();
                let all = vec![change(None, text)];
                documents.change(&uri(), version, all, Encoding::Utf16).unwrap();
                assert_eq!(documents.get(&uri()).unwrap().text.string, *text);
            }
            documents.take_late(&uri()).map(|late| late.back.unwrap().new_text)
        };
        assert_eq!(told(&["1\ntwo\n3\n4\n"]), None);
        assert_eq!(told(&["1\n2\n3\n4!\n", "1\ntwo\n3\n4!\n"]), None);
        assert_eq!(told(&["1\n2!\n3\n4\n", "1\ntwo\n3\n4\n"]), Some("2!".into()));
        // Nothing is known of what stands where, until all is told.
        let mut documents = awaiting();
        documents.distrust(&uri());
        documents.change(&uri(), 2, vec![change(None, "1\ntwo\n3\n4\n")], Encoding::Utf16).unwrap();
        assert!(documents.take_late(&uri()).is_none());
        assert!(documents.get(&uri()).unwrap().in_sync);
    }

    #[test]
    fn an_edit_told_of_with_typing_is_late_where_the_user_has_been() {
        let late = |typed: (u32, u32, u32, u32)| {
            let mut documents = awaiting();
            let mut hear = |version, all: TextDocumentContentChangeEvent| {
                documents.change(&uri(), version, vec![all], Encoding::Utf16).unwrap();
                documents.take_late(&uri())
            };
            assert!(hear(2, change(Some(typed), "!")).is_none());
            hear(3, change(Some((1, 0, 3, 0)), "two\n3 and more\n"))
        };
        assert!(late((3, 1, 3, 1)).is_none());
        assert!(
            late((1, 1, 1, 1)).is_some_and(|late| late.back.is_none()),
            "nobody can take it apart"
        );
    }

    #[test]
    fn what_takes_too_much_memory_is_open_but_not_followed() {
        let mut documents = Documents::default();
        let mut open = |name: usize, text: &str| {
            let uri = Url::parse(&format!("untitled:{name}")).unwrap();
            documents.open(TextDocumentItem::new(uri, "x".into(), 1, text.into()), Encoding::Utf16)
        };
        let large = "x".repeat(limits::DOCUMENT_BYTES_MAX);
        assert_eq!(open(0, &large), Err(Lost::TooLarge));
        let fitting = &large[..limits::DOCUMENT_BYTES_MAX - 1000];
        let n_fitting = limits::DOCUMENTS_BYTES_MAX / limits::DOCUMENT_BYTES_MAX;
        (1..=n_fitting).for_each(|name| open(name, fitting).unwrap());
        assert_eq!(open(n_fitting + 1, fitting), Err(Lost::TooLarge));
        // In its own place there is room for it.
        open(1, fitting).unwrap();
        let uri = Url::parse("untitled:0").unwrap();
        assert!(!documents.get(&uri).unwrap().in_sync);
        let grown = change(Some((0, 0, 0, 0)), &large);
        let lost = documents.change(&uri, 2, vec![grown], Encoding::Utf8);
        assert_eq!(lost, Err(Lost::TooLarge));
        documents.change(&uri, 3, vec![change(None, "small")], Encoding::Utf8).unwrap();
        assert!(documents.get(&uri).unwrap().in_sync);
        let all: Vec<Url> = documents.open.keys().cloned().collect();
        all.iter().for_each(|uri| documents.close(uri));
        assert_eq!(documents.n_bytes, 0);
    }

    fn naive_offset(text: &str, at: lsp_types::Position, encoding: Encoding) -> usize {
        LineIndex::new(text).offset(
            text,
            Position { line: at.line, column: at.character },
            encoding,
        )
    }

    proptest! {
        #[test]
        fn sync_equals_a_naive_model(
            text in "[a\u{e9}\u{1d4b3}\r\n]{0,20}",
            edits in proptest::collection::vec(((0u32..5, 0u32..6), (0u32..5, 0u32..6), "[b\u{1d4b3}\r\n]{0,4}"), 0..6),
        ) {
            for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
                let mut documents = opened(&text);
                let mut model = text.clone();
                for (from, to, new) in &edits {
                    let (from, to) = (from.min(to), from.max(to));
                    let edit = change(Some((from.0, from.1, to.0, to.1)), new);
                    let range = edit.range.unwrap();
                    let bytes = naive_offset(&model, range.start, encoding)..naive_offset(&model, range.end, encoding);
                    model.replace_range(bytes, new);
                    documents.change(&uri(), 2, vec![edit], encoding).unwrap();
                }
                prop_assert_eq!(&documents.get(&uri()).unwrap().text.string, &model);
            }
        }
    }
}
