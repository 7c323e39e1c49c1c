//! What is said between us and a jail: the job as one JSON file, what became of it as JSON lines.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::base::path::RepoPath;
use crate::model::policy::{Network, Resource};

/// A command and the world it runs in. Every layer named here is enforced, or the command does not run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct JailSpec {
    pub argv: Vec<String>,
    /// All of the environment.
    pub env: Vec<(String, String)>,
    pub cwd: PathBuf,
    /// The folder commands see as the project; they may write there.
    pub project: PathBuf,
    /// Folders outside the project that commands may write, at the same path inside.
    pub writable: Vec<PathBuf>,
    /// Folders shown empty and, where there are namespaces, private.
    pub hidden: Vec<PathBuf>,
    /// Files and folders that commands may need to read, wherever they lie.
    pub readable: Vec<PathBuf>,
    pub caps: Caps,
    /// Folders, as seen from outside, in which what the command writes is counted.
    pub counted: Vec<PathBuf>,
    pub network: Network,
    /// Whether processes may trace each other.
    pub debug: bool,
    /// Mounts, processes and network of its own.
    pub namespaces: Option<Namespaces>,
    /// The Landlock ABI to enforce; none when 0.
    pub landlock: i32,
    /// Whether system calls are filtered.
    pub seccomp: bool,
    /// Whether a profile of macOS confines the command.
    pub seatbelt: bool,
}

/// What all processes of a command may use together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caps {
    pub memory_bytes: u64,
    pub processes: u64,
    pub disk_bytes: u64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Namespaces {
    pub overlay: Option<Overlay>,
}

/// What is shown at the project's path instead of the user's files.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Overlay {
    /// The folder the next three are relative to, so that mount options hold none of the user's characters.
    pub folder: PathBuf,
    pub lower: String,
    pub upper: String,
    pub work: String,
    /// Folders of the user's project shown read-only.
    pub dependencies: Vec<RepoPath>,
    /// Folders of the user's project that commands may write to, unseen by the user.
    pub layered: Vec<Layered>,
}

/// A folder of the user's as the lower layer of an overlay at its own path.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Layered {
    pub path: RepoPath,
    /// As in [`Overlay`].
    pub upper: String,
    pub work: String,
}

/// What a jail tells about its command, on its standard error.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Report {
    Started,
    NotStarted(String),
    Exited(i32),
    Signalled(i32),
    /// It was ended for using more than its caps; megabytes or a number.
    OverLimit {
        what: Resource,
        limit: u64,
    },
}
