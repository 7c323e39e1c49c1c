//! The project's folder as last seen, and the rules by which it is seen.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use git2::{OdbLookupFlags, Oid};

use crate::base::path::RepoPath;
use crate::io::store::cache::{self, Folder};
use crate::io::store::objects::Objects;
use crate::io::store::rules::{RulesCache, Scope, is_output_folder};
use crate::io::store::stat::{END_OF_TIME, grain_before, moment};
use crate::io::store::users_git::{Stamp, Tracked, UsersGit, global_exclude_file, stamp};
use crate::io::store::walk::{Walk, Warnings};
use crate::model::failure::Failure;

/// Files read since the cache was last saved that make it worth saving again.
const READS_WORTH_SAVING: usize = 64;

pub struct Project {
    root: PathBuf,
    state_dir: PathBuf,
    /// The top of the user's worktree, or the root where there is none: where ignore rules begin.
    top: PathBuf,
    /// The root below the top.
    prefix: RepoPath,
    users_git: Option<UsersGit>,
    exclude_files: Vec<PathBuf>,
    outputs: Scope,
    rules: RulesCache,
    tracked: Tracked,
    tracked_at: Stamp,
    tracked_warning: Option<String>,
    /// `None` until loaded, and after a look that failed.
    seen: Option<Folder>,
    n_read_unsaved: usize,
}

/// What one look found.
pub struct Look {
    pub tree: Oid,
    pub n_files: usize,
    pub warnings: Vec<String>,
}

impl Project {
    pub fn new(root: &Path, state_dir: &Path, users_git: Option<UsersGit>) -> Self {
        let mut project = Self::within(root, state_dir, users_git);
        if project.users_git.is_some() && project.is_ignored_as_a_whole() {
            // A project in a corner that an outer repository ignores stands for itself.
            project = Self::within(root, state_dir, None);
        }
        project
    }

    fn within(root: &Path, state_dir: &Path, users_git: Option<UsersGit>) -> Self {
        let exclude_files = global_exclude_file(users_git.as_ref())
            .into_iter()
            .chain(users_git.as_ref().map(UsersGit::exclude_file))
            .collect();
        let (top, prefix) = match &users_git {
            Some(git) => (git.top.clone(), git.prefix.clone()),
            None => (root.to_path_buf(), RepoPath::root()),
        };
        let mut project = Self {
            root: root.to_path_buf(),
            state_dir: state_dir.to_path_buf(),
            top,
            prefix,
            users_git,
            exclude_files,
            outputs: Scope::outputs(),
            rules: RulesCache::default(),
            tracked: Tracked::default(),
            tracked_at: None,
            tracked_warning: None,
            seen: None,
            n_read_unsaved: 0,
        };
        project.refresh();
        project
    }

    /// The repository that the project is in, to be read without holding this.
    pub fn users_git(&self) -> Option<UsersGit> {
        self.users_git.clone()
    }

    /// Captures what is on disk now, at the time `now`.
    pub fn look(&mut self, objects: &Objects, now: SystemTime) -> Result<Look, Failure> {
        self.refresh();
        let settled_before = grain_before(now);
        let (seen, borrowed) = match self.seen.take() {
            Some(seen) => (seen, false),
            None => self.load(objects)?,
        };
        let scope = self.scope();
        let mut warnings = Warnings::default();
        self.tracked_warning.iter().for_each(|warning| warnings.push(warning.clone()));
        let mut walk = Walk {
            objects,
            tracked: &self.tracked,
            rules: &mut self.rules,
            state_dir: &self.state_dir,
            prefix_len: if self.prefix.is_root() { 0 } else { self.prefix.as_str().len() + 1 },
            in_git: self.users_git.is_some(),
            borrowed,
            settled_before,
            warnings,
            path: self.prefix.as_str().to_owned(),
            depth: 0,
            n_read: 0,
            n_files: 0,
            n_looked: 0,
        };
        let folder = walk.root(&self.root, seen, &scope)?;
        let (n_read, warnings) = (walk.n_read, walk.warnings.into_texts());
        let tree = folder.tree.expect("the walk writes the tree of every folder");
        let look = Look { tree, n_files: folder.n_files, warnings };
        self.save(&folder, n_read);
        self.seen = Some(folder);
        Ok(look)
    }

    /// Whether a snapshot leaves out what is, or would be, at `path`.
    pub fn leaves_out(&mut self, path: &RepoPath) -> bool {
        self.refresh();
        let is_folder = path.under(&self.root).is_dir();
        let path = self.prefix.join(path.as_str()).unwrap_or_else(|| path.clone());
        let is_tracked =
            self.tracked.has(path.as_str()) || (is_folder && self.tracked.has_below(path.as_str()));
        !is_tracked && self.rules_leave_out(path.as_str(), is_folder)
    }

