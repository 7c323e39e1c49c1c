//! A folder brought to show the files of a tree, with times that tell build tools what changed.

use std::collections::HashSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::cache::trouble;
use super::layer;
use super::trash::remove_all;
use crate::base::limits::MATERIALISE_THREADS_MAX;
use crate::base::path::RepoPath;
use crate::io::store::{FileMode, Store, TreeChange, TreeFile};
use crate::model::failure::Failure;

/// A project folder of ours that files are put into.
pub struct Folder {
    root: PathBuf,
    /// The layer it lies over, when it is the upper one of an overlay.
    below: Option<PathBuf>,
    /// Folders known to be real ones. A command may have put a link in the place of one, and we must not write
    /// through it.
    real: HashSet<RepoPath>,
    /// The time of files that replace none; now when not set.
    time_of_new: Option<SystemTime>,
}

/// How much older than now the files of a new folder are, so that what changes soon after is of a later second.
const AGE_OF_NEW: Duration = Duration::from_secs(2);

impl Folder {
    pub fn plain(root: &Path) -> Self {
        Self { root: root.to_path_buf(), below: None, real: HashSet::new(), time_of_new: None }
    }

    /// The upper layer `root` over `below`. Must not be mounted.
    pub fn over(root: &Path, below: &Path) -> Self {
        Self { below: Some(below.to_path_buf()), ..Self::plain(root) }
    }

    /// Writes all of `files` into the empty folder `root`.
    pub fn fill(root: &Path, store: &Store, files: &[TreeFile]) -> Result<(), Failure> {
        fs::create_dir_all(root).map_err(trouble(root))?;
        let n_threads = thread::available_parallelism().map_or(1, usize::from);
        let share = files.len().div_ceil(n_threads.min(MATERIALISE_THREADS_MAX)).max(1);
        // Nothing was built here yet that could be taken for newer than it is.
        let time_of_new = SystemTime::now().checked_sub(AGE_OF_NEW);
        thread::scope(|scope| {
            let write = |files: &[TreeFile]| {
                let mut folder = Self { time_of_new, ..Self::plain(root) };
                files.iter().try_for_each(|file| folder.put_stored(store, file))
            };
            let writers: Vec<_> =
                files.chunks(share).map(|files| scope.spawn(move || write(files))).collect();
            writers.into_iter().try_for_each(|writer| match writer.join() {
                Ok(written) => written,
                Err(panic) => std::panic::resume_unwind(panic),
            })
        })
    }

    /// Turns the tree the changes start from into the one they end at.
    pub fn apply(&mut self, store: &Store, changes: &[TreeChange]) -> Result<(), Failure> {
        // Removals first: a folder may come where a file was, and a file where a folder was.
        for change in changes.iter().filter(|change| change.after.is_none()) {
            self.remove(&change.path)?;
        }
        changes
            .iter()
            .filter_map(|change| change.after.as_ref())
            .try_for_each(|file| self.put_stored(store, file))
    }

    pub fn put_stored(&mut self, store: &Store, file: &TreeFile) -> Result<(), Failure> {
        match file.mode {
            FileMode::Submodule => self.put(&file.path, file.mode, &[]),
            FileMode::Plain | FileMode::Executable | FileMode::Symlink => {
                self.put(&file.path, file.mode, &store.blob(&file.blob)?)
            }
        }
    }

    /// Puts a file at `path`, whatever was there. It counts as changed for every tool that goes by time.
    pub fn put(&mut self, path: &RepoPath, mode: FileMode, bytes: &[u8]) -> Result<(), Failure> {
        let target = path.under(&self.root);
        let mut put = || {
            self.make_real(&path.parent())?;
            let time = self.seen(path).map_or(self.time_of_new, |meta| time_after(&meta, bytes));
            remove_all(&target)?;
            self.real.remove(path);
            match mode {
                FileMode::Plain => write_file(&target, bytes, 0o644, time),
                FileMode::Executable => write_file(&target, bytes, 0o755, time),
                FileMode::Symlink => make_link(&target, bytes),
                FileMode::Submodule => fs::create_dir(&target),
            }
        };
        put().map_err(trouble(&target))
    }

    /// Takes the file at `path` away, and the folders that are empty without it.
    pub fn remove(&mut self, path: &RepoPath) -> Result<(), Failure> {
        let target = path.under(&self.root);
        self.take_away(path).map_err(trouble(&target))
    }

    fn take_away(&mut self, path: &RepoPath) -> io::Result<()> {
        let Some(below) = self.below.clone() else { return self.unlink(path) };
        let mut gone = path.clone();
        loop {
            let target = gone.under(&self.root);
            self.make_real(&gone.parent())?;
            remove_all(&target)?;
            self.real.remove(&gone);
            if fs::symlink_metadata(gone.under(&below)).is_ok() {
                layer::make_whiteout(&target)?;
            }
            gone = gone.parent();
            if gone.is_root() || !layer::hides_all(&gone.under(&self.root), &gone.under(&below))? {
                return Ok(());
            }
        }
    }

