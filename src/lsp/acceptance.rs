//! Changes that the server has the editor apply, together or one by one, and take back. What the editor answers proves
//! nothing: whether a change arrived is read from the texts.

mod missing;
mod outcome;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::json;
use tokio::task::spawn_blocking;
use tower_lsp::lsp_types::request::{ApplyWorkspaceEdit, Request};
use tower_lsp::lsp_types::{MessageType, Url, WorkspaceEdit};

use self::missing::{Missing, missing_soon};
use self::outcome::conclude;
use super::awaited::Errand;
use super::error::{Reason, Refusal};
use super::review::edits::{self, Basis, Chosen, FileEdit};
use super::review::hunks::{self, HunkId};
use super::review::job::ReviewJob;
use super::review::side::Source;
use super::session::{Session, State};
use super::to_proto;
use crate::base::hash::ContentHash;
use crate::base::ids::{AcceptanceId, RunId};
use crate::base::limits;
use crate::base::path::RepoPath;
use crate::base::text::counted;
use crate::engine::{Busy, Command, RunView, new_acceptance_id};
use crate::logic::acceptance::Swaps;
use crate::logic::review::edits::Way;
use crate::logic::review::file::FileState;
use crate::logic::review::{HunkState as Found, Reading};
use crate::model::proposal::{ChangeKind, HunkAt};
use crate::model::subset::Choice;

/// Decisions to be made true, or untrue, in the texts.
#[derive(Clone)]
pub struct Wanted {
    pub run: RunId,
    pub hunks: Choice,
    /// Only these parts, of the one hunk there is; empty for all.
    pub parts: Vec<usize>,
    pub way: Way,
    pub acceptance: AcceptanceId,
    /// What else of the acceptance is in the texts, as it arrived before.
    pub held: Choice,
    /// The document that it was asked for at, if its file has more names.
    pub named: Option<Url>,
}

/// The part of what is wanted that is about one file.
struct Piece {
    job: ReviewJob,
    chosen: Chosen,
    /// The text of a file that is not open, when the editor was given an edit for it and showed nothing.
    handed: Option<ContentHash>,
    /// What the text shows of it came too late and is being taken back.
    taken_back: bool,
}

impl Wanted {
    pub fn accept(run: RunId, hunks: Choice) -> Self {
        let acceptance = new_acceptance_id();
        let (parts, held) = (Vec::new(), Choice::new());
        Self { run, hunks, parts, way: Way::In, acceptance, held, named: None }
    }

    pub fn accept_one(id: &HunkId) -> Self {
        let wanted = Self::accept(id.run, [(id.path.clone(), id.hunk)].into());
        let parts: BTreeSet<usize> = id.parts.iter().copied().collect();
        Self { parts: parts.into_iter().collect(), ..wanted }
    }

    fn by_file(&self) -> BTreeMap<&RepoPath, Chosen> {
        let mut files: BTreeMap<&RepoPath, BTreeSet<usize>> = BTreeMap::new();
        for (path, hunk) in &self.hunks {
            files.entry(path).or_default().insert(*hunk);
        }
        let chosen = |hunks: BTreeSet<usize>| match (self.parts.is_empty(), hunks.first()) {
            (false, Some(hunk)) => Chosen::Parts(*hunk, self.parts.clone()),
            (true, _) | (_, None) => Chosen::Hunks(hunks),
        };
        files.into_iter().map(|(path, hunks)| (path, chosen(hunks))).collect()
    }

    fn errand(&self) -> Errand {
        let Self { way, run, hunks, parts, .. } = self.clone();
        Errand { way, run, hunks, parts }
    }

    fn label(&self) -> &'static str {
        match self.way {
            Way::In => "Accept changes",
            Way::Out => "Take back changes",
        }
    }
}

/// Refuses for an editor that applies no edits on request.
pub fn needs_editor(session: &Session) -> Result<(), Refusal> {
    if session.capabilities().apply_edit {
        return Ok(());
    }
    let message = "this editor applies no edits for servers; use the accept actions at the changes";
    Err(Refusal::new(Reason::NeedsClient, message))
}

/// Finds out whether it can be done at once, then has it done in the background, one edit after the other.
pub async fn begin(session: &Arc<Session>, wanted: Wanted) -> Result<AcceptanceId, Refusal> {
    needs_editor(session)?;
    edit_for(session, &wanted).await?;
    let acceptance = wanted.acceptance;
    let place = session.places.clone().try_acquire_owned().map_err(|_full| Refusal::from(Busy))?;
    let session = session.clone();
    tokio::spawn(async move {
        carry_out(session, wanted).await;
        drop(place);
    });
    Ok(acceptance)
}

/// The edit for the texts as they are at this moment.
pub async fn edit_for(session: &Arc<Session>, wanted: &Wanted) -> Result<WorkspaceEdit, Refusal> {
    to_proto::workspace_edit(made(session, wanted).await?.files, session.capabilities())
}

