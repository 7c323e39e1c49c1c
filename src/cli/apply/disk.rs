//! Steps on the user's files that can be taken back.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::base::path::RepoPath;
use crate::io::fault::{self, FaultPoint};
use crate::model::failure::{Failure, FailureKind};

/// The user's project and what was done to it.
pub(super) struct Disk<'a> {
    root: &'a Path,
    /// Nothing is written: it is only seen whether it could be.
    is_rehearsal: bool,
    /// Files that were changed, or would be.
    n_changed: usize,
    done: Vec<Step>,
}

/// Something done, with what it takes to undo it.
enum Step {
    Replaced {
        path: RepoPath,
        old: String,
        new: String,
    },
    /// A file that goes waits under another name until all is done.
    MovedAside {
        path: RepoPath,
        aside: PathBuf,
    },
    Made {
        path: RepoPath,
    },
    MadeFolder {
        path: PathBuf,
    },
}

impl<'a> Disk<'a> {
    pub fn new(root: &'a Path) -> Self {
        Self { root, is_rehearsal: false, n_changed: 0, done: Vec::new() }
    }

    /// One on which all goes as it would, and nothing is written.
    pub fn rehearsal(root: &'a Path) -> Self {
        Self { is_rehearsal: true, ..Disk::new(root) }
    }

    /// Files that were changed so far, or would be.
    pub fn n_changed(&self) -> usize {
        self.n_changed
    }

    /// What the file holds.
    pub fn text(&self, path: &RepoPath) -> Result<String, Failure> {
        let read = fs::read_to_string(path.under(self.root));
        read.map_err(|error| unwritable(path, &error))
    }

    /// Fails unless the file holds this text.
    pub fn expect(&self, path: &RepoPath, text: &str) -> Result<(), Failure> {
        let on_disk = fs::read(path.under(self.root)).map_err(|error| unwritable(path, &error))?;
        if on_disk == text.as_bytes() { Ok(()) } else { Err(moved_on(path)) }
    }

    /// Fails unless nothing at all is at `path`.
    pub fn expect_nothing(&self, path: &RepoPath) -> Result<(), Failure> {
        // What a part of the change takes away may still stand in the way here.
        match fs::symlink_metadata(path.under(self.root)) {
            Err(error) if is_nothing(&error) => Ok(()),
            Err(error) => Err(unwritable(path, &error)),
            Ok(_) => Err(is_there(path)),
        }
    }

    /// Puts `new` in place of `old`, which must be what the file holds.
    pub fn replace(&mut self, path: &RepoPath, old: &str, new: &str) -> Result<(), Failure> {
        self.n_changed += 1;
        if self.is_rehearsal {
            return self.expect(path, old);
        }
        fault::pass(FaultPoint::BeforeWrite);
        self.put(path, old, new)?;
        fault::pass(FaultPoint::AfterWrite);
        let (old, new) = (old.to_owned(), new.to_owned());
        self.done.push(Step::Replaced { path: path.clone(), old, new });
        Ok(())
    }

    fn put(&self, path: &RepoPath, old: &str, new: &str) -> Result<(), Failure> {
        let fail = |error: io::Error| unwritable(path, &error);
        // A symbolic link stays one: its target is replaced.
        let target = path.under(self.root).canonicalize().map_err(fail)?;
        let beside = write_beside(&target, new.as_bytes()).map_err(fail)?;
        let is_as_expected = fs::read(&target).is_ok_and(|bytes| bytes == old.as_bytes());
        let done = if is_as_expected {
            fs::rename(&beside, &target).map_err(fail)
        } else {
            Err(moved_on(path))
        };
        if done.is_err() {
            // The first error is the one to tell; a left-over file is harmless beside it.
            drop(fs::remove_file(&beside));
        }
        done
    }

