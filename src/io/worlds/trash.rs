//! Throws folders away without making anybody wait.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

/// Folders moved here are deleted by a thread; what a dead process left is deleted first.
#[derive(Clone)]
pub struct Trash {
    folder: PathBuf,
    emptier: Sender<PathBuf>,
}

impl Trash {
    pub fn open(folder: PathBuf) -> Self {
        #[expect(
            clippy::disallowed_methods,
            reason = "whoever throws away must never wait; folders on disk bound what is queued"
        )]
        let (emptier, to_delete) = mpsc::channel::<PathBuf>();
        let leftovers: Vec<PathBuf> = fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        thread::spawn(move || {
            for path in leftovers.into_iter().chain(to_delete) {
                // What cannot be deleted now is tried again at the next start.
                drop(remove_all(&path));
            }
        });
        Self { folder, emptier }
    }

    /// Takes `path` out of sight at once. One that cannot be moved stays for the next start to find.
    pub fn discard(&self, path: &Path) {
        let hidden = self.folder.join(unique_name());
        if fs::rename(path, &hidden).is_ok() {
            // Without the thread, which lives as long as we do, the next start deletes it.
            drop(self.emptier.send(hidden));
        }
    }
}

/// A name that no other process and no other call uses.
pub fn unique_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let n_call = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("{:x}-{}-{n_call}", since_1970.as_millis(), process::id())
}

/// Deletes a folder or a file; folders that refuse it by their permissions are opened first.
pub fn remove_all(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(path)?;
            fs::remove_dir_all(path)
        }
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => fs::remove_file(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(unix)]
fn open_up(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;

    fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            open_up(&entry.path())?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn open_up(_folder: &Path) -> io::Result<()> {
    Ok(())
}
