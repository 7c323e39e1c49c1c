//! What came of work on a failure like one that is known, in any project of this user.

use serde::{Deserialize, Serialize};

use crate::base::ids::RunId;
use crate::model::check::Runner;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lesson {
    /// What the failure looked like, without what differs from one to the next (`logic::signature`).
    pub signature: String,
    pub runner: Runner,
    /// Who made the change.
    pub worker: String,
    /// The template it was made by; empty when that is not known.
    #[serde(default)]
    pub template: String,
    /// Who had come to nothing before.
    #[serde(default)]
    pub failed: Vec<String>,
    /// How often such a change was accepted.
    pub hits: u32,
    /// How often such a change was rejected or taken back.
    pub misses: u32,
    /// Why one was rejected, in a person's words; may be empty.
    #[serde(default)]
    pub note: String,
    /// The run that told it last, and its project's folder.
    pub source: RunId,
    pub project: String,
    /// When it was told last, in milliseconds since 1970.
    pub at_ms: u64,
}

impl Lesson {
    /// Lessons that say the same are one.
    pub fn says_the_same(&self, other: &Lesson) -> bool {
        self.signature == other.signature
            && self.runner == other.runner
            && self.worker == other.worker
            && self.template == other.template
    }

    /// How often it was right, a little doubtful while it was tried seldom: `(hits + 1) / (hits + misses + 2)`.
    pub fn hit_rate(&self) -> f64 {
        f64::from(self.hits + 1) / f64::from(self.hits + self.misses + 2)
    }

    /// Whether it was right more often than not.
    pub fn is_right(&self) -> bool {
        self.hits > self.misses
    }
}
