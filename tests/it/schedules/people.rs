//! People around a run: some answer at once, some never.

use greenloop::base::ids::QuestionId;
use greenloop::model::question::Answer;
use greenloop::model::run::Run;

use crate::rng::Rng;

pub enum Act {
    Cancel,
    Pause,
    Unpause,
    Answer(QuestionId, Answer),
    /// A step of the plan is left out, or is not any more.
    Edit,
    /// The process is killed, and another one takes the run over.
    Kill,
}

/// How likely they do something between two other happenings, in percent.
pub struct People {
    answer: usize,
    yes: usize,
    cancel: usize,
    pause: usize,
    unpause: usize,
    edit: usize,
    kill: usize,
}

impl People {
    pub fn new(rng: &mut Rng) -> People {
        let mut chance = |all: &[usize]| rng.pick(all).copied().unwrap_or_default();
        People {
            answer: chance(&[0, 5, 60]),
            yes: chance(&[20, 80]),
            cancel: chance(&[0, 0, 0, 2]),
            pause: chance(&[0, 0, 4]),
            unpause: chance(&[0, 30, 60]),
            edit: chance(&[0, 0, 5]),
            kill: chance(&[0, 0, 3, 10]),
        }
    }

    pub fn act(&self, rng: &mut Rng, run: &Run) -> Option<Act> {
        let open = run.questions.iter().find(|asked| asked.answer.is_none());
        if let Some(open) = open
            && rng.percent(self.answer)
        {
            let note = String::new();
            let is_words = open.question.inquiry.is_some();
            // Now and then it is no answer to what is asked.
            let answer = match rng.percent(self.yes) {
                _ if is_words != rng.percent(5) => Answer::Said { text: "so".to_owned() },
                true => Answer::Yes,
                false => Answer::No { note },
            };
            return Some(Act::Answer(open.question.id, answer));
        }
        match run.paused_ms {
            Some(_) if rng.percent(self.unpause) => return Some(Act::Unpause),
            None if rng.percent(self.pause) => return Some(Act::Pause),
            Some(_) | None => {}
        }
        let chances = [(self.cancel, Act::Cancel), (self.edit, Act::Edit), (self.kill, Act::Kill)];
        chances.into_iter().find(|(chance, _)| rng.percent(*chance)).map(|(_, act)| act)
    }
}
