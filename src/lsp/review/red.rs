//! The red tests that a proposal turns green, to be shown at its changes.

use std::path::Path;
use std::sync::Arc;

use tower_lsp::lsp_types::Location;

use super::view::line_start;
use crate::base::ids::RunId;
use crate::engine::Review;
use crate::lsp::board::Board;
use crate::lsp::findings::{Finding, What};
use crate::lsp::session::State;
use crate::model::report::TestId;

/// A red test and where it failed.
pub type RedPlace = (Location, TestId);

/// Red tests that are named at each change.
const RELATED_MAX: usize = 8;

impl State {
    /// Where the tests fail that a proposal of the project at `root` turns green.
    pub fn red_of(&self, root: &Path, board: &Board, review: &Review) -> (RunId, Vec<RedPlace>) {
        let fixed = &review.proposal.evidence.fixed;
        let place = |finding: &Arc<Finding>| {
            let What::Test(test) = &finding.what else { return None };
            if !fixed.contains(test) {
                return None;
            }
            let uri = self.uri_of(root, &finding.at.path)?;
            let line = line_start(finding.at.line.saturating_sub(1));
            Some((Location::new(uri, line), test.clone()))
        };
        let red = board.findings().iter().filter_map(place).take(RELATED_MAX);
        (review.proposal.run, red.collect())
    }
}
