//! What a sandboxed command may use, and which doors of its sandbox are open.

use serde::{Deserialize, Serialize};

/// As `greenloop.toml` says it; the defaults where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Policy {
    pub limits: Limits,
    pub doors: Doors,
}

/// What all processes of a command may use together. `None` stands for what `base::limits` says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Memory, temporary files in memory included, in units of 1024 × 1024 bytes.
    pub memory_mb: Option<u64>,
    pub processes: Option<u64>,
    /// Files written by one command, in units of 1024 × 1024 bytes.
    pub disk_mb: Option<u64>,
}

/// What is let through although a sandbox refuses it. Honoured only where the user trusts the project.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Doors {
    /// Folders outside the project that may be written; `~/` stands for the home folder.
    pub writable: Vec<String>,
    /// Files and folders in the home folder and other hidden places that may be read.
    pub readable: Vec<String>,
    /// Variables of our own environment that are passed on. A name may end in `*`.
    pub pass_env: Vec<String>,
    pub network: Network,
    /// Whether processes may trace each other, as debuggers and leak sanitizers do.
    pub debug: bool,
}

/// Whom a command reaches over the network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Network {
    /// Itself only.
    #[default]
    Private,
    /// These and itself, each `host:port`.
    Hosts(Vec<String>),
    /// Whom the user reaches.
    Open,
}

/// What is limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resource {
    Memory,
    Processes,
    Disk,
}

impl Doors {
    pub fn are_closed(&self) -> bool {
        *self == Doors::default()
    }
}

impl Resource {
    /// The key of `greenloop.toml` that says how much of it there is.
    pub fn key(self) -> &'static str {
        match self {
            Resource::Memory => "memory_mb",
            Resource::Processes => "processes",
            Resource::Disk => "disk_mb",
        }
    }
}
