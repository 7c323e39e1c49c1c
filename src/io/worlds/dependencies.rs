//! Installed packages of the user's in a world: shown as they are, and where tools keep their caches.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Component, Path, PathBuf};

use super::trash::remove_all;
use crate::base::path::RepoPath;

/// The folder that package managers of JavaScript install to.
const PACKAGES: &str = "node_modules";

/// What lies there beside packages and is needed; other hidden names are caches of tools.
const HIDDEN: [&str; 4] = [".bin", ".pnpm", ".modules.yaml", ".package-lock.json"];

/// Whether tools write caches into this folder of installed packages. Others are only read.
pub fn is_cache_place(folder: &RepoPath) -> bool {
    folder.file_name() == PACKAGES
}

/// Shows the user's folder `target` at `place`, a path of ours. Linked, not copied: it may be large, and commands
/// cannot write through it.
pub fn link(target: &Path, place: &Path) -> io::Result<()> {
    if target.ends_with(PACKAGES) {
        return link_packages(target, place);
    }
    if fs::read_link(place).is_ok_and(|held| held == target) {
        return Ok(());
    }
    remove_all(place)?;
    make_link(target, place)
}

/// A folder of ours with a link for each package. Packages that are links themselves lead to other parts of the project:
/// here to the copies of these.
fn link_packages(target: &Path, place: &Path) -> io::Result<()> {
    if !fs::symlink_metadata(place).is_ok_and(|meta| meta.is_dir()) {
        remove_all(place)?;
        fs::create_dir_all(place)?;
    }
    for held in fs::read_dir(place)? {
        let held = held?;
        if held.file_type()?.is_symlink() {
            fs::remove_file(held.path())?;
        }
    }
    for entry in fs::read_dir(target)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let shown = place.join(&*name);
        if name.starts_with('@') && entry.file_type()?.is_dir() {
            link_packages(&entry.path(), &shown)?;
        } else if !name.starts_with('.') || HIDDEN.contains(&&*name) {
            let leads_to = own_part(&entry).unwrap_or_else(|| entry.path());
            remove_all(&shown)?;
            make_link(&leads_to, &shown)?;
        }
    }
    Ok(())
}

/// Where a relative link leads that leaves the packages.
fn own_part(entry: &DirEntry) -> Option<PathBuf> {
    let to = fs::read_link(entry.path()).ok()?;
    let leaves = to.is_relative()
        && !to.components().any(|part| part == Component::Normal(PACKAGES.as_ref()));
    let is_above = to.components().next() == Some(Component::ParentDir);
    let stays = entry.path().parent()?.join(&to).canonicalize().ok()?;
    let is_package = stays.components().any(|part| part == Component::Normal(PACKAGES.as_ref()));
    (leaves && is_above && !is_package).then_some(to)
}

#[cfg(unix)]
fn make_link(target: &Path, link: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, link)
}

#[cfg(windows)]
fn make_link(target: &Path, link: &Path) -> io::Result<()> {
    std::os::windows::fs::symlink_dir(target, link)
}
