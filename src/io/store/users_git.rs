//! The user's git repository, read only: where its parts lie, what it tracks, whether its index can be borrowed.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;

use git2::{Config, ConfigLevel, ErrorCode, Index, Oid, Repository};

use crate::base::limits::GIT_LISTING_BYTES_MAX;
use crate::base::path::RepoPath;
use crate::io::store::rules;

/// Where the parts of a repository lie; a linked worktree shares most of them with its main one.
#[derive(Clone, Debug)]
pub struct UsersGit {
    /// The folder of the worktree.
    pub top: PathBuf,
    /// The project's folder inside it.
    pub prefix: RepoPath,
    pub index: PathBuf,
    common: PathBuf,
}

/// The paths a repository tracks, relative to its top.
#[derive(Default)]
pub struct Tracked {
    /// Sorted.
    paths: Vec<Box<str>>,
    submodules: BTreeMap<Box<str>, Oid>,
}

/// When a file was last written, to notice the next time.
pub type Stamp = Option<(SystemTime, u64)>;

pub fn stamp(file: &Path) -> Stamp {
    let meta = fs::metadata(file).ok()?;
    Some((meta.modified().ok()?, meta.len()))
}

impl UsersGit {
    /// The repository whose worktree holds `root`.
    pub fn find(root: &Path) -> Option<Self> {
        root.ancestors().find_map(|top| {
            let git_dir = git_dir(&top.join(".git"))?;
            let common = common_dir(&git_dir);
            let is_repository =
                git_dir.join("HEAD").symlink_metadata().is_ok() && common.join("objects").is_dir();
            is_repository.then(|| UsersGit {
                top: top.to_path_buf(),
                prefix: RepoPath::below(top, root).unwrap_or_else(RepoPath::root),
                index: git_dir.join("index"),
                common,
            })
        })
    }

    /// The user's objects, when they are of the kind our store can borrow (SHA-1).
    pub fn objects(&self) -> Option<PathBuf> {
        let config = Config::open(&self.common.join("config")).ok()?;
        let format = config.get_string("extensions.objectformat").unwrap_or_else(|_| "sha1".into());
        (format == "sha1").then(|| self.common.join("objects"))
    }

    /// The repository's own exclude file.
    pub fn exclude_file(&self) -> PathBuf {
        self.common.join("info/exclude")
    }

    /// Whether git might store other bytes than the file has, of the same length: a filter. Conversions that change
    /// the length are noticed by the length.
    pub fn has_filters(&self) -> bool {
        let Ok(repository) = Repository::open(&self.top) else { return true };
        let global = repository.config().and_then(|config| config.get_path("core.attributesfile"));
        let default = config_home().map(|home| home.join("attributes"));
        [
            global.ok(),
            default,
            Some("/etc/gitattributes".into()),
            Some(self.common.join("info/attributes")),
        ]
        .into_iter()
        .flatten()
        .any(|file| names_filter(&file))
            || self.prefix_folders().any(|folder| names_filter(&folder.join(".gitattributes")))
    }

    /// The folders from the top down to the project's, which is not among them.
    pub fn prefix_folders(&self) -> impl Iterator<Item = PathBuf> + '_ {
        let names = self.prefix.as_str().split('/').filter(|name| !name.is_empty());
        names.scan(self.top.clone(), |folder, name| {
            let here = folder.clone();
            folder.push(name);
            Some(here)
        })
    }

    /// What the last commit has of files of the project, where that differs from `now`: no bytes of new ones, and nothing
    /// where it cannot be read.
    pub fn committed(&self, now: &BTreeMap<&RepoPath, Oid>) -> BTreeMap<RepoPath, Vec<u8>> {
        let read = || {
            let repository = Repository::open(&self.top)?;
            let tree = repository.head()?.peel_to_tree()?;
            let differing = now.iter().filter_map(|(path, id)| {
                let inside = self.prefix.join(path.as_str())?;
                let before = match tree.get_path(Path::new(inside.as_str())) {
                    Ok(entry) if entry.id() == *id => return None,
                    Ok(entry) => repository.find_blob(entry.id()).ok()?.content().to_vec(),
                    Err(error) if error.code() == ErrorCode::NotFound => Vec::new(),
                    Err(_) => return None,
                };
                Some(((*path).clone(), before))
            });
            Ok::<_, git2::Error>(differing.collect())
        };
        read().unwrap_or_default()
    }

    /// What is tracked now. The error is a sentence for people.
    pub fn tracked(&self) -> Result<Tracked, String> {
        if !self.index.exists() {
            return Ok(Tracked::default());
        }
        match Index::open(&self.index) {
            Ok(index) => {
                Ok(Tracked::new(index.iter().map(|entry| (entry.path, entry.mode, Some(entry.id)))))
            }
            // Split, sparse or SHA-256.
            Err(_) => self.tracked_by_program(),
        }
    }

    fn tracked_by_program(&self) -> Result<Tracked, String> {
        // Without the option git would expand a sparse index and touch objects; git before 2.36 does not know it.
        let listing = self.list_files(&["--sparse"]).or_else(|_| self.list_files(&[]));
        let listing = listing.map_err(|why| {
            format!("files that git tracks in spite of ignore rules may be missing: git ls-files failed: {why}")
        })?;
        Ok(Tracked::new(listing.split(|byte| *byte == 0).filter_map(staged_line)))
    }

    fn list_files(&self, options: &[&str]) -> io::Result<Vec<u8>> {
        let mut child = Command::new("git")
            .args([
                "-c",
                "core.fsmonitor=false",
                "-c",
                "core.hooksPath=/dev/null",
                "ls-files",
                "-z",
                "--stage",
            ])
            .args(options)
            .current_dir(&self.top)
            .env("GIT_OPTIONAL_LOCKS", "0")
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut listing = Vec::new();
        let stdout = child.stdout.take().expect("stdout is piped above");
        let read = stdout.take(GIT_LISTING_BYTES_MAX).read_to_end(&mut listing);
        let status = child.wait()?;
        read?;
        if status.success() { Ok(listing) } else { Err(io::Error::other(status.to_string())) }
    }
}

