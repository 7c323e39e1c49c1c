//! Bases: folders that show one tree each and are never written by commands; the lower layers of worlds.
//!
//! A base keeps the build outputs that were made from its files. While a world lies over it, it must not change.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::cache::{
    Cache, Lock, folders, read_state, trouble, try_exclusive, try_shared, write_state,
};
use super::folder::Folder;
use crate::base::ids::TreeId;
use crate::base::limits::{BASES_MAX, WORLD_CHANGES_MAX};
use crate::io::store::TreeChange;
use crate::model::failure::Failure;

/// A base that stays as it is until this is dropped.
pub struct Lease {
    folder: PathBuf,
    lock: Lock,
}

/// What a base shows. While it changes there is no such file, so that one cut short is not believed.
#[derive(Serialize, Deserialize)]
struct State {
    tree: TreeId,
}

const STATE: &str = "state.json";

impl Lease {
    /// The folder that shows the tree.
    pub fn files(&self) -> PathBuf {
        self.folder.join("tree")
    }

    /// The tree that the base shows.
    pub fn shown(&self) -> Result<TreeId, Failure> {
        let state: Option<State> = read_state(&self.folder.join(STATE));
        let lost = || trouble(&self.folder)(std::io::ErrorKind::NotFound.into());
        state.map(|state| state.tree).ok_or_else(lost)
    }

    /// Runs `change` on the base, which must show `tree` after it. Does nothing when other worlds lie over it.
    pub fn change(
        &self,
        cache: &Cache,
        tree: &TreeId,
        change: impl FnOnce(&TreeId) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let _changing = cache.lock()?;
        // Asked for alone, the lock is given up first; the lock of all makes sure that nobody comes in between.
        if !self.lock.alone() {
            return Ok(());
        }
        let Some(State { tree: shown }) = read_state(&self.folder.join(STATE)) else {
            return Ok(());
        };
        let done = remade(&self.folder, tree, || change(&shown));
        // Whoever waits for the lock of all must find this base free to share.
        self.lock.with_others();
        done
    }
}

/// A base near `tree`, and what must change on top of it.
pub fn lease(cache: &Cache, tree: &TreeId) -> Result<(Lease, Vec<TreeChange>), Failure> {
    let _changing = cache.lock()?;
    let mut near = by_distance(cache, tree)?;
    if near.first().is_some_and(|(_, changes)| changes.len() <= WORLD_CHANGES_MAX) {
        let (folder, changes) = near.swap_remove(0);
        return Ok((share(folder)?, changes));
    }
    for (folder, changes) in &near {
        if let Some(alone) = try_exclusive(folder)? {
            let bring = || Folder::plain(&folder.join("tree")).apply(&cache.store, changes);
            remade(folder, tree, bring)?;
            drop(alone);
            return Ok((share(folder.clone())?, Vec::new()));
        }
    }
    if near.len() < BASES_MAX || near.is_empty() {
        return Ok((share(make(cache, tree)?)?, Vec::new()));
    }
    let (folder, changes) = near.swap_remove(0);
    Ok((share(folder)?, changes))
}

/// All whole bases, the one with the fewest changes to `tree` first. Those that a dead process left half-made are
/// thrown away.
fn by_distance(cache: &Cache, tree: &TreeId) -> Result<Vec<(PathBuf, Vec<TreeChange>)>, Failure> {
    let mut near = Vec::new();
    for folder in folders(&cache.dir.join("bases"))? {
        let changes = read_state(&folder.join(STATE))
            .and_then(|state: State| cache.store.changes(&state.tree, tree).ok());
        match changes {
            Some(changes) => near.push((folder, changes)),
            None if try_exclusive(&folder)?.is_some() => cache.trash.discard(&folder),
            None => {}
        }
    }
    near.sort_by_key(|(_, changes)| changes.len());
    Ok(near)
}

fn make(cache: &Cache, tree: &TreeId) -> Result<PathBuf, Failure> {
    let bases = cache.dir.join("bases");
    let taken = folders(&bases)?;
    let mut names = (0u64..).map(|n| bases.join(n.to_string()));
    let folder = names.find(|name| !taken.contains(name)).expect("numbers do not run out");
    fs::create_dir_all(&folder).map_err(trouble(&folder))?;
    let files = cache.store.files(tree)?;
    remade(&folder, tree, || Folder::fill(&folder.join("tree"), &cache.store, &files))?;
    Ok(folder)
}

fn share(folder: PathBuf) -> Result<Lease, Failure> {
    match try_shared(&folder)? {
        Some(lock) => Ok(Lease { folder, lock }),
        None => Err(Failure::environment(
            format!("`{}` is locked by another program", folder.display()),
            "End the program that holds it, or delete the cache folder while Greenloop is not running.",
        )),
    }
}

/// Runs `change`, after which the base shows `tree`.
fn remade(
    folder: &Path,
    tree: &TreeId,
    change: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let state = folder.join(STATE);
    if state.exists() {
        fs::remove_file(&state).map_err(trouble(&state))?;
    }
    change()?;
    write_state(&state, &State { tree: tree.clone() })
}
