//! Keeps what the editor shows of reviews and test results in step with texts and runs.

pub mod edits;
pub mod evidence;
pub mod hunks;
pub mod job;
pub mod moved;
pub mod red;
pub mod side;
pub mod view;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use tokio::task::{JoinError, spawn_blocking};
use tokio::time::{Instant, timeout, timeout_at};
use tower_lsp::lsp_types::notification::PublishDiagnostics;
use tower_lsp::lsp_types::request::{CodeLensRefresh, InlayHintRefreshRequest, Request};
use tower_lsp::lsp_types::{Diagnostic, PublishDiagnosticsParams, Url};

use self::evidence::Offer;
use self::hunks::HunkState;
use self::job::{Elsewhere, Jobs, is_about};
use self::view::{Drawn, FileView};
use super::board::Board;
use super::documents::Document;
use super::session::{Session, State};
use super::{accept_alone, plan_docs, plans, swaps, tasks, virtual_docs};
use crate::base::ids::RunId;
use crate::base::limits;
use crate::base::path::RepoPath;
use crate::engine::Command;
use crate::model::proposal::Proposal;
use crate::model::subset::Choice;

/// What was drawn and sent last.
#[derive(Default)]
pub struct Shown {
    views: HashMap<Url, Arc<FileView>>,
    published: HashMap<Url, Vec<Diagnostic>>,
}

/// Draws anew a short while after every change, for ever.
pub async fn keep_drawn(session: Arc<Session>) {
    loop {
        session.review.notified().await;
        let latest = Instant::now() + limits::REVIEW_QUIET_WALL_MAX;
        let quiet = async {
            while timeout(limits::REVIEW_QUIET, session.review.notified()).await.is_ok() {}
        };
        timeout_at(latest, quiet).await.ok();
        draw(&session).await;
    }
}

async fn draw(session: &Arc<Session>) {
    let jobs = session.state().jobs(session.capabilities());
    if let Err(error) = draw_now(session, jobs).await {
        session.log.error(&format!("internal error while drawing reviews: {error}"));
    }
    plan_docs::publish(session).await;
    plans::put_questions(session);
    swaps::ask(session);
    accept_alone::accept_green(session).await;
}

async fn draw_now(session: &Arc<Session>, jobs: Jobs) -> Result<(), JoinError> {
    let drawn = spawn_blocking(move || view::draw_all(jobs)).await?;
    session.state().check_parts(&drawn);
    // First: whoever is told asks at once for what follows from it, and only then.
    session.state().keep_applied(&drawn);
    let drawn = tasks::tell(session, drawn).await?;
    publish(session, drawn).await;
    Ok(())
}

/// Encodes elsewhere what may be hundreds of diagnostics, so that no request waits for it.
async fn publish(session: &Session, drawn: Drawn) {
    let versions = session.capabilities().diagnostic_versions;
    let messages = session.state().show(drawn, versions);
    if !messages.is_empty() {
        session.refresh.notify_one();
    }
    let outbox = session.outbox.clone();
    let send = move |message| outbox.notify::<PublishDiagnostics>(message);
    // Only a panic would be an error, and encoding has none.
    spawn_blocking(move || messages.into_iter().for_each(send)).await.ok();
}

/// Has the editor ask again for what it does not ask for by itself, at most a few times a second, for ever.
pub async fn keep_refreshed(session: Arc<Session>) {
    loop {
        session.refresh.notified().await;
        let capabilities = session.capabilities();
        let wanted = [
            (capabilities.refresh_lenses, CodeLensRefresh::METHOD),
            (capabilities.refresh_hints, InlayHintRefreshRequest::METHOD),
        ];
        for (_, method) in wanted.into_iter().filter(|(wanted, _)| *wanted) {
            session.client.ask(method, Value::Null, limits::EDITOR_ANSWER_WALL_MAX).await;
        }
        virtual_docs::refresh(&session);
        tokio::time::sleep(limits::REFRESH_PAUSE).await;
    }
}

