//! Worlds: isolated copies of a project in which checks and workers run. On Linux an overlay at the project's own
//! path inside namespaces, so that paths in messages are the user's and build caches stay valid; elsewhere, and where
//! namespaces are refused, a pooled folder. Both behind `World`.
//!
//! A world shows the files of one tree. It is made from a folder that shows a near tree already: a base, shared and
//! never written by commands, or a slot of the pool, owned and written in place. Build outputs live beside the sources
//! they were made from; a source that changes gets the time of now, so that no build tool takes an old output for its.

mod base;
mod cache;
mod dependencies;
mod folder;
mod layer;
mod left;
mod matching;
mod outputs;
mod pool;
mod trash;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use self::base::Lease;
use self::cache::{Cache, WorldFolder};
use self::folder::Folder;
use self::left::Left;
use self::pool::Slot;
use super::linked;
use super::process::{self, Output};
use super::sandbox::{self, Abilities, Caps, JailSpec, Layered, Namespaces, Needs, Overlay, View};
use crate::base::cancel::CancelToken;
use crate::base::ids::TreeId;
use crate::base::path::RepoPath;
use crate::io::store::{FileMode, Store};
use crate::model::failure::Failure;
use crate::model::policy::{Network, Policy};

/// The worlds of one project.
pub struct Worlds {
    cache: Arc<Cache>,
}

/// What to run inside a world.
#[derive(Clone, Debug)]
pub struct Command {
    pub argv: Vec<String>,
    /// The folder it starts in, inside the project.
    pub dir: RepoPath,
    /// On top of the sandbox's allow-list.
    pub env: Vec<(String, String)>,
    pub deadline: Duration,
    pub policy: Policy,
}

impl Worlds {
    /// Worlds live in `cache_dir`; `abilities` decide how they are made. Several processes may share the folder.
    pub fn open(
        store: Arc<Store>,
        cache_dir: &Path,
        abilities: Abilities,
    ) -> Result<Worlds, Failure> {
        Cache::open(store, cache_dir, abilities).map(|cache| Worlds { cache: Arc::new(cache) })
    }

    /// What is enforced on commands run inside, in words for people, for example `same-path overlay`,
    /// `private network`.
    pub fn enforced(&self, policy: &Policy) -> Vec<String> {
        self.cache.abilities.enforced(policy)
    }

    /// A world that shows exactly the files of `tree`, plus the build outputs kept from earlier worlds and the
    /// project's installed dependencies.
    pub fn enter(&self, tree: &TreeId) -> Result<World, Failure> {
        let cache = &self.cache;
        let folder = cache.new_world_folder()?;
        let dependencies = cache.store.dependency_folders(tree)?;
        let place = if cache.abilities.overlay {
            let (lease, changes) = base::lease(cache, tree)?;
            let upper = folder.path.join(UPPER);
            Folder::over(&upper, &lease.files()).apply(&cache.store, &changes)?;
            Place::Overlay { lease, dependencies }
        } else {
            Place::Slot(pool::take(cache, tree, &dependencies)?)
        };
        let scratch = folder.path.join(SCRATCH);
        let (cache, tree) = (cache.clone(), tree.clone());
        Ok(World {
            cache,
            tree,
            place,
            folder,
            scratch,
            neighbours: OnceLock::new(),
            n_runs: Mutex::new(0),
        })
    }
}

/// The folders of a world's own folder.
const SCRATCH: &str = "scratch";
const UPPER: &str = "upper";

/// One isolated copy. Dropping it discards what was done inside.
pub struct World {
    cache: Arc<Cache>,
    tree: TreeId,
    place: Place,
    folder: WorldFolder,
    scratch: PathBuf,
    neighbours: OnceLock<Vec<PathBuf>>,
    /// Held while a command runs: an upper layer can be mounted only once at a time.
    n_runs: Mutex<usize>,
}

enum Place {
    Overlay { lease: Lease, dependencies: Vec<RepoPath> },
    Slot(Slot),
}

impl World {
    /// The project's folder as programs inside see it.
    pub fn root(&self) -> &Path {
        match &self.place {
            Place::Overlay { .. } => self.cache.store.root(),
            Place::Slot(slot) => slot.files(),
        }
    }

    /// Where its files come from.
    pub fn store(&self) -> &Store {
        &self.cache.store
    }

