//! Where the tests leave open which of two behaviours is meant, the person is asked once: in editors that have a place for
//! questions. Others would interrupt typing for it, and have the actions.

use std::sync::Arc;

use super::commands;
use super::questions::Question;
use super::session::{Session, State};
use crate::base::ids::RunId;
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
    if !session.capabilities().greenloop.question_ui {
        return;
    }
    for unsure in session.state().newly_unsure() {
        tokio::spawn(ask_one(session.clone(), unsure));
    }
}

/// Without an answer the proposal stays as it is.
async fn ask_one(session: Arc<Session>, unsure: Unsure) {
    let [this, other] = unsure.choices;
    let choices = vec![this, other.clone()];
    let question = Question { text: unsure.text, choices, in_words: false };
    if session.questions.ask(&session, question).await != Some(other) {
        return;
    }
    if let Err(refusal) = commands::swap_in(&session, unsure.run, unsure.number) {
        session.warn(&refusal.message);
    }
}

impl State {
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
    let is_asked =
        run.outcome() == Some(&Outcome::Green) && run.approval.accept != AcceptAlone::Green;
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
