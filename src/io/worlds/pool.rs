//! The pool: folders that commands write in place, where overlays are refused. Each world owns a slot; the slot's path
//! never changes, so that build tools find their outputs again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::{Deserialize, Serialize};

use super::cache::{Cache, Lock, folders, read_state, trouble, try_exclusive, write_state};
use super::dependencies;
use super::folder::Folder;
use super::outputs::is_output;
use super::trash::remove_all;
use crate::base::ids::TreeId;
use crate::base::limits::POOL_SLOTS_MAX;
use crate::base::path::RepoPath;
use crate::io::store::{Store, TreeFile};
use crate::model::failure::Failure;

/// A folder of the pool that nobody else uses until this is dropped.
pub struct Slot {
    files: PathBuf,
    /// The user's own folders that links in it lead to.
    pub dependencies: Vec<PathBuf>,
    stamps: BTreeMap<RepoPath, Stamp>,
    _lock: Lock,
}

impl Slot {
    /// The folder that shows the tree.
    pub fn files(&self) -> &Path {
        &self.files
    }

    /// Whether the file at `path` is as it was put there.
    pub fn is_untouched(&self, path: &RepoPath) -> bool {
        self.stamps
            .get(path)
            .is_some_and(|stamp| Stamp::of(&self.files, path).as_ref() == Some(stamp))
    }
}

/// What a slot showed when it was last brought to a tree. A file whose stamp differs was changed by a command.
#[derive(Serialize, Deserialize)]
struct Manifest {
    tree: TreeId,
    stamps: BTreeMap<RepoPath, Stamp>,
}

const MANIFEST: &str = "manifest.json";

/// What the file system says of a file that cannot stay the same when it is changed: the time of the last change of
/// any kind cannot be set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    n_bytes: u64,
    modified_ns: u128,
    changed_ns: i128,
    inode: u64,
}

/// A free slot, brought to `tree`, with the user's `installed` folders linked in.
pub fn take(cache: &Cache, tree: &TreeId, installed: &[RepoPath]) -> Result<Slot, Failure> {
    let (folder, lock, manifest) = nearest_free(cache, tree)?;
    let files = folder.join("tree");
    let stamps = bring(cache, &files, manifest, tree)?;
    let theirs = |dependency: &RepoPath| dependency.under(cache.store.root());
    for dependency in installed {
        let place = dependency.under(&files);
        dependencies::link(&theirs(dependency), &place).map_err(trouble(&place))?;
    }
    let manifest = Manifest { tree: tree.clone(), stamps };
    write_state(&folder.join(MANIFEST), &manifest)?;
    let dependencies = installed.iter().map(theirs).collect();
    Ok(Slot { files, dependencies, stamps: manifest.stamps, _lock: lock })
}

type Free = (PathBuf, Lock, Option<Manifest>);

/// The free slot that needs the fewest changes, else a new one.
fn nearest_free(cache: &Cache, tree: &TreeId) -> Result<Free, Failure> {
    let _changing = cache.lock()?;
    let pool = cache.dir.join("pool");
    let taken = folders(&pool)?;
    let mut free = Vec::new();
    for folder in &taken {
        if let Some(lock) = try_exclusive(folder)? {
            let manifest: Option<Manifest> = read_state(&folder.join(MANIFEST));
            let changes =
                manifest.as_ref().and_then(|known| cache.store.changes(&known.tree, tree).ok());
            let distance = changes.map_or(usize::MAX, |changes| changes.len());
            free.push((distance, (folder.clone(), lock, manifest)));
        }
    }
    if let Some((_, nearest)) = free.into_iter().min_by_key(|(distance, _)| *distance) {
        return Ok(nearest);
    }
    let busy = || {
        Failure::environment(
            format!("{POOL_SLOTS_MAX} copies of the project are in use at once"),
            "Wait until a run is finished, or cancel one.",
        )
    };
    let names = (0..POOL_SLOTS_MAX).map(|n| pool.join(n.to_string()));
    let folder = names.into_iter().find(|name| !taken.contains(name)).ok_or_else(busy)?;
    fs::create_dir_all(&folder).map_err(trouble(&folder))?;
    let lock = try_exclusive(&folder)?.ok_or_else(busy)?;
    Ok((folder, lock, None))
}