/// The same for an editor that will apply it, or try to, and the bytes it changes. What is as wanted already is none of
/// this acceptance's any more.
pub async fn edit_to_give(
    session: &Arc<Session>,
    wanted: &mut Wanted,
) -> Result<(WorkspaceEdit, Swaps), Refusal> {
    let Made { files, hunks } = made(session, wanted).await?;
    wanted.hunks = hunks;
    let swaps = files.iter().flat_map(|file| file.swaps.clone()).collect();
    let edit = to_proto::workspace_edit(files.clone(), session.capabilities())?;
    let encoding = session.capabilities().encoding;
    session.state().documents.give(&files, Some(wanted.errand()), encoding);
    Ok((edit, swaps))
}

/// An edit, and the decisions that it makes true: those that the texts it was made for do not show.
struct Made {
    files: Vec<FileEdit>,
    hunks: Choice,
}

async fn made(session: &Arc<Session>, wanted: &Wanted) -> Result<Made, Refusal> {
    let (pieces, known) = {
        let state = session.state();
        (pieces(&state, wanted)?, state.swaps.get(&wanted.run).cloned().unwrap_or_default())
    };
    let (way, can) = (wanted.way, session.capabilities());
    let (encoding, shows_a_line) = (can.encoding, can.shows_a_line);
    let made = spawn_blocking(move || {
        let basis = Basis { encoding, shows_a_line, known: &known };
        let files = pieces.iter().map(|piece| piece.edit(way, &basis));
        let files = files.collect::<Result<Vec<_>, Refusal>>()?.into_iter().flatten().collect();
        Ok(Made { files, hunks: pieces.iter().flat_map(|piece| piece.missing_at(way)).collect() })
    });
    let made: Result<Made, Refusal> = made.await.map_err(|panic| Refusal::internal(&panic))?;
    let made = made?;
    if made.files.is_empty() {
        let message = match way {
            Way::In => "this is in the text already",
            Way::Out => "this is not in the text any more",
        };
        return Err(Refusal::new(Reason::Stale, message));
    }
    Ok(made)
}

/// What the files of the wanted decisions are to be judged by.
fn pieces(state: &State, wanted: &Wanted) -> Result<Vec<Piece>, Refusal> {
    let piece = |(path, chosen)| {
        let job = state.review_job(wanted.run, path, wanted.named.as_ref()).ok_or_else(unknown)?;
        let uri = &job.places.here.uri;
        let handed = state.handed.get(uri).copied();
        let taken_back = state.documents.get(uri).is_some_and(|document| document.taken_back);
        Ok(Piece { job, chosen, handed, taken_back })
    };
    wanted.by_file().into_iter().map(piece).collect()
}

impl Piece {
    fn path(&self) -> &RepoPath {
        &self.job.review.proposal.files[self.job.file].path
    }

    fn edit(&self, way: Way, basis: &Basis<'_>) -> Result<Option<FileEdit>, Refusal> {
        if self.handed.is_some() && self.handed == self.closed_text() {
            let path = self.path();
            let message = format!(
                "{path} was handed to the editor, which shows nothing of it; save or open it first"
            );
            return Err(Refusal::new(Reason::Conflict, message));
        }
        edits::file_edit(&self.job, &self.chosen, way, basis)
    }

    /// What a file that is not open holds.
    fn closed_text(&self) -> Option<ContentHash> {
        let here = &self.job.places.here;
        let is_closed = matches!(here.source, Source::Disk(..));
        let text = here.text().map(|text| text.string.clone()).unwrap_or_default();
        is_closed.then(|| ContentHash::of(text))
    }

    /// Whether a file that is to go is shown as it was before, as some editors do with what they have deleted.
    fn is_kept(&self, way: Way) -> bool {
        let kind = &self.job.review.proposal.files[self.job.file].kind;
        let before = match (kind, way) {
            (ChangeKind::Delete, Way::In) => FileState::Pending,
            (ChangeKind::Create, Way::Out) => FileState::Applied,
            _ => return false,
        };
        hunks::whole_state(&self.job) == before
    }

    /// The decisions that the texts do not show.
    fn missing(&self, way: Way) -> impl Iterator<Item = usize> {
        let is_as_wanted = move |found: &Found| match way {
            Way::In => matches!(found, Found::Applied { .. }),
            Way::Out => matches!(found, Found::Pending { .. }),
        };
        let shows = move |at: usize, reading: &Reading| match &self.chosen {
            Chosen::Parts(hunk, parts) if *hunk == at => {
                parts.iter().all(|part| reading.parts.get(*part).is_some_and(is_as_wanted))
            }
            Chosen::All | Chosen::Hunks(_) | Chosen::Parts(..) => is_as_wanted(&reading.state),
        };
        let readings = hunks::found(&self.job).into_iter().enumerate();
        let missing = readings.filter(move |(at, reading)| self.taken_back || !shows(*at, reading));
        missing.map(|(at, _)| at).filter(|at| self.chosen.has(*at))
    }

