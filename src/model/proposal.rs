//! A change that was tested as a whole, cut into hunks for review.

use serde::{Deserialize, Serialize};

use crate::base::ids::{AcceptanceId, AttemptId, BlobId, CheckId, RunId, StepId, TreeId};
use crate::base::path::RepoPath;
use crate::model::guard::Guarded;
use crate::model::report::{Place, TestId};
use crate::model::subset::Choice;
use crate::model::worker::Worker;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    pub run: RunId,
    pub attempt: AttemptId,
    pub title: String,
    /// Who made the change.
    #[serde(default = "repair")]
    pub worker: String,
    /// It was made by a language model.
    #[serde(default)]
    pub llm: bool,
    /// The snapshot the change starts from.
    pub base: TreeId,
    /// The tree that was tested; `base` with all files changed.
    pub result: TreeId,
    pub files: Vec<FileChange>,
    pub evidence: Evidence,
    /// Which of the hunks touch what judges the change, and what was left out because it does.
    #[serde(default)]
    pub guard: Guarded,
    /// Which step brought which change, in the order in which they were merged.
    #[serde(default)]
    pub steps: Vec<StepChange>,
}

impl Proposal {
    /// How the searches went, each with the title of its step where several brought something.
    pub fn searches(&self) -> Vec<(Option<&str>, &SearchFact)> {
        if self.steps.len() < 2 {
            return self.evidence.search.iter().map(|search| (None, search)).collect();
        }
        let searched = self.steps.iter().filter_map(|step| Some((step, step.search.as_ref()?)));
        searched.map(|(step, search)| (Some(step.title.as_str()), search)).collect()
    }
}

/// What one step of a plan brought into a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepChange {
    pub step: StepId,
    pub attempt: AttemptId,
    pub title: String,
    pub worker: String,
    pub llm: bool,
    /// The decisions about its changes.
    pub hunks: Choice,
    pub search: Option<SearchFact>,
}

fn repair() -> String {
    Worker::REPAIR.to_owned()
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileChange {
    /// The file's place after the change; before it when the file is deleted.
    pub path: RepoPath,
    #[serde(default)]
    pub kind: ChangeKind,
    /// The text before; an empty one when there was no file.
    pub before: BlobId,
    /// The text after; an empty one when there is no file.
    pub after: BlobId,
    pub hunks: Vec<Hunk>,
}

impl Proposal {
    /// Every decision that it takes.
    pub fn items(&self) -> impl Iterator<Item = HunkAt> {
        self.files.iter().flat_map(FileChange::items)
    }

    /// What brought a change; `None` in a proposal of an older version.
    pub fn step_of(&self, item: &HunkAt) -> Option<&StepChange> {
        self.steps.iter().find(|step| step.hunks.contains(item))
    }
}

impl FileChange {
    /// Every decision that it takes.
    pub fn items(&self) -> impl Iterator<Item = HunkAt> {
        (0..self.n_items()).map(|item| (self.path.clone(), item))
    }

    /// How many decisions it takes: one a hunk, and one for a file that is made, deleted or renamed.
    pub fn n_items(&self) -> usize {
        match self.kind {
            ChangeKind::Modify => self.hunks.len(),
            ChangeKind::Create | ChangeKind::Delete | ChangeKind::Rename { .. } => 1,
        }
    }
}

/// What a change does to a file beside its text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangeKind {
    #[default]
    Modify,
    Create,
    Delete,
    Rename {
        from: RepoPath,
    },
}

/// A hunk of a proposal: its file's path and its index there.
pub type HunkAt = (RepoPath, usize);

/// Hunks that went into the user's texts together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    pub id: AcceptanceId,
    pub hunks: Choice,
    /// Only these parts of the one hunk there is; empty for all.
    #[serde(default)]
    pub parts: Vec<usize>,
    /// Taken back since, all of them.
    pub undone: bool,
}

/// Whole lines in place of whole lines. Texts carry their line breaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hunk {
    /// First line of the base text, counted from 0.
    pub start: u32,
    pub removed: Vec<String>,
    pub inserted: Vec<String>,
}

