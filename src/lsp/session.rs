//! Everything one editor session knows, behind one short lock that is never held across a wait.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use serde_json::{Value, json};
use tokio::sync::{Mutex as Turn, Notify, Semaphore, watch};
use tower_lsp::lsp_types::notification::ShowMessage;
use tower_lsp::lsp_types::{MessageType, ShowMessageParams, TextDocumentItem, Url};

use super::board::Board;
use super::capabilities::Capabilities;
use super::client::Client;
use super::documents::{Documents, Lost};
use super::error::{Reason, Refusal};
use super::latency::Latency;
use super::log::Log;
use super::outbox::Outbox;
use super::projects::Projects;
use super::questions::Questions;
use super::review::Shown;
use super::settings::Settings;
use super::started::Started;
use super::{plan_docs, summary, to_proto};
use crate::base::hash::ContentHash;
use crate::base::ids::{QuestionId, RunId};
use crate::base::limits;
use crate::base::path::RepoPath;
use crate::base::text::Encoding;
use crate::engine::{Command, Engines, Notice, RunView};
use crate::logic::acceptance::Swaps;
use crate::model::subset::Choice;

pub struct Session {
    pub outbox: Outbox,
    pub client: Client,
    pub log: Log,
    pub latency: Latency,
    pub engines: Box<dyn Engines>,
    initialize: Mutex<Value>,
    settings: Mutex<Settings>,
    capabilities: OnceLock<Capabilities>,
    state: Mutex<State>,
    opening: Mutex<()>,
    /// Rung when what is shown may have to change.
    pub review: Notify,
    /// Rung when lenses and hints may have changed.
    pub refresh: Notify,
    /// Changes whenever a text or a proposal does.
    pub texts: watch::Sender<()>,
    /// Held while the editor applies an edit of ours.
    pub applying: Turn<()>,
    pub questions: Questions,
    /// For acceptances that wait for their turn or for an answer, and for looks whether a change arrived.
    pub places: Arc<Semaphore>,
}

#[derive(Default)]
pub struct State {
    pub documents: Documents,
    pub projects: Projects,
    /// By project root.
    pub boards: BTreeMap<PathBuf, Board>,
    /// Runs that this session asked for.
    pub started: HashMap<RunId, Started>,
    pub shown: Shown,
    /// What was said of open plans.
    pub plans: plan_docs::Shown,
    /// What runs ask that was put to the person here.
    pub put: HashSet<(RunId, QuestionId)>,
    /// What an editor that listens was told last.
    pub told: Value,
    /// The bytes of what was accepted, by run, so that it comes out again as it was.
    pub swaps: BTreeMap<RunId, Swaps>,
    /// Parts of proposals that this session had checked by itself.
    pub asked: HashSet<(RunId, Choice)>,
    /// Documents of ours that the editor has asked for.
    pub opened_virtually: HashSet<Url>,
    /// Files that are not open, with what they held when the editor was given an edit for them and showed nothing.
    pub handed: HashMap<Url, ContentHash>,
    /// Folders named by `initialize`, until they are opened.
    pub folders_named: Vec<Url>,
}

impl Session {
    pub fn new(outbox: Outbox, log: Log, engines: Box<dyn Engines>) -> Self {
        Self {
            client: Client::new(outbox.clone()),
            outbox,
            log,
            latency: Latency::default(),
            engines,
            initialize: Mutex::default(),
            settings: Mutex::default(),
            capabilities: OnceLock::new(),
            state: Mutex::default(),
            opening: Mutex::default(),
            review: Notify::new(),
            refresh: Notify::new(),
            texts: watch::channel(()).0,
            applying: Turn::default(),
            questions: Questions::default(),
            places: Arc::new(Semaphore::new(limits::ACCEPTANCES_WAITING_MAX)),
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// Held while a project opens.
    pub fn opening(&self) -> MutexGuard<'_, ()> {
        lock(&self.opening)
    }

    /// Keeps what typed parameters would lose, until the session is initialized.
    pub fn remember_initialize(&self, raw: &Value) {
        if self.capabilities.get().is_none() {
            lock(&self.initialize).clone_from(raw);
        }
    }

    /// Whether the user trusts what is open, as the editor says in its `initializationOptions`; `None` where it does not.
    pub fn trust(&self) -> Option<bool> {
        lock(&self.initialize)["initializationOptions"]["trusted"].as_bool()
    }

    pub fn settings(&self) -> MutexGuard<'_, Settings> {
        lock(&self.settings)
    }

    /// What the editor can do; the least before it has said so.
    pub fn capabilities(&self) -> &Capabilities {
        self.capabilities.get_or_init(|| Capabilities::negotiate(&lock(&self.initialize)))
    }

