//! One file as an editor holds it: text, undo, what it still owes the server.

use std::ops::Range;

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use super::personality::{Endings, Personality, Telling};
use super::rng::Rng;
use super::text::{Owners, Text, Units, difference, ending, position};

const BYTE_ORDER_MARK: &str = "\u{feff}";

#[expect(clippy::struct_excessive_bools, reason = "each is one thing a file is or is not")]
pub struct Document {
    /// Inside the project.
    pub path: String,
    pub uri: String,
    pub text: Text,
    pub version: i64,
    pub is_open: bool,
    /// On disk or on the screen.
    pub is_there: bool,
    /// What is on disk, as this editor shows it.
    saved: Text,
    /// The break that an editor gives all lines, settled when the file is opened.
    ending: &'static str,
    /// Every text it had.
    past: Vec<String>,
    /// What of the disk this editor does not show.
    crlf_on_disk: bool,
    mark_on_disk: bool,
    undo: Vec<Text>,
    redo: Vec<Text>,
    /// Changes the server has not been told of, with the version each led to, and the text it was told last.
    unsent: Vec<(i64, Vec<Value>)>,
    sent: String,
    history: Vec<Change>,
    /// Texts by version, for editors that carry edits over.
    versions: Vec<(i64, String)>,
}

/// A change as an editor remembers it to carry positions over.
struct Change {
    version: i64,
    start: usize,
    n_old: usize,
    n_new: usize,
}

/// Which neighbour a place stays with when something is put in right there.
#[derive(Clone, Copy)]
pub enum Bias {
    Before,
    After,
}

impl Document {
    /// A closed file with these lines, with any kind of line breaks and sometimes with a mark.
    pub fn new(
        path: &str,
        lines: &str,
        personality: &Personality,
        rng: &mut Rng,
        fresh: &mut Owners,
    ) -> Self {
        let lines = if rng.percent(25) { lines.replace('\n', "\r\n") } else { lines.to_owned() };
        let mark = if rng.percent(5) { BYTE_ORDER_MARK } else { "" };
        Self::holding(path, &format!("{mark}{lines}"), personality, fresh)
    }

    /// A closed file that holds this on disk.
    pub fn holding(path: &str, bytes: &str, personality: &Personality, fresh: &mut Owners) -> Self {
        let lines = bytes.strip_prefix(BYTE_ORDER_MARK);
        let mark_on_disk = lines.is_some();
        let lines = lines.unwrap_or(bytes);
        let hides_crlf = personality.endings == Endings::LineFeeds && ending(lines) == "\r\n";
        let shown = if hides_crlf { lines.replace("\r\n", "\n") } else { lines.to_owned() };
        let text = Text::new(shown, fresh);
        Self {
            path: path.to_owned(),
            uri: format!("file://{}/{path}", super::ROOT),
            saved: text.clone(),
            ending: ending(&text.string),
            past: Vec::new(),
            text,
            version: 0,
            is_open: false,
            is_there: true,
            crlf_on_disk: hides_crlf,
            mark_on_disk,
            undo: Vec::new(),
            redo: Vec::new(),
            unsent: Vec::new(),
            sent: String::new(),
            history: Vec::new(),
            versions: Vec::new(),
        }
    }

    /// What a real editor shows of it.
    pub fn show_as(&mut self, text: &str, is_open: bool, fresh: &mut Owners) {
        if self.text.string != text {
            self.text = Text::new(text.to_owned(), fresh);
        }
        self.is_open = is_open;
    }

    /// A file that is not there, or not any more.
    pub fn absent(path: &str, personality: &Personality, fresh: &mut Owners) -> Self {
        Self { is_there: false, ..Self::holding(path, "", personality, fresh) }
    }

    /// What is on disk.
    pub fn bytes(&self) -> Vec<u8> {
        let text = &self.saved.string;
        let text = if self.crlf_on_disk { text.replace('\n', "\r\n") } else { text.clone() };
        if self.mark_on_disk { format!("{BYTE_ORDER_MARK}{text}").into() } else { text.into() }
    }

