//! Runs that this session asked for, and the texts on the screen as they saw them.

use std::cell::LazyCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::documents::Text;
use super::progress::Progress;
use super::session::State;
use crate::base::hash::ContentHash;
use crate::base::ids::RunId;
use crate::base::limits;

/// A run that this session asked for.
pub struct Started {
    /// The folder of the project it is in.
    pub folder: PathBuf,
    /// The texts of its project that were on the screen then.
    pub texts: Texts,
    /// Until the run ends.
    pub progress: Option<Progress>,
    /// Whether what it came to was looked at with [`accept_alone`](super::accept_alone).
    pub settled: bool,
    /// Whether it was looked at for what it leaves open, with [`swaps`](super::swaps).
    pub asked: bool,
}

/// A text as a run saw it, or what is kept of it where all of them would take too much.
#[derive(Clone, Debug)]
pub enum Seen {
    Text(Arc<Text>),
    Hash(ContentHash),
}

impl Seen {
    /// Whether a text is still the same.
    pub fn is(&self, now: &Arc<Text>) -> bool {
        match self {
            Self::Text(seen) => Arc::ptr_eq(seen, now) || seen.string == now.string,
            Self::Hash(seen) => *seen == ContentHash::of(&now.string),
        }
    }

    pub fn text(&self) -> Option<&Arc<Text>> {
        match self {
            Self::Text(text) => Some(text),
            Self::Hash(_) => None,
        }
    }

    fn size(&self) -> usize {
        self.text().map_or(0, |text| text.size())
    }
}

/// Texts by path.
#[derive(Default)]
pub struct Texts {
    known: HashMap<PathBuf, Seen>,
    /// The memory they take, about.
    n_bytes: usize,
    /// Nothing is known of some, as there was no room even for their names.
    pub is_partial: bool,
}

/// What a text takes beside its bytes and those of its name, about.
const ENTRY_BYTES: usize = 128;

impl Texts {
    pub fn get(&self, path: &Path) -> Option<&Seen> {
        self.known.get(path)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Path, &Seen)> {
        self.known.iter().map(|(path, seen)| (path.as_path(), seen))
    }

    /// Takes in a text that was not known, or as much of it as there is room for.
    fn see(
        &mut self,
        path: &Path,
        text: &Arc<Text>,
        hash: impl FnOnce() -> ContentHash,
        n_free: usize,
    ) {
        if self.known.contains_key(path) {
            return;
        }
        let n_least = ENTRY_BYTES + path.as_os_str().len();
        if n_least > n_free {
            self.is_partial = true;
            return;
        }
        let seen = match n_least + text.size() <= n_free {
            true => Seen::Text(text.clone()),
            false => Seen::Hash(hash()),
        };
        self.n_bytes += n_least + seen.size();
        self.known.insert(path.to_owned(), seen);
    }

    /// Lets go of the texts, so that it is only known whether one is another now.
    fn shrink(&mut self) {
        for seen in self.known.values_mut() {
            self.n_bytes -= seen.size();
            if let Seen::Text(text) = seen {
                *seen = Seen::Hash(ContentHash::of(&text.string));
            }
        }
    }
}

impl State {
    /// Whether as many runs of this session go on as may, or wait for their snapshots with as many texts.
    pub fn is_full(&self) -> bool {
        let running = || self.started.iter().filter(|(_, started)| started.progress.is_some());
        let is_waiting =
            |id: &RunId| self.run(*id).is_none_or(|(_, view)| view.run.snapshot.is_none());
        let waiting = running().filter(|(id, _)| is_waiting(id));
        running().count() >= limits::RUNS_SHOWN_MAX
            || waiting.map(|(_, started)| started.texts.n_bytes).sum::<usize>()
                >= limits::DOCUMENTS_BYTES_MAX
    }

    /// The open files whose texts are known, by path.
    pub fn on_screen(&self) -> HashMap<PathBuf, Arc<Text>> {
        let files = self.documents.files();
        files.map(|(path, document)| (path.to_owned(), document.text.clone())).collect()
    }