/// The newest view of an open document, drawn now unless it is at hand; `None` for a document that has nothing to show
/// or whose text is not known.
pub async fn view_of(session: &Arc<Session>, uri: &Url) -> Option<Arc<FileView>> {
    let job = {
        let state = session.state();
        let document = state.documents.get(uri)?;
        let (_, key) = state.key_of(document)?;
        let known = state.shown.views.get(uri);
        if let Some(view) = known.filter(|view| view.key == key) {
            return Some(view.clone());
        }
        let moved = known.and_then(|view| view.moved(key, document.version, &document.moves));
        if let Some(view) = moved {
            return Some(Arc::new(view));
        }
        state.job_of(document, session.capabilities())?
    };
    let view = Arc::new(spawn_blocking(move || job.draw()).await.ok()?);
    session.state().shown.views.insert(uri.clone(), view.clone());
    Some(view)
}

impl State {
    /// The open files for which a run of this session proposes nothing.
    fn elsewhere(&self) -> BTreeMap<PathBuf, Vec<Elsewhere>> {
        let of_run = |root: &Path, proposal: &Proposal| {
            let run = proposal.run;
            let texts = self.started.get(&run).map(|started| &started.texts);
            let is_proposed =
                |path: &RepoPath| proposal.files.iter().any(|file| is_about(file, path));
            let text = |(file, document): (&Path, &Document)| {
                let (seen, now) = (texts?.get(file)?.clone(), document.text.clone());
                let path = RepoPath::below(root, file).filter(|path| !is_proposed(path))?;
                Some(Elsewhere { run, path, seen, now })
            };
            self.documents.files().filter_map(text).collect::<Vec<_>>()
        };
        let of_board = |(root, board): (&PathBuf, &Board)| {
            let reviews = board.reviews();
            let texts = reviews.iter().flat_map(|review| of_run(root, &review.proposal));
            (root.clone(), texts.collect())
        };
        self.boards.iter().map(of_board).collect()
    }

    /// Keeps what the texts hold of proposals.
    fn keep_applied(&mut self, drawn: &Drawn) {
        for (root, applied) in &drawn.applied {
            self.boards.entry(root.clone()).or_default().set_applied(applied.clone());
        }
    }

    /// Keeps what was drawn and returns what the editor must be told. A view of a text that has moved on is not shown:
    /// the change that moved it has asked for a new one.
    fn show(&mut self, drawn: Drawn, versions: bool) -> Vec<PublishDiagnosticsParams> {
        for view in &drawn.views {
            self.settle(view);
        }
        let mut messages = Vec::new();
        let mut shown = HashMap::new();
        for view in drawn.views {
            let uri = view.uri.clone();
            let current = self.documents.get(&uri).map(|document| document.revision);
            let old = self.shown.published.remove(&uri);
            let is_lost = old.as_ref().is_some_and(|old| self.is_lost(&uri, old));
            if view.key.text != current {
                shown.extend(old.map(|old| (uri, old)));
                continue;
            }
            if (is_lost || old.as_ref() != Some(&view.diagnostics))
                && (old.is_some() || !view.diagnostics.is_empty())
            {
                let version = view.version.filter(|_| versions);
                messages.push(PublishDiagnosticsParams::new(
                    uri.clone(),
                    view.diagnostics.clone(),
                    version,
                ));
            }
            shown.insert(uri.clone(), view.diagnostics.clone());
            self.shown.views.insert(uri, Arc::new(view));
        }
        let gone = self.shown.published.drain().filter(|(_, diagnostics)| !diagnostics.is_empty());
        messages.extend(gone.map(|(uri, _)| PublishDiagnosticsParams::new(uri, Vec::new(), None)));
        self.shown.views.retain(|uri, _| shown.contains_key(uri));
        self.shown.published = shown;
        messages
    }

