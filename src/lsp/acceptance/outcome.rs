//! What came of an edit that the editor was to apply.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::missing::Missing;
use super::{Seen, Wanted, carry_out, not_applied, record, still_shown};
use crate::base::ids::RunId;
use crate::base::limits::TITLE_BYTES_MAX;
use crate::base::path::RepoPath;
use crate::base::text::in_a_line;
use crate::logic::acceptance::Swaps;
use crate::logic::review::edits::Way;
use crate::lsp::questions::Question;
use crate::lsp::session::Session;
use crate::lsp::summary;
use crate::model::proposal::HunkAt;
use crate::model::subset::Choice;

/// Records what arrived and tells or asks about the rest.
pub(super) async fn conclude(
    session: &Arc<Session>,
    wanted: Wanted,
    Seen { missing, others }: Seen,
    mut swaps: Swaps,
) {
    let mut arrived = &wanted.hunks - &missing.hunks;
    if wanted.way == Way::In {
        arrived = &arrived - &others;
        swaps.retain(|part, _| arrived.contains(&(part.path.clone(), part.hunk)));
        session.state().remember(wanted.run, swaps);
    }
    match wanted.way {
        Way::In if arrived.is_empty() => {}
        Way::Out if !missing.hunks.is_empty() => {}
        Way::In | Way::Out => record(session, &wanted, &arrived | &wanted.held),
    }
    if missing.hunks.is_empty() {
        return;
    }
    let Missing { hunks: mut open, closed, kept } = missing;
    let mut wanted = wanted;
    let mut aside: Vec<RepoPath> = closed.iter().map(|(_, path, _)| path.clone()).collect();
    if !closed.is_empty() {
        let files: Vec<&str> = aside.iter().map(RepoPath::as_str).collect();
        session.warn(&format!(
            "the editor shows nothing of {}; save or open it to go on",
            files.join(", ")
        ));
        session.state().handed.extend(closed.into_iter().map(|(uri, _, text)| (uri, text)));
    }
    if !kept.is_empty() {
        session.warn(&still_shown(&kept));
        aside.extend(kept);
    }
    // These must be saved or closed first, whatever becomes of the others; but what is taken back goes as a whole.
    let goes_on = |(path, _): &HunkAt| !aside.contains(path);
    open.retain(goes_on);
    if wanted.way == Way::In {
        wanted.hunks.retain(|at| goes_on(at) || arrived.contains(at));
    }
    if open.is_empty() {
        return;
    }
    if arrived.is_empty() {
        return session.warn(&not_applied(open.len()));
    }
    ask_about_rest(session, wanted, arrived, &open).await;
}

const FINISH: &str = "Finish";
const ROLL_BACK: &str = "Roll back";

/// Which of several proposals it is about.
fn title(session: &Session, run: RunId) -> String {
    let state = session.state();
    let of_run = state.run(run).map(|(_, view)| summary::title(&view.run));
    in_a_line(&of_run.unwrap_or_default(), TITLE_BYTES_MAX)
}

/// Some of an edit arrived and some did not.
async fn ask_about_rest(session: &Arc<Session>, wanted: Wanted, arrived: Choice, missing: &Choice) {
    let files: BTreeSet<&str> = missing.iter().map(|(path, _)| path.as_str()).collect();
    let text = format!(
        "{}: {} of {} changes were applied; missing in {}",
        title(session, wanted.run),
        arrived.len(),
        wanted.hunks.len(),
        files.into_iter().collect::<Vec<_>>().join(", ")
    );
    let choices = [FINISH, ROLL_BACK].map(str::to_owned).to_vec();
    let question = Question { text, choices, in_words: false };
    let held = &arrived | &wanted.held;
    let again = match session.questions.ask(session, question).await.as_deref() {
        Some(FINISH) => Wanted { held, ..wanted },
        Some(ROLL_BACK) => match wanted.way {
            // What is missing may be in conflict, so only what arrived is taken back.
            Way::In => Wanted { hunks: held, held: Choice::new(), way: Way::Out, ..wanted },
            Way::Out => Wanted { held: &wanted.hunks - &arrived, way: Way::In, ..wanted },
        },
        Some(_) | None => return,
    };
    Box::pin(carry_out(session.clone(), again)).await;
}