    /// Resolves when the editor's process has gone; never if it could not be seen from here to begin with.
    pub async fn editor_gone(&self) {
        let mut seen = false;
        loop {
            let alive = self.editor_process().is_some_and(|process| process.exists());
            if alive && !seen {
                self.log.debug("watching the editor's process");
            } else if seen && !alive {
                self.log.debug("the editor's process has gone");
                return;
            }
            seen = alive;
            tokio::time::sleep(limits::EDITOR_WATCH_EVERY).await;
        }
    }

    /// Where the system shows the editor's process, on systems that show processes as files.
    fn editor_process(&self) -> Option<PathBuf> {
        let pid = lock(&self.initialize)["processId"].as_u64()?;
        Some(Path::new("/proc").join(pid.to_string()))
    }

    pub fn show_message(&self, typ: MessageType, message: impl Into<String>) {
        self.outbox.notify::<ShowMessage>(ShowMessageParams { typ, message: message.into() });
    }

    /// Different for every text of a document; `None` when it is not open.
    pub fn revision_of(&self, uri: &str) -> Option<u64> {
        let uri = Url::parse(uri).ok()?;
        self.state().documents.get(&uri).map(|document| document.revision)
    }

    pub fn distrust_document(&self, uri: &str) {
        if let Ok(uri) = Url::parse(uri) {
            self.state().documents.distrust(&uri);
        }
    }

    pub fn review_changed(&self) {
        self.review.notify_one();
        self.texts.send_replace(());
    }

    /// Asks what needs no answer.
    pub fn ask_in_background(&self, method: &'static str, params: Value) {
        let client = self.client.clone();
        tokio::spawn(async move {
            client.ask(method, params, limits::EDITOR_ANSWER_WALL_MAX).await;
        });
    }

    /// Tells an editor that shows questions itself that one needs no answer any more.
    pub fn question_closed(&self, id: u64) {
        if self.capabilities().greenloop.question_ui {
            self.outbox.notify_raw("greenloop/questionClosed", json!({ "questionId": id }));
        }
    }

    /// Hears the engine, on its thread.
    pub fn heard(&self, root: &Path, notice: &Notice) {
        match notice {
            // The state that follows says it all.
            Notice::Happened { .. } => {}
            Notice::Progress { id, progress } => {
                self.state().say(*id, || {
                    let counts = (progress.tried, progress.total, progress.per_second);
                    summary::progress(&progress.text, counts, &progress.best)
                });
            }
            Notice::Refused { id, failure } => self.run_refused(*id, &Refusal::from(failure)),
            Notice::Changed(view) => self.run_changed(root, view),
            Notice::Shared { pid } => {
                self.state().boards.entry(root.to_owned()).or_default().share();
                self.log.info(&format!(
                    "process {pid} works on this project too; its runs are shown here"
                ));
            }
        }
    }

    fn run_changed(&self, root: &Path, view: &Arc<RunView>) {
        let mut state = self.state();
        let ours = state.started.contains_key(&view.run.id);
        state.boards.entry(root.to_owned()).or_default().changed(view.clone(), ours);
        state.say(view.run.id, || summary::state(view));
        let over = view.run.is_finished() || view.interrupted;
        let was_running = over && state.end_progress(view.run.id);
        drop(state);
        self.refresh.notify_one();
        if was_running {
            self.announce(view);
        } else if view.interrupted {
            let hint = "The command greenloop.task.resume goes on with it.";
            self.log.info(&format!("run {} was interrupted. {hint}", view.run.id));
        }
        self.review_changed();
    }

    /// Says how a run ended, unless its progress bar said so and it ended as hoped.
    fn announce(&self, view: &RunView) {
        let (typ, hoped_for) = summary::weight(view);
        if !hoped_for || !self.capabilities().progress {
            self.show_message(typ, format!("Greenloop: {}", summary::state(view)));
        }
    }

    /// A run that was answered with an id but cannot be.
    pub fn run_refused(&self, id: RunId, refusal: &Refusal) {
        let mut state = self.state();
        state.say(id, || refusal.message.clone());
        state.end_progress(id);
        drop(state);
        self.show_message(MessageType::WARNING, format!("Greenloop: {}", refusal.message));
    }

    /// Ends all engines and with them their processes.
    pub fn close(&self) {
        let folders = self.state().projects.remove(None);
        let (done, ended) = std::sync::mpsc::sync_channel(1);
        let ending = std::thread::Builder::new().name("end engines".into()).spawn(move || {
            drop(folders);
            done.send(()).ok();
        });
        if ending.is_ok() && ended.recv_timeout(limits::ENGINES_END_WALL_MAX).is_err() {
            self.log.debug("engines took too long to end");
        }
    }
}

