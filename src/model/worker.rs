//! Who searches for a change in a run, from cheap to dear.

use serde::{Deserialize, Serialize};

use super::provider::Model;
use crate::base::path::RepoPath;

/// A rung of a run's ladder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Worker {
    /// Unique in the ladder.
    pub name: String,
    /// Its changes are made by a language model.
    pub llm: bool,
    pub kind: WorkerKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
pub enum WorkerKind {
    /// Our own search, without a model.
    Repair,
    /// Any program.
    Command {
        argv: Vec<String>,
        /// The folder it starts in.
        dir: RepoPath,
        timeout_ms: u64,
    },
    /// A language model with our tools; the others take its place when it cannot be reached.
    Model { models: Vec<Model> },
}

impl Worker {
    /// The name of our own search.
    pub const REPAIR: &str = "repair";

    pub fn repair() -> Worker {
        Worker { name: Self::REPAIR.to_owned(), llm: false, kind: WorkerKind::Repair }
    }

    /// The ladder where nothing else is said.
    pub fn default_ladder() -> Vec<Worker> {
        vec![Worker::repair()]
    }
}
