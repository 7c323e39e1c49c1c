//! A user's project on disk, and worlds of it on every rung this machine can show.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command as Program;
use std::sync::Arc;
use std::time::Duration;

use greenloop::base::cancel::CancelToken;
use greenloop::base::hash::ContentHash;
use greenloop::base::ids::TreeId;
use greenloop::base::path::RepoPath;
use greenloop::io::process::{End, Output};
use greenloop::io::sandbox::{Abilities, probe};
use greenloop::io::store::Store;
use greenloop::io::worlds::{Command, World, Worlds};
use greenloop::model::policy::Policy;
use tempfile::TempDir;

pub const LONG: Duration = Duration::from_secs(120);

/// A project with its store and worlds, gone with this.
pub struct Place {
    pub store: Arc<Store>,
    pub worlds: Worlds,
    pub root: PathBuf,
    pub cache: PathBuf,
    pub abilities: Abilities,
    pub dir: TempDir,
}

/// Where tests put their folders: not in `/tmp`, which sandboxes hide. Another user's tests need a place of their own.
pub fn temporary() -> PathBuf {
    let named = std::env::var_os("GREENLOOP_TEST_DIR").map(PathBuf::from);
    named.unwrap_or_else(|| env!("CARGO_TARGET_TMPDIR").into())
}

/// Every way worlds are made here, by name.
pub fn rungs() -> Vec<(&'static str, Abilities)> {
    let dir = TempDir::new_in(temporary()).unwrap();
    let program = std::env::var_os("GREENLOOP_TEST_PROGRAM").map(PathBuf::from);
    let program = program.unwrap_or_else(|| env!("CARGO_BIN_EXE_greenloop").into());
    let best = probe(dir.path(), &program);
    let pool = Abilities { overlay: false, ..best.clone() };
    let bare = Abilities { namespaces: false, ..pool.clone() };
    let mut rungs = vec![("pool without namespaces", bare)];
    if best.namespaces {
        rungs.push(("pool in namespaces", pool));
    }
    if best.overlay {
        rungs.push(("overlay", best));
    }
    rungs
}

impl Place {
    pub fn new(abilities: &Abilities, files: &[(&str, &str)]) -> Place {
        Place::at(TempDir::new_in(temporary()).unwrap(), "project", abilities, files)
    }

    /// The project is the folder `name` in `dir`; the cache lies beside it.
    pub fn at(dir: TempDir, name: &str, abilities: &Abilities, files: &[(&str, &str)]) -> Place {
        let root = dir.path().canonicalize().unwrap().join(name);
        fs::create_dir_all(&root).unwrap();
        for (path, text) in files {
            write(&root.join(path), text);
        }
        let state = root.with_file_name("state");
        let cache = root.with_file_name("cache");
        let store = Arc::new(Store::open(&root, &state).unwrap());
        let worlds = Worlds::open(store.clone(), &cache, abilities.clone()).unwrap();
        Place { store, worlds, root, cache, abilities: abilities.clone(), dir }
    }

    pub fn snapshot(&self) -> TreeId {
        self.store.snapshot(&[]).unwrap().tree
    }

    /// A world of what is on disk now.
    pub fn world(&self) -> World {
        self.worlds.enter(&self.snapshot()).unwrap()
    }

    pub fn reopened(&self) -> Worlds {
        Worlds::open(self.store.clone(), &self.cache, self.abilities.clone()).unwrap()
    }
}

pub fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

pub fn repo_path(path: &str) -> RepoPath {
    RepoPath::new(path).unwrap()
}

pub fn command(argv: &[&str]) -> Command {
    let argv = argv.iter().map(|arg| (*arg).to_owned()).collect();
    Command {
        argv,
        dir: RepoPath::root(),
        env: Vec::new(),
        deadline: LONG,
        policy: Policy::default(),
    }
}

pub fn sh(script: &str) -> Command {
    command(&["sh", "-c", script])
}

pub fn run(world: &World, command: &Command) -> Output {
    world.run(command, &CancelToken::new(), &mut |_| {})
}

/// What a script prints, which must succeed.
pub fn says(world: &World, script: &str) -> String {
    let output = run(world, &sh(script));
    let text = String::from_utf8_lossy(&output.text).into_owned();
    assert_eq!(output.end, End::Exited(0), "{script}: {text}");
    text
}

/// Everything that can be known of a folder: kinds, modes, times, bytes.
pub fn portrait(folder: &Path) -> BTreeMap<PathBuf, (u32, i64, i64, ContentHash)> {
    let mut seen = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            let bytes = if meta.is_dir() {
                folders.push(path.clone());
                Vec::new()
            } else if meta.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else {
                fs::read(&path).unwrap()
            };
            let mode = meta.permissions().mode();
            seen.insert(path, (mode, meta.mtime(), meta.mtime_nsec(), ContentHash::of(bytes)));
        }
    }
    seen
}

pub fn git(folder: &Path, args: &[&str]) {
    let output = Program::new("git")
        .args(["-c", "user.name=a", "-c", "user.email=a@b", "-c", "init.defaultBranch=main"])
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
