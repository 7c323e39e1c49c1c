//! Which processes have a project open. Each holds a locked file with its number in it; the system lets go of the lock
//! when the process dies, however it dies.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::failure::Failure;

/// Tells others that we are here, until it is dropped.
pub struct Presence {
    path: PathBuf,
    /// Open for as long as the lock is held.
    _file: File,
    other: Option<u32>,
}

impl Presence {
    /// Says that this process has the project open whose state is in `state_dir`, and looks who else has.
    pub fn announce(state_dir: &Path) -> Result<Presence, Failure> {
        let folder = state_dir.join("presence");
        announced(&folder).map_err(|error| {
            Failure::environment(
                format!("the folder {} cannot be written to: {error}", folder.display()),
                "Check permissions and free space.",
            )
        })
    }

    /// A process that had the project open before us; this one, where it opened it twice.
    pub fn other(&self) -> Option<u32> {
        self.other
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        // One that stays is unlocked, and goes when the next process looks around.
        drop(fs::remove_file(&self.path));
    }
}

fn announced(folder: &Path) -> io::Result<Presence> {
    fs::create_dir_all(folder)?;
    // Nobody takes a file for a dead process's while its lock is about to be taken.
    let one_at_a_time = open(&folder.join("lock"))?;
    one_at_a_time.lock()?;
    let mut other = None;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "pid") {
            other = other.or(alive(&path)?);
        }
    }
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let (pid, n) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let path = folder.join(format!("{pid}-{n}.pid"));
    let mut file = open(&path)?;
    file.lock()?;
    file.set_len(0)?;
    file.write_all(pid.to_string().as_bytes())?;
    Ok(Presence { path, _file: file, other })
}

/// The process that holds the file; a file that nobody holds is deleted.
fn alive(path: &Path) -> io::Result<Option<u32>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => file?,
    };
    if file.try_lock().is_ok() {
        fs::remove_file(path)?;
        return Ok(None);
    }
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text.parse().ok())
}

fn open(path: &Path) -> io::Result<File> {
    File::options().create(true).truncate(false).write(true).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_come_later_see_those_who_are_there() {
        let folder = tempfile::tempdir().unwrap();
        let announce = || Presence::announce(folder.path()).unwrap();
        let us = Some(std::process::id());
        let first = announce();
        let second = announce();
        assert_eq!((first.other(), second.other()), (None, us));
        drop(first);
        assert_eq!(announce().other(), us, "the second is still there");
        drop(second);
        assert_eq!(announce().other(), None);
        // What a dead process left.
        fs::write(folder.path().join("presence/1-0.pid"), "1").unwrap();
        assert_eq!(announce().other(), None);
        assert!(!folder.path().join("presence/1-0.pid").exists());
    }
}