impl State {
    /// Shows a line on a run's progress bar, if it has one.
    pub fn say(&self, id: RunId, line: impl FnOnce() -> String) {
        if let Some(progress) = self.started.get(&id).and_then(|started| started.progress.as_ref())
        {
            progress.say(line());
        }
    }

    /// Whether the run had a progress bar until now.
    fn end_progress(&mut self, id: RunId) -> bool {
        self.started.get_mut(&id).is_some_and(|started| started.progress.take().is_some())
    }

    /// Lets go of what is known of a project's runs.
    pub fn forget(&mut self, root: &Path) {
        let board = self.boards.remove(root).unwrap_or_default();
        for view in board.runs() {
            self.end_progress(view.run.id);
        }
    }

    /// Takes in a document that the editor opened.
    pub fn opened(&mut self, item: TextDocumentItem, encoding: Encoding) -> Result<(), Lost> {
        let uri = item.uri.clone();
        self.documents.open(item, encoding)?;
        self.handed.remove(&uri);
        let Some(document) = self.documents.get(&uri) else { return Ok(()) };
        let Some(path) = &document.path else { return Ok(()) };
        let (path, text) = (path.clone(), document.text.clone());
        self.seen_late(&path, &text);
        Ok(())
    }

    /// Remembers the bytes of what is accepted, of the latest runs.
    pub fn remember(&mut self, run: RunId, swaps: Swaps) {
        self.swaps.entry(run).or_default().extend(swaps);
        if self.swaps.len() > limits::RUNS_SHOWN_MAX {
            self.swaps.pop_first();
        }
    }

    /// Whether a run's changes may be under review in another editor, whose texts are others.
    pub fn is_foreign(&self, board: &Board, run: RunId) -> bool {
        !self.started.contains_key(&run) && board.may_be_elsewhere(run)
    }

    /// The newest run that its engine has not spoken of yet.
    pub fn waiting(&self) -> Option<RunId> {
        let waiting = self
            .started
            .iter()
            .filter(|(id, started)| started.progress.is_some() && self.run(**id).is_none());
        waiting.map(|(id, _)| *id).max()
    }

    /// The project that knows a run, and the run.
    pub fn run(&self, id: RunId) -> Option<(&Path, &Arc<RunView>)> {
        self.boards.iter().find_map(|(root, board)| Some((root.as_path(), board.run(id)?)))
    }

    /// Remembers hunks that were seen in the texts.
    pub fn settle_all(&mut self, id: RunId, hunks: &Choice) {
        let board = self.boards.values_mut().find(|board| board.run(id).is_some());
        let Some(board) = board else { return };
        hunks.iter().for_each(|(path, hunk)| board.settle(id, path, *hunk, true));
    }

    /// Gives a command to the engine that has a run, or that will have it once it is open.
    pub fn send(&mut self, id: RunId, command: Command) -> Result<(), Refusal> {
        if let Some(started) = self.started.get(&id) {
            return self.projects.send(&started.folder, id, |_| command);
        }
        let unknown = || Refusal::new(Reason::NotFound, format!("task {id} is not known"));
        let (root, _) = self.run(id).ok_or_else(unknown)?;
        let engine = self.projects.engine_at(root).ok_or_else(unknown)?;
        Ok(engine.send(command)?)
    }

    /// The name of a project's file as the editor knows it: an open document's, of several the one that was changed last,
    /// else below the editor's folder.
    pub fn uri_of(&self, root: &Path, path: &RepoPath) -> Option<Url> {
        let file = path.under(root);
        let open = self.documents.at(&file);
        let open = open.max_by_key(|document| document.revision);
        open.map(|document| document.uri.clone()).or_else(|| self.closed_uri(&file))
    }

    /// The same of many files, and of the project's folder.
    pub fn uris_of(&self, root: &Path, paths: &BTreeSet<&RepoPath>) -> HashMap<RepoPath, Url> {
        let open: HashSet<&Path> = self
            .documents
            .uris()
            .filter_map(|uri| self.documents.get(uri)?.path.as_deref())
            .collect();
        let folder = RepoPath::root();
        let named = |path: &RepoPath| {
            let file = path.under(root);
            let is_open = open.contains(file.as_path());
            let uri = if is_open { self.uri_of(root, path) } else { self.closed_uri(&file) };
            Some((path.clone(), uri?))
        };
        paths.iter().copied().chain([&folder]).filter_map(named).collect()
    }

    fn closed_uri(&self, file: &Path) -> Option<Url> {
        let folder = self.projects.folder_of(file);
        let named = folder.and_then(|folder| {
            to_proto::uri_below(&folder.uri, file.strip_prefix(&folder.path).ok()?)
        });
        named.or_else(|| Url::from_file_path(file).ok())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
