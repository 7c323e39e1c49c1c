//! Objects of the private store: blobs and trees read and written as they stand, without git's conversions.

use std::collections::BTreeMap;
use std::path::Path;

use git2::{ErrorCode, ObjectType, Odb, OdbLookupFlags, Oid, Repository};

use crate::base::path::RepoPath;
use crate::io::store::FileMode;
use crate::model::failure::{Failure, FailureKind};

const MODE_FOLDER: i32 = 0o040000;

/// One handle on the store's objects. Not shared between threads: each opens its own, or locks.
pub struct Objects(Repository);

/// What a tree holds under one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    File(FileMode, Oid),
    Folder(Oid),
}

/// A file to put into a tree.
#[derive(Clone, Copy, Debug)]
pub struct Put {
    /// The mode the file there had, or plain, when not said.
    pub mode: Option<FileMode>,
    pub blob: Oid,
}

impl Objects {
    pub fn open(store: &Path) -> Result<Self, Failure> {
        Repository::open_bare(store).map(Self).map_err(|error| {
            unusable(&format!("the store {} cannot be opened", store.display()), &error)
        })
    }

    /// The object database, for many lookups in a row.
    pub fn database(&self) -> Result<Odb<'_>, Failure> {
        self.0.odb().map_err(|error| unusable("the store has no objects", &error))
    }

    /// Writes an object unless it exists. The check comes first because git's own write of an object that exists in
    /// the user's repository would touch the time of a file there.
    pub fn put(&self, kind: ObjectType, bytes: &[u8]) -> Result<Oid, Failure> {
        let cannot =
            |error: git2::Error| unusable("an object cannot be written to the store", &error);
        let id = Oid::hash_object(kind, bytes).map_err(cannot)?;
        let database = self.database()?;
        if database.exists_ext(id, OdbLookupFlags::NO_REFRESH) {
            Ok(id)
        } else {
            database.write(kind, bytes).map_err(cannot)
        }
    }

    /// Holds these objects in the store itself, whatever becomes of the user's repository. A pack is the one form in
    /// which git writes what it finds in a borrowed store.
    pub fn keep(&self, ids: &[Oid]) -> Result<(), Failure> {
        let cannot = |error: git2::Error| unusable("objects cannot be kept in the store", &error);
        let mut pack = self.0.packbuilder().map_err(cannot)?;
        for id in ids {
            pack.insert_object(*id, None).map_err(cannot)?;
        }
        pack.write(&self.0.path().join("objects/pack"), 0).map_err(cannot)
    }

    pub fn blob(&self, id: Oid) -> Result<Vec<u8>, Failure> {
        let blob = self.0.find_blob(id).map_err(|error| missing("blob", id.to_string(), &error))?;
        Ok(blob.content().to_vec())
    }

    /// What a tree holds, by name. Names that are not Unicode cannot be in a tree of ours.
    pub fn tree(&self, id: Oid) -> Result<BTreeMap<String, Held>, Failure> {
        let tree = self.0.find_tree(id).map_err(|error| missing("tree", id.to_string(), &error))?;
        Ok(tree
            .iter()
            .filter_map(|entry| {
                Some((entry.name().ok()?.to_owned(), held(entry.filemode(), entry.id())))
            })
            .collect())
    }

    /// Writes a tree of these entries; their order does not matter.
    pub fn put_tree<'a>(
        &self,
        entries: impl Iterator<Item = (&'a str, Held)>,
    ) -> Result<Oid, Failure> {
        let mut entries: Vec<(&str, Held)> = entries.collect();
        // Git sorts a folder as if its name ended in a slash.
        entries.sort_unstable_by(|a, b| git_bytes(a).cmp(git_bytes(b)));
        let mut bytes = Vec::with_capacity(entries.len() * 48);
        for (name, held) in entries {
            let (mode, id) = match held {
                Held::File(mode, id) => (mode_bits(mode), id),
                Held::Folder(id) => (MODE_FOLDER, id),
            };
            bytes.extend_from_slice(format!("{mode:o} {name}\0").as_bytes());
            bytes.extend_from_slice(id.as_bytes());
        }
        self.put(ObjectType::Tree, &bytes)
    }

    /// What `tree` holds at `path`; `None` when nothing.
    pub fn find(&self, tree: Oid, path: &RepoPath) -> Result<Option<Held>, Failure> {
        let mut here = Held::Folder(tree);
        for name in path.as_str().split('/').filter(|name| !name.is_empty()) {
            let Held::Folder(folder) = here else { return Ok(None) };
            let tree = self
                .0
                .find_tree(folder)
                .map_err(|error| missing("tree", folder.to_string(), &error))?;
            let Some(entry) = tree.get_name(name) else { return Ok(None) };
            here = held(entry.filemode(), entry.id());
        }
        Ok(Some(here))
    }

    /// `tree` with files put at, or removed from, paths. A file may come where a folder was and the other way round, when
    /// everything that was there is removed. Folders that become empty go; `None` when nothing is left.
    pub fn edit(
        &self,
        tree: Option<Oid>,
        changes: &BTreeMap<&str, Option<Put>>,
    ) -> Result<Option<Oid>, Failure> {
        let old = tree.map_or_else(|| Ok(BTreeMap::new()), |id| self.tree(id))?;
        let mut entries = old.clone();
        let mut below: BTreeMap<&str, BTreeMap<&str, Option<Put>>> = BTreeMap::new();
        for (path, put) in changes {
            match path.split_once('/') {
                Some((folder, rest)) => {
                    below.entry(folder).or_default().insert(rest, *put);
                }
                None => {
                    if put.is_none() {
                        entries.remove(*path);
                    }
                }
            }
        }
        for (folder, changes) in below {
            let old = match entries.remove(folder) {
                Some(Held::Folder(id)) => Some(id),
                Some(Held::File(..)) | None => None,
            };
            if let Some(id) = self.edit(old, &changes)? {
                entries.insert(folder.to_owned(), Held::Folder(id));
            }
        }
        let puts = changes.iter().filter(|(path, _)| !path.contains('/'));
        for (path, put) in puts.filter_map(|(path, put)| Some((*path, (*put)?))) {
            let mode = put.mode.unwrap_or_else(|| mode_kept(old.get(path)));
            entries.insert(path.to_owned(), Held::File(mode, put.blob));
        }
        if entries.is_empty() {
            return Ok(None);
        }
        self.put_tree(entries.iter().map(|(name, held)| (name.as_str(), *held))).map(Some)
    }

    pub fn repository(&self) -> &Repository {
        &self.0
    }
}

