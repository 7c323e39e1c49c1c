//! `greenloop.fix` and `greenloop.test.run`: a new run on what is on the screen.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use tower_lsp::lsp_types::Url;

use super::{Arguments, Outcome, Reply};
use crate::base::ids::{CheckId, RunId};
use crate::base::path::RepoPath;
use crate::engine::{Busy, Command, new_run_id};
use crate::lsp::documents::Text;
use crate::lsp::error::{Reason, Refusal};
use crate::lsp::findings::What;
use crate::lsp::progress::Progress;
use crate::lsp::questions::Question;
use crate::lsp::session::{Session, State};
use crate::lsp::{from_proto, projects};
use crate::model::report::Place;
use crate::model::run::{Goal, GoalKind};
use crate::model::snapshot::Buffer;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wanted {
    /// Only these checks; empty means all.
    checks: Vec<CheckId>,
    /// Only these tests; empty means every red one.
    tests: Vec<String>,
    /// What is wanted, in words; without it the red tests say it.
    goal: String,
    /// A file of the project that is meant; without it the project of the document that was edited last.
    uri: Option<Url>,
    /// Only red tests whose failure is in this file, as the latest results have it; with `goal` what it is about.
    file: Option<Url>,
    /// In these lines of it, the first and the last, counted from 0.
    lines: Option<(u32, u32)>,
    /// The person is asked for the goal, where none is named.
    ask: bool,
}

impl Wanted {
    /// What a person is asked who is to say the goal.
    fn question(&self) -> String {
        let name = |file: &Url| file.path().rsplit('/').next().unwrap_or_default().to_owned();
        let place = match (&self.file, self.lines) {
            (Some(file), Some((first, last))) => {
                format!(" in lines {} to {} of {}", first + 1, last + 1, name(file))
            }
            (Some(file), None) => format!(" in {}", name(file)),
            (None, _) => String::new(),
        };
        format!("what is to be done{place}? The command greenloop.answer takes your words.")
    }

    /// Names the tests that are meant by their place.
    fn find_tests(&mut self, session: &Session) -> Result<(), Refusal> {
        let Some(file) = self.file.as_ref().filter(|_| self.goal.is_empty()) else { return Ok(()) };
        let not_found = |message: String| Refusal::new(Reason::NotFound, message);
        let path = from_proto::path(file)
            .ok_or_else(|| not_found(format!("{file} is not a file on this machine")))?;
        let lines = self.lines.unwrap_or((0, u32::MAX));
        self.tests.extend(session.state().red_in(&path, lines));
        if self.tests.is_empty() {
            let place = if self.lines.is_some() { "there" } else { "in this file" };
            return Err(not_found(format!("no red test is known {place}; run the checks first")));
        }
        self.uri = self.uri.take().or_else(|| self.file.clone());
        Ok(())
    }
}

impl State {
    /// The tests that fail in these lines of a file, or in what it calls there.
    fn red_in(&self, file: &Path, lines: (u32, u32)) -> Vec<String> {
        let mut found = Vec::new();
        for (root, board) in &self.boards {
            let Some(path) = RepoPath::below(root, file) else { continue };
            let is_here = |place: &Place| {
                let line = place.line.saturating_sub(1);
                place.path == path && lines.0 <= line && line <= lines.1
            };
            for finding in board.findings().iter() {
                let mut places = std::iter::once(&finding.at).chain(&finding.frames);
                if let (What::Test(test), true) = (&finding.what, places.any(is_here)) {
                    found.push(test.name.clone());
                }
            }
        }
        found
    }
}

/// `plan_first`: the plan waits for a yes.
pub fn start(
    session: &Arc<Session>,
    arguments: Arguments,
    kind: GoalKind,
    plan_first: bool,
) -> Outcome {
    let wanted: Wanted = arguments.read(|test| json!({ "tests": [test] }))?;
    if wanted.ask && wanted.goal.is_empty() {
        let place = session.places.clone().try_acquire_owned();
        let place = place.map_err(|_full| Refusal::from(Busy))?;
        let session = session.clone();
        tokio::spawn(async move {
            ask_for_goal(session, wanted, kind, plan_first).await;
            drop(place);
        });
        return Ok(Reply::default());
    }
    start_wanted(session, wanted, kind, plan_first)
}

/// Starts a run once the person has said what for.
async fn ask_for_goal(session: Arc<Session>, mut wanted: Wanted, kind: GoalKind, plan_first: bool) {
    let question = Question { text: wanted.question(), choices: Vec::new(), in_words: true };
    let Some(words) = session.questions.ask(&session, question).await else { return };
    wanted.goal = words;
    if let Err(refusal) = start_wanted(&session, wanted, kind, plan_first) {
        session.warn(&refusal.message);
    }
}