    /// The parameters of `didOpen`.
    pub fn open(&mut self, personality: &Personality) -> Value {
        self.text = self.saved.clone();
        self.ending = ending(&self.text.string);
        self.undo.clear();
        self.redo.clear();
        self.version = personality.first_version;
        self.show()
    }

    /// The same for a server that has not seen it yet.
    pub fn show(&mut self) -> Value {
        (self.is_open, self.is_there) = (true, true);
        self.unsent.clear();
        self.sent.clone_from(&self.text.string);
        self.history.clear();
        self.versions = vec![(self.version, self.sent.clone())];
        json!({"textDocument": {
            "uri": self.uri, "languageId": "x", "version": self.version, "text": self.text.string,
        }})
    }

    /// Leaves it; what was not saved is gone.
    pub fn close(&mut self) {
        self.is_open = false;
        self.unsent.clear();
        self.text = self.saved.clone();
    }

    pub fn save(&mut self) {
        self.saved = self.text.clone();
    }

    pub fn is_saved(&self) -> bool {
        self.saved == self.text
    }

    /// Text with the line breaks this editor would give it here.
    pub fn normalised(&self, new: &str, endings: Endings) -> String {
        let plain = || new.replace("\r\n", "\n");
        match endings {
            Endings::LineFeeds => plain(),
            Endings::Documents => plain().replace('\n', self.ending),
            Endings::AsTheyCome => new.to_owned(),
        }
    }

    /// Begins what one undo takes back.
    pub fn begin(&mut self) {
        self.undo.push(self.text.clone());
        self.redo.clear();
    }

    /// Puts `new` in place of some bytes, as it is.
    pub fn replace(
        &mut self,
        bytes: Range<usize>,
        new: &str,
        step: i64,
        units: Units,
        fresh: &mut Owners,
    ) {
        self.note(&bytes, new, step, units);
        self.text.replace(bytes, new, fresh);
    }

    /// The same for the parts of one edit, the last first, which are told together; of those that are cut only the
    /// characters that differ.
    pub fn replace_together(
        &mut self,
        parts: Vec<(Range<usize>, String)>,
        cut: bool,
        step: i64,
        units: Units,
        fresh: &mut Owners,
    ) {
        let mut told = Vec::new();
        for (bytes, new) in parts {
            let text = self.text.string.clone();
            let whole = || vec![(0..bytes.len(), new.clone())];
            let pieces = if cut { pieces(&text[bytes.clone()], &new) } else { whole() };
            for (old, new) in pieces.into_iter().rev() {
                let old = bytes.start + old.start..bytes.start + old.end;
                told.push(change(&text, &old, &new, units));
            }
            self.replace(bytes, &new, step, units, fresh);
            self.unsent.pop();
        }
        self.unsent.push((self.version, told));
    }

    fn note(&mut self, bytes: &Range<usize>, new: &str, step: i64, units: Units) {
        self.version += step;
        self.past.push(self.text.string.clone());
        self.unsent.push((self.version, vec![change(&self.text.string, bytes, new, units)]));
        let n_old = bytes.len();
        self.history.push(Change {
            version: self.version,
            start: bytes.start,
            n_old,
            n_new: new.len(),
        });
    }

    /// `false` when there is nothing to take back.
    pub fn undo(&mut self, step: i64, units: Units) -> bool {
        let Some(older) = self.undo.pop() else { return false };
        self.redo.push(self.text.clone());
        self.jump(older, step, units);
        true
    }

    pub fn redo(&mut self, step: i64, units: Units) -> bool {
        let Some(newer) = self.redo.pop() else { return false };
        self.undo.push(self.text.clone());
        self.jump(newer, step, units);
        true
    }

