//! The private store: a bare git repository of our own that holds snapshots, attempts and outputs, and borrows the
//! user's objects through alternates. Reads the user's repository, never writes it.

mod buffers;
mod cache;
mod dependencies;
mod generated;
mod merge;
mod objects;
mod project;
mod rules;
mod stat;
mod trees;
mod users_git;
mod walk;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use git2::{ObjectType, Oid, Repository, RepositoryInitOptions};

use crate::base::ids::{BlobId, TreeId};
use crate::base::limits::SNAPSHOT_FILE_BYTES_MAX;
use crate::base::path::RepoPath;
use crate::io::store::buffers::{Saved, saved};
use crate::io::store::objects::{Held, Objects, parse_id, unusable};
use crate::io::store::project::Project;
use crate::io::store::trees::with_files;
use crate::io::store::users_git::UsersGit;
use crate::model::failure::{Failure, FailureKind};
use crate::model::snapshot::{Buffer, Snapshot};

pub use crate::io::store::merge::Merged;
pub use crate::io::store::rules::is_output_folder;

/// SHA-1 of a text as git computes it for a blob, in hexadecimal.
pub fn digest(text: &str) -> String {
    let id = Oid::hash_object(ObjectType::Blob, text.as_bytes());
    id.map_or_else(|_| String::new(), |id| id.to_string())
}

/// The top of the git work tree that holds `folder`, canonical; `None` outside of any.
pub fn work_tree(folder: &Path) -> Option<PathBuf> {
    Repository::discover(folder).ok()?.workdir()?.canonicalize().ok()
}

/// Shared between threads: reads wait for each other only for as long as one read takes, snapshots for each other.
pub struct Store {
    root: PathBuf,
    /// The bare repository.
    folder: PathBuf,
    objects: Mutex<Objects>,
    project: Mutex<Project>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileMode {
    Plain,
    Executable,
    Symlink,
    /// A nested repository: only its commit is known.
    Submodule,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeFile {
    pub path: RepoPath,
    pub blob: BlobId,
    pub mode: FileMode,
}

/// A file to put into a tree: its mode and what it holds, for a link its target.
pub type NewFile = (FileMode, Vec<u8>);

/// A path on which two trees differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TreeChange {
    pub path: RepoPath,
    pub before: Option<TreeFile>,
    pub after: Option<TreeFile>,
}

impl Store {
    /// Opens or creates the store of the project at `root` (an absolute, canonical folder) inside `state_dir`.
    pub fn open(root: &Path, state_dir: &Path) -> Result<Store, Failure> {
        let folder = state_dir.join("store.git");
        let users_git = UsersGit::find(root);
        create(&folder, state_dir, users_git.as_ref())?;
        Ok(Store {
            root: root.to_path_buf(),
            objects: Mutex::new(Objects::open(&folder)?),
            project: Mutex::new(Project::new(root, state_dir, users_git)),
            folder,
        })
    }

    /// The project's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file as it is on disk now; `None` when it cannot be read or is larger than a snapshot would take.
    pub fn disk(&self, path: &RepoPath) -> Option<Vec<u8>> {
        let path = path.under(self.root());
        let small = fs::metadata(&path).ok()?.len() <= SNAPSHOT_FILE_BYTES_MAX;
        if small { fs::read(path).ok() } else { None }
    }

    /// Captures what is on the screen: files on disk that git does not ignore, with `buffers` on top.
    pub fn snapshot(&self, buffers: &[Buffer]) -> Result<Snapshot, Failure> {
        // Its own handle, so that a long look does not keep readers waiting.
        let objects = Objects::open(&self.folder)?;
        let look = self.project().look(&objects, SystemTime::now())?;
        let mut snapshot = Snapshot {
            tree: tree_id(look.tree),
            n_files: look.n_files,
            unsaved: Vec::new(),
            warnings: look.warnings,
        };
        let mut changes = BTreeMap::new();
        for buffer in buffers {
            if let Some((path, bytes)) = self.unsaved(&objects, look.tree, buffer)? {
                changes.insert(path, Some(bytes));
            }
        }
        if changes.is_empty() {
            return Ok(snapshot);
        }
        snapshot.unsaved = changes.keys().cloned().collect();
        let changes: Vec<(RepoPath, Option<Vec<u8>>)> = changes.into_iter().collect();
        for (path, _) in &changes {
            snapshot.n_files += usize::from(objects.find(look.tree, path)?.is_none());
        }
        snapshot.tree = with_files(&objects, look.tree, &changes)?;
        Ok(snapshot)
    }

    /// Where saving `buffer` would change the tree, and the bytes it would write there.
    fn unsaved(
        &self,
        objects: &Objects,
        tree: Oid,
        buffer: &Buffer,
    ) -> Result<Option<(RepoPath, Vec<u8>)>, Failure> {
        let Some(path) = self.behind_links(&buffer.path) else { return Ok(None) };
        let disk = match objects.find(tree, &path)? {
            Some(Held::File(FileMode::Plain | FileMode::Executable, blob)) => {
                Some(objects.blob(blob)?)
            }
            Some(Held::File(FileMode::Symlink | FileMode::Submodule, _) | Held::Folder(_)) => {
                return Ok(None);
            }
            None if path.is_root() || self.is_ignored(&path) => return Ok(None),
            None => None,
        };
        match saved(disk.as_deref(), &buffer.text) {
            Saved::Unchanged => Ok(None),
            Saved::Bytes(bytes) => Ok(Some((path, bytes))),
            Saved::Unencodable => Err(Failure::new(
                FailureKind::Project,
                format!(
                    "{path} is not UTF-8 and its unsaved text does not fit the file's encoding"
                ),
                "Save the file, or convert it to UTF-8.",
            )),
        }
    }

