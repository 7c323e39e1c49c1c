//! Paths of two kinds that cannot be confused: absolute on this machine, and relative inside a project.

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// A path inside a project: relative, `/`-separated, never climbing out, never empty but for the root itself (`""`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RepoPath(Arc<str>);

impl RepoPath {
    /// The project root itself.
    pub fn root() -> Self {
        Self(Arc::from(""))
    }

    /// Accepts a relative path in either separator; `None` when it is absolute, climbs out, or is not Unicode.
    pub fn new(path: impl AsRef<Path>) -> Option<Self> {
        let mut parts: Vec<&str> = Vec::new();
        for component in path.as_ref().components() {
            match component {
                Component::Normal(part) => parts.push(part.to_str()?),
                Component::CurDir => {}
                Component::ParentDir => {
                    parts.pop()?;
                }
                Component::RootDir | Component::Prefix(_) => return None,
            }
        }
        Some(Self(parts.join("/").into()))
    }

    /// The path of `path` below `root`; `None` when it lies elsewhere.
    pub fn below(root: &Path, path: &Path) -> Option<Self> {
        Self::new(path.strip_prefix(root).ok()?)
    }

    /// This path seen from `folder`; `None` when it lies elsewhere.
    pub fn relative_to(&self, folder: &RepoPath) -> Option<Self> {
        let inside = self.is_within(folder).then(|| &self.0[folder.0.len()..])?;
        Some(Self(inside.trim_start_matches('/').into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The absolute path under `root`.
    pub fn under(&self, root: &Path) -> PathBuf {
        if self.is_root() { root.to_path_buf() } else { root.join(&*self.0) }
    }

    /// `self/name`; `None` as for [`RepoPath::new`].
    pub fn join(&self, name: &str) -> Option<Self> {
        if name.starts_with('/') {
            return None;
        }
        Self::new(format!("{}/{name}", self.0).trim_start_matches('/'))
    }

    /// The folder that holds this path; the root's parent is the root.
    pub fn parent(&self) -> Self {
        Self(self.0.rsplit_once('/').map_or("", |(folder, _)| folder).into())
    }

    /// This folder and those above it, the root last.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> + use<> {
        std::iter::successors(Some(self.clone()), |path| (!path.is_root()).then(|| path.parent()))
    }

    /// The last part, empty for the root.
    pub fn file_name(&self) -> &str {
        self.0.rsplit_once('/').map_or(&self.0, |(_, name)| name)
    }

    /// The part after the last dot of the file name, empty when there is none.
    pub fn extension(&self) -> &str {
        self.file_name().rsplit_once('.').map_or("", |(_, ending)| ending)
    }

    /// Whether this path is `folder` or lies below it.
    pub fn is_within(&self, folder: &RepoPath) -> bool {
        folder.is_root()
            || self
                .0
                .strip_prefix(&*folder.0)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

impl Default for RepoPath {
    fn default() -> Self {
        Self::root()
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "." } else { &self.0 })
    }
}

impl<'de> Deserialize<'de> for RepoPath {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        RepoPath::new(&text).ok_or_else(|| serde::de::Error::custom("path leaves the project"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repo_path_cannot_leave_the_project() {
        let text = |path: &str| RepoPath::new(path).map(|path| path.as_str().to_owned());
        assert_eq!(text("./src//a.rs"), Some("src/a.rs".into()));
        assert_eq!(text("src/../a.rs"), Some("a.rs".into()));
        assert_eq!(text("../a.rs"), None);
        assert_eq!(text("a/../../b"), None);
        assert_eq!(text("/etc/passwd"), None);
        assert_eq!(RepoPath::root().join("/etc"), None);
        assert_eq!(RepoPath::root().join("a").unwrap().as_str(), "a");
    }

    #[test]
    fn within_goes_by_whole_names() {
        let path = |text: &str| RepoPath::new(text).unwrap();
        assert!(path("src/a.rs").is_within(&path("src")));
        assert!(path("src").is_within(&path("src")));
        assert!(!path("src2/a.rs").is_within(&path("src")));
        assert!(path("x").is_within(&RepoPath::root()));
        assert_eq!(path("src/a/b.rs").relative_to(&path("src")), Some(path("a/b.rs")));
        assert_eq!(path("src").relative_to(&path("src")), Some(RepoPath::root()));
        assert_eq!(path("src2/a.rs").relative_to(&path("src")), None);
    }
}