    /// Without a lower layer: what is gone is gone.
    fn unlink(&mut self, path: &RepoPath) -> io::Result<()> {
        let target = path.under(&self.root);
        if path.parent() != self.real_part(&path.parent()) {
            return Ok(());
        }
        let removed = match fs::symlink_metadata(&target) {
            Ok(meta) if meta.is_dir() => fs::remove_dir(&target),
            Ok(_) => fs::remove_file(&target),
            Err(error) => Err(error),
        };
        match removed {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
            Err(error) => return Err(error),
        }
        let mut folder = path.parent();
        while !folder.is_root() && fs::remove_dir(folder.under(&self.root)).is_ok() {
            self.real.remove(&folder);
            folder = folder.parent();
        }
        Ok(())
    }

    /// Whether commands see an executable file at `path`.
    pub fn is_executable(&self, path: &RepoPath) -> bool {
        self.seen(path).is_some_and(|meta| meta.is_file() && is_executable(&meta))
    }

    /// What commands see at `path`, links not followed.
    fn seen(&self, path: &RepoPath) -> Option<Metadata> {
        let here = fs::symlink_metadata(path.under(&self.root)).ok();
        let seen = here.or_else(|| fs::symlink_metadata(path.under(self.below.as_ref()?)).ok());
        seen.filter(|meta| !layer::is_whiteout(meta))
    }

    /// Makes `folder` and those above it real folders, in the place of whatever else is there.
    fn make_real(&mut self, folder: &RepoPath) -> io::Result<()> {
        if folder.is_root() || self.real.contains(folder) {
            return Ok(());
        }
        self.make_real(&folder.parent())?;
        let path = folder.under(&self.root);
        match fs::symlink_metadata(&path) {
            Ok(meta) if meta.is_dir() => {}
            Ok(meta) => {
                fs::remove_file(&path)?;
                fs::create_dir(&path)?;
                if layer::is_whiteout(&meta) {
                    layer::make_opaque(&path)?;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => create_dir_shared(&path)?,
            Err(error) => return Err(error),
        }
        self.real.insert(folder.clone());
        Ok(())
    }

    /// The longest part of `folder` that leads through real folders only.
    fn real_part(&self, folder: &RepoPath) -> RepoPath {
        let is_real = |folder: &RepoPath| {
            fs::symlink_metadata(folder.under(&self.root)).is_ok_and(|meta| meta.is_dir())
        };
        let ends =
            folder.as_str().match_indices('/').map(|(at, _)| at).chain([folder.as_str().len()]);
        let parts = ends.filter_map(|end| RepoPath::new(&folder.as_str()[..end]));
        parts.take_while(is_real).last().unwrap_or_else(RepoPath::root)
    }
}

/// Several threads may want the same folder at once.
fn create_dir_shared(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        other => other,
    }
}

fn write_file(path: &Path, bytes: &[u8], mode: u32, time: Option<SystemTime>) -> io::Result<()> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    time.map_or(Ok(()), |time| file.set_modified(time))
}

/// Makes a file that is there count as changed.
pub fn touch(path: &Path) -> io::Result<()> {
    let file = File::options().write(true).open(path)?;
    file.set_modified(later_second(file.metadata()?.modified()?))
}

/// A time for `bytes` that tells every tool that they are not what `older` says. Now will do, but where the length is
/// the same the second must be another: that is all that Python looks at.
fn time_after(older: &Metadata, bytes: &[u8]) -> Option<SystemTime> {
    let modified = older.modified().ok()?;
    let is_alike = older.len() == bytes.len() as u64;
    Some(if is_alike { later_second(modified) } else { SystemTime::now().max(modified) })
}

/// Now, but in a later second than `older`.
fn later_second(older: SystemTime) -> SystemTime {
    let seconds = older.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    SystemTime::now().max(UNIX_EPOCH + Duration::from_secs(seconds + 1))
}

#[cfg(unix)]
fn make_link(path: &Path, target: &[u8]) -> io::Result<()> {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    std::os::unix::fs::symlink(OsStr::from_bytes(target), path)
}

/// As git does where links are not for everybody: a file with the target as its text.
#[cfg(not(unix))]
fn make_link(path: &Path, target: &[u8]) -> io::Result<()> {
    fs::write(path, target)
}

#[cfg(unix)]
pub fn is_executable(meta: &Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&meta.permissions()) & 0o100 != 0
}

#[cfg(not(unix))]
pub fn is_executable(_meta: &Metadata) -> bool {
    false
}
