//! `accept = "green"` in `[approval]`: proposals that need no person to be accepted.

use std::path::Path;
use std::sync::Arc;

use tower_lsp::lsp_types::MessageType;

use super::acceptance::{self, Wanted};
use super::documents::Document;
use super::session::{Session, State};
use crate::base::ids::RunId;
use crate::model::approval::AcceptAlone;
use crate::model::run::{Outcome, Run};

/// Accepts, once each, what runs of this session ended green with, where their project says so.
pub async fn accept_green(session: &Arc<Session>) {
    let ended = session.state().take_ended();
    for (run, wanted) in ended {
        let refusal = match wanted {
            Ok(wanted) => match acceptance::begin(session, wanted).await {
                Ok(_) => continue,
                Err(refusal) => refusal.message,
            },
            Err(Changed) => "a text was edited since the run began".to_owned(),
        };
        session.log.info(&format!("run {run} is not accepted by itself: {refusal}"));
        let message = "Greenloop: the change is green, and waits for you to accept it";
        session.show_message(MessageType::INFO, format!("{message}: {refusal}"));
    }
}

/// A text is not as the run saw it, so that nobody has checked what would come out.
struct Changed;

impl State {
    /// The proposals that are to be accepted of runs that have ended since this was asked last.
    fn take_ended(&mut self) -> Vec<(RunId, Result<Wanted, Changed>)> {
        let mut found = Vec::new();
        for (id, started) in self.started.iter_mut().filter(|(_, started)| !started.settled) {
            let mut boards = self.boards.values();
            let Some(view) = boards.find_map(|board| board.run(*id)) else { continue };
            started.settled = view.run.is_finished();
            let Some(wanted) = green(&view.run).filter(|_| started.settled) else { continue };
            let is_as_seen = |(path, document): (&Path, &Document)| {
                started.texts.get(path).is_none_or(|seen| seen.is(&document.text))
            };
            let as_seen = !started.texts.is_partial && self.documents.files().all(is_as_seen);
            found.push((*id, if as_seen { Ok(wanted) } else { Err(Changed) }));
        }
        found
    }
}

/// All that a run proposes, if nobody has to be asked.
fn green(run: &Run) -> Option<Wanted> {
    // Whoever ended a run wants to see first what it found by then.
    let is_wanted = run.approval.accept == AcceptAlone::Green
        && run.outcome() == Some(&Outcome::Green)
        && !run.is_stopping;
    let proposal = run.proposal.as_ref().filter(|_| is_wanted)?;
    Some(Wanted::accept(run.id, proposal.items().collect()))
}
