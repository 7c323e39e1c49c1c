//! Reads what commands left in a world: its tree with everything they wrote, made or removed, build outputs aside.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::cache::trouble;
use super::layer;
use super::outputs::{files_within, is_output};
use super::pool::Slot;
use crate::base::ids::TreeId;
use crate::base::limits::{LEFT_BYTES_MAX, LEFT_FILES_MAX};
use crate::base::path::RepoPath;
use crate::io::store::{FileMode, NewFile, Store, TreeFile};
use crate::model::failure::{Failure, FailureKind};

/// What differs from a tree.
pub struct Left<'a> {
    store: &'a Store,
    /// The tree's, sorted.
    files: &'a [TreeFile],
    changes: BTreeMap<RepoPath, Option<NewFile>>,
    n_bytes: u64,
}

impl<'a> Left<'a> {
    pub fn new(store: &'a Store, files: &'a [TreeFile]) -> Self {
        Self { store, files, changes: BTreeMap::new(), n_bytes: 0 }
    }

    /// `tree`, whose files these are, with what was found.
    pub fn over(self, tree: &TreeId) -> Result<TreeId, Failure> {
        self.store.with_modes(tree, &self.changes.into_iter().collect::<Vec<_>>())
    }

    /// Takes in the upper layer of a world over `base`.
    pub fn look_at_layer(
        &mut self,
        upper: &Path,
        base: &Path,
        folder: &RepoPath,
    ) -> Result<(), Failure> {
        for (path, meta) in entries(upper, folder)? {
            let here = path.under(upper);
            let at = [here.clone(), path.under(base)];
            if layer::is_whiteout(&meta) {
                self.remove_within(&path);
                continue;
            }
            if self.is_left_out(&path, &meta, &at) {
                continue;
            }
            if meta.is_dir() {
                if layer::is_opaque(&here) || self.file_at(&path).is_some() {
                    self.remove_within(&path);
                }
                self.look_at_layer(upper, base, &path)?;
            } else {
                self.remove_within(&path);
                self.put(path, &here, &meta)?;
            }
        }
        Ok(())
    }

    /// Takes in a folder of the pool.
    pub fn look_at_slot(&mut self, slot: &Slot) -> Result<(), Failure> {
        let mut seen = BTreeSet::new();
        let linked: Vec<RepoPath> = slot
            .dependencies
            .iter()
            .filter_map(|path| RepoPath::below(self.store.root(), path))
            .collect();
        self.look_at_folder(slot, &linked, &RepoPath::root(), &mut seen)?;
        for file in self.files.iter().filter(|file| !seen.contains(&file.path)) {
            self.changes.entry(file.path.clone()).or_insert(None);
        }
        Ok(())
    }

    fn look_at_folder(
        &mut self,
        slot: &Slot,
        linked: &[RepoPath],
        folder: &RepoPath,
        seen: &mut BTreeSet<RepoPath>,
    ) -> Result<(), Failure> {
        for (path, meta) in entries(slot.files(), folder)? {
            let here = path.under(slot.files());
            let is_nested = meta.is_dir() && self.file_at(&path).is_some_and(is_nested);
            if is_nested || slot.is_untouched(&path) {
                seen.insert(path);
                continue;
            }
            if linked.contains(&path) || self.is_left_out(&path, &meta, std::slice::from_ref(&here))
            {
                continue;
            }
            if meta.is_dir() {
                self.look_at_folder(slot, linked, &path, seen)?;
            } else {
                seen.insert(path.clone());
                self.put(path, &here, &meta)?;
            }
        }
        Ok(())
    }

    /// Nested repositories are not looked into, build outputs are nobody's change.
    fn is_left_out(&self, path: &RepoPath, meta: &Metadata, at: &[PathBuf]) -> bool {
        let is_known = || files_within(self.files, path).next().is_some();
        meta.is_dir() && self.file_at(path).is_some_and(is_nested)
            || is_output(self.store, path, meta.is_dir(), at) && !is_known()
    }

    fn file_at(&self, path: &RepoPath) -> Option<&TreeFile> {
        let place = self.files.binary_search_by(|file| file.path.cmp(path)).ok()?;
        self.files.get(place)
    }

    fn remove_within(&mut self, path: &RepoPath) {
        self.changes.extend(files_within(self.files, path).map(|path| (path, None)));
    }

    /// Pipes and sockets are nothing that a tree could hold.
    fn put(&mut self, path: RepoPath, here: &Path, meta: &Metadata) -> Result<(), Failure> {
        let read = if meta.is_symlink() {
            read_link(here).map(|target| (FileMode::Symlink, target))
        } else if meta.is_file() {
            self.n_bytes += meta.len();
            if self.changes.len() >= LEFT_FILES_MAX || self.n_bytes > LEFT_BYTES_MAX {
                return Err(refused(format!(
                    "it left more than {LEFT_FILES_MAX} changed files or {LEFT_BYTES_MAX} bytes in them"
                )));
            }
            fs::read(here).map(|bytes| (mode(meta), bytes))
        } else {
            return Ok(());
        };
        let file = read
            .map_err(|error| refused(format!("it left {path}, which cannot be read: {error}")))?;
        self.changes.insert(path, Some(file));
        Ok(())
    }
}

/// What a folder holds, links not followed. History is not looked at, and a name that is not Unicode is in no tree.
fn entries(root: &Path, folder: &RepoPath) -> Result<Vec<(RepoPath, Metadata)>, Failure> {
    let here = folder.under(root);
    let read = || {
        let mut found = Vec::new();
        for entry in fs::read_dir(&here)? {
            let entry = entry?;
            let path = entry.file_name().to_str().and_then(|name| folder.join(name));
            if let Some(path) = path.filter(|path| path.file_name() != ".git") {
                found.push((path, entry.metadata()?));
            }
        }
        Ok(found)
    };
    read().map_err(|error: io::Error| match error.kind() {
        io::ErrorKind::PermissionDenied => {
            refused(format!("it left the folder {folder}, which cannot be read"))
        }
        _ => trouble(&here)(error),
    })
}

fn is_nested(file: &TreeFile) -> bool {
    file.mode == FileMode::Submodule
}

fn refused(message: String) -> Failure {
    Failure::new(FailureKind::Refused, message, "Nothing of it was taken.")
}

#[cfg(unix)]
fn read_link(path: &Path) -> io::Result<Vec<u8>> {
    fs::read_link(path).map(|target| target.into_os_string().into_encoded_bytes())
}

#[cfg(not(unix))]
fn read_link(path: &Path) -> io::Result<Vec<u8>> {
    fs::read_link(path).map(|target| target.to_string_lossy().into_owned().into_bytes())
}

fn mode(meta: &Metadata) -> FileMode {
    if super::folder::is_executable(meta) { FileMode::Executable } else { FileMode::Plain }
}
