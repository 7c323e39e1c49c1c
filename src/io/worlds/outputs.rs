//! Moves what commands built in a world into the base below it, so that the next world need not build it again.
//!
//! Outputs move together with the sources they were made from, and sources keep the times they had then. A source
//! that a command changed on its own stays as the tree has it, but counts as changed from now on.

use std::collections::BTreeSet;
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};

use super::base::Lease;
use super::cache::{Cache, trouble};
use super::folder::{Folder, touch};
use super::layer;
use crate::base::ids::TreeId;
use crate::base::path::RepoPath;
use crate::io::store::{Store, TreeFile, is_output_folder};
use crate::model::failure::Failure;

/// Brings the base to `tree`, of which `uppers` are the worlds' layers. Does nothing while other worlds need the base.
pub fn keep(
    cache: &Cache,
    lease: &Lease,
    uppers: &[PathBuf],
    tree: &TreeId,
) -> Result<(), Failure> {
    lease.change(cache, tree, |shown| {
        let base = lease.files();
        let files = cache.store.files(tree)?;
        let changes = cache.store.changes(shown, tree)?;
        Folder::plain(&base).apply(&cache.store, &changes)?;
        let mut settled = BTreeSet::new();
        for upper in uppers {
            let mut found = Found::default();
            Layer { store: &cache.store, upper, base: &base, files: &files }
                .look(&RepoPath::root(), &mut found)
                .map_err(trouble(upper))?;
            // A source that several worlds were given has its time by the first.
            for path in found.sources.into_iter().filter(|path| settled.insert(path.clone())) {
                let is_change = changes.iter().any(|change| change.path == path);
                settle_time(&path.under(upper), &path.under(&base), is_change)
                    .map_err(trouble(&path.under(&base)))?;
            }
            for path in &found.outputs {
                let to = path.under(&base);
                if path.parent().under(&base).is_dir() {
                    merge(cache, &path.under(upper), &to).map_err(trouble(&to))?;
                }
            }
        }
        Ok(())
    })
}

/// Whether something that commands left at `path`, shown by the folders or files `at`, was built and may stay. History
/// is not built.
pub fn is_output(store: &Store, path: &RepoPath, is_folder: bool, at: &[PathBuf]) -> bool {
    if path.file_name() == ".git" {
        return false;
    }
    if is_folder {
        // The rules for a folder are seen by what they say of something in it.
        let inside = path.join("anything");
        at.iter().any(|folder| is_output_folder(folder))
            || inside.is_some_and(|inside| store.is_ignored(&inside))
    } else {
        store.is_ignored(path)
    }
}

/// What a layer holds.
#[derive(Default)]
struct Found {
    /// Files and folders of outputs; nothing of the tree is in them.
    outputs: Vec<RepoPath>,
    /// Files of the tree that were written, and those that were hidden.
    sources: Vec<RepoPath>,
}

struct Layer<'a> {
    store: &'a Store,
    upper: &'a Path,
    base: &'a Path,
    /// The tree's, sorted.
    files: &'a [TreeFile],
}

impl Layer<'_> {
    fn look(&self, folder: &RepoPath, found: &mut Found) -> io::Result<()> {
        for entry in fs::read_dir(folder.under(self.upper))? {
            let entry = entry?;
            // A name that is not Unicode is in no tree, and as an output not worth keeping.
            let Some(path) = entry.file_name().to_str().and_then(|name| folder.join(name)) else {
                continue;
            };
            let meta = entry.metadata()?;
            if self.is_output(&path, &meta) {
                found.outputs.push(path);
            } else if !meta.is_dir() {
                found.sources.extend(files_within(self.files, &path));
            } else {
                if layer::is_opaque(&entry.path()) {
                    found.sources.extend(files_within(self.files, &path));
                }
                self.look(&path, found)?;
            }
        }
        Ok(())
    }

    fn is_output(&self, path: &RepoPath, meta: &Metadata) -> bool {
        let (upper, base) = (path.under(self.upper), path.under(self.base));
        let is_folder = meta.is_dir() || layer::is_whiteout(meta) && base.is_dir();
        is_output(self.store, path, is_folder, &[upper, base])
            && files_within(self.files, path).next().is_none()
    }
}

/// The file at `path` of those of a tree, or its files below. They are sorted.
pub fn files_within<'a>(
    files: &'a [TreeFile],
    path: &RepoPath,
) -> impl Iterator<Item = RepoPath> + use<'a> {
    let start = files.partition_point(|file| file.path < *path);
    let (path, folder) = (path.clone(), path.clone());
    // Names that only begin alike stand in between: `a`, `a-b`, `a/c`.
    files[start..]
        .iter()
        .map(|file| file.path.clone())
        .take_while(move |file| file.as_str().starts_with(path.as_str()))
        .filter(move |file| file.is_within(&folder))
}

/// A changed source gets the time at which it was put into the world, which is older than what was built from it. Any
/// other was written by a command, and what was built may be of that.
fn settle_time(upper: &Path, base: &Path, is_change: bool) -> io::Result<()> {
    let is_file = |path: &Path| fs::symlink_metadata(path).is_ok_and(|meta| meta.is_file());
    if !is_file(base) {
        return Ok(());
    }
    if is_change && is_file(upper) && fs::read(upper)? == fs::read(base)? {
        let put = fs::metadata(upper)?.modified()?;
        return fs::File::options().write(true).open(base)?.set_modified(put);
    }
    touch(base)
}

/// Makes `to` what commands saw at `from`, an output, over it.
fn merge(cache: &Cache, from: &Path, to: &Path) -> io::Result<()> {
    let (upper, lower) = (fs::symlink_metadata(from)?, fs::symlink_metadata(to).ok());
    let both_folders = upper.is_dir() && lower.as_ref().is_some_and(Metadata::is_dir);
    if both_folders && !layer::is_opaque(from) {
        for entry in fs::read_dir(from)? {
            let name = entry?.file_name();
            merge(cache, &from.join(&name), &to.join(&name))?;
        }
        return Ok(());
    }
    if lower.is_some_and(|lower| lower.is_dir()) {
        cache.trash.discard(to);
    }
    if layer::is_whiteout(&upper) {
        match fs::remove_file(to) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    } else {
        fs::rename(from, to)
    }
}
