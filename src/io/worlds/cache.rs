//! The folder in which worlds live, shared by all processes that work on a project: who may change what, and what
//! dead processes left.
//!
//! `lock` is held while bases, slots or world folders are chosen, made or changed; `bases/N/lock`, `pool/N/lock` and
//! `worlds/NAME/lock` as long as somebody uses them. Locks go with the process that holds them.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::trash::{Trash, unique_name};
use super::{SCRATCH, UPPER};
use crate::io::sandbox::Abilities;
use crate::io::store::Store;
use crate::model::failure::Failure;

pub struct Cache {
    pub store: Arc<Store>,
    /// Absolute and free of symbolic links.
    pub dir: PathBuf,
    pub abilities: Abilities,
    pub trash: Trash,
}

impl Cache {
    pub fn open(store: Arc<Store>, dir: &Path, abilities: Abilities) -> Result<Self, Failure> {
        for folder in ["bases", "pool", "worlds", "trash"] {
            let folder = dir.join(folder);
            fs::create_dir_all(&folder).map_err(trouble(&folder))?;
        }
        let dir = dir.canonicalize().map_err(trouble(dir))?;
        let cache = Self { store, trash: Trash::open(dir.join("trash")), dir, abilities };
        cache.discard_leftovers()?;
        Ok(cache)
    }

    /// Waits until nobody else chooses or changes anything.
    pub fn lock(&self) -> Result<Lock, Failure> {
        let path = self.dir.join("lock");
        let lock = open_lock(&path).map_err(trouble(&path))?;
        lock.0.lock().map_err(trouble(&path))?;
        Ok(lock)
    }

    /// A folder for a new world.
    pub fn new_world_folder(&self) -> Result<WorldFolder, Failure> {
        let _changing = self.lock()?;
        let path = self.dir.join("worlds").join(unique_name());
        for part in [SCRATCH, UPPER] {
            fs::create_dir_all(path.join(part)).map_err(trouble(&path))?;
        }
        let lock = try_exclusive(&path)?;
        Ok(WorldFolder { path, trash: self.trash.clone(), _in_use: lock })
    }

    /// The path below the cache folder, which is made of our own names only.
    pub fn relative(&self, path: &Path) -> String {
        path.strip_prefix(&self.dir).unwrap_or(path).to_string_lossy().into_owned()
    }

    /// Worlds whose process is gone.
    fn discard_leftovers(&self) -> Result<(), Failure> {
        let _changing = self.lock()?;
        for folder in folders(&self.dir.join("worlds"))? {
            if try_exclusive(&folder)?.is_some() {
                self.trash.discard(&folder);
            }
        }
        Ok(())
    }
}

/// A folder of our own for one world, outside the project; thrown away with it.
pub struct WorldFolder {
    pub path: PathBuf,
    trash: Trash,
    /// Tells other processes that we live.
    _in_use: Option<Lock>,
}

impl Drop for WorldFolder {
    fn drop(&mut self) {
        self.trash.discard(&self.path);
    }
}

/// A lock that is held until this is dropped.
pub struct Lock(File);

impl Lock {
    /// Holds it alone from now on, or not at all when anybody else holds it too.
    pub fn alone(&self) -> bool {
        self.0.try_lock().is_ok()
    }

    /// Holds it beside others again. When that fails it stays held alone, which is safe and only less sociable.
    pub fn with_others(&self) {
        drop(self.0.try_lock_shared());
    }
}

impl Drop for Lock {
    /// Given up in so many words: closing the file is not enough while a process that is just being started still has
    /// a copy of it.
    fn drop(&mut self) {
        drop(self.0.unlock());
    }
}

/// The lock of a folder held alone; `None` when anybody else holds it.
pub fn try_exclusive(folder: &Path) -> Result<Option<Lock>, Failure> {
    try_with(folder, File::try_lock)
}

/// The lock of a folder held together with others; `None` when somebody holds it alone.
pub fn try_shared(folder: &Path) -> Result<Option<Lock>, Failure> {
    try_with(folder, File::try_lock_shared)
}

fn try_with(
    folder: &Path,
    lock_it: impl Fn(&File) -> Result<(), TryLockError>,
) -> Result<Option<Lock>, Failure> {
    let path = folder.join("lock");
    let lock = open_lock(&path).map_err(trouble(&path))?;
    match lock_it(&lock.0) {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(trouble(&path)(error)),
    }
}

fn open_lock(path: &Path) -> io::Result<Lock> {
    File::options().create(true).truncate(false).write(true).open(path).map(Lock)
}

/// The folders in a folder, by name.
pub fn folders(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(trouble(folder))?;
    let mut folders: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort_unstable();
    Ok(folders)
}

/// What a state file holds; `None` when there is none, or it was cut short: the folder it is about counts as unknown.
pub fn read_state<T: DeserializeOwned>(file: &Path) -> Option<T> {
    serde_json::from_slice(&fs::read(file).ok()?).ok()
}

pub fn write_state<T: Serialize>(file: &Path, state: &T) -> Result<(), Failure> {
    let new = file.with_extension("new");
    let json = serde_json::to_vec(state).map_err(|error| trouble(file)(error.into()))?;
    fs::write(&new, json).and_then(|()| fs::rename(&new, file)).map_err(trouble(file))
}

/// A failure about a path of ours.
pub fn trouble(path: &Path) -> impl Fn(io::Error) -> Failure {
    move |error| {
        Failure::environment(
            format!("`{}` cannot be used: {error}", path.display()),
            "Check free space and permissions; the whole cache folder may be deleted while Greenloop is not running.",
        )
    }
}
