//! Where the tests leave open which of two behaviours is meant, the person is asked once, by an editor that shows questions
//! beside the text. Others would interrupt typing for it, and have the actions. Nothing waits for the answer.

use std::sync::Arc;

use serde_json::json;
use tower_lsp::lsp_types::MessageType;
use tower_lsp::lsp_types::request::{Request, ShowMessageRequest};

use super::commands;
use super::session::{Session, State};
use crate::base::ids::RunId;
use crate::base::limits;
use crate::logic::swap;
use crate::model::approval::AcceptAlone;
use crate::model::run::{Outcome, Run};

/// What a run leaves open, in words.
struct Unsure {
    run: RunId,
    text: String,
    /// What the proposed change does, and what another one does.
    choices: [String; 2],
    /// The number of that other one.
    number: usize,
}

/// Asks what runs of this session that have ended leave open, each once.
pub fn ask(session: &Arc<Session>) {
    if !session.capabilities().asks_beside {
        return;
    }
    for unsure in session.state().newly_unsure() {
        tokio::spawn(ask_one(session.clone(), unsure));
    }
}

/// Without an answer the proposal stays as it is.
async fn ask_one(session: Arc<Session>, unsure: Unsure) {
    let actions = unsure.choices.each_ref().map(|choice| json!({ "title": choice }));
    let message = format!("Greenloop: {}", unsure.text);
    let params = json!({"type": MessageType::INFO, "message": message, "actions": actions});
    let wall = limits::QUESTION_WALL_MAX;
    let answer = session.client.ask(ShowMessageRequest::METHOD, params, wall).await;
    let is_other = answer.is_some_and(|answer| {
        answer.is_ok_and(|item| item["title"].as_str() == Some(unsure.choices[1].as_str()))
    });
    if !is_other || session.state().is_accepted(unsure.run) {
        return;
    }
    if let Err(refusal) = commands::swap_in(&session, unsure.run, unsure.number) {
        session.warn(&refusal.message);
    }
}

impl State {
    /// Whether something of a run's proposal was accepted, and not taken back since.
    fn is_accepted(&self, run: RunId) -> bool {
        let acceptances = self.run(run).map(|(_, view)| &view.run.acceptances);
        acceptances.into_iter().flatten().any(|known| !known.undone)
    }

    fn newly_unsure(&mut self) -> Vec<Unsure> {
        let mut found = Vec::new();
        for (id, started) in self.started.iter_mut().filter(|(_, started)| !started.asked) {
            let mut boards = self.boards.values();
            let Some(view) = boards.find_map(|board| board.run(*id)) else { continue };
            started.asked = view.run.is_finished();
            found.extend(unsure(&view.run).filter(|_| started.asked));
        }
        found
    }
}

fn unsure(run: &Run) -> Option<Unsure> {
    // What is accepted by itself is in the texts already.
    let is_asked = match run.outcome() {
        Some(Outcome::Green) => run.approval.accept != AcceptAlone::Green,
        outcome => matches!(outcome, Some(Outcome::Partly { .. })),
    };
    let open = swap::open(run.proposal.as_ref().filter(|_| is_asked)?)?;
    let difference = open.difference;
    let call = &difference.call;
    Some(Unsure {
        run: run.id,
        text: format!(
            "the tests pass with either: what is right for `{call}`? Proposed: {}",
            open.title
        ),
        choices: [
            format!("It {} (as proposed)", difference.this),
            format!("It {}", difference.other),
        ],
        number: open.number,
    })
}