    fn is_ignored_as_a_whole(&mut self) -> bool {
        let prefix = self.prefix.clone();
        !prefix.is_root()
            && !self.tracked.has_below(prefix.as_str())
            && self.rules_leave_out(prefix.as_str(), true)
    }

    /// Goes down to `path`, relative to the top, as the walk does.
    fn rules_leave_out(&mut self, path: &str, is_folder: bool) -> bool {
        let mut scope = self.base_scope().with(self.rules.get(&self.top.join(".gitignore")), "");
        let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
        for end in ends {
            let here = &path[..end];
            let folder = self.top.join(here);
            let is_folder = is_folder || end < path.len();
            let in_project = here.len() > self.prefix.as_str().len();
            if here.rsplit('/').next() == Some(".git") || scope.ignores(here, is_folder) {
                return true;
            }
            if is_folder && in_project && (folder == self.state_dir || is_output_folder(&folder)) {
                return true;
            }
            if end < path.len() {
                scope = scope.with(self.rules.get(&folder.join(".gitignore")), here);
            }
        }
        false
    }

    /// The rules that hold at the root, but for its own `.gitignore`.
    fn scope(&mut self) -> Scope {
        let mut scope = self.base_scope();
        let folders: Vec<PathBuf> =
            self.users_git.iter().flat_map(UsersGit::prefix_folders).collect();
        for folder in folders {
            let path = RepoPath::below(&self.top, &folder).unwrap_or_else(RepoPath::root);
            scope = scope.with(self.rules.get(&folder.join(".gitignore")), path.as_str());
        }
        scope
    }

    fn base_scope(&mut self) -> Scope {
        let rules = &mut self.rules;
        self.exclude_files
            .iter()
            .fold(self.outputs.clone(), |scope, file| scope.with(rules.get(file), ""))
    }

    /// Reads again what the user's index tracks, when it was written since.
    fn refresh(&mut self) {
        let Some(git) = &self.users_git else { return };
        let now = stamp(&git.index);
        if now == self.tracked_at {
            return;
        }
        self.tracked_at = now;
        match git.tracked() {
            Ok(tracked) => (self.tracked, self.tracked_warning) = (tracked, None),
            Err(warning) => self.tracked_warning = Some(warning),
        }
    }

    /// What was seen before this process: by our own cache, or else by the user's index (`true`).
    fn load(&self, objects: &Objects) -> Result<(Folder, bool), Failure> {
        let database = objects.database()?;
        let held = |file: &cache::File| database.exists_ext(file.blob, OdbLookupFlags::NO_REFRESH);
        if let Ok(own) = cache::load(&self.cache_file(), &RepoPath::root(), END_OF_TIME, held)
            && own.n_files > 0
        {
            return Ok((own, false));
        }
        let Some(git) = self.users_git.as_ref().filter(|git| !git.has_filters()) else {
            return Ok((Folder::default(), false));
        };
        let Some((written, _)) = stamp(&git.index) else { return Ok((Folder::default(), false)) };
        // A conversion of line endings or encodings that changed anything changed the length.
        let same_length = |file: &cache::File| {
            database
                .read_header(file.blob)
                .is_ok_and(|(len, _)| len as u64 == u64::from(file.stat.size()))
        };
        let lent =
            cache::load(&git.index, &self.prefix, moment(written), same_length).unwrap_or_default();
        Ok((lent, true))
    }

    /// Keeps what was seen for the next process. Only saves reading, so a failure costs nothing but time.
    fn save(&mut self, folder: &Folder, n_read: usize) {
        self.n_read_unsaved += n_read;
        let file = self.cache_file();
        if self.n_read_unsaved < READS_WORTH_SAVING && file.exists() {
            return;
        }
        if let Ok(_lock) = lock(&self.state_dir)
            && cache::save(folder, &file).is_ok()
        {
            self.n_read_unsaved = 0;
        }
    }

    fn cache_file(&self) -> PathBuf {
        self.state_dir.join("seen.index")
    }
}

