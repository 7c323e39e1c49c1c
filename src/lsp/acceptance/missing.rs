//! What of an acceptance the texts do not show, once the editor has answered.

use std::sync::Arc;

use tokio::task::spawn_blocking;
use tokio::time::{Instant, timeout_at};
use tower_lsp::lsp_types::Url;

use super::{Wanted, pieces};
use crate::base::hash::ContentHash;
use crate::base::limits;
use crate::base::path::RepoPath;
use crate::lsp::session::Session;
use crate::model::subset::Choice;

/// What the texts do not show of what is wanted.
#[derive(Default)]
pub(super) struct Missing {
    pub hunks: Choice,
    /// The files that are not open, with what they hold.
    pub closed: Vec<(Url, RepoPath, ContentHash)>,
    /// The files that were to go and are shown as before.
    pub kept: Vec<RepoPath>,
}

/// What the texts do not show a short while after the editor answered.
pub(super) async fn missing_soon(session: &Arc<Session>, wanted: &Wanted) -> Missing {
    let latest = Instant::now() + limits::ACCEPT_SHOWS_WALL_MAX;
    let last = session.state().documents.last_given();
    let mut texts = session.texts.subscribe();
    loop {
        texts.mark_unchanged();
        let missing = missing(session, wanted).await;
        let is_late = Instant::now() >= latest;
        if missing.hunks.is_empty() || is_late {
            // What looks like it from now on is the user's own doing.
            session.state().documents.forget_given(&wanted.errand(), last);
            return missing;
        }
        // Nobody tells of what is written to the disk, so that there is a last look when the time is over.
        timeout_at(latest, texts.changed()).await.ok();
    }
}

/// What the texts do not show.
async fn missing(session: &Arc<Session>, wanted: &Wanted) -> Missing {
    let nothing_seen = || Missing { hunks: wanted.hunks.clone(), ..Missing::default() };
    let Ok(pieces) = pieces(&session.state(), wanted) else { return nothing_seen() };
    let way = wanted.way;
    let looked = spawn_blocking(move || {
        let mut missing = Missing::default();
        for piece in &pieces {
            let n_before = missing.hunks.len();
            missing.hunks.extend(piece.missing_at(way));
            if missing.hunks.len() == n_before {
                continue;
            }
            let path = piece.path().clone();
            match piece.closed_text() {
                Some(text) => {
                    missing.closed.push((piece.job.places.here.uri.clone(), path, text));
                }
                None if piece.is_kept(way) => missing.kept.push(path),
                None => {}
            }
        }
        missing
    });
    looked.await.unwrap_or_else(|_panic| nothing_seen())
}
