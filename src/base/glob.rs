//! Patterns for files of a project: `*` and `?` inside one part of a path, `**` for any number of parts.

use globset::{Glob, GlobBuilder, GlobSet, GlobSetBuilder};

use super::path::RepoPath;

/// Patterns, any of which may fit.
#[derive(Clone, Debug)]
pub struct Globs {
    set: GlobSet,
    /// For each pattern the folder in which everything it fits lies.
    folders: Vec<RepoPath>,
}

impl Globs {
    /// Patterns relative to `folder`; `None` when one is malformed or leads out of the project.
    pub fn new<'a>(
        folder: &RepoPath,
        patterns: impl IntoIterator<Item = &'a str>,
    ) -> Option<Globs> {
        let mut set = GlobSetBuilder::new();
        let mut folders = Vec::new();
        for pattern in patterns {
            let full = folder.join(pattern)?;
            set.add(glob(full.as_str())?);
            folders.push(fixed_folder(&full));
        }
        Some(Globs { set: set.build().ok()?, folders })
    }

    /// Whether a file's path fits one of the patterns.
    pub fn fit(&self, path: &RepoPath) -> bool {
        self.set.is_match(path.as_str())
    }

    /// Folders that hold every file that fits; one may lie in another.
    pub fn folders(&self) -> &[RepoPath] {
        &self.folders
    }
}

fn glob(pattern: &str) -> Option<Glob> {
    GlobBuilder::new(pattern).literal_separator(true).backslash_escape(true).build().ok()
}

/// The part of a pattern before the first one that is not a plain name, without the file's name.
fn fixed_folder(pattern: &RepoPath) -> RepoPath {
    let folder = pattern.parent();
    let is_plain = |part: &&str| !part.contains(['*', '?', '[', '{', '\\']);
    let parts: Vec<&str> = folder.as_str().split('/').take_while(is_plain).collect();
    RepoPath::new(parts.join("/")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn globs(folder: &str, pattern: &str) -> Option<Globs> {
        Globs::new(&RepoPath::new(folder).unwrap(), [pattern])
    }

    #[test]
    fn patterns_fit_whole_paths() {
        let check = |pattern: &str, path: &str, fits: bool| {
            let globs = globs("app", pattern).unwrap();
            assert_eq!(globs.fit(&RepoPath::new(path).unwrap()), fits, "{pattern} {path}");
        };
        check("out/*.xml", "app/out/a.xml", true);
        check("out/*.xml", "app/out/b/a.xml", false);
        check("out/*.xml", "out/a.xml", false);
        check("**/out/*.xml", "app/a/b/out/a.xml", true);
        check("**/out/*.xml", "app/out/a.xml", true);
        check("r.xml", "app/r.xml", true);
    }

    #[test]
    fn what_lies_outside_or_makes_no_sense_is_refused() {
        for pattern in ["/tmp/*.xml", "../../x.xml", "a[.xml"] {
            assert!(globs("app", pattern).is_none(), "{pattern}");
        }
    }

    #[test]
    fn everything_that_fits_lies_in_the_fixed_folder() {
        let check = |pattern: &str, folder: &str| {
            assert_eq!(globs("", pattern).unwrap().folders()[0].as_str(), folder, "{pattern}");
        };
        check("a/b/*.xml", "a/b");
        check("a/*/c/d.xml", "a");
        check("**/d.xml", "");
        check("d.xml", "");
        check("a/b/d.xml", "a/b");
    }
}