/// Keeps other processes from writing the same state until dropped.
pub fn lock(state_dir: &Path) -> io::Result<File> {
    let file =
        File::options().create(true).truncate(false).write(true).open(state_dir.join("lock"))?;
    file.lock()?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::process::Command;
    use std::time::Duration;

    use git2::{Repository, RepositoryInitOptions};

    use super::*;

    struct Case {
        folder: tempfile::TempDir,
        objects: Objects,
    }

    impl Case {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::create_dir_all(folder.path().join("project/sub")).unwrap();
            fs::write(folder.path().join("project/a"), "a").unwrap();
            fs::write(folder.path().join("project/sub/b"), "b").unwrap();
            let store = folder.path().join("store.git");
            Repository::init_opts(&store, RepositoryInitOptions::new().bare(true)).unwrap();
            let objects = Objects::open(&store).unwrap();
            Self { folder, objects }
        }

        fn root(&self) -> PathBuf {
            self.folder.path().join("project")
        }

        fn project(&self) -> Project {
            Project::new(&self.root(), self.folder.path(), UsersGit::find(&self.root()))
        }

        fn look(&self, project: &mut Project, now: SystemTime) -> Oid {
            project.look(&self.objects, now).unwrap().tree
        }
    }

    /// When everything written so far is settled.
    fn later() -> SystemTime {
        SystemTime::now() + Duration::from_secs(60)
    }

    #[test]
    fn settled_files_are_read_once() {
        let case = Case::new();
        let mut project = case.project();
        let tree = case.look(&mut project, later());
        assert_eq!(case.look(&mut project, later()), tree);
        assert_eq!(project.n_read_unsaved, 0, "nothing was read again");
        let mut reopened = case.project();
        assert_eq!(case.look(&mut reopened, later()), tree);
        assert_eq!(reopened.n_read_unsaved, 0, "nor by the next process");
        fs::write(case.root().join("sub/b"), "c").unwrap();
        assert_ne!(case.look(&mut reopened, later()), tree);
        assert_eq!(reopened.n_read_unsaved, 1);
    }

    #[test]
    fn an_edit_that_keeps_length_and_time_is_noticed() {
        let case = Case::new();
        let file = File::options().write(true).open(case.root().join("a")).unwrap();
        let written = file.metadata().unwrap().modified().unwrap();
        let mut project = case.project();
        let tree = case.look(&mut project, later());
        fs::write(case.root().join("a"), "z").unwrap();
        file.set_modified(written).unwrap();
        assert_ne!(case.look(&mut project, later()), tree);
    }

    #[test]
    fn fresh_files_are_read_again() {
        let case = Case::new();
        let mut project = case.project();
        let tree = case.look(&mut project, SystemTime::now());
        assert_eq!(case.look(&mut project, SystemTime::now()), tree);
        assert_eq!(project.n_read_unsaved, 2);
    }

    #[test]
    fn what_was_seen_is_forgotten_with_the_objects() {
        let case = Case::new();
        let tree = case.look(&mut case.project(), later());
        fs::remove_dir_all(case.folder.path().join("store.git/objects")).unwrap();
        fs::create_dir(case.folder.path().join("store.git/objects")).unwrap();
        let objects = Objects::open(&case.folder.path().join("store.git")).unwrap();
        let mut project = case.project();
        assert_eq!(project.look(&objects, later()).unwrap().tree, tree);
        assert_eq!(project.n_read_unsaved, 2);
    }

    #[test]
    fn a_damaged_cache_is_as_good_as_none() {
        let case = Case::new();
        let tree = case.look(&mut case.project(), later());
        fs::write(case.folder.path().join("seen.index"), "DIRC nonsense").unwrap();
        assert_eq!(case.look(&mut case.project(), later()), tree);
    }

    #[test]
    fn the_users_index_lends_what_it_knows() {
        let case = Case::new();
        let git = |args: &[&str]| {
            assert!(
                Command::new("git").args(args).current_dir(case.root()).status().unwrap().success()
            );
        };
        git(&["init", "-q"]);
        git(&["add", "a"]);
        let lend = || {
            let store = case.folder.path().join("store.git");
            let users = case.root().join(".git/objects").into_os_string().into_string().unwrap();
            fs::write(store.join("objects/info/alternates"), users + "\n").unwrap();
            let (folder, borrowed) = case.project().load(&Objects::open(&store).unwrap()).unwrap();
            assert!(borrowed || folder.n_files == 0);
            folder.n_files
        };
        let index = File::options().write(true).open(case.root().join(".git/index")).unwrap();
        let written = fs::metadata(case.root().join("a")).unwrap().modified().unwrap();
        index.set_modified(written).unwrap();
        assert_eq!(lend(), 0, "the file may have been written after the index");
        index.set_modified(later()).unwrap();
        assert_eq!(lend(), 1);
        fs::write(case.root().join(".git/info/attributes"), "a filter=x\n").unwrap();
        assert_eq!(lend(), 0, "a filter may store something else");
    }
}
