//! The editor's folders and the engines that work on them. Engines open on threads of their own; what is asked of one
//! before it is open waits for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Weak};
use std::thread;

use tokio::task::spawn_blocking;
use tower_lsp::lsp_types::Url;

use super::error::{self, Refusal};
use super::from_proto;
use super::session::Session;
use super::transport::guard;
use crate::base::ids::RunId;
use crate::base::limits;
use crate::engine::{Busy, Command, EngineHandle, Listener, Notice};
use crate::model::failure::{Failure, FailureKind};

pub struct Folder {
    /// The name the editor gave it.
    pub uri: Url,
    /// Canonical.
    pub path: PathBuf,
    engine: Engine,
}

enum Engine {
    Opening(Vec<Waiting>),
    Ready(EngineHandle),
    Failed(Failure),
}

/// A command for a project whose root is not known yet.
struct Waiting {
    id: RunId,
    command: MakeCommand,
}

type MakeCommand = Box<dyn FnOnce(&Path) -> Command + Send>;

#[derive(Default)]
pub struct Projects(Vec<Folder>);

impl Projects {
    /// Gives a command to the folder's engine, or lets it wait for it.
    pub fn send(
        &mut self,
        folder: &Path,
        id: RunId,
        command: impl FnOnce(&Path) -> Command + Send + 'static,
    ) -> Result<(), Refusal> {
        match self.0.iter_mut().find(|known| known.path == folder).map(|folder| &mut folder.engine)
        {
            Some(Engine::Opening(waiting)) => {
                if waiting.len() >= limits::COMMANDS_WAITING_MAX {
                    return Err(Busy.into());
                }
                waiting.push(Waiting { id, command: Box::new(command) });
                Ok(())
            }
            Some(Engine::Ready(engine)) => Ok(engine.send(command(engine.root()))?),
            Some(Engine::Failed(failure)) => Err(Refusal::from(&*failure)),
            None => Err(gone()),
        }
    }

    /// Why nothing can be asked of a folder's engine, if so.
    pub fn failure(&self, folder: &Path) -> Option<&Failure> {
        self.0.iter().filter(|known| known.path == folder).find_map(|folder| match &folder.engine {
            Engine::Failed(failure) => Some(failure),
            Engine::Opening(_) | Engine::Ready(_) => None,
        })
    }

    /// The folder a file belongs to: the innermost one that holds it, itself or by its project.
    pub fn folder_of(&self, path: &Path) -> Option<&Folder> {
        let holds = |folder: &&Folder| {
            path.starts_with(&folder.path)
                || folder.root().is_some_and(|root| path.starts_with(root))
        };
        self.0.iter().filter(holds).max_by_key(|folder| folder.path.as_os_str().len())
    }

    /// Whether a file can be one of the project of a folder: as long as that is not open, any file can.
    pub fn may_hold(&self, folder: &Path, file: &Path) -> bool {
        let is_in_project = |known: &Folder| known.root().is_none_or(|root| file.starts_with(root));
        let mut folders = self.0.iter().filter(|known| known.path == folder);
        file.starts_with(folder) || folders.any(is_in_project)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Folder> {
        self.0.iter()
    }

    pub fn engine_at(&self, root: &Path) -> Option<&EngineHandle> {
        self.0.iter().filter_map(Folder::ready).find(|engine| engine.root() == root)
    }

    /// Takes folders out; their engines end when the result is dropped, which must not happen under a lock.
    pub fn remove(&mut self, path: Option<&Path>) -> Vec<Folder> {
        self.0.extract_if(.., |folder| path.is_none_or(|path| folder.path == path)).collect()
    }
}

impl Folder {
    /// The project's folder, known once its engine is open.
    pub fn root(&self) -> Option<&Path> {
        self.ready().map(|engine| engine.root())
    }

    fn ready(&self) -> Option<&EngineHandle> {
        match &self.engine {
            Engine::Ready(engine) => Some(engine),
            Engine::Opening(_) | Engine::Failed(_) => None,
        }
    }

