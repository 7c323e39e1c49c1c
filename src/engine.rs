//! Floor 4: runs. One dispatcher thread owns every run of a project; effects run on threads of their own and come
//! back as exactly one event each.

mod changes;
mod dispatcher;
mod executor;
mod gate;
mod guard;
mod plan;
mod purse;
mod recover;
mod verify;
mod work;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

pub use crate::io::clock::{new_acceptance_id, new_run_id};
pub use crate::io::dirs::Dirs;
pub use crate::io::drafts::{DraftFile, Edited as EditedDraft};
pub use crate::io::sandbox::Abilities;

use crate::base::ids::{AcceptanceId, BlobId, QuestionId, RunId};
use crate::base::limits;
use crate::base::path::RepoPath;
use crate::io::journal::Journal;
use crate::io::store::Store;
use crate::io::worker::Progress;
use crate::logic::diff;
use crate::model::budget::AskedBudget;
use crate::model::event::Event;
use crate::model::failure::Failure;
use crate::model::plan::Plan;
use crate::model::proposal::{ChangeKind, Proposal};
use crate::model::question::Answer;
use crate::model::run::{Goal, Run};
use crate::model::snapshot::Buffer;
use crate::model::subset::Choice;
use dispatcher::{Dispatcher, Input};
use executor::Project;
use recover::{Known, Records};

/// What the engine is asked.
#[derive(Clone, Debug)]
pub enum Command {
    Start {
        id: RunId,
        goal: Goal,
        budget: AskedBudget,
        buffers: Vec<Buffer>,
    },
    Cancel {
        id: RunId,
    },
    /// Begins nothing new in the run until it is unpaused.
    Pause {
        id: RunId,
    },
    Unpause {
        id: RunId,
    },
    /// Says yes to all that the run asks, and to another plan where one comes with it: all of it, or nothing.
    Approve {
        id: RunId,
        plan: Option<Plan>,
    },
    /// What a person says to a question of the run.
    Answer {
        id: RunId,
        question: QuestionId,
        answer: Answer,
    },
    /// Goes on with a run whose process died. `buffers` serve only a run that had not seen the screen yet.
    Resume {
        id: RunId,
        buffers: Vec<Buffer>,
    },
    /// Checks the proposal's base with these hunks and no others, whether or not the run has ended. What is known is not
    /// checked again.
    CheckSubset {
        id: RunId,
        hunks: Choice,
    },
    /// Says no to hunks of a run's proposal, or takes that back.
    Decide {
        id: RunId,
        hunks: Choice,
        rejected: bool,
        /// Why, in the person's words; may be empty.
        note: String,
    },
    /// These hunks are in the texts now, accepted together.
    Accepted {
        id: RunId,
        acceptance: AcceptanceId,
        hunks: Choice,
        /// Only these parts of the one hunk there is; empty for all.
        parts: Vec<usize>,
    },
    /// An acceptance was taken back as a whole.
    TakenBack {
        id: RunId,
        acceptance: AcceptanceId,
    },
}

/// What the engine tells, on the dispatcher's thread, in order. Listeners must be quick.
#[derive(Clone, Debug)]
pub enum Notice {
    /// An event is in the journal; the run's new state follows.
    Happened {
        id: RunId,
        event: Event,
    },
    /// A run reached a new state; also sent once per known run, oldest first, when the engine starts.
    Changed(Arc<RunView>),
    Progress {
        id: RunId,
        progress: Progress,
    },
    Refused {
        id: RunId,
        failure: Failure,
    },
    /// Another process has the project open; sent once, when the engine starts. Its runs are told of like our own.
    Shared {
        pid: u32,
    },
}

/// A run with what a reviewer needs beside it.
#[derive(Clone, Debug)]
pub struct RunView {
    pub run: Run,
    /// Nobody works on it and it has not finished: its process died.
    pub interrupted: bool,
    /// The proposal, once there is one.
    pub review: Option<Arc<Review>>,
    /// Parts of the proposal that are being checked, or wait for it.
    pub checking: Vec<Choice>,
}

impl From<Known> for RunView {
    fn from(known: Known) -> RunView {
        let Known { run, review, interrupted, .. } = known;
        RunView { run, interrupted, review: review.map(Arc::new), checking: Vec::new() }
    }
}

/// A proposal with the texts it goes between and what the user said to its hunks.
#[derive(Clone, Debug)]
pub struct Review {
    pub proposal: Proposal,
    /// One per file of the proposal, in its order.
    pub files: Vec<ReviewFile>,
}

impl Review {
    /// The whole proposal as one patch that `git apply` takes.
    pub fn patch(&self) -> String {
        let of =
            |file: &ReviewFile| diff::unified(&file.path, &file.kind, &file.before, &file.after);
        self.files.iter().map(of).collect()
    }
}

#[derive(Clone, Debug)]
pub struct ReviewFile {
    /// As in the proposal's `FileChange`.
    pub path: RepoPath,
    pub kind: ChangeKind,
    pub before: Arc<str>,
    pub after: Arc<str>,
    /// One per decision the file takes: the user said no to it.
    pub rejected: Vec<bool>,
}

/// The project's runs still of interest, oldest first, without an engine for them.
pub fn runs(dirs: &Dirs) -> Result<Vec<RunView>, Failure> {
    let store = Store::open(&dirs.root, &dirs.state)?;
    let journal = Journal::open(&executor::journal_path(dirs))?;
    let records = Records { journal: &journal, store: &store, state: &dirs.state };
    let known = recover::known_runs(&records)?;
    Ok(known.into_iter().map(RunView::from).collect())
}