    /// The path of the file that a path through symbolic links names; `None` when it lies outside the project.
    fn behind_links(&self, path: &RepoPath) -> Option<RepoPath> {
        let mut rest: Vec<&str> = Vec::new();
        let mut existing = path.clone();
        let real = loop {
            match existing.under(&self.root).canonicalize() {
                Ok(real) => break real,
                Err(_) if existing.is_root() => return None,
                Err(_) => {
                    let parent = existing.parent();
                    rest.push(
                        &path.as_str()[if parent.is_root() { 0 } else { parent.as_str().len() + 1 }
                            ..existing.as_str().len()],
                    );
                    existing = parent;
                }
            }
        };
        let real = RepoPath::below(&self.root, &real)?;
        rest.iter().rev().try_fold(real, |folder, name| folder.join(name))
    }

    pub fn put_blob(&self, bytes: &[u8]) -> Result<BlobId, Failure> {
        self.objects().put(ObjectType::Blob, bytes).map(blob_id)
    }

    /// Makes sure that these blobs stay readable when the user's repository drops what it no longer needs.
    pub fn keep(&self, blobs: &[BlobId]) -> Result<(), Failure> {
        let ids =
            blobs.iter().map(|blob| parse_id(blob.as_str())).collect::<Result<Vec<_>, _>>()?;
        self.objects().keep(&ids)
    }

    pub fn blob(&self, id: &BlobId) -> Result<Vec<u8>, Failure> {
        self.objects().blob(parse_id(id.as_str())?)
    }

    /// The file at `path`; `None` when the tree has none there.
    pub fn read(&self, tree: &TreeId, path: &RepoPath) -> Result<Option<Vec<u8>>, Failure> {
        let objects = self.objects();
        match objects.find(parse_id(tree.as_str())?, path)? {
            Some(Held::File(FileMode::Plain | FileMode::Executable | FileMode::Symlink, blob)) => {
                objects.blob(blob).map(Some)
            }
            Some(Held::File(FileMode::Submodule, _) | Held::Folder(_)) | None => Ok(None),
        }
    }

    /// All files, sorted by path.
    pub fn files(&self, tree: &TreeId) -> Result<Vec<TreeFile>, Failure> {
        let mut files = Vec::new();
        collect(&self.objects(), parse_id(tree.as_str())?, &RepoPath::root(), &mut files)?;
        files.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// What the last commit of the user's repository has in the place of these files, where it differs: no bytes where they
    /// are new, and nothing of those that git ignores.
    pub fn committed(&self, files: &[TreeFile]) -> BTreeMap<RepoPath, Vec<u8>> {
        let id = |file: &TreeFile| parse_id(file.blob.as_str()).ok();
        let now = files.iter().filter_map(|file| Some((&file.path, id(file)?))).collect();
        let git = self.project().users_git();
        let mut before = git.map(|git| git.committed(&now)).unwrap_or_default();
        before.retain(|path, bytes| !bytes.is_empty() || !self.is_ignored(path));
        before
    }

    /// Whether a snapshot leaves this path out because the project's ignore rules or our build-output rules say so.
    pub fn is_ignored(&self, path: &RepoPath) -> bool {
        self.project().leaves_out(path)
    }

    /// Ignored folders on disk that hold installed dependencies (`node_modules`, virtual environments) and that a
    /// world must show read-only because no snapshot holds them.
    pub fn dependency_folders(&self, tree: &TreeId) -> Result<Vec<RepoPath>, Failure> {
        let files = self.files(tree)?;
        Ok(dependencies::folders(&self.root, &files))
    }

    fn objects(&self) -> MutexGuard<'_, Objects> {
        self.objects.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn project(&self) -> MutexGuard<'_, Project> {
        self.project.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the bare repository unless it is there, and points it at the user's objects.
fn create(folder: &Path, state_dir: &Path, users_git: Option<&UsersGit>) -> Result<(), Failure> {
    let cannot = |error: std::io::Error| {
        Failure::environment(
            format!("the state folder {} cannot be used: {error}", state_dir.display()),
            "Make the folder writable, free some disk space, or set XDG_STATE_HOME to another place.",
        )
    };
    fs::create_dir_all(state_dir).map_err(cannot)?;
    let _lock = project::lock(state_dir).map_err(cannot)?;
    if !folder.join("HEAD").exists() {
        let mut options = RepositoryInitOptions::new();
        options.bare(true).mkpath(true).external_template(false);
        Repository::init_opts(folder, &options).map_err(|error| {
            unusable(&format!("the store {} cannot be made", folder.display()), &error)
        })?;
    }
    let mut borrowed = users_git
        .and_then(UsersGit::objects)
        .map_or_else(Vec::new, |path| path.into_os_string().into_encoded_bytes());
    borrowed.push(b'\n');
    let alternates = folder.join("objects/info/alternates");
    if fs::read(&alternates).is_ok_and(|known| known == borrowed) {
        return Ok(());
    }
    fs::create_dir_all(folder.join("objects/info"))
        .and_then(|()| fs::write(alternates, borrowed))
        .map_err(cannot)
}

fn collect(
    objects: &Objects,
    tree: Oid,
    folder: &RepoPath,
    files: &mut Vec<TreeFile>,
) -> Result<(), Failure> {
    for (name, held) in objects.tree(tree)? {
        let Some(path) = folder.join(&name) else { continue };
        match held {
            Held::File(mode, blob) => files.push(TreeFile { path, blob: blob_id(blob), mode }),
            Held::Folder(id) => collect(objects, id, &path, files)?,
        }
    }
    Ok(())
}

fn tree_id(id: Oid) -> TreeId {
    TreeId::new(id.to_string())
}

fn blob_id(id: Oid) -> BlobId {
    BlobId::new(id.to_string())
}