impl Tracked {
    fn new(entries: impl Iterator<Item = (Vec<u8>, u32, Option<Oid>)>) -> Self {
        let mut tracked = Self::default();
        for (path, mode, id) in entries {
            // A name that is not Unicode is left out of snapshots anyway.
            let Ok(path) = String::from_utf8(path) else { continue };
            match (mode, id) {
                (0o160000, Some(id)) => {
                    tracked.submodules.insert(path.into(), id);
                }
                // A folder of a sparse index is not on disk.
                (0o160000, None) | (0o040000, _) => {}
                _ => tracked.paths.push(path.into()),
            }
        }
        tracked.paths.sort_unstable();
        tracked.paths.dedup();
        tracked
    }

    pub fn has(&self, path: &str) -> bool {
        self.paths.binary_search_by(|known| (**known).cmp(path)).is_ok()
    }

    pub fn has_below(&self, folder: &str) -> bool {
        let folder = format!("{folder}/");
        let at = self.paths.partition_point(|known| **known < *folder);
        self.paths.get(at).is_some_and(|known| known.starts_with(&folder))
            || self.submodules.keys().any(|known| known.starts_with(&folder))
    }

    pub fn submodule(&self, path: &str) -> Option<Oid> {
        self.submodules.get(path).copied()
    }
}

/// One record of `git ls-files --stage`: `mode id stage\tpath`.
fn staged_line(line: &[u8]) -> Option<(Vec<u8>, u32, Option<Oid>)> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let mut fields = std::str::from_utf8(&line[..tab]).ok()?.split(' ');
    let mode = u32::from_str_radix(fields.next()?, 8).ok()?;
    let id = fields.next()?;
    let id = if id.len() == 40 { Oid::from_str(id).ok() } else { None };
    Some((line[tab + 1..].to_vec(), mode, id))
}

/// Follows `.git`: a folder, or a file that names one.
fn git_dir(dot_git: &Path) -> Option<PathBuf> {
    let meta = fs::metadata(dot_git).ok()?;
    if meta.is_dir() {
        return Some(dot_git.to_path_buf());
    }
    let text = rules::read_rules(dot_git);
    let named = text.strip_prefix("gitdir:")?.trim();
    Some(dot_git.parent()?.join(named))
}

fn common_dir(git_dir: &Path) -> PathBuf {
    let text = rules::read_rules(&git_dir.join("commondir"));
    if text.trim().is_empty() { git_dir.to_path_buf() } else { git_dir.join(text.trim()) }
}

/// Whether an attributes file sends files through a program.
pub fn names_filter(attributes: &Path) -> bool {
    rules::read_rules(attributes).contains("filter")
}

/// The user's exclude file for all repositories, as git finds it.
pub fn global_exclude_file(users_git: Option<&UsersGit>) -> Option<PathBuf> {
    let mut config = Config::open_default().ok()?;
    if let Some(users_git) = users_git {
        config.add_file(&users_git.common.join("config"), ConfigLevel::Local, false).ok();
    }
    config.get_path("core.excludesfile").ok().or_else(|| Some(config_home()?.join("ignore")))
}

fn config_home() -> Option<PathBuf> {
    let xdg =
        std::env::var_os("XDG_CONFIG_HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    xdg.or_else(|| Some(std::env::home_dir()?.join(".config"))).map(|home| home.join("git"))
}