/// What happened in the project's latest runs, with the time of each event.
pub fn histories(dirs: &Dirs) -> Result<Vec<Vec<(u64, Event)>>, Failure> {
    let journal = Journal::open(&executor::journal_path(dirs))?;
    let ids = journal.latest(limits::RUNS_REPORTED_MAX)?;
    Ok(ids.into_iter().filter_map(|id| journal.history(id).ok()).collect())
}

/// What the user lets a project's commands do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Consent {
    /// Run where nothing can be enforced on them; verdicts say so.
    pub unsandboxed: bool,
    /// Go through the doors that the project's `greenloop.toml` opens.
    pub trusted: bool,
}

pub type Listener = Arc<dyn Fn(&Notice) + Send + Sync>;

/// A project's engine, as those who watch and steer its runs see it.
pub trait Engine: Send + Sync {
    /// The project's folder, canonical.
    fn root(&self) -> &Path;

    fn send(&self, command: Command) -> Result<(), Busy>;

    /// The file as it is on disk now; `None` when it cannot be read or is larger than a snapshot would take.
    fn disk(&self, path: &RepoPath) -> Option<Vec<u8>>;

    /// What a check printed; `None` when it is not kept any more.
    fn output(&self, blob: &BlobId) -> Option<Vec<u8>>;

    /// Puts a document for people into a file of ours, in place of an earlier one of that name.
    fn put_document(&self, name: &str, text: &str) -> Result<PathBuf, Failure>;

    /// The same for one that people edit, which is not written over.
    fn put_draft(&self, name: &str, text: &str) -> Result<DraftFile, Failure>;

    /// What people made of a draft; `None` when it is as it was put there, or not there.
    fn draft(&self, name: &str) -> Result<Option<EditedDraft>, Failure>;
}

/// Clones are the same engine; it ends with the last one, and its processes with it.
pub type EngineHandle = Arc<dyn Engine>;

/// Finds the project of a folder and opens its engine.
pub trait Engines: Send + Sync {
    /// The project's folder, canonical.
    fn root_of(&self, folder: &Path) -> Result<PathBuf, Failure>;

    /// Opens the engine of the project at `root`, which tells the listener of every run still of interest.
    /// The user may trust the project, which opens the doors it asks for.
    fn open(&self, root: &Path, trusted: bool, listener: Listener)
    -> Result<EngineHandle, Failure>;
}

/// Engines on this machine.
pub struct LocalEngines(pub Consent);

impl Engines for LocalEngines {
    fn root_of(&self, folder: &Path) -> Result<PathBuf, Failure> {
        Dirs::find(folder).map(|dirs| dirs.root)
    }

    fn open(
        &self,
        root: &Path,
        trusted: bool,
        listener: Listener,
    ) -> Result<EngineHandle, Failure> {
        let consent = Consent { trusted: self.0.trusted || trusted, ..self.0 };
        start(Dirs::find(root)?, consent, listener)
    }
}

struct LocalEngine {
    project: Arc<Project>,
    inputs: SyncSender<Input>,
    dispatcher: Mutex<Option<JoinHandle<()>>>,
}

/// The engine has more commands waiting than it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// Opens the project's store, worlds and journal, and tells the listener of every run still of interest.
pub fn start(dirs: Dirs, consent: Consent, listener: Listener) -> Result<EngineHandle, Failure> {
    let abilities = executor::abilities(&dirs, consent)?;
    start_with(dirs, abilities, consent, listener)
}

/// The same where it is known what can be enforced.
pub fn start_with(
    dirs: Dirs,
    abilities: Abilities,
    consent: Consent,
    listener: Listener,
) -> Result<EngineHandle, Failure> {
    let project = Arc::new(Project::open(dirs, abilities, consent)?);
    let (inputs, waiting) = sync_channel(limits::COMMANDS_WAITING_MAX);
    let known = recover::known_runs(&project.records())?;
    let dispatcher = Dispatcher::new(project.clone(), inputs.clone(), listener, known);
    let thread = std::thread::Builder::new()
        .name("dispatcher".to_owned())
        .spawn(move || dispatcher.run(&waiting))
        .map_err(|error| {
            Failure::environment(
                format!("a thread cannot be started: {error}"),
                "Free memory or processes.",
            )
        })?;
    Ok(Arc::new(LocalEngine { project, inputs, dispatcher: Mutex::new(Some(thread)) }))
}

impl Engine for LocalEngine {
    fn root(&self) -> &Path {
        &self.project.dirs.root
    }

    fn send(&self, command: Command) -> Result<(), Busy> {
        self.inputs.try_send(Input::Command(command)).or(Err(Busy))
    }

    fn disk(&self, path: &RepoPath) -> Option<Vec<u8>> {
        self.project.store.disk(path)
    }

    fn output(&self, blob: &BlobId) -> Option<Vec<u8>> {
        self.project.store.blob(blob).ok()
    }

    fn put_document(&self, name: &str, text: &str) -> Result<PathBuf, Failure> {
        self.project.dirs.put_document(name, text)
    }

    fn put_draft(&self, name: &str, text: &str) -> Result<DraftFile, Failure> {
        self.project.dirs.put_draft(name, text)
    }

    fn draft(&self, name: &str) -> Result<Option<EditedDraft>, Failure> {
        self.project.dirs.draft(name)
    }
}

impl Drop for LocalEngine {
    fn drop(&mut self) {
        let thread = self.dispatcher.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && self.inputs.send(Input::Stop).is_ok()
        {
            // The dispatcher never panics with a run in its hands: effects are walled off. Nothing is left to do here.
            drop(thread.join());
        }
    }
}
