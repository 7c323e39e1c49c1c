//! What was on the screen at one moment.

use serde::{Deserialize, Serialize};

use crate::base::ids::TreeId;
use crate::base::path::RepoPath;

/// The text of an open editor buffer, as the editor sent it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buffer {
    pub path: RepoPath,
    pub text: String,
}

/// A project captured into the private store: files on disk with unsaved buffers on top.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    pub tree: TreeId,
    pub n_files: usize,
    /// Files that came from a buffer and differ from the disk.
    pub unsaved: Vec<RepoPath>,
    /// What was left out and why, for people.
    pub warnings: Vec<String>,
}
