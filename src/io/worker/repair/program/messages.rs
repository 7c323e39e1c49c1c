//! What programs are told and what they say, in JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::fast_path::{Verdict, given_up};
use crate::base::path::RepoPath;
use crate::model::failure::Failure;

/// What a program is to do.
#[derive(Serialize)]
pub(super) struct Spec<'a> {
    pub mode: &'static str,
    pub root: &'a Path,
    pub scratch: &'a Path,
    pub framework: &'static str,
    pub args: &'a [String],
    pub failing: &'a [String],
    /// So many of these are the job's; others are counted only.
    pub targets: usize,
    pub passing: &'a [String],
    /// All other tests that it may be asked to run.
    pub others: &'a [String],
    pub sources: Vec<&'a RepoPath>,
    pub patches: Vec<Vec<FileEdits<'a>>>,
    /// Whether it is worth waiting for patches that are late, and for a fresh process for those that need one.
    pub patient: bool,
    pub workers: usize,
    /// For observing passing tests.
    pub seconds: f64,
    pub memory: u64,
}

impl Spec<'_> {
    pub fn text(&self) -> Result<Vec<u8>, Failure> {
        serde_json::to_vec(self).map_err(|error| given_up(error.to_string()))
    }
}

/// A path and its `(start, end, text)`.
pub(super) type FileEdits<'a> = (&'a RepoPath, Vec<(usize, usize, &'a str)>);

/// A line that a program says.
#[derive(Deserialize)]
#[serde(tag = "t", rename_all = "kebab-case")]
pub(super) enum Message {
    Test {
        id: String,
        outcome: String,
        lines: BTreeMap<RepoPath, BTreeSet<u32>>,
    },
    /// How the screening test was red: without a patch first, then whenever it was so for the first time.
    Stop {
        /// Its number; 0 is the one without.
        at: usize,
        text: String,
    },
    Verdicts {
        verdicts: Vec<(usize, Found)>,
    },
    Response {
        call: String,
        gives: Vec<String>,
    },
    End {
        /// Which specification it is done with, from 1.
        of: usize,
    },
}

/// As the programs write verdicts.
#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub(super) enum Found {
    Invalid,
    StillRed {
        /// Which of the stops that were told, where it is another than without a patch.
        stop: Option<usize>,
    },
    Late,
    Breaks {
        #[serde(default)]
        by: String,
    },
    Partial {
        fixed: Vec<usize>,
    },
    Plausible,
}

impl Found {
    /// `nearer` has for each stop that was told how much nearer to green it is than the first one.
    pub fn verdict(self, nearer: &BTreeMap<usize, u8>) -> Verdict {
        match self {
            Found::Invalid => Verdict::Invalid,
            Found::StillRed { stop } => {
                match stop.and_then(|stop| nearer.get(&stop)).copied().unwrap_or(0) {
                    0 => Verdict::StillRed,
                    by => Verdict::Nearer { by },
                }
            }
            Found::Late => Verdict::Late,
            Found::Breaks { by } => Verdict::Breaks { by },
            Found::Partial { fixed } => Verdict::Partial { fixed },
            Found::Plausible => Verdict::Plausible,
        }
    }
}
