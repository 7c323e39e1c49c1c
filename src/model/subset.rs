//! Some hunks of a proposal, checked on exactly the tree that they make.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::proposal::{CheckFact, HunkAt};
use super::report::TestId;
use crate::base::ids::TreeId;

/// Hunks of a proposal. A file that only comes, goes or moves counts as its hunk 0.
pub type Choice = BTreeSet<HunkAt>;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subset {
    /// The proposal's base with these hunks and no others.
    pub tree: TreeId,
    pub hunks: Choice,
    pub verdict: SubsetVerdict,
    pub checks: Vec<CheckFact>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub enum SubsetVerdict {
    /// Every target of the run passes and nothing else broke.
    Green { n_passed: usize },
    Red {
        /// Targets that do not pass.
        still_red: Vec<TestId>,
        /// Passed before, or were not there, and do not pass now; or are gone.
        broken: Vec<TestId>,
    },
    /// The checks do not tell; asking again runs them again.
    Unknown { reason: String },
}

impl SubsetVerdict {
    pub fn is_known(&self) -> bool {
        !matches!(self, SubsetVerdict::Unknown { .. })
    }
}
