//! What a goal is broken into: steps, each of which one worker at a time takes to green.

use serde::{Deserialize, Serialize};

use super::report::TestId;
use crate::base::ids::{CheckId, StepId};

/// A directed graph without cycles. The order of the steps is for people; what has to wait for what says `after`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// What all of it is for, in one line.
    pub title: String,
    /// What people should know beside the steps, in Markdown; may be empty.
    #[serde(default)]
    pub intro: String,
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// Unique in the plan.
    pub id: StepId,
    /// What is done, in one line.
    pub title: String,
    /// Why and how, in Markdown; may be empty.
    #[serde(default)]
    pub intent: String,
    /// Patterns of the files that may change, from the project's folder; empty for any.
    #[serde(default)]
    pub scope: Vec<String>,
    /// Who begins; those before it on the ladder do not work on this step. `None` for the first on the ladder.
    #[serde(default)]
    pub worker: Option<String>,
    /// The red tests that it has to turn green; empty when it only must not break any.
    #[serde(default)]
    pub tests: Vec<TestId>,
    /// The checks that are run while it is worked on; empty for all of the run. The last word always has a run of all.
    #[serde(default)]
    pub checks: Vec<CheckId>,
    /// The steps whose changes it starts from.
    #[serde(default)]
    pub after: Vec<StepId>,
    /// It is not to be carried out, nor is what comes after it.
    #[serde(default)]
    pub skip: bool,
}

impl Step {
    /// One of which nothing is said but its number and title.
    pub fn new(id: StepId, title: impl Into<String>) -> Step {
        Step {
            id,
            title: title.into(),
            intent: String::new(),
            scope: Vec::new(),
            worker: None,
            tests: Vec::new(),
            checks: Vec::new(),
            after: Vec::new(),
            skip: false,
        }
    }
}

impl Plan {
    pub fn step(&self, id: StepId) -> Option<&Step> {
        self.steps.iter().find(|step| step.id == id)
    }
}
