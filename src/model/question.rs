//! What a run asks people. No reply is never a yes.

use serde::{Deserialize, Serialize};

use crate::base::ids::{AttemptId, QuestionId, StepId};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    pub id: QuestionId,
    pub about: About,
    /// How long an answer is waited for, in milliseconds; `None` for as long as it takes. After that it is a no.
    #[serde(default)]
    pub wait_ms: Option<u64>,
    /// What is to be answered in words; `None` where yes or no is.
    #[serde(default)]
    pub inquiry: Option<Inquiry>,
}

/// What a language model wants to know of a person. Made by `logic::inquiry`, so that it can be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inquiry {
    /// The user's name for the model.
    pub by: String,
    /// On one line.
    pub text: String,
    /// Answers to choose from; others may be given. May be empty.
    pub options: Vec<String>,
}

/// What is to be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum About {
    /// Whether the plan is carried out. A no ends the run.
    Plan,
    /// Whether a step is carried out. A no skips it.
    Step { step: StepId },
    /// What the goal means, for who plans it.
    Goal,
    /// What who works on an attempt has to know.
    Attempt { attempt: AttemptId },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Answer {
    Yes,
    No {
        /// Why, in the person's words; may be empty.
        note: String,
    },
    /// To what was asked in words.
    Said {
        text: String,
    },
    /// Nobody answered in time, which is a no.
    Late,
}

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    pub question: Question,
    /// When it was asked, in milliseconds since 1970.
    pub at_ms: u64,
    pub answer: Option<Answer>,
}
