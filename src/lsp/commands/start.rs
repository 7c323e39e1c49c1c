//! `greenloop.fix` and `greenloop.test.run`: a new run on what is on the screen.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;
use tower_lsp::lsp_types::{Range, Url};

use super::{Arguments, Outcome, Reply};
use crate::base::ids::{CheckId, RunId};
use crate::base::path::RepoPath;
use crate::engine::{Busy, Command, new_run_id};
use crate::lsp::documents::Text;
use crate::lsp::error::{Reason, Refusal};
use crate::lsp::progress::Progress;
use crate::lsp::session::{Session, State};
use crate::lsp::{from_proto, projects};
use crate::model::budget::AskedBudget;
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
    /// The lines of that file that the words are about.
    range: Option<Range>,
}

/// `plan_first`: the plan waits for a yes.
pub fn start(
    session: &Arc<Session>,
    arguments: Arguments,
    kind: GoalKind,
    plan_first: bool,
) -> Outcome {
    let wanted: Wanted = arguments.read(|test| json!({ "tests": [test] }))?;
    let folder = folder(session, wanted.uri.as_ref())?;
    if let Some(failure) = session.state().projects.failure(&folder) {
        return Err(Refusal::from(failure));
    }
    let Wanted { checks, tests, goal: words, uri, range } = wanted;
    let kind = match kind {
        GoalKind::FixUntilGreen if !words.trim().is_empty() => GoalKind::Change,
        kind => kind,
    };
    let around = folder.clone();
    let goal = move |root: &Path| {
        let focus = RepoPath::below(root, &around).unwrap_or_default();
        let text = words_about(root, words, uri.as_ref(), range);
        Goal { focus, checks, tests, kind, text, plan_first, ..Goal::default() }
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
    let texts = state.started[&id].texts.clone();
    let command = move |root: &Path| {
        let (goal, buffers) = (goal(root), buffers(root, &texts));
        Command::Start { id, goal, budget: AskedBudget::default(), buffers }
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
fn words_about(root: &Path, words: String, uri: Option<&Url>, range: Option<Range>) -> String {
    let path = uri.and_then(from_proto::path).and_then(|path| RepoPath::below(root, &path));
    match (path, range) {
        (Some(path), Some(Range { start, end })) if !words.is_empty() => {
            format!(
                "{words}\n\nIt is about lines {} to {} of {path}.",
                start.line + 1,
                end.line + 1
            )
        }
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
