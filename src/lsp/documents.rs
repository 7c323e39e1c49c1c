//! Open documents, exactly as the editor sent them.

use std::collections::HashMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tower_lsp::lsp_types::{TextDocumentContentChangeEvent, TextDocumentItem, Url};

use super::from_proto;
use crate::base::text::{Encoding, LineIndex};

/// A text with its lines.
#[derive(Clone, Debug)]
pub struct Text {
    pub string: String,
    pub lines: LineIndex,
}

impl Text {
    pub fn new(string: String) -> Self {
        Self { lines: LineIndex::new(&string), string }
    }

    /// A line without its break.
    pub fn line(&self, line: u32) -> &str {
        self.string[self.lines.range_of(line)].trim_end_matches(['\r', '\n'])
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
}

#[derive(Default)]
pub struct Documents {
    open: HashMap<Url, Document>,
    n_revisions: u64,
}

impl Documents {
    pub fn open(&mut self, item: TextDocumentItem) {
        self.n_revisions += 1;
        let document = Document {
            path: from_proto::path(&item.uri),
            uri: item.uri.clone(),
            version: item.version,
            text: Arc::new(Text::new(item.text)),
            revision: self.n_revisions,
            in_sync: true,
        };
        self.open.insert(item.uri, document);
    }

    /// Applies the changes one after the other; `false` when the document is not open.
    pub fn change(
        &mut self,
        uri: &Url,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> bool {
        let Some(document) = self.open.get_mut(uri) else { return false };
        self.n_revisions += 1;
        document.revision = self.n_revisions;
        document.version = version;
        for change in changes {
            match change.range {
                None => {
                    document.text = Arc::new(Text::new(change.text));
                    document.in_sync = true;
                }
                Some(range) => {
                    // Copies the text only while a review still reads the old one.
                    let text = Arc::make_mut(&mut document.text);
                    // The editor took a character apart that cannot be taken apart here.
                    document.in_sync &= ![range.start, range.end]
                        .iter()
                        .any(|at| from_proto::is_inside_character(text, *at, encoding));
                    let range = from_proto::byte_range(text, range, encoding);
                    text.replace(range, &change.text);
                }
            }
        }
        true
    }

    pub fn close(&mut self, uri: &Url) {
        self.open.remove(uri);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::text::Position;
    use proptest::prelude::*;
    use tower_lsp::lsp_types;

    fn uri() -> Url {
        Url::parse("untitled:x").unwrap()
    }

    fn opened(text: &str) -> Documents {
        let mut documents = Documents::default();
        documents.open(TextDocumentItem::new(uri(), "x".into(), 1, text.into()));
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
        assert!(documents.change(&uri(), 7, changes, Encoding::Utf16));
        let document = documents.get(&uri()).unwrap();
        assert_eq!(document.text.string, "one\r\nxywo\r\n");
        assert_eq!((document.version, document.revision), (7, 2));
        assert_eq!(document.path, None);
    }

    #[test]
    fn wild_ranges_are_clamped_and_a_full_text_restores_trust() {
        let mut documents = opened("é");
        documents.distrust(&uri());
        documents.change(&uri(), 2, vec![change(Some((5, 5, 0, 0)), "x")], Encoding::Utf8);
        let document = documents.get(&uri()).unwrap();
        assert_eq!((document.text.string.as_str(), document.in_sync), ("éx", false));
        documents.change(&uri(), 3, vec![change(None, "new")], Encoding::Utf8);
        assert!(documents.get(&uri()).unwrap().in_sync);
        documents.close(&uri());
        assert!(!documents.change(&uri(), 4, vec![], Encoding::Utf8));
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
                    documents.change(&uri(), 2, vec![edit], encoding);
                }
                prop_assert_eq!(&documents.get(&uri()).unwrap().text.string, &model);
            }
        }
    }
}
