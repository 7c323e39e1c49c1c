//! Files of a world that patterns name: taken away before a command, read after it.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::PoisonError;

use super::folder::Folder;
use super::{Place, UPPER, World};
use crate::base::glob::Globs;
use crate::base::path::RepoPath;
use crate::model::failure::Failure;

impl World {
    /// Takes away every file that fits. The user's own stay where they are.
    pub fn remove_matching(&self, globs: &Globs) -> Result<(), Failure> {
        let _at_rest = self.n_runs.lock().unwrap_or_else(PoisonError::into_inner);
        let upper = self.folder.path.join(UPPER);
        let (mut folder, layers) = match &self.place {
            Place::Overlay { lease, .. } => {
                (Folder::over(&upper, &lease.files()), vec![lease.files(), upper.clone()])
            }
            Place::Slot(slot) => (Folder::plain(slot.files()), vec![slot.files().to_path_buf()]),
        };
        let mut paths: Vec<RepoPath> =
            layers.iter().flat_map(|layer| matching(layer, globs)).collect();
        paths.sort();
        paths.dedup();
        paths.iter().try_for_each(|path| folder.remove(path))
    }

    /// The files that fit and that commands wrote since [`World::remove_matching`], sorted by path, opened. Nothing is
    /// read through a link.
    pub fn open_matching(&self, globs: &Globs) -> Vec<(RepoPath, File)> {
        let _at_rest = self.n_runs.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = match &self.place {
            Place::Overlay { .. } => self.folder.path.join(UPPER),
            Place::Slot(slot) => slot.files().to_path_buf(),
        };
        let mut paths = matching(&folder, globs);
        paths.sort();
        let open = |path: RepoPath| File::open(path.under(&folder)).ok().map(|file| (path, file));
        paths.into_iter().filter_map(open).collect()
    }
}

/// Plain files below `root` that fit, reached through real folders only.
fn matching(root: &Path, globs: &Globs) -> Vec<RepoPath> {
    let is_folder = |path: &PathBuf| fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir());
    let is_real =
        |folder: &&RepoPath| folder.ancestors().all(|above| is_folder(&above.under(root)));
    let mut waiting: Vec<RepoPath> = globs.folders().iter().filter(is_real).cloned().collect();
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder.under(root)).into_iter().flatten().flatten() {
            let path = entry.file_name().to_str().and_then(|name| folder.join(name));
            let (Some(path), Ok(kind)) = (path, entry.file_type()) else { continue };
            if kind.is_dir() && path.file_name() != ".git" {
                waiting.push(path);
            } else if kind.is_file() && globs.fit(&path) {
                found.push(path);
            }
        }
    }
    found
}