/// Makes `root` show `tree`, whatever commands did there. Returns the stamps of its files.
fn bring(
    cache: &Cache,
    root: &Path,
    manifest: Option<Manifest>,
    tree: &TreeId,
) -> Result<BTreeMap<RepoPath, Stamp>, Failure> {
    let store = &cache.store;
    let files = store.files(tree)?;
    let known = manifest.and_then(|known| {
        let changes = store.changes(&known.tree, tree).ok()?;
        Some((known.stamps, changes))
    });
    let Some((mut stamps, changes)) = known else {
        cache.trash.discard(root);
        Folder::fill(root, store, &files)?;
        return stamped(root, &files, BTreeMap::new());
    };
    Strangers { store, root, stamps: &stamps }.remove(&RepoPath::root()).map_err(trouble(root))?;
    stamps.retain(|path, stamp| Stamp::of(root, path).as_ref() == Some(stamp));
    for change in &changes {
        stamps.remove(&change.path);
    }
    let mut folder = Folder::plain(root);
    folder.apply(store, &changes)?;
    let brought: BTreeSet<&RepoPath> = changes.iter().map(|change| &change.path).collect();
    let spoilt =
        |file: &&TreeFile| !stamps.contains_key(&file.path) && !brought.contains(&file.path);
    files.iter().filter(spoilt).try_for_each(|file| folder.put_stored(store, file))?;
    stamped(root, &files, stamps)
}

/// The stamps that are known, and those of all other files.
fn stamped(
    root: &Path,
    files: &[TreeFile],
    mut known: BTreeMap<RepoPath, Stamp>,
) -> Result<BTreeMap<RepoPath, Stamp>, Failure> {
    for file in files {
        if !known.contains_key(&file.path) {
            let lost = || trouble(&file.path.under(root))(io::ErrorKind::NotFound.into());
            known.insert(file.path.clone(), Stamp::of(root, &file.path).ok_or_else(lost)?);
        }
    }
    Ok(known)
}

impl Stamp {
    fn of(root: &Path, path: &RepoPath) -> Option<Self> {
        let meta = fs::symlink_metadata(path.under(root)).ok()?;
        let modified = meta.modified().ok()?.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (changed_ns, inode) = identity(&meta);
        // A folder, which stands for a nested repository, changes with what is in it.
        let is_folder = meta.is_dir();
        Some(Self {
            n_bytes: if is_folder { 0 } else { meta.len() },
            modified_ns: if is_folder { 0 } else { modified.as_nanos() },
            changed_ns: if is_folder { 0 } else { changed_ns },
            inode,
        })
    }
}

#[cfg(unix)]
fn identity(meta: &Metadata) -> (i128, u64) {
    use std::os::unix::fs::MetadataExt;

    (i128::from(meta.ctime()) * 1_000_000_000 + i128::from(meta.ctime_nsec()), meta.ino())
}

#[cfg(not(unix))]
fn identity(_meta: &Metadata) -> (i128, u64) {
    (0, 0)
}

/// What commands left in a slot that is neither of the tree nor an output.
struct Strangers<'a> {
    store: &'a Store,
    root: &'a Path,
    stamps: &'a BTreeMap<RepoPath, Stamp>,
}

impl Strangers<'_> {
    fn remove(&self, folder: &RepoPath) -> io::Result<()> {
        for entry in fs::read_dir(folder.under(self.root))? {
            let entry = entry?;
            let is_folder = entry.file_type()?.is_dir();
            let path = entry.file_name().to_str().and_then(|name| folder.join(name));
            match path {
                Some(path) if self.is_known(&path, is_folder) => {}
                Some(path) if is_folder && self.has_below(&path) => self.remove(&path)?,
                Some(path) if is_output(self.store, &path, is_folder, &[entry.path()]) => {}
                Some(_) | None => remove_all(&entry.path())?,
            }
        }
        Ok(())
    }

    /// A folder in the place of a file is not what is known by that name.
    fn is_known(&self, path: &RepoPath, is_folder: bool) -> bool {
        match self.stamps.get(path) {
            Some(stamp) => !is_folder || Stamp::of(self.root, path).as_ref() == Some(stamp),
            None => false,
        }
    }

    fn has_below(&self, folder: &RepoPath) -> bool {
        // Names that only begin alike stand in between: `a`, `a-b`, `a/c`.
        let alike = self.stamps.range(folder.clone()..).map(|(path, _)| path);
        let mut alike = alike.take_while(|path| path.as_str().starts_with(folder.as_str()));
        alike.any(|path| path.is_within(folder))
    }
}