/// The mode of a file that takes another's place.
fn mode_kept(old: Option<&Held>) -> FileMode {
    match old {
        Some(Held::File(
            mode @ (FileMode::Plain | FileMode::Executable | FileMode::Symlink),
            _,
        )) => *mode,
        Some(Held::File(FileMode::Submodule, _) | Held::Folder(_)) | None => FileMode::Plain,
    }
}

fn git_bytes<'a>((name, held): &(&'a str, Held)) -> impl Iterator<Item = u8> + use<'a> {
    name.bytes().chain(matches!(held, Held::Folder(_)).then_some(b'/'))
}

fn held(mode: i32, id: Oid) -> Held {
    if mode == MODE_FOLDER { Held::Folder(id) } else { Held::File(file_mode(mode), id) }
}

/// The mode of git's `mode` bits.
pub fn file_mode(mode: i32) -> FileMode {
    match mode {
        0o120000 => FileMode::Symlink,
        0o160000 => FileMode::Submodule,
        bits if bits & 0o100 != 0 => FileMode::Executable,
        _ => FileMode::Plain,
    }
}

/// Git's bits of a mode.
pub fn mode_bits(mode: FileMode) -> i32 {
    match mode {
        FileMode::Plain => 0o100644,
        FileMode::Executable => 0o100755,
        FileMode::Symlink => 0o120000,
        FileMode::Submodule => 0o160000,
    }
}

/// Reads an id out of our own types.
pub fn parse_id(text: &str) -> Result<Oid, Failure> {
    Oid::from_str(text).map_err(|error| {
        Failure::new(
            FailureKind::Bug,
            format!("{text} is no object id: {}", error.message()),
            "Please report this as a fault of Greenloop.",
        )
    })
}

/// The store itself does not work: permissions, a full disk, damage.
pub fn unusable(what: &str, error: &git2::Error) -> Failure {
    Failure::environment(
        format!("{what}: {}", error.message()),
        "Check that Greenloop's state folder is writable and its disk is not full; deleting the folder is safe, it is made anew.",
    )
}

fn missing(kind: &str, id: String, error: &git2::Error) -> Failure {
    if error.code() == ErrorCode::NotFound {
        return Failure::new(
            FailureKind::Stale,
            format!("{kind} {id} is no longer in the store"),
            "The repository was cleaned up since; start the run again.",
        );
    }
    unusable(&format!("{kind} {id} cannot be read"), error)
}