    fn into_ready(self) -> Option<EngineHandle> {
        match self.engine {
            Engine::Ready(engine) => Some(engine),
            Engine::Opening(_) | Engine::Failed(_) => None,
        }
    }
}

fn gone() -> Refusal {
    Refusal::new(error::Reason::NotFound, "that folder is not open any more")
}

/// Begins to open the project of a folder; a folder that is known already stays as it is.
pub fn open(session: &Arc<Session>, uri: &Url) {
    let Some(path) = from_proto::path(uri) else {
        session
            .log
            .warning(&format!("nothing can be run in what is not a folder on this machine: {uri}"));
        return;
    };
    let mut state = session.state();
    if state.projects.0.iter().any(|folder| folder.path == path) {
        return;
    }
    if state.projects.0.len() >= limits::FOLDERS_OPEN_MAX {
        drop(state);
        let hint = "Close folders, or open one that holds them all.";
        session.log.warning(&format!("too many folders are open, so {uri} is left out. {hint}"));
        return;
    }
    state.projects.0.push(Folder {
        uri: uri.clone(),
        path: path.clone(),
        engine: Engine::Opening(Vec::new()),
    });
    drop(state);
    let opener = session.clone();
    let started = thread::Builder::new().name("open project".into()).spawn({
        let path = path.clone();
        move || open_now(&opener, &path)
    });
    if let Err(error) = started {
        let hint = "End some programs and restart the language server.";
        opened(
            session,
            &path,
            Err(Failure::environment(format!("no thread could be started: {error}"), hint)),
        );
    }
}

/// Closes a folder. Engines end slowly, hence on a thread of its own.
pub fn close(session: &Arc<Session>, path: &Path) {
    let removed = session.state().projects.remove(Some(path));
    let session = session.clone();
    spawn_blocking(move || {
        let _one_at_a_time = session.opening();
        end(&session, removed.into_iter().filter_map(Folder::into_ready).collect());
    });
}

/// Ends engines, and lets go of what was shown of projects that no folder is of any more.
fn end(session: &Session, engines: Vec<EngineHandle>) {
    let roots: Vec<PathBuf> = engines.iter().map(|engine| engine.root().to_owned()).collect();
    drop(engines);
    let mut state = session.state();
    for root in roots {
        if state.projects.engine_at(&root).is_none() {
            state.forget(&root);
        }
    }
    drop(state);
    session.review_changed();
}

/// Opens one project after the other, so that two folders of one project find its one engine.
fn open_now(session: &Arc<Session>, path: &Path) {
    let _one_at_a_time = session.opening();
    let result = catch_unwind(AssertUnwindSafe(|| {
        let trust = session.trust();
        if trust == Some(false) {
            return Err(distrusted(path));
        }
        let root = session.engines.root_of(path)?;
        let known = session.state().projects.engine_at(&root).cloned();
        let open = || session.engines.open(&root, trust == Some(true), listener(session, &root));
        known.map_or_else(open, Ok)
    }));
    let bug = |panic: Box<dyn std::any::Any + Send>| {
        let message =
            format!("internal error while opening {}: {}", path.display(), guard::text_of(&*panic));
        Err(Failure::new(
            FailureKind::Bug,
            message,
            "Restart the language server; please report this.",
        ))
    };
    opened(session, path, result.unwrap_or_else(bug));
}

/// What can be run is what the project says, hence nothing is.
fn distrusted(path: &Path) -> Failure {
    let message =
        format!("this folder is not trusted, so nothing is run in it: {}", path.display());
    Failure::new(FailureKind::Refused, message, "Trust it in the editor if you know what is in it.")
}

fn listener(session: &Arc<Session>, root: &Path) -> Listener {
    let (session, root): (Weak<Session>, PathBuf) = (Arc::downgrade(session), root.to_owned());
    Arc::new(move |notice: &Notice| {
        if let Some(session) = session.upgrade() {
            session.heard(&root, notice);
        }
    })
}

/// Settles a folder's engine and hands it what has waited.
fn opened(session: &Arc<Session>, path: &Path, result: Result<EngineHandle, Failure>) {
    let mut state = session.state();
    let folder = state.projects.0.iter_mut().find(|folder| folder.path == path);
    let Some(folder) = folder else {
        drop(state);
        return end(session, result.into_iter().collect());
    };
    let engine = match &result {
        Ok(engine) => Engine::Ready(engine.clone()),
        Err(failure) => Engine::Failed(failure.clone()),
    };
    let Engine::Opening(waiting) = std::mem::replace(&mut folder.engine, engine) else { return };
    // Under the lock, so that no later command overtakes.
    let refused: Vec<(RunId, Refusal)> = waiting
        .into_iter()
        .filter_map(|Waiting { id, command }| match &result {
            Ok(engine) => engine.send(command(engine.root())).err().map(|busy| (id, busy.into())),
            Err(failure) => Some((id, Refusal::from(failure))),
        })
        .collect();
    drop(state);
    match result {
        Ok(_) => session.review_changed(),
        Err(failure) => {
            session.log.warning(&format!("{}: {}", path.display(), failure.text()));
        }
    }
    for (id, refusal) in refused {
        session.run_refused(id, &refusal);
    }
}