    /// The tree this world was made from.
    pub fn tree(&self) -> &TreeId {
        &self.tree
    }

    /// A writable folder outside the project with the same path inside and outside, gone with the world.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Puts `bytes` at `path`, with the time of now. A file that is there keeps its executable bit.
    pub fn write(&mut self, path: &RepoPath, bytes: &[u8]) -> Result<(), Failure> {
        let upper = self.folder.path.join(UPPER);
        let mut folder = match &self.place {
            Place::Overlay { lease, .. } => Folder::over(&upper, &lease.files()),
            Place::Slot(slot) => Folder::plain(slot.files()),
        };
        let mode = if folder.is_executable(path) { FileMode::Executable } else { FileMode::Plain };
        folder.put(path, mode, bytes)
    }

    /// The tree as commands left it: what they wrote, made and removed, without build outputs. Fails with a refusal when
    /// it is too much, or cannot be read.
    pub fn left_tree(&self) -> Result<TreeId, Failure> {
        let _at_rest = self.n_runs.lock().unwrap_or_else(PoisonError::into_inner);
        let store = &self.cache.store;
        match &self.place {
            Place::Overlay { lease, .. } => {
                // The layer says what differs from the base, which may show another tree.
                let shown = lease.shown()?;
                let files = store.files(&shown)?;
                let mut left = Left::new(store, &files);
                let upper = self.folder.path.join(UPPER);
                left.look_at_layer(&upper, &lease.files(), &RepoPath::root())?;
                left.over(&shown)
            }
            Place::Slot(slot) => {
                let files = store.files(&self.tree)?;
                let mut left = Left::new(store, &files);
                left.look_at_slot(slot)?;
                left.over(&self.tree)
            }
        }
    }

    /// A program named by a path relative to the folder it starts in, such as `.venv/bin/python`, made absolute, since
    /// where a relative one is looked for differs between systems.
    pub fn absolute_program(&self, mut argv: Vec<String>, dir: &RepoPath) -> Vec<String> {
        if let Some(program) = argv.first_mut()
            && program.contains('/')
            && let Some(path) = dir.join(program)
        {
            *program = path.under(self.root()).to_string_lossy().into_owned();
        }
        argv
    }

    /// Runs a command inside. No network, no writes outside the world and `/tmp`, environment from an allow-list.
    pub fn run(
        &self,
        command: &Command,
        cancel: &CancelToken,
        on_line: &mut dyn FnMut(&[u8]),
    ) -> Output {
        let mut n_runs = self.n_runs.lock().unwrap_or_else(PoisonError::into_inner);
        *n_runs += 1;
        let overlay = match self.overlay(*n_runs) {
            Ok(overlay) => overlay,
            Err(failure) => return process::not_started(failure.message),
        };
        let spec = self.spec(command, overlay);
        let spec_file = self.folder.path.join("spec.json");
        let jail = &self.cache.abilities.jail;
        sandbox::run(jail, &spec, &spec_file, command.deadline, cancel, on_line)
    }

    fn spec(&self, command: &Command, overlay: Option<Overlay>) -> JailSpec {
        let abilities = &self.cache.abilities;
        let temporary = if abilities.namespaces { Path::new("/tmp") } else { self.scratch() };
        let Policy { limits, doors } = &command.policy;
        let env = sandbox::allowed_environment(temporary, &doors.pass_env, &command.env);
        let cwd = command.dir.under(self.root());
        // Our own program tries candidates inside.
        let own = abilities.jail.canonicalize().ok();
        let names = (doors.network == Network::Open).then(sandbox::name_service).flatten();
        let readable = self.linked_dependencies().into_iter().chain(own).chain(names);
        let readable = sandbox::expanded(&doors.readable).chain(readable);
        let program = command.argv.first().map_or("", String::as_str);
        let copy = matches!(self.place, Place::Slot(_)).then(|| self.root());
        let (readable, linked) = (readable.collect(), self.neighbours().to_vec());
        let needs = Needs { env: &env, program, cwd: &cwd, readable, linked, copy };
        let View { hidden, shown } =
            View::of(&needs, &|name| std::env::var_os(name).map(Into::into));
        let writable: Vec<PathBuf> =
            [self.scratch.clone()].into_iter().chain(sandbox::expanded(&doors.writable)).collect();
        let written = match self.place {
            Place::Overlay { .. } => self.folder.path.join(UPPER),
            Place::Slot(_) => self.root().to_path_buf(),
        };
        let layers = overlay.iter().flat_map(|overlay| &overlay.layered);
        let layers = layers.map(|layered| self.cache.dir.join(&layered.upper));
        let written: Vec<PathBuf> = layers.chain([written]).collect();
        JailSpec {
            argv: command.argv.clone(),
            cwd,
            project: self.root().to_path_buf(),
            hidden,
            readable: shown,
            caps: Caps::of(limits),
            counted: writable.iter().cloned().chain(written).collect(),
            writable,
            network: doors.network.clone(),
            debug: doors.debug,
            namespaces: abilities.namespaces.then_some(Namespaces { overlay }),
            landlock: abilities.landlock,
            seccomp: abilities.seccomp,
            seatbelt: abilities.seatbelt,
            env,
        }
    }