    /// Whether lines were touched at which an editor shows these diagnostics: some take them away then.
    fn is_lost(&self, uri: &Url, shown: &[Diagnostic]) -> bool {
        let seen = self.shown.views.get(uri).and_then(|view| view.key.text);
        let Some((document, seen)) = self.documents.get(uri).zip(seen) else { return false };
        let lines = shown.iter().map(|one| one.range.start.line..one.range.end.line + 1);
        document.moves.touch(seen, lines)
    }

    /// Has the checks run on what the user has chosen of proposals, once it is a part and not asked for: what is in the
    /// texts, and what would be there with all that was not rejected.
    fn check_parts(&mut self, drawn: &Drawn) {
        let mut wanted = Vec::new();
        for (root, applied) in &drawn.applied {
            let Some(board) = self.boards.get(root) else { continue };
            for review in board.reviews() {
                let proposal = &review.proposal;
                let Some(view) = board.run(proposal.run) else { continue };
                // One at a time: what is chosen meanwhile may be another part by then.
                if !view.checking.is_empty() {
                    continue;
                }
                let texts = applied.get(&proposal.run);
                let in_texts = texts.map(|texts| texts.applied.clone()).unwrap_or_default();
                let parts = [in_texts, evidence::kept(view, proposal)];
                let unknown =
                    parts.into_iter().filter(|part| !evidence::is_asked(view, proposal, part));
                let own = unknown.filter(|_| !self.is_foreign(board, proposal.run));
                wanted.extend(
                    own.map(|part| {
                        (proposal.run, evidence::as_hunks(proposal, &part).into_owned())
                    }),
                );
            }
        }
        wanted.into_iter().for_each(|(id, hunks)| self.check_once(id, hunks));
    }

    /// Has a part of a proposal checked once, whatever comes of it; a person may ask again.
    fn check_once(&mut self, id: RunId, hunks: Choice) {
        if self.asked.insert((id, hunks.clone())) {
            self.send(id, Command::CheckSubset { id, hunks }).ok();
        }
    }

    /// Has the checks run on what actions offer to accept together at some lines, as the user is looking at them.
    pub fn check_offers(&mut self, view: &FileView, (first, last): (u32, u32)) {
        let mut wanted: BTreeSet<(RunId, Choice)> = BTreeSet::new();
        let Some(board) = self.boards.get(&view.root) else { return };
        let here = view.hunks.iter().filter(|hunk| hunk.is_open() && hunk.touches(first, last));
        for hunk in here {
            let Some(run) = board.run(hunk.id.run) else { continue };
            let Some(proposal) = &run.run.proposal else { continue };
            // One after the other: what is chosen meanwhile may be another part by then.
            if !run.checking.is_empty() || self.is_foreign(board, hunk.id.run) {
                continue;
            }
            let step = hunk.step.as_ref().map(|step| &step.offer);
            let offers = [Some(&hunk.of_file), step, Some(&hunk.of_proposal)].into_iter().flatten();
            let unknown = offers.filter(|offer| !evidence::is_asked(run, proposal, &offer.items));
            let hunks = |offer: &Offer| evidence::as_hunks(proposal, &offer.items).into_owned();
            wanted.extend(unknown.map(|offer| (hunk.id.run, hunks(offer))));
        }
        wanted.into_iter().for_each(|(id, hunks)| self.check_once(id, hunks));
    }

    /// Remembers which hunks are in the text to stay, and which are not or not any more.
    fn settle(&mut self, view: &FileView) {
        if self.documents.get(&view.uri).is_some_and(|document| document.taken_back) {
            return;
        }
        let Some(board) = self.boards.get_mut(&view.root) else { return };
        for hunk in &view.hunks {
            let is_there = match hunk.state {
                HunkState::Applied => true,
                HunkState::Pending => false,
                _ => continue,
            };
            board.settle(hunk.id.run, &hunk.id.path, hunk.id.hunk, is_there);
        }
    }
}