    /// The same with the path of the file.
    fn missing_at(&self, way: Way) -> impl Iterator<Item = HunkAt> {
        self.missing(way).map(|hunk| (self.path().clone(), hunk))
    }
}

/// What the texts and the run say of an acceptance once the editor has answered.
struct Seen {
    missing: Missing,
    /// Decisions that other acceptances brought meanwhile.
    others: Choice,
}

async fn carry_out(session: Arc<Session>, mut wanted: Wanted) {
    // An editor gets one edit at a time, so that each is made for a text that is known.
    let turn = session.applying.lock().await;
    let (edit, swaps) = match edit_to_give(&session, &mut wanted).await {
        Ok(made) => made,
        Err(refusal) => return session.warn(&refusal.message),
    };
    let known = acceptances(&session, wanted.run).into_keys().collect();
    let params = json!({"label": wanted.label(), "edit": edit});
    let wall = limits::EDITOR_APPLY_WALL_MAX;
    let answer = session.client.ask(ApplyWorkspaceEdit::METHOD, params, wall).await;
    session.log.debug(&format!("the editor answered an edit: {answer:?}"));
    let missing = missing_soon(&session, &wanted).await;
    drop(turn);
    session.review_changed();
    // The user may have undone this one and accepted a part of it by other means meanwhile.
    let mut others = acceptances(&session, wanted.run);
    others.retain(|id, _| !BTreeSet::contains(&known, id));
    let others = others.into_values().flatten().collect();
    conclude(&session, wanted, Seen { missing, others }, swaps).await;
}

/// The standing acceptances of a run, each with what it holds.
fn acceptances(session: &Arc<Session>, run: RunId) -> BTreeMap<AcceptanceId, Choice> {
    let state = session.state();
    let known = state.run(run).into_iter().flat_map(|(_, view)| &view.run.acceptances);
    let standing = known.filter(|known| !known.undone);
    standing.map(|known| (known.id, known.hunks.clone())).collect()
}

fn record(session: &Arc<Session>, wanted: &Wanted, hunks: Choice) {
    let (id, acceptance) = (wanted.run, wanted.acceptance);
    let command = match wanted.way {
        Way::In => {
            let parts = wanted.parts.clone();
            if parts.is_empty() {
                session.state().settle_all(id, &hunks);
            }
            Command::Accepted { id, acceptance, hunks, parts }
        }
        Way::Out => Command::TakenBack { id, acceptance },
    };
    if let Err(refusal) = session.state().send(id, command) {
        session.log.warning(&refusal.message);
    }
}

/// Looks whether a change that the editor was given as an action has arrived, and tells the user when it has not.
pub async fn look_again(session: Arc<Session>, id: HunkId) {
    let wanted = Wanted::accept_one(&id);
    let missing = missing_soon(&session, &wanted).await;
    if missing.hunks.is_empty() {
        let is_new = session.state().run(id.run).is_some_and(|(_, view)| !holds(view, &id));
        if is_new {
            record(&session, &wanted, wanted.hunks.clone());
        }
        return;
    }
    if !missing.kept.is_empty() {
        session.warn(&still_shown(&missing.kept));
    } else if missing.closed.is_empty() {
        session.warn(&not_applied(1));
    }
}

fn not_applied(n: usize) -> String {
    let (changes, were) = (counted(n, "change"), if n == 1 { "was" } else { "were" });
    format!("{changes} {were} not applied: the text changed meanwhile. Try again.")
}

fn still_shown(files: &[RepoPath]) -> String {
    let files: Vec<&str> = files.iter().map(RepoPath::as_str).collect();
    format!(
        "{} is still open; close it if the editor has deleted it, else try again",
        files.join(", ")
    )
}

/// Whether the run has an acceptance of this decision that was not taken back.
fn holds(view: &RunView, id: &HunkId) -> bool {
    let at = (id.path.clone(), id.hunk);
    let has_parts = |known: &[usize]| {
        known.is_empty() || !id.parts.is_empty() && id.parts.iter().all(|part| known.contains(part))
    };
    let mut standing = view.run.acceptances.iter().filter(|acceptance| !acceptance.undone);
    standing.any(|known| known.hunks.contains(&at) && has_parts(&known.parts))
}

pub fn unknown() -> Refusal {
    Refusal::new(Reason::NotFound, "this change is not known any more")
}

impl Session {
    pub fn warn(&self, message: &str) {
        self.show_message(MessageType::WARNING, format!("Greenloop: {message}"));
    }

    pub fn say(&self, message: &str) {
        self.show_message(MessageType::INFO, format!("Greenloop: {message}"));
    }
}