/// What makes a proposal worth looking at. Every figure comes from check runs on `tree`, none from a worker's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The tree that was tested.
    pub tree: TreeId,
    /// Red on the base, passed on `tree`.
    pub fixed: Vec<TestId>,
    /// Red on both: never counted as ours, never called green unless the goal left them out.
    pub still_red: Vec<TestId>,
    /// Passed and failed on the same files, and therefore set aside.
    #[serde(default)]
    pub flaky: Vec<TestId>,
    pub n_passed: usize,
    pub n_skipped: usize,
    pub checks: Vec<CheckFact>,
    /// What the worker tried, for people; no part of the verdict.
    pub search: Option<SearchFact>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckFact {
    pub check: CheckId,
    pub command: String,
    pub n_tests: usize,
    /// It is the answer of an earlier run on the same files.
    #[serde(default)]
    pub reused: bool,
    pub duration_ms: u64,
    pub enforced: Vec<String>,
}

/// How a search for a repair went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SearchFact {
    /// Candidates run against the failing tests.
    pub tried: usize,
    /// Candidates the search space held.
    pub total: usize,
    /// Candidates that passed every test they were run against.
    pub plausible: usize,
    pub duration_ms: u64,
    /// Why this candidate: template and place.
    pub reason: String,
    /// The template that made it; those of several edits joined by `+`; empty without one.
    #[serde(default)]
    pub template: String,
    /// How sure one can be of it; `None` without one.
    #[serde(default)]
    pub confidence: Option<Confidence>,
    /// How well tests watch over the place; `None` where that was not looked at.
    #[serde(default)]
    pub strength: Option<Strength>,
    /// What documentation says otherwise than a test that is to pass.
    #[serde(default)]
    pub contradiction: Option<Box<Contradiction>>,
    /// The best of the other edits that pass: those that do something else first, where that is known.
    #[serde(default)]
    pub others: Vec<Other>,
}

/// A place in the documentation that says otherwise than a test.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contradiction {
    pub place: Place,
    /// As it is written there.
    pub call: String,
    /// What it is said to give.
    pub documented: String,
    /// What the test wants of it.
    pub wanted: String,
}

/// What tests notice of mutants: small changes near an edit that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strength {
    /// Those that were tried.
    pub mutants: u32,
    /// Those that turn a test red.
    pub killed: u32,
}

impl Strength {
    /// Whether so little is noticed that passing says little.
    pub fn is_weak(&self) -> bool {
        2 * self.killed < self.mutants
    }
}

/// An edit that passes what a search runs, and was not chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "AnyOther")]
pub struct Other {
    /// In words.
    pub title: String,
    pub template: String,
    /// What it changes, as `git apply` takes it; empty where only its words are known.
    pub diff: String,
    /// The tree that holds it.
    pub tree: Option<TreeId>,
}

/// As it is written, and as older versions wrote it.
#[derive(Deserialize)]
#[serde(untagged)]
enum AnyOther {
    Words(String),
    Whole { title: String, template: String, diff: String, tree: Option<TreeId> },
}

impl From<AnyOther> for Other {
    fn from(any: AnyOther) -> Other {
        match any {
            AnyOther::Words(title) => Other { title, ..Other::default() },
            AnyOther::Whole { title, template, diff, tree } => {
                Other { title, template, diff, tree }
            }
        }
    }
}

/// What else than the edit that was chosen passes all tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum Confidence {
    /// Nothing of everything there was to try.
    Only,
    /// Nothing of what was tried.
    OnlySoFar,
    /// Others that do the same in this many calls that tests make, or nearly make.
    Agree { calls: usize },
    /// Others that do something else.
    Differ { behaviours: usize, difference: Box<Difference> },
    /// Others, and what they do is not known.
    Unjudged,
    /// Too few tests run it.
    FewTests { tests: usize },
    /// Tests run it and notice little of what is changed near it.
    WeakTests,
}

/// A call that tells two edits apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// As one would write it.
    pub call: String,
    /// What the edit that was chosen makes of it, in words.
    pub this: String,
    pub other: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_read_as_older_versions_wrote_them() {
        let other = Other { title: "a".into(), diff: "-a".into(), ..Other::default() };
        let written = serde_json::to_string(&[&other]).unwrap();
        assert_eq!(serde_json::from_str::<Vec<Other>>(&written).unwrap(), [other]);
        let old: Vec<Other> = serde_json::from_str(r#"["a"]"#).unwrap();
        assert_eq!(old, [Other { title: "a".into(), ..Other::default() }]);
    }
}