    /// Remembers a run that this session asks for, with what is on the screen.
    pub fn start(&mut self, id: RunId, folder: PathBuf, progress: Progress) {
        let mut texts = Texts::default();
        for (path, document) in self.documents.files() {
            if self.projects.may_hold(&folder, path) {
                let (text, n_free) = (&document.text, limits::SEEN_BYTES_MAX - texts.n_bytes);
                texts.see(path, text, || ContentHash::of(&text.string), n_free);
            }
        }
        self.make_room(texts.n_bytes);
        let progress = Some(progress);
        self.started.insert(id, Started { folder, texts, progress, settled: false, asked: false });
        if self.started.len() > limits::RUNS_SHOWN_MAX {
            let ended = self.started.iter().filter(|(_, started)| started.progress.is_none());
            if let Some(oldest) = ended.map(|(id, _)| *id).min() {
                self.started.remove(&oldest);
            }
        }
    }

    /// Takes in the text of a file that is opened. Until then it is as the runs saw it.
    pub(super) fn seen_late(&mut self, path: &Path, text: &Arc<Text>) {
        let mut n_all = self.n_seen();
        let hash = LazyCell::new(|| ContentHash::of(&text.string));
        for started in self.started.values_mut() {
            if self.projects.may_hold(&started.folder, path) {
                let n_before = started.texts.n_bytes;
                let n_free = limits::SEEN_BYTES_MAX.saturating_sub(n_all);
                started.texts.see(path, text, || *hash, n_free);
                n_all += started.texts.n_bytes - n_before;
            }
        }
    }

    fn n_seen(&self) -> usize {
        self.started.values().map(|started| started.texts.n_bytes).sum()
    }

    /// Lets go of the texts of the oldest runs.
    fn make_room(&mut self, n_bytes: usize) {
        let mut n_all = self.n_seen();
        let mut ids: Vec<RunId> = self.started.keys().copied().collect();
        ids.sort();
        for id in ids {
            if n_all + n_bytes <= limits::SEEN_BYTES_MAX {
                return;
            }
            let Some(started) = self.started.get_mut(&id) else { continue };
            n_all -= started.texts.n_bytes;
            started.texts.shrink();
            n_all += started.texts.n_bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sizes: &[usize], n_free: usize) -> Texts {
        let mut texts = Texts::default();
        for (n, size) in sizes.iter().enumerate() {
            let text = Arc::new(Text::new("x".repeat(*size)));
            let n_free = n_free - texts.n_bytes;
            texts.see(Path::new(&n.to_string()), &text, || ContentHash::of(&text.string), n_free);
        }
        texts
    }

    #[test]
    fn a_text_without_room_is_known_by_its_hash() {
        let check = |size: usize, n_free: usize, is_text: Option<bool>| {
            let texts = texts(&[size], n_free);
            let seen = texts.get(Path::new("0"));
            assert_eq!(seen.map(|seen| seen.text().is_some()), is_text, "{size} in {n_free}");
            assert_eq!(texts.is_partial, is_text.is_none());
            assert!(texts.n_bytes <= n_free);
            if let Some(seen) = seen {
                assert!(seen.is(&Arc::new(Text::new("x".repeat(size)))));
                assert!(!seen.is(&Arc::new(Text::new("y".repeat(size)))));
            }
        };
        check(1_000, 2_000, Some(true));
        check(1_000, 1_000, Some(false));
        check(1_000, 100, None);
    }

    #[test]
    fn what_is_let_go_of_is_no_longer_counted() {
        let mut shrunk = texts(&[1_000, 2_000], 10_000);
        shrunk.shrink();
        assert_eq!(shrunk.n_bytes, texts(&[1_000, 2_000], 600).n_bytes);
        shrunk.shrink();
        assert!(shrunk.iter().all(|(_, seen)| seen.text().is_none()));
    }
}
