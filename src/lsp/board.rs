//! One project's runs as its reviewer sees them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::findings::Findings;
use super::review::evidence::Applied;
use super::review::job::SharedReader;
use crate::base::ids::RunId;
use crate::base::limits;
use crate::base::path::RepoPath;
use crate::engine::{Review, RunView};
use crate::model::proposal::{FileChange, HunkAt};

#[derive(Default)]
pub struct Board {
    runs: BTreeMap<RunId, Arc<RunView>>,
    /// Whether a hunk was in the text when it could last be told. What becomes of its lines later is the user's own doing.
    settled: HashMap<(RunId, RepoPath, usize), bool>,
    /// Another process had the project open before this one.
    is_shared: bool,
    /// Runs that another process was seen to work on.
    elsewhere: HashSet<RunId>,
    /// What is in the texts.
    applied: Arc<Applied>,
    findings: Findings,
    /// By run and file of its proposal.
    readers: BTreeMap<(RunId, usize), SharedReader>,
    /// Grows with every change of the board.
    revision: u64,
}

impl Board {
    /// Takes in a run's new state. What runs of other sessions found says nothing about the texts of this one.
    pub fn changed(&mut self, view: Arc<RunView>, ours: bool) {
        self.revision += 1;
        if ours {
            self.findings.hear(&view.run);
        } else if !view.run.is_finished() && !view.interrupted {
            self.elsewhere.insert(view.run.id);
        }
        self.prepare_readers(&view);
        self.runs.insert(view.run.id, view);
        if self.runs.len() > limits::RUNS_SHOWN_MAX {
            let oldest =
                self.runs.values().find(|view| view.run.is_finished()).map(|view| view.run.id);
            if let Some(oldest) = oldest {
                self.runs.remove(&oldest);
                self.settled.retain(|(run, _, _), _| *run != oldest);
                self.elsewhere.remove(&oldest);
                self.readers.retain(|(run, _), _| *run != oldest);
            }
        }
    }

    /// Keeps the readers of a proposal that is still the same.
    fn prepare_readers(&mut self, view: &RunView) {
        let id = view.run.id;
        let files = changed_files(view);
        if self.runs.get(&id).is_none_or(|known| changed_files(known) != files) {
            self.readers.retain(|(run, _), _| *run != id);
            let fresh = (0..files.len()).map(|file| ((id, file), SharedReader::default()));
            self.readers.extend(fresh);
        }
    }

    /// What reads a file of a run's proposal.
    pub fn reader(&self, run: RunId, file: usize) -> SharedReader {
        self.readers.get(&(run, file)).cloned().unwrap_or_default()
    }

    pub fn run(&self, id: RunId) -> Option<&Arc<RunView>> {
        self.runs.get(&id)
    }

    /// All runs, oldest first.
    pub fn runs(&self) -> impl DoubleEndedIterator<Item = &Arc<RunView>> {
        self.runs.values()
    }

    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The proposals that still count, newest first. A newer one that fixes one of the same tests takes an older one's
    /// place; where they only meet in a file, single hunks do.
    pub fn reviews(&self) -> Vec<Arc<Review>> {
        let mut kept: Vec<Arc<Review>> = Vec::new();
        for review in self.runs.values().rev().filter_map(|view| view.review.as_ref()) {
            if !kept.iter().any(|newer| replaces(newer, review)) {
                kept.push(review.clone());
            }
        }
        kept
    }

    pub fn findings(&self) -> &Findings {
        &self.findings
    }

    /// Whether a hunk was in the text when it could last be told, in this session or an earlier one.
    pub fn is_settled(&self, run: RunId, path: &RepoPath, hunk: usize) -> bool {
        let seen = self.settled.get(&(run, path.clone(), hunk)).copied();
        seen.unwrap_or_else(|| self.is_accepted(run, &(path.clone(), hunk)))
    }

    fn is_accepted(&self, run: RunId, at: &HunkAt) -> bool {
        let acceptances = self.runs.get(&run).map(|view| view.run.acceptances.as_slice());
        let all = acceptances.unwrap_or_default().iter();
        let mut whole = all.filter(|known| !known.undone && known.parts.is_empty());
        whole.any(|known| known.hunks.contains(at))
    }

    /// The project is shown by another process too.
    pub fn share(&mut self) {
        self.is_shared = true;
    }

    /// Whether a run that this session did not ask for may be in the texts of another editor.
    pub fn may_be_elsewhere(&self, run: RunId) -> bool {
        self.is_shared || self.elsewhere.contains(&run)
    }

    /// Remembers whether a hunk is in the text.
    pub fn settle(&mut self, run: RunId, path: &RepoPath, hunk: usize, is_there: bool) {
        self.settled.insert((run, path.clone(), hunk), is_there);
    }

    pub fn applied(&self) -> &Arc<Applied> {
        &self.applied
    }

    pub fn set_applied(&mut self, applied: Applied) {
        if *self.applied != applied {
            self.revision += 1;
            self.applied = Arc::new(applied);
        }
    }
}

fn changed_files(view: &RunView) -> &[FileChange] {
    view.review.as_ref().map_or(&[], |review| &review.proposal.files)
}

fn replaces(newer: &Review, older: &Review) -> bool {
    let (newer, older) = (&newer.proposal.evidence.fixed, &older.proposal.evidence.fixed);
    older.iter().any(|test| newer.contains(test))
}