    /// Takes the file away, which must hold `text`. One that is not there is gone already.
    pub fn take_away(&mut self, path: &RepoPath, text: &str) -> Result<(), Failure> {
        let target = path.under(self.root);
        if fs::symlink_metadata(&target).is_err_and(|error| is_nothing(&error)) {
            return Ok(());
        }
        self.expect(path, text)?;
        self.n_changed += 1;
        if self.is_rehearsal {
            return Ok(());
        }
        fault::pass(FaultPoint::BeforeWrite);
        let aside = beside(&target);
        match fs::symlink_metadata(&aside) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(unwritable(path, &error)),
            Ok(_) => return Err(unwritable(path, &io::ErrorKind::AlreadyExists.into())),
        }
        fs::rename(&target, &aside).map_err(|error| unwritable(path, &error))?;
        fault::pass(FaultPoint::AfterWrite);
        self.done.push(Step::MovedAside { path: path.clone(), aside });
        Ok(())
    }

    /// Makes a file that is not there, with the permissions of the one taken away from `like`. One that holds exactly this
    /// is made already.
    pub fn make(
        &mut self,
        path: &RepoPath,
        text: &str,
        like: Option<&RepoPath>,
    ) -> Result<(), Failure> {
        let fail = |error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => is_there(path),
            _ => unwritable(path, &error),
        };
        if fs::read(path.under(self.root)).is_ok_and(|bytes| bytes == text.as_bytes()) {
            return Ok(());
        }
        self.n_changed += 1;
        if self.is_rehearsal {
            return self.expect_nothing(path);
        }
        fault::pass(FaultPoint::BeforeWrite);
        self.make_folder(&path.parent()).map_err(|error| unwritable(path, &error))?;
        let mut file = File::create_new(path.under(self.root)).map_err(fail)?;
        self.done.push(Step::Made { path: path.clone() });
        let like = self.done.iter().find_map(|step| match step {
            Step::MovedAside { path, aside } if Some(path) == like => Some(aside),
            _ => None,
        });
        file.write_all(text.as_bytes())
            .and_then(|()| {
                like.map_or(Ok(()), |like| file.set_permissions(fs::metadata(like)?.permissions()))
            })
            .and_then(|()| file.sync_all())
            .map_err(fail)?;
        fault::pass(FaultPoint::AfterWrite);
        Ok(())
    }

    /// Makes the folder and those above it. None of them may lead out of the project.
    fn make_folder(&mut self, folder: &RepoPath) -> io::Result<()> {
        let path = folder.under(self.root);
        if !folder.is_root() && fs::symlink_metadata(&path).is_err() {
            self.make_folder(&folder.parent())?;
            fs::create_dir(&path)?;
            self.done.push(Step::MadeFolder { path });
            return Ok(());
        }
        if path.canonicalize()?.starts_with(self.root.canonicalize()?) {
            return Ok(());
        }
        Err(io::Error::other("its folder lies outside the project"))
    }

    /// All went well: what was moved aside goes for good, and folders that are empty without it.
    pub fn settle(self) {
        for step in &self.done {
            if let Step::MovedAside { path, aside } = step {
                // A file that cannot be removed stays under its other name; the change is made all the same.
                drop(fs::remove_file(aside));
                let mut folder = path.parent();
                while !folder.is_root() && fs::remove_dir(folder.under(self.root)).is_ok() {
                    folder = folder.parent();
                }
            }
        }
    }

    /// Takes everything back, the last step first.
    pub fn undo(mut self) -> Result<(), Failure> {
        let mut first = Ok(());
        while let Some(step) = self.done.pop() {
            first = first.and(self.take_back(&step));
        }
        first
    }

    fn take_back(&self, step: &Step) -> Result<(), Failure> {
        match step {
            Step::Replaced { path, old, new } => self.put(path, new, old),
            Step::MovedAside { path, aside } => {
                self.expect_nothing(path)?;
                fs::rename(aside, path.under(self.root)).map_err(|error| unwritable(path, &error))
            }
            Step::Made { path } => {
                fs::remove_file(path.under(self.root)).map_err(|error| unwritable(path, &error))
            }
            // One that somebody put something into meanwhile stays.
            Step::MadeFolder { path } => {
                drop(fs::remove_dir(path));
                Ok(())
            }
        }
    }
}

/// The name under which the next or the last form of a file waits.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(format!(".greenloop-{}", std::process::id()));
    path.with_file_name(name)
}

/// A file beside `path` with its permissions, so that a crash leaves the old or the new text and never half of one.
fn write_beside(path: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let beside = beside(path);
    let mut file = File::create_new(&beside)?;
    let written = file
        .write_all(bytes)
        .and_then(|()| file.set_permissions(fs::metadata(path)?.permissions()))
        .and_then(|()| file.sync_all());
    written.inspect_err(|_| drop(fs::remove_file(&beside)))?;
    Ok(beside)
}

/// Whether this says that nothing is there.
fn is_nothing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

fn moved_on(path: &RepoPath) -> Failure {
    Failure::new(
        FailureKind::Stale,
        format!("{path} has changed since the run began; nothing was written"),
        "Run it again on the new text.",
    )
}

fn is_there(path: &RepoPath) -> Failure {
    Failure::new(
        FailureKind::Stale,
        format!(
            "{path} is there already, though it was not when the run began; nothing was written"
        ),
        "Move it away, or run again with it in place.",
    )
}

fn unwritable(path: &RepoPath, error: &io::Error) -> Failure {
    Failure::environment(
        format!("{path} cannot be written: {error}"),
        "Make the file and its folder writable, or apply the diff shown by hand.",
    )
}
