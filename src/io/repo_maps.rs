//! Maps of the project's trees. A file is read once for each content it ever had: its outline is kept, in memory and
//! on disk, by what git calls the content.

mod kept;
mod read;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::cancel::CancelToken;
use crate::base::ids::TreeId;
use crate::base::limits::REPO_MAP_BYTES_MAX;
use crate::base::path::RepoPath;
use crate::io::store::{FileMode, Store, TreeFile};
use crate::logic::outline::language_of;
use crate::logic::repo_map::RepoMap;
use crate::model::failure::{Failure, FailureKind};
use kept::{Kept, Key};

/// Files whose outlines are looked up, made and written to disk together.
const CHUNK_FILES: usize = 2_000;

/// Shared between threads: one map is made at a time, and who asks for the same tree gets the same map.
pub struct RepoMaps(Mutex<Inner>);

struct Inner {
    kept: Kept,
    bytes_max: usize,
    last: Option<Last>,
}

/// The map that was made last; the next one starts from it.
struct Last {
    tree: TreeId,
    map: Arc<RepoMap>,
    /// Whether no file was left out for want of room.
    is_whole: bool,
}

impl RepoMaps {
    /// Keeps outlines in one file in `cache_dir`. What is damaged there is made again; what cannot be written is not
    /// kept.
    pub fn open(cache_dir: &Path) -> RepoMaps {
        RepoMaps::with_room(cache_dir, REPO_MAP_BYTES_MAX)
    }

    fn with_room(cache_dir: &Path, bytes_max: usize) -> RepoMaps {
        RepoMaps(Mutex::new(Inner {
            kept: Kept::open(cache_dir, bytes_max),
            bytes_max,
            last: None,
        }))
    }

    /// The map of a tree. Files beyond [`REPO_MAP_BYTES_MAX`] of outlines, in the order of paths, are left out. What was
    /// read before a cancel is not read again.
    pub fn of(
        &self,
        store: &Store,
        tree: &TreeId,
        cancel: &CancelToken,
    ) -> Result<Arc<RepoMap>, Failure> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = match inner.last.take() {
            Some(last) if last.tree == *tree => last,
            last => {
                let made = inner.make(store, tree, last, cancel)?;
                inner.make_room(store, tree)?;
                made
            }
        };
        let map = last.map.clone();
        inner.last = Some(last);
        Ok(map)
    }
}

/// A path, and the file that is there.
type Change = (RepoPath, Option<TreeFile>);

impl Inner {
    fn make(
        &mut self,
        store: &Store,
        tree: &TreeId,
        last: Option<Last>,
        cancel: &CancelToken,
    ) -> Result<Last, Failure> {
        let near = last.filter(|last| last.is_whole);
        // A tree that the store no longer has cannot be compared.
        let near = near.and_then(|last| Some((changes(store, &last.tree, tree).ok()?, last.map)));
        if let Some((changes, mut map)) = near
            && self.update(store, &mut map, changes, cancel)?
        {
            return Ok(Last { tree: tree.clone(), map, is_whole: true });
        }
        let files = store.files(tree)?;
        let mut map = Arc::default();
        let all = files.into_iter().map(|file| (file.path.clone(), Some(file))).collect();
        let is_whole = self.update(store, &mut map, all, cancel)?;
        Ok(Last { tree: tree.clone(), map, is_whole })
    }

    /// Forgets outlines of other trees when there are too many.
    fn make_room(&mut self, store: &Store, tree: &TreeId) -> Result<(), Failure> {
        if self.kept.is_full() {
            self.kept.keep_only(&store.files(tree)?.iter().filter_map(key).collect());
        }
        Ok(())
    }

    /// Whether all of it had room.
    fn update(
        &mut self,
        store: &Store,
        map: &mut Arc<RepoMap>,
        changes: Vec<Change>,
        cancel: &CancelToken,
    ) -> Result<bool, Failure> {
        let sources = changes.into_iter().filter(|(path, _)| language_of(path).is_some());
        let mut sources = sources.peekable();
        if sources.peek().is_none() {
            return Ok(true);
        }
        // Copied only if somebody still uses it.
        let map = Arc::make_mut(map);
        while sources.peek().is_some() {
            let chunk: Vec<Change> = sources.by_ref().take(CHUNK_FILES).collect();
            let missing = chunk.iter().filter_map(|(_, file)| file.as_ref());
            let missing = missing.filter(|file| key(file).is_some_and(|key| !self.kept.has(&key)));
            self.kept.add(read::outlines(store, &missing.collect::<Vec<_>>(), cancel)?);
            if cancel.is_cancelled() {
                return Err(cancelled());
            }
            for (path, file) in chunk {
                let outline = file.as_ref().and_then(key).and_then(|key| self.kept.get(&key));
                map.update(&path, outline);
                if map.n_bytes() > self.bytes_max {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

fn changes(store: &Store, from: &TreeId, to: &TreeId) -> Result<Vec<Change>, Failure> {
    let changes = store.changes(from, to)?;
    Ok(changes.into_iter().map(|change| (change.path, change.after)).collect())
}

/// What the outline of a file is kept by; `None` for what has none.
fn key(file: &TreeFile) -> Option<Key> {
    let is_file = matches!(file.mode, FileMode::Plain | FileMode::Executable);
    let language = language_of(&file.path).filter(|_| is_file)?;
    Some(Key { blob: file.blob.clone(), language })
}

fn cancelled() -> Failure {
    Failure::new(
        FailureKind::Refused,
        "the map of the repository was not finished: it was cancelled",
        "Start the work again; what was read is kept.",
    )
}

#[cfg(test)]
mod tests;