fn start_wanted(
    session: &Arc<Session>,
    mut wanted: Wanted,
    kind: GoalKind,
    plan_first: bool,
) -> Outcome {
    wanted.find_tests(session)?;
    let folder = folder(session, wanted.uri.as_ref())?;
    if let Some(failure) = session.state().projects.failure(&folder) {
        return Err(Refusal::from(failure));
    }
    let Wanted { checks, tests, goal: words, file, lines, .. } = wanted;
    let kind = match kind {
        GoalKind::FixUntilGreen if !words.trim().is_empty() => GoalKind::Change,
        kind => kind,
    };
    let around = folder.clone();
    let goal = move |root: &Path| {
        let focus = RepoPath::below(root, &around).unwrap_or_default();
        let text = words_about(root, words, file.as_ref(), lines);
        // What a model plans may be dear, and more than was meant.
        let large_plan_first = !text.is_empty();
        let goal = Goal { focus, checks, tests, kind, text, plan_first, ..Goal::default() };
        Goal { large_plan_first, ..goal }
    };
    begin(session, &folder, title(kind), goal)
}

/// Starts a run in a folder of the editor.
fn begin(
    session: &Arc<Session>,
    folder: &Path,
    title: &str,
    goal: impl FnOnce(&Path) -> Goal + Send + 'static,
) -> Outcome {
    if session.state().is_full() {
        return Err(Busy.into());
    }
    let id = new_run_id();
    let progress = Progress::start(session, id, title);
    let mut state = session.state();
    // Before the engine can say anything about it.
    state.start(id, folder.to_owned(), progress);
    let texts = state.on_screen();
    let budget = session.settings().budget();
    let command = move |root: &Path| {
        let (goal, buffers) = (goal(root), buffers(root, &texts));
        Command::Start { id, goal, budget, buffers }
    };
    let sent = state.projects.send(folder, id, command);
    if sent.is_err() {
        state.started.remove(&id);
    }
    drop(state);
    sent?;
    Ok(Reply { task_id: Some(id), ..Reply::default() })
}

/// Starts a run for the goal of an earlier one, on what is on the screen now.
pub fn again(session: &Arc<Session>, run: RunId, goal: Goal) -> Outcome {
    let gone = || Refusal::new(Reason::NotFound, "its folder is not open any more");
    let folder = {
        let state = session.state();
        let (root, _) = state.run(run).ok_or_else(gone)?;
        state.projects.folder_of(root).map(|folder| folder.path.clone()).ok_or_else(gone)?
    };
    begin(session, &folder, "Greenloop: redo", |_| goal)
}

/// The words with the lines that were selected for them.
fn words_about(
    root: &Path,
    words: String,
    file: Option<&Url>,
    lines: Option<(u32, u32)>,
) -> String {
    let path = file.and_then(from_proto::path).and_then(|path| RepoPath::below(root, &path));
    match (path, lines) {
        (Some(path), Some((first, last))) if !words.is_empty() => {
            format!("{words}\n\nIt is about lines {} to {} of {path}.", first + 1, last + 1)
        }
        (Some(path), None) if !words.is_empty() => format!("{words}\n\nIt is about {path}."),
        _ => words,
    }
}

fn title(kind: GoalKind) -> &'static str {
    match kind {
        GoalKind::FixUntilGreen => "Greenloop: fix",
        GoalKind::Change => "Greenloop: change",
        GoalKind::RunChecks => "Greenloop: test",
    }
}

/// The open texts of the project at `root`.
pub(super) fn buffers(root: &Path, texts: &HashMap<PathBuf, Arc<Text>>) -> Vec<Buffer> {
    let inside = texts.iter().filter_map(|(path, text)| Some((RepoPath::below(root, path)?, text)));
    let mut buffers: Vec<Buffer> =
        inside.map(|(path, text)| Buffer { path, text: text.string.clone() }).collect();
    buffers.sort_by(|a, b| a.path.cmp(&b.path));
    buffers
}

/// The folder whose project is meant. A file outside every folder brings its own.
fn folder(session: &Arc<Session>, uri: Option<&Url>) -> Result<PathBuf, Refusal> {
    let not_found = |message: String| Refusal::new(Reason::NotFound, message);
    let named = match uri {
        Some(uri) => Some(
            from_proto::path(uri)
                .ok_or_else(|| not_found(format!("{uri} is not a file on this machine")))?,
        ),
        None => None,
    };
    let missing = {
        let state = session.state();
        match named.or_else(|| meant(&state)) {
            Some(path) => match state.projects.folder_of(&path) {
                Some(folder) => return Ok(folder.path.clone()),
                None => path,
            },
            None => return the_only_folder(&state),
        }
    };
    let around = if missing.is_dir() { Some(missing.as_path()) } else { missing.parent() };
    let uri = around.and_then(|folder| Url::from_file_path(folder).ok());
    let (folder, uri) =
        around.zip(uri).ok_or_else(|| not_found(format!("{} has no folder", missing.display())))?;
    projects::open(session, &uri);
    Ok(folder.to_owned())
}

/// The file that was edited last, if it is one of an open folder or there is no open folder.
fn meant(state: &State) -> Option<PathBuf> {
    let latest = state.documents.latest()?.path.clone()?;
    let known =
        state.projects.folder_of(&latest).is_some() || state.projects.iter().next().is_none();
    known.then_some(latest)
}

fn the_only_folder(state: &State) -> Result<PathBuf, Refusal> {
    let mut folders = state.projects.iter();
    let message = match (folders.next(), folders.next()) {
        (Some(only), None) => return Ok(only.path.clone()),
        (None, _) => "no folder and no file is open",
        (Some(_), Some(_)) => "several folders are open; name a file of one in `uri`, or edit one",
    };
    Err(Refusal::new(Reason::NotFound, message))
}
