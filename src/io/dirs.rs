//! Where a project and our own files about it are.

use std::path::{Path, PathBuf};

use crate::base::hash::ContentHash;
use crate::base::path::RepoPath;
use crate::io::drafts::{self, DraftFile, Edited};
use crate::io::store;
use crate::model::failure::Failure;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dirs {
    /// The folder that was asked for, seen from the project's.
    pub focus: RepoPath,
    /// The project's folder: absolute, canonical.
    pub root: PathBuf,
    /// Private store and journal.
    pub state: PathBuf,
    /// Worlds; may be deleted at any time when no engine runs.
    pub cache: PathBuf,
}

impl Dirs {
    /// The project that `folder` belongs to: the top of its git work tree, else the folder itself. Creates our own
    /// folders under `$XDG_STATE_HOME` and `$XDG_CACHE_HOME`, nothing in the project.
    pub fn find(folder: &Path) -> Result<Dirs, Failure> {
        let folder = folder.canonicalize().map_err(|error| {
            Failure::environment(
                format!("the folder {} cannot be opened: {error}", folder.display()),
                "Name a folder that exists and that you may read.",
            )
        })?;
        let root = top_of(&folder).unwrap_or_else(|| folder.clone());
        let key = key(&root);
        let dirs = Dirs {
            focus: RepoPath::below(&root, &folder).unwrap_or_default(),
            state: base("XDG_STATE_HOME", ".local/state")?.join("greenloop").join(&key),
            cache: base("XDG_CACHE_HOME", ".cache")?.join("greenloop").join(&key),
            root,
        };
        for own in [&dirs.state, &dirs.cache] {
            std::fs::create_dir_all(own).map_err(|error| {
                Failure::environment(
                    format!("the folder {} cannot be made: {error}", own.display()),
                    "Set XDG_STATE_HOME and XDG_CACHE_HOME to folders that you may write to.",
                )
            })?;
        }
        Ok(dirs)
    }
}

impl Dirs {
    /// Puts a document for people into the state folder, in place of an earlier one of that name.
    pub fn put_document(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        self.written(name, |path| std::fs::write(path, text).map(|()| path.to_owned()))
    }

    /// The same for one that people edit, which is not written over.
    pub fn put_draft(&self, name: &str, text: &str) -> Result<DraftFile, Failure> {
        self.written(name, |path| drafts::put(path, text))
    }

    /// What people made of a draft; `None` when it is as it was put there, or not there.
    pub fn draft(&self, name: &str) -> Result<Option<Edited>, Failure> {
        drafts::edited(&self.document(name))
    }

    fn document(&self, name: &str) -> PathBuf {
        self.state.join("review").join(name)
    }

    fn written<T>(
        &self,
        name: &str,
        write: impl FnOnce(&Path) -> std::io::Result<T>,
    ) -> Result<T, Failure> {
        let path = self.document(name);
        let folder = path.parent().map_or(Ok(()), std::fs::create_dir_all);
        folder.and_then(|()| write(&path)).map_err(|error| {
            Failure::environment(
                format!("the file {} cannot be written: {error}", path.display()),
                "Check that Greenloop's state folder is writable and its disk is not full.",
            )
        })
    }
}

/// The user's own settings, whether the file is there or not.
pub fn user_config() -> Result<PathBuf, Failure> {
    Ok(config()?.join("config.toml"))
}

/// The top of the work tree that holds `folder`. A home folder that is itself a repository of dot files is not taken
/// for the project of everything below it.
fn top_of(folder: &Path) -> Option<PathBuf> {
    let top = store::work_tree(folder)?;
    let is_home = std::env::var_os("HOME").is_some_and(|home| top == Path::new(&home));
    (!is_home || top == folder).then_some(top)
}

/// The folder of the user's own configuration. Nothing is made.
pub fn config() -> Result<PathBuf, Failure> {
    Ok(base("XDG_CONFIG_HOME", ".config")?.join("greenloop"))
}

/// Unique per path and still readable.
fn key(root: &Path) -> String {
    let name = root.file_name().map_or_else(|| "root".into(), |name| name.to_string_lossy());
    let name: String = name
        .chars()
        .map(|ch| if ch.is_ascii_alphanumeric() || "-_.".contains(ch) { ch } else { '_' })
        .collect();
    format!("{name}-{}", ContentHash::of(root.as_os_str().as_encoded_bytes()))
}

fn base(variable: &str, below_home: &str) -> Result<PathBuf, Failure> {
    let absolute = |path: PathBuf| path.is_absolute().then_some(path);
    std::env::var_os(variable)
        .and_then(|path| absolute(path.into()))
        .or_else(|| std::env::home_dir().and_then(absolute).map(|home| home.join(below_home)))
        .ok_or_else(|| {
            Failure::environment(
                format!("neither {variable} nor a home folder is known"),
                format!("Set {variable} to a folder that you may write to."),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_readable_and_differ_by_path() {
        assert!(key(Path::new("/home/u/my project")).starts_with("my_project-"));
        assert_ne!(key(Path::new("/a/x")), key(Path::new("/b/x")));
    }
}