    fn jump(&mut self, to: Text, step: i64, units: Units) {
        let (old, new) = difference(&self.text.string, &to.string);
        let new = to.string[new].to_owned();
        self.note(&old, &new, step, units);
        self.text = to;
    }

    /// Whether something was typed that the server has not been told of.
    pub fn owes(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Whether it held this before.
    pub fn has_been(&self, text: &str) -> bool {
        self.past.iter().any(|known| known == text)
    }

    /// Whether it holds all of `text`, and beside that only something it held before.
    pub fn has_more_than(&self, text: &str) -> bool {
        let (less, more) = difference(text, &self.text.string);
        let more = &self.text.string[more];
        less.is_empty() && self.past.iter().any(|known| known.contains(more))
    }

    /// The lines of a text it had before are back, and so are their owners.
    pub fn recognise(&mut self, before: &Text) {
        self.text = before.clone();
    }

    /// The parameters of every `didChange` that there is to tell.
    pub fn flush(&mut self, telling: Telling, units: Units) -> Vec<Value> {
        let mut all = std::mem::take(&mut self.unsent);
        if all.is_empty() {
            return Vec::new();
        }
        if telling != Telling::One {
            let changes = all.into_iter().flat_map(|(_, changes)| changes).collect();
            all = vec![(self.version, changes)];
        }
        if telling == Telling::Difference {
            let (old, new) = difference(&self.sent, &self.text.string);
            all[0].1 = vec![change(&self.sent, &old, &self.text.string[new], units)];
        }
        if telling == Telling::Whole {
            all[0].1 = vec![json!({"text": self.text.string})];
        }
        self.sent.clone_from(&self.text.string);
        self.versions.push((self.version, self.sent.clone()));
        let params = |(version, changes)| {
            json!({
                "textDocument": {"uri": self.uri, "version": version},
                "contentChanges": Value::Array(changes),
            })
        };
        all.into_iter().map(params).collect()
    }

    /// The text of a version the server has seen; the last one without a version.
    pub fn seen(&self, version: Option<i64>) -> (i64, &str) {
        let known = |known: &&(i64, String)| version.is_none_or(|version| known.0 == version);
        let (version, text) = self.versions.iter().rev().find(known).unwrap_or(&self.versions[0]);
        (*version, text)
    }

    /// Where a place of an older version is now.
    pub fn carried(&self, at: usize, version: i64, bias: Bias) -> usize {
        let later = self.history.iter().filter(|change| change.version > version);
        later.fold(at, |at, change| {
            let end = change.start + change.n_old;
            match bias {
                _ if at < change.start => at,
                _ if at > end => at - change.n_old + change.n_new,
                Bias::Before if at == change.start => at,
                Bias::Before | Bias::After => change.start + change.n_new,
            }
        })
    }
}

/// What differs between two texts, character by character.
fn pieces(old: &str, new: &str) -> Vec<(Range<usize>, String)> {
    let diff = TextDiff::from_chars(old, new);
    let (mut at_old, mut pieces) = (0, Vec::<(Range<usize>, String)>::new());
    let mut is_same = true;
    for change in diff.iter_all_changes() {
        let text = change.value();
        if change.tag() == ChangeTag::Equal {
            (at_old, is_same) = (at_old + text.len(), true);
            continue;
        }
        if std::mem::take(&mut is_same) {
            pieces.push((at_old..at_old, String::new()));
        }
        let piece = pieces.last_mut().unwrap();
        if change.tag() == ChangeTag::Delete {
            at_old += text.len();
            piece.0.end = at_old;
        } else {
            piece.1.push_str(text);
        }
    }
    pieces
}

fn change(text: &str, bytes: &Range<usize>, new: &str, units: Units) -> Value {
    let at = |offset| {
        let (line, column) = position(text, offset, units);
        json!({"line": line, "character": column})
    };
    json!({"range": {"start": at(bytes.start), "end": at(bytes.end)}, "text": new})
}