    /// The user's own folders that a slot's links lead to.
    fn linked_dependencies(&self) -> Vec<PathBuf> {
        match &self.place {
            Place::Overlay { .. } => Vec::new(),
            Place::Slot(slot) => slot.dependencies.clone(),
        }
    }

    /// Folders outside the project that its packages are linked to, looked for once.
    fn neighbours(&self) -> &[PathBuf] {
        self.neighbours.get_or_init(|| {
            let files = self.cache.store.files(&self.tree).unwrap_or_default();
            linked::neighbours(self.cache.store.root(), files.iter().map(|file| &file.path))
        })
    }

    /// The layers to show, with a new work folder: the kernel does not take one twice.
    fn overlay(&self, n_run: usize) -> Result<Option<Overlay>, Failure> {
        let Place::Overlay { lease, dependencies } = &self.place else { return Ok(None) };
        let work = self.folder.path.join(format!("work-{n_run}"));
        fs::create_dir(&work).map_err(cache::trouble(&work))?;
        let (packages, dependencies): (Vec<RepoPath>, Vec<RepoPath>) =
            dependencies.iter().cloned().partition(dependencies::is_cache_place);
        let layered =
            packages.into_iter().enumerate().map(|(n, path)| self.layered(n, n_run, path));
        Ok(Some(Overlay {
            folder: self.cache.dir.clone(),
            lower: self.cache.relative(&lease.files()),
            upper: self.cache.relative(&self.folder.path.join(UPPER)),
            work: self.cache.relative(&work),
            dependencies,
            layered: layered.collect::<Result<_, _>>()?,
        }))
    }

    /// The layer over an installed folder. What commands wrote there stays as long as the world.
    fn layered(&self, n: usize, n_run: usize, path: RepoPath) -> Result<Layered, Failure> {
        let folder = |name: String| -> Result<String, Failure> {
            let path = self.folder.path.join(name);
            fs::create_dir_all(&path).map_err(cache::trouble(&path))?;
            Ok(self.cache.relative(&path))
        };
        let upper = folder(format!("dependency-{n}"))?;
        let work = folder(format!("work-{n_run}-dependency-{n}"))?;
        Ok(Layered { path, upper, work })
    }

    /// What is enforced on commands run inside under this policy, in words for people, for example
    /// `same-path overlay`, `private network`, and which doors are open.
    pub fn enforced(&self, policy: &Policy) -> Vec<String> {
        self.cache.abilities.enforced(policy)
    }

    /// Ends the world but keeps its build outputs (ignored files) for later worlds, when no other world is open on
    /// the same base. A pooled folder keeps them anyway.
    pub fn keep_outputs(self) -> Result<(), Failure> {
        keep_outputs(vec![self])
    }
}

/// The same for worlds of one tree that were open at the same time. Those on another base than the first keep nothing.
pub fn keep_outputs(worlds: Vec<World>) -> Result<(), Failure> {
    let (mut kept, mut folders) = (None, Vec::new());
    for World { cache, tree, place, folder, .. } in worlds {
        let Place::Overlay { lease, .. } = place else { continue };
        // All others are given back, for a base is changed by who has it alone.
        let base = lease.files();
        let (_, _, first) = kept.get_or_insert((cache, tree, lease));
        if first.files() == base {
            folders.push(folder);
        }
    }
    let Some((cache, tree, lease)) = &kept else { return Ok(()) };
    let uppers: Vec<PathBuf> = folders.iter().map(|folder| folder.path.join(UPPER)).collect();
    outputs::keep(cache, lease, &uppers, tree)
}
